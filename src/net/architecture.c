#include "net/architecture.h"

#include "net/signals.h"
#include "random/stream.h"

#include <math.h>
#include <string.h>

static void count_parameters(struct net_architecture *a)
{
    a->P = a->train_branch ? (double)(a->L - 1) * (double)a->M * (double)a->M : 0;
    for (size_t l = 1; l <= a->L; l++)
        a->P += (double)a->widths[l] * ((double)a->widths[l - 1] + 1);
}

/* Two hidden units, whose parameters are J and, where they are learned, v; a mixture has v and μ. */
static void make_singular(struct net_architecture *a, const struct experiment_singular *singular)
{
    const uint64_t words[] = {
        random_word_text(singular->output_weights), random_word_text(singular->descent),
        random_word_text(singular->region),         (uint64_t)singular->teacher_units,
        random_word_double(singular->ridge),        random_word_double(singular->asymmetry),
        random_word_double(singular->start_norm),   random_word_double(singular->time_step),
        random_word_double(singular->distance),     random_word_double(singular->proportion),
        random_word_double(singular->separation)};
    a->singular = singular;
    a->inputs_word = random_stream(sizeof words / sizeof *words, words);
    a->widths[1] = 2;
    a->P = singular->proportion > 0 ? 2 : 2 * (double)singular->dimension;
    if (strcmp(singular->output_weights, "learned") == 0)
        a->P += 2;
}

static int add_residual(struct net_architecture *a, const struct experiment_point *point,
                        struct base_error *error)
{
    a->residual = true;
    a->skip = point->skip;
    a->branch_variance = point->branch_variance;
    a->train_branch = strcmp(point->train_branch, "true") == 0;
    a->sums = a->train_branch ? NET_SUM_PHI | NET_SUM_G : 0;
    for (size_t l = 0; l < a->L; l++)
        if (a->widths[l] != a->M)
            return base_fail(error, BASE_BAD_INPUT,
                             "profile: layer %zu of a residual network would have %zu units, not M = %zu", l,
                             a->widths[l], a->M);
    return BASE_OK;
}

int net_architecture_init(struct net_architecture *architecture, const struct experiment_point *point,
                          struct base_error *error)
{
    struct net_architecture *a = architecture;
    memset(a, 0, sizeof *a);
    a->L = (size_t)point->depth;
    a->C = (size_t)point->outputs;
    a->T = (size_t)point->samples;
    a->CT = a->C * a->T;
    a->draws = (size_t)point->draws;
    a->M = (size_t)point->width;
    a->weight_variance = point->weight_variance;
    a->bias_variance = point->bias_variance;
    a->activation = point->activation;
    for (size_t l = 0; l < a->L; l++) {
        const double units = floor(point->profile[l] * (double)point->width + 0.5);
        if (!(units >= 1 && units < 0x1p31))
            return base_fail(error, BASE_BAD_INPUT,
                             "profile: layer %zu would have %g units (α_%zu·M = %g·%zu)", l, units, l,
                             point->profile[l], a->M);
        a->widths[l] = (size_t)units;
    }
    a->widths[a->L] = a->C;
    a->T_test = (size_t)point->test_samples;
    a->training = point->training.steps > 0 ? &point->training : NULL;
    int status = BASE_OK;
    if (point->architecture != NULL && strcmp(point->architecture, "residual") == 0)
        TRY(add_residual(a, point, error));
    count_parameters(a);
    if (point->singular.sample_size > 0)
        make_singular(a, &point->singular);
    if (a->residual && a->training != NULL)
        TRY(base_fail(
            error, BASE_BAD_INPUT,
            "network.architecture: residual networks are not trained in this version; right is plain"));
out:
    return status;
}

void net_architecture_set_inputs(struct net_architecture *architecture, size_t features, const double *inputs,
                                 uint64_t word)
{
    architecture->widths[0] = features;
    architecture->inputs = inputs;
    architecture->inputs_word = word;
    count_parameters(architecture);
}

/* Further steps of B samples until so many epochs are over. */
static double steps_until(const struct net_architecture *a, double epochs, double samples, double B)
{
    return fmax(0, ceil((ceil(epochs * (double)a->T) - samples) / B));
}

size_t net_architecture_steps(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const struct experiment_training *training = a->training;
    const double T = (double)a->T;
    if (training == NULL)
        return 0;
    double steps = 0, samples = 0, B = training->batch == 0 ? T : fmin((double)training->batch, T);
    for (size_t i = 0; i <= training->schedule.n; i++) { /* up to stage i, then to the end */
        const struct experiment_stage *stage =
            i < training->schedule.n ? &training->schedule.stages[i] : NULL;
        double n = (double)training->steps - steps;
        if (training->epochs > 0)
            n = fmin(n, steps_until(a, training->epochs, samples, B));
        if (stage != NULL)
            n = fmin(n, stage->step > 0 ? fmax(0, (double)stage->step - steps)
                                        : steps_until(a, stage->epoch, samples, B));
        steps += n;
        samples += n * B;
        if (stage != NULL && stage->batch >= 0)
            B = stage->batch == 0 ? T : fmin((double)stage->batch, T);
    }
    return (size_t)steps;
}

size_t net_architecture_units(const struct net_architecture *architecture)
{
    size_t units = 0;
    for (size_t l = 1; l <= architecture->L; l++)
        units += architecture->widths[l];
    return units;
}

size_t net_architecture_widest(const struct net_architecture *architecture)
{
    size_t widest = 0;
    for (size_t l = 0; l <= architecture->L; l++)
        widest = architecture->widths[l] > widest ? architecture->widths[l] : widest;
    return widest;
}
