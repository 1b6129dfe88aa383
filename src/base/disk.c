#include "base/disk.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sys/statvfs.h>

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
