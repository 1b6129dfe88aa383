/* Private to sweep: everything that sampling and measuring the networks of one grid point needs, one network
 * at a time. */
#ifndef SWEEP_NETWORK_H
#define SWEEP_NETWORK_H

#include "base/error.h"
#include "store/store.h"
#include "sweep/sweep.h"

#include <stddef.h>

struct sweep_network {
    const struct store_layout *layout;
    struct net_architecture architecture;
    int threads;
    struct net_activation *activations; /* (threads) */
    const struct measure *alone;        /* the measure that makes its networks itself; NULL: sampler does */
    const struct net_sampler *sampler;
    void *sampler_work;
    struct net_gram gram;
    void *measure_work[MEASURE_MAX_MEASURES];
    double **values; /* (n_variables) pointers to store_layout_length numbers: the network's values */
};

/* Room for grid point `point`, as the plan has it; free is safe on a zeroed struct and on a half-built one.
 * training: NULL, or another one for its networks, of no more steps and without held-out samples where
 * `untested`. */
int sweep_network_init(struct sweep_network *network, const struct store_layout *layout,
                       const struct sweep_plan *plan, size_t point,
                       const struct experiment_training *training, bool untested, struct base_error *error);
void sweep_network_free(struct sweep_network *network);

/* Samples trial `trial` and measures it into values; watch: NULL, or told of the steps of a training.
 * BASE_UNRESOLVED: the error says why, and all values are NaN but those of the steps of a training or descent
 * before. */
int sweep_network_run(struct sweep_network *network, size_t trial, const struct train_watch *watch,
                      struct base_error *error);

#endif
