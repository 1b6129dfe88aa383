/* Activation functions φ and their derivatives φ'.
 *
 * An activation is a name of the table below or an expression in x, such as "x*exp(-x^2/2)", that libmatheval
 * parses and differentiates. It is all that simulation and theory share besides the architecture.
 *
 *     linear  relu  leaky_relu (slope 0.01)  tanh  erf (that is erf(x/√2))  sigmoid  softplus
 *     gelu (x Φ(x))  silu (x/(1+e⁻ˣ))  sin
 *
 * The named ones are +, −, ×, ÷ and bit operations alone, as vector code: the same bits for every compiler
 * and CPU. Relative error of φ: below 5e-16, of gelu 8e-16; of φ' that or, near its zeros, as much absolute.
 * Their ends: gelu is 0 below −37.4; tails of e^−|u| stop falling at 1e-304; sin beyond 2²⁰ takes x/2ⁿ in
 * [2¹⁹, 2²⁰) for x, and is NaN at infinity. ns an element with AVX-512: sin, tanh, sigmoid, silu 1.5,
 * softplus 2.6, gelu and erf 3 to 5.
 *
 * In an expression: x, numbers, e, pi, + - * / ^ ( ), and exp log sqrt sin cos tan (and cot, sec, csc, their
 * inverses and hyperbolic forms) abs step erf. All operators associate to the left: x^2^3 is (x^2)^3. A name
 * goes before an expression: "erf" is erf(x/√2), "erf(x)" is not.
 */
#ifndef NET_ACTIVATION_H
#define NET_ACTIVATION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { NET_MAX_KINKS = 16 };

/* What a named activation is made of; a new one is one line in activation.c. */
struct net_activation_kind {
    const char *name;
    const char *formula;
    /* phi[i] = φ(u[i]) and dphi[i] = φ'(u[i]) for i < n */
    void (*eval)(size_t n, const double *u, double *phi, double *dphi);
    bool kinked; /* φ' jumps at 0 */
};

struct net_activation {
    const struct net_activation_kind *kind; /* NULL for an expression */
    void *value, *derivative;               /* libmatheval's evaluators, NULL for a named one */
    bool smooth; /* analytic near the real line, as every unkinked named one is; an expression is taken for
                    smooth when it has no kink and nothing in it but exp, sin, whole powers and the like */
    size_t n_kinks;
    double kinks[NET_MAX_KINKS]; /* ascending: where φ' may jump; φ itself is continuous. An expression that
                                    is not smooth has 0 among them */
};

/* Opens a name or an expression. BASE_BAD_INPUT with what would be right when the text is neither (empty,
 * longer than 1000 characters, another variable than x, none), when φ or φ' is not finite somewhere on [-50,
 * 50], φ jumps or φ' jumps at more than 15 places. Kinks are found by evaluation, to rounding; two within
 * 1/64 may pass for none. Costs nothing for a name, 1 to 20 ms for an expression.
 *
 * An opened expression may be used by one thread at a time; open one a thread. Opening is itself guarded by a
 * lock, because libmatheval's parser has global state. Close is safe on a zeroed struct. */
int net_activation_open(struct net_activation *activation, const char *text, struct base_error *error);
void net_activation_close(struct net_activation *activation);

/* phi[i] = φ(u[i]) and dphi[i] = φ'(u[i]), i < n. Neither output may overlap u or be NULL. A nan stays one.
 * At a kink φ' is one of its sides or their mean (0 for relu, 0.01 for leaky_relu). */
void net_activation_eval(const struct net_activation *activation, size_t n, const double *u, double *phi,
                         double *dphi);

/* The named ones, ended by one whose name is NULL. */
extern const struct net_activation_kind net_activation_kinds[];

#endif
