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
    uint8_t *marks;  /* (n_points, trials) the mask `done` to be: written after the values it speaks of */
    const struct store_layout *layout;
};

/* The line of `definition` that begins with the key (up to and with its colon) of `line`; NULL when there is
 * none. */
static const char *find_line(const char *definition, const char *line, size_t key_length)
{
    for (const char *at = definition; at != NULL && *at != '\0';
         at = strchr(at, '\n') != NULL ? strchr(at, '\n') + 1 : NULL)
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
            return base_fail(error, BASE_BAD_INPUT, "`%.*s` stands in %s alone", (int)length, line,
                             mine_name);
        if (strcspn(other, "\n") != length || strncmp(line, other, length) != 0)
            return base_fail(error, BASE_BAD_INPUT, "%s has `%.*s`, %s has `%.*s`", mine_name, (int)length,
                             line, theirs_name, (int)strcspn(other, "\n"), other);
    }
    return BASE_OK;
}

static int check_definition(hid_t file, const struct experiment *e, struct base_error *error)
{
    int status;
    char *stored = NULL;
    TRY(h5_attribute_read_text(file, "definition", &stored, error));
    if (stored == NULL)
        TRY(base_fail(error, BASE_FAILED, "it has no attribute `definition`"));
    TRY(compare_lines(e->definition, stored, "the experiment", "the file", error));
    TRY(compare_lines(stored, e->definition, "the file", "the experiment", error));
out:
    free(stored);
    return status;
}

/* Also keeps what is written below within the dataset. */
static int check_trials(hid_t done, const struct experiment *e, struct base_error *error)
{
    int status;
    hsize_t sizes[H5_MAX_RANK];
    size_t networks;
    const hid_t space = H5Dget_space(done);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    TRY(h5_check(rank, error, "variable done"));
    if (rank != (int)e->n_axes + 2 || H5Sget_simple_extent_dims(space, sizes, NULL) != rank)
        TRY(base_fail(error, BASE_FAILED, "its variable `done` has %d dimensions, not %zu", rank,
                      e->n_axes + 2));
    if (sizes[rank - 1] != (hsize_t)e->trials)
        TRY(base_fail(error, BASE_BAD_INPUT, "the experiment has `trials: %lld`, the file has `trials: %llu`",
                      (long long)e->trials, (unsigned long long)sizes[rank - 1]));
    TRY(h5_dataset_count(done, &networks, error));
    if (networks != e->n_points * (size_t)e->trials)
        TRY(base_fail(error, BASE_FAILED, "its variable `done` has %zu numbers, not %zu", networks,
                      e->n_points * (size_t)e->trials));
out:
    h5_close(space);
    return status;
}

/* What is there must be what would be made now; then `done` is open. */
static int check_experiment(struct store *store, struct base_error *error)
{
    int status;
    TRY(check_definition(store->file, store->layout->experiment, error));
    TRY(h5_check(store->done = H5Dopen2(store->file, "done", H5P_DEFAULT), error, "variable done"));
    TRY(check_trials(store->done, store->layout->experiment, error));
out:
    if (status == BASE_BAD_INPUT) {
        char difference[1024];
        snprintf(difference, sizeof difference, "%.1000s", error->text);
        base_fail(error, BASE_BAD_INPUT, "another experiment stands in it: %s; give another file with -o",
                  difference);
    }
    return status;
}

static int open_datasets(struct store *store, struct base_error *error)
{
    int status = BASE_OK;
    const struct store_layout *layout = store->layout;
    for (size_t v = 0; v < layout->n_variables; v++)
        store->datasets[v] = -1;
    for (size_t v = 0; v < layout->n_variables; v++)
        TRY(h5_check(store->datasets[v] = H5Dopen2(store->file, layout->variables[v]->name, H5P_DEFAULT),
                     error, "variable %s", layout->variables[v]->name));
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
    free(store->marks);
    free(store);
}

int store_open_writing(struct store **store, const char *path, const struct store_layout *layout,
                       uint8_t *done, struct base_error *error)
{
    int status;
    const size_t networks = layout->experiment->n_points * (size_t)layout->experiment->trials;
    struct store *s = base_calloc(1, sizeof *s, error);
    TRY(base_got(s));
    *s = (struct store){.file = -1, .done = -1, .layout = layout};
    TRY(base_got(s->marks = base_calloc(networks, 1, error)));
    TRY(h5_file_open(path, true, &s->file, error));
    TRY(check_experiment(s, error));
    TRY(base_got(s->datasets = base_calloc(layout->n_variables, sizeof *s->datasets, error)));
    TRY(open_datasets(s, error));
    TRY(h5_dataset_read(s->done, H5T_NATIVE_UINT8, s->marks, "done", error));
    memcpy(done, s->marks, networks);
    *store = s;
out:
    if (status != BASE_OK) {
        base_fail_within(error, status, "%s", path);
        if (s != NULL)
            store_release(s);
    }
    return status;
}

int store_read_done(const char *path, const struct store_layout *layout, uint8_t *done,
                    struct base_error *error)
{
    int status;
    struct store *s = base_calloc(1, sizeof *s, error);
    TRY(base_got(s));
    *s = (struct store){.file = -1, .done = -1, .layout = layout};
    TRY(h5_file_open(path, false, &s->file, error));
    TRY(check_experiment(s, error));
    TRY(h5_dataset_read(s->done, H5T_NATIVE_UINT8, done, "done", error));
out:
    if (s != NULL)
        store_release(s);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", path);
}

/* One number, or one row of the last axis, at (point, trial) of a dataset whose leading dimensions are the
 * grid's. */
static int write_cell(hid_t dataset, const struct experiment *e, size_t point, size_t trial, size_t length,
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
    TRY(h5_check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL), error, "writing %s",
                 name));
    TRY(h5_check(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values), error,
                 "writing %s", name));
out:
    h5_close(memory);
    h5_close(space);
    return status;
}

int store_write(struct store *store, size_t point, size_t trial, double *const *values,
                struct base_error *error)
{
    int status = BASE_OK;
    const struct store_layout *layout = store->layout;
    for (size_t v = 0; v < layout->n_variables; v++)
        TRY(write_cell(store->datasets[v], layout->experiment, point, trial, store_layout_length(layout, v),
                       layout->variables[v]->axis != MEASURE_SCALAR, values[v], layout->variables[v]->name,
                       error));
    store->marks[point * (size_t)layout->experiment->trials + trial] = 1;
out:
    return status;
}

int store_flush(struct store *store, struct base_error *error)
{
    int status;
    TRY(h5_file_flush(store->file, error));
    TRY(h5_dataset_write(store->done, H5T_NATIVE_UINT8, store->marks, "done", error));
    TRY(h5_file_flush(store->file, error));
out:
    return status;
}

int store_close(struct store *store, double wall_seconds, struct base_error *error)
{
    int status;
    TRY(store_flush(store, error));
    TRY(h5_attribute_add_real(store->file, "wall_seconds", wall_seconds, error));
    TRY(h5_file_flush(store->file, error));
out:
    store_release(store);
    return status;
}
