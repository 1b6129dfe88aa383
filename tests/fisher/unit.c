/* Unit blocks and their approximations, against the matrices themselves. */
#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/shape.h"
#include "net/weights.h"
#include "theory/theory.h"

#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 3 };

/* Units of layer l of an explicit network. */
struct explicit
{
    struct net_architecture a;
    struct net_activation activation;
    struct net_weights network;
    struct fisher_units units;
    double *H, *u, *s, A[2][UNITS][3];
};

static void explicit_open(struct explicit *e, const struct shape *shape, size_t l, uint64_t seed)
{
    struct base_error error;
    shape_open(shape, &e->a, &e->activation);
    assert_int_equal(net_weights_init(&e->network, &e->a, &error), BASE_OK);
    net_weights_draw(&e->network, seed, 0);
    net_weights_forward(&e->network, &e->activation);
    net_weights_backward(&e->network);
    const size_t M = e->a.widths[l - 1], T = e->a.T;
    e->H = malloc(T * T * sizeof *e->H);
    assert_non_null(e->H);
    for (size_t i = 0; i < T * T; i++)
        e->H[i] = NAN;
    linalg_gram(M, T, e->network.h[l - 1], e->H);
    e->u = calloc(UNITS * T, sizeof *e->u);
    e->s = calloc(UNITS * T, sizeof *e->s);
    for (size_t i = 0; i < UNITS; i++)
        for (size_t t = 0; t < T; t++) {
            e->u[i * T + t] = e->network.b[l][i];
            for (size_t j = 0; j < M; j++)
                e->u[i * T + t] += e->network.W[l][i * M + j] * e->network.h[l - 1][j * T + t];
            for (size_t k = 0; k < e->a.C; k++)
                e->s[i * T + t] += pow(e->network.delta[l][i * e->a.CT + k * T + t], 2);
        }
    e->units = (struct fisher_units){.n = UNITS,
                                     .M = M,
                                     .T = T,
                                     .h = e->network.h[l - 1],
                                     .H = e->H,
                                     .w = e->network.W[l],
                                     .b = e->network.b[l],
                                     .u = e->u,
                                     .s = e->s,
                                     .A_closed = e->A[0],
                                     .A_gaussian = e->A[1]};
    for (size_t i = 0; i < UNITS; i++) {
        struct fisher_unit_input input;
        fisher_unit_inputs(&e->units, i, &input);
        assert_int_equal(theory_unit_moments(&e->activation, input.scale * input.norm, e->network.b[l][i],
                                             e->A[0][i], &error),
                         BASE_OK);
        assert_int_equal(theory_unit_moments(&e->activation, input.deviation, input.mean, e->A[1][i], &error),
                         BASE_OK);
    }
}

static void explicit_close(struct explicit *e)
{
    net_weights_free(&e->network);
    net_activation_close(&e->activation);
    free(e->H);
    free(e->u);
    free(e->s);
}

static double spectral_norm(size_t n, const double *A)
{
    double *copy = malloc(n * n * sizeof *copy), *values = malloc(n * sizeof *values), norm;
    struct base_error error;
    memcpy(copy, A, n * n * sizeof *copy);
    assert_int_equal(linalg_eigenvalues(n, copy, values, &error), BASE_OK);
    norm = fmax(fabs(values[0]), fabs(values[n - 1]));
    free(copy);
    free(values);
    return norm;
}

/* E = (μ*μ*ᵀ + Σ*) A_0 + … element by element from means and covariances of the inputs. */
static void gaussian_matrix(const struct fisher_units *units, size_t i, double *G)
{
    const size_t M = units->M, T = units->T, row = M + 1;
    double *mean = calloc(row, sizeof *mean), *k = calloc(row, sizeof *k), variance = 0;
    const double *A = units->A_gaussian[i], *w = units->w + i * M;
    for (size_t j = 0; j < row; j++)
        for (size_t t = 0; t < T; t++)
            mean[j] += (j == 0 ? 1 : units->h[(j - 1) * T + t]) / (double)T;
    for (size_t a = 0; a < row; a++)
        for (size_t b = 0; b < row; b++) {
            double covariance = 0;
            for (size_t t = 0; t < T && a > 0 && b > 0; t++)
                covariance +=
                    (units->h[(a - 1) * T + t] - mean[a]) * (units->h[(b - 1) * T + t] - mean[b]) / (double)T;
            G[a * row + b] = A[0] * (mean[a] * mean[b] + covariance);
            k[a] += b > 0 ? covariance * w[b - 1] : 0;
        }
    for (size_t j = 1; j < row; j++)
        variance += w[j - 1] * k[j];
    for (size_t a = 0; a < row; a++)
        for (size_t b = 0; b < row; b++)
            G[a * row + b] += A[1] * (mean[a] * k[b] + k[a] * mean[b]) / sqrt(variance) +
                              (A[2] - A[0]) * k[a] * k[b] / variance;
    free(mean);
    free(k);
}

static void exact_matrix(const struct fisher_units *units, size_t i, double *U)
{
    const size_t M = units->M, T = units->T, row = M + 1;
    memset(U, 0, row * row * sizeof *U);
    for (size_t a = 0; a < row; a++)
        for (size_t b = 0; b < row; b++)
            for (size_t t = 0; t < T; t++)
                U[a * row + b] += units->s[i * T + t] * (a == 0 ? 1 : units->h[(a - 1) * T + t]) *
                                  (b == 0 ? 1 : units->h[(b - 1) * T + t]) / (double)T;
}

static double error_of(size_t n, const double *approximation, double scale, const double *U)
{
    double *difference = malloc(n * n * sizeof *difference);
    for (size_t a = 0; a < n * n; a++)
        difference[a] = scale * approximation[a] - U[a];
    const double norm = spectral_norm(n, difference) / spectral_norm(n, U);
    free(difference);
    return norm;
}

static void check_errors(const struct explicit *e, size_t l, double tolerance)
{
    const struct fisher_units *units = &e->units;
    const size_t M = units->M, row = M + 1;
    double closed[UNITS], quasi[UNITS], gaussian[UNITS];
    double *U = malloc(row * row * sizeof *U), *G = malloc(row * row * sizeof *G);
    struct base_error error;
    assert_int_equal(fisher_unit_errors(units, closed, quasi, gaussian, &error), BASE_OK);
    for (size_t i = 0; i < UNITS; i++) {
        struct fisher_unit_input input;
        struct theory_unit unit;
        fisher_unit_inputs(units, i, &input);
        exact_matrix(units, i, U);
        if (!(U[0] > 0)) {
            assert_true(isnan(closed[i]) && isnan(quasi[i]) && isnan(gaussian[i]));
            continue;
        }
        assert_int_equal(theory_unit_open(&unit, &e->activation, M, units->w + i * M, e->network.b[l][i],
                                          NULL, input.scale, &error),
                         BASE_OK);
        theory_unit_matrix(&unit, G);
        assert_close(closed[i], error_of(row, G, U[0] / G[0], U), tolerance);
        gaussian_matrix(units, i, G);
        assert_close(gaussian[i], error_of(row, G, U[0] / G[0], U), tolerance);
        for (size_t a = 0; a < row; a++)
            for (size_t b = 0; b < row; b++)
                G[a * row + b] = a == b || a == 0 || b == 0 ? U[a * row + b] : U[a * row] * U[b * row] / U[0];
        assert_close(quasi[i], error_of(row, G, 1, U), tolerance);
    }
    free(U);
    free(G);
}

static void errors_are_spectral_norms(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {"tanh", 3, 0.64, 3, 12, 2, 30, {1, 2, 0.5}}, {"relu", 2, 0.1, 4, 9, 1, 5, {1, 1, 1, 1}},
        {"relu", 2, 0.1, 3, 20, 1, 100, {1, 1, 1}},   {"tanh", 3, 0.64, 3, 40, 1, 2, {1, 1, 1}},
        {"tanh", 3, 0.64, 2, 6, 1, 400, {1, 1}},      {"tanh", 3, 0.64, 2, 200, 1, 100, {1, 1}},
        {"tanh", 3, 0.64, 2, 25, 1, 2000, {1, 1}}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t l = 1; l < (size_t)shapes[s].depth; l++) {
            struct explicit e;
            explicit_open(&e, &shapes[s], l, 3 + s);
            check_errors(&e, l, e.units.M > 64 ? 2e-3 : 1e-5);
            explicit_close(&e);
        }
}

static void quasi_diagonal_gradient_solves(void **state)
{
    (void)state;
    struct explicit e;
    explicit_open(&e, &(struct shape){"tanh", 3, 0.64, 3, 6, 2, 30, {1, 1, 1}}, 2, 3);
    enum { ROW = 7 };
    double F_b[ROW], F_jj[ROW], g[ROW] = {1, -0.3, 0.2, 2, 0.4, -1, 0.7}, v[ROW], U[ROW * ROW];
    assert_int_equal(e.units.M + 1, ROW);
    exact_matrix(&e.units, 1, U);
    fisher_unit_quasi_diagonal(&e.units, 1, F_b, F_jj);
    fisher_unit_quasi_gradient(ROW - 1, F_b, F_jj, g, v);
    for (size_t a = 0; a < ROW; a++) {
        double back = 0;
        assert_close(F_b[a], U[a], 1e-13);
        assert_close(F_jj[a], U[a * ROW + a], 1e-13);
        for (size_t b = 0; b < ROW; b++)
            back += (a == b || a == 0 || b == 0 ? U[a * ROW + b] : U[a * ROW] * U[b * ROW] / U[0]) * v[b];
        assert_within(back, g[a], 1e-11);
    }
    explicit_close(&e);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(errors_are_spectral_norms),
    cmocka_unit_test(quasi_diagonal_gradient_solves),
};
const struct test_group tests_fisher_unit = TEST_GROUP(tests);
