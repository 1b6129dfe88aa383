#include "report/report.h"

#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_multifit.h>

/* w_i = 1/s_i² with ln s a straight line in ln M fitted to ln se. */
static int smooth_weights(size_t n, const double *widths, const double *se, double *log_widths,
                          double *log_se, double *w)
{
    double intercept, slope, covariance[3], sum;
    for (size_t i = 0; i < n; i++) {
        log_widths[i] = log(widths[i]);
        log_se[i] = log(se[i]);
    }
    const int code = gsl_fit_linear(log_widths, 1, log_se, 1, n, &intercept, &slope, &covariance[0],
                                    &covariance[1], &covariance[2], &sum);
    for (size_t i = 0; i < n; i++)
        w[i] = exp(-2 * (intercept + slope * log_widths[i]));
    return code;
}

static double smallest(size_t n, const double *x)
{
    double least = x[0];
    for (size_t i = 1; i < n; i++)
        least = fmin(least, x[i]);
    return least;
}

/* The limit is Σ_i g_i r_i with g_i = w_i Σ_p cov_0p X_ip: its variance and the degrees of freedom of that
 * variance. */
static void propagate(size_t n, const double *se, const size_t *counts, const gsl_matrix *X,
                      const gsl_vector *w, const gsl_matrix *covariance, struct report_limit *limit)
{
    double variance = 0, quartic = 0;
    for (size_t i = 0; i < n; i++) {
        double g = 0;
        for (size_t p = 0; p < X->size2; p++)
            g += gsl_matrix_get(covariance, 0, p) * gsl_matrix_get(X, i, p);
        const double part = pow(g * gsl_vector_get(w, i) * se[i], 2);
        variance += part;
        quartic += part * part / (double)(counts[i] - 1);
    }
    limit->se = sqrt(variance);
    limit->dof = variance * variance / quartic;
}

/* What the limit is off by when the term after the last one is as large as the two last ones suggest, c_3 x_3
 * continuing c_1 x_1, c_2 x_2 as a geometric series (but no larger than the last): its size times the limit's
 * response to it. */
static double left_out(size_t n, const gsl_matrix *X, const gsl_vector *w, const gsl_vector *c,
                       const gsl_matrix *covariance, size_t n_powers)
{
    double response = 0;
    if (n_powers < 2)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const double last = gsl_matrix_get(X, i, n_powers), before = gsl_matrix_get(X, i, n_powers - 1);
        double g = 0;
        for (size_t p = 0; p < X->size2; p++)
            g += gsl_matrix_get(covariance, 0, p) * gsl_matrix_get(X, i, p);
        response += g * gsl_vector_get(w, i) * last * last / before; /* the next power, at this width */
    }
    const double last = fabs(gsl_vector_get(c, n_powers)), before = fabs(gsl_vector_get(c, n_powers - 1));
    return fabs(response) * (last < before ? last * last / before : last);
}

static double chi_squared(size_t n, const double *ratios, const double *se, const gsl_matrix *X,
                          const gsl_vector *c)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double fitted = 0;
        for (size_t p = 0; p < X->size2; p++)
            fitted += gsl_vector_get(c, p) * gsl_matrix_get(X, i, p);
        sum += pow((ratios[i] - fitted) / se[i], 2);
    }
    return sum;
}

int report_limit_fit(size_t n, const double *widths, const double *ratios, const double *se,
                     const size_t *counts, size_t n_powers, const double *powers, struct report_limit *limit,
                     struct base_error *error)
{
    int status = BASE_OK;
    const size_t k = n_powers + 1;
    gsl_matrix *X = gsl_matrix_alloc(n, k), *covariance = gsl_matrix_alloc(k, k),
               *logs = gsl_matrix_alloc(2, n);
    gsl_vector *w = gsl_vector_alloc(n), *y = gsl_vector_alloc(n), *c = gsl_vector_alloc(k);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n, k);
    if (X == NULL || covariance == NULL || logs == NULL || w == NULL || y == NULL || c == NULL ||
        work == NULL)
        TRY(base_fail(error, BASE_FAILED, "out of memory in the fit"));

    const double least = smallest(n, widths);
    for (size_t i = 0; i < n; i++) {
        gsl_vector_set(y, i, ratios[i]);
        gsl_matrix_set(X, i, 0, 1);
        for (size_t p = 0; p < n_powers; p++)
            gsl_matrix_set(X, i, p + 1, pow(least / widths[i], powers[p]));
    }
    double gsl_chi2;
    int code = smooth_weights(n, widths, se, gsl_matrix_ptr(logs, 0, 0), gsl_matrix_ptr(logs, 1, 0),
                              gsl_vector_ptr(w, 0));
    if (code == GSL_SUCCESS)
        code = gsl_multifit_wlinear(X, w, y, c, covariance, &gsl_chi2, work);
    if (code != GSL_SUCCESS)
        TRY(base_fail(error, BASE_FAILED, "the fit against width failed: %s", gsl_strerror(code)));

    limit->limit = gsl_vector_get(c, 0);
    for (size_t p = 0; p < n_powers; p++)
        limit->slopes[p] = gsl_vector_get(c, p + 1);
    propagate(n, se, counts, X, w, covariance, limit);
    limit->model = left_out(n, X, w, c, covariance, n_powers);
    limit->chi2 = chi_squared(n, ratios, se, X, c);
    limit->chi2_dof = n - k;
    if (limit->chi2_dof > 0 && limit->chi2 > (double)limit->chi2_dof)
        limit->se *= sqrt(limit->chi2 / (double)limit->chi2_dof);
out:
    gsl_matrix_free(X);
    gsl_matrix_free(covariance);
    gsl_matrix_free(logs);
    gsl_vector_free(w);
    gsl_vector_free(y);
    gsl_vector_free(c);
    if (work != NULL)
        gsl_multifit_linear_free(work);
    return status;
}

double report_limit_half_width(const struct report_limit *limit, double level)
{
    return gsl_cdf_tdist_Pinv(1 - level / 2, limit->dof) * limit->se + limit->model;
}

double report_p_value(double ratio, double se, double dof, double allowed)
{
    const double distance = fmax(0, fabs(ratio - 1) - allowed);
    return 2 * gsl_cdf_tdist_Q(distance / se, dof);
}

double report_limit_p_value(const struct report_limit *limit)
{
    return report_p_value(limit->limit, limit->se, limit->dof, limit->model);
}

bool report_limit_fits(const struct report_limit *limit)
{
    static const double chance = 1e-4;
    return limit->chi2_dof == 0 || gsl_cdf_chisq_Q(limit->chi2, (double)limit->chi2_dof) >= chance;
}
