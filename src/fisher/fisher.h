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

/* ---- unit.c: blocks of single units of a hidden layer and their approximations (AKO19)
 *
 * The block of unit i of layer l, with its bias, over x* = (1, h^{l-1}):
 *     U = (1/T) Σ_t s_t x*_t x*_tᵀ   (M+1, M+1) ,   s_t = Σ_k δ^l_ki(t)² ,   M = M_{l-1}
 * and Û, each with the U_bb of the unit:
 *     closed     U_bb/A_0 times the matrix of a unit with input N(0, v I), v the mean square of h^{l-1}
 *     gaussian   U_bb/A_0 times that with input N(μ, Σ), mean and covariance of h^{l-1} over the samples:
 *                A_0 (μ*μ*ᵀ + Σ*) + A_1 (μ*kᵀ + kμ*ᵀ) + (A_2 − A_0) kkᵀ ,  k = (0, Σw)/√(wᵀΣw) (beyond) quasi
 * Ollivier's quasi-diagonal: diagonal and bias row of U, and U_bi U_bj/U_bb elsewhere
 */
struct fisher_units {
    size_t n, M, T;
    const double *h;               /* (M, T) h^{l-1} */
    const double *w;               /* (n, M) weights of the units */
    const double *u, *s;           /* (n, T) pre-activations and s_t */
    const double (*A_closed)[3];   /* (n) A_0, A_1, A_2 at r = √v |w|, b */
    const double (*A_gaussian)[3]; /* (n) at r = √(wᵀΣw), w·μ + b */
};
/* What the A are taken at: |w|, √v, mean and standard deviation of u over the samples. */
struct fisher_unit_input {
    double norm, scale, mean, deviation;
};
void fisher_unit_inputs(const struct fisher_units *units, size_t i, struct fisher_unit_input *input);

/* ‖Û − U‖₂/‖U‖₂ of each unit, (n) each or NULL, to about 1e-3 of itself; not finite for a unit that is never
 * active. Some 20 to 60 steps of 16 nMT flops. BASE_UNRESOLVED when a number is not finite. */
int fisher_unit_errors(const struct fisher_units *units, double *closed, double *quasi, double *gaussian,
                       struct base_error *error);

/* The bias row F_b and the diagonal F_jj of U, (M+1) each, the bias first; and the quasi-diagonal's natural
 * gradient v = Û⁻¹ g:  v_j = (g_j − g_b F_bj/F_b)/(F_jj − F_bj²/F_b) , v_b = g_b/F_b − Σ_j (F_bj/F_b) v_j .
 */
void fisher_unit_quasi_diagonal(const struct fisher_units *units, size_t i, double *F_b, double *F_jj);
void fisher_unit_quasi_gradient(size_t M, const double *F_b, const double *F_jj, const double *g, double *v);

/* ---- norm.c: Fisher–Rao norms (KAA19) */

/* θᵀF(θ)θ = (1/T) Σ_t Σ_k (J θ)² , (Jθ)_k(t) = Σ_l Σ_i δ^l_ki (Σ_j W^l_ij h^{l-1}_j + b^l_i) =
 * Σ_{l<L} U^l_k(t) + f_k(t). Reads U. */
double fisher_norm_self(const struct net_gram *gram);

/* E θ'ᵀF(θ)θ' over θ' alone, independent and of the law of θ: *all is
 *     (1/T) Σ_t Σ_k Σ_l (σ_w² H^{l-1}_tt/M_{l-1} + σ_b²) D^l_(k,t),(k,t) ,
 * *weights the same without σ_b², where θ' has weights alone. */
void fisher_norm_independent(const struct net_gram *gram, double *weights, double *all);

/* ---- full.c: small networks only, to hold the dual against */

/* Parameters in the order W¹ (row-major), b¹, W², b², …: the index of W^l_ij and of b^l_i. */
size_t fisher_parameter_weight(const struct net_architecture *architecture, size_t l, size_t i, size_t j);
size_t fisher_parameter_bias(const struct net_architecture *architecture, size_t l, size_t i);

/* J (CT, P), J[(k·T + t)·P + p] = ∂f_k(t)/∂θ_p, from the signals of an explicit network. */
void fisher_jacobian_compute(const struct net_weights *network, double *J);

/* F (P, P) = (1/T) JᵀJ. CT·P² flops and P² numbers. */
void fisher_matrix_compute(size_t CT, size_t T, size_t P, const double *J, double *F);

#endif
