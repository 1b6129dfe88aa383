/* Lists of values, and their order. */
#include "experiment/value.h"

#include <stdlib.h>
#include <string.h>

static int compare_stages(const struct experiment_stage *a, const struct experiment_stage *b)
{
    if (a->epoch < b->epoch || a->epoch > b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    if (a->batch != b->batch)
        return a->batch < b->batch ? -1 : 1;
    return (a->factor > b->factor) - (a->factor < b->factor);
}

int experiment_value_compare(const struct experiment_value *a, const struct experiment_value *b)
{
    if (a->integer != b->integer)
        return a->integer < b->integer ? -1 : 1;
    if (a->real < b->real || a->real > b->real)
        return a->real < b->real ? -1 : 1;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = 0; a->reals != NULL && b->reals != NULL && i < a->n; i++)
        if (a->reals[i] < b->reals[i] || a->reals[i] > b->reals[i])
            return a->reals[i] < b->reals[i] ? -1 : 1;
    for (size_t i = 0; a->integers != NULL && b->integers != NULL && i < a->n; i++)
        if (a->integers[i] != b->integers[i])
            return a->integers[i] < b->integers[i] ? -1 : 1;
    for (size_t i = 0; a->stages != NULL && b->stages != NULL && i < a->n; i++)
        if (compare_stages(&a->stages[i], &b->stages[i]) != 0)
            return compare_stages(&a->stages[i], &b->stages[i]);
    return strcmp(a->text, b->text);
}

/* qsort is not stable, and a message should name the first two that are equal in the order of the file. */
static int compare_placed(const void *left, const void *right)
{
    const struct experiment_value *a = *(const struct experiment_value *const *)left;
    const struct experiment_value *b = *(const struct experiment_value *const *)right;
    int order = experiment_value_compare(a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

/* Sorted, because a list may be as long as the file lets it be. */
int experiment_value_distinct(const struct experiment_context *context, const struct experiment_value *values,
                              size_t n)
{
    const struct experiment_value **sorted =
        base_arena_take(context->arena, n, sizeof *sorted, context->error);
    if (sorted == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &values[i];
    qsort(sorted, n, sizeof *sorted, compare_placed);
    for (size_t i = 1; i < n; i++) {
        const struct tree_node *first = sorted[i - 1]->node, *second = sorted[i]->node;
        char shown[TREE_SHOWN];
        if (experiment_value_compare(sorted[i - 1], sorted[i]) != 0)
            continue;
        experiment_tree_show(second->text, shown);
        if (second->line == 0)
            return experiment_tree_fail(context->error, second, sorted[i]->path, "%s stands twice; keep one",
                                        shown);
        return experiment_tree_fail(context->error, second, sorted[i]->path,
                                    "%s stands twice, first at line %zu column %zu; keep one", shown,
                                    first->line, first->column);
    }
    return BASE_OK;
}

int experiment_value_list(const struct experiment_context *context, const struct experiment_key *key,
                          const char *path, const struct tree_node *node, struct experiment_value **values)
{
    *values = base_arena_take(context->arena, node->n, sizeof **values, context->error);
    if (*values == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < node->n; i++) {
        int status = experiment_value_parse(context, key, path, node->items[i], &(*values)[i]);
        if (status != BASE_OK)
            return status;
    }
    return experiment_value_distinct(context, *values, node->n);
}
