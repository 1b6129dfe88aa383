#include "report/theory_table.h"

#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct column {
    const char *name;
    enum { COLUMN_CASE, COLUMN_AXIS, COLUMN_VARIABLE, COLUMN_UNREAD } kind;
    size_t index; /* of the axis, or among the values' numbers */
};

/* What the functions below share. */
struct match {
    const struct theory_table *table;
    const struct store_result *result;
    struct theory_values *values;
    struct column *columns; /* one a cell of the header */
    size_t *lines;          /* (n_points) where a point's row stands; 0: nowhere yet */
    struct base_error *error;
};

/* ---- messages */

/* "TABLE:7: column NAME: " before the message that is there. */
static int fail_at(const struct match *m, const struct theory_line *line, const char *column)
{
    return base_fail_within(m->error, BASE_BAD_INPUT, "%.300s:%zu: column %.100s", m->table->path,
                            line->number, column);
}

/* All that a cell might have been, clipped. */
struct list {
    char text[400];
    size_t used;
};

static void list_add(struct list *list, const char *item)
{
    if (list->used < sizeof list->text)
        list->used += (size_t)snprintf(list->text + list->used, sizeof list->text - list->used, "%s%s",
                                       list->used > 0 ? ", " : "", item);
}

static void list_axis(struct list *list, const struct experiment_axis *axis)
{
    char number[64];
    for (size_t i = 0; i < axis->length; i++) {
        if (axis->type == EXPERIMENT_INTEGER)
            snprintf(number, sizeof number, "%lld", (long long)axis->integers[i]);
        else if (axis->type == EXPERIMENT_REAL)
            snprintf(number, sizeof number, "%.17g", axis->reals[i]);
        list_add(list, axis->type == EXPERIMENT_STRING ? axis->strings[i] : number);
    }
}

/* ---- the header */

/* Variable i of the file where `theory` prints its predictions, else NULL. */
static const struct measure_variable *predicted(const struct store_result *r, size_t i)
{
    const struct measure_variable *v = measure_find_variable(r->names[i]);
    return v->predicted && v->axis != MEASURE_RANK ? v : NULL;
}

/* The number of the file that a column is called after. */
static bool find_number(const struct store_result *r, const char *name, struct theory_number *number)
{
    for (size_t i = 0; i < r->n_names; i++) {
        number->variable = predicted(r, i);
        if (number->variable != NULL && measure_column_find(number->variable, r->sizes, name, &number->index))
            return true;
    }
    return false;
}

/* The columns that a table of this file can have. */
static const char *list_columns(const struct store_result *r, struct list *list)
{
    list_add(list, "case");
    for (size_t a = 0; a < r->n_axes; a++)
        list_add(list, r->axes[a].key);
    for (size_t i = 0; i < r->n_names; i++) {
        const struct measure_variable *v = predicted(r, i);
        char column[MEASURE_COLUMN];
        const size_t length = v == NULL ? 0 : measure_axis_length(v->axis, r->sizes);
        if (length > 0)
            list_add(list, measure_column(v, r->sizes, 0, column));
        if (length > 2)
            list_add(list, "...");
        if (length > 1)
            list_add(list, measure_column(v, r->sizes, length - 1, column));
    }
    return list->text;
}

static bool is_unread(const char *name)
{
    const struct measure_variable *v = measure_find_variable(name);
    return (v != NULL && v->only_predicted) || strcmp(name, "kappa1") == 0 || strcmp(name, "kappa2") == 0 ||
           strcmp(name, "alpha") == 0;
}

static int column_read(const struct match *m, const char *name, struct column *column)
{
    const struct store_result *r = m->result;
    struct list known = {.used = 0};
    *column = (struct column){.name = name, .kind = COLUMN_UNREAD};
    if (strcmp(name, "case") == 0) {
        column->kind = COLUMN_CASE;
        return BASE_OK;
    }
    for (size_t a = 0; a < r->n_axes; a++)
        if (strcmp(name, r->axes[a].key) == 0) {
            *column = (struct column){name, COLUMN_AXIS, a};
            return BASE_OK;
        }
    if (find_number(r, name, &m->values->numbers[m->values->n])) {
        *column = (struct column){name, COLUMN_VARIABLE, m->values->n++};
        return BASE_OK;
    }
    if (is_unread(name))
        return BASE_OK;
    return base_fail(
        m->error, BASE_BAD_INPUT, "neither an axis nor a predicted variable of %.200s, which has %s%s",
        r->path, list_columns(r, &known), m->table->lines[0].n_cells == 1 ? "; tabs part the columns" : "");
}

static bool has_column(const struct match *m, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(m->columns[i].name, name) == 0)
            return true;
    return false;
}

static int check_complete(const struct match *m)
{
    const struct theory_line *header = &m->table->lines[0];
    struct list known = {.used = 0};
    const char *missing = has_column(m, header->n_cells, "case") ? NULL : "case";
    for (size_t a = 0; a < m->result->n_axes && missing == NULL; a++)
        if (!has_column(m, header->n_cells, m->result->axes[a].key))
            missing = m->result->axes[a].key;
    if (missing == NULL && m->values->n > 0)
        return BASE_OK;
    base_fail(m->error, BASE_BAD_INPUT, "missing; a table for %.200s has the columns %s", m->result->path,
              list_columns(m->result, &known));
    return fail_at(m, header, missing != NULL ? missing : "of a variable");
}

static int read_header(const struct match *m)
{
    const struct theory_line *header = &m->table->lines[0];
    const char *name = header->cells;
    for (size_t i = 0; i < header->n_cells; i++, name += strlen(name) + 1) {
        if (has_column(m, i, name)) {
            base_fail(m->error, BASE_BAD_INPUT, "it stands twice in the header");
            return fail_at(m, header, name);
        }
        if (column_read(m, name, &m->columns[i]) != BASE_OK)
            return fail_at(m, header, *name != '\0' ? name : "without a name");
    }
    return check_complete(m);
}

/* ---- the rows */

static bool find_case(const struct store_result *r, const char *cell, size_t *index)
{
    for (*index = 0; *index < r->n_cases; (*index)++)
        if (strcmp(cell, r->cases[*index]) == 0)
            return true;
    return false;
}

static bool find_axis_value(const struct experiment_axis *axis, const char *cell, size_t *index)
{
    int64_t integer = 0;
    double real = 0;
    if ((axis->type == EXPERIMENT_INTEGER && !base_parse_int64(cell, &integer)) ||
        (axis->type == EXPERIMENT_REAL && !base_parse_double(cell, &real)))
        return false;
    for (*index = 0; *index < axis->length; (*index)++) {
        const size_t i = *index;
        const bool same = axis->type == EXPERIMENT_INTEGER ? integer == axis->integers[i]
                          : axis->type == EXPERIMENT_REAL  ? real == axis->reals[i]
                                                           : strcmp(cell, axis->strings[i]) == 0;
        if (same)
            return true;
    }
    return false;
}

static int fail_place(const struct match *m, const struct column *column, const char *cell)
{
    const struct store_result *r = m->result;
    struct list known = {.used = 0};
    for (size_t c = 0; column->kind == COLUMN_CASE && c < r->n_cases; c++)
        list_add(&known, r->cases[c]);
    if (column->kind == COLUMN_AXIS)
        list_axis(&known, &r->axes[column->index]);
    return base_fail(m->error, BASE_BAD_INPUT, "\"%.100s\" is not in %.200s, which has %s", cell, r->path,
                     known.text);
}

/* The share of one cell in the number of the grid point: its index times the points from one to the next. */
static int add_place(const struct match *m, const struct column *column, const char *cell, size_t *point)
{
    const struct store_result *r = m->result;
    size_t index, stride = r->n_points / r->n_cases;
    if (column->kind == COLUMN_CASE ? !find_case(r, cell, &index)
                                    : !find_axis_value(&r->axes[column->index], cell, &index))
        return fail_place(m, column, cell);
    for (size_t a = 0; column->kind == COLUMN_AXIS && a <= column->index; a++)
        stride /= r->axes[a].length;
    *point += index * stride;
    return BASE_OK;
}

static int find_point(const struct match *m, const struct theory_line *row, size_t *point)
{
    const char *cell = row->cells;
    *point = 0;
    for (size_t i = 0; i < row->n_cells; i++, cell += strlen(cell) + 1) {
        const struct column *column = &m->columns[i];
        if ((column->kind == COLUMN_CASE || column->kind == COLUMN_AXIS) &&
            add_place(m, column, cell, point) != BASE_OK)
            return fail_at(m, row, column->name);
    }
    return BASE_OK;
}

static int read_values(const struct match *m, const struct theory_line *row, size_t point)
{
    const char *cell = row->cells;
    for (size_t i = 0; i < row->n_cells; i++, cell += strlen(cell) + 1) {
        const struct column *column = &m->columns[i];
        if (column->kind != COLUMN_VARIABLE || strcmp(cell, "nan") == 0)
            continue;
        if (!base_parse_double(cell, &m->values->values[column->index * m->result->n_points + point])) {
            base_fail(m->error, BASE_BAD_INPUT, "\"%.100s\" is neither a number nor nan", cell);
            return fail_at(m, row, column->name);
        }
    }
    return BASE_OK;
}

/* A # may also begin the name of a case. */
static bool is_comment(const struct match *m, const struct theory_line *line)
{
    size_t index;
    return line->cells[0] == '#' && !find_case(m->result, line->cells, &index);
}

static int check_cells(const struct match *m, const struct theory_line *row)
{
    char place[32];
    const size_t n = m->table->lines[0].n_cells;
    if (row->n_cells == n)
        return BASE_OK;
    snprintf(place, sizeof place, "%zu", n + 1);
    base_fail(m->error, BASE_BAD_INPUT, "%s: the row has %zu cells, and the header %zu columns",
              row->n_cells < n ? "missing" : "one too many", row->n_cells, n);
    return fail_at(m, row, row->n_cells < n ? m->columns[row->n_cells].name : place);
}

static int read_row(const struct match *m, const struct theory_line *row)
{
    int status;
    size_t point;
    TRY(check_cells(m, row));
    TRY(find_point(m, row, &point));
    if (m->lines[point] != 0) {
        base_fail(m->error, BASE_BAD_INPUT,
                  "the row of this case and these axis values stands in line %zu already", m->lines[point]);
        TRY(fail_at(m, row, "case"));
    }
    m->lines[point] = row->number;
    TRY(read_values(m, row, point));
out:
    return status;
}

int theory_table_match(const struct theory_table *table, const struct store_result *result,
                       struct theory_values *values, struct base_error *error)
{
    int status;
    const size_t n = table->lines[0].n_cells, n_points = result->n_points;
    struct match m = {.table = table, .result = result, .values = values, .error = error};
    *values = (struct theory_values){.n = 0};
    TRY(base_got(m.columns = base_calloc(n, sizeof *m.columns, error)));
    TRY(base_got(m.lines = base_calloc(n_points, sizeof *m.lines, error)));
    TRY(base_got(values->numbers = base_calloc(n, sizeof *values->numbers, error)));
    TRY(read_header(&m));
    TRY(base_got(values->values = base_calloc(values->n * n_points, sizeof *values->values, error)));
    for (size_t i = 0; i < values->n * n_points; i++)
        values->values[i] = NAN;
    for (size_t i = 1; i < table->n_lines; i++)
        if (!is_comment(&m, &table->lines[i]))
            TRY(read_row(&m, &table->lines[i]));
out:
    free(m.columns);
    free(m.lines);
    if (status != BASE_OK)
        theory_values_free(values);
    return status;
}

void theory_values_free(struct theory_values *values)
{
    free(values->numbers);
    free(values->values);
    memset(values, 0, sizeof *values);
}

const double *theory_values_find(const struct theory_values *values, size_t n_points,
                                 const struct measure_variable *variable, size_t index)
{
    for (size_t i = 0; i < values->n; i++)
        if (values->numbers[i].variable == variable && values->numbers[i].index == index)
            return values->values + i * n_points;
    return NULL;
}
