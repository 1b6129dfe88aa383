/* Fisher–Rao norms; symbols as in theory.h, and of one sample
 *
 *     u̇^l = d u^l / d ln θ   what u^l gains when all parameters grow by the same factor, ḟ = J θ
 *     q, c, v                Var u^l, Cov(u^l, u̇^l), Var u̇^l
 */
#include "theory/theory.h"

#include <math.h>

/* The quadrature is refined until v^L stands to this, or no further. */
static const double tolerance = 1e-13;
enum { FINEST = 6 };

/* v^L of sample p:
 *
 *     u̇^{l+1} = u^{l+1} + W^{l+1} ḣ^l ,  ḣ = φ'(u) u̇ ,  u̇¹ = u¹
 *     c^{l+1} = q^{l+1} + σ_w² E hḣ ,  v^{l+1} = q^{l+1} + 2σ_w² E hḣ + σ_w² E ḣ²
 *
 * u and u̇ are jointly Gaussian: given u, u̇ ~ N(ru, s²) with r = c/q and s² = v − c²/q, so that
 *
 *     E hḣ = r E φφ'u ,  E ḣ² = r² E φ'²u² + s² E φ'² .
 *
 * In a residual network, τ = 1 where V is trained, else 0, and ḣ⁰ = 0,
 *
 *     ḣ^l = γ ḣ^{l-1} + V^l (φ'(u) u̇ + τ φ) ,
 *
 * and as V^l is independent of what lies before it, E hḣ and E ḣ² are γ² times those of layer l−1 and σ_v²
 * times r E φφ'u + τ p̂ and r² E φ'²u² + s² E φ'² + 2τ r E φφ'u + τ p̂. */
static int tangent_variance(const struct theory_order *order, const struct net_activation *activation,
                            const struct net_architecture *a, size_t p, int level, double *variance,
                            struct base_error *error)
{
    int status = BASE_OK;
    const double skip = a->skip * a->skip, branch = a->residual ? a->branch_variance : 1;
    double c = order->q[order->pairs + p], v = c, cross = 0, square = 0; /* E hḣ, E ḣ² */
    for (size_t l = 1; l < order->L; l++) {
        const double q = order->q[l * order->pairs + p], next = order->q[(l + 1) * order->pairs + p];
        const double r = q > 0 ? c / q : 0, s2 = fmax(0, v - r * c);
        const double own = a->train_branch ? order->phat[l * order->pairs + p] : 0;
        struct theory_tangent of;
        TRY(theory_gauss_tangent(activation, q, level, &of, error));
        const double both = r * of.phi_dphi_u;
        cross = skip * cross + branch * (both + own);
        square = skip * square +
                 branch * (r * r * of.dphi2_u2 + s2 * of.dphi2 + (a->train_branch ? 2 * both : 0) + own);
        c = next + a->weight_variance * cross;
        v = next + a->weight_variance * (2 * cross + square);
    }
    *variance = v;
out:
    return status;
}

static int refined_variance(const struct theory_order *order, const struct net_activation *activation,
                            const struct net_architecture *a, size_t p, double *variance,
                            struct base_error *error)
{
    int status;
    TRY(tangent_variance(order, activation, a, p, 0, variance, error));
    for (int level = 1; level <= FINEST; level++) {
        const double before = *variance;
        TRY(tangent_variance(order, activation, a, p, level, variance, error));
        if (fabs(*variance - before) <= tolerance * *variance)
            break;
    }
    if (!isfinite(*variance))
        TRY(base_fail(error, BASE_UNRESOLVED, "the Fisher-Rao norm overflows"));
out:
    return status;
}

/* (1/T) Σ_s q̃^l_ss q̂^{l-1}_ss */
static double mean_product(const struct theory_order *order, size_t l)
{
    double sum = 0;
    for (size_t p = 0; p < order->samples; p++)
        sum += order->qtilde[l * order->pairs + p] * order->qhat[(l - 1) * order->pairs + p];
    return sum / (double)order->samples;
}

static double mean_qtilde(const struct theory_order *order, size_t l)
{
    double sum = 0;
    for (size_t p = 0; p < order->samples; p++)
        sum += order->qtilde[l * order->pairs + p];
    return sum / (double)order->samples;
}

/* (1/T) Σ_s σ_v² Σ_l Q^l_ss p̂^l_ss with trained branches */
static double mean_branches(const struct theory_order *order, const struct net_architecture *a)
{
    double sum = 0;
    for (size_t p = 0; p < order->samples; p++)
        for (size_t l = 1; l < order->L; l++)
            sum += a->branch_variance * theory_order_branch(order, a, l, p);
    return sum / (double)order->samples;
}

int theory_norm_predict(const struct theory_order *order, const struct net_activation *activation,
                        const struct net_architecture *architecture, struct theory_norm *prediction,
                        struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = architecture;
    const double C = (double)a->C;
    const double branches = mean_branches(order, a);
    double least = INFINITY, products = 0, widths = 0, biases = 0, self = 0;
    for (size_t l = 1; l <= order->L; l++) {
        products += mean_product(order, l);
        widths += (double)a->widths[l - 1] * mean_product(order, l);
        biases += a->bias_variance * mean_qtilde(order, l);
        least = fmin(least, (double)a->widths[l - 1]);
    }
    for (size_t p = 0; p < order->samples; p++) {
        double variance;
        TRY(refined_variance(order, activation, a, p, &variance, error));
        self += variance / (double)order->samples;
    }
    prediction->self = C * self;
    prediction->weights = C * (a->weight_variance * products + branches);
    prediction->independent = prediction->weights + C * biases;
    prediction->weights_bound = C * (a->weight_variance * widths / least + branches);
out:
    return status;
}
