#include "experiment/grid.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Puts a value where the key's offset says; the keys of the table and the members of the point have one type
 * each. */
static void put(struct experiment_point *point, const struct experiment_key *key,
                const struct experiment_value *value)
{
    void *member = (char *)point + key->offset;
    switch (key->type) {
    case KEY_INTEGER: memcpy(member, &value->integer, sizeof value->integer); break;
    case KEY_REAL: memcpy(member, &value->real, sizeof value->real); break;
    case KEY_REALS: memcpy(member, &value->reals, sizeof value->reals); break;
    case KEY_INTEGERS:
        memcpy(member, &(struct experiment_classes){value->n, value->integers},
               sizeof(struct experiment_classes));
        break;
    case KEY_STAGES:
        memcpy(member, &(struct experiment_schedule){value->n, value->stages},
               sizeof(struct experiment_schedule));
        break;
    default: memcpy(member, &value->text, sizeof value->text);
    }
}

/* What the points of a case share. */
static void put_case(struct experiment_point *point, const struct experiment_value *row, double *ones)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        struct experiment_value value = row[i];
        if (experiment_keys[i].type == KEY_REALS && value.n == 0)
            value.reals = ones;
        if (experiment_key_physical(&experiment_keys[i]))
            put(point, &experiment_keys[i], &value);
    }
}

static enum experiment_type axis_type(const struct experiment_key *key)
{
    switch (key->type) {
    case KEY_INTEGER: return EXPERIMENT_INTEGER;
    case KEY_REAL: return EXPERIMENT_REAL;
    default: return EXPERIMENT_STRING;
    }
}

static int fill_axis(const struct experiment_context *context, const struct layout_axis *from,
                     struct experiment_axis *axis)
{
    struct base_arena *arena = context->arena;
    *axis = (struct experiment_axis){.key = experiment_key_name(from->key),
                                     .doc = from->key->doc,
                                     .type = axis_type(from->key),
                                     .length = from->n};
    bool integer = axis->type == EXPERIMENT_INTEGER, real = axis->type == EXPERIMENT_REAL;
    void *values = base_arena_take(arena, from->n, sizeof(union {
                                       int64_t i;
                                       double r;
                                       const char *s;
                                   }),
                                   context->error);
    if (values == NULL)
        return BASE_FAILED;
    axis->integers = integer ? values : NULL;
    axis->reals = real ? values : NULL;
    axis->strings = integer || real ? NULL : values;
    for (size_t i = 0; i < from->n; i++)
        if (integer)
            axis->integers[i] = from->values[i].integer;
        else if (real)
            axis->reals[i] = from->values[i].real;
        else
            axis->strings[i] = from->values[i].text;
    return BASE_OK;
}

static int fill_axes(const struct experiment_context *context, const struct experiment_layout *layout,
                     struct experiment *experiment)
{
    experiment->n_axes = layout->n_axes;
    experiment->axes =
        base_arena_take(context->arena, layout->n_axes, sizeof *experiment->axes, context->error);
    int status = base_got(experiment->axes);
    for (size_t a = 0; a < layout->n_axes && status == BASE_OK; a++)
        status = fill_axis(context, &layout->axes[a], &experiment->axes[a]);
    return status;
}

static int fill_points(const struct experiment_context *context, const struct experiment_layout *layout,
                       struct experiment *experiment)
{
    struct experiment_point *points =
        base_arena_take(context->arena, layout->n_points, sizeof *points, context->error);
    double *ones = base_arena_take(context->arena, EXPERIMENT_MAX_DEPTH, sizeof *ones, context->error);
    if (points == NULL || ones == NULL)
        return BASE_FAILED;
    for (size_t l = 0; l < EXPERIMENT_MAX_DEPTH; l++)
        ones[l] = 1;
    experiment->n_points = layout->n_points;
    experiment->points = points;
    for (size_t p = 0; p < layout->n_points; p++) {
        put_case(&points[p], layout->settings[experiment_point_case(experiment, p)], ones);
        for (size_t a = 0; a < layout->n_axes; a++)
            put(&points[p], layout->axes[a].key,
                &layout->axes[a].values[experiment_point_index(experiment, p, a)]);
    }
    return BASE_OK;
}

static const struct experiment_value *find_value(const struct experiment *e, size_t point, const char *key)
{
    size_t id = 0;
    const struct experiment_layout *layout = e->layout;
    while (strcmp(experiment_keys[id].path, key) != 0)
        id++;
    for (size_t a = 0; a < layout->n_axes; a++)
        if (layout->axes[a].key == &experiment_keys[id])
            return &layout->axes[a].values[experiment_point_index(e, point, a)];
    return &layout->settings[experiment_point_case(e, point)][id];
}

const char *experiment_place(const struct experiment *experiment, size_t point, const char *key,
                             char place[EXPERIMENT_PLACE])
{
    const struct experiment_value *value =
        experiment->layout == NULL ? NULL : find_value(experiment, point, key);
    const struct tree_node *node = value == NULL ? NULL : value->node;
    if (node == NULL)
        snprintf(place, EXPERIMENT_PLACE, "%.500s: %.300s", experiment->path, key);
    else if (node->line == 0)
        snprintf(place, EXPERIMENT_PLACE, "%.500s: %.300s", node->origin, value->path);
    else
        snprintf(place, EXPERIMENT_PLACE, "%.500s:%zu:%zu: %s%.300s", experiment->path, node->line,
                 node->column, node->layer == TREE_QUICK ? "quick." : "", value->path);
    return place;
}

int experiment_grid_build(const struct experiment_context *context, const struct experiment_layout *layout,
                          struct experiment *experiment)
{
    int status;
    bool *unsaid = base_arena_take(context->arena, N_KEYS, sizeof *unsaid, context->error);
    struct experiment_layout *kept = base_arena_take(context->arena, 1, sizeof *kept, context->error);
    TRY(base_got(unsaid));
    TRY(base_got(kept));
    experiment->layout = memcpy(kept, layout, sizeof *kept);
    experiment->unsaid = memcpy(unsaid, layout->unsaid, sizeof layout->unsaid);
    experiment->n_cases = layout->n_cases;
    experiment->cases = layout->cases;
    TRY(fill_axes(context, layout, experiment));
    TRY(fill_points(context, layout, experiment));
out:
    return status;
}

/* The number of points between one value of an axis and the next. */
static size_t stride(const struct experiment *experiment, size_t first_axis)
{
    size_t n = 1;
    for (size_t a = first_axis; a < experiment->n_axes; a++)
        n *= experiment->axes[a].length;
    return n;
}

size_t experiment_point_case(const struct experiment *experiment, size_t point)
{
    return point / stride(experiment, 0);
}

size_t experiment_point_index(const struct experiment *experiment, size_t point, size_t axis)
{
    return point / stride(experiment, axis + 1) % experiment->axes[axis].length;
}

bool experiment_scalar(const struct experiment *experiment, size_t i, struct experiment_scalar *scalar)
{
    for (size_t id = 0; id < N_KEYS; id++) {
        const struct experiment_key *key = &experiment_keys[id];
        if (!experiment_key_stands(key, SECTION_SWEEP) || (experiment != NULL && experiment->unsaid[id]) ||
            i-- > 0)
            continue;
        *scalar = (struct experiment_scalar){experiment_key_name(key), key->doc, axis_type(key), key->offset};
        return true;
    }
    return false;
}
