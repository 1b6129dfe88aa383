/* Private to report: predictions of one's own, in a table as `fisherfield theory` prints it.
 *
 * Tab-separated text: a header line, then one row a grid point. The columns, in any order: `case`, every
 * swept axis of the result file, and predicted variables, at least one; of a variable that has an axis single
 * numbers, such as layer_eig_max[2]; kappa1, kappa2, alpha and second predictions of a variable
 * (v_theory_SOMETHING) may stand there and are not read. Rows come in any order and belong to the grid point
 * whose case and axis values they name; numbers are compared as numbers, exactly. A value is a decimal number
 * or `nan`. Blank lines, and lines that start with # and not with the name of a case, stand for nothing.
 *
 * Everything else is BASE_BAD_INPUT, "TABLE:line: column NAME: what is wrong and what would be right".
 */
#ifndef REPORT_THEORY_TABLE_H
#define REPORT_THEORY_TABLE_H

#include "report/report.h"

/* ---- theory_table.c */

/* A line that is not blank. */
struct theory_line {
    size_t number; /* in the file, from 1 */
    size_t n_cells;
    const char *cells; /* n_cells texts, each closed by a NUL, one behind the other */
};

struct theory_table {
    const char *path; /* the caller's */
    char *text;
    size_t n_lines;            /* at least 1 */
    struct theory_line *lines; /* (n_lines) the first is the header */
};

/* Reads a text of 64 MiB at most, from a pipe too, and splits it into cells; nothing is said yet of what they
 * hold. On failure nothing is kept. */
int theory_table_read(struct theory_table *table, const char *path, struct base_error *error);
void theory_table_free(struct theory_table *table);

/* ---- theory_match.c */

/* One number along the axis of a variable, such as that of a layer. */
struct theory_number {
    const struct measure_variable *variable;
    size_t index;
};

/* What the table says of one result file. */
struct theory_values {
    size_t n;
    struct theory_number *numbers; /* (n) in the order of the table's columns */
    double *values;                /* (n, n_points) nan: the table says so, or has no such row */
};

/* On failure nothing is kept. */
int theory_table_match(const struct theory_table *table, const struct store_result *result,
                       struct theory_values *values, struct base_error *error);
void theory_values_free(struct theory_values *values);

/* The (n_points) predictions of one number of a variable; NULL: the table has none. */
const double *theory_values_find(const struct theory_values *values, size_t n_points,
                                 const struct measure_variable *variable, size_t index);

#endif
