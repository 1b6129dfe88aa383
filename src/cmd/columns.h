/* Private to cmd: a small table in aligned columns, for reading. */
#ifndef CMD_COLUMNS_H
#define CMD_COLUMNS_H

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

enum { CMD_COLUMNS_CELL = 40 };

struct cmd_columns {
    size_t n_columns, n_cells, room;
    char (*cells)[CMD_COLUMNS_CELL]; /* row by row, the header first */
    struct base_error *error;        /* where a cell that finds no memory says so */
    int status;
};

void cmd_columns_init(struct cmd_columns *columns, size_t n_columns, struct base_error *error);
/* The next cell, clipped; what cannot be kept is told by the status at the end. */
void cmd_columns_add(struct cmd_columns *columns, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The first column to the left, the others to the right; frees all and returns the status. */
int cmd_columns_print(struct cmd_columns *columns, FILE *out);

#endif
