#include "cmd/columns.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void cmd_columns_init(struct cmd_columns *columns, size_t n_columns, struct base_error *error)
{
    *columns = (struct cmd_columns){.n_columns = n_columns, .error = error, .status = BASE_OK};
}

void cmd_columns_add(struct cmd_columns *columns, const char *format, ...)
{
    struct cmd_columns *c = columns;
    if (c->n_cells == c->room) {
        const size_t room = 2 * c->room + 64;
        void *cells = realloc(c->cells, room * sizeof *c->cells);
        if (cells == NULL) {
            c->status = base_fail(c->error, BASE_FAILED, "out of memory for a table");
            return;
        }
        c->cells = cells;
        c->room = room;
    }
    va_list values;
    va_start(values, format);
    vsnprintf(c->cells[c->n_cells++], sizeof *c->cells, format, values);
    va_end(values);
}

static int widest(const struct cmd_columns *c, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < c->n_cells; i += c->n_columns)
        widest = strlen(c->cells[i]) > widest ? strlen(c->cells[i]) : widest;
    return (int)widest;
}

int cmd_columns_print(struct cmd_columns *columns, FILE *out)
{
    struct cmd_columns *c = columns;
    int *widths = calloc(c->n_columns, sizeof *widths);
    if (widths == NULL)
        c->status = base_fail(c->error, BASE_FAILED, "out of memory for a table");
    for (size_t i = 0; i < c->n_columns && c->status == BASE_OK; i++)
        widths[i] = widest(c, i);
    for (size_t i = 0; i < c->n_cells && c->status == BASE_OK; i++) {
        const size_t column = i % c->n_columns;
        fprintf(out, column == 0 ? "%-*s" : "  %*s", widths[column], c->cells[i]);
        if (column + 1 == c->n_columns)
            fputc('\n', out);
    }
    free(widths);
    free(c->cells);
    c->cells = NULL;
    return c->status;
}
