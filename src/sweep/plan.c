#include "base/cores.h"
#include "base/memory.h"
#include "sweep/point.h"
#include "sweep/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a network takes besides its sampler: Gram summary, measures and their numbers. */
static double other_bytes(const struct store_layout *layout, const struct net_architecture *a)
{
    const struct experiment *e = layout->experiment;
    double bytes = e->kind == EXPERIMENT_FISHER ? net_gram_bytes(a) : 0;
    for (size_t v = 0; v < layout->n_variables; v++)
        bytes += (double)store_layout_length(layout, v) * sizeof(double);
    for (size_t i = 0; i < e->n_measures; i++)
        bytes += measure_find(e->measures[i])->bytes(a);
    return bytes;
}

/* What its sampler takes: nothing where the networks are made by a measure. */
static struct net_memory sampler_memory(const struct experiment *e, const struct net_sampler *sampler,
                                        const struct net_architecture *a, int threads)
{
    return e->kind == EXPERIMENT_FISHER ? sampler->memory(a, threads) : (struct net_memory){0, 0};
}

/* Flops of one network. */
static double cost_of(const struct experiment *e, const struct net_sampler *sampler,
                      const struct net_architecture *a)
{
    if (e->kind != EXPERIMENT_FISHER)
        return measure_find(e->measures[0])->flops(a);
    return sampler->cost(a) + 60 * (double)a->CT * (double)a->CT * (double)a->L;
}

static double steps_of(const struct experiment *e, const struct net_architecture *a)
{
    const struct measure *measure = measure_find(e->measures[0]);
    return measure->steps != NULL ? measure->steps(a) : 0;
}

static int check_memory(const struct store_layout *layout, const struct net_sampler *sampler, size_t point,
                        double bytes, struct base_error *error)
{
    char where[SWEEP_POINT_TEXT], need[32], limit[32], have[32], data[32], beside[64] = "";
    const struct experiment *e = layout->experiment;
    const double available = (double)base_memory_available();
    if (bytes + layout->data.bytes <= (double)e->memory && bytes <= available)
        return BASE_OK;
    if (layout->data.n > 0)
        snprintf(beside, sizeof beside, " beside its data's %s", base_format_bytes(layout->data.bytes, data));
    sweep_point_describe(e, point, where);
    base_format_bytes(bytes, need);
    base_format_bytes((double)e->memory, limit);
    base_format_bytes(available, have);
    if (bytes > available)
        return base_fail(
            error, BASE_BAD_INPUT,
            "%s: %s: one network takes at least %s with the %s sampler, and this machine has %s free; make "
            "width, samples or outputs smaller",
            e->path, where, need, sampler->name, have);
    return base_fail(
        error, BASE_BAD_INPUT,
        "%s: %s: one network takes at least %s with the %s sampler%s, more than `memory: %s`; raise "
        "memory (the machine has %s free)",
        e->path, where, need, sampler->name, beside, limit, have);
}

/* Sampler and cost of a point; with one thread, the least that its network takes, and its panels. */
static int plan_point(struct sweep_plan *plan, const struct store_layout *layout, size_t p,
                      struct net_architecture *a, struct base_error *error)
{
    int status;
    const struct experiment *e = layout->experiment;
    TRY(sweep_point_architecture(layout, p, a, error));
    const struct net_sampler *sampler =
        net_sampler_choose(e->kind == EXPERIMENT_FISHER ? e->sampler : EXPERIMENT_WEIGHTS, a);
    const double least = sampler_memory(e, sampler, a, 1).least + other_bytes(layout, a);
    TRY(check_memory(layout, sampler, p, least, error));
    plan->samplers[p] = sampler;
    plan->costs[p] = cost_of(e, sampler, a);
    plan->steps[p] = steps_of(e, a);
    plan->bytes = fmax(plan->bytes, least);
out:
    return status;
}

/* The most threads that the widest network can use, and the largest still fits with. */
static int useful_inside(const struct sweep_plan *plan, const struct store_layout *layout, int threads,
                         double memory, struct net_architecture *a)
{
    const struct experiment *e = layout->experiment;
    struct base_error ignored;
    size_t panels = 1;
    if (e->kind != EXPERIMENT_FISHER)
        return 1;
    for (size_t p = 0; p < e->n_points && threads > 1; p++)
        if (sweep_point_architecture(layout, p, a, &ignored) == BASE_OK) {
            panels = net_architecture_panels(a) > panels ? net_architecture_panels(a) : panels;
            while (threads > 1 &&
                   sampler_memory(e, plan->samplers[p], a, threads).least + other_bytes(layout, a) > memory)
                threads--;
        }
    return (size_t)threads < panels ? threads : (int)panels;
}

/* Trials side by side first; threads inside one network where trials or the memory leave some over. */
static void share_threads(struct sweep_plan *plan, const struct store_layout *layout, int threads,
                          size_t networks, double memory, struct net_architecture *a)
{
    double at_once = fmin((double)threads, (double)networks);
    at_once = fmax(1, fmin(at_once, floor(memory / plan->bytes)));
    plan->networks_at_once = (int)at_once;
    plan->threads_inside = useful_inside(plan, layout, threads / plan->networks_at_once, memory / at_once, a);
}

/* Each network's part of the memory, as far as its sampler can use it: one that is alone in its thread, so
 * that its memory serves once, draws its numbers again in less time than new memory takes. */
static int share_memory(struct sweep_plan *plan, const struct store_layout *layout, size_t networks,
                        double memory, struct net_architecture *a, struct base_error *error)
{
    int status = BASE_OK;
    const struct experiment *e = layout->experiment;
    const size_t of_a_point = networks < (size_t)e->trials ? networks : (size_t)e->trials;
    const bool alone = of_a_point <= (size_t)plan->networks_at_once;
    plan->bytes = 0;
    for (size_t p = 0; p < e->n_points; p++) {
        TRY(sweep_point_architecture(layout, p, a, error));
        const struct net_memory wanted = sampler_memory(e, plan->samplers[p], a, plan->threads_inside);
        const double other = other_bytes(layout, a), part = memory / plan->networks_at_once - other;
        plan->memories[p] = alone ? wanted.least : fmax(wanted.least, fmin(wanted.most, part));
        plan->sizes[p] = plan->memories[p] + other;
        plan->regenerated[p] = plan->memories[p] < wanted.most;
        plan->bytes = fmax(plan->bytes, plan->sizes[p]);
    }
out:
    return status;
}

int sweep_plan_init(struct sweep_plan *plan, const struct store_layout *layout, int threads, size_t networks,
                    struct base_error *error)
{
    int status;
    const struct experiment *e = layout->experiment;
    const double memory = fmin((double)e->memory - layout->data.bytes, (double)base_memory_available());
    struct net_architecture *a = base_calloc(1, sizeof *a, error);
    memset(plan, 0, sizeof *plan);
    TRY(base_got(a));
    TRY(base_got(plan->samplers = base_calloc(e->n_points, sizeof *plan->samplers, error)));
    TRY(base_got(plan->costs = base_calloc(e->n_points, sizeof *plan->costs, error)));
    TRY(base_got(plan->steps = base_calloc(e->n_points, sizeof *plan->steps, error)));
    TRY(base_got(plan->memories = base_calloc(e->n_points, sizeof *plan->memories, error)));
    TRY(base_got(plan->sizes = base_calloc(e->n_points, sizeof *plan->sizes, error)));
    TRY(base_got(plan->regenerated = base_calloc(e->n_points, sizeof *plan->regenerated, error)));
    for (size_t p = 0; p < e->n_points; p++)
        TRY(plan_point(plan, layout, p, a, error));
    share_threads(plan, layout, threads > 0 ? threads : base_cores().usable, networks, memory, a);
    TRY(share_memory(plan, layout, networks, memory, a, error));
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
    free(plan->steps);
    free(plan->memories);
    free(plan->sizes);
    free(plan->regenerated);
    memset(plan, 0, sizeof *plan);
}
