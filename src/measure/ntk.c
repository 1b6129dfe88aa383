/* The neural tangent kernel in the NTK parametrisation, and how far it is from its limit (KAA21). */
#include "measure/measure.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "measure/top.h"

#include <math.h>
#include <stdlib.h>

enum { MEAN, SECOND_MOMENT, MAX, KERNEL_ERROR, N_VARIABLES };

/* Of the analytic kernel of each network's inputs; the error that is measured is 1/√M. */
static const double tolerance = 1e-8;

static const struct measure_variable variables[N_VARIABLES] = {
    [MEAN] = {.name = "ntk_eig_mean",
              .long_name = "mean eigenvalue of the neural tangent kernel",
              .formula = "tr Theta / CT, Theta = sum_l D^l o (sigma_w^2 H^{l-1}/M_{l-1} + sigma_b^2)",
              .source = "KAA21",
              .predicted = true,
              .powers = {1, 2},
              .powers_outputs = {1, 2}},
    [SECOND_MOMENT] = {.name = "ntk_eig_second_moment",
                       .long_name = "second moment of the eigenvalues of the neural tangent kernel",
                       .formula = "||Theta||^2 / CT",
                       .source = "KAA21",
                       .predicted = true,
                       .powers = {1, 2},
                       .powers_outputs = {1, 2}},
    [MAX] = {.name = "ntk_eig_max",
             .long_name = "largest eigenvalue of the neural tangent kernel",
             .formula = "lambda_1(Theta)",
             .source = "KAA21",
             .predicted = true,
             .outlier = true,
             .powers = {1, 2},
             .powers_outputs = {0.5, 1}},
    [KERNEL_ERROR] = {.name = "ntk_kernel_error",
                      .long_name = "relative distance of the neural tangent kernel from the analytic one of "
                                   "the same inputs",
                      .formula = "||Theta - I_C x K|| / ||I_C x K||, K = sum_l q^l o qtilde^l",
                      .source = "beyond"},
};

struct work {
    struct net_activation activation;
    struct measure_top *top;        /* its dual is Θ */
    double *inputs, *kernel, *nngp; /* (T, T) */
};

static double ntk_bytes(const struct net_architecture *architecture)
{
    const double T = (double)architecture->T;
    return measure_top_bytes(architecture) + 3 * T * T * sizeof(double);
}

static void ntk_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    net_activation_close(&w->activation);
    measure_top_free(w->top);
    free(w->inputs);
    free(w);
}

static int ntk_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    const size_t T = architecture->T;
    void *top = NULL;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    TRY(net_activation_open(&w->activation, architecture->activation, error));
    TRY(measure_top_init(&top, architecture, error));
    w->top = top;
    TRY(base_got(w->inputs = base_calloc(3 * T * T, sizeof(double), error)));
    w->kernel = w->inputs + T * T;
    w->nngp = w->kernel + T * T;
    *work = w;
out:
    if (status != BASE_OK)
        ntk_free(w);
    return status;
}

/* From the Gram matrix of the network's own inputs; nan where the kernel cannot be computed. */
static int kernel_error(struct work *w, const struct net_gram *gram, double *value, struct base_error *error)
{
    const struct net_architecture *a = gram->architecture;
    for (size_t i = 0; i < a->T * a->T; i++)
        w->inputs[i] = gram->H[0][i] / (double)a->widths[0];
    struct theory_branch branch;
    const int status = theory_ntk_compute_residual(&w->activation, a->weight_variance, a->bias_variance,
                                                   theory_branch_of(a, a->branch_variance, &branch), a->L,
                                                   a->T, w->inputs, tolerance, w->kernel, w->nngp, error);
    *value = status == BASE_OK ? fisher_kernel_error(a->C, a->T, w->top->dual, w->kernel) : NAN;
    return status == BASE_UNRESOLVED ? BASE_OK : status;
}

static int ntk_run(void *work, const struct net_gram *gram, double *const *values, struct base_error *error)
{
    int status;
    struct work *w = work;
    const struct net_architecture *a = gram->architecture;
    double *ntk = w->top->dual;
    TRY(fisher_ntk_compute(gram, ntk, error));
    *values[MEAN] = linalg_trace(a->CT, ntk) / (double)a->CT;
    *values[SECOND_MOMENT] = linalg_frobenius2(a->CT, ntk) / (double)a->CT;
    TRY(measure_top_find(w->top, a->C, a->T, error));
    *values[MAX] = w->top->values[0];
    TRY(kernel_error(w, gram, values[KERNEL_ERROR], error));
out:
    return status;
}

static int ntk_predict(const struct theory_order *order, const struct net_architecture *architecture,
                       double *const *predictions, struct base_error *error)
{
    int status;
    struct theory_ntk theory;
    TRY(theory_ntk_predict(order, architecture, &theory, error));
    *predictions[MEAN] = theory.eig_mean;
    *predictions[SECOND_MOMENT] = theory.eig_second_moment;
    *predictions[MAX] = theory.eig_max;
out:
    return status;
}

const struct measure measure_ntk = {
    .name = "ntk",
    .doc = "eigenvalue statistics of the neural tangent kernel, and its distance from the analytic one",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .bytes = ntk_bytes,
    .init = ntk_init,
    .free = ntk_free,
    .run = ntk_run,
    .predicts_residual = true,
    .predict = ntk_predict,
};
