#include "fisher/fisher.h"

#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One explicit network, its summary, its Jacobian and its dual. */
struct explicit
{
    struct net_architecture a;
    struct net_activation activation;
    struct net_weights network;
    struct net_gram gram;
    double *J, *dual;
    size_t P;
};

/* What stands below the diagonal is nobody's to read. */
static void poison(size_t n, double *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            A[i * n + j] = NAN;
}

static void explicit_open(struct explicit *e, const struct shape *shape)
{
    struct base_error error = {""};
    memset(e, 0, sizeof *e);
    shape_open(shape, &e->a, &e->activation);
    if (net_weights_init(&e->network, &e->a, &error) != BASE_OK ||
        net_gram_init(&e->gram, &e->a, &error) != BASE_OK)
        fail_msg("%s", error.text);
    e->P = (size_t)e->a.P;
    net_weights_draw(&e->network, 21, 4);
    net_weights_forward(&e->network, &e->activation);
    net_weights_backward(&e->network);
    net_weights_gram(&e->network, &e->gram);
    e->J = calloc(e->a.CT * e->P, sizeof *e->J);
    e->dual = calloc(e->a.CT * e->a.CT, sizeof *e->dual);
    assert_non_null(e->J);
    assert_non_null(e->dual);
    fisher_jacobian_compute(&e->network, e->J);
    for (size_t l = 0; l < e->a.L; l++)
        poison(e->a.T, e->gram.H[l]);
    for (size_t l = 1; l < e->a.L; l++)
        poison(e->a.CT, e->gram.D[l]);
    if (fisher_dual_compute(&e->gram, e->dual, &error) != BASE_OK)
        fail_msg("%s", error.text);
    linalg_mirror(e->a.CT, e->dual);
}

static void explicit_close(struct explicit *e)
{
    net_weights_free(&e->network);
    net_gram_free(&e->gram);
    net_activation_close(&e->activation);
    free(e->J);
    free(e->dual);
}

static const struct shape shapes[] = {{"tanh", 2.385, 0.31, 3, 6, 1, 5, {1}},
                                      {"relu", 2, 0.1, 4, 5, 3, 4, {1.4, 0.6, 1.2, 1}},
                                      {"sin", 2, 0.2, 2, 4, 2, 7, {2}},
                                      {"gelu", 1.7, 0.4, 1, 5, 2, 3, {1}},
                                      {"linear", 1, 0.1, 3, 4, 1, 1, {1}}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* J[(k,t), p] against (f_k(t; θ + ε) − f_k(t; θ − ε))/2ε for every parameter. */
static void jacobian_is_the_derivative(void **state)
{
    (void)state;
    const double step = 1e-6;
    struct explicit e;
    explicit_open(&e, &shapes[2]);
    double *above = malloc(e.a.CT * sizeof *above);
    assert_non_null(above);
    for (size_t l = 1; l <= e.a.L; l++)
        for (size_t i = 0; i < e.a.widths[l]; i++)
            for (size_t j = 0; j <= e.a.widths[l - 1]; j++) {
                const bool bias = j == e.a.widths[l - 1];
                const size_t p =
                    bias ? fisher_parameter_bias(&e.a, l, i) : fisher_parameter_weight(&e.a, l, i, j);
                double *parameter = bias ? &e.network.b[l][i] : &e.network.W[l][i * e.a.widths[l - 1] + j];
                *parameter += step;
                net_weights_forward(&e.network, &e.activation);
                memcpy(above, e.network.h[e.a.L], e.a.CT * sizeof *above);
                *parameter -= 2 * step;
                net_weights_forward(&e.network, &e.activation);
                *parameter += step;
                for (size_t row = 0; row < e.a.CT; row++)
                    assert_within(e.J[row * e.P + p], (above[row] - e.network.h[e.a.L][row]) / (2 * step),
                                  1e-8);
            }
    free(above);
    explicit_close(&e);
}

/* F* = (1/T) J Jᵀ, without J. */
static void dual_is_the_jacobian_squared(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct explicit e;
        explicit_open(&e, &shapes[s]);
        for (size_t r = 0; r < e.a.CT; r++)
            for (size_t c = 0; c < e.a.CT; c++) {
                double sum = 0;
                for (size_t p = 0; p < e.P; p++)
                    sum += e.J[r * e.P + p] * e.J[c * e.P + p];
                assert_within(e.dual[r * e.a.CT + c], sum / (double)e.a.T, 1e-12 * (1 + fabs(e.dual[0])));
            }
        explicit_close(&e);
    }
}

/* Θ = J Jᵀ for the parameters ω, β of W = σ_w ω/√M_{l-1}, b = σ_b β; and its distance from another matrix. */
static void ntk_is_the_jacobian_squared(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct explicit e;
        struct base_error error;
        explicit_open(&e, &shapes[s]);
        const size_t C = e.a.C, T = e.a.T, CT = e.a.CT;
        double *factors = malloc(e.P * sizeof *factors), *ntk = e.dual,
               *kernel = malloc(T * T * sizeof *kernel), squares = 0, off = 0;
        assert_true(factors != NULL && kernel != NULL);
        for (size_t l = 1; l <= e.a.L; l++)
            for (size_t i = 0; i < e.a.widths[l]; i++) {
                for (size_t j = 0; j < e.a.widths[l - 1]; j++)
                    factors[fisher_parameter_weight(&e.a, l, i, j)] =
                        sqrt(shapes[s].weight_variance / (double)e.a.widths[l - 1]);
                factors[fisher_parameter_bias(&e.a, l, i)] = sqrt(shapes[s].bias_variance);
            }
        poison(CT, ntk);
        assert_int_equal(fisher_ntk_compute(&e.gram, ntk, &error), BASE_OK);
        for (size_t i = 0; i < T; i++)
            for (size_t j = 0; j < T; j++)
                kernel[i * T + j] = j < i ? NAN : 0.7 * cos((double)(i + 2 * j)) * ntk[0];
        for (size_t r = 0; r < CT; r++)
            for (size_t c = 0; c < CT; c++) {
                const size_t i = r % T < c % T ? r % T : c % T, j = r % T + c % T - i;
                double sum = 0, mean_field = r / T == c / T ? kernel[i * T + j] : 0;
                for (size_t p = 0; p < e.P; p++)
                    sum += e.J[r * e.P + p] * e.J[c * e.P + p] * factors[p] * factors[p];
                if (c >= r)
                    assert_within(ntk[r * CT + c], sum, 1e-12 * (1 + fabs(ntk[0])));
                squares += mean_field * mean_field;
                off += (sum - mean_field) * (sum - mean_field);
            }
        assert_close(fisher_kernel_error(C, T, ntk, kernel), sqrt(off / squares), 1e-11);
        free(factors);
        free(kernel);
        explicit_close(&e);
    }
}

/* The P×P matrix has the spectrum of the dual and zeros, its trace and its Frobenius norm. */
static void full_matrix_has_the_spectrum_of_the_dual(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct explicit e;
        struct base_error error;
        explicit_open(&e, &shapes[s]);
        double *F = malloc(e.P * e.P * sizeof *F), *full = malloc(e.P * sizeof *full);
        double *dual = malloc(e.a.CT * sizeof *dual);
        assert_true(F != NULL && full != NULL && dual != NULL);
        fisher_matrix_compute(e.a.CT, e.a.T, e.P, e.J, F);
        assert_close(linalg_trace(e.P, F), linalg_trace(e.a.CT, e.dual), 1e-12);
        assert_close(linalg_frobenius2(e.P, F), linalg_frobenius2(e.a.CT, e.dual), 1e-12);
        assert_int_equal(linalg_eigenvalues(e.P, F, full, &error), BASE_OK);
        assert_int_equal(linalg_eigenvalues(e.a.CT, e.dual, dual, &error), BASE_OK);
        for (size_t i = 0; i < e.P; i++)
            assert_within(full[i], i < e.a.CT ? dual[i] : 0, 1e-11 * dual[0]);
        free(F);
        free(full);
        free(dual);
        explicit_close(&e);
    }
}

/* The centred dual is the dual of the Jacobian of f_k − mean_t f_k. */
static void centring_is_of_the_outputs(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct explicit e;
        explicit_open(&e, &shapes[s]);
        const size_t T = e.a.T, CT = e.a.CT;
        for (size_t k = 0; k < e.a.C; k++)
            for (size_t p = 0; p < e.P; p++) {
                double mean = 0;
                for (size_t t = 0; t < T; t++)
                    mean += e.J[(k * T + t) * e.P + p] / (double)T;
                for (size_t t = 0; t < T; t++)
                    e.J[(k * T + t) * e.P + p] -= mean;
            }
        double *means = malloc(e.a.C * CT * sizeof *means), *centred = e.dual;
        const double scale = 1 + fabs(e.dual[0]);
        assert_non_null(means);
        poison(CT, e.dual);
        fisher_dual_means(e.a.C, T, e.dual, means);
        fisher_dual_centre(e.a.C, T, means, centred);
        for (size_t r = 0; r < CT; r++)
            for (size_t c = r; c < CT; c++) {
                double sum = 0;
                for (size_t p = 0; p < e.P; p++)
                    sum += e.J[r * e.P + p] * e.J[c * e.P + p];
                assert_within(centred[r * CT + c], sum / (double)T, 1e-12 * scale);
            }
        free(means);
        explicit_close(&e);
    }
}

/* Gram-Schmidt on n rows of length P, in place; returns how many are left. */
static size_t orthonormalise(size_t n, size_t P, double *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        double norm = 0;
        if (kept != i)
            memcpy(rows + kept * P, rows + i * P, P * sizeof *rows);
        double *row = rows + kept * P;
        for (int twice = 0; twice < 2; twice++)
            for (size_t k = 0; k < kept; k++) {
                double product = 0;
                for (size_t p = 0; p < P; p++)
                    product += row[p] * rows[k * P + p];
                for (size_t p = 0; p < P; p++)
                    row[p] -= product * rows[k * P + p];
            }
        for (size_t p = 0; p < P; p++)
            norm += row[p] * row[p];
        for (size_t p = 0; norm > 1e-20 && p < P; p++)
            row[p] /= sqrt(norm);
        kept += norm > 1e-20;
    }
    return kept;
}

/* The overlap from the dual against eigenvectors of the P×P matrix projected on the mean gradients
 * themselves. */
static void overlap_is_the_projection(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct explicit e;
        struct base_error error;
        explicit_open(&e, &shapes[s]);
        const size_t C = e.a.C, T = e.a.T, CT = e.a.CT, P = e.P;
        const size_t largest = P > CT ? P : CT;
        double *values = malloc(C * sizeof *values), *u = malloc(C * CT * sizeof *u),
               *v = malloc(C * P * sizeof *v);
        double *mean = calloc(C * P, sizeof *mean), *F = malloc(P * P * sizeof *F);
        double *work = malloc(largest * largest * sizeof *work), residual, overlap, expected = 0;
        assert_true(values != NULL && u != NULL && v != NULL && mean != NULL && F != NULL && work != NULL);

        for (size_t row = 0; row < CT; row++)
            for (size_t p = 0; p < P; p++)
                mean[row / T * P + p] += e.J[row * P + p] / (double)T;
        const size_t rank = orthonormalise(C, P, mean);
        fisher_matrix_compute(CT, T, P, e.J, F);
        assert_int_equal(linalg_eigen_top(P, C, F, NULL, values, v, &residual, work, &error), BASE_OK);
        for (size_t a = 0; a < C; a++)
            for (size_t k = 0; k < rank; k++) {
                double product = 0;
                for (size_t p = 0; p < P; p++)
                    product += v[a * P + p] * mean[k * P + p];
                expected += product * product / (double)C;
            }

        assert_int_equal(linalg_eigen_top(CT, C, e.dual, NULL, values, u, &residual, work, &error), BASE_OK);
        double *means = malloc(C * CT * sizeof *means);
        assert_non_null(means);
        fisher_dual_means(C, T, e.dual, means);
        assert_int_equal(fisher_overlap_compute(C, T, means, values, u, &overlap, &error), BASE_OK);
        free(means);
        assert_within(overlap, expected, 1e-9);
        assert_true(overlap > 0.001 && overlap < 1 + 1e-12); /* the test sees more than 0 and 1 */
        for (void **p = (void *[]){values, u, v, mean, F, work, NULL}; *p != NULL; p++)
            free(*p);
        explicit_close(&e);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(jacobian_is_the_derivative),  cmocka_unit_test(dual_is_the_jacobian_squared),
    cmocka_unit_test(ntk_is_the_jacobian_squared), cmocka_unit_test(full_matrix_has_the_spectrum_of_the_dual),
    cmocka_unit_test(centring_is_of_the_outputs),  cmocka_unit_test(overlap_is_the_projection),
};
const struct test_group tests_fisher_fisher = TEST_GROUP(tests);
