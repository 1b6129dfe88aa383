/* Room on a disk. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

/* Bytes that this user may still write to the disk of `folder`, or where it does not exist to that of the
 * nearest folder above it; INFINITY where the system does not say. */
double base_disk_available(const char *folder);

/* The folder of a file's path, "." where the path names none: a copy, to be freed; NULL without memory. */
char *base_disk_folder(const char *path);

#endif
