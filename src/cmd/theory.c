#include "cmd/cmd.h"

#include "base/memory.h"
#include "report/report.h"
#include "sweep/sweep.h"

#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    (void)value;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

static const struct argp parser = {
    .parser = parse_option,
    .args_doc = "EXPERIMENT.yaml",
    .doc = "Print what mean-field theory predicts: tab-separated, a header and one row a grid point, cases "
           "separated by two blank lines. A variable of layers has one column a layer, such as "
           "layer_eig_max[2].",
    .children = cmd_experiment_parser};

/* The numbers that stand in a row: variable v of the layout at `index` along its axis. */
struct columns {
    size_t n;
    struct column {
        size_t v, index;
    } * columns; /* (n) */
};

/* All predicted scalars; of other variables what theory says anywhere in the grid. */
static bool has_column(const struct store_layout *layout, const struct store_predictions *p, size_t v,
                       size_t index)
{
    const size_t length = store_layout_length(layout, v);
    bool any = layout->variables[v]->axis == MEASURE_SCALAR;
    for (size_t point = 0; point < layout->experiment->n_points && !any; point++)
        any = !isnan(p->values[v][point * length + index]);
    return any && (layout->variables[v]->predicted || layout->variables[v]->only_predicted);
}

static int list_columns(struct columns *columns, const struct store_layout *layout,
                        const struct store_predictions *p, struct base_error *error)
{
    int status;
    size_t all = 0;
    for (size_t v = 0; v < layout->n_all; v++)
        all += store_layout_length(layout, v);
    TRY(base_got(columns->columns = base_calloc(all, sizeof *columns->columns, error)));
    for (size_t v = 0; v < layout->n_all; v++)
        for (size_t i = 0; i < store_layout_length(layout, v); i++)
            if (has_column(layout, p, v, i))
                columns->columns[columns->n++] = (struct column){v, i};
out:
    return status;
}

static void print_header(const struct store_layout *layout, const struct columns *columns)
{
    char name[MEASURE_COLUMN];
    fputs("case", stdout);
    for (size_t a = 0; a < layout->experiment->n_axes; a++)
        printf("\t%s", layout->experiment->axes[a].key);
    fputs("\tkappa1\tkappa2\talpha", stdout);
    for (size_t c = 0; c < columns->n; c++)
        printf("\t%s", measure_column(layout->variables[columns->columns[c].v], layout->sizes,
                                      columns->columns[c].index, name));
    putchar('\n');
}

static void print_row(const struct store_layout *layout, const struct store_predictions *p,
                      const struct columns *columns, size_t point)
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
    for (size_t c = 0; c < columns->n; c++) {
        const struct column *column = &columns->columns[c];
        putchar('\t');
        report_print_number(
            stdout, p->values[column->v][point * store_layout_length(layout, column->v) + column->index]);
    }
    putchar('\n');
}

static int run(int argc, char **argv, struct base_error *error)
{
    int status;
    struct experiment experiment = {0};
    struct store_layout layout = {0};
    struct store_predictions predictions = {0};
    struct columns columns = {0};
    struct cmd_experiment_options options = {.path = NULL};
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0)
        TRY(base_fail(error, BASE_FAILED, "out of memory for the command line"));
    TRY(cmd_load(&experiment, &options, error));
    experiment.asked &= ~(unsigned)EXPERIMENT_EIGENVALUES; /* one row a grid point */
    TRY(sweep_layout_init(&layout, &experiment, error));
    TRY(sweep_predict(&layout, stderr, &predictions, error));
    cmd_note_missing_theory(&experiment, &predictions);
    TRY(list_columns(&columns, &layout, &predictions, error));
    print_header(&layout, &columns);
    for (size_t point = 0; point < experiment.n_points; point++) {
        if (point > 0 && point % (experiment.n_points / experiment.n_cases) == 0)
            fputs("\n\n", stdout);
        print_row(&layout, &predictions, &columns, point);
    }
out:
    sweep_predictions_free(&layout, &predictions);
    sweep_layout_free(&layout);
    experiment_free(&experiment);
    free(columns.columns);
    free(options.sets);
    return status;
}

const struct cmd cmd_theory = {"theory", "print what theory predicts for an experiment", run};
