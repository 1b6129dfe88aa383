/* Eigenvalue statistics of the Fisher matrix (KAA19). */
#include "measure/measure.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "measure/orders.h"
#include "measure/top.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEAN, SECOND_MOMENT, MAX, CENTRED_MAX, OVERLAP, EIGENVALUES, MAX_KAPPA, CENTRED_KERNEL, N_VARIABLES };

static const struct measure_variable variables[N_VARIABLES] = {
    [MEAN] = {.name = "fisher_eig_mean",
              .long_name = "mean eigenvalue of the Fisher matrix over all P parameters",
              .formula = "tr F / P",
              .source = "KAA19",
              .predicted = true,
              .powers = {1, 2},
              .powers_outputs = {1, 2}},
    [SECOND_MOMENT] = {.name = "fisher_eig_second_moment",
                       .long_name =
                           "second moment of the eigenvalues of the Fisher matrix over all P parameters",
                       .formula = "||F||^2 / P",
                       .source = "KAA19",
                       .predicted = true,
                       .powers = {1, 2},
                       .powers_outputs = {1, 2}},
    [MAX] = {.name = "fisher_eig_max",
             .long_name = "largest eigenvalue of the Fisher matrix",
             .formula = "lambda_1(F), F = (1/T) sum_t sum_k grad f_k(t) grad f_k(t)^T",
             .source = "KAA19",
             .predicted = true,
             .outlier = true,
             .powers = {1, 2},
             .powers_outputs = {0.5, 1}},
    [CENTRED_MAX] = {.name = "fisher_centred_eig_max",
                     .long_name = "largest eigenvalue of the Fisher matrix of the mean-subtracted outputs",
                     .formula = "lambda_1(F) for f_k - (1/T) sum_t f_k(t)",
                     .source = "KAA21",
                     .predicted = true,
                     .powers = {0.5, 1},
                     .powers_outputs = {0.5, 1}},
    [OVERLAP] = {.name = "fisher_eigvec_overlap",
                 .long_name =
                     "share of the first C eigenvectors of the Fisher matrix in the span of E_t[grad f_k]",
                 .formula = "(1/C) sum_{a<=C} ||Proj v_a||^2",
                 .source = "KAA19",
                 .predicted = true,
                 .outlier = true,
                 .powers = {1, 2},
                 .powers_outputs = {1, 2}},
    [EIGENVALUES] = {.name = "fisher_eigenvalues",
                     .long_name = "eigenvalues of the dual Fisher matrix, descending",
                     .formula = "lambda_rank(F*), F* = (1/T) J J^T",
                     .source = "KAA19",
                     .axis = MEASURE_RANK,
                     .asked = EXPERIMENT_EIGENVALUES,
                     .predicted = true},
    [MAX_KAPPA] = {.name = "fisher_eig_max_theory_kappa",
                   .long_name =
                       "largest eigenvalue of the Fisher matrix: prediction from the two order parameters "
                       "of Gaussian inputs, whatever the inputs are",
                   .formula = "alpha M ((T-1)/T kappa_2 + kappa_1/T)",
                   .source = "KAA19",
                   .only_predicted = true},
    [CENTRED_KERNEL] = {.name = "fisher_centred_eig_max_theory_kernel",
                        .long_name =
                            "largest eigenvalue of the Fisher matrix of the mean-subtracted outputs: "
                            "prediction from the mean-field kernel of the inputs, at T samples in M_0 "
                            "dimensions rather than in the limit",
                        .formula =
                            "lambda_1(P K P), P = I - 11^T/T, K = (1/T) sum_l (M_{l-1} qhat^{l-1} + 1) "
                            "qtilde^l",
                        .source = "beyond",
                        .only_predicted = true},
};

static int all_eigenvalues(struct measure_top *w, size_t CT, double *values, struct base_error *error)
{
    memcpy(w->scratch, w->dual, CT * CT * sizeof *w->dual);
    return linalg_eigenvalues(CT, w->scratch, values, error);
}

/* λ_max of the mean-subtracted outputs; nan at T = 1, where nothing is left of them. Takes the dual with it.
 */
static int centred_max(struct measure_top *w, size_t C, size_t T, double *value, struct base_error *error)
{
    double residual;
    *value = NAN;
    if (T == 1)
        return BASE_OK;
    fisher_dual_centre(C, T, w->means, w->dual);
    return linalg_eigen_top(C * T, 1, w->dual, NULL, value, w->vectors, &residual, w->scratch, error);
}

static int fisher_run(void *work, const struct net_gram *gram, double *const *values,
                      struct base_error *error)
{
    int status;
    struct measure_top *w = work;
    const struct net_architecture *a = gram->architecture;
    TRY(fisher_dual_compute(gram, w->dual, error));
    *values[MEAN] = linalg_trace(a->CT, w->dual) / a->P;
    *values[SECOND_MOMENT] = linalg_frobenius2(a->CT, w->dual) / a->P;
    TRY(measure_top_find(w, a->C, a->T, error));
    *values[MAX] = w->values[0];
    if (values[EIGENVALUES] != NULL)
        TRY(all_eigenvalues(w, a->CT, values[EIGENVALUES], error));
    TRY(fisher_overlap_compute(a->C, a->T, w->means, w->values, w->vectors, values[OVERLAP], error));
    TRY(centred_max(w, a->C, a->T, values[CENTRED_MAX], error));
out:
    return status;
}

/* Whole spectra are those of the mean-field kernel of the inputs: of the given ones, or of some draws of
 * Gaussian ones. eigenvalues (T) or NULL. */
static int predict_kernel(const struct theory_order *order, const struct net_architecture *a,
                          struct theory_spectrum *spectrum, double *eigenvalues, struct base_error *error)
{
    int status;
    struct net_activation activation = {0};
    if (a->inputs != NULL)
        return theory_fisher_kernel(order, a, spectrum, eigenvalues, error);
    TRY(net_activation_open(&activation, a->activation, error));
    TRY(theory_fisher_draws(a, &activation, spectrum, eigenvalues, error));
out:
    net_activation_close(&activation);
    return status;
}

/* What KAA19 would say if the inputs were Gaussian. */
static int predict_kappa(const struct net_architecture *a, double *eig_max, struct base_error *error)
{
    int status;
    struct net_activation activation = {0};
    struct theory_order order = {.L = 0};
    struct theory_fisher theory;
    TRY(net_activation_open(&activation, a->activation, error));
    TRY(measure_orders_gaussian(a, &activation, &order, error));
    theory_fisher_predict(&order, a, &theory);
    *eig_max = theory.eig_max;
out:
    theory_order_free(&order);
    net_activation_close(&activation);
    return status;
}

/* Each C-fold. */
static void fill_spectrum(const struct net_architecture *a, const double *eigenvalues, double *spectrum)
{
    for (size_t rank = 0; rank < a->CT; rank++)
        spectrum[rank] = eigenvalues[rank / a->C];
}

static int fisher_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *const *predictions, struct base_error *error)
{
    int status;
    struct theory_fisher theory;
    struct theory_spectrum kernel;
    double *eigenvalues = NULL;
    theory_fisher_predict(order, architecture, &theory);
    *predictions[MEAN] = theory.eig_mean;
    *predictions[SECOND_MOMENT] = theory.eig_second_moment;
    *predictions[MAX] = theory.eig_max;
    *predictions[CENTRED_MAX] = theory.centred_eig_max;
    *predictions[OVERLAP] = theory.eigvec_overlap;
    *predictions[MAX_KAPPA] = theory.eig_max;
    if (architecture->inputs != NULL)
        TRY(predict_kappa(architecture, predictions[MAX_KAPPA], error));
    if (predictions[EIGENVALUES] != NULL)
        TRY(base_got(eigenvalues = base_calloc(architecture->T, sizeof *eigenvalues, error)));
    TRY(predict_kernel(order, architecture, &kernel, eigenvalues, error));
    *predictions[CENTRED_KERNEL] = kernel.centred_eig_max;
    if (architecture->inputs != NULL) {
        *predictions[MAX] = kernel.eig_max;
        *predictions[CENTRED_MAX] = kernel.centred_eig_max;
        *predictions[OVERLAP] = kernel.eigvec_overlap;
    }
    if (eigenvalues != NULL)
        fill_spectrum(architecture, eigenvalues, predictions[EIGENVALUES]);
out:
    free(eigenvalues);
    return status;
}

const struct measure measure_fisher = {
    .name = "fisher",
    .doc = "eigenvalue statistics of the Fisher matrix of the regression model",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .bytes = measure_top_bytes,
    .init = measure_top_init,
    .free = measure_top_free,
    .run = fisher_run,
    .predicts_residual = true,
    .predict = fisher_predict,
};
