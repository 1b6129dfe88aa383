/* Eigenvalue statistics of the Fisher matrix of softmax classification (KAA21). */
#include "measure/measure.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEAN, SECOND_MOMENT, MAX, MAX_LOW, MAX_HIGH, MAX_KERNEL, EIGENVALUES, N_VARIABLES };

static const struct measure_variable variables[N_VARIABLES] = {
    [MEAN] = {.name = "softmax_eig_mean",
              .long_name = "mean eigenvalue of the softmax Fisher matrix over all P parameters",
              .formula = "tr F_sm / P, F_sm = (1/T) sum_t sum_kk' grad f_k(t) Q_t(k,k') grad f_k'(t)^T, "
                         "Q_t = diag(g) - g g^T, g = softmax(f)",
              .source = "KAA21",
              .predicted = true,
              .powers_outputs = {1, 2}},
    [SECOND_MOMENT] =
        {.name = "softmax_eig_second_moment",
         .long_name = "second moment of the eigenvalues of the softmax Fisher matrix over all P parameters",
         .formula = "||F_sm||^2 / P",
         .source = "KAA21",
         .predicted = true,
         .powers_outputs = {1, 2}},
    [MAX] = {.name = "softmax_eig_max",
             .long_name = "largest eigenvalue of the softmax Fisher matrix",
             .formula = "lambda_1(F_sm)",
             .source = "beyond KAA21",
             .predicted = true,
             .outlier = true,
             .powers_outputs = {0.5, 1},
             .accuracy = 0.05},
    [MAX_LOW] = {.name = "softmax_eig_max_theory_low",
                 .long_name = "lower bound of the largest eigenvalue of the softmax Fisher matrix",
                 .formula = "softmax_eig_second_moment_theory / softmax_eig_mean_theory",
                 .source = "KAA21",
                 .only_predicted = true},
    [MAX_HIGH] = {.name = "softmax_eig_max_theory_high",
                  .long_name = "upper bound of the largest eigenvalue of the softmax Fisher matrix",
                  .formula = "sqrt(P softmax_eig_second_moment_theory)",
                  .source = "KAA21",
                  .only_predicted = true},
    [MAX_KERNEL] = {.name = "softmax_eig_max_theory_kernel",
                    .long_name =
                        "mean largest eigenvalue of the mean-field kernel with softmax of Gaussian outputs",
                    .formula = "E_f lambda_1(B^T F*_MF B), rows of f iid N(0, q^L), Q_t = B_t B_t^T",
                    .source = "beyond KAA21",
                    .only_predicted = true},
    [EIGENVALUES] = {.name = "softmax_eigenvalues",
                     .long_name =
                         "eigenvalues of the dual softmax Fisher matrix, descending, but the T that are 0",
                     .formula = "lambda_rank(B^T F* B), rank <= (C-1)T, Q_t = B_t B_t^T",
                     .source = "beyond KAA21",
                     .axis = MEASURE_RANK,
                     .asked = EXPERIMENT_EIGENVALUES,
                     .predicted = true},
};

struct work {
    double *dual, *scratch; /* (CT, CT) */
    double *g, *row;        /* (CT) */
};

/* One output has a constant softmax: there is nothing to measure. */
static size_t rows_of(const struct net_architecture *a)
{
    return a->C > 1 ? a->CT : 0;
}

static double softmax_bytes(const struct net_architecture *architecture)
{
    const double n = (double)rows_of(architecture);
    return n > 0 ? (2 * n * n + 2 * n) * sizeof(double) + linalg_eigen_top_bytes(architecture->CT, 1) : 0;
}

static void softmax_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    free(w->dual);
    free(w->scratch);
    free(w->g);
    free(w->row);
    free(w);
}

static int softmax_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    const size_t n = rows_of(architecture);
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    TRY(base_got(w->dual = base_calloc(n * n, sizeof(double), error)));
    TRY(base_got(w->scratch = base_calloc(n * n, sizeof(double), error)));
    TRY(base_got(w->g = base_calloc(n, sizeof(double), error)));
    TRY(base_got(w->row = base_calloc(n, sizeof(double), error)));
    *work = w;
out:
    if (status != BASE_OK)
        softmax_free(w);
    return status;
}

/* Those from rank (C−1)T on are 0 up to rounding: nan. */
static int all_eigenvalues(struct work *w, const struct net_architecture *a, double *values,
                           struct base_error *error)
{
    int status;
    memcpy(w->scratch, w->dual, a->CT * a->CT * sizeof *w->dual);
    TRY(linalg_eigenvalues(a->CT, w->scratch, values, error));
    for (size_t rank = a->CT - a->T; rank < a->CT; rank++)
        values[rank] = NAN;
out:
    return status;
}

static int softmax_run(void *work, const struct net_gram *gram, double *const *values,
                       struct base_error *error)
{
    int status;
    struct work *w = work;
    const struct net_architecture *a = gram->architecture;
    double residual;
    if (a->C < 2)
        return BASE_OK;
    TRY(fisher_dual_compute(gram, w->dual, error));
    fisher_softmax_outputs(a->C, a->T, gram->f, w->g);
    fisher_softmax_dual(a->C, a->T, w->g, w->row, w->dual);
    *values[MEAN] = linalg_trace(a->CT, w->dual) / a->P;
    *values[SECOND_MOMENT] = linalg_frobenius2(a->CT, w->dual) / a->P;
    TRY(linalg_eigen_top(a->CT, 1, w->dual, NULL, values[MAX], w->row, &residual, w->scratch, error));
    if (values[EIGENVALUES] != NULL)
        TRY(all_eigenvalues(w, a, values[EIGENVALUES], error));
out:
    return status;
}

static int average_of(const struct theory_order *order, const struct net_architecture *a,
                      struct theory_softmax_average *average, struct base_error *error)
{
    if (order->samples > 1)
        return BASE_OK;
    const double *q = order->q + order->L * order->pairs;
    return theory_softmax_average(q[0], q[order->pairs - 1], a->C, average, error);
}

static int softmax_predict(const struct theory_order *order, const struct net_architecture *architecture,
                           double *const *predictions, struct base_error *error)
{
    int status;
    struct theory_softmax_average average = {.error = 0};
    struct theory_softmax theory;
    TRY(average_of(order, architecture, &average, error));
    TRY(theory_softmax_predict(order, architecture, &average, &theory, predictions[EIGENVALUES], error));
    *predictions[MEAN] = theory.eig_mean;
    *predictions[SECOND_MOMENT] = theory.eig_second_moment;
    *predictions[MAX] = theory.eig_max;
    *predictions[MAX_LOW] = theory.eig_max_low;
    *predictions[MAX_HIGH] = theory.eig_max_high;
    *predictions[MAX_KERNEL] = theory.eig_max_kernel;
out:
    return status;
}

const struct measure measure_softmax = {
    .name = "softmax",
    .doc = "eigenvalue statistics of the Fisher matrix of softmax classification",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .needs = {.outputs = 2},
    .bytes = softmax_bytes,
    .init = softmax_init,
    .free = softmax_free,
    .run = softmax_run,
    .predicts_residual = true,
    .predict = softmax_predict,
};
