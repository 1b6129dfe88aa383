#include "fisher/fisher.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>

/* H_st of the symmetric H (T, T), from its upper triangle */
static double symmetric(size_t T, const double *H, size_t s, size_t t)
{
    return s <= t ? H[s * T + t] : H[t * T + s];
}

/* X (CT−i, L−1) of row i = (k, s): D^l_ij H^{l-1}_st for each j = (k', t) from the diagonal on; what stands
 * off the diagonal counts twice in a sum of squares. */
static void row_fill(const struct net_gram *gram, size_t i, double *X)
{
    const struct net_architecture *a = gram->architecture;
    const size_t T = a->T, CT = a->CT, layers = a->L - 1, s = i % T;
    for (size_t l = 1; l <= layers; l++) {
        const double *D = gram->D[l] + i * CT;
        double *x = X + l - 1;
        for (size_t j = i, t = s; j < CT; j++, t = t + 1 == T ? 0 : t + 1, x += layers)
            *x = D[j] * symmetric(T, gram->H[l - 1], s, t) * (j == i ? 1 : sqrt(2));
    }
}

/* Σ_i ‖F_(l,i),(l,i)‖² = (1/T²) Σ_st S_st (H_st)² */
static double sum_on(size_t T, const double *S, const double *H)
{
    double sum = 0;
    for (size_t s = 0; s < T; s++)
        for (size_t t = s; t < T; t++)
            sum += (t == s ? 1 : 2) * S[s * T + t] * H[s * T + t] * H[s * T + t];
    return sum / (double)(T * T);
}

double fisher_blocks_bytes(const struct net_architecture *architecture)
{
    const double layers = (double)architecture->L - 1;
    return layers * ((double)architecture->CT + 2 * layers) * sizeof(double);
}

int fisher_blocks_compute(const struct net_gram *gram, double *on, double *off, double *cross,
                          struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = gram->architecture;
    const size_t layers = a->L - 1, CT = a->CT;
    const double TT = (double)(a->T * a->T);
    if (layers == 0)
        return BASE_OK;
    double *X = base_calloc(CT * layers, sizeof *X, error);
    double *row = base_calloc(layers * layers, sizeof *row, error);
    double *sums = base_calloc(layers * layers, sizeof *sums, error);
    TRY(base_got(X));
    TRY(base_got(row));
    TRY(base_got(sums));
    for (size_t i = 0; i < CT; i++) {
        row_fill(gram, i, X);
        linalg_gram(CT - i, layers, X, row);
        for (size_t j = 0; j < layers * layers; j++)
            sums[j] += row[j];
    }
    for (size_t l = 1; l <= layers; l++) {
        const double units = (double)a->widths[l], within = sum_on(a->T, gram->S[l], gram->H[l - 1]),
                     all = sums[(l - 1) * layers + l - 1] / TT;
        on[l] = within / units;
        off[l] = (all - within) / (units * (units - 1)); /* one unit: 0/0 */
        if (a->widths[l] == 1)
            off[l] = NAN;
        for (size_t m = l + 1; m <= layers; m++)
            cross[l * a->L + l + m] = sums[(l - 1) * layers + m - 1] / TT / (units * (double)a->widths[m]);
    }
out:
    free(X);
    free(row);
    free(sums);
    return status;
}

/* (1/T²) Σ (G ∘ Φ)² */
static double sum_all(const struct net_architecture *a, const double *G, const double *Phi)
{
    const size_t T = a->T, CT = a->CT;
    double sum = 0;
    for (size_t i = 0; i < CT; i++)
        for (size_t j = i; j < CT; j++) {
            const double x = G[i * CT + j] * symmetric(T, Phi, i % T, j % T);
            sum += (j == i ? 1 : 2) * x * x;
        }
    return sum / (double)(T * T);
}

void fisher_branch_blocks_compute(const struct net_gram *gram, double *on, double *off)
{
    const struct net_architecture *a = gram->architecture;
    const double M = (double)a->M;
    for (size_t l = 1; l < a->L && a->train_branch; l++) {
        const double within = sum_on(a->T, gram->R[l], gram->Phi[l]),
                     all = sum_all(a, gram->G[l], gram->Phi[l]);
        on[l] = within / M;
        off[l] = a->M > 1 ? (all - within) / (M * (M - 1)) : NAN;
    }
}
