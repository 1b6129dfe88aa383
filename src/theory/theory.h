/* Mean-field theory of the Fisher information (KAA19, KAA21): order parameters and the predictions from them.
 *
 * Symbols, as in the papers. An order parameter is a matrix over the samples s, t; the pairs that may differ
 * are numbered p:
 *
 *     inputs iid N(0,1)   two of them, the papers' e = 1 (p = 0), the same sample, and e = 2 (p = 1), two
 *                         different samples
 *     given inputs        p < T: (s, s) with s = p; from T on: (s, t), s < t
 *
 *     q^l_p       variance and covariance of the pre-activations u^l              l = 1..L
 *     q̂^l_p       the same of the activations h^l                                 l = 0..L-1
 *     q̃^l_p       the same of the backward signals δ^l = ∂f/∂u^l, times M_l        l = 1..L
 *     p̂^l_p       the same of φ(u^l), in a residual network; in a plain one that is h^l   l = 1..L-1
 *     Q^l_p       the same of g^l = ∂f/∂h^l, times M, in a residual network           l = 0..L-1
 *     w_p         the share of p among all (s, t): Σ_p w_p x_p = (1/T²) Σ_st x_st
 *     α_l, α      M_l/M ,  Σ_{l=1}^{L-1} α_l α_{l-1}
 *     κ_e         Σ_{l=1}^{L} (α_{l-1}/α) q̃^l_e q̂^{l-1}_e ; undefined at L = 1, where only ακ_e is
 *
 * Nothing here is shared with the simulation but the architecture's shape and the scalar activation.
 */
#ifndef THEORY_THEORY_H
#define THEORY_THEORY_H

#include "base/error.h"
#include "net/activation.h"
#include "net/architecture.h"

#include <stdbool.h>
#include <stddef.h>

/* Gaussian integrals of one layer (gauss.c): with c = b/a, 0 ≤ b ≤ a and Dz the standard Gaussian measure,
 *     I_g[a, b] = ∫∫ Dz₁Dz₂ g(√a z₁) g(√a (c z₁ + √(1−c²) z₂)) = ∫Dx (∫Dy g(√b x + √(a−b) y))² .
 * The members of a pair are I_φ (phi), I_φ' (dphi) and I_φ'² (dphi2 = E φ'(u)²φ'(v)²; right
 * where φ' grows no faster than a power, and no error where it does not exist), and, for b < a, the rates
 * ∂I_φ'/∂b (dphi_rate) and ∂I_φ'²/∂b (dphi2_rate); ∂I_φ/∂b is I_φ'. NaN at b = a, where they are not defined
 * for a kinked φ. They exist for kinked ones else: (∂/∂b) ∫Dx m(x)² = ∫Dx (∫Dy y g(√b x + √(a−b) y))²/(a−b).
 *
 * A smooth activation is integrated by the equispaced rule of step 0.2/1.5^level, whose error is e^(−2πd/h),
 * d the distance of the nearest pole over √a (tanh: d = π/(2√a)); 1e-13 for tanh up to a = 60 at level 5.
 * Gauss–Hermite is poor here: with 81 nodes it misses E φ'² of tanh at a = 3.6 by 2e-4. A kinked one is
 * integrated piece by piece by Gauss–Legendre panels of 16 nodes and more; 1e-13 for relu at every c, 1
 * included, from level 1 on. BASE_UNRESOLVED when the integral overflows or does not exist. b may exceed a by
 * rounding. */
struct theory_pair {
    double phi, dphi, dphi2, dphi_rate, dphi2_rate;
};
int theory_gauss_pair(const struct net_activation *activation, double a, double b, int level,
                      struct theory_pair *integral, struct base_error *error);

/* With u ~ N(0, a), by the rules of the same levels: E φφ'u, E φ'², E φ'²u². */
struct theory_tangent {
    double phi_dphi_u, dphi2, dphi2_u2;
};
int theory_gauss_tangent(const struct net_activation *activation, double a, int level,
                         struct theory_tangent *integral, struct base_error *error);

/* The same of two variances a[0], a[1] > 0 and a covariance b of either sign, clamped to √(a[0] a[1]):
 * E g(u)g(v) by the rule above, at twice its cost. */
int theory_gauss_unequal(const struct net_activation *activation, const double a[2], double b, int level,
                         struct theory_pair *integral, struct base_error *error);

/* Order parameters of one network shape (order.c): x^l_p at x[l*pairs + p]. */
struct theory_order {
    size_t L;
    size_t samples;      /* that differ: 1 for inputs iid N(0,1), T for given ones; p < samples: (s, s) */
    size_t pairs;        /* numbers p */
    const size_t *s, *t; /* (pairs): the samples of p */
    double *q;           /* (L+1, pairs), l = 1..L */
    double *qhat;        /* (L+1, pairs), l = 0..L-1 */
    double *qtilde;      /* (L+1, pairs), l = 1..L */
    double *slope;       /* (L+1, pairs) E φ'φ' at q^l_p, l = 1..L-1 */
    double *slope2;      /* (L+1, pairs) E φ'²φ'² at q^l_p, l = 1..L-1 */
    double *phat;        /* (L+1, pairs), l = 1..L-1; NULL for a plain network, as the next */
    double *Q;           /* (L+1, pairs), l = 0..L-1 */
    double *slope_rate;  /* (L+1, pairs) ∂ slope/∂q^l_p, l = 1..L-1; NaN where both samples are one */
    double *slope2_rate; /* (L+1, pairs) ∂ slope2/∂q^l_p, so; neither counts for `error` */
    double error;        /* largest relative change of any of them between the last two quadrature levels */
};

/* w_p for T samples. */
double theory_order_weight(const struct theory_order *order, size_t T, size_t p);

/* T F*_p of the mean field: Σ_l (M_{l-1} q̂^{l-1}_p + bias) q̃^l_p, and M Σ_{l<L} Q^l_p p̂^l_p with trained
 * branches. bias: 1 for F; 0 for weights alone, the leading order. */
double theory_order_kernel(const struct theory_order *order, const struct net_architecture *architecture,
                           size_t p, double bias);

/* Q^l_p p̂^l_p where the V^l are trained, 0 where not; 1 ≤ l < L. */
double theory_order_branch(const struct theory_order *order, const struct net_architecture *architecture,
                           size_t l, size_t p);

/* Solves the recursions of KAA19 for inputs iid N(0,1) (q̂⁰_1 = 1, q̂⁰_2 = 0), refining the quadrature until
 * the order parameters stand to `tolerance` (relative), rounding shows or the finest level is reached;
 * order->error says how far it got. Parameters with e = 2 below 1e-12 of those with e = 1 are 0 to rounding
 * and judged against the latter. BASE_UNRESOLVED with a sentence, and nothing to free, when a value overflows
 * (a chaotic, unbounded network). About 1 ms a layer for a named activation, some ms for an expression, more
 * for one that is steep (tanh(20*x)). */
int theory_order_solve(struct theory_order *order, const struct net_activation *activation,
                       double weight_variance, double bias_variance, size_t depth, double tolerance,
                       struct base_error *error);

/* The same for a residual network of AKO19, h^l = γ h^{l-1} + V^l φ(u^l) with γ and σ_v². At large width V^l
 * φ is independent of h^{l-1}, and W^lᵀ δ^l of g^l, given the layers before, for each brings in a fresh
 * Gaussian matrix of mean zero: mean squares add, with no cross term. So (beyond the papers)
 *
 *     q^l_e = σ_w² q̂^{l-1}_e + σ_b² ,   p̂^l_e = I_φ[q^l_1, q^l_e] ,   q̂^l_e = γ² q̂^{l-1}_e + σ_v² p̂^l_e
 *     Q^{L-1}_e = σ_w² ,  q̃^L_e = 1 ,   q̃^l_e = σ_v² Q^l_e I_φ'[q^l_1, q^l_e] ,  Q^{l-1}_e = γ² Q^l_e + σ_w²
 * q̃^l_e
 *
 * With γ = 0 and σ_v² = 1 a linear layer V^l lies after each φ, of variance one: q̂ and q̃ are the plain ones.
 */
int theory_order_solve_residual(struct theory_order *order, const struct net_activation *activation,
                                double weight_variance, double bias_variance, double skip,
                                double branch_variance, size_t depth, double tolerance,
                                struct base_error *error);
void theory_order_free(struct theory_order *order);

/* ---- kernel.c: given inputs. "Mean-field kernels": the recursions of KAA19 for each pair (s, t)
 *
 *     q^l_st = σ_w² q̂^{l-1}_st + σ_b² ,  q̂⁰ = XXᵀ/M_0 ,  q̂^l_st = E φ(u_s)φ(u_t) ,
 *     q̃^l_st = σ_w² q̃^{l+1}_st E φ'(u_s)φ'(u_t) ,  q̃^L_st = 1 ,      (u_s, u_t) Gaussian of covariance q^l
 *
 * (KAA21 and the literature on the NTK; "beyond" as a predictor of whole Fisher spectra). The integrals are
 * sums of Mehler's over the correlation, with as many terms as leave out at most `tolerance` (not below
 * 1e-13) of √(E φ'(u_s)² E φ'(u_t)²); the diagonal is a one-dimensional quadrature. Piecewise linear
 * activations with their kink at 0 have closed forms. Where the series is too long (correlations above 0.9999
 * of tanh at a variance of 12, above 0.98 of an expression with kinks elsewhere) a pair takes a
 * two-dimensional quadrature, 0.1 to 10 ms.
 *
 * T×T matrices are symmetric, upper triangles, element (s, t) at [s*T + t]. */

/* gram (T, T) = XXᵀ/M_0 of inputs h⁰ (M_0, T). */
int theory_gram_compute(size_t M_0, size_t T, const double *inputs, double *gram, struct base_error *error);

/* All order parameters for given inputs of this gram. Memory: theory_kernel_bytes. BASE_UNRESOLVED as
 * theory_order_solve; order->error is the tolerance. */
int theory_kernel_solve(struct theory_order *order, const struct net_activation *activation,
                        double weight_variance, double bias_variance, size_t depth, size_t T,
                        const double *gram, double tolerance, struct base_error *error);
double theory_kernel_bytes(size_t depth, size_t T);

/* The same of a residual network, p̂^l = E φφ and the recursions of theory_order_solve_residual for each pair;
 * branch NULL: plain, as in the next ones. Does not read `trained`. */
struct theory_branch {
    double skip, variance; /* γ, σ_v² */
    double trained;        /* the factor c of Σ_{l<L} Q^l p̂^l in a sum: 0 where the V^l are not trained */
};
/* That of an architecture, in *branch, with c = trained where its V^l are trained; NULL where it is plain. */
const struct theory_branch *theory_branch_of(const struct net_architecture *architecture, double trained,
                                             struct theory_branch *branch);
int theory_kernel_solve_residual(struct theory_order *order, const struct net_activation *activation,
                                 double weight_variance, double bias_variance,
                                 const struct theory_branch *branch, size_t depth, size_t T,
                                 const double *gram, double tolerance, struct base_error *error);
double theory_kernel_bytes_residual(size_t depth, size_t T);

/* sum (T, T) = Σ_l (a_{l-1} q̂^{l-1} + b_{l-1}) q̃^l , a and b (L), and nngp (T, T) = q^L, the covariance of
 * the outputs: the same in 2 T² numbers, layer by layer. About 0.1 µs a pair and layer (T = 2000, L = 10: 2
 * s; T = 10,000: 35 s and 1.4 GB). gram may not be either of them. */
int theory_kernel_sum(const struct net_activation *activation, double weight_variance, double bias_variance,
                      size_t depth, size_t T, const double *gram, const double *a, const double *b,
                      double tolerance, double *sum, double *nngp, struct base_error *error);

/* sum = Σ_l (a_{l-1} q̂^{l-1} + b_{l-1}) q̃^l + c Σ_{l<L} Q^l p̂^l of a residual network, in 4 T² numbers. */
int theory_kernel_sum_residual(const struct net_activation *activation, double weight_variance,
                               double bias_variance, const struct theory_branch *branch, size_t depth,
                               size_t T, const double *gram, const double *a, const double *b,
                               double tolerance, double *sum, double *nngp, struct base_error *error);

/* The analytic NTK Θ = Σ_l q^l q̃^l of the NTK parametrisation, W = σ_w ω/√M_{l-1} and b = σ_b β; and q^L. */
int theory_ntk_compute(const struct net_activation *activation, double weight_variance, double bias_variance,
                       size_t depth, size_t T, const double *gram, double tolerance, double *ntk,
                       double *nngp, struct base_error *error);

/* With trained branches, V = σ_v ν/√M, Θ gains σ_v² Σ_{l<L} Q^l p̂^l: c is σ_v², or 0. */
int theory_ntk_compute_residual(const struct net_activation *activation, double weight_variance,
                                double bias_variance, const struct theory_branch *branch, size_t depth,
                                size_t T, const double *gram, double tolerance, double *ntk, double *nngp,
                                struct base_error *error);

/* κ and the predictions for the regression Fisher matrix F = (1/T) JᵀJ (fisher.c), from
 * ακ_e = Σ_{l=1}^{L} α_{l-1} q̃^l_e q̂^{l-1}_e :
 *
 *     mean eigenvalue      C M ακ_1 / P                                 (→ κ_1 C/M,        KAA19 theorem 1)
 *     second moment        C M² ((T−1)/T (ακ_2)² + (ακ_1)²/T) / P       (→ αC(…),          KAA19 theorem 3)
 *     largest, C-fold      M ((T−1)/T ακ_2 + ακ_1/T)                    (= αM(…),          KAA19 theorem 4)
 *     largest, outputs     M (ακ_1 − ακ_2)/T                            (T fixed, M → ∞,   KAA21)
 *       mean-subtracted
 *     overlap of the first C eigenvectors with span{E_t ∇f_k}: 1        (KAA19 theorem 4)
 *
 * Mean and second moment divide by the exact P.
 *
 * A residual network has one width, so that α = L − 1 and ακ is the same sum; with trained branches, whose
 * gradients ∂f_k/∂V^l_ij = g^l_ki φ(u^l_j) add Φ^l ∘ G^l to the dual, α = 2(L − 1) and ακ gains
 * Σ_{l=1}^{L-1} Q^l_e p̂^l_e.
 *
 * For given inputs they are C tr K/P and C ‖K‖²/P of the kernel K below; κ is not defined, and what takes an
 * eigenvalue is nan here and comes from theory_fisher_kernel. */
struct theory_fisher {
    double alpha;          /* 0 at L = 1 */
    double kappa[2];       /* nan at L = 1 and for given inputs */
    double alpha_kappa[2]; /* nan for given inputs */
    double eig_mean, eig_second_moment, eig_max;
    double centred_eig_max; /* nan at T = 1 */
    double eigvec_overlap;
    bool kappa2_vanishes; /* κ_2 < 1e-12 κ_1 at T > 1: λ_max is not O(M), the theory says nothing about it and
                             its eigenvectors: eig_max and eigvec_overlap are nan */
};
void theory_fisher_predict(const struct theory_order *order, const struct net_architecture *architecture,
                           struct theory_fisher *prediction);

/* Mean square Frobenius norm of one unit block of F, weights alone (blocks.c; AKO19 has the orders of
 * magnitude, the numbers are beyond it): F_(l,i),(m,j) = (1/T) Σ_t Σ_k δ^l_ki δ^m_kj h^{l-1} h^{m-1}ᵀ, for
 * 1 ≤ l < m ≤ L−1, as Σ_p w_p of
 *
 *     on[l]             (σ_w²/M_l)² E φ'²φ'² (C² q̃^{l+1}_ss q̃^{l+1}_tt + 2C (q̃^{l+1})²) (h^{l-1})²
 *     off[l]            i ≠ j:  [C (q̃^l)² + C(C−1) (σ_w² E φ'φ')² V^{l+1}] / M_l² · (h^{l-1})²
 *     cross[l*(L+1)+m]  [C q̃^l q̃^m + C(C−1) Π_{j=l}^{m-1} (σ_w² E φ'φ')_j V^m] / (M_l M_m) · h^{l-1} h^{m-1}
 *     V^l               (σ_w² E φ'φ')² V^{l+1} + (σ_w⁴/M_l) E φ'²φ'² q̃^{l+1}_ss q̃^{l+1}_tt ,  V^L = 0
 *     h^l               M_l q̂^l
 *
 * V is the mean square of δ^l_k·δ^l_k' of two outputs. With inputs iid N(0,1) what two samples share in layer
 * 1 is all fluctuation: (h⁰)² is M_0² + 2M_0 for one sample and M_0 for two, and a cross block with l = 1
 * is, for two, the derivative by q̂⁰, at 0, of what stands beside h⁰. on and off have L+1
 * numbers, cross (L+1)²; others are left alone.
 *
 * Of a residual network the blocks of the W^l, with V^{L-1} = σ_w⁴/M for g in place of δ (beyond):
 *
 *     on    Σ_p w_p (σ_v²/M)² E φ'²φ'² (C² Q^l_ss Q^l_tt + 2C (Q^l_st)²) ⟨H²⟩
 *     off   Σ_p w_p [C (q̃^l_st)² + C(C−1) (σ_v² E φ'φ')² V^l] / M² · ⟨H²⟩
 *     V^{l-1} = (γ² + σ_w²σ_v² E φ'φ')² V^l + [σ_w⁴σ_v⁴ E φ'²φ'² Q^l_ss Q^l_tt + σ_w⁴ q̃^l_ss q̃^l_tt
 *               + γ²σ_w² (Q^l_ss q̃^l_tt + Q^l_tt q̃^l_ss)]/M
 *
 * and no cross (NaN). */
int theory_blocks_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *on, double *off, double *cross, struct base_error *error);

/* The same of the rows of V^l where they are trained (beyond), (1/T) Σ_t Σ_k g^l_ki g^l_kj φφᵀ: Σ_p w_p of
 *
 *     on[l]    M⁻² (C² Q^l_ss Q^l_tt + 2C (Q^l_st)²) (M p̂^l_st)²
 *     off[l]   M⁻² [C (Q^l_st)² + C(C−1) (V^l − Q^l_ss Q^l_tt/M)] (M p̂^l_st)²
 *
 * l = 1..L−1; V^l counts the squares of single units too, Q^l_ss Q^l_tt/M. NaN where they are not trained. */
int theory_branch_blocks_predict(const struct theory_order *order,
                                 const struct net_architecture *architecture, double *on, double *off,
                                 struct base_error *error);

/* Estimates of F (estimators.c; beyond): from n outputs drawn for each sample, and the empirical Fisher
 * matrix of the architecture's targets y or, without any, of y ~ N(0, I). In the mean field the block (s, t)
 * of J Jᵀ is k_st I_C, k_st = Σ_l M_{l-1} q̂^{l-1}_st q̃^l_st (and M Σ_{l<L} Q^l_st p̂^l_st where branches
 * are trained), and f of each output is Gaussian with covariance q^L_st, of which y is independent. With the
 * residual r = y − f
 *
 *                 sampled                                    empirical
 *     trace       (C/T) Σ_s k_ss  = E tr F                   (1/T) Σ_s k_ss E|r_s|²
 *     frobenius2  (C/T²) Σ_st k_st² + (C²+C)/(nT²) Σ_s k_ss²
 *                                                            (1/T²) Σ_st k_st² E(r_s·r_t)²
 *     eig_max     C = 1: λ_1 (1 + (2/nT)(tr F/λ_1 − 1))      C = 1: k_2 v + ((k_1−k_2)/T) E[Σ r⁴/Σ r²]
 *                 C > 1: k_2 (1 + √(C/(nT)))²
 *                          + ((k_1−k_2)/T)(1 + (C+1)/n)      C > 1: none
 *
 * with λ_1 of F. Of targets, for s ≠ t and s = t alike,
 *
 *     E r_s·r_t    = y_s·y_t + C q^L_st
 *     E(r_s·r_t)²  = (E r_s·r_t)² + |y_s|² q^L_tt + |y_t|² q^L_ss + 2 y_s·y_t q^L_st
 *                      + C (q^L_ss q^L_tt + (q^L_st)²)
 *
 * and without, v_s = 1 + q^L_ss: E|r_s|² = C v_s, E|r_s|⁴ = (C²+2C) v_s², and for s ≠ t E(r_s·r_t)² = C v_s
 * v_t + (C²+C) (q^L_st)². E[Σ_t r_t⁴/Σ_t r_t²] is taken at large T with what all samples share, z, given:
 * ∫Dz (3g² + 6g m² + m⁴)/(g + m²), m² = q^L_2 z², g = v − q^L_2. The largest eigenvalues are to first order
 * in 1/T, not limits of large width alone; nan for given inputs, and where λ_1 is (theory_fisher). */
struct theory_estimators {
    double trace[2], eig_max[2], frobenius2[2]; /* sampled, empirical */
    double trace_variance; /* of the sampled trace, given the network: (2C/(nT²)) Σ_s k_ss² */
};
int theory_estimators_predict(const struct theory_order *order, const struct net_architecture *architecture,
                              struct theory_estimators *prediction, struct base_error *error);

/* ---- the Fisher matrix of one unit (unit.c; AKO19)
 *
 * u = w·x + b with input x ~ N(m, s²I), x* = (1, x):  G = E[φ'(u)² x* x*ᵀ]  (n+1, n+1), the bias first.
 * With A_k = ∫Dv v^k φ'(rv + b')², r = s|w|, b' = b + w·m and ŵ = w/|w|, for m = 0 and s = 1
 *
 *     G_bb = A_0 ,  G_wb = A_1 ŵ ,  G_ww = A_0 I + (A_2 − A_0) ŵŵᵀ
 *     G⁻¹ = (1/A_0)(I − ŵŵᵀ) across, and on span{e_b, ŵ} (A_0A_2 − A_1²)⁻¹ [[A_2, −A_1], [−A_1, A_0]]
 *
 * so that G⁻¹g takes O(n) operations and no matrix. For any m and s, with g' = (g_w − m g_b)/s, g_∥ = ŵ·g'
 * and D = A_0A_2 − A_1² ,
 *
 *     Δw = (1/s) [ (g' − g_∥ ŵ)/A_0 + ((A_0 g_∥ − A_1 g_b)/D) ŵ ] ,   Δb = (A_2 g_b − A_1 g_∥)/D − m·Δw
 *
 * Where G is singular (a relu that is never active, A_0 = 0) the numbers are not finite. */
struct theory_unit {
    size_t n;
    const double *w, *m; /* (n), not owned; m NULL: 0 */
    double s, norm;      /* norm = |w| */
    double A[3];
};
/* A_k by quadrature, to 1e-13 of A_0 where the activation lets it. BASE_UNRESOLVED above 1e-9. Some 20 µs
 * for a named activation. */
int theory_unit_moments(const struct net_activation *activation, double r, double b, double A[3],
                        struct base_error *error);
int theory_unit_open(struct theory_unit *unit, const struct net_activation *activation, size_t n,
                     const double *w, double b, const double *m, double s, struct base_error *error);
/* G and G⁻¹ (n+1, n+1), all elements; v = G⁻¹ g, (n+1) each, the explicit natural gradient. */
void theory_unit_matrix(const struct theory_unit *unit, double *G);
int theory_unit_inverse(const struct theory_unit *unit, double *inverse, struct base_error *error);
void theory_unit_natural_gradient(const struct theory_unit *unit, const double *g, double *v);

/* ---- metrics of inputs and features (metric.c; KAA21)
 *
 * Of A^l = (1/T) Σ_t Σ_k ∇_{h^l} f_k ∇_{h^l} f_kᵀ (M_l, M_l), l = 0..L-1, with q̃_h = σ_w² q̃^{l+1}:
 *
 *     mean eigenvalue      C (1/T) Σ_s q̃_h,ss / M_l
 *     second moment        (C/M_l) Σ_p w_p q̃_h,p²
 *     largest, C-fold      the largest eigenvalue of (1/T) q̃_h, which is (T−1)/T q̃_h,2 + q̃_h,1/T for inputs
 *                          iid N(0,1); nan where q̃_h,2 < 1e-12 q̃_h,1 at T > 1, and nothing stands above the
 *                          bulk
 *     sharpness            C times the largest over the trace: largest / ((1/T) Σ_s q̃_h,ss)
 *
 * Exact in the mean over networks of any width are the mean eigenvalue at l = L−1 and, with C = 1, the
 * largest there. Given inputs have as many features, M_0, at every width: of them the second moment and the
 * largest keep a part that does not go away, of relative size C/M_0 and √(C/M_0). T³ flops with given inputs.
 * In a residual network q̃_h of layer l is Q^l. */
struct theory_metric {
    double eig_mean, eig_second_moment, eig_max, sharpness;
};
int theory_metric_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          size_t l, struct theory_metric *prediction, struct base_error *error);

/* ---- Fisher–Rao norms (norm.c; KAA19)
 *
 *     independent   E θ'ᵀF(θ)θ' = C Σ_l q^l_ss q̃^l_ss over an independent θ' of the same law
 *     weights       the part of the weights, σ_w² C Σ_l q̃^l_ss q̂^{l-1}_ss
 *     bound         weights ≤ σ_w² C (α/α_min) κ_1 , α_min = min_{l<L} α_l : equal at equal widths
 *     self          E θᵀF(θ)θ = C Var ḟ , ḟ = Jθ = d f / d ln θ : by a recursion for the law of (u^l, u̇^l)
 *                   (beyond; relu with σ_b = 0: L² C q^L_ss, as f is then homogeneous of degree L)
 *
 * all averaged over s. Trained branches add σ_v² C Σ_{l<L} Q^l_ss p̂^l_ss to the first three, and θ in the
 * last has the V^l only where they are trained. The self norm of one network does not settle at any width:
 * with C = 1 its standard deviation over networks is 0.6 to 1.0 of its mean, with a long upper tail. */
struct theory_norm {
    double self, independent, weights, weights_bound;
};
int theory_norm_predict(const struct theory_order *order, const struct net_activation *activation,
                        const struct net_architecture *architecture, struct theory_norm *prediction,
                        struct base_error *error);

/* ---- */

/* The diagonal blocks F_ll of F, the weights of one layer each, l = 1..L (layers.c; KAA19, KAA21). With
 * x_p = q̃^l_p q̂^{l-1}_p :
 *
 *     mean eigenvalue    C (1/T) Σ_s x_ss / M_l                  over the M_l M_{l-1} weights
 *     second moment      C (M_{l-1}/M_l) Σ_p w_p x_p²            the same
 *     largest, C-fold    M_{l-1} Σ_p w_p x_p                     and over a C-th of the trace: sharpness
 *     share of a layer   M_{l-1} Σ_s x_ss / Σ_m M_{m-1} Σ_s x_ss        in the trace of all weights
 *                        largest of F_ll / largest of F                 (F with its biases)
 *
 * Layer 1 has q̂⁰_2 = 0 for inputs iid N(0,1), whose products are of order √M_0, and
 *
 *     second moment      + C w_2 q̃¹_2²/M_1
 *     largest            (M_0/T) (q̃¹_2 (1 + √(T/M_0))² + q̃¹_1 − q̃¹_2)     (T > 1)
 *
 * For given inputs the largest are those of the T×T mean-field kernels, (1/T) M_{l-1} q̂^{l-1}_st q̃^l_st and
 * (1/T) Σ_l (M_{l-1} q̂^{l-1}_st + 1) q̃^l_st for F; BASE_UNRESOLVED where these overflow. O(L T³).
 *
 * Of a residual network the blocks of the W^l alone, and the shares in the trace of the W^l alone; F has the
 * trained V^l.
 *
 * nan: the largest of a layer with x_2 < 1e-12 x_1 at T > 1, which is not O(M) (as κ_2 in theory_fisher). */
struct theory_layers { /* (L+1) numbers each, the caller's; that of layer l at [l], [0] is not set */
    double *eig_mean, *eig_second_moment, *eig_max, *sharpness;
    double *trace_share, *max_share;
};
int theory_layers_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          const struct theory_layers *prediction, struct base_error *error);

/* Averages over C softmax outputs g = softmax(f), h = softmax(f') of two samples (softmax.c), the f_k iid
 * over k with variance q_1 and covariance q_2 between samples, Q = diag(g) − ggᵀ (KAA21):
 *
 *     β_1 = 1 − Σ_k E g_k² ,  β_2 = E tr(Q_s Q_t), s ≠ t ,  β_3 = E tr(Q_s²)
 *     largest = E_z λ_max(E_x Q) ,  f = √q_2 z + √(q_1−q_2) x                                  ("beyond")
 *
 * The β by quadrature of one and two dimensions for any C, the last from 512 draws of z (256 from C = 32 on)
 * with a fixed seed. BASE_UNRESOLVED for C < 2, and where outputs of variance q_1 ≫ 50 nearly agree between
 * samples. 5 to 30 ms for the β at q_1 of some units, 1 s at most; 20 ms more at C = 10, 0.3 s at C = 100. */
struct theory_softmax_average {
    double beta[3];
    double error; /* largest relative change of a β between the last two quadrature levels */
    double largest, largest_error; /* and its standard error */
};
int theory_softmax_average(double q1, double q2, size_t C, struct theory_softmax_average *average,
                           struct base_error *error);

/* Predictions for the Fisher matrix of softmax classification, F_sm = (1/T) Σ_t Σ_kk' ∇f_k Q_t(k,k') ∇f_k'ᵀ
 * (softmax_kernel.c), with β of q^L and C:
 *
 *     mean eigenvalue      β_1 M ακ_1 / P                                                     (KAA21)
 *     second moment        M² (β_2 (T−1)/T (ακ_2)² + β_3 (ακ_1)²/T) / P                       (KAA21)
 *     bounds of λ_max      second moment / mean ≤ λ_max ≤ √(P · second moment)                (KAA21)
 *     λ_max, C − 1 of them M ((T−1)/T ακ_2 + ακ_1/T) E_z λ_max(E_x Q)                          ("beyond")
 *       good to 5 % where Tκ_2 ≥ 7κ_1, nan elsewhere
 *     kernel               E_f λ_max(Bᵀ F*_MF B), rows of f ~ N(0, q^L), Q_t = B_t B_tᵀ,
 *                          F*_MF = I_C ⊗ (1/T) Σ_l (M_{l−1} q̂^{l−1}_st + 1) q̃^l_st             ("beyond")
 *     spectrum (CT)        the mean of each eigenvalue of Bᵀ F*_MF B, descending, over 16 draws of f;
 *                          nan from rank (C−1)T on, where they are 0, and for CT > 1500 ("beyond")
 *
 * Given inputs: each sample has its own β_1, the second moment is an average over the draws of f, and λ_max
 * is the kernel's. 256 draws with a fixed seed; fewer, at least 16, where they would take longer than
 * seconds. average: of q^L_1, q^L_2 and C; not read for given inputs. spectrum may be NULL, and what is nan
 * in it is not set. BASE_UNRESOLVED for C < 2. Some 10 CT flops a draw and step of the power iteration, of
 * which there are about 30, or 2CT² for given inputs; 16 times some (CT)³ flops for the spectrum. */
struct theory_softmax {
    double eig_mean, eig_second_moment;
    double moments_error; /* relative; of the second moment alone for given inputs */
    double eig_max, eig_max_error, eig_max_low, eig_max_high;
    double eig_max_kernel, kernel_error; /* errors of λ_max are standard errors */
};
int theory_softmax_predict(const struct theory_order *order, const struct net_architecture *architecture,
                           const struct theory_softmax_average *average, struct theory_softmax *prediction,
                           double *spectrum, struct base_error *error);

/* ---- spectrum.c: from the whole kernel ("beyond"). The mean-field dual is F* = I_C ⊗ K,
 *
 *     K = (1/T) Σ_l (M_{l-1} q̂^{l-1} + 1) q̃^l   (T, T) ,
 *
 * and (M/T) Σ_{l<L} Q^l p̂^l with trained branches, the 1 being the bias; its eigenvalues, each C-fold,
 * predict all CT of F*. With several outputs real networks split them. Gaussian inputs have such a kernel
 * too: that of the inputs of one trial, which is not the two numbers of KAA19 but as T ≪ M_0. */
struct theory_spectrum {
    double eig_max;         /* λ_1(K) */
    double centred_eig_max; /* λ_1(ΠKΠ), Π = I − 11ᵀ/T; nan at T = 1 */
    double eigvec_overlap; /* λ_1 (1ᵀv_1)²/(1ᵀK1): share of the first eigenvectors in span{E_t ∇f_k} */
};

/* Of given inputs. eigenvalues (T), descending, or NULL. T²  numbers; with eigenvalues O(T³), 0.3 ms at T =
 * 100. */
int theory_fisher_kernel(const struct theory_order *order, const struct net_architecture *architecture,
                         struct theory_spectrum *spectrum, double *eigenvalues, struct base_error *error);

/* The same averaged over some draws of inputs iid N(0, 1), the same draws at every call: 10 at T = 100, 2
 * from T = 500 on. BASE_UNRESOLVED above THEORY_MOST_DRAWN samples. */
enum { THEORY_MOST_DRAWN = 4096 };
int theory_fisher_draws(const struct net_architecture *architecture, const struct net_activation *activation,
                        struct theory_spectrum *spectrum, double *eigenvalues, struct base_error *error);

/* Of Θ = I_C ⊗ (Σ_l q^l q̃^l [+ σ_v² Σ_{l<L} Q^l p̂^l with trained branches]), without 1/T: tr Θ/CT, ‖Θ‖²/CT
 * and λ_1(Θ), for either kind of inputs. eig_max is nan where Θ_2 vanishes at T > 1. */
struct theory_ntk {
    double eig_mean, eig_second_moment, eig_max;
};
int theory_ntk_predict(const struct theory_order *order, const struct net_architecture *architecture,
                       struct theory_ntk *prediction, struct base_error *error);

/* The largest eigenvalue of a symmetric K (n, n), upper triangle, and its unit eigenvector, by Lanczos
 * iteration: ‖Kv − λv‖ ≤ 1e-9 λ mostly; after 300 steps BASE_UNRESOLVED if it is above 1e-4 λ. */
int theory_eigen_top(size_t n, const double *K, double *value, double *vector, struct base_error *error);
/* That of the matrix x_st over the samples of given inputs, x (pairs). */
int theory_order_top(const struct theory_order *order, const double *x, double *value,
                     struct base_error *error);

/* ---- learning (learning.c, operators.c, steps.c, logits.c; KAA19, KO20)
 *
 * Networks in training (architecture->training), in the limit in which their kernels stay what they were at
 * the start. A step on B samples with errors g = f − y takes all outputs f −= η U g, output by output, with
 * kernels over (samples, the B samples) of section kernel.c,
 *
 *     A_l = a q̂^{l-1} + b ,  B_l = q̃^l ,  Θ_l = A_l ∘ B_l ,  Θ = Σ_l Θ_l
 *     (a, b) = (σ_w², σ_b²) in the neural tangent kernel's parametrization, (M_{l-1}, 1) in the standard one
 *
 * and, where K/(K + ρ) is K (K + ρ)⁻¹ over the B samples, ρ = ε times the mean diagonal of K (without damping
 * a pseudo-inverse takes the place of an inverse that does not exist),
 *
 *     gradient      U = Θ/B
 *     exact         U = Θ/(Θ + ρ)
 *     layer         U = Σ_l Θ_l/(Θ_l + ρ)
 *     tridiagonal   U = Σ_l x_l Θ_l/(Θ_l + ρ) ,  x = Σ⁻¹1, Σ (L, L) the tridiagonal matrix of ones
 *     kfac          U = Σ_{l<L} B [A_l/(A_l + ρ)] ∘ [B_l/(B_l + ρ)] + (1/(1+ε)) A_L/(A_L + ρ)
 *     kfac_scaled   the last term B times as much
 *     unit          U = a I ,  a = (1/C) Σ_{l<L} γ_l M_l (tr K/(K + ρ))/(tr K⁺K) + (1/B) tr A_L/(A_L + ρ) ,
 *                   K = A_l ∘ ss , s² = Σ_k δ_k² ; in layer 1 with B > M_0 + 1, γ_l/tr K⁺K is 1/B
 *
 * the last with means over a unit's δ_k(t) = φ'(u(t)) v_k(t), u and v_k Gaussian, of which 51200/B draws
 * stand for the units of a layer, ρ of the mean over all of them ("beyond"; what of U is not a I is below one
 * percent of it at ε = 1e-4), and nothing known on other samples. a is right to about 0.4 % then.
 *
 * a, with U = a I on the B samples without damping and for kernels of full rank:
 *
 *     exact 1 ,  layer L ,  tridiagonal 1ᵀx (none for L = 3s+2: Σ is singular)
 *     kfac (L−1) B + 1, and with more samples than M_0 (+1 with a bias) features min(B, M_0 + 1) +
 *         (L−2) B + 1
 *     kfac_scaled B − 1 more ;  for linear φ, with B_l of rank one, L and L−1+B
 *     unit (1/C) Σ_{l<L} γ_l M_l + 1 ,  γ_l = P(φ'(u^l) ≠ 0), of layer 1 no more than (M_0+1)/B
 *
 * BASE_UNRESOLVED with a sentence for others, which have none. Given inputs: γ at their mean variance. */
int theory_isotropy(const struct net_architecture *architecture, const struct net_activation *activation,
                    double *a, struct base_error *error);

/* What the next two compute of a network whatever its learning rate, momentum, weight decay and number of
 * steps are: kernels, modes, λ_max. A call that is handed what the last one kept does not compute them again
 * if the architecture has the same (and the same decay, where outputs are divided by their deviation); its
 * numbers are those of a call with NULL, to the last bit. Given inputs and targets are told apart by their
 * pointers; they and the architecture's words must live as long. Keeps some 3 T² numbers for each draw
 * (below) of the squared loss. For one thread. */
struct theory_kept;
struct theory_kept *theory_kept_new(struct base_error *error); /* NULL: no memory */
void theory_kept_free(struct theory_kept *kept);

/* η_c = 2(1+μ)/(λ_max + λ) with momentum μ and weight decay λ (Nesterov's: 2(1+μ)/((1+2μ)(λ_max + λ))):
 * below it gradient descent on the squared loss is linearly stable (KAA19; momentum, decay: beyond). λ_max of
 * Θ/T: in the standard parametrization that of F (theory_fisher). Gaussian inputs: by the two order
 * parameters, and where the second vanishes, and for mean-subtracted outputs, that of kernels of drawn inputs
 * as theory_fisher_draws has them; given ones: of their kernel. limit: by the two order parameters for
 * Gaussian inputs, with normalized outputs too; else nan. One kernel of T samples.
 *
 * Outputs divided by their deviation too, f̄_k = (f_k − μ_k)/σ_k (KAA19b): the rate differs from network to
 * network however wide they are, for σ_k² = |Πf_k|²/T does. With P_k = 1 − f̄_k f̄_kᵀ/T and C independent
 * Gaussian f_k of covariance q^L
 *
 *     λ_max = max_k λ_1(P_k ΠΘΠ P_k/T)/σ_k² ,   η_c = E 2(1+μ)/(λ_max + λ)                       ("beyond")
 *     limit: ΠΘΠ = (Θ_1 − Θ_2) Π and σ_k² ~ (q^L_1 − q^L_2) χ²_{T−1}/T ; η_c = 2T E σ²/(Θ_1 − Θ_2) for C = 1
 *
 * with E σ² = (q^L_1 − q^L_2)(T−1)/T and a standard deviation of √(2/(T−1)) of it: more for inputs that are
 * alike, of which few eigenvalues of Πq^LΠ count. Of Gaussian inputs f̄_k lies anywhere to the leading
 * eigenvectors and P_k takes one of T directions; of given ones it can lie along the first. Both are in the
 * draws, 16384/C networks in all, to a standard error of 0.1 % (T = 100 Gaussian inputs) to 1 % (inputs that
 * are alike): nothing is neglected but the width. eig_max is not 2(1+μ)/rate then, and nan below six samples,
 * where E 1/σ² does not exist or has no variance. T ≤ 2048. */
struct theory_critical {
    double rate, limit;
    double eig_max;  /* E λ_max */
    double boundary; /* the rate without weight decay */
};
int theory_critical_rate(const struct net_architecture *architecture, const struct net_activation *activation,
                         struct theory_kept *kept, struct theory_critical *critical,
                         struct base_error *error);

/* Expectations over initial networks, whose outputs are Gaussian of covariance q^L over training and test
 * samples together, and over teachers of the same law, or for given targets y; for Gaussian inputs over
 * 2000/n draws of all n = T + T' (2 to 50; the same at every call). Full batches alone. In the eigenbasis of
 * U on the T samples the squared loss of every step is exact but for those draws; with momentum and
 * Nesterov's; a weight decay: BASE_UNRESOLVED. Mean-subtracted outputs: Π U Π.
 *
 *     cross entropy, exact, without damping: f_k −= η (1/C − 1[k=y])/p_y on the T samples, and Θ_te Θ⁻¹ times
 *     that on the others; by 256 draws of f: standard error of a loss about 1/16 of its scatter. Others:
 *     BASE_UNRESOLVED.
 *
 *     isotropy_a           tr U/T, a with its damping; nan for gradient descent
 *     first_step_share     E[1 − ⟨g_1, g_0⟩/⟨g_0, g_0⟩] of the squared loss: ηa for U = a I
 *     loss_factor          E[(ℓ_n/ℓ_0)^(1/n)], n = min(4, steps): (1 − ηa)²; nan below 0.01, where
 *                          networks of finite width have another
 *
 * Losses are of the linear theory, which goes on where networks diverge or their kernels change; nan where
 * they overflow, and the test loss of undamped units. The last two are nan for gradient descent, whose factor
 * is none of its own, and for units that leave the linear regime in the first step: without damping, and of a
 * smooth φ where ε times the narrowest hidden width is below 0.1. Neglects nothing but the width. n ≤ 2048.
 * Time: n² L kernel elements (theory_kernel_sum) and some 30 T³ flops a draw: T = 100, T' = 100, 3 layers 30
 * ms, Gaussian inputs ten times as much. */
struct theory_learning {
    /* (steps+1), the caller's: set at recorded steps, NaN at others and where nothing is known; or NULL */
    double *train_loss, *test_loss;
    double isotropy_a, first_step_share, loss_factor;
};
int theory_learning_predict(const struct net_architecture *architecture,
                            const struct net_activation *activation, double rate, struct theory_kept *kept,
                            struct theory_learning *prediction, struct base_error *error);

/* GSL returns its errors instead of ending the program. Call first. */
void theory_init(void);
/* "GSL 2.7.1" */
const char *theory_library(void);

#endif
