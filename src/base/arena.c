#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 16 };

struct block {
    struct block *next;
    size_t used, size;
    max_align_t data[];
};

struct base_arena {
    struct block *newest;
};

struct base_arena *base_arena_create(struct base_error *error)
{
    return base_calloc(1, sizeof(struct base_arena), error);
}

static struct block *add_block(struct base_arena *arena, size_t bytes, struct base_error *error)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct block *block = base_calloc(1, sizeof *block + size, error);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->next = arena->newest;
    arena->newest = block;
    return block;
}

void *base_arena_take(struct base_arena *arena, size_t count, size_t size, struct base_error *error)
{
    const size_t unit = sizeof(max_align_t);
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        base_fail(error, BASE_FAILED, "cannot allocate %zu items of %zu bytes: too large", count, size);
        return NULL;
    }
    bytes = (bytes + unit) / unit * unit; /* never nothing, so that never two pieces share an address */
    struct block *block = arena->newest;
    if (block == NULL || block->size - block->used < bytes)
        block = add_block(arena, bytes, error);
    if (block == NULL)
        return NULL;
    void *piece = (char *)block->data + block->used;
    block->used += bytes;
    return piece;
}

char *base_arena_copy(struct base_arena *arena, const char *text, size_t length, struct base_error *error)
{
    char *copy = base_arena_take(arena, length + 1, 1, error);
    return copy == NULL ? NULL : memcpy(copy, text, length);
}

char *base_arena_print(struct base_arena *arena, struct base_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : base_arena_take(arena, (size_t)length + 1, 1, error);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void base_arena_free(struct base_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct block *block = arena->newest, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}
