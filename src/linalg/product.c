#include "linalg/linalg.h"

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

void linalg_mirror(size_t n, double *G)
{
    enum { BLOCK = 32 }; /* fits the cache */
    for (size_t i0 = 0; i0 < n; i0 += BLOCK)
        for (size_t j0 = 0; j0 <= i0; j0 += BLOCK)
            for (size_t i = i0; i < i0 + BLOCK && i < n; i++)
                for (size_t j = j0; j < j0 + BLOCK && j < i; j++)
                    G[i * n + j] = G[j * n + i];
}

void linalg_gram_upper(size_t m, size_t n, const double *X, double *G)
{
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)n, (int)m, 1.0, X, (int)n, 0.0, G, (int)n);
}

void linalg_gram(size_t m, size_t n, const double *X, double *G)
{
    linalg_gram_upper(m, n, X, G);
    linalg_mirror(n, G);
}

double linalg_frobenius2(size_t n, const double *A)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < n; j++)
            row += A[i * n + j] * A[i * n + j];
        sum += row;
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
