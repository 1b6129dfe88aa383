/* Every value is right where it stands, whatever overrides it later. */
#ifndef EXPERIMENT_CHECK_H
#define EXPERIMENT_CHECK_H

#include "experiment/value.h"

/* Checks the top level of an experiment, or of its quick section, without `quick` itself. */
int experiment_check(const struct experiment_context *context, const struct tree_node *top);

/* "cases.tanh.width", in the arena; NULL with a message. key: may be "". */
const char *experiment_case_path(const struct experiment_context *context, const struct tree_node *one,
                                 const char *key);

/* "sweep.width", in the arena; NULL with a message. */
const char *experiment_sweep_path(const struct experiment_context *context, const struct experiment_key *key);

#endif
