/* Private to cmd: `run --trial`, one network alone. */
#ifndef CMD_TRIAL_H
#define CMD_TRIAL_H

#include "base/error.h"
#include "experiment/experiment.h"

#include <stddef.h>
#include <stdint.h>

enum { CMD_MAX_PLACES = 32 };

/* Which network: --trial K --case NAME --at KEY=VALUE... */
struct cmd_trial {
    int64_t trial;         /* -1: all of them, as ever */
    const char *case_name; /* NULL: not given */
    size_t n_places;
    const char *places[CMD_MAX_PLACES]; /* "KEY=VALUE" */
};

/* Samples that network again and prints its values: a header line, then one row; where variables have ranks,
 * layers, pairs of them or kinds a table for each of these axes, with a row for each of its numbers, two
 * blank lines apart. Columns case, swept axes, trial, [coordinates,] variables; those with one number stand
 * in every table. The same bits as in the result file. */
int cmd_trial_print(const struct experiment *experiment, const struct cmd_trial *trial,
                    struct base_error *error);

#endif
