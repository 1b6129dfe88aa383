#include "net/backward.h"

#include <string.h>

void net_backward_scatter(const struct linalg_root *root, size_t m, const double *packed, double *E)
{
    memset(E, 0, m * root->n * sizeof *E);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < root->rank; j++)
            E[i * root->n + (size_t)root->pivots[j]] = packed[i * root->rank + j];
}

void net_backward_gather(const struct linalg_root *root, size_t m, const double *B, double *packed)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < root->rank; j++)
            packed[i * root->rank + j] = B[i * root->n + (size_t)root->pivots[j]];
}

int net_backward_solve(const struct linalg_root *root, struct linalg_root *root_D, size_t CT, size_t columns,
                       const double *D, double *A, const double *B, double *BQ, double *E,
                       struct base_error *error)
{
    int status;
    TRY(linalg_root_factor(root_D, CT, columns, D, error));
    net_backward_gather(root, root_D->rank, B, BQ); /* YᵀQᵀ = (Yᵀx) R⁺ᵀ */
    linalg_root_solve_transposed(root, root_D->rank, BQ);
    linalg_root_multiply(root_D, root->rank, -1, BQ, A);
    linalg_root_solve(root, CT, A); /* (yᵀZ − R_D (YᵀQᵀ)) R⁺ */
    net_backward_scatter(root, CT, A, E);
out:
    return status;
}
