/* Whether the file system of a folder honours the locks by which HDF5 keeps two programs from one file. */
#include "base/memory.h"
#include "store/h5.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a second process; it touches nothing of HDF5, whose state it has a copy of. 0: it got the lock. */
static int try_lock(const char *path)
{
    const int file = open(path, O_RDWR);
    if (file < 0)
        return errno;
    return flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

static int lock_elsewhere(const char *path, int *result, struct base_error *error)
{
    int status = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        _exit(try_lock(path) & 0xff);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return base_fail(error, BASE_FAILED, "no second process could be started: %s", strerror(errno));
    *result = WEXITSTATUS(status);
    return BASE_OK;
}

/* A new HDF5 file under a name of its own, which the caller removes. */
static int make_file(char *path, hid_t *file, bool *refused, struct base_error *error)
{
    const int made = mkstemp(path);
    if (made < 0)
        return base_fail(error, BASE_BAD_INPUT, "no file can be made: %s", strerror(errno));
    close(made);
    *file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    char reason[H5_REASON];
    h5_reason(reason);
    *refused = *file < 0 && strstr(reason, "unable to lock file") != NULL;
    return *file >= 0 || *refused ? BASE_OK : h5_check(*file, error, "no HDF5 file can be made");
}

static enum store_lock judge(int first, int second)
{
    if (first == EAGAIN || first == EWOULDBLOCK)
        return second == 0 ? STORE_LOCK_WORKS : STORE_LOCK_REFUSED;
    return first == 0 ? STORE_LOCK_IGNORED : STORE_LOCK_REFUSED;
}

int store_lock_try(const char *folder, enum store_lock *lock, struct base_error *error)
{
    int status, first = 0, second = 0;
    bool refused = false;
    hid_t file = -1;
    const char *off = getenv("HDF5_USE_FILE_LOCKING");
    static const char name[] = "/.fisherfield-XXXXXX";
    char *path = base_calloc(strlen(folder) + sizeof name, 1, error);
    TRY(base_got(path));
    sprintf(path, "%s%s", folder, name);
    status = make_file(path, &file, &refused, error);
    if (status == BASE_OK && !refused)
        status = lock_elsewhere(path, &first, error); /* while we hold it */
    h5_close(file);
    if (status == BASE_OK && !refused)
        status = lock_elsewhere(path, &second, error);
    unlink(path);
    TRY(status);
    *lock = off != NULL && (strcmp(off, "FALSE") == 0 || strcmp(off, "0") == 0) ? STORE_LOCK_OFF
            : refused                                                           ? STORE_LOCK_REFUSED
                                                                                : judge(first, second);
out:
    free(path);
    return status;
}
