/* What residual networks have and plain ones have not: a skip, a branch, one width. */
#include "experiment/layout.h"

#include <string.h>

/* Which architectures the points of a case have. */
struct kinds {
    bool plain, residual;
};

static bool is_residual(const struct experiment_value *architecture)
{
    return strcmp(architecture->text, "residual") == 0;
}

static const struct layout_axis *find_axis(const struct experiment_layout *layout, size_t id)
{
    for (size_t a = 0; a < layout->n_axes; a++)
        if (layout->axes[a].key == &experiment_keys[id])
            return &layout->axes[a];
    return NULL;
}

static struct kinds kinds_of(const struct experiment_layout *layout, size_t c)
{
    const struct layout_axis *axis = find_axis(layout, KEY_ARCHITECTURE);
    const struct experiment_value *values =
        axis != NULL ? axis->values : &layout->settings[c][KEY_ARCHITECTURE];
    struct kinds kinds = {false, false};
    for (size_t i = 0; i < (axis != NULL ? axis->n : 1); i++) {
        const bool residual = is_residual(&values[i]);
        kinds.residual = kinds.residual || residual;
        kinds.plain = kinds.plain || !residual;
    }
    return kinds;
}

static int refuse_profile(const struct experiment_context *context, const struct experiment_value *profile)
{
    if (profile->n == 0)
        return BASE_OK;
    return experiment_tree_fail(
        context->error, profile->node, profile->path,
        "all layers of a residual network have the width M; leave the profile out or write 1 for each");
}

static int refuse_vain(const struct experiment_context *context, const struct experiment_value *value,
                       const char *name)
{
    return experiment_tree_fail(context->error, value->node, value->path,
                                "a plain network has no %s; leave it out or write architecture: residual",
                                name);
}

/* One key of residual networks in one case; elsewhere: other cases have residual networks. */
static int check_key(const struct experiment_context *context, struct experiment_layout *layout, size_t id,
                     size_t c, bool elsewhere)
{
    const struct kinds kinds = kinds_of(layout, c);
    const struct layout_axis *axis = find_axis(layout, id);
    const struct experiment_value *shared = &layout->shared[id];
    struct experiment_value *own = &layout->settings[c][id];
    const char *name = experiment_key_name(&experiment_keys[id]);
    char shown[TREE_SHOWN];
    if (axis != NULL && kinds.plain)
        return experiment_tree_fail(
            context->error, axis->node, axis->values[0].path,
            "the case %s has plain networks, which have no %s; leave it out of the sweep or "
            "write architecture: residual",
            experiment_tree_show(layout->cases[c], shown), name);
    if (kinds.residual || axis != NULL)
        return BASE_OK;
    if (own->node != NULL && (own->node != shared->node || !elsewhere))
        return refuse_vain(context, own, name);
    return experiment_value_default(context, &experiment_keys[id], own);
}

int experiment_layout_residual(const struct experiment_context *context, struct experiment_layout *layout)
{
    int status = BASE_OK;
    bool any = false;
    for (size_t c = 0; c < layout->n_cases; c++) {
        const bool residual = kinds_of(layout, c).residual;
        any = any || residual;
        if (residual)
            TRY(refuse_profile(context, &layout->settings[c][KEY_PROFILE]));
    }
    for (size_t c = 0; c < layout->n_cases; c++)
        for (size_t id = 0; id < N_KEYS; id++)
            if (experiment_keys[id].residual)
                TRY(check_key(context, layout, id, c, any));
out:
    return status;
}
