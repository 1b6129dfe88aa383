/* An HDF5 file as a whole: opening an existing one, with all that can be wrong said clearly; flushing. */
#include "store/h5.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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

static bool is_locked(void)
{
    char reason[H5_REASON];
    h5_reason(reason);
    return strstr(reason, "unable to lock file") != NULL && strstr(reason, strerror(EAGAIN)) != NULL;
}

/* Somebody who only reads has it for a moment, a running program for longer than we wait. */
static hid_t open_patiently(const char *path, hid_t access_list)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access_list);
    for (int i = 0; i < 20 && file < 0 && is_locked(); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        file = H5Fopen(path, H5F_ACC_RDWR, access_list);
    }
    return file;
}

/* Between the opening and the lock another run may have put an extended file in its place. */
int h5_file_check_place(hid_t file, const char *path, struct base_error *error)
{
    struct stat ours, there;
    if (fstat(h5_file_descriptor(file), &ours) != 0 || stat(path, &there) != 0 ||
        ours.st_dev != there.st_dev || ours.st_ino != there.st_ino)
        return base_fail(error, BASE_BAD_INPUT,
                         "another program replaced it at the same moment; wait until it is done");
    return BASE_OK;
}

int h5_file_open(const char *path, bool writing, hid_t *file, struct base_error *error)
{
    int status;
    const hid_t access_list = H5Pcreate(H5P_FILE_ACCESS);
    *file = -1;
    TRY(check_path(path, writing, error));
    TRY(check_signature(path, error));
    TRY(h5_check(access_list, error, "cannot be opened"));
    /* Without HDF5's sieve buffer each number is written at once and alone: with stale neighbours it would
     * undo what another program, which no lock has kept out, has written there. */
    TRY(h5_check(H5Pset_sieve_buf_size(access_list, writing ? 0 : 1 << 16), error, "cannot be opened"));
    *file = writing ? open_patiently(path, access_list) : H5Fopen(path, H5F_ACC_RDONLY, access_list);
    if (*file < 0)
        TRY(explain_failure(writing, error));
    TRY(check_format(*file, error));
    if (writing)
        TRY(h5_file_check_place(*file, path, error));
out:
    if (status != BASE_OK) {
        h5_close(*file);
        *file = -1;
    }
    h5_close(access_list);
    return status;
}

int h5_file_descriptor(hid_t file)
{
    int *descriptor = NULL;
    return H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&descriptor) >= 0 && descriptor != NULL ? *descriptor
                                                                                                 : -1;
}

int h5_file_flush(hid_t file, struct base_error *error)
{
    int status;
    TRY(h5_check(H5Fflush(file, H5F_SCOPE_GLOBAL), error, "bringing the results to the disk"));
    if (fdatasync(h5_file_descriptor(file)) != 0 &&
        errno != EINVAL) /* EINVAL: a file system that knows no such thing */
        TRY(base_fail(error, BASE_FAILED, "bringing the results to the disk: %s", strerror(errno)));
out:
    return status;
}
