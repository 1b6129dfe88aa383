/* Losses of networks in training, and what theory says of them (KAA19, KO20, LDRC20). */
#include "measure/measure.h"

#include "base/memory.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRAIN_LOSS,
    TEST_LOSS,
    TEST_ERROR,
    DIVERGED,
    LEARNING_RATE,
    INITIAL_EIG_MAX,
    STABILITY_BOUNDARY,
    STABILITY_RATIO,
    RECOVERY_BOUNDARY,
    RECOVERY_RATIO,
    N_VARIABLES
};

static const struct measure_variable variables[N_VARIABLES] = {
    [TRAIN_LOSS] = {.name = "train_loss",
                    .long_name = "loss of the training samples after each step",
                    .formula = "(1/2T) sum_t |f(t) - y(t)|^2, or the cross entropy",
                    .source = "KO20",
                    .axis = MEASURE_STEP},
    [TEST_LOSS] = {.name = "test_loss",
                   .long_name = "loss of the samples that are held out after each step",
                   .formula = "the same over the test samples",
                   .source = "KO20",
                   .axis = MEASURE_STEP},
    [TEST_ERROR] = {.name = "test_error",
                    .long_name = "share of the samples that are held out whose class is wrong after each step",
                    .formula = "argmax f(t) != argmax y(t), with one output the sign",
                    .source = "LDRC20",
                    .axis = MEASURE_STEP},
    [DIVERGED] = {.name = "diverged",
                  .long_name = "1: the loss became not finite, or 1e6 times what it was at the start; else 0",
                  .formula = "max_s loss_s > 1e6 loss_0",
                  .source = "KAA19"},
    [LEARNING_RATE] = {.name = "used_learning_rate",
                       .long_name = "learning rate of the training",
                       .formula = "eta, c/a or c eta_c",
                       .source = "KO20"},
    [INITIAL_EIG_MAX] = {.name = "initial_eig_max",
                         .long_name = "largest eigenvalue of the Fisher matrix of the parameters that are trained, "
                                      "and of mean-subtracted outputs where they are, before the training",
                         .formula = "lambda_1(F), F = (1/T) sum_t sum_k grad f_k(t) grad f_k(t)^T",
                         .source = "KAA19",
                         .asked = EXPERIMENT_BOUNDARY,
                         .predicted = true,
                         .outlier = true,
                         .powers = {1, 2},
                         .powers_outputs = {0.5, 1},
                         .accuracy = 0.005}, /* of mean-subtracted outputs, averaged over some draws of inputs */
    [STABILITY_BOUNDARY] = {.name = "stability_boundary",
                            .long_name = "learning rate up to which gradient descent is linearly stable",
                            .formula = "eta: |v.(f - y)| after 10 steps is its start, y = f - 1e-6 sqrt(T) v",
                            .source = "KAA19",
                            .asked = EXPERIMENT_BOUNDARY,
                            .predicted = true,
                            .outlier = true,
                            .powers = {1, 2},
                            .powers_outputs = {0.5, 1},
                         .accuracy = 0.005}, /* of mean-subtracted outputs, averaged over some draws of inputs */
    [STABILITY_RATIO] = {.name = "stability_ratio",
                         .long_name = "learning rate up to which gradient descent is linearly stable, over that of "
                                      "the linear dynamics of the same network",
                         .formula = "eta lambda_1(F)/2; with momentum mu eta lambda_1(F)/(2 (1 + mu))",
                         .source = "KAA19",
                         .asked = EXPERIMENT_BOUNDARY,
                         .predicted = true,
                         .identity = 0.005},
    [RECOVERY_BOUNDARY] = {.name = "recovery_boundary",
                           .long_name = "learning rate up to which gradient descent recovers from what grows first",
                           .formula = "eta: max_s loss_s <= 1e6 loss_0 over 30/(1 - mu) steps",
                           .source = "beyond",
                           .asked = EXPERIMENT_BOUNDARY},
    [RECOVERY_RATIO] = {.name = "recovery_ratio",
                        .long_name = "learning rate up to which gradient descent recovers, over the boundary of the "
                                     "linear dynamics of the same network",
                        .formula = "eta lambda_1(F)/2; with momentum mu eta lambda_1(F)/(2 (1 + mu))",
                        .source = "beyond",
                        .asked = EXPERIMENT_BOUNDARY},
};

struct work {
    const struct net_architecture *architecture;
    struct train_run *run;
    struct train_boundary *boundary; /* NULL where none is asked for */
    double rate;
};

static bool is_true(const char *flag)
{
    return strcmp(flag, "true") == 0;
}

static double training_bytes(const struct net_architecture *architecture)
{
    return train_run_bytes(architecture) +
           (is_true(architecture->training->boundary) ? train_boundary_bytes(architecture) : 0);
}

static double training_flops(const struct net_architecture *architecture)
{
    return train_run_flops(architecture) +
           (is_true(architecture->training->boundary) ? train_boundary_flops(architecture) : 0);
}

static void training_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    train_run_free(w->run);
    train_boundary_free(w->boundary);
    free(w);
}

static int training_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = architecture;
    TRY(train_run_init(&w->run, architecture, error));
    if (is_true(architecture->training->boundary))
        TRY(train_boundary_init(&w->boundary, architecture, error));
    w->rate = architecture->training->learning_rate;
    *work = w;
out:
    if (status != BASE_OK)
        training_free(w);
    return status;
}

/* A measure's watcher watches the training's steps. */
static bool forward_step(void *context, size_t step, double loss)
{
    const struct measure_watch *watch = context;
    return watch->step(watch->context, step, loss);
}

static int find_boundaries(struct work *w, uint64_t seed, uint64_t trial, const struct train_watch *watch,
                           double *const *values, struct base_error *error)
{
    int status;
    struct train_boundaries found;
    TRY(train_boundary_find(w->boundary, seed, trial, watch, &found, error));
    const double unit = train_boundary_factor(w->architecture) / found.eig_max;
    *values[INITIAL_EIG_MAX] = found.eig_max;
    *values[STABILITY_BOUNDARY] = found.stability;
    *values[STABILITY_RATIO] = found.stability / unit;
    *values[RECOVERY_BOUNDARY] = found.recovery;
    *values[RECOVERY_RATIO] = found.recovery / unit;
out:
    return status;
}

static int training_run(void *work, uint64_t seed, uint64_t trial, const struct measure_watch *watch,
                        double *const *values, struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const struct train_watch steps = {forward_step, (void *)watch};
    const struct train_watch *looks = watch == NULL ? NULL : &steps;
    const struct train_record record = {.train_loss = values[TRAIN_LOSS],
                                        .test_loss = values[TEST_LOSS],
                                        .test_error = values[TEST_ERROR],
                                        .diverged = values[DIVERGED]};
    *values[LEARNING_RATE] = w->rate;
    if (w->boundary != NULL)
        TRY(find_boundaries(w, seed, trial, looks, values, error));
    TRY(train_run(w->run, seed, trial, w->rate, looks, &record, error));
out:
    return status;
}

/* Of the mean-subtracted outputs λ_max is that of the mean-field kernel of the inputs, of given ones or of some
 * draws of Gaussian ones: its limit at fixed T is far away. */
static int predict_centred_eig_max(const struct theory_order *order, const struct net_architecture *a,
                                   double *eig_max, struct base_error *error)
{
    int status;
    struct theory_spectrum kernel;
    struct net_activation activation = {0};
    TRY(net_activation_open(&activation, a->activation, error));
    TRY(a->inputs != NULL ? theory_fisher_kernel(order, a, &kernel, NULL, error)
                          : theory_fisher_draws(a, &activation, &kernel, NULL, error));
    *eig_max = kernel.centred_eig_max;
out:
    net_activation_close(&activation);
    return status;
}

/* λ_max of F of the parameters and outputs that are trained; NaN where theory has none. */
static int predict_eig_max(const struct theory_order *order, const struct net_architecture *a, double *eig_max,
                           struct base_error *error)
{
    int status = BASE_OK;
    const bool ntk = strcmp(a->training->parametrization, "ntk") == 0;
    struct theory_fisher fisher;
    struct theory_spectrum kernel;
    struct theory_ntk tangent;
    *eig_max = NAN;
    if (is_true(a->training->subtract_mean))
        return ntk ? BASE_OK : predict_centred_eig_max(order, a, eig_max, error);
    if (ntk) {
        TRY(theory_ntk_predict(order, a, &tangent, error));
        *eig_max = tangent.eig_max / (double)a->T;
    } else if (a->inputs != NULL) {
        TRY(theory_fisher_kernel(order, a, &kernel, NULL, error));
        *eig_max = kernel.eig_max;
    } else {
        theory_fisher_predict(order, a, &fisher);
        *eig_max = fisher.eig_max;
    }
out:
    return status;
}

/* λ_max of F and the boundaries that follow from it. */
static int predict_boundary(const struct theory_order *order, const struct net_architecture *a,
                            double *const *predictions, struct base_error *error)
{
    int status;
    double eig_max;
    TRY(predict_eig_max(order, a, &eig_max, error));
    *predictions[INITIAL_EIG_MAX] = eig_max;
    *predictions[STABILITY_BOUNDARY] = train_boundary_factor(a) / eig_max;
    *predictions[STABILITY_RATIO] = 1;
out:
    return status;
}

static int training_predict(const struct theory_order *order, const struct net_architecture *architecture,
                            double *const *predictions, struct base_error *error)
{
    if (!is_true(architecture->training->boundary))
        return BASE_OK;
    return predict_boundary(order, architecture, predictions, error);
}

const struct measure measure_training = {
    .name = "training",
    .doc = "losses of networks in training",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .targets = true,
    .bytes = training_bytes,
    .flops = training_flops,
    .init = training_init,
    .free = training_free,
    .run_alone = training_run,
    .predict = training_predict,
};
