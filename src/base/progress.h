/* Progress of a long run: one line with a count, a rate and the time left, rewritten in place on a terminal,
 * printed now and then elsewhere:
 *
 *     universal-width: 40 of 120 networks, 5.1 a second, 16 s left
 *     rates: 3 of 10 networks, 120 steps a second, loss 0.0123, 40 s left      where they take steps
 *
 * Not thread-safe: call under the lock of the work. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct base_progress {
    FILE *stream; /* NULL: silent */
    bool terminal;
    const char *label, *unit; /* "universal-width", "networks" */
    size_t count, total;
    double cost, total_cost; /* time is taken to go as the cost; of what is in hand, too, as far as it is */
    size_t steps;            /* of what takes steps */
    double loss;             /* at the last of them */
    double start, last;      /* seconds of base_seconds() */
};

/* Seconds of a clock that never jumps. */
double base_seconds(void);

void base_progress_start(struct base_progress *progress, FILE *stream, const char *label, const char *unit,
                         size_t total, double total_cost);
/* One more is finished, at this cost beyond that of its steps. */
void base_progress_finish(struct base_progress *progress, double cost);
/* A step of one that is in hand, at this cost. */
void base_progress_step(struct base_progress *progress, double cost, double loss);
/* Clears the line on a terminal. */
void base_progress_end(struct base_progress *progress);

/* "1 h 02 min", "3 min 20 s", "12 s", "0.4 s" into text, which is returned. */
const char *base_format_seconds(double seconds, char text[32]);
/* "0.12", "5.1", "12", "1347" a second, likewise; "0" in no time at all. */
const char *base_format_rate(size_t n, double seconds, char text[32]);

#endif
