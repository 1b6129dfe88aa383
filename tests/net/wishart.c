#include "net/wishart.h"

#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

enum { T = 4, DRAWS = 20000 };

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov's distance of DRAWS numbers from χ² with n degrees of freedom. */
static double distance(double *x, double n)
{
    double largest = 0;
    qsort(x, DRAWS, sizeof *x, ascending);
    for (size_t i = 0; i < DRAWS; i++) {
        const double p = gsl_cdf_chisq_P(x[i], n);
        largest = fmax(largest, fmax(p - (double)i / DRAWS, (double)(i + 1) / DRAWS - p));
    }
    return largest;
}

/* tr H⁰ ~ χ²(M_0 T), the squared distance of sample j from the span of those before ~ χ²(M_0 − j), the
 * squares of the elements off the diagonal ~ χ²(1). Each of the 3·(2 + T) tests has a false-alarm rate of
 * 1e-5 (λ = 2.47), all of them 1.8e-4; the seed is fixed. */
static void inputs_have_the_law_of_inputs(void **state)
{
    (void)state;
    static const int64_t widths[] = {T + 1, 30, 100000};
    const double critical = 2.47 / sqrt(DRAWS);
    double *x[2 + T], X[T * T], H[T * T];
    for (size_t i = 0; i < 2 + T; i++)
        assert_non_null(x[i] = malloc(DRAWS * sizeof *x[i]));
    for (size_t w = 0; w < 3; w++) {
        struct net_architecture a;
        struct net_activation activation = {0};
        shape_open(&(struct shape){"tanh", 3, 0.64, 2, widths[w], 1, T, {1}}, &a, &activation);
        for (size_t i = 0; i < DRAWS; i++) {
            net_wishart_draw(&a, 5, i, X, H);
            x[0][i] = H[0] + H[T + 1] + H[2 * T + 2] + H[3 * T + 3];
            x[1][i] = X[1] * X[1];
            for (size_t j = 0; j < T; j++)
                x[2 + j][i] = X[j * T + j] * X[j * T + j];
            if (i == 0) /* H = L Lᵀ, X = Lᵀ */
                assert_close(H[T + 2], X[1] * X[2] + X[T + 1] * X[T + 2], 1e-13);
        }
        assert_true(distance(x[0], (double)(widths[w] * T)) < critical);
        assert_true(distance(x[1], 1) < critical);
        for (size_t j = 0; j < T; j++)
            assert_true(distance(x[2 + j], (double)(widths[w] - (int64_t)j)) < critical);
        net_activation_close(&activation);
    }
    for (size_t i = 0; i < 2 + T; i++)
        free(x[i]);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(inputs_have_the_law_of_inputs)};
const struct test_group tests_net_wishart = TEST_GROUP(tests);
