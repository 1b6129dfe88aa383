#include "cmd/cmd.h"
#include "cmd/files.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>

static int print_attributes(const struct store_result *r, struct base_error *error)
{
    static const char *const names[] = {"title", "source",       "created",     "command", "version",
                                        "build", "libraries",    "blas_kernel", "threads", "host",
                                        "seed",  "wall_seconds", "data"};
    int status = BASE_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = NULL;
        TRY(store_read_attribute(r, names[i], &text, error));
        if (text != NULL && text[0] != '\0')
            printf("%-13s %s\n", names[i], text);
    }
out:
    return status;
}

/* "layer_eig_max(layer)" */
static void print_variable(const char *name, bool follows)
{
    size_t first;
    const size_t n = measure_axis_dimensions(measure_find_variable(name)->axis, &first);
    printf("%s %s", follows ? "," : "", name);
    for (size_t i = 0; i < n; i++)
        printf("%s%s%s", i == 0 ? "(" : ", ", measure_dimensions[first + i].name, i + 1 == n ? ")" : "");
}

static void print_grid(const struct store_result *r)
{
    printf("%-13s", "cases");
    for (size_t c = 0; c < r->n_cases; c++)
        printf("%s %s", c > 0 ? "," : "", r->cases[c]);
    for (size_t a = 0; a < r->n_axes; a++) {
        printf("\n%-13s", r->axes[a].key);
        for (size_t i = 0; i < r->axes[a].length; i++) {
            fputs(i > 0 ? ", " : " ", stdout);
            report_print_axis(stdout, &r->axes[a], i);
        }
    }
    printf("\n%-13s", "variables");
    for (size_t i = 0; i < r->n_names; i++)
        print_variable(r->names[i], i > 0);
    putchar('\n');
}

static int print_finished(const struct store_result *r, struct base_error *error)
{
    struct store_array done;
    const int status = store_read(r, "done", &done, error);
    if (status != BASE_OK)
        return status;
    size_t finished = 0;
    for (size_t i = 0; i < r->n_points * r->trials; i++)
        finished += done.values[i] != 0;
    printf("%-13s %zu of %zu (%zu grid points, %zu trials each)\n", "networks", finished,
           r->n_points * r->trials, r->n_points, r->trials);
    store_array_free(&done);
    return BASE_OK;
}

static int run(int argc, char **argv, struct base_error *error)
{
    int status;
    size_t n = 0;
    const char *experiment = NULL;
    struct store_result result = {0};
    char **words = cmd_files_parse(
        argc, argv, "FILE.h5",
        "What is in a result file, when and by which build it was made, and from which experiment.", 1, &n);
    TRY(store_open(&result, words[0], error));
    TRY(print_attributes(&result, error));
    print_grid(&result);
    TRY(print_finished(&result, error));
    TRY(store_read_attribute(&result, "experiment", &experiment, error));
    if (experiment != NULL)
        printf("\n%s", experiment);
out:
    store_result_free(&result);
    return status;
}

const struct cmd cmd_info = {"info", "say what a result file holds and where it came from", run};
