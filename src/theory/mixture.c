/* The Fisher matrix of a mixture of two normals, with scores s_v = (φ(x−μ) − φ(x))/p, s_μ = v (x−μ) φ(x−μ)/p.
 */
#include "theory/committee.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>

#include <math.h>

enum { INTERVALS = 1000 };

struct integrand {
    double v, mu;
    size_t which; /* of G_vv, G_vμ, G_μμ */
};

/* With r = φ(x−μ)/φ(x): s s p = φ(x) (·)(·)/(1 − v + v r), scaled for the larger of r and 1. */
static double evaluate(double x, void *context)
{
    const struct integrand *f = context;
    const double log_r = f->mu * x - f->mu * f->mu / 2, top = fmax(log_r, 0);
    const double one = exp(-top), r = exp(log_r - top), p = (1 - f->v) * one + f->v * r;
    const double s_v = (log_r > 0 ? -expm1(-log_r) : expm1(log_r)) / p, s_mu = f->v * (x - f->mu) * r / p;
    const double density = p * exp(top - x * x / 2) / sqrt(2 * M_PI);
    return density * (f->which == 0 ? s_v * s_v : f->which == 1 ? s_v * s_mu : s_mu * s_mu);
}

int theory_mixture_predict(double v, double mu, struct theory_mixture *mixture, struct base_error *error)
{
    static const double tolerance = 1e-12, tail = 12;
    struct integrand integrand = {v, mu, 0};
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(INTERVALS);
    if (work == NULL)
        return base_fail(error, BASE_FAILED, "out of memory");
    int code = GSL_SUCCESS;
    for (; integrand.which < 3 && (code == GSL_SUCCESS || code == GSL_EROUND); integrand.which++) {
        double uncertainty;
        gsl_function f = {evaluate, &integrand};
        code = gsl_integration_qag(&f, fmin(mu, 0) - tail, fmax(mu, 0) + tail, 0, tolerance, INTERVALS,
                                   GSL_INTEG_GAUSS61, work, &mixture->G[integrand.which], &uncertainty);
    }
    gsl_integration_workspace_free(work);
    if (code != GSL_SUCCESS && code != GSL_EROUND)
        return base_fail(error, BASE_UNRESOLVED, "the mixture's Fisher matrix cannot be integrated: %s",
                         gsl_strerror(code));
    const double *G = mixture->G, half = (G[0] + G[2]) / 2;
    mixture->determinant = G[0] * G[2] - G[1] * G[1];
    mixture->smallest = mixture->determinant / (half + hypot((G[0] - G[2]) / 2, G[1]));
    return BASE_OK;
}
