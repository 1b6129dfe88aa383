/* The Fisher matrix of one unit with Gaussian input (AKO19). With x = m + s x', x' ~ N(0, I), there is
 * x* = B x'* with B = [[1, 0], [m, sI]], so G = B G' Bᵀ, and G' is the matrix of a unit of weights sw and
 * bias b' = b + w·m with input N(0, I). */
#include "base/memory.h"
#include "theory/rule.h"
#include "theory/theory.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double reach = 10; /* e^(−50) */
static const double tolerance = 1e-13, largest_error = 1e-9;
enum { FINEST = 10 };

/* ∫Dv v^k φ'(rv + b)² by one rule. */
static int integrate(const struct net_activation *activation, double r, double b,
                     const struct theory_rule *rule, double A[3], struct base_error *error)
{
    int status;
    double *u = base_alloc(3 * rule->n, sizeof *u, error);
    TRY(base_got(u));
    double *phi = u + rule->n, *dphi = phi + rule->n;
    for (size_t i = 0; i < rule->n; i++)
        u[i] = r * rule->x[i] + b;
    net_activation_eval(activation, rule->n, u, phi, dphi);
    A[0] = A[1] = A[2] = 0;
    for (size_t i = 0; i < rule->n; i++) {
        const double share = rule->w[i] * dphi[i] * dphi[i], v = rule->x[i];
        A[0] += share;
        A[1] += share * v;
        A[2] += share * v * v;
    }
out:
    free(u);
    return status;
}

/* Between the kinks, met at v = (kink − b)/r, Gauss–Legendre; where there are none, equispaced. */
static int open_rule(const struct net_activation *activation, double r, double b, int level,
                     struct theory_rule *rule, struct base_error *error)
{
    int status;
    struct theory_legendre legendre = {0};
    double breaks[NET_MAX_KINKS + 2] = {-reach, reach};
    size_t n = 2, nodes = theory_legendre_nodes(level);
    if (activation->smooth || r == 0) {
        const double h = 0.2 * pow(1.5, -level);
        TRY(theory_rule_init(rule, theory_rule_trapezoid_size(reach, h), error));
        theory_rule_trapezoid(rule, reach, h);
        return BASE_OK;
    }
    for (size_t i = 0; i < activation->n_kinks; i++)
        if (fabs((activation->kinks[i] - b) / r) < reach)
            breaks[n++] = (activation->kinks[i] - b) / r;
    gsl_sort(breaks, 1, n);
    TRY(theory_legendre_init(&legendre, nodes, error));
    TRY(theory_rule_init(rule, theory_rule_panels_size(n, reach, nodes), error));
    theory_rule_panels(rule, breaks, n, &legendre);
out:
    theory_legendre_free(&legendre);
    return status;
}

int theory_unit_moments(const struct net_activation *activation, double r, double b, double A[3],
                        struct base_error *error)
{
    int status = BASE_OK;
    double change = INFINITY, before[3];
    for (int level = 0; level <= FINEST && change > tolerance; level++) {
        struct theory_rule rule = {0};
        memcpy(before, A, sizeof before);
        status = open_rule(activation, r, b, level, &rule, error);
        if (status == BASE_OK)
            status = integrate(activation, r, b, &rule, A, error);
        theory_rule_free(&rule);
        TRY(status);
        change = level == 0 ? INFINITY : 0;
        for (size_t k = 0; level > 0 && k < 3 && A[0] > 0; k++)
            change = fmax(change, fabs(A[k] - before[k]) / A[0]);
    }
    if (!isfinite(A[0] + A[2]) || !(change < largest_error))
        TRY(base_fail(error, BASE_UNRESOLVED,
                      "the Fisher matrix of a unit with pre-activations of mean %g and variance %g", b,
                      r * r));
out:
    return status;
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += x[j] * y[j];
    return sum;
}

int theory_unit_open(struct theory_unit *unit, const struct net_activation *activation, size_t n,
                     const double *w, double b, const double *m, double s, struct base_error *error)
{
    const double norm = sqrt(dot(n, w, w));
    *unit = (struct theory_unit){.n = n, .w = w, .m = m, .s = s, .norm = norm};
    return theory_unit_moments(activation, s * norm, m == NULL ? b : b + dot(n, w, m), unit->A, error);
}

/* Of ŵ; 0 where w is. */
static double direction(const struct theory_unit *unit, size_t j)
{
    return unit->norm > 0 ? unit->w[j] / unit->norm : 0;
}

static double mean(const struct theory_unit *unit, size_t j)
{
    return unit->m != NULL ? unit->m[j] : 0;
}

void theory_unit_matrix(const struct theory_unit *unit, double *G)
{
    const size_t n = unit->n, row = n + 1;
    const double *A = unit->A, s = unit->s;
    G[0] = A[0];
    for (size_t i = 0; i < n; i++) /* row i of B G': m_i (1, A_1 ŵ) + s (A_1 ŵ_i, …) */
        G[1 + i] = G[(1 + i) * row] = A[0] * mean(unit, i) + s * A[1] * direction(unit, i);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double wi = direction(unit, i), wj = direction(unit, j), mi = mean(unit, i),
                         mj = mean(unit, j);
            G[(1 + i) * row + 1 + j] = A[0] * (mi * mj + s * s * (i == j)) + s * A[1] * (mi * wj + wi * mj) +
                                       s * s * (A[2] - A[0]) * wi * wj;
        }
}

void theory_unit_natural_gradient(const struct theory_unit *unit, const double *g, double *v)
{
    const size_t n = unit->n;
    const double *A = unit->A, D = A[0] * A[2] - A[1] * A[1], s = unit->s, gb = g[0];
    double along = 0; /* ŵ·g' with g' = (g_w − m g_b)/s */
    for (size_t j = 0; j < n; j++)
        along += direction(unit, j) * (g[1 + j] - mean(unit, j) * gb) / s;
    v[0] = (A[2] * gb - A[1] * along) / D;
    for (size_t j = 0; j < n; j++) {
        const double w = direction(unit, j), gj = (g[1 + j] - mean(unit, j) * gb) / s;
        v[1 + j] = ((gj - along * w) / A[0] + (A[0] * along - A[1] * gb) / D * w) / s;
        v[0] -= mean(unit, j) * v[1 + j];
    }
}

int theory_unit_inverse(const struct theory_unit *unit, double *inverse, struct base_error *error)
{
    int status;
    const size_t row = unit->n + 1;
    double *g = base_calloc(row, sizeof *g, error);
    TRY(base_got(g));
    for (size_t i = 0; i < row; i++) {
        g[i] = 1;
        theory_unit_natural_gradient(unit, g, inverse + i * row);
        g[i] = 0;
    }
out:
    free(g);
    return status;
}
