/* Order parameters: closed recursions, properties, the error estimate, failure. */
#include "theory/theory.h"

#include "tests.h"

#include <math.h>
#include <string.h>

static int solve(struct theory_order *order, const char *text, double weight_variance, double bias_variance,
                 size_t L, double tolerance, struct base_error *error)
{
    struct net_activation activation;
    assert_int_equal(net_activation_open(&activation, text, error), BASE_OK);
    int status = theory_order_solve(order, &activation, weight_variance, bias_variance, L, tolerance, error);
    net_activation_close(&activation);
    return status;
}

static void linear_recursion_is_geometric(void **state)
{
    (void)state;
    enum { L = 10 };
    struct theory_order order;
    struct base_error error;
    double w = 1.37, b = 0.218, q[2] = {w + b, b};
    assert_int_equal(solve(&order, "linear", w, b, L, 1e-13, &error), BASE_OK);
    assert_true(order.error <= 1e-13);
    for (size_t l = 1; l <= L; l++)
        for (size_t e = 0; e < 2; e++) {
            assert_close(order.q[2 * l + e], q[e], 1e-13);
            assert_close(order.qtilde[2 * l + e], pow(w, (double)(L - l)), 1e-13);
            q[e] = w * q[e] + b;
        }
    assert_true(order.qhat[0] == 1 && order.qhat[1] == 0);
    theory_order_free(&order);
}

static void relu_recursion_is_the_arc_cosine_one(void **state)
{
    (void)state;
    enum { L = 40 };
    const double pi = 3.14159265358979323846;
    struct theory_order order;
    struct base_error error;
    double w = 2.1, b = 0.05, q1 = w + b, q2 = b, slope[L][2];
    assert_int_equal(solve(&order, "relu", w, b, L, 1e-12, &error), BASE_OK);
    for (size_t l = 1; l < L; l++) {
        assert_close(order.q[2 * l], q1, 1e-11);
        assert_close(order.q[2 * l + 1], q2, 1e-11);
        double theta = acos(fmin(1, q2 / q1));
        slope[l][0] = 0.5;
        slope[l][1] = (pi - theta) / (2 * pi);
        q2 = w * (q1 * sin(theta) + q2 * (pi - theta)) / (2 * pi) + b;
        q1 = w * q1 / 2 + b;
    }
    double qtilde[2] = {1, 1};
    for (size_t l = L - 1; l >= 1; l--)
        for (size_t e = 0; e < 2; e++) {
            qtilde[e] *= w * slope[l][e];
            assert_close(order.qtilde[2 * l + e], qtilde[e], 1e-10);
        }
    theory_order_free(&order);
}

static void one_layer_needs_no_activation(void **state)
{
    (void)state;
    struct theory_order order;
    struct base_error error;
    assert_int_equal(solve(&order, "tanh", 1.7, 0.3, 1, 1e-12, &error), BASE_OK);
    assert_true(order.q[2] == 1.7 + 0.3 && order.q[3] == 0.3 && order.qtilde[2] == 1 && order.qtilde[3] == 1);
    assert_true(order.error == 0);
    theory_order_free(&order);
}

/* In the ordered phase two samples become one: q_2 → q_1. */
static void samples_merge_in_the_ordered_phase(void **state)
{
    (void)state;
    struct theory_order order;
    struct base_error error;
    assert_int_equal(solve(&order, "tanh", 0.8, 0.2, 60, 1e-12, &error), BASE_OK);
    assert_close(order.q[2 * 60 + 1], order.q[2 * 60], 1e-10);
    assert_true(order.q[2 * 3 + 1] < 0.99 * order.q[2 * 3]);
    for (size_t l = 1; l <= 60; l++)
        assert_true(order.q[2 * l + 1] <= order.q[2 * l] * (1 + 1e-14));
    theory_order_free(&order);
}

static void expressions_equal_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *expression;
    } pairs[] = {{"tanh", "tanh(x)"}, {"tanh", "abs(tanh(x))*(2*step(x)-1)"}, {"relu", "step(x)*x"}};
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        struct theory_order named, typed;
        struct base_error error;
        assert_int_equal(solve(&named, pairs[p].name, 1.9, 0.3, 4, 1e-12, &error), BASE_OK);
        assert_int_equal(solve(&typed, pairs[p].expression, 1.9, 0.3, 4, 1e-10, &error), BASE_OK);
        for (size_t i = 0; i < 2 * (4 + 1); i++) {
            assert_close(typed.q[i], named.q[i], 1e-10);
            assert_close(typed.qhat[i], named.qhat[i], 1e-10);
            assert_close(typed.qtilde[i], named.qtilde[i], 1e-10);
        }
        theory_order_free(&named);
        theory_order_free(&typed);
    }
}

static void error_check(const char *text, double weight_variance, double tolerance)
{
    struct theory_order rough, fine;
    struct base_error error;
    assert_int_equal(solve(&rough, text, weight_variance, 0.2, 3, tolerance, &error), BASE_OK);
    assert_int_equal(solve(&fine, text, weight_variance, 0.2, 3, 1e-13, &error), BASE_OK);
    assert_true(rough.error <= tolerance);
    for (size_t i = 0; i < 6 * (3 + 1); i++)
        assert_within(rough.q[i], fine.q[i], (2 * rough.error + 1e-13) * fabs(fine.q[i]));
    theory_order_free(&rough);
    theory_order_free(&fine);
}

static void error_estimate_is_honest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double weight_variance, finest;
    } cases[] = {
        {"tanh", 3, 1e-12},
        {"tanh", 40, 1e-8},
        {"sigmoid", 5, 1e-12},
        {"gelu", 2, 1e-12},
        {"relu", 2, 1e-12},
        {"abs(x-0.3)", 1, 1e-12},
        {"abs(x-0.3)*(x-0.3)", 0.5, 1e-4},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (double tolerance = 1e-2; tolerance >= cases[c].finest; tolerance *= 1e-2)
            error_check(cases[c].text, cases[c].weight_variance, tolerance);
}

static void overflow_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double weight_variance;
        const char *says;
    } cases[] = {{"relu", 1e6, "layer 54: "}, {"exp(x)", 1, "layer 3: "}, {"linear", 1e200, "layer 2"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct theory_order order;
        struct base_error error = {""};
        assert_int_equal(solve(&order, cases[c].text, cases[c].weight_variance, 1, 100, 1e-12, &error),
                         BASE_UNRESOLVED);
        assert_non_null(strstr(error.text, "overflows"));
        assert_non_null(strstr(error.text, cases[c].says));
        theory_order_free(&order);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(linear_recursion_is_geometric), cmocka_unit_test(relu_recursion_is_the_arc_cosine_one),
    cmocka_unit_test(one_layer_needs_no_activation), cmocka_unit_test(samples_merge_in_the_ordered_phase),
    cmocka_unit_test(expressions_equal_names),       cmocka_unit_test(error_estimate_is_honest),
    cmocka_unit_test(overflow_is_an_error),
};
const struct test_group tests_theory_order = TEST_GROUP(tests);
