/* Disks: what stands there, and the room on them. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include "base/error.h"

/* Bytes that this user may still write to the disk of `folder`, or where it does not exist to that of the
 * nearest folder above it; INFINITY where the system does not say. */
double base_disk_available(const char *folder);

/* The folder of a file's path, "." where the path names none: a copy, to be freed; NULL without memory. */
char *base_disk_folder(const char *path);

/* BASE_BAD_INPUT with a sentence that does not name it when `path` is no regular file that can be read: to
 * open a FIFO would wait for ever. */
int base_disk_check_file(const char *path, struct base_error *error);

#endif
