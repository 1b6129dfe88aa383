/* A new result file: made whole under another name, then renamed. */
#include "base/disk.h"
#include "base/memory.h"
#include "store/contents.h"
#include "store/h5.h"
#include "store/partial.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The process id alone is no name of one's own where containers share a folder. */
int store_partial_reserve(const char *path, const char *ending, char *name, struct base_error *error)
{
    int file = -1;
    for (int n = 0; file < 0 && n < 1000 && (n == 0 || errno == EEXIST); n++) {
        sprintf(name, "%s.%ld-%d.%s", path, (long)getpid(), n, ending);
        file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    }
    if (file < 0)
        return base_fail(error, BASE_BAD_INPUT, "cannot be created: %s", strerror(errno));
    close(file);
    return BASE_OK;
}

/* The format of HDF5 1.8 has checksums over its metadata, without which HDF5 1.10 may crash on a damaged
 * file; that of 1.10 (libver=latest) would refuse to open a file again whose program died. With links in
 * order of creation netCDF lists dimensions and variables in the order of this file.
 *
 * Of all metadata wall_seconds alone is written again when a run ends, with the checksummed block around it,
 * and a kill may cut a write at a page. With all attributes in the root's header the first one of them stands
 * in the file's first bytes, in a block of less than a page. */
static int create_file(const char *partial, hid_t *file, struct base_error *error)
{
    int status;
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE), access_list = H5Pcreate(H5P_FILE_ACCESS);
    TRY(h5_check(creation, error, "cannot be created"));
    TRY(h5_check(access_list, error, "cannot be created"));
    TRY(h5_check(H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), error,
                 "cannot be created"));
    TRY(h5_check(H5Pset_attr_phase_change(creation, 100, 0), error, "cannot be created"));
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
    TRY(base_got(partial->name = base_calloc(strlen(path) + STORE_PARTIAL_ROOM, 1, error)));
    TRY(store_partial_reserve(path, "partial", partial->name, error));
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

/* PATH.PID-N.partial, and nothing else that begins so. */
static bool is_partial(const char *entry, const char *name)
{
    const size_t length = strlen(name);
    if (strncmp(entry, name, length) != 0 || entry[length] != '.')
        return false;
    const char *pid = entry + length + 1, *dash = pid + strspn(pid, "0123456789"), *n = dash + (*dash == '-'),
               *end = n + strspn(n, "0123456789");
    return dash > pid && n > dash && end > n && strcmp(end, ".partial") == 0;
}

void store_partial_clean(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = base_disk_folder(path);
    DIR *entries = folder != NULL ? opendir(folder) : NULL;
    for (const struct dirent *e; entries != NULL && (e = readdir(entries)) != NULL;)
        if (is_partial(e->d_name, slash != NULL ? slash + 1 : path))
            unlinkat(dirfd(entries), e->d_name, 0);
    if (entries != NULL)
        closedir(entries);
    free(folder);
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
    if (status != BASE_OK && access(path, F_OK) == 0) /* and its maker may have cleaned ours away */
        status = base_fail(error, BASE_BAD_INPUT,
                           "another program made it at the same moment; wait until it is done");
    store_partial_free(&partial);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", path);
}
