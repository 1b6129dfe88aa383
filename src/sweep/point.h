/* Private to sweep: a grid point in the user's words. */
#ifndef SWEEP_POINT_H
#define SWEEP_POINT_H

#include "experiment/experiment.h"

#include <stddef.h>

enum { SWEEP_POINT_TEXT = 256 };

/* "case relu, width 100000, depth 3": the case, the width, and what else is swept; clipped. Returns text. */
const char *sweep_point_describe(const struct experiment *experiment, size_t point,
                                 char text[SWEEP_POINT_TEXT]);

#endif
