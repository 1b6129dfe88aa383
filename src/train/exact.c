/* The natural gradient of the whole Fisher matrix (KO20):
 *
 *     F̂⁺ Jᵀe/B = (1/B) Jᵀ (Θ/B + ρ)⁻¹ e ,  Θ = Σ_l Θ^l         cross entropy: softmax.c
 */
#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "train/duals.h"

#include <stdlib.h>
#include <string.h>

struct work {
    size_t C, B;
    bool softmax;
    double *A;     /* (B, B) */
    double *D;     /* (CB, CB) of a layer */
    double *theta; /* (CB, CB) Θ/B + ρ, then its factor */
    double *g;     /* (C, B) of softmax */
    double *z, *x; /* (C, B) */
};

static double exact_bytes(const struct net_architecture *architecture, size_t B)
{
    const double CB = (double)(architecture->C * B), b = (double)B;
    return (2 * CB * CB + b * b + 3 * CB) * sizeof(double);
}

static double exact_flops(const struct net_architecture *architecture, size_t B)
{
    const double CB = (double)(architecture->C * B);
    return train_dual_flops(architecture, B) + CB * CB * CB / 3;
}

static void exact_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    double *arrays[] = {w->A, w->D, w->theta, w->g, w->z, w->x};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(w);
}

static int exact_init(void **work, const struct net_architecture *architecture, size_t B,
                      struct base_error *error)
{
    int status;
    const size_t C = architecture->C, CB = C * B;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->C = C;
    w->B = B;
    w->softmax = train_loss_find(architecture->training->loss) == TRAIN_CROSS_ENTROPY;
    TRY(base_got(w->A = base_alloc(B * B, sizeof(double), error)));
    TRY(base_got(w->D = base_alloc(CB * CB, sizeof(double), error)));
    TRY(base_got(w->theta = base_alloc(CB * CB, sizeof(double), error)));
    TRY(base_got(w->g = base_alloc(CB, sizeof(double), error)));
    TRY(base_got(w->z = base_alloc(CB, sizeof(double), error)));
    TRY(base_got(w->x = base_alloc(CB, sizeof(double), error)));
out:
    if (status != BASE_OK)
        exact_free(w);
    *work = status == BASE_OK ? w : NULL;
    return status;
}

static int exact_prepare(void *work, const struct train_network *network, const struct train_signals *signals,
                         double damping, struct base_error *error)
{
    struct work *w = work;
    const size_t L = network->architecture->L, CB = w->C * w->B, n = w->softmax ? CB - w->B : CB;
    train_dual_sum(network, signals, w->A, w->D, w->theta);
    if (w->softmax) {
        linalg_mirror(CB, w->theta);
        train_softmax_outputs(w->C, w->B, signals->h[L], w->g);
        train_softmax_reduce(w->C, w->B, w->g, w->theta);
    }
    train_dual_divide(n, (double)w->B, w->theta);
    return train_dual_factor(n, w->theta, damping, "the kernel of layers 1 to", L, error);
}

static int exact_direction(void *work, const struct train_network *network,
                           const struct train_signals *signals, const double *errors, double *const *P,
                           struct base_error *error)
{
    struct work *w = work;
    const struct net_architecture *a = network->architecture;
    const size_t C = w->C, B = w->B, CB = C * B;
    (void)error;
    if (w->softmax) {
        train_softmax_errors(C, B, w->g, errors, w->z);
        linalg_cholesky_solve(CB - B, w->theta, 1, w->z);
        train_softmax_expand(C, B, w->g, w->z, w->x);
    } else {
        memcpy(w->x, errors, CB * sizeof *errors);
        linalg_cholesky_solve(CB, w->theta, 1, w->x);
    }
    for (size_t l = 1; l <= a->L; l++)
        train_contract(a->widths[l], C, B, signals->delta[l], w->x, P[l]);
    return BASE_OK;
}

const struct train_optimizer train_exact = {
    .name = "exact",
    .doc = "natural gradient",
    .deltas = true,
    .bytes = exact_bytes,
    .flops = exact_flops,
    .init = exact_init,
    .free = exact_free,
    .prepare = exact_prepare,
    .direction = exact_direction,
};
