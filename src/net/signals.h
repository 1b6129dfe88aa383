/* One sampled network: the Gram summary, and the two samplers that make it.
 *
 * Every Fisher statistic of the papers is a function of a few small matrices a layer, sums over the layer's
 * units:
 *
 *     H^l  (T, T)    H^l_st = Σ_i h^l_i(s) h^l_i(t)                                        l = 0..L-1
 *     D^l  (CT, CT)  D^l_(k,s),(k',t) = Σ_i δ^l_ki(s) δ^l_k'i(t) , row (k, t) = k·T + t     l = 1..L
 *     f    (C, T)    outputs, f_k(t) at f[k*T + t]
 *
 * with δ^l_ki = ∂f_k/∂u^l_i. A sampler walks the units and hands over this summary; whoever measures reads
 * nothing else and cannot tell which sampler made it. There is no 1/T and no bias +1 in it.
 *
 * Samplers (the same law, exactly, at every finite width):
 *
 *     weights      draws every W and b, propagates forward and backward. 2T(1+C) M_l M_{l-1} flops a layer.
 *     conditional  never draws W. Given H^{l-1} the pre-activations are Gaussian with the known T×T
 * covariance, and given those the backward products Δ^l W^l are Gaussian again (conditional.c has the
 * equations). Of order (T² + CT² + (CT)²) M_{l-1} flops a layer.
 *
 * The random numbers of a network are functions of (seed, the shape's parameters, trial, layer, purpose)
 * alone.
 */
#ifndef NET_SIGNALS_H
#define NET_SIGNALS_H

#include "base/error.h"
#include "net/activation.h"
#include "net/architecture.h"

#include <stddef.h>
#include <stdint.h>

struct net_gram {
    const struct net_architecture *architecture;
    double **H; /* (L+1) pointers: H[l] (T, T), l = 0..L-1 */
    double **D; /* (L+1) pointers: D[l] (CT, CT), l = 1..L */
    double *f;  /* (C, T) */
};
int net_gram_init(struct net_gram *gram, const struct net_architecture *architecture,
                  struct base_error *error);
void net_gram_free(struct net_gram *gram);

/* One normal counts as this many flops. */
#define NET_NORMAL_FLOPS 150.0

/* A sampler: one const struct, one file. `work` is what init made for an architecture and one thread. */
struct net_sampler {
    const char *name;
    const char *doc;
    /* Estimated cost of one network in flops (a fixed formula: the choice of `auto` must not depend on the
     * machine). */
    double (*cost)(const struct net_architecture *architecture);
    /* Bytes of working memory of one network, the Gram summary not counted. */
    double (*bytes)(const struct net_architecture *architecture);
    int (*init)(void **work, const struct net_architecture *architecture, struct base_error *error);
    void (*free)(void *work);
    /* Samples network `trial` of `seed` into gram. */
    int (*sample)(void *work, const struct net_activation *activation, uint64_t seed, uint64_t trial,
                  struct net_gram *gram, struct base_error *error);
};
extern const struct net_sampler net_sampler_weights;
extern const struct net_sampler net_sampler_conditional;

/* The sampler of an experiment's choice; for EXPERIMENT_AUTO the cheaper by the flop counts, which is the
 * conditional one while T(1+C) is below about 0.8 M. */
const struct net_sampler *net_sampler_choose(enum experiment_sampler choice,
                                             const struct net_architecture *architecture);

/* Bytes of one Gram summary. */
double net_gram_bytes(const struct net_architecture *architecture);

#endif
