/* A result file for reading: its grid and its text. */
#include "base/arena.h"
#include "base/memory.h"
#include "store/dimension.h"
#include "store/h5.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static int read_name(struct store_result *r, hid_t dataset, const struct h5_reference *reference,
                     const char **name, struct base_error *error)
{
    void *text = NULL;
    int status = h5_reference_follow(dataset, reference, 1, &text, error);
    if (status == BASE_OK)
        status = base_got(*name = base_arena_copy(r->arena, text, strlen(text), error));
    free(text);
    return status;
}

static int read_names(struct store_result *r, hid_t dataset, size_t n, const char **names, const char *what,
                      struct base_error *error)
{
    int status;
    struct h5_reference *references = base_calloc(n, sizeof *references, error);
    TRY(base_got(references));
    TRY(h5_references_read(dataset, n, references, "its text", error));
    for (size_t i = 0; i < n; i++)
        TRY(read_name(r, dataset, &references[i], &names[i], error));
out:
    free(references);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "coordinate %s", what);
}

/* The coordinates of an axis, of the type that the dataset has. */
static int read_coordinates(struct store_result *r, hid_t dataset, struct experiment_axis *axis,
                            struct base_error *error)
{
    int status;
    const size_t n = axis->length;
    const hid_t type = H5Dget_type(dataset);
    TRY(h5_check(type, error, "coordinate %s", axis->key));
    switch (H5Tget_class(type)) {
    case H5T_STRING:
        axis->type = EXPERIMENT_STRING;
        TRY(base_got(axis->strings = base_arena_take(r->arena, n, sizeof *axis->strings, error)));
        TRY(read_names(r, dataset, n, axis->strings, axis->key, error));
        break;
    case H5T_INTEGER:
        axis->type = EXPERIMENT_INTEGER;
        TRY(base_got(axis->integers = base_arena_take(r->arena, n, sizeof *axis->integers, error)));
        TRY(h5_dataset_read(dataset, H5T_NATIVE_INT64, axis->integers, axis->key, error));
        break;
    default:
        axis->type = EXPERIMENT_REAL;
        TRY(base_got(axis->reals = base_arena_take(r->arena, n, sizeof *axis->reals, error)));
        TRY(h5_dataset_read(dataset, H5T_NATIVE_DOUBLE, axis->reals, axis->key, error));
    }
out:
    h5_close(type);
    return status;
}

/* Dimension `name`, which has `size` coordinates. */
static int read_axis(struct store_result *r, const char *name, hsize_t size, struct experiment_axis *axis,
                     struct base_error *error)
{
    int status;
    hid_t dataset = -1;
    TRY(h5_check(dataset = H5Dopen2((hid_t)r->file, name, H5P_DEFAULT), error, "coordinate %s", name));
    TRY(h5_dataset_count(dataset, &axis->length, error));
    if (axis->length != size || size < 1)
        TRY(base_fail(error, BASE_BAD_INPUT, "coordinate %s does not fit its dimension", name));
    TRY(base_got(axis->key = base_arena_copy(r->arena, name, strlen(name), error)));
    TRY(read_coordinates(r, dataset, axis, error));
out:
    h5_close(dataset);
    return status;
}

static int read_grid(struct store_result *r, struct base_error *error)
{
    int status;
    char names[H5_MAX_RANK][64];
    hsize_t sizes[H5_MAX_RANK];
    int rank = 0;
    size_t networks = 0;
    hid_t done = -1;
    struct experiment_axis cases = {0};
    TRY(h5_check(done = H5Dopen2((hid_t)r->file, "done", H5P_DEFAULT), error, "variable done"));
    TRY(store_dimension_names(done, names, sizes, &rank, error));
    if (rank < 2 || strcmp(names[0], "case") != 0 || strcmp(names[rank - 1], "trial") != 0)
        TRY(base_fail(error, BASE_BAD_INPUT, "its variable `done` does not run over (case, …, trial)"));

    TRY(h5_dataset_count(done, &networks, error));
    TRY(read_axis(r, "case", sizes[0], &cases, error));
    if (cases.type != EXPERIMENT_STRING)
        TRY(base_fail(error, BASE_BAD_INPUT, "coordinate case is not text"));
    r->cases = cases.strings;
    r->n_cases = cases.length;
    r->trials = (size_t)sizes[rank - 1];
    if (r->trials < 1)
        TRY(base_fail(error, BASE_BAD_INPUT, "it has no trials"));
    r->n_points = networks / r->trials;
    r->n_axes = (size_t)rank - 2;
    TRY(base_got(r->axes = base_arena_take(r->arena, r->n_axes + 1, sizeof *r->axes, error)));
    for (size_t a = 0; a < r->n_axes; a++)
        TRY(read_axis(r, names[1 + a], sizes[1 + a], &r->axes[a], error));
out:
    h5_close(done);
    return status;
}

/* Sizes of the dimensions that variables may have. */
static int read_sizes(struct store_result *r, struct base_error *error)
{
    int status = BASE_OK;
    for (size_t d = 0; d < MEASURE_N_DIMENSIONS; d++) {
        const char *name = measure_dimensions[d].name;
        if (!store_has(r, name))
            continue;
        const hid_t dataset = H5Dopen2((hid_t)r->file, name, H5P_DEFAULT);
        status = h5_check(dataset, error, "opening it");
        if (status == BASE_OK)
            status = h5_dataset_count(dataset, &r->sizes[d], error);
        h5_close(dataset);
        if (status != BASE_OK)
            return base_fail_within(error, status, "coordinate %s", name);
    }
    return status;
}

/* Measured variables are those of the registry that the file has; others are not ours to read. */
static int list_variables(struct store_result *r, struct base_error *error)
{
    int status;
    TRY(base_got(r->names = base_arena_take(r->arena, MEASURE_MAX_VARIABLES * MEASURE_MAX_MEASURES,
                                            sizeof *r->names, error)));
    for (size_t m = 0; measure_registry[m] != NULL; m++)
        for (size_t v = 0; v < measure_registry[m]->n_variables; v++)
            if (!measure_registry[m]->variables[v].only_predicted &&
                store_has(r, measure_registry[m]->variables[v].name))
                r->names[r->n_names++] = measure_registry[m]->variables[v].name;
out:
    return status;
}

int store_open(struct store_result *result, const char *path, struct base_error *error)
{
    int status;
    hid_t file = -1;
    memset(result, 0, sizeof *result);
    result->file = -1;
    TRY(base_got(result->arena = base_arena_create(error)));
    TRY(base_got(result->path = base_arena_copy(result->arena, path, strlen(path), error)));
    TRY(h5_file_open(path, false, &file, error));
    result->file = file;
    TRY(read_grid(result, error));
    TRY(read_sizes(result, error));
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
    base_arena_free(result->arena);
    memset(result, 0, sizeof *result);
    result->file = -1;
}

bool store_has(const struct store_result *result, const char *name)
{
    return H5Lexists((hid_t)result->file, name, H5P_DEFAULT) > 0;
}

int store_read_attribute(const struct store_result *result, const char *name, const char **text,
                         struct base_error *error)
{
    char *read;
    *text = NULL;
    const int status = h5_attribute_read_text((hid_t)result->file, name, &read, error);
    if (status != BASE_OK)
        return base_fail_within(error, status, "%s", result->path);
    if (read == NULL)
        return BASE_OK;
    *text = base_arena_copy(result->arena, read, strlen(read), error);
    free(read);
    return base_got(*text);
}

/* The text of each case of a key that is not swept. */
static int compare_cases(const struct store_result *r, const char *key, const char *word, bool *flags,
                         struct base_error *error)
{
    int status;
    size_t n = 0;
    hid_t dataset = -1;
    struct h5_reference *references = base_calloc(r->n_cases, sizeof *references, error);
    TRY(base_got(references));
    TRY(h5_check(dataset = H5Dopen2((hid_t)r->file, key, H5P_DEFAULT), error, "opening it"));
    TRY(h5_dataset_count(dataset, &n, error));
    if (n != r->n_cases)
        TRY(base_fail(error, BASE_BAD_INPUT, "it does not run over the cases"));
    TRY(h5_references_read(dataset, n, references, "its text", error));
    for (size_t c = 0; c < n; c++) {
        void *text = NULL;
        const size_t stride = r->n_points / r->n_cases;
        TRY(h5_reference_follow(dataset, &references[c], 1, &text, error));
        for (size_t p = c * stride; p < (c + 1) * stride; p++)
            flags[p] = strcmp(text, word) != 0;
        free(text);
    }
out:
    free(references);
    h5_close(dataset);
    return status == BASE_OK ? BASE_OK
                             : base_fail_within(error, BASE_BAD_INPUT, "%s: variable `%s`", r->path, key);
}

int store_read_differs(const struct store_result *result, const char *key, const char *word, bool *flags,
                       struct base_error *error)
{
    const struct store_result *r = result;
    size_t stride = r->n_points / r->n_cases;
    for (size_t a = 0; a < r->n_axes; a++) {
        const struct experiment_axis *axis = &r->axes[a];
        stride /= axis->length;
        if (strcmp(axis->key, key) != 0)
            continue;
        if (axis->type != EXPERIMENT_STRING)
            return base_fail(error, BASE_BAD_INPUT, "%s: coordinate %s is not text", r->path, key);
        for (size_t p = 0; p < r->n_points; p++)
            flags[p] = strcmp(axis->strings[p / stride % axis->length], word) != 0;
        return BASE_OK;
    }
    for (size_t p = 0; p < r->n_points; p++)
        flags[p] = false;
    return store_has(r, key) ? compare_cases(r, key, word, flags, error) : BASE_OK;
}
