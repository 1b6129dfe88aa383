/* K-FAC: F̂_l = A_{l-1} ⊗ B_l with A = H̄ᵀH̄/B over the samples, B_l = DᵀD/B over samples and outputs (KO20), so
 *
 *     d^l = (1/B) [(DDᵀ/B + ρ)⁻¹ D]ᵀ diag(e) E [(H̄H̄ᵀ/B + ρ)⁻¹ H̄] ,    E repeats the samples for each output,
 *     P^l_i(t) = Σ_s (A^{l-1}/B + ρ)⁻¹_ts Σ_k e_k(s) Σ_r (D^l/B + ρ)⁻¹_(k,s),r δ^l_i(r)
 *
 * and B_L = I_C, or with kfac_scaled I_C/B. */
#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "train/duals.h"

#include <stdlib.h>
#include <string.h>

enum { PANEL = 64 };

struct work {
    size_t L, C, B;
    double top;  /* B_L⁻¹, damped */
    bool scaled; /* B_L = I_C/B */
    double **A;  /* factors of A^{l-1}/B + ρ (B, B) at [l] */
    double **D;  /* of D^l/B + ρ (CB, CB) at [l], l < L */
    double *z;   /* (PANEL, CB) */
};

static double kfac_bytes(const struct net_architecture *architecture, size_t B)
{
    const double CB = (double)(architecture->C * B), b = (double)B, L = (double)architecture->L;
    return (L * b * b + (L - 1) * CB * CB + PANEL * CB) * sizeof(double);
}

static double kfac_flops(const struct net_architecture *architecture, size_t B)
{
    const struct net_architecture *a = architecture;
    const double CB = (double)(a->C * B), b = (double)B;
    double sum = 0;
    for (size_t l = 1; l <= a->L; l++) {
        sum += b * b * ((double)a->widths[l - 1] + 2 * (double)a->widths[l]) + b * b * b / 3;
        sum += l < a->L ? CB * CB * (3 * (double)a->widths[l] + CB / 3) : 0;
    }
    return sum;
}

static void kfac_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    train_layers_free(w->A);
    train_layers_free(w->D);
    free(w->z);
    free(w);
}

static int kfac_init(void **work, const struct net_architecture *architecture, size_t B,
                     struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t CB = a->C * B;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->L = a->L;
    w->C = a->C;
    w->B = B;
    TRY(train_dual_init(&w->A, a->L, B, B, error));
    TRY(train_dual_init(&w->D, a->L, CB, 0, error));
    TRY(base_got(w->z = base_alloc(PANEL * CB, sizeof(double), error)));
out:
    if (status != BASE_OK)
        kfac_free(w);
    *work = status == BASE_OK ? w : NULL;
    return status;
}

static int scaled_init(void **work, const struct net_architecture *architecture, size_t B,
                       struct base_error *error)
{
    const int status = kfac_init(work, architecture, B, error);
    if (status == BASE_OK)
        ((struct work *)*work)->scaled = true;
    return status;
}

static int kfac_prepare(void *work, const struct train_network *network, const struct train_signals *signals,
                        double damping, struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const size_t B = w->B, CB = w->C * B;
    w->top = (w->scaled ? (double)B : 1) / (1 + damping);
    for (size_t l = 1; l <= w->L; l++) {
        train_dual_inputs(network, signals, l, w->A[l]);
        train_dual_divide(B, (double)B, w->A[l]);
        TRY(train_dual_factor(B, w->A[l], damping, "K-FAC's factor of the inputs of layer", l, error));
        if (l == w->L)
            break;
        train_dual_deltas(network, signals, l, w->D[l]);
        train_dual_divide(CB, (double)B, w->D[l]);
        TRY(train_dual_factor(CB, w->D[l], damping, "K-FAC's factor of the backward signals of layer", l,
                              error));
    }
out:
    return status;
}

/* Some units of P^l, before A. */
static void direction_panel(struct work *w, size_t l, size_t n, const double *delta, const double *errors,
                            double *P)
{
    const size_t C = w->C, B = w->B, CB = C * B;
    memcpy(w->z, delta, n * CB * sizeof *delta);
    linalg_cholesky_solve(CB, w->D[l], n, w->z);
    train_contract(n, C, B, w->z, errors, P);
}

static int kfac_direction(void *work, const struct train_network *network,
                          const struct train_signals *signals, const double *errors, double *const *P,
                          struct base_error *error)
{
    struct work *w = work;
    const size_t *widths = network->architecture->widths, B = w->B, CB = w->C * B;
    (void)error;
    for (size_t l = 1; l < w->L; l++)
        for (size_t first = 0, n; first < widths[l]; first += n) {
            n = widths[l] - first < PANEL ? widths[l] - first : PANEL;
            direction_panel(w, l, n, signals->delta[l] + first * CB, errors, P[l] + first * B);
        }
    for (size_t i = 0; i < CB; i++)
        P[w->L][i] = w->top * errors[i];
    for (size_t l = 1; l <= w->L; l++)
        linalg_cholesky_solve(B, w->A[l], widths[l], P[l]);
    return BASE_OK;
}

const struct train_optimizer train_kfac = {
    .name = "kfac",
    .doc = "natural gradient of Kronecker factors (K-FAC)",
    .deltas = true,
    .bytes = kfac_bytes,
    .flops = kfac_flops,
    .init = kfac_init,
    .free = kfac_free,
    .prepare = kfac_prepare,
    .direction = kfac_direction,
};

const struct train_optimizer train_kfac_scaled = {
    .name = "kfac_scaled",
    .doc = "K-FAC with the last layer's B_L := I_C/T",
    .deltas = true,
    .bytes = kfac_bytes,
    .flops = kfac_flops,
    .init = scaled_init,
    .free = kfac_free,
    .prepare = kfac_prepare,
    .direction = kfac_direction,
};
