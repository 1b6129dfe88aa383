#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ALIGNMENT = 64 };

void *base_alloc(size_t count, size_t size, struct base_error *error)
{
    size_t bytes;
    void *pointer = NULL;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) {
        base_fail(error, BASE_FAILED, "cannot allocate %zu items of %zu bytes: too large", count, size);
        return NULL;
    }
    bytes = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    if (posix_memalign(&pointer, ALIGNMENT, bytes) != 0) {
        char text[32];
        base_fail(error, BASE_FAILED, "out of memory: %s more were needed",
                  base_format_bytes((double)bytes, text));
        return NULL;
    }
    return pointer;
}

void *base_calloc(size_t count, size_t size, struct base_error *error)
{
    void *pointer = base_alloc(count, size, error);
    return pointer == NULL ? NULL : memset(pointer, 0, count * size);
}

char *base_copy(const char *text, struct base_error *error)
{
    const size_t length = strlen(text);
    char *copy = base_calloc(length + 1, 1, error);
    return copy == NULL ? NULL : memcpy(copy, text, length);
}

int base_got(const void *pointer)
{
    return pointer == NULL ? BASE_FAILED : BASE_OK;
}

int base_given(const void *pointer, struct base_error *error)
{
    return pointer != NULL ? BASE_OK : base_fail(error, BASE_FAILED, "not enough memory");
}

/* The first integer after `key` in a small text file such as /proc/meminfo; `missing` when there is none. */
static size_t read_number(const char *path, const char *key, size_t missing)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return missing;
    char line[256];
    size_t number = missing;
    unsigned long long value;
    while (number == missing && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), " %llu", &value) == 1)
            number = (size_t)value;
    fclose(file);
    return number;
}

size_t base_memory_available(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
    size_t physical = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX;
    size_t available = read_number("/proc/meminfo", "MemAvailable:", SIZE_MAX / 1024) * 1024;
    if (physical < available)
        available = physical;

    size_t limit = read_number("/sys/fs/cgroup/memory.max", "", SIZE_MAX);
    size_t used = read_number("/sys/fs/cgroup/memory.current", "", 0);
    if (limit != SIZE_MAX && (limit > used ? limit - used : 0) < available)
        available = limit > used ? limit - used : 0;

    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY && space.rlim_cur < available)
        available = (size_t)space.rlim_cur;
    return available;
}

const char *base_format_bytes(double bytes, char text[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1024;
    snprintf(text, 32, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}
