/* The registry of measures: what a network is asked, and what theory says of the answer.
 *
 * A measure is one const struct, one file, and one line in registry.c. It owns a few variables; a run writes
 * their values of one network from its Gram summary, a prediction their mean-field values from order
 * parameters. Everything else (datasets and their attributes, table columns, verdicts) follows from the
 * descriptors.
 */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "base/error.h"
#include "net/signals.h"
#include "theory/theory.h"

#include <stdbool.h>
#include <stddef.h>

/* Limits of the arrays that hold powers, a measure's variables, and an experiment's measures. */
enum { MEASURE_MAX_POWERS = 2, MEASURE_MAX_VARIABLES = 32, MEASURE_MAX_MEASURES = 16 };

/* What a variable runs over besides the grid and the trials, and where its numbers stand for a network of
 * depth L:
 *
 *     MEASURE_SCALAR      one number
 *     MEASURE_RANK        C·T numbers
 *     MEASURE_LAYER       L+1 numbers, that of layer l at [l]; NaN where a layer has none
 *     MEASURE_LAYER_PAIR  (L+1)² numbers, those of layers l and m at [l*(L+1) + m]; NaN where they have none
 *     MEASURE_KIND        two numbers, of the sampled and of the empirical estimator
 *     MEASURE_UNIT_PAIR   n² numbers for n hidden and output units, those of units i and j at [i*n + j];
 * layer after layer from the first hidden one on
 *     MEASURE_STEP        steps+1 numbers, that after step s of a training at [s]; NaN where none is recorded
 */
enum measure_axis {
    MEASURE_SCALAR,
    MEASURE_RANK,
    MEASURE_LAYER,
    MEASURE_LAYER_PAIR,
    MEASURE_KIND,
    MEASURE_UNIT_PAIR,
    MEASURE_STEP,
    MEASURE_N_AXES
};

struct measure_variable {
    const char *name;
    const char *long_name;
    const char *formula;
    const char *source; /* the prediction's paper */
    enum measure_axis axis;
    enum experiment_asked asked; /* stored only where the experiment asks for it; 0: always */
    bool predicted;
    /* Another prediction of a variable of the same measure, such as fisher_eig_max_theory_low, stored under
     * its full name: it has no value of a network, `run` finds NULL in its place, and `verify` does not judge
     * it. */
    bool only_predicted;
    /* A statement about the C eigenvalues of F that theory puts above the bulk: as long as the bulk is so
     * wide that they are in it, widths say nothing about the limit. `sharpness`: about those of a block of F,
     * by layer, and the variable whose prediction is C λ_max/tr of that block; NULL: none. */
    bool outlier;
    const char *sharpness;
    /* How measured/predicted approaches 1: 1 + Σ_p c_p M^(-power_p), with one output, with several (or
     * where a training subtracts their mean), and, for a variable of layers, in layer 1 (all 0: as the
     * others). All 0: the prediction is not a statement about a limit, `verify` says so and does not judge
     * it. One that says nothing of one output declares powers_outputs alone. */
    double powers[MEASURE_MAX_POWERS];
    double powers_outputs[MEASURE_MAX_POWERS];
    double powers_first[MEASURE_MAX_POWERS];
    /* Of one without any: why, where there is more to say of it; NULL: that it is no such statement. */
    const char *unjudged;
    /* Of a prediction that holds at every width, without powers: to this relative error; 0: of no such one.
     */
    double identity;
    /* Of a prediction that is of leading order in 1/T too: its relative error, which no width removes. */
    double accuracy;
};

struct train_watch; /* who looks on while a training goes on (train.h) */

struct measure {
    const char *name;
    const char *doc;
    size_t n_variables;
    const struct measure_variable *variables;
    unsigned sums;     /* of enum net_sums: what its run reads of the Gram summary besides H, D and f */
    bool targets;      /* it reads the architecture's targets, where inputs have labels */
    size_t most_units; /* it is refused for networks of more hidden and output units; 0: for none */
    struct experiment_needs needs; /* an experiment without any such network is refused */
    /* Bytes of working memory for one network. */
    double (*bytes)(const struct net_architecture *architecture);
    int (*init)(void **work, const struct net_architecture *architecture, struct base_error *error);
    void (*free)(void *work);
    /* values[v] points to the numbers of variable v, NaN when called, or is NULL where they are not wanted.
     */
    int (*run)(void *work, const struct net_gram *gram, double *const *values, struct base_error *error);
    /* In place of `run`, for a measure of its own kind of experiment, in which it is alone: it makes the
     * networks of a trial itself. flops: about what that takes; steps: about as many are told to the watch,
     * NULL: none. BASE_STOPPED: as the watch says;
     * BASE_UNRESOLVED: what is written stays. */
    double (*flops)(const struct net_architecture *architecture);
    double (*steps)(const struct net_architecture *architecture);
    int (*run_alone)(void *work, uint64_t seed, uint64_t trial, const struct train_watch *watch,
                     double *const *values, struct base_error *error);
    /* The same for the predictions; nan stays where theory says nothing. BASE_UNRESOLVED: the measure
     * has none here; NULL: it has none at all. Asked for residual networks where it knows them. */
    bool predicts_residual;
    int (*predict)(const struct theory_order *order, const struct net_architecture *architecture,
                   double *const *predictions, struct base_error *error);
    /* In place of `predict`, where grid points next to each other share what takes long: *kept is NULL at
     * first, then what the call before has left there, and `forget` ends it. */
    int (*predict_next)(void **kept, const struct net_architecture *architecture, double *const *predictions,
                        struct base_error *error);
    void (*forget)(void *kept);
};

extern const struct measure measure_fisher;
extern const struct measure measure_layers;
extern const struct measure measure_blocks;
extern const struct measure measure_unit;
extern const struct measure measure_estimators;
extern const struct measure measure_metric;
extern const struct measure measure_norm;
extern const struct measure measure_softmax;
extern const struct measure measure_heatmap;
extern const struct measure measure_ntk;
extern const struct measure measure_training;
extern const struct measure measure_singular_dynamics;
extern const struct measure measure_singular_fisher;
extern const struct measure measure_singular_mixture;

/* All of them, ended by NULL. */
extern const struct measure *const measure_registry[];

/* The measure or variable of that name; NULL when there is none. */
const struct measure *measure_find(const char *name);
const struct measure_variable *measure_find_variable(const char *name);

/* BASE_BAD_INPUT with the known names when `name` is no measure (an experiment_vocabulary check). */
int measure_check_name(const char *name, struct base_error *why);

/* What the measure of that name needs (an experiment_vocabulary's, too). */
struct experiment_needs measure_needs(const char *name);

/* Whether its prediction is a statement about the limit of large width, for some number of outputs, or about
 * every width. */
bool measure_is_judged(const struct measure_variable *variable);

/* The powers that hold with one output or several, in layer 1 or elsewhere (`first`, of a pair its first
 * layer), and how many; 0: not judged, or an identity. */
size_t measure_powers(const struct measure_variable *variable, bool several, bool first,
                      double powers[MEASURE_MAX_POWERS]);

/* ---- axes in a result file (axis.c) */

/* The dimensions that axes are made of, in the order of a result file. */
enum measure_dimension {
    MEASURE_BY_LAYER,
    MEASURE_BY_LAYER2,
    MEASURE_BY_RANK,
    MEASURE_BY_KIND,
    MEASURE_BY_UNIT,
    MEASURE_BY_UNIT2,
    MEASURE_BY_STEP,
    MEASURE_N_DIMENSIONS
};
struct measure_dimension_name {
    const char *name, *long_name;
    int first;      /* coordinates: first, first + 1, … */
    size_t n_words; /* or these words, 0: numbers */
    const char *const *words;
};
extern const struct measure_dimension_name measure_dimensions[MEASURE_N_DIMENSIONS];

/* How many dimensions an axis has, from *first on: "layer", "layer2" for a pair; 0 for MEASURE_SCALAR. */
size_t measure_axis_dimensions(enum measure_axis axis, size_t *first);

/* The sizes of all dimensions that hold this network, where sizes[d] is no larger already. */
void measure_sizes_include(size_t sizes[MEASURE_N_DIMENSIONS], const struct net_architecture *network);

/* Numbers along an axis, the last dimension fastest. */
size_t measure_axis_length(enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS]);

/* From where a measure writes the numbers of a network to where they stand among these sizes, in place; what
 * no number comes to is NaN. values: measure_axis_length numbers. */
void measure_axis_spread(enum measure_axis axis, const struct net_architecture *network,
                         const size_t sizes[MEASURE_N_DIMENSIONS], double *values);

/* The coordinate of number `index` along dimension i of its axis (i below measure_axis_dimensions), as text:
 * "3" or "sampled". */
enum { MEASURE_COORDINATE = 24 };
const char *measure_axis_coordinate(enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS],
                                    size_t index, size_t i, char text[MEASURE_COORDINATE]);

/* One number of a variable as the name of a column: "layer_eig_max[2]", "block_cross[1,2]"; a scalar's is the
 * variable's. */
enum { MEASURE_COLUMN = 128 };
const char *measure_column(const struct measure_variable *variable, const size_t sizes[MEASURE_N_DIMENSIONS],
                           size_t index, char text[MEASURE_COLUMN]);

/* The number that such a name stands for; false: it is none of this variable's. */
bool measure_column_find(const struct measure_variable *variable, const size_t sizes[MEASURE_N_DIMENSIONS],
                         const char *column, size_t *index);

/* Whether a number is of layer 1: see powers_first. */
bool measure_is_first(enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS], size_t index);

#endif
