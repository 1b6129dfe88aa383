#include "store/store.h"

#include <string.h>

static void add_variables(struct store_layout *layout, bool only_predicted)
{
    const struct experiment *e = layout->experiment;
    for (size_t i = 0; i < e->n_measures; i++) {
        const struct measure *measure = measure_find(e->measures[i]);
        for (size_t v = 0; v < measure->n_variables; v++)
            if (measure->variables[v].only_predicted == only_predicted &&
                (measure->variables[v].asked == 0 || (e->asked & measure->variables[v].asked)))
                layout->variables[layout->n_all++] = &measure->variables[v];
    }
}

int store_layout_init(struct store_layout *layout, const struct experiment *experiment,
                      struct base_error *error)
{
    int status = BASE_OK;
    memset(layout, 0, sizeof *layout);
    layout->experiment = experiment;
    add_variables(layout, false);
    layout->n_variables = layout->n_all;
    add_variables(layout, true);
    for (size_t p = 0; p < experiment->n_points; p++) {
        const struct experiment_point *point = &experiment->points[p];
        struct net_architecture network;
        TRY(net_architecture_init(&network, point, error));
        measure_sizes_include(layout->sizes, &network);
    }
    if (experiment->n_axes + 3 > 30)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: sweep: %zu keys; a result file has room for 27 axes",
                      experiment->path, experiment->n_axes));
out:
    return status;
}

size_t store_layout_length(const struct store_layout *layout, size_t variable)
{
    return measure_axis_length(layout->variables[variable]->axis, layout->sizes);
}

bool store_layout_has(const struct store_layout *layout, size_t dimension)
{
    for (size_t v = 0; v < layout->n_all; v++) {
        size_t first;
        const size_t n = measure_axis_dimensions(layout->variables[v]->axis, &first);
        if (dimension >= first && dimension < first + n)
            return true;
    }
    return false;
}

size_t store_layout_find(const struct store_layout *layout, const struct measure_variable *variable)
{
    size_t v = 0;
    while (v < layout->n_all && layout->variables[v] != variable)
        v++;
    return v;
}

/* What HDF5 itself writes: a header with its attributes for each dataset, and references both ways between a
 * dataset and its dimensions. Sizes as measured with HDF5 1.10, right within some 15 %. */
static double metadata_bytes(const struct store_layout *layout)
{
    const double dataset = 700, dimension = 320, word = 24;
    const struct experiment *e = layout->experiment;
    double datasets = 2 + 5, dimensions = 2 + 4, strings = (double)(strlen(e->text) + strlen(e->definition));
    strings += layout->data.n > 0 ? (double)strlen(layout->data.text) : 0;
    struct experiment_scalar scalar;
    for (size_t i = 0; experiment_scalar(e, i, &scalar); i++) {
        datasets++; /* swept, or a number a case */
        dimensions++;
        strings += word * (double)e->n_cases;
    }
    dimensions += 5 * (double)e->n_axes;
    for (size_t d = 0; d < MEASURE_N_DIMENSIONS; d++)
        if (store_layout_has(layout, (enum measure_dimension)d)) {
            datasets++;
            strings += word * (double)layout->sizes[d];
        }
    for (size_t v = 0; v < layout->n_all; v++) {
        size_t first;
        const double copies = v < layout->n_variables ? 1 + layout->variables[v]->predicted : 1;
        const size_t own = measure_axis_dimensions(layout->variables[v]->axis, &first);
        datasets += copies;
        dimensions += 1 + copies * (1 + (double)e->n_axes + (double)own);
    }
    return dataset * datasets + dimension * dimensions + strings;
}

double store_layout_bytes(const struct store_layout *layout)
{
    const double points = (double)layout->experiment->n_points, trials = (double)layout->experiment->trials;
    double bytes = metadata_bytes(layout) + points * (4 * sizeof(double) + trials) + trials * sizeof(int64_t);
    for (size_t v = 0; v < layout->n_variables; v++)
        bytes += points * (trials + (layout->variables[v]->predicted ? 1 : 0)) *
                 (double)store_layout_length(layout, v) * sizeof(double);
    for (size_t v = layout->n_variables; v < layout->n_all; v++)
        bytes += points * (double)store_layout_length(layout, v) * sizeof(double);
    return bytes;
}
