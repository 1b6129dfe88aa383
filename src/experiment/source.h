/* The file's bytes. */
#ifndef EXPERIMENT_SOURCE_H
#define EXPERIMENT_SOURCE_H

#include "base/arena.h"

#include <stdbool.h>

/* Reads a text file of at most 1 MiB without NUL bytes into the arena, NUL-terminated. */
int experiment_source_read(struct base_arena *arena, const char *path, char **text, size_t *length,
                           struct base_error *error);

/* "ntk" of "experiments/ntk.yaml"; with quick "ntk-quick". NULL with a message. */
char *experiment_source_name(struct base_arena *arena, const char *path, bool quick,
                             struct base_error *error);

#endif
