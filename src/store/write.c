/* An existing result file that a run goes on with. */
#include "base/memory.h"
#include "store/cell.h"
#include "store/compare.h"
#include "store/h5.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

struct store {
    hid_t file, done;
    hid_t *datasets; /* (n_variables) */
    uint8_t *marks;  /* (n_points, trials) the mask `done` to be: written after the values it speaks of */
    const struct store_layout *layout;
};

/* What is there must be what would be made now; then `done` is open. */
static int check_experiment(struct store *store, struct base_error *error)
{
    int status;
    size_t trials;
    const struct experiment *e = store->layout->experiment;
    TRY(store_experiment_check(store->file, e, error));
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

int store_write(struct store *store, size_t point, size_t trial, double *const *values,
                struct base_error *error)
{
    int status = BASE_OK;
    const struct store_layout *layout = store->layout;
    for (size_t v = 0; v < layout->n_variables; v++)
        TRY(write_cell(store->datasets[v], layout, v, point, trial, values[v], error));
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
