/* Gram matrices that natural gradients are made of, of one step's signals (KO20). Upper triangles but where
 * it says both.
 *
 *     A^{l-1}_st            = H̄^{l-1}(s)·H̄^{l-1}(t) = (∂W/∂ω)² h^{l-1}(s)·h^{l-1}(t) + (∂b/∂β)²       (B, B)
 *     D^l_(k,s),(k',t)      = δ^l_k(s)·δ^l_k'(t)                                                    (CB, CB)
 *     Θ^l_(k,s),(k',t)      = D^l_(k,s),(k',t) A^{l-1}_st = ∇f_k(s)·∇f_k'(t) over the parameters of layer l
 *
 * with D^L = I_C ⊗ 11ᵀ, so that Θ^L = I_C ⊗ A^{L-1}.
 */
#ifndef TRAIN_DUALS_H
#define TRAIN_DUALS_H

#include "train/train.h"

/* A matrix for each layer, (n, n) at [l], l < L, and (last, last) at [L]. Freed by train_layers_free,
 * whatever this returned. */
int train_dual_init(double ***matrices, size_t L, size_t n, size_t last, struct base_error *error);

/* Flops of the Θ^l, l = 1..L, and of train_contract. */
double train_dual_flops(const struct net_architecture *architecture, size_t B);

/* A^{l-1}, both triangles. B² M_{l-1} flops. */
void train_dual_inputs(const struct train_network *network, const struct train_signals *signals, size_t l,
                       double *A);

/* D^l, l < L. (CB)² M_l flops. */
void train_dual_deltas(const struct train_network *network, const struct train_signals *signals, size_t l,
                       double *D);

/* D^l ← Θ^l. */
void train_dual_kernel(size_t C, size_t B, const double *A, double *D);

/* θ (CB, CB) ← Θ = Σ_l Θ^l. A (B, B) and D (CB, CB) are room. */
void train_dual_sum(const struct train_network *network, const struct train_signals *signals, double *A,
                    double *D, double *theta);

/* A (n, n) /= by. */
void train_dual_divide(size_t n, double by, double *A);

/* A pivot of Cholesky's below this share of the diagonal counts as 0: sums over the units leave rounding of
 * 1e-15 to 1e-14 in a matrix, and a solution with less than two or three digits is none. */
extern const double train_dual_singular;

/* A ← its Cholesky factor (linalg.h), of A + ρ with ρ = damping times the mean of A's diagonal.
 * BASE_UNRESOLVED where that is singular; `what` and l say of whom: "the kernel of layer". */
int train_dual_factor(size_t n, double *A, double damping, const char *what, size_t l,
                      struct base_error *error);

/* ---- softmax.c: the exact natural gradient of the cross entropy, F = (1/B) Jᵀ Q J, Q_t = diag(g) − ggᵀ
 *
 * With m = m(t) the most probable class and N (C, C−1) the differences to it, (N w)_k = w_k and (N w)_m = −Σ
 * w, Q = N Q' Nᵀ where Q' = diag(g') − g'g'ᵀ leaves m out, and Q' = R Rᵀ with R = D^½ (1 − √g'√g'ᵀ/(1 +
 * √g_m)), D = diag(g'), has a closed inverse without a difference of nearly equal numbers, however saturated
 * a sample is. Errors e, Σ_k e_k = 0, are N e', and
 *
 *     (F + ρ)⁻¹ Jᵀe/B = (1/B) Jᵀ N R (RᵀNᵀΘNR/B + ρ)⁻¹ R⁻¹ e' ,
 *
 * at ρ = 0 the pseudo-inverse. Rows of the matrix are (j, t), j < C−1 the classes but m.
 */

/* g (C, B) of outputs f (C, B), at least 1e-300. */
void train_softmax_outputs(size_t C, size_t B, const double *f, double *g);

/* RᵀNᵀΘNR ((C−1)B, (C−1)B), packed, in the place of Θ, of which both triangles are read; both are set. */
void train_softmax_reduce(size_t C, size_t B, const double *g, double *theta);

/* z ((C−1)B) = R⁻¹ e' */
void train_softmax_errors(size_t C, size_t B, const double *g, const double *errors, double *z);

/* x (C, B) = N R z */
void train_softmax_expand(size_t C, size_t B, const double *g, const double *z, double *x);

#endif
