/* Private to cmd: the command lines of the commands that read result files, FILE.h5... */
#ifndef CMD_FILES_H
#define CMD_FILES_H

#include <stddef.h>

/* Parses "FILE.h5 [more]" with --help; exits 2 when there are none, or more than `most`. Returns the words.
 */
char **cmd_files_parse(int argc, char **argv, const char *usage, const char *doc, size_t most, size_t *n);

#endif
