#include "fisher/fisher.h"

double fisher_norm_self(const struct net_gram *gram)
{
    const struct net_architecture *a = gram->architecture;
    double sum = 0;
    for (size_t row = 0; row < a->CT; row++) {
        double change = gram->f[row];
        for (size_t l = 1; l < a->L; l++)
            change += gram->U[l][row];
        sum += change * change;
    }
    return sum / (double)a->T;
}

/* Σ_k D_(k,t),(k,t) */
static double backward_square(const struct net_architecture *a, const double *D, size_t t)
{
    double sum = 0;
    for (size_t k = 0; k < a->C; k++)
        sum += D[(k * a->T + t) * (a->CT + 1)];
    return sum;
}

/* The share of the trained V^l of a residual network. */
static double branches(const struct net_gram *gram)
{
    const struct net_architecture *a = gram->architecture;
    double sum = 0;
    for (size_t l = 1; l < a->L && a->train_branch; l++)
        for (size_t t = 0; t < a->T; t++)
            sum += a->branch_variance / (double)a->M * gram->Phi[l][t * (a->T + 1)] *
                   backward_square(a, gram->G[l], t) / (double)a->T;
    return sum;
}

void fisher_norm_independent(const struct net_gram *gram, double *weights, double *all)
{
    const struct net_architecture *a = gram->architecture;
    *weights = *all = branches(gram);
    for (size_t l = 1; l <= a->L; l++) {
        const double s2 = a->weight_variance / (double)a->widths[l - 1];
        for (size_t t = 0; t < a->T; t++) {
            const double delta2 = l == a->L ? (double)a->C : backward_square(a, gram->D[l], t),
                         h2 = gram->H[l - 1][t * (a->T + 1)];
            *weights += s2 * h2 * delta2 / (double)a->T;
            *all += (s2 * h2 + a->bias_variance) * delta2 / (double)a->T;
        }
    }
}
