/* A result file for reading: its grid and its text. */
#include "base/memory.h"
#include "experiment/arena.h"
#include "store/dimension.h"
#include "store/h5.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_names(struct store_result *r, hid_t dataset, size_t n, const char **names, const char *what,
                      struct base_error *error)
{
    int status;
    char **stored = NULL;
    const hid_t type = h5_text_type(), space = H5Dget_space(dataset);
    TRY(base_got(stored = base_calloc(n, sizeof *stored, error)));
    TRY(h5_check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored), error, "coordinate %s", what));
    for (size_t i = 0; i < n; i++)
        TRY(base_got(names[i] = experiment_arena_copy(r->arena, stored[i] != NULL ? stored[i] : "",
                                                      stored[i] != NULL ? strlen(stored[i]) : 0, error)));
out:
    if (stored != NULL)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, stored);
    free(stored);
    h5_close(space);
    h5_close(type);
    return status;
}

/* The coordinate variable of dimension `name`. */
static int read_axis(struct store_result *r, const char *name, struct experiment_axis *axis, struct base_error *error)
{
    int status;
    hid_t dataset = -1, space = -1, type = -1;
    hsize_t size = 0;
    TRY(h5_check(dataset = H5Dopen2((hid_t)r->file, name, H5P_DEFAULT), error, "coordinate %s", name));
    TRY(h5_check(space = H5Dget_space(dataset), error, "coordinate %s", name));
    TRY(h5_check(type = H5Dget_type(dataset), error, "coordinate %s", name));
    if (H5Sget_simple_extent_ndims(space) != 1 || H5Sget_simple_extent_dims(space, &size, NULL) != 1 || size < 1)
        TRY(base_fail(error, BASE_BAD_INPUT, "coordinate %s is not a list", name));
    axis->length = (size_t)size;
    TRY(base_got(axis->key = experiment_arena_copy(r->arena, name, strlen(name), error)));
    switch (H5Tget_class(type)) {
    case H5T_STRING:
        axis->type = EXPERIMENT_STRING;
        TRY(base_got(axis->strings = experiment_arena_take(r->arena, size, sizeof *axis->strings, error)));
        TRY(read_names(r, dataset, axis->length, axis->strings, name, error));
        break;
    case H5T_INTEGER:
        axis->type = EXPERIMENT_INTEGER;
        TRY(base_got(axis->integers = experiment_arena_take(r->arena, size, sizeof *axis->integers, error)));
        TRY(h5_check(H5Dread(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, axis->integers), error,
                     "coordinate %s", name));
        break;
    default:
        axis->type = EXPERIMENT_REAL;
        TRY(base_got(axis->reals = experiment_arena_take(r->arena, size, sizeof *axis->reals, error)));
        TRY(h5_check(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, axis->reals), error,
                     "coordinate %s", name));
    }
out:
    h5_close(type);
    h5_close(space);
    h5_close(dataset);
    return status;
}

static int read_grid(struct store_result *r, struct base_error *error)
{
    int status;
    char names[H5_MAX_RANK][64];
    hsize_t sizes[H5_MAX_RANK];
    int rank = 0;
    hid_t done = -1;
    struct experiment_axis cases = {0};
    TRY(h5_check(done = H5Dopen2((hid_t)r->file, "done", H5P_DEFAULT), error, "variable done"));
    TRY(store_dimension_names(done, names, sizes, &rank, error));
    if (rank < 2 || strcmp(names[0], "case") != 0 || strcmp(names[rank - 1], "trial") != 0)
        TRY(base_fail(error, BASE_BAD_INPUT, "its variable `done` does not run over (case, …, trial)"));

    TRY(read_axis(r, "case", &cases, error));
    if (cases.type != EXPERIMENT_STRING)
        TRY(base_fail(error, BASE_BAD_INPUT, "coordinate case is not text"));
    r->cases = cases.strings;
    r->n_cases = r->n_points = cases.length;
    r->trials = (size_t)sizes[rank - 1];
    r->n_axes = (size_t)rank - 2;
    TRY(base_got(r->axes = experiment_arena_take(r->arena, r->n_axes + 1, sizeof *r->axes, error)));
    for (size_t a = 0; a < r->n_axes; a++) {
        TRY(read_axis(r, names[1 + a], &r->axes[a], error));
        r->n_points *= r->axes[a].length;
    }
    for (int d = 0; d < rank - 1; d++)
        if (sizes[d] != (d == 0 ? r->n_cases : r->axes[d - 1].length))
            TRY(base_fail(error, BASE_BAD_INPUT, "coordinate %s does not fit its dimension", names[d]));
out:
    h5_close(done);
    return status;
}

/* Measured variables are those of the registry that the file has; others are not ours to read. */
static int list_variables(struct store_result *r, struct base_error *error)
{
    int status;
    TRY(base_got(r->names = experiment_arena_take(r->arena, MEASURE_MAX_VARIABLES * MEASURE_MAX_MEASURES, sizeof *r->names, error)));
    for (size_t m = 0; measure_registry[m] != NULL; m++)
        for (size_t v = 0; v < measure_registry[m]->n_variables; v++)
            if (store_has(r, measure_registry[m]->variables[v].name))
                r->names[r->n_names++] = measure_registry[m]->variables[v].name;
out:
    return status;
}

static int open_file(struct store_result *r, const char *path, struct base_error *error)
{
    const char *format = NULL;
    int status;
    if (access(path, F_OK) != 0)
        return base_fail(error, BASE_BAD_INPUT, "no such file");
    r->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (r->file < 0) {
        status = h5_check(-1, error, "cannot be read");
        if (strstr(error->text, "lock") != NULL)
            return base_fail(error, BASE_BAD_INPUT, "a running program holds it open for writing; wait until it is done");
        base_fail_within(error, status, "%s",
                         H5Fis_hdf5(path) > 0 ? "a truncated or damaged result file" : "not an HDF5 file");
        return BASE_BAD_INPUT;
    }
    status = store_read_attribute(r, "format", &format, error);
    if (status != BASE_OK || format == NULL || strcmp(format, STORE_FORMAT) != 0)
        return base_fail(error, BASE_BAD_INPUT,
                         "an HDF5 file, but not a result of this program (its attribute `format` is not \"%s\")",
                         STORE_FORMAT);
    return BASE_OK;
}

int store_open(struct store_result *result, const char *path, struct base_error *error)
{
    int status;
    memset(result, 0, sizeof *result);
    result->file = -1;
    TRY(base_got(result->arena = experiment_arena_create(error)));
    TRY(base_got(result->path = experiment_arena_copy(result->arena, path, strlen(path), error)));
    TRY(open_file(result, path, error));
    TRY(read_grid(result, error));
    TRY(list_variables(result, error));
out:
    if (status != BASE_OK) {
        base_fail_within(error, status, "%s", path);
        store_result_free(result);
        return BASE_BAD_INPUT;
    }
    return status;
}

void store_result_free(struct store_result *result)
{
    h5_close((hid_t)result->file);
    experiment_arena_free(result->arena);
    memset(result, 0, sizeof *result);
    result->file = -1;
}

bool store_has(const struct store_result *result, const char *name)
{
    return H5Lexists((hid_t)result->file, name, H5P_DEFAULT) > 0;
}

/* A number as text: whole ones without a point. */
static int read_number(hid_t attribute, struct store_result *keeper, const char **text, struct base_error *error)
{
    double value = 0;
    const int status = h5_check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), error, "attribute");
    if (status != BASE_OK)
        return status;
    return base_got(*text = experiment_arena_print(keeper->arena, error, "%.15g", value));
}

int store_read_attribute(const struct store_result *result, const char *name, const char **text, struct base_error *error)
{
    int status;
    struct store_result keeper = *result;
    char *stored = NULL;
    hid_t attribute = -1, type = -1, text_type = -1;
    *text = NULL;
    if (H5Aexists((hid_t)result->file, name) <= 0)
        return BASE_OK;
    TRY(h5_check(attribute = H5Aopen((hid_t)result->file, name, H5P_DEFAULT), error, "attribute %s", name));
    TRY(h5_check(type = H5Aget_type(attribute), error, "attribute %s", name));
    if (H5Aget_storage_size(attribute) > sizeof(double) && H5Tget_class(type) != H5T_STRING)
        TRY(base_fail(error, BASE_BAD_INPUT, "attribute %s is not one number", name));
    if (H5Tget_class(type) != H5T_STRING) {
        TRY(read_number(attribute, &keeper, text, error));
    } else if (H5Tis_variable_str(type) > 0) {
        TRY(h5_check(text_type = h5_text_type(), error, "attribute %s", name));
        TRY(h5_check(H5Aread(attribute, text_type, &stored), error, "attribute %s", name));
        TRY(base_got(*text = experiment_arena_copy(result->arena, stored != NULL ? stored : "",
                                                   stored != NULL ? strlen(stored) : 0, error)));
    }
out:
    if (stored != NULL)
        H5free_memory(stored);
    h5_close(text_type);
    h5_close(type);
    h5_close(attribute);
    return status;
}
