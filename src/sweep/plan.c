#include "base/cores.h"
#include "base/memory.h"
#include "sweep/point.h"
#include "sweep/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sampler, Gram summary and measures of one network. */
static double network_bytes(const struct experiment *e, const struct net_architecture *a,
                            const struct net_sampler *sampler)
{
    double bytes = sampler->bytes(a) + net_gram_bytes(a);
    for (size_t i = 0; i < e->n_measures; i++)
        bytes += measure_find(e->measures[i])->bytes(a);
    return bytes;
}

static int check_memory(const struct experiment *e, const struct net_sampler *sampler, size_t point,
                        double bytes, struct base_error *error)
{
    char where[SWEEP_POINT_TEXT], need[32], limit[32], have[32];
    const double available = (double)base_memory_available();
    if (bytes <= (double)e->memory && bytes <= available)
        return BASE_OK;
    sweep_point_describe(e, point, where);
    base_format_bytes(bytes, need);
    base_format_bytes((double)e->memory, limit);
    base_format_bytes(available, have);
    if (bytes > available)
        return base_fail(
            error, BASE_BAD_INPUT,
            "%s: %s: one network takes %s with the %s sampler, and this machine has %s free; make width, "
            "samples or outputs smaller",
            e->path, where, need, sampler->name, have);
    return base_fail(error, BASE_BAD_INPUT,
                     "%s: %s: one network takes %s with the %s sampler, more than `memory: %s`; raise memory "
                     "(the machine has "
                     "%s free)",
                     e->path, where, need, sampler->name, limit, have);
}

static int useful_threads(const struct experiment *e, int asked, double bytes)
{
    double threads = asked > 0 ? asked : base_cores().usable;
    threads = fmin(threads, (double)e->n_points * (double)e->trials);
    threads = fmin(threads, floor(fmin((double)e->memory, (double)base_memory_available()) / bytes));
    return threads < 1 ? 1 : (int)threads;
}

int sweep_plan_init(struct sweep_plan *plan, const struct experiment *experiment, int threads,
                    struct base_error *error)
{
    int status;
    const struct experiment *e = experiment;
    struct net_architecture *a = base_calloc(1, sizeof *a, error);
    memset(plan, 0, sizeof *plan);
    TRY(base_got(a));
    TRY(base_got(plan->samplers = base_calloc(e->n_points, sizeof *plan->samplers, error)));
    TRY(base_got(plan->costs = base_calloc(e->n_points, sizeof *plan->costs, error)));
    TRY(base_got(plan->sizes = base_calloc(e->n_points, sizeof *plan->sizes, error)));
    for (size_t p = 0; p < e->n_points; p++) {
        TRY(net_architecture_init(a, &e->points[p], error));
        plan->samplers[p] = net_sampler_choose(e->sampler, a);
        plan->sizes[p] = network_bytes(e, a, plan->samplers[p]);
        TRY(check_memory(e, plan->samplers[p], p, plan->sizes[p], error));
        plan->bytes = fmax(plan->bytes, plan->sizes[p]);
        plan->costs[p] = plan->samplers[p]->cost(a) + 60 * (double)a->CT * (double)a->CT * (double)a->L;
    }
    plan->threads = useful_threads(e, threads, plan->bytes);
out:
    free(a);
    if (status != BASE_OK)
        sweep_plan_free(plan);
    return status;
}

void sweep_plan_free(struct sweep_plan *plan)
{
    free(plan->samplers);
    free(plan->costs);
    free(plan->sizes);
    memset(plan, 0, sizeof *plan);
}
