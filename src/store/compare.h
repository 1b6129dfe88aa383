/* Private to store: whether a result file is of the experiment that would write to it. */
#ifndef STORE_COMPARE_H
#define STORE_COMPARE_H

#include "base/error.h"
#include "experiment/experiment.h"
#include "store/h5.h"
#include "store/store.h"

/* BASE_BAD_INPUT naming the first key that differs, with both values, unless the definitions are the same,
 * and so the data file that has changed. */
int store_experiment_check(hid_t file, const struct store_layout *layout, struct base_error *error);

/* The trials that the file has room for, by the size of its variable `done`, which must be the grid's. */
int store_trials_read(hid_t done, const struct experiment *experiment, size_t *trials,
                      struct base_error *error);

/* The error for an experiment with fewer trials than that. */
int store_trials_refuse(const struct experiment *experiment, size_t trials, struct base_error *error);

#endif
