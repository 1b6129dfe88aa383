/* Predictions of the metrics on inputs and features against closed forms. */
#include "theory/theory.h"

#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

static struct theory_metric predicted(const struct shape *shape, size_t l)
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct theory_order order;
    struct theory_metric metric;
    struct base_error error = {""};
    shape_open(shape, &a, &activation);
    assert_int_equal(
        theory_order_solve(&order, &activation, a.weight_variance, a.bias_variance, a.L, 1e-13, &error),
        BASE_OK);
    if (theory_metric_predict(&order, &a, l, &metric, &error) != BASE_OK)
        fail_msg("%s", error.text);
    theory_order_free(&order);
    net_activation_close(&activation);
    return metric;
}

/* A linear network has one gradient for all samples: A^l has rank C and C eigenvalues σ_w^{2(L−l)}, in the
 * limit. */
static void linear_metrics_are_products(void **state)
{
    (void)state;
    const size_t widths[] = {50, 150, 120, 200};
    for (size_t l = 0; l < 4; l++) {
        struct theory_metric metric =
            predicted(&(struct shape){"linear", 1.3, 0.2, 4, 100, 7, 10, {0.5, 1.5, 1.2, 2}}, l);
        const double eigenvalue = pow(1.3, 4 - (double)l), M_l = (double)widths[l];
        assert_close(metric.eig_max, eigenvalue, 1e-12);
        assert_close(metric.eig_mean, 7 * eigenvalue / M_l, 1e-12);
        assert_close(metric.sharpness, 1, 1e-12);
        assert_close(metric.eig_second_moment, 7 * eigenvalue * eigenvalue / M_l, 1e-12);
    }
}

/* relu at L = 2, T samples: q̃¹_1 = w/2, q̃¹_2 = w (π − arccos c)/2π with c = b/(w + b). */
static void relu_metrics_are_arccosines(void **state)
{
    (void)state;
    const double w = 1.7, b = 0.4, T = 10, pi = acos(-1);
    struct theory_metric metric = predicted(&(struct shape){"relu", w, b, 2, 100, 3, 10, {0.8}}, 0);
    const double same = w * w / 2, other = w * w * (pi - acos(b / (w + b))) / (2 * pi);
    assert_close(metric.eig_mean, 3 * same / 80, 1e-12);
    assert_close(metric.eig_second_moment, 3 * (0.9 * other * other + 0.1 * same * same) / 80, 1e-12);
    assert_close(metric.eig_max, 0.9 * other + same / T, 1e-12);
    assert_close(metric.sharpness, 0.9 * other / same + 1 / T, 1e-12);
    /* gradients of two samples that share nothing: no outlier */
    metric = predicted(&(struct shape){"exp(-x^2)", w, 0, 2, 100, 3, 10, {0.8}}, 0);
    assert_true(metric.eig_mean > 0 && isnan(metric.eig_max));
    metric = predicted(&(struct shape){"exp(-x^2)", w, 0, 2, 100, 3, 10, {0.8}}, 1);
    assert_close(metric.eig_max, w, 1e-12);
}

/* Three given samples: the largest eigenvalue of the 3×3 matrix from its characteristic polynomial. */
static void given_samples_make_a_matrix(void **state)
{
    (void)state;
    const double w = 1.3, K[6] = {0.9, 2.1, 1.4, 0.3, -0.2, 0.8}; /* 00, 11, 22, 01, 02, 12 */
    size_t s[] = {0, 1, 2, 0, 0, 1}, t[] = {0, 1, 2, 1, 2, 2};
    double qtilde[18] = {0};
    for (size_t p = 0; p < 6; p++) {
        qtilde[6 + p] = K[p];
        qtilde[12 + p] = 1;
    }
    const struct theory_order order = {.L = 2, .samples = 3, .pairs = 6, .s = s, .t = t, .qtilde = qtilde};
    struct net_architecture a;
    struct net_activation activation = {0};
    struct theory_metric metric;
    struct base_error error;
    shape_open(&(struct shape){"linear", w, 0, 2, 100, 5, 3, {2}}, &a, &activation);
    assert_int_equal(theory_metric_predict(&order, &a, 0, &metric, &error), BASE_OK);
    const double squares =
        K[0] * K[0] + K[1] * K[1] + K[2] * K[2] + 2 * (K[3] * K[3] + K[4] * K[4] + K[5] * K[5]);
    assert_close(metric.eig_mean, 5 * w * (K[0] + K[1] + K[2]) / 3 / 200, 1e-13);
    assert_close(metric.eig_second_moment, 5 * w * w * squares / 9 / 200, 1e-13);
    const double x = 3 * metric.eig_max / w; /* det(K − x) = 0, and no root above: K − x is negative */
    const double k0 = K[0] - x, k1 = K[1] - x, k2 = K[2] - x;
    const double det =
        k0 * (k1 * k2 - K[5] * K[5]) - K[3] * (K[3] * k2 - K[5] * K[4]) + K[4] * (K[3] * K[5] - k1 * K[4]);
    assert_within(det, 0, 1e-12);
    assert_true(k0 < 0 && k0 * k1 - K[3] * K[3] > 0);
    assert_int_equal(theory_metric_predict(&order, &a, 1, &metric, &error), BASE_OK);
    assert_close(metric.eig_max, w, 1e-13);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(linear_metrics_are_products),
    cmocka_unit_test(relu_metrics_are_arccosines),
    cmocka_unit_test(given_samples_make_a_matrix),
};
const struct test_group tests_theory_metric = TEST_GROUP(tests);
