#include "fisher/fisher.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t fisher_estimator_rank(size_t C, size_t n)
{
    return n < C ? n : C;
}

/* B (C, C) = (1/n) Σ_r ε_r(t) ε_r(t)ᵀ */
static void outputs_gram(size_t C, size_t T, size_t n, const double *epsilon, size_t t, double *B)
{
    memset(B, 0, C * C * sizeof *B);
    for (size_t r = 0; r < n; r++)
        for (size_t k = 0; k < C; k++)
            for (size_t k2 = k; k2 < C; k2++)
                B[k * C + k2] += epsilon[(r * C + k) * T + t] * epsilon[(r * C + k2) * T + t] / (double)n;
}

/* R_t of a sample from the Cholesky factor of its B; rank lines of the identity pick its columns. */
static int sample_root(size_t C, size_t T, size_t t, struct linalg_root *root, double *B, double *columns,
                       double *X, struct base_error *error)
{
    int status;
    TRY(linalg_root_factor(root, C, C, B, error));
    memset(B, 0, C * C * sizeof *B);
    for (size_t r = 0; r < root->rank; r++)
        B[r * root->rank + r] = 1;
    linalg_root_apply(root, root->rank, 1, B, root->rank, columns);
    for (size_t r = 0; r < C; r++)
        for (size_t k = 0; k < C; k++)
            X[(r * C + k) * T + t] = r < root->rank ? columns[r * C + k] : 0;
out:
    return status;
}

int fisher_estimator_root(size_t C, size_t T, size_t n, const double *epsilon, double *X,
                          struct base_error *error)
{
    int status = BASE_OK;
    struct linalg_root root = {0};
    double *B = NULL, *columns = NULL;
    if (n <= C) {
        for (size_t i = 0; i < n * C * T; i++)
            X[i] = epsilon[i] / sqrt((double)n);
        return BASE_OK;
    }
    TRY(base_got(B = base_calloc(C * C, sizeof *B, error)));
    TRY(base_got(columns = base_calloc(C * C, sizeof *columns, error)));
    TRY(linalg_root_init(&root, C, error));
    for (size_t t = 0; t < T; t++) {
        outputs_gram(C, T, n, epsilon, t, B);
        TRY(sample_root(C, T, t, &root, B, columns, X, error));
    }
out:
    linalg_root_free(&root);
    free(B);
    free(columns);
    return status;
}

/* y_k(r, t) = Σ_k' F*_(k,s),(k',t) x_r,k'(t), y (m, T) */
static void outputs_contract(size_t C, size_t T, size_t m, const double *row, const double *X, double *y)
{
    memset(y, 0, m * T * sizeof *y);
    for (size_t r = 0; r < m; r++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < T; t++)
                y[r * T + t] += row[k * T + t] * X[(r * C + k) * T + t];
}

int fisher_estimator_dual(size_t C, size_t T, size_t m, const double *X, const double *dual, double *estimate,
                          struct base_error *error)
{
    int status;
    const size_t mT = m * T;
    double *y = base_calloc(mT, sizeof *y, error);
    TRY(base_got(y));
    memset(estimate, 0, mT * mT * sizeof *estimate);
    for (size_t s = 0; s < T; s++)
        for (size_t k = 0; k < C; k++) {
            outputs_contract(C, T, m, dual + (k * T + s) * C * T, X, y);
            for (size_t r = 0; r < m; r++) {
                const double x = X[(r * C + k) * T + s];
                double *row = estimate + (r * T + s) * mT;
                for (size_t j = r * T + s; j < mT; j++)
                    row[j] += x * y[j];
            }
        }
out:
    free(y);
    return status;
}

double fisher_estimator_trace_variance(size_t C, size_t T, size_t n, const double *dual)
{
    double sum = 0;
    for (size_t k = 0; k < C; k++)
        for (size_t k2 = 0; k2 < C; k2++)
            for (size_t t = 0; t < T; t++) {
                const double element = dual[(k * T + t) * C * T + k2 * T + t];
                sum += element * element;
            }
    return 2 * sum / (double)n;
}
