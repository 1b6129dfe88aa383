/* Runs of experiments given as text, which an alarm may stop. */
#ifndef TESTS_SWEEP_RUNS_H
#define TESTS_SWEEP_RUNS_H

#include "sweep/sweep.h"

#include <signal.h>
#include <stdio.h>

/* Of sweep_options; stop and progress may be NULL. */
int runs_try(const char *text, const char *path, int threads, const volatile sig_atomic_t *stop,
             FILE *progress, struct sweep_summary *summary, struct base_error *error);

/* The test fails where the run does. */
struct sweep_summary runs_good(const char *text, const char *path, int threads);

/* runs_stop becomes 1 so much later, 0: never; until then it is 0. */
extern volatile sig_atomic_t runs_stop;
void runs_stop_after(long microseconds);

#endif
