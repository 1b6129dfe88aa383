#include "linalg/linalg.h"

#include <math.h>

#include <cblas.h>
#include <lapacke.h>

/* A_ii = Σ_j L_ij². */
static bool resolved(size_t n, double tolerance, const double *U)
{
    for (size_t i = 0; i < n; i++) {
        double diagonal = 0;
        for (size_t j = 0; j <= i; j++)
            diagonal += U[j * n + i] * U[j * n + i];
        if (!(U[i * n + i] * U[i * n + i] > tolerance * diagonal) || !isfinite(diagonal))
            return false;
    }
    return true;
}

/* Our rows are LAPACK's columns: our upper triangle is its lower one, and its L, A = L Lᵀ, is our Lᵀ. LAPACK
 * works on blocks along the diagonal, narrower than it takes them itself. */
bool linalg_cholesky(size_t n, double tolerance, double *A)
{
    const size_t block = n < 256 ? n : 64;
    for (size_t first = 0; first < n; first += block) {
        const size_t rows = n - first < block ? n - first : block, right = n - first - rows;
        double *diagonal = A + first * n + first, *strip = diagonal + rows;
        if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)rows, diagonal, (lapack_int)n) != 0)
            return false;
        if (right == 0)
            break;
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, (int)rows, (int)right, 1,
                    diagonal, (int)n, strip, (int)n);
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)right, (int)rows, -1, strip, (int)n, 1,
                    strip + rows * n, (int)n);
    }
    return resolved(n, tolerance, A);
}

void linalg_cholesky_solve(size_t n, const double *triangle, size_t m, double *X)
{
    if (n == 0 || m == 0)
        return;
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, (int)m, (int)n, 1,
                triangle, (int)n, X, (int)n);
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper, CblasTrans, CblasNonUnit, (int)m, (int)n, 1, triangle,
                (int)n, X, (int)n);
}
