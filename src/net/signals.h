/* One sampled network: the Gram summary, and the two samplers that make it.
 *
 * Every Fisher statistic of the papers is a function of a few small matrices a layer, sums over the layer's
 * units:
 *
 *     H^l  (T, T)    H^l_st = Σ_i h^l_i(s) h^l_i(t)                                        l = 0..L-1
 *     D^l  (CT, CT)  D^l_(k,s),(k',t) = Σ_i δ^l_ki(s) δ^l_k'i(t) , row (k, t) = k·T + t     l = 1..L
 *     f    (C, T)    outputs, f_k(t) at f[k*T + t]
 *
 * with δ^l_ki = ∂f_k/∂u^l_i, and where they are asked for (architecture.sums)
 *
 *     S^l  (T, T)    S^l_st = Σ_i (Σ_k δ^l_ki(s)²) (Σ_k δ^l_ki(t)²)                         l = 1..L-1
 *     G^l  (CT, CT)  G^l_(k,s),(k',t) = Σ_j g^l_kj(s) g^l_k'j(t) , g^l_kj = ∂f_k/∂h^l_j     l = 0..L-1
 *     U^l  (C, T)    U^l_k(t) = Σ_i δ^l_ki(t) u^l_i(t)                                     l = 1..L-1
 *
 *     Φ^l  (T, T)    Φ^l_st = Σ_i φ(u^l_i(s)) φ(u^l_i(t)) , of residual networks alone       l = 1..L-1
 *     R^l  (T, T)    R^l_st = Σ_i (Σ_k g^l_ki(s)²) (Σ_k g^l_ki(t)²) , with S where the V^l    l = 1..L-1
 *                    of a residual network are trained
 *
 * In a residual network δ^l is still ∂f/∂u^l and g^l = ∂f/∂h^l, backward δ^l = φ' ∘ V^lᵀ g^l and
 * g^{l-1} = γ g^l + W^lᵀ δ^l from g^{L-1} = W^Lᵀ; U^l gains Σ_j g^l_kj (h^l − γ h^{l-1})_j where V^l is
 * trained, so that Σ_l U^l and the last layer's f make Σ_p θ_p ∂f_k/∂θ_p for both architectures.
 *
 * A sampler walks the units and hands over this summary; whoever measures reads
 * nothing else and cannot tell which sampler made it. There is no 1/T and no bias +1 in it.
 *
 * Samplers (the same law, exactly, at every finite width):
 *
 *     weights      draws every W and b, propagates forward and backward. 2T(1+C) M_l M_{l-1} flops a layer.
 *     conditional  never draws the W of a hidden layer. Given H^{l-1} the pre-activations are Gaussian with
 *                  the known T×T covariance, and given those the backward products Δ^l W^l are Gaussian again
 *                  (conditional.c has the equations). Of order (T² + CT² + (CT)²) M_{l-1} flops a layer.
 *
 * Both exist for residual networks too, under the same names. The random numbers of a network are functions
 * of (seed, the shape's parameters, trial, layer, purpose) alone.
 */
#ifndef NET_SIGNALS_H
#define NET_SIGNALS_H

#include "base/error.h"
#include "net/activation.h"
#include "net/architecture.h"

#include <stddef.h>
#include <stdint.h>

/* Sums beyond H, D and f, as bits. */
enum net_sums { NET_SUM_S = 1, NET_SUM_G = 2, NET_SUM_U = 4, NET_SUM_UNITS = 8, NET_SUM_PHI = 16 };

/* The first units of a hidden layer l by themselves (NET_SUM_UNITS). The law of (h, w, b, u, s) of a layer is
 * that of the network; the conditional sampler draws w given h and u anew, so a weight has there nothing to
 * do with the signals of other layers beyond that. */
enum { NET_UNITS = 2 };
struct net_units {
    size_t n;  /* min(NET_UNITS, M_l); 0 where not asked for, and in a residual network */
    double *h; /* (M_{l-1}, T) h^{l-1} */
    double *w; /* (n, M_{l-1}) W^l_i */
    double *b; /* (n) */
    double *u; /* (n, T) u^l_i(t) */
    double *s; /* (n, T) Σ_k δ^l_ki(t)² */
};

/* Upper triangles alone (linalg.h). D^L, which is I_C ⊗ 11ᵀ in every network, is not stored. */
struct net_gram {
    const struct net_architecture *architecture;
    uint64_t seed, trial;    /* which network it is: set by the sampler */
    double **H;              /* (L+1) pointers: H[l] (T, T), l = 0..L-1 */
    double **D;              /* (L+1) pointers: D[l] (CT, CT), l = 1..L-1 */
    double *f;               /* (C, T) */
    double **S;              /* (L+1) pointers: S[l] (T, T), l = 1..L-1; NULL pointers where not asked for */
    double **G;              /* (L+1) pointers: G[l] (CT, CT), l = 0..L-1; so */
    double **U;              /* (L+1) pointers: U[l] (C, T), l = 1..L-1; so */
    double **Phi;            /* (L+1) pointers: Phi[l] (T, T), l = 1..L-1; so */
    double **R;              /* (L+1) pointers: R[l] (T, T), l = 1..L-1; so */
    struct net_units *units; /* (L+1): units[l], l = 1..L-1; n = 0 where not asked for */
};
int net_gram_init(struct net_gram *gram, const struct net_architecture *architecture,
                  struct base_error *error);
void net_gram_free(struct net_gram *gram);

/* Random numbers for what is measured with some, functions of the network like all its others (draws.c):
 * labels y_k(t) ~ N(0, 1) at y[k*T + t], and draws ε_k(t) ~ N(0, 1) of outputs at epsilon[(r*C + k)*T + t], r
 * < n. */
void net_gram_labels(const struct net_gram *gram, double *y);
void net_gram_draws(const struct net_gram *gram, size_t n, double *epsilon);
/* T² normals N_st at N[s*T + t], for layer l. */
void net_gram_mixture(const struct net_gram *gram, size_t l, double *N);

/* The version of what random numbers a network is made of: random/normal.h, random/stream.h, the purposes of
 * net and how each sampler uses them. It grows with any change of theirs, and a result of another version is
 * not gone on with. */
enum { NET_RANDOM_VERSION = 2 };

/* One normal counts as this many flops. */
#define NET_NORMAL_FLOPS 90.0

/* Bytes of working memory of one network, the Gram summary not counted: what a sampler cannot do without, and
 * what it can make use of. With less than the most it draws again what it does not keep: slower, but the same
 * bits. */
struct net_memory {
    double least, most;
};

/* A sampler: one const struct, one file. `work` is what init made for an architecture, a number of threads
 * inside one network, and a memory. Neither changes a bit of what is sampled. */
struct net_sampler {
    const char *name;
    const char *doc;
    /* Estimated cost of one network in flops (a fixed formula: the choice of `auto` must not depend on the
     * machine). */
    double (*cost)(const struct net_architecture *architecture);
    struct net_memory (*memory)(const struct net_architecture *architecture, int threads);
    int (*init)(void **work, const struct net_architecture *architecture, int threads, double memory,
                struct base_error *error);
    void (*free)(void *work);
    /* Samples network `trial` of `seed` into gram. activations: one opened for each thread. */
    int (*sample)(void *work, const struct net_activation *activations, uint64_t seed, uint64_t trial,
                  struct net_gram *gram, struct base_error *error);
};
extern const struct net_sampler net_sampler_weights;
extern const struct net_sampler net_sampler_conditional;
extern const struct net_sampler net_sampler_residual_weights; /* the same two for residual networks */
extern const struct net_sampler net_sampler_residual_conditional;

/* The sampler of an experiment's choice for this architecture; for EXPERIMENT_AUTO the cheaper by the flop
 * counts. */
const struct net_sampler *net_sampler_choose(enum experiment_sampler choice,
                                             const struct net_architecture *architecture);

/* Bytes of one Gram summary. */
double net_gram_bytes(const struct net_architecture *architecture);

#endif
