/* More trials for an existing result file: a whole new file with the finished trials copied takes its place
 * at once. */
#include "base/memory.h"
#include "store/cell.h"
#include "store/compare.h"
#include "store/partial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_trials(hid_t file, const struct experiment *e, size_t *trials, struct base_error *error)
{
    int status;
    hid_t done = -1;
    TRY(h5_check(done = H5Dopen2(file, "done", H5P_DEFAULT), error, "variable done"));
    TRY(store_trials_read(done, e, trials, error));
out:
    h5_close(done);
    return status;
}

int store_is_short(const char *path, const struct store_layout *layout, bool *is_short,
                   struct base_error *error)
{
    int status;
    hid_t file = -1;
    size_t trials;
    TRY(h5_file_open(path, false, &file, error));
    TRY(store_experiment_check(file, layout, error));
    TRY(read_trials(file, layout->experiment, &trials, error));
    *is_short = trials < (size_t)layout->experiment->trials;
out:
    h5_close(file);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", path);
}

/* Every trial of one grid point. numbers: (trials, length) */
static int copy_point(hid_t from, hid_t to, const struct store_layout *layout, size_t variable, size_t point,
                      size_t trials, double *numbers, struct base_error *error)
{
    int status;
    const char *name = layout->variables[variable]->name;
    struct store_cell source = {-1, -1}, target = {-1, -1};
    TRY(store_cell_select(&source, from, layout, variable, point, 0, trials, error));
    TRY(store_cell_select(&target, to, layout, variable, point, 0, trials, error));
    TRY(h5_check(H5Dread(from, H5T_NATIVE_DOUBLE, source.memory, source.file, H5P_DEFAULT, numbers), error,
                 "reading %s", name));
    TRY(h5_check(H5Dwrite(to, H5T_NATIVE_DOUBLE, target.memory, target.file, H5P_DEFAULT, numbers), error,
                 "writing %s", name));
out:
    store_cell_close(&source);
    store_cell_close(&target);
    return status;
}

static int copy_variable(hid_t from, hid_t to, const struct store_layout *layout, size_t variable,
                         size_t trials, struct base_error *error)
{
    int status;
    const char *name = layout->variables[variable]->name;
    hid_t source = -1, target = -1;
    double *numbers = base_calloc(trials * store_layout_length(layout, variable), sizeof *numbers, error);
    TRY(base_got(numbers));
    TRY(h5_check(source = H5Dopen2(from, name, H5P_DEFAULT), error, "variable %s", name));
    TRY(h5_check(target = H5Dopen2(to, name, H5P_DEFAULT), error, "variable %s", name));
    for (size_t point = 0; point < layout->experiment->n_points; point++)
        TRY(copy_point(source, target, layout, variable, point, trials, numbers, error));
out:
    h5_close(source);
    h5_close(target);
    free(numbers);
    return status;
}

/* The mask of a file with `trials` trials, spread to the experiment's. */
static int read_done(hid_t file, const struct experiment *e, size_t trials, uint8_t *done,
                     struct base_error *error)
{
    int status;
    hid_t dataset = -1;
    uint8_t *stored = base_calloc(e->n_points * trials, 1, error);
    TRY(base_got(stored));
    TRY(h5_check(dataset = H5Dopen2(file, "done", H5P_DEFAULT), error, "variable done"));
    TRY(h5_dataset_read(dataset, H5T_NATIVE_UINT8, stored, "done", error));
    memset(done, 0, e->n_points * (size_t)e->trials);
    for (size_t point = 0; point < e->n_points; point++)
        memcpy(done + point * (size_t)e->trials, stored + point * trials, trials);
out:
    h5_close(dataset);
    free(stored);
    return status;
}

static int copy_done(hid_t from, hid_t to, const struct experiment *e, size_t trials,
                     struct base_error *error)
{
    int status;
    hid_t target = -1;
    uint8_t *done = base_calloc(e->n_points * (size_t)e->trials, 1, error);
    TRY(base_got(done));
    TRY(read_done(from, e, trials, done, error));
    TRY(h5_check(target = H5Dopen2(to, "done", H5P_DEFAULT), error, "variable done"));
    TRY(h5_dataset_write(target, H5T_NATIVE_UINT8, done, "done", error));
out:
    h5_close(target);
    free(done);
    return status;
}

int store_read_done(const char *path, const struct store_layout *layout, uint8_t *done,
                    struct base_error *error)
{
    int status;
    const struct experiment *e = layout->experiment;
    hid_t file = -1;
    size_t trials;
    TRY(h5_file_open(path, false, &file, error));
    TRY(store_experiment_check(file, layout, error));
    TRY(read_trials(file, e, &trials, error));
    if (trials > (size_t)e->trials)
        TRY(store_trials_refuse(e, trials, error));
    TRY(read_done(file, e, trials, done, error));
out:
    h5_close(file);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", path);
}

static int copy_wall_seconds(hid_t from, hid_t to, struct base_error *error)
{
    char *text = NULL;
    int status = h5_attribute_read_text(from, "wall_seconds", &text, error);
    if (status == BASE_OK && text != NULL)
        status = h5_attribute_add_real(to, "wall_seconds", strtod(text, NULL), error);
    free(text);
    return status;
}

int store_extend(const char *path, const struct store_layout *layout,
                 const struct store_predictions *predictions, const struct store_provenance *provenance,
                 struct base_error *error)
{
    int status;
    hid_t old = -1; /* open for writing until the end: its lock keeps other runs away */
    size_t trials;
    struct store_partial partial = {.file = -1};
    TRY(h5_file_open(path, true, &old, error));
    TRY(store_experiment_check(old, layout, error));
    TRY(read_trials(old, layout->experiment, &trials, error));
    TRY(store_partial_make(path, layout, predictions, provenance, &partial, error));
    for (size_t v = 0; v < layout->n_variables; v++)
        TRY(copy_variable(old, partial.file, layout, v, trials, error));
    TRY(copy_done(old, partial.file, layout->experiment, trials, error));
    TRY(copy_wall_seconds(old, partial.file, error));
    TRY(store_partial_close(&partial, error));
    TRY(h5_file_check_place(old, path, error));
    if (rename(partial.name, path) != 0)
        TRY(base_fail(error, BASE_FAILED, "cannot be replaced: %s", strerror(errno)));
out:
    store_partial_free(&partial);
    h5_close(old);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", path);
}
