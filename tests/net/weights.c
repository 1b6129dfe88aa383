#include "net/weights.h"

#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct shape odd_shape = {"tanh", 2.385, 0.31, 4, 7, 3, 5, {1.3, 0.7, 1, 2}};

static void architecture_counts(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    shape_open(&(struct shape){"relu", 1, 0, 4, 10, 3, 5, {1.25, 0.34, 0.05, 2}}, &a, &activation);
    static const size_t widths[] = {13, 3, 1, 20, 3}; /* 12.5 is rounded up, 0.5 too */
    for (size_t l = 0; l <= 4; l++)
        assert_int_equal(a.widths[l], widths[l]);
    assert_true(a.P == 3 * 14 + 1 * 4 + 20 * 2 + 3 * 21);
    assert_int_equal(a.CT, 15);
    net_activation_close(&activation);

    struct base_error error;
    const double profile[] = {1, 0.04};
    const struct experiment_point empty = {
        .activation = "relu", .depth = 2, .width = 10, .outputs = 1, .samples = 1, .profile = profile};
    assert_int_equal(net_architecture_init(&a, &empty, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "layer 1"));
}

/* The forward pass against the sums of its definition, scalar by scalar. */
static void forward_is_the_network(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_weights w;
    struct base_error error;
    shape_open(&odd_shape, &a, &activation);
    assert_int_equal(net_weights_init(&w, &a, &error), BASE_OK);
    net_weights_draw(&w, 1, 2);
    net_weights_forward(&w, &activation);
    for (size_t l = 1; l <= a.L; l++)
        for (size_t i = 0; i < a.widths[l]; i++)
            for (size_t t = 0; t < a.T; t++) {
                double u = w.b[l][i];
                for (size_t j = 0; j < a.widths[l - 1]; j++)
                    u += w.W[l][i * a.widths[l - 1] + j] * w.h[l - 1][j * a.T + t];
                assert_within(w.h[l][i * a.T + t], l < a.L ? tanh(u) : u, 1e-13);
            }
    net_weights_free(&w);
    net_activation_close(&activation);
}

/* δ^l_ki(t) = ∂f_k(t)/∂u^l_i: shifting a bias shifts u. */
static void backward_is_the_derivative(void **state)
{
    (void)state;
    const double step = 1e-6;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_weights w;
    struct base_error error;
    shape_open(&odd_shape, &a, &activation);
    assert_int_equal(net_weights_init(&w, &a, &error), BASE_OK);
    net_weights_draw(&w, 1, 2);
    net_weights_forward(&w, &activation);
    net_weights_backward(&w);
    double *above = malloc(a.CT * sizeof *above);
    assert_non_null(above);
    for (size_t l = 1; l <= a.L; l++)
        for (size_t i = 0; i < a.widths[l]; i++) {
            w.b[l][i] += step;
            net_weights_forward(&w, &activation);
            memcpy(above, w.h[a.L], a.CT * sizeof *above);
            w.b[l][i] -= 2 * step;
            net_weights_forward(&w, &activation);
            w.b[l][i] += step;
            for (size_t row = 0; row < a.CT; row++)
                assert_within(w.delta[l][i * a.CT + row], (above[row] - w.h[a.L][row]) / (2 * step), 1e-8);
        }
    free(above);
    net_weights_free(&w);
    net_activation_close(&activation);
}

/* Means and variances of what is drawn, at 4.4σ (each missed by chance once in 90,000 times): a weight's
 * variance is over the units that it sums. */
static void draws_have_their_variances(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_weights w;
    struct base_error error;
    shape_open(&(struct shape){"relu", 2.385, 0.31, 2, 150, 250, 100, {0.6, 1}}, &a, &activation);
    assert_int_equal(net_weights_init(&w, &a, &error), BASE_OK);
    net_weights_draw(&w, 5, 6);
    const struct {
        const double *x;
        size_t n;
        double variance;
    } drawn[] = {{w.W[1], 150 * 90, 2.385 / 90},
                 {w.W[2], 250 * 150, 2.385 / 150},
                 {w.h[0], 90 * 100, 1},
                 {w.b[1], 150, 0.31},
                 {w.b[2], 250, 0.31}};
    for (size_t d = 0; d < 5; d++) {
        double sum = 0, squares = 0;
        const double n = (double)drawn[d].n;
        for (size_t i = 0; i < drawn[d].n; i++) {
            sum += drawn[d].x[i];
            squares += drawn[d].x[i] * drawn[d].x[i];
        }
        assert_within(sum / n, 0, 4.4 * sqrt(drawn[d].variance / n));
        assert_within(squares / n, drawn[d].variance, 4.4 * drawn[d].variance * sqrt(2 / n));
    }
    assert_true(w.W[1][0] != w.W[2][0] && w.b[1][0] != w.b[2][0]); /* layers have streams of their own */
    net_weights_free(&w);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(architecture_counts),
    cmocka_unit_test(forward_is_the_network),
    cmocka_unit_test(backward_is_the_derivative),
    cmocka_unit_test(draws_have_their_variances),
};
const struct test_group tests_net_weights = TEST_GROUP(tests);
