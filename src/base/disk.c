#include "base/disk.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

char *base_disk_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

double base_disk_available(const char *folder)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) == 0)
        return (double)disk.f_bavail * (double)disk.f_frsize;
    if (errno != ENOENT || strcmp(folder, ".") == 0 || strcmp(folder, "/") == 0)
        return INFINITY;
    char *above = base_disk_folder(folder);
    const double bytes = above == NULL ? INFINITY : base_disk_available(above);
    free(above);
    return bytes;
}

int base_disk_check_file(const char *path, struct base_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return base_fail(error, BASE_BAD_INPUT, "%s", errno == ENOENT ? "no such file" : strerror(errno));
    if (!S_ISREG(info.st_mode))
        return base_fail(error, BASE_BAD_INPUT, "%s",
                         S_ISDIR(info.st_mode) ? "a folder; give a file" : "not a regular file");
    if (access(path, R_OK) != 0)
        return base_fail(error, BASE_BAD_INPUT, "cannot be read: %s", strerror(errno));
    return BASE_OK;
}
