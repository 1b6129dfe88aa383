/* The keys of inputs from files against the inputs that there are. */
#include "experiment/layout.h"

#include <string.h>

/* Which inputs a case has, by itself or by the sweep. */
struct kinds {
    bool any_file;       /* not only Gaussian ones */
    bool any_unlabelled; /* files that hold no labels: mnist, hdf5 */
    const struct tree_node *node;
};

static struct kinds find_kinds(const struct experiment_layout *layout, const struct experiment_value *row)
{
    size_t n;
    struct kinds kinds = {.node = NULL};
    const struct experiment_value *inputs = experiment_layout_values(layout, row, KEY_INPUTS, &n);
    for (size_t i = 0; i < n; i++) {
        const bool file = strcmp(inputs[i].text, "gaussian") != 0;
        if (file)
            kinds.node = inputs[i].node;
        kinds.any_file = kinds.any_file || file;
        kinds.any_unlabelled = kinds.any_unlabelled || (file && strcmp(inputs[i].text, "cifar10") != 0);
    }
    return kinds;
}

/* Whether a key of files means something beside these inputs. */
static bool is_of_use(size_t id, const struct kinds *kinds)
{
    return id == KEY_LABELS ? kinds->any_unlabelled : kinds->any_file;
}

static int refuse_useless(const struct experiment_context *context, const struct tree_node *at,
                          const char *path, size_t id)
{
    if (id == KEY_LABELS)
        return experiment_tree_fail(context->error, at, path,
                                    "only mnist and hdf5 inputs have labels in a file of their own; leave it "
                                    "out");
    return experiment_tree_fail(context->error, at, path,
                                "gaussian inputs have none; leave it out, or take inputs: mnist, cifar10 or "
                                "hdf5");
}

/* A case's own value, or one of its inputs, that is said in vain or lacks something. */
static int check_case(const struct experiment_context *context, const struct experiment_layout *layout,
                      const struct experiment_value *row, const struct kinds *kinds)
{
    for (size_t id = 0; id < N_KEYS; id++)
        if (experiment_keys[id].of_files && row[id].node != layout->shared[id].node && !is_of_use(id, kinds))
            return refuse_useless(context, row[id].node, row[id].path, id);
    if (kinds->any_file && !row[KEY_PATH].set && !layout->swept[KEY_PATH])
        return experiment_tree_fail(context->error, kinds->node, "data.path",
                                    "missing; inputs from a file need it: %s",
                                    experiment_keys[KEY_PATH].right);
    if (kinds->any_unlabelled && row[KEY_CLASSES].n > 0 && !row[KEY_LABELS].set && !layout->swept[KEY_LABELS])
        return experiment_tree_fail(context->error, row[KEY_CLASSES].node, row[KEY_CLASSES].path,
                                    "classes need data.labels: %s", experiment_keys[KEY_LABELS].right);
    return BASE_OK;
}

/* What stands for all cases is of use to one of them. */
static int check_shared(const struct experiment_context *context, const struct experiment_layout *layout)
{
    for (size_t id = 0; id < N_KEYS; id++) {
        bool used = false;
        for (size_t c = 0; c < layout->n_cases; c++) {
            const struct kinds kinds = find_kinds(layout, layout->settings[c]);
            used = used || is_of_use(id, &kinds);
        }
        if (!experiment_keys[id].of_files || used)
            continue;
        if (layout->shared[id].node != NULL)
            return refuse_useless(context, layout->shared[id].node, layout->shared[id].path, id);
        for (size_t a = 0; a < layout->n_axes; a++)
            if (layout->axes[a].key == &experiment_keys[id])
                return refuse_useless(context, layout->axes[a].node, layout->axes[a].values[0].path, id);
    }
    return BASE_OK;
}

int experiment_layout_inputs(const struct experiment_context *context, struct experiment_layout *layout)
{
    int status;
    TRY(check_shared(context, layout));
    for (size_t c = 0; c < layout->n_cases; c++) {
        struct experiment_value *row = layout->settings[c];
        const struct kinds kinds = find_kinds(layout, row);
        TRY(check_case(context, layout, row, &kinds));
        for (size_t id = 0; id < N_KEYS; id++)
            if (experiment_keys[id].of_files && !is_of_use(id, &kinds))
                TRY(experiment_value_default(context, &experiment_keys[id], &row[id]));
    }
out:
    return status;
}
