/* Variables of the measure `training`: an index of values and predictions each. Private to src/measure. */
#ifndef MEASURE_TRAINING_H
#define MEASURE_TRAINING_H

#include "measure/measure.h"

enum {
    TRAIN_LOSS,
    TEST_LOSS,
    TEST_ERROR,
    DIVERGED,
    LEARNING_RATE,
    FIRST_STEP_SHARE,
    LOSS_FACTOR,
    ISOTROPY_A,
    ISOTROPY_ERROR,
    CRITICAL_RATE,
    CRITICAL_LIMIT,
    EIG_MAX,
    CONDITION,
    ENERGY,
    CONDITION_MEAN,
    ENERGY_CUMULATIVE,
    BATCH_SIZE,
    STEP_RATE,
    EPOCH,
    INITIAL_EIG_MAX,
    STABILITY_BOUNDARY,
    STABILITY_RATIO,
    RECOVERY_BOUNDARY,
    RECOVERY_RATIO,
    N_VARIABLES
};

extern const struct measure_variable measure_training_variables[N_VARIABLES];

#endif
