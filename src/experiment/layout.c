#include "experiment/layout.h"

#include "experiment/check.h"

#include "base/memory.h"

#include <string.h>

enum { MAX_POINTS = 10000000 };

/* The node where a key stands by itself, or NULL. */
static const struct tree_node *find_node(const struct tree_node *top, const struct experiment_key *key)
{
    const char *section = experiment_section_name(key->section);
    if (key->section == SECTION_CASE)
        return NULL;
    if (section != NULL)
        top = experiment_tree_get(top, section);
    return experiment_tree_get(top, experiment_key_name(key));
}

static int read_shared(const struct experiment_context *context, const struct tree_node *top,
                       struct experiment_layout *layout)
{
    int status = BASE_OK;
    for (size_t i = 0; i < N_KEYS && status == BASE_OK; i++) {
        const struct experiment_key *key = &experiment_keys[i];
        const struct tree_node *node = find_node(top, key);
        status = node != NULL ? experiment_value_parse(context, key, key->path, node, &layout->shared[i])
                              : experiment_value_default(context, key, &layout->shared[i]);
    }
    return status;
}

static int read_axis(const struct experiment_context *context, const struct tree_node *sweep, size_t i,
                     struct experiment_layout *layout)
{
    struct layout_axis *axis = &layout->axes[i];
    axis->key = experiment_key_find(SECTION_SWEEP, sweep->keys[i]->text);
    axis->node = sweep->items[i];
    axis->n = axis->node->n;
    layout->swept[axis->key - experiment_keys] = true;
    const char *path = experiment_sweep_path(context, axis->key);
    return path == NULL ? BASE_FAILED
                        : experiment_value_list(context, axis->key, path, axis->node, &axis->values);
}

static int read_axes(const struct experiment_context *context, const struct tree_node *sweep,
                     struct experiment_layout *layout)
{
    layout->n_axes = sweep == NULL ? 0 : sweep->n;
    layout->axes = base_arena_take(context->arena, layout->n_axes, sizeof *layout->axes, context->error);
    int status = base_got(layout->axes);
    for (size_t i = 0; i < layout->n_axes && status == BASE_OK; i++)
        status = read_axis(context, sweep, i, layout);
    return status;
}

/* one: the case's mapping; NULL: the case of a file without cases. */
static int read_case(const struct experiment_context *context, const struct tree_node *one, size_t c,
                     struct experiment_layout *layout)
{
    struct experiment_value *row = base_arena_take(context->arena, N_KEYS, sizeof *row, context->error);
    if (row == NULL)
        return BASE_FAILED;
    layout->settings[c] = memcpy(row, layout->shared, sizeof layout->shared);
    layout->cases[c] = one == NULL ? "default" : experiment_tree_get(one, "name")->text;
    int status = BASE_OK;
    for (size_t i = 0; one != NULL && i < one->n && status == BASE_OK; i++) {
        const struct experiment_key *key = experiment_key_find(SECTION_CASE, one->keys[i]->text);
        const char *path = experiment_case_path(context, one, one->keys[i]->text);
        status = path == NULL
                     ? BASE_FAILED
                     : experiment_value_parse(context, key, path, one->items[i], &row[key - experiment_keys]);
    }
    return status;
}

static int read_cases(const struct experiment_context *context, const struct tree_node *cases,
                      struct experiment_layout *layout)
{
    layout->n_cases = cases == NULL ? 1 : cases->n;
    layout->cases = base_arena_take(context->arena, layout->n_cases, sizeof *layout->cases, context->error);
    layout->settings =
        base_arena_take(context->arena, layout->n_cases, sizeof *layout->settings, context->error);
    if (layout->cases == NULL || layout->settings == NULL)
        return BASE_FAILED;
    int status = BASE_OK;
    for (size_t c = 0; c < layout->n_cases && status == BASE_OK; c++)
        status = read_case(context, cases == NULL ? NULL : cases->items[c], c, layout);
    return status;
}

const struct experiment_value *experiment_layout_values(const struct experiment_layout *layout,
                                                        const struct experiment_value *row, size_t id,
                                                        size_t *n)
{
    for (size_t a = 0; a < layout->n_axes; a++)
        if (layout->axes[a].key == &experiment_keys[id]) {
            *n = layout->axes[a].n;
            return layout->axes[a].values;
        }
    *n = row[id].set ? 1 : 0;
    return &row[id];
}

const struct tree_node *experiment_layout_find(const struct experiment_layout *layout, size_t id,
                                               const char **path)
{
    *path = layout->shared[id].path;
    if (layout->shared[id].node != NULL)
        return layout->shared[id].node;
    for (size_t a = 0; a < layout->n_axes; a++)
        if (layout->axes[a].key == &experiment_keys[id]) {
            *path = layout->axes[a].values[0].path;
            return layout->axes[a].node;
        }
    for (size_t c = 0; c < layout->n_cases; c++)
        if (layout->settings[c][id].node != NULL) {
            *path = layout->settings[c][id].path;
            return layout->settings[c][id].node;
        }
    return NULL;
}

/* Which keys the definition and the results can leave out. */
static int find_unsaid(const struct experiment_context *context, struct experiment_layout *layout)
{
    int status = BASE_OK;
    for (size_t id = 0; id < N_KEYS && status == BASE_OK; id++) {
        struct experiment_value fallback;
        const bool foreign = experiment_key_foreign(&experiment_keys[id],
                                                    (enum experiment_kind)layout->shared[KEY_KIND].integer);
        bool unsaid = (foreign || experiment_keys[id].tacit) && !layout->swept[id];
        status = experiment_value_default(context, &experiment_keys[id], &fallback);
        for (size_t c = 0; c < layout->n_cases && status == BASE_OK; c++)
            unsaid = unsaid && experiment_value_compare(&layout->settings[c][id], &fallback) == 0;
        layout->unsaid[id] = unsaid;
    }
    return status;
}

static int count_points(const struct experiment_context *context, struct experiment_layout *layout)
{
    layout->n_points = layout->n_cases;
    for (size_t a = 0; a < layout->n_axes; a++) {
        const struct layout_axis *axis = &layout->axes[a];
        if (__builtin_mul_overflow(layout->n_points, axis->n, &layout->n_points) ||
            layout->n_points > MAX_POINTS)
            return experiment_tree_fail(
                context->error, axis->node, axis->values[0].path,
                "the grid has too many points with this axis; at most %d are allowed, cases times values",
                MAX_POINTS);
    }
    return BASE_OK;
}

static bool is_of_networks(const struct experiment_layout *layout)
{
    return layout->shared[KEY_KIND].integer == EXPERIMENT_FISHER ||
           layout->shared[KEY_KIND].integer == EXPERIMENT_TRAINING;
}

int experiment_layout_build(const struct experiment_context *context, const struct tree_node *top,
                            struct experiment_layout *layout)
{
    int status;
    *layout = (struct experiment_layout){.n_points = 0};
    TRY(read_shared(context, top, layout));
    TRY(read_axes(context, experiment_tree_get(top, "sweep"), layout));
    TRY(read_cases(context, experiment_tree_get(top, "cases"), layout));
    TRY(experiment_layout_kind(context, top, layout));
    TRY(experiment_layout_complete(context, top, layout));
    if (is_of_networks(layout)) {
        TRY(experiment_layout_training(context, layout));
        TRY(experiment_layout_profiles(context, layout));
        TRY(experiment_layout_residual(context, layout));
        TRY(experiment_layout_inputs(context, layout));
        TRY(experiment_layout_measures(context, layout));
    }
    TRY(find_unsaid(context, layout));
    TRY(count_points(context, layout));
    TRY(experiment_layout_schedules(context, layout));
out:
    return status;
}
