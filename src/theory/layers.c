/* From order parameters to the eigenvalue statistics of the diagonal blocks F_ll (KAA19, KAA21); symbols as
 * in theory.h. x_p = q̃^l_p q̂^{l-1}_p. */
#include "base/memory.h"
#include "theory/theory.h"

#include <math.h>
#include <stdlib.h>

struct shape {
    const struct theory_order *order;
    const struct net_architecture *architecture;
};

static double units(const struct shape *s, size_t l)
{
    return (double)s->architecture->widths[l];
}

static double product(const struct shape *s, size_t l, size_t p)
{
    const size_t pairs = s->order->pairs;
    return s->order->qtilde[l * pairs + p] * s->order->qhat[(l - 1) * pairs + p];
}

/* (1/T) Σ_s x_ss, Σ_p w_p x_p and Σ_p w_p x_p² */
static double mean_same(const struct shape *s, size_t l)
{
    double sum = 0;
    for (size_t p = 0; p < s->order->samples; p++)
        sum += product(s, l, p);
    return sum / (double)s->order->samples;
}

static double mean_all(const struct shape *s, size_t l)
{
    double sum = 0;
    for (size_t p = 0; p < s->order->pairs; p++)
        sum += theory_order_weight(s->order, s->architecture->T, p) * product(s, l, p);
    return sum;
}

static double mean_square(const struct shape *s, size_t l)
{
    double sum = 0;
    for (size_t p = 0; p < s->order->pairs; p++)
        sum += theory_order_weight(s->order, s->architecture->T, p) * pow(product(s, l, p), 2);
    return sum;
}

/* Inputs iid N(0,1) have products of order √M_0, not 0: what they add in layer 1. */
static double first_second_moment(const struct shape *s)
{
    const double w2 = theory_order_weight(s->order, s->architecture->T, 1);
    return (double)s->architecture->C * w2 * pow(s->order->qtilde[s->order->pairs + 1], 2) / units(s, 1);
}

/* The dual is (1/T) (q̃_2 XᵀX + (q̃_1 − q̃_2) M_0 1), X (M_0, T): the upper edge of a Wishart matrix. */
static double first_max(const struct shape *s)
{
    const double T = (double)s->architecture->T, M0 = units(s, 0);
    const double *qtilde = s->order->qtilde + s->order->pairs;
    const double edge = T > 1 ? pow(1 + sqrt(T / M0), 2) : 1;
    return M0 / T * (qtilde[1] * edge + qtilde[0] - qtilde[1]);
}

/* The largest eigenvalue of (1/T) M_{l-1} q̂^{l-1}_st q̃^l_st, or for l = 0 of the kernel of F. */
static int kernel_max(const struct shape *s, size_t l, double *value, struct base_error *error)
{
    int status;
    double *x = base_calloc(s->order->pairs, sizeof *x, error);
    TRY(base_got(x));
    for (size_t p = 0; p < s->order->pairs; p++)
        x[p] =
            l > 0 ? units(s, l - 1) * product(s, l, p) : theory_order_kernel(s->order, s->architecture, p, 1);
    TRY(theory_order_top(s->order, x, value, error));
    *value /= (double)s->architecture->T;
out:
    free(x);
    return status;
}

static int layer_max(const struct shape *s, size_t l, double *value, struct base_error *error)
{
    if (s->order->samples > 1)
        return kernel_max(s, l, value, error);
    const bool vanishes = s->architecture->T > 1 && product(s, l, 1) < 1e-12 * product(s, l, 0);
    *value = l == 1 ? first_max(s) : vanishes ? NAN : units(s, l - 1) * mean_all(s, l);
    return BASE_OK;
}

static int fisher_max(const struct shape *s, double *value, struct base_error *error)
{
    struct theory_fisher fisher;
    if (s->order->samples > 1)
        return kernel_max(s, 0, value, error);
    theory_fisher_predict(s->order, s->architecture, &fisher);
    *value = fisher.eig_max;
    return BASE_OK;
}

int theory_layers_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          const struct theory_layers *prediction, struct base_error *error)
{
    int status;
    const struct shape s = {order, architecture};
    const struct theory_layers *p = prediction;
    const double C = (double)architecture->C;
    double trace = 0, whole;
    TRY(fisher_max(&s, &whole, error));
    for (size_t l = 1; l <= order->L; l++)
        trace += units(&s, l - 1) * mean_same(&s, l);
    for (size_t l = 1; l <= order->L; l++) {
        p->eig_mean[l] = C * mean_same(&s, l) / units(&s, l);
        p->eig_second_moment[l] = C * units(&s, l - 1) / units(&s, l) * mean_square(&s, l);
        if (l == 1 && order->samples == 1)
            p->eig_second_moment[l] += first_second_moment(&s);
        TRY(layer_max(&s, l, &p->eig_max[l], error));
        p->sharpness[l] = p->eig_max[l] / (units(&s, l - 1) * mean_same(&s, l));
        p->trace_share[l] = units(&s, l - 1) * mean_same(&s, l) / trace;
        p->max_share[l] = p->eig_max[l] / whole;
    }
out:
    return status;
}
