/* Private to net: a panel's parts of the sums that are asked for (architecture.sums), and what both samplers
 * do with them. Where a sum is not asked for nothing is done and nothing is laid out. */
#ifndef NET_SUMS_H
#define NET_SUMS_H

#include "net/panel.h"
#include "net/signals.h"

struct net_sums_parts {
    double *s; /* (units, T): Σ_k δ_ki(t)² */
    double *S; /* (T, T) */
};

/* The arrays of one thread, as net_panel_carve has them. */
void net_sums_lay_out(const struct net_architecture *architecture, double *memory, size_t *used,
                      struct net_sums_parts *parts);

/* Of delta (units, CT), the δ^l of a panel: the panel's part of S^l. */
void net_sums_delta(const struct net_architecture *architecture, struct net_panel panel, const double *delta,
                    const struct net_sums_parts *parts, const struct net_gram *gram);
/* gram += the part of panel `index` of layer l, in the order of the panels. */
void net_sums_add_delta(const struct net_architecture *architecture, size_t l, size_t index,
                        const struct net_sums_parts *parts, const struct net_gram *gram);

#endif
