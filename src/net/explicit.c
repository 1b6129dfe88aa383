/* The weights sampler: every weight is drawn, W^l_ij = s z with z iid N(0,1), s² = σ_w²/M_{l-1}.
 *
 * Units are walked in panels, a layer at a time: forward with the panel's rows of W^l, then backward with its
 * columns of W^{l+1}. Rows are kept from the first walk while the memory lasts and drawn again where they are
 * not. W^1 has no part in the backward walk unless G is asked for, and W^L is few.
 */
#include "net/signals.h"

#include "base/memory.h"
#include "base/share.h"
#include "linalg/linalg.h"
#include "net/panel.h"
#include "net/purpose.h"
#include "net/sums.h"
#include "net/units.h"
#include "random/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one thread has in hand. */
struct hand {
    const struct net_activation *activation;
    double *memory;
    double *W;     /* (units, S) rows of W^l, or (M_{l+1}, units) columns of W^{l+1} */
    double *u;     /* (units, T) */
    double *b, *v; /* (units), (units, C) */
    double *H, *D; /* (T, T), (CT, CT): the panel's parts */
    double *f;     /* (C, T) */
    struct net_sums_parts sums;
};

struct explicit
{
    const struct net_architecture *architecture;
    int threads;
    struct hand *hands;    /* (threads) */
    size_t *n_kept;        /* (L+1): the first so many rows of W^l, whole panels, are kept */
    double **W;            /* (L+1) pointers to n_kept[l] rows (…, S) */
    double *h, *h_below;   /* (max S, T): rows beyond the layer's units are zero */
    double **dphi;         /* (L+1) pointers: φ'(u^l) (M_l, T), l = 1..L-1 */
    double **u;            /* (L+1) pointers: u^l (M_l, T), l = 1..L-1, where U is asked for */
    double *delta, *above; /* (max M_l, CT): δ^l, δ^{l+1} */

    /* the network in hand */
    uint64_t seed, trial;
    size_t l; /* the layer that is walked */
    struct net_gram *gram;
};

/* max S over the layers: rows of W, and units of a layer with the padding */
static size_t longest_row(const struct net_architecture *a)
{
    size_t longest = 0;
    for (size_t l = 1; l <= a->L; l++)
        longest = net_weights_stride(a, l) > longest ? net_weights_stride(a, l) : longest;
    return longest;
}

static size_t lay_out(const struct net_architecture *a, double *memory, struct hand *hand)
{
    const size_t P = net_panel_size(a), widest = net_architecture_widest(a);
    const size_t units = P < widest ? P : widest;
    size_t used = 0;
    hand->W = net_panel_carve(memory, &used, units * longest_row(a));
    hand->u = net_panel_carve(memory, &used, units * a->T);
    hand->b = net_panel_carve(memory, &used, units);
    hand->v = net_panel_carve(memory, &used, units * a->C);
    hand->H = net_panel_carve(memory, &used, a->T * a->T);
    hand->D = net_panel_carve(memory, &used, a->CT * a->CT);
    hand->f = net_panel_carve(memory, &used, a->CT);
    net_sums_lay_out(a, memory, &used, &hand->sums);
    return used;
}

static double row_bytes(const struct net_architecture *a, size_t l)
{
    return (double)net_weights_stride(a, l) * sizeof(double);
}

/* The lowest layer whose weights the backward walk needs. */
static size_t lowest_kept(const struct net_architecture *a)
{
    return a->sums & NET_SUM_G ? 1 : 2;
}

static struct net_memory explicit_memory(const struct net_architecture *a, int threads)
{
    struct hand hand;
    double numbers = (double)threads * (double)lay_out(a, NULL, &hand) +
                     2 * (double)longest_row(a) * (double)(a->T + a->CT),
           kept = 0;
    for (size_t l = 1; l < a->L; l++) {
        numbers += (a->sums & NET_SUM_U ? 2 : 1) * (double)a->widths[l] * (double)a->T;
        kept += l >= lowest_kept(a) ? (double)a->widths[l] * row_bytes(a, l) : 0;
    }
    return (struct net_memory){numbers * sizeof(double), numbers * sizeof(double) + kept};
}

static void explicit_free(void *work)
{
    struct explicit *w = work;
    if (w == NULL)
        return;
    for (int i = 0; w->hands != NULL && i < w->threads; i++)
        free(w->hands[i].memory);
    for (size_t l = 0; l <= w->architecture->L; l++) {
        if (w->W != NULL)
            free(w->W[l]);
        if (w->dphi != NULL)
            free(w->dphi[l]);
        if (w->u != NULL)
            free(w->u[l]);
    }
    void *arrays[] = {w->hands, w->n_kept, w->W, w->h, w->h_below, w->dphi, w->u, w->delta, w->above};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(w);
}

/* As many whole panels of rows as `bytes` hold, from the first layer on. */
static int keep_rows(struct explicit *w, double bytes, struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = w->architecture;
    for (size_t l = lowest_kept(a); l < a->L; l++) {
        const double rows = fmin((double)a->widths[l], floor(fmax(bytes, 0) / row_bytes(a, l)));
        w->n_kept[l] = (size_t)rows;
        if (w->n_kept[l] < a->widths[l])
            w->n_kept[l] -= w->n_kept[l] % net_panel_size(a);
        bytes -= (double)w->n_kept[l] * row_bytes(a, l);
        TRY(base_got(w->W[l] = base_alloc(w->n_kept[l] * net_weights_stride(a, l), sizeof(double), error)));
    }
out:
    return status;
}

static int explicit_init(void **work, const struct net_architecture *architecture, int threads, double memory,
                         struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t longest = longest_row(a), number = sizeof(double);
    struct explicit *w = base_calloc(1, sizeof *w, error);
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
    TRY(base_got(w->W = base_calloc(a->L + 1, sizeof *w->W, error)));
    TRY(keep_rows(w, memory - explicit_memory(a, threads).least, error));
    TRY(base_got(w->h = base_calloc(longest * a->T, number, error)));
    TRY(base_got(w->h_below = base_calloc(longest * a->T, number, error)));
    TRY(base_got(w->dphi = base_calloc(a->L + 1, sizeof *w->dphi, error)));
    TRY(base_got(w->u = base_calloc(a->L + 1, sizeof *w->u, error)));
    for (size_t l = 1; l < a->L; l++) {
        TRY(base_got(w->dphi[l] = base_alloc(a->widths[l] * a->T, number, error)));
        if (a->sums & NET_SUM_U)
            TRY(base_got(w->u[l] = base_alloc(a->widths[l] * a->T, number, error)));
    }
    TRY(base_got(w->delta = base_calloc(longest * a->CT, number, error)));
    TRY(base_got(w->above = base_calloc(longest * a->CT, number, error)));
    *work = w;
out:
    if (status != BASE_OK)
        explicit_free(w);
    return status;
}

static void swap(double **x, double **y)
{
    double *z = *x;
    *x = *y;
    *y = z;
}

/* ---- a panel */

/* The panel's rows of W^l, unit variance: those that are kept where they are kept. */
static const double *draw_rows(const struct explicit *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t stride = net_weights_stride(a, panel.l);
    double *rows = panel.first < w->n_kept[panel.l] ? w->W[panel.l] + panel.first * stride : hand->W;
    random_normals(w->seed, net_stream(a, w->trial, panel.l, NET_WEIGHTS), panel.first * stride,
                   panel.units * stride, rows);
    return rows;
}

/* The panel's columns of W^{l+1} (M_{l+1}, units), unit variance. */
static void draw_columns(const struct explicit *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t l = panel.l + 1, stride = net_weights_stride(a, l);
    const uint64_t stream = net_stream(a, w->trial, l, NET_WEIGHTS);
    for (size_t i = 0; i < a->widths[l]; i++)
        if (i < w->n_kept[l])
            memcpy(hand->W + i * panel.units, w->W[l] + i * stride + panel.first,
                   panel.units * sizeof *hand->W);
        else
            random_normals(w->seed, stream, i * stride + panel.first, panel.units, hand->W + i * panel.units);
}

static double *place_of_u(const struct explicit *w, const struct hand *hand, struct net_panel panel)
{
    return w->u[panel.l] != NULL ? w->u[panel.l] + panel.first * w->architecture->T : hand->u;
}

/* The weights of single units: of the first panel's rows. */
static void take_unit_weights(const struct explicit *w, struct net_panel panel, const double *rows)
{
    const struct net_architecture *a = w->architecture;
    if (!net_units_wanted(w->gram, panel))
        return;
    const struct net_units *units = &w->gram->units[panel.l];
    const size_t below = a->widths[panel.l - 1];
    for (size_t i = 0; i < units->n; i++)
        memcpy(units->w + i * below, rows + i * net_weights_stride(a, panel.l), below * sizeof *rows);
    net_panel_scale(units->n * below, sqrt(a->weight_variance / (double)below), units->w);
}

/* h = φ(s W^l h^{l-1} + b) and φ' of the panel; hᵀh. */
static void forward_parts(const struct explicit *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t T = a->T, l = panel.l;
    double *h = w->h + panel.first * T;
    if (l == 0) {
        net_panel_inputs(a, w->seed, w->trial, panel, h);
    } else {
        const double s = sqrt(a->weight_variance / (double)a->widths[l - 1]);
        double *u = place_of_u(w, hand, panel);
        const double *rows = draw_rows(w, hand, panel);
        linalg_multiply(false, false, panel.units, T, net_weights_stride(a, l), s, rows, w->h_below, 0, u);
        take_unit_weights(w, panel, rows);
        net_panel_biases(a, w->seed, w->trial, panel, hand->b);
        net_panel_add_biases(a, panel, hand->b, u);
        net_units_take_signals(w->gram, panel, hand->b, u);
        net_activation_eval(hand->activation, panel.units * T, u, h, w->dphi[l] + panel.first * T);
    }
    net_units_take_inputs(w->gram, panel, h);
    linalg_gram(panel.units, T, h, net_panel_part(a, l, hand->H, w->gram->H[l]));
}

/* What is asked for of δ. */
static void delta_sums(const struct explicit *w, struct hand *hand, struct net_panel panel,
                       const double *delta)
{
    const struct net_architecture *a = w->architecture;
    net_sums_delta(a, panel, delta, place_of_u(w, hand, panel), &hand->sums, w->gram);
    net_units_take_delta(w->gram, panel, delta);
}

/* In layer L−1: vᵀh, δ = φ' v and its parts. */
static void top_parts(const struct explicit *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t l = panel.l;
    double *delta = w->delta + panel.first * a->CT;
    net_panel_outputs(a, w->seed, w->trial, panel, hand->v);
    linalg_multiply(true, false, a->C, a->T, panel.units, 1, hand->v, w->h + panel.first * a->T, 0,
                    net_panel_part(a, l, hand->f, w->gram->f));
    net_sums_outputs(a, panel, hand->v, &hand->sums, w->gram);
    if (l > 0) {
        net_panel_top(a, panel, hand->v, w->dphi[l] + panel.first * a->T, delta,
                      net_panel_part(a, l, hand->D, w->gram->D[l]));
        delta_sums(w, hand, panel, delta);
    }
}

/* g = s W^{l+1}ᵀ δ^{l+1} of the panel, δ = φ' ∘ g, and their parts. */
static void backward_parts(const struct explicit *w, struct hand *hand, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t l = panel.l;
    const double s = sqrt(a->weight_variance / (double)a->widths[l]);
    double *delta = w->delta + panel.first * a->CT;
    draw_columns(w, hand, panel);
    linalg_multiply(true, false, panel.units, a->CT, a->widths[l + 1], s, hand->W, w->above, 0, delta);
    net_sums_gradient(a, panel, delta, &hand->sums, w->gram);
    if (l == 0)
        return;
    net_panel_gate(a, panel, w->dphi[l] + panel.first * a->T, delta);
    linalg_gram(panel.units, a->CT, delta, net_panel_part(a, l, hand->D, w->gram->D[l]));
    delta_sums(w, hand, panel, delta);
}

/* ---- a layer: panel p of layer w->l, in the hands of a thread */

static void forward_work(void *work, size_t p, int thread)
{
    struct explicit *w = work;
    const struct net_panel panel = net_panel_at(w->architecture, w->l, p);
    forward_parts(w, &w->hands[thread], panel);
    if (w->l + 1 == w->architecture->L)
        top_parts(w, &w->hands[thread], panel);
}

static void add_delta_parts(struct explicit *w, size_t p, int thread)
{
    const struct net_architecture *a = w->architecture;
    double *D = w->gram->D[w->l];
    net_panel_add_upper(p, a->CT, net_panel_part(a, w->l, w->hands[thread].D, D), D);
    net_sums_add_delta(a, w->l, p, &w->hands[thread].sums, w->gram);
}

static void backward_take(void *work, size_t p, int thread)
{
    struct explicit *w = work;
    net_sums_add_gradient(w->architecture, w->l, p, &w->hands[thread].sums, w->gram);
    if (w->l > 0)
        add_delta_parts(w, p, thread);
}

static void forward_take(void *work, size_t p, int thread)
{
    struct explicit *w = work;
    const struct net_architecture *a = w->architecture;
    double *H = w->gram->H[w->l], *f = w->gram->f;
    net_panel_add_upper(p, a->T, net_panel_part(a, w->l, w->hands[thread].H, H), H);
    if (w->l + 1 < a->L)
        return;
    net_panel_add(p, a->CT, net_panel_part(a, w->l, w->hands[thread].f, f), f);
    net_sums_add_outputs(a, p, &w->hands[thread].sums, w->gram);
    if (w->l > 0)
        add_delta_parts(w, p, thread);
}

static void backward_work(void *work, size_t p, int thread)
{
    struct explicit *w = work;
    backward_parts(w, &w->hands[thread], net_panel_at(w->architecture, w->l, p));
}

static void walk_forward(struct explicit *w, size_t l)
{
    w->l = l;
    base_share(w->threads, net_panel_count(w->architecture, l), forward_work, forward_take, w);
}

static void walk_backward(struct explicit *w, size_t l)
{
    w->l = l;
    base_share(w->threads, net_panel_count(w->architecture, l), backward_work, backward_take, w);
}

static int explicit_sample(void *work, const struct net_activation *activations, uint64_t seed,
                           uint64_t trial, struct net_gram *gram, struct base_error *error)
{
    (void)error;
    struct explicit *w = work;
    const struct net_architecture *a = w->architecture;
    for (int i = 0; i < w->threads; i++)
        w->hands[i].activation = &activations[i];
    w->seed = seed;
    w->trial = trial;
    w->gram = gram;
    gram->seed = seed;
    gram->trial = trial;

    for (size_t l = 0; l < a->L; l++) {
        const size_t used = a->widths[l] * a->T;
        swap(&w->h, &w->h_below);
        memset(w->h + used, 0, (net_weights_stride(a, l + 1) * a->T - used) * sizeof *w->h);
        walk_forward(w, l);
    }
    net_panel_add_output_biases(a, seed, trial, gram->f);
    net_sums_spread_outputs(a, &w->hands->sums, gram);
    for (size_t l = a->L - 1; l-- > lowest_kept(a) - 1;) {
        swap(&w->delta, &w->above);
        walk_backward(w, l);
    }
    return BASE_OK;
}

static double explicit_cost(const struct net_architecture *a)
{
    const double T = (double)a->T, CT = (double)a->CT, C = (double)a->C;
    double flops = T * (T + (a->inputs == NULL ? NET_NORMAL_FLOPS : 0)) * (double)a->widths[0];
    for (size_t l = 1; l < a->L; l++) {
        const double units = (double)a->widths[l], below = (double)a->widths[l - 1];
        flops += units * (below * (NET_NORMAL_FLOPS + 2 * T) + T * T);       /* W^l, W^l h, H^l */
        flops += units * (l + 1 == a->L ? net_panel_top_flops(a) : CT * CT); /* D^l */
        flops += units * (l + 1 == a->L ? C * (NET_NORMAL_FLOPS + 2 * T) : 2 * CT * (double)a->widths[l + 1]);
    }
    return flops;
}

const struct net_sampler net_sampler_weights = {
    .name = "weights",
    .doc = "draws every weight",
    .cost = explicit_cost,
    .memory = explicit_memory,
    .init = explicit_init,
    .free = explicit_free,
    .sample = explicit_sample,
};
