/* Metrics that the network induces on its inputs and features (KAA21). */
#include "measure/measure.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <stdlib.h>

enum { MEAN, SECOND_MOMENT, MAX, SHARPNESS, N_VARIABLES };

static const char sharpness[] = "metric_sharpness";

/* The outlier of C outputs splits as that of the Fisher matrix does; at l = L−1 exactly into the eigenvalues
 * of a C×C Wishart matrix with M_{L-1} degrees of freedom. Layer 1 is not special: what is, to the Fisher
 * matrix, are inputs that have no overlap, and here they enter through φ' only. */
static const struct measure_variable variables[N_VARIABLES] = {
    [MEAN] = {.name = "metric_eig_mean",
              .long_name = "mean eigenvalue of the metric on the features of a layer (0: the inputs)",
              .formula = "tr A^l / M_l, A^l = (1/T) sum_t sum_k grad_h f_k grad_h f_k^T, h = h^l",
              .source = "KAA21",
              .axis = MEASURE_LAYER,
              .predicted = true,
              .powers = {1, 2},
              .powers_outputs = {1, 2}},
    [SECOND_MOMENT] = {.name = "metric_eig_second_moment",
                       .long_name = "second moment of the eigenvalues of the metric on the features of a "
                                    "layer (0: the inputs)",
                       .formula = "||A^l||^2 / M_l",
                       .source = "KAA21",
                       .axis = MEASURE_LAYER,
                       .predicted = true,
                       .powers = {1, 2},
                       .powers_outputs = {1, 2}},
    [MAX] = {.name = "metric_eig_max",
             .long_name = "largest eigenvalue of the metric on the features of a layer (0: the inputs)",
             .formula = "lambda_1(A^l)",
             .source = "KAA21",
             .axis = MEASURE_LAYER,
             .predicted = true,
             .sharpness = sharpness,
             .powers = {1, 2},
             .powers_outputs = {0.5, 1}},
    [SHARPNESS] = {.name = sharpness,
                   .long_name = "largest eigenvalue of the metric on the features of a layer over a C-th of "
                                "its trace: 1 where C equal eigenvalues are all there is",
                   .formula = "C lambda_1(A^l) / tr A^l",
                   .source = "KAA21",
                   .axis = MEASURE_LAYER,
                   .predicted = true,
                   .sharpness = sharpness,
                   .powers = {1, 2},
                   .powers_outputs = {0.5, 1}},
};

struct work {
    double *ones, *vector; /* (CT) */
    double *scratch;       /* (CT, CT) */
};

static double metric_bytes(const struct net_architecture *architecture)
{
    const double CT = (double)architecture->CT;
    return (CT * CT + 2 * CT) * sizeof(double) + linalg_eigen_top_bytes(architecture->CT, 1);
}

static void metric_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    free(w->ones);
    free(w->vector);
    free(w->scratch);
    free(w);
}

static int metric_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    const size_t CT = architecture->CT;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    TRY(base_got(w->ones = base_calloc(CT, sizeof(double), error)));
    TRY(base_got(w->vector = base_calloc(CT, sizeof(double), error)));
    TRY(base_got(w->scratch = base_calloc(CT * CT, sizeof(double), error)));
    for (size_t i = 0; i < CT; i++)
        w->ones[i] = 1; /* about the first eigenvector, of one output */
    *work = w;
out:
    if (status != BASE_OK)
        metric_free(w);
    return status;
}

/* The spectrum of A^l is that of its dual, (1/T) G^l. */
static int metric_run(void *work, const struct net_gram *gram, double *const *values,
                      struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const struct net_architecture *a = gram->architecture;
    const double T = (double)a->T;
    for (size_t l = 0; l < a->L; l++) {
        const double M_l = (double)a->widths[l];
        double largest, residual;
        values[MEAN][l] = linalg_trace(a->CT, gram->G[l]) / T / M_l;
        values[SECOND_MOMENT][l] = linalg_frobenius2(a->CT, gram->G[l]) / (T * T) / M_l;
        TRY(linalg_eigen_top(a->CT, 1, gram->G[l], w->ones, &largest, w->vector, &residual, w->scratch,
                             error));
        values[MAX][l] = largest / T;
        values[SHARPNESS][l] = (double)a->C * values[MAX][l] / (M_l * values[MEAN][l]);
    }
out:
    return status;
}

static int metric_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *const *predictions, struct base_error *error)
{
    int status = BASE_OK;
    for (size_t l = 0; l < architecture->L; l++) {
        struct theory_metric theory;
        TRY(theory_metric_predict(order, architecture, l, &theory, error));
        predictions[MEAN][l] = theory.eig_mean;
        predictions[SECOND_MOMENT][l] = theory.eig_second_moment;
        predictions[MAX][l] = theory.eig_max;
        predictions[SHARPNESS][l] = theory.sharpness;
    }
out:
    return status;
}

const struct measure measure_metric = {
    .name = "metric",
    .doc = "eigenvalue statistics of the metrics on inputs and features",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .sums = NET_SUM_G,
    .bytes = metric_bytes,
    .init = metric_init,
    .free = metric_free,
    .run = metric_run,
    .predicts_residual = true,
    .predict = metric_predict,
};
