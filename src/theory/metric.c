/* Metrics of the inputs and of the features (KAA21); symbols as in theory.h. */
#include "theory/theory.h"

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>

/* The largest eigenvalue of (1/T) q̃_h over given samples: that of the two kinds of pairs in closed form.
 * q̃_h = factor·gradient */
static int largest_given(const struct theory_order *order, const double *gradient, double factor,
                         double *largest, struct base_error *error)
{
    int status = BASE_OK;
    const size_t T = order->samples;
    gsl_matrix *K = gsl_matrix_alloc(T, T);
    gsl_vector *values = gsl_vector_alloc(T);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(T);
    if (K == NULL || values == NULL || work == NULL)
        TRY(base_fail(error, BASE_FAILED, "out of memory for a metric of %zu samples", T));
    for (size_t p = 0; p < order->pairs; p++) {
        gsl_matrix_set(K, order->s[p], order->t[p], factor * gradient[p] / (double)T);
        gsl_matrix_set(K, order->t[p], order->s[p], factor * gradient[p] / (double)T);
    }
    if (gsl_eigen_symm(K, values, work) != GSL_SUCCESS)
        TRY(base_fail(error, BASE_UNRESOLVED, "the eigenvalues of a metric do not converge"));
    *largest = gsl_vector_max(values);
out:
    gsl_matrix_free(K);
    gsl_vector_free(values);
    if (work != NULL)
        gsl_eigen_symm_free(work);
    return status;
}

int theory_metric_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          size_t l, struct theory_metric *prediction, struct base_error *error)
{
    int status = BASE_OK;
    const size_t T = architecture->T;
    const double C = (double)architecture->C, M_l = (double)architecture->widths[l];
    const bool residual = order->Q != NULL; /* q̃_h is Q^l there, σ_w² q̃^{l+1} in a plain network */
    const double *gradient = residual ? order->Q + l * order->pairs : order->qtilde + (l + 1) * order->pairs;
    const double factor = residual ? 1 : architecture->weight_variance;
    double same = 0, squares = 0, all = 0;
    for (size_t p = 0; p < order->pairs; p++) {
        const double weight = theory_order_weight(order, T, p);
        const double qtilde_h = factor * gradient[p];
        same += p < order->samples ? qtilde_h / (double)order->samples : 0;
        squares += weight * qtilde_h * qtilde_h;
        all += weight * qtilde_h;
    }
    *prediction = (struct theory_metric){C * same / M_l, C * squares / M_l, all, NAN};
    if (order->samples > 1)
        TRY(largest_given(order, gradient, factor, &prediction->eig_max, error));
    else if (T > 1 && gradient[1] < 1e-12 * gradient[0])
        prediction->eig_max = NAN; /* nothing stands above the bulk */
    prediction->sharpness = prediction->eig_max / same;
out:
    return status;
}
