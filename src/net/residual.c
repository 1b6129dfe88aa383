#include "net/residual.h"

#include "base/memory.h"
#include "base/share.h"
#include "linalg/linalg.h"
#include "net/sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one thread has in hand. */
struct hand {
    const struct net_activation *activation;
    double *memory;
    double *u, *y; /* (units, T), (units, CT) */
    double *b, *v; /* (units), (units, C) */
    double *K, *D; /* (T, T), (CT, CT): the panel's parts */
    double *f;     /* (C, T) */
    struct net_sums_parts sums;
};

struct residual {
    const struct net_architecture *architecture;
    const struct net_products *table;
    void *products;
    int threads;
    struct hand *hands;        /* (threads) */
    double **h, **phi, **dphi; /* (L+1) pointers (rows, T): h[l], l = 0..L-1; the others l = 1..L-1 */
    double **u;                /* the same where U is asked for */
    double *g, *delta;         /* (rows, CT): of the layer in hand */
    double *Phi, *G;           /* (T, T), (CT, CT): where the summary has no place for them */

    /* the network in hand */
    uint64_t seed, trial;
    size_t l; /* the layer that is walked */
    struct net_gram *gram;
};

double net_matrix_scale(const struct net_architecture *architecture, struct net_matrix matrix)
{
    const struct net_architecture *a = architecture;
    return sqrt((matrix.branch ? a->branch_variance : a->weight_variance) / (double)a->M);
}

size_t net_residual_rows(const struct net_architecture *architecture)
{
    return (architecture->M + 15) / 16 * 16;
}

static struct net_matrix W(size_t l) {
    return (struct net_matrix){l, false};
}

static struct net_matrix
V(size_t l) {
    return (struct net_matrix){l, true};
}

static double *
Phi_of(const struct residual *w, size_t l)
{
    return w->gram->Phi[l] != NULL ? w->gram->Phi[l] : w->Phi;
}

static double *G_of(const struct residual *w, size_t l)
{
    return w->gram->G[l] != NULL ? w->gram->G[l] : w->G;
}

/* g⁰ serves its Gram matrix alone. */
static bool wants_gradient(const struct net_architecture *a, size_t l)
{
    return l > 0 || (a->sums & NET_SUM_G);
}

static bool keeps_u(const struct net_architecture *a)
{
    return a->sums & NET_SUM_U;
}

/* ---- memory */

static size_t lay_out(const struct net_architecture *a, double *memory, struct hand *hand)
{
    const size_t P = net_panel_size(a), units = P < a->M ? P : a->M;
    size_t used = 0;
    hand->u = net_panel_carve(memory, &used, units * a->T);
    hand->y = net_panel_carve(memory, &used, units * a->CT);
    hand->b = net_panel_carve(memory, &used, units);
    hand->v = net_panel_carve(memory, &used, units * a->C);
    hand->K = net_panel_carve(memory, &used, a->T * a->T);
    hand->D = net_panel_carve(memory, &used, a->CT * a->CT);
    hand->f = net_panel_carve(memory, &used, a->CT);
    net_sums_lay_out(a, memory, &used, &hand->sums);
    return used;
}

struct net_memory net_residual_memory(const struct net_architecture *architecture, int threads,
                                      const struct net_products *products)
{
    const struct net_architecture *a = architecture;
    struct hand hand;
    const double rows = (double)net_residual_rows(a), T = (double)a->T, CT = (double)a->CT, L = (double)a->L;
    const double numbers = (double)threads * (double)lay_out(a, NULL, &hand) +
                           rows * ((3 * L - 2 + keeps_u(a) * (L - 1)) * T + 2 * CT) + T * T + CT * CT,
                 bytes = numbers * sizeof(double) + products->bytes(a, threads);
    return (struct net_memory){bytes, bytes};
}

static void layers_free(double **layers, size_t L)
{
    for (size_t l = 0; layers != NULL && l <= L; l++)
        free(layers[l]);
    free(layers);
}

void net_residual_free(void *work)
{
    struct residual *w = work;
    if (w == NULL)
        return;
    const size_t L = w->architecture->L;
    for (int i = 0; w->hands != NULL && i < w->threads; i++)
        free(w->hands[i].memory);
    w->table->free(w->products);
    layers_free(w->h, L);
    layers_free(w->phi, L);
    layers_free(w->dphi, L);
    layers_free(w->u, L);
    void *arrays[] = {w->hands, w->g, w->delta, w->Phi, w->G};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(w);
}

/* (rows, T) for each layer from `first` to L−1 */
static int layers_init(double ***layers, const struct net_architecture *a, size_t first,
                       struct base_error *error)
{
    int status;
    TRY(base_got(*layers = base_calloc(a->L + 1, sizeof **layers, error)));
    for (size_t l = first; l < a->L; l++)
        TRY(base_got((*layers)[l] = base_calloc(net_residual_rows(a) * a->T, sizeof(double), error)));
out:
    return status;
}

int net_residual_init(void **work, const struct net_architecture *architecture, int threads,
                      const struct net_products *products, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t rows = net_residual_rows(a), number = sizeof(double);
    struct residual *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = a;
    w->table = products;
    w->threads = threads;
    TRY(base_got(w->hands = base_calloc((size_t)threads, sizeof *w->hands, error)));
    for (int i = 0; i < threads; i++) {
        struct hand *hand = &w->hands[i];
        TRY(base_got(hand->memory = base_alloc(lay_out(a, NULL, hand), number, error)));
        lay_out(a, hand->memory, hand);
    }
    TRY(layers_init(&w->h, a, 0, error));
    TRY(layers_init(&w->phi, a, 1, error));
    TRY(layers_init(&w->dphi, a, 1, error));
    TRY(layers_init(&w->u, a, keeps_u(a) ? 1 : a->L, error));
    TRY(base_got(w->g = base_calloc(rows * a->CT, number, error)));
    TRY(base_got(w->delta = base_calloc(rows * a->CT, number, error)));
    TRY(base_got(w->Phi = base_calloc(a->T * a->T, number, error)));
    TRY(base_got(w->G = base_calloc(a->CT * a->CT, number, error)));
    TRY(products->init(&w->products, a, threads, error));
    *work = w;
out:
    if (status != BASE_OK)
        net_residual_free(w);
    return status;
}

/* ---- walks: panel p of layer w->l, in the hands of a thread */

static double *place_of_u(const struct residual *w, int thread, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    return keeps_u(a) ? w->u[panel.l] + panel.first * a->T : w->hands[thread].u;
}

/* u = W h^{l-1} + b, φ(u), φ'(u); φᵀφ */
static void branch_work(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    const size_t l = w->l;
    struct hand *hand = &w->hands[thread];
    const struct net_panel panel = net_panel_at(a, l, p);
    double *phi = w->phi[l] + panel.first * a->T, *u = place_of_u(w, thread, panel);
    w->table->forward(w->products, thread, W(l), panel, w->h[l - 1], u);
    net_panel_biases(a, w->seed, w->trial, panel, hand->b);
    net_panel_add_biases(a, panel, hand->b, u);
    net_activation_eval(hand->activation, panel.units * a->T, u, phi, w->dphi[l] + panel.first * a->T);
    linalg_gram(panel.units, a->T, phi, net_panel_part(a, l, hand->K, Phi_of(w, l)));
}

static void branch_take(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    double *Phi = Phi_of(w, w->l);
    net_panel_add_upper(p, a->T, net_panel_part(a, w->l, w->hands[thread].K, Phi), Phi);
}

/* gᵀg of the panel, and what V^l takes of it. */
static void gradient_parts(const struct residual *w, int thread, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t l = panel.l;
    linalg_gram(panel.units, a->CT, w->g + panel.first * a->CT,
                net_panel_part(a, l, w->hands[thread].D, G_of(w, l)));
    if (l > 0) {
        net_sums_gradient_squares(a, panel, w->g + panel.first * a->CT, &w->hands[thread].sums, w->gram);
        w->table->gather(w->products, thread, V(l), panel, w->phi[l], w->g);
    }
}

static void gradient_take(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    double *G = G_of(w, w->l);
    net_panel_add_upper(p, a->CT, net_panel_part(a, w->l, w->hands[thread].D, G), G);
    if (w->l > 0) {
        net_sums_add_gradient_squares(a, w->l, p, &w->hands[thread].sums, w->gram);
        w->table->take(w->products, thread, V(w->l), p);
    }
}

/* x += factor·y */
static void add_scaled(size_t n, double factor, const double *restrict y, double *restrict x)
{
    for (size_t i = 0; i < n; i++)
        x[i] += factor * y[i];
}

/* In layer L−1: vᵀh, g_k(t) = v_k. */
static void top_parts(const struct residual *w, int thread, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    struct hand *hand = &w->hands[thread];
    net_panel_outputs(a, w->seed, w->trial, panel, hand->v);
    linalg_multiply(true, false, a->C, a->T, panel.units, 1, hand->v, w->h[panel.l] + panel.first * a->T, 0,
                    net_panel_part(a, panel.l, hand->f, w->gram->f));
    for (size_t i = 0; i < panel.units * a->C; i++)
        for (size_t t = 0; t < a->T; t++)
            w->g[(panel.first * a->C + i) * a->T + t] = hand->v[i];
    if (wants_gradient(a, panel.l))
        gradient_parts(w, thread, panel);
}

/* The inputs, or h^l = γ h^{l-1} + V^l φ(u^l); hᵀh */
static void stream_work(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    const size_t l = w->l;
    const struct net_panel panel = net_panel_at(a, l, p);
    double *h = w->h[l] + panel.first * a->T;
    if (l == 0) {
        net_panel_inputs(a, w->seed, w->trial, panel, h);
    } else {
        w->table->forward(w->products, thread, V(l), panel, w->phi[l], h);
        add_scaled(panel.units * a->T, a->skip, w->h[l - 1] + panel.first * a->T, h);
    }
    linalg_gram(panel.units, a->T, h, net_panel_part(a, l, w->hands[thread].K, w->gram->H[l]));
    if (l + 1 == a->L)
        top_parts(w, thread, panel);
}

static void stream_take(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    const size_t l = w->l;
    double *H = w->gram->H[l], *f = w->gram->f;
    net_panel_add_upper(p, a->T, net_panel_part(a, l, w->hands[thread].K, H), H);
    if (l + 1 < a->L)
        return;
    net_panel_add(p, a->CT, net_panel_part(a, l, w->hands[thread].f, f), f);
    if (wants_gradient(a, l))
        gradient_take(work, p, thread);
}

/* What is asked for of g^l and V^l φ = h^l − γ h^{l-1}. */
static void branch_parts(const struct residual *w, int thread, struct net_panel panel)
{
    const struct net_architecture *a = w->architecture;
    const size_t first = panel.first * a->T, n = panel.units * a->T;
    double *y = w->hands[thread].u;
    memcpy(y, w->h[panel.l] + first, n * sizeof *y);
    add_scaled(n, -a->skip, w->h[panel.l - 1] + first, y);
    net_sums_branch(a, panel, w->g + panel.first * a->CT, y, &w->hands[thread].sums, w->gram);
}

/* δ = φ' ∘ V^lᵀ g^l; δᵀδ and what is asked for of δ, and what W^l takes of it. */
static void delta_work(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    const size_t l = w->l;
    struct hand *hand = &w->hands[thread];
    const struct net_panel panel = net_panel_at(a, l, p);
    double *delta = w->delta + panel.first * a->CT;
    w->table->backward(w->products, thread, V(l), panel, w->phi[l], w->g, delta);
    net_panel_gate(a, panel, w->dphi[l] + panel.first * a->T, delta);
    linalg_gram(panel.units, a->CT, delta, net_panel_part(a, l, hand->D, w->gram->D[l]));
    net_sums_delta(a, panel, delta, place_of_u(w, thread, panel), &hand->sums, w->gram);
    if (keeps_u(a) && a->train_branch)
        branch_parts(w, thread, panel);
    if (wants_gradient(a, l - 1))
        w->table->gather(w->products, thread, W(l), panel, w->h[l - 1], w->delta);
}

static void delta_take(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    const size_t l = w->l;
    net_panel_add_upper(p, a->CT, net_panel_part(a, l, w->hands[thread].D, w->gram->D[l]), w->gram->D[l]);
    net_sums_add_delta(a, l, p, &w->hands[thread].sums, w->gram);
    if (wants_gradient(a, l - 1))
        w->table->take(w->products, thread, W(l), p);
}

/* g^l = γ g^{l+1} + W^{l+1}ᵀ δ^{l+1} in place of g^{l+1}, and its parts. */
static void gradient_work(void *work, size_t p, int thread)
{
    const struct residual *w = work;
    const struct net_architecture *a = w->architecture;
    struct hand *hand = &w->hands[thread];
    const struct net_panel panel = net_panel_at(a, w->l, p);
    double *g = w->g + panel.first * a->CT;
    w->table->backward(w->products, thread, W(w->l + 1), panel, w->h[w->l], w->delta, hand->y);
    net_panel_scale(panel.units * a->CT, a->skip, g);
    add_scaled(panel.units * a->CT, 1, hand->y, g);
    gradient_parts(w, thread, panel);
}

static void walk(struct residual *w, size_t l, void (*work)(void *, size_t, int),
                 void (*take)(void *, size_t, int))
{
    w->l = l;
    base_share(w->threads, net_panel_count(w->architecture, l), work, take, w);
}

/* ---- the network */

static int forward(struct residual *w, struct base_error *error)
{
    int status = BASE_OK;
    walk(w, 0, stream_work, stream_take);
    for (size_t l = 1; l < w->architecture->L; l++) {
        TRY(w->table->prepare_forward(w->products, W(l), w->gram->H[l - 1], error));
        walk(w, l, branch_work, branch_take);
        TRY(w->table->prepare_forward(w->products, V(l), Phi_of(w, l), error));
        walk(w, l, stream_work, stream_take);
    }
out:
    return status;
}

static int backward(struct residual *w, struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = w->architecture;
    for (size_t l = a->L - 1; l >= 1; l--) {
        TRY(w->table->prepare_backward(w->products, V(l), G_of(w, l), error));
        walk(w, l, delta_work, delta_take);
        if (!wants_gradient(a, l - 1))
            break;
        TRY(w->table->prepare_backward(w->products, W(l), w->gram->D[l], error));
        walk(w, l - 1, gradient_work, gradient_take);
    }
out:
    return status;
}

int net_residual_sample(void *work, const struct net_activation *activations, uint64_t seed, uint64_t trial,
                        struct net_gram *gram, struct base_error *error)
{
    int status;
    struct residual *w = work;
    for (int i = 0; i < w->threads; i++)
        w->hands[i].activation = &activations[i];
    w->seed = seed;
    w->trial = trial;
    w->gram = gram;
    gram->seed = seed;
    gram->trial = trial;
    w->table->begin(w->products, seed, trial);
    TRY(forward(w, error));
    net_panel_add_output_biases(w->architecture, seed, trial, gram->f);
    TRY(backward(w, error));
out:
    return status;
}

double net_residual_flops(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const double M = (double)a->M, T = (double)a->T, CT = (double)a->CT, C = (double)a->C,
                 hidden = (double)a->L - 1;
    return M * (T * (T + NET_NORMAL_FLOPS) + C * (NET_NORMAL_FLOPS + 2 * T)) + /* inputs, outputs */
           hidden * M * 2 * (T * T + CT * CT);                                 /* Φ^l, H^l, G^l, D^l */
}
