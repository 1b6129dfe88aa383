#include "fisher/fisher.h"

#include "linalg/linalg.h"

static size_t layer_offset(const struct net_architecture *a, size_t l)
{
    size_t offset = 0;
    for (size_t m = 1; m < l; m++)
        offset += a->widths[m] * (a->widths[m - 1] + 1);
    return offset;
}

size_t fisher_parameter_weight(const struct net_architecture *architecture, size_t l, size_t i, size_t j)
{
    return layer_offset(architecture, l) + i * architecture->widths[l - 1] + j;
}

size_t fisher_parameter_bias(const struct net_architecture *architecture, size_t l, size_t i)
{
    return layer_offset(architecture, l) + architecture->widths[l] * architecture->widths[l - 1] + i;
}

size_t fisher_parameter_branch(const struct net_architecture *architecture, size_t l, size_t i, size_t j)
{
    const size_t M = architecture->M;
    return layer_offset(architecture, architecture->L + 1) + (l - 1) * M * M + i * M + j;
}

/* ∂f_k/∂V^l_ij = g^l_ki φ(u^l_j) */
static void add_branches(const struct net_weights *network, double *J)
{
    const struct net_architecture *a = network->architecture;
    const size_t P = (size_t)a->P, M = a->M;
    for (size_t l = 1; l < a->L; l++)
        for (size_t i = 0; i < M; i++)
            for (size_t row = 0; row < a->CT; row++)
                for (size_t j = 0; j < M; j++)
                    J[row * P + fisher_parameter_branch(a, l, i, j)] =
                        network->gradient[l][i * a->CT + row] * network->phi[l][j * a->T + row % a->T];
}

void fisher_jacobian_compute(const struct net_weights *network, double *J)
{
    const struct net_architecture *a = network->architecture;
    const size_t P = (size_t)a->P;
    for (size_t l = 1; l <= a->L; l++)
        for (size_t i = 0; i < a->widths[l]; i++)
            for (size_t row = 0; row < a->CT; row++) {
                const double delta = network->delta[l][i * a->CT + row];
                double *gradient = J + row * P;
                for (size_t j = 0; j < a->widths[l - 1]; j++)
                    gradient[fisher_parameter_weight(a, l, i, j)] =
                        delta * network->h[l - 1][j * a->T + row % a->T];
                gradient[fisher_parameter_bias(a, l, i)] = delta;
            }
    if (a->train_branch)
        add_branches(network, J);
}

void fisher_matrix_compute(size_t CT, size_t T, size_t P, const double *J, double *F)
{
    linalg_gram(CT, P, J, F);
    linalg_mirror(P, F);
    for (size_t i = 0; i < P * P; i++)
        F[i] /= (double)T;
}
