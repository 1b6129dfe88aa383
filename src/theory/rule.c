#include "theory/rule.h"

#include "base/memory.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

static const double longest_panel = 6;

static double gaussian(double x)
{
    return 0.39894228040143267794 * exp(-0.5 * x * x);
}

int theory_rule_init(struct theory_rule *rule, size_t room, struct base_error *error)
{
    int status;
    *rule = (struct theory_rule){.room = room};
    TRY(base_got(rule->x = base_calloc(room, sizeof *rule->x, error)));
    TRY(base_got(rule->w = base_calloc(room, sizeof *rule->w, error)));
out:
    return status;
}

void theory_rule_free(struct theory_rule *rule)
{
    free(rule->x);
    free(rule->w);
    *rule = (struct theory_rule){.n = 0};
}

void theory_rule_point(struct theory_rule *rule)
{
    rule->n = 1;
    rule->x[0] = 0;
    rule->w[0] = 1;
}

size_t theory_rule_trapezoid_size(double reach, double h)
{
    return 1 + 2 * (size_t)(reach / h);
}

void theory_rule_trapezoid(struct theory_rule *rule, double reach, double h)
{
    rule->n = theory_rule_trapezoid_size(reach, h);
    rule->x[0] = 0;
    rule->w[0] = h * gaussian(0);
    for (size_t i = 1; i < rule->n; i += 2) {
        double x = h * (double)((i + 1) / 2);
        rule->x[i] = x;
        rule->x[i + 1] = -x;
        rule->w[i] = rule->w[i + 1] = h * gaussian(x);
    }
}

size_t theory_legendre_nodes(int level)
{
    static const size_t nodes[THEORY_LEGENDRE_LEVELS] = {16, 20, 32, 64, 96, 128, 256};
    return nodes[level < THEORY_LEGENDRE_LEVELS ? level : THEORY_LEGENDRE_LEVELS - 1];
}

int theory_legendre_init(struct theory_legendre *legendre, size_t n, struct base_error *error)
{
    int status;
    gsl_integration_glfixed_table *table = NULL;
    *legendre = (struct theory_legendre){.n = n};
    TRY(base_got(legendre->t = base_calloc(n, sizeof *legendre->t, error)));
    TRY(base_got(legendre->v = base_calloc(n, sizeof *legendre->v, error)));
    table = gsl_integration_glfixed_table_alloc(n);
    if (table == NULL)
        TRY(base_fail(error, BASE_FAILED, "GSL has no memory for %zu Gauss-Legendre nodes", n));
    for (size_t i = 0; i < n; i++)
        if (gsl_integration_glfixed_point(-1, 1, i, &legendre->t[i], &legendre->v[i], table) != GSL_SUCCESS)
            TRY(base_fail(error, BASE_FAILED, "GSL has no Gauss-Legendre rule of %zu nodes", n));
out:
    gsl_integration_glfixed_table_free(table);
    return status;
}

void theory_legendre_free(struct theory_legendre *legendre)
{
    free(legendre->t);
    free(legendre->v);
    *legendre = (struct theory_legendre){.n = 0};
}

size_t theory_rule_panels_size(size_t n_breaks, double reach, size_t n)
{
    return (n_breaks + (size_t)(2 * reach / longest_panel)) * n;
}

void theory_rule_panels(struct theory_rule *rule, const double *breaks, size_t n_breaks,
                        const struct theory_legendre *legendre)
{
    rule->n = 0;
    for (size_t b = 0; b + 1 < n_breaks; b++) {
        double length = breaks[b + 1] - breaks[b];
        if (!(length > 0))
            continue;
        size_t pieces = 1 + (size_t)(length / longest_panel);
        double half = 0.5 * length / (double)pieces;
        for (size_t piece = 0; piece < pieces; piece++) {
            double middle = breaks[b] + half * (double)(2 * piece + 1);
            for (size_t i = 0; i < legendre->n; i++) {
                double x = middle + half * legendre->t[i];
                rule->x[rule->n] = x;
                rule->w[rule->n++] = half * legendre->v[i] * gaussian(x);
            }
        }
    }
}
