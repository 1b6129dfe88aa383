#include "cmd/cmd.h"
#include "cmd/files.h"
#include "report/report.h"

#include <stdbool.h>

struct arguments {
    struct cmd_files files; /* FILE.h5 and variables */
    bool trials;
};

static const struct argp_option options[] = {
    {"trials", 't', NULL, 0, "Print the value of every trial in place of their mean, one row a trial", 0},
    {0}};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    (void)value;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->files; return 0;
    case 't': a->trials = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "FILE.h5 [VARIABLE...]",
    .doc =
        "Print measured mean, standard error, theory, standard deviation and number of trials of each "
        "variable: tab-separated, a header and one row a grid point, cases separated by two blank lines."
        "\vWithout a VARIABLE: all that have one number a network. Of a variable with ranks or layers each "
        "of them is a row, with the rank or layer as a further column behind the swept keys. With --trials "
        "the columns are the case, the swept keys, the trial, the rank or layer, and the variables: as "
        "`run --trial` prints them. A trial that has not been run yet is nan.",
    .children = cmd_files_parser};

static int run(int argc, char **argv, struct base_error *error)
{
    struct arguments a = {.files.most = (size_t)argc};
    if (argp_parse(&parser, argc, argv, 0, NULL, &a) != 0)
        return base_fail(error, BASE_BAD_INPUT, "table: out of memory for the command line");
    const char *const *words = (const char *const *)a.files.words;
    struct store_result result;
    int status = store_open(&result, words[0], error);
    if (status != BASE_OK)
        return status;
    status = report_table_print(&result, a.trials, a.files.n - 1, words + 1, stdout, error);
    store_result_free(&result);
    return status;
}

const struct cmd cmd_table = {"table", "print a result's means, errors and theory, or every trial", run};
