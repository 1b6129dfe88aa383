/* Eigenvalues of mean-field kernels against dense solvers and known matrices. */
#include "theory/theory.h"

#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

/* A symmetric matrix with a clear outlier or none; the lower triangle is nobody's. */
static void fill(size_t n, double outlier, double *K)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            K[i * n + j] = j < i ? NAN
                                 : outlier * (1 + 0.3 * sin((double)i)) * (1 + 0.3 * sin((double)j)) +
                                       cos(1.37 * (double)(i * j % 991)) + (i == j ? 40 : 0);
}

static void largest_eigenpairs_are_those_of_dense_solvers(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 9, 70, 400};
    for (size_t k = 0; k < 10; k++) {
        const size_t n = sizes[k / 2];
        struct base_error error = {""};
        double *K = malloc(n * n * sizeof *K), *copy = malloc(n * n * sizeof *K),
               *values = malloc(n * sizeof *values), *v = malloc(n * sizeof *v), value, norm = 0;
        assert_true(K != NULL && copy != NULL && values != NULL && v != NULL);
        fill(n, k % 2 == 0 ? 1 : 0, K);
        fill(n, k % 2 == 0 ? 1 : 0, copy);
        assert_int_equal(theory_eigen_top(n, K, &value, v, &error), BASE_OK);
        assert_int_equal(linalg_eigenvalues(n, copy, values, &error), BASE_OK);
        assert_close(value, values[0], 1e-12);
        for (size_t i = 0; i < n; i++) {
            double product = 0;
            for (size_t j = 0; j < n; j++)
                product += (i < j ? K[i * n + j] : K[j * n + i]) * v[j];
            assert_within(product, value * v[i], 1e-8 * value);
            norm += v[i] * v[i];
        }
        assert_close(norm, 1.0, 1e-12);
        free(K);
        free(copy);
        free(values);
        free(v);
    }
}

/* K from the order parameters, its spectrum, that of the centred one, and the share of the first eigenvector
 * in the mean gradient, all over again. */
static void spectra_are_of_the_kernel(void **state)
{
    (void)state;
    enum { T = 30, M_0 = 44 };
    struct net_architecture a;
    struct net_activation activation = {0};
    struct theory_order order;
    struct theory_spectrum spectrum;
    struct theory_fisher fisher;
    struct theory_ntk ntk;
    struct base_error error = {""};
    double inputs[M_0 * T], gram[T * T], K[T * T], centred[T * T], theta[T * T], eigenvalues[T], values[T],
        v[T], top, residual, work[T * T];
    shape_open(&(struct shape){"gelu", 2.1, 0.23, 3, 50, 2, T, {0.88, 1.2, 0.6}}, &a, &activation);
    assert_int_equal(a.widths[0], M_0);
    for (size_t i = 0; i < M_0 * T; i++)
        inputs[i] = 0.4 + sin((double)(i * i % 7919));
    a.inputs = inputs;
    assert_int_equal(theory_gram_compute(M_0, T, inputs, gram, &error), BASE_OK);
    assert_int_equal(theory_kernel_solve(&order, &activation, 2.1, 0.23, 3, T, gram, 1e-12, &error), BASE_OK);
    assert_int_equal(theory_fisher_kernel(&order, &a, &spectrum, eigenvalues, &error), BASE_OK);
    theory_fisher_predict(&order, &a, &fisher);
    assert_int_equal(theory_ntk_predict(&order, &a, &ntk, &error), BASE_OK);
    assert_true(isnan(fisher.kappa[0]) && isnan(fisher.eig_max) && fisher.alpha > 0);

    double trace = 0, squares = 0, whole = 0, row[T] = {0}, ntk_trace = 0, ntk_squares = 0;
    for (size_t p = 0; p < order.pairs; p++) {
        const size_t s = order.s[p], t = order.t[p];
        double sum = 0, sum_ntk = 0;
        for (size_t l = 1; l <= 3; l++) {
            const double qtilde = order.qtilde[l * order.pairs + p];
            sum += ((double)a.widths[l - 1] * order.qhat[(l - 1) * order.pairs + p] + 1) * qtilde / T;
            sum_ntk += order.q[l * order.pairs + p] * qtilde;
        }
        K[s * T + t] = K[t * T + s] = sum;
        theta[s * T + t] = theta[t * T + s] = sum_ntk;
    }
    for (size_t s = 0; s < T; s++)
        for (size_t t = 0; t < T; t++) {
            trace += s == t ? K[s * T + t] : 0;
            squares += K[s * T + t] * K[s * T + t];
            row[s] += K[s * T + t] / T;
            whole += K[s * T + t];
            ntk_trace += s == t ? theta[s * T + t] : 0;
            ntk_squares += theta[s * T + t] * theta[s * T + t];
        }
    for (size_t s = 0; s < T; s++)
        for (size_t t = 0; t < T; t++)
            centred[s * T + t] = K[s * T + t] - row[s] - row[t] + whole / (T * T);
    assert_close(fisher.eig_mean, 2 * trace / a.P, 1e-12);
    assert_close(fisher.eig_second_moment, 2 * squares / a.P, 1e-12);
    assert_close(ntk.eig_mean, ntk_trace / T, 1e-12);
    assert_close(ntk.eig_second_moment, ntk_squares / T, 1e-12);

    assert_int_equal(linalg_eigen_top(T, 1, K, NULL, &top, v, &residual, work, &error), BASE_OK);
    assert_close(spectrum.eig_max, top, 1e-11);
    double sum = 0;
    for (size_t t = 0; t < T; t++)
        sum += v[t];
    assert_close(spectrum.eigvec_overlap, top * sum * sum / whole, 1e-9);
    assert_true(spectrum.eigvec_overlap > 0.5 && spectrum.eigvec_overlap <= 1);
    assert_int_equal(linalg_eigenvalues(T, K, values, &error), BASE_OK);
    for (size_t i = 0; i < T; i++)
        assert_within(eigenvalues[i], values[i], 1e-11 * top);
    assert_int_equal(linalg_eigenvalues(T, centred, values, &error), BASE_OK);
    assert_close(spectrum.centred_eig_max, values[0], 1e-11);
    assert_int_equal(linalg_eigenvalues(T, theta, values, &error), BASE_OK);
    assert_close(ntk.eig_max, values[0], 1e-11);
    theory_order_free(&order);
    net_activation_close(&activation);
}

/* Of Gaussian inputs in many dimensions the kernel is that of two numbers; in few, K of a linear network of
 * one layer is Wishart's: (M_0 H/M_0 + 1 1ᵀ)/T has trace M_0 + 1 on average, and T − M_0 − 1 zeros. */
static void draws_are_gaussian(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct theory_spectrum spectrum;
    struct theory_order order;
    struct theory_fisher fisher;
    struct base_error error = {""};
    double eigenvalues[40], trace = 0;
    shape_open(&(struct shape){"tanh", 3, 0.64, 3, 1000000, 1, 40, {1}}, &a, &activation);
    assert_int_equal(theory_fisher_draws(&a, &activation, &spectrum, eigenvalues, &error), BASE_OK);
    assert_int_equal(theory_order_solve(&order, &activation, 3, 0.64, 3, 1e-12, &error), BASE_OK);
    theory_fisher_predict(&order, &a, &fisher);
    assert_close(spectrum.eig_max, fisher.eig_max, 0.002);
    assert_close(spectrum.centred_eig_max, fisher.centred_eig_max, 0.03); /* √(T/M_0) is 0.006 */
    assert_close(eigenvalues[0], fisher.eig_max, 0.002);
    assert_close(eigenvalues[39], fisher.centred_eig_max, 0.03);
    theory_order_free(&order);
    net_activation_close(&activation);

    shape_open(&(struct shape){"linear", 1, 0, 1, 7, 1, 12, {1}}, &a, &activation);
    assert_int_equal(theory_fisher_draws(&a, &activation, &spectrum, eigenvalues, &error), BASE_OK);
    for (size_t i = 0; i < 12; i++)
        trace += eigenvalues[i];
    /* 83 draws of χ² with 84 degrees of freedom over 12, ± 0.12, and 1: within 5 of these errors */
    assert_close(trace, 8.0, 5 * sqrt(2.0 / (84 * 83)) * 7 / 8);
    assert_true(eigenvalues[7] > 0.01);
    assert_within(eigenvalues[8], 0, 1e-12);
    net_activation_close(&activation);
    a.T = a.CT = THEORY_MOST_DRAWN + 1;
    assert_int_equal(theory_fisher_draws(&a, &activation, &spectrum, NULL, &error), BASE_UNRESOLVED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(largest_eigenpairs_are_those_of_dense_solvers),
    cmocka_unit_test(spectra_are_of_the_kernel),
    cmocka_unit_test(draws_are_gaussian),
};
const struct test_group tests_theory_spectrum = TEST_GROUP(tests);
