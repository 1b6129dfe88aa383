/* The conditional sampler: the law of the Gram summary without the weights of the hidden layers.
 *
 * Weights are W = s G with G iid N(0,1), s² = σ_w²/M_{l-1}, and independent of H = H^{l-1} (M_{l-1}, T; units
 * are rows). With K = HᵀH = R Rᵀ (rank-revealing, R (T, r)) there is Q (r, M_{l-1}) with orthonormal rows and
 * H = QᵀRᵀ, so
 *
 *     forward    W H = s Z Rᵀ ,                  Z = G Qᵀ (M_l, r) iid N(0,1) ;        u^l = W H + b^l
 *     backward   given Z, G = Z Q + G'(I − QᵀQ) with G' fresh, and Δ = Δ^l (M_l, CT) depends on W only
 * through Z: WᵀΔ = s [ Qᵀ(ZᵀΔ) + (I − QᵀQ) Y R_Dᵀ ] ,   R_D R_Dᵀ = ΔᵀΔ = D^l ,   Y (M_{l-1}, r_D) iid N(0,1)
 *                    = s [ H Eᵀ + Y R_Dᵀ ] ,    Eᵀ = R⁺ᵀ (ZᵀΔ − (Q Y) R_Dᵀ) ,    Q Y = R⁺ (HᵀY)
 *
 * Q is never formed: R⁺ acts by two triangular solves on the r independent rows of R. Exact in law at every
 * width and rank; rows of H below the rank tolerance (n ε of the largest) count as dependent.
 *
 * Of Gaussian inputs only H⁰ is needed, and its law is Wishart's (wishart.h). So with M_0 inputs of rank r
 *
 *     G⁰ = (W¹ᵀΔ)ᵀ(W¹ᵀΔ) = s² [ (ZᵀΔ)ᵀ(ZᵀΔ) + R_D V R_Dᵀ ] ,   V = Yᵀ(I − QᵀQ)Y
 *
 * where V (r_D, r_D) is Wishart with M_0 − r degrees of freedom and independent of all else.
 *
 * Units are walked in panels, a layer at a time. Layers 1..L-2 are walked twice, forward for H^l and HᵀY,
 * then backward for D^l and ZᵀΔ; what the second walk needs of a panel (h, φ', Y, Z) is kept from the first
 * while the memory lasts and drawn again where it is not. Layer L-1 is walked once: the weights above it are
 * explicit.
 */
#include "net/signals.h"

#include "base/memory.h"
#include "base/share.h"
#include "linalg/linalg.h"
#include "net/backward.h"
#include "net/panel.h"
#include "net/purpose.h"
#include "net/sums.h"
#include "net/units.h"
#include "net/wishart.h"
#include "random/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one thread has in hand: a panel's signals, here or in their kept place, and its parts of the sums. */
struct hand {
    const struct net_activation *activation;
    double *memory;
    double *own;               /* signals that are not kept */
    double *h, *dphi, *Y, *Z;  /* (units, T), (units, T), (units, y), (units, rank) */
    double *Z_own;             /* where a kept panel needs no Z */
    double *u, *b, *v;         /* (units, T), (units), (units, C) */
    double *u_own;             /* where u is not kept */
    double *delta, *delta_own; /* (units, CT) */
    double *H, *D, *A, *B, *f; /* (T, T), (CT, CT), (rank, CT), (T, y), (C, T) */
    struct net_sums_parts sums;
};

struct conditional {
    const struct net_architecture *architecture;
    int threads;
    struct hand *hands;        /* (threads) */
    size_t *n_kept;            /* (L+1): the first so many panels of a layer are kept */
    double **kept;             /* (L+1) pointers to n_kept[l] blocks of signals */
    struct linalg_root *roots; /* (L+1): roots[l] of H[l-1], l = 1..L-1 */
    struct linalg_root root_D;
    double *A, *E;   /* (rank, CT): ZᵀΔ of the layer above; Eᵀ (T, CT) */
    double **B, *BQ; /* (L+1) pointers: B[l] = H^lᵀY (T, y), l = 1..L-2; QY (rank, r_D) */

    /* the network in hand */
    uint64_t seed, trial;
    size_t l; /* the layer that is walked */
    struct net_gram *gram;
};

/* Columns of Y under layer l + 1: no rank of D^{l+1} is larger. */
static size_t columns_Y(const struct net_architecture *a, size_t l)
{
    return a->CT < a->widths[l + 1] ? a->CT : a->widths[l + 1];
}

static bool is_walked_twice(const struct net_architecture *a, size_t l)
{
    return l >= 1 && l + 1 < a->L;
}

/* Whether a layer's Z is needed once more when its δ are there: for the layer below, or for G⁰. */
static bool needs_Z(const struct net_architecture *a, size_t l)
{
    return l > 1 || (l == 1 && (a->sums & NET_SUM_G));
}

static bool needs_u(const struct net_architecture *a)
{
    return a->sums & NET_SUM_U;
}

/* A block of signals: h, φ', Y, and what the backward walk needs of Z and u. */
static size_t block_numbers(const struct net_architecture *a, size_t l)
{
    const size_t signals = 2 + (size_t)needs_Z(a, l) + (size_t)needs_u(a);
    return net_panel_size(a) * (signals * a->T + columns_Y(a, l));
}

static size_t lay_out(const struct net_architecture *a, double *memory, struct hand *hand)
{
    const size_t P = net_panel_size(a), T = a->T, C = a->C, CT = a->CT;
    size_t used = 0;
    hand->own = net_panel_carve(memory, &used, P * (3 * T + CT));
    hand->Z_own = net_panel_carve(memory, &used, P * T);
    hand->u_own = net_panel_carve(memory, &used, P * T);
    hand->b = net_panel_carve(memory, &used, P);
    hand->v = net_panel_carve(memory, &used, P * C);
    hand->delta_own = net_panel_carve(memory, &used, P * CT);
    hand->H = net_panel_carve(memory, &used, T * T);
    hand->D = net_panel_carve(memory, &used, CT * CT);
    hand->A = net_panel_carve(memory, &used, CT * T);
    hand->B = net_panel_carve(memory, &used, CT * T);
    hand->f = net_panel_carve(memory, &used, C * T);
    net_sums_lay_out(a, memory, &used, &hand->sums);
    return used;
}

static struct net_memory conditional_memory(const struct net_architecture *a, int threads)
{
    struct hand hand;
    const double T = (double)a->T, CT = (double)a->CT, L = (double)a->L;
    const double numbers = (double)threads * (double)lay_out(a, NULL, &hand) + (3 + L) * CT * T;
    double kept = 0;
    for (size_t l = 1; is_walked_twice(a, l); l++)
        kept += (double)net_panel_count(a, l) * (double)block_numbers(a, l) * sizeof(double);
    const double least =
        numbers * sizeof(double) + L * (double)linalg_root_bytes(a->T) + (double)linalg_root_bytes(a->CT);
    return (struct net_memory){least, least + kept};
}

static void conditional_free(void *work)
{
    struct conditional *w = work;
    if (w == NULL)
        return;
    for (int i = 0; w->hands != NULL && i < w->threads; i++)
        free(w->hands[i].memory);
    for (size_t l = 0; l <= w->architecture->L; l++) {
        if (w->kept != NULL)
            free(w->kept[l]);
        if (w->B != NULL)
            free(w->B[l]);
        if (w->roots != NULL)
            linalg_root_free(&w->roots[l]);
    }
    linalg_root_free(&w->root_D);
    void *arrays[] = {w->hands, w->n_kept, w->kept, w->roots, w->A, w->E, w->B, w->BQ};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(w);
}

/* As many panels as `bytes` hold, from the first layer on. */
static int keep_panels(struct conditional *w, double bytes, struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = w->architecture;
    for (size_t l = 1; is_walked_twice(a, l); l++) {
        const double block = (double)block_numbers(a, l) * sizeof(double);
        const double panels = fmin((double)net_panel_count(a, l), floor(fmax(bytes, 0) / block));
        w->n_kept[l] = (size_t)panels;
        bytes -= panels * block;
        TRY(base_got(w->kept[l] = base_alloc(w->n_kept[l] * block_numbers(a, l), sizeof(double), error)));
    }
out:
    return status;
}

static int conditional_init(void **work, const struct net_architecture *architecture, int threads,
                            double memory, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t number = sizeof(double);
    struct conditional *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = a;
    w->threads = threads;
    TRY(base_got(w->hands = base_calloc((size_t)threads, sizeof *w->hands, error)));
    for (int i = 0; i < threads; i++) {
        struct hand *hand = &w->hands[i];
        TRY(base_got(hand->memory = base_alloc(lay_out(a, NULL, hand), number, error)));
        lay_out(a, hand->memory, hand);
    }
    TRY(base_got(w->n_kept = base_calloc(a->L + 1, sizeof *w->n_kept, error)));
    TRY(base_got(w->kept = base_calloc(a->L + 1, sizeof *w->kept, error)));
    TRY(keep_panels(w, memory - conditional_memory(a, threads).least, error));
    TRY(base_got(w->roots = base_calloc(a->L + 1, sizeof *w->roots, error)));
    TRY(base_got(w->B = base_calloc(a->L + 1, sizeof *w->B, error)));
    for (size_t l = 1; l < a->L; l++) {
        TRY(linalg_root_init(&w->roots[l], a->T, error));
        TRY(base_got(w->B[l] = base_calloc(a->CT * a->T, number, error)));
    }
    TRY(linalg_root_init(&w->root_D, a->CT, error));
    TRY(base_got(w->A = base_calloc(a->CT * a->T, number, error)));
    TRY(base_got(w->E = base_calloc(a->CT * a->T, number, error)));
    TRY(base_got(w->BQ = base_calloc(a->CT * a->T, number, error)));
    *work = w;
out:
    if (status != BASE_OK)
        conditional_free(w);
    return status;
}

/* ---- a panel */

/* Points the hand to the signals of panel `index`: true when they are kept. */
static bool take_up(const struct conditional *w, struct hand *hand, size_t l, size_t index)
{
    const struct net_architecture *a = w->architecture;
    const size_t PT = net_panel_size(a) * a->T;
    const bool kept = index < w->n_kept[l];
    hand->h = kept ? w->kept[l] + index * block_numbers(a, l) : hand->own;
    hand->dphi = hand->h + PT;
    hand->Z = kept && !needs_Z(a, l) ? hand->Z_own : hand->dphi + PT;
    hand->Y = hand->dphi + (kept && !needs_Z(a, l) ? 1 : 2) * PT;
    hand->u = kept && needs_u(a) ? hand->Y + net_panel_size(a) * columns_Y(a, l) : hand->u_own;
    return kept;
}

/* Z, u = s Z Rᵀ + b, h = φ(u), φ'(u) */
static void draw_signals(const struct conditional *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const struct linalg_root *root = &w->roots[panel.l];
    const double s = sqrt(a->weight_variance / (double)a->widths[panel.l - 1]);
    const bool again = needs_Z(a, panel.l) || net_units_wanted(w->gram, panel);
    double *Z = !again && root->rank == a->T ? hand->u : hand->Z;
    random_normals(w->seed, net_stream(a, w->trial, panel.l, NET_FORWARD), panel.first * root->rank,
                   panel.units * root->rank, Z);
    linalg_root_apply(root, panel.units, s, Z, root->rank, hand->u);
    net_panel_biases(a, w->seed, w->trial, panel, hand->b);
    net_panel_add_biases(a, panel, hand->b, hand->u);
    net_activation_eval(hand->activation, panel.units * a->T, hand->u, hand->h, hand->dphi);
}

static void draw_Y(const struct conditional *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t y = columns_Y(a, panel.l);
    random_normals(w->seed, net_stream(a, w->trial, panel.l + 1, NET_BACKWARD), panel.first * y,
                   panel.units * y, hand->Y);
}

/* Zᵀδ where it is needed below; what is asked for of δ. */
static void delta_sums(const struct conditional *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t l = panel.l;
    if (needs_Z(a, l))
        linalg_multiply(true, false, w->roots[l].rank, a->CT, panel.units, 1, hand->Z, hand->delta, 0,
                        net_panel_part(a, l, hand->A, w->A));
    net_sums_delta(a, panel, hand->delta, hand->u, &hand->sums, w->gram);
    net_units_take_delta(w->gram, panel, hand->delta);
}

static void add_delta_parts(struct conditional *w, struct hand *hand, size_t l, size_t index)
{
    const struct net_architecture *a = w->architecture;
    net_panel_add_upper(index, a->CT, net_panel_part(a, l, hand->D, w->gram->D[l]), w->gram->D[l]);
    if (needs_Z(a, l))
        net_panel_add(index, a->CT * w->roots[l].rank, net_panel_part(a, l, hand->A, w->A), w->A);
    net_sums_add_delta(a, l, index, &hand->sums, w->gram);
}

/* Single units, whose Z waits in the place of their weights. */
static void take_units(const struct conditional *w, struct hand *hand, struct net_panel panel)
{
    if (!net_units_wanted(w->gram, panel))
        return;
    const struct net_units *units = &w->gram->units[panel.l];
    net_units_take_signals(w->gram, panel, hand->b, hand->u);
    memcpy(units->w, hand->Z, units->n * w->roots[panel.l].rank * sizeof *units->w);
}

/* hᵀh and, by the place of the layer, hᵀY, or vᵀh and those of δ. */
static void forward_parts(const struct conditional *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t l = panel.l;
    if (l == 0)
        net_panel_inputs(a, w->seed, w->trial, panel, hand->h);
    else
        draw_signals(w, hand, panel);
    net_units_take_inputs(w->gram, panel, hand->h);
    take_units(w, hand, panel);
    linalg_gram(panel.units, a->T, hand->h, net_panel_part(a, l, hand->H, w->gram->H[l]));
    if (is_walked_twice(a, l)) {
        draw_Y(w, hand, panel);
        linalg_multiply(true, false, a->T, columns_Y(a, l), panel.units, 1, hand->h, hand->Y, 0,
                        net_panel_part(a, l, hand->B, w->B[l]));
    }
    if (l + 1 < a->L)
        return;
    net_panel_outputs(a, w->seed, w->trial, panel, hand->v);
    linalg_multiply(true, false, a->C, a->T, panel.units, 1, hand->v, hand->h, 0,
                    net_panel_part(a, l, hand->f, w->gram->f));
    net_sums_outputs(a, panel, hand->v, &hand->sums, w->gram);
    if (l > 0) {
        hand->delta = hand->delta_own;
        net_panel_top(a, panel, hand->v, hand->dphi, hand->delta,
                      net_panel_part(a, l, hand->D, w->gram->D[l]));
        delta_sums(w, hand, panel);
    }
}

static void add_forward_parts(struct conditional *w, struct hand *hand, size_t l, size_t index)
{
    const struct net_architecture *a = w->architecture;
    net_panel_add_upper(index, a->T, net_panel_part(a, l, hand->H, w->gram->H[l]), w->gram->H[l]);
    if (is_walked_twice(a, l))
        net_panel_add(index, columns_Y(a, l) * a->T, net_panel_part(a, l, hand->B, w->B[l]), w->B[l]);
    if (l + 1 < a->L)
        return;
    net_panel_add(index, a->CT, net_panel_part(a, l, hand->f, w->gram->f), w->gram->f);
    net_sums_add_outputs(a, index, &hand->sums, w->gram);
    if (l > 0)
        add_delta_parts(w, hand, l, index);
}

/* φ' ∘ s (H Eᵀ + Y R_Dᵀ) and its parts. */
static void backward_parts(const struct conditional *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const double s = sqrt(a->weight_variance / (double)a->widths[panel.l]);
    hand->delta = w->root_D.rank == a->CT ? hand->Y : hand->delta_own; /* Y has served */
    linalg_root_apply(&w->root_D, panel.units, s, hand->Y, columns_Y(a, panel.l), hand->delta);
    linalg_multiply(false, false, panel.units, a->CT, a->T, s, hand->h, w->E, 1, hand->delta);
    net_sums_gradient(a, panel, hand->delta, &hand->sums, w->gram);
    net_panel_gate(a, panel, hand->dphi, hand->delta);
    linalg_gram(panel.units, a->CT, hand->delta, net_panel_part(a, panel.l, hand->D, w->gram->D[panel.l]));
    delta_sums(w, hand, panel);
}

/* ---- a layer: panel p of layer w->l, in the hands of a thread */

static void forward_work(void *work, size_t p, int thread)
{
    struct conditional *w = work;
    take_up(w, &w->hands[thread], w->l, p);
    forward_parts(w, &w->hands[thread], net_panel_at(w->architecture, w->l, p));
}

static void forward_take(void *work, size_t p, int thread)
{
    struct conditional *w = work;
    add_forward_parts(w, &w->hands[thread], w->l, p);
}

static void backward_work(void *work, size_t p, int thread)
{
    struct conditional *w = work;
    struct hand *hand = &w->hands[thread];
    const struct net_panel panel = net_panel_at(w->architecture, w->l, p);
    if (!take_up(w, hand, w->l, p)) {
        draw_signals(w, hand, panel);
        draw_Y(w, hand, panel);
    }
    backward_parts(w, hand, panel);
}

static void backward_take(void *work, size_t p, int thread)
{
    struct conditional *w = work;
    struct hand *hand = &w->hands[thread];
    net_sums_add_gradient(w->architecture, w->l, p, &hand->sums, w->gram);
    add_delta_parts(w, hand, w->l, p);
}

static void walk_forward(struct conditional *w, size_t l)
{
    w->l = l;
    base_share(w->threads, net_panel_count(w->architecture, l), forward_work, forward_take, w);
}

static void walk_backward(struct conditional *w, size_t l)
{
    w->l = l;
    base_share(w->threads, net_panel_count(w->architecture, l), backward_work, backward_take, w);
}

/* The root of D^{l+1} and Eᵀ, in the symbols of the head of this file. */
static int solve_backward(struct conditional *w, size_t l, struct base_error *error)
{
    const struct net_architecture *a = w->architecture;
    return net_backward_solve(&w->roots[l + 1], &w->root_D, a->CT, columns_Y(a, l), w->gram->D[l + 1], w->A,
                              w->B[l], w->BQ, w->E, error);
}

/* G⁰ from D¹ and ZᵀΔ of layer 1, in the symbols of the head of this file. */
static int sum_gradient_inputs(struct conditional *w, struct base_error *error)
{
    int status;
    const struct net_architecture *a = w->architecture;
    const size_t CT = a->CT, rank = w->roots[1].rank;
    const double s = sqrt(a->weight_variance / (double)a->widths[0]);
    double *X = w->hands->sums.G, *XR = w->hands->D, *G = w->gram->G[0];
    TRY(linalg_root_factor(&w->root_D, CT, columns_Y(a, 0), w->gram->D[1], error));
    const size_t rows = net_wishart_factor(w->seed, net_stream(a, w->trial, 0, NET_GRADIENT_WISHART),
                                           w->root_D.rank, a->widths[0] - rank, X);
    linalg_multiply(true, false, CT, CT, rank, s * s, w->A, w->A, 0, G);
    linalg_root_apply(&w->root_D, rows, s, X, w->root_D.rank, XR);
    linalg_multiply(true, false, CT, CT, rows, 1, XR, XR, 1, G);
out:
    return status;
}

/* ---- single units, where they are asked for */

/* Inputs h⁰ given H⁰ = R Rᵀ: X L⁻ᵀRᵀ of normal X with XᵀX = L Lᵀ. The columns of X L⁻ᵀ are orthonormal and
 * span a random space, as those of normal inputs do, whatever their Gram matrix. */
static int draw_unit_inputs(struct conditional *w, struct base_error *error)
{
    int status;
    const struct net_architecture *a = w->architecture;
    const size_t T = a->T, M = a->widths[0], size = net_panel_size(a);
    double *h = w->gram->units[1].h, *XX = w->hands->H, *mix = w->hands->B, *X = w->hands->own;
    random_normals(w->seed, net_stream(a, w->trial, 0, NET_UNIT_INPUTS), 0, M * T, h);
    linalg_gram(M, T, h, XX);
    TRY(linalg_root_factor(&w->root_D, T, T, XX, error));
    memset(XX, 0, T * T * sizeof *XX);
    for (size_t t = 0; t < T; t++)
        XX[t * T + t] = 1;
    linalg_root_apply(&w->roots[1], T, 1, XX, T, mix); /* Rᵀ */
    linalg_root_solve_transposed(&w->root_D, T, mix);
    for (size_t first = 0; first < M; first += size) {
        const size_t units = M - first < size ? M - first : size;
        memcpy(X, h + first * T, units * T * sizeof *X);
        linalg_multiply(false, false, units, T, T, 1, X, mix, 0, h + first * T);
    }
out:
    return status;
}

/* Their weights s [G' + (Z − G'Qᵀ) Q], QG'ᵀ = R⁺ HᵀG'ᵀ, in the symbols of the head of this file. */
static void draw_unit_weights(struct conditional *w, size_t l)
{
    const struct net_architecture *a = w->architecture;
    const struct net_units *units = &w->gram->units[l];
    const struct linalg_root *root = &w->roots[l];
    const size_t n = units->n, M = a->widths[l - 1];
    double *HG = w->hands->own, *difference = HG + n * a->T, *Z = difference + n * a->T;
    memcpy(Z, units->w, n * root->rank * sizeof *Z);
    random_normals(w->seed, net_stream(a, w->trial, l, NET_UNIT_WEIGHTS), 0, n * M, units->w);
    linalg_multiply(true, true, a->T, n, M, 1, units->h, units->w, 0, HG);
    net_backward_gather(root, n, HG, n, difference);
    linalg_root_solve(root, n, difference);
    for (size_t j = 0; j < root->rank; j++)
        for (size_t i = 0; i < n; i++)
            difference[j * n + i] = Z[i * root->rank + j] - difference[j * n + i];
    linalg_root_solve_transposed(root, n, difference);
    net_backward_scatter(root, n, difference, HG);
    linalg_multiply(true, true, n, M, a->T, 1, HG, units->h, 1, units->w);
    net_panel_scale(n * M, sqrt(a->weight_variance / (double)M), units->w);
}

/* With a hidden layer only H⁰ is needed of Gaussian inputs. */
static bool inputs_are_implicit(const struct net_architecture *a)
{
    return a->inputs == NULL && a->L > 1 && a->widths[0] > a->T;
}

static int conditional_sample(void *work, const struct net_activation *activations, uint64_t seed,
                              uint64_t trial, struct net_gram *gram, struct base_error *error)
{
    int status = BASE_OK;
    struct conditional *w = work;
    const struct net_architecture *a = w->architecture;
    for (int i = 0; i < w->threads; i++)
        w->hands[i].activation = &activations[i];
    w->seed = seed;
    w->trial = trial;
    w->gram = gram;
    gram->seed = seed;
    gram->trial = trial;

    if (inputs_are_implicit(a))
        net_wishart_draw(a, seed, trial, w->hands->H, gram->H[0]);
    else
        walk_forward(w, 0);
    for (size_t l = 1; l < a->L; l++) {
        const size_t max_rank = a->widths[l - 1] < a->T ? a->widths[l - 1] : a->T;
        TRY(linalg_root_factor(&w->roots[l], a->T, max_rank, gram->H[l - 1], error));
        if (l == 1 && (a->sums & NET_SUM_UNITS) && inputs_are_implicit(a))
            TRY(draw_unit_inputs(w, error));
        walk_forward(w, l);
        if (a->sums & NET_SUM_UNITS)
            draw_unit_weights(w, l);
    }
    net_panel_add_output_biases(a, seed, trial, gram->f);
    net_sums_spread_outputs(a, &w->hands->sums, gram);
    for (size_t l = a->L - 1; l-- > 1;) {
        TRY(solve_backward(w, l, error));
        walk_backward(w, l);
    }
    if ((a->sums & NET_SUM_G) && a->L > 1)
        TRY(sum_gradient_inputs(w, error));
out:
    return status;
}

static double conditional_cost(const struct net_architecture *a)
{
    const double T = (double)a->T, CT = (double)a->CT, C = (double)a->C;
    const double normals = a->inputs == NULL ? NET_NORMAL_FLOPS : 0;
    double flops = inputs_are_implicit(a) ? T * T * T : T * (T + normals) * (double)a->widths[0];
    for (size_t l = 1; l < a->L; l++) {
        const double units = (double)a->widths[l], y = (double)columns_Y(a, l);
        flops += units * T * (NET_NORMAL_FLOPS + 2 * T) + T * T * T / 3; /* Z, Z Rᵀ, H^l, the root below */
        flops += units * (l + 1 == a->L ? net_panel_top_flops(a) : CT * CT); /* D^l */
        if (l + 1 == a->L)
            flops += units * C * (NET_NORMAL_FLOPS + 2 * T);
        else /* Y, HᵀY, H Eᵀ, Y R_Dᵀ, the root of D^{l+1}, ZᵀΔ of the layer above */
            flops += units * (y * NET_NORMAL_FLOPS + 2 * T * y + 2 * CT * T + CT * y) + CT * CT * CT / 3 +
                     2 * CT * T * (double)a->widths[l + 1];
    }
    return flops;
}

const struct net_sampler net_sampler_conditional = {
    .name = "conditional",
    .doc = "draws the signals from their Gaussian law given the layer before, never a hidden layer's weight",
    .cost = conditional_cost,
    .memory = conditional_memory,
    .init = conditional_init,
    .free = conditional_free,
    .sample = conditional_sample,
};
