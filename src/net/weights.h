/* Networks with explicit weights, all at once in memory: draw, propagate forward and backward. The reference
 * for everything else; explicit.c samples the same networks in panels. */
#ifndef NET_WEIGHTS_H
#define NET_WEIGHTS_H

#include "base/error.h"
#include "net/activation.h"
#include "net/architecture.h"
#include "net/signals.h"

#include <stddef.h>
#include <stdint.h>

/* All parameters of a network and all its signals; units are rows. */
struct net_weights {
    const struct net_architecture *architecture;
    double **W;     /* (L+1) pointers: W[l] (M_l, M_{l-1}), l = 1..L */
    double **b;     /* (L+1) pointers: b[l] (M_l), l = 1..L */
    double **h;     /* (L+1) pointers: h[l] (M_l, T), l = 0..L; h[0] the inputs, h[L] the outputs f (C, T) */
    double **dphi;  /* (L+1) pointers: dphi[l] = φ'(u^l) (M_l, T), l = 1..L-1 */
    double **delta; /* (L+1) pointers: delta[l] (M_l, CT), δ^l_ki(t) at delta[l][i*CT + k*T + t], l = 1..L */
    double **V;     /* (L+1) pointers, of residual networks alone, as the next two: V[l] (M, M), l = 1..L-1 */
    double **phi;   /* (L+1) pointers: φ(u^l) (M, T), l = 1..L-1 */
    double **gradient; /* (L+1) pointers: g^l = ∂f/∂h^l (M, CT) in the layout of delta, l = 1..L-1 */
    double *u, *g;     /* (max M_l, T), (max M_l, CT) scratch */
};
int net_weights_init(struct net_weights *network, const struct net_architecture *architecture,
                     struct base_error *error);
void net_weights_free(struct net_weights *network);

/* W^l_ij ~ N(0, σ_w²/M_{l-1}), b^l_i ~ N(0, σ_b²), V^l_ij ~ N(0, σ_v²/M), inputs h⁰_i(t) ~ N(0, 1) or the
 * given ones, of one trial. */
void net_weights_draw(struct net_weights *network, uint64_t seed, uint64_t trial);
/* Its parameters alone, into arrays as those above; V: of residual networks. */
void net_weights_draw_parameters(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                                 double *const *W, double *const *b, double *const *V);

/* h^l and φ'(u^l) from the inputs h[0]: u^l = W^l h^{l-1} + b^l, f = u^L, and in residual networks
 * h^l = γ h^{l-1} + V^l φ(u^l). 2T Σ_l M_l M_{l-1} flops. */
void net_weights_forward(struct net_weights *network, const struct net_activation *activation);

/* δ^l from φ'(u^l): δ^L_ki = 1[k=i], δ^l = φ'(u^l) ∘ W^{l+1}ᵀ δ^{l+1}; in residual networks
 * δ^l = φ'(u^l) ∘ V^lᵀ g^l, g^{L-1} = W^Lᵀ δ^L, g^{l-1} = γ g^l + W^lᵀ δ^l. 2CT Σ_{l≥2} M_l M_{l-1} flops. */
void net_weights_backward(struct net_weights *network);

/* The Gram summary of the signals, with the sums that are asked for. */
void net_weights_gram(const struct net_weights *network, struct net_gram *gram);

#endif
