#include "cmd/trial.h"

#include "base/memory.h"
#include "base/number.h"
#include "report/report.h"
#include "sweep/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int find_case(const struct experiment *e, const char *name, size_t *index, struct base_error *error)
{
    *index = 0;
    if (name == NULL && e->n_cases == 1)
        return BASE_OK;
    for (; name != NULL && *index < e->n_cases; ++*index)
        if (strcmp(e->cases[*index], name) == 0)
            return BASE_OK;
    return name == NULL
               ? base_fail(error, BASE_BAD_INPUT, "--case: which of the %zu cases? For example --case %s",
                           e->n_cases, e->cases[0])
               : base_fail(error, BASE_BAD_INPUT, "--case: the experiment has no case \"%s\"", name);
}

/* The text after KEY= of the place for this axis; NULL when there is none. */
static const char *find_place(const struct cmd_trial *t, const char *key)
{
    for (size_t i = 0; i < t->n_places; i++)
        if (strncmp(t->places[i], key, strlen(key)) == 0 && t->places[i][strlen(key)] == '=')
            return t->places[i] + strlen(key) + 1;
    return NULL;
}

static bool is_value(const struct experiment_axis *axis, size_t index, const char *text)
{
    int64_t whole;
    double real;
    switch (axis->type) {
    case EXPERIMENT_INTEGER: return base_parse_int64(text, &whole) && whole == axis->integers[index];
    case EXPERIMENT_REAL: return base_parse_double(text, &real) && real == axis->reals[index];
    case EXPERIMENT_STRING: break;
    }
    return strcmp(text, axis->strings[index]) == 0;
}

static int find_on_axis(const struct experiment_axis *axis, const struct cmd_trial *t, size_t *index,
                        struct base_error *error)
{
    const char *text = find_place(t, axis->key);
    *index = 0;
    if (text == NULL && axis->length == 1)
        return BASE_OK;
    if (text == NULL)
        return base_fail(error, BASE_BAD_INPUT, "--at: the sweep varies %s; say which with --at %s=VALUE",
                         axis->key, axis->key);
    while (*index < axis->length && !is_value(axis, *index, text))
        ++*index;
    return *index < axis->length ? BASE_OK
                                 : base_fail(error, BASE_BAD_INPUT,
                                             "--at %s=%s: not one of the sweep's values", axis->key, text);
}

static int check_places(const struct experiment *e, const struct cmd_trial *t, struct base_error *error)
{
    for (size_t i = 0; i < t->n_places; i++) {
        const size_t length = strcspn(t->places[i], "=");
        bool known = false;
        for (size_t a = 0; a < e->n_axes; a++)
            known = known ||
                    (strlen(e->axes[a].key) == length && strncmp(e->axes[a].key, t->places[i], length) == 0);
        if (!known || t->places[i][length] == '\0')
            return base_fail(error, BASE_BAD_INPUT, "--at %s: not KEY=VALUE with a swept key", t->places[i]);
    }
    return BASE_OK;
}

static int find_point(const struct experiment *e, const struct cmd_trial *t, size_t *point,
                      struct base_error *error)
{
    int status;
    TRY(check_places(e, t, error));
    if (t->trial >= e->trials)
        TRY(base_fail(error, BASE_BAD_INPUT, "--trial: %lld is not from 0 to %lld", (long long)t->trial,
                      (long long)e->trials - 1));
    TRY(find_case(e, t->case_name, point, error));
    for (size_t a = 0; a < e->n_axes; a++) {
        size_t index;
        TRY(find_on_axis(&e->axes[a], t, &index, error));
        *point = *point * e->axes[a].length + index;
    }
out:
    return status;
}

/* Whether a variable stands in the table of an axis: its own, or one number beside them. */
static bool has_column(const struct store_layout *layout, size_t v, enum measure_axis axis)
{
    return layout->variables[v]->axis == axis || layout->variables[v]->axis == MEASURE_SCALAR;
}

static void print_header(const struct store_layout *layout, enum measure_axis axis)
{
    fputs("case", stdout);
    for (size_t a = 0; a < layout->experiment->n_axes; a++)
        printf("\t%s", layout->experiment->axes[a].key);
    fputs("\ttrial", stdout);
    report_print_dimensions(stdout, axis);
    for (size_t v = 0; v < layout->n_variables; v++)
        if (has_column(layout, v, axis))
            printf("\t%s", layout->variables[v]->name);
    putchar('\n');
}

static void print_row(const struct store_layout *layout, size_t point, int64_t trial, enum measure_axis axis,
                      size_t row, double *const *values)
{
    const struct experiment *e = layout->experiment;
    fputs(e->cases[experiment_point_case(e, point)], stdout);
    for (size_t a = 0; a < e->n_axes; a++) {
        putchar('\t');
        report_print_axis(stdout, &e->axes[a], experiment_point_index(e, point, a));
    }
    printf("\t%lld", (long long)trial);
    report_print_coordinates(stdout, axis, layout->sizes, row);
    for (size_t v = 0; v < layout->n_variables; v++)
        if (has_column(layout, v, axis)) {
            putchar('\t');
            report_print_number(stdout, values[v][layout->variables[v]->axis == MEASURE_SCALAR ? 0 : row]);
        }
    putchar('\n');
}

/* A table for each axis that a variable has, in the order of the variables, two blank lines between them. */
static void print_tables(const struct store_layout *layout, size_t point, int64_t trial,
                         double *const *values)
{
    bool printed[MEASURE_N_AXES] = {false}, any = false;
    for (size_t v = 0; v < layout->n_variables; v++)
        any = any || layout->variables[v]->axis != MEASURE_SCALAR;
    printed[MEASURE_SCALAR] = any; /* with the others */
    any = false;
    for (size_t v = 0; v < layout->n_variables; v++) {
        const enum measure_axis axis = layout->variables[v]->axis;
        if (printed[axis])
            continue;
        printed[axis] = true;
        fputs(any ? "\n\n" : "", stdout);
        any = true;
        print_header(layout, axis);
        for (size_t row = 0; row < measure_axis_length(axis, layout->sizes); row++)
            print_row(layout, point, trial, axis, row, values);
    }
}

int cmd_trial_print(const struct experiment *experiment, const struct cmd_trial *trial,
                    struct base_error *error)
{
    int status;
    size_t point;
    struct store_layout layout = {0};
    double **values = NULL;
    TRY(find_point(experiment, trial, &point, error));
    TRY(sweep_layout_init(&layout, experiment, error));
    TRY(base_got(values = base_calloc(layout.n_variables, sizeof *values, error)));
    for (size_t v = 0; v < layout.n_variables; v++)
        TRY(base_got(values[v] = base_calloc(store_layout_length(&layout, v), sizeof(double), error)));
    TRY(sweep_trial(&layout, point, (size_t)trial->trial, values, error));

    print_tables(&layout, point, trial->trial, values);
out:
    for (size_t v = 0; values != NULL && v < layout.n_variables; v++)
        free(values[v]);
    free(values);
    sweep_layout_free(&layout);
    return status == BASE_UNRESOLVED ? BASE_FAILED : status;
}
