/* What a network is: its shape from a grid point (widths, sizes, variances), its inputs, and the sums over
 * its units that are asked for.
 *
 * u^l_i = Σ_j W^l_ij h^{l-1}_j + b^l_i ,  h^l = φ(u^l) for l < L ,  f = u^L ,  l = 1..L
 * W^l_ij ~ N(0, σ_w²/M_{l-1}) ,  b^l_i ~ N(0, σ_b²)   (standard parametrisation)
 *
 * A residual network (AKO19) has M units in each layer l < L, a skip and a branch:
 *
 * h^l = γ h^{l-1} + V^l φ(u^l) for 1 ≤ l < L ,  V^l_ij ~ N(0, σ_v²/M)
 *
 * and W, b are its parameters, or W, b and V.
 */
#ifndef NET_ARCHITECTURE_H
#define NET_ARCHITECTURE_H

#include "experiment/experiment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_architecture {
    size_t L;                                /* weight layers */
    size_t C;                                /* outputs, M_L */
    size_t T;                                /* samples */
    size_t CT;                               /* C·T: rows of the Jacobian, ordered (k, t): row k·T + t */
    size_t draws;                            /* n: outputs drawn for each sample, by estimators alone */
    size_t M;                                /* the width that α_l multiplies */
    size_t widths[EXPERIMENT_MAX_DEPTH + 1]; /* M_0..M_L */
    double weight_variance;                  /* σ_w² */
    double bias_variance;                    /* σ_b² */
    bool residual;
    double skip;            /* γ; this and the next two are 0 in a plain network */
    double branch_variance; /* σ_v² */
    bool train_branch;      /* the V^l are parameters */
    double P; /* Σ_l M_l (M_{l-1} + 1), and (L−1) M² with trained branches: the parameters, exactly (a double
                 holds it) */
    const char *activation;
    const double
        *inputs; /* h⁰ (M_0, T), not owned, the same in every trial; NULL: iid N(0, 1), new each trial */
    const double *targets; /* (C, T) y_k(t) at targets[k*T + t] of given inputs with labels, not owned; NULL:
                              none. No network depends on them. */
    size_t T_test;         /* T': samples held out, 0 without training */
    const double *test_inputs;                  /* (M_0, T') beside `inputs` */
    const double *test_targets;                 /* (C, T') beside `targets` */
    const struct experiment_training *training; /* how it is trained, not owned; NULL: it is not */
    const struct experiment_singular
        *singular;        /* a student of two units, or a mixture, not owned; NULL: none */
    uint64_t inputs_word; /* what given inputs are, or `singular`, in a word: a part of every stream's name */
    unsigned sums;        /* of enum net_sums (signals.h): what is asked for besides H, D and f */
};

/* M_l = α_l·M rounded half up, l < L; M_L = C; Gaussian inputs, no sums but those that the dual needs with
 * trained branches (NET_SUM_PHI, NET_SUM_G). BASE_BAD_INPUT when a layer would have no unit, or another
 * number than M in a residual network. */
int net_architecture_init(struct net_architecture *architecture, const struct experiment_point *point,
                          struct base_error *error);

/* Given inputs (features, T) in place of Gaussian ones: M_0 = features, whatever α_0 is, and P follows. */
void net_architecture_set_inputs(struct net_architecture *architecture, size_t features, const double *inputs,
                                 uint64_t word);

/* Steps of its training, of an adaptive one as if its batch did not grow (with which there are no more):
 * until `steps` are made or `epochs` over, whichever is first. 0: it is not trained. */
size_t net_architecture_steps(const struct net_architecture *architecture);

/* Hidden and output units: Σ_{l=1}^{L} M_l. */
size_t net_architecture_units(const struct net_architecture *architecture);

/* max M_l, l = 0..L */
size_t net_architecture_widest(const struct net_architecture *architecture);

/* The panels of the widest layer: as many threads can share a network. */
size_t net_architecture_panels(const struct net_architecture *architecture);

#endif
