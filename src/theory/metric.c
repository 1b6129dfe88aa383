/* Metrics of the inputs and of the features (KAA21); symbols as in theory.h. */
#include "theory/theory.h"

#include <math.h>

int theory_metric_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          size_t l, struct theory_metric *prediction, struct base_error *error)
{
    int status = BASE_OK;
    const size_t T = architecture->T;
    const double C = (double)architecture->C, M_l = (double)architecture->widths[l];
    const bool residual = order->Q != NULL; /* q̃_h is Q^l there, σ_w² q̃^{l+1} in a plain network */
    const double *gradient = residual ? order->Q + l * order->pairs : order->qtilde + (l + 1) * order->pairs;
    const double factor = residual ? 1 : architecture->weight_variance;
    double same = 0, squares = 0, all = 0;
    for (size_t p = 0; p < order->pairs; p++) {
        const double weight = theory_order_weight(order, T, p);
        const double qtilde_h = factor * gradient[p];
        same += p < order->samples ? qtilde_h / (double)order->samples : 0;
        squares += weight * qtilde_h * qtilde_h;
        all += weight * qtilde_h;
    }
    *prediction = (struct theory_metric){C * same / M_l, C * squares / M_l, all, NAN};
    if (order->samples > 1) {
        TRY(theory_order_top(order, gradient, &prediction->eig_max, error));
        prediction->eig_max *= factor / (double)T;
    } else if (T > 1 && gradient[1] < 1e-12 * gradient[0])
        prediction->eig_max = NAN; /* nothing stands above the bulk */
    prediction->sharpness = prediction->eig_max / same;
out:
    return status;
}
