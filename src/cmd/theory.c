#include "cmd/cmd.h"

#include "base/memory.h"
#include "report/report.h"
#include "sweep/sweep.h"

#include <argp.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct arguments {
    struct cmd_experiment_options experiment;
    bool steps;
};

static const struct argp_option options[] = {
    {"steps", 'p', NULL, 0, "Print the variables that have a number at each step, one row a step", 0}, {0}};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    (void)value;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->experiment; return 0;
    case 'p': a->steps = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "EXPERIMENT.yaml",
    .doc = "Print what mean-field theory predicts: tab-separated, a header and one row a grid point, cases "
           "separated by two blank lines. A variable of layers has one column a layer, such as "
           "layer_eig_max[2]; the steps of a training are left to --steps.",
    .children = cmd_experiment_parser};

/* The numbers that stand in a row: variable v of the layout at `index` along its axis, from the first step on
 * where rows are steps. */
struct columns {
    bool steps;
    size_t n;
    struct column {
        size_t v, index;
    } * columns; /* (n) */
};

/* Whether theory says anything of this number anywhere in the grid. */
static bool is_predicted(const struct store_layout *layout, const struct store_predictions *p, size_t v,
                         size_t index)
{
    const size_t length = store_layout_length(layout, v);
    bool any = false;
    for (size_t point = 0; point < layout->experiment->n_points && !any; point++)
        any = !isnan(p->values[v][point * length + index]);
    return any;
}

/* All predicted scalars, and of other variables what theory says anything of; or those of steps. */
static bool has_column(const struct columns *columns, const struct store_layout *layout,
                       const struct store_predictions *p, size_t v, size_t index)
{
    const struct measure_variable *variable = layout->variables[v];
    if (!(variable->predicted || variable->only_predicted) ||
        (variable->axis == MEASURE_STEP) != columns->steps)
        return false;
    return columns->steps ? index == 0
                          : variable->axis == MEASURE_SCALAR || is_predicted(layout, p, v, index);
}

/* Whether theory says anything of this step. */
static bool has_row(const struct columns *columns, const struct store_layout *layout,
                    const struct store_predictions *p, size_t step)
{
    bool any = false;
    for (size_t c = 0; c < columns->n && !any; c++)
        any = is_predicted(layout, p, columns->columns[c].v, step);
    return any;
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
            if (has_column(columns, layout, p, v, i))
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
    fputs(columns->steps ? "\tstep" : "\tkappa1\tkappa2\talpha", stdout);
    for (size_t c = 0; c < columns->n; c++) {
        const struct measure_variable *v = layout->variables[columns->columns[c].v];
        printf("\t%s",
               columns->steps ? v->name : measure_column(v, layout->sizes, columns->columns[c].index, name));
    }
    putchar('\n');
}

static void print_row(const struct store_layout *layout, const struct store_predictions *p,
                      const struct columns *columns, size_t point, size_t step)
{
    const struct experiment *e = layout->experiment;
    const double theory[] = {p->kappa1[point], p->kappa2[point], p->alpha[point]};
    fputs(e->cases[experiment_point_case(e, point)], stdout);
    for (size_t a = 0; a < e->n_axes; a++) {
        putchar('\t');
        report_print_axis(stdout, &e->axes[a], experiment_point_index(e, point, a));
    }
    if (columns->steps)
        printf("\t%zu", step);
    for (size_t i = 0; i < sizeof theory / sizeof *theory && !columns->steps; i++) {
        putchar('\t');
        report_print_number(stdout, theory[i]);
    }
    for (size_t c = 0; c < columns->n; c++) {
        const struct column *column = &columns->columns[c];
        putchar('\t');
        report_print_number(
            stdout,
            p->values[column->v][point * store_layout_length(layout, column->v) + column->index + step]);
    }
    putchar('\n');
}

static void print_rows(const struct store_layout *layout, const struct store_predictions *p,
                       const struct columns *columns, size_t point)
{
    const size_t steps = columns->steps ? measure_axis_length(MEASURE_STEP, layout->sizes) : 1;
    for (size_t step = 0; step < steps; step++)
        if (!columns->steps || has_row(columns, layout, p, step))
            print_row(layout, p, columns, point, step);
}

static int run(int argc, char **argv, struct base_error *error)
{
    int status;
    struct experiment experiment = {0};
    struct store_layout layout = {0};
    struct store_predictions predictions = {0};
    struct columns columns = {0};
    struct arguments a = {.steps = false};
    if (argp_parse(&parser, argc, argv, 0, NULL, &a) != 0)
        TRY(base_fail(error, BASE_FAILED, "out of memory for the command line"));
    columns.steps = a.steps;
    TRY(cmd_load(&experiment, &a.experiment, error));
    experiment.asked &= ~(unsigned)EXPERIMENT_EIGENVALUES; /* one row a grid point */
    TRY(sweep_layout_init(&layout, &experiment, error));
    TRY(sweep_predict(&layout, stderr, &predictions, error));
    cmd_note_missing_theory(&experiment, &predictions);
    TRY(list_columns(&columns, &layout, &predictions, error));
    if (a.steps && columns.n == 0)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: nothing is predicted step by step", a.experiment.path));
    print_header(&layout, &columns);
    for (size_t point = 0; point < experiment.n_points; point++) {
        if (point > 0 && point % (experiment.n_points / experiment.n_cases) == 0)
            fputs("\n\n", stdout);
        print_rows(&layout, &predictions, &columns, point);
    }
out:
    sweep_predictions_free(&layout, &predictions);
    sweep_layout_free(&layout);
    experiment_free(&experiment);
    free(columns.columns);
    free(a.experiment.sets);
    return status;
}

const struct cmd cmd_theory = {"theory", "print what theory predicts for an experiment", run};
