/* The recursions of KAA19, and of residual networks, for the order parameters, all at one level of the
 * quadrature; then the next level, until they stand. Symbols as in theory.h; σ_w² and σ_b² are
 * weight_variance and bias_variance. */
#include "base/memory.h"
#include "theory/theory.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Panels gain more from a level, and cost more, than equispaced nodes. */
enum { FINEST_SMOOTH = 8, FINEST_KINKED = 6 };

/* q, q̂, q̃, slope, slope2; with p̂ and Q; and what is not judged */
enum { N_PLAIN = 5, N_RESIDUAL = 7, N_RATES = 2 };

/* Below this change, a level that brings no improvement shows rounding rather than the quadrature. */
static const double rounding = 1e-9;

struct network {
    const struct net_activation *activation;
    double weight_variance, bias_variance;
    bool residual;
    double skip, branch_variance; /* γ, σ_v² */
};

/* q̂^l from p̂^l = I_φ */
static double stream(struct theory_order *order, const struct network *network, size_t l, size_t e,
                     double phi)
{
    if (!network->residual)
        return phi;
    order->phat[2 * l + e] = phi;
    return network->skip * network->skip * order->qhat[2 * l - 2 + e] + network->branch_variance * phi;
}

/* q^1..q^L and q̂^0..q̂^{L-1} */
static int forward(struct theory_order *order, const struct network *network, int level,
                   struct base_error *error)
{
    int status = BASE_OK;
    double *q = order->q, *qhat = order->qhat;
    qhat[0] = 1;
    qhat[1] = 0;
    for (size_t l = 1; l <= order->L; l++) {
        for (size_t e = 0; e < 2; e++)
            q[2 * l + e] = network->weight_variance * qhat[2 * l - 2 + e] + network->bias_variance;
        if (!isfinite(q[2 * l]))
            TRY(base_fail(error, BASE_UNRESOLVED,
                          "the variance of the pre-activations overflows in layer %zu", l));
        for (size_t e = 0; l < order->L && e < 2; e++) {
            struct theory_pair pair;
            status = theory_gauss_pair(network->activation, q[2 * l], q[2 * l + e], level, &pair, error);
            if (status != BASE_OK)
                return base_fail_within(error, status, "layer %zu", l);
            qhat[2 * l + e] = stream(order, network, l, e, pair.phi);
            order->slope[2 * l + e] = pair.dphi;
            order->slope2[2 * l + e] = pair.dphi2;
            order->slope_rate[2 * l + e] = pair.dphi_rate;
            order->slope2_rate[2 * l + e] = pair.dphi2_rate;
        }
    }
out:
    return status;
}

/* What q̃^l is of E φ'φ': σ_w² q̃^{l+1}, or σ_v² Q^l with Q^l from the layer above. */
static double gradient(struct theory_order *order, const struct network *network, size_t l, size_t e)
{
    const double above = network->weight_variance * order->qtilde[2 * l + 2 + e];
    if (!network->residual)
        return above;
    const double skipped = l + 1 < order->L ? network->skip * network->skip * order->Q[2 * l + 2 + e] : 0;
    order->Q[2 * l + e] = skipped + above;
    return network->branch_variance * order->Q[2 * l + e];
}

/* q̃^L..q̃^1, and Q^{L-1}..Q^0 */
static int backward(struct theory_order *order, const struct network *network, struct base_error *error)
{
    double *qtilde = order->qtilde;
    qtilde[2 * order->L] = qtilde[2 * order->L + 1] = 1;
    for (size_t l = order->L - 1; l >= 1; l--)
        for (size_t e = 0; e < 2; e++) {
            qtilde[2 * l + e] = gradient(order, network, l, e) * order->slope[2 * l + e];
            if (!isfinite(qtilde[2 * l + e]))
                return base_fail(error, BASE_UNRESOLVED,
                                 "the variance of the backward signals overflows in layer %zu", l);
        }
    for (size_t e = 0; e < 2; e++)
        gradient(order, network, 0, e);
    return BASE_OK;
}

/* The largest relative change of a parameter. What two samples share is 0 to rounding where it is below 1e-12
 * of what one sample has, so its changes are measured against that. */
static double change(const double *now, const double *before, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double same = fabs(now[2 * i]);
        for (size_t e = 0; e < 2; e++) {
            double moved = fabs(now[2 * i + e] - before[2 * i + e]),
                   size = fmax(fabs(now[2 * i + e]), 1e-12 * same);
            largest = moved > 0 ? fmax(largest, moved / size) : largest;
        }
    }
    return largest;
}

static int levels_run(struct theory_order *order, const struct network *network, double *before,
                      double tolerance, struct base_error *error)
{
    int status = BASE_OK;
    size_t n = (network->residual ? N_RESIDUAL : N_PLAIN) * (order->L + 1);
    int finest = network->activation->smooth ? FINEST_SMOOTH : FINEST_KINKED;
    order->error = INFINITY;
    for (int level = 0; level <= finest; level++) {
        memcpy(before, order->q, 2 * n * sizeof *before);
        TRY(forward(order, network, level, error));
        TRY(backward(order, network, error));
        if (level == 0)
            continue;
        double last = order->error;
        order->error = change(order->q, before, n);
        if (order->error <= tolerance || (order->error < rounding && order->error > 0.5 * last))
            break;
    }
out:
    return status;
}

static int solve(struct theory_order *order, const struct network *network, size_t depth, double tolerance,
                 struct base_error *error)
{
    assert(depth >= 1);
    int status;
    static const size_t only[2] = {0, 0};
    double *before = NULL;
    const size_t n = 2 * (depth + 1), judged = (network->residual ? N_RESIDUAL : N_PLAIN) * n;
    *order = (struct theory_order){.L = depth, .samples = 1, .pairs = 2, .s = only, .t = only};
    TRY(base_got(order->q = base_calloc(judged + N_RATES * n, sizeof *order->q, error))); /* in one piece */
    order->qhat = order->q + n;
    order->qtilde = order->qhat + n;
    order->slope = order->qtilde + n;
    order->slope2 = order->slope + n;
    order->phat = network->residual ? order->slope2 + n : NULL;
    order->Q = network->residual ? order->phat + n : NULL;
    order->slope_rate = order->q + judged;
    order->slope2_rate = order->slope_rate + n;
    TRY(base_got(before = base_calloc(judged, sizeof *before, error)));
    TRY(levels_run(order, network, before, tolerance, error));
out:
    free(before);
    if (status != BASE_OK)
        theory_order_free(order);
    return status;
}

int theory_order_solve(struct theory_order *order, const struct net_activation *activation,
                       double weight_variance, double bias_variance, size_t depth, double tolerance,
                       struct base_error *error)
{
    const struct network network = {activation, weight_variance, bias_variance, false, 0, 0};
    return solve(order, &network, depth, tolerance, error);
}

int theory_order_solve_residual(struct theory_order *order, const struct net_activation *activation,
                                double weight_variance, double bias_variance, double skip,
                                double branch_variance, size_t depth, double tolerance,
                                struct base_error *error)
{
    const struct network network = {activation, weight_variance, bias_variance, true, skip, branch_variance};
    return solve(order, &network, depth, tolerance, error);
}

void theory_order_free(struct theory_order *order)
{
    free(order->q);
    *order = (struct theory_order){.L = 0};
}

double theory_order_weight(const struct theory_order *order, size_t T, size_t p)
{
    const double n = (double)T;
    if (order->samples == 1) /* of every sample alike */
        return p == 0 ? 1 / n : (n - 1) / n;
    return (p < order->samples ? 1 : 2) / (n * n);
}

double theory_order_branch(const struct theory_order *order, const struct net_architecture *architecture,
                           size_t l, size_t p)
{
    return architecture->train_branch ? order->Q[l * order->pairs + p] * order->phat[l * order->pairs + p]
                                      : 0;
}

double theory_order_kernel(const struct theory_order *order, const struct net_architecture *architecture,
                           size_t p, double bias)
{
    const size_t pairs = order->pairs;
    double sum = 0;
    for (size_t l = 1; l <= order->L; l++)
        sum += ((double)architecture->widths[l - 1] * order->qhat[(l - 1) * pairs + p] + bias) *
               order->qtilde[l * pairs + p];
    for (size_t l = 1; l < order->L; l++)
        sum += (double)architecture->M * theory_order_branch(order, architecture, l, p);
    return sum;
}
