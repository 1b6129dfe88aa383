/* Order parameters, solved once for each (activation, σ_w², σ_b², L), and (γ, σ_v²), of a grid: they do not
 * depend on widths or samples. */
#ifndef MEASURE_ORDERS_H
#define MEASURE_ORDERS_H

#include "base/error.h"
#include "net/architecture.h"
#include "theory/theory.h"

#include <stddef.h>

struct measure_orders {
    size_t n, room;
    struct measure_orders_entry *entries;
};

/* The order parameters of this shape. They live until measure_orders_free; a zeroed struct is an empty store.
 * BASE_UNRESOLVED where they cannot be computed, and for given inputs, whose order parameters are others. */
int measure_orders_get(struct measure_orders *orders, const struct net_architecture *architecture,
                       const struct theory_order **order, struct base_error *error);
void measure_orders_free(struct measure_orders *orders);

#endif
