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

/* Σ_k D^l_(k,t),(k,t) */
static double backward_square(const struct net_gram *gram, size_t l, size_t t)
{
    const struct net_architecture *a = gram->architecture;
    double sum = 0;
    if (l == a->L)
        return (double)a->C;
    for (size_t k = 0; k < a->C; k++)
        sum += gram->D[l][(k * a->T + t) * (a->CT + 1)];
    return sum;
}

void fisher_norm_independent(const struct net_gram *gram, double *weights, double *all)
{
    const struct net_architecture *a = gram->architecture;
    *weights = *all = 0;
    for (size_t l = 1; l <= a->L; l++) {
        const double s2 = a->weight_variance / (double)a->widths[l - 1];
        for (size_t t = 0; t < a->T; t++) {
            const double delta2 = backward_square(gram, l, t), h2 = gram->H[l - 1][t * (a->T + 1)];
            *weights += s2 * h2 * delta2 / (double)a->T;
            *all += (s2 * h2 + a->bias_variance) * delta2 / (double)a->T;
        }
    }
}
