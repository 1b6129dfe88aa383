/* Scratch folders for tests, and result files with numbers that can be told apart. */
#ifndef TESTS_STORE_SCRATCH_H
#define TESTS_STORE_SCRATCH_H

#include "store/store.h"

#include <stddef.h>

/* Setup and teardown of a test: *state is the path of a fresh folder, removed with all that is in it. */
int scratch_make(void **state);
int scratch_drop(void **state);
#define scratch_test(function) cmocka_unit_test_setup_teardown(function, scratch_make, scratch_drop)

enum { SCRATCH_PATH = 256 };
/* FOLDER/name into path, which is returned. */
const char *scratch_path(void **state, const char *name, char path[SCRATCH_PATH]);

/* Whole files: the bytes are the caller's to free. */
char *scratch_read(const char *path, size_t *size);
void scratch_write(const char *path, const void *bytes, size_t size);
/* How many entries the folder has. */
size_t scratch_count(void **state);

/* Runs `child` in a process of its own and returns its exit status; dying of a signal fails the test. */
int scratch_fork(int (*child)(void *argument), void *argument);

/* An experiment with a string, a real and an integer axis, its layout, and predictions. */
#define SCRATCH_EXPERIMENT                                                                                   \
    "title: A grid\n"                                                                                        \
    "source: KAA19\n"                                                                                        \
    "seed: 9007199254740993\n"                                                                               \
    "trials: 4\n"                                                                                            \
    "cases:\n"                                                                                               \
    "  - {name: first, outputs: 1}\n"                                                                        \
    "  - {name: zweite, outputs: 2}\n"                                                                       \
    "network: {depth: 3, bias_variance: 0.1}\n"                                                              \
    "data: {inputs: gaussian, samples: 5}\n"                                                                 \
    "sweep: {activation: [tanh, relu], width: [20, 30, 45], weight_variance: [2.385, 0.1]}\n"                \
    "save: [eigenvalues]\n"

struct scratch_sample {
    struct experiment experiment;
    struct store_layout layout;
    struct store_predictions predictions;
};
void scratch_sample_make(struct scratch_sample *sample, const char *text);
void scratch_sample_free(struct scratch_sample *sample);

/* Number i of variable v: of a trial, and its prediction at trial -1. */
double scratch_value(size_t v, size_t point, int trial, size_t i);

/* Creates the file; and writes one trial into an open one. */
void scratch_create(const struct scratch_sample *sample, const char *path);
void scratch_write_trial(struct store *store, const struct scratch_sample *sample, size_t point,
                         size_t trial);

/* The open file of the sample, ready to be written; fails the test otherwise. done may be NULL. */
struct store *scratch_open(const struct scratch_sample *sample, const char *path, uint8_t *done);

/* The sample's file at `path` with every trial written. */
void scratch_fill(const struct scratch_sample *sample, const char *path);

/* Everything in the result at `a_path`, its predictions and its mask too, must have at grid point p the bits
 * that it has at point map[p] of the other; NULL: at p. Six points at most. */
void scratch_compare(const char *a_path, const char *b_path, const size_t *map);

/* Opening `path` for reading must be BASE_BAD_INPUT with a message that starts with the path and holds
 * `fragment`. */
void scratch_refuse_reading(const char *path, const char *fragment);

#endif
