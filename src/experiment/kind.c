/* The keys of one kind of experiment against the kind that there is, and what a training needs. */
#include "experiment/layout.h"

#include <stdio.h>
#include <string.h>

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
            used += (size_t)snprintf(owners + used, sizeof owners - used, "%ssingular_%s",
                                     used > 0 ? " or " : "", kinds[i]);
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
    const char *path;
    const struct tree_node *at = experiment_layout_find(layout, id, &path);
    return at == NULL ? BASE_OK
                      : refuse_foreign(context, &experiment_keys[id],
                                       (enum experiment_kind)layout->shared[KEY_KIND].integer, at, path);
}

/* The first value of a key in a case, its own, the shared one or the sweep's; NULL: there is none. */
static const struct experiment_value *find_value(const struct experiment_layout *layout, size_t c, size_t id)
{
    size_t n;
    const struct experiment_value *values = experiment_layout_values(layout, layout->settings[c], id, &n);
    return n > 0 ? values : NULL;
}

/* Where a key of the training that no case and no sweep has would stand. */
static const struct tree_node *home(const struct tree_node *top, size_t c)
{
    const struct tree_node *cases = experiment_tree_get(top, "cases");
    const struct tree_node *training = experiment_tree_get(top, experiment_section_name(SECTION_TRAINING));
    if (cases != NULL)
        return cases->items[c];
    return training != NULL ? training : top;
}

/* One of learning_rate and rate, not both. */
static int check_rates(const struct experiment_context *context, const struct tree_node *top,
                       const struct experiment_layout *layout, size_t c)
{
    static const char right[] = "learning_rate, η itself, or rate, c with η = c/a for natural gradients and "
                                "η = c η_c for gradient descent";
    const struct experiment_value *learning_rate = find_value(layout, c, KEY_LEARNING_RATE),
                                  *rate = find_value(layout, c, KEY_RATE);
    char shown[TREE_SHOWN];
    if (learning_rate != NULL && rate != NULL)
        return experiment_tree_fail(context->error, rate->node, rate->path,
                                    "learning_rate has a value too, in the case %s; keep one of %s",
                                    experiment_tree_show(layout->cases[c], shown), right);
    if (learning_rate == NULL && rate == NULL)
        return experiment_tree_fail(context->error, home(top, c), "training.learning_rate",
                                    "missing in the case %s; write one of %s",
                                    experiment_tree_show(layout->cases[c], shown), right);
    return BASE_OK;
}

/* c stands for c/a, and some natural gradients have no a. */
static int check_constant(const struct experiment_context *context, const struct experiment_layout *layout,
                          size_t c)
{
    size_t n;
    const struct experiment_value *rate = find_value(layout, c, KEY_RATE),
                                  *optimizer = experiment_layout_values(layout, layout->settings[c],
                                                                        KEY_OPTIMIZER, &n);
    char shown[TREE_SHOWN];
    if (rate == NULL)
        return BASE_OK;
    for (size_t i = 0; i < n; i++)
        if (strcmp(optimizer[i].text, "unit_explicit") == 0 ||
            strcmp(optimizer[i].text, "quasi_diagonal") == 0)
            return experiment_tree_fail(
                context->error, rate->node, rate->path,
                "the optimizer %s of the case %s has no constant a to divide c by; write "
                "learning_rate, η itself",
                optimizer[i].text, experiment_tree_show(layout->cases[c], shown));
    return BASE_OK;
}

static int check_training(const struct experiment_context *context, const struct tree_node *top,
                          const struct experiment_layout *layout, size_t c)
{
    int status;
    char shown[TREE_SHOWN];
    if (find_value(layout, c, KEY_STEPS) == NULL)
        TRY(experiment_tree_fail(
            context->error, home(top, c), "training.steps", "missing in the case %s; it must be %s",
            experiment_tree_show(layout->cases[c], shown), experiment_keys[KEY_STEPS].right));
    TRY(check_rates(context, top, layout, c));
    TRY(check_constant(context, layout, c));
    TRY(experiment_layout_optimizers(context, layout, c));
out:
    return status;
}

int experiment_layout_kind(const struct experiment_context *context, const struct tree_node *top,
                           struct experiment_layout *layout)
{
    int status = BASE_OK;
    const enum experiment_kind kind = (enum experiment_kind)layout->shared[KEY_KIND].integer;
    for (size_t id = 0; id < N_KEYS; id++)
        if (experiment_key_foreign(&experiment_keys[id], kind))
            TRY(check_foreign(context, layout, id));
    for (size_t c = 0; c < layout->n_cases && kind == EXPERIMENT_TRAINING; c++)
        TRY(check_training(context, top, layout, c));
    if (kind == EXPERIMENT_TRAINING)
        TRY(experiment_layout_damping(context, layout));
out:
    return status;
}
