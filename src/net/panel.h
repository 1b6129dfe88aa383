/* Private to net: panels, the runs of units that both samplers walk, and what they do alike with each.
 *
 * Everything a sampler hands over is a sum over units. A panel's part of a sum is formed by itself and the
 * parts are added in the order of the units, so a sum's bits depend on the size of a panel alone: not on how
 * many threads share the panels, nor on which panels are kept and which are drawn again.
 */
#ifndef NET_PANEL_H
#define NET_PANEL_H

#include "net/architecture.h"

#include <stdint.h>

/* Units first .. first+units−1 of layer l. */
struct net_panel {
    size_t l, first, units;
};

/* Units of a full panel: a function of T and C alone. */
size_t net_panel_size(const struct net_architecture *architecture);
size_t net_panel_count(const struct net_architecture *architecture, size_t l);
struct net_panel net_panel_at(const struct net_architecture *architecture, size_t l, size_t index);

/* Numbers of one row of W^l as its stream counts them: M_{l-1} rounded up to a multiple of 16. */
size_t net_weights_stride(const struct net_architecture *architecture, size_t l);

/* x *= factor */
void net_panel_scale(size_t n, double factor, double *x);

/* h⁰_i(t) of a panel of inputs, the given ones or ~ N(0, 1), into x (units, T). */
void net_panel_inputs(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                      struct net_panel panel, double *x);

/* b_i ~ N(0, σ_b²) of a panel into b (units). */
void net_panel_biases(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                      struct net_panel panel, double *b);

/* u_i(t) += b_i for u (units, T). */
void net_panel_add_biases(const struct net_architecture *architecture, struct net_panel panel,
                          const double *b, double *u);

/* f_k(t) += b^L_k for f (C, T). */
void net_panel_add_output_biases(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                                 double *f);

/* The weights from a panel of layer L−1 to the outputs, v_ik = W^L_ki ~ N(0, σ_w²/M_{L-1}), into v
 * (units, C). They are explicit in both samplers: they are few. */
void net_panel_outputs(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                       struct net_panel panel, double *v);

/* The top of the backward pass (top.c): δ^{L-1}_ki(t) = φ'(u_i(t)) v_ik into delta (units, CT), and δᵀδ
 * (CT, CT) into D. */
void net_panel_top(const struct net_architecture *architecture, struct net_panel panel, const double *v,
                   const double *dphi, double *delta, double *D);

/* Flops of that δᵀδ for each unit. */
double net_panel_top_flops(const struct net_architecture *architecture);

/* δ_ki(t) = φ'(u_i(t)) g_ki(t) in place: delta (units, CT) holds g, dphi is (units, T). */
void net_panel_gate(const struct net_architecture *architecture, struct net_panel panel, const double *dphi,
                    double *delta);

/* Where a panel's part of a sum over layer l is formed: in a place of its own, or, where there is one panel,
 * in the sum itself. */
double *net_panel_part(const struct net_architecture *architecture, size_t l, double *own, double *total);

/* total += part, the first panel sets it; the second for the upper triangles of (n, n). */
void net_panel_add(size_t index, size_t n, const double *part, double *total);
void net_panel_add_upper(size_t index, size_t n, const double *part, double *total);

/* The arrays of a workspace one after the other: the next n numbers from *used on, aligned to a cache line;
 * with base NULL they are only counted. */
double *net_panel_carve(double *base, size_t *used, size_t n);

#endif
