#include "cmd/cmd.h"

#include "report/report.h"
#include "sweep/sweep.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct arguments {
    struct cmd_experiment_options experiment;
    struct base_error *error;
};

static const struct argp_option options[] = {
    {"set", 's', "KEY=VALUE", 0,
     "Override a key of the experiment: --set depth=5, --set sweep.width='[100, 200]'", 0},
    {"quick", 'q', NULL, 0, "Take what the experiment's `quick` says", 0},
    {0}};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 's': return cmd_add_set(&a->experiment, value, a->error) == BASE_OK ? 0 : ENOMEM;
    case 'q': a->experiment.options.quick = true; return 0;
    case ARGP_KEY_ARG:
        if (a->experiment.path != NULL)
            argp_error(state, "one experiment at a time: \"%s\" is one too many", value);
        a->experiment.path = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which experiment? For example experiments/universal-width.yaml");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {options,
                                   parse_option,
                                   "EXPERIMENT.yaml",
                                   "Print what mean-field theory predicts: tab-separated, a header and one "
                                   "row a grid point, cases separated by two blank "
                                   "lines.",
                                   NULL,
                                   NULL,
                                   NULL};

static bool has_column(const struct store_layout *layout, size_t v)
{
    return layout->variables[v]->predicted && layout->variables[v]->axis == MEASURE_SCALAR;
}

static void print_header(const struct store_layout *layout)
{
    fputs("case", stdout);
    for (size_t a = 0; a < layout->experiment->n_axes; a++)
        printf("\t%s", layout->experiment->axes[a].key);
    fputs("\tkappa1\tkappa2\talpha", stdout);
    for (size_t v = 0; v < layout->n_variables; v++)
        if (has_column(layout, v))
            printf("\t%s", layout->variables[v]->name);
    putchar('\n');
}

static void print_row(const struct store_layout *layout, const struct store_predictions *p, size_t point)
{
    const struct experiment *e = layout->experiment;
    const double theory[] = {p->kappa1[point], p->kappa2[point], p->alpha[point]};
    fputs(e->cases[experiment_point_case(e, point)], stdout);
    for (size_t a = 0; a < e->n_axes; a++) {
        putchar('\t');
        report_print_axis(stdout, &e->axes[a], experiment_point_index(e, point, a));
    }
    for (size_t i = 0; i < sizeof theory / sizeof *theory; i++) {
        putchar('\t');
        report_print_number(stdout, theory[i]);
    }
    for (size_t v = 0; v < layout->n_variables; v++)
        if (has_column(layout, v)) {
            putchar('\t');
            report_print_number(stdout, p->values[v][point]);
        }
    putchar('\n');
}

static int run(int argc, char **argv, struct base_error *error)
{
    int status;
    struct experiment experiment = {0};
    struct store_layout layout = {0};
    struct store_predictions predictions = {0};
    struct arguments a = {.error = error};
    if (argp_parse(&parser, argc, argv, 0, NULL, &a) != 0)
        TRY(BASE_FAILED);
    TRY(cmd_load(&experiment, &a.experiment, error));
    experiment.save_eigenvalues = false; /* one row a grid point */
    TRY(store_layout_init(&layout, &experiment, error));
    TRY(sweep_predict(&layout, &predictions, error));
    cmd_note_missing_theory(&experiment, &predictions);
    print_header(&layout);
    for (size_t point = 0; point < experiment.n_points; point++) {
        if (point > 0 && point % (experiment.n_points / experiment.n_cases) == 0)
            fputs("\n\n", stdout);
        print_row(&layout, &predictions, point);
    }
out:
    sweep_predictions_free(&layout, &predictions);
    experiment_free(&experiment);
    free(a.experiment.sets);
    return status;
}

const struct cmd cmd_theory = {"theory", "print what theory predicts for an experiment", run};
