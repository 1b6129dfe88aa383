#include "net/backward.h"

#include <string.h>

void net_backward_scatter(const struct linalg_root *root, size_t m, const double *packed, double *E)
{
    memset(E, 0, root->n * m * sizeof *E);
    for (size_t j = 0; j < root->rank; j++)
        memcpy(E + (size_t)root->pivots[j] * m, packed + j * m, m * sizeof *E);
}

void net_backward_gather(const struct linalg_root *root, size_t m, const double *B, size_t stride,
                         double *packed)
{
    for (size_t j = 0; j < root->rank; j++)
        memcpy(packed + j * m, B + (size_t)root->pivots[j] * stride, m * sizeof *packed);
}

int net_backward_solve(const struct linalg_root *root, struct linalg_root *root_D, size_t CT, size_t columns,
                       const double *D, double *A, const double *B, double *BQ, double *E,
                       struct base_error *error)
{
    int status;
    TRY(linalg_root_factor(root_D, CT, columns, D, error));
    net_backward_gather(root, root_D->rank, B, columns, BQ); /* QY = R⁺ (xᵀY) */
    linalg_root_solve(root, root_D->rank, BQ);
    linalg_root_apply(root_D, root->rank, -1, BQ, root_D->rank, E);
    for (size_t i = 0; i < root->rank * CT; i++) /* Zᵀy − (QY) R_Dᵀ */
        A[i] += E[i];
    linalg_root_solve_transposed(root, CT, A);
    net_backward_scatter(root, CT, A, E);
out:
    return status;
}
