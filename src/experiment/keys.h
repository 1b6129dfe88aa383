/* The key table: everything the user may write, one line a key. */
#ifndef EXPERIMENT_KEYS_H
#define EXPERIMENT_KEYS_H

#include "experiment/experiment.h"
#include "experiment/tree.h"

/* The physical keys are those of a point of the grid: they stand in `network`, `data`, `training` or
 * `singular` and can be swept. */
enum key_id {
    KEY_TITLE,
    KEY_SOURCE,
    KEY_KIND,
    KEY_SEED,
    KEY_TRIALS,
    KEY_MEASURE,
    KEY_SAMPLER,
    KEY_SAVE,
    KEY_MEMORY,
    KEY_ACTIVATION,
    KEY_WEIGHT_VARIANCE,
    KEY_BIAS_VARIANCE,
    KEY_DEPTH,
    KEY_WIDTH,
    KEY_OUTPUTS,
    KEY_PROFILE,
    KEY_ARCHITECTURE,
    KEY_SKIP,
    KEY_BRANCH_VARIANCE,
    KEY_TRAIN_BRANCH,
    KEY_INPUTS,
    KEY_SAMPLES,
    KEY_DRAWS,
    KEY_PATH,
    KEY_LABELS,
    KEY_CLASSES,
    KEY_CENTER,
    KEY_NORMALIZE,
    KEY_TEST_SAMPLES,
    KEY_PARAMETRIZATION,
    KEY_LOSS,
    KEY_OPTIMIZER,
    KEY_LEARNING_RATE,
    KEY_RATE,
    KEY_STEPS,
    KEY_BATCH,
    KEY_MOMENTUM,
    KEY_NESTEROV,
    KEY_WEIGHT_DECAY,
    KEY_DAMPING,
    KEY_NORMALIZATION,
    KEY_EVERY,
    KEY_BOUNDARY,
    KEY_ISOTROPY,
    KEY_SPECTRA,
    KEY_EPOCHS,
    KEY_SCHEDULE,
    KEY_ADAPTIVE,

    KEY_SAMPLE_SIZE,
    KEY_DIMENSION,
    KEY_OUTPUT_WEIGHTS,
    KEY_TEACHER_UNITS,
    KEY_DESCENT,
    KEY_RIDGE,
    KEY_ASYMMETRY,
    KEY_START_NORM,
    KEY_TIME,
    KEY_TIMES,
    KEY_TIME_STEP,
    KEY_TARGET,
    KEY_REGION,
    KEY_DISTANCE,
    KEY_PROPORTION,
    KEY_SEPARATION,
    KEY_CASE_NAME,
    N_KEYS
};

enum key_section {
    SECTION_TOP,
    SECTION_NETWORK,
    SECTION_DATA,
    SECTION_TRAINING,
    SECTION_SINGULAR,
    SECTION_CASE,
    SECTION_SWEEP,
    N_SECTIONS
};

enum key_type {
    KEY_TEXT,     /* any scalar */
    KEY_WORD,     /* one of `words` */
    KEY_INTEGER,  /* from least to most */
    KEY_REAL,     /* above 0 where `positive`, else from 0 */
    KEY_BYTES,    /* a size from least */
    KEY_REALS,    /* a list of reals */
    KEY_INTEGERS, /* a list of integers without repetition */
    KEY_WORDS,    /* a list of words without repetition */
    KEY_STAGES    /* a list of stages of a training, in order */
};

enum key_vocabulary { KEY_ANY, KEY_IS_ACTIVATION, KEY_IS_MEASURE };

struct experiment_key {
    enum key_section section; /* where it stands by itself; network keys may stand in a case too */
    const char *path;         /* "network.width" */
    enum key_type type;
    const char *right;    /* what is right: "a whole number from 1", as it continues "is not" */
    const char *fallback; /* the default, in YAML; NULL: none */
    bool defines;         /* it fixes the numbers, so it stands in the definition */
    bool tacit;           /* but not where every case has the default: results older than the key go on */
    bool of_files;        /* of inputs from files alone */
    bool of_fisher, of_training; /* of experiments of that kind alone */
    unsigned of_singular;        /* of SECTION_SINGULAR: 1 << kind of each kind of experiment that has it */
    bool residual;               /* of residual networks alone */
    int64_t least, most;         /* integers, sizes; `most` bytes of text */
    const char *word_of_0;       /* integers: another way to write 0, whatever `least` is */
    bool below_1;                /* reals, as the next */
    bool positive;
    bool one_line;     /* text: not empty, without control characters, for it becomes a cell of a table */
    bool may_be_empty; /* lists */
    const char *const *words; /* ended by NULL: what this version has; a word's index is its value */
    enum key_vocabulary vocabulary;
    size_t offset;   /* of the value in struct experiment_point, where it is physical */
    const char *doc; /* "width M: a hidden layer l has α_l M units" */
};

extern const struct experiment_key experiment_keys[N_KEYS];

/* "network" of SECTION_NETWORK: the mapping at the top that holds a section's keys; NULL: none does. */
const char *experiment_section_name(enum key_section section);

/* "width" of "network.width". */
const char *experiment_key_name(const struct experiment_key *key);

/* May it stand in this section, under its name? */
bool experiment_key_stands(const struct experiment_key *key, enum key_section section);
const struct experiment_key *experiment_key_find(enum key_section section, const char *name);

/* Has a list of values where it stands, so that it cannot be swept. */
bool experiment_key_is_list(const struct experiment_key *key);

/* Stands in network, data, training or singular. */
bool experiment_key_physical(const struct experiment_key *key);

/* The error for a key that cannot stand where it does: at its place, with the nearest one that can.
 * prefix: what goes before it in a path, such as "network." */
int experiment_key_refuse(enum key_section section, const char *prefix, const struct tree_node *at,
                          const char *name, struct base_error *error);

#endif
