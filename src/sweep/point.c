#include "sweep/point.h"

#include "measure/measure.h"

#include <stdio.h>
#include <string.h>

static int check_units(const struct experiment *experiment, size_t point, const struct measure *measure,
                       const struct net_architecture *architecture, struct base_error *error)
{
    char where[SWEEP_POINT_TEXT], place[EXPERIMENT_PLACE];
    const size_t units = net_architecture_units(architecture);
    if (measure->most_units == 0 || units <= measure->most_units)
        return BASE_OK;
    return base_fail(error, BASE_BAD_INPUT,
                     "%s: %s: a network of case %s has %zu hidden and output units, and it takes at most %zu",
                     experiment_place(experiment, point, "measure", place), measure->name,
                     sweep_point_describe(experiment, point, where) + 5, units, measure->most_units);
}

int sweep_point_architecture(const struct store_layout *layout, size_t point,
                             struct net_architecture *architecture, struct base_error *error)
{
    int status;
    const struct experiment *experiment = layout->experiment;
    const struct data_sets *data = &layout->data;
    char place[EXPERIMENT_PLACE];
    TRY(net_architecture_init(architecture, &experiment->points[point], error));
    if (data->n > 0 && data->of_point[point] < data->n) {
        const struct data_set *set = &data->sets[data->of_point[point]];
        if (architecture->residual && set->features != architecture->M)
            TRY(base_fail(error, BASE_BAD_INPUT,
                          "%s: a residual network of width %zu takes inputs of %zu features; "
                          "these have %zu, so its width must be %zu",
                          experiment_place(experiment, point, "network.width", place), architecture->M,
                          architecture->M, set->features, set->features));
        net_architecture_set_inputs(architecture, set->features, set->inputs, set->word);
        architecture->targets = data->targets[point];
        architecture->test_inputs = set->test_inputs;
        architecture->test_targets = data->test_targets[point];
    }
    for (size_t i = 0; i < experiment->n_measures; i++) {
        const struct measure *measure = measure_find(experiment->measures[i]);
        architecture->sums |= measure->sums;
        TRY(check_units(experiment, point, measure, architecture, error));
    }
out:
    return status;
}

static int describe_axis(const struct experiment_axis *axis, size_t index, size_t room, char *text)
{
    switch (axis->type) {
    case EXPERIMENT_INTEGER:
        return snprintf(text, room, ", %s %lld", axis->key, (long long)axis->integers[index]);
    case EXPERIMENT_REAL: return snprintf(text, room, ", %s %g", axis->key, axis->reals[index]);
    case EXPERIMENT_STRING: break;
    }
    return snprintf(text, room, ", %s %s", axis->key, axis->strings[index]);
}

const char *sweep_point_describe(const struct experiment *experiment, size_t point,
                                 char text[SWEEP_POINT_TEXT])
{
    const struct experiment *e = experiment;
    size_t used =
        (size_t)snprintf(text, SWEEP_POINT_TEXT, "case %.100s", e->cases[experiment_point_case(e, point)]);
    if (e->points[point].singular.sample_size == 0)
        used += (size_t)snprintf(text + used, SWEEP_POINT_TEXT - used, ", width %lld",
                                 (long long)e->points[point].width);
    for (size_t a = 0; a < e->n_axes && used < SWEEP_POINT_TEXT; a++)
        if (strcmp(e->axes[a].key, "width") != 0)
            used += (size_t)describe_axis(&e->axes[a], experiment_point_index(e, point, a),
                                          SWEEP_POINT_TEXT - used, text + used);
    return text;
}
