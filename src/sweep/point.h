/* Private to sweep: a grid point, as a network and in the user's words. */
#ifndef SWEEP_POINT_H
#define SWEEP_POINT_H

#include "base/error.h"
#include "net/architecture.h"
#include "store/store.h"

#include <stddef.h>

/* The network of a grid point, with its inputs (and targets) where they are from a file, and the sums that
 * the experiment's measures ask for. BASE_BAD_INPUT when a layer would have no unit. */
int sweep_point_architecture(const struct store_layout *layout, size_t point,
                             struct net_architecture *architecture, struct base_error *error);

enum { SWEEP_POINT_TEXT = 256 };

/* "case relu, width 100000, depth 3": the case, the width, and what else is swept; clipped. Returns text. */
const char *sweep_point_describe(const struct experiment *experiment, size_t point,
                                 char text[SWEEP_POINT_TEXT]);

#endif
