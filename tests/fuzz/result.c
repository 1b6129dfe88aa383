#include "fuzz.h"

#include "cmd/cmd.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

static FILE *nowhere(void)
{
    static FILE *out;
    if (out == NULL && (out = fopen("/dev/null", "w")) == NULL)
        abort();
    return out;
}

static void read_texts(const struct store_result *r)
{
    static const char *const names[] = {"title", "source",     "created",     "command",      "version",
                                        "build", "libraries",  "blas_kernel", "threads",      "host",
                                        "seed",  "definition", "experiment",  "wall_seconds", "format"};
    struct base_error error;
    const char *text;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (store_read_attribute(r, names[i], &text, &error) == BASE_OK && text != NULL)
            fputs(text, nowhere());
}

static void read_keys(const struct store_result *r)
{
    struct experiment_scalar scalar;
    struct base_error error;
    double *values = malloc(r->n_points * sizeof *values);
    for (size_t i = 0; values != NULL && experiment_scalar(NULL, i, &scalar); i++)
        if (store_read_key(r, scalar.key, values, &error) == BASE_OK)
            fprintf(nowhere(), "%g", values[r->n_points - 1]);
    free(values);
}

static void read_others(const struct store_result *r)
{
    static const char *const others[] = {"done", "kappa1", "activation", "trial"};
    struct base_error error;
    struct store_array array;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (store_read(r, others[i], &array, &error) == BASE_OK) {
            fprintf(nowhere(), "%g", array.values[r->n_points * array.length - 1]);
            store_array_free(&array);
        }
}

static void info(const char *path)
{
    struct store_result result;
    struct base_error error;
    if (store_open(&result, path, &error) != BASE_OK)
        return;
    read_texts(&result);
    read_keys(&result);
    read_others(&result);
    store_result_free(&result);
}

static void table(const char *path, unsigned variable)
{
    struct store_result result;
    struct base_error error;
    if (store_open(&result, path, &error) != BASE_OK)
        return;
    if (result.n_names > 0)
        (void)report_table_print(&result, variable % 2 == 1, 1, &result.names[variable % result.n_names],
                                 nowhere(), &error);
    store_result_free(&result);
}

static void verify(const char *path)
{
    struct base_error error;
    enum report_verdict verdict;
    (void)report_verify(1, &path, NULL, nowhere(), &verdict, &error);
}

/* Loaded once; not freed. */
static const struct store_layout *layout(void)
{
    static struct experiment experiment;
    static struct store_layout made;
    struct base_error error;
    static const char text[] = FUZZ_RESULT;
    const struct cmd_experiment_options options = {.path = fuzz_file(text, sizeof text - 1)};
    if (made.experiment == NULL && (cmd_load(&experiment, &options, &error) != BASE_OK ||
                                    store_layout_init(&made, &experiment, &error) != BASE_OK)) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
    return &made;
}

static void go_on(const char *path, const struct store_layout *mine)
{
    struct store *store;
    struct base_error error;
    uint8_t done[8];
    if (store_open_writing(&store, path, mine, done, &error) == BASE_OK)
        (void)store_close(store, 1, &error);
}

void fuzz_result_once(const uint8_t *bytes, size_t size, unsigned command)
{
    static const struct store_layout *mine;
    if (mine == NULL) {
        store_init();
        H5set_free_list_limits(-1, -1, -1, -1, -1, -1); /* twice as fast */
        mine = layout();
    }
    const char *path = fuzz_file(bytes, size);
    switch (command) {
    case 0: verify(path); break;
    case 1: go_on(path, mine); break;
    case 2: info(path); break;
    default: table(path, command);
    }
}

int fuzz_result(const uint8_t *bytes, size_t size)
{
    uint64_t hash = size, word;
    for (size_t i = 0; i + sizeof word <= size; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    }
    fuzz_result_once(bytes, size, (unsigned)((hash >> 40) % FUZZ_COMMANDS));
    return 0;
}
