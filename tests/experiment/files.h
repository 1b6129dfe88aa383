/* Experiment files for tests: text into a file of a fresh directory, loaded, and removed again. */
#ifndef TESTS_EXPERIMENT_FILES_H
#define TESTS_EXPERIMENT_FILES_H

#include "experiment/experiment.h"

/* A complete experiment; what a test is about is put before or after it. */
#define FILES_MINIMAL                                                                                        \
    "seed: 1\n"                                                                                              \
    "trials: 10\n"                                                                                           \
    "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, depth: 3, width: 100, outputs: "   \
    "2}\n"                                                                                                   \
    "data: {inputs: gaussian, samples: 20}\n"

/* Loads text (length bytes) as the file x.yaml. sets: ended by NULL, may be NULL. The directory's name is cut
 * from the front of the message. */
int files_load_bytes(struct experiment *experiment, const char *text, size_t length, bool quick,
                     const char *const *sets, struct base_error *error);
int files_load(struct experiment *experiment, const char *text, bool quick, const char *const *sets,
               struct base_error *error);

/* Loads what must be right; fails the test with the message otherwise. */
void files_load_good(struct experiment *experiment, const char *text, bool quick, const char *const *sets);

/* The text must be refused with a message that holds every "|"-separated fragment. */
void files_refuse(const char *text, bool quick, const char *const *sets, const char *fragments);

#endif
