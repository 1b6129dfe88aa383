/* An existing result file that a run goes on with. */
#include "base/memory.h"
#include "store/cell.h"
#include "store/compare.h"
#include "store/guard.h"
#include "store/h5.h"
#include "store/partial.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct store {
    hid_t file, done;
    hid_t *datasets; /* (n_variables) */
    uint8_t *marks;  /* (n_points, trials) the mask `done` to be: written after the values it speaks of */
    uint8_t *stored; /* (n_points, trials) as it was left on the disk */
    uint8_t *found;  /* (n_points, trials) room for what is there */
    const struct store_layout *layout;
    struct store_guard guard;
    bool spoiled; /* values may be missing on the disk: no mark may follow them, and nothing else */
};

static size_t count_networks(const struct store_layout *layout)
{
    return layout->experiment->n_points * (size_t)layout->experiment->trials;
}

/* What is there must be what would be made now; then `done` is open. */
static int check_experiment(struct store *store, struct base_error *error)
{
    int status;
    size_t trials;
    const struct experiment *e = store->layout->experiment;
    TRY(store_experiment_check(store->file, store->layout, error));
    TRY(h5_check(store->done = H5Dopen2(store->file, "done", H5P_DEFAULT), error, "variable done"));
    TRY(store_trials_read(store->done, e, &trials, error));
    if (trials != (size_t)e->trials)
        TRY(store_trials_refuse(e, trials, error));
out:
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
    if (!store->spoiled) /* closing would write what HDF5 still has in hand; left open, it dies with the
                            program */
        h5_close(store->file);
    store_guard_free(&store->guard);
    free(store->datasets);
    free(store->marks);
    free(store->stored);
    free(store->found);
    free(store);
}

int store_open_writing(struct store **store, const char *path, const struct store_layout *layout,
                       uint8_t *done, struct base_error *error)
{
    int status;
    const size_t networks = count_networks(layout);
    struct store *s = base_calloc(1, sizeof *s, error);
    TRY(base_got(s));
    *s = (struct store){.file = -1, .done = -1, .layout = layout};
    TRY(base_got(s->marks = base_calloc(networks, 1, error)));
    TRY(base_got(s->stored = base_calloc(networks, 1, error)));
    TRY(base_got(s->found = base_calloc(networks, 1, error)));
    TRY(h5_file_open(path, true, &s->file, error));
    TRY(store_guard_init(&s->guard, s->file, path, error));
    TRY(check_experiment(s, error));
    TRY(base_got(s->datasets = base_calloc(layout->n_variables, sizeof *s->datasets, error)));
    TRY(open_datasets(s, error));
    TRY(h5_dataset_read(s->done, H5T_NATIVE_UINT8, s->marks, "done", error));
    memcpy(s->stored, s->marks, networks);
    memcpy(done, s->marks, networks);
    store_partial_clean(path);
    *store = s;
out:
    if (status != BASE_OK) {
        base_fail_within(error, status, "%s", path);
        if (s != NULL)
            store_release(s);
    }
    return status;
}

/* The disk did not take what was written. A second try might seem to succeed where the system has dropped
 * what it could not write, so there is none. */
static int give_up(struct store *store, struct base_error *error)
{
    const struct base_error why = *error;
    store->spoiled = true;
    return base_fail(error, BASE_FAILED,
                     "%s; the trials brought there before are safe, and the same command goes on from there",
                     why.text);
}

/* One trial's numbers of one variable. */
static int write_cell(hid_t dataset, const struct store_layout *layout, size_t variable, size_t point,
                      size_t trial, const double *values, struct base_error *error)
{
    int status;
    const char *name = layout->variables[variable]->name;
    struct store_cell cell = {.file = -1, .memory = -1};
    TRY(store_cell_select(&cell, dataset, layout, variable, point, trial, 1, error));
    TRY(h5_check(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, cell.memory, cell.file, H5P_DEFAULT, values), error,
                 "writing %s", name));
out:
    store_cell_close(&cell);
    return status;
}

static int check_whole(struct store *store, struct base_error *error)
{
    if (store->spoiled)
        return base_fail(error, BASE_FAILED, "an earlier failure leaves no way to write more");
    const int status = store_guard_size(&store->guard, error);
    store->spoiled = status != BASE_OK;
    return status;
}

int store_write(struct store *store, size_t point, size_t trial, double *const *values,
                struct base_error *error)
{
    int status;
    const struct store_layout *layout = store->layout;
    h5_be_quiet();
    TRY(check_whole(store, error));
    for (size_t v = 0; v < layout->n_variables && status == BASE_OK; v++)
        status = write_cell(store->datasets[v], layout, v, point, trial, values[v], error);
    if (status != BASE_OK)
        TRY(give_up(store, error));
    store->marks[point * (size_t)layout->experiment->trials + trial] = 1;
out:
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", store->guard.path);
}

/* With the system's own call, for HDF5 would show what it remembers. Marks that are not as we left them are
 * another program's, which holds no lock or has broken ours. */
static int check_marks(struct store *store, struct base_error *error)
{
    const haddr_t place = H5Dget_offset(store->done);
    const size_t n = count_networks(store->layout);
    const ssize_t got = pread(store->guard.descriptor, store->found, n, (off_t)place);
    if (got != (ssize_t)n && check_whole(store, error) == BASE_OK)
        return base_fail(error, BASE_FAILED, "reading its marks again: %s",
                         got < 0 ? strerror(errno) : "they are cut off");
    if (got != (ssize_t)n)
        return BASE_FAILED;
    if (memcmp(store->found, store->stored, n) == 0)
        return BASE_OK;
    store->spoiled = true;
    return base_fail(error, BASE_FAILED,
                     "another program has written into it while this run had it, against its lock or without "
                     "one; see that only one program runs on this file, and give the same command again");
}

static int write_marks(struct store *store, struct base_error *error)
{
    const int status = h5_dataset_write(store->done, H5T_NATIVE_UINT8, store->marks, "done", error);
    return status == BASE_OK ? BASE_OK : give_up(store, error);
}

static int flush_file(struct store *store, struct base_error *error)
{
    const int status = h5_file_flush(store->file, error);
    return status == BASE_OK ? BASE_OK : give_up(store, error);
}

int store_flush(struct store *store, struct base_error *error)
{
    int status;
    h5_be_quiet();
    TRY(check_whole(store, error));
    TRY(flush_file(store, error));
    TRY(check_marks(store, error));
    TRY(write_marks(store, error));
    TRY(flush_file(store, error));
    memcpy(store->stored, store->marks, count_networks(store->layout));
    TRY(store_guard_place(&store->guard, error));
out:
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", store->guard.path);
}

int store_close(struct store *store, double wall_seconds, struct base_error *error)
{
    int status;
    const char *path = store->guard.path;
    TRY(store_flush(store, error));
    status = h5_attribute_add_real(store->file, "wall_seconds", wall_seconds, error);
    if (status == BASE_OK)
        status = h5_file_flush(store->file, error);
    if (status != BASE_OK)
        status = base_fail_within(error, give_up(store, error), "%s", path);
out:
    store_release(store);
    return status;
}
