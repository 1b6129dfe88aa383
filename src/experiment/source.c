#include "experiment/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_BYTES = 1 << 20 };

static int refuse(struct base_error *error, const char *path, const char *why)
{
    return base_fail(error, BASE_BAD_INPUT, "%.500s: %s", path, why);
}

static int read_bytes(FILE *file, const char *path, char *text, size_t *length, struct base_error *error)
{
    struct stat about;
    if (fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode))
        return refuse(error, path, "this is a directory; give an experiment file");
    *length = fread(text, 1, MAX_BYTES + 1, file);
    if (ferror(file))
        return refuse(error, path, strerror(errno));
    if (*length > MAX_BYTES)
        return refuse(error, path, "larger than 1 MiB, which no experiment file is");
    text[*length] = '\0';
    if (memchr(text, '\0', *length) != NULL)
        return refuse(error, path, "it holds NUL bytes, so it is no text; give an experiment file in YAML");
    return BASE_OK;
}

int experiment_source_read(struct base_arena *arena, const char *path, char **text, size_t *length,
                           struct base_error *error)
{
    *text = base_arena_take(arena, MAX_BYTES + 2, 1, error);
    if (*text == NULL)
        return BASE_FAILED;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return refuse(error, path, strerror(errno));
    int status = read_bytes(file, path, *text, length, error);
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
