#include "net/signals.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/shape.h"
#include "net/weights.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what holds for each network */

enum { MAX_THREADS = 3 };

struct sampled {
    struct net_architecture architecture;
    struct net_activation activations[MAX_THREADS];
    const struct net_sampler *sampler;
    void *work;
    struct net_gram gram;
};

/* kept: the share of what a sampler can use beyond the least. */
static void sampled_open_with(struct sampled *s, const struct shape *shape, const struct net_sampler *sampler,
                              int threads, double kept)
{
    struct base_error error = {""};
    memset(s, 0, sizeof *s);
    s->sampler = sampler;
    assert_true(threads <= MAX_THREADS);
    for (int i = 0; i < MAX_THREADS; i++)
        shape_open(shape, &s->architecture, &s->activations[i]);
    const struct net_memory memory = sampler->memory(&s->architecture, threads);
    if (sampler->init(&s->work, &s->architecture, threads, memory.least + kept * (memory.most - memory.least),
                      &error) != BASE_OK ||
        net_gram_init(&s->gram, &s->architecture, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void sampled_open(struct sampled *s, const struct shape *shape, const struct net_sampler *sampler)
{
    sampled_open_with(s, shape, sampler, 1, 1);
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

static const struct net_sampler *const samplers[] = {&net_sampler_weights, &net_sampler_conditional};

static const struct shape shapes[] = {{"tanh", 3, 0.64, 3, 40, 1, 20, {1}},
                                      {"relu", 2, 0.1, 4, 30, 3, 12, {1, 0.5, 1.7, 0.9}},
                                      {"linear", 1, 0.1, 5, 30, 1, 25, {1}},
                                      {"linear", 1, 0, 4, 9, 2, 20, {1}}, /* T above M: rank M */
                                      {"tanh", 3, 0.64, 1, 15, 2, 6, {1}},
                                      {"erf", 2, 0.3, 2, 12, 1, 1, {1}},
                                      {"relu", 2, 0, 3, 1, 1, 4, {1}},
                                      {"x*exp(-x^2/2)", 2, 0.1, 3, 20, 2, 5, {1}},
                                      {"tanh", 3, 0.64, 3, 8, 30, 3, {1, 1, 0.5}},
                                      {"tanh", 3, 0.64, 3, 30, 2, 12, {-50}}, /* given inputs */
                                      {"relu", 2, 0.1, 4, 30, 1, 12, {-5}},   /* more samples than features */
                                      {"tanh", 3, 0.64, 1, 15, 2, 6, {-9}}};

static bool finite_and_psd(size_t n, const double *G)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            if (!isfinite(G[i * n + j]) ||
                G[i * n + j] * G[i * n + j] > G[i * n + i] * G[j * n + j] * (1 + 1e-12))
                return false;
    return true;
}

static void assert_same_bits(const struct net_gram *x, const struct net_gram *y)
{
    const struct net_architecture *a = x->architecture;
    for (size_t l = 0; l < a->L; l++)
        assert_memory_equal(x->H[l], y->H[l], a->T * a->T * sizeof(double));
    for (size_t l = 1; l < a->L; l++)
        assert_memory_equal(x->D[l], y->D[l], a->CT * a->CT * sizeof(double));
    assert_memory_equal(x->f, y->f, a->CT * sizeof(double));
}

/* All Grams are as Cauchy and Schwarz have them; the same trial gives the same bits. */
static void grams_are_grams(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t k = 0; k < 2; k++) {
            struct sampled s, again;
            sampled_open(&s, &shapes[i], samplers[k]);
            sampled_open(&again, &shapes[i], samplers[k]);
            sampled_draw(&s, 7, 3);
            sampled_draw(&again, 7, 4); /* leaves its traces in the working memory */
            sampled_draw(&again, 7, 3);
            const struct net_architecture *a = &s.architecture;
            for (size_t l = 0; l < a->L; l++)
                assert_true(finite_and_psd(a->T, s.gram.H[l]));
            for (size_t l = 1; l < a->L; l++)
                assert_true(finite_and_psd(a->CT, s.gram.D[l]));
            assert_same_bits(&s.gram, &again.gram);
            sampled_close(&s);
            sampled_close(&again);
        }
}

/* Several panels a layer, the last not full; layers that are walked twice, in the middle and at the ends. */
static const struct shape wide_shapes[] = {{"tanh", 3, 0.64, 5, 700, 2, 10, {1, 0.9, 1.1, 0.3, 1}},
                                           {"x*exp(-x^2/2)", 2, 0.1, 3, 520, 1, 300, {1}},
                                           {"relu", 2, 0, 1, 600, 3, 4, {1}},
                                           {"tanh", 3, 0.64, 3, 420, 1, 12, {-900}}};

/* Neither threads inside a network nor what is kept changes a bit. */
static void threads_and_memory_change_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wide_shapes / sizeof *wide_shapes; i++)
        for (size_t k = 0; k < 2; k++) {
            struct sampled s;
            sampled_open(&s, &wide_shapes[i], samplers[k]);
            sampled_draw(&s, 7, 3);
            for (int threads = 1; threads <= MAX_THREADS; threads++)
                for (double kept = 0; kept <= 1; kept += 0.4) {
                    struct sampled other;
                    sampled_open_with(&other, &wide_shapes[i], samplers[k], threads, kept);
                    sampled_draw(&other, 7, 2);
                    sampled_draw(&other, 7, 3);
                    assert_same_bits(&s.gram, &other.gram);
                    sampled_close(&other);
                }
            sampled_close(&s);
        }
}

static void assert_near_array(size_t n, const double *x, const double *y, double scale)
{
    for (size_t i = 0; i < n; i++)
        assert_within(x[i], y[i], 1e-11 * scale);
}

/* The panels of explicit.c against the whole network of weights.c. */
static void panels_are_the_network(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes + sizeof wide_shapes / sizeof *wide_shapes; i++) {
        const size_t n = sizeof shapes / sizeof *shapes;
        const struct shape *shape = i < n ? &shapes[i] : &wide_shapes[i - n];
        struct sampled s;
        struct net_weights network;
        struct net_gram gram;
        struct base_error error;
        sampled_open(&s, shape, &net_sampler_weights);
        sampled_draw(&s, 7, 3);
        const struct net_architecture *a = &s.architecture;
        assert_int_equal(net_weights_init(&network, a, &error), BASE_OK);
        assert_int_equal(net_gram_init(&gram, a, &error), BASE_OK);
        net_weights_draw(&network, 7, 3);
        net_weights_forward(&network, s.activations);
        net_weights_backward(&network);
        net_weights_gram(&network, &gram);
        for (size_t l = 0; l < a->L; l++)
            assert_near_array(a->T * a->T, s.gram.H[l], gram.H[l], linalg_trace(a->T, gram.H[l]));
        for (size_t l = 1; l < a->L; l++)
            assert_near_array(a->CT * a->CT, s.gram.D[l], gram.D[l], linalg_trace(a->CT, gram.D[l]));
        assert_near_array(a->CT, s.gram.f, gram.f, sqrt(linalg_trace(a->T, gram.H[a->L - 1])));
        net_weights_free(&network);
        net_gram_free(&gram);
        sampled_close(&s);
    }
}

/* Where they draw inputs at all, both samplers draw the same. */
static void samplers_share_the_inputs(void **state)
{
    (void)state;
    struct sampled w, c;
    sampled_open(&w, &shapes[3], &net_sampler_weights);
    sampled_open(&c, &shapes[3], &net_sampler_conditional);
    sampled_draw(&w, 7, 3);
    sampled_draw(&c, 7, 3);
    assert_memory_equal(w.gram.H[0], c.gram.H[0], w.architecture.T * w.architecture.T * sizeof(double));
    sampled_close(&w);
    sampled_close(&c);
}

/* Given inputs are those of every trial and of both samplers, and a part of what names the random numbers. */
static void given_inputs_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t k = 0; k < 2 && shape_features(&shapes[i]) > 0; k++) {
            struct sampled s;
            sampled_open(&s, &shapes[i], samplers[k]);
            const size_t T = s.architecture.T;
            double f = 0;
            for (uint64_t trial = 0; trial < 3; trial++) {
                sampled_draw(&s, 7, trial);
                for (size_t a = 0; a < T; a++)
                    for (size_t b = a; b < T; b++) {
                        double sum = 0;
                        for (size_t j = 0; j < shape_features(&shapes[i]); j++)
                            sum += shape_input(j, a) * shape_input(j, b);
                        assert_close(s.gram.H[0][a * T + b], sum, 1e-13);
                    }
                assert_true(s.gram.f[0] != f);
                f = s.gram.f[0];
            }
            s.architecture.inputs_word++;
            sampled_draw(&s, 7, 2);
            assert_true(s.gram.f[0] != f);
            sampled_close(&s);
        }
}

/* A trial's numbers depend on the physical parameters and on nothing else. */
static void trials_and_shapes_have_their_own_numbers(void **state)
{
    (void)state;
    struct shape other = shapes[0];
    other.bias_variance = 0.65;
    struct sampled s, t;
    sampled_open(&s, &shapes[0], &net_sampler_weights);
    sampled_open(&t, &other, &net_sampler_weights);
    sampled_draw(&s, 7, 3);
    const double first = s.gram.H[0][0];
    sampled_draw(&s, 7, 4);
    assert_true(s.gram.H[0][0] != first);
    sampled_draw(&s, 8, 3);
    assert_true(s.gram.H[0][0] != first);
    sampled_draw(&t, 7, 3);
    assert_true(t.gram.H[0][0] != first);
    sampled_close(&s);
    sampled_close(&t);
}

/* The conditional law itself: given the signals, W = s(Z Q + G'(1 − QᵀQ)) reproduces them. With T ≥ M_{l-1}
 * nothing of the weights is left open, so the sampled D must be what explicit weights give: a linear network
 * has f = W³W²W¹x, and its D^l follow from f and the H alone: D^1 = H-free identity δ¹ = W³W² =: v, f(t) =
 * v·u¹(t). */
static void conditional_is_consistent_at_full_rank(void **state)
{
    (void)state;
    static const struct shape linear = {"linear", 1.3, 0, 3, 6, 1, 6, {1}};
    struct sampled s;
    struct base_error error;
    struct linalg_root root;
    sampled_open(&s, &linear, &net_sampler_conditional);
    assert_int_equal(linalg_root_init(&root, 6, &error), BASE_OK);
    for (uint64_t trial = 0; trial < 20; trial++) {
        sampled_draw(&s, 7, trial);
        /* δ^1·δ^1 = |v|² with h¹ = u¹ and f = U¹ᵀv: v = U¹⁻ᵀf, so |v|² = fᵀ(U¹ᵀU¹)⁻¹f = fᵀ H¹⁻¹ f */
        for (size_t l = 1; l < 3; l++) {
            double H[36], f[6], norm = 0;
            memcpy(H, s.gram.H[l], sizeof H);
            assert_int_equal(linalg_root_factor(&root, 6, 6, H, &error), BASE_OK);
            assert_int_equal(root.rank, 6);
            for (size_t t = 0; t < 6; t++)
                f[t] = s.gram.f[root.pivots[t]];
            linalg_root_solve_transposed(&root, 1, f);
            for (size_t t = 0; t < 6; t++)
                norm += f[t] * f[t];
            assert_close(s.gram.D[l][0], norm, 1e-6);
        }
    }
    linalg_root_free(&root);
    sampled_close(&s);
}

static void auto_takes_the_cheaper(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    shape_open(&(struct shape){"tanh", 3, 0.64, 3, 1000, 1, 100, {1}}, &a, &activation);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_AUTO, &a), &net_sampler_conditional);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_WEIGHTS, &a), &net_sampler_weights);
    net_activation_close(&activation);
    shape_open(&(struct shape){"tanh", 3, 0.64, 3, 100, 1, 100, {1}}, &a, &activation);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_AUTO, &a), &net_sampler_weights);
    assert_ptr_equal(net_sampler_choose(EXPERIMENT_CONDITIONAL, &a), &net_sampler_conditional);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(grams_are_grams),
    cmocka_unit_test(threads_and_memory_change_no_bit),
    cmocka_unit_test(panels_are_the_network),
    cmocka_unit_test(samplers_share_the_inputs),
    cmocka_unit_test(given_inputs_are_taken),
    cmocka_unit_test(trials_and_shapes_have_their_own_numbers),
    cmocka_unit_test(conditional_is_consistent_at_full_rank),
    cmocka_unit_test(auto_takes_the_cheaper),
};
const struct test_group tests_net_samplers = TEST_GROUP(tests);

/* ---- the two samplers have the same law: two-sample Kolmogorov-Smirnov tests */

enum { NETWORKS = 2000, STATISTICS = 10 };
static const char *const statistic_names[STATISTICS] = {"trace",      "frobenius2", "eig_max", "eig_median",
                                                        "eig_min",    "tr H^last",  "tr D^1",  "f_1(1)^2",
                                                        "f^2 / tr D", "f^2 / tr H"};

/* The last two tie the backward to the forward pass: without that tie each pass alone would still have its
 * law. */
static double f_squared(const struct net_architecture *a, const double *f)
{
    double sum = 0;
    for (size_t i = 0; i < a->CT; i++)
        sum += f[i] * f[i];
    return sum;
}

static void statistics_of(const struct net_gram *gram, double values[STATISTICS])
{
    const struct net_architecture *a = gram->architecture;
    struct base_error error;
    double *dual = malloc(a->CT * a->CT * sizeof *dual), *eigenvalues = malloc(a->CT * sizeof *eigenvalues);
    assert_non_null(dual);
    assert_non_null(eigenvalues);
    assert_int_equal(fisher_dual_compute(gram, dual, &error), BASE_OK);
    values[0] = linalg_trace(a->CT, dual);
    values[1] = linalg_frobenius2(a->CT, dual);
    assert_int_equal(linalg_eigenvalues(a->CT, dual, eigenvalues, &error), BASE_OK);
    values[2] = eigenvalues[0];
    values[3] = eigenvalues[a->CT / 2];
    values[4] = eigenvalues[a->CT - 1];
    values[5] = linalg_trace(a->T, gram->H[a->L - 1]);
    values[6] = a->L > 1 ? linalg_trace(a->CT, gram->D[1]) : (double)a->CT;
    values[7] = gram->f[0] * gram->f[0];
    values[8] = f_squared(a, gram->f) / values[6];
    values[9] = f_squared(a, gram->f) / values[5];
    free(dual);
    free(eigenvalues);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values that rounding alone tells apart count as one: T above the rank leaves eigenvalues of 1e-16. */
static double distance_of(double *x, double *y, double scale)
{
    size_t i = 0, j = 0;
    double distance = 0;
    for (size_t k = 0; k < NETWORKS; k++) {
        x[k] = fabs(x[k]) < 1e-11 * scale ? 0 : x[k];
        y[k] = fabs(y[k]) < 1e-11 * scale ? 0 : y[k];
    }
    qsort(x, NETWORKS, sizeof *x, ascending);
    qsort(y, NETWORKS, sizeof *y, ascending);
    while (i < NETWORKS && j < NETWORKS) {
        const double at = fmin(x[i], y[j]);
        while (i < NETWORKS && x[i] <= at)
            i++;
        while (j < NETWORKS && y[j] <= at)
            j++;
        distance = fmax(distance, fabs((double)i - (double)j) / NETWORKS);
    }
    return distance;
}

/* Fills rows of `values` (STATISTICS, NETWORKS) with networks of a seed. */
static void sample_statistics(const struct shape *shape, const struct net_sampler *sampler, uint64_t seed,
                              double *values)
{
    struct sampled s;
    sampled_open(&s, shape, sampler);
    for (uint64_t trial = 0; trial < NETWORKS; trial++) {
        double one[STATISTICS];
        sampled_draw(&s, seed, trial);
        statistics_of(&s.gram, one);
        for (size_t k = 0; k < STATISTICS; k++)
            values[k * NETWORKS + trial] = one[k];
    }
    sampled_close(&s);
}

static const struct shape law_shapes[] = {
    {"tanh", 3, 0.64, 3, 100, 1, 30, {1}},
    {"relu", 2, 0.1, 4, 60, 3, 12, {1, 0.6, 1.4, 0.8}}, /* C > 1, a profile */
    {"tanh", 3, 0.64, 1, 50, 2, 20, {1}},               /* L = 1 */
    {"relu", 2, 0.1, 2, 40, 1, 20, {1}},                /* L = 2 */
    {"linear", 1, 0.1, 8, 40, 1, 30, {1}},              /* nearly singular Grams */
    {"linear", 1, 0, 4, 20, 2, 30, {1}},                /* T above M: singular Grams */
    {"tanh", 3, 0.64, 3, 12, 10, 6, {1, 2}},            /* C about M, D of lower rank than CT */
    {"relu", 2, 0.1, 3, 30, 1, 1, {1}},                 /* C T = 1 */
    {"relu", 2, 0, 5, 20, 1, 30, {1}}, /* T above M, signals tied to their backward signals */
    /* given inputs, two of them the same: */
    {"tanh", 3, 0.64, 3, 60, 1, 20, {-80}},
    {"relu", 2, 0.1, 4, 40, 2, 15, {-6}},          /* T above M_0 */
    {"x*exp(-x^2/2)", 2, 0, 3, 10, 1, 20, {-30}}}; /* T above M, no biases */

/* Each of the 120 tests has a false-alarm rate of 1.1e-5 (λ = 2.46), so all of them 1.3e-3; seeds are fixed.
 */
static void samplers_have_the_same_law(void **state)
{
    (void)state;
    const double critical = 2.46 * sqrt(2.0 / NETWORKS);
    size_t failures = 0;
    double *x = malloc(2 * STATISTICS * NETWORKS * sizeof *x), *y = x + STATISTICS * NETWORKS;
    assert_non_null(x);
    for (size_t i = 0; i < sizeof law_shapes / sizeof *law_shapes; i++) {
        sample_statistics(&law_shapes[i], &net_sampler_weights, 100, x);
        sample_statistics(&law_shapes[i], &net_sampler_conditional, 200, y);
        double worst = 0, scale = 0;
        for (size_t k = 0; k < NETWORKS; k++)
            scale = fmax(scale, x[2 * NETWORKS + k]);
        for (size_t k = 0; k < STATISTICS; k++) {
            const double distance = distance_of(x + k * NETWORKS, y + k * NETWORKS, scale);
            worst = fmax(worst, distance);
            if (distance > critical) {
                failures++;
                print_error("setting %zu, %s: distance %.4f above %.4f\n", i, statistic_names[k], distance,
                            critical);
            }
        }
        print_message("setting %zu (%s, L = %d): largest distance %.4f of %.4f allowed\n", i,
                      law_shapes[i].activation, (int)law_shapes[i].depth, worst, critical);
    }
    free(x);
    assert_int_equal(failures, 0);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(samplers_have_the_same_law)};
const struct test_group slow_net_samplers = TEST_GROUP(slow_tests);
