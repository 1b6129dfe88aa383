#include "fuzz.h"

#include "cmd/cmd.h"

#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

static const char set_line[] = "#set ";

/* The first line's --set, to be freed. */
static char *read_set(const uint8_t *bytes, size_t size)
{
    const size_t skip = sizeof set_line - 1;
    if (size < skip || memcmp(bytes, set_line, skip) != 0)
        return NULL;
    const uint8_t *end = memchr(bytes, '\n', size);
    return strndup((const char *)bytes + skip, (end == NULL ? size : (size_t)(end - bytes)) - skip);
}

/* Every text of the experiment is one: it ends. */
static void walk(const struct experiment *e)
{
    size_t length = strlen(e->name) + strlen(e->title) + strlen(e->source) + strlen(e->definition);
    for (size_t p = 0; p < e->n_points; p++)
        length += strlen(e->points[p].activation) + (e->points[p].profile[e->points[p].depth - 1] > 0);
    if (length == 0)
        abort();
}

int fuzz_experiment(const uint8_t *bytes, size_t size)
{
    struct experiment experiment;
    struct base_error error = {""};
    char *set = read_set(bytes, size);
    struct cmd_experiment_options options = {.path = fuzz_file(bytes, size)};
    options.options.n_sets = set != NULL;
    options.options.sets = (const char *const *)&set;
    for (int quick = 0; quick < 2; quick++) {
        options.options.quick = quick;
        const size_t printed = __fpending(stdout);
        const int status = cmd_load(&experiment, &options, &error);
        if (__fpending(stdout) != printed)
            abort(); /* as libmatheval's scanner may: among the data */
        if (status == BASE_OK) {
            walk(&experiment);
            experiment_free(&experiment);
        } else if (error.text[0] == '\0')
            abort(); /* refused without a word */
        else if (status != BASE_BAD_INPUT || set == NULL)
            break; /* without --set both experiments have been looked at */
    }
    free(set);
    return 0;
}
