/* The Fisher matrix of one unit: moments, closed form, inverse, natural gradient. */
#include "random/normal.h"
#include "theory/theory.h"

#include "tests.h"

#include <math.h>
#include <stdlib.h>

enum { N = 5, ROW = N + 1 };
static const double weights[N] = {0.3, -1.1, 0.45, 0.02, 0.9}, means[N] = {0.5, -0.2, 0.1, 0.7, -0.4};

static const double pi = 3.14159265358979323846;

static double normal_cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

static void relu_moments_are_closed(void **state)
{
    (void)state;
    struct net_activation activation;
    struct base_error error;
    assert_int_equal(net_activation_open(&activation, "relu", &error), BASE_OK);
    static const double cases[][2] = {{1, 0}, {0.3, 0.2}, {2, -3}, {1e-3, 0.01}, {50, 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double A[3], z = cases[i][1] / cases[i][0], density = exp(-z * z / 2) / sqrt(2 * pi);
        assert_int_equal(theory_unit_moments(&activation, cases[i][0], cases[i][1], A, &error), BASE_OK);
        assert_within(A[0], normal_cdf(z), 1e-13);
        assert_within(A[1], density, 1e-13);
        assert_within(A[2], normal_cdf(z) - z * density, 1e-13);
    }
}

/* φ = sin: φ'² = (1 + cos 2u)/2, and E cos(2(rv + b)) = e^(−2r²) cos 2b, E v sin-like by parts. */
static void sine_moments_are_closed(void **state)
{
    (void)state;
    struct net_activation activation;
    struct base_error error;
    assert_int_equal(net_activation_open(&activation, "sin", &error), BASE_OK);
    static const double cases[][2] = {{1, 0}, {0.3, 0.2}, {1.7, -3}, {0, 0.4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double r = cases[i][0], b = cases[i][1], damp = exp(-2 * r * r);
        double A[3];
        assert_int_equal(theory_unit_moments(&activation, r, b, A, &error), BASE_OK);
        assert_within(A[0], 0.5 + 0.5 * damp * cos(2 * b), 1e-14);
        assert_within(A[1], -r * damp * sin(2 * b), 1e-14);
        assert_within(A[2], 0.5 + 0.5 * (1 - 4 * r * r) * damp * cos(2 * b), 1e-14);
    }
}

static void open_unit(const char *text, const double *m, double s, struct net_activation *activation,
                      struct theory_unit *unit)
{
    struct base_error error;
    assert_int_equal(net_activation_open(activation, text, &error), BASE_OK);
    assert_int_equal(theory_unit_open(unit, activation, N, weights, 0.35, m, s, &error), BASE_OK);
}

/* G⁻¹G = I, and G⁻¹g by the O(n) formula solves G v = g. */
static void inverse_and_natural_gradient_invert(void **state)
{
    (void)state;
    static const char *const names[] = {"tanh", "relu", "erf", "abs(x-0.3)+0.5*x"};
    for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) {
        struct net_activation activation;
        struct theory_unit unit;
        struct base_error error;
        double G[ROW * ROW], inverse[ROW * ROW], g[ROW] = {0.3, -1, 2, 0.7, 0.1, -0.6}, v[ROW];
        open_unit(names[i / 2], i % 2 ? means : NULL, i % 2 ? 0.7 : 1, &activation, &unit);
        theory_unit_matrix(&unit, G);
        assert_int_equal(theory_unit_inverse(&unit, inverse, &error), BASE_OK);
        theory_unit_natural_gradient(&unit, g, v);
        for (size_t a = 0; a < ROW; a++) {
            double back = 0;
            for (size_t c = 0; c < ROW; c++) {
                double product = 0;
                back += G[a * ROW + c] * v[c];
                for (size_t k = 0; k < ROW; k++)
                    product += inverse[a * ROW + k] * G[k * ROW + c];
                assert_within(product, a == c, 1e-12);
                assert_within(G[a * ROW + c], G[c * ROW + a], 1e-15);
            }
            assert_within(back, g[a], 1e-12);
        }
        net_activation_close(&activation);
    }
}

/* G against E φ'(u)² x*x*ᵀ over SAMPLES Gaussian inputs: of 42 elements none is off by more than 5 standard
 * errors; by chance alone one is in 4e4 seeds, and the seed is fixed. */
static void matrix_is_the_mean_over_inputs(void **state)
{
    (void)state;
    enum { SAMPLES = 40000 };
    struct net_activation activation;
    struct theory_unit unit;
    double *x = malloc(SAMPLES * N * sizeof *x), G[ROW * ROW];
    assert_non_null(x);
    random_normals(5, 1, 0, SAMPLES * N, x);
    for (int i = 0; i < 2; i++) {
        double sum[ROW * ROW] = {0}, squares[ROW * ROW] = {0};
        open_unit(i ? "relu" : "tanh", means, 0.7, &activation, &unit);
        theory_unit_matrix(&unit, G);
        for (size_t t = 0; t < SAMPLES; t++) {
            double u = 0.35, one[ROW] = {1}, phi, dphi;
            for (size_t j = 0; j < N; j++) {
                one[1 + j] = means[j] + 0.7 * x[t * N + j];
                u += weights[j] * one[1 + j];
            }
            net_activation_eval(&activation, 1, &u, &phi, &dphi);
            for (size_t a = 0; a < ROW * ROW; a++) {
                const double value = dphi * dphi * one[a / ROW] * one[a % ROW];
                sum[a] += value;
                squares[a] += value * value;
            }
        }
        for (size_t a = 0; a < ROW * ROW; a++) {
            const double mean = sum[a] / SAMPLES, variance = squares[a] / SAMPLES - mean * mean;
            assert_within(mean, G[a], 5 * sqrt(variance / SAMPLES));
        }
        net_activation_close(&activation);
    }
    free(x);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(relu_moments_are_closed),
    cmocka_unit_test(sine_moments_are_closed),
    cmocka_unit_test(inverse_and_natural_gradient_invert),
    cmocka_unit_test(matrix_is_the_mean_over_inputs),
};
const struct test_group tests_theory_unit = TEST_GROUP(tests);
