#include "experiment/merge.h"

#include <string.h>

int experiment_quick_split(const struct experiment_context *context, struct tree_node *root,
                           struct tree_node **plain, struct tree_node **quick)
{
    *quick = experiment_tree_get(root, "quick");
    *plain = root;
    if (*quick == NULL)
        return BASE_OK;
    experiment_tree_mark(*quick, TREE_QUICK);
    *plain = experiment_tree_frame(context->arena, root, root->n, context->error);
    if (*plain == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < root->n; i++)
        if (root->items[i] != *quick)
            experiment_tree_append(*plain, root->keys[i], root->items[i]);
    return BASE_OK;
}

/* base's key i with what `over` says of it. */
static int merge_entry(const struct experiment_context *context, struct tree_node *base, size_t i,
                       struct tree_node *over, struct tree_node *merged)
{
    struct tree_node *item = base->items[i], *other = experiment_tree_get(over, base->keys[i]->text);
    if (other != NULL) {
        int status = experiment_merge(context, item, other, &item);
        if (status != BASE_OK)
            return status;
    }
    experiment_tree_append(merged, base->keys[i], item);
    return BASE_OK;
}

int experiment_merge(const struct experiment_context *context, struct tree_node *base, struct tree_node *over,
                     struct tree_node **merged)
{
    if (base->kind != TREE_MAPPING || over->kind != TREE_MAPPING) {
        *merged = over;
        return BASE_OK;
    }
    struct tree_node *both = experiment_tree_frame(context->arena, base, base->n + over->n, context->error);
    if (both == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < base->n; i++) {
        int status = merge_entry(context, base, i, over, both);
        if (status != BASE_OK)
            return status;
    }
    for (size_t i = 0; i < over->n; i++)
        if (experiment_tree_get(base, over->keys[i]->text) == NULL)
            experiment_tree_append(both, over->keys[i], over->items[i]);
    *merged = both;
    return BASE_OK;
}
