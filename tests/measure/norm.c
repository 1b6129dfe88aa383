/* The Fisher–Rao norms of small networks against their Fisher matrix. */
#include "measure/measure.h"

#include "fisher/fisher.h"
#include "net/shape.h"
#include "report/report.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

static const struct shape shapes[] = {{"tanh", 2.385, 0.31, 3, 6, 1, 5, {1}},
                                      {"relu", 2, 0.1, 4, 5, 3, 4, {1.4, 0.6, 1.2, 1}},
                                      {"sin", 2, 0.2, 2, 4, 2, 7, {2}},
                                      {"gelu", 1.7, 0.4, 1, 5, 2, 3, {1}}};

static void poison(size_t n, double *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            A[i * n + j] = NAN;
}

/* θ itself, and the variances of θ, in the order of F's rows. */
static void parameters(const struct net_weights *network, double *theta, double *variances, bool *is_weight)
{
    const struct net_architecture *a = network->architecture;
    for (size_t l = 1; l <= a->L; l++)
        for (size_t i = 0; i < a->widths[l]; i++) {
            const size_t bias = fisher_parameter_bias(a, l, i), below = a->widths[l - 1];
            theta[bias] = network->b[l][i];
            variances[bias] = a->bias_variance;
            is_weight[bias] = false;
            for (size_t j = 0; j < below; j++) {
                const size_t p = fisher_parameter_weight(a, l, i, j);
                theta[p] = network->W[l][i * below + j];
                variances[p] = a->weight_variance / (double)below;
                is_weight[p] = true;
            }
        }
}

/* θᵀFθ, and Σ_p F_pp Var θ'_p */
static void norms_are_those_of_the_matrix(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct net_architecture a;
        struct net_activation activation = {0};
        struct net_weights network;
        struct net_gram gram;
        struct base_error error;
        void *work;
        shape_open(&shapes[s], &a, &activation);
        a.sums = measure_norm.sums;
        const size_t P = (size_t)a.P;
        double *J = calloc(a.CT * P, sizeof *J), *F = calloc(P * P, sizeof *F),
               *theta = calloc(P, sizeof *theta), *variances = calloc(P, sizeof *variances), numbers[3],
               *values[4], self = 0, all = 0, weights = 0;
        bool *is_weight = calloc(P, sizeof *is_weight);
        assert_true(J != NULL && F != NULL && theta != NULL && variances != NULL && is_weight != NULL);
        assert_int_equal(net_weights_init(&network, &a, &error), BASE_OK);
        assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
        assert_int_equal(measure_norm.init(&work, &a, &error), BASE_OK);
        net_weights_draw(&network, 3, 1);
        net_weights_forward(&network, &activation);
        net_weights_backward(&network);
        net_weights_gram(&network, &gram);
        fisher_jacobian_compute(&network, J);
        fisher_matrix_compute(a.CT, a.T, P, J, F);
        parameters(&network, theta, variances, is_weight);
        for (size_t p = 0; p < P; p++) {
            all += F[p * P + p] * variances[p];
            weights += is_weight[p] ? F[p * P + p] * variances[p] : 0;
            for (size_t r = 0; r < P; r++)
                self += theta[p] * F[p * P + r] * theta[r];
        }
        for (size_t l = 0; l < a.L; l++)
            poison(a.T, gram.H[l]);
        for (size_t l = 1; l < a.L; l++)
            poison(a.CT, gram.D[l]);
        for (size_t v = 0; v < 4; v++)
            values[v] = v < 3 ? &numbers[v] : NULL; /* the bound is a prediction alone */
        assert_int_equal(measure_norm.run(work, &gram, values, &error), BASE_OK);
        assert_close(numbers[0], self, 1e-12);
        assert_close(numbers[1], all, 1e-12);
        assert_close(numbers[2], weights, 1e-12);

        measure_norm.free(work);
        net_gram_free(&gram);
        net_weights_free(&network);
        net_activation_close(&activation);
        for (void **p = (void *[]){J, F, theta, variances, is_weight, NULL}; *p != NULL; p++)
            free(*p);
    }
}

/* The means over networks of a shape, their standard errors, and the predictions. */
static void sample_norms(const struct shape *shape, const struct branch *branch,
                         enum experiment_sampler choice, size_t trials, double mean[3], double se[3],
                         double theory[3])
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_gram gram;
    struct theory_order order;
    struct base_error error;
    void *work;
    double numbers[4], *values[4] = {numbers, numbers + 1, numbers + 2, numbers + 3}, squares[3] = {0};
    if (branch != NULL)
        shape_open_residual(shape, branch, &a, &activation);
    else
        shape_open(shape, &a, &activation);
    a.sums |= measure_norm.sums;
    const struct net_sampler *sampler = net_sampler_choose(choice, &a);
    assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
    assert_int_equal(sampler->init(&work, &a, 1, 1e9, &error), BASE_OK);
    shape_order(&a, &activation, &order);
    assert_int_equal(measure_norm.predict(&order, &a, values, &error), BASE_OK);
    for (size_t v = 0; v < 3; v++) {
        theory[v] = numbers[v];
        mean[v] = 0;
    }
    for (uint64_t trial = 0; trial < trials; trial++) {
        assert_int_equal(sampler->sample(work, &activation, 11, trial, &gram, &error), BASE_OK);
        assert_int_equal(measure_norm.run(NULL, &gram, values, &error), BASE_OK);
        for (size_t v = 0; v < 3; v++) {
            mean[v] += numbers[v] / (double)trials;
            squares[v] += numbers[v] * numbers[v] / (double)trials;
        }
    }
    for (size_t v = 0; v < 3; v++)
        se[v] = sqrt((squares[v] - mean[v] * mean[v]) / (double)trials);
    theory_order_free(&order);
    sampler->free(work);
    net_gram_free(&gram);
    net_activation_close(&activation);
}

/* Of linear networks, and of relu without biases, the means over networks are the predictions at every width.
 * 12 numbers at 4.5 standard errors, each missed by chance 7 times in a million or, with as long a tail as
 * these have, some ten times as often; the seed is fixed. */
static void homogeneous_networks_have_the_predicted_means(void **state)
{
    (void)state;
    static const struct shape exact[] = {{"linear", 1.2, 0.3, 3, 8, 2, 3, {1, 1.5}},
                                         {"relu", 1.9, 0, 3, 10, 2, 3, {0.7, 1}}};
    static const enum experiment_sampler samplers[] = {EXPERIMENT_WEIGHTS, EXPERIMENT_CONDITIONAL};
    for (size_t i = 0; i < 4; i++) {
        double mean[3], se[3], theory[3];
        sample_norms(&exact[i / 2], NULL, samplers[i % 2], 20000, mean, se, theory);
        for (size_t v = 0; v < 3; v++) {
            assert_within(mean[v], theory[v], 4.5 * se[v]);
            assert_true(se[v] < 0.02 * mean[v]);
        }
    }
}

/* Of residual networks the same where φ is linear; of relu the self norm alone, for the signals forward are
 * symmetric under a change of all signs of (W, b) of one unit, those backward are not. 12 numbers as above.
 */
static void residual_networks_have_the_predicted_means(void **state)
{
    (void)state;
    static const struct {
        struct shape shape;
        struct branch branch;
        size_t numbers;
    } exact[] = {{{"linear", 1.2, 0.3, 3, 8, 2, 3, {1}}, {0.7, 1.3, false}, 3},
                 {{"linear", 1.2, 0.3, 3, 8, 2, 3, {1}}, {1, 0.6, true}, 3},
                 {{"relu", 1.9, 0.2, 3, 10, 2, 3, {1}}, {0.8, 1.2, true}, 1},
                 {{"relu", 1.9, 0.2, 3, 10, 2, 3, {1}}, {1, 0.7, false}, 1}};
    for (size_t i = 0; i < 8; i++) {
        double mean[3], se[3], theory[3];
        const size_t c = i / 2;
        sample_norms(&exact[c].shape, &exact[c].branch,
                     i % 2 == 0 ? EXPERIMENT_WEIGHTS : EXPERIMENT_CONDITIONAL, 10000, mean, se, theory);
        for (size_t v = 0; v < exact[c].numbers; v++) {
            assert_within(mean[v], theory[v], 4.5 * se[v]);
            assert_true(se[v] < 0.03 * mean[v]);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(residual_networks_have_the_predicted_means),
    cmocka_unit_test(norms_are_those_of_the_matrix),
    cmocka_unit_test(homogeneous_networks_have_the_predicted_means),
};
const struct test_group tests_measure_norm = TEST_GROUP(tests);

/* Whether measured/predicted approaches 1: 18 limits, each called wrong by chance once in 18000 times, all of
 * them once in 1000; the seed is fixed. */
static void norms_approach_their_predictions(void **state)
{
    (void)state;
    enum { WIDTHS = 4, TRIALS = 2000 };
    static const double widths[WIDTHS] = {50, 100, 200, 400}, level = 1e-3 / 18;
    static const size_t counts[WIDTHS] = {TRIALS, TRIALS, TRIALS, TRIALS};
    static const struct shape networks[] = {
        {"tanh", 3, 0.64, 4, 0, 10, 5, {1, 0.8, 1.3}}, {"relu", 2, 0.1, 3, 0, 10, 5, {1}},
        {"x*exp(-x^2/2)", 2, 0.2, 3, 0, 5, 5, {1}},    {"gelu", 2, 0, 5, 0, 10, 5, {1}},
        {"tanh", 3, 0.64, 4, 0, 10, 6, {-30}}, /* given inputs */
        {"relu", 2, 0.1, 3, 0, 10, 6, {-30}}};
    size_t failures = 0;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        double mean[WIDTHS][3], se[WIDTHS][3], theory[3];
        for (size_t w = 0; w < WIDTHS; w++) {
            struct shape shape = networks[i];
            shape.width = (int64_t)widths[w];
            sample_norms(&shape, NULL, EXPERIMENT_CONDITIONAL, TRIALS, mean[w], se[w], theory);
        }
        for (size_t v = 0; v < 3; v++) {
            double ratios[WIDTHS], errors[WIDTHS], powers[MEASURE_MAX_POWERS];
            struct report_limit limit;
            struct base_error error;
            for (size_t w = 0; w < WIDTHS; w++) {
                ratios[w] = mean[w][v] / theory[v];
                errors[w] = se[w][v] / theory[v];
            }
            const size_t n = measure_powers(&measure_norm.variables[v], true, false, powers);
            assert_int_equal(
                report_limit_fit(WIDTHS, widths, ratios, errors, counts, n, powers, &limit, &error), BASE_OK);
            const double p = report_limit_p_value(&limit), half = report_limit_half_width(&limit, level);
            print_message("%s: %s/theory -> %.4f +- %.4f, p = %.2g\n", networks[i].activation,
                          measure_norm.variables[v].name, limit.limit, half, p);
            failures += p < level || !report_limit_fits(&limit) || half > 0.1;
        }
    }
    assert_int_equal(failures, 0);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(norms_approach_their_predictions)};
const struct test_group slow_measure_norm = TEST_GROUP(slow_tests);
