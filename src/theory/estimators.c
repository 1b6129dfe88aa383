/* Estimates of F from order parameters; symbols as in theory.h. */
#include "theory/rule.h"
#include "theory/theory.h"

#include <math.h>
#include <stdbool.h>

/* k_p */
static double kernel(const struct theory_order *order, const struct net_architecture *architecture, size_t p)
{
    return theory_order_kernel(order, architecture, p, 0);
}

/* ∫Dz (3g² + 6g m² + m⁴)/(g + m²), m² = c z², g = v − c ≥ 1. The nearest pole is at z = i√(g/c). */
static int quartic_mean(double v, double c, double *mean, struct base_error *error)
{
    int status;
    const double g = v - c, reach = 9, h = fmin(0.2, 0.2 * sqrt(g / c));
    struct theory_rule rule = {0};
    TRY(theory_rule_init(&rule, theory_rule_trapezoid_size(reach, h), error));
    theory_rule_trapezoid(&rule, reach, h);
    *mean = 0;
    for (size_t i = 0; i < rule.n; i++) {
        const double m2 = c * rule.x[i] * rule.x[i];
        *mean += rule.w[i] * (3 * g * g + 6 * g * m2 + m2 * m2) / (g + m2);
    }
out:
    theory_rule_free(&rule);
    return status;
}

/* Of inputs iid N(0,1). */
static int largest_predict(const struct theory_order *order, const struct net_architecture *architecture,
                           struct theory_estimators *prediction, struct base_error *error)
{
    int status = BASE_OK;
    const double C = (double)architecture->C, T = (double)architecture->T, n = (double)architecture->draws;
    const double k1 = kernel(order, architecture, 0), k2 = kernel(order, architecture, 1);
    const double v = 1 + order->q[order->L * 2], c = order->q[order->L * 2 + 1];
    struct theory_fisher fisher;
    double quartic;
    theory_fisher_predict(order, architecture, &fisher);
    if (fisher.kappa2_vanishes)
        return BASE_OK;
    prediction->eig_max[0] = architecture->C == 1
                                 ? fisher.eig_max * (1 + 2 / (n * T) * (k1 / fisher.eig_max - 1))
                                 : k2 * pow(1 + sqrt(C / (n * T)), 2) + (k1 - k2) / T * (1 + (C + 1) / n);
    if (architecture->C > 1)
        return BASE_OK;
    TRY(quartic_mean(v, c, &quartic, error));
    prediction->eig_max[1] = architecture->T == 1 ? k1 * v : k2 * v + (k1 - k2) / T * quartic;
out:
    return status;
}

/* y_s·y_t of given targets */
static double targets_product(const struct net_architecture *a, size_t s, size_t t)
{
    double sum = 0;
    for (size_t k = 0; k < a->C; k++)
        sum += a->targets[k * a->T + s] * a->targets[k * a->T + t];
    return sum;
}

/* E r_s·r_t and E (r_s·r_t)² of pair p; q = q^L. */
static void residual_moments(const struct theory_order *order, const struct net_architecture *a, size_t p,
                             const double *q, double *first, double *second)
{
    const size_t s = order->s[p], t = order->t[p];
    const bool same = order->samples == 1 ? p == 0 : s == t;
    const double C = (double)a->C, v = (1 + q[s]) * (1 + q[t]);
    if (a->targets == NULL) {
        *first = C * (q[p] + (same ? 1 : 0));
        *second = same ? (C * C + 2 * C) * v : C * v + (C * C + C) * q[p] * q[p];
        return;
    }
    const double y_ss = targets_product(a, s, s), y_tt = targets_product(a, t, t),
                 y_st = targets_product(a, s, t);
    *first = y_st + C * q[p];
    *second = *first * *first + y_ss * q[t] + y_tt * q[s] + 2 * y_st * q[p] + C * (q[s] * q[t] + q[p] * q[p]);
}

int theory_estimators_predict(const struct theory_order *order, const struct net_architecture *architecture,
                              struct theory_estimators *prediction, struct base_error *error)
{
    const double C = (double)architecture->C, T = (double)architecture->T, n = (double)architecture->draws;
    const double *q = order->q + order->L * order->pairs;
    *prediction = (struct theory_estimators){.eig_max = {NAN, NAN}};
    for (size_t p = 0; p < order->pairs; p++) {
        const bool same = order->samples == 1 ? p == 0 : p < order->samples;
        const double k = kernel(order, architecture, p), w = theory_order_weight(order, architecture->T, p);
        double residual, square;
        residual_moments(order, architecture, p, q, &residual, &square);
        prediction->frobenius2[0] += w * k * k * (C + (same ? (C * C + C) / n : 0));
        prediction->frobenius2[1] += w * k * k * square;
        if (!same)
            continue;
        prediction->trace[0] += C * T * w * k;
        prediction->trace[1] += T * w * k * residual;
        prediction->trace_variance += 2 * C / n * w * k * k;
    }
    return order->samples == 1 ? largest_predict(order, architecture, prediction, error) : BASE_OK;
}
