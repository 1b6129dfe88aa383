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
    TRY(base_got(root->triangle = base_calloc(max_n * max_n, sizeof *root->triangle, error)));
    TRY(base_got(root->pivots = base_calloc(max_n, sizeof *root->pivots, error)));
out:
    if (status != BASE_OK)
        linalg_root_free(root);
    return status;
}

void linalg_root_free(struct linalg_root *root)
{
    free(root->R);
    free(root->triangle);
    free(root->pivots);
    memset(root, 0, sizeof *root);
}

size_t linalg_root_bytes(size_t max_n)
{
    return 2 * max_n * max_n * sizeof(double) + max_n * sizeof(int);
}

/* LAPACK leaves PᵀAP = L Lᵀ with L column-major in A's lower triangle: row a of L is row pivots[a] of R. */
static void unpack(struct linalg_root *root, const double *A)
{
    const size_t n = root->n, rank = root->rank;
    for (size_t a = 0; a < n; a++) {
        double *row = root->R + (size_t)root->pivots[a] * rank;
        for (size_t b = 0; b < rank; b++)
            row[b] = b <= a ? A[b * n + a] : 0;
        if (a < rank)
            memcpy(root->triangle + a * rank, row, rank * sizeof *row);
    }
}

int linalg_root_factor(struct linalg_root *root, size_t n, size_t max_rank, double *A,
                       struct base_error *error)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = A[i * n + i] > largest ? A[i * n + i] : largest;
    root->n = n;
    root->rank = 0;
    if (largest == 0) /* the root of nothing; LAPACK would not set the pivots */
        return BASE_OK;

    lapack_int rank = 0;
    const double tolerance = (double)n * DBL_EPSILON * largest;
    const lapack_int info = LAPACKE_dpstrf(LAPACK_COL_MAJOR, 'L', (lapack_int)n, A, (lapack_int)n,
                                           root->pivots, &rank, tolerance);
    if (info < 0 || rank < 1 || !(largest < DBL_MAX)) /* info 1 says: rank below n */
        return base_fail(error, BASE_UNRESOLVED,
                         "pivoted Cholesky of a %zux%zu Gram matrix failed (dpstrf: %d)", n, n, (int)info);
    for (size_t i = 0; i < n; i++)
        root->pivots[i]--;
    root->rank = (size_t)rank < max_rank ? (size_t)rank : max_rank;
    unpack(root, A);
    return BASE_OK;
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
