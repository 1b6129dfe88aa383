/* Order parameters and predictions of residual networks: by hand, against plain networks, against sampled
 * ones. */
#include "theory/theory.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "measure/measure.h"
#include "measure/orders.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_order(struct theory_order *order, const char *text, double weight_variance,
                       double bias_variance, const struct branch *branch, size_t L)
{
    struct net_activation activation;
    struct base_error error = {""};
    assert_int_equal(net_activation_open(&activation, text, &error), BASE_OK);
    const int status =
        branch != NULL
            ? theory_order_solve_residual(order, &activation, weight_variance, bias_variance, branch->skip,
                                          branch->variance, L, 1e-12, &error)
            : theory_order_solve(order, &activation, weight_variance, bias_variance, L, 1e-12, &error);
    if (status != BASE_OK)
        fail_msg("%s", error.text);
    net_activation_close(&activation);
}

/* Linear φ: p̂ = q, and a layer is multiplied by γ² + σ_v² σ_w² in both directions. */
static void residual_linear_recursion_is_geometric(void **state)
{
    (void)state;
    enum { L = 6 };
    const double w = 1.37, b = 0.218, skip = 0.83, v = 0.61, growth = skip * skip + v * w;
    struct theory_order order;
    open_order(&order, "linear", w, b, &(struct branch){skip, v, false}, L);
    double qhat[2] = {1, 0};
    for (size_t l = 1; l <= L; l++)
        for (size_t e = 0; e < 2; e++) {
            const double q = w * qhat[e] + b, Q = w * pow(growth, (double)(L - l));
            assert_close(order.qhat[2 * (l - 1) + e], qhat[e], 1e-12);
            assert_close(order.q[2 * l + e], q, 1e-12);
            assert_close(order.Q[2 * (l - 1) + e], Q, 1e-12);
            assert_close(order.qtilde[2 * l + e], l == L ? 1 : v * Q / growth, 1e-12);
            if (l < L)
                assert_close(order.phat[2 * l + e], q, 1e-12);
            qhat[e] = skip * skip * qhat[e] + v * q;
        }
    theory_order_free(&order);
}

/* Without a skip and with σ_v² = 1 the variances are those of a plain network, and Q^l is σ_w² q̃^{l+1}. */
static void residual_without_skip_is_plain(void **state)
{
    (void)state;
    enum { L = 5 };
    static const char *const names[] = {"tanh", "relu", "gelu"};
    for (size_t n = 0; n < 3; n++) {
        struct theory_order residual, plain;
        open_order(&residual, names[n], 1.9, 0.3, &(struct branch){0, 1, true}, L);
        open_order(&plain, names[n], 1.9, 0.3, NULL, L);
        assert_null(plain.Q);
        for (size_t i = 2; i < 2 * L; i++) {
            assert_close(residual.q[i], plain.q[i], 1e-11);
            assert_close(residual.qhat[i], plain.qhat[i], 1e-11);
            assert_close(residual.phat[i], plain.qhat[i], 1e-11);
            assert_close(residual.qtilde[i], plain.qtilde[i], 1e-11);
            assert_close(residual.slope2[i], plain.slope2[i], 1e-11);
            if (i % 2 == 1)
                assert_close(residual.slope_rate[i], plain.slope_rate[i], 1e-7);
            assert_close(residual.Q[i], 1.9 * plain.qtilde[i + 2], 1e-11);
        }
        theory_order_free(&residual);
        theory_order_free(&plain);
    }
}

/* And where C = 1, its unit blocks and metrics: W^{l+1} V^l does what W^{l+1} does in the plain network. */
static void residual_without_skip_has_plain_blocks_and_metrics(void **state)
{
    (void)state;
    enum { L = 4 };
    const struct shape shape = {"tanh", 1.9, 0.3, L, 60, 1, 12, {1}};
    const struct branch branch = {0, 1, true};
    struct theory_order residual, plain;
    struct net_architecture a, b;
    struct net_activation activation;
    struct base_error error;
    double on[2][L + 1], off[2][L + 1], cross[(L + 1) * (L + 1)];
    open_order(&residual, "tanh", 1.9, 0.3, &branch, L);
    open_order(&plain, "tanh", 1.9, 0.3, NULL, L);
    shape_open_residual(&shape, &branch, &a, &activation);
    net_activation_close(&activation);
    shape_open(&shape, &b, &activation);
    net_activation_close(&activation);
    assert_int_equal(theory_blocks_predict(&residual, &a, on[0], off[0], cross, &error), BASE_OK);
    assert_true(isnan(cross[1 * (L + 1) + 2]));
    assert_int_equal(theory_blocks_predict(&plain, &b, on[1], off[1], cross, &error), BASE_OK);
    for (size_t l = 0; l < L; l++) {
        struct theory_metric one, other;
        assert_int_equal(theory_metric_predict(&residual, &a, l, &one, &error), BASE_OK);
        assert_int_equal(theory_metric_predict(&plain, &b, l, &other, &error), BASE_OK);
        assert_close(one.eig_mean, other.eig_mean, 1e-11);
        assert_close(one.eig_second_moment, other.eig_second_moment, 1e-11);
        assert_close(one.eig_max, other.eig_max, 1e-11);
        if (l > 0) {
            assert_close(on[0][l], on[1][l], 1e-11);
            assert_close(off[0][l], off[1][l], 1e-11);
        }
    }
    theory_order_free(&residual);
    theory_order_free(&plain);
}

/* ReLU in two layers: q_1 = w + b, q_2 = b, cos θ = b/(w + b), by arc cosine formulas. */
static void residual_relu_by_hand(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846, w = 2.1, b = 0.3, skip = 0.7, v = 1.3;
    const double q[2] = {w + b, b}, angle = acos(q[1] / q[0]);
    const double p[2] = {q[0] / 2, (q[0] * sin(angle) + q[1] * (pi - angle)) / (2 * pi)},
                 slope[2] = {0.5, (pi - angle) / (2 * pi)};
    struct theory_order order;
    open_order(&order, "relu", w, b, &(struct branch){skip, v, true}, 2);
    double expected[2], trained[2];
    for (size_t e = 0; e < 2; e++) {
        const double qhat = skip * skip * (e == 0) + v * p[e], qtilde = v * w * slope[e];
        assert_close(order.qhat[2 + e], qhat, 1e-11);
        assert_close(order.qtilde[2 + e], qtilde, 1e-11);
        assert_close(order.Q[e], skip * skip * w + w * qtilde, 1e-11);
        expected[e] = qtilde * (e == 0) + qhat;
        trained[e] = expected[e] + w * p[e];
    }
    for (int train = 0; train < 2; train++) {
        struct net_architecture a;
        struct net_activation activation;
        struct theory_fisher got;
        shape_open_residual(&(struct shape){"relu", w, b, 2, 300, 3, 40, {1}},
                            &(struct branch){skip, v, train == 1}, &a, &activation);
        theory_fisher_predict(&order, &a, &got);
        const double *ak = train ? trained : expected;
        assert_close(got.alpha, train ? 2 : 1, 1e-15);
        assert_close(a.P, 300 * 301 + 3 * 301 + (train ? 300 * 300 : 0), 1e-15);
        assert_close(got.alpha_kappa[0], ak[0], 1e-11);
        assert_close(got.alpha_kappa[1], ak[1], 1e-11);
        assert_close(got.kappa[0], ak[0] / got.alpha, 1e-11);
        assert_close(got.eig_mean, 3 * 300 * ak[0] / a.P, 1e-11);
        assert_close(got.eig_max, 300 * (ak[1] * 39 + ak[0]) / 40, 1e-11);
        net_activation_close(&activation);
    }
    theory_order_free(&order);
}

/* Order parameters are found again for the same network alone. */
static void residual_orders_are_kept_apart(void **state)
{
    (void)state;
    static const struct branch branches[] = {{1, 1, false}, {0.7, 1, false}, {1, 2, false}, {0, 0.5, false}};
    const struct shape shape = {"tanh", 3, 0.64, 3, 50, 1, 10, {1}};
    struct measure_orders orders = {0};
    const struct theory_order *got[6], *again;
    struct net_architecture a;
    struct net_activation activation;
    struct base_error error;
    shape_open(&shape, &a, &activation);
    assert_int_equal(measure_orders_get(&orders, &a, &got[4], &error), BASE_OK);
    net_activation_close(&activation);
    for (size_t i = 0; i < 4; i++) {
        shape_open_residual(&shape, &branches[i], &a, &activation);
        assert_int_equal(measure_orders_get(&orders, &a, &got[i], &error), BASE_OK);
        a.train_branch = true;
        assert_int_equal(measure_orders_get(&orders, &a, &again, &error), BASE_OK);
        assert_ptr_equal(again, got[i]);
        net_activation_close(&activation);
    }
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(got[i]->q[4] != got[j]->q[4]);
    measure_orders_free(&orders);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(residual_linear_recursion_is_geometric),
    cmocka_unit_test(residual_without_skip_is_plain),
    cmocka_unit_test(residual_without_skip_has_plain_blocks_and_metrics),
    cmocka_unit_test(residual_relu_by_hand),
    cmocka_unit_test(residual_orders_are_kept_apart),
};
const struct test_group tests_theory_residual = TEST_GROUP(tests);

/* ---- simulation against theory */

enum { NETWORKS = 400, STATISTICS = 3 };

/* measured/predicted mean, second moment and λ_max at one width, and their standard errors */
static void ratios_of(const struct shape *shape, const struct branch *branch, double mean[STATISTICS],
                      double error_of[STATISTICS])
{
    struct net_architecture a;
    struct net_activation activation;
    struct theory_order order;
    struct theory_fisher theory;
    struct theory_spectrum spectrum;
    struct net_gram gram;
    struct base_error error;
    void *work = NULL;
    shape_open_residual(shape, branch, &a, &activation);
    shape_order(&a, &activation, &order);
    theory_fisher_predict(&order, &a, &theory);
    if (a.inputs != NULL) {
        assert_int_equal(theory_fisher_kernel(&order, &a, &spectrum, NULL, &error), BASE_OK);
        theory.eig_max = spectrum.eig_max;
    }
    const double predicted[STATISTICS] = {theory.eig_mean * a.P, theory.eig_second_moment * a.P,
                                          theory.eig_max};
    const struct net_sampler *sampler = net_sampler_choose(EXPERIMENT_CONDITIONAL, &a);
    double *dual = malloc(a.CT * a.CT * sizeof *dual), *values = malloc(a.CT * sizeof *values);
    double sum[STATISTICS] = {0}, squares[STATISTICS] = {0};
    assert_true(dual != NULL && values != NULL);
    assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
    assert_int_equal(sampler->init(&work, &a, 1, 1e9, &error), BASE_OK);
    for (uint64_t trial = 0; trial < NETWORKS; trial++) {
        assert_int_equal(sampler->sample(work, &activation, 5, trial, &gram, &error), BASE_OK);
        assert_int_equal(fisher_dual_compute(&gram, dual, &error), BASE_OK);
        double x[STATISTICS] = {linalg_trace(a.CT, dual), linalg_frobenius2(a.CT, dual)};
        assert_int_equal(linalg_eigenvalues(a.CT, dual, values, &error), BASE_OK);
        x[2] = values[0];
        for (size_t k = 0; k < STATISTICS; k++) {
            sum[k] += x[k] / predicted[k] / NETWORKS;
            squares[k] += pow(x[k] / predicted[k], 2) / NETWORKS;
        }
    }
    for (size_t k = 0; k < STATISTICS; k++) {
        mean[k] = sum[k];
        error_of[k] = sqrt((squares[k] - sum[k] * sum[k]) / (NETWORKS - 1));
    }
    sampler->free(work);
    net_gram_free(&gram);
    theory_order_free(&order);
    net_activation_close(&activation);
    free(dual);
    free(values);
}

/* With measured/predicted = 1 + c₁/M + c₂/M² + …, (8 r(4M) − 6 r(2M) + r(M))/3 is 1 to the third order in
 * 1/M. Each of the 18 tests misses it by 4.1 standard errors by chance once in 24,000 times, one of them once
 * in 1300; seeds are fixed. Given inputs have as many features as there are units. */
static void residual_networks_are_as_predicted(void **state)
{
    (void)state;
    static const struct {
        struct shape shape;
        struct branch branch;
    } cases[] = {{{"tanh", 3, 0.64, 4, 100, 1, 20, {1}}, {1, 1, false}},
                 {{"tanh", 3, 0.64, 4, 100, 1, 20, {1}}, {0.7, 1.4, true}},
                 {{"relu", 2, 0.1, 3, 100, 1, 20, {1}}, {1, 1, true}},
                 {{"relu", 2, 0.3, 4, 100, 1, 20, {1}}, {0.7, 1, false}},
                 {{"tanh", 3, 0.64, 4, 100, 1, 20, {-1}}, {0.7, 1.4, true}},
                 {{"relu", 2, 0.1, 3, 100, 1, 20, {-1}}, {1, 1, false}}};
    static const char *const names[STATISTICS] = {"mean", "second moment", "largest"};
    size_t failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean[3][STATISTICS], error[3][STATISTICS];
        for (size_t step = 0; step < 3; step++) {
            struct shape shape = cases[i].shape;
            shape.width *= (int64_t)1 << step;
            shape.profile[0] *= shape.profile[0] < 0 ? (double)shape.width : 1;
            ratios_of(&shape, &cases[i].branch, mean[step], error[step]);
        }
        for (size_t k = 0; k < STATISTICS; k++) {
            const double limit = (8 * mean[2][k] - 6 * mean[1][k] + mean[0][k]) / 3,
                         spread =
                             sqrt(pow(8 * error[2][k], 2) + pow(6 * error[1][k], 2) + pow(error[0][k], 2)) /
                             3;
            print_message("%s, case %zu, %s: %.3f %.3f %.3f, limit %.3f ± %.3f\n", cases[i].shape.activation,
                          i, names[k], mean[0][k], mean[1][k], mean[2][k], limit, spread);
            failures += fabs(limit - 1) < 4.1 * spread ? 0 : 1;
        }
    }
    assert_int_equal(failures, 0);
}

enum { DEEP = 4, QUANTITIES = 5 * DEEP - 4, BRANCHES = 3 * DEEP - 2 };

/* Measured/predicted on- and off-blocks of layers 1..L-1, second moments of the metrics 0..L-1, and from
 * BRANCHES on the on- and off-blocks of V. */
static void block_ratios(const struct shape *shape, const struct branch *branch, double mean[QUANTITIES],
                         double error_of[QUANTITIES])
{
    struct net_architecture a;
    struct net_activation activation;
    struct theory_order order;
    struct net_gram gram;
    struct base_error error;
    void *work = NULL;
    double on[2][DEEP + 1], off[2][DEEP + 1], branch_on[2][DEEP + 1], branch_off[2][DEEP + 1],
        cross[(DEEP + 1) * (DEEP + 1)];
    double sum[QUANTITIES] = {0}, squares[QUANTITIES] = {0};
    shape_open_residual(shape, branch, &a, &activation);
    a.sums |= NET_SUM_S | NET_SUM_G;
    open_order(&order, shape->activation, a.weight_variance, a.bias_variance, branch, a.L);
    assert_int_equal(theory_blocks_predict(&order, &a, on[1], off[1], cross, &error), BASE_OK);
    assert_int_equal(theory_branch_blocks_predict(&order, &a, branch_on[1], branch_off[1], &error), BASE_OK);
    const struct net_sampler *sampler = net_sampler_choose(EXPERIMENT_CONDITIONAL, &a);
    assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
    assert_int_equal(sampler->init(&work, &a, 1, 1e9, &error), BASE_OK);
    for (uint64_t trial = 0; trial < NETWORKS; trial++) {
        double x[QUANTITIES];
        assert_int_equal(sampler->sample(work, &activation, 5, trial, &gram, &error), BASE_OK);
        assert_int_equal(fisher_blocks_compute(&gram, on[0], off[0], cross, &error), BASE_OK);
        fisher_branch_blocks_compute(&gram, branch_on[0], branch_off[0]);
        for (size_t l = 0; l < DEEP; l++) {
            struct theory_metric metric;
            assert_int_equal(theory_metric_predict(&order, &a, l, &metric, &error), BASE_OK);
            if (l > 0) {
                x[l - 1] = on[0][l] / on[1][l];
                x[DEEP - 1 + l - 1] = off[0][l] / off[1][l];
                x[BRANCHES + l - 1] = branch_on[0][l] / branch_on[1][l];
                x[BRANCHES + DEEP - 1 + l - 1] = branch_off[0][l] / branch_off[1][l];
            }
            x[2 * DEEP - 2 + l] = linalg_frobenius2(a.CT, gram.G[l]) / (double)(a.T * a.T) / (double)a.M /
                                  metric.eig_second_moment;
        }
        for (size_t k = 0; k < QUANTITIES; k++) {
            sum[k] += x[k] / NETWORKS;
            squares[k] += x[k] * x[k] / NETWORKS;
        }
    }
    for (size_t k = 0; k < QUANTITIES; k++) {
        mean[k] = sum[k];
        error_of[k] = sqrt((squares[k] - sum[k] * sum[k]) / (NETWORKS - 1));
    }
    sampler->free(work);
    net_gram_free(&gram);
    theory_order_free(&order);
    net_activation_close(&activation);
}

/* As above: 38 tests at 4.2 standard errors, one of them fails by chance once in 1000 times. What two outputs
 * share counts off the blocks where C grows with M. */
static void residual_blocks_and_metrics_are_as_predicted(void **state)
{
    (void)state;
    static const struct {
        struct shape shape;
        struct branch branch;
        bool growing; /* C is M/4, only blocks off the diagonal count */
    } cases[] = {{{"tanh", 3, 0.64, DEEP, 100, 5, 6, {1}}, {0.7, 1.3, true}, false},
                 {{"relu", 2, 0.3, DEEP, 100, 2, 10, {1}}, {1, 0.6, true}, false},
                 {{"tanh", 3, 0.64, DEEP, 100, 25, 2, {1}}, {0.7, 1.3, true}, true}};
    size_t failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean[3][QUANTITIES], error[3][QUANTITIES];
        for (size_t step = 0; step < 3; step++) {
            struct shape shape = cases[i].shape;
            shape.width *= (int64_t)1 << step;
            shape.outputs *= cases[i].growing ? (int64_t)1 << step : 1;
            block_ratios(&shape, &cases[i].branch, mean[step], error[step]);
        }
        for (size_t k = 0; k < QUANTITIES; k++) {
            const bool off =
                (k >= DEEP - 1 && k < 2 * DEEP - 2) || (k >= BRANCHES + DEEP - 1 && k < QUANTITIES);
            if (cases[i].growing && !off)
                continue;
            const double limit = (8 * mean[2][k] - 6 * mean[1][k] + mean[0][k]) / 3,
                         spread =
                             sqrt(pow(8 * error[2][k], 2) + pow(6 * error[1][k], 2) + pow(error[0][k], 2)) /
                             3;
            print_message("%s, number %zu: %.3f %.3f %.3f, limit %.3f ± %.3f\n", cases[i].shape.activation, k,
                          mean[0][k], mean[1][k], mean[2][k], limit, spread);
            failures += fabs(limit - 1) < 4.2 * spread ? 0 : 1;
        }
    }
    assert_int_equal(failures, 0);
}

static const struct CMUnitTest slow_tests[] = {
    cmocka_unit_test(residual_networks_are_as_predicted),
    cmocka_unit_test(residual_blocks_and_metrics_are_as_predicted),
};
const struct test_group slow_theory_residual = TEST_GROUP(slow_tests);
