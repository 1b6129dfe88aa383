/* The keys of one kind of experiment against the kind that there is, and what a training needs. */
#include "experiment/layout.h"

#include <stdio.h>

bool experiment_key_foreign(const struct experiment_key *key, enum experiment_kind kind)
{
    if (key->of_singular != 0)
        return (key->of_singular & 1u << kind) == 0;
    if (kind == EXPERIMENT_FISHER || kind == EXPERIMENT_TRAINING)
        return (key->of_fisher && kind != EXPERIMENT_FISHER) ||
               (key->of_training && kind != EXPERIMENT_TRAINING);
    return key->of_fisher || experiment_key_physical(key);
}

static int refuse_foreign(const struct experiment_context *context, const struct experiment_key *key,
                          enum experiment_kind kind, const struct tree_node *at, const char *path)
{
    static const char *const kinds[] = {"dynamics", "fisher", "mixture"};
    char owners[128] = "";
    size_t used = 0;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (key->of_singular & 1u << (EXPERIMENT_SINGULAR_DYNAMICS + i))
            used += (size_t)snprintf(owners + used, sizeof owners - used, "%ssingular_%s", used > 0 ? " or " : "",
                                     kinds[i]);
    if (key->of_singular != 0)
        return experiment_tree_fail(context->error, at, path,
                                    "only experiments of kind %s have it; write kind: %s, or leave it out",
                                    owners, owners);
    if (kind != EXPERIMENT_FISHER && kind != EXPERIMENT_TRAINING)
        return experiment_tree_fail(context->error, at, path,
                                    "experiments on singular regions have none; leave it out");
    if (key->of_training)
        return experiment_tree_fail(
            context->error, at, path,
            "only training experiments have it; write kind: training, or leave it out");
    return experiment_tree_fail(context->error, at, path, "training experiments have none; leave it out");
}

/* A key of another kind, wherever it stands. */
static int check_foreign(const struct experiment_context *context, const struct experiment_layout *layout,
                         size_t id)
{
    const struct experiment_key *key = &experiment_keys[id];
    const enum experiment_kind kind = (enum experiment_kind)layout->shared[KEY_KIND].integer;
    if (layout->shared[id].node != NULL)
        return refuse_foreign(context, key, kind, layout->shared[id].node, layout->shared[id].path);
    for (size_t a = 0; a < layout->n_axes; a++)
        if (layout->axes[a].key == key)
            return refuse_foreign(context, key, kind, layout->axes[a].node, layout->axes[a].values[0].path);
    for (size_t c = 0; c < layout->n_cases; c++)
        if (layout->settings[c][id].node != NULL)
            return refuse_foreign(context, key, kind, layout->settings[c][id].node, layout->settings[c][id].path);
    return BASE_OK;
}

/* Whether a case has a value of a key, its own, the shared one or the sweep's. */
static bool has_value(const struct experiment_layout *layout, size_t c, size_t id)
{
    return layout->swept[id] || layout->settings[c][id].set;
}

/* One of learning_rate and rate, not both. */
static int check_rates(const struct experiment_context *context, const struct experiment_layout *layout,
                       size_t c)
{
    static const char right[] = "learning_rate, η itself, or rate, c with η = c/a for natural gradients and "
                                "η = c η_c for gradient descent";
    const struct experiment_value *rate = &layout->settings[c][KEY_RATE];
    char shown[TREE_SHOWN];
    const bool learning_rate = has_value(layout, c, KEY_LEARNING_RATE),
               has_rate = has_value(layout, c, KEY_RATE);
    if (learning_rate && has_rate)
        return experiment_tree_fail(
            context->error, rate->set ? rate->node : layout->settings[c][KEY_LEARNING_RATE].node,
            "training.rate", "it stands beside learning_rate in the case %s; keep one: %s",
            experiment_tree_show(layout->cases[c], shown), right);
    if (!learning_rate && !has_rate)
        return experiment_tree_fail(context->error, layout->shared[KEY_KIND].node, "training",
                                    "the case %s has no learning rate; write one of %s",
                                    experiment_tree_show(layout->cases[c], shown), right);
    return BASE_OK;
}

static int check_training(const struct experiment_context *context, const struct experiment_layout *layout,
                          size_t c)
{
    int status;
    char shown[TREE_SHOWN];
    if (!has_value(layout, c, KEY_STEPS))
        TRY(experiment_tree_fail(context->error, layout->shared[KEY_KIND].node, "training.steps",
                                 "missing in the case %s; it must be %s",
                                 experiment_tree_show(layout->cases[c], shown),
                                 experiment_keys[KEY_STEPS].right));
    TRY(check_rates(context, layout, c));
out:
    return status;
}

int experiment_layout_kind(const struct experiment_context *context, struct experiment_layout *layout)
{
    int status = BASE_OK;
    const enum experiment_kind kind = (enum experiment_kind)layout->shared[KEY_KIND].integer;
    for (size_t id = 0; id < N_KEYS; id++)
        if (experiment_key_foreign(&experiment_keys[id], kind))
            TRY(check_foreign(context, layout, id));
    for (size_t c = 0; c < layout->n_cases && kind == EXPERIMENT_TRAINING; c++)
        TRY(check_training(context, layout, c));
out:
    return status;
}
