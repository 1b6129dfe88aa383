/* One pool of memory for everything that an object holds: taken piece by piece, freed at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/error.h"

#include <stddef.h>

struct base_arena;

/* An empty arena, or NULL with a message. */
struct base_arena *base_arena_create(struct base_error *error);

/* `count` zeroed items of `size` bytes, aligned for any type; NULL with a message. */
void *base_arena_take(struct base_arena *arena, size_t count, size_t size, struct base_error *error);

/* `length` bytes of text and a closing NUL; NULL with a message. */
char *base_arena_copy(struct base_arena *arena, const char *text, size_t length, struct base_error *error);

/* snprintf into the arena; NULL with a message. */
char *base_arena_print(struct base_arena *arena, struct base_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void base_arena_free(struct base_arena *arena);

#endif
