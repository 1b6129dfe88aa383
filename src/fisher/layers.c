#include "fisher/fisher.h"

/* Row (k, s) from the diagonal on: (1/T) H_st D_(k,s),(k',t), H symmetric and known above its diagonal. */
static void compute_row(size_t C, size_t T, const double *H, const double *D, size_t k, size_t s, double *row)
{
    const double *d = D + (k * T + s) * C * T;
    for (size_t k2 = k; k2 < C; k2++) {
        for (size_t t = 0; t < s && k2 > k; t++)
            row[k2 * T + t] = d[k2 * T + t] * H[t * T + s] / (double)T;
        for (size_t t = s; t < T; t++)
            row[k2 * T + t] = d[k2 * T + t] * H[s * T + t] / (double)T;
    }
}

size_t fisher_layer_dual_compute(const struct net_gram *gram, size_t l, double *dual)
{
    const struct net_architecture *a = gram->architecture;
    const double *H = gram->H[l - 1];
    if (l == a->L) {
        for (size_t s = 0; s < a->T; s++)
            for (size_t t = s; t < a->T; t++)
                dual[s * a->T + t] = H[s * a->T + t] / (double)a->T;
        return a->T;
    }
    for (size_t k = 0; k < a->C; k++)
        for (size_t s = 0; s < a->T; s++)
            compute_row(a->C, a->T, H, gram->D[l], k, s, dual + (k * a->T + s) * a->CT);
    return a->CT;
}
