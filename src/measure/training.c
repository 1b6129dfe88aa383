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
    FIRST_STEP_SHARE,
    LOSS_FACTOR,
    ISOTROPY_A,
    ISOTROPY_ERROR,
    CRITICAL_RATE,
    CRITICAL_LIMIT,
    EIG_MAX,
    CONDITION,
    ENERGY,
    CONDITION_MEAN,
    ENERGY_CUMULATIVE,
    BATCH_SIZE,
    STEP_RATE,
    EPOCH,
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
                    .axis = MEASURE_STEP,
                    .predicted = true},
    [TEST_LOSS] = {.name = "test_loss",
                   .long_name = "loss of the samples that are held out after each step",
                   .formula = "the same over the test samples",
                   .source = "KO20",
                   .axis = MEASURE_STEP,
                   .predicted = true},
    [TEST_ERROR] = {.name = "test_error",
                    .long_name =
                        "share of the samples that are held out whose class is wrong after each step",
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
    /* A step turns some √M of M kinked units on or off, which leaves a part of 1/√M. */
    [FIRST_STEP_SHARE] = {.name = "first_step_share",
                          .long_name =
                              "share of the errors that the first step takes: 1 is convergence in one step",
                          .formula = "1 - <g_1, g_0>/<g_0, g_0>, g = f - y over the training samples",
                          .source = "KO20",
                          .predicted = true,
                          .powers = {0.5, 1},
                          .powers_outputs = {0.5, 1}},
    [LOSS_FACTOR] = {.name = "loss_factor",
                     .long_name =
                         "geometric mean of the factors by which up to four first steps shrink the loss",
                     .formula = "(loss_n/loss_0)^(1/n), n = min(4, steps); (1 - eta a)^2",
                     .source = "KO20",
                     .predicted = true,
                     .powers = {0.5, 1},
                     .powers_outputs = {0.5, 1}},
    [CRITICAL_RATE] = {.name = "critical_rate_theory",
                       .long_name =
                           "learning rate up to which gradient descent on the squared loss is linearly "
                           "stable",
                       .formula = "eta_c = 2 (1 + mu)/lambda_max of the mean-field kernel",
                       .source = "KAA19",
                       .only_predicted = true},
    [CRITICAL_LIMIT] = {.name = "critical_rate_theory_limit",
                        .long_name = "the same from the two order parameters of Gaussian inputs",
                        .formula =
                            "2 (1 + mu)/(alpha M ((T-1)/T kappa_2 + kappa_1/T)), mean subtracted: 2 (1 + "
                            "mu) T/(alpha M (kappa_1 - kappa_2))",
                        .source = "KAA19",
                        .only_predicted = true},
    [ISOTROPY_A] = {.name = "isotropy_a",
                    .long_name =
                        "trace of J Fhat^-1 J^T/T over CT before the first step: a step of a natural "
                        "gradient multiplies the error by about 1 - eta a",
                    .formula = "tr(J Fhat^-1 J^T)/(C T^2)",
                    .source = "KO20",
                    .asked = EXPERIMENT_ISOTROPY,
                    .predicted = true,
                    .powers = {1, 2},
                    .powers_outputs = {1, 2},
                    .accuracy = 5e-3},
    [ISOTROPY_ERROR] = {.name = "isotropy_error",
                        .long_name =
                            "root mean square of the relative deviations of the eigenvalues of J Fhat^-1 "
                            "J^T/T from their mean a",
                        .formula = "||J Fhat^-1 J^T/T - a I||/(a sqrt(C T))",
                        .source = "KO20",
                        .asked = EXPERIMENT_ISOTROPY},
    [EIG_MAX] = {.name = "spectrum_eig_max",
                 .long_name = "largest eigenvalue of the dual of the gradients of a step's samples",
                 .formula = "lambda_max of K = J J^T, rows of J: gradients of the loss of each sample",
                 .source = "LDRC20",
                 .axis = MEASURE_STEP,
                 .asked = EXPERIMENT_SPECTRA},
    [CONDITION] = {.name = "spectrum_condition",
                   .long_name = "condition of the gradients of a step's samples",
                   .formula = "C = sqrt(lambda_max / lambda_min) of K, of lambda > B eps lambda_max",
                   .source = "LDRC20",
                   .axis = MEASURE_STEP,
                   .asked = EXPERIMENT_SPECTRA},
    [ENERGY] = {.name = "spectrum_energy",
                .long_name = "norm of the gradients of a step's samples",
                .formula = "sqrt(tr K)",
                .source = "LDRC20",
                .axis = MEASURE_STEP,
                .asked = EXPERIMENT_SPECTRA},
    [CONDITION_MEAN] = {.name = "spectrum_condition_mean",
                        .long_name = "mean condition of the steps so far",
                        .formula = "mean_k C_k of the measured steps",
                        .source = "LDRC20",
                        .axis = MEASURE_STEP,
                        .asked = EXPERIMENT_SPECTRA},
    [ENERGY_CUMULATIVE] = {.name = "spectrum_energy_cumulative",
                           .long_name = "norms of the gradients of the steps so far, added up",
                           .formula = "sum_k (eta_k/B_k) sqrt(tr K_k) / share of the steps that are measured",
                           .source = "LDRC20",
                           .axis = MEASURE_STEP,
                           .asked = EXPERIMENT_SPECTRA},
    [BATCH_SIZE] = {.name = "batch_size",
                    .long_name = "samples of each step",
                    .formula = "B",
                    .source = "LDRC20",
                    .axis = MEASURE_STEP,
                    .asked = EXPERIMENT_BATCHES},
    [STEP_RATE] = {.name = "step_learning_rate",
                   .long_name = "learning rate of each step",
                   .formula = "eta times the factors of the stages so far",
                   .source = "LDRC20",
                   .axis = MEASURE_STEP,
                   .asked = EXPERIMENT_BATCHES},
    [EPOCH] = {.name = "epoch",
               .long_name = "samples taken by the steps so far, over T",
               .formula = "sum_s B_s / T",
               .source = "LDRC20",
               .axis = MEASURE_STEP,
               .asked = EXPERIMENT_BATCHES},
    [INITIAL_EIG_MAX] = {.name = "initial_eig_max",
                         .long_name =
                             "largest eigenvalue of the Fisher matrix of the parameters that are trained, "
                             "and of mean-subtracted outputs where they are, before the training",
                         .formula = "lambda_1(F), F = (1/T) sum_t sum_k grad f_k(t) grad f_k(t)^T",
                         .source = "KAA19",
                         .asked = EXPERIMENT_BOUNDARY,
                         .predicted = true,
                         .outlier = true,
                         .powers = {1, 2},
                         .powers_outputs = {0.5, 1},
                         .accuracy =
                             0.005}, /* of mean-subtracted outputs, averaged over some draws of inputs */
    [STABILITY_BOUNDARY] = {.name = "stability_boundary",
                            .long_name = "learning rate up to which gradient descent is linearly stable",
                            .formula = "eta: |v.(f - y)| after 10 steps is its start, y = f - 1e-6 sqrt(T) v",
                            .source = "KAA19",
                            .asked = EXPERIMENT_BOUNDARY,
                            .predicted = true,
                            .outlier = true,
                            .powers = {1, 2},
                            .powers_outputs = {0.5, 1},
                            .accuracy = 0.005},
    [STABILITY_RATIO] = {.name = "stability_ratio",
                         .long_name =
                             "learning rate up to which gradient descent is linearly stable, over that of "
                             "the linear dynamics of the same network",
                         .formula = "eta lambda_1(F)/2; with momentum mu eta lambda_1(F)/(2 (1 + mu))",
                         .source = "KAA19",
                         .asked = EXPERIMENT_BOUNDARY,
                         .predicted = true,
                         .identity = 0.005},
    [RECOVERY_BOUNDARY] = {.name = "recovery_boundary",
                           .long_name =
                               "learning rate up to which gradient descent recovers from what grows first",
                           .formula = "eta: max_s loss_s <= 1e6 loss_0 over 30/(1 - mu) steps",
                           .source = "beyond",
                           .asked = EXPERIMENT_BOUNDARY},
    [RECOVERY_RATIO] = {.name = "recovery_ratio",
                        .long_name =
                            "learning rate up to which gradient descent recovers, over the boundary of the "
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
    enum base_status found; /* BASE_UNRESOLVED: there is no rate, and */
    struct base_error why;
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

/* η of a training: as given, c/a of a natural gradient, or c η_c of gradient descent. */
static int find_rate(const struct net_architecture *a, const struct net_activation *activation, double *rate,
                     struct base_error *error)
{
    int status = BASE_OK;
    const struct experiment_training *t = a->training;
    struct theory_critical critical;
    double constant;
    *rate = t->learning_rate;
    if (t->learning_rate > 0)
        return BASE_OK;
    if (strcmp(t->optimizer, "gradient") == 0) {
        TRY(theory_critical_rate(a, activation, &critical, error));
        *rate = t->rate * critical.rate;
    } else {
        TRY(theory_isotropy(a, activation, &constant, error));
        *rate = t->rate / constant;
    }
    if (!isfinite(*rate))
        TRY(base_fail(error, BASE_UNRESOLVED, "there is no critical learning rate here"));
out:
    return status;
}

static int training_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    struct net_activation activation = {0};
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = architecture;
    TRY(train_run_init(&w->run, architecture, error));
    if (is_true(architecture->training->boundary))
        TRY(train_boundary_init(&w->boundary, architecture, error));
    TRY(net_activation_open(&activation, architecture->activation, error));
    w->found = (enum base_status)find_rate(architecture, &activation, &w->rate, &w->why);
    if (w->found != BASE_OK && w->found != BASE_UNRESOLVED)
        TRY(base_fail(error, w->found, "%s", w->why.text));
    *work = w;
out:
    net_activation_close(&activation);
    if (status != BASE_OK)
        training_free(w);
    return status;
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

static int training_run(void *work, uint64_t seed, uint64_t trial, const struct train_watch *watch,
                        double *const *values, struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const struct train_record record = {.train_loss = values[TRAIN_LOSS],
                                        .test_loss = values[TEST_LOSS],
                                        .test_error = values[TEST_ERROR],
                                        .diverged = values[DIVERGED],
                                        .batch_size = values[BATCH_SIZE],
                                        .rate = values[STEP_RATE],
                                        .epoch = values[EPOCH],
                                        .spectra = {values[EIG_MAX], values[CONDITION], values[ENERGY],
                                                    values[CONDITION_MEAN], values[ENERGY_CUMULATIVE]},
                                        .first_step_share = values[FIRST_STEP_SHARE],
                                        .loss_factor = values[LOSS_FACTOR]};
    if (w->found != BASE_OK)
        return base_fail(error, w->found, "%s", w->why.text);
    *values[LEARNING_RATE] = w->rate;
    if (is_true(w->architecture->training->isotropy))
        TRY(train_run_isotropy(w->run, seed, trial, values[ISOTROPY_A], values[ISOTROPY_ERROR], error));
    if (w->boundary != NULL)
        TRY(find_boundaries(w, seed, trial, watch, values, error));
    TRY(train_run(w->run, seed, trial, w->rate, watch, &record, error));
out:
    return status;
}

/* λ_max of F and the boundary that follows from it, η_c but for the weight decay. */
static void predict_boundary(const struct net_architecture *a, double critical_rate,
                             double *const *predictions)
{
    const double factor = train_boundary_factor(a),
                 eig_max = factor / critical_rate - a->training->weight_decay;
    *predictions[INITIAL_EIG_MAX] = eig_max;
    *predictions[STABILITY_BOUNDARY] = factor / eig_max;
    *predictions[STABILITY_RATIO] = 1;
}

static int predict_losses(const struct net_architecture *a, const struct net_activation *activation,
                          double *const *predictions, struct base_error *error)
{
    int status;
    double rate;
    struct theory_learning learning = {.train_loss = predictions[TRAIN_LOSS],
                                       .test_loss = predictions[TEST_LOSS]};
    TRY(find_rate(a, activation, &rate, error));
    TRY(theory_learning_predict(a, activation, rate, &learning, error));
    *predictions[FIRST_STEP_SHARE] = learning.first_step_share;
    *predictions[LOSS_FACTOR] = learning.loss_factor;
    if (predictions[ISOTROPY_A] != NULL)
        *predictions[ISOTROPY_A] = learning.isotropy_a;
out:
    return status;
}

static int training_predict(const struct theory_order *order, const struct net_architecture *architecture,
                            double *const *predictions, struct base_error *error)
{
    int status;
    struct net_activation activation = {0};
    struct theory_critical critical = {NAN, NAN};
    (void)order;
    TRY(net_activation_open(&activation, architecture->activation, error));
    status = theory_critical_rate(architecture, &activation, &critical, error);
    *predictions[CRITICAL_RATE] = critical.rate;
    *predictions[CRITICAL_LIMIT] = critical.limit;
    if (is_true(architecture->training->boundary))
        predict_boundary(architecture, critical.rate, predictions);
    if (status != BASE_UNRESOLVED)
        TRY(status);
    TRY(predict_losses(architecture, &activation, predictions, error));
out:
    net_activation_close(&activation);
    return status;
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
