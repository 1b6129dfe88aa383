/* What the softmax averages of softmax.c are made of: with f ~ N(0, σ²)
 *
 *     ψ_a(y) = E [e^{a(f+y)} exp(−e^{f+y})] ,  a = 0, 1, 2
 *
 * by the trapezoid rule. Private to src/theory. */
#ifndef THEORY_LAPLACE_H
#define THEORY_LAPLACE_H

#include "base/error.h"
#include "theory/rule.h"

#include <stddef.h>

/* How far a standard Gaussian is followed (the rest is 6e-14), and where |Γ(1 + iω)|, the Fourier transform
 * of e^s exp(−e^s), is 5e-12. */
#define THEORY_LAPLACE_REACH 7.5
#define THEORY_LAPLACE_BANDWIDTH 18.0

struct theory_laplace {
    double sigma;
    struct theory_rule rule; /* x, or s with weights h e^s exp(−e^s) */
    double *factor;          /* (n) e^{σx}, or e^s */
};

/* Steps are divided by `refine`. Free is safe on a zeroed struct. */
int theory_laplace_init(struct theory_laplace *laplace, double sigma, double refine,
                        struct base_error *error);
void theory_laplace_free(struct theory_laplace *laplace);

/* ψ_a(y) at psi[a]; any y. Some 50 exponentials, twice as many error functions for σ > 4. */
void theory_laplace_eval(const struct theory_laplace *laplace, double y, double psi[3]);

/* The trapezoid rule over y = log u for averages over C outputs of variance q_1, covariance q_2: nodes first
 * + h i, i < n. */
struct theory_nodes {
    size_t n;
    double first, h;
};
struct theory_nodes theory_laplace_nodes(double q1, double q2, size_t C, double refine);

/* ---- softmax.c */

/* β_1 and β_3 of theory_softmax_average, at one level of the quadrature; beta[1] is not set. 0.1 ms. */
int theory_softmax_sample(double q1, size_t C, double refine, double beta[3], struct base_error *error);

/* The mean of a column of n draws, numbers (n, THEORY_SOFTMAX_NUMBERS), by a regression on those columns
 * whose means are known (the others: nan), and its standard error. */
enum { THEORY_SOFTMAX_NUMBERS = 3 };
int theory_softmax_regress(size_t n, const double *numbers, size_t column,
                           const double known[THEORY_SOFTMAX_NUMBERS], double *mean, double *deviation,
                           struct base_error *error);

#endif
