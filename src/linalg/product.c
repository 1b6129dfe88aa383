#include "linalg/linalg.h"

#include <string.h>

#include <cblas.h>

/* BLAS wants a leading dimension of at least 1, also where a rank is 0. */
static int leading(size_t n)
{
    return n > 0 ? (int)n : 1;
}

void linalg_multiply(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
                     const double *A, const double *B, double beta, double *C)
{
    const size_t lda = transpose_a ? m : k, ldb = transpose_b ? k : n;
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, alpha, A, leading(lda), B,
                leading(ldb), beta, C, leading(n));
}

void linalg_multiply_vector(bool transpose, size_t m, size_t n, const double *A, const double *x, double *y)
{
    cblas_dgemv(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, (int)m, (int)n, 1, A, leading(n), x, 1,
                0, y, 1);
}

/* A strip of A's upper triangle, 64 rows with the block on the diagonal first, serves for its rows and for
 * its columns while it stays in a second-level cache; dsymm would pack all of A for the few rows of X. */
void linalg_multiply_symmetric(size_t k, size_t n, const double *X, const double *A, double *B)
{
    enum { FEWEST_STRIPPED = 5, STRIP = 64 };
    for (size_t i = 0; k < FEWEST_STRIPPED && i < k; i++)
        cblas_dsymv(CblasRowMajor, CblasUpper, (int)n, 1, A, (int)n, X + i * n, 1, 0, B + i * n, 1);
    if (k < FEWEST_STRIPPED)
        return;
    memset(B, 0, k * n * sizeof *B);
    for (size_t i = 0; i < n; i += STRIP) {
        const double *diagonal = A + i * n + i, *strip = diagonal + STRIP;
        const int rows = (int)(n - i < STRIP ? n - i : STRIP), right = (int)(n - i) - rows;
        cblas_dsymm(CblasRowMajor, CblasRight, CblasUpper, (int)k, rows, 1, diagonal, (int)n, X + i, (int)n,
                    1, B + i, (int)n);
        if (right == 0)
            break;
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)k, right, rows, 1, X + i, (int)n, strip,
                    (int)n, 1, B + i + STRIP, (int)n);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)k, rows, right, 1, X + i + STRIP, (int)n,
                    strip, (int)n, 1, B + i, (int)n);
    }
}

void linalg_mirror(size_t n, double *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            A[i * n + j] = A[j * n + i];
}

void linalg_gram(size_t m, size_t n, const double *X, double *G)
{
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)n, (int)m, 1.0, X, (int)n, 0.0, G, (int)n);
}

double linalg_frobenius2(size_t n, const double *A)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double *right = A + i * n + i + 1;
        sum += A[i * n + i] * A[i * n + i] + 2 * cblas_ddot((int)(n - i - 1), right, 1, right, 1);
    }
    return sum;
}

double linalg_trace(size_t n, const double *A)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += A[i * n + i];
    return sum;
}
