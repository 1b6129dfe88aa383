#include "store/cell.h"

int store_cell_select(struct store_cell *cell, hid_t dataset, const struct store_layout *layout,
                      size_t variable, size_t point, size_t first, size_t count, struct base_error *error)
{
    int status;
    const struct experiment *e = layout->experiment;
    const char *name = layout->variables[variable]->name;
    size_t dimension;
    const size_t own = measure_axis_dimensions(layout->variables[variable]->axis, &dimension);
    const int rank = (int)(e->n_axes + 2 + own);
    hsize_t start[H5_MAX_RANK] = {0}, size[H5_MAX_RANK] = {0};
    for (int d = 0; d < rank; d++)
        size[d] = 1;
    start[0] = experiment_point_case(e, point);
    for (size_t a = 0; a < e->n_axes; a++)
        start[1 + a] = experiment_point_index(e, point, a);
    start[1 + e->n_axes] = first;
    size[1 + e->n_axes] = count;
    for (size_t i = 0; i < own; i++)
        size[2 + e->n_axes + i] = layout->sizes[dimension + i];
    TRY(h5_check(cell->file = H5Dget_space(dataset), error, "variable %s", name));
    TRY(h5_check(cell->memory = H5Screate_simple(rank, size, NULL), error, "variable %s", name));
    TRY(h5_check(H5Sselect_hyperslab(cell->file, H5S_SELECT_SET, start, NULL, size, NULL), error,
                 "variable %s", name));
out:
    return status;
}

void store_cell_close(struct store_cell *cell)
{
    h5_close(cell->memory);
    h5_close(cell->file);
    *cell = (struct store_cell){-1, -1};
}
