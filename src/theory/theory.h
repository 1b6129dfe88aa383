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
 * integrated piece by piece by Gauss–Legendre panels of 16·1.5^level nodes; 1e-13 for relu at every c, 1
 * included, from level 1 on. BASE_UNRESOLVED when the integral overflows or does not exist. b may exceed a by
 * rounding. */
struct theory_pair {
    double phi, dphi, dphi2, dphi_rate, dphi2_rate;
};
int theory_gauss_pair(const struct net_activation *activation, double a, double b, int level,
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

/* Solves the recursions of KAA19 for inputs iid N(0,1) (q̂⁰_1 = 1, q̂⁰_2 = 0), refining the quadrature until
 * the order parameters stand to `tolerance` (relative), rounding shows or the finest level is reached;
 * order->error says how far it got. Parameters with e = 2 below 1e-12 of those with e = 1 are 0 to rounding
 * and judged against the latter. BASE_UNRESOLVED with a sentence, and nothing to free, when a value overflows
 * (a chaotic, unbounded network). About 1 ms a layer for a named activation, some ms for an expression, more
 * for one that is steep (tanh(20*x)). */
int theory_order_solve(struct theory_order *order, const struct net_activation *activation,
                       double weight_variance, double bias_variance, size_t depth, double tolerance,
                       struct base_error *error);

/* The same for a residual network of AKO19, h^l = γ h^{l-1} + V^l φ(u^l) with γ and σ_v². At large width V^l φ is
 * independent of h^{l-1}, and W^lᵀ δ^l of g^l, given the layers before, for each brings in a fresh Gaussian
 * matrix of mean zero: mean squares add, with no cross term. So (beyond the papers)
 *
 *     q^l_e = σ_w² q̂^{l-1}_e + σ_b² ,   p̂^l_e = I_φ[q^l_1, q^l_e] ,   q̂^l_e = γ² q̂^{l-1}_e + σ_v² p̂^l_e
 *     Q^{L-1}_e = σ_w² ,  q̃^L_e = 1 ,   q̃^l_e = σ_v² Q^l_e I_φ'[q^l_1, q^l_e] ,  Q^{l-1}_e = γ² Q^l_e + σ_w² q̃^l_e
 *
 * With γ = 0 and σ_v² = 1 a linear layer V^l lies after each φ, of variance one: q̂ and q̃ are the plain ones. */
int theory_order_solve_residual(struct theory_order *order, const struct net_activation *activation,
                                double weight_variance, double bias_variance, double skip,
                                double branch_variance, size_t depth, double tolerance,
                                struct base_error *error);
void theory_order_free(struct theory_order *order);

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
 * Σ_{l=1}^{L-1} Q^l_e p̂^l_e. */
struct theory_fisher {
    double alpha;    /* 0 at L = 1 */
    double kappa[2]; /* nan at L = 1 */
    double alpha_kappa[2];
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
 * numbers, cross (L+1)²; others are left alone. */
int theory_blocks_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *on, double *off, double *cross, struct base_error *error);

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

/* ---- */

/* GSL returns its errors instead of ending the program. Call first. */
void theory_init(void);
/* "GSL 2.7.1" */
const char *theory_library(void);

#endif
