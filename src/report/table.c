#include "report/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One chosen variable: every trial, and what theory says, if anything. */
struct column {
    const char *name;
    struct store_array measured, theory; /* theory.values NULL: no prediction */
};

static int column_read(const struct store_result *r, const char *name, struct column *column,
                       struct base_error *error)
{
    int status;
    char theory[128];
    column->name = name;
    TRY(store_read(r, name, &column->measured, error));
    if (!column->measured.per_trial)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: `%s` is not measured in every trial", r->path, name));
    snprintf(theory, sizeof theory, "%.100s_theory", name);
    if (store_has(r, theory))
        TRY(store_read(r, theory, &column->theory, error));
    if (column->theory.values != NULL && column->theory.length != column->measured.length)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: `%s` has another length than `%s`", r->path, theory, name));
out:
    return status;
}

/* The names asked for, or all variables without a further axis. */
static int choose(const struct store_result *r, size_t *n, const char *const **names,
                  struct base_error *error)
{
    int status = BASE_OK;
    if (*n > 0)
        return BASE_OK;
    const char **chosen = base_calloc(r->n_names + 1, sizeof *chosen, error);
    TRY(base_got(chosen));
    for (size_t i = 0; i < r->n_names; i++)
        if (measure_find_variable(r->names[i])->axis == MEASURE_SCALAR)
            chosen[(*n)++] = r->names[i];
    *names = chosen;
out:
    return status;
}

static int check_name(const struct store_result *r, const char *name, struct base_error *error)
{
    char known[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < r->n_names; i++) {
        if (strcmp(r->names[i], name) == 0)
            return BASE_OK;
        if (used < sizeof known)
            used +=
                (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", r->names[i]);
    }
    return base_fail(error, BASE_BAD_INPUT, "%s: no variable `%s`; it has %s", r->path, name, known);
}

static void print_header(const struct store_result *r, const char *axis, size_t n,
                         const struct column *columns, FILE *out)
{
    fputs("case", out);
    for (size_t a = 0; a < r->n_axes; a++)
        fprintf(out, "\t%s", r->axes[a].key);
    if (axis != NULL)
        fprintf(out, "\t%s", axis);
    for (size_t c = 0; c < n; c++)
        fprintf(out, "\t%s\t%s_se\t%s_theory\t%s_sd\t%s_n", columns[c].name, columns[c].name, columns[c].name,
                columns[c].name, columns[c].name);
    fputc('\n', out);
}

/* mean, standard error, theory, standard deviation, number of trials */
static void print_cell(const struct store_result *r, const struct column *column, size_t point, size_t index,
                       FILE *out)
{
    const size_t length = column->measured.length, at = length == 1 ? 0 : index;
    const struct report_moments m =
        report_moments(r->trials, column->measured.values + point * r->trials * length + at, length);
    const double numbers[] = {
        m.mean, m.se, column->theory.values == NULL ? NAN : column->theory.values[point * length + at], m.sd};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        fputc('\t', out);
        report_print_number(out, numbers[i]);
    }
    fprintf(out, "\t%zu", m.n);
}

static void print_row(const struct store_result *r, size_t point, const char *axis, size_t index, size_t n,
                      const struct column *columns, FILE *out)
{
    size_t stride = r->n_points / r->n_cases;
    fputs(r->cases[point / stride], out);
    for (size_t a = 0; a < r->n_axes; a++) {
        stride /= r->axes[a].length;
        fputc('\t', out);
        report_print_axis(out, &r->axes[a], point / stride % r->axes[a].length);
    }
    if (axis != NULL)
        fprintf(out, "\t%zu", index + 1);
    for (size_t c = 0; c < n; c++)
        print_cell(r, &columns[c], point, index, out);
    fputc('\n', out);
}

static void print_rows(const struct store_result *r, const char *axis, size_t length, size_t n,
                       const struct column *columns, FILE *out)
{
    const size_t points_a_case = r->n_points / r->n_cases;
    for (size_t point = 0; point < r->n_points; point++) {
        if (point > 0 && point % points_a_case == 0)
            fputs("\n\n", out);
        for (size_t index = 0; index < length; index++)
            print_row(r, point, axis, index, n, columns, out);
    }
}

int report_table_print(const struct store_result *result, size_t n_names, const char *const *names, FILE *out,
                       struct base_error *error)
{
    int status;
    const char *const *asked = names;
    const char *axis = NULL;
    size_t length = 1;
    struct column *columns = NULL;
    for (size_t c = 0; c < n_names; c++)
        TRY(check_name(result, names[c], error));
    TRY(choose(result, &n_names, &names, error));
    TRY(base_got(columns = base_calloc(n_names + 1, sizeof *columns, error)));
    for (size_t c = 0; c < n_names; c++) {
        TRY(column_read(result, names[c], &columns[c], error));
        if (columns[c].measured.axis != NULL) {
            axis = columns[c].measured.axis;
            length = columns[c].measured.length;
        }
    }
    print_header(result, axis, n_names, columns, out);
    print_rows(result, axis, length, n_names, columns, out);
out:
    for (size_t c = 0; columns != NULL && c < n_names; c++) {
        store_array_free(&columns[c].measured);
        store_array_free(&columns[c].theory);
    }
    free(columns);
    if (names != asked)
        free((void *)names);
    return status;
}
