/* Private to store: what may befall a file while a run writes it, whatever locks say: it is removed,
 * replaced, moved or cut, or somebody else writes into it. */
#ifndef STORE_GUARD_H
#define STORE_GUARD_H

#include "store/h5.h"

#include <stdbool.h>

#include <sys/types.h>

struct store_guard {
    const char *path;
    int descriptor; /* HDF5's own */
    off_t size;     /* which no run changes */
    char *rescued;  /* NULL, or where a removed file was copied to */
};

/* Of a file just opened for writing; what fails says nothing of the path, here and below. */
int store_guard_init(struct store_guard *guard, hid_t file, const char *path, struct base_error *error);
void store_guard_free(struct store_guard *guard);

/* BASE_FAILED where the file has been cut. */
int store_guard_size(const struct store_guard *guard, struct base_error *error);

/* BASE_FAILED where the file is no longer what `path` names. One that has no name any more is copied, as it
 * is on the disk, to a new file beside it; again at each call. */
int store_guard_place(struct store_guard *guard, struct base_error *error);

#endif
