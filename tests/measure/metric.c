/* The metrics on inputs and features against the matrices themselves, and against theory. */
#include "measure/measure.h"

#include "linalg/linalg.h"
#include "net/shape.h"
#include "net/weights.h"
#include "report/report.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_L = 4, N = 4 }; /* layers, variables */

static const struct shape shapes[] = {{"tanh", 2.385, 0.31, 3, 6, 1, 5, {1}},
                                      {"relu", 2, 0.1, 4, 5, 3, 4, {1.4, 0.6, 1.2, 1}},
                                      {"sin", 2, 0.2, 2, 4, 2, 7, {2}},
                                      {"gelu", 1.7, 0.4, 1, 5, 2, 3, {1}},
                                      {"tanh", 3, 0.64, 2, 30, 1, 130, {1}}}; /* iterative eigensolver */

/* A^l (M_l, M_l) = (1/T) Σ_t Σ_k g gᵀ , g_j = Σ_i W^{l+1}_ij δ^{l+1}_ki(t) */
static void metric_matrix(const struct net_weights *network, size_t l, double *A)
{
    const struct net_architecture *a = network->architecture;
    const size_t M = a->widths[l];
    double *g = calloc(M, sizeof *g);
    assert_non_null(g);
    for (size_t j = 0; j < M * M; j++)
        A[j] = 0;
    for (size_t row = 0; row < a->CT; row++) {
        for (size_t j = 0; j < M; j++) {
            g[j] = 0;
            for (size_t i = 0; i < a->widths[l + 1]; i++)
                g[j] += network->W[l + 1][i * M + j] * network->delta[l + 1][i * a->CT + row];
        }
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < M; j++)
                A[i * M + j] += g[i] * g[j] / (double)a->T;
    }
    free(g);
}

static void metrics_are_those_of_the_matrix(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct net_architecture a;
        struct net_activation activation = {0};
        struct net_weights network;
        struct net_gram gram;
        struct base_error error;
        void *work;
        double numbers[N][MAX_L + 1], *values[N];
        shape_open(&shapes[s], &a, &activation);
        a.sums = measure_metric.sums;
        assert_int_equal(net_weights_init(&network, &a, &error), BASE_OK);
        assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
        assert_int_equal(measure_metric.init(&work, &a, &error), BASE_OK);
        net_weights_draw(&network, 3, 1);
        net_weights_forward(&network, &activation);
        net_weights_backward(&network);
        net_weights_gram(&network, &gram);
        for (size_t l = 0; l < a.L; l++)
            for (size_t i = 0; i < a.CT; i++)
                for (size_t j = 0; j < i; j++)
                    gram.G[l][i * a.CT + j] = NAN;
        for (size_t v = 0; v < N; v++) {
            values[v] = numbers[v];
            numbers[v][a.L] = NAN;
        }
        assert_int_equal(measure_metric.run(work, &gram, values, &error), BASE_OK);
        for (size_t l = 0; l < a.L; l++) {
            const size_t M = a.widths[l];
            double *A = calloc(M * M, sizeof *A), *eigenvalues = calloc(M, sizeof *eigenvalues), sum = 0,
                   squares = 0;
            assert_true(A != NULL && eigenvalues != NULL);
            metric_matrix(&network, l, A);
            assert_int_equal(linalg_eigenvalues(M, A, eigenvalues, &error), BASE_OK);
            for (size_t j = 0; j < M; j++) {
                sum += eigenvalues[j];
                squares += eigenvalues[j] * eigenvalues[j];
            }
            assert_close(numbers[0][l], sum / (double)M, 1e-12);
            assert_close(numbers[1][l], squares / (double)M, 1e-12);
            assert_close(numbers[2][l], eigenvalues[0], 1e-12);
            assert_close(numbers[3][l], (double)a.C * eigenvalues[0] / sum, 1e-12);
            free(A);
            free(eigenvalues);
        }
        for (size_t v = 0; v < N; v++)
            assert_true(isnan(numbers[v][a.L])); /* no metric on the outputs */
        measure_metric.free(work);
        net_gram_free(&gram);
        net_weights_free(&network);
        net_activation_close(&activation);
    }
}

/* Means over networks divided by the predictions, and their standard errors: (N, MAX_L). */
static void sample_ratios(const struct shape *shape, const struct net_sampler *sampler, size_t trials,
                          double ratio[N][MAX_L], double se[N][MAX_L])
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_gram gram;
    struct theory_order order;
    struct base_error error;
    void *work, *measure;
    double theory[N][MAX_L + 1], numbers[N][MAX_L + 1], *values[N], *predictions[N];
    double sum[N][MAX_L] = {{0}}, squares[N][MAX_L] = {{0}};
    for (size_t v = 0; v < N; v++) {
        values[v] = numbers[v];
        predictions[v] = theory[v];
    }
    shape_open(shape, &a, &activation);
    a.sums = measure_metric.sums;
    assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
    assert_int_equal(sampler->init(&work, &a, 1, 1e9, &error), BASE_OK);
    assert_int_equal(measure_metric.init(&measure, &a, &error), BASE_OK);
    shape_order(&a, &activation, &order);
    assert_int_equal(measure_metric.predict(&order, &a, predictions, &error), BASE_OK);
    for (uint64_t trial = 0; trial < trials; trial++) {
        assert_int_equal(sampler->sample(work, &activation, 11, trial, &gram, &error), BASE_OK);
        assert_int_equal(measure_metric.run(measure, &gram, values, &error), BASE_OK);
        for (size_t v = 0; v < N; v++)
            for (size_t l = 0; l < a.L && l < MAX_L; l++) {
                const double r = numbers[v][l] / theory[v][l];
                sum[v][l] += r / (double)trials;
                squares[v][l] += r * r / (double)trials;
            }
    }
    for (size_t v = 0; v < N; v++)
        for (size_t l = 0; l < MAX_L; l++) {
            ratio[v][l] = sum[v][l];
            se[v][l] = sqrt((squares[v][l] - sum[v][l] * sum[v][l]) / (double)trials);
        }
    theory_order_free(&order);
    measure_metric.free(measure);
    sampler->free(work);
    net_gram_free(&gram);
    net_activation_close(&activation);
}

/* What holds in the mean at every width: the mean eigenvalue of linear networks everywhere and of all
 * networks at l = L−1; there, the second moment up to the factor 1 + (C+1)/M of a Wishart matrix; and with C
 * = 1 the largest eigenvalue. 14 numbers at 4.5 standard errors, each missed by chance 7 times in a million;
 * the seed is fixed. */
static void what_is_exact_is_exact(void **state)
{
    (void)state;
    static const struct shape exact[] = {{"linear", 1.2, 0.3, 3, 12, 2, 3, {1, 1.5}},
                                         {"tanh", 3, 0.64, 2, 9, 1, 4, {1}}};
    static const struct net_sampler *const samplers[] = {&net_sampler_weights, &net_sampler_conditional};
    for (size_t i = 0; i < 4; i++) {
        double ratio[N][MAX_L], se[N][MAX_L];
        const bool linear = i < 2;
        sample_ratios(&exact[i / 2], samplers[i % 2], 4000, ratio, se);
        const size_t top = linear ? 2 : 1;
        for (size_t l = linear ? 0 : 1; l <= top; l++)
            assert_within(ratio[0][l], 1, 4.5 * se[0][l]);
        assert_within(ratio[1][top], linear ? 1 + 3. / 12 : 1 + 2. / 9, 4.5 * se[1][top]);
        if (!linear)
            assert_within(ratio[2][top], 1, 4.5 * se[2][top]);
        if (!linear)
            assert_close(ratio[3][top], 1, 1e-12); /* one eigenvalue */
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(metrics_are_those_of_the_matrix),
    cmocka_unit_test(what_is_exact_is_exact),
};
const struct test_group tests_measure_metric = TEST_GROUP(tests);

/* Whether measured/predicted approaches 1 as the variable's powers have it: 57 limits, each called wrong by
 * chance once in 57000 times, all of them once in 1000; the seed is fixed. An interval wider than what verify
 * takes for a judgement is a failure too. */
static void metrics_approach_their_predictions(void **state)
{
    (void)state;
    enum { WIDTHS = 4, TRIALS = 400 };
    static const double widths[WIDTHS] = {100, 200, 400, 800}, level = 1e-3 / 57;
    static const size_t counts[WIDTHS] = {TRIALS, TRIALS, TRIALS, TRIALS};
    static const struct shape networks[] = {{"tanh", 3, 0.64, 3, 0, 1, 30, {1, 0.8, 1.3}},
                                            {"relu", 2, 0.1, 3, 0, 1, 30, {1}},
                                            {"tanh", 3, 0.64, 3, 0, 3, 30, {1}},
                                            {"relu", 2, 0.1, 3, 0, 3, 30, {1.4, 1, 0.7}},
                                            {"tanh", 3, 0.64, 3, 0, 1, 12, {-300}}}; /* given inputs */
    size_t failures = 0;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        double ratio[WIDTHS][N][MAX_L], se[WIDTHS][N][MAX_L];
        for (size_t w = 0; w < WIDTHS; w++) {
            struct shape shape = networks[i];
            shape.width = (int64_t)widths[w];
            sample_ratios(&shape, &net_sampler_conditional, TRIALS, ratio[w], se[w]);
        }
        for (size_t v = 0; v < N; v++)
            for (size_t l = shape_features(&networks[i]) > 0 && v > 0 ? 1 : 0; l < 3; l++) { /* theory.h */
                double ratios[WIDTHS], errors[WIDTHS], powers[MEASURE_MAX_POWERS];
                struct report_limit limit;
                struct base_error error;
                for (size_t w = 0; w < WIDTHS; w++) {
                    ratios[w] = ratio[w][v][l];
                    errors[w] = se[w][v][l];
                }
                const size_t n =
                    measure_powers(&measure_metric.variables[v], networks[i].outputs > 1, l == 1, powers);
                assert_int_equal(
                    report_limit_fit(WIDTHS, widths, ratios, errors, counts, n, powers, &limit, &error),
                    BASE_OK);
                const double p = report_limit_p_value(&limit), half = report_limit_half_width(&limit, level);
                print_message("%s, C = %d, layer %zu: %s/theory -> %.4f +- %.4f, p = %.2g\n",
                              networks[i].activation, (int)networks[i].outputs, l,
                              measure_metric.variables[v].name, limit.limit, half, p);
                failures += p < level || !report_limit_fits(&limit) || half > REPORT_WIDEST;
            }
    }
    assert_int_equal(failures, 0);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(metrics_approach_their_predictions)};
const struct test_group slow_measure_metric = TEST_GROUP(slow_tests);
