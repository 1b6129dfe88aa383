/* The boundary of linear stability against 2/λ_max of the same network's explicit Fisher matrix, and the
 * boundary of recovery against trainings on either side of it. */
#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 7, TRIAL = 3, STEPS = 100 };

/* What the boundaries are asked of. */
struct setting {
    struct shape shape;
    bool ntk;
    const char *normalization; /* NULL: none */
    double momentum;
    bool nesterov;
};

struct network {
    struct net_architecture a;
    struct net_activation activation;
    struct experiment_training training;
};

static void open_network(struct network *n, const struct setting *s)
{
    shape_open(&s->shape, &n->a, &n->activation);
    n->training =
        (struct experiment_training){.parametrization = s->ntk ? "ntk" : "standard",
                                     .loss = "squared",
                                     .optimizer = "gradient",
                                     .learning_rate = 1,
                                     .steps = STEPS,
                                     .momentum = s->momentum,
                                     .nesterov = s->nesterov ? "true" : "false",
                                     .normalization = s->normalization != NULL ? s->normalization : "none",
                                     .every = 1,
                                     .boundary = "true",
                                     .isotropy = "false"};
    n->a.training = &n->training;
}

static struct train_boundaries find(const struct network *n)
{
    struct base_error error = {""};
    struct train_boundary *boundary;
    struct train_boundaries found = {NAN, NAN, NAN};
    if (train_boundary_init(&boundary, &n->a, &error) != BASE_OK ||
        train_boundary_find(boundary, SEED, TRIAL, NULL, &found, &error) != BASE_OK)
        fail_msg("%s", error.text);
    train_boundary_free(boundary);
    return found;
}

/* J of the normalized outputs from that of f (C, T): dμ = (1/T) Σ_t df(t), σ dσ = (1/T) Σ_t (f(t) − μ) df(t),
 * and df̄ = (df − dμ)/σ − (f − μ) dσ/σ². */
static void normalize_rows(size_t C, size_t T, size_t P, const char *normalization, const double *f,
                           double *J)
{
    const bool batch = strcmp(normalization, "batch") == 0;
    for (size_t k = 0; k < C; k++) {
        double mu = 0, variance = 0;
        for (size_t t = 0; t < T; t++)
            mu += f[k * T + t] / (double)T;
        for (size_t t = 0; t < T; t++)
            variance += pow(f[k * T + t] - mu, 2) / (double)T;
        const double sigma = batch ? sqrt(variance) : 1;
        for (size_t p = 0; p < P; p++) {
            double dmu = 0, dsigma = 0;
            for (size_t t = 0; t < T; t++) {
                const double df = J[(k * T + t) * P + p];
                dmu += df / (double)T;
                dsigma += batch ? (f[k * T + t] - mu) * df / (sigma * (double)T) : 0;
            }
            for (size_t t = 0; t < T; t++) {
                double *df = &J[(k * T + t) * P + p];
                *df = (*df - dmu) / sigma - (f[k * T + t] - mu) * dsigma / (sigma * sigma);
            }
        }
    }
}

/* ∂f/∂ω = σ_w/√M_{l-1} ∂f/∂W, ∂f/∂β = σ_b ∂f/∂b. */
static void scale_columns(const struct net_architecture *a, size_t P, double *J)
{
    for (size_t row = 0; row < a->CT; row++)
        for (size_t l = 1; l <= a->L; l++)
            for (size_t i = 0; i < a->widths[l]; i++) {
                for (size_t j = 0; j < a->widths[l - 1]; j++)
                    J[row * P + fisher_parameter_weight(a, l, i, j)] *=
                        sqrt(a->weight_variance / (double)a->widths[l - 1]);
                J[row * P + fisher_parameter_bias(a, l, i)] *= sqrt(a->bias_variance);
            }
}

/* The whole Fisher matrix, P×P, of the same draw: its largest eigenvalue. */
static double largest_eigenvalue(const struct network *n, const struct setting *s)
{
    const size_t P = (size_t)n->a.P;
    struct base_error error = {""};
    struct net_weights network;
    double *J = malloc(n->a.CT * P * sizeof *J), *F = malloc(P * P * sizeof *F),
           *values = malloc(P * sizeof *values);
    assert_true(J != NULL && F != NULL && values != NULL);
    assert_int_equal(net_weights_init(&network, &n->a, &error), BASE_OK);
    net_weights_draw(&network, SEED, TRIAL);
    net_weights_forward(&network, &n->activation);
    net_weights_backward(&network);
    fisher_jacobian_compute(&network, J);
    if (s->ntk)
        scale_columns(&n->a, P, J);
    if (s->normalization != NULL)
        normalize_rows(n->a.C, n->a.T, P, s->normalization, network.h[n->a.L], J);
    fisher_matrix_compute(n->a.CT, n->a.T, P, J, F);
    assert_int_equal(linalg_eigenvalues(P, F, values, &error), BASE_OK);
    const double largest = values[0];
    net_weights_free(&network);
    free(J);
    free(F);
    free(values);
    return largest;
}

static const struct setting settings[] = {
    {.shape = {"tanh", 3, 0.64, 3, 12, 1, 8, {1}}},
    {.shape = {"relu", 2, 0.1, 3, 11, 3, 7, {1.4, 0.6}}},
    {.shape = {"linear", 1, 0.1, 2, 15, 10, 6, {1}}},
    {.shape = {"gelu", 1.7, 0.2, 4, 9, 1, 8, {1}}, .normalization = "mean"},
    {.shape = {"tanh", 3, 0.64, 3, 12, 3, 8, {1}}, .normalization = "mean"},
    {.shape = {"relu", 2, 0.1, 3, 12, 1, 8, {1}}, .ntk = true},
    {.shape = {"tanh", 3, 0.64, 3, 12, 1, 8, {-9}}, .ntk = true, .normalization = "mean"},
    {.shape = {"tanh", 3, 0.64, 3, 12, 1, 8, {1}}, .momentum = 0.5},
    {.shape = {"softplus", 1.5, 0.1, 3, 12, 1, 8, {1}}, .momentum = 0.9, .normalization = "mean"},
    {.shape = {"tanh", 3, 0.64, 3, 12, 1, 8, {1}}, .momentum = 0.9, .nesterov = true},
    {.shape = {"tanh", 3, 0.64, 3, 12, 1, 8, {1}}, .normalization = "batch"},
    {.shape = {"gelu", 1.7, 0.2, 3, 9, 3, 7, {1.4, 0.6}}, .normalization = "batch"},
    {.shape = {"relu", 2, 0.1, 3, 12, 2, 8, {-9}}, .ntk = true, .normalization = "batch"},
    {.shape = {"softplus", 1.5, 0.1, 3, 12, 1, 8, {1}}, .momentum = 0.9, .normalization = "batch"},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings };

/* 2/λ_max, 2(1+μ)/λ_max of heavy balls and 2(1+μ)/((1+2μ)λ_max) of Nesterov's, to twice the tolerance of the
 * search; λ_max of the P×P matrix. */
static void linear_stability_ends_at_the_largest_eigenvalue(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const struct setting *s = &settings[i];
        const double mu = s->momentum;
        struct network n;
        open_network(&n, s);
        const double largest = largest_eigenvalue(&n, s);
        const struct train_boundaries found = find(&n);
        assert_close(found.eig_max, largest, 1e-7);
        assert_close(found.stability, 2 * (1 + mu) / (s->nesterov ? 1 + 2 * mu : 1) / largest, 2e-4);
        assert_close(found.stability, train_boundary_factor(&n.a) / largest, 2e-4);
        net_activation_close(&n.activation);
    }
}

/* Of one network the mean-subtracted outputs are stable up to rates well above: the search has seen both. */
static void mean_subtraction_permits_larger_rates(void **state)
{
    (void)state;
    struct setting s = {.shape = {"relu", 2, 0.1, 3, 40, 1, 20, {1}}};
    struct network n;
    open_network(&n, &s);
    const double with_mean = find(&n).stability;
    n.training.normalization = "mean";
    assert_true(find(&n).stability > 2 * with_mean);
    net_activation_close(&n.activation);
}

/* A whole training, with the targets of its teacher or given ones, whose mean is not 0: it diverges above the
 * boundary of recovery and not below, and that is above the one of linear stability. */
static void trainings_diverge_above_the_boundary_of_recovery(void **state)
{
    (void)state;
    static const struct setting some[] = {
        {.shape = {"tanh", 3, 0.64, 3, 30, 1, 10, {1}}},
        {.shape = {"relu", 2, 0.1, 3, 30, 2, 10, {1}}, .normalization = "mean"},
        {.shape = {"linear", 1, 0.1, 3, 30, 1, 10, {1}}, .momentum = 0.5},
        {.shape = {"relu", 2, 0.1, 3, 30, 1, 10, {-30}}, .normalization = "mean"}};
    static const double targets[10] = {0.7, 0.3, 0.9, 0.4, 0.8, 0.2, 0.6, 0.1, 0.9, 0.5};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct network n;
        struct base_error error = {""};
        struct train_run *run;
        open_network(&n, &some[i]);
        n.a.targets = n.a.inputs != NULL ? targets : NULL;
        const struct train_boundaries found = find(&n);
        assert_true(found.recovery > 1.1 * found.stability);
        assert_int_equal(train_run_init(&run, &n.a, &error), BASE_OK);
        for (int above = 0; above < 2; above++) {
            double diverged = NAN;
            const struct train_record record = {.diverged = &diverged};
            assert_int_equal(
                train_run(run, SEED, TRIAL, found.recovery * (above ? 1.01 : 0.99), NULL, &record, &error),
                BASE_OK);
            assert_true(diverged == above);
        }
        train_run_free(run);
        net_activation_close(&n.activation);
    }
}

/* The normalized outputs stay on a sphere, so no loss is 1e6 times the start's: nothing is searched. */
static void normalized_outputs_have_no_boundary_of_recovery(void **state)
{
    (void)state;
    const struct setting s = {.shape = {"tanh", 3, 0.64, 3, 30, 1, 10, {1}}, .normalization = "batch"};
    struct network n;
    struct base_error error = {""};
    struct train_run *run;
    double diverged = NAN, losses[STEPS + 1];
    const struct train_record record = {.diverged = &diverged, .train_loss = losses};
    open_network(&n, &s);
    const struct train_boundaries found = find(&n);
    assert_true(isnan(found.recovery) && found.stability > 0);
    assert_int_equal(train_run_init(&run, &n.a, &error), BASE_OK);
    assert_int_equal(train_run(run, SEED, TRIAL, 100 * found.stability, NULL, &record, &error), BASE_OK);
    assert_true(diverged == 0);
    for (size_t step = 0; step <= STEPS; step++)
        assert_true(losses[step] <= 2); /* |f̄ − y|²/2T of two vectors of norm √T */
    train_run_free(run);
    net_activation_close(&n.activation);
}

/* Where nothing moves the outputs, mean-subtracted ones of one sample, there is no boundary, and none where
 * they have no deviation to be divided by. */
static void without_an_eigenvalue_there_is_no_boundary(void **state)
{
    (void)state;
    static const struct setting some[] = {
        {.shape = {"tanh", 3, 0.64, 3, 5, 1, 1, {1}}, .normalization = "mean"},
        {.shape = {"x-30+abs(x-30)", 3, 0.64, 3, 5, 1, 9, {1}}, .normalization = "batch"}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct network n;
        struct base_error error = {""};
        struct train_boundary *boundary;
        struct train_boundaries found;
        open_network(&n, &some[i]);
        assert_int_equal(train_boundary_init(&boundary, &n.a, &error), BASE_OK);
        assert_int_equal(train_boundary_find(boundary, SEED, TRIAL, NULL, &found, &error), BASE_UNRESOLVED);
        assert_true(isnan(found.stability) && isnan(found.recovery));
        train_boundary_free(boundary);
        net_activation_close(&n.activation);
    }
}

static bool stop_at_five(void *context, size_t step, double loss)
{
    (void)loss;
    *(size_t *)context = step;
    return step < 5;
}

static void a_search_can_be_stopped(void **state)
{
    (void)state;
    struct network n;
    struct base_error error = {""};
    struct train_boundary *boundary;
    struct train_boundaries found;
    size_t steps = 0;
    const struct train_watch watch = {stop_at_five, &steps};
    open_network(&n, &settings[0]);
    assert_int_equal(train_boundary_init(&boundary, &n.a, &error), BASE_OK);
    assert_int_equal(train_boundary_find(boundary, SEED, TRIAL, &watch, &found, &error), BASE_STOPPED);
    assert_int_equal(steps, 5);
    train_boundary_free(boundary);
    net_activation_close(&n.activation);
}

static bool count_steps(void *context, size_t step, double loss)
{
    (void)loss;
    *(size_t *)context = step;
    return true;
}

/* What a run is told beforehand to take: with the momenta of the settings, from 200 steps to thousands. */
static void a_search_takes_about_as_many_steps_as_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct network n;
        struct base_error error = {""};
        struct train_boundary *boundary;
        struct train_boundaries found;
        size_t steps = 0;
        const struct train_watch watch = {count_steps, &steps};
        open_network(&n, &settings[i]);
        assert_int_equal(train_boundary_init(&boundary, &n.a, &error), BASE_OK);
        assert_int_equal(train_boundary_find(boundary, SEED, TRIAL, &watch, &found, &error), BASE_OK);
        assert_close((double)steps, train_boundary_steps(&n.a), 0.35);
        train_boundary_free(boundary);
        net_activation_close(&n.activation);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_search_takes_about_as_many_steps_as_expected),
    cmocka_unit_test(linear_stability_ends_at_the_largest_eigenvalue),
    cmocka_unit_test(mean_subtraction_permits_larger_rates),
    cmocka_unit_test(trainings_diverge_above_the_boundary_of_recovery),
    cmocka_unit_test(normalized_outputs_have_no_boundary_of_recovery),
    cmocka_unit_test(without_an_eigenvalue_there_is_no_boundary),
    cmocka_unit_test(a_search_can_be_stopped),
};
const struct test_group tests_train_boundary = TEST_GROUP(tests);

/* P F* P of the Gram summary, which shares no code with the network that is trained: blocks of P are (Π −
 * f̄_k f̄_kᵀ/T)/σ_k, or Π, or 1. */
static double largest_of_the_gram_summary(const struct network *n, const char *normalization)
{
    const struct net_architecture *a = &n->a;
    const size_t T = a->T, CT = a->CT;
    const bool batch = strcmp(normalization, "batch") == 0, none = strcmp(normalization, "none") == 0;
    struct base_error error = {""};
    struct net_weights network;
    struct net_gram gram;
    double *dual = malloc(CT * CT * sizeof *dual), *P = calloc(CT * CT, sizeof *P),
           *half = malloc(CT * CT * sizeof *half), *values = malloc(CT * sizeof *values);
    assert_true(dual != NULL && P != NULL && half != NULL && values != NULL);
    assert_int_equal(net_weights_init(&network, a, &error), BASE_OK);
    assert_int_equal(net_gram_init(&gram, a, &error), BASE_OK);
    net_weights_draw(&network, SEED, TRIAL);
    net_weights_forward(&network, &n->activation);
    net_weights_backward(&network);
    net_weights_gram(&network, &gram);
    assert_int_equal(fisher_dual_compute(&gram, dual, &error), BASE_OK);
    linalg_mirror(CT, dual);
    for (size_t k = 0; k < a->C; k++) {
        const double *f = network.h[a->L] + k * T;
        double mu = 0, variance = 0;
        for (size_t t = 0; t < T; t++)
            mu += f[t] / (double)T;
        for (size_t t = 0; t < T; t++)
            variance += (f[t] - mu) * (f[t] - mu) / (double)T;
        for (size_t s = 0; s < T; s++)
            for (size_t t = 0; t < T; t++) {
                const double along = (1 + (f[s] - mu) * (f[t] - mu) / variance) / (double)T;
                P[(k * T + s) * CT + k * T + t] = none    ? s == t
                                                  : batch ? ((s == t) - along) / sqrt(variance)
                                                          : (s == t) - 1 / (double)T;
            }
    }
    linalg_multiply(false, false, CT, CT, CT, 1, P, dual, 0, half);
    linalg_multiply(false, false, CT, CT, CT, 1, half, P, 0, dual);
    assert_int_equal(linalg_eigenvalues(CT, dual, values, &error), BASE_OK);
    const double largest = values[0];
    net_weights_free(&network);
    net_gram_free(&gram);
    free(dual);
    free(P);
    free(half);
    free(values);
    return largest;
}

/* Every named activation, one output and ten, as they are, mean-subtracted and normalized: within 0.5 %. */
static void every_activation_is_stable_up_to_its_largest_eigenvalue(void **state)
{
    (void)state;
    static const char *const names[] = {"linear",  "relu",     "leaky_relu", "tanh", "erf",
                                        "sigmoid", "softplus", "gelu",       "silu", "sin"},
                             *const normalizations[] = {"none", "mean", "batch"};
    double worst = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int64_t C = 1; C <= 10; C += 9)
            for (size_t j = 0; j < 3; j++) {
                const struct setting s = {.shape = {names[i], 2, 0.3, 3, 150, C, 30, {1}},
                                          .normalization = normalizations[j]};
                struct network n;
                open_network(&n, &s);
                const double largest = largest_of_the_gram_summary(&n, s.normalization);
                const struct train_boundaries found = find(&n);
                const double ratio = found.stability * largest / 2;
                print_message("%-10s C = %2d %-5s: boundary * lambda_max / 2 = %.5f, recovery %.2f\n",
                              names[i], (int)C, s.normalization, ratio, found.recovery * largest / 2);
                assert_within(ratio, 1, 0.005);
                worst = fmax(worst, fabs(ratio - 1));
                net_activation_close(&n.activation);
            }
    print_message("worst: %.1e\n", worst);
    assert_true(worst < 2e-4); /* the tolerance of the search is 1e-4 */
}

static const struct CMUnitTest slow[] = {
    cmocka_unit_test(every_activation_is_stable_up_to_its_largest_eigenvalue),
};
const struct test_group slow_train_boundary = TEST_GROUP(slow);
