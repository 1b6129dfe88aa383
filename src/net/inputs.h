/* Private to net: pieces that both samplers share. */
#ifndef NET_INPUTS_H
#define NET_INPUTS_H

#include "net/architecture.h"

#include <stdint.h>

/* Inputs h⁰_i(t) ~ N(0, 1) of one trial into x (M_0, T). */
void net_inputs_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial, double *x);

/* b_i ~ N(0, σ_b²) of the units of layer l into b (M_l). */
void net_biases_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial, size_t layer,
                     double *b);

/* u_i(t) = b_i into u (M_l, T): what W^l h^{l-1} is added to. */
void net_biases_spread(const struct net_architecture *architecture, size_t layer, const double *b, double *u);

/* δ^L_ki = 1[k=i] into delta (C, CT). */
void net_delta_output(const struct net_architecture *architecture, double *delta);

/* δ_ki(t) = φ'(u_i(t)) g_ki(t) in place: delta (M_l, CT) holds g, dphi (M_l, T). */
void net_delta_gate(const struct net_architecture *architecture, size_t layer, const double *dphi,
                    double *delta);

#endif
