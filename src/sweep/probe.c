/* How long a run takes: a few of its networks are sampled and measured, with as many threads as the run has,
 * so that they get in each other's way as there. A point that is not probed takes the time of the nearest
 * that is, by the ratio of their flop counts; nearest is of the same sampler, activation and kind of
 * training, then by that ratio. */
#include "base/memory.h"
#include "base/progress.h"
#include "sweep/network.h"
#include "sweep/parts.h"
#include "sweep/sweep.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* No more networks at one point, and no more of the budget, than these; and no more networks than there are.
 */
enum { NETWORKS_A_THREAD = 5 };
static const double share_a_point = 0.1;

/* One thread's work at one point. */
struct probe {
    const struct store_layout *layout;
    const struct sweep_plan *plan;
    size_t point;
    size_t most;  /* networks */
    double slice; /* seconds after which no other network is begun, and a training left (parts.h) */

    pthread_t thread;
    size_t networks;
    struct sweep_moment mean; /* a network, the first one (new memory) not counted where there are others */
    int status;
    struct base_error error;
};

struct search {
    const struct store_layout *layout;
    const struct sweep_plan *plan;
    struct sweep_estimate *estimate;
    const size_t *missing; /* (n_points) networks to be sampled */
    double *whole;   /* (n_points) seconds of a network whose training does not end early, where probed */
    size_t *nearest; /* (n_points) the probed point whose time is taken; itself where probed */
    double start, budget;
};

static int run_networks(struct probe *p, struct sweep_network *network)
{
    int status;
    struct sweep_moment first = {0}, rest = {0}, moment = {0};
    const double start = base_seconds();
    do {
        status =
            sweep_moment(p->layout, p->plan, p->point, p->networks, network, p->slice, &moment, &p->error);
        struct sweep_moment *sum = p->networks++ == 0 ? &first : &rest;
        sum->seconds += moment.seconds;
        sum->whole += moment.whole;
    } while (status == BASE_OK && p->networks < p->most && base_seconds() - start + first.seconds < p->slice);
    const double others = (double)(p->networks - 1);
    p->mean.seconds = p->networks > 1 ? rest.seconds / others : first.seconds;
    p->mean.whole = p->networks > 1 ? rest.whole / others : first.whole;
    return status;
}

static void *work(void *argument)
{
    int status;
    struct probe *p = argument;
    struct sweep_network *network = base_calloc(1, sizeof *network, &p->error);
    TRY(base_got(network));
    TRY(sweep_network_init(network, p->layout, p->plan, p->point, NULL, false, &p->error));
    TRY(run_networks(p, network));
out:
    if (network != NULL)
        sweep_network_free(network);
    free(network);
    p->status = status;
    return NULL;
}

/* All threads at one point; the caller is one of them. */
static int probe_point(struct search *s, size_t point, struct base_error *error)
{
    int status;
    const size_t missing = s->missing[point];
    const int at_once = s->plan->networks_at_once,
              threads = missing < (size_t)at_once ? (int)missing : at_once;
    const size_t each = missing / (size_t)threads;
    struct sweep_estimate *e = s->estimate;
    struct probe *probes = base_calloc((size_t)threads, sizeof *probes, error);
    TRY(base_got(probes));
    int started = 1;
    for (int i = 0; i < threads; i++)
        probes[i] = (struct probe){.layout = s->layout,
                                   .plan = s->plan,
                                   .point = point,
                                   .most = each < NETWORKS_A_THREAD ? each : NETWORKS_A_THREAD,
                                   .slice = share_a_point * s->budget};
    while (started < threads && pthread_create(&probes[started].thread, NULL, work, &probes[started]) == 0)
        started++;
    work(&probes[0]);
    for (int i = 1; i < started; i++)
        pthread_join(probes[i].thread, NULL);

    struct sweep_moment sum = {0};
    for (int i = 0; i < started; i++) {
        if (probes[i].status != BASE_OK)
            *error = probes[i].error;
        TRY(probes[i].status);
        sum.seconds += probes[i].mean.seconds;
        sum.whole += probes[i].mean.whole;
        e->probed_networks += probes[i].networks;
    }
    e->probed_points++;
    e->network_seconds[point] = sum.seconds / started;
    s->whole[point] = sum.whole / started;
out:
    free(probes);
    return status;
}

static bool same_training(const struct experiment_training *a, const struct experiment_training *b)
{
    return strcmp(a->optimizer, b->optimizer) == 0 && a->batch == b->batch &&
           a->schedule.stages == b->schedule.stages && (a->momentum > 0) == (b->momentum > 0) &&
           (a->adaptive > 0) == (b->adaptive > 0) && a->spectra == b->spectra &&
           strcmp(a->boundary, b->boundary) == 0 && strcmp(a->isotropy, b->isotropy) == 0;
}

static bool same_kind(const struct search *s, size_t a, size_t b)
{
    const struct experiment *e = s->layout->experiment;
    const struct experiment_point *points = e->points;
    return s->plan->samplers[a] == s->plan->samplers[b] &&
           strcmp(points[a].activation, points[b].activation) == 0 &&
           (e->kind != EXPERIMENT_TRAINING || same_training(&points[a].training, &points[b].training));
}

/* Whether `other` tells more of the time of `point` than what is known. */
static bool tells_more(const struct search *s, size_t point, size_t other)
{
    const double *costs = s->plan->costs;
    const size_t known = s->nearest[point];
    if (known == SIZE_MAX || point == other)
        return true;
    const bool kind = same_kind(s, point, other), known_kind = same_kind(s, point, known);
    if (kind != known_kind)
        return kind;
    return fabs(log(costs[point] / costs[other])) < fabs(log(costs[point] / costs[known]));
}

static void extrapolate(struct search *s, size_t probed)
{
    double *seconds = s->estimate->network_seconds;
    for (size_t p = 0; p < s->layout->experiment->n_points; p++)
        if (tells_more(s, p, probed)) {
            s->nearest[p] = probed;
            seconds[p] =
                p == probed ? seconds[p] : s->whole[probed] * (s->plan->costs[p] / s->plan->costs[probed]);
        }
}

/* How long a look at a point takes: a training is left in the middle. */
static double look_seconds(const struct search *s, size_t point)
{
    const double seconds = s->estimate->network_seconds[point];
    const double steps = s->plan->steps[point], slice = share_a_point * s->budget;
    return steps > 0 ? fmin(seconds, 2 * slice + 8 * seconds / steps) : seconds;
}

/* The next point to be probed, n_points when the budget is spent: the cheapest to begin with and of each
 * kind, then the one that has the largest part in the run's time. */
static size_t next_point(const struct search *s)
{
    const size_t n = s->layout->experiment->n_points;
    const double *seconds = s->estimate->network_seconds, *costs = s->plan->costs;
    const double left = s->start + s->budget - base_seconds();
    const bool any = s->estimate->probed_points > 0;
    size_t cheapest = n, largest = n;
    for (size_t p = 0; p < n; p++) {
        if (s->missing[p] == 0 || s->nearest[p] == p || (any && 2 * look_seconds(s, p) > left))
            continue;
        if ((!any || !same_kind(s, p, s->nearest[p])) && (cheapest == n || costs[p] < costs[cheapest]))
            cheapest = p;
        if (largest == n ||
            (double)s->missing[p] * seconds[p] > (double)s->missing[largest] * seconds[largest])
            largest = p;
    }
    return cheapest < n ? cheapest : largest;
}

static int probe(struct search *s, struct base_error *error)
{
    int status = BASE_OK;
    const struct experiment *e = s->layout->experiment;
    struct sweep_estimate *estimate = s->estimate;
    s->start = base_seconds();
    for (size_t p; (p = next_point(s)) < e->n_points;) {
        TRY(probe_point(s, p, error));
        extrapolate(s, p);
    }
    estimate->probe_seconds = base_seconds() - s->start;
    for (size_t p = 0; p < e->n_points && estimate->missing > 0; p++)
        estimate->seconds += (double)s->missing[p] * estimate->network_seconds[p] / s->plan->networks_at_once;
out:
    return status;
}

static void count_missing(const struct experiment *e, const uint8_t *done, size_t *missing,
                          struct sweep_estimate *estimate)
{
    const size_t trials = (size_t)e->trials;
    estimate->total = e->n_points * trials;
    for (size_t p = 0; p < e->n_points; p++) {
        missing[p] = trials;
        for (size_t t = 0; done != NULL && t < trials; t++)
            missing[p] -= done[p * trials + t] != 0;
        estimate->missing += missing[p];
    }
}

int sweep_estimate_init(struct sweep_estimate *estimate, const struct store_layout *layout,
                        const struct sweep_plan *plan, const uint8_t *done, double budget,
                        struct base_error *error)
{
    int status;
    const struct experiment *e = layout->experiment;
    struct search s = {.layout = layout, .plan = plan, .estimate = estimate, .budget = budget};
    memset(estimate, 0, sizeof *estimate);
    TRY(base_got(estimate->missing_each = base_calloc(e->n_points, sizeof *estimate->missing_each, error)));
    TRY(base_got(estimate->network_seconds = base_calloc(e->n_points, sizeof(double), error)));
    TRY(base_got(s.whole = base_calloc(e->n_points, sizeof(double), error)));
    TRY(base_got(s.nearest = base_calloc(e->n_points, sizeof *s.nearest, error)));
    for (size_t p = 0; p < e->n_points; p++) {
        s.nearest[p] = SIZE_MAX;
        estimate->network_seconds[p] = NAN;
    }
    count_missing(e, done, estimate->missing_each, estimate);
    s.missing = estimate->missing_each;
    TRY(probe(&s, error));
out:
    free(s.nearest);
    free(s.whole);
    if (status != BASE_OK)
        sweep_estimate_free(estimate);
    return status;
}

void sweep_estimate_free(struct sweep_estimate *estimate)
{
    free(estimate->missing_each);
    free(estimate->network_seconds);
    memset(estimate, 0, sizeof *estimate);
}
