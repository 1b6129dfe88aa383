#include "cmd/cmd.h"
#include "cmd/files.h"
#include "report/report.h"

static int run(int argc, char **argv, struct base_error *error)
{
    size_t n = 0;
    enum report_verdict verdict = REPORT_NOT_JUDGED;
    char **words = cmd_files_parse(argc, argv, "FILE.h5...",
                                   "Does the theory hold? Compares every predicted variable with its theory, "
                                   "extrapolated to large width, and gives a "
                                   "verdict."
                                   "\vExit codes: 0 at least one variable agrees and none disagrees, 1 one "
                                   "disagrees, 2 a file cannot be read, 3 nothing "
                                   "can be judged.",
                                   (size_t)argc, &n);
    int status = report_verify(n, (const char *const *)words, stdout, &verdict, error);
    if (status == BASE_OK)
        status = cmd_flush_output(error); /* 1 would say that the theory is wrong */
    return status == BASE_OK ? (int)verdict : base_fail_within(error, BASE_BAD_INPUT, "verify");
}

const struct cmd cmd_verify = {"verify", "hold a result against theory and give a verdict", run};
