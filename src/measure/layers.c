/* Eigenvalue statistics of the diagonal blocks F_ll of the Fisher matrix, the weights of one layer each
 * (KAA21). */
#include "measure/measure.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "measure/top.h"

#include <math.h>
#include <stdlib.h>

enum { MEAN, SECOND_MOMENT, MAX, SHARPNESS, TRACE_SHARE, MAX_SHARE, N_VARIABLES };

static const char sharpness[] = "layer_sharpness";

static const struct measure_variable variables[N_VARIABLES] = {
    [MEAN] = {.name = "layer_eig_mean",
              .long_name = "mean eigenvalue of a layer's block F_ll over its M_l M_{l-1} weights",
              .formula = "tr F_ll / (M_l M_{l-1})",
              .source = "KAA21",
              .axis = MEASURE_LAYER,
              .predicted = true,
              .powers = {1, 2},
              .powers_outputs = {1, 2}},
    [SECOND_MOMENT] = {.name = "layer_eig_second_moment",
                       .long_name = "second moment of the eigenvalues of a layer's block F_ll over its M_l "
                                    "M_{l-1} weights",
                       .formula = "||F_ll||^2 / (M_l M_{l-1})",
                       .source = "KAA21",
                       .axis = MEASURE_LAYER,
                       .predicted = true,
                       .powers = {1, 2},
                       .powers_outputs = {1, 2}},
    [MAX] = {.name = "layer_eig_max",
             .long_name = "largest eigenvalue of a layer's block F_ll",
             .formula = "lambda_1(F_ll), F_ll the weights of layer l in F",
             .source = "KAA21",
             .axis = MEASURE_LAYER,
             .predicted = true,
             .sharpness = sharpness,
             .powers = {1, 2},
             .powers_outputs = {0.5, 1},
             .powers_first = {0.5, 1}},
    [SHARPNESS] = {.name = sharpness,
                   .long_name =
                       "largest eigenvalue of a layer's block F_ll over a C-th of its trace: 1 where C "
                       "equal eigenvalues are all there is",
                   .formula = "C lambda_1(F_ll) / tr F_ll",
                   .source = "KAA21",
                   .axis = MEASURE_LAYER,
                   .predicted = true,
                   .sharpness = sharpness,
                   .powers = {1, 2},
                   .powers_outputs = {0.5, 1},
                   .powers_first = {0.5, 1}},
    [TRACE_SHARE] = {.name = "layer_trace_share",
                     .long_name = "share of a layer in the trace over all weights",
                     .formula = "tr F_ll / sum_m tr F_mm",
                     .source = "KAA19",
                     .axis = MEASURE_LAYER,
                     .predicted = true,
                     .powers = {1, 2},
                     .powers_outputs = {1, 2}},
    [MAX_SHARE] = {.name = "layer_max_share",
                   .long_name = "largest eigenvalue of a layer's block over that of the whole Fisher matrix",
                   .formula = "lambda_1(F_ll) / lambda_1(F)",
                   .source = "KAA21",
                   .axis = MEASURE_LAYER,
                   .predicted = true,
                   .outlier = true,
                   .sharpness = sharpness,
                   .powers = {1, 2},
                   .powers_outputs = {0.5, 1},
                   .powers_first = {0.5, 1}},
};

/* The traces stand in TRACE_SHARE. */
static int measure_layer(struct measure_top *w, const struct net_gram *gram, size_t l, double *const *values,
                         struct base_error *error)
{
    int status;
    const struct net_architecture *a = gram->architecture;
    const double weights = (double)a->widths[l] * (double)a->widths[l - 1];
    const size_t n = fisher_layer_dual_compute(gram, l, w->dual);
    const double fold = (double)(a->CT / n), trace = fold * linalg_trace(n, w->dual);
    values[MEAN][l] = trace / weights;
    values[SECOND_MOMENT][l] = fold * linalg_frobenius2(n, w->dual) / weights;
    values[TRACE_SHARE][l] = trace;
    TRY(measure_top_find(w, n / a->T, a->T, error)); /* as many lie close together */
    values[MAX][l] = w->values[0];
    values[SHARPNESS][l] = (double)a->C * values[MAX][l] / trace;
out:
    return status;
}

static int layers_run(void *work, const struct net_gram *gram, double *const *values,
                      struct base_error *error)
{
    int status;
    struct measure_top *w = work;
    const struct net_architecture *a = gram->architecture;
    double trace = 0, whole;
    TRY(fisher_dual_compute(gram, w->dual, error));
    TRY(measure_top_find(w, a->C, a->T, error));
    whole = w->values[0];
    for (size_t l = 1; l <= a->L; l++) {
        TRY(measure_layer(w, gram, l, values, error));
        trace += values[TRACE_SHARE][l];
    }
    for (size_t l = 1; l <= a->L; l++) {
        values[TRACE_SHARE][l] /= trace;
        values[MAX_SHARE][l] = values[MAX][l] / whole;
    }
out:
    return status;
}

static int layers_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *const *predictions, struct base_error *error)
{
    const struct theory_layers theory = {.eig_mean = predictions[MEAN],
                                         .eig_second_moment = predictions[SECOND_MOMENT],
                                         .eig_max = predictions[MAX],
                                         .sharpness = predictions[SHARPNESS],
                                         .trace_share = predictions[TRACE_SHARE],
                                         .max_share = predictions[MAX_SHARE]};
    return theory_layers_predict(order, architecture, &theory, error);
}

const struct measure measure_layers = {
    .name = "layers",
    .doc = "eigenvalue statistics of the Fisher matrix of each layer's weights",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .bytes = measure_top_bytes,
    .init = measure_top_init,
    .free = measure_top_free,
    .run = layers_run,
    .predicts_residual = true,
    .predict = layers_predict,
};
