#include "linalg/linalg.h"
#include "linalg/lanczos.h"

#include "random/normal.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *random_matrix(size_t m, size_t n, uint64_t stream)
{
    double *A = malloc(m * n * sizeof *A);
    assert_non_null(A);
    random_normals(2385, stream, 0, m * n, A);
    return A;
}

/* G (n, n) = XᵀX of X (m, n), by the definition */
static double *gram_of(size_t m, size_t n, const double *X)
{
    double *G = calloc(n * n, sizeof *G);
    assert_non_null(G);
    for (size_t i = 0; i < m; i++)
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                G[a * n + b] += X[i * n + a] * X[i * n + b];
    return G;
}

static void multiply_is_the_sum(void **state)
{
    (void)state;
    enum { M = 7, N = 5, K = 9 };
    double *A = random_matrix(M, K, 1), *B = random_matrix(K, N, 2), *C0 = random_matrix(M, N, 3);
    for (int flags = 0; flags < 4; flags++) {
        double C[M * N];
        memcpy(C, C0, sizeof C);
        linalg_multiply(flags & 1, flags & 2, M, N, K, 2.385, A, B, -0.7, C);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++) {
                double sum = 0;
                for (size_t k = 0; k < K; k++)
                    sum +=
                        (flags & 1 ? A[k * M + i] : A[i * K + k]) * (flags & 2 ? B[j * K + k] : B[k * N + j]);
                assert_within(C[i * N + j], 2.385 * sum - 0.7 * C0[i * N + j], 1e-13);
            }
    }
    linalg_multiply(false, true, M, N, 0, 1, A, B, 0, C0); /* a sum of nothing */
    for (size_t i = 0; i < (size_t)M * N; i++)
        assert_true(C0[i] == 0);
    free(A);
    free(B);
    free(C0);
}

/* What stands below the diagonal is nobody's to read. */
static void poison(size_t n, double *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            A[i * n + j] = NAN;
}

/* The upper triangle, and the lower one not touched: what works on it reads no NaN. */
static void gram_is_the_upper_triangle(void **state)
{
    (void)state;
    const size_t sizes[][2] = {{1, 1}, {50, 3}, {3, 70}, {40, 33}};
    for (size_t s = 0; s < 4; s++) {
        const size_t m = sizes[s][0], n = sizes[s][1];
        double *X = random_matrix(m, n, 4), *expected = gram_of(m, n, X), *G = malloc(n * n * sizeof *G);
        double trace = 0, squares = 0;
        for (size_t i = 0; i < n * n; i++)
            G[i] = NAN;
        linalg_gram(m, n, X, G);
        for (size_t i = 0; i < n * n; i++) {
            if (i % n >= i / n)
                assert_within(G[i], expected[i], 1e-12);
            else
                assert_true(isnan(G[i]));
            squares += expected[i] * expected[i];
            trace += i / n == i % n ? expected[i] : 0;
        }
        assert_close(linalg_trace(n, G), trace, 1e-13);
        assert_close(linalg_frobenius2(n, G), squares, 1e-13);
        linalg_mirror(n, G);
        for (size_t i = 0; i < n * n; i++)
            assert_true(G[i] == G[i % n * n + i / n]);
        free(X);
        free(expected);
        free(G);
    }
}

/* X A from the upper triangle of A, for few and for many rows, over strips that are whole and not. */
static void multiply_symmetric_is_the_sum(void **state)
{
    (void)state;
    const size_t sizes[][2] = {{1, 150}, {4, 70}, {5, 1}, {5, 64}, {7, 65}, {11, 200}};
    for (size_t s = 0; s < 6; s++) {
        const size_t k = sizes[s][0], n = sizes[s][1];
        double *X = random_matrix(k, n, 8), *Y = random_matrix(n, n, 9), *A = gram_of(n, n, Y);
        double *expected = calloc(k * n, sizeof *expected), *B = malloc(k * n * sizeof *B);
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < n; j++)
                for (size_t c = 0; c < n; c++)
                    expected[i * n + c] += X[i * n + j] * A[j * n + c];
        for (size_t i = 0; i < k * n; i++)
            B[i] = NAN;
        poison(n, A);
        linalg_multiply_symmetric(k, n, X, A, B);
        for (size_t i = 0; i < k * n; i++)
            assert_within(B[i], expected[i], 1e-13 * (double)(n * n));
        for (double **p = (double *[]){X, Y, A, expected, B, NULL}; *p != NULL; p++)
            free(*p);
    }
}

/* R (n, rank) of either kind of root. */
static void dense_root(const struct linalg_root *root, double *R)
{
    for (size_t i = 0; i < root->n; i++)
        for (size_t b = 0; b < root->rank; b++)
            R[i * root->rank + b] = root->rank < root->n ? root->R[i * root->rank + b]
                                    : b <= i             ? root->triangle[b * root->n + i]
                                                         : 0;
}

/* A = R Rᵀ, its rank found, for full rank, m < n and nearly equal rows. */
static void root_reveals_the_rank(void **state)
{
    (void)state;
    enum { N = 24 };
    struct base_error error;
    struct linalg_root root;
    assert_int_equal(linalg_root_init(&root, N, &error), BASE_OK);
    static const size_t ranks[] = {1, 5, 23, 24, 60};
    for (size_t s = 0; s < 5; s++) {
        double *X = random_matrix(ranks[s], N, 5), *A = gram_of(ranks[s], N, X),
               *kept = gram_of(ranks[s], N, X), R[N * N], RRt[N * N];
        poison(N, A);
        assert_int_equal(linalg_root_factor(&root, N, N, A, &error), BASE_OK);
        assert_int_equal(root.rank, ranks[s] < N ? ranks[s] : N);
        dense_root(&root, R);
        linalg_multiply(false, true, N, N, root.rank, 1, R, R, 0, RRt);
        for (size_t i = 0; i < N * N; i++)
            assert_within(RRt[i], kept[i], 1e-12 * kept[0]);
        free(X);
        free(A);
        free(kept);
    }
    double almost[9] = {1, 0, 0, 0, 1e-16, 0, 0, 0, 1}; /* Cholesky itself would take it */
    assert_int_equal(linalg_root_factor(&root, 3, 3, almost, &error), BASE_OK);
    assert_int_equal(root.rank, 2);
    linalg_root_free(&root);
}

/* A = R Rᵀ where it is factored in blocks, one of them not whole; NaN anywhere in A is seen. */
static void root_in_blocks(void **state)
{
    (void)state;
    enum { N = 300 };
    struct base_error error;
    struct linalg_root root;
    assert_int_equal(linalg_root_init(&root, N, &error), BASE_OK);
    double *X = random_matrix(2 * N, N, 10), *A = gram_of(2 * N, N, X), *R = malloc(sizeof(double[N * N])),
           *RRt = malloc(sizeof(double[N * N]));
    assert_int_equal(linalg_root_factor(&root, N, N, A, &error), BASE_OK);
    assert_int_equal(root.rank, N);
    dense_root(&root, R);
    linalg_multiply(false, true, N, N, N, 1, R, R, 0, RRt);
    for (size_t i = 0; i < (size_t)N * N; i++)
        assert_within(RRt[i], A[i], 1e-12 * A[0]);
    for (size_t j = 1; j < N; j += 149) {
        const double kept = A[j];
        A[j] = NAN;
        assert_int_equal(linalg_root_factor(&root, N, N, A, &error), BASE_UNRESOLVED);
        A[j] = kept;
    }
    for (double **p = (double *[]){X, A, R, RRt, NULL}; *p != NULL; p++)
        free(*p);
    linalg_root_free(&root);
}

/* U = alpha Z Rᵀ, at full and at lower rank, with rows of Z that are longer than they need be. */
static void root_applies(void **state)
{
    (void)state;
    enum { N = 24, M = 7, STRIDE = 30 };
    struct base_error error;
    struct linalg_root root;
    assert_int_equal(linalg_root_init(&root, N, &error), BASE_OK);
    static const size_t ranks[] = {1, 23, 60};
    for (size_t s = 0; s < 3; s++) {
        double *X = random_matrix(ranks[s], N, 5), *A = gram_of(ranks[s], N, X),
               *Z = random_matrix(M, STRIDE, 6), U[M * N], R[N * N];
        assert_int_equal(linalg_root_factor(&root, N, N, A, &error), BASE_OK);
        dense_root(&root, R);
        linalg_root_apply(&root, M, 1.7, Z, STRIDE, U);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++) {
                double sum = 0;
                for (size_t r = 0; r < root.rank; r++)
                    sum += Z[i * STRIDE + r] * R[j * root.rank + r];
                assert_within(U[i * N + j], 1.7 * sum, 1e-11);
            }
        free(X);
        free(A);
        free(Z);
    }
    linalg_root_free(&root);
}

/* L (L⁻¹ B) = B and Lᵀ (L⁻ᵀ B) = B with L the independent rows of R, at full and at lower rank. */
static void root_solves(void **state)
{
    (void)state;
    enum { N = 12, M = 3 };
    struct base_error error;
    struct linalg_root root;
    assert_int_equal(linalg_root_init(&root, N, &error), BASE_OK);
    for (size_t rank = 7; rank <= N; rank += 5) {
        double *X = random_matrix(rank, N, 6), *A = gram_of(rank, N, X), *B = random_matrix(rank, M, 7);
        double R[N * N], L[N * N];
        assert_int_equal(linalg_root_factor(&root, N, N, A, &error), BASE_OK);
        assert_int_equal(root.rank, rank);
        dense_root(&root, R);
        for (size_t a = 0; a < rank; a++)
            for (size_t b = 0; b < rank; b++) {
                L[a * rank + b] = R[(size_t)root.pivots[a] * rank + b];
                assert_true(b <= a || L[a * rank + b] == 0);
            }
        for (int transposed = 0; transposed < 2; transposed++) {
            double solved[M * N], back[M * N];
            memcpy(solved, B, M * rank * sizeof *solved);
            (transposed ? linalg_root_solve_transposed : linalg_root_solve)(&root, M, solved);
            linalg_multiply(transposed, false, rank, M, rank, 1, L, solved, 0, back);
            for (size_t i = 0; i < M * rank; i++)
                assert_within(back[i], B[i], 1e-10);
        }
        free(X);
        free(A);
        free(B);
    }
    linalg_root_free(&root);
}

static void root_of_nothing_and_of_nan(void **state)
{
    (void)state;
    double zero[9] = {0}, nan[9] = {1, 0, 0, 0, NAN, 0, 0, 0, 1};
    struct base_error error;
    struct linalg_root root;
    assert_int_equal(linalg_root_init(&root, 3, &error), BASE_OK);
    assert_int_equal(linalg_root_factor(&root, 3, 3, zero, &error), BASE_OK);
    double U[6] = {1, 2, 3, 4, 5, 6}, none = NAN;
    linalg_root_apply(&root, 2, 1, &none, 0, U);
    for (size_t i = 0; i < 6; i++)
        assert_true(U[i] == 0);
    assert_int_equal(root.rank, 0);
    linalg_root_solve(&root, 2, zero);
    assert_int_equal(linalg_root_factor(&root, 3, 3, nan, &error), BASE_UNRESOLVED);
    linalg_root_free(&root);
}

/* A v = λ v, orthonormal, descending, and the same values as from the full solver; dense and iterative sizes,
 * a cluster of k nearly equal ones far above the rest as the Fisher matrix has them. */
static void top_eigenpairs_are_eigenpairs(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1}, {4, 4}, {30, 1}, {60, 3}, {150, 1}, {200, 4}, {300, 30}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t n = sizes[s][0], k = sizes[s][1];
        double *X = random_matrix(2 * n, n, 8 + s);
        for (size_t i = 0; i < k; i++) /* k large rows with disjoint supports */
            for (size_t j = 0; j < n; j++)
                X[i * n + j] = (j * k / n == i) * (20 + 1e-3 * (double)i) + 0.1 * X[i * n + j];
        double *A = gram_of(2 * n, n, X), *copy = gram_of(2 * n, n, X), *work = malloc(n * n * sizeof *work);
        double *values = malloc(n * sizeof *values), *V = malloc(k * n * sizeof *V),
               *all = malloc(n * sizeof *all);
        double residual = 1;
        struct base_error error;
        poison(n, A);
        poison(n, copy);
        assert_int_equal(linalg_eigen_top(n, k, A, NULL, values, V, &residual, work, &error), BASE_OK);
        assert_memory_equal(A, copy, n * n * sizeof *A);
        assert_int_equal(linalg_eigenvalues(n, copy, all, &error), BASE_OK);
        assert_true(residual < 1e-10);
        for (size_t a = 0; a < k; a++) {
            assert_close(values[a], all[a], 1e-12);
            assert_true(a == 0 || values[a] <= values[a - 1]);
            for (size_t b = 0; b < k; b++) {
                double product = 0;
                for (size_t i = 0; i < n; i++)
                    product += V[a * n + i] * V[b * n + i];
                assert_within(product, a == b, 1e-11);
            }
        }
        for (void **p = (void *[]){X, A, copy, work, values, V, all, NULL}; *p != NULL; p++)
            free(*p);
    }
    assert_false(linalg_eigen_top_is_iterative(60, 1)); /* both solvers are covered above */
    assert_true(linalg_eigen_top_is_iterative(150, 1));
    assert_true(linalg_eigen_top_is_iterative(300, 30));
}

/* The top k of A by Lanczos itself, without the dense solver that would cover a failure of it: right, where
 * it says so; false where it does not. */
static bool try_lanczos(size_t n, size_t k, const double *A, double off_by)
{
    double *copy = malloc(n * n * sizeof *copy), *all = malloc(n * sizeof *all);
    double *values = malloc(k * sizeof *values), *V = malloc(k * n * sizeof *V);
    bool converged = false;
    struct base_error error;
    assert_int_equal(lanczos_top(n, k, A, NULL, 1e-12, values, V, &converged, &error), BASE_OK);
    memcpy(copy, A, n * n * sizeof *copy);
    assert_int_equal(linalg_eigenvalues(n, copy, all, &error), BASE_OK);
    for (size_t a = 0; a < k && converged; a++) {
        assert_within(values[a], all[a], off_by * all[0]);
        for (size_t i = 0; i < n; i++) {
            double product = 0;
            for (size_t j = 0; j < n; j++)
                product += A[i * n + j] * V[a * n + j];
            assert_within(product, values[a] * V[a * n + i], 1e-11 * all[0]);
        }
    }
    for (void **p = (void *[]){copy, all, values, V, NULL}; *p != NULL; p++)
        free(*p);
    return converged;
}

/* The edge of a bulk; a rank below the first steps; a threefold spectrum in blocks, as of three outputs at L
 * = 1; nothing at all. */
static void lanczos_finds_the_top(void **state)
{
    (void)state;
    enum { N = 120 };
    double *X = random_matrix(2 * N, N, 20), *A = gram_of(2 * N, N, X), *zero = calloc(N * N, sizeof *zero);
    assert_true(try_lanczos(N, 1, A, 1e-13));
    assert_true(try_lanczos(N, 3, A, 1e-13));
    assert_true(try_lanczos(N, 1, zero, 0));
    free(A);
    A = gram_of(4, N, X);
    assert_true(try_lanczos(N, 1, A, 1e-13));
    assert_true(try_lanczos(N, 2, A, 1e-13));
    free(A);
    for (size_t rank = 1; rank <= 9; rank++) { /* a block that is not whole is dependent: it may give up */
        A = gram_of(rank, N, X);
        for (size_t k = 1; k <= 5; k++)
            assert_true(try_lanczos(N, k, A, 1e-13) || rank % k != 0);
        free(A);
    }
    double *B = gram_of(N, N / 3, X);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            zero[i * N + j] = i / (N / 3) == j / (N / 3) ? B[i % (N / 3) * (N / 3) + j % (N / 3)] : 0;
    assert_true(try_lanczos(N, 3, zero, 1e-13));
    free(X);
    free(B);
    free(zero);
}

/* A basis that is full before the top is found says so: second differences have a top as flat as can be. */
static void lanczos_owns_to_a_failure(void **state)
{
    (void)state;
    enum { N = 1000 };
    double *A = calloc(N * N, sizeof *A), value, V[N];
    bool converged = true;
    struct base_error error;
    for (size_t i = 0; i < N; i++) {
        A[i * N + i] = 2;
        if (i + 1 < N)
            A[i * N + i + 1] = -1;
    }
    assert_int_equal(lanczos_top(N, 1, A, NULL, 1e-10, &value, V, &converged, &error), BASE_OK);
    assert_false(converged);
    free(A);
}

static void eigenvalues_of_the_second_difference(void **state)
{
    (void)state;
    enum { N = 17 };
    double A[N * N] = {0}, values[N];
    struct base_error error;
    for (size_t i = 0; i < N; i++) {
        A[i * N + i] = 2;
        if (i > 0)
            A[i * N + i - 1] = A[(i - 1) * N + i] = -1;
    }
    assert_int_equal(linalg_eigenvalues(N, A, values, &error), BASE_OK);
    for (size_t i = 0; i < N; i++)
        assert_within(values[i], 2 + 2 * cos(acos(-1) * (double)(i + 1) / (N + 1)), 1e-14);
}

static void eigenvalues_of_nan_are_unresolved(void **state)
{
    (void)state;
    static const size_t sizes[] = {20, 150};
    for (size_t s = 0; s < 2; s++) {
        const size_t n = sizes[s];
        double *X = random_matrix(n, n, 9), *A = gram_of(n, n, X), *V = malloc(n * sizeof *V), value,
               residual;
        double *work = malloc(n * n * sizeof *work);
        struct base_error error;
        A[n + 1] = NAN;
        assert_int_equal(linalg_eigen_top(n, 1, A, NULL, &value, V, &residual, work, &error),
                         BASE_UNRESOLVED);
        free(X);
        free(A);
        free(V);
        free(work);
    }
}

static void slow_kernels_are_corrected(void **state)
{
    (void)state;
    assert_string_equal(linalg_kernel_correction("Prescott", "SKYLAKEX"), "SKYLAKEX");
    assert_string_equal(linalg_kernel_correction("Sandybridge", "HASWELL"), "HASWELL");
    assert_null(linalg_kernel_correction("Zen", "SKYLAKEX"));
    assert_null(linalg_kernel_correction("Cooperlake", "SKYLAKEX"));
    assert_null(linalg_kernel_correction("Prescott", "Prescott")); /* the best that an old CPU can do */
}

/* X A⁻¹ A = X for a badly scaled A, above and below the size of a block. */
static void cholesky_solves(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 5, 70, 300};
    for (size_t k = 0; k < 4; k++) {
        const size_t n = sizes[k], m = 3;
        double *X = random_matrix(2 * n, n, 20 + k), *A = gram_of(2 * n, n, X),
               *rows = random_matrix(m, n, 30 + k), *back = malloc(m * n * sizeof *back),
               *factor = malloc(n * n * sizeof *factor);
        assert_true(back != NULL && factor != NULL);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                A[i * n + j] *= pow(10, -30.0 * (double)(i % 3 + j % 3));
        memcpy(factor, A, n * n * sizeof *A);
        poison(n, factor);
        assert_true(linalg_cholesky(n, 1e-12, factor));
        memcpy(back, rows, m * n * sizeof *rows);
        linalg_cholesky_solve(n, factor, m, back);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0, size = 0;
                for (size_t a = 0; a < n; a++) {
                    sum += back[i * n + a] * A[a * n + j];
                    size += fabs(back[i * n + a] * A[a * n + j]);
                }
                assert_within(sum, rows[i * n + j], 1e-12 * (1 + size));
            }
        free(X);
        free(A);
        free(rows);
        free(back);
        free(factor);
    }
}

static void cholesky_refuses(void **state)
{
    (void)state;
    const double bad[][4] = {{1, 1, 0, 1},        {1, 2, 0, 1},        {0, 0, 0, 1},
                             {1, 0, 0, -1},       {NAN, 0, 0, 1},      {1, NAN, 0, 1},
                             {1, 0, 0, INFINITY}, {1, INFINITY, 0, 1}, {1, 1, 0, 1 + 1e-13}};
    double A[4] = {1, 1, NAN, 1 + 1e-11};
    assert_true(linalg_cholesky(2, 1e-12, A));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(A, bad[i], sizeof A);
        assert_false(linalg_cholesky(2, 1e-12, A));
    }
    double *B = calloc(300 * 300, sizeof *B);
    assert_non_null(B);
    for (size_t i = 0; i < 300; i++)
        B[i * 300 + i] = i == 280 ? 0 : 1; /* past the first block */
    assert_false(linalg_cholesky(300, 1e-12, B));
    free(B);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(multiply_is_the_sum),
    cmocka_unit_test(gram_is_the_upper_triangle),
    cmocka_unit_test(multiply_symmetric_is_the_sum),
    cmocka_unit_test(cholesky_solves),
    cmocka_unit_test(cholesky_refuses),
    cmocka_unit_test(root_reveals_the_rank),
    cmocka_unit_test(root_in_blocks),
    cmocka_unit_test(root_applies),
    cmocka_unit_test(root_solves),
    cmocka_unit_test(root_of_nothing_and_of_nan),
    cmocka_unit_test(top_eigenpairs_are_eigenpairs),
    cmocka_unit_test(lanczos_finds_the_top),
    cmocka_unit_test(lanczos_owns_to_a_failure),
    cmocka_unit_test(eigenvalues_of_the_second_difference),
    cmocka_unit_test(eigenvalues_of_nan_are_unresolved),
    cmocka_unit_test(slow_kernels_are_corrected),
};
const struct test_group tests_linalg_linalg = TEST_GROUP(tests);
