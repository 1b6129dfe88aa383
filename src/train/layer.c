/* Natural gradients of whole layers: layer-wise block diagonal, block tridiagonal (KO20).
 *
 *     F̂⁺ Jᵀe/B = (1/B) (x_l Jˡᵀ (Θ^l/B + ρ)⁻¹ e)_l          x_l = 1: block diagonal, Σ⁻¹1: tridiagonal
 *
 * Σ is the L×L matrix of ones on three diagonals: with J̄ = ⊕_l Jˡ the tridiagonal F̂ is J̄ᵀ(Σ ⊗ I)J̄/B, its
 * pseudo-inverse B J̄⁺(Σ⁻¹ ⊗ I)J̄⁺ᵀ, and Jᵀe = J̄ᵀ(1 ⊗ e); x is of zeros and ones. Σ is indefinite, so each Θ^l
 * is damped, not F̂.
 */
#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "train/duals.h"

#include <stdlib.h>
#include <string.h>

struct work {
    size_t L, C, B;
    bool tridiagonal;
    double *A;       /* (B, B) */
    double **factor; /* of Θ^l/B + ρ (CB, CB) at [l], of A^{L-1}/B + ρ (B, B) at [L] */
    double *x;       /* (C, B) */
};

static double layer_bytes(const struct net_architecture *architecture, size_t B)
{
    const double CB = (double)(architecture->C * B), b = (double)B, L = (double)architecture->L;
    return ((L - 1) * CB * CB + 2 * b * b + CB) * sizeof(double);
}

static double layer_flops(const struct net_architecture *architecture, size_t B)
{
    const double CB = (double)(architecture->C * B);
    return train_dual_flops(architecture, B) + (double)architecture->L * CB * CB * CB / 3;
}

static void layer_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    train_layers_free(w->factor);
    free(w->A);
    free(w->x);
    free(w);
}

static int layer_init(void **work, const struct net_architecture *architecture, size_t B,
                      struct base_error *error)
{
    int status;
    const size_t L = architecture->L, C = architecture->C;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->L = L;
    w->C = C;
    w->B = B;
    TRY(base_got(w->A = base_alloc(B * B, sizeof(double), error)));
    TRY(train_dual_init(&w->factor, L, C * B, B, error));
    TRY(base_got(w->x = base_alloc(C * B, sizeof(double), error)));
out:
    if (status != BASE_OK)
        layer_free(w);
    *work = status == BASE_OK ? w : NULL;
    return status;
}

static int tridiagonal_init(void **work, const struct net_architecture *architecture, size_t B,
                            struct base_error *error)
{
    const size_t L = architecture->L;
    if (L % 3 == 2)
        return base_fail(
            error, BASE_BAD_INPUT,
            "the tridiagonal natural gradient does not exist for depths 3s + 2, such as %zu: the matrix "
            "of ones on three diagonals is singular",
            L);
    const int status = layer_init(work, architecture, B, error);
    if (status == BASE_OK)
        ((struct work *)*work)->tridiagonal = true;
    return status;
}

/* x_l = 1. The rows of Σ x = 1 say x_{l+1} = 1 − x_l − x_{l−1} with x_0 = 0: x_1, 1 − x_1, 0 again and again,
 * and the last one x_{L+1} = 0. So every third layer moves, the first of them or the second. */
static bool moves(const struct work *w, size_t l)
{
    return !w->tridiagonal || l % 3 == (w->L % 3 == 1 ? 1 : 2);
}

static int layer_prepare(void *work, const struct train_network *network, const struct train_signals *signals,
                         double damping, struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const size_t C = w->C, B = w->B;
    for (size_t l = 1; l <= w->L; l++) {
        const size_t n = l < w->L ? C * B : B;
        if (!moves(w, l))
            continue;
        train_dual_inputs(network, signals, l, l < w->L ? w->A : w->factor[l]);
        if (l < w->L) {
            train_dual_deltas(network, signals, l, w->factor[l]);
            train_dual_kernel(C, B, w->A, w->factor[l]);
        }
        train_dual_divide(n, (double)B, w->factor[l]);
        TRY(train_dual_factor(n, w->factor[l], damping, "the kernel of layer", l, error));
    }
out:
    return status;
}

static int layer_direction(void *work, const struct train_network *network,
                           const struct train_signals *signals, const double *errors, double *const *P,
                           struct base_error *error)
{
    struct work *w = work;
    const size_t *widths = network->architecture->widths, C = w->C, B = w->B;
    (void)error;
    for (size_t l = 1; l <= w->L; l++) {
        if (!moves(w, l)) {
            memset(P[l], 0, widths[l] * B * sizeof **P);
            continue;
        }
        memcpy(w->x, errors, C * B * sizeof *errors);
        linalg_cholesky_solve(l < w->L ? C * B : B, w->factor[l], l < w->L ? 1 : C, w->x);
        train_contract(widths[l], C, B, signals->delta[l], w->x, P[l]);
    }
    return BASE_OK;
}

const struct train_optimizer train_layer = {
    .name = "layer",
    .doc = "natural gradient of the block diagonal by layers",
    .deltas = true,
    .bytes = layer_bytes,
    .flops = layer_flops,
    .init = layer_init,
    .free = layer_free,
    .prepare = layer_prepare,
    .direction = layer_direction,
};

const struct train_optimizer train_tridiagonal = {
    .name = "tridiagonal",
    .doc = "natural gradient of the block tridiagonal by layers",
    .deltas = true,
    .bytes = layer_bytes,
    .flops = layer_flops,
    .init = tridiagonal_init,
    .free = layer_free,
    .prepare = layer_prepare,
    .direction = layer_direction,
};
