/* Nothing missing, and nothing said in vain: a value that something else always hides is a mistake. */
#include "experiment/layout.h"

/* The mapping in which a missing key would have to stand. */
static const struct tree_node *home(const struct tree_node *top, const struct experiment_key *key)
{
    const char *name = experiment_section_name(key->section);
    const struct tree_node *section = name == NULL ? NULL : experiment_tree_get(top, name);
    return section != NULL ? section : top;
}

static int demand_key(const struct experiment_context *context, const struct tree_node *top,
                      const struct experiment_layout *layout, size_t id)
{
    const struct experiment_key *key = &experiment_keys[id];
    const struct tree_node *cases = experiment_tree_get(top, "cases");
    const enum experiment_kind kind = (enum experiment_kind)layout->shared[KEY_KIND].integer;
    char shown[TREE_SHOWN];
    for (size_t c = 0; c < layout->n_cases; c++) {
        if (layout->settings[c][id].set || key->of_files || key->of_training ||
            experiment_key_foreign(key, kind))
            continue;
        if (experiment_key_physical(key) && cases != NULL)
            return experiment_tree_fail(context->error, cases->items[c], key->path,
                                        "missing in the case %s, in %s and in sweep; it must be %s",
                                        experiment_tree_show(layout->cases[c], shown),
                                        experiment_section_name(key->section), key->right);
        if (experiment_key_stands(key, SECTION_SWEEP))
            return experiment_tree_fail(context->error, home(top, key), key->path,
                                        "missing; it must be %s, or vary: sweep: {%s: [...]}", key->right,
                                        experiment_key_name(key));
        return experiment_tree_fail(context->error, home(top, key), key->path, "missing; it must be %s",
                                    key->right);
    }
    return BASE_OK;
}

/* A swept key must not stand in a case: which of the two would count? */
static int refuse_swept_case(const struct experiment_context *context, const struct experiment_layout *layout,
                             size_t id)
{
    for (size_t c = 0; c < layout->n_cases; c++) {
        const struct experiment_value *own = &layout->settings[c][id];
        if (own->node != layout->shared[id].node)
            return experiment_tree_fail(context->error, own->node, own->path,
                                        "the sweep varies %s; leave it out here or out of the sweep",
                                        experiment_key_name(&experiment_keys[id]));
    }
    return BASE_OK;
}

/* A value that quick or --set gave for a key that the file sweeps. */
static int refuse_hidden_by_axis(const struct experiment_context *context,
                                 const struct experiment_value *value, const struct layout_axis *axis)
{
    const char *name = experiment_key_name(axis->key);
    if (value->node == NULL || value->node->layer <= axis->node->layer)
        return BASE_OK;
    char shown[TREE_SHOWN];
    experiment_tree_show(value->node->text, shown);
    if (value->node->layer == TREE_SET)
        return experiment_tree_fail(context->error, value->node, value->path,
                                    "the sweep varies %s; write --set sweep.%s=[%s]", name, name, shown);
    return experiment_tree_fail(context->error, value->node, value->path,
                                "the sweep varies %s; write quick: {sweep: {%s: [%s]}}", name, name, shown);
}

/* A value that quick or --set gave for a key that every case of the file sets itself. */
static int refuse_hidden_by_cases(const struct experiment_context *context,
                                  const struct experiment_layout *layout, size_t id)
{
    const struct experiment_value *value = &layout->shared[id];
    if (value->node == NULL || value->node->layer == TREE_FILE)
        return BASE_OK;
    for (size_t c = 0; c < layout->n_cases; c++) {
        const struct tree_node *own = layout->settings[c][id].node;
        if (own == value->node || own->layer >= value->node->layer)
            return BASE_OK;
    }
    return experiment_tree_fail(context->error, value->node, value->path,
                                "every case sets its own %s, so this would change nothing; override `cases`",
                                experiment_key_name(&experiment_keys[id]));
}

int experiment_layout_complete(const struct experiment_context *context, const struct tree_node *top,
                               const struct experiment_layout *layout)
{
    int status = BASE_OK;
    for (size_t a = 0; a < layout->n_axes; a++) {
        size_t id = (size_t)(layout->axes[a].key - experiment_keys);
        TRY(refuse_swept_case(context, layout, id));
        TRY(refuse_hidden_by_axis(context, &layout->shared[id], &layout->axes[a]));
    }
    for (size_t id = 0; id < KEY_CASE_NAME; id++) {
        if (!layout->swept[id])
            TRY(demand_key(context, top, layout, id));
        TRY(refuse_hidden_by_cases(context, layout, id));
    }
out:
    return status;
}
