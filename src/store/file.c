/* An HDF5 file as a whole: opening an existing one, with all that can be wrong said clearly; flushing. */
#include "store/h5.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* HDF5 opens anything it is given: a FIFO blocks, a directory has an obscure error. */
static int check_path(const char *path, bool writing, struct base_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return base_fail(error, BASE_BAD_INPUT, "%s", errno == ENOENT ? "no such file" : strerror(errno));
    if (!S_ISREG(info.st_mode))
        return base_fail(error, BASE_BAD_INPUT, "%s, not a result file",
                         S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    if (access(path, writing ? R_OK | W_OK : R_OK) != 0)
        return base_fail(error, BASE_BAD_INPUT, "cannot be %s: %s", writing ? "written" : "read",
                         strerror(errno));
    return BASE_OK;
}

/* Before HDF5 sees it: damage to a file of its first format (superblock versions 0 and 1), which has no
 * checksums, makes it read and write outside its buffers. */
static int check_signature(const char *path, struct base_error *error)
{
    static const char signature[8] = "\x89HDF\r\n\x1a\n";
    char head[sizeof signature + 1] = "";
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return base_fail(error, BASE_BAD_INPUT, "cannot be read: %s", strerror(errno));
    const size_t n = fread(head, 1, sizeof head, file);
    fclose(file);
    if (n < sizeof signature || memcmp(head, signature, sizeof signature) != 0)
        return base_fail(error, BASE_BAD_INPUT, "not an HDF5 file");
    if (n == sizeof head && head[sizeof signature] < 2)
        return base_fail(
            error, BASE_BAD_INPUT,
            "not a result of this program, but an HDF5 file of the format before 1.8, which has no "
            "checksums");
    return BASE_OK;
}

static int explain_lock(const char *reason, bool writing, struct base_error *error)
{
    if (strstr(reason, strerror(EAGAIN)) == NULL)
        return base_fail(
            error, BASE_BAD_INPUT,
            "its file system refuses to lock it; with HDF5_USE_FILE_LOCKING=FALSE in the environment it is "
            "opened without a lock");
    return base_fail(error, BASE_BAD_INPUT, "%s",
                     writing ? "another program has it open; wait until it is done"
                             : "a running program holds it open for writing; wait until it is done");
}

/* Call right after the failure, while HDF5 still knows its reason. */
static int explain_failure(bool writing, struct base_error *error)
{
    char reason[H5_REASON];
    h5_reason(reason);
    if (strstr(reason, "unable to lock file") != NULL)
        return explain_lock(reason, writing, error);
    return base_fail(error, BASE_BAD_INPUT, "a truncated or damaged result file (%s)", reason);
}

static int check_format(hid_t file, struct base_error *error)
{
    struct base_error ignored;
    char *format = NULL;
    const bool ours = h5_attribute_read_text(file, "format", &format, &ignored) == BASE_OK &&
                      format != NULL && strcmp(format, STORE_FORMAT) == 0;
    free(format);
    return ours ? BASE_OK
                : base_fail(
                      error, BASE_BAD_INPUT,
                      "an HDF5 file, but not a result of this program (its attribute `format` is not \"%s\")",
                      STORE_FORMAT);
}

int h5_file_open(const char *path, bool writing, hid_t *file, struct base_error *error)
{
    int status;
    *file = -1;
    TRY(check_path(path, writing, error));
    TRY(check_signature(path, error));
    *file = H5Fopen(path, writing ? H5F_ACC_RDWR : H5F_ACC_RDONLY, H5P_DEFAULT);
    if (*file < 0)
        TRY(explain_failure(writing, error));
    TRY(check_format(*file, error));
out:
    if (status != BASE_OK) {
        h5_close(*file);
        *file = -1;
    }
    return status;
}

int h5_file_flush(hid_t file, struct base_error *error)
{
    int status;
    int *descriptor = NULL;
    TRY(h5_check(H5Fflush(file, H5F_SCOPE_GLOBAL), error, "bringing the results to the disk"));
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&descriptor) >= 0 && descriptor != NULL &&
        fdatasync(*descriptor) != 0 && errno != EINVAL) /* EINVAL: a file system that knows no such thing */
        TRY(base_fail(error, BASE_FAILED, "bringing the results to the disk: %s", strerror(errno)));
out:
    return status;
}
