/* What is measured against the networks that there are: where none of the grid has a measure, it would sample
 * them all for numbers that are nan. */
#include "experiment/layout.h"

#include <stdio.h>
#include <string.h>

static bool any_from(const struct experiment_layout *layout, size_t c, size_t id, int64_t least)
{
    size_t n;
    const struct experiment_value *values = experiment_layout_values(layout, layout->settings[c], id, &n);
    for (size_t i = 0; i < n; i++)
        if (values[i].integer >= least)
            return true;
    return false;
}

static bool any_plain(const struct experiment_layout *layout, size_t c)
{
    size_t n;
    const struct experiment_value *values =
        experiment_layout_values(layout, layout->settings[c], KEY_ARCHITECTURE, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(values[i].text, "plain") == 0)
            return true;
    return false;
}

/* A case is a product of its values, so some network has all where each is among them. */
static bool is_met(const struct experiment_needs *needs, const struct experiment_layout *layout)
{
    for (size_t c = 0; c < layout->n_cases; c++)
        if (any_from(layout, c, KEY_OUTPUTS, needs->outputs) &&
            any_from(layout, c, KEY_DEPTH, needs->depth) && (!needs->plain || any_plain(layout, c)))
            return true;
    return false;
}

static int refuse(const struct experiment_context *context, const struct experiment_value *measure, size_t i,
                  const struct experiment_needs *needs)
{
    char outputs[40] = "", depth[40] = "";
    if (needs->outputs > 0)
        snprintf(outputs, sizeof outputs, " with %lld outputs or more", (long long)needs->outputs);
    if (needs->depth > 0)
        snprintf(depth, sizeof depth, " of depth %lld or more", (long long)needs->depth);
    return experiment_tree_fail(
        context->error, measure->node->items[i], measure->path,
        "%s is measured in %snetworks%s%s alone, and none is among these; leave it out", measure->texts[i],
        needs->plain ? "plain " : "", outputs, depth);
}

int experiment_layout_measures(const struct experiment_context *context,
                               const struct experiment_layout *layout)
{
    bool draws = layout->shared[KEY_KIND].integer != EXPERIMENT_FISHER;
    const struct experiment_value *measure = &layout->shared[KEY_MEASURE];
    const char *path;
    const struct tree_node *at = experiment_layout_find(layout, KEY_DRAWS, &path);
    if (draws)
        return BASE_OK;
    for (size_t i = 0; i < measure->n; i++) {
        const struct experiment_needs needs = context->vocabulary->find_needs(measure->texts[i]);
        draws = draws || needs.draws;
        if (measure->node != NULL && !is_met(&needs, layout))
            return refuse(context, measure, i, &needs);
    }
    if (at == NULL || draws)
        return BASE_OK;
    return experiment_tree_fail(context->error, at, path,
                                "the measure estimators alone draws outputs; add it to measure: [...], or "
                                "leave this out");
}
