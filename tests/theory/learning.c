/* Constants of natural gradients, critical learning rates, and losses in function space against the same
 * dynamics written out step by step with matrices of this file's own. */
#include "theory/theory.h"

#include "net/shape.h"
#include "random/normal.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = 7, T_TEST = 5, N = T + T_TEST, M_0 = 20, MOST_STEPS = 9, MOST_C = 3 };

/* ---- a network in training */

struct setup {
    struct net_architecture a;
    struct net_activation activation;
    struct experiment_training training;
    double inputs[M_0 * T], test_inputs[M_0 * T_TEST], targets[MOST_C * T], test_targets[MOST_C * T_TEST];
};

static struct experiment_training training_of(const char *optimizer)
{
    return (struct experiment_training){.parametrization = "ntk",
                                        .loss = "squared",
                                        .optimizer = optimizer,
                                        .learning_rate = 1,
                                        .steps = MOST_STEPS,
                                        .nesterov = "false",
                                        .normalization = "none",
                                        .every = 1};
}

static void open_gaussian(struct setup *s, const struct shape *shape, const char *optimizer)
{
    memset(s, 0, sizeof *s);
    shape_open(shape, &s->a, &s->activation);
    s->training = training_of(optimizer);
    s->a.training = &s->training;
}

/* Given inputs, and targets that are no network's; one-hot: classes. */
static void open_given(struct setup *s, const struct shape *shape, const char *optimizer, bool one_hot)
{
    open_gaussian(s, shape, optimizer);
    for (size_t i = 0; i < M_0; i++)
        for (size_t t = 0; t < N; t++)
            *(t < T ? &s->inputs[i * T + t] : &s->test_inputs[i * T_TEST + t - T]) =
                0.3 + sin(1.3 * (double)i + 2.1 * (double)t * (double)(i % 7) + (double)t);
    for (size_t k = 0; k < s->a.C; k++)
        for (size_t t = 0; t < N; t++)
            *(t < T ? &s->targets[k * T + t] : &s->test_targets[k * T_TEST + t - T]) =
                one_hot ? (t % s->a.C == k ? 1 : 0) : 1.5 + cos(0.9 * (double)t + 2 * (double)k);
    net_architecture_set_inputs(&s->a, M_0, s->inputs, 1);
    s->a.T_test = T_TEST;
    s->a.test_inputs = s->test_inputs;
    s->a.targets = s->targets;
    s->a.test_targets = s->test_targets;
}

static void close_setup(struct setup *s)
{
    net_activation_close(&s->activation);
}

/* ---- matrices, row after row */

/* X = A⁻¹ by Gauss–Jordan elimination with pivots. */
static void invert(size_t n, const double *A, double *X)
{
    double *W = malloc(2 * n * n * sizeof *W);
    assert_non_null(W);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            W[i * 2 * n + j] = A[i * n + j];
            W[i * 2 * n + n + j] = i == j;
        }
    for (size_t c = 0; c < n; c++) {
        size_t best = c;
        for (size_t i = c; i < n; i++)
            best = fabs(W[i * 2 * n + c]) > fabs(W[best * 2 * n + c]) ? i : best;
        for (size_t j = 0; j < 2 * n; j++) {
            const double held = W[c * 2 * n + j];
            W[c * 2 * n + j] = W[best * 2 * n + j];
            W[best * 2 * n + j] = held;
        }
        for (size_t i = 0; i < n; i++) {
            const double factor = i == c ? 0 : W[i * 2 * n + c] / W[c * 2 * n + c];
            for (size_t j = 0; j < 2 * n && i != c; j++)
                W[i * 2 * n + j] -= factor * W[c * 2 * n + j];
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            X[i * n + j] = W[i * 2 * n + n + j] / W[i * 2 * n + i];
    free(W);
}

/* S = R Rᵀ. */
static void root(size_t n, const double *S, double *R)
{
    memset(R, 0, n * n * sizeof *R);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = S[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= R[i * n + k] * R[j * n + k];
            R[i * n + j] = i == j ? sqrt(sum) : sum / R[j * n + j];
        }
}

/* Z (N, T) = K (K_T + ρ)⁻¹ , ρ = ε tr K_T/T. */
static void damped(const double *K, double damping, double *Z)
{
    double A[T * T], X[T * T], rho = 0;
    for (size_t t = 0; t < T; t++)
        rho += damping * K[t * T + t] / T;
    for (size_t i = 0; i < T * T; i++)
        A[i] = K[i] + (i % (T + 1) == 0 ? rho : 0);
    invert(T, A, X);
    for (size_t i = 0; i < N; i++)
        for (size_t t = 0; t < T; t++) {
            Z[i * T + t] = 0;
            for (size_t s = 0; s < T; s++)
                Z[i * T + t] += K[i * T + s] * X[s * T + t];
        }
}

/* ---- the operator U (N, T) of an optimizer, and q^L (N, N) */

/* at (N, N): the p of each pair of samples. */
static void find_pairs(const struct theory_order *o, size_t *at)
{
    for (size_t p = 0; p < o->pairs; p++)
        at[o->s[p] * N + o->t[p]] = at[o->t[p] * N + o->s[p]] = p;
}

static void write_operator(const struct setup *x, double *U, double *outputs)
{
    double gram[N * N], A[N * T], B[N * T], Z[N * T], Z2[N * T], whole[N * T] = {0};
    struct theory_order o = {.L = 0};
    struct base_error error = {""};
    size_t pairs[N * N];
    const struct net_architecture *a = &x->a;
    const char *name = x->training.optimizer;
    const bool ntk = strcmp(x->training.parametrization, "ntk") == 0;
    const double damping = x->training.damping;
    for (size_t s = 0; s < N; s++)
        for (size_t t = 0; t < N; t++) {
            gram[s * N + t] = 0;
            for (size_t i = 0; i < M_0; i++)
                gram[s * N + t] += (s < T ? x->inputs[i * T + s] : x->test_inputs[i * T_TEST + s - T]) *
                                   (t < T ? x->inputs[i * T + t] : x->test_inputs[i * T_TEST + t - T]) / M_0;
        }
    assert_int_equal(theory_kernel_solve(&o, &x->activation, a->weight_variance, a->bias_variance, a->L, N,
                                         gram, 1e-12, &error),
                     BASE_OK);
    find_pairs(&o, pairs);
    memset(U, 0, N * T * sizeof *U);
    for (size_t l = 1; l <= a->L; l++) {
        const double scale = ntk ? a->weight_variance : (double)a->widths[l - 1],
                     bias = ntk ? a->bias_variance : 1;
        for (size_t i = 0; i < N * T; i++) {
            const size_t p = pairs[i / T * N + i % T];
            A[i] = scale * o.qhat[(l - 1) * o.pairs + p] + bias;
            B[i] = o.qtilde[l * o.pairs + p];
            whole[i] += A[i] * B[i];
        }
        if (strncmp(name, "kfac", 4) == 0) {
            damped(A, damping, Z);
            if (l < a->L)
                damped(B, damping, Z2);
            for (size_t i = 0; i < N * T; i++)
                U[i] +=
                    l < a->L ? T * Z[i] * Z2[i] : (strcmp(name, "kfac") == 0 ? 1 : T) * Z[i] / (1 + damping);
        }
        for (size_t i = 0; i < N * T; i++)
            A[i] *= B[i];
        damped(A, damping, Z);
        for (size_t i = 0; i < N * T; i++)
            U[i] += strcmp(name, "layer") == 0 || (strcmp(name, "tridiagonal") == 0 && l == 2) ? Z[i] : 0;
    }
    if (strcmp(name, "exact") == 0)
        damped(whole, damping, U);
    for (size_t i = 0; i < N * T && strcmp(name, "gradient") == 0; i++)
        U[i] = whole[i] / T;
    for (size_t i = 0; i < N * N; i++)
        outputs[i] = o.q[a->L * o.pairs + pairs[i]];
    theory_order_free(&o);
}

/* ---- training in function space, a column of outputs at a time */

static void subtract_means(const struct setup *x, double *f)
{
    double mean[2] = {0, 0};
    if (strcmp(x->training.normalization, "mean") != 0)
        return;
    for (size_t i = 0; i < N; i++)
        mean[i >= T] += f[i] / (i < T ? T : T_TEST);
    for (size_t i = 0; i < N; i++)
        f[i] -= mean[i >= T];
}

/* Σ (f − y)² over training and over test samples after each step, added to loss (MOST_STEPS+1, 2); of the
 * first step ⟨Πg, Πg⟩ and ⟨Πg', Πg⟩ (Π where means are subtracted) added to inner. */
static void train(const struct setup *x, double rate, const double *U, const double *start, const double *y,
                  double *loss, double inner[2])
{
    double f[N], g[N], first[N] = {0}, velocity[T] = {0};
    const bool nesterov = strcmp(x->training.nesterov, "true") == 0;
    memcpy(f, start, sizeof f);
    subtract_means(x, f);
    for (size_t s = 0; s <= MOST_STEPS; s++) {
        for (size_t i = 0; i < N; i++) {
            g[i] = f[i] - y[i];
            loss[2 * s + (i >= T)] += g[i] * g[i];
        }
        subtract_means(x, g);
        if (s == 0)
            memcpy(first, g, sizeof g);
        for (size_t t = 0; t < T && s < 2; t++)
            inner[s] += g[t] * first[t];
        for (size_t t = 0; t < T; t++) {
            velocity[t] = x->training.momentum * velocity[t] + g[t];
            g[t] = nesterov ? g[t] + x->training.momentum * velocity[t] : velocity[t];
        }
        for (size_t i = 0; i < N; i++)
            for (size_t t = 0; t < T; t++)
                f[i] -= rate * U[i * T + t] * g[t];
        subtract_means(x, f);
    }
}

/* The sum over the columns of a root of the covariance is the expectation over Gaussian outputs; the targets'
 * part is that of outputs 0, once for each. */
static void expect_losses(const struct setup *x, double rate, double *loss)
{
    double U[N * T], q[N * N], R[N * N], f[N], y[N], inner[2] = {0, 0};
    const double none[N] = {0};
    write_operator(x, U, q);
    root(N, q, R);
    memset(loss, 0, 2 * (MOST_STEPS + 1) * sizeof *loss);
    for (size_t k = 0; k < x->a.C; k++) {
        for (size_t c = 0; c < N; c++) {
            for (size_t i = 0; i < N; i++)
                f[i] = R[i * N + c] * (x->a.targets == NULL ? sqrt(2) : 1);
            train(x, rate, U, f, none, loss, inner);
        }
        for (size_t i = 0; i < N && x->a.targets != NULL; i++)
            y[i] = i < T ? x->targets[k * T + i] : x->test_targets[k * T_TEST + i - T];
        if (x->a.targets != NULL)
            train(x, rate, U, none, y, loss, inner);
    }
    for (size_t s = 0; s <= MOST_STEPS; s++) {
        loss[2 * s] /= 2 * T;
        loss[2 * s + 1] /= 2 * T_TEST;
    }
}

static void predict(const struct setup *x, double rate, double *train_loss, double *test_loss,
                    struct theory_learning *prediction)
{
    struct base_error error = {""};
    *prediction = (struct theory_learning){.train_loss = train_loss, .test_loss = test_loss};
    const int status = theory_learning_predict(&x->a, &x->activation, rate, NULL, prediction, &error);
    if (status != BASE_OK)
        fail_msg("%s", error.text);
}

static const struct shape given_shape = {"tanh", 2.385, 0.23, 3, 30, 2, T, {0}};

static void losses_are_those_of_steps_in_function_space(void **state)
{
    (void)state;
    static const char *const optimizers[] = {"gradient",    "exact", "layer",
                                             "tridiagonal", "kfac",  "kfac_scaled"};
    for (size_t i = 0; i < 6 * 16; i++) {
        struct setup x;
        struct theory_learning theory;
        double loss[2 * (MOST_STEPS + 1)], train_loss[MOST_STEPS + 1], test_loss[MOST_STEPS + 1], rate;
        open_given(&x, &given_shape, optimizers[i / 16], false);
        x.training.damping = i & 1 ? 0.013 : 0;
        x.training.normalization = i & 2 ? "mean" : "none";
        x.training.momentum = i & 4 ? 0.37 : 0;
        x.training.nesterov = i & 8 ? "true" : "false";
        if (i & 4)
            x.training.parametrization = "standard";
        if (i & 8)
            x.a.targets = x.a.test_targets = NULL;
        rate = i / 16 == 0 ? (i & 4 ? 0.02 : 0.4)
                           : 0.31 / (i / 16 == 2  ? 3
                                     : i / 16 < 4 ? 1
                                                  : 2 * T + (i / 16 == 4 ? 1 : T));
        expect_losses(&x, rate, loss);
        predict(&x, rate, train_loss, test_loss, &theory);
        for (size_t s = 0; s <= MOST_STEPS; s++) {
            assert_close(train_loss[s], loss[2 * s], 1e-6);
            assert_close(test_loss[s], loss[2 * s + 1], 1e-6);
        }
        close_setup(&x);
    }
}

/* The mean of ratios over networks against that over 4000 networks of this file; both scatter, and miss each
 * other by 5 standard errors of them together with a probability of 1e-6. */
static void ratios_are_means_over_networks(void **state)
{
    (void)state;
    enum { NETWORKS = 4000, FACTOR_STEPS = 4 };
    static const struct {
        const char *optimizer, *normalization;
        double damping, rate;
    } cases[] = {{"layer", "none", 0.3, 0.2}, {"kfac", "mean", 0.1, 0.03}, {"exact", "mean", 0.2, 0.6}};
    for (size_t i = 0; i < 3; i++) {
        struct setup x;
        struct theory_learning theory;
        double U[N * T], q[N * N], R[N * N], sums[4] = {0};
        open_given(&x, &given_shape, cases[i].optimizer, false);
        x.training.damping = cases[i].damping;
        x.training.normalization = cases[i].normalization;
        write_operator(&x, U, q);
        root(N, q, R);
        for (size_t d = 0; d < NETWORKS; d++) {
            double loss[2 * (MOST_STEPS + 1)] = {0}, inner[2] = {0, 0}, z[2 * N], f[N], y[N];
            random_normals(7 + i, d, 0, 2 * N, z);
            for (size_t k = 0; k < 2; k++) {
                for (size_t j = 0; j < N; j++) {
                    f[j] = 0;
                    for (size_t c = 0; c <= j; c++)
                        f[j] += R[j * N + c] * z[k * N + c];
                    y[j] = j < T ? x.targets[k * T + j] : x.test_targets[k * T_TEST + j - T];
                }
                train(&x, cases[i].rate, U, f, y, loss, inner);
            }
            const double share = 1 - inner[1] / inner[0],
                         factor = pow(loss[2 * FACTOR_STEPS] / loss[0], 0.25);
            sums[0] += share / NETWORKS;
            sums[1] += share * share / NETWORKS;
            sums[2] += factor / NETWORKS;
            sums[3] += factor * factor / NETWORKS;
        }
        predict(&x, cases[i].rate, NULL, NULL, &theory);
        /* 512 draws of theory's own */
        const double error = sqrt(1.0 / 512 + 1.0 / NETWORKS);
        assert_within(theory.first_step_share, sums[0], 5 * error * sqrt(sums[1] - sums[0] * sums[0]));
        assert_within(theory.loss_factor, sums[2], 5 * error * sqrt(sums[3] - sums[2] * sums[2]));
        assert_true(sqrt(sums[1] - sums[0] * sums[0]) < 0.2 * sums[0]);
        close_setup(&x);
    }
}

/* ---- a */

static double constant_of(const struct setup *x)
{
    struct base_error error = {""};
    double a = NAN;
    if (theory_isotropy(&x->a, &x->activation, &a, &error) != BASE_OK)
        fail_msg("%s", error.text);
    return a;
}

/* The table of KO20, and the trace of the operator of drawn inputs: two ways. */
static void constants_are_traces(void **state)
{
    (void)state;
    static const struct {
        const char *optimizer;
        struct shape shape;
        double a;
    } cases[] = {
        {"exact", {"tanh", 2, 0.1, 3, 40, 2, 10, {0}}, 1},
        {"layer", {"tanh", 2, 0.1, 4, 40, 2, 10, {0}}, 4},
        {"tridiagonal", {"relu", 2, 0.1, 3, 40, 1, 10, {0}}, 1},
        {"tridiagonal", {"relu", 2, 0.1, 4, 40, 1, 10, {0}}, 2},
        {"tridiagonal", {"relu", 2, 0.1, 6, 40, 1, 10, {0}}, 2},
        {"tridiagonal", {"relu", 2, 0.1, 7, 40, 1, 10, {0}}, 3},
        {"kfac", {"relu", 2, 0.1, 3, 40, 2, 10, {0}}, 21},
        {"kfac_scaled", {"relu", 2, 0.1, 3, 40, 2, 10, {0}}, 30},
        {"kfac", {"linear", 1, 0.1, 4, 40, 2, 10, {0}}, 4},
        {"kfac_scaled", {"2.5*x", 0.2, 0.1, 4, 40, 2, 10, {0}}, 13},
        {"kfac", {"tanh", 2, 0.1, 4, 20, 1, 12, {0.35}}, 8 + 24 + 1},
        {"kfac", {"tanh", 2, 0, 4, 20, 1, 12, {0.35}}, 7 + 24 + 1},
        {"unit", {"tanh", 2, 0.1, 3, 40, 2, 10, {0, 0, 0.5}}, 0.5 * (40 + 20) + 1},
        {"unit", {"relu", 2, 0.1, 3, 40, 3, 10, {0}}, 80 * 0.5 / 3 + 1},
        {"unit", {"leaky_relu", 2, 0.1, 3, 40, 1, 10, {0}}, 81},
        {"unit", {"relu", 2, 0.1, 3, 40, 1, 50, {0.25}}, 40 * 11.0 / 50 + 40 * 0.5 + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct setup x;
        struct theory_learning theory;
        open_gaussian(&x, &cases[i].shape, cases[i].optimizer);
        assert_close(constant_of(&x), cases[i].a, 1e-12);
        predict(&x, 0.5 / cases[i].a, NULL, NULL, &theory);
        assert_close(theory.isotropy_a, cases[i].a, 1e-7);
        close_setup(&x);
    }
}

/* Of a threshold at ½, P(u > ½) for u of its own variance in each layer. */
static void shares_of_units_are_those_of_their_thresholds(void **state)
{
    (void)state;
    struct setup x;
    struct theory_order order;
    double expected = 1;
    open_gaussian(&x, &(struct shape){"(x-0.5+abs(x-0.5))/2", 2.1, 0.3, 4, 50, 1, 10, {0}}, "unit");
    shape_order(&x.a, &x.activation, &order);
    for (size_t l = 1; l < 4; l++)
        expected += 50 * 0.5 * erfc(0.5 / sqrt(2 * order.q[2 * l]));
    assert_close(constant_of(&x), expected, 1e-9);
    theory_order_free(&order);
    close_setup(&x);
}

/* Batches of fewer samples have the constants of so many. */
static void constants_count_the_batch(void **state)
{
    (void)state;
    struct setup x;
    open_gaussian(&x, &(struct shape){"tanh", 2, 0.1, 3, 40, 2, 10, {0}}, "kfac");
    x.training.batch = 4;
    assert_close(constant_of(&x), 9.0, 1e-12);
    close_setup(&x);
}

/* A layer's Σ_l Θ_l/(Θ_l + ρ): of eigenvalue λ, λ/(λ + ρ). */
static void damping_lessens_constants(void **state)
{
    (void)state;
    static const char *const optimizers[] = {"exact", "layer", "tridiagonal", "kfac", "kfac_scaled", "unit"};
    for (size_t i = 0; i < 6; i++) {
        double last = INFINITY;
        for (double damping = 0; damping < 10; damping = damping == 0 ? 1e-7 : 100 * damping) {
            struct setup x;
            struct theory_learning theory;
            open_gaussian(&x, &(struct shape){"tanh", 2, 0.1, 3, 40, 1, 6, {0}}, optimizers[i]);
            x.training.damping = damping;
            predict(&x, 0.5, NULL, NULL, &theory);
            if (damping == 1e-7)
                assert_close(theory.isotropy_a, constant_of(&x), i == 5 ? 0.01 : 1e-4);
            assert_true(theory.isotropy_a < last);
            last = theory.isotropy_a;
            close_setup(&x);
        }
    }
}

/* Where a layer has more samples than features, nearly all of what is left of a without damping is left. */
static void damped_units_know_their_rank(void **state)
{
    (void)state;
    struct setup x;
    struct theory_learning theory;
    open_gaussian(&x, &(struct shape){"tanh", 2, 0.1, 3, 40, 1, 12, {0.1}}, "unit");
    assert_close(constant_of(&x), 40 * 5.0 / 12 + 40 + 1, 1e-12);
    x.training.damping = 1e-7;
    predict(&x, 0.5, NULL, NULL, &theory);
    assert_close(theory.isotropy_a, constant_of(&x), 0.01);
    close_setup(&x);
}

static void what_has_no_constant_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *optimizer;
        int64_t depth;
        const char *why;
    } cases[] = {{"unit_explicit", 3, "unit_explicit"},
                 {"quasi_diagonal", 3, "quasi_diagonal"},
                 {"gradient", 3, "gradient"},
                 {"tridiagonal", 5, "5 = 3s + 2"}};
    for (size_t i = 0; i < 4; i++) {
        struct setup x;
        struct base_error error = {""};
        struct theory_learning theory = {.train_loss = NULL};
        double a;
        open_gaussian(&x, &(struct shape){"tanh", 2, 0.1, cases[i].depth, 20, 1, 5, {0}}, cases[i].optimizer);
        assert_int_equal(theory_isotropy(&x.a, &x.activation, &a, &error), BASE_UNRESOLVED);
        assert_non_null(strstr(error.text, cases[i].why));
        assert_int_equal(theory_learning_predict(&x.a, &x.activation, 1, NULL, &theory, &error),
                         i == 2 ? BASE_OK : BASE_UNRESOLVED);
        close_setup(&x);
    }
}

static void what_is_not_predicted_is_told(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct setup x;
        struct base_error error = {""};
        double train_loss[MOST_STEPS + 1];
        struct theory_learning theory = {.train_loss = train_loss};
        open_given(&x, &given_shape, "exact", true);
        assert_int_equal(theory_learning_predict(&x.a, &x.activation, 1, NULL, &theory, &error), BASE_OK);
        x.training.batch = i == 0 ? T - 1 : 0;
        x.training.weight_decay = i == 1 ? 1e-3 : 0;
        x.training.loss = i > 1 && i < 5 ? "cross_entropy" : "squared";
        x.training.damping = i == 2 ? 1e-3 : 0;
        x.training.normalization = i == 3 ? "mean" : i == 5 ? "batch" : "none";
        x.training.optimizer = i == 4 ? "layer" : i == 5 ? "gradient" : "exact";
        assert_int_equal(theory_learning_predict(&x.a, &x.activation, 1, NULL, &theory, &error),
                         BASE_UNRESOLVED);
        assert_true(strlen(error.text) > 20);
        close_setup(&x);
    }
}

/* ---- η_c */

static struct theory_critical critical_of(const struct setup *x)
{
    struct base_error error = {""};
    struct theory_critical critical = {NAN, NAN, NAN, NAN};
    if (theory_critical_rate(&x->a, &x->activation, NULL, &critical, &error) != BASE_OK)
        fail_msg("%s", error.text);
    return critical;
}

static void critical_rates_are_those_of_fisher_matrices(void **state)
{
    (void)state;
    static const char *const normalizations[] = {"none", "mean"};
    for (size_t i = 0; i < 8; i++) {
        const bool given = i & 1, ntk = i & 2, centred = i & 4;
        struct setup x;
        struct theory_order order;
        struct theory_fisher fisher;
        struct theory_spectrum kernel, drawn;
        struct theory_ntk theta;
        struct base_error error = {""};
        const struct shape shape = {"gelu", 2, 0.1, 3, 60, 2, T, {0}};
        if (given)
            open_given(&x, &shape, "gradient", false);
        else
            open_gaussian(&x, &shape, "gradient");
        x.training.parametrization = ntk ? "ntk" : "standard";
        x.training.normalization = normalizations[centred];
        shape_order(&x.a, &x.activation, &order);
        theory_fisher_predict(&order, &x.a, &fisher);
        assert_int_equal(theory_ntk_predict(&order, &x.a, &theta, &error), BASE_OK);
        const struct theory_critical critical = critical_of(&x);
        if (!ntk && given) {
            assert_int_equal(theory_fisher_kernel(&order, &x.a, &kernel, NULL, &error), BASE_OK);
            assert_close(critical.rate, 2 / (centred ? kernel.centred_eig_max : kernel.eig_max), 1e-7);
        }
        if (!ntk && !given) {
            assert_close(critical.limit, 2 / (centred ? fisher.centred_eig_max : fisher.eig_max), 1e-7);
            assert_int_equal(theory_fisher_draws(&x.a, &x.activation, &drawn, NULL, &error), BASE_OK);
            if (centred) /* some draws of the same law, in another number */
                assert_close(critical.rate, 2 / drawn.centred_eig_max, 0.05);
        }
        if (ntk && !centred)
            assert_close(critical.rate, 2 * T / theta.eig_max, 1e-7);
        if (!given && !centred)
            assert_close(critical.rate, critical.limit, 1e-12);
        if (given)
            assert_true(isnan(critical.limit));
        theory_order_free(&order);
        close_setup(&x);
    }
}

/* The largest eigenvalue of a positive semidefinite A (n, n), by powers of it. */
static double largest_eigenvalue(size_t n, const double *A)
{
    double x[T], y[T], value = 0;
    for (size_t i = 0; i < n; i++)
        x[i] = cos(1.7 * (double)i * (double)i);
    for (int step = 0; step < 400; step++) {
        double norm = 0;
        for (size_t i = 0; i < n; i++) {
            y[i] = 0;
            for (size_t j = 0; j < n; j++)
                y[i] += A[i * n + j] * x[j];
            norm += y[i] * y[i];
        }
        value = sqrt(norm);
        for (size_t i = 0; i < n; i++)
            x[i] = y[i] / value;
    }
    return value;
}

/* λ_max of f̄ = (f − μ)/σ for a kernel U = Θ/T: J̄ has the rows Σ_s (1[st] − 1/T − f̄(t)f̄(s)/T)/σ J_s. */
static double normalized_top(const double *U, const double *f)
{
    double P[T * T], half[T * T], whole[T * T], mu = 0, variance = 0;
    for (size_t t = 0; t < T; t++)
        mu += f[t] / T;
    for (size_t t = 0; t < T; t++)
        variance += (f[t] - mu) * (f[t] - mu) / T;
    for (size_t s = 0; s < T; s++)
        for (size_t t = 0; t < T; t++)
            P[s * T + t] = ((s == t) - 1.0 / T - (f[s] - mu) * (f[t] - mu) / (variance * T)) / sqrt(variance);
    for (int product = 0; product < 2; product++)
        for (size_t s = 0; s < T; s++)
            for (size_t t = 0; t < T; t++) {
                double *sum = product == 0 ? &half[s * T + t] : &whole[s * T + t];
                *sum = 0;
                for (size_t i = 0; i < T; i++)
                    *sum += product == 0 ? P[s * T + i] * U[i * T + t] : half[s * T + i] * P[i * T + t];
            }
    return largest_eigenvalue(T, whole);
}

/* Means over 4000 networks of this file against those of theory's 16384/C, of given inputs whose covariance
 * has a large first eigenvalue: both scatter, and miss each other by 5 standard errors of them together with
 * a probability of 1e-6. Nine numbers: 1e-5. Without the projection on f̄ theory is 6 of them off, with 1/E
 * λ_max for E 1/λ_max 35. */
static void normalized_outputs_are_means_over_networks(void **state)
{
    (void)state;
    enum { NETWORKS = 4000 };
    static const char *const names[] = {"tanh", "relu", "gelu"};
    for (size_t i = 0; i < 3; i++) {
        struct setup x;
        double U[N * T], q[N * N], R[N * N], sums[3] = {0}, squares[3] = {0};
        struct shape shape = given_shape;
        shape.activation = names[i];
        shape.outputs = i == 1 ? 3 : 1;
        open_given(&x, &shape, "gradient", false);
        x.training.normalization = "batch";
        write_operator(&x, U, q);
        root(N, q, R);
        const double decay = 0.1 * normalized_top(U, x.targets);
        x.training.weight_decay = decay;
        for (size_t d = 0; d < NETWORKS; d++) {
            double z[N], f[T], top = 0;
            for (size_t k = 0; k < x.a.C; k++) {
                random_normals(17 + i, d * x.a.C + k, 0, N, z);
                for (size_t t = 0; t < T; t++) {
                    f[t] = 0;
                    for (size_t c = 0; c <= t; c++)
                        f[t] += R[t * N + c] * z[c];
                }
                top = fmax(top, normalized_top(U, f));
            }
            const double numbers[3] = {top, 2 / top, 2 / (top + decay)};
            for (size_t j = 0; j < 3; j++) {
                sums[j] += numbers[j] / NETWORKS;
                squares[j] += numbers[j] * numbers[j] / NETWORKS;
            }
        }
        const struct theory_critical critical = critical_of(&x);
        const double theory[3] = {critical.eig_max, critical.boundary, critical.rate};
        for (size_t j = 0; j < 3; j++) {
            const double variance = squares[j] - sums[j] * sums[j];
            const double se = sqrt(variance * (1.0 / NETWORKS + (double)x.a.C / 16384));
            assert_true(fabs(theory[j] - sums[j]) < 5 * se);
        }
        close_setup(&x);
    }
}

/* The limit of Gaussian inputs in closed form for one output, and with more of them below that; the kernels
 * of wide networks' inputs come to it. 16384 draws of χ²_{T−1} have a standard error of 0.45 %, and 4.5 of
 * them a false alarm of 1e-5. */
static void normalized_outputs_have_a_limit(void **state)
{
    (void)state;
    for (int64_t C = 1; C <= 4; C += 3) {
        struct setup x;
        struct theory_order order;
        struct theory_ntk theta;
        struct base_error error = {""};
        open_gaussian(&x, &(struct shape){"gelu", 2, 0.1, 3, 1000000, C, T, {0}}, "gradient");
        x.training.normalization = "batch";
        shape_order(&x.a, &x.activation, &order);
        assert_int_equal(theory_ntk_predict(&order, &x.a, &theta, &error), BASE_OK);
        /* Θ_1 + (T−1) Θ_2 = eig_max, Θ_1 = eig_mean */
        const double one = theta.eig_mean, two = (theta.eig_max - one) / (T - 1);
        const double variance = order.q[2 * x.a.L] - order.q[2 * x.a.L + 1];
        const struct theory_critical critical = critical_of(&x);
        const double mean = 2 * variance * (T - 1) / (one - two);
        if (C == 1)
            assert_close(critical.limit, mean, 1e-7);
        assert_close(critical.rate, critical.limit, 0.045 * sqrt((double)C));
        assert_true(C == 1 || (critical.limit < 0.8 * mean && critical.limit > 0.2 * mean));
        theory_order_free(&order);
        close_setup(&x);
    }
}

/* θ of one number whose gradient is λ_max θ: does it grow? */
static bool grows(double rate, double lambda, const struct experiment_training *t)
{
    double theta = 1, velocity = 0, largest = 0;
    for (int s = 0; s < 4000; s++) {
        const double d = (lambda + t->weight_decay) * theta;
        velocity = t->momentum * velocity + d;
        theta -= rate * (strcmp(t->nesterov, "true") == 0 ? d + t->momentum * velocity : velocity);
        largest = s > 2000 ? fmax(largest, fabs(theta)) : 0;
    }
    return !(largest < 1);
}

static void critical_rates_are_where_steps_grow(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct setup x;
        open_given(&x, &given_shape, "gradient", false);
        const double lambda = 2 / critical_of(&x).rate;
        x.training.momentum = i & 1 ? 0.83 : 0;
        x.training.nesterov = i & 2 ? "true" : "false";
        x.training.weight_decay = i & 4 ? 0.4 * lambda : 0;
        const double rate = critical_of(&x).rate;
        assert_false(grows(0.99 * rate, lambda, &x.training));
        assert_true(grows(1.01 * rate, lambda, &x.training));
        close_setup(&x);
    }
}

/* An odd φ without biases has no second order parameter: the kernel of drawn inputs stands in, whose largest
 * eigenvalue is no less than its mean one. */
static void critical_rates_without_an_outlier_are_of_kernels(void **state)
{
    (void)state;
    struct setup x;
    struct theory_order order;
    struct theory_ntk theta;
    struct base_error error = {""};
    open_gaussian(&x, &(struct shape){"tanh", 2, 0, 3, 60, 1, 20, {0}}, "gradient");
    shape_order(&x.a, &x.activation, &order);
    assert_int_equal(theory_ntk_predict(&order, &x.a, &theta, &error), BASE_OK);
    const struct theory_critical critical = critical_of(&x);
    assert_true(isnan(critical.limit));
    assert_true(critical.rate < 2 * 20 / theta.eig_mean && critical.rate > 2 * 20 / (5 * theta.eig_mean));
    theory_order_free(&order);
    close_setup(&x);
}

/* ---- what calls share */

struct numbers {
    double train_loss[MOST_STEPS + 1], test_loss[MOST_STEPS + 1];
    struct theory_learning learning;
    struct theory_critical critical;
};

static void predict_with(const struct setup *x, struct theory_kept *kept, struct numbers *n)
{
    struct base_error error = {""};
    memset(n, 0, sizeof *n);
    n->learning = (struct theory_learning){.train_loss = n->train_loss, .test_loss = n->test_loss};
    assert_int_equal(theory_critical_rate(&x->a, &x->activation, kept, &n->critical, &error), BASE_OK);
    assert_int_equal(theory_learning_predict(&x->a, &x->activation, 0.01, kept, &n->learning, &error),
                     BASE_OK);
    n->learning.train_loss = n->learning.test_loss = NULL;
}

/* A network of which one thing is another than in that of variant 0: things that no kernel depends on, then
 * others. */
enum { VARIANTS = 23 };
static void open_variant(struct setup *x, const char *optimizer, size_t variant)
{
    static double other[M_0 * T];
    struct shape shape = given_shape;
    shape.depth -= variant == 5;
    shape.outputs -= variant == 6;
    shape.samples -= variant == 7;
    shape.activation = variant == 8 ? "leaky_relu" : "relu"; /* in closed form */
    open_given(x, &shape, optimizer, false);
    x->training.damping = 0.1;
    for (size_t i = 0; i < (size_t)M_0 * T; i++)
        other[i] = 0.4 + cos((double)(i * i));
    switch (variant) {
    case 1: x->training.momentum = 0.3; break;
    case 2: x->training.steps = 3; break;
    case 3: x->training.every = 2; break;
    case 4: x->training.batch = T; break;
    case 9: x->training.damping = 0.3; break;
    case 10: x->training.normalization = "mean"; break;
    case 11: x->training.parametrization = "standard"; break;
    case 12: x->training.optimizer = "exact"; break;
    case 13: x->a.weight_variance = 1.1; break;
    case 14: x->a.bias_variance = 0.9; break;
    case 15: x->a.widths[1] = 77; break;
    case 16: x->a.T_test = T_TEST - 1; break;
    case 17: x->a.targets = other; break;
    case 18: x->a.test_targets = other; break;
    case 19: x->a.inputs = other; break;
    case 20: x->a.test_inputs = other; break;
    case 22: x->training.momentum = 0.3; /* fall through */
    case 21: x->a.inputs = x->a.test_inputs = x->a.targets = x->a.test_targets = NULL; break;
    default: break;
    }
}

/* The first network, another, and the first again, Gaussian inputs too (21, 22): with what the call before
 * has kept the same bits as without. */
static void what_is_kept_changes_no_number(void **state)
{
    (void)state;
    static const char *const optimizers[] = {"layer", "unit"};
    for (size_t i = 0; i < 2 * VARIANTS; i++) {
        struct setup x;
        struct base_error error = {""};
        struct numbers with, without;
        struct theory_kept *kept = theory_kept_new(&error);
        assert_non_null(kept);
        for (size_t turn = 0; turn < 3; turn++) {
            open_variant(&x, optimizers[i % 2], turn == 1 ? i / 2 : i / 2 == 22 ? 21 : 0);
            predict_with(&x, kept, &with);
            predict_with(&x, NULL, &without);
            assert_memory_equal(&with, &without, sizeof with);
            close_setup(&x);
        }
        theory_kept_free(kept);
    }
}

/* The rate of normalized outputs is a mean over networks with their decay. */
static void what_is_kept_knows_the_decay(void **state)
{
    (void)state;
    static const char *const normalizations[] = {"none", "mean", "batch"};
    for (size_t i = 0; i < 3; i++) {
        struct setup x;
        struct base_error error = {""};
        struct theory_kept *kept = theory_kept_new(&error);
        assert_non_null(kept);
        open_given(&x, &given_shape, "gradient", false);
        x.training.normalization = normalizations[i];
        for (int turn = 0; turn < 3; turn++) {
            struct theory_critical with;
            x.training.weight_decay = turn == 1 ? 0.5 : 0;
            assert_int_equal(theory_critical_rate(&x.a, &x.activation, kept, &with, &error), BASE_OK);
            const struct theory_critical without = critical_of(&x);
            assert_true(with.rate == without.rate && with.boundary == without.boundary);
            assert_true((with.rate == with.boundary) == (turn != 1));
            assert_true(with.eig_max == without.eig_max);
        }
        theory_kept_free(kept);
        close_setup(&x);
    }
}

/* Inputs that change behind their pointer go unseen where a learning rate alone is new. */
static void what_is_kept_is_not_computed_again(void **state)
{
    (void)state;
    struct setup x;
    struct base_error error = {""};
    struct numbers first, again, anew;
    struct theory_kept *kept = theory_kept_new(&error);
    assert_non_null(kept);
    open_variant(&x, "layer", 0);
    predict_with(&x, kept, &first);
    for (size_t i = 0; i < (size_t)M_0 * T; i++)
        x.inputs[i] = cos((double)i);
    x.training.learning_rate = 2;
    predict_with(&x, kept, &again);
    predict_with(&x, NULL, &anew);
    assert_memory_equal(&again, &first, sizeof first);
    assert_true(anew.critical.rate != first.critical.rate);
    assert_true(anew.train_loss[1] != first.train_loss[1]);
    theory_kept_free(kept);
    close_setup(&x);
}

/* ---- closed forms */

/* So many features that different inputs are orthogonal: a kernel of two numbers, with two eigenvalues. */
static void gaussian_inputs_have_two_modes(void **state)
{
    (void)state;
    enum { SAMPLES = 10 };
    struct setup x;
    struct theory_order order;
    struct theory_learning theory;
    double train_loss[MOST_STEPS + 1], lambda[2], q[2];
    open_gaussian(&x, &(struct shape){"relu", 2, 0.1, 3, 30, 2, SAMPLES, {33333}}, "gradient");
    shape_order(&x.a, &x.activation, &order);
    for (size_t e = 0; e < 2; e++) {
        lambda[e] = 0;
        for (size_t l = 1; l <= 3; l++)
            lambda[e] += order.q[2 * l + e] * order.qtilde[2 * l + e] / SAMPLES;
        q[e] = order.q[6 + e];
    }
    const double top = lambda[0] + (SAMPLES - 1) * lambda[1], bulk = lambda[0] - lambda[1], rate = 0.8 / top;
    predict(&x, rate, train_loss, NULL, &theory);
    for (size_t s = 0; s <= MOST_STEPS; s++)
        assert_close(train_loss[s],
                     2.0 / SAMPLES *
                         ((q[0] + (SAMPLES - 1) * q[1]) * pow(1 - rate * top, 2.0 * (double)s) +
                          (SAMPLES - 1) * (q[0] - q[1]) * pow(1 - rate * bulk, 2.0 * (double)s)),
                     0.01);
    assert_true(isnan(theory.isotropy_a) && isnan(theory.first_step_share) && isnan(theory.loss_factor));
    theory_order_free(&order);
    close_setup(&x);
}

/* Losses of isotropic steps, and of damped units with what a is left to them. */
static void isotropic_losses_shrink_by_one_factor(void **state)
{
    (void)state;
    static const char *const optimizers[] = {"exact", "kfac", "unit"};
    for (size_t i = 0; i < 6; i++) {
        struct setup x;
        struct theory_learning theory;
        double train_loss[MOST_STEPS + 1], test_loss[MOST_STEPS + 1];
        open_given(&x, &given_shape, optimizers[i / 2], false);
        x.training.damping = i / 2 == 2 && i % 2 == 1 ? 1e-2 : 0;
        const double rate = (i % 2 == 0 || i == 5 ? 0.5 : 1) / constant_of(&x);
        predict(&x, rate, train_loss, test_loss, &theory);
        const double factor = pow(1 - rate * theory.isotropy_a, 2);
        for (size_t s = 1; s <= MOST_STEPS; s++)
            assert_within(train_loss[s], factor * train_loss[s - 1], 1e-9 * train_loss[0]);
        if (i != 4)
            assert_within(theory.first_step_share, rate * theory.isotropy_a, 1e-9);
        if (i == 4)
            assert_true(isnan(theory.first_step_share) && isnan(theory.loss_factor));
        else if (i == 1 || i == 3)
            assert_true(train_loss[1] == 0 && isnan(theory.loss_factor));
        else
            assert_close(theory.loss_factor, factor, 1e-9);
        assert_true(isnan(test_loss[1]) == (i / 2 == 2));
        close_setup(&x);
    }
}

/* Steps of units whose damping is too small for their width are not those of the linear theory; what a is, is
 * known. */
static void units_need_damping(void **state)
{
    (void)state;
    static const struct {
        const char *activation;
        int64_t width;
        double damping;
        bool known;
    } cases[] = {{"tanh", 1000, 0, false},   {"relu", 1000, 0, false},  {"tanh", 900, 1e-4, false},
                 {"tanh", 1100, 1e-4, true}, {"relu", 100, 1e-4, true}, {"tanh", 100, 1e-2, true}};
    for (size_t i = 0; i < 6; i++) {
        struct setup x;
        struct theory_learning theory;
        open_gaussian(&x, &(struct shape){cases[i].activation, 2, 0.1, 3, cases[i].width, 1, 6, {0}}, "unit");
        x.training.damping = cases[i].damping;
        predict(&x, 0.5 / constant_of(&x), NULL, NULL, &theory);
        assert_int_equal(!isnan(theory.first_step_share), cases[i].known);
        assert_int_equal(!isnan(theory.loss_factor), cases[i].known);
        assert_true(theory.isotropy_a > 1);
        close_setup(&x);
    }
}

/* ---- cross entropy */

/* All but no outputs at the start: p_y(t) is the same for all t and follows a recursion of one number. */
static void logits_grow_by_their_rarity(void **state)
{
    (void)state;
    struct setup x;
    struct theory_learning theory;
    double train_loss[MOST_STEPS + 1], test_loss[MOST_STEPS + 1], f = 0, U[N * T], q[N * N];
    open_given(&x, &(struct shape){"tanh", 1e-4, 0, 3, 30, 3, T, {0}}, "exact", true);
    x.training.loss = "cross_entropy";
    write_operator(&x, U, q);
    predict(&x, 0.3, train_loss, test_loss, &theory);
    for (size_t s = 0; s <= MOST_STEPS; s++) {
        const double loss = log(1 + 2 * exp(-f));
        double test = 0;
        assert_close(train_loss[s], loss, 1e-3);
        for (size_t i = T; i < N; i++) {
            double g[3] = {0}, sum = 0;
            for (size_t t = 0; t < T; t++)
                for (size_t k = 0; k < 3; k++)
                    g[k] += U[i * T + t] * f * ((t % 3 == k) - 1.0 / 3);
            for (size_t k = 0; k < 3; k++)
                sum += exp(g[k]);
            test += (log(sum) - g[(i) % 3]) / T_TEST;
        }
        assert_close(test_loss[s], test, 2e-3);
        f += 0.3 * exp(loss);
    }
    close_setup(&x);
}

/* Against 3000 networks of this file: 5 standard errors of both, 1e-6. A random teacher's classes. */
static void logit_losses_are_means_over_networks(void **state)
{
    (void)state;
    enum { NETWORKS = 3000, C = 3, STEPS = 3 };
    struct setup x;
    struct theory_learning theory;
    double train_loss[MOST_STEPS + 1], test_loss[MOST_STEPS + 1], U[N * T], q[N * N], R[N * N],
        sums[4 * (STEPS + 1)] = {0};
    open_given(&x, &(struct shape){"tanh", 2.385, 0.23, 3, 30, C, T, {0}}, "exact", true);
    x.a.targets = x.a.test_targets = NULL;
    x.training.loss = "cross_entropy";
    x.training.steps = STEPS;
    write_operator(&x, U, q);
    root(N, q, R);
    for (size_t d = 0; d < NETWORKS; d++) {
        double z[2 * C * N], f[2 * C * N] = {0}, by[C * T];
        size_t y[N];
        random_normals(11, d, 0, 2 * C * N, z);
        for (size_t k = 0; k < 2 * C; k++)
            for (size_t i = 0; i < N; i++)
                for (size_t c = 0; c <= i; c++)
                    f[k * N + i] += R[i * N + c] * z[k * N + c];
        for (size_t i = 0; i < N; i++) {
            y[i] = 0;
            for (size_t k = 1; k < C; k++)
                y[i] = f[(C + k) * N + i] > f[(C + y[i]) * N + i] ? k : y[i];
        }
        for (size_t s = 0; s <= STEPS; s++) {
            double loss[2] = {0, 0};
            for (size_t i = 0; i < N; i++) {
                double sum = 0;
                for (size_t k = 0; k < C; k++)
                    sum += exp(f[k * N + i] - f[y[i] * N + i]);
                loss[i >= T] += log(sum) / (i < T ? T : T_TEST);
                for (size_t k = 0; k < C && i < T; k++)
                    by[k * T + i] = ((k == y[i]) - 1.0 / C) * sum;
            }
            for (size_t j = 0; j < 2; j++) {
                sums[4 * s + 2 * j] += loss[j] / NETWORKS;
                sums[4 * s + 2 * j + 1] += loss[j] * loss[j] / NETWORKS;
            }
            for (size_t i = 0; i < C * N; i++)
                for (size_t t = 0; t < T; t++)
                    f[i] += 0.4 * U[(i % N) * T + t] * by[i / N * T + t];
        }
    }
    predict(&x, 0.4, train_loss, test_loss, &theory);
    for (size_t s = 0; s <= STEPS; s++)
        for (size_t j = 0; j < 2; j++) {
            const double mean = sums[4 * s + 2 * j], sd = sqrt(sums[4 * s + 2 * j + 1] - mean * mean);
            assert_within((j == 0 ? train_loss : test_loss)[s], mean,
                          5 * sd * sqrt(1.0 / 256 + 1.0 / NETWORKS));
        }
    close_setup(&x);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(losses_are_those_of_steps_in_function_space),
    cmocka_unit_test(ratios_are_means_over_networks),
    cmocka_unit_test(constants_are_traces),
    cmocka_unit_test(shares_of_units_are_those_of_their_thresholds),
    cmocka_unit_test(constants_count_the_batch),
    cmocka_unit_test(damping_lessens_constants),
    cmocka_unit_test(damped_units_know_their_rank),
    cmocka_unit_test(what_has_no_constant_is_told),
    cmocka_unit_test(what_is_not_predicted_is_told),
    cmocka_unit_test(critical_rates_are_those_of_fisher_matrices),
    cmocka_unit_test(normalized_outputs_are_means_over_networks),
    cmocka_unit_test(normalized_outputs_have_a_limit),
    cmocka_unit_test(critical_rates_are_where_steps_grow),
    cmocka_unit_test(critical_rates_without_an_outlier_are_of_kernels),
    cmocka_unit_test(what_is_kept_changes_no_number),
    cmocka_unit_test(what_is_kept_knows_the_decay),
    cmocka_unit_test(what_is_kept_is_not_computed_again),
    cmocka_unit_test(gaussian_inputs_have_two_modes),
    cmocka_unit_test(isotropic_losses_shrink_by_one_factor),
    cmocka_unit_test(units_need_damping),
    cmocka_unit_test(logits_grow_by_their_rarity),
    cmocka_unit_test(logit_losses_are_means_over_networks),
};
const struct test_group tests_theory_learning = TEST_GROUP(tests);
