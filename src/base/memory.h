/* Checked allocation. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/error.h"

#include <stddef.h>

/* `count` zeroed items of `size` bytes, aligned to 64 bytes; NULL with a message when there is no memory or
 * count·size overflows. Never NULL for count 0. Freed with free(). */
void *base_calloc(size_t count, size_t size, struct base_error *error);

/* The same without the zeros: for large arrays that are written before they are read. */
void *base_alloc(size_t count, size_t size, struct base_error *error);

/* A copy of a string; NULL with a message when there is no memory. */
char *base_copy(const char *text, struct base_error *error);

/* The status of an allocation, for TRY(base_got(p = base_calloc(...))). */
int base_got(const void *pointer);

/* The same of what a library has allocated, with a message. */
int base_given(const void *pointer, struct base_error *error);

/* Bytes of physical memory that this process may still take: what the kernel calls available, or the room
 * left under the process's control group or address-space limit where that is smaller. */
size_t base_memory_available(void);

/* "3.1 GiB" into `text`, which is returned. */
const char *base_format_bytes(double bytes, char text[32]);

#endif
