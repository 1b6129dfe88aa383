/* Statistics of the Fisher information matrix of the regression model y|x ~ N(f(x), I), from the Gram
 * summary.
 *
 *     F  = (1/T) Σ_t Σ_k ∇f_k(t) ∇f_k(t)ᵀ = (1/T) JᵀJ       P×P, J (CT, P) with rows (k, t)
 *     F* = (1/T) J Jᵀ                                        CT×CT, "the dual": the same nonzero spectrum
 *     F*_(k,s),(k',t) = (1/T) Σ_l D^l_(k,s),(k',t) (H^{l-1}_st + 1)      (KAA19; the +1 is the bias)
 *                     + (1/T) Σ_l G^l_(k,s),(k',t) Φ^l_st   where the V^l of a residual network are trained
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

/* F* (CT, CT) from the Gram summary: (1/T) Σ_l (H^{l-1} + 1) ∘ D^l, and (1/T) Σ_l Φ^l ∘ G^l with trained
 * branches; the upper triangle. (L−1)·(CT)²/2 multiplications, or twice as many. */
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

/* ---- blocks.c */

/* Mean square Frobenius norm of one unit block of F, weights alone: F_(l,i),(m,j) = (1/T) Σ_t Σ_k δ^l_ki
 * δ^m_kj h^{l-1} h^{m-1}ᵀ is M_{l-1} × M_{m-1}. With H and D as in the summary (H repeats over the outputs)
 *
 *     Σ_ij ‖F_(l,i),(m,j)‖² = (1/T²) Σ_(k,s),(k',t) D^l D^m H^{l-1}_st H^{m-1}_st
 *     Σ_i ‖F_(l,i),(l,i)‖²  = (1/T²) Σ_st S^l_st (H^{l-1}_st)²
 *
 * on[l] over i = j, off[l] over i ≠ j (NaN where layer l has one unit), l = 1..L−1; cross[l*(L+1) + m] over
 * all i, j, 1 ≤ l < m ≤ L−1. on and off have L+1 numbers, cross (L+1)²; others are left alone. Exact, with F
 * never formed: L² (CT)²/2 flops. The summary must have S. */
int fisher_blocks_compute(const struct net_gram *gram, double *on, double *off, double *cross,
                          struct base_error *error);
double fisher_blocks_bytes(const struct net_architecture *architecture);

/* The same of the units' rows of V^l in a residual network that trains them, F_(l,i),(l,j) = (1/T) Σ_t Σ_k
 * g^l_ki g^l_kj φ(u^l) φ(u^l)ᵀ:  Σ_ij ‖·‖² = (1/T²) Σ (G^l ∘ Φ^l)² and Σ_i = (1/T²) Σ_st R^l_st (Φ^l_st)² .
 * on and off (L+1), l = 1..L−1; nothing is done for other networks. The summary must have S. */
void fisher_branch_blocks_compute(const struct net_gram *gram, double *on, double *off);

/* ---- unit.c: blocks of single units of a hidden layer and their approximations (AKO19)
 *
 * The block of unit i of layer l, with its bias, over x* = (1, h^{l-1}):
 *     U = (1/T) Σ_t s_t x*_t x*_tᵀ   (M+1, M+1) ,   s_t = Σ_k δ^l_ki(t)² ,   M = M_{l-1}
 * and Û, each with the U_bb of the unit:
 *     closed     U_bb/A_0 times the matrix of a unit with input N(0, v I), v the mean square of h^{l-1}
 *     gaussian   (beyond) U_bb/A_0 times that with input N(μ, Σ), mean and covariance of h^{l-1} over the
 *                samples: A_0 (μ*μ*ᵀ + Σ*) + A_1 (μ*kᵀ + kμ*ᵀ) + (A_2 − A_0) kkᵀ , k = (0, Σw)/√(wᵀΣw)
 *     quasi      Ollivier's quasi-diagonal: diagonal and bias row of U, and U_bi U_bj/U_bb elsewhere
 */
struct fisher_units {
    size_t n, M, T;
    const double *h;               /* (M, T) h^{l-1} */
    const double *H;               /* (T, T) hᵀh, upper triangle */
    const double *w, *b;           /* (n, M), (n): weights and biases of the units */
    const double *u, *s;           /* (n, T): u = w h + b, and s_t */
    const double (*A_closed)[3];   /* (n) A_0, A_1, A_2 at r = √v |w|, b */
    const double (*A_gaussian)[3]; /* (n) at r = √(wᵀΣw), w·μ + b */
};
/* What the A are taken at: |w|, √v, mean and standard deviation of u over the samples. */
struct fisher_unit_input {
    double norm, scale, mean, deviation;
};
void fisher_unit_inputs(const struct fisher_units *units, size_t i, struct fisher_unit_input *input);

/* ‖Û − U‖₂/‖U‖₂ of each unit, (n) each or NULL, to about 1e-3 of itself; not finite for a unit that is never
 * active. Some 20 to 60 steps of 4nT min(M, T) flops each, and 4nMT for quasi; nT³ where M > T.
 * BASE_UNRESOLVED when a number is not finite. */
int fisher_unit_errors(const struct fisher_units *units, double *closed, double *quasi, double *gaussian,
                       struct base_error *error);

/* The bias row F_b and the diagonal F_jj of U, (M+1) each, the bias first; and the quasi-diagonal's natural
 * gradient v = Û⁻¹ g:  v_j = (g_j − g_b F_bj/F_b)/(F_jj − F_bj²/F_b) , v_b = g_b/F_b − Σ_j (F_bj/F_b) v_j .
 * Where F_jj − F_bj²/F_b is 0 to rounding v_j is 0; a bias with F_b = 0 is left out. */
void fisher_unit_quasi_diagonal(const struct fisher_units *units, size_t i, double *F_b, double *F_jj);
void fisher_unit_quasi_gradient(size_t M, const double *F_b, const double *F_jj, const double *g, double *v);

/* ---- estimators.c: F from sampled outputs, and the empirical Fisher matrix (beyond)
 *
 * With K_st the C×C block (s, t) of J Jᵀ = T F* and outputs drawn from the model, ε_r(t) ~ N(0, I_C), r < n,
 *
 *     F̂ = (1/(Tn)) Σ_t Σ_r (J_tᵀε_r(t)) (J_tᵀε_r(t))ᵀ        E F̂ = F
 *     Var tr F̂ = (2/(T²n)) Σ_t ‖K_tt‖² ,  Var F̂_pp = (2/(T²n)) Σ_t (Σ_k J_tkp²)²
 *     E ‖F̂‖² = ‖F‖² + (1/(T²n)) Σ_t [(tr K_tt)² + ‖K_tt‖²]
 *
 * and the empirical Fisher matrix is the same sum with n = 1 and the residual y − f in the place of ε, which
 * is another object than F. Either has the nonzero spectrum of XᵀF*X, X made of a root R_t of B_t = R_tR_tᵀ =
 * (1/n) Σ_r ε_r(t) ε_r(t)ᵀ at each sample: m = min(n, C) columns, however many draws. */

/* m */
size_t fisher_estimator_rank(size_t C, size_t n);

/* X (m, C, T), column r of R_t at X[(r*C + k)*T + t], from epsilon (n, C, T). n ≤ C: ε/√n; else Cholesky. */
int fisher_estimator_root(size_t C, size_t T, size_t n, const double *epsilon, double *X,
                          struct base_error *error);

/* The dual of the estimate (mT, mT), rows (r, t), from X and both triangles of F*: the upper triangle of
 * Σ_kk' x_rk(s) F*_(k,s),(k',t) x_r'k'(t). 4m (CT)² flops at most. */
int fisher_estimator_dual(size_t C, size_t T, size_t m, const double *X, const double *dual, double *estimate,
                          struct base_error *error);

/* (2/(T²n)) Σ_t ‖K_tt‖² from both triangles of F*. */
double fisher_estimator_trace_variance(size_t C, size_t T, size_t n, const double *dual);

/* ---- layers.c */

/* The dual of F_ll, the block of the weights of layer l alone (no biases), l = 1..L: (1/T) H^{l-1} ∘ D^l, the
 * upper triangle. Returns its number of rows n: CT for l < L, where dual is (CT, CT), rows (k, t); T for l =
 * L, where D^L = I_C ⊗ 11ᵀ and dual (T, T) = H^{L-1}/T stands for C equal blocks. Either way each eigenvalue
 * of the n counts CT/n-fold. (CT)²/2 multiplications. */
size_t fisher_layer_dual_compute(const struct net_gram *gram, size_t l, double *dual);

/* ---- norm.c: Fisher–Rao norms (KAA19) */

/* θᵀF(θ)θ = (1/T) Σ_t Σ_k (J θ)² , (Jθ)_k(t) = Σ_l Σ_i δ^l_ki (Σ_j W^l_ij h^{l-1}_j + b^l_i) =
 * Σ_{l<L} U^l_k(t) + f_k(t). Reads U. */
double fisher_norm_self(const struct net_gram *gram);

/* E θ'ᵀF(θ)θ' over θ' alone, independent and of the law of θ: *all is
 *     (1/T) Σ_t Σ_k Σ_l (σ_w² H^{l-1}_tt/M_{l-1} + σ_b²) D^l_(k,t),(k,t) ,
 * and with trained branches (1/T) Σ_t Σ_k Σ_l (σ_v²/M) Φ^l_tt G^l_(k,t),(k,t) ; *weights the same without
 * σ_b², where θ' has weights alone. */
void fisher_norm_independent(const struct net_gram *gram, double *weights, double *all);

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

/* Parameters in the order W¹ (row-major), b¹, W², b², …, then V¹, V², … where they are trained: the index of
 * W^l_ij, of b^l_i and of V^l_ij. */
size_t fisher_parameter_weight(const struct net_architecture *architecture, size_t l, size_t i, size_t j);
size_t fisher_parameter_bias(const struct net_architecture *architecture, size_t l, size_t i);
size_t fisher_parameter_branch(const struct net_architecture *architecture, size_t l, size_t i, size_t j);

/* J (CT, P), J[(k·T + t)·P + p] = ∂f_k(t)/∂θ_p, from the signals of an explicit network. */
void fisher_jacobian_compute(const struct net_weights *network, double *J);

/* The map of unit blocks, n = Σ_{l=1}^{L} M_l hidden and output units, layer after layer: map[i*n + j] =
 * ‖F_(unit i),(unit j)‖, Frobenius, weights alone; and of the entries of F (weights alone) the largest by
 * size within the units' own blocks and outside of them. Every block is formed: n² T M² multiplications. */
int fisher_block_map(const struct net_weights *network, double *map, double *largest_on, double *largest_off,
                     struct base_error *error);

/* F (P, P) = (1/T) JᵀJ. CT·P² flops and P² numbers. */
void fisher_matrix_compute(size_t CT, size_t T, size_t P, const double *J, double *F);

#endif
