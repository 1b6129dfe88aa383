#include "linalg/linalg.h"

#include "base/memory.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <lapacke.h>

int linalg_root_init(struct linalg_root *root, size_t max_n, struct base_error *error)
{
    int status;
    memset(root, 0, sizeof *root);
    TRY(base_got(root->R = base_calloc(max_n * max_n, sizeof *root->R, error)));
    TRY(base_got(root->room = base_calloc(max_n * max_n, sizeof *root->room, error)));
    TRY(base_got(root->pivots = base_calloc(max_n, sizeof *root->pivots, error)));
out:
    if (status != BASE_OK)
        linalg_root_free(root);
    return status;
}

void linalg_root_free(struct linalg_root *root)
{
    free(root->R);
    free(root->room);
    free(root->pivots);
    memset(root, 0, sizeof *root);
}

size_t linalg_root_bytes(size_t max_n)
{
    return 2 * max_n * max_n * sizeof(double) + max_n * sizeof(int);
}

/* The upper triangle of A onto the lower one of L, in blocks that fit the cache; the upper one of L is 0. */
static void transpose_triangle(size_t n, const double *A, double *L)
{
    enum { BLOCK = 32 };
    for (size_t j0 = 0; j0 < n; j0 += BLOCK)
        for (size_t i0 = j0; i0 < n; i0 += BLOCK)
            for (size_t j = j0; j < j0 + BLOCK && j < n; j++)
                for (size_t i = i0 < j ? j : i0; i < i0 + BLOCK && i < n; i++)
                    L[i * n + j] = A[j * n + i];
    for (size_t i = 0; i < n; i++)
        memset(L + i * n + i + 1, 0, (n - i - 1) * sizeof *L);
}

/* Our rows are LAPACK's columns: its upper factor U, A = UᵀU, is our lower L, A = L Lᵀ, and it reads our
 * lower triangle. */
static bool factor_full(struct linalg_root *root, size_t n, const double *A, double tolerance)
{
    double *L = root->R;
    transpose_triangle(n, A, L);
    if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', (lapack_int)n, L, (lapack_int)n) != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(L[i * n + i] * L[i * n + i] > tolerance))
            return false;
    for (size_t i = 0; i < n; i++)
        root->pivots[i] = (int)i;
    root->rank = n;
    root->triangle = L;
    return true;
}

/* LAPACK leaves PᵀAP = L Lᵀ with L column-major in A's lower triangle: row a of L is row pivots[a] of R. Then
 * the independent rows onto A, which is not needed any more. */
static void unpack(struct linalg_root *root, double *A)
{
    const size_t n = root->n, rank = root->rank;
    for (size_t a = 0; a < n; a++) {
        double *row = root->R + (size_t)root->pivots[a] * rank;
        for (size_t b = 0; b < rank; b++)
            row[b] = b <= a ? A[b * n + a] : 0;
    }
    for (size_t a = 0; a < rank; a++)
        memcpy(A + a * rank, root->R + (size_t)root->pivots[a] * rank, rank * sizeof *A);
}

static int factor_singular(struct linalg_root *root, size_t n, size_t max_rank, const double *A,
                           double tolerance, struct base_error *error)
{
    lapack_int rank = 0;
    root->triangle = root->room;
    memcpy(root->room, A, n * n * sizeof *A);
    const lapack_int info = LAPACKE_dpstrf(LAPACK_COL_MAJOR, 'L', (lapack_int)n, root->room, (lapack_int)n,
                                           root->pivots, &rank, tolerance);
    if (info < 0 || rank < 1) /* info 1 says: rank below n */
        return base_fail(error, BASE_UNRESOLVED,
                         "pivoted Cholesky of a %zux%zu Gram matrix failed (dpstrf: %d)", n, n, (int)info);
    for (size_t i = 0; i < n; i++)
        root->pivots[i]--;
    root->rank = (size_t)rank < max_rank ? (size_t)rank : max_rank;
    unpack(root, root->room);
    return BASE_OK;
}

int linalg_root_factor(struct linalg_root *root, size_t n, size_t max_rank, const double *A,
                       struct base_error *error)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = A[i * n + i] > largest ? A[i * n + i] : largest;
    root->n = n;
    root->rank = 0;
    root->triangle = root->R;
    if (largest == 0) /* the root of nothing; LAPACK would not set the pivots */
        return BASE_OK;
    if (!(largest < DBL_MAX))
        return base_fail(error, BASE_UNRESOLVED, "a %zux%zu Gram matrix has elements that are not finite", n,
                         n);
    const double tolerance = (double)n * DBL_EPSILON * largest;
    if (max_rank >= n && factor_full(root, n, A, tolerance))
        return BASE_OK;
    return factor_singular(root, n, max_rank, A, tolerance, error);
}

void linalg_root_apply(const struct linalg_root *root, size_t m, double alpha, const double *Z, size_t stride,
                       double *U)
{
    const size_t n = root->n, rank = root->rank;
    if (rank < n) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)rank, alpha, Z, (int)stride,
                    root->R, rank > 0 ? (int)rank : 1, 0.0, U, (int)n);
        return;
    }
    for (size_t i = 0; i < m && U != Z; i++)
        memcpy(U + i * n, Z + i * stride, n * sizeof *U);
    cblas_dtrmm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, (int)m, (int)n, alpha,
                root->R, (int)n, U, (int)n);
}

void linalg_root_multiply(const struct linalg_root *root, size_t m, double alpha, double *B, double *C)
{
    const size_t n = root->n, rank = root->rank;
    if (rank < n) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)m, (int)rank, alpha, root->R,
                    rank > 0 ? (int)rank : 1, B, (int)m, 1.0, C, (int)m);
        return;
    }
    cblas_dtrmm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, (int)m, alpha,
                root->R, (int)n, B, (int)m);
    cblas_daxpy((int)(n * m), 1.0, B, 1, C, 1);
}

void linalg_root_solve_transposed(const struct linalg_root *root, size_t m, double *B)
{
    if (root->rank == 0)
        return;
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, (int)m, (int)root->rank, 1.0,
                root->triangle, (int)root->rank, B, (int)root->rank);
}

void linalg_root_solve(const struct linalg_root *root, size_t m, double *B)
{
    if (root->rank == 0)
        return;
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, (int)m, (int)root->rank,
                1.0, root->triangle, (int)root->rank, B, (int)root->rank);
}
