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

/* sum (T, T) = Σ_l (a_{l-1} q̂^{l-1} + b_{l-1}) q̃^l , a and b (L), and nngp (T, T) = q^L, the covariance of
 * the outputs: the same in 2 T² numbers, layer by layer. About 0.1 µs a pair and layer (T = 2000, L = 10: 2
 * s; T = 10,000: a minute). gram may not be either of them. */
int theory_kernel_sum(const struct net_activation *activation, double weight_variance, double bias_variance,
                      size_t depth, size_t T, const double *gram, const double *a, const double *b,
                      double tolerance, double *sum, double *nngp, struct base_error *error);

/* The analytic NTK Θ = Σ_l q^l q̃^l of the NTK parametrisation, W = σ_w ω/√M_{l-1} and b = σ_b β; and q^L. */
int theory_ntk_compute(const struct net_activation *activation, double weight_variance, double bias_variance,
                       size_t depth, size_t T, const double *gram, double tolerance, double *ntk,
                       double *nngp, struct base_error *error);

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

/* ---- spectrum.c: from the whole kernel ("beyond"). The mean-field dual is F* = I_C ⊗ K,
 *
 *     K = (1/T) Σ_l (M_{l-1} q̂^{l-1} + 1) q̃^l   (T, T) ,
 *
 * the 1 being the bias; its eigenvalues, each C-fold, predict all CT of F*. With several outputs real
 * networks split them. Gaussian inputs have such a kernel too: that of the inputs of one trial, which is not
 * the two numbers of KAA19 but as T ≪ M_0. */
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

/* Of Θ = I_C ⊗ Σ_l q^l q̃^l, without 1/T: tr Θ/CT, ‖Θ‖²/CT and λ_1(Θ), for either kind of inputs. eig_max is
 * nan where Θ_2 vanishes at T > 1. */
struct theory_ntk {
    double eig_mean, eig_second_moment, eig_max;
};
int theory_ntk_predict(const struct theory_order *order, size_t T, struct theory_ntk *prediction,
                       struct base_error *error);

/* The largest eigenvalue of a symmetric K (n, n), upper triangle, and its unit eigenvector, by Lanczos
 * iteration: ‖Kv − λv‖ ≤ 1e-9 λ mostly; after 300 steps BASE_UNRESOLVED if it is above 1e-4 λ. */
int theory_eigen_top(size_t n, const double *K, double *value, double *vector, struct base_error *error);

/* GSL returns its errors instead of ending the program. Call first. */
void theory_init(void);
/* "GSL 2.7.1" */
const char *theory_library(void);

#endif
