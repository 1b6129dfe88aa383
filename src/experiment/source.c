#include "experiment/source.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_BYTES = 1 << 20 };

static int refuse(struct base_error *error, const char *path, const char *why)
{
    return base_fail(error, BASE_BAD_INPUT, "%.500s: %s", path, why);
}

/* Bytes to read at most: what a regular file has and one more, which shows that it grows. */
static int find_room(FILE *file, const char *path, size_t *room, struct base_error *error)
{
    struct stat about;
    *room = MAX_BYTES + 1;
    if (fstat(fileno(file), &about) != 0)
        return BASE_OK;
    if (S_ISDIR(about.st_mode))
        return refuse(error, path, "this is a directory; give an experiment file");
    if (S_ISREG(about.st_mode) && about.st_size > 0 && about.st_size < MAX_BYTES)
        *room = (size_t)about.st_size + 1;
    return BASE_OK;
}

static int read_bytes(struct base_arena *arena, FILE *file, const char *path, char **text, size_t *length,
                      struct base_error *error)
{
    int status;
    size_t room;
    TRY(find_room(file, path, &room, error));
    TRY(base_got(*text = base_arena_take(arena, room + 1, 1, error)));
    *length = fread(*text, 1, room, file);
    if (ferror(file))
        return refuse(error, path, strerror(errno));
    if (*length > MAX_BYTES)
        return refuse(error, path, "larger than 1 MiB, which no experiment file is");
    if (*length == room)
        return refuse(error, path, "it grew while it was read; give a file that is finished");
    if (memchr(*text, '\0', *length) != NULL)
        return refuse(error, path, "it holds NUL bytes, so it is no text; give an experiment file in YAML");
out:
    return status;
}

int experiment_source_read(struct base_arena *arena, const char *path, char **text, size_t *length,
                           struct base_error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return refuse(error, path, strerror(errno));
    int status = read_bytes(arena, file, path, text, length, error);
    fclose(file);
    return status;
}

char *experiment_source_name(struct base_arena *arena, const char *path, bool quick, struct base_error *error)
{
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(base, '.');
    bool yaml = dot != NULL && dot != base && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    int length = (int)(yaml ? (size_t)(dot - base) : strlen(base));
    return base_arena_print(arena, error, "%.*s%s", length, base, quick ? "-quick" : "");
}
