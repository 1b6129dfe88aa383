/* A run: grid × trials, in threads, into the result file; and the predictions over the same grid. */
#ifndef SWEEP_SWEEP_H
#define SWEEP_SWEEP_H

#include "base/error.h"
#include "experiment/experiment.h"
#include "store/store.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- inputs.c */

/* store_layout_init, and the inputs that the experiment has in files. A relative path is from the
 * experiment's folder where it is a file there, else from the current folder. BASE_BAD_INPUT as the readers
 * have it (data.h). */
int sweep_layout_init(struct store_layout *layout, const struct experiment *experiment,
                      struct base_error *error);
void sweep_layout_free(struct store_layout *layout);

/* ---- predict.c */

/* Theory at every grid point. predictions->values[v] is (n_points, store_layout_length), nan beyond a point's
 * own length. A point whose theory cannot be computed (it overflows, say) is nan and counted in n_missing.
 * progress: NULL, or told of the points where they take long. */
int sweep_predict(const struct store_layout *layout, FILE *progress, struct store_predictions *predictions,
                  struct base_error *error);
void sweep_predictions_free(const struct store_layout *layout, struct store_predictions *predictions);

/* ---- plan.c */

/* What each grid point takes, and how threads and memory are shared out. None of it changes a result. */
struct sweep_plan {
    const struct net_sampler **samplers; /* (n_points) */
    double *costs;                       /* (n_points) flops of one network, sampler and dual */
    double *steps;                       /* (n_points) about as many as its watch is told of; 0: none */
    double *memories;                    /* (n_points) bytes that one network's sampler gets */
    double *sizes;                       /* (n_points) bytes of one network in all */
    bool *regenerated;    /* (n_points) the sampler could use more: it draws some numbers twice */
    double bytes;         /* of the largest network */
    int networks_at_once; /* each in a thread of its own */
    int threads_inside;   /* and that many threads inside each */
};

/* A plan for `networks` networks, of whatever points. BASE_BAD_INPUT when one network of some point does not
 * fit the experiment's `memory`, of which data from files take their part first, or the machine. threads 0:
 * as many as base_cores() says are usable. */
int sweep_plan_init(struct sweep_plan *plan, const struct store_layout *layout, int threads, size_t networks,
                    struct base_error *error);
void sweep_plan_free(struct sweep_plan *plan);

/* ---- room.c */

/* The result file on its disk. */
struct sweep_room {
    bool exists;      /* it is there */
    bool is_short;    /* and more trials are asked: a larger one takes its place */
    double file;      /* bytes, about */
    double available; /* bytes free on the disk of its folder */
};

/* BASE_BAD_INPUT when `path` is not there and cannot be made, or does not fit the disk. folder: NULL, or the
 * folder of `path`, which a run makes where it is missing. Makes nothing. */
int sweep_room_check(struct sweep_room *room, const struct store_layout *layout, const char *path,
                     const char *folder, struct base_error *error);

/* ---- probe.c */

/* How long a run takes, from a few of its networks. */
struct sweep_estimate {
    size_t total, missing;   /* networks in all, not finished yet */
    size_t *missing_each;    /* (n_points) */
    double *network_seconds; /* (n_points) one network beside the plan's others; nan where nothing is
                                missing */
    double seconds;          /* of the missing ones in all threads */
    size_t probed_points, probed_networks;
    double probe_seconds;
};

/* Samples and measures networks for `budget` seconds, and one more network or two steps of a training at
 * most; one at least, where any is missing, which the cheapest grid point decides. The other points follow by
 * the plan's flop counts. done (n_points, trials): the finished ones, or NULL. */
int sweep_estimate_init(struct sweep_estimate *estimate, const struct store_layout *layout,
                        const struct sweep_plan *plan, const uint8_t *done, double budget,
                        struct base_error *error);
void sweep_estimate_free(struct sweep_estimate *estimate);

/* ---- run.c */

struct sweep_options {
    int threads;                       /* 0: one a usable core */
    FILE *progress;                    /* NULL: none */
    const volatile sig_atomic_t *stop; /* NULL, or not 0: finish what is in hand, return BASE_STOPPED */
    const char *folder;                /* NULL, or made where it is missing, just before the file */
};

struct sweep_summary {
    size_t total, kept, sampled; /* networks in all, found finished, sampled now */
    size_t unresolved;           /* of these, stored as NaN, trainings from some step on */
    char why_unresolved[512];    /* the first of them */
    size_t diverged;             /* of these, trainings whose loss did */
    size_t no_theory;        /* grid points of a new file whose predictions are NaN for numerical reasons */
    char why_no_theory[512]; /* the first of them */
    int threads;
    double seconds;
};

/* Creates the result file, or goes on with one of the same experiment, and samples every missing trial.
 * Values depend on nothing but the experiment and the BLAS kernel: not on threads, nor on what was there.
 * What a network's numerical trouble leaves undefined is stored as NaN. On BASE_STOPPED, too, the file is
 * whole and the summary filled. */
int sweep_run(const struct experiment *experiment, const char *path, const struct sweep_options *options,
              const struct store_provenance *provenance, struct sweep_summary *summary,
              struct base_error *error);

/* ---- trial.c */

/* One network alone: the values of `trial` at `point`, values[v] with room for store_layout_length numbers.
 * The same bits as in a run. BASE_UNRESOLVED when it cannot be measured. */
int sweep_trial(const struct store_layout *layout, size_t point, size_t trial, double *const *values,
                struct base_error *error);

#endif
