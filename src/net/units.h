/* Private to net: the single units of each hidden layer that a summary carries where they are asked for
 * (NET_SUM_UNITS), and how a panel hands over its part. Where they are not asked for nothing is done. */
#ifndef NET_UNITS_H
#define NET_UNITS_H

#include "net/panel.h"
#include "net/signals.h"

/* Room for the units of every layer; free is safe on a zeroed gram. */
int net_units_init(struct net_gram *gram, struct base_error *error);
void net_units_free(struct net_gram *gram);
double net_units_bytes(const struct net_architecture *architecture);

/* Whether a panel of layer l holds units that are handed over. */
bool net_units_wanted(const struct net_gram *gram, struct net_panel panel);

/* The panel's h^l (units, T), which are inputs of layer l + 1. */
void net_units_take_inputs(const struct net_gram *gram, struct net_panel panel, const double *h);
/* Of the first panel of a hidden layer l: its b (units) and u (units, T), and its δ (units, CT). */
void net_units_take_signals(const struct net_gram *gram, struct net_panel panel, const double *b,
                            const double *u);
void net_units_take_delta(const struct net_gram *gram, struct net_panel panel, const double *delta);

#endif
