#include "theory/laplace.h"

#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <stdlib.h>

static const double left_reach = 16; /* e^(−2·16) */

/* Up to σ = wide the average over f = σx by nodes x; beyond, where the exponential bends much faster than the
 * Gaussian, by nodes s = f + y: the Gaussian is that of (s − y)/σ, and ψ_0 is integrated by parts. */
static const double wide = 4, s_first = -36, s_last = 4.25;

void theory_laplace_free(struct theory_laplace *laplace)
{
    theory_rule_free(&laplace->rule);
    free(laplace->factor);
}

int theory_laplace_init(struct theory_laplace *laplace, double sigma, double refine, struct base_error *error)
{
    int status;
    const double h =
        (sigma > wide ? 0.22 : 2 * M_PI / (THEORY_LAPLACE_REACH + THEORY_LAPLACE_BANDWIDTH * sigma)) / refine;
    const size_t n =
        sigma > wide ? (size_t)((s_last - s_first) / h) : theory_rule_trapezoid_size(THEORY_LAPLACE_REACH, h);
    *laplace = (struct theory_laplace){.sigma = sigma};
    TRY(theory_rule_init(&laplace->rule, n, error));
    TRY(base_got(laplace->factor = base_calloc(n, sizeof *laplace->factor, error)));
    if (sigma > wide) {
        laplace->rule.n = n;
        for (size_t i = 0; i < n; i++) {
            laplace->rule.x[i] = s_first + h * (double)i;
            laplace->factor[i] = exp(laplace->rule.x[i]);
            laplace->rule.w[i] = h * exp(laplace->rule.x[i] - laplace->factor[i]);
        }
    } else {
        theory_rule_trapezoid(&laplace->rule, THEORY_LAPLACE_REACH, h);
        for (size_t i = 0; i < n; i++)
            laplace->factor[i] = exp(sigma * laplace->rule.x[i]);
    }
out:
    return status;
}

void theory_laplace_eval(const struct theory_laplace *laplace, double y, double psi[3])
{
    const struct theory_rule *rule = &laplace->rule;
    const double u = exp(fmin(y, 300)), sigma = laplace->sigma; /* e^(−e^300) is 0 */
    double sum[3] = {0};
    if (sigma > wide) {
        for (size_t i = 0; i < rule->n; i++) {
            const double z = (rule->x[i] - y) / sigma, density = gsl_ran_ugaussian_pdf(z) / sigma;
            sum[0] += rule->w[i] * gsl_cdf_ugaussian_P(z);
            sum[1] += rule->w[i] * density;
            sum[2] += rule->w[i] * density * laplace->factor[i];
        }
    } else {
        for (size_t i = 0; i < rule->n; i++) {
            const double e = u * laplace->factor[i], p = rule->w[i] * exp(-e);
            sum[0] += p;
            sum[1] += p * e;
            sum[2] += p * e * e;
        }
    }
    for (int a = 0; a < 3; a++)
        psi[a] = sum[a];
}

struct theory_nodes theory_laplace_nodes(double q1, double q2, size_t C, double refine)
{
    const double spread = THEORY_LAPLACE_REACH * sqrt(q1), log_C = log((double)C);
    /* Among very different samples log S spreads so far that wider steps do */
    const double h = 0.6 * fmax(1, sqrt(q1 - q2) / (2 * sqrt(1 + 2 * log_C))) / refine;
    const double first = -left_reach - log_C - spread, last = 5 + spread;
    return (struct theory_nodes){1 + (size_t)((last - first) / h), first, h};
}
