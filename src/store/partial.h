/* Private to store: a result file in the making, under another name until it is whole. */
#ifndef STORE_PARTIAL_H
#define STORE_PARTIAL_H

#include "store/h5.h"
#include "store/store.h"

enum { STORE_PARTIAL_ROOM = 64 }; /* characters that PATH.PID-N.partial has more than PATH, at most */

struct store_partial {
    char *name; /* PATH.PID-N.partial */
    hid_t file; /* open */
};

/* All that a new file for `path` holds, every number still missing. Free whatever the status. */
int store_partial_make(const char *path, const struct store_layout *layout,
                       const struct store_predictions *predictions, const struct store_provenance *provenance,
                       struct store_partial *partial, struct base_error *error);

/* Brings it to the disk and closes it; its name stays. */
int store_partial_close(struct store_partial *partial, struct base_error *error);

/* Removes what still bears the name. */
void store_partial_free(struct store_partial *partial);

/* Makes an empty file PATH.PID-N.ENDING that no other run has; its name into `name`. */
int store_partial_reserve(const char *path, const char *ending, char *name, struct base_error *error);

/* Removes all of `path` that killed runs left behind. Whoever calls has `path` open for writing: nobody
 * extends it then, and whoever still makes it comes too late. No such file ever has the only copy of a trial.
 */
void store_partial_clean(const char *path);

#endif
