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
 * where φ' grows no faster than a power, and no error where it does not exist).
 *
 * A smooth activation is integrated by the equispaced rule of step 0.2/1.5^level, whose error is e^(−2πd/h),
 * d the distance of the nearest pole over √a (tanh: d = π/(2√a)); 1e-13 for tanh up to a = 60 at level 5.
 * Gauss–Hermite is poor here: with 81 nodes it misses E φ'² of tanh at a = 3.6 by 2e-4. A kinked one is
 * integrated piece by piece by Gauss–Legendre panels of 16·1.5^level nodes; 1e-13 for relu at every c, 1
 * included, from level 1 on. BASE_UNRESOLVED when the integral overflows or does not exist. b may exceed a by
 * rounding. */
struct theory_pair {
    double phi, dphi, dphi2;
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
 * Mean and second moment divide by the exact P. */
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
 * nan: the largest of a layer with x_2 < 1e-12 x_1 at T > 1, which is not O(M) (as κ_2 in theory_fisher). */
struct theory_layers { /* (L+1) numbers each, the caller's; that of layer l at [l], [0] is not set */
    double *eig_mean, *eig_second_moment, *eig_max, *sharpness;
    double *trace_share, *max_share;
};
int theory_layers_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          const struct theory_layers *prediction, struct base_error *error);

/* GSL returns its errors instead of ending the program. Call first. */
void theory_init(void);
/* "GSL 2.7.1" */
const char *theory_library(void);

#endif
