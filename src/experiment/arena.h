/* One pool of memory for everything an experiment holds: taken piece by piece, freed at once. */
#ifndef EXPERIMENT_ARENA_H
#define EXPERIMENT_ARENA_H

#include "base/error.h"

#include <stddef.h>

struct experiment_arena;

/* An empty arena, or NULL with a message. */
struct experiment_arena *experiment_arena_create(struct base_error *error);

/* `count` zeroed items of `size` bytes, aligned for any type; NULL with a message. */
void *experiment_arena_take(struct experiment_arena *arena, size_t count, size_t size,
                            struct base_error *error);

/* `length` bytes of text and a closing NUL; NULL with a message. */
char *experiment_arena_copy(struct experiment_arena *arena, const char *text, size_t length,
                            struct base_error *error);

/* snprintf into the arena; NULL with a message. */
char *experiment_arena_print(struct experiment_arena *arena, struct base_error *error, const char *format,
                             ...) __attribute__((format(printf, 3, 4)));

void experiment_arena_free(struct experiment_arena *arena);

#endif
