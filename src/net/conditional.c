/* The conditional sampler: the law of the Gram summary without the weights.
 *
 * Weights are W = s G with G iid N(0,1), s² = σ_w²/M_{l-1}, and independent of H = H^{l-1} (M_{l-1}, T; units
 * are rows). With K = HᵀH = R Rᵀ (rank-revealing, R (T, r)) there is Q (r, M_{l-1}) with orthonormal rows and
 * H = QᵀRᵀ, so
 *
 *     forward    Ũ^l = W H = s Z Rᵀ ,            Z = G Qᵀ (M_l, r) iid N(0,1) ;        u^l = Ũ^l + b^l
 *     backward   given Z, G = Z Q + G'(I − QᵀQ) with G' fresh, and Δ = Δ^l (M_l, CT) depends on W only
 * through Z: WᵀΔ = s [ Qᵀ(ZᵀΔ) + (I − QᵀQ) Y R_Dᵀ ] ,   R_D R_Dᵀ = ΔᵀΔ = D^l ,   Y (M_{l-1}, r_D) iid N(0,1)
 *                    = s [ H Eᵀ + Y R_Dᵀ ] ,    E = (ΔᵀZ − R_D (YᵀQᵀ)) R⁺ ,    YᵀQᵀ = (YᵀH) R⁺ᵀ
 *
 * Q is never formed: R⁺ acts by two triangular solves on the r independent rows of R. Exact in law at every
 * width and rank; rows of H below the rank tolerance (n ε of the largest) count as dependent.
 */
#include "net/signals.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "net/inputs.h"
#include "net/purpose.h"
#include "random/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct conditional {
    const struct net_architecture *architecture;
    double **h;                /* (L) pointers: h[l] (M_l, T) */
    double **dphi;             /* (L) pointers: φ'(u^l) (M_l, T), l ≥ 1 */
    double **Z;                /* (L+1) pointers: Z[l] (M_l, rank), l ≥ 1 */
    struct linalg_root *roots; /* (L+1): roots[l] of H[l-1], l ≥ 1 */
    struct linalg_root root_D;
    double *b;             /* (max M_l) */
    double *u;             /* (max M_l, T) */
    double *delta, *below; /* (max M_l, CT): δ^l and δ^{l-1} */
    double *Y;             /* (max M_{l-1}, CT) */
    double *square;        /* (CT, CT): a matrix being factored */
    double *A;             /* (CT, T) */
    double *B, *BQ;        /* (CT, T) */
    double *E;             /* (CT, T) */
};

static void conditional_free(void *work)
{
    struct conditional *w = work;
    if (w == NULL)
        return;
    for (size_t l = 0; l <= w->architecture->L; l++) {
        if (w->h != NULL)
            free(w->h[l]);
        if (w->dphi != NULL)
            free(w->dphi[l]);
        if (w->Z != NULL)
            free(w->Z[l]);
        if (w->roots != NULL)
            linalg_root_free(&w->roots[l]);
    }
    void *arrays[] = {w->h,     w->dphi, w->Z,      w->roots, w->b, w->u,  w->delta,
                      w->below, w->Y,    w->square, w->A,     w->B, w->BQ, w->E};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    linalg_root_free(&w->root_D);
    free(w);
}

static int conditional_init(void **work, const struct net_architecture *architecture,
                            struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t number = sizeof(double), units = net_architecture_widest(a);
    struct conditional *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = a;
    TRY(base_got(w->h = base_calloc(a->L + 1, sizeof *w->h, error)));
    TRY(base_got(w->dphi = base_calloc(a->L + 1, sizeof *w->dphi, error)));
    TRY(base_got(w->Z = base_calloc(a->L + 1, sizeof *w->Z, error)));
    TRY(base_got(w->roots = base_calloc(a->L + 1, sizeof *w->roots, error)));
    for (size_t l = 0; l < a->L; l++) {
        TRY(base_got(w->h[l] = base_calloc(a->widths[l] * a->T, number, error)));
        TRY(base_got(w->dphi[l] = base_calloc(a->widths[l] * a->T, number, error)));
        TRY(base_got(w->Z[l + 1] = base_calloc(a->widths[l + 1] * a->T, number, error)));
        TRY(linalg_root_init(&w->roots[l + 1], a->T, error));
    }
    TRY(linalg_root_init(&w->root_D, a->CT, error));
    TRY(base_got(w->b = base_calloc(units, number, error)));
    TRY(base_got(w->u = base_calloc(units * a->T, number, error)));
    TRY(base_got(w->delta = base_calloc(units * a->CT, number, error)));
    TRY(base_got(w->below = base_calloc(units * a->CT, number, error)));
    TRY(base_got(w->Y = base_calloc(units * a->CT, number, error)));
    TRY(base_got(w->square = base_calloc(a->CT * a->CT, number, error)));
    TRY(base_got(w->A = base_calloc(a->CT * a->T, number, error)));
    TRY(base_got(w->B = base_calloc(a->CT * a->T, number, error)));
    TRY(base_got(w->BQ = base_calloc(a->CT * a->T, number, error)));
    TRY(base_got(w->E = base_calloc(a->CT * a->T, number, error)));
    *work = w;
out:
    if (status != BASE_OK)
        conditional_free(w);
    return status;
}

static double conditional_bytes(const struct net_architecture *a)
{
    const double T = (double)a->T, CT = (double)a->CT, units = (double)net_architecture_widest(a);
    double numbers = units * (1 + T + 3 * CT) + CT * CT + 4 * CT * T;
    for (size_t l = 0; l < a->L; l++)
        numbers += ((double)a->widths[l] * 2 + (double)a->widths[l + 1]) * T;
    return numbers * sizeof(double) + (double)a->L * (double)linalg_root_bytes(a->T) +
           (double)linalg_root_bytes(a->CT);
}

/* H^{l-1} and its root, then u^l (M_l, T) = s Z Rᵀ + b. */
static int sample_forward(struct conditional *w, size_t l, uint64_t seed, uint64_t trial,
                          struct net_gram *gram, double *u, struct base_error *error)
{
    const struct net_architecture *a = w->architecture;
    const size_t above = a->widths[l], units = a->widths[l - 1], T = a->T;
    const size_t max_rank = units < T ? units : T;
    struct linalg_root *root = &w->roots[l];
    linalg_gram(units, T, w->h[l - 1], gram->H[l - 1]);
    memcpy(w->square, gram->H[l - 1], T * T * sizeof(double));
    const int status = linalg_root_factor(root, T, max_rank, w->square, error);

    random_normals(seed, net_stream(a, trial, l, NET_FORWARD), 0, above * root->rank, w->Z[l]);
    net_biases_draw(a, seed, trial, l, w->b);
    net_biases_spread(a, l, w->b, u);
    linalg_multiply(false, true, above, T, root->rank, sqrt(a->weight_variance / (double)units), w->Z[l],
                    root->R, 1, u);
    return status;
}

/* E (CT, T) ← (CT, rank) numbers spread over the columns of the independent samples. */
static void scatter_columns(const struct linalg_root *root, size_t m, const double *packed, double *E)
{
    memset(E, 0, m * root->n * sizeof *E);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < root->rank; j++)
            E[i * root->n + (size_t)root->pivots[j]] = packed[i * root->rank + j];
}

static void gather_columns(const struct linalg_root *root, size_t m, const double *B, double *packed)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < root->rank; j++)
            packed[i * root->rank + j] = B[i * root->n + (size_t)root->pivots[j]];
}

/* D^l from delta = δ^l, then W^lᵀδ^l (M_{l-1}, CT) into below, in the symbols of the head of this file. */
static int sample_backward(struct conditional *w, size_t l, uint64_t seed, uint64_t trial,
                           struct net_gram *gram, struct base_error *error)
{
    const struct net_architecture *a = w->architecture;
    const size_t above = a->widths[l], units = a->widths[l - 1], T = a->T, CT = a->CT;
    const double s = sqrt(a->weight_variance / (double)units);
    const struct linalg_root *root = &w->roots[l];
    struct linalg_root *root_D = &w->root_D;
    memcpy(w->square, gram->D[l], CT * CT * sizeof(double));
    const int status = linalg_root_factor(root_D, CT, above < CT ? above : CT, w->square, error);
    const size_t r = root->rank, r_D = root_D->rank;

    random_normals(seed, net_stream(a, trial, l, NET_BACKWARD), 0, units * r_D, w->Y);
    linalg_multiply(true, false, r_D, T, units, 1, w->Y, w->h[l - 1], 0, w->B); /* YᵀH */
    gather_columns(root, r_D, w->B, w->BQ); /* YᵀQᵀ = (YᵀH) R⁺ᵀ */
    linalg_root_solve_transposed(root, r_D, w->BQ);
    linalg_multiply(true, false, CT, r, above, 1, w->delta, w->Z[l], 0, w->A); /* ΔᵀZ */
    linalg_multiply(false, false, CT, r, r_D, -1, root_D->R, w->BQ, 1, w->A);  /* ΔᵀZ − R_D (YᵀQᵀ) */
    linalg_root_solve(root, CT, w->A);                                         /* … R⁺ */
    scatter_columns(root, CT, w->A, w->E);
    linalg_multiply(false, true, units, CT, T, s, w->h[l - 1], w->E, 0, w->below); /* s H Eᵀ */
    linalg_multiply(false, true, units, CT, r_D, s, w->Y, root_D->R, 1, w->below); /* + s Y R_Dᵀ */
    return status;
}

static int conditional_sample(void *work, const struct net_activation *activation, uint64_t seed,
                              uint64_t trial, struct net_gram *gram, struct base_error *error)
{
    int status;
    struct conditional *w = work;
    const struct net_architecture *a = w->architecture;

    net_inputs_draw(a, seed, trial, w->h[0]);
    for (size_t l = 1; l < a->L; l++) {
        TRY(sample_forward(w, l, seed, trial, gram, w->u, error));
        net_activation_eval(activation, a->widths[l] * a->T, w->u, w->h[l], w->dphi[l]);
    }
    TRY(sample_forward(w, a->L, seed, trial, gram, gram->f, error));

    net_delta_output(a, w->delta);
    for (size_t l = a->L; l >= 1; l--) {
        linalg_gram(a->widths[l], a->CT, w->delta, gram->D[l]);
        if (l == 1)
            break;
        TRY(sample_backward(w, l, seed, trial, gram, error));
        net_delta_gate(a, l - 1, w->dphi[l - 1], w->below);
        double *swap = w->delta;
        w->delta = w->below;
        w->below = swap;
    }
out:
    return status;
}

static double conditional_cost(const struct net_architecture *a)
{
    const double T = (double)a->T, CT = (double)a->CT;
    double flops = 0;
    for (size_t l = 1; l <= a->L; l++) {
        const double units = (double)a->widths[l - 1], above = (double)a->widths[l];
        const double r_D = fmin(CT, above);
        flops += T * T * units + above * T * (2 * T + NET_NORMAL_FLOPS) + T * T * T / 3;
        if (l > 1) /* D^l, YᵀH, ΔᵀZ, H Eᵀ, Y R_Dᵀ and the root of D^l */
            flops += CT * CT * above + 2 * r_D * T * units + 2 * CT * T * above + 2 * CT * T * units +
                     2 * CT * r_D * units + r_D * units * NET_NORMAL_FLOPS + CT * CT * CT / 3;
    }
    return flops;
}

const struct net_sampler net_sampler_conditional = {
    .name = "conditional",
    .doc = "draws the signals from their Gaussian law given the layer before, never a weight",
    .cost = conditional_cost,
    .bytes = conditional_bytes,
    .init = conditional_init,
    .free = conditional_free,
    .sample = conditional_sample,
};
