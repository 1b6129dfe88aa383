/* Runs the built program as a user does, in the test's scratch folder. */
#ifndef TESTS_CMD_SHELL_H
#define TESTS_CMD_SHELL_H

#include "store/scratch.h"

#include <sys/types.h>

/* Two cases over three widths; runs in milliseconds. SHELL_BODY: without seed and trials. */
#define SHELL_BODY                                                                                           \
    "cases:\n"                                                                                               \
    "  - {name: tanh, activation: tanh, weight_variance: 3}\n"                                               \
    "  - {name: relu, activation: relu, weight_variance: 2}\n"                                               \
    "network: {depth: 3, outputs: 1, bias_variance: 0.64}\n"                                                 \
    "data: {inputs: gaussian, samples: 10}\n"
#define SHELL_EXPERIMENT                                                                                     \
    "title: A small one\nseed: 1\ntrials: 5\n" SHELL_BODY "sweep: {width: [20, 30, 40]}\n"                   \
    "quick: {trials: 2, sweep: {width: [20, 30]}}\n"

/* What a command did. */
struct shell {
    int code;        /* exit code */
    char *out, *err; /* standard output and error */
};

/* Writes `text` as FOLDER/name. */
void shell_file(void **state, const char *name, const char *text);

/* `fisherfield ARGUMENTS` through a shell in the folder, after `prefix` such as "A=1 " (may be ""). */
struct shell shell_run_with(void **state, const char *prefix, const char *arguments);
struct shell shell_run(void **state, const char *arguments);
void shell_free(struct shell *shell);

/* The same, and the code must be as expected; messages of failure show what was printed. */
struct shell shell_expect(void **state, const char *arguments, int code);
void shell_expect_only(void **state, const char *arguments, int code); /* nobody wants the output */

/* A failure: this code, nothing on standard output, and all "|"-separated fragments on standard error. */
void shell_refuse(void **state, const char *arguments, int code, const char *fragments);

/* What tests/cmd/trouble.c is to do to all programs started from now on; NULL: nothing. */
void shell_trouble(const char *words);

/* Starts it in the background, in such trouble, with output to files. No test may depend on when it does
 * what: one waits until it has stopped itself, as the trouble says, or has computed for so many seconds. */
pid_t shell_start(void **state, const char *arguments, const char *trouble);
void shell_await_stop(pid_t pid);
void shell_await_work(pid_t pid, double seconds);

bool shell_exists(void **state, const char *path);

#endif
