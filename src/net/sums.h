/* Private to net: a panel's parts of the sums that are asked for (architecture.sums), and what both samplers
 * do with them. Where a sum is not asked for nothing is done and nothing is laid out. */
#ifndef NET_SUMS_H
#define NET_SUMS_H

#include "net/panel.h"
#include "net/signals.h"

struct net_sums_parts {
    double *s; /* (units, T): Σ_k δ_ki(t)² */
    double *S; /* (T, T) */
    double *U; /* (C, T) */
    double *G; /* (CT, CT) */
    double *V; /* (C, C): Σ_i v_ik v_ik' */
};

/* The arrays of one thread, as net_panel_carve has them. */
void net_sums_lay_out(const struct net_architecture *architecture, double *memory, size_t *used,
                      struct net_sums_parts *parts);

/* The part of a panel of layer l, 1 ≤ l < L, in S^l and U^l: of its δ^l (units, CT) and u^l (units, T). */
void net_sums_delta(const struct net_architecture *architecture, struct net_panel panel, const double *delta,
                    const double *u, const struct net_sums_parts *parts, const struct net_gram *gram);
/* With a trained branch, after that, the rest of its part in U^l: of g = ∂f/∂h^l and y = V^l φ(u^l), alike.
 */
void net_sums_branch(const struct net_architecture *architecture, struct net_panel panel, const double *g,
                     const double *y, const struct net_sums_parts *parts, const struct net_gram *gram);
/* Its part in G^l, l < L−1: of g = ∂f/∂h^l (units, CT). */
void net_sums_gradient(const struct net_architecture *architecture, struct net_panel panel, const double *g,
                       const struct net_sums_parts *parts, const struct net_gram *gram);
/* Its part in G^{L-1}, where g_ki(t) = v_ik for all t: in the C×C sum over v (units, C) for which G^{L-1} has
 * room until it is spread over the samples. */
void net_sums_outputs(const struct net_architecture *architecture, struct net_panel panel, const double *v,
                      const struct net_sums_parts *parts, const struct net_gram *gram);

/* With S and a trained branch its part in R^l, 1 ≤ l < L: of g = ∂f/∂h^l; in the room of a part of S. */
void net_sums_gradient_squares(const struct net_architecture *architecture, struct net_panel panel,
                               const double *g, const struct net_sums_parts *parts,
                               const struct net_gram *gram);

/* gram += the part of panel `index` of layer l, in the order of the panels. */
void net_sums_add_delta(const struct net_architecture *architecture, size_t l, size_t index,
                        const struct net_sums_parts *parts, const struct net_gram *gram);
void net_sums_add_gradient(const struct net_architecture *architecture, size_t l, size_t index,
                           const struct net_sums_parts *parts, const struct net_gram *gram);
void net_sums_add_gradient_squares(const struct net_architecture *architecture, size_t l, size_t index,
                                   const struct net_sums_parts *parts, const struct net_gram *gram);
void net_sums_add_outputs(const struct net_architecture *architecture, size_t index,
                          const struct net_sums_parts *parts, const struct net_gram *gram);

/* G^{L-1}_(k,s),(k',t) = Σ_i v_ik v_ik' , once all panels are added. */
void net_sums_spread_outputs(const struct net_architecture *architecture, const struct net_sums_parts *parts,
                             const struct net_gram *gram);

#endif
