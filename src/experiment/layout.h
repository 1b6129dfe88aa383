/* What the tree comes to: every key's value for every case, the axes, the size of the grid. */
#ifndef EXPERIMENT_LAYOUT_H
#define EXPERIMENT_LAYOUT_H

#include "experiment/value.h"

struct layout_axis {
    const struct experiment_key *key;
    const struct tree_node *node; /* the list */
    size_t n;
    struct experiment_value *values; /* (n) */
};

struct experiment_layout {
    struct experiment_value shared[N_KEYS]; /* what the file says outside of cases, or the default */
    bool swept[N_KEYS];
    bool unsaid[N_KEYS]; /* tacit keys with their default in every case */

    size_t n_cases;
    const char **cases; /* (n_cases) names */
    struct experiment_value *
        *settings; /* (n_cases) rows of N_KEYS: `shared` with the case's own keys put in */

    size_t n_axes;
    struct layout_axis *axes; /* (n_axes) in file order */

    size_t n_points;
};

/* top: checked by experiment_check. Lives in the arena. */
int experiment_layout_build(const struct experiment_context *context, const struct tree_node *top,
                            struct experiment_layout *layout);

/* Keys of one kind of experiment stand in none of another, and a training has one learning rate.
 * top: where what is missing would stand. (kind.c) */
int experiment_layout_kind(const struct experiment_context *context, const struct tree_node *top,
                           struct experiment_layout *layout);

/* Whether a key means nothing in experiments of this kind. (kind.c) */
bool experiment_key_foreign(const struct experiment_key *key, enum experiment_kind kind);

/* Batches, loss and networks of trainings fit each other. (training.c) */
int experiment_layout_training(const struct experiment_context *context, struct experiment_layout *layout);

/* A case's optimizers exist for its depths, losses and outputs. (optimizer.c) */
int experiment_layout_optimizers(const struct experiment_context *context,
                                 const struct experiment_layout *layout, size_t c);

/* Some natural gradient has the damping. (optimizer.c) */
int experiment_layout_damping(const struct experiment_context *context,
                              const struct experiment_layout *layout);

/* Nothing missing, nothing said twice or in vain. (complete.c) */
int experiment_layout_complete(const struct experiment_context *context, const struct tree_node *top,
                               const struct experiment_layout *layout);

/* Every profile has as many values as its network has layers, and each layer has units. Profiles of ones
 * become the default, n = 0. (profile.c) */
int experiment_layout_profiles(const struct experiment_context *context, struct experiment_layout *layout);

/* Keys of residual networks stand where there are some, and those have one width. Networks without get the
 * defaults. (residual.c) */
int experiment_layout_residual(const struct experiment_context *context, struct experiment_layout *layout);

/* What is measured exists for some network of the grid, and draws are measured. (measures.c) */
int experiment_layout_measures(const struct experiment_context *context,
                               const struct experiment_layout *layout);

/* Some training of each case comes to every stage of its schedule. Where quick or --set makes trainings
 * shorter, stages that stand before it may be left out. (schedule.c) */
int experiment_layout_schedules(const struct experiment_context *context,
                                const struct experiment_layout *layout);

/* Where a key is said first: for all cases, in the sweep or in a case; NULL: nowhere. *path: its key there.
 */
const struct tree_node *experiment_layout_find(const struct experiment_layout *layout, size_t id,
                                               const char **path);

/* The values that a key takes in a case: its own one, or the sweep's; *n of them. */
const struct experiment_value *experiment_layout_values(const struct experiment_layout *layout,
                                                        const struct experiment_value *row, size_t id,
                                                        size_t *n);

/* Keys of inputs from files stand where there are some, and all that such inputs need. (inputs.c) */
int experiment_layout_inputs(const struct experiment_context *context, struct experiment_layout *layout);

#endif
