/* The weights sampler of residual networks: every weight is drawn, rows for the forward walks and columns for
 * the backward ones, and none is kept. */
#include "net/residual.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "random/normal.h"

#include <stdlib.h>

struct explicit
{
    const struct net_architecture *architecture;
    int threads;
    double **X; /* (threads) pointers: the panel's rows (units, S) or columns (M, units) */
    uint64_t seed, trial;
};

static size_t largest_block(const struct net_architecture *a)
{
    const size_t P = net_panel_size(a), units = P < a->M ? P : a->M;
    return units * net_residual_rows(a);
}

static double products_bytes(const struct net_architecture *a, int threads)
{
    return (double)threads * (double)largest_block(a) * sizeof(double);
}

static void products_free(void *products)
{
    struct explicit *w = products;
    if (w == NULL)
        return;
    for (int i = 0; w->X != NULL && i < w->threads; i++)
        free(w->X[i]);
    free(w->X);
    free(w);
}

static int products_init(void **products, const struct net_architecture *a, int threads,
                         struct base_error *error)
{
    int status;
    struct explicit *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = a;
    w->threads = threads;
    TRY(base_got(w->X = base_calloc((size_t)threads, sizeof *w->X, error)));
    for (int i = 0; i < threads; i++)
        TRY(base_got(w->X[i] = base_alloc(largest_block(a), sizeof(double), error)));
    *products = w;
out:
    if (status != BASE_OK)
        products_free(w);
    return status;
}

static void products_begin(void *products, uint64_t seed, uint64_t trial)
{
    struct explicit *w = products;
    w->seed = seed;
    w->trial = trial;
}

static int prepare(void *products, struct net_matrix matrix, const double *K, struct base_error *error)
{
    (void)products, (void)matrix, (void)K, (void)error;
    return BASE_OK;
}

static void gather(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                   const double *x, const double *y)
{
    (void)products, (void)thread, (void)matrix, (void)panel, (void)x, (void)y;
}

static void take(void *products, int thread, struct net_matrix matrix, size_t index)
{
    (void)products, (void)thread, (void)matrix, (void)index;
}

static uint64_t stream_of(const struct explicit *w, struct net_matrix matrix)
{
    return net_stream(w->architecture, w->trial, matrix.l, matrix.branch ? NET_BRANCH : NET_WEIGHTS);
}

static void forward(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                    const double *x, double *out)
{
    const struct explicit *w = products;
    const struct net_architecture *a = w->architecture;
    const size_t S = net_residual_rows(a);
    random_normals(w->seed, stream_of(w, matrix), panel.first * S, panel.units * S, w->X[thread]);
    linalg_multiply(false, false, panel.units, a->T, S, net_matrix_scale(a, matrix), w->X[thread], x, 0, out);
}

static void backward(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                     const double *x, const double *y, double *out)
{
    (void)x;
    const struct explicit *w = products;
    const struct net_architecture *a = w->architecture;
    const uint64_t stream = stream_of(w, matrix);
    const size_t S = net_residual_rows(a);
    for (size_t i = 0; i < a->M; i++)
        random_normals(w->seed, stream, i * S + panel.first, panel.units, w->X[thread] + i * panel.units);
    linalg_multiply(true, false, panel.units, a->CT, a->M, net_matrix_scale(a, matrix), w->X[thread], y, 0,
                    out);
}

const struct net_products net_products_explicit = {
    .bytes = products_bytes,
    .init = products_init,
    .free = products_free,
    .begin = products_begin,
    .prepare_forward = prepare,
    .forward = forward,
    .gather = gather,
    .take = take,
    .prepare_backward = prepare,
    .backward = backward,
};

/* ---- the sampler */

static double sampler_cost(const struct net_architecture *a)
{
    const double M = (double)a->M, T = (double)a->T, CT = (double)a->CT, hidden = (double)a->L - 1;
    return net_residual_flops(a) + 2 * hidden * M * M * (2 * NET_NORMAL_FLOPS + 2 * T + 2 * CT);
}

static struct net_memory sampler_memory(const struct net_architecture *a, int threads)
{
    return net_residual_memory(a, threads, &net_products_explicit);
}

static int sampler_init(void **work, const struct net_architecture *a, int threads, double memory,
                        struct base_error *error)
{
    (void)memory;
    return net_residual_init(work, a, threads, &net_products_explicit, error);
}

const struct net_sampler net_sampler_residual_weights = {
    .name = "weights",
    .doc = "draws every weight of a residual network",
    .cost = sampler_cost,
    .memory = sampler_memory,
    .init = sampler_init,
    .free = net_residual_free,
    .sample = net_residual_sample,
};
