/* What the measures predict of residual networks: that of plain ones where they are the same, and what
 * networks of trained branches approach. */
#include "measure/measure.h"

#include "measure/orders.h"
#include "net/shape.h"
#include "report/report.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every number of a measure, variable after variable; first[v]: where those of v begin. NULL orders: none are
 * predicted. */
struct numbers {
    const struct measure *measure;
    size_t first[MEASURE_MAX_VARIABLES + 1], sizes[MEASURE_N_DIMENSIONS];
    double *all, *values[MEASURE_MAX_VARIABLES];
};

static void numbers_open(struct numbers *n, const struct measure *measure, const struct net_architecture *a)
{
    memset(n, 0, sizeof *n);
    n->measure = measure;
    measure_sizes_include(n->sizes, a);
    for (size_t v = 0; v < measure->n_variables; v++)
        n->first[v + 1] = n->first[v] + measure_axis_length(measure->variables[v].axis, n->sizes);
    n->all = malloc(n->first[measure->n_variables] * sizeof *n->all);
    assert_non_null(n->all);
    for (size_t v = 0; v < measure->n_variables; v++)
        n->values[v] = n->all + n->first[v];
}

static void numbers_clear(struct numbers *n)
{
    for (size_t i = 0; i < n->first[n->measure->n_variables]; i++)
        n->all[i] = NAN;
}

static void predict(struct numbers *n, const struct net_architecture *a)
{
    struct measure_orders orders = {0};
    const struct theory_order *order;
    struct base_error error = {""};
    numbers_open(n, n->measure, a);
    numbers_clear(n);
    if (measure_orders_get(&orders, a, &order, &error) != BASE_OK ||
        n->measure->predict(order, a, n->values, &error) != BASE_OK)
        fail_msg("%s: %s", n->measure->name, error.text);
    measure_orders_free(&orders);
}

/* γ = 0 and σ_v² = 1 make a linear layer of each V: W^{l+1} V^l does what W^{l+1} does in the plain network,
 * whatever is asked, but for blocks between outputs (C = 3 here), that of a V and cross blocks. Gaussian and
 * given inputs. */
static void residual_measures_without_skip_are_plain(void **state)
{
    (void)state;
    static const struct measure *const measures[] = {&measure_fisher,     &measure_layers, &measure_metric,
                                                     &measure_estimators, &measure_norm,   &measure_ntk,
                                                     &measure_softmax};
    static const struct branch branch = {0, 1, false};
    for (int given = 0; given < 2; given++)
        for (size_t m = 0; m < sizeof measures / sizeof *measures; m++) {
            const struct shape shape = {"tanh", 1.9, 0.3, 4, 40, 3, 12, {given ? -40 : 1}};
            struct net_architecture a, b;
            struct net_activation activation;
            struct numbers residual = {.measure = measures[m]}, plain = {.measure = measures[m]};
            size_t predicted = 0;
            assert_true(measures[m]->predicts_residual);
            shape_open_residual(&shape, &branch, &a, &activation);
            net_activation_close(&activation);
            shape_open(&shape, &b, &activation);
            net_activation_close(&activation);
            assert_true(a.P == b.P && a.residual && !b.residual);
            predict(&residual, &a);
            predict(&plain, &b);
            for (size_t i = 0; i < plain.first[measures[m]->n_variables]; i++) {
                predicted += isnan(plain.all[i]) ? 0 : 1;
                assert_int_equal(isnan(plain.all[i]), isnan(residual.all[i]));
                if (!isnan(plain.all[i]))
                    assert_close(residual.all[i], plain.all[i], 1e-7);
            }
            assert_true(predicted > 2);
            free(residual.all);
            free(plain.all);
        }
}

/* Those that measures get are those of the network's skip and branch. */
static void residual_orders_of_given_inputs(void **state)
{
    (void)state;
    const struct shape shape = {"tanh", 1.9, 0.3, 4, 40, 3, 12, {-40}};
    static const struct branch branch = {0.7, 1.4, true};
    struct measure_orders orders = {0};
    const struct theory_order *got;
    struct theory_order want;
    struct net_architecture a;
    struct net_activation activation;
    struct base_error error;
    shape_open_residual(&shape, &branch, &a, &activation);
    shape_order(&a, &activation, &want);
    assert_int_equal(measure_orders_get(&orders, &a, &got, &error), BASE_OK);
    assert_true(got->pairs == 78 && got->pairs == want.pairs && want.Q[0] > 0);
    for (size_t i = 0; i < a.L * want.pairs; i++) {
        assert_true(got->qhat[i] == want.qhat[i] && got->Q[i] == want.Q[i]);
        assert_true(got->qtilde[i + want.pairs] == want.qtilde[i + want.pairs]);
    }
    theory_order_free(&want);
    measure_orders_free(&orders);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(residual_measures_without_skip_are_plain),
    cmocka_unit_test(residual_orders_of_given_inputs),
};
const struct test_group tests_measure_residual = TEST_GROUP(tests);

/* ---- simulation against theory */

enum { WIDTHS = 4, TRIALS = 150 };
static const double widths[WIDTHS] = {100, 200, 400, 800};
static const size_t counts[WIDTHS] = {TRIALS, TRIALS, TRIALS, TRIALS};

/* Means and standard errors of measured/predicted at one width. */
static void ratios_of(const struct net_architecture *a, const struct net_activation *activation,
                      const struct measure *measure, double *mean, double *se)
{
    struct numbers theory = {.measure = measure}, one;
    struct net_gram gram;
    struct base_error error = {""};
    void *work = NULL, *sampling = NULL;
    const struct net_sampler *sampler = net_sampler_choose(EXPERIMENT_CONDITIONAL, a);
    predict(&theory, a);
    numbers_open(&one, measure, a);
    const size_t n = one.first[measure->n_variables];
    memset(mean, 0, n * sizeof *mean);
    memset(se, 0, n * sizeof *se);
    assert_int_equal(net_gram_init(&gram, a, &error), BASE_OK);
    assert_int_equal(sampler->init(&sampling, a, 1, 1e9, &error), BASE_OK);
    assert_int_equal(measure->init(&work, a, &error), BASE_OK);
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        numbers_clear(&one);
        assert_int_equal(sampler->sample(sampling, activation, 3, trial, &gram, &error), BASE_OK);
        assert_int_equal(measure->run(work, &gram, one.values, &error), BASE_OK);
        for (size_t i = 0; i < n; i++) {
            const double x = one.all[i] / theory.all[i];
            mean[i] += x / TRIALS;
            se[i] += x * x / TRIALS;
        }
    }
    for (size_t i = 0; i < n; i++)
        se[i] = sqrt((se[i] - mean[i] * mean[i]) / (TRIALS - 1));
    measure->free(work);
    sampler->free(sampling);
    net_gram_free(&gram);
    free(theory.all);
    free(one.all);
}

/* Limits of the numbers that `verify` judges; returns how many are not 1. */
static size_t judge(const struct numbers *n, bool several, double (*mean)[WIDTHS], double (*se)[WIDTHS],
                    double level, size_t *judged)
{
    size_t failures = 0;
    for (size_t v = 0; v < n->measure->n_variables; v++) {
        const struct measure_variable *variable = &n->measure->variables[v];
        for (size_t i = n->first[v]; i < n->first[v + 1]; i++) {
            double powers[MEASURE_MAX_POWERS];
            char name[MEASURE_COLUMN];
            struct report_limit limit;
            struct base_error error;
            const bool first = measure_is_first(variable->axis, n->sizes, i - n->first[v]);
            const size_t n_powers = measure_powers(variable, several, first, powers);
            if (n_powers == 0 || isnan(mean[i][0]))
                continue;
            assert_int_equal(
                report_limit_fit(WIDTHS, widths, mean[i], se[i], counts, n_powers, powers, &limit, &error),
                BASE_OK);
            const double p = report_limit_p_value(&limit);
            (*judged)++;
            print_message("%s: %.3f .. %.3f -> %.4f +- %.4f, p = %.2g\n",
                          measure_column(variable, n->sizes, i - n->first[v], name), mean[i][0],
                          mean[i][WIDTHS - 1], limit.limit, report_limit_half_width(&limit, level), p);
            failures += p < level;
        }
    }
    return failures;
}

/* 80 limits, each called wrong by chance once in 1e5 times, one of them once in 1250; the seed is
 * fixed. */
static void residual_measures_are_as_predicted(void **state)
{
    (void)state;
    static const struct measure *const measures[] = {&measure_layers, &measure_estimators, &measure_norm,
                                                     &measure_ntk,    &measure_softmax,    &measure_blocks};
    static const struct {
        struct shape shape;
        struct branch branch;
    } cases[] = {{{"tanh", 3, 0.64, 3, 0, 3, 10, {1}}, {0.7, 1.3, true}},
                 {{"relu", 2, 0.3, 3, 0, 3, 10, {1}}, {1, 0.8, true}}};
    enum { MOST = 64 };
    size_t failures = 0, judged = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t m = 0; m < sizeof measures / sizeof *measures; m++) {
            double mean[MOST][WIDTHS], se[MOST][WIDTHS];
            struct numbers n;
            for (size_t w = 0; w < WIDTHS; w++) {
                struct shape shape = cases[c].shape;
                struct net_architecture a;
                struct net_activation activation;
                double means[MOST], errors[MOST];
                shape.width = (int64_t)widths[w];
                shape_open_residual(&shape, &cases[c].branch, &a, &activation);
                a.sums |= measures[m]->sums;
                if (w == 0)
                    numbers_open(&n, measures[m], &a);
                assert_true(n.first[measures[m]->n_variables] <= MOST);
                ratios_of(&a, &activation, measures[m], means, errors);
                for (size_t i = 0; i < n.first[measures[m]->n_variables]; i++) {
                    mean[i][w] = means[i];
                    se[i][w] = errors[i];
                }
                net_activation_close(&activation);
            }
            failures += judge(&n, true, mean, se, 1e-5, &judged);
            free(n.all);
        }
    assert_int_equal(judged, 80);
    assert_int_equal(failures, 0);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(residual_measures_are_as_predicted)};
const struct test_group slow_measure_residual = TEST_GROUP(slow_tests);
