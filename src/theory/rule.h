/* Quadrature rules Σ_i w_i f(x_i) ≈ ∫Dx f(x) for the standard Gaussian measure Dx. Private to src/theory. */
#ifndef THEORY_RULE_H
#define THEORY_RULE_H

#include "base/error.h"

#include <stddef.h>

struct theory_rule {
    size_t n, room;
    double *x, *w; /* (room), of which n are in use */
};

/* Free is safe on a zeroed rule. */
int theory_rule_init(struct theory_rule *rule, size_t room, struct base_error *error);
void theory_rule_free(struct theory_rule *rule);

/* The one node 0: for an f that does not depend on x. */
void theory_rule_point(struct theory_rule *rule);

/* Equispaced on [-reach, reach], ordered 0, h, -h, 2h, ...: a prefix is the rule of a smaller reach, and the
 * sum over an odd f is 0 exactly. For f analytic in |Im x| < d the error is e^(−2πd/h). Gauss–Hermite would
 * be poor here: its nodes reach out as √n, and poles near the real line, such as tanh's, leave it an error of
 * only e^(−d√(8n)). */
size_t theory_rule_trapezoid_size(double reach, double h);
void theory_rule_trapezoid(struct theory_rule *rule, double reach, double h);

/* Gauss–Legendre of n nodes a panel between ascending breakpoints, panels longer than 6 being cut. For f
 * analytic between them. */
struct theory_legendre {
    size_t n;
    double *t, *v; /* (n) nodes and weights on [-1, 1] */
};
/* Nodes for level 0, 1, …, THEORY_LEGENDRE_LEVELS − 1 of a refinement; beyond, as the last. Only numbers for
 * which GSL has a table: those it computes are right to 1e-10. */
enum { THEORY_LEGENDRE_LEVELS = 7 };
size_t theory_legendre_nodes(int level);
int theory_legendre_init(struct theory_legendre *legendre, size_t n, struct base_error *error);
void theory_legendre_free(struct theory_legendre *legendre);
size_t theory_rule_panels_size(size_t n_breaks, double reach, size_t n);
void theory_rule_panels(struct theory_rule *rule, const double *breaks, size_t n_breaks,
                        const struct theory_legendre *legendre);

#endif
