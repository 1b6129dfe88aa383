/* Losses of networks in training, and what theory says of them (KAA19, KO20, LDRC20). */
#include "measure/measure.h"

#include "base/memory.h"
#include "measure/orders.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIN_LOSS, TEST_LOSS, TEST_ERROR, DIVERGED, LEARNING_RATE, N_VARIABLES };

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
};

struct work {
    const struct net_architecture *architecture;
    struct train_run *run;
    double rate;
};

static double training_bytes(const struct net_architecture *architecture)
{
    return train_run_bytes(architecture);
}

static void training_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    train_run_free(w->run);
    free(w);
}

static int training_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = architecture;
    TRY(train_run_init(&w->run, architecture, error));
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

static int training_run(void *work, uint64_t seed, uint64_t trial, const struct measure_watch *watch,
                        double *const *values, struct base_error *error)
{
    struct work *w = work;
    const struct train_watch steps = {forward_step, (void *)watch};
    const struct train_record record = {.train_loss = values[TRAIN_LOSS],
                                        .test_loss = values[TEST_LOSS],
                                        .test_error = values[TEST_ERROR],
                                        .diverged = values[DIVERGED]};
    *values[LEARNING_RATE] = w->rate;
    return train_run(w->run, seed, trial, w->rate, watch == NULL ? NULL : &steps, &record, error);
}

const struct measure measure_training = {
    .name = "training",
    .doc = "losses of networks in training",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .targets = true,
    .bytes = training_bytes,
    .flops = train_run_flops,
    .init = training_init,
    .free = training_free,
    .run_alone = training_run,
};
