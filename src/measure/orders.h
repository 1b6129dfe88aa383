/* Order parameters, solved once for each (activation, σ_w², σ_b², L), and (γ, σ_v²), of a grid: those of
 * inputs iid N(0,1) do not depend on widths or samples. Given inputs (architecture->inputs, the same pointer
 * for the same numbers) have a kernel's, once for each (…, inputs, T, M_0). */
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

/* The order parameters of this shape. BASE_UNRESOLVED where they overflow, or those of given inputs would
 * take more than 4 GiB. They live until measure_orders_free; a zeroed struct is an empty store.
 */
int measure_orders_get(struct measure_orders *orders, const struct net_architecture *architecture,
                       const struct theory_order **order, struct base_error *error);
/* Those of inputs iid N(0, 1), whatever the inputs are, solved anew; theory_order_free ends them. */
int measure_orders_gaussian(const struct net_architecture *architecture,
                            const struct net_activation *activation, struct theory_order *order,
                            struct base_error *error);
void measure_orders_free(struct measure_orders *orders);

#endif
