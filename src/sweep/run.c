#include "base/memory.h"
#include "base/progress.h"
#include "sweep/network.h"
#include "sweep/point.h"
#include "sweep/sweep.h"
#include "train/train.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const double seconds_between_flushes = 5;
static const char stopped[] = "stopped early; the same command goes on from here";

/* What the threads share; everything below `lock` is read and written under it. */
struct shared {
    const struct store_layout *layout;
    const struct sweep_plan *plan;
    const struct sweep_options *options;
    const uint8_t *done; /* (n_points, trials) of before the run */
    pthread_mutex_t lock;
    size_t next; /* unit of work: point·trials + trial */
    struct store *store;
    struct base_progress progress;
    struct sweep_summary *summary;
    double last_flush;
    int status;
    struct base_error error;
};

/* The next unfinished unit; false when there is none, or none is wanted any more. */
static bool take_unit(struct shared *s, size_t *point, size_t *trial)
{
    const size_t trials = (size_t)s->layout->experiment->trials,
                 units = s->layout->experiment->n_points * trials;
    pthread_mutex_lock(&s->lock);
    while (s->next < units && s->done[s->next])
        s->next++;
    const bool left = s->next < units;
    if (left && s->status == BASE_OK && s->options->stop != NULL && *s->options->stop != 0)
        s->status = base_fail(&s->error, BASE_STOPPED, "%s", stopped);
    const bool taken = left && s->status == BASE_OK;
    if (taken) {
        *point = s->next / trials;
        *trial = s->next++ % trials;
    }
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static void note_unresolved(struct shared *s, size_t point, size_t trial, const struct base_error *why)
{
    char where[SWEEP_POINT_TEXT];
    struct sweep_summary *summary = s->summary;
    if (summary->unresolved++ == 0)
        snprintf(summary->why_unresolved, sizeof summary->why_unresolved, "%s, trial %zu: %s",
                 sweep_point_describe(s->layout->experiment, point, where), trial, why->text);
}

static bool has_diverged(const struct shared *s, double *const *values)
{
    const size_t v = store_layout_find(s->layout, measure_find_variable("diverged"));
    return v < s->layout->n_variables && values[v][0] > 0;
}

/* A finished network into the file; its error into the shared one when it is the first. spent: of its cost,
 * in steps. */
static void hand_in(struct shared *s, size_t point, size_t trial, int status, double *const *values,
                    double spent, const struct base_error *why)
{
    struct base_error error = *why;
    pthread_mutex_lock(&s->lock);
    if (status == BASE_UNRESOLVED)
        note_unresolved(s, point, trial, why);
    if (status == BASE_OK || status == BASE_UNRESOLVED)
        status = store_write(s->store, point, trial, values, &error);
    if (status == BASE_OK) {
        s->summary->sampled++;
        s->summary->diverged += has_diverged(s, values);
        base_progress_finish(&s->progress, s->plan->costs[point] - spent);
        if (base_seconds() - s->last_flush > seconds_between_flushes) {
            status = store_flush(s->store, &error);
            s->last_flush = base_seconds();
        }
    }
    if (status == BASE_STOPPED)
        base_fail(&error, BASE_STOPPED, "%s", stopped);
    if (status != BASE_OK && (s->status == BASE_OK || s->status == BASE_STOPPED)) {
        s->status = status;
        s->error = error;
    }
    pthread_mutex_unlock(&s->lock);
}

/* A thread's training, step by step. */
struct looker {
    struct shared *shared;
    double step; /* what one costs */
    double rest; /* of the network's cost */
};

static bool look_on(void *context, size_t step, double loss)
{
    struct looker *l = context;
    struct shared *s = l->shared;
    const double cost = fmin(l->step, l->rest);
    (void)step;
    l->rest -= cost;
    pthread_mutex_lock(&s->lock);
    base_progress_step(&s->progress, cost, loss);
    pthread_mutex_unlock(&s->lock);
    return s->options->stop == NULL || *s->options->stop == 0;
}

static int run_network(struct shared *s, struct sweep_network *network, size_t point, size_t trial,
                       double *spent, struct base_error *error)
{
    const double cost = s->plan->costs[point], steps = s->plan->steps[point];
    struct looker looker = {s, steps > 0 ? cost / steps : 0, cost};
    const struct train_watch watch = {look_on, &looker};
    const int status = sweep_network_run(network, trial, &watch, error);
    *spent = cost - looker.rest;
    return status;
}

static void *work(void *argument)
{
    struct shared *s = argument;
    struct sweep_network *network = calloc(1, sizeof *network);
    size_t point = 0, trial = 0, ready = SIZE_MAX;
    struct base_error error = {"out of memory"};
    if (network == NULL) {
        hand_in(s, 0, 0, BASE_FAILED, NULL, 0, &error);
        return NULL;
    }
    while (take_unit(s, &point, &trial)) {
        int status = BASE_OK;
        double spent = 0;
        if (ready != point) {
            sweep_network_free(network);
            status = sweep_network_init(network, s->layout, s->plan, point, NULL, false, &error);
            ready = point;
        }
        if (status == BASE_OK)
            status = run_network(s, network, point, trial, &spent, &error);
        hand_in(s, point, trial, status, network->values, spent, &error);
        if (status != BASE_OK && status != BASE_UNRESOLVED)
            break;
    }
    sweep_network_free(network);
    free(network);
    return NULL;
}

/* The caller is one of the threads; where no other can be started it does the work alone. */
static void run_threads(struct shared *s, int threads)
{
    pthread_t *others = calloc((size_t)threads, sizeof *others);
    int started = 0;
    while (others != NULL && started < threads - 1 && pthread_create(&others[started], NULL, work, s) == 0)
        started++;
    work(s);
    for (int i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    free(others);
    s->summary->threads = (started + 1) * s->plan->threads_inside;
}

/* A new file, or one with more trials in the place of the old. */
static int make_store(const struct store_layout *layout, const char *path, bool is_there,
                      const struct sweep_options *options, const struct store_provenance *provenance,
                      struct sweep_summary *summary, struct base_error *error)
{
    int status;
    struct store_predictions predictions = {0};
    TRY(sweep_predict(layout, options->progress, &predictions, error));
    summary->no_theory = predictions.n_missing;
    memcpy(summary->why_no_theory, predictions.why_missing, sizeof summary->why_no_theory);
    if (options->folder != NULL && mkdir(options->folder, 0777) != 0 && errno != EEXIST)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: cannot be made: %s", options->folder, strerror(errno)));
    TRY(is_there ? store_extend(path, layout, &predictions, provenance, error)
                 : store_create(path, layout, &predictions, provenance, error));
out:
    sweep_predictions_free(layout, &predictions);
    return status;
}

/* The file with room for every trial, open for writing, and what is done in it. */
static int open_store(const struct store_layout *layout, const char *path, const struct sweep_room *room,
                      const struct sweep_options *options, const struct store_provenance *provenance,
                      struct sweep_summary *summary, struct store **store, uint8_t *done,
                      struct base_error *error)
{
    int status;
    if (!room->exists || room->is_short)
        TRY(make_store(layout, path, room->exists, options, provenance, summary, error));
    TRY(store_open_writing(store, path, layout, done, error));
out:
    return status;
}

static double missing_cost(const struct experiment *e, const struct sweep_plan *plan, const uint8_t *done,
                           struct sweep_summary *summary)
{
    double cost = 0;
    summary->total = e->n_points * (size_t)e->trials;
    for (size_t unit = 0; unit < summary->total; unit++) {
        summary->kept += done[unit] != 0;
        cost += done[unit] ? 0 : plan->costs[unit / (size_t)e->trials];
    }
    return cost;
}

int sweep_run(const struct experiment *experiment, const char *path, const struct sweep_options *options,
              const struct store_provenance *provenance, struct sweep_summary *summary,
              struct base_error *error)
{
    int status;
    const struct experiment *e = experiment;
    const double start = base_seconds();
    struct store_layout layout = {0};
    struct sweep_plan plan = {0};
    struct sweep_room room;
    struct store *store = NULL;
    struct store_provenance mine = *provenance;
    uint8_t *done = NULL;
    memset(summary, 0, sizeof *summary);

    TRY(sweep_layout_init(&layout, e, error));
    TRY(sweep_plan_init(&plan, &layout, options->threads, e->n_points * (size_t)e->trials, error));
    TRY(sweep_room_check(&room, &layout, path, options->folder, error));
    TRY(base_got(done = base_calloc(e->n_points * (size_t)e->trials, 1, error)));
    mine.threads = plan.networks_at_once * plan.threads_inside;
    TRY(open_store(&layout, path, &room, options, &mine, summary, &store, done, error));

    struct shared s = {.layout = &layout,
                       .plan = &plan,
                       .options = options,
                       .done = done,
                       .store = store,
                       .summary = summary,
                       .last_flush = start,
                       .lock = PTHREAD_MUTEX_INITIALIZER};
    const double cost = missing_cost(e, &plan, done, summary);
    base_progress_start(&s.progress, options->progress, e->name, "networks", summary->total - summary->kept,
                        cost);
    run_threads(&s, plan.networks_at_once);
    base_progress_end(&s.progress);
    pthread_mutex_destroy(&s.lock);

    summary->seconds = base_seconds() - start;
    status = store_close(store, summary->seconds, error);
    if (s.status != BASE_OK && (s.status != BASE_STOPPED || status == BASE_OK)) {
        *error = s.error;
        status = s.status;
    }
out:
    free(done);
    sweep_plan_free(&plan);
    sweep_layout_free(&layout);
    return status;
}
