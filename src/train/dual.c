/* Natural gradients that keep whole layers: exact, layer-wise block diagonal, block tridiagonal (KO20).
 *
 *     F̂⁺ Jᵀe/B = (1/B) (x_l Jˡᵀ (Θ^l/B + ρ)⁻¹ e)_l          x_l = 1: block diagonal, Σ⁻¹1: tridiagonal
 *     F̂⁺ Jᵀe/B = (1/B) Jᵀ (Θ/B + ρ)⁻¹ e ,  Θ = Σ_l Θ^l      exact
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
    bool softmax;
    double *A;       /* (B, B) */
    double *D;       /* (CB, CB) of a layer, of exact alone */
    double **factor; /* (L+1): [0] of exact; [l], l = 1..L, of the layers */
    double *g;       /* (C, B) of softmax */
    double *z;       /* (CB) */
    bool *moves;     /* (L+1): x_l = 1 */
    double **errors; /* (L+1): (C, B) each; one for all of them where the natural gradient is exact */
};

static double common_bytes(const struct net_architecture *a, size_t B, double factors)
{
    const double CB = (double)(a->C * B), b = (double)B;
    return (factors * CB * CB + b * b + ((double)a->L + 2) * CB) * sizeof(double);
}

static double exact_bytes(const struct net_architecture *architecture, size_t B)
{
    return common_bytes(architecture, B, 2);
}

static double layer_bytes(const struct net_architecture *architecture, size_t B)
{
    return common_bytes(architecture, B, (double)architecture->L);
}

/* The Grams, the factors, and contractions in place of the gradient's own backward pass. */
static double common_flops(const struct net_architecture *a, size_t B, double factors)
{
    const double CB = (double)(a->C * B), b = (double)B;
    double sum = factors * CB * CB * CB / 3;
    for (size_t l = 1; l <= a->L; l++)
        sum += b * b * (double)a->widths[l - 1] + (l < a->L ? (CB * CB + 2 * CB) * (double)a->widths[l] : 0);
    return sum;
}

static double exact_flops(const struct net_architecture *architecture, size_t B)
{
    return common_flops(architecture, B, 1);
}

static double layer_flops(const struct net_architecture *architecture, size_t B)
{
    return common_flops(architecture, B, (double)architecture->L);
}

static void dual_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    free(w->A);
    free(w->D);
    free(w->g);
    free(w->z);
    free(w->moves);
    for (size_t l = 0; l <= w->L; l++) {
        if (w->factor != NULL)
            free(w->factor[l]);
        if (w->errors != NULL && w->errors[l] != w->errors[0])
            free(w->errors[l]);
    }
    if (w->errors != NULL)
        free(w->errors[0]);
    free(w->factor);
    free(w->errors);
    free(w);
}

static int common_init(struct work **work, const struct net_architecture *a, size_t B,
                       struct base_error *error)
{
    int status;
    const size_t CB = a->C * B;
    struct work *w = base_calloc(1, sizeof *w, error);
    *work = w;
    TRY(base_got(w));
    w->L = a->L;
    w->C = a->C;
    w->B = B;
    TRY(base_got(w->factor = base_calloc(a->L + 1, sizeof(double *), error)));
    TRY(base_got(w->errors = base_calloc(a->L + 1, sizeof(double *), error)));
    TRY(base_got(w->A = base_alloc(B * B, sizeof(double), error)));
    TRY(base_got(w->z = base_alloc(CB, sizeof(double), error)));
    TRY(base_got(w->moves = base_calloc(a->L + 1, sizeof *w->moves, error)));
    TRY(base_got(w->errors[0] = base_alloc(CB, sizeof(double), error)));
out:
    return status;
}

static int exact_init(void **work, const struct net_architecture *architecture, size_t B,
                      struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t CB = a->C * B;
    struct work *w;
    TRY(common_init(&w, a, B, error));
    w->softmax = train_loss_find(a->training->loss) == TRAIN_CROSS_ENTROPY;
    for (size_t l = 1; l <= a->L; l++)
        w->errors[l] = w->errors[0];
    TRY(base_got(w->D = base_alloc(CB * CB, sizeof(double), error)));
    TRY(base_got(w->factor[0] = base_alloc(CB * CB, sizeof(double), error)));
    TRY(base_got(w->g = base_alloc(CB, sizeof(double), error)));
out:
    if (status != BASE_OK)
        dual_free(w);
    *work = status == BASE_OK ? w : NULL;
    return status;
}

static int layer_init(void **work, const struct net_architecture *architecture, size_t B,
                      struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t CB = a->C * B;
    struct work *w;
    TRY(common_init(&w, a, B, error));
    for (size_t l = 1; l <= a->L; l++) {
        const size_t n = l < a->L ? CB : B;
        w->moves[l] = true;
        TRY(base_got(w->factor[l] = base_alloc(n * n, sizeof(double), error)));
        TRY(base_got(w->errors[l] = base_alloc(CB, sizeof(double), error)));
    }
out:
    if (status != BASE_OK)
        dual_free(w);
    *work = status == BASE_OK ? w : NULL;
    return status;
}

/* The rows of Σ x = 1 say x_{l+1} = 1 − x_l − x_{l−1} with x_0 = 0: x_1, 1 − x_1, 0 again and again, and the
 * last one x_{L+1} = 0. So every third layer moves, the first of them or the second. */
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
    struct work *w = *work;
    for (size_t l = 1; status == BASE_OK && l <= L; l++)
        w->moves[l] = l % 3 == (L % 3 == 1 ? 1 : 2);
    return status;
}

static int exact_prepare(void *work, const struct train_network *network, const struct train_signals *signals,
                         double damping, struct base_error *error)
{
    struct work *w = work;
    const size_t CB = w->C * w->B, n = w->softmax ? CB - w->B : CB;
    double *theta = w->factor[0];
    train_dual_sum(network, signals, w->A, w->D, theta);
    if (w->softmax) {
        linalg_mirror(CB, theta);
        train_softmax_outputs(w->C, w->B, signals->h[w->L], w->g);
        train_softmax_reduce(w->C, w->B, w->g, theta);
    }
    train_dual_divide(n, (double)w->B, theta);
    return train_dual_factor(n, theta, damping, "the kernel of layers 1 to", w->L, error);
}

static int exact_direction(void *work, const struct train_network *network,
                           const struct train_signals *signals, const double *errors, double *const *P,
                           struct base_error *error)
{
    struct work *w = work;
    const size_t CB = w->C * w->B;
    (void)error;
    if (w->softmax) {
        train_softmax_errors(w->C, w->B, w->g, errors, w->z);
        linalg_cholesky_solve(CB - w->B, w->factor[0], 1, w->z);
        train_softmax_expand(w->C, w->B, w->g, w->z, w->errors[0]);
    } else {
        memcpy(w->errors[0], errors, CB * sizeof *errors);
        linalg_cholesky_solve(CB, w->factor[0], 1, w->errors[0]);
    }
    train_contract(network->architecture, signals, (const double *const *)w->errors, P);
    return BASE_OK;
}

static int layer_prepare(void *work, const struct train_network *network, const struct train_signals *signals,
                         double damping, struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const size_t C = w->C, B = w->B;
    for (size_t l = 1; l <= w->L; l++) {
        const size_t n = l < w->L ? C * B : B;
        if (!w->moves[l])
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
    const size_t CB = w->C * w->B;
    (void)error;
    for (size_t l = 1; l <= w->L; l++) {
        if (!w->moves[l]) {
            memset(w->errors[l], 0, CB * sizeof *errors);
            continue;
        }
        memcpy(w->errors[l], errors, CB * sizeof *errors);
        linalg_cholesky_solve(l < w->L ? CB : w->B, w->factor[l], l < w->L ? 1 : w->C, w->errors[l]);
    }
    train_contract(network->architecture, signals, (const double *const *)w->errors, P);
    return BASE_OK;
}

const struct train_optimizer train_exact = {
    .name = "exact",
    .doc = "natural gradient",
    .deltas = true,
    .bytes = exact_bytes,
    .flops = exact_flops,
    .init = exact_init,
    .free = dual_free,
    .prepare = exact_prepare,
    .direction = exact_direction,
};

const struct train_optimizer train_layer = {
    .name = "layer",
    .doc = "natural gradient of the block diagonal by layers",
    .deltas = true,
    .bytes = layer_bytes,
    .flops = layer_flops,
    .init = layer_init,
    .free = dual_free,
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
    .free = dual_free,
    .prepare = layer_prepare,
    .direction = layer_direction,
};
