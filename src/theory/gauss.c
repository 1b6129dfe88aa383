/* E g(u)g(v) for φ, φ' and φ'² as ∫Dx m_0(x) m_1(x), m_i(x) = ∫Dy g(√a_i (±√|ρ| x + √(1−|ρ|) y)), all g at
 * the same nodes; the sign is − for m_1 where ρ < 0. With a_0 = a_1 = a and b = ρa ≥ 0 that is ∫Dx m(x)².
 *
 *     R        reach: the disc x² + y² ≤ R² holds the integrals to 1e-17
 *     h        spacing of the trapezoid rule, for an activation without kinks
 *     k        a kink of φ, met at y = (k − √b x)/√(a−b) by the inner integral
 *     w        √((1−|ρ|)/|ρ|) = √((a−b)/b): m is smooth, but around x = k/√b it bends within a layer of width
 * w, which vanishes as b → a; panels that double in length away from there resolve it at any w
 */
#include "base/memory.h"
#include "theory/rule.h"
#include "theory/theory.h"

#include <assert.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

/* A layer of relative width 1e-8, the narrowest that doubles can tell, grows to the whole line in 32
 * doublings. */
enum { MOST_DOUBLINGS = 40, MOST_BREAKS = 2 * NET_MAX_KINKS * (2 * MOST_DOUBLINGS + 1) + 2 };

struct gauss {
    const struct net_activation *activation;
    size_t n_sides;                        /* 1: m_0 = m_1 */
    double variance;                       /* the larger one */
    double outer_scale[2], inner_scale[2]; /* ±√(|ρ| a_i), √((1−|ρ|) a_i) */
    double reach;                          /* R */
    double h;                              /* of the trapezoid rule */
    struct theory_legendre legendre;       /* of the panels */
    struct theory_rule outer, inner;
    double *u, *phi, *dphi; /* (inner.room) */
};

static int fail_infinite(const struct gauss *g, struct base_error *error)
{
    return base_fail(
        error, BASE_UNRESOLVED,
        "the mean square of the activation or of its derivative overflows or is infinite where the "
        "pre-activations have variance %g",
        g->variance);
}

/* R: how far out max φ² e^(−z²/2) or max φ'² e^(−z²/2) still counts, at z = u/√a. */
static int reach_find(struct gauss *g, struct base_error *error)
{
    static const double nearest = 8.5, farthest = 38, step = 0.25, negligible = 1e-17;
    double largest[2] = {0, 0}, peak[2] = {0, 0};
    for (double z = 0; z <= farthest; z += step) {
        double u[2] = {sqrt(g->variance) * z, -sqrt(g->variance) * z}, value[2][2];
        net_activation_eval(g->activation, 2, u, value[0], value[1]);
        bool inside = z < nearest;
        for (int e = 0; e < 2; e++) {
            double size = fabs(value[e][0]) + fabs(value[e][1]);
            if (!isfinite(size * size))
                return fail_infinite(g, error);
            largest[e] = fmax(largest[e], size);
            double share = largest[e] * largest[e] * exp(-0.5 * z * z);
            peak[e] = fmax(peak[e], share);
            inside = inside || share > negligible * peak[e];
        }
        g->reach = z;
        if (!inside)
            return BASE_OK;
    }
    return base_fail(error, BASE_UNRESOLVED,
                     "the activation's mean square over inputs of variance %g does not exist", g->variance);
}

/* Breakpoints of the outer rule; returns how many. */
static size_t outer_breaks(const struct gauss *g, double breaks[MOST_BREAKS])
{
    double R = g->reach, w = g->inner_scale[0] / g->outer_scale[0];
    size_t n = 0, kinks = g->activation->n_kinks;
    breaks[n++] = -R;
    breaks[n++] = R;
    for (size_t k = 0; k < g->n_sides * kinks; k++) {
        double x = g->activation->kinks[k % kinks] / g->outer_scale[k / kinks], d = w;
        if (fabs(x) < R)
            breaks[n++] = x;
        for (int j = 0; j < MOST_DOUBLINGS && d > 0 && d < 2 * R; j++, d *= 2) {
            if (fabs(x - d) < R)
                breaks[n++] = x - d;
            if (fabs(x + d) < R)
                breaks[n++] = x + d;
        }
    }
    gsl_sort(breaks, 1, n);
    return n;
}

/* The inner rule at x: what of the disc lies there, cut at the kinks. */
static void inner_fill(struct gauss *g, size_t side, double x)
{
    double r = sqrt(fmax(0, g->reach * g->reach - x * x));
    if (g->inner_scale[side] == 0)
        return;
    if (g->activation->smooth) {
        g->inner.n = theory_rule_trapezoid_size(r, g->h);
        return;
    }
    double breaks[NET_MAX_KINKS + 2];
    size_t n = 0;
    breaks[n++] = -r;
    for (size_t k = 0; k < g->activation->n_kinks; k++) {
        double y = (g->activation->kinks[k] - g->outer_scale[side] * x) / g->inner_scale[side];
        if (fabs(y) < r)
            breaks[n++] = y;
    }
    breaks[n++] = r;
    theory_rule_panels(&g->inner, breaks, n, &g->legendre);
}

/* m(x) of φ, of φ' and of φ'²; of the rates ∂m(x)/∂(√b x) = ∫Dy y g(√b x + √(a−b) y)/√(a−b), g = φ', φ'² */
static struct theory_pair inner_means(struct gauss *g, size_t side, double x)
{
    inner_fill(g, side, x);
    for (size_t i = 0; i < g->inner.n; i++)
        g->u[i] = g->outer_scale[side] * x + g->inner_scale[side] * g->inner.x[i];
    net_activation_eval(g->activation, g->inner.n, g->u, g->phi, g->dphi);
    struct theory_pair m = {0};
    for (size_t i = 0; i < g->inner.n; i++) {
        m.phi += g->inner.w[i] * g->phi[i];
        m.dphi += g->inner.w[i] * g->dphi[i];
        m.dphi2 += g->inner.w[i] * g->dphi[i] * g->dphi[i];
        m.dphi_rate += g->inner.w[i] * g->inner.x[i] * g->dphi[i];
        m.dphi2_rate += g->inner.w[i] * g->inner.x[i] * g->dphi[i] * g->dphi[i];
    }
    m.dphi_rate /= g->inner_scale[side];
    m.dphi2_rate /= g->inner_scale[side];
    return m;
}

static int smooth_open(struct gauss *g, int level, struct base_error *error)
{
    int status;
    g->h = 0.2 * pow(1.5, -level);
    size_t room = theory_rule_trapezoid_size(g->reach, g->h);
    TRY(theory_rule_init(&g->outer, room, error));
    TRY(theory_rule_init(&g->inner, room, error));
    theory_rule_trapezoid(&g->outer, g->reach, g->h);
    theory_rule_trapezoid(&g->inner, g->reach, g->h);
out:
    return status;
}

static int kinked_open(struct gauss *g, int level, struct base_error *error)
{
    int status;
    double breaks[MOST_BREAKS];
    size_t n_breaks = g->outer_scale[0] > 0 ? outer_breaks(g, breaks) : 0;
    size_t nodes = theory_legendre_nodes(level), kinks = g->activation->n_kinks;
    TRY(theory_legendre_init(&g->legendre, nodes, error));
    TRY(theory_rule_init(&g->outer, theory_rule_panels_size(n_breaks, g->reach, nodes), error));
    TRY(theory_rule_init(&g->inner, theory_rule_panels_size(kinks + 2, g->reach, nodes), error));
    theory_rule_panels(&g->outer, breaks, n_breaks, &g->legendre);
out:
    return status;
}

static int gauss_open(struct gauss *g, int level, struct base_error *error)
{
    int status;
    TRY(reach_find(g, error));
    TRY(g->activation->smooth ? smooth_open(g, level, error) : kinked_open(g, level, error));
    if (g->outer_scale[0] == 0)
        theory_rule_point(&g->outer);
    if (g->inner_scale[0] == 0)
        theory_rule_point(&g->inner);
    TRY(base_got(g->u = base_calloc(g->inner.room, sizeof *g->u, error)));
    TRY(base_got(g->phi = base_calloc(g->inner.room, sizeof *g->phi, error)));
    TRY(base_got(g->dphi = base_calloc(g->inner.room, sizeof *g->dphi, error)));
out:
    return status;
}

static void gauss_close(struct gauss *g)
{
    theory_legendre_free(&g->legendre);
    theory_rule_free(&g->outer);
    theory_rule_free(&g->inner);
    free(g->u);
    free(g->phi);
    free(g->dphi);
}

static int integrate(struct gauss *g, int level, struct theory_pair *integral, struct base_error *error)
{
    int status;
    struct theory_pair sum = {0};
    TRY(gauss_open(g, level, error));
    for (size_t i = 0; i < g->outer.n; i++) {
        const struct theory_pair m = inner_means(g, 0, g->outer.x[i]),
                                 n = g->n_sides > 1 ? inner_means(g, 1, g->outer.x[i]) : m;
        sum.phi += g->outer.w[i] * m.phi * n.phi;
        sum.dphi += g->outer.w[i] * m.dphi * n.dphi;
        sum.dphi2 += g->outer.w[i] * m.dphi2 * n.dphi2;
        sum.dphi_rate += g->outer.w[i] * m.dphi_rate * n.dphi_rate;
        sum.dphi2_rate += g->outer.w[i] * m.dphi2_rate * n.dphi2_rate;
    }
    if (!isfinite(sum.phi) || !isfinite(sum.dphi))
        TRY(fail_infinite(g, error));
    *integral = sum;
out:
    gauss_close(g);
    return status;
}

int theory_gauss_pair(const struct net_activation *activation, double a, double b, int level,
                      struct theory_pair *integral, struct base_error *error)
{
    assert(b >= 0 && a >= 0 && level >= 0);
    b = fmin(b, a); /* rounding may leave b a little above a */
    struct gauss g = {.activation = activation,
                      .n_sides = 1,
                      .variance = a,
                      .outer_scale = {sqrt(b)},
                      .inner_scale = {sqrt(a - b)}};
    return integrate(&g, level, integral, error);
}

int theory_gauss_unequal(const struct net_activation *activation, const double a[2], double b, int level,
                         struct theory_pair *integral, struct base_error *error)
{
    assert(a[0] > 0 && a[1] > 0 && level >= 0);
    const double ratio = b / (sqrt(a[0]) * sqrt(a[1])), c = fmin(fabs(ratio), 1);
    struct gauss g = {.activation = activation, .n_sides = 2, .variance = fmax(a[0], a[1])};
    for (size_t i = 0; i < 2; i++) {
        g.outer_scale[i] = copysign(sqrt(c * a[i]), i == 0 ? 1 : ratio);
        g.inner_scale[i] = sqrt((1 - c) * a[i]);
    }
    return integrate(&g, level, integral, error);
}

int theory_gauss_tangent(const struct net_activation *activation, double a, int level,
                         struct theory_tangent *integral, struct base_error *error)
{
    int status;
    struct gauss g = {.activation = activation, .n_sides = 1, .variance = a, .outer_scale = {sqrt(a)}};
    struct theory_tangent sum = {0};
    TRY(gauss_open(&g, level, error));
    for (size_t i = 0; i < g.outer.n; i++) {
        const double w = g.outer.w[i], u = g.outer_scale[0] * g.outer.x[i];
        double phi, dphi;
        net_activation_eval(activation, 1, &u, &phi, &dphi);
        sum.phi_dphi_u += w * phi * dphi * u;
        sum.dphi2 += w * dphi * dphi;
        sum.dphi2_u2 += w * dphi * dphi * u * u;
    }
    if (!isfinite(sum.phi_dphi_u) || !isfinite(sum.dphi2_u2))
        TRY(fail_infinite(&g, error));
    *integral = sum;
out:
    gauss_close(&g);
    return status;
}
