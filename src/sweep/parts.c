#include "sweep/parts.h"

#include "base/memory.h"
#include "base/progress.h"
#include "sweep/point.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* η of parts: nothing diverges. A norm test that no batch fails. */
static const double small_rate = 1e-12, large_noise = 1e100;

/* Left when the slice is over and a step was made after the first, which has all that comes before it in its
 * time. */
struct looker {
    double begin, slice;
    double first, last; /* seconds until the end of the first step and the last, which is number `steps` */
    size_t steps;
};

static bool look_on(void *context, size_t step, double loss)
{
    struct looker *l = context;
    (void)step;
    (void)loss;
    l->last = base_seconds() - l->begin;
    if (l->steps++ == 0)
        l->first = l->last;
    return l->steps < 2 || l->last < l->slice;
}

static double seconds_a_step(const struct looker *l)
{
    return l->steps > 1 ? (l->last - l->first) / (double)(l->steps - 1) : 0;
}

/* BASE_STOPPED: it was left. */
static int look(struct sweep_network *network, size_t trial, struct looker *l, double slice, double *seconds,
                struct base_error *error)
{
    *l = (struct looker){.begin = base_seconds(), .slice = slice};
    const struct train_watch watch = {look_on, l};
    const int status = sweep_network_run(network, trial, &watch, error);
    *seconds = base_seconds() - l->begin;
    return status == BASE_UNRESOLVED ? BASE_OK : status;
}

void sweep_parts_count(const struct net_architecture *architecture, struct sweep_parts *parts)
{
    struct train_schedule s;
    const struct experiment_training *t = architecture->training;
    *parts = (struct sweep_parts){.n_sizes = 0};
    for (train_schedule_begin(&s, architecture); !train_schedule_over(&s); train_schedule_step(&s)) {
        const int64_t step = (int64_t)s.steps + 1;
        size_t i = 0;
        while (i < parts->n_sizes && parts->steps[i].B != s.B)
            i++;
        if (i == SWEEP_MOST_SIZES)
            i--;
        if (i == parts->n_sizes)
            parts->steps[parts->n_sizes++] = (struct sweep_steps){.B = s.B};
        parts->steps[i].n++;
        parts->steps[i].measured += t->spectra > 0 && step % t->spectra == 0;
        parts->recorded += step % t->every == 0;
    }
    parts->recorded += (int64_t)s.steps % t->every != 0;
}

/* What is known of a network when its parts are measured. */
struct search {
    const struct store_layout *layout;
    const struct sweep_plan *plan;
    size_t point, trial;
    double slice;
    struct experiment_training training; /* of no more steps than it comes to */
};

/* A part, with a training of its own. */
static int time_part(const struct search *s, const struct experiment_training *training, bool untested,
                     struct looker *l, double *seconds, bool *left, struct base_error *error)
{
    int status;
    struct sweep_network *network = base_calloc(1, sizeof *network, error);
    TRY(base_got(network));
    TRY(sweep_network_init(network, s->layout, s->plan, s->point, training, untested, error));
    status = look(network, s->trial, l, s->slice, seconds, error);
    *left = status == BASE_STOPPED;
    status = *left ? BASE_OK : status;
out:
    if (network != NULL)
        sweep_network_free(network);
    free(network);
    return status;
}

/* Steps of B samples one like the other, with or without spectra and losses. */
static int time_steps(const struct search *s, size_t B, bool measured, bool recorded, double *seconds,
                      struct base_error *error)
{
    int status;
    bool left;
    struct looker l;
    double all;
    struct experiment_training t = s->training;
    t.boundary = t.isotropy = "false";
    t.learning_rate = small_rate;
    t.rate = t.epochs = 0;
    t.schedule.n = 0;
    t.batch = (int64_t)B;
    t.adaptive = t.adaptive > 0 ? large_noise : 0;
    t.spectra = measured ? 1 : 0;
    t.every = recorded ? 1 : t.steps + 1;
    TRY(time_part(s, &t, !recorded, &l, &all, &left, error));
    *seconds = seconds_a_step(&l);
out:
    return status;
}

static int time_search(const struct search *s, double steps, double *seconds, struct base_error *error)
{
    int status;
    bool left;
    struct looker l;
    struct experiment_training t = s->training;
    t.isotropy = "false";
    t.learning_rate = small_rate;
    t.rate = t.epochs = 0;
    t.steps = 1;
    TRY(time_part(s, &t, true, &l, seconds, &left, error));
    if (left)
        *seconds = l.first + seconds_a_step(&l) * (steps - 1);
out:
    return status;
}

/* What comes before the first step, and that step. */
static int time_start(const struct search *s, double *seconds, struct base_error *error)
{
    int status;
    bool left;
    struct looker l;
    double all;
    struct experiment_training t = s->training;
    struct search at_once = *s;
    t.boundary = "false";
    at_once.slice = 0;
    TRY(time_part(&at_once, &t, false, &l, &all, &left, error));
    *seconds = l.steps > 0 ? l.first : all;
out:
    return status;
}

/* The steps after the first. */
static int time_rest(const struct search *s, const struct sweep_parts *parts, double *seconds,
                     struct base_error *error)
{
    int status = BASE_OK;
    const struct experiment_training *t = &s->training;
    const bool always_measured = t->spectra == 1, always_recorded = t->every == 1;
    double plain = 0, more;
    *seconds = 0;
    for (size_t i = 0; i < parts->n_sizes; i++) {
        const struct sweep_steps *steps = &parts->steps[i];
        TRY(time_steps(s, steps->B, always_measured, always_recorded, &plain, error));
        *seconds += plain * (steps->n - (i == 0));
        if (steps->measured > 0 && !always_measured) {
            TRY(time_steps(s, steps->B, true, always_recorded, &more, error));
            *seconds += fmax(0, more - plain) * steps->measured;
        }
    }
    if (!always_recorded) { /* plain is of the last size */
        TRY(time_steps(s, parts->steps[parts->n_sizes - 1].B, always_measured, true, &more, error));
        *seconds += fmax(0, more - plain) * parts->recorded;
    }
out:
    return status;
}

static int time_parts(const struct search *search, struct net_architecture *a, double *seconds,
                      struct base_error *error)
{
    int status;
    struct search s = *search;
    struct sweep_parts parts;
    double start, rest, boundaries = 0;
    TRY(sweep_point_architecture(s.layout, s.point, a, error));
    sweep_parts_count(a, &parts);
    s.slice /= 2 * (double)parts.n_sizes + 2;
    s.training = *a->training;
    s.training.steps = (int64_t)net_architecture_steps(a);
    if (strcmp(a->training->boundary, "true") == 0)
        TRY(time_search(&s, train_boundary_steps(a), &boundaries, error));
    TRY(time_start(&s, &start, error));
    TRY(time_rest(&s, &parts, &rest, error));
    *seconds = boundaries + start + rest;
out:
    return status;
}

/* Whether all steps take the same time. */
static bool is_even(const struct experiment_training *t)
{
    return t->schedule.n == 0 && t->every == 1 && t->spectra <= 1 && strcmp(t->boundary, "true") != 0;
}

int sweep_moment(const struct store_layout *layout, const struct sweep_plan *plan, size_t point, size_t trial,
                 struct sweep_network *network, double slice, struct sweep_moment *moment,
                 struct base_error *error)
{
    struct looker l;
    const struct experiment *e = layout->experiment;
    const struct experiment_training *training = &e->points[point].training;
    const int status = look(network, trial, &l, slice, &moment->seconds, error);
    const double steps = plan->steps[point], all = l.first + seconds_a_step(&l) * (steps - 1);
    moment->whole = moment->seconds;
    if (status != BASE_OK && status != BASE_STOPPED)
        return status;
    if (status == BASE_OK) {
        if (l.steps > 1 && !(training->adaptive > 0))
            moment->whole = fmax(moment->seconds, all);
        return BASE_OK;
    }
    moment->seconds = moment->whole = all;
    if (e->kind != EXPERIMENT_TRAINING || is_even(training))
        return BASE_OK;
    const struct search s = {.layout = layout, .plan = plan, .point = point, .trial = trial, .slice = slice};
    sweep_network_free(network);
    const int found = time_parts(&s, &network->architecture, &moment->seconds, error);
    sweep_network_free(network);
    moment->whole = moment->seconds;
    return found;
}
