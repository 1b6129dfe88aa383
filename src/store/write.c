/* An existing result file that a run goes on with. */
#include "base/memory.h"
#include "store/h5.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store {
    hid_t file, done;
    hid_t *datasets; /* (n_variables) */
    const struct store_layout *layout;
};

/* The line of `definition` that begins with the key (up to and with its colon) of `line`; NULL when there is none. */
static const char *find_line(const char *definition, const char *line, size_t key_length)
{
    for (const char *at = definition; at != NULL && *at != '\0'; at = strchr(at, '\n') != NULL ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, line, key_length) == 0)
            return at;
    return NULL;
}

/* BASE_BAD_INPUT naming the first line of `mine` that `theirs` has differently or not at all. */
static int compare_lines(const char *mine, const char *theirs, const char *mine_name, const char *theirs_name,
                         struct base_error *error)
{
    for (const char *line = mine; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        const size_t length = strcspn(line, "\n"), key = strcspn(line, ":\n") + 1;
        const char *other = find_line(theirs, line, key < length ? key : length);
        if (other == NULL)
            return base_fail(error, BASE_BAD_INPUT, "`%.*s` stands in %s alone", (int)length, line, mine_name);
        if (strcspn(other, "\n") != length || strncmp(line, other, length) != 0)
            return base_fail(error, BASE_BAD_INPUT, "%s has `%.*s`, %s has `%.*s`", mine_name, (int)length, line, theirs_name,
                             (int)strcspn(other, "\n"), other);
    }
    return BASE_OK;
}

static int read_text(hid_t file, const char *name, char **text, struct base_error *error)
{
    int status;
    char *stored = NULL;
    const hid_t type = h5_text_type(), attribute = H5Aopen(file, name, H5P_DEFAULT);
    TRY(h5_check(attribute, error, "attribute %s", name));
    TRY(h5_check(H5Aread(attribute, type, &stored), error, "attribute %s", name));
    TRY(base_got(*text = base_copy(stored != NULL ? stored : "", error)));
out:
    if (stored != NULL)
        H5free_memory(stored);
    h5_close(attribute);
    h5_close(type);
    return status;
}

static int check_definition(hid_t file, const struct experiment *e, struct base_error *error)
{
    int status;
    char *stored = NULL;
    TRY(read_text(file, "definition", &stored, error));
    TRY(compare_lines(e->definition, stored, "the experiment", "the file", error));
    TRY(compare_lines(stored, e->definition, "the file", "the experiment", error));
out:
    free(stored);
    return status;
}

static int check_trials(hid_t done, const struct experiment *e, struct base_error *error)
{
    hsize_t sizes[H5_MAX_RANK];
    const hid_t space = H5Dget_space(done);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    int status = h5_check(rank, error, "done");
    if (status == BASE_OK && (rank != (int)e->n_axes + 2 || H5Sget_simple_extent_dims(space, sizes, NULL) != rank))
        status = base_fail(error, BASE_FAILED, "its variable `done` has %d dimensions, not %zu", rank, e->n_axes + 2);
    if (status == BASE_OK && sizes[rank - 1] != (hsize_t)e->trials)
        status = base_fail(error, BASE_BAD_INPUT, "the experiment has `trials: %lld`, the file has `trials: %llu`",
                           (long long)e->trials, (unsigned long long)sizes[rank - 1]);
    h5_close(space);
    return status;
}

static int open_datasets(struct store *store, struct base_error *error)
{
    int status = BASE_OK;
    const struct store_layout *layout = store->layout;
    for (size_t v = 0; v < layout->n_variables; v++)
        store->datasets[v] = -1;
    for (size_t v = 0; v < layout->n_variables; v++)
        TRY(h5_check(store->datasets[v] = H5Dopen2(store->file, layout->variables[v]->name, H5P_DEFAULT), error,
                     "variable %s", layout->variables[v]->name));
out:
    return status;
}

static void store_release(struct store *store)
{
    for (size_t v = 0; store->datasets != NULL && v < store->layout->n_variables; v++)
        h5_close(store->datasets[v]);
    h5_close(store->done);
    h5_close(store->file);
    free(store->datasets);
    free(store);
}

int store_open_writing(struct store **store, const char *path, const struct store_layout *layout, uint8_t *done,
                       struct base_error *error)
{
    int status;
    const char *another = "another experiment stands in it: ", *way_out = "; give another file with -o";
    struct store *s = base_calloc(1, sizeof *s, error);
    TRY(base_got(s));
    *s = (struct store){.file = -1, .done = -1, .layout = layout};
    TRY(base_got(s->datasets = base_calloc(layout->n_variables, sizeof *s->datasets, error)));
    TRY(h5_check(s->file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), error, "cannot be written"));
    status = check_definition(s->file, layout->experiment, error);
    if (status == BASE_OK)
        status = h5_check(s->done = H5Dopen2(s->file, "done", H5P_DEFAULT), error, "variable done");
    if (status == BASE_OK)
        status = check_trials(s->done, layout->experiment, error);
    if (status == BASE_BAD_INPUT) {
        char difference[1024];
        snprintf(difference, sizeof difference, "%.1000s", error->text);
        TRY(base_fail(error, BASE_BAD_INPUT, "%s%s%s", another, difference, way_out));
    }
    TRY(status);
    TRY(open_datasets(s, error));
    TRY(h5_check(H5Dread(s->done, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, done), error, "variable done"));
    *store = s;
out:
    if (status != BASE_OK) {
        base_fail_within(error, status, "%s", path);
        if (s != NULL)
            store_release(s);
    }
    return status;
}

/* One number, or one row of the last axis, at (point, trial) of a dataset whose leading dimensions are the grid's. */
static int write_cell(hid_t dataset, hid_t type, const struct experiment *e, size_t point, size_t trial, size_t length,
                      bool row, const void *values, const char *name, struct base_error *error)
{
    int status;
    hsize_t start[H5_MAX_RANK] = {0}, count[H5_MAX_RANK];
    const int rank = (int)e->n_axes + 2 + row;
    hid_t space = -1, memory = -1;
    start[0] = experiment_point_case(e, point);
    for (size_t a = 0; a < e->n_axes; a++)
        start[1 + a] = experiment_point_index(e, point, a);
    start[1 + e->n_axes] = trial;
    for (int d = 0; d < rank; d++)
        count[d] = row && d == rank - 1 ? length : 1;
    TRY(h5_check(space = H5Dget_space(dataset), error, "writing %s", name));
    TRY(h5_check(memory = H5Screate_simple(rank, count, NULL), error, "writing %s", name));
    TRY(h5_check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL), error, "writing %s", name));
    TRY(h5_check(H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, values), error, "writing %s", name));
out:
    h5_close(memory);
    h5_close(space);
    return status;
}

int store_write(struct store *store, size_t point, size_t trial, double *const *values, struct base_error *error)
{
    int status;
    const uint8_t one = 1;
    const struct store_layout *layout = store->layout;
    for (size_t v = 0; v < layout->n_variables; v++)
        TRY(write_cell(store->datasets[v], H5T_NATIVE_DOUBLE, layout->experiment, point, trial,
                       store_layout_length(layout, v), layout->variables[v]->axis != MEASURE_SCALAR, values[v],
                       layout->variables[v]->name, error));
    TRY(write_cell(store->done, H5T_NATIVE_UINT8, layout->experiment, point, trial, 1, false, &one, "done", error));
out:
    return status;
}

int store_flush(struct store *store, struct base_error *error)
{
    return h5_check(H5Fflush(store->file, H5F_SCOPE_GLOBAL), error, "bringing the results to the disk");
}

static int add_wall_seconds(struct store *store, double seconds, struct base_error *error)
{
    int status;
    double before = 0;
    const hid_t attribute = H5Aopen(store->file, "wall_seconds", H5P_DEFAULT);
    TRY(h5_check(attribute, error, "attribute wall_seconds"));
    TRY(h5_check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &before), error, "attribute wall_seconds"));
    before += seconds;
    TRY(h5_check(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &before), error, "attribute wall_seconds"));
out:
    h5_close(attribute);
    return status;
}

int store_close(struct store *store, double wall_seconds, struct base_error *error)
{
    int status;
    TRY(add_wall_seconds(store, wall_seconds, error));
    TRY(store_flush(store, error));
out:
    store_release(store);
    return status;
}
