#include "store/guard.h"

#include "base/memory.h"
#include "store/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int store_guard_init(struct store_guard *guard, hid_t file, const char *path, struct base_error *error)
{
    struct stat info;
    *guard = (struct store_guard){.path = path, .descriptor = h5_file_descriptor(file)};
    if (fstat(guard->descriptor, &info) != 0)
        return base_fail(error, BASE_FAILED, "looking at it: %s", strerror(errno));
    guard->size = info.st_size;
    return BASE_OK;
}

void store_guard_free(struct store_guard *guard)
{
    free(guard->rescued);
}

int store_guard_size(const struct store_guard *guard, struct base_error *error)
{
    struct stat info;
    if (fstat(guard->descriptor, &info) != 0)
        return base_fail(error, BASE_FAILED, "lost while this run was writing it: %s", strerror(errno));
    if (info.st_size < guard->size)
        return base_fail(
            error, BASE_FAILED,
            "cut by another program to %lld of %lld bytes while this run was writing it; what it "
            "held is lost; remove it and start again",
            (long long)info.st_size, (long long)guard->size);
    return BASE_OK;
}

/* Bytes that are there already are written again and not cut off first: a second copy takes no more room. */
static int copy_bytes(int from, int to)
{
    static char buffer[1 << 16]; /* one run has one file */
    off_t at = 0;
    for (ssize_t got; (got = pread(from, buffer, sizeof buffer, at)) != 0; at += got)
        if (got < 0 || pwrite(to, buffer, (size_t)got, at) != got)
            return -1;
    return fsync(to);
}

static int rescue(struct store_guard *guard, struct base_error *error)
{
    int status = BASE_OK, to = -1;
    if (guard->rescued == NULL) {
        TRY(base_got(guard->rescued = base_calloc(strlen(guard->path) + STORE_PARTIAL_ROOM, 1, error)));
        TRY(store_partial_reserve(guard->path, "rescued", guard->rescued, error));
    }
    to = open(guard->rescued, O_WRONLY);
    if (to < 0 || copy_bytes(guard->descriptor, to) != 0)
        TRY(base_fail(error, BASE_FAILED, "%s: %s", guard->rescued, strerror(errno)));
out:
    if (to >= 0)
        close(to);
    return status;
}

int store_guard_place(struct store_guard *guard, struct base_error *error)
{
    struct stat ours, there;
    struct base_error why;
    /* First the name: a file that is removed between the two calls would pass for one that was moved. */
    const bool named = stat(guard->path, &there) == 0, known_name = named || errno == ENOENT;
    if (!known_name || fstat(guard->descriptor, &ours) != 0) /* trouble, of which writing will tell */
        return BASE_OK;
    if (named && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
        return BASE_OK;
    const char *what = named ? "replaced" : "removed";
    if (ours.st_nlink > 0)
        return base_fail(error, BASE_FAILED,
                         "moved elsewhere%s while this run was writing it; the trials finished until now are "
                         "in it, wherever it is, and the same command goes on with it once it is back",
                         named ? " and replaced" : "");
    if (rescue(guard, &why) != BASE_OK)
        return base_fail(error, BASE_FAILED,
                         "%s by another program while this run was writing it, and what was finished could "
                         "not be saved elsewhere: %s",
                         what, why.text);
    return base_fail(error, BASE_FAILED,
                     "%s by another program while this run was writing it; the trials finished until now are "
                     "in %s: move it back, and the same command goes on with it",
                     what, guard->rescued);
}
