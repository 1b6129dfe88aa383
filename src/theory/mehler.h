/* Gaussian integrals of one layer for all pairs of T samples of whatever variances. Private to src/theory.
 *
 * With (u_s, u_t) Gaussian of variances q_s, q_t and correlation ρ, he_n the orthonormal Hermite polynomials
 * and c_n(q) = E φ'(√q z) he_n(z), Mehler's formula and its integral over ρ say
 *
 *     E φ'(u_s)φ'(u_t) = Σ_n c_n(q_s) c_n(q_t) ρⁿ
 *     E φ(u_s)φ(u_t)   = E φ(u_s) E φ(u_t) + √(q_s q_t) Σ_n c_n(q_s) c_n(q_t) ρ^{n+1}/(n+1)
 *
 * and the first holds of φ'² with coefficients of its own. All coefficients of a layer come from one
 * quadrature a sample; then a pair costs a few multiplications a term. By Cauchy and Schwarz the terms from N
 * on are at most |ρ|^N √(r_s r_t), r = E φ'² − Σ_{n<N} c_n², which says how many are needed. Two rays, φ(u) =
 * p u for u > 0 and m u for u < 0, would need a great many near ρ = ±1: closed forms (Cho and Saul 2009). */
#ifndef THEORY_MEHLER_H
#define THEORY_MEHLER_H

#include "base/error.h"
#include "net/activation.h"
#include "theory/theory.h"

#include <stdbool.h>
#include <stddef.h>

enum { MEHLER_BLOCK = 64, MEHLER_MOST_TERMS = 2048 };

struct mehler {
    const struct net_activation *activation;
    size_t T, blocks;
    bool squares; /* φ'² is wanted too */
    double tolerance;
    bool rays;
    double plus, minus; /* their slopes */

    const double *q;          /* (T), the caller's */
    double *mean;             /* (blocks, 64) E φ */
    double *rest;             /* (blocks, 64) share of E φ'² or E φ'⁴ that N terms leave out */
    double *root, *inverse;   /* (blocks, 64) √q and 1/√q; 0 where q is 0 */
    struct theory_pair *same; /* (T) of a sample with itself */
    size_t terms;             /* N */
    double *c, *c2;           /* (blocks, N, 64) coefficients of φ' and φ'² */
    size_t first, step;       /* the n whose coefficients do not all vanish */
    double limits[MEHLER_MOST_TERMS / 8 + 1]; /* limits[i]: largest |ρ| for which 8i terms are enough */
};

/* For T samples. tolerance: of E φ'φ', relative to √(E φ'(u_s)² E φ'(u_t)²), and of the others accordingly.
 * Free is safe on a zeroed struct. */
int mehler_init(struct mehler *mehler, const struct net_activation *activation, size_t T, bool squares,
                double tolerance, struct base_error *error);
void mehler_free(struct mehler *mehler);

/* Goes on to a layer of variances q (T); no correlation of two samples is above largest_correlation in size.
 */
int mehler_set(struct mehler *mehler, const double *q, double largest_correlation, struct base_error *error);

/* The pairs (s, t), t = first .. last−1, all in one block of 64 (t/64 the same): q[t − first] is their
 * covariance, the integrals go to phi[t − first] and so on; dphi2 is NULL unless squares are wanted. Where no
 * number of terms is enough, by a two-dimensional quadrature each. Several threads may call it. */
int mehler_pairs(const struct mehler *mehler, size_t s, size_t first, size_t last, const double *q,
                 double *phi, double *dphi, double *dphi2, struct base_error *error);

#endif
