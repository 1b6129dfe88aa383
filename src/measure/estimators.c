/* The Fisher matrix estimated from sampled outputs, and the empirical one, of the targets that belong to the
 * inputs or else of y ~ N(0, I) (beyond). */
#include "measure/measure.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRACE, MAX, FROBENIUS2, VARIANCE, SQUARE_ERROR, N_VARIABLES };
enum kind { SAMPLED, EMPIRICAL };

static const struct measure_variable variables[N_VARIABLES] = {
    [TRACE] =
        {.name = "estimator_trace",
         .long_name = "trace of the estimated Fisher matrix",
         .formula =
             "tr F^, F^ = (1/(Tn)) sum_tr g g^T, g = J_t^T eps_r(t); empirical: J_t^T (y - f)(t), n = 1",
         .source = "beyond",
         .axis = MEASURE_KIND,
         .predicted = true,
         .powers = {1, 2},
         .powers_outputs = {1, 2}},
    [MAX] = {.name = "estimator_eig_max",
             .long_name = "largest eigenvalue of the estimated Fisher matrix",
             .formula = "lambda_1(F^)",
             .source = "beyond",
             .axis = MEASURE_KIND,
             .predicted = true}, /* to first order in 1/T: no limit of large width */
    [FROBENIUS2] = {.name = "estimator_frobenius2",
                    .long_name = "squared Frobenius norm of the estimated Fisher matrix",
                    .formula = "||F^||^2",
                    .source = "beyond",
                    .axis = MEASURE_KIND,
                    .predicted = true,
                    .powers = {1, 2},
                    .powers_outputs = {1, 2}},
    [VARIANCE] = {.name = "estimator_trace_variance",
                  .long_name = "variance of the sampled estimator's trace over draws, given the network",
                  .formula = "(2/(T^2 n)) sum_t ||K_tt||^2, K = T F*",
                  .source = "beyond",
                  .predicted = true,
                  .powers = {1, 2},
                  .powers_outputs = {1, 2}},
    [SQUARE_ERROR] = {.name = "estimator_trace_square_error",
                      .long_name = "squared error of the sampled estimator's trace; on average its variance",
                      .formula = "(tr F^ - tr F)^2",
                      .source = "beyond",
                      .predicted = true,
                      .powers = {1, 2},
                      .powers_outputs = {1, 2}},
};

struct work {
    double *dual;               /* (CT, CT) */
    double *estimate, *scratch; /* (CT, CT) at most */
    double *epsilon;            /* (max(n, 1), C, T) */
    double *X;                  /* (C, C, T) at most */
    double *vector;             /* (CT) */
};

static double estimators_bytes(const struct net_architecture *architecture)
{
    const double CT = (double)architecture->CT, C = (double)architecture->C;
    return (3 * CT * CT + ((double)architecture->draws + C + 1) * CT) * sizeof(double) +
           linalg_eigen_top_bytes(architecture->CT, 1);
}

static void estimators_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    double *arrays[] = {w->dual, w->estimate, w->scratch, w->epsilon, w->X, w->vector};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(w);
}

static int estimators_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    const size_t CT = architecture->CT, C = architecture->C;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    TRY(base_got(w->dual = base_calloc(CT * CT, sizeof(double), error)));
    TRY(base_got(w->estimate = base_calloc(CT * CT, sizeof(double), error)));
    TRY(base_got(w->scratch = base_calloc(CT * CT, sizeof(double), error)));
    TRY(base_got(w->epsilon = base_calloc(architecture->draws * CT, sizeof(double), error)));
    TRY(base_got(w->X = base_calloc(C * CT, sizeof(double), error)));
    TRY(base_got(w->vector = base_calloc(CT, sizeof(double), error)));
    *work = w;
out:
    if (status != BASE_OK)
        estimators_free(w);
    return status;
}

/* The numbers of the estimate from n rows of epsilon. */
static int estimate(struct work *w, const struct net_architecture *a, size_t n, enum kind kind,
                    double *const *values, struct base_error *error)
{
    int status;
    double residual;
    const size_t m = fisher_estimator_rank(a->C, n), mT = m * a->T;
    TRY(fisher_estimator_root(a->C, a->T, n, w->epsilon, w->X, error));
    TRY(fisher_estimator_dual(a->C, a->T, m, w->X, w->dual, w->estimate, error));
    values[TRACE][kind] = linalg_trace(mT, w->estimate);
    values[FROBENIUS2][kind] = linalg_frobenius2(mT, w->estimate);
    TRY(linalg_eigen_top(mT, 1, w->estimate, NULL, &values[MAX][kind], w->vector, &residual, w->scratch,
                         error));
out:
    return status;
}

static int estimators_run(void *work, const struct net_gram *gram, double *const *values,
                          struct base_error *error)
{
    int status;
    struct work *w = work;
    const struct net_architecture *a = gram->architecture;
    TRY(fisher_dual_compute(gram, w->dual, error));
    linalg_mirror(a->CT, w->dual);

    net_gram_draws(gram, a->draws, w->epsilon);
    TRY(estimate(w, a, a->draws, SAMPLED, values, error));
    const double off = values[TRACE][SAMPLED] - linalg_trace(a->CT, w->dual);
    *values[SQUARE_ERROR] = off * off;
    *values[VARIANCE] = fisher_estimator_trace_variance(a->C, a->T, a->draws, w->dual);

    if (a->targets != NULL)
        memcpy(w->epsilon, a->targets, a->CT * sizeof *w->epsilon);
    else
        net_gram_labels(gram, w->epsilon);
    for (size_t i = 0; i < a->CT; i++)
        w->epsilon[i] -= gram->f[i];
    TRY(estimate(w, a, 1, EMPIRICAL, values, error));
out:
    return status;
}

static int estimators_predict(const struct theory_order *order, const struct net_architecture *architecture,
                              double *const *predictions, struct base_error *error)
{
    int status;
    struct theory_estimators theory;
    TRY(theory_estimators_predict(order, architecture, &theory, error));
    for (int kind = SAMPLED; kind <= EMPIRICAL; kind++) {
        predictions[TRACE][kind] = theory.trace[kind];
        predictions[MAX][kind] = theory.eig_max[kind];
        predictions[FROBENIUS2][kind] = theory.frobenius2[kind];
    }
    *predictions[VARIANCE] = *predictions[SQUARE_ERROR] = theory.trace_variance;
out:
    return status;
}

const struct measure measure_estimators = {
    .name = "estimators",
    .doc = "the Fisher matrix estimated from sampled outputs, and the empirical one",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .targets = true,
    .needs = {.draws = true},
    .bytes = estimators_bytes,
    .init = estimators_init,
    .free = estimators_free,
    .run = estimators_run,
    .predicts_residual = true,
    .predict = estimators_predict,
};
