#include "cmd/cmd.h"
#include "cmd/files.h"
#include "report/report.h"

static int run(int argc, char **argv, struct base_error *error)
{
    size_t n = 0;
    char **words = cmd_files_parse(
        argc, argv, "FILE.h5 [VARIABLE...]",
        "Print measured mean, standard error, theory, standard deviation and number of trials of each "
        "variable: tab-separated, a header and one row a grid point, cases separated by two blank "
        "lines."
        "\vWithout a VARIABLE: all that have one number a network.",
        (size_t)argc, &n);
    struct store_result result;
    int status = store_open(&result, words[0], error);
    if (status != BASE_OK)
        return status;
    status = report_table_print(&result, n - 1, (const char *const *)words + 1, stdout, error);
    store_result_free(&result);
    return status;
}

const struct cmd cmd_table = {"table", "print a result's means, errors and theory", run};
