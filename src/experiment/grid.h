/* From the layout to what the rest of the program sees: axes and points. */
#ifndef EXPERIMENT_GRID_H
#define EXPERIMENT_GRID_H

#include "experiment/layout.h"

/* Fills cases, axes and points. */
int experiment_grid_build(const struct experiment_context *context, const struct experiment_layout *layout,
                          struct experiment *experiment);

/* The canonical text of the experiment, in the arena; see experiment.h. */
int experiment_definition_write(const struct experiment_context *context,
                                const struct experiment_layout *layout, char **text);

#endif
