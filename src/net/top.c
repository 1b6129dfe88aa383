/* The top of the backward pass, where δ^{L-1}_ki(t) = v_ik φ'_i(t).
 *
 *     D_(k,s),(k',t) = Σ_i (v_ik v_ik') (φ'_i(s) φ'_i(t))
 *
 * is symmetric in s and t within each block (k, k') as well: a product of C(C+1)/2 by T(T+1)/2 pairs, which
 * takes (C+1)/2C of the flops of δᵀδ.
 */
#include "net/panel.h"

#include "base/vector.h"
#include "linalg/linalg.h"

#include <string.h>

/* With fewer outputs the products are too flat to gain; so many units of the pairs (s, t), one s at a time,
 * stay close to the processor. */
enum { FEWEST_OUTPUTS = 5, UNITS_AT_ONCE = 128 };

static size_t pairs_of(size_t n)
{
    return n * (n + 1) / 2;
}

double net_panel_top_flops(const struct net_architecture *architecture)
{
    const double C = (double)architecture->C, CT = (double)architecture->CT;
    return architecture->C < FEWEST_OUTPUTS ? CT * CT : (C + 1) / (2 * C) * CT * CT;
}

BASE_CLONES static void top(size_t units, size_t C, size_t T, const double *restrict v,
                            const double *restrict dphi, double *restrict delta)
{
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < T; t++)
                delta[(i * C + k) * T + t] = dphi[i * T + t] * v[i * C + k];
}

/* pairs (units, C(C+1)/2): v_ik v_ik', k ≤ k' */
static void pair_outputs(size_t units, size_t C, const double *v, double *pairs)
{
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t k2 = k; k2 < C; k2++)
                *pairs++ = v[i * C + k] * v[i * C + k2];
}

/* pairs (units, T−s): φ'_i(s) φ'_i(t), t ≥ s */
BASE_CLONES static void pair_samples(size_t units, size_t T, size_t s, const double *restrict dphi,
                                     double *restrict pairs)
{
    for (size_t i = 0; i < units; i++)
        for (size_t t = s; t < T; t++)
            pairs[i * (T - s) + t - s] = dphi[i * T + s] * dphi[i * T + t];
}

/* The upper triangle of a block of D onto its lower one, eight columns at a time: a cache line of each row.
 */
static void mirror_block(size_t T, size_t CT, double *block)
{
    for (size_t first = 0; first < T; first += 8)
        for (size_t s = first + 1; s < T; s++)
            for (size_t t = first; t < s && t < first + 8; t++)
                block[s * CT + t] = block[t * CT + s];
}

static size_t pair_numbers(size_t units, size_t C, size_t T)
{
    return pairs_of(C) * (units + T) + UNITS_AT_ONCE * T;
}

static void gram_of_pairs(size_t units, size_t C, size_t T, const double *v, const double *dphi, double *work,
                          double *D)
{
    const size_t CT = C * T, n_pairs = pairs_of(C);
    double *outputs = work, *samples = outputs + units * n_pairs, *sums = samples + UNITS_AT_ONCE * T;
    pair_outputs(units, C, v, outputs);
    for (size_t s = 0; s < T; s++) {
        for (size_t i = 0; i < units; i += UNITS_AT_ONCE) {
            const size_t n = units - i < UNITS_AT_ONCE ? units - i : UNITS_AT_ONCE;
            pair_samples(n, T, s, dphi + i * T, samples);
            linalg_multiply(true, false, n_pairs, T - s, n, 1, outputs + i * n_pairs, samples, i > 0, sums);
        }
        const double *sum = sums;
        for (size_t k = 0; k < C; k++)
            for (size_t k2 = k; k2 < C; k2++, sum += T - s)
                memcpy(D + (k * T + s) * CT + k2 * T + s, sum, (T - s) * sizeof *D);
    }
    for (size_t k = 0; k < C; k++)
        for (size_t k2 = k + 1; k2 < C; k2++)
            mirror_block(T, CT, D + k * T * CT + k2 * T);
}

void net_panel_top(const struct net_architecture *architecture, struct net_panel panel, const double *v,
                   const double *dphi, double *delta, double *D)
{
    const size_t C = architecture->C, T = architecture->T, CT = architecture->CT;
    const bool by_pairs = C >= FEWEST_OUTPUTS && pair_numbers(panel.units, C, T) <= panel.units * CT;
    if (by_pairs)
        gram_of_pairs(panel.units, C, T, v, dphi, delta, D);
    top(panel.units, C, T, v, dphi, delta);
    if (!by_pairs)
        linalg_gram(panel.units, CT, delta, D);
}
