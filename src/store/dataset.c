/* Items from datasets of an HDF5 file of the user's: any version and any layout that HDF5 reads.
 * FILE.h5:/NAME names one.
 *
 * Rows are read a block at a time. HDF5 1.10.8 has no defence against a file that was forged; one that was
 * cut it refuses. */
#include "base/disk.h"
#include "base/memory.h"
#include "store/h5.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_NUMBERS = 1 << 17 };

struct dataset {
    char *file; /* its path */
    const char *name;
    hid_t id, handle;
    size_t rows;
};

struct rows {
    struct dataset items;
    int *labels;       /* (items.rows) */
    size_t read;       /* rows handed over */
    size_t begin, end; /* those in `block` */
    size_t most;       /* rows of a block */
    double *block;     /* (most, features) */
};

/* path: FILE:/NAME, cut at the last ":/". */
static int split(struct dataset *d, const char *path, struct base_error *error)
{
    const char *cut = NULL;
    for (const char *at = path; (at = strstr(at, ":/")) != NULL; at++)
        cut = at;
    if (cut == NULL || cut == path || cut[2] == '\0')
        return base_fail(error, BASE_BAD_INPUT, "%s: which dataset of which file? Write FILE.h5:/DATASET",
                         path);
    if ((d->file = base_copy(path, error)) == NULL)
        return BASE_FAILED;
    d->file[cut - path] = '\0';
    d->name = d->file + (cut + 1 - path);
    return BASE_OK;
}

static int open_file(struct dataset *d, struct base_error *error)
{
    int status;
    TRY(base_disk_check_file(d->file, error));
    if (H5Fis_hdf5(d->file) <= 0)
        TRY(base_fail(error, BASE_BAD_INPUT, "not an HDF5 file"));
    d->handle = H5Fopen(d->file, H5F_ACC_RDONLY, H5P_DEFAULT);
    TRY(h5_check(d->handle, error, "cannot be opened"));
out:
    return status;
}

/* Its rows, and with rank 2 its columns. */
static int read_shape(struct dataset *d, int rank, size_t *columns, struct base_error *error)
{
    int status;
    hsize_t sizes[2] = {0, 1};
    const hid_t space = H5Dget_space(d->id);
    TRY(h5_check(space, error, "its dimensions"));
    const int found = H5Sget_simple_extent_type(space) == H5S_NULL ? -1 : H5Sget_simple_extent_ndims(space);
    if (found != rank)
        TRY(base_fail(error, BASE_BAD_INPUT, "%d dimension%s, not %s", found < 0 ? 0 : found,
                      found == 1 ? "" : "s", rank == 2 ? "2 (samples, features)" : "1"));
    H5Sget_simple_extent_dims(space, sizes, NULL);
    d->rows = (size_t)sizes[0];
    *columns = (size_t)sizes[1];
out:
    h5_close(space);
    return status;
}

static int check_type(const struct dataset *d, bool whole, struct base_error *error)
{
    const hid_t type = H5Dget_type(d->id);
    const H5T_class_t class = H5Tget_class(type);
    h5_close(type);
    if (class == H5T_INTEGER || (class == H5T_FLOAT && !whole))
        return BASE_OK;
    return base_fail(error, BASE_BAD_INPUT, "it does not hold %s", whole ? "integers" : "numbers");
}

/* An open dataset of `rank` dimensions. */
static int dataset_open(struct dataset *d, const char *path, int rank, bool whole, size_t *columns,
                        struct base_error *error)
{
    int status;
    *d = (struct dataset){.id = -1, .handle = -1};
    status = split(d, path, error);
    if (status != BASE_OK)
        return status;
    status = open_file(d, error);
    if (status != BASE_OK)
        return base_fail_within(error, BASE_BAD_INPUT, "%s", d->file);
    d->id = H5Dopen2(d->handle, d->name, H5P_DEFAULT);
    if (d->id < 0)
        return base_fail(error, BASE_BAD_INPUT, "%s: it has no dataset %s", d->file, d->name);
    TRY(read_shape(d, rank, columns, error));
    TRY(check_type(d, whole, error));
out:
    return status == BASE_OK ? BASE_OK
                             : base_fail_within(error, BASE_BAD_INPUT, "%s: dataset %s", d->file, d->name);
}

static void dataset_close(struct dataset *d)
{
    if (d->file != NULL) {
        h5_close(d->id);
        h5_close(d->handle);
    }
    free(d->file);
}

static int narrow(size_t n, const int64_t *values, int *labels, struct base_error *error)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i] < INT32_MIN || values[i] > INT32_MAX)
            return base_fail(error, BASE_BAD_INPUT, "label %zu is out of range", i + 1);
        labels[i] = (int)values[i];
    }
    return BASE_OK;
}

static int read_labels(const struct rows *r, const struct dataset *d, int *labels, struct base_error *error)
{
    int status;
    int64_t *values = base_alloc(d->rows, sizeof *values, error);
    TRY(base_got(values));
    TRY(h5_dataset_read(d->id, H5T_NATIVE_INT64, values, d->name, error));
    TRY(narrow(r->items.rows, values, labels, error));
out:
    free(values);
    return status;
}

static int check_count(const struct rows *r, const struct dataset *d, struct base_error *error)
{
    size_t count;
    if (d->rows != r->items.rows)
        return base_fail(error, BASE_BAD_INPUT, "%zu labels, but %s of %s has %zu rows", d->rows,
                         r->items.name, r->items.file, r->items.rows);
    return h5_dataset_count(d->id, &count, error); /* that many fit the memory and the file */
}

static int open_labels(struct rows *r, const char *path, struct base_error *error)
{
    size_t one;
    struct dataset d;
    int status = dataset_open(&d, path, 1, true, &one, error);
    if (status == BASE_OK) {
        TRY(check_count(r, &d, error));
        TRY(base_got(r->labels = base_alloc(d.rows, sizeof *r->labels, error)));
        TRY(read_labels(r, &d, r->labels, error));
    out:
        if (status != BASE_OK)
            base_fail_within(error, status, "%s: dataset %s", d.file, d.name);
    }
    dataset_close(&d);
    return status == BASE_OK ? BASE_OK : BASE_BAD_INPUT;
}

/* Rows from `read` on. */
static int read_block(struct rows *r, size_t features, struct base_error *error)
{
    int status;
    const size_t left = r->items.rows - r->read, n = left < r->most ? left : r->most;
    const hsize_t start[2] = {r->read, 0}, count[2] = {n, features};
    const hid_t from = H5Dget_space(r->items.id), to = H5Screate_simple(2, count, NULL);
    TRY(h5_check(from, error, "its rows"));
    TRY(h5_check(to, error, "its rows"));
    TRY(h5_check(H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, count, NULL), error, "its rows"));
    TRY(h5_check(H5Dread(r->items.id, H5T_NATIVE_DOUBLE, to, from, H5P_DEFAULT, r->block), error,
                 "its rows"));
    r->begin = r->read;
    r->end = r->read + n;
out:
    h5_close(from);
    h5_close(to);
    return status == BASE_OK
               ? BASE_OK
               : base_fail_within(error, BASE_BAD_INPUT, "%s: dataset %s", r->items.file, r->items.name);
}

static int rows_next(struct data_source *source, double *item, int *label, bool *more,
                     struct base_error *error)
{
    int status = BASE_OK;
    struct rows *r = source->state;
    *more = r->read < r->items.rows;
    if (!*more)
        return BASE_OK;
    if (r->read == r->end)
        TRY(read_block(r, source->features, error));
    memcpy(item, r->block + (r->read - r->begin) * source->features, source->features * sizeof *item);
    if (source->labelled)
        *label = r->labels[r->read];
    r->read++;
out:
    return status;
}

static void rows_close(struct data_source *source)
{
    struct rows *r = source->state;
    dataset_close(&r->items);
    free(r->labels);
    free(r->block);
    free(r);
}

int store_dataset_open(struct data_source *source, const char *path, const char *labels,
                       struct base_error *error)
{
    int status;
    struct rows *r = base_calloc(1, sizeof *r, error);
    *source = (struct data_source){.path = path, .next = rows_next, .labelled = *labels != '\0'};
    TRY(base_got(r));
    source->state = r;
    source->close = rows_close;
    TRY(dataset_open(&r->items, path, 2, false, &source->features, error));
    if (source->features < 1 || source->features > DATA_MAX_FEATURES)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: dataset %s: %zu features; from 1 to %d are right",
                      r->items.file, r->items.name, source->features, DATA_MAX_FEATURES));
    r->most = source->features < BLOCK_NUMBERS ? BLOCK_NUMBERS / source->features : 1;
    TRY(base_got(r->block = base_alloc(r->most * source->features, sizeof *r->block, error)));
    if (source->labelled) {
        source->key = "labels";
        TRY(open_labels(r, labels, error));
        source->key = NULL;
    }
out:
    if (status != BASE_OK)
        data_source_close(source);
    return status;
}
