/* Statistics of the Fisher information matrix of the regression model y|x ~ N(f(x), I), from the Gram
 * summary.
 *
 *     F  = (1/T) Σ_t Σ_k ∇f_k(t) ∇f_k(t)ᵀ = (1/T) JᵀJ       P×P, J (CT, P) with rows (k, t)
 *     F* = (1/T) J Jᵀ                                        CT×CT, "the dual": the same nonzero spectrum
 *     F*_(k,s),(k',t) = (1/T) Σ_l D^l_(k,s),(k',t) (H^{l-1}_st + 1)                          (KAA19; the +1
 * is the bias)
 *
 * 1/T is always included, biases always count as parameters. Parametrisation is the standard one, W ~ N(0,
 * σ_w²/M_{l-1}).
 */
#ifndef FISHER_FISHER_H
#define FISHER_FISHER_H

#include "base/error.h"
#include "net/signals.h"
#include "net/weights.h"

#include <stddef.h>

/* ---- dual.c */

/* F* (CT, CT) from the Gram summary: (1/T) Σ_l (H^{l-1} + 1) ∘ D^l; the upper triangle. (L−1)·(CT)²/2
 * multiplications. */
int fisher_dual_compute(const struct net_gram *gram, double *dual, struct base_error *error);

/* Θ (CT, CT), the neural tangent kernel of the NTK parametrisation W^l_ij = σ_w ω_ij/√M_{l-1}, b^l_i = σ_b
 * β_i, of the same function, without 1/T; the upper triangle: Θ_(k,s),(k',t) = Σ_l D^l_(k,s),(k',t) (σ_w²
 * H^{l-1}_st/M_{l-1} + σ_b²)                      (KAA21) */
int fisher_ntk_compute(const struct net_gram *gram, double *ntk, struct base_error *error);

/* ‖Θ − I_C ⊗ K‖/‖K‖√C in Frobenius norms, for Θ (CT, CT) and K (T, T), upper triangles. */
double fisher_kernel_error(size_t C, size_t T, const double *ntk, const double *kernel);

/* means (C, CT): the mean of F*_(k,s),(k',t) over t at means[k'*CT + k*T + s], that is E_t ∇f_k'·∇f_k(s) /T.
 */
void fisher_dual_means(size_t C, size_t T, const double *dual, double *means);

/* In place, the dual of the mean-subtracted outputs f_k − (1/T) Σ_t f_k(t): ΠF*Π with Π = I_C ⊗ (I − 11ᵀ/T).
 */
void fisher_dual_centre(size_t C, size_t T, const double *means, double *dual);

/* Share of the top C eigenvectors of F in the span S of the C mean gradients E_t ∇f_k:
 *     (1/C) Σ_{a≤C} ‖Proj_S v_a‖² = (1/C) Σ_a λ_a w_aᵀ A⁺ w_a ,   w_a = Eᵀu_a ,   A = EᵀF*E ,
 * with (λ_a, u_a) the top eigenpairs of F* and E (CT, C) the indicators of the outputs. 1: KAA19's claim
 * holds exactly. means from fisher_dual_means, values (C), vectors (C, CT) as from linalg_eigen_top. */
int fisher_overlap_compute(size_t C, size_t T, const double *means, const double *values,
                           const double *vectors, double *overlap, struct base_error *error);

/* ---- softmax.c: classification, F_sm = (1/T) Σ_t Σ_kk' ∇f_k(t) Q_t(k,k') ∇f_k'(t)ᵀ (KAA21)
 *
 * Q_t = diag(g) − ggᵀ with g = softmax(f) at sample t, and Q_t = B_t B_tᵀ with B_t = D^½ (1 − √g√gᵀ), D =
 * diag(g): no eigendecomposition. The nonzero spectrum of F_sm is that of BᵀF*B, B = ⊕_t B_t, which has rank
 * (C−1)T at most: B_t √g = 0. */

/* g (C, T), g_k(t) at g[k*T + t], from the outputs f (C, T); f of any size. */
void fisher_softmax_outputs(size_t C, size_t T, const double *f, double *g);

/* In place, BᵀF*B from F* (its upper triangle); scratch (CT). 1 − g_k counts as the sum of the other g, so a
 * saturated sample keeps its relative accuracy. 6 (CT)² flops. */
void fisher_softmax_dual(size_t C, size_t T, const double *g, double *scratch, double *dual);

/* ---- full.c: small networks only, to hold the dual against */

/* Parameters in the order W¹ (row-major), b¹, W², b², …: the index of W^l_ij and of b^l_i. */
size_t fisher_parameter_weight(const struct net_architecture *architecture, size_t l, size_t i, size_t j);
size_t fisher_parameter_bias(const struct net_architecture *architecture, size_t l, size_t i);

/* J (CT, P), J[(k·T + t)·P + p] = ∂f_k(t)/∂θ_p, from the signals of an explicit network. */
void fisher_jacobian_compute(const struct net_weights *network, double *J);

/* F (P, P) = (1/T) JᵀJ. CT·P² flops and P² numbers. */
void fisher_matrix_compute(size_t CT, size_t T, size_t P, const double *J, double *F);

#endif
