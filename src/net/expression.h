/* Activations given as an expression in x (expression.c, kinks.c). Private to src/net; use net/activation.h.
 *
 * libmatheval parses and differentiates. Its grammar: + - * / ^ (all associate to the left: x^2^3 is
 * (x^2)^3), numbers, constants such as pi and e, and exp log sqrt sin cos tan cot sec csc asin ... sinh cosh
 * tanh ... abs step erf.
 */
#ifndef NET_EXPRESSION_H
#define NET_EXPRESSION_H

#include "net/activation.h"

/* Parses and differentiates into the evaluators of a zeroed activation. On BASE_BAD_INPUT the message is the
 * reason alone, such as `y is a variable`. */
int net_expression_open(struct net_activation *activation, const char *text, struct base_error *error);
void net_expression_close(struct net_activation *activation);

/* φ and φ' at one x, as libmatheval has them: φ' is nan or infinite at some kinks. */
double net_expression_value(const struct net_activation *activation, double x);
double net_expression_slope(const struct net_activation *activation, double x);

/* The same over an array, with φ' at a kink the mean of the two sides. */
void net_expression_eval(const struct net_activation *activation, size_t n, const double *u, double *phi,
                         double *dphi);

/* True: all that stands in the text is analytic wherever it is finite: no abs, no roots, no inverse functions
 * but atan, and no powers but whole numbers. */
bool net_expression_is_analytic(const char *text);

/* Fills the kinks of an opened expression, and whether it is smooth: analytic as its text says, and without a
 * kink. Otherwise 0 is always among its kinks. BASE_BAD_INPUT, with the reason alone, when it is no
 * activation: φ or φ' not finite on [-50, 50], a jump of φ, no dependence on x, too many kinks. Costs about
 * 1e4 to 1e5 evaluations of φ'. */
int net_kinks_find(struct net_activation *activation, bool analytic, struct base_error *error);

#endif
