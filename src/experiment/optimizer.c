/* Which optimizers go with which losses, depths and outputs. */
#include "experiment/layout.h"

#include <string.h>

static bool is(const struct experiment_value *value, const char *word)
{
    return strcmp(value->text, word) == 0;
}

static int check_depth(const struct experiment_context *context, const struct experiment_value *optimizer,
                       const struct experiment_value *depth)
{
    if (!is(optimizer, "tridiagonal") || !depth->set || depth->integer % 3 != 2)
        return BASE_OK;
    return experiment_tree_fail(
        context->error, optimizer->node, optimizer->path,
        "there is no tridiagonal one at network.depth %lld: the matrix of ones on three "
        "diagonals is singular for depths 3s + 2; take another depth or optimizer",
        (long long)depth->integer);
}

static int check_loss(const struct experiment_context *context, const struct experiment_value *optimizer,
                      const struct experiment_value *loss)
{
    if (!is(loss, "cross_entropy") || is(optimizer, "gradient") || is(optimizer, "exact"))
        return BASE_OK;
    return experiment_tree_fail(
        context->error, loss->node, loss->path,
        "cross_entropy goes with the optimizers gradient and exact alone: the Fisher matrix "
        "that %s approximates is that of the squared loss",
        optimizer->text);
}

static int check_normalization(const struct experiment_context *context,
                               const struct experiment_value *optimizer,
                               const struct experiment_value *normalization)
{
    if (is(normalization, "none") || is(optimizer, "gradient"))
        return BASE_OK;
    return experiment_tree_fail(
        context->error, normalization->node, normalization->path,
        "%s goes with optimizer: gradient alone, and %s is asked for: the kernel of normalized outputs is "
        "singular",
        normalization->text, optimizer->text);
}

static int check_isotropy(const struct experiment_context *context, const struct experiment_value *loss,
                          const struct experiment_value *isotropy)
{
    if (!is(isotropy, "true") || !is(loss, "cross_entropy"))
        return BASE_OK;
    return experiment_tree_fail(context->error, isotropy->node, isotropy->path,
                                "true goes with loss: squared alone, and cross_entropy is asked for");
}

static bool inverts(const struct experiment_layout *layout, size_t c)
{
    size_t n;
    const struct experiment_value *optimizers =
        experiment_layout_values(layout, layout->settings[c], KEY_OPTIMIZER, &n);
    for (size_t i = 0; i < n; i++)
        if (!is(&optimizers[i], "gradient"))
            return true;
    return false;
}

static int refuse_damping(const struct experiment_context *context, const struct tree_node *at,
                          const char *path)
{
    return experiment_tree_fail(context->error, at, path,
                                "optimizer: gradient inverts no matrix that it could damp; leave it out, or "
                                "take a natural gradient, such as optimizer: exact");
}

/* Damping is of use to the case that says it, and what all cases share to one of them. */
int experiment_layout_damping(const struct experiment_context *context,
                              const struct experiment_layout *layout)
{
    const struct experiment_value *shared = &layout->shared[KEY_DAMPING];
    const char *path;
    bool any = false;
    for (size_t c = 0; c < layout->n_cases; c++) {
        const struct experiment_value *own = &layout->settings[c][KEY_DAMPING];
        any = any || inverts(layout, c);
        if (own->node != shared->node && own->real > 0 && !inverts(layout, c))
            return refuse_damping(context, own->node, own->path);
    }
    if (any || !(shared->real > 0 || layout->swept[KEY_DAMPING]))
        return BASE_OK;
    const struct tree_node *at = experiment_layout_find(layout, KEY_DAMPING, &path);
    return refuse_damping(context, at, path);
}

typedef int check(const struct experiment_context *context, const struct experiment_value *a,
                  const struct experiment_value *b);

int experiment_layout_optimizers(const struct experiment_context *context,
                                 const struct experiment_layout *layout, size_t c)
{
    static const struct {
        size_t a, b;
        check *check;
    } pairs[] = {{KEY_OPTIMIZER, KEY_DEPTH, check_depth},
                 {KEY_OPTIMIZER, KEY_LOSS, check_loss},
                 {KEY_OPTIMIZER, KEY_NORMALIZATION, check_normalization},
                 {KEY_LOSS, KEY_ISOTROPY, check_isotropy}};
    int status = BASE_OK;
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        size_t n, m;
        const struct experiment_value *a = experiment_layout_values(layout, layout->settings[c], pairs[p].a,
                                                                    &n),
                                      *b = experiment_layout_values(layout, layout->settings[c], pairs[p].b,
                                                                    &m);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < m; j++)
                TRY(pairs[p].check(context, &a[i], &b[j]));
    }
out:
    return status;
}
