/* Private to sweep: how long a network takes, from a moment of it. */
#ifndef SWEEP_PARTS_H
#define SWEEP_PARTS_H

#include "base/error.h"
#include "sweep/network.h"

/* Steps of a training that are alike. */
struct sweep_steps {
    size_t B;        /* samples */
    double n;        /* steps of so many */
    double measured; /* of them, those whose spectra are measured */
};
enum { SWEEP_MOST_SIZES = 16 };

/* A training after its first step, which is of size steps[0]: all its sizes, those that one schedule has
 * beyond SWEEP_MOST_SIZES counted with the last. recorded: how often losses are, the start not counted. */
struct sweep_parts {
    size_t n_sizes;
    struct sweep_steps steps[SWEEP_MOST_SIZES];
    double recorded;
};
void sweep_parts_count(const struct net_architecture *architecture, struct sweep_parts *parts);

struct sweep_moment {
    double seconds; /* of the network; of a training that ended early, only those it took */
    double whole;   /* had it gone on to its end */
};

/* Runs trial `trial`, for `slice` seconds or two steps if that is longer. Of one that is not over then the
 * rest is told: by its steps where they are alike, else by trainings of so long for each part of it, a search
 * for boundaries, steps of each size, with and without spectra, losses; `network` is freed then.
 * BASE_UNRESOLVED is none here. */
int sweep_moment(const struct store_layout *layout, const struct sweep_plan *plan, size_t point, size_t trial,
                 struct sweep_network *network, double slice, struct sweep_moment *moment,
                 struct base_error *error);

#endif
