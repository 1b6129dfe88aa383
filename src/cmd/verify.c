#include "cmd/cmd.h"
#include "cmd/files.h"
#include "report/report.h"

struct arguments {
    struct cmd_files files;
    const char *theory;
};

static const struct argp_option options[] = {
    {"theory", 't', "MINE.tsv", 0,
     "Judge these predictions, in the format that `fisherfield theory` prints, in place of the stored ones",
     0},
    {0}};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->files; return 0;
    case 't':
        if (a->theory != NULL)
            argp_error(state, "one theory at a time: \"%s\" is one too many", value);
        a->theory = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "FILE.h5...",
    .doc =
        "Does the theory hold? Compares every predicted variable with its theory, extrapolated to large "
        "width, "
        "and gives a verdict."
        "\vA theory of your own starts from a table that `fisherfield theory EXPERIMENT.yaml > MINE.tsv` "
        "prints: "
        "change the numbers, and leave out the variables that it says nothing of; they are not judged, nor "
        "is "
        "what is nan or has no row. Lines that start with # are comments.\n"
        "\n"
        "Exit codes: 0 at least one variable agrees and none disagrees, 1 one disagrees, 2 a file cannot be "
        "read, 3 nothing can be judged.",
    .children = cmd_files_parser};

static int run(int argc, char **argv, struct base_error *error)
{
    struct arguments a = {.files.most = (size_t)argc};
    enum report_verdict verdict = REPORT_NOT_JUDGED;
    if (argp_parse(&parser, argc, argv, 0, NULL, &a) != 0)
        return base_fail(error, BASE_BAD_INPUT, "verify: out of memory for the command line");
    int status =
        report_verify(a.files.n, (const char *const *)a.files.words, a.theory, stdout, &verdict, error);
    if (status == BASE_OK)
        status = cmd_flush_output(error); /* 1 would say that the theory is wrong */
    return status == BASE_OK ? (int)verdict : base_fail_within(error, BASE_BAD_INPUT, "verify");
}

const struct cmd cmd_verify = {"verify", "hold a result against theory and give a verdict", run};
