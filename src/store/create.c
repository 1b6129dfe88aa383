/* A new result file: made whole under another name, then renamed. */
#include "base/memory.h"
#include "store/contents.h"
#include "store/h5.h"
#include "store/partial.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A name beside `path` that no other run has: the process id alone is not one where containers share a
 * folder. */
static int reserve_partial(const char *path, char *partial, struct base_error *error)
{
    int file = -1;
    for (int n = 0; file < 0 && n < 1000 && (n == 0 || errno == EEXIST); n++) {
        sprintf(partial, "%s.%ld-%d.partial", path, (long)getpid(), n);
        file = open(partial, O_WRONLY | O_CREAT | O_EXCL, 0666);
    }
    if (file < 0)
        return base_fail(error, BASE_BAD_INPUT, "cannot be created: %s", strerror(errno));
    close(file);
    return BASE_OK;
}

/* The format of HDF5 1.8 has checksums over its metadata, without which HDF5 1.10 may crash on a damaged
 * file; that of 1.10 (libver=latest) would refuse to open a file again whose program died. With links in
 * order of creation netCDF lists dimensions and variables in the order of this file. */
static int create_file(const char *partial, hid_t *file, struct base_error *error)
{
    int status;
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE), access_list = H5Pcreate(H5P_FILE_ACCESS);
    TRY(h5_check(creation, error, "cannot be created"));
    TRY(h5_check(access_list, error, "cannot be created"));
    TRY(h5_check(H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), error,
                 "cannot be created"));
    TRY(h5_check(H5Pset_libver_bounds(access_list, H5F_LIBVER_V18, H5F_LIBVER_V18), error,
                 "cannot be created"));
    TRY(h5_check(*file = H5Fcreate(partial, H5F_ACC_TRUNC, creation, access_list), error,
                 "cannot be created"));
out:
    h5_close(access_list);
    h5_close(creation);
    return status;
}

int store_partial_make(const char *path, const struct store_layout *layout,
                       const struct store_predictions *predictions, const struct store_provenance *provenance,
                       struct store_partial *partial, struct base_error *error)
{
    int status;
    *partial = (struct store_partial){.file = -1};
    TRY(base_got(partial->name = base_calloc(strlen(path) + 48, 1, error)));
    TRY(reserve_partial(path, partial->name, error));
    TRY(create_file(partial->name, &partial->file, error));
    TRY(store_contents_write(partial->file, layout, predictions, provenance, error));
out:
    return status;
}

int store_partial_close(struct store_partial *partial, struct base_error *error)
{
    int status = h5_file_flush(partial->file, error);
    if (H5Fclose(partial->file) < 0 && status == BASE_OK)
        status = h5_check(-1, error, "closing");
    partial->file = -1;
    return status;
}

void store_partial_free(struct store_partial *partial)
{
    h5_close(partial->file);
    if (partial->name != NULL && partial->name[0] != '\0')
        unlink(partial->name);
    free(partial->name);
}

/* A link, unlike a rename, never replaces a file that another run made meanwhile; some file systems have
 * none. */
static int publish(const char *partial, const char *path, struct base_error *error)
{
    if (link(partial, path) == 0)
        return BASE_OK;
    if (errno != EEXIST && access(path, F_OK) != 0 && rename(partial, path) == 0)
        return BASE_OK;
    return base_fail(error, BASE_FAILED, "cannot be created: %s", strerror(errno));
}

int store_create(const char *path, const struct store_layout *layout,
                 const struct store_predictions *predictions, const struct store_provenance *provenance,
                 struct base_error *error)
{
    int status;
    struct store_partial partial;
    TRY(store_partial_make(path, layout, predictions, provenance, &partial, error));
    TRY(store_partial_close(&partial, error));
    TRY(publish(partial.name, path, error));
out:
    store_partial_free(&partial);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", path);
}
