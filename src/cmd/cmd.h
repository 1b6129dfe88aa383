/* The subcommands: one file each, one line each in src/main.c. The only place that prints, parses options and
 * exits. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/error.h"
#include "experiment/experiment.h"
#include "store/store.h"

#include <stddef.h>

#include <argp.h>

struct cmd {
    const char *name;
    const char *doc;
    /* argv[0] is "fisherfield NAME". Data goes to standard output, a message of failure into error; returns
     * the exit code. */
    int (*run)(int argc, char **argv, struct base_error *error);
};

extern const struct cmd cmd_run, cmd_theory, cmd_table, cmd_verify, cmd_info, cmd_plan, cmd_doctor;

/* ---- version.c */
void cmd_version_print(void);
/* What result files record of this program; `command` is the line that started it. */
struct store_provenance cmd_provenance(const char *command);

/* ---- load.c */

/* What `run` and `theory` share: EXPERIMENT.yaml, --set, --quick. A command's argp has these as its children;
 * at ARGP_KEY_INIT it hands them their input: state->child_inputs[0]. */
struct cmd_experiment_options {
    const char *path;
    struct experiment_options options;
    const char **sets; /* (n_sets) to be freed */
};
extern const struct argp_child cmd_experiment_parser[];
/* Reads the experiment, with this program's activations and measures as its vocabulary. */
int cmd_load(struct experiment *experiment, const struct cmd_experiment_options *options,
             struct base_error *error);
/* Say on standard error where theory has nothing to say: at all, and at `points` grid points because it
 * cannot be computed. */
void cmd_note_missing_theory(const struct experiment *experiment,
                             const struct store_predictions *predictions);
void cmd_note_no_theory(size_t points, const char *why_first);
/* And where boundaries of stability are sought again for each value of a key that has no part in them. */
void cmd_note_repeated_boundaries(const struct experiment *experiment);

/* ---- options.c */

/* What `run` and `plan` share: the above, --output and --threads. With cmd_run_parser as its children, and no
 * parser of its own, a command's argp takes this struct as input. */
struct cmd_run_options {
    struct cmd_experiment_options experiment;
    const char *output; /* NULL: results/NAME.h5 */
    int threads;        /* 0: one a usable core */
};
extern const struct argp_child cmd_run_parser[];
/* Where the result goes, to be freed; and the folder that a run makes for it, NULL: none. */
int cmd_run_output(const struct cmd_run_options *options, const struct experiment *experiment, char **path,
                   struct base_error *error);
const char *cmd_run_folder(const struct cmd_run_options *options);

/* ---- output.c */

/* Brings standard output where it goes: a full disk shows only then. BASE_FAILED with a message. */
int cmd_flush_output(struct base_error *error);

#endif
