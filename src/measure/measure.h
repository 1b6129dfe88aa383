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
enum { MEASURE_MAX_POWERS = 2, MEASURE_MAX_VARIABLES = 16, MEASURE_MAX_MEASURES = 16 };

/* What a variable runs over besides the grid and the trials, and where its numbers stand for a network of
 * depth L:
 *
 *     MEASURE_SCALAR      one number
 *     MEASURE_RANK        C·T numbers
 *     MEASURE_LAYER       L+1 numbers, that of layer l at [l]; NaN where a layer has none
 *     MEASURE_LAYER_PAIR  (L+1)² numbers, those of layers l and m at [l*(L+1) + m]; NaN where they have none
 *     MEASURE_KIND        two numbers, of the sampled and of the empirical estimator
 */
enum measure_axis { MEASURE_SCALAR, MEASURE_RANK, MEASURE_LAYER, MEASURE_LAYER_PAIR, MEASURE_KIND };

struct measure_variable {
    const char *name;
    const char *long_name;
    const char *formula;
    const char *source; /* the prediction's paper */
    enum measure_axis axis;
    bool saved_on_request; /* stored only where the experiment's `save` asks */
    bool predicted;
    /* Another prediction of a variable of the same measure, such as fisher_eig_max_theory_low, stored under
     * its full name: it has no value of a network, `run` finds NULL in its place, and `verify` does not judge
     * it. */
    bool only_predicted;
    bool outlier; /* a statement about the C eigenvalues that theory puts above the bulk: as long as the bulk
                     is so wide that they are in it, widths say nothing about the limit */
    /* How measured/predicted approaches 1: 1 + Σ_p c_p M^(-power_p), with one output, with several, and, for
     * a variable of layers, in layer 1 (all 0: as the others). All 0: the prediction is not a statement about
     * a limit, `verify` does not judge it. */
    double powers[MEASURE_MAX_POWERS];
    double powers_outputs[MEASURE_MAX_POWERS];
    double powers_first[MEASURE_MAX_POWERS];
};

struct measure {
    const char *name;
    const char *doc;
    size_t n_variables;
    const struct measure_variable *variables;
    unsigned sums; /* of enum net_sums: what its run reads of the Gram summary besides H, D and f */
    /* Bytes of working memory for one network. */
    double (*bytes)(const struct net_architecture *architecture);
    int (*init)(void **work, const struct net_architecture *architecture, struct base_error *error);
    void (*free)(void *work);
    /* values[v] points to the numbers of variable v, NaN when called, or is NULL where they are not wanted.
     */
    int (*run)(void *work, const struct net_gram *gram, double *const *values, struct base_error *error);
    /* The same for the predictions; nan stays where theory says nothing. BASE_UNRESOLVED: the measure has
     * none. */
    int (*predict)(const struct theory_order *order, const struct net_architecture *architecture,
                   double *const *predictions, struct base_error *error);
};

extern const struct measure measure_fisher, measure_ntk, measure_softmax;

/* All of them, ended by NULL. */
extern const struct measure *const measure_registry[];

/* The measure or variable of that name; NULL when there is none. */
const struct measure *measure_find(const char *name);
const struct measure_variable *measure_find_variable(const char *name);

/* BASE_BAD_INPUT with the known names when `name` is no measure (an experiment_vocabulary check). */
int measure_check_name(const char *name, struct base_error *why);

/* Numbers of a variable of one network. */
size_t measure_length(const struct measure_variable *variable, const struct net_architecture *architecture);

/* The name of an axis' dimension: NULL for MEASURE_SCALAR, "rank". */
const char *measure_axis_name(enum measure_axis axis);

/* The powers that hold with one output or several, and how many; 0: not judged. */
size_t measure_powers(const struct measure_variable *variable, bool several,
                      double powers[MEASURE_MAX_POWERS]);

#endif
