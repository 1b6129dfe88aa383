/* Losses of networks in training, and what theory says of them (KAA19, KO20, LDRC20). */
#include "measure/training.h"

#include "base/memory.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static double training_steps(const struct net_architecture *architecture)
{
    return (double)net_architecture_steps(architecture) +
           (is_true(architecture->training->boundary) ? train_boundary_steps(architecture) : 0);
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
static int find_rate(const struct net_architecture *a, const struct net_activation *activation,
                     struct theory_kept *kept, double *rate, struct base_error *error)
{
    int status = BASE_OK;
    const struct experiment_training *t = a->training;
    struct theory_critical critical;
    double constant;
    *rate = t->learning_rate;
    if (t->learning_rate > 0)
        return BASE_OK;
    if (strcmp(t->optimizer, "gradient") == 0) {
        TRY(theory_critical_rate(a, activation, kept, &critical, error));
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
    w->found = (enum base_status)find_rate(architecture, &activation, NULL, &w->rate, &w->why);
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

/* λ_max of F and the boundary that follows from it, which no weight decay moves. */
static void predict_boundary(const struct theory_critical *critical, double *const *predictions)
{
    *predictions[INITIAL_EIG_MAX] = critical->eig_max;
    *predictions[STABILITY_BOUNDARY] = critical->boundary;
    *predictions[STABILITY_RATIO] = 1;
}

static int predict_losses(const struct net_architecture *a, const struct net_activation *activation,
                          struct theory_kept *kept, double *const *predictions, struct base_error *error)
{
    int status;
    double rate;
    struct theory_learning learning = {.train_loss = predictions[TRAIN_LOSS],
                                       .test_loss = predictions[TEST_LOSS]};
    TRY(find_rate(a, activation, kept, &rate, error));
    TRY(theory_learning_predict(a, activation, rate, kept, &learning, error));
    *predictions[FIRST_STEP_SHARE] = learning.first_step_share;
    *predictions[LOSS_FACTOR] = learning.loss_factor;
    if (predictions[ISOTROPY_A] != NULL)
        *predictions[ISOTROPY_A] = learning.isotropy_a;
out:
    return status;
}

static int training_predict(void **kept, const struct net_architecture *architecture,
                            double *const *predictions, struct base_error *error)
{
    int status;
    struct net_activation activation = {0};
    struct theory_critical critical = {NAN, NAN, NAN, NAN};
    TRY(net_activation_open(&activation, architecture->activation, error));
    if (*kept == NULL)
        TRY(base_got(*kept = theory_kept_new(error)));
    status = theory_critical_rate(architecture, &activation, *kept, &critical, error);
    *predictions[CRITICAL_RATE] = critical.rate;
    *predictions[CRITICAL_LIMIT] = critical.limit;
    if (is_true(architecture->training->boundary))
        predict_boundary(&critical, predictions);
    if (status != BASE_UNRESOLVED)
        TRY(status);
    TRY(predict_losses(architecture, &activation, *kept, predictions, error));
out:
    net_activation_close(&activation);
    return status;
}

static void training_forget(void *kept)
{
    theory_kept_free(kept);
}

const struct measure measure_training = {
    .name = "training",
    .doc = "losses of networks in training",
    .n_variables = N_VARIABLES,
    .variables = measure_training_variables,
    .targets = true,
    .bytes = training_bytes,
    .flops = training_flops,
    .steps = training_steps,
    .init = training_init,
    .free = training_free,
    .run_alone = training_run,
    .predict_next = training_predict,
    .forget = training_forget,
};
