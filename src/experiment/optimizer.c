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
