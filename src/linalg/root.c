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
    TRY(base_got(root->triangle = base_calloc(max_n * max_n, sizeof *root->triangle, error)));
    TRY(base_got(root->R = base_calloc(max_n * max_n, sizeof *root->R, error)));
    TRY(base_got(root->pivots = base_calloc(max_n, sizeof *root->pivots, error)));
out:
    if (status != BASE_OK)
        linalg_root_free(root);
    return status;
}

void linalg_root_free(struct linalg_root *root)
{
    free(root->triangle);
    free(root->R);
    free(root->pivots);
    memset(root, 0, sizeof *root);
}

size_t linalg_root_bytes(size_t max_n)
{
    return 2 * max_n * max_n * sizeof(double) + max_n * sizeof(int);
}

static void copy_upper(size_t n, const double *A, double *triangle)
{
    for (size_t i = 0; i < n; i++)
        memcpy(triangle + i * n + i, A + i * n + i, (n - i) * sizeof *A);
}

static bool factor_full(struct linalg_root *root, size_t n, const double *A, double tolerance)
{
    double *L = root->triangle;
    copy_upper(n, A, L);
    if (!linalg_cholesky(n, (double)n * DBL_EPSILON, L))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(L[i * n + i] * L[i * n + i] > tolerance))
            return false;
    for (size_t i = 0; i < n; i++)
        root->pivots[i] = (int)i;
    root->rank = n;
    return true;
}

/* LAPACK leaves PᵀAP = L Lᵀ: row a of L is row pivots[a] of R. */
static int factor_singular(struct linalg_root *root, size_t n, size_t max_rank, const double *A,
                           double tolerance, struct base_error *error)
{
    lapack_int rank = 0;
    copy_upper(n, A, root->triangle);
    const lapack_int info = LAPACKE_dpstrf(LAPACK_COL_MAJOR, 'L', (lapack_int)n, root->triangle,
                                           (lapack_int)n, root->pivots, &rank, tolerance);
    if (info < 0 || rank < 1) /* info 1 says: rank below n */
        return base_fail(error, BASE_UNRESOLVED,
                         "pivoted Cholesky of a %zux%zu Gram matrix failed (dpstrf: %d)", n, n, (int)info);
    root->rank = (size_t)rank < max_rank ? (size_t)rank : max_rank;
    for (size_t a = 0; a < n; a++) {
        root->pivots[a]--;
        double *row = root->R + (size_t)root->pivots[a] * root->rank;
        for (size_t b = 0; b < root->rank; b++)
            row[b] = b <= a ? root->triangle[b * n + a] : 0;
    }
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
    if (rank == 0) {
        memset(U, 0, m * n * sizeof *U);
        return;
    }
    if (rank < n) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)rank, alpha, Z, (int)stride,
                    root->R, (int)rank, 0.0, U, (int)n);
        return;
    }
    for (size_t i = 0; i < m && U != Z; i++)
        memcpy(U + i * n, Z + i * stride, n * sizeof *U);
    cblas_dtrmm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, (int)m, (int)n, alpha,
                root->triangle, (int)n, U, (int)n);
}

static void solve(const struct linalg_root *root, CBLAS_TRANSPOSE transpose, size_t m, double *B)
{
    if (root->rank > 0 && m > 0)
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, transpose, CblasNonUnit, (int)root->rank, (int)m,
                    1.0, root->triangle, (int)root->n, B, (int)m);
}

void linalg_root_solve(const struct linalg_root *root, size_t m, double *B)
{
    solve(root, CblasTrans, m, B);
}

void linalg_root_solve_transposed(const struct linalg_root *root, size_t m, double *B)
{
    solve(root, CblasNoTrans, m, B);
}
