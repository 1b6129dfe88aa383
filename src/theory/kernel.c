/* The recursions of KAA19 on T×T matrices, for given inputs; symbols as in theory.h. A sum over layers with
 * q̃ in it needs no backward pass:
 *
 *     S¹ = a_0 q̂⁰ + b_0 ,  S^{l+1} = (a_l q̂^l + b_l) + σ_w² E φ'φ' ∘ S^l ,  S^L = Σ_l (a_{l-1} q̂^{l-1} +
 * b_{l-1}) q̃^l
 *
 * In a residual network what S^l and V^l bring about runs along the skip, as R^l does:
 *
 *     R⁰ = 0 ,  R^l = γ² R^{l-1} + σ_v² E φ'φ' ∘ S^l + c p̂^l ,  S^{l+1} = (a_l q̂^l + b_l) + σ_w² R^l ,
 *     S^L = Σ_l (a_{l-1} q̂^{l-1} + b_{l-1}) q̃^l + c Σ_{l<L} Q^l p̂^l
 */
#include "base/memory.h"
#include "theory/mehler.h"
#include "theory/theory.h"

#include <assert.h>
#include <gsl/gsl_blas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = MEHLER_BLOCK };

int theory_gram_compute(size_t M_0, size_t T, const double *inputs, double *gram, struct base_error *error)
{
    const gsl_matrix_const_view X = gsl_matrix_const_view_array(inputs, M_0, T);
    gsl_matrix_view G = gsl_matrix_view_array(gram, T, T);
    if (gsl_blas_dsyrk(CblasUpper, CblasTrans, 1 / (double)M_0, &X.matrix, 0, &G.matrix) != 0)
        return base_fail(error, BASE_FAILED, "GSL refuses a product of %zu by %zu numbers", M_0, T);
    return BASE_OK;
}

/* The matrices of one layer. Their rows may be those of a square or those of a triangle alone: element (s,
 * t), s < t, is at [row(s) + t], and (t, t) at [diagonal(t)]. */
struct layer {
    size_t T;
    bool square;
    double weight_variance, bias_variance;
    double *q;                          /* covariances of u */
    double *qhat, *slope, *slope2;      /* receive E φφ, E φ'φ', E φ'²φ'²; or, where they are NULL, */
    double *sum;                        /* S^l becomes S^{l+1}, and q that of the next layer */
    double a, b;                        /* a_l and b_l */
    const struct theory_branch *branch; /* NULL: plain; else also */
    double *stream, *along;             /* q̂^{l-1} becomes q̂^l, R^{l-1} becomes R^l */
};

static size_t row(const struct layer *x, size_t s)
{
    return x->square ? s * x->T : x->T + s * (2 * x->T - s - 1) / 2 - s - 1;
}

static size_t diagonal(const struct layer *x, size_t t)
{
    return x->square ? t * x->T + t : t;
}

static void put_residual(const struct layer *x, size_t at, size_t n, const double *phi, const double *dphi)
{
    const double skip = x->branch->skip * x->branch->skip, v = x->branch->variance, c = x->branch->trained;
    for (size_t i = at; i < at + n; i++) {
        x->stream[i] = skip * x->stream[i] + v * phi[i - at];
        x->along[i] = skip * x->along[i] + v * dphi[i - at] * x->sum[i] + c * phi[i - at];
        x->sum[i] = x->a * x->stream[i] + x->b + x->weight_variance * x->along[i];
        x->q[i] = x->weight_variance * x->stream[i] + x->bias_variance;
    }
}

static void put(const struct layer *x, size_t at, size_t n, const double *phi, const double *dphi,
                const double *dphi2)
{
    if (x->qhat != NULL) {
        memcpy(x->qhat + at, phi, n * sizeof *phi);
        memcpy(x->slope + at, dphi, n * sizeof *dphi);
        memcpy(x->slope2 + at, dphi2, n * sizeof *dphi2);
        return;
    }
    if (x->branch != NULL) {
        put_residual(x, at, n, phi, dphi);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        x->sum[at + i] = x->a * phi[i] + x->b + x->weight_variance * dphi[i] * x->sum[at + i];
        x->q[at + i] = x->weight_variance * phi[i] + x->bias_variance;
    }
}

/* The largest |q_st|/√(q_ss q_tt), s < t; inverse (T): 1/√q_ss. */
static double largest_correlation(const struct layer *x, const double *inverse)
{
    double largest = 0;
    for (size_t s = 0; s < x->T; s++) {
        const double *q = x->q + row(x, s);
        double of_row = 0;
        for (size_t t = s + 1; t < x->T; t++) {
            const double size = fabs(q[t]) * inverse[t];
            of_row = size > of_row ? size : of_row;
        }
        largest = fmax(largest, of_row * inverse[s]);
    }
    return fmin(largest, 1);
}

/* All pairs of a layer; same (2, T) is room. Columns go in blocks, whose coefficients stay in the cache. */
static int layer_run(struct layer *x, struct mehler *mehler, double *same, struct base_error *error)
{
    int status;
    const size_t T = x->T;
    double *q = same, *inverse = same + T, phi[B], dphi[B], dphi2[B];
    for (size_t t = 0; t < T; t++) {
        q[t] = x->q[diagonal(x, t)];
        inverse[t] = q[t] > 0 ? 1 / sqrt(q[t]) : 0;
    }
    TRY(mehler_set(mehler, q, largest_correlation(x, inverse), error));
    for (size_t t = 0; t < T; t++)
        put(x, diagonal(x, t), 1, &mehler->same[t].phi, &mehler->same[t].dphi, &mehler->same[t].dphi2);
    for (size_t begin = 0; begin < T; begin += B) {
        const size_t end = begin + B < T ? begin + B : T;
        for (size_t s = 0; s + 1 < end; s++) {
            const size_t first = s + 1 > begin ? s + 1 : begin, at = row(x, s) + first;
            TRY(mehler_pairs(mehler, s, first, end, x->q + at, phi, dphi, x->slope2 != NULL ? dphi2 : NULL,
                             error));
            put(x, at, end - first, phi, dphi, dphi2);
        }
    }
out:
    return status;
}

int theory_kernel_sum(const struct net_activation *activation, double weight_variance, double bias_variance,
                      size_t depth, size_t T, const double *gram, const double *a, const double *b,
                      double tolerance, double *sum, double *nngp, struct base_error *error)
{
    return theory_kernel_sum_residual(activation, weight_variance, bias_variance, NULL, depth, T, gram, a, b,
                                      tolerance, sum, nngp, error);
}

int theory_kernel_sum_residual(const struct net_activation *activation, double weight_variance,
                               double bias_variance, const struct theory_branch *branch, size_t depth,
                               size_t T, const double *gram, const double *a, const double *b,
                               double tolerance, double *sum, double *nngp, struct base_error *error)
{
    int status;
    struct mehler mehler = {.T = 0};
    struct layer x = {.T = T,
                      .square = true,
                      .weight_variance = weight_variance,
                      .bias_variance = bias_variance,
                      .q = nngp,
                      .sum = sum,
                      .branch = branch};
    double *same = NULL, *room = NULL;
    TRY(base_got(same = base_calloc(2 * T, sizeof *same, error)));
    if (branch != NULL) {
        TRY(base_got(room = base_calloc(2 * T * T, sizeof *room, error)));
        x.stream = room;
        x.along = room + T * T;
        memcpy(x.stream, gram, T * T * sizeof *gram);
    }
    TRY(mehler_init(&mehler, activation, T, false, tolerance, error));
    for (size_t s = 0; s < T; s++)
        for (size_t t = s; t < T; t++) {
            const double qhat = gram[s * T + t];
            sum[s * T + t] = a[0] * qhat + b[0];
            nngp[s * T + t] = weight_variance * qhat + bias_variance;
        }
    for (size_t l = 1; l < depth; l++) {
        x.a = a[l];
        x.b = b[l];
        status = layer_run(&x, &mehler, same, error);
        if (status != BASE_OK)
            TRY(base_fail_within(error, status, "layer %zu", l));
    }
    for (size_t t = 0; t < T; t++)
        if (!isfinite(sum[t * T + t]))
            TRY(base_fail(error, BASE_UNRESOLVED, "the kernel overflows"));
out:
    mehler_free(&mehler);
    free(same);
    free(room);
    return status;
}

int theory_ntk_compute(const struct net_activation *activation, double weight_variance, double bias_variance,
                       size_t depth, size_t T, const double *gram, double tolerance, double *ntk,
                       double *nngp, struct base_error *error)
{
    return theory_ntk_compute_residual(activation, weight_variance, bias_variance, NULL, depth, T, gram,
                                       tolerance, ntk, nngp, error);
}

int theory_ntk_compute_residual(const struct net_activation *activation, double weight_variance,
                                double bias_variance, const struct theory_branch *branch, size_t depth,
                                size_t T, const double *gram, double tolerance, double *ntk, double *nngp,
                                struct base_error *error)
{
    int status;
    double *a = NULL, *b;
    TRY(base_got(a = base_calloc(2 * depth, sizeof *a, error)));
    b = a + depth;
    for (size_t l = 0; l < depth; l++) {
        a[l] = weight_variance;
        b[l] = bias_variance;
    }
    TRY(theory_kernel_sum_residual(activation, weight_variance, bias_variance, branch, depth, T, gram, a, b,
                                   tolerance, ntk, nngp, error));
out:
    free(a);
    return status;
}

/* ---- all order parameters */

double theory_kernel_bytes(size_t depth, size_t T)
{
    const double pairs = 0.5 * (double)T * ((double)T + 1);
    return pairs * (5 * ((double)depth + 1) * sizeof(double) + 2 * sizeof(size_t));
}

double theory_kernel_bytes_residual(size_t depth, size_t T)
{
    const double pairs = 0.5 * (double)T * ((double)T + 1);
    return theory_kernel_bytes(depth, T) + pairs * 2 * ((double)depth + 1) * sizeof(double);
}

static int order_init(struct theory_order *order, bool residual, size_t depth, size_t T,
                      struct base_error *error)
{
    int status;
    const size_t pairs = T * (T + 1) / 2, n = (depth + 1) * pairs;
    size_t *s, *t, p = T;
    *order = (struct theory_order){.L = depth, .samples = T, .pairs = pairs};
    assert(sizeof(size_t) <= sizeof(double)); /* so that all stands in one piece */
    const size_t matrices = residual ? 7 : 5;
    TRY(base_got(order->q = base_calloc(matrices * n + 2 * pairs, sizeof(double), error)));
    order->qhat = order->q + n;
    order->qtilde = order->qhat + n;
    order->slope = order->qtilde + n;
    order->slope2 = order->slope + n;
    if (residual) {
        order->phat = order->slope2 + n;
        order->Q = order->phat + n;
    }
    s = (size_t *)(void *)(order->q + matrices * n);
    t = s + pairs;
    for (size_t i = 0; i < T; i++) {
        s[i] = t[i] = i;
        for (size_t j = i + 1; j < T; j++, p++) {
            s[p] = i;
            t[p] = j;
        }
    }
    order->s = s;
    order->t = t;
out:
    return status;
}

/* q̂^l = γ² q̂^{l-1} + σ_v² p̂^l */
static void add_skip(struct theory_order *order, const struct theory_branch *branch, size_t l)
{
    const double skip = branch->skip * branch->skip;
    for (size_t p = l * order->pairs; p < (l + 1) * order->pairs; p++)
        order->qhat[p] = skip * order->qhat[p - order->pairs] + branch->variance * order->phat[p];
}

static int forward(struct theory_order *order, const struct net_activation *activation,
                   double weight_variance, double bias_variance, const struct theory_branch *branch,
                   double tolerance, struct base_error *error)
{
    int status;
    const size_t T = order->samples, pairs = order->pairs;
    struct mehler mehler = {.T = 0};
    double *same = NULL;
    TRY(base_got(same = base_calloc(2 * T, sizeof *same, error)));
    TRY(mehler_init(&mehler, activation, T, true, tolerance, error));
    for (size_t l = 1; l <= order->L; l++) {
        struct layer x = {.T = T,
                          .q = order->q + l * pairs,
                          .qhat = (branch != NULL ? order->phat : order->qhat) + l * pairs,
                          .slope = order->slope + l * pairs,
                          .slope2 = order->slope2 + l * pairs};
        for (size_t p = 0; p < pairs; p++)
            x.q[p] = weight_variance * order->qhat[(l - 1) * pairs + p] + bias_variance;
        for (size_t p = 0; p < T; p++)
            if (!isfinite(x.q[p]))
                TRY(base_fail(error, BASE_UNRESOLVED,
                              "the variance of the pre-activations overflows in layer %zu", l));
        status = l < order->L ? layer_run(&x, &mehler, same, error) : BASE_OK;
        if (status != BASE_OK)
            TRY(base_fail_within(error, status, "layer %zu", l));
        if (branch != NULL && l < order->L)
            add_skip(order, branch, l);
    }
out:
    mehler_free(&mehler);
    free(same);
    return status;
}

/* Q^l = γ² Q^{l+1} + σ_w² q̃^{l+1} , Q^{L-1} = σ_w² */
static void add_gradient(struct theory_order *order, double weight_variance,
                         const struct theory_branch *branch, size_t l)
{
    const double skip = l + 1 < order->L ? branch->skip * branch->skip : 0; /* Q^L is no number: 0 */
    const size_t pairs = order->pairs;
    for (size_t p = l * pairs; p < (l + 1) * pairs; p++)
        order->Q[p] = skip * order->Q[p + pairs] + weight_variance * order->qtilde[p + pairs];
}

static int backward(struct theory_order *order, double weight_variance, const struct theory_branch *branch,
                    struct base_error *error)
{
    const size_t pairs = order->pairs;
    for (size_t p = 0; p < pairs; p++)
        order->qtilde[order->L * pairs + p] = 1;
    for (size_t l = order->L - 1; l >= 1; l--) {
        if (branch != NULL)
            add_gradient(order, weight_variance, branch, l);
        for (size_t p = l * pairs; p < (l + 1) * pairs; p++) {
            const double above =
                branch != NULL ? branch->variance * order->Q[p] : weight_variance * order->qtilde[p + pairs];
            order->qtilde[p] = above * order->slope[p];
            if (!isfinite(order->qtilde[p]))
                return base_fail(error, BASE_UNRESOLVED,
                                 "the variance of the backward signals overflows in layer %zu", l);
        }
    }
    if (branch != NULL)
        add_gradient(order, weight_variance, branch, 0);
    return BASE_OK;
}

int theory_kernel_solve(struct theory_order *order, const struct net_activation *activation,
                        double weight_variance, double bias_variance, size_t depth, size_t T,
                        const double *gram, double tolerance, struct base_error *error)
{
    return theory_kernel_solve_residual(order, activation, weight_variance, bias_variance, NULL, depth, T,
                                        gram, tolerance, error);
}

const struct theory_branch *theory_branch_of(const struct net_architecture *architecture, double trained,
                                             struct theory_branch *branch)
{
    const struct net_architecture *a = architecture;
    *branch = (struct theory_branch){a->skip, a->branch_variance, a->train_branch ? trained : 0};
    return a->residual ? branch : NULL;
}

int theory_kernel_solve_residual(struct theory_order *order, const struct net_activation *activation,
                                 double weight_variance, double bias_variance,
                                 const struct theory_branch *branch, size_t depth, size_t T,
                                 const double *gram, double tolerance, struct base_error *error)
{
    int status;
    assert(depth >= 1 && T >= 1);
    TRY(order_init(order, branch != NULL, depth, T, error));
    for (size_t p = 0; p < order->pairs; p++)
        order->qhat[p] = gram[order->s[p] * T + order->t[p]];
    TRY(forward(order, activation, weight_variance, bias_variance, branch, tolerance, error));
    TRY(backward(order, weight_variance, branch, error));
    order->error = tolerance;
out:
    if (status != BASE_OK)
        theory_order_free(order);
    return status;
}
