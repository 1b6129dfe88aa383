/* What overrides the file: its quick section, then each --set. */
#ifndef EXPERIMENT_MERGE_H
#define EXPERIMENT_MERGE_H

#include "experiment/value.h"

/* Splits the file's top level into what stands outside of quick, and quick's content (NULL where there is
 * none). */
int experiment_quick_split(const struct experiment_context *context, struct tree_node *root,
                           struct tree_node **plain, struct tree_node **quick);

/* base with everything in `over` put in its place; mappings are merged key by key, lists and scalars
 * replaced. Neither is changed; the result shares their nodes. */
int experiment_merge(const struct experiment_context *context, struct tree_node *base, struct tree_node *over,
                     struct tree_node **merged);

/* *top with "KEY=VALUE" applied. */
int experiment_set(const struct experiment_context *context, const char *set, struct tree_node **top);

#endif
