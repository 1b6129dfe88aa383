#include "report/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One chosen variable: every trial, and what theory says, if anything; or, in `theory`, what a grid point has
 * one of: a second prediction, or κ. */
struct column {
    const char *name;
    struct store_array measured, theory; /* values NULL: not measured, no prediction */
};

/* What every result has besides its variables: one number a grid point but for the last, which is measured.
 */
static const char *const others[] = {"kappa1", "kappa2", "alpha", "parameters", "done"};
enum { N_OTHERS = sizeof others / sizeof *others };

static size_t find_other(const char *name)
{
    size_t i = 0;
    while (i < N_OTHERS && strcmp(others[i], name) != 0)
        i++;
    return i;
}

static bool is_of_points(const char *name)
{
    const struct measure_variable *v = measure_find_variable(name);
    return v != NULL ? v->only_predicted : find_other(name) < N_OTHERS - 1;
}

static const struct store_array *shape_of(const struct column *column)
{
    return column->measured.values != NULL ? &column->measured : &column->theory;
}

static int column_read(const struct store_result *r, const char *name, struct column *column,
                       struct base_error *error)
{
    int status;
    char theory[128];
    column->name = name;
    if (is_of_points(name)) {
        TRY(store_read(r, name, &column->theory, error));
        if (column->theory.per_trial)
            TRY(base_fail(error, BASE_BAD_INPUT, "%s: `%s` has unexpected dimensions", r->path, name));
        return BASE_OK;
    }
    TRY(store_read(r, name, &column->measured, error));
    if (!column->measured.per_trial)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: `%s` is not measured in every trial", r->path, name));
    snprintf(theory, sizeof theory, "%.100s_theory", name);
    if (store_has(r, theory))
        TRY(store_read(r, theory, &column->theory, error));
    if (column->theory.values != NULL && column->theory.axis != column->measured.axis)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: `%s` has other dimensions than `%s`", r->path, theory,
                      name));
out:
    return status;
}

static enum measure_axis axis_of(const char *name)
{
    return measure_find_variable(name)->axis;
}

/* The names asked for, or all variables without a further axis, or with the axis of the first. */
static int choose(const struct store_result *r, size_t *n, const char *const **names,
                  struct base_error *error)
{
    int status = BASE_OK;
    if (*n > 0)
        return BASE_OK;
    const char **chosen = base_calloc(r->n_names + 1, sizeof *chosen, error);
    TRY(base_got(chosen));
    for (size_t i = 0; i < r->n_names; i++)
        if (axis_of(r->names[i]) == MEASURE_SCALAR)
            chosen[(*n)++] = r->names[i];
    const bool none = *n == 0;
    for (size_t i = 0; none && i < r->n_names; i++)
        if (axis_of(r->names[i]) == axis_of(r->names[0]))
            chosen[(*n)++] = r->names[i];
    *names = chosen;
out:
    return status;
}

static void list_name(const char *name, size_t size, char *list)
{
    const size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", name);
}

static void list_predictions(const struct store_result *r, size_t size, char *list)
{
    for (size_t m = 0; measure_registry[m] != NULL; m++)
        for (size_t v = 0; v < measure_registry[m]->n_variables; v++) {
            const struct measure_variable *variable = &measure_registry[m]->variables[v];
            if (variable->only_predicted && store_has(r, variable->name))
                list_name(variable->name, size, list);
        }
}

static int check_name(const struct store_result *r, const char *name, struct base_error *error)
{
    char known[2048] = "";
    for (size_t i = 0; i < r->n_names; i++) {
        if (strcmp(r->names[i], name) == 0)
            return BASE_OK;
        list_name(r->names[i], sizeof known, known);
    }
    if ((is_of_points(name) || find_other(name) < N_OTHERS) && store_has(r, name))
        return BASE_OK;
    list_predictions(r, sizeof known, known);
    for (size_t i = 0; i < N_OTHERS; i++)
        list_name(others[i], sizeof known, known);
    return base_fail(error, BASE_BAD_INPUT, "%s: no variable `%s`; it has %s", r->path, name, known);
}

/* What is printed: the chosen columns, and the axis that some of them have. */
struct table {
    const struct store_result *result;
    bool trials; /* a row for each trial, in place of their mean */
    enum measure_axis axis;
    size_t length; /* of the axis, or 1 */
    size_t n;
    struct column *columns; /* (n) */
    bool *marked;           /* (length): printed */
};

static void print_header(const struct table *t, FILE *out)
{
    fputs("case", out);
    for (size_t a = 0; a < t->result->n_axes; a++)
        fprintf(out, "\t%s", t->result->axes[a].key);
    if (t->trials)
        fputs("\ttrial", out);
    report_print_dimensions(out, t->axis);
    for (size_t c = 0; c < t->n; c++) {
        const char *name = t->columns[c].name;
        fprintf(out, "\t%s", name);
        if (!t->trials && t->columns[c].measured.values != NULL)
            fprintf(out, "\t%s_se\t%s_theory\t%s_sd\t%s_n", name, name, name, name);
    }
    fputc('\n', out);
}

/* mean, standard error, theory, standard deviation, number of trials */
static void print_statistics(const struct table *t, const struct column *column, size_t point, size_t index,
                             FILE *out)
{
    const size_t trials = t->result->trials, length = column->measured.length;
    const struct report_moments m =
        report_moments(trials, column->measured.values + point * trials * length + index, length);
    const double numbers[] = {
        m.mean, m.se, column->theory.values == NULL ? NAN : column->theory.values[point * length + index],
        m.sd};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        fputc('\t', out);
        report_print_number(out, numbers[i]);
    }
    fprintf(out, "\t%zu", m.n);
}

static void print_trial(const struct table *t, const struct column *column, size_t point, size_t trial,
                        size_t index, FILE *out)
{
    fputc('\t', out);
    report_print_number(
        out, column->measured.values[(point * t->result->trials + trial) * column->measured.length + index]);
}

static void print_row(const struct table *t, size_t point, size_t trial, size_t index, FILE *out)
{
    const struct store_result *r = t->result;
    size_t stride = r->n_points / r->n_cases;
    fputs(r->cases[point / stride], out);
    for (size_t a = 0; a < r->n_axes; a++) {
        stride /= r->axes[a].length;
        fputc('\t', out);
        report_print_axis(out, &r->axes[a], point / stride % r->axes[a].length);
    }
    if (t->trials)
        fprintf(out, "\t%zu", trial);
    report_print_coordinates(out, t->axis, r->sizes, index);
    for (size_t c = 0; c < t->n; c++) {
        const size_t at = shape_of(&t->columns[c])->axis == MEASURE_SCALAR ? 0 : index;
        if (t->columns[c].measured.values == NULL) {
            fputc('\t', out);
            report_print_number(out,
                                t->columns[c].theory.values[point * shape_of(&t->columns[c])->length + at]);
        } else if (t->trials)
            print_trial(t, &t->columns[c], point, trial, at, out);
        else
            print_statistics(t, &t->columns[c], point, at, out);
    }
    fputc('\n', out);
}

/* Which places on the axis have a number in any of these values. */
static void mark_numbers(const struct store_result *r, const struct store_array *array, bool *marked)
{
    const size_t n = r->n_points * (array->per_trial ? r->trials : 1) * array->length;
    for (size_t i = 0; array->values != NULL && i < n; i++)
        marked[i % array->length] = marked[i % array->length] || !isnan(array->values[i]);
}

/* What is printed of the axis: all of it, but of steps those that some training recorded. */
static int mark_rows(struct table *t, struct base_error *error)
{
    int status;
    TRY(base_got(t->marked = base_calloc(t->length, sizeof *t->marked, error)));
    for (size_t i = 0; t->axis != MEASURE_STEP && i < t->length; i++)
        t->marked[i] = true;
    for (size_t c = 0; t->axis == MEASURE_STEP && c < t->n; c++) {
        if (shape_of(&t->columns[c])->axis != MEASURE_STEP)
            continue;
        mark_numbers(t->result, &t->columns[c].measured, t->marked);
        mark_numbers(t->result, &t->columns[c].theory, t->marked);
    }
out:
    return status;
}

static void print_rows(const struct table *t, FILE *out)
{
    const size_t points_a_case = t->result->n_points / t->result->n_cases;
    for (size_t point = 0; point < t->result->n_points; point++) {
        if (point > 0 && point % points_a_case == 0)
            fputs("\n\n", out);
        for (size_t trial = 0; trial < (t->trials ? t->result->trials : 1); trial++)
            for (size_t index = 0; index < t->length; index++)
                if (t->marked[index])
                    print_row(t, point, trial, index, out);
    }
}

/* "layer" or "layer, layer2" */
static const char *describe(enum measure_axis axis, char text[64])
{
    size_t first;
    const size_t n = measure_axis_dimensions(axis, &first);
    snprintf(text, 64, "%s%s%s", measure_dimensions[first].name, n > 1 ? ", " : "",
             n > 1 ? measure_dimensions[first + 1].name : "");
    return text;
}

/* One axis a table. */
static int take_axis(struct table *t, const struct column *column, struct base_error *error)
{
    char mine[64], other[64];
    const struct column *c = t->columns;
    const struct store_array *shape = shape_of(column);
    if (shape->axis == MEASURE_SCALAR || shape->axis == t->axis)
        return BASE_OK;
    if (t->axis == MEASURE_SCALAR) {
        t->axis = shape->axis;
        t->length = shape->length;
        return BASE_OK;
    }
    while (shape_of(c)->axis != t->axis)
        c++;
    return base_fail(error, BASE_BAD_INPUT, "%s: `%s` runs over %s and `%s` over %s: print a table of each",
                     t->result->path, c->name, describe(t->axis, other), column->name,
                     describe(shape->axis, mine));
}

int report_table_print(const struct store_result *result, bool trials, size_t n_names,
                       const char *const *names, FILE *out, struct base_error *error)
{
    int status;
    const char *const *asked = names;
    struct table t = {.result = result, .trials = trials, .length = 1};
    for (size_t c = 0; c < n_names; c++)
        TRY(check_name(result, names[c], error));
    TRY(choose(result, &n_names, &names, error));
    TRY(base_got(t.columns = base_calloc(n_names + 1, sizeof *t.columns, error)));
    for (t.n = 0; t.n < n_names; t.n++) {
        struct column *column = &t.columns[t.n];
        TRY(column_read(result, names[t.n], column, error));
        TRY(take_axis(&t, column, error));
    }
    TRY(mark_rows(&t, error));
    print_header(&t, out);
    print_rows(&t, out);
out:
    for (size_t c = 0; t.columns != NULL && c < n_names; c++) {
        store_array_free(&t.columns[c].measured);
        store_array_free(&t.columns[c].theory);
    }
    free(t.columns);
    free(t.marked);
    if (names != asked)
        free((void *)names);
    return status;
}
