/* The conditional sampler of residual networks: no W^l and no V^l is drawn. Each is a Gaussian matrix X that
 * is taken forward with signals x and backward with y, and backward.h has the law of Xᵀy given X x. Z and the
 * signals stay in memory; Y stands from `gather` to `backward`. */
#include "net/residual.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "net/backward.h"
#include "random/normal.h"

#include <stdlib.h>

struct conditional {
    const struct net_architecture *architecture;
    int threads;
    size_t columns;            /* of Y */
    double **Z;                /* (2L) pointers, one a matrix: (M, rank) */
    struct linalg_root *roots; /* (2L) */
    struct linalg_root root_D;
    double *Y;              /* (M, columns) */
    double *A, *B, *BQ, *E; /* (rank, CT), (T, columns), (rank, columns), (T, CT), as in backward.h */
    double **parts;         /* (threads) pointers: a panel's parts of A and B */
    uint64_t seed, trial;
};

static size_t index_of(struct net_matrix matrix)
{
    return 2 * matrix.l + matrix.branch;
}

static double products_bytes(const struct net_architecture *a, int threads)
{
    const double M = (double)a->M, T = (double)a->T, CT = (double)a->CT, matrices = 2 * ((double)a->L - 1);
    return (matrices * M * T + M * CT + (4 + 2 * (double)threads) * CT * T) * sizeof(double) +
           matrices * (double)linalg_root_bytes(a->T) + (double)linalg_root_bytes(a->CT);
}

static void products_free(void *products)
{
    struct conditional *w = products;
    if (w == NULL)
        return;
    for (size_t i = 0; i < 2 * w->architecture->L; i++) {
        if (w->Z != NULL)
            free(w->Z[i]);
        if (w->roots != NULL)
            linalg_root_free(&w->roots[i]);
    }
    for (int i = 0; w->parts != NULL && i < w->threads; i++)
        free(w->parts[i]);
    linalg_root_free(&w->root_D);
    void *arrays[] = {w->Z, w->roots, w->Y, w->A, w->B, w->BQ, w->E, w->parts};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(w);
}

static int products_init(void **products, const struct net_architecture *a, int threads,
                         struct base_error *error)
{
    int status;
    const size_t number = sizeof(double), CTT = a->CT * a->T;
    struct conditional *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = a;
    w->threads = threads;
    w->columns = a->CT < a->M ? a->CT : a->M;
    TRY(base_got(w->Z = base_calloc(2 * a->L, sizeof *w->Z, error)));
    TRY(base_got(w->roots = base_calloc(2 * a->L, sizeof *w->roots, error)));
    for (size_t i = 2; i < 2 * a->L; i++) {
        TRY(base_got(w->Z[i] = base_alloc(a->M * a->T, number, error)));
        TRY(linalg_root_init(&w->roots[i], a->T, error));
    }
    TRY(linalg_root_init(&w->root_D, a->CT, error));
    TRY(base_got(w->Y = base_alloc(a->M * w->columns, number, error)));
    TRY(base_got(w->A = base_calloc(CTT, number, error)));
    TRY(base_got(w->B = base_calloc(CTT, number, error)));
    TRY(base_got(w->BQ = base_calloc(CTT, number, error)));
    TRY(base_got(w->E = base_calloc(CTT, number, error)));
    TRY(base_got(w->parts = base_calloc((size_t)threads, sizeof *w->parts, error)));
    for (int i = 0; i < threads; i++)
        TRY(base_got(w->parts[i] = base_alloc(2 * CTT, number, error)));
    *products = w;
out:
    if (status != BASE_OK)
        products_free(w);
    return status;
}

static void products_begin(void *products, uint64_t seed, uint64_t trial)
{
    struct conditional *w = products;
    w->seed = seed;
    w->trial = trial;
}

static int prepare_forward(void *products, struct net_matrix matrix, const double *K,
                           struct base_error *error)
{
    struct conditional *w = products;
    const struct net_architecture *a = w->architecture;
    return linalg_root_factor(&w->roots[index_of(matrix)], a->T, a->M < a->T ? a->M : a->T, K, error);
}

/* s Z Rᵀ */
static void forward(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                    const double *x, double *out)
{
    (void)thread, (void)x;
    const struct conditional *w = products;
    const struct net_architecture *a = w->architecture;
    const struct linalg_root *root = &w->roots[index_of(matrix)];
    double *Z = w->Z[index_of(matrix)] + panel.first * root->rank;
    random_normals(w->seed,
                   net_stream(a, w->trial, matrix.l, matrix.branch ? NET_BRANCH_FORWARD : NET_FORWARD),
                   panel.first * root->rank, panel.units * root->rank, Z);
    linalg_root_apply(root, panel.units, net_matrix_scale(a, matrix), Z, root->rank, out);
}

static double *part_A(const struct conditional *w, int thread, size_t l)
{
    return net_panel_part(w->architecture, l, w->parts[thread], w->A);
}

static double *part_B(const struct conditional *w, int thread, size_t l)
{
    const struct net_architecture *a = w->architecture;
    return net_panel_part(a, l, w->parts[thread] + a->CT * a->T, w->B);
}

/* Zᵀy; Y, xᵀY */
static void gather(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                   const double *x, const double *y)
{
    const struct conditional *w = products;
    const struct net_architecture *a = w->architecture;
    const size_t rank = w->roots[index_of(matrix)].rank, first = panel.first;
    double *Y = w->Y + first * w->columns;
    linalg_multiply(true, false, rank, a->CT, panel.units, 1, w->Z[index_of(matrix)] + first * rank,
                    y + first * a->CT, 0, part_A(w, thread, panel.l));
    random_normals(w->seed,
                   net_stream(a, w->trial, matrix.l, matrix.branch ? NET_BRANCH_BACKWARD : NET_BACKWARD),
                   first * w->columns, panel.units * w->columns, Y);
    linalg_multiply(true, false, a->T, w->columns, panel.units, 1, x + first * a->T, Y, 0,
                    part_B(w, thread, panel.l));
}

static void take(void *products, int thread, struct net_matrix matrix, size_t index)
{
    const struct conditional *w = products;
    const struct net_architecture *a = w->architecture;
    net_panel_add(index, w->roots[index_of(matrix)].rank * a->CT, part_A(w, thread, matrix.l), w->A);
    net_panel_add(index, a->T * w->columns, part_B(w, thread, matrix.l), w->B);
}

static int prepare_backward(void *products, struct net_matrix matrix, const double *D,
                            struct base_error *error)
{
    struct conditional *w = products;
    return net_backward_solve(&w->roots[index_of(matrix)], &w->root_D, w->architecture->CT, w->columns, D,
                              w->A, w->B, w->BQ, w->E, error);
}

/* s (x Eᵀ + Y R_Dᵀ) */
static void backward(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                     const double *x, const double *y, double *out)
{
    (void)thread, (void)y;
    const struct conditional *w = products;
    const struct net_architecture *a = w->architecture;
    const double s = net_matrix_scale(a, matrix);
    linalg_root_apply(&w->root_D, panel.units, s, w->Y + panel.first * w->columns, w->columns, out);
    linalg_multiply(false, false, panel.units, a->CT, a->T, s, x + panel.first * a->T, w->E, 1, out);
}

const struct net_products net_products_conditional = {
    .bytes = products_bytes,
    .init = products_init,
    .free = products_free,
    .begin = products_begin,
    .prepare_forward = prepare_forward,
    .forward = forward,
    .gather = gather,
    .take = take,
    .prepare_backward = prepare_backward,
    .backward = backward,
};

/* ---- the sampler */

static double sampler_cost(const struct net_architecture *a)
{
    const double M = (double)a->M, T = (double)a->T, CT = (double)a->CT, hidden = (double)a->L - 1,
                 y = CT < M ? CT : M;
    /* Z, Z Rᵀ, the root; Y, xᵀY, x Eᵀ, Y R_Dᵀ, Zᵀy, the root of D */
    const double matrix = M * T * (NET_NORMAL_FLOPS + T) + T * T * T / 3 +
                          M * (y * NET_NORMAL_FLOPS + 2 * T * y + 4 * CT * T + CT * y) + CT * CT * CT / 3;
    return net_residual_flops(a) + 2 * hidden * matrix;
}

static struct net_memory sampler_memory(const struct net_architecture *a, int threads)
{
    return net_residual_memory(a, threads, &net_products_conditional);
}

static int sampler_init(void **work, const struct net_architecture *a, int threads, double memory,
                        struct base_error *error)
{
    (void)memory;
    return net_residual_init(work, a, threads, &net_products_conditional, error);
}

const struct net_sampler net_sampler_residual_conditional = {
    .name = "conditional",
    .doc =
        "draws the signals of a residual network from their Gaussian law given those before, never a hidden "
        "layer's weight",
    .cost = sampler_cost,
    .memory = sampler_memory,
    .init = sampler_init,
    .free = net_residual_free,
    .sample = net_residual_sample,
};
