/* Unit blocks from order parameters; symbols as in theory.h. */
#include "theory/theory.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* A value and its derivative by c, the overlap of two inputs (that of the first layer's fluctuates). */
struct jet {
    double x, d;
};

static struct jet times(struct jet a, struct jet b)
{
    return (struct jet){a.x * b.x, a.d * b.x + a.x * b.d};
}

static struct jet scaled(double factor, struct jet a)
{
    return (struct jet){factor * a.x, factor * a.d};
}

static struct jet plus(struct jet a, struct jet b)
{
    return (struct jet){a.x + b.x, a.d + b.d};
}

/* One layer of one pair of samples. */
struct layer {
    struct jet h;      /* M_l q̂^l, l = 0..L-1 */
    struct jet qtilde; /* l = 1..L */
    struct jet gain;   /* σ_w² E φ'φ', l = 1..L-1 */
    struct jet V;      /* mean square of δ^l_k·δ^l_k', k ≠ k', l = 1..L */
};

struct pair {
    const struct theory_order *order;
    const struct net_architecture *architecture;
    double weight_variance;
    size_t p, s, t;       /* the pair and the numbers of (s, s) and (t, t) */
    bool fluctuates;      /* h⁰(s)·h⁰(t) is 0 in the mean and √M_0 in size */
    struct layer *layers; /* (L+1) */
};

static double at(const struct pair *pair, const double *parameter, size_t l, size_t p)
{
    return parameter[l * pair->order->pairs + p];
}

/* V^l = (σ_w² E φ'φ')² V^{l+1} + (σ_w⁴/M_l) E φ'²φ'² q̃^{l+1}_ss q̃^{l+1}_tt , V^L = 0 */
static struct jet between_outputs(const struct pair *pair, size_t l, struct jet slope2)
{
    const struct theory_order *o = pair->order;
    const double w = pair->weight_variance, units = (double)pair->architecture->widths[l];
    const double both = at(pair, o->qtilde, l + 1, pair->s) * at(pair, o->qtilde, l + 1, pair->t);
    const struct jet gain = pair->layers[l].gain, above = pair->layers[l + 1].V;
    return plus(times(times(gain, gain), above), scaled(w * w / units * both, slope2));
}

/* dq̂^0 = dc , dq^l = σ_w² dq̂^{l-1} , dq̂^l = E φ'φ' dq^l ; the backward ones follow. */
static void layers_fill(struct pair *pair)
{
    const struct theory_order *o = pair->order;
    const struct net_architecture *a = pair->architecture;
    const double w = pair->weight_variance, moves = pair->fluctuates ? 1 : 0;
    struct layer *layers = pair->layers;
    double dqhat = moves, dq = 0;
    for (size_t l = 0; l < o->L; l++) {
        if (l > 0) {
            const double rate = pair->fluctuates ? at(pair, o->slope_rate, l, pair->p) : 0;
            dq = w * dqhat;
            dqhat = at(pair, o->slope, l, pair->p) * dq;
            layers[l].gain = scaled(w, (struct jet){at(pair, o->slope, l, pair->p), rate * dq});
            layers[l].V = (struct jet){at(pair, o->slope2, l, pair->p),
                                       pair->fluctuates ? at(pair, o->slope2_rate, l, pair->p) * dq : 0};
        }
        layers[l].h = scaled((double)a->widths[l], (struct jet){at(pair, o->qhat, l, pair->p), dqhat});
    }
    layers[o->L].qtilde = (struct jet){1, 0};
    layers[o->L].V = (struct jet){0, 0};
    for (size_t l = o->L - 1; l >= 1; l--) {
        layers[l].qtilde = times(layers[l].gain, layers[l + 1].qtilde);
        layers[l].V = between_outputs(pair, l, layers[l].V);
    }
}

/* ⟨H²⟩ of layer l's inputs */
static double mean_square_input(const struct pair *pair, size_t l)
{
    const double H = pair->layers[l - 1].h.x, M0 = (double)pair->architecture->widths[0];
    if (l > 1 || pair->order->samples > 1)
        return H * H;
    return pair->fluctuates ? M0 : M0 * M0 + 2 * M0;
}

/* (σ_w²/M_l)² E φ'²φ'² (C² q̃^{l+1}_ss q̃^{l+1}_tt + 2C (q̃^{l+1}_st)²) ⟨H²⟩ */
static double on_block(const struct pair *pair, size_t l)
{
    const struct theory_order *o = pair->order;
    const double C = (double)pair->architecture->C, units = (double)pair->architecture->widths[l];
    const double scale = pair->weight_variance / units, across = pair->layers[l + 1].qtilde.x;
    const double both = at(pair, o->qtilde, l + 1, pair->s) * at(pair, o->qtilde, l + 1, pair->t);
    return scale * scale * at(pair, o->slope2, l, pair->p) * (C * C * both + 2 * C * across * across) *
           mean_square_input(pair, l);
}

/* [C (q̃^l)² + C(C−1) (σ_w² E φ'φ')² V^{l+1}] / M_l² · ⟨H²⟩ */
static double off_block(const struct pair *pair, size_t l)
{
    const struct layer *layer = &pair->layers[l];
    const double C = (double)pair->architecture->C, units = (double)pair->architecture->widths[l];
    const double same = layer->qtilde.x * layer->qtilde.x,
                 other = layer->gain.x * layer->gain.x * layer[1].V.x;
    return (C * same + C * (C - 1) * other) / (units * units) * mean_square_input(pair, l);
}

/* [C q̃^l q̃^m + C(C−1) Π_{j=l}^{m-1}(σ_w² E φ'φ') V^m] / (M_l M_m) · M_{l-1} q̂^{l-1} M_{m-1} q̂^{m-1} ;
 * gains: the product. The first layer's M_0 q̂⁰ = Σ_i h⁰_i(s) h⁰_i(t) = M_0 c has mean 0 and variance M_0, so
 * times M_0 c anything has the mean of its derivative by c. */
static double cross_block(const struct pair *pair, size_t l, size_t m, struct jet gains)
{
    const struct layer *low = &pair->layers[l], *high = &pair->layers[m];
    const double C = (double)pair->architecture->C;
    const double units = (double)pair->architecture->widths[l] * (double)pair->architecture->widths[m];
    const struct jet same = times(low->qtilde, high->qtilde), other = times(gains, high->V);
    const struct jet both = times(plus(scaled(C, same), scaled(C * (C - 1), other)), high[-1].h);
    return (l == 1 && pair->fluctuates ? both.d : both.x * low[-1].h.x) / units;
}

/* V^l of a residual network into V (L): see theory.h. */
static void residual_between_outputs(const struct pair *pair, double *V)
{
    const struct theory_order *o = pair->order;
    const struct net_architecture *a = pair->architecture;
    const double w = a->weight_variance, v = a->branch_variance, skip = a->skip * a->skip;
    V[o->L - 1] = w * w / (double)a->M;
    for (size_t l = o->L - 1; l > 1; l--) {
        const double Qs = at(pair, o->Q, l, pair->s), Qt = at(pair, o->Q, l, pair->t);
        const double qs = at(pair, o->qtilde, l, pair->s), qt = at(pair, o->qtilde, l, pair->t);
        const double gain = skip + w * v * at(pair, o->slope, l, pair->p);
        V[l - 1] = gain * gain * V[l] + (w * w * v * v * at(pair, o->slope2, l, pair->p) * Qs * Qt +
                                         w * w * qs * qt + skip * w * (Qs * qt + Qt * qs)) /
                                            (double)a->M;
    }
}

static void residual_pair_add(const struct pair *pair, double weight, double *V, double *on, double *off)
{
    const struct theory_order *o = pair->order;
    const struct net_architecture *a = pair->architecture;
    const double C = (double)a->C, M = (double)a->M, v = a->branch_variance;
    residual_between_outputs(pair, V);
    for (size_t l = 1; l < o->L; l++) {
        const double both = at(pair, o->Q, l, pair->s) * at(pair, o->Q, l, pair->t),
                     across = at(pair, o->Q, l, pair->p), qtilde = at(pair, o->qtilde, l, pair->p),
                     gain = v * at(pair, o->slope, l, pair->p), slope2 = at(pair, o->slope2, l, pair->p);
        const double scale = weight * mean_square_input(pair, l) / (M * M);
        on[l] += scale * v * v * slope2 * (C * C * both + 2 * C * across * across);
        off[l] += scale * (C * qtilde * qtilde + C * (C - 1) * gain * gain * V[l]);
    }
}

static void pair_add(const struct pair *pair, double weight, double *on, double *off, double *cross)
{
    const size_t L = pair->order->L;
    for (size_t l = 1; l < L; l++) {
        struct jet gains = {1, 0};
        on[l] += weight * on_block(pair, l);
        off[l] += weight * off_block(pair, l);
        for (size_t m = l + 1; m < L; m++) {
            gains = times(gains, pair->layers[m - 1].gain);
            cross[l * (L + 1) + m] += weight * cross_block(pair, l, m, gains);
        }
    }
}

int theory_blocks_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *on, double *off, double *cross, struct base_error *error)
{
    int status;
    const size_t L = order->L;
    struct layer *layers = base_calloc(L + 1, sizeof *layers, error);
    double *V = base_calloc(L + 1, sizeof *V, error);
    TRY(base_got(layers));
    TRY(base_got(V));
    for (size_t l = 1; l < L; l++) {
        on[l] = off[l] = 0;
        for (size_t m = l + 1; m < L; m++)
            cross[l * (L + 1) + m] = architecture->residual ? NAN : 0;
    }
    for (size_t p = 0; p < order->pairs; p++) {
        const double weight = theory_order_weight(order, architecture->T, p);
        struct pair pair = {order,       architecture, architecture->weight_variance, p,
                            order->s[p], order->t[p],  order->samples == 1 && p == 1, layers};
        if (weight == 0)
            continue;
        if (architecture->residual) {
            for (size_t l = 0; l < L; l++)
                layers[l].h.x = (double)architecture->M * order->qhat[l * order->pairs + p];
            residual_pair_add(&pair, weight, V, on, off);
            continue;
        }
        layers_fill(&pair);
        pair_add(&pair, weight, on, off, cross);
    }
out:
    free(V);
    free(layers);
    return status;
}

static void branch_pair_add(const struct pair *pair, double weight, double *V, double *on, double *off)
{
    const struct theory_order *o = pair->order;
    const struct net_architecture *a = pair->architecture;
    const double C = (double)a->C, M = (double)a->M;
    residual_between_outputs(pair, V);
    for (size_t l = 1; l < o->L; l++) {
        const double both = at(pair, o->Q, l, pair->s) * at(pair, o->Q, l, pair->t),
                     across = at(pair, o->Q, l, pair->p), phat = at(pair, o->phat, l, pair->p);
        on[l] += weight * phat * phat * (C * C * both + 2 * C * across * across);
        off[l] += weight * phat * phat * (C * across * across + C * (C - 1) * (V[l] - both / M));
    }
}

int theory_branch_blocks_predict(const struct theory_order *order,
                                 const struct net_architecture *architecture, double *on, double *off,
                                 struct base_error *error)
{
    int status;
    double *V = base_calloc(order->L + 1, sizeof *V, error);
    TRY(base_got(V));
    for (size_t l = 1; l < order->L; l++)
        on[l] = off[l] = architecture->train_branch ? 0 : NAN;
    for (size_t p = 0; p < order->pairs && architecture->train_branch; p++) {
        const struct pair pair = {
            .order = order, .architecture = architecture, .p = p, .s = order->s[p], .t = order->t[p]};
        const double weight = theory_order_weight(order, architecture->T, p);
        if (weight > 0)
            branch_pair_add(&pair, weight, V, on, off);
    }
out:
    free(V);
    return status;
}
