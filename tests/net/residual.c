/* Residual networks: the explicit network against its definition and its derivatives, both samplers against
 * it. */
#include "net/residual.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/law.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setting {
    struct shape shape;
    struct branch branch;
};

enum { ALL_SUMS = NET_SUM_S | NET_SUM_G | NET_SUM_U | NET_SUM_PHI };

static const struct setting small[] = {{{"tanh", 2.385, 0.31, 4, 5, 3, 4, {1}}, {0.7, 1.3, true}},
                                       {{"sin", 2, 0.2, 3, 4, 1, 6, {1}}, {1, 0.8, false}},
                                       {{"gelu", 1.7, 0.4, 2, 5, 2, 3, {1}}, {0, 2.1, true}},
                                       {{"tanh", 1.7, 0.4, 1, 5, 2, 3, {1}}, {1, 1, true}}};
enum { N_SMALL = sizeof small / sizeof *small };

/* ---- the explicit network */

struct explicit
{
    struct net_architecture a;
    struct net_activation activation;
    struct net_weights network;
    struct net_gram gram;
    double *J;
    size_t P;
};

static void explicit_open(struct explicit *e, const struct setting *setting)
{
    struct base_error error = {""};
    memset(e, 0, sizeof *e);
    shape_open_residual(&setting->shape, &setting->branch, &e->a, &e->activation);
    e->a.sums = ALL_SUMS;
    if (net_weights_init(&e->network, &e->a, &error) != BASE_OK ||
        net_gram_init(&e->gram, &e->a, &error) != BASE_OK)
        fail_msg("%s", error.text);
    net_weights_draw(&e->network, 21, 4);
    net_weights_forward(&e->network, &e->activation);
    net_weights_backward(&e->network);
    net_weights_gram(&e->network, &e->gram);
    e->P = (size_t)e->a.P;
    e->J = calloc(e->a.CT * e->P, sizeof *e->J);
    assert_non_null(e->J);
    fisher_jacobian_compute(&e->network, e->J);
}

static void explicit_close(struct explicit *e)
{
    net_weights_free(&e->network);
    net_gram_free(&e->gram);
    net_activation_close(&e->activation);
    free(e->J);
}

/* The forward pass against the sums of its definition, scalar by scalar. */
static void residual_forward_is_the_network(void **state)
{
    (void)state;
    struct explicit e;
    explicit_open(&e, &small[0]);
    const struct net_weights *w = &e.network;
    const size_t M = e.a.M, T = e.a.T;
    for (size_t t = 0; t < T; t++) {
        double h[5], phi[5];
        for (size_t i = 0; i < M; i++)
            h[i] = w->h[0][i * T + t];
        for (size_t l = 1; l < e.a.L; l++) {
            double below[5];
            memcpy(below, h, sizeof below);
            for (size_t i = 0; i < M; i++) {
                double u = w->b[l][i];
                for (size_t j = 0; j < M; j++)
                    u += w->W[l][i * M + j] * below[j];
                phi[i] = tanh(u);
            }
            for (size_t i = 0; i < M; i++) {
                h[i] = 0.7 * below[i];
                for (size_t j = 0; j < M; j++)
                    h[i] += w->V[l][i * M + j] * phi[j];
                assert_within(w->h[l][i * T + t], h[i], 1e-13);
            }
        }
        for (size_t k = 0; k < e.a.C; k++) {
            double f = w->b[e.a.L][k];
            for (size_t j = 0; j < M; j++)
                f += w->W[e.a.L][k * M + j] * h[j];
            assert_within(w->h[e.a.L][k * T + t], f, 1e-13);
        }
    }
    explicit_close(&e);
}

/* Column p of the Jacobian against (f_k(t; θ + ε) − f_k(t; θ − ε))/2ε. */
static void check_derivative(struct explicit *e, size_t p, double *parameter)
{
    const double step = 1e-6;
    double above[64], *f = e->network.h[e->a.L];
    *parameter += step;
    net_weights_forward(&e->network, &e->activation);
    memcpy(above, f, e->a.CT * sizeof *above);
    *parameter -= 2 * step;
    net_weights_forward(&e->network, &e->activation);
    *parameter += step;
    for (size_t row = 0; row < e->a.CT; row++)
        assert_within(e->J[row * e->P + p], (above[row] - f[row]) / (2 * step), 1e-8);
}

static void residual_jacobian_is_the_derivative(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SMALL; s++) {
        struct explicit e;
        explicit_open(&e, &small[s]);
        const struct net_architecture *a = &e.a;
        size_t n = 0;
        for (size_t l = 1; l <= a->L; l++)
            for (size_t i = 0; i < a->widths[l]; i++) {
                for (size_t j = 0; j < a->M; j++, n++)
                    check_derivative(&e, fisher_parameter_weight(a, l, i, j), &e.network.W[l][i * a->M + j]);
                check_derivative(&e, fisher_parameter_bias(a, l, i), &e.network.b[l][i]);
                n++;
            }
        for (size_t l = 1; l < a->L && a->train_branch; l++)
            for (size_t i = 0; i < a->M; i++)
                for (size_t j = 0; j < a->M; j++, n++)
                    check_derivative(&e, fisher_parameter_branch(a, l, i, j), &e.network.V[l][i * a->M + j]);
        assert_int_equal(n, e.P); /* P counts them all */
        explicit_close(&e);
    }
}

static void poison(size_t n, double *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            A[i * n + j] = NAN;
}

/* F* = (1/T) J Jᵀ, without J. */
static void residual_dual_is_the_jacobian_squared(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SMALL; s++) {
        struct explicit e;
        struct base_error error;
        explicit_open(&e, &small[s]);
        const size_t CT = e.a.CT, L = e.a.L;
        double *dual = malloc(CT * CT * sizeof *dual);
        assert_non_null(dual);
        for (size_t l = 0; l < L; l++)
            poison(e.a.T, e.gram.H[l]);
        for (size_t l = 1; l < L; l++) {
            poison(CT, e.gram.D[l]);
            poison(CT, e.gram.G[l]);
            poison(e.a.T, e.gram.Phi[l]);
        }
        assert_int_equal(fisher_dual_compute(&e.gram, dual, &error), BASE_OK);
        for (size_t r = 0; r < CT; r++)
            for (size_t c = r; c < CT; c++) {
                double sum = 0;
                for (size_t p = 0; p < e.P; p++)
                    sum += e.J[r * e.P + p] * e.J[c * e.P + p];
                assert_within(dual[r * CT + c], sum / (double)e.a.T, 1e-12 * (1 + fabs(dual[0])));
            }
        free(dual);
        explicit_close(&e);
    }
}

/* ‖F_(l,i),(l,j)‖² of the rows i and j of V^l */
static double branch_block(const struct explicit *e, size_t l, size_t i, size_t j)
{
    const size_t M = e->a.M;
    double norm2 = 0;
    for (size_t n = 0; n < M * M; n++) {
        double sum = 0;
        for (size_t row = 0; row < e->a.CT; row++)
            sum += e->J[row * e->P + fisher_parameter_branch(&e->a, l, i, n / M)] *
                   e->J[row * e->P + fisher_parameter_branch(&e->a, l, j, n % M)];
        norm2 += pow(sum / (double)e->a.T, 2);
    }
    return norm2;
}

/* Block by block of F; untrained V^l have none. */
static void residual_branch_blocks_are_of_the_jacobian(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SMALL; s++) {
        struct explicit e;
        explicit_open(&e, &small[s]);
        const size_t L = e.a.L, M = e.a.M;
        double on[5] = {NAN, NAN, NAN, NAN, NAN}, off[5] = {NAN, NAN, NAN, NAN, NAN};
        for (size_t l = 1; l < L && e.a.train_branch; l++) {
            poison(e.a.CT, e.gram.G[l]);
            poison(e.a.T, e.gram.Phi[l]);
            poison(e.a.T, e.gram.R[l]);
        }
        fisher_branch_blocks_compute(&e.gram, on, off);
        for (size_t l = 0; l <= L; l++) {
            double want[2] = {0, 0};
            if (l == 0 || l == L || !e.a.train_branch) {
                assert_true(isnan(on[l]) && isnan(off[l]));
                continue;
            }
            for (size_t n = 0; n < M * M; n++)
                want[n / M != n % M] += branch_block(&e, l, n / M, n % M);
            assert_close(on[l], want[0] / (double)M, 1e-11);
            assert_close(off[l], want[1] / (double)(M * (M - 1)), 1e-11);
        }
        explicit_close(&e);
    }
}

/* Σ_p θ_p ∂f_k/∂θ_p is Σ_l U^l and f, the last layer's share. */
static void residual_parameters_times_gradients_are_U(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SMALL; s++) {
        struct explicit e;
        explicit_open(&e, &small[s]);
        const struct net_architecture *a = &e.a;
        const struct net_weights *w = &e.network;
        for (size_t row = 0; row < a->CT; row++) {
            const double *J = e.J + row * e.P;
            double sum = 0, expected = e.gram.f[row];
            for (size_t l = 1; l <= a->L; l++)
                for (size_t i = 0; i < a->widths[l]; i++) {
                    for (size_t j = 0; j < a->M; j++)
                        sum += w->W[l][i * a->M + j] * J[fisher_parameter_weight(a, l, i, j)];
                    sum += w->b[l][i] * J[fisher_parameter_bias(a, l, i)];
                }
            for (size_t l = 1; l < a->L; l++) {
                expected += e.gram.U[l][row];
                for (size_t i = 0; i < a->M * a->M && a->train_branch; i++)
                    sum += w->V[l][i] * J[fisher_parameter_branch(a, l, i / a->M, i % a->M)];
            }
            assert_within(expected, sum, 1e-11 * (1 + fabs(sum)));
        }
        explicit_close(&e);
    }
}

/* E_θ' θ'ᵀFθ' over an independent draw: the squares of the Jacobian, weighted with the variances; θᵀFθ. */
static void residual_norms_are_of_the_jacobian(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SMALL; s++) {
        struct explicit e;
        explicit_open(&e, &small[s]);
        const struct net_architecture *a = &e.a;
        const double M = (double)a->M, T = (double)a->T;
        double weights, all, squares[3] = {0};
        for (size_t row = 0; row < a->CT; row++) {
            const double *J = e.J + row * e.P;
            for (size_t l = 1; l <= a->L; l++)
                for (size_t i = 0; i < a->widths[l]; i++) {
                    for (size_t j = 0; j < a->M; j++)
                        squares[0] += pow(J[fisher_parameter_weight(a, l, i, j)], 2) / T;
                    squares[1] += pow(J[fisher_parameter_bias(a, l, i)], 2) / T;
                }
            for (size_t l = 1; l < a->L && a->train_branch; l++)
                for (size_t i = 0; i < a->M * a->M; i++)
                    squares[2] += pow(J[fisher_parameter_branch(a, l, i / a->M, i % a->M)], 2) / T;
        }
        fisher_norm_independent(&e.gram, &weights, &all);
        const double expected = squares[0] * a->weight_variance / M + squares[2] * a->branch_variance / M;
        assert_close(weights, expected, 1e-12);
        assert_close(all, expected + squares[1] * a->bias_variance, 1e-12);
        explicit_close(&e);
    }
}

static void residual_widths_must_be_one(void **state)
{
    (void)state;
    struct net_architecture a;
    struct base_error error;
    const double profile[] = {1, 2};
    const struct experiment_point point = {.activation = "relu",
                                           .architecture = "residual",
                                           .train_branch = "true",
                                           .depth = 2,
                                           .width = 10,
                                           .outputs = 3,
                                           .samples = 1,
                                           .profile = profile};
    assert_int_equal(net_architecture_init(&a, &point, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "layer 1 of a residual network would have 20 units, not M = 10"));
}

/* ---- the samplers */

enum { MAX_THREADS = 3 };

struct sampled {
    struct net_architecture a;
    struct net_activation activations[MAX_THREADS];
    const struct net_sampler *sampler;
    void *work;
    struct net_gram gram;
};

static void sampled_open(struct sampled *s, const struct setting *setting, enum experiment_sampler choice,
                         int threads, unsigned sums)
{
    struct base_error error = {""};
    memset(s, 0, sizeof *s);
    for (int i = 0; i < MAX_THREADS; i++)
        shape_open_residual(&setting->shape, &setting->branch, &s->a, &s->activations[i]);
    s->a.sums |= sums;
    s->sampler = net_sampler_choose(choice, &s->a);
    const struct net_memory memory = s->sampler->memory(&s->a, threads);
    assert_true(memory.least > 0 && memory.least == memory.most);
    if (s->sampler->init(&s->work, &s->a, threads, memory.least, &error) != BASE_OK ||
        net_gram_init(&s->gram, &s->a, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void sampled_draw(struct sampled *s, uint64_t seed, uint64_t trial)
{
    struct base_error error = {""};
    if (s->sampler->sample(s->work, s->activations, seed, trial, &s->gram, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void sampled_close(struct sampled *s)
{
    s->sampler->free(s->work);
    net_gram_free(&s->gram);
    for (int i = 0; i < MAX_THREADS; i++)
        net_activation_close(&s->activations[i]);
}

/* visit(x, y, n, scale) for each matrix of two summaries of one architecture; the matrices' own traces are
 * the scale. */
static void compare(const struct net_gram *x, const struct net_gram *y,
                    void (*visit)(size_t n, const double *x, const double *y, double scale))
{
    const struct net_architecture *a = x->architecture;
    const struct {
        double **x, **y;
        size_t n, first;
    } lists[] = {{x->H, y->H, a->T, 0}, {x->D, y->D, a->CT, 1},    {x->G, y->G, a->CT, 0},
                 {x->S, y->S, a->T, 1}, {x->Phi, y->Phi, a->T, 1}, {x->R, y->R, a->T, 1}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t l = lists[i].first; l < a->L && lists[i].x[l] != NULL; l++)
            for (size_t r = 0; r < lists[i].n; r++) {
                const size_t n = lists[i].n, at = r * n + r;
                visit(n - r, lists[i].x[l] + at, lists[i].y[l] + at, linalg_trace(n, lists[i].y[l]));
            }
    const double scale = sqrt(linalg_trace(a->T, y->H[a->L - 1]));
    visit(a->CT, x->f, y->f, scale);
    for (size_t l = 1; l < a->L && x->U[l] != NULL; l++)
        visit(a->CT, x->U[l], y->U[l], scale * (double)a->M);
}

static void assert_near_row(size_t n, const double *x, const double *y, double scale)
{
    for (size_t i = 0; i < n; i++)
        assert_within(x[i], y[i], 1e-11 * scale);
}

static void assert_same_row(size_t n, const double *x, const double *y, double scale)
{
    (void)scale;
    assert_memory_equal(x, y, n * sizeof *x);
}

/* Several panels a layer, the last not full; CT and T above M. */
static const struct setting wide[] = {{{"tanh", 3, 0.64, 4, 700, 2, 10, {1}}, {0.7, 1.2, true}},
                                      {{"relu", 2, 0, 3, 390, 1, 30, {1}}, {1, 1, false}},
                                      {{"x*exp(-x^2/2)", 2, 0.1, 3, 7, 3, 9, {1}}, {0.9, 0.5, true}}};
enum { N_WIDE = sizeof wide / sizeof *wide };

/* The panels of the weights sampler against the whole network of weights.c. */
static void residual_panels_are_the_network(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SMALL + N_WIDE; i++) {
        const struct setting *setting = i < N_SMALL ? &small[i] : &wide[i - N_SMALL];
        struct sampled s;
        struct explicit e;
        explicit_open(&e, setting);
        sampled_open(&s, setting, EXPERIMENT_WEIGHTS, 1, ALL_SUMS);
        sampled_draw(&s, 21, 3); /* leaves its traces in the working memory */
        sampled_draw(&s, 21, 4);
        compare(&s.gram, &e.gram, assert_near_row);
        sampled_close(&s);
        explicit_close(&e);
    }
}

static void residual_threads_change_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_WIDE; i++)
        for (enum experiment_sampler choice = EXPERIMENT_WEIGHTS; choice <= EXPERIMENT_CONDITIONAL; choice++)
            for (unsigned sums = 0; sums <= ALL_SUMS; sums += ALL_SUMS) {
                struct sampled one;
                sampled_open(&one, &wide[i], choice, 1, sums);
                sampled_draw(&one, 7, 3);
                for (int threads = 1; threads <= MAX_THREADS; threads++) {
                    struct sampled other;
                    sampled_open(&other, &wide[i], choice, threads, sums);
                    sampled_draw(&other, 7, 2);
                    sampled_draw(&other, 7, 3);
                    compare(&one.gram, &other.gram, assert_same_row);
                    sampled_close(&other);
                }
                sampled_close(&one);
            }
}

/* What is asked for changes no bit of the rest. */
static void residual_sums_change_no_bit(void **state)
{
    (void)state;
    for (enum experiment_sampler choice = EXPERIMENT_WEIGHTS; choice <= EXPERIMENT_CONDITIONAL; choice++) {
        struct sampled bare, full;
        sampled_open(&bare, &wide[1], choice, 1, 0);
        sampled_open(&full, &wide[1], choice, 1, ALL_SUMS);
        sampled_draw(&bare, 7, 3);
        sampled_draw(&full, 7, 3);
        compare(&bare.gram, &full.gram, assert_same_row);
        sampled_close(&bare);
        sampled_close(&full);
    }
}

/* With T ≥ M nothing of the weights is left open, so what the conditional sampler hands over must fit one
 * network: with φ linear, σ_b = 0 all is linear, f_k(t) = g^l_k·h^l(t), so f_k H⁺ f_k' = g_k·g_k' for every
 * l. */
static void residual_conditional_is_consistent_at_full_rank(void **state)
{
    (void)state;
    static const struct setting linear = {{"linear", 1.3, 0, 4, 6, 1, 6, {1}}, {0.8, 0.9, true}};
    struct sampled s;
    struct base_error error;
    struct linalg_root root;
    sampled_open(&s, &linear, EXPERIMENT_CONDITIONAL, 1, ALL_SUMS);
    assert_int_equal(linalg_root_init(&root, 6, &error), BASE_OK);
    for (uint64_t trial = 0; trial < 20; trial++) {
        sampled_draw(&s, 7, trial);
        for (size_t l = 0; l < 4; l++) {
            double f[6], norm = 0;
            assert_int_equal(linalg_root_factor(&root, 6, 6, s.gram.H[l], &error), BASE_OK);
            assert_int_equal(root.rank, 6);
            for (size_t t = 0; t < 6; t++)
                f[t] = s.gram.f[root.pivots[t]];
            linalg_root_solve(&root, 1, f);
            for (size_t t = 0; t < 6; t++)
                norm += f[t] * f[t];
            assert_close(s.gram.G[l][0], norm, 1e-6);
        }
    }
    linalg_root_free(&root);
    sampled_close(&s);
}

/* A trial's numbers depend on all of a network's parameters. */
static void residual_networks_have_their_own_numbers(void **state)
{
    (void)state;
    struct setting settings[] = {small[1], small[1], small[1], small[1]};
    settings[1].branch.skip = 0.9;
    settings[2].branch.variance = 0.9;
    settings[3].branch.train = true;
    double first[4];
    for (size_t i = 0; i < 4; i++) {
        struct sampled s;
        sampled_open(&s, &settings[i], EXPERIMENT_WEIGHTS, 1, 0);
        sampled_draw(&s, 7, 3);
        first[i] = s.gram.H[0][0];
        for (size_t j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
        sampled_close(&s);
    }
}

static void residual_auto_takes_the_cheaper(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    static const struct branch branch = {1, 1, true};
    shape_open_residual(&(struct shape){"tanh", 3, 0.64, 3, 2000, 1, 100, {1}}, &branch, &a, &activation);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_AUTO, &a), &net_sampler_residual_conditional);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_WEIGHTS, &a), &net_sampler_residual_weights);
    net_activation_close(&activation);
    shape_open_residual(&(struct shape){"tanh", 3, 0.64, 3, 50, 1, 100, {1}}, &branch, &a, &activation);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_AUTO, &a), &net_sampler_residual_weights);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_CONDITIONAL, &a), &net_sampler_residual_conditional);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(residual_forward_is_the_network),
    cmocka_unit_test(residual_jacobian_is_the_derivative),
    cmocka_unit_test(residual_dual_is_the_jacobian_squared),
    cmocka_unit_test(residual_branch_blocks_are_of_the_jacobian),
    cmocka_unit_test(residual_parameters_times_gradients_are_U),
    cmocka_unit_test(residual_norms_are_of_the_jacobian),
    cmocka_unit_test(residual_widths_must_be_one),
    cmocka_unit_test(residual_panels_are_the_network),
    cmocka_unit_test(residual_threads_change_no_bit),
    cmocka_unit_test(residual_sums_change_no_bit),
    cmocka_unit_test(residual_conditional_is_consistent_at_full_rank),
    cmocka_unit_test(residual_networks_have_their_own_numbers),
    cmocka_unit_test(residual_auto_takes_the_cheaper),
};
const struct test_group tests_net_residual = TEST_GROUP(tests);

/* ---- the two samplers have the same law: two-sample Kolmogorov-Smirnov tests */

enum { NETWORKS = 1500, STATISTICS = 16 };
static const char *const statistic_names[STATISTICS] = {
    "trace",   "frobenius2",   "eig_max",    "eig_median", "eig_min", "tr H^last", "tr D1", "tr G1",
    "tr Phi1", "f^2 / tr D^1", "f^2 / tr H", "tr H^0 G^1", "U",       "tr S1",     "tr G0", "tr R1"};

/* f²/… and those with G and U tie the backward to the forward pass: without that tie each pass alone would
 * still have its law. */
static void statistics_of(const struct net_gram *gram, double values[STATISTICS])
{
    const struct net_architecture *a = gram->architecture;
    struct base_error error;
    const size_t CT = a->CT;
    double *dual = malloc(CT * CT * sizeof *dual), *eigenvalues = malloc(CT * sizeof *eigenvalues), f2 = 0;
    assert_true(dual != NULL && eigenvalues != NULL);
    assert_int_equal(fisher_dual_compute(gram, dual, &error), BASE_OK);
    values[0] = linalg_trace(CT, dual);
    values[1] = linalg_frobenius2(CT, dual);
    assert_int_equal(linalg_eigenvalues(CT, dual, eigenvalues, &error), BASE_OK);
    values[2] = eigenvalues[0];
    values[3] = eigenvalues[CT / 2];
    values[4] = eigenvalues[CT - 1];
    values[5] = linalg_trace(a->T, gram->H[a->L - 1]);
    values[6] = linalg_trace(CT, gram->D[1]);
    values[7] = linalg_trace(CT, gram->G[1]);
    values[8] = linalg_trace(a->T, gram->Phi[1]);
    for (size_t i = 0; i < CT; i++)
        f2 += gram->f[i] * gram->f[i];
    values[9] = f2 / values[6];
    values[10] = f2 / values[5];
    values[11] = 0;
    for (size_t row = 0; row < CT; row++)
        values[11] += gram->G[1][row * CT + row] * gram->H[0][row % a->T * (a->T + 1)];
    values[12] = gram->U[1][0];
    values[13] = linalg_trace(a->T, gram->S[1]);
    values[14] = linalg_trace(CT, gram->G[0]);
    values[15] = gram->R[1] != NULL ? linalg_trace(a->T, gram->R[1]) : 0;
    free(dual);
    free(eigenvalues);
}

/* Fills rows of `values` (STATISTICS, NETWORKS) with networks of a seed. */
static void sample_statistics(const struct setting *setting, enum experiment_sampler choice, uint64_t seed,
                              double *values)
{
    struct sampled s;
    sampled_open(&s, setting, choice, 1, ALL_SUMS);
    for (uint64_t trial = 0; trial < NETWORKS; trial++) {
        double one[STATISTICS];
        sampled_draw(&s, seed, trial);
        statistics_of(&s.gram, one);
        for (size_t k = 0; k < STATISTICS; k++)
            values[k * NETWORKS + trial] = one[k];
    }
    sampled_close(&s);
}

static const struct setting law_settings[] = {
    {{"tanh", 3, 0.64, 3, 60, 1, 20, {1}}, {1, 1, true}},
    {{"tanh", 3, 0.64, 4, 40, 1, 15, {1}}, {0.7, 1.4, false}},
    {{"relu", 2, 0.1, 4, 30, 3, 8, {1}}, {0.7, 1, true}},
    {{"relu", 2, 0.1, 2, 40, 1, 20, {1}}, {1, 1, false}},
    {{"linear", 1, 0, 4, 12, 2, 20, {1}}, {1, 0.5, true}}, /* T above M: singular Grams */
    {{"relu", 2, 0, 3, 15, 1, 25, {1}}, {0.7, 1, false}},  /* signals tied to their backward signals */
    {{"tanh", 3, 0.64, 3, 12, 10, 5, {1}}, {1, 1, true}}}; /* C about M */
enum { N_SETTINGS = sizeof law_settings / sizeof *law_settings };

/* Each of the 109 tests has a false-alarm rate of 1.1e-5 (λ = 2.46), so all of them 1.2e-3; seeds are fixed.
 */
static void residual_samplers_have_the_same_law(void **state)
{
    (void)state;
    const double critical = 2.46 * sqrt(2.0 / NETWORKS);
    size_t failures = 0;
    double *x = malloc(2 * STATISTICS * NETWORKS * sizeof *x), *y = x + STATISTICS * NETWORKS;
    assert_non_null(x);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        sample_statistics(&law_settings[i], EXPERIMENT_WEIGHTS, 100, x);
        sample_statistics(&law_settings[i], EXPERIMENT_CONDITIONAL, 200, y);
        double worst = 0, scale = 0;
        for (size_t k = 0; k < NETWORKS; k++)
            scale = fmax(scale, x[2 * NETWORKS + k]);
        for (size_t k = 0; k < STATISTICS; k++) {
            const double distance = law_distance(NETWORKS, x + k * NETWORKS, y + k * NETWORKS, scale);
            worst = fmax(worst, distance);
            if (distance > critical) {
                failures++;
                print_error("setting %zu, %s: distance %.4f above %.4f\n", i, statistic_names[k], distance,
                            critical);
            }
        }
        print_message("setting %zu (%s, L = %d): largest distance %.4f of %.4f allowed\n", i,
                      law_settings[i].shape.activation, (int)law_settings[i].shape.depth, worst, critical);
    }
    free(x);
    assert_int_equal(failures, 0);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(residual_samplers_have_the_same_law)};
const struct test_group slow_net_residual = TEST_GROUP(slow_tests);
