/* From order parameters to the eigenvalue statistics of F = (1/T) JᵀJ (KAA19, KAA21); symbols as in theory.h.
 */
#include "theory/theory.h"

#include <math.h>

static double alpha(const struct net_architecture *architecture, size_t l)
{
    return (double)architecture->widths[l] / (double)architecture->M;
}

/* ακ_e = Σ_{l=1}^{L} α_{l-1} q̃^l_e q̂^{l-1}_e, and Σ_{l=1}^{L-1} Q^l_e p̂^l_e with trained branches */
static double alpha_kappa(const struct theory_order *order, const struct net_architecture *architecture,
                          size_t e)
{
    double sum = 0;
    for (size_t l = 1; l <= order->L; l++)
        sum += alpha(architecture, l - 1) * order->qtilde[2 * l + e] * order->qhat[2 * l - 2 + e];
    for (size_t l = 1; l < order->L; l++)
        sum += theory_order_branch(order, architecture, l, e);
    return sum;
}

static void predict_given(const struct theory_order *order, const struct net_architecture *architecture,
                          struct theory_fisher *prediction)
{
    const double C = (double)architecture->C, T = (double)architecture->T, P = architecture->P;
    double trace = 0, squares = 0;
    for (size_t p = 0; p < order->pairs; p++) {
        const double K = theory_order_kernel(order, architecture, p, 1);
        trace += p < order->samples ? K / T : 0;
        squares += theory_order_weight(order, architecture->T, p) * K * K;
    }
    *prediction = (struct theory_fisher){.alpha = prediction->alpha,
                                         .kappa = {NAN, NAN},
                                         .alpha_kappa = {NAN, NAN},
                                         .eig_mean = C * trace / P,
                                         .eig_second_moment = C * squares / P,
                                         .eig_max = NAN,
                                         .centred_eig_max = NAN,
                                         .eigvec_overlap = NAN};
}

void theory_fisher_predict(const struct theory_order *order, const struct net_architecture *architecture,
                           struct theory_fisher *prediction)
{
    double M = (double)architecture->M, C = (double)architecture->C, T = (double)architecture->T,
           P = architecture->P;
    double sum = 0;
    for (size_t l = 1; l < order->L; l++)
        sum += (architecture->train_branch ? 2 : 1) * alpha(architecture, l) * alpha(architecture, l - 1);
    prediction->alpha = sum;
    if (order->pairs != 2) {
        predict_given(order, architecture, prediction);
        return;
    }
    double ak1 = alpha_kappa(order, architecture, 0), ak2 = alpha_kappa(order, architecture, 1);
    double w1 = 1 / T, w2 = (T - 1) / T; /* the shares of equal and of different samples */
    bool vanishes = architecture->T > 1 && ak2 < 1e-12 * ak1;
    *prediction = (struct theory_fisher){
        .alpha = sum,
        .kappa = {sum > 0 ? ak1 / sum : NAN, sum > 0 ? ak2 / sum : NAN},
        .alpha_kappa = {ak1, ak2},
        .eig_mean = C * M * ak1 / P,
        .eig_second_moment = C * M * M * (w2 * ak2 * ak2 + w1 * ak1 * ak1) / P,
        .eig_max = vanishes ? NAN : M * (w2 * ak2 + w1 * ak1),
        .centred_eig_max = architecture->T > 1 ? M * (ak1 - ak2) / T : NAN,
        .eigvec_overlap = vanishes ? NAN : 1,
        .kappa2_vanishes = vanishes,
    };
}
