/* What a variable runs over besides the grid and the trials. */
#include "measure/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"sampled", "empirical"};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

const struct measure_dimension_name measure_dimensions[MEASURE_N_DIMENSIONS] = {
    [MEASURE_BY_LAYER] = {"layer", "layer", 0, 0, NULL},
    [MEASURE_BY_LAYER2] = {"layer2", "layer, the second of a pair", 0, 0, NULL},
    [MEASURE_BY_RANK] = {"rank", "rank of an eigenvalue, the largest first", 1, 0, NULL},
    [MEASURE_BY_KIND] = {"kind", "kind of estimator", 0, N_KINDS, kinds},
    [MEASURE_BY_UNIT] = {"unit", "hidden or output unit, layer after layer", 1, 0, NULL},
    [MEASURE_BY_UNIT2] = {"unit2", "unit, the second of a pair", 1, 0, NULL},
    [MEASURE_BY_STEP] = {"step", "step of the training, or number of a recorded time; 0 before the first", 0,
                         0, NULL},
};

size_t measure_axis_dimensions(enum measure_axis axis, size_t *first)
{
    *first = 0;
    switch (axis) {
    case MEASURE_SCALAR: return 0;
    case MEASURE_LAYER: *first = MEASURE_BY_LAYER; return 1;
    case MEASURE_LAYER_PAIR: *first = MEASURE_BY_LAYER; return 2;
    case MEASURE_RANK: *first = MEASURE_BY_RANK; return 1;
    case MEASURE_KIND: *first = MEASURE_BY_KIND; return 1;
    case MEASURE_UNIT_PAIR: *first = MEASURE_BY_UNIT; return 2;
    case MEASURE_STEP: *first = MEASURE_BY_STEP; return 1;
    case MEASURE_N_AXES: break;
    }
    return 0;
}

void measure_sizes_include(size_t sizes[MEASURE_N_DIMENSIONS], const struct net_architecture *network)
{
    const size_t depth = network->L, ranks = network->CT, units = net_architecture_units(network);
    size_t steps = network->training == NULL ? 0 : net_architecture_steps(network) + 1;
    if (network->singular != NULL && network->singular->time > 0)
        steps = (size_t)network->singular->times + 1;
    const size_t wanted[MEASURE_N_DIMENSIONS] = {
        [MEASURE_BY_LAYER] = depth + 1, [MEASURE_BY_LAYER2] = depth + 1, [MEASURE_BY_RANK] = ranks,
        [MEASURE_BY_KIND] = N_KINDS,    [MEASURE_BY_UNIT] = units,       [MEASURE_BY_UNIT2] = units,
        [MEASURE_BY_STEP] = steps};
    for (size_t d = 0; d < MEASURE_N_DIMENSIONS; d++)
        sizes[d] = wanted[d] > sizes[d] ? wanted[d] : sizes[d];
}

size_t measure_axis_length(enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS])
{
    size_t first, length = 1;
    const size_t n = measure_axis_dimensions(axis, &first);
    for (size_t d = first; d < first + n; d++)
        length *= sizes[d];
    return length;
}

/* Only a pair's numbers move, to a longer row; from the last on, for they move away from the start. */
void measure_axis_spread(enum measure_axis axis, const struct net_architecture *network,
                         const size_t sizes[MEASURE_N_DIMENSIONS], double *values)
{
    size_t own[MEASURE_N_DIMENSIONS] = {0}, first;
    measure_sizes_include(own, network);
    if (measure_axis_dimensions(axis, &first) < 2 || own[first + 1] == sizes[first + 1])
        return;
    const size_t rows = own[first], mine = own[first + 1], all = sizes[first + 1];
    for (size_t l = rows; l-- > 1;) {
        memmove(values + l * all, values + l * mine, mine * sizeof *values);
        for (size_t i = l * mine; i < l * all && i < (l + 1) * mine; i++)
            values[i] = NAN;
    }
}

static size_t place(enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS], size_t index, size_t i)
{
    size_t first;
    const size_t n = measure_axis_dimensions(axis, &first);
    for (size_t d = n; d-- > i + 1;)
        index /= sizes[first + d];
    return index % sizes[first + i];
}

const char *measure_axis_coordinate(enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS],
                                    size_t index, size_t i, char text[MEASURE_COORDINATE])
{
    size_t first;
    measure_axis_dimensions(axis, &first);
    const struct measure_dimension_name *dimension = &measure_dimensions[first + i];
    const size_t at = place(axis, sizes, index, i);
    if (at < dimension->n_words) /* a file may have more */
        return dimension->words[at];
    snprintf(text, MEASURE_COORDINATE, "%zu", at + (size_t)dimension->first);
    return text;
}

const char *measure_column(const struct measure_variable *variable, const size_t sizes[MEASURE_N_DIMENSIONS],
                           size_t index, char text[MEASURE_COLUMN])
{
    size_t first, used = (size_t)snprintf(text, MEASURE_COLUMN, "%.60s", variable->name);
    const size_t n = measure_axis_dimensions(variable->axis, &first);
    char coordinate[MEASURE_COORDINATE];
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, MEASURE_COLUMN - used, "%c%s%s", i == 0 ? '[' : ',',
                                 measure_axis_coordinate(variable->axis, sizes, index, i, coordinate),
                                 i + 1 == n ? "]" : "");
    return text;
}

/* The place of a coordinate that begins at `text` along a dimension of `size`; false: it has none. */
static bool find_place(const struct measure_dimension_name *dimension, size_t size, const char *text,
                       size_t *at)
{
    if (dimension->n_words == 0) {
        *at = (size_t)strtoul(text, NULL, 10) - (size_t)dimension->first;
        return *at < size;
    }
    for (*at = 0; *at < size && *at < dimension->n_words; (*at)++)
        if (strncmp(text, dimension->words[*at], strlen(dimension->words[*at])) == 0)
            return true;
    return false;
}

/* Reads the coordinates loosely; then the name must be what that number is called. */
bool measure_column_find(const struct measure_variable *variable, const size_t sizes[MEASURE_N_DIMENSIONS],
                         const char *column, size_t *index)
{
    char name[MEASURE_COLUMN];
    size_t first, at;
    const size_t n = measure_axis_dimensions(variable->axis, &first);
    const char *text = column;
    *index = 0;
    for (size_t i = 0; i < n; i++) {
        text += strcspn(text, "[,");
        text += *text != '\0';
        if (!find_place(&measure_dimensions[first + i], sizes[first + i], text, &at))
            return false;
        *index = *index * sizes[first + i] + at;
    }
    return strcmp(measure_column(variable, sizes, *index, name), column) == 0;
}

bool measure_is_first(enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS], size_t index)
{
    return (axis == MEASURE_LAYER || axis == MEASURE_LAYER_PAIR) && place(axis, sizes, index, 0) == 1;
}
