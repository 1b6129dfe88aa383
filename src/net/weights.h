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
    double *u;      /* (max M_l, T) scratch */
};
int net_weights_init(struct net_weights *network, const struct net_architecture *architecture,
                     struct base_error *error);
void net_weights_free(struct net_weights *network);

/* W^l_ij ~ N(0, σ_w²/M_{l-1}), b^l_i ~ N(0, σ_b²), inputs h⁰_i(t) ~ N(0, 1) or the given ones, of one trial.
 */
void net_weights_draw(struct net_weights *network, uint64_t seed, uint64_t trial);

/* h^l and φ'(u^l) from the inputs h[0]: u^l = W^l h^{l-1} + b^l, f = u^L. 2T Σ_l M_l M_{l-1} flops. */
void net_weights_forward(struct net_weights *network, const struct net_activation *activation);

/* δ^l from φ'(u^l): δ^L_ki = 1[k=i], δ^l = φ'(u^l) ∘ W^{l+1}ᵀ δ^{l+1}. 2CT Σ_{l≥2} M_l M_{l-1} flops. */
void net_weights_backward(struct net_weights *network);

/* The Gram summary of the signals. */
void net_weights_gram(const struct net_weights *network, struct net_gram *gram);

#endif
