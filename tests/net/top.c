#include "net/panel.h"

#include "linalg/linalg.h"
#include "net/shape.h"
#include "random/normal.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

static double *normals(size_t n, uint64_t stream)
{
    double *x = malloc(n * sizeof *x);
    assert_non_null(x);
    random_normals(2385, stream, 0, n, x);
    return x;
}

/* δ by its definition and the upper triangle of δᵀδ, the lower one not touched: from few outputs and from
 * many, in whole runs of units, in parts of them, and with too few for the pairs to find room. */
static void assert_top(int64_t C, int64_t T, size_t units)
{
    struct net_architecture a;
    struct net_activation activation = {0};
    shape_open(&(struct shape){"tanh", 1, 0, 2, 400, C, T, {0}}, &a, &activation);
    const size_t CT = a.CT;
    double *v = normals(units * a.C, 1), *dphi = normals(units * a.T, 2);
    double *delta = malloc(units * CT * sizeof *delta), *D = malloc(CT * CT * sizeof *D);
    double *expected = malloc(CT * CT * sizeof *expected);
    for (size_t i = 0; i < CT * CT; i++)
        D[i] = NAN;
    net_panel_top(&a, (struct net_panel){1, 0, units}, v, dphi, delta, D);
    for (size_t i = 0; i < units; i++)
        for (size_t j = 0; j < CT; j++)
            assert_true(delta[i * CT + j] == v[i * a.C + j / a.T] * dphi[i * a.T + j % a.T]);
    linalg_gram(units, CT, delta, expected);
    for (size_t i = 0; i < CT; i++)
        for (size_t j = 0; j < CT; j++)
            if (j >= i)
                assert_within(D[i * CT + j], expected[i * CT + j], 1e-12 * (double)units);
            else if (i / a.T == j / a.T)
                assert_true(isnan(D[i * CT + j]));
    for (double **p = (double *[]){v, dphi, delta, D, expected, NULL}; *p != NULL; p++)
        free(*p);
    net_activation_close(&activation);
}

static void top_is_the_gram(void **state)
{
    (void)state;
    for (int64_t C = 1; C <= 7; C++) {
        assert_top(C, 13, 300);
        assert_top(C, 40, 384);
        assert_top(C, 30, 1);
        assert_top(C, 1, 200);
    }
}

/* Half of the flops for many outputs. */
static void top_costs(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    shape_open(&(struct shape){"tanh", 1, 0, 2, 400, 1, 50, {0}}, &a, &activation);
    assert_true(net_panel_top_flops(&a) == 50 * 50);
    net_activation_close(&activation);
    shape_open(&(struct shape){"tanh", 1, 0, 2, 400, 20, 50, {0}}, &a, &activation);
    assert_close(net_panel_top_flops(&a), 1000 * 1000 * 21. / 40, 1e-15);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(top_is_the_gram), cmocka_unit_test(top_costs)};
const struct test_group tests_net_top = TEST_GROUP(tests);
