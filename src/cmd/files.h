/* Private to cmd: the command lines of the commands that read result files, FILE.h5... */
#ifndef CMD_FILES_H
#define CMD_FILES_H

#include <stddef.h>

#include <argp.h>

/* The words of the command line; with none, or more than `most`, argp exits 2. */
struct cmd_files {
    size_t most, n;
    char **words; /* (n) */
};

/* Parses "FILE.h5 [more]" with --help; exits 2 when there are none, or more than `most`. Returns the words.
 */
char **cmd_files_parse(int argc, char **argv, const char *usage, const char *doc, size_t most, size_t *n);

/* The same for a command with options of its own: its argp has these as its children, and at ARGP_KEY_INIT it
 * hands them a struct cmd_files: state->child_inputs[0]. */
extern const struct argp_child cmd_files_parser[];

#endif
