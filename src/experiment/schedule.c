/* Stages that no training comes to. */
#include "experiment/layout.h"

#include <math.h>

/* A training, as far as it says when stages begin. */
struct clock {
    int64_t steps;
    double epochs; /* 0: no end */
    int64_t batch; /* 0: all samples */
    int64_t samples;
    bool adaptive;
};

/* How many stages begin before the last step is made: the first ones, since they stand in order. */
static size_t count_begun(const struct clock *clock, const struct experiment_value *schedule)
{
    const double T = (double)clock->samples, end = clock->epochs > 0 ? clock->epochs * T : INFINITY;
    double B = clock->batch > 0 ? (double)clock->batch : T, made = 0, taken = 0;
    for (size_t i = 0; i < schedule->n; i++) {
        const struct experiment_stage *stage = &schedule->stages[i];
        const double wait =
            stage->step > 0 ? (double)stage->step - made : ceil((stage->epoch * T - taken) / B);
        if (clock->adaptive) { /* a batch grows to T at most, when is not known before */
            made = stage->step > 0 ? (double)stage->step : floor(stage->epoch);
            taken = stage->step > 0 ? 0 : stage->epoch * T;
        } else if (wait > 0) {
            made += wait;
            taken += wait * B;
        }
        if (made >= (double)clock->steps || taken >= end)
            return i;
        if (stage->batch >= 0)
            B = stage->batch > 0 ? (double)stage->batch : T;
    }
    return schedule->n;
}

static void take_most(struct clock *clock, const struct experiment_layout *layout, size_t c)
{
    size_t n;
    const struct experiment_value *row = layout->settings[c];
    const struct experiment_value *steps = experiment_layout_values(layout, row, KEY_STEPS, &n);
    for (size_t i = 0; i < n; i++)
        clock->steps = steps[i].integer > clock->steps ? steps[i].integer : clock->steps;
    const struct experiment_value *epochs = experiment_layout_values(layout, row, KEY_EPOCHS, &n);
    clock->epochs = epochs[0].real;
    for (size_t i = 1; i < n; i++)
        clock->epochs = epochs[i].real > 0 && clock->epochs > 0 ? fmax(epochs[i].real, clock->epochs) : 0;
    const struct experiment_value *adaptive = experiment_layout_values(layout, row, KEY_ADAPTIVE, &n);
    for (size_t i = 0; i < n; i++)
        clock->adaptive = clock->adaptive || adaptive[i].real > 0;
}

/* The most stages that begin for a batch and a number of samples of the case. */
static size_t count_most(const struct experiment_layout *layout, size_t c, struct clock *clock)
{
    size_t n_batches, n_samples, most = 0;
    const struct experiment_value *row = layout->settings[c], *schedule = &row[KEY_SCHEDULE];
    const struct experiment_value *batches = experiment_layout_values(layout, row, KEY_BATCH, &n_batches);
    const struct experiment_value *samples = experiment_layout_values(layout, row, KEY_SAMPLES, &n_samples);
    for (size_t i = 0; i < n_batches; i++)
        for (size_t j = 0; j < n_samples && most < schedule->n; j++) {
            clock->batch = batches[i].integer;
            clock->samples = samples[j].integer;
            const size_t begun = count_begun(clock, schedule);
            most = begun > most ? begun : most;
        }
    return most;
}

/* Whether what the schedule counts on was overridden after it was written. */
static bool is_older(const struct experiment_layout *layout, size_t c)
{
    static const size_t ids[] = {KEY_STEPS, KEY_EPOCHS, KEY_BATCH, KEY_SAMPLES};
    const struct experiment_value *row = layout->settings[c];
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        size_t n;
        const struct tree_node *node = experiment_layout_values(layout, row, ids[i], &n)->node;
        if (node != NULL && node->layer > row[KEY_SCHEDULE].node->layer)
            return true;
    }
    return false;
}

static int check_schedule(const struct experiment_context *context, const struct experiment_layout *layout,
                          size_t c)
{
    struct clock clock = {.steps = 0};
    char shown[TREE_SHOWN];
    const struct experiment_value *schedule = &layout->settings[c][KEY_SCHEDULE];
    if (schedule->n == 0 || is_older(layout, c))
        return BASE_OK;
    take_most(&clock, layout, c);
    const size_t begun = count_most(layout, c, &clock);
    if (begun == schedule->n)
        return BASE_OK;
    return experiment_tree_fail(
        context->error, schedule->node->items[begun], schedule->path,
        "this stage never begins: the trainings of the case %s end before, after %lld steps%s; leave it out "
        "or raise steps%s",
        experiment_tree_show(layout->cases[c], shown), (long long)clock.steps,
        clock.epochs > 0 ? " or their epochs" : "", clock.epochs > 0 ? " or epochs" : "");
}

int experiment_layout_schedules(const struct experiment_context *context,
                                const struct experiment_layout *layout)
{
    int status = BASE_OK;
    for (size_t c = 0; c < layout->n_cases && status == BASE_OK; c++)
        if (layout->shared[KEY_KIND].integer == EXPERIMENT_TRAINING)
            status = check_schedule(context, layout, c);
    return status;
}
