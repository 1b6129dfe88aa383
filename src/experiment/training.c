/* What a training is asked against what it can do: its batches, its loss, its networks. */
#include "experiment/layout.h"

#include <string.h>

/* The word of a text key among the values of a case; NULL: it has it nowhere. */
static const struct experiment_value *find_word(const struct experiment_layout *layout, size_t c, size_t id,
                                                const char *word)
{
    size_t n;
    const struct experiment_value *values = experiment_layout_values(layout, layout->settings[c], id, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(values[i].text, word) == 0)
            return &values[i];
    return NULL;
}

static const struct experiment_value *find_least(const struct experiment_layout *layout, size_t c, size_t id)
{
    size_t n;
    const struct experiment_value *values = experiment_layout_values(layout, layout->settings[c], id, &n);
    const struct experiment_value *least = n > 0 ? &values[0] : NULL;
    for (size_t i = 1; i < n; i++)
        least = values[i].integer < least->integer ? &values[i] : least;
    return least;
}

static int refuse_batch(const struct experiment_context *context, const struct tree_node *at,
                        const char *path, int64_t batch, int64_t samples)
{
    return experiment_tree_fail(
        context->error, at, path,
        "a batch of %lld is larger than samples: %lld; write a number up to that, or full", (long long)batch,
        (long long)samples);
}

static int check_batches(const struct experiment_context *context, const struct experiment_layout *layout,
                         size_t c)
{
    size_t n;
    const struct experiment_value *batches =
        experiment_layout_values(layout, layout->settings[c], KEY_BATCH, &n);
    const struct experiment_value *samples = find_least(layout, c, KEY_SAMPLES);
    const struct experiment_value *schedule = &layout->settings[c][KEY_SCHEDULE];
    for (size_t i = 0; i < n && samples != NULL; i++)
        if (batches[i].integer > samples->integer)
            return refuse_batch(context, batches[i].node, batches[i].path, batches[i].integer,
                                samples->integer);
    for (size_t i = 0; i < schedule->n && samples != NULL; i++)
        if (schedule->stages[i].batch > samples->integer)
            return refuse_batch(context, schedule->node->items[i], schedule->path, schedule->stages[i].batch,
                                samples->integer);
    return BASE_OK;
}

/* An adaptive batch has a variance to begin with and room to grow, and no other that says how large it is. */
static int check_adaptive(const struct experiment_context *context, const struct experiment_layout *layout,
                          size_t c)
{
    size_t n, n_batches;
    char shown[TREE_SHOWN];
    const struct experiment_value *row = layout->settings[c], *schedule = &row[KEY_SCHEDULE];
    const struct experiment_value *adaptive = experiment_layout_values(layout, row, KEY_ADAPTIVE, &n);
    const struct experiment_value *batches = experiment_layout_values(layout, row, KEY_BATCH, &n_batches);
    const struct experiment_value *samples = find_least(layout, c, KEY_SAMPLES);
    experiment_tree_show(layout->cases[c], shown);
    while (n > 0 && !(adaptive[n - 1].real > 0))
        n--;
    if (n == 0)
        return BASE_OK;
    for (size_t i = 0; i < n_batches; i++)
        if (batches[i].integer < 2 || (samples != NULL && batches[i].integer >= samples->integer))
            return experiment_tree_fail(context->error, adaptive[n - 1].node, adaptive[n - 1].path,
                                        "the case %s has batches of %s, which it cannot begin with; write a "
                                        "batch of 2 samples or more",
                                        shown, batches[i].integer == 1 ? "1 sample" : "all samples");
    for (size_t i = 0; i < schedule->n; i++)
        if (schedule->stages[i].batch >= 0)
            return experiment_tree_fail(
                context->error, schedule->node->items[i], schedule->path,
                "the batch of the case %s is adaptive; leave batch out here, or adaptive", shown);
    return BASE_OK;
}

/* Of one sample the deviation is 0, of two the normalized outputs are ±1 whatever the network. */
static int check_deviations(const struct experiment_context *context, const struct experiment_layout *layout,
                            size_t c)
{
    enum { FEWEST = 3 };
    static const size_t keys[] = {KEY_SAMPLES, KEY_BATCH, KEY_TEST_SAMPLES};
    static const char message[] =
        "normalization: batch takes the deviation of 3 samples or more, and of %lld "
        "there is none that depends on the network; write more, or another "
        "normalization";
    const struct experiment_value *schedule = &layout->settings[c][KEY_SCHEDULE];
    if (find_word(layout, c, KEY_NORMALIZATION, "batch") == NULL)
        return BASE_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t n;
        const struct experiment_value *values =
            experiment_layout_values(layout, layout->settings[c], keys[i], &n);
        for (size_t j = 0; j < n; j++) /* 0: all, or none that are held out */
            if (values[j].integer > 0 && values[j].integer < FEWEST)
                return experiment_tree_fail(context->error, values[j].node, values[j].path, message,
                                            (long long)values[j].integer);
    }
    for (size_t i = 0; i < schedule->n; i++)
        if (schedule->stages[i].batch > 0 && schedule->stages[i].batch < FEWEST)
            return experiment_tree_fail(context->error, schedule->node->items[i], schedule->path, message,
                                        (long long)schedule->stages[i].batch);
    return BASE_OK;
}

/* Natural gradients solve for batches of one size. */
static int check_growth(const struct experiment_context *context, const struct experiment_layout *layout,
                        size_t c)
{
    size_t n, n_optimizers;
    const struct experiment_value *row = layout->settings[c], *schedule = &row[KEY_SCHEDULE];
    const struct experiment_value *adaptive = experiment_layout_values(layout, row, KEY_ADAPTIVE, &n);
    const struct experiment_value *optimizers =
        experiment_layout_values(layout, row, KEY_OPTIMIZER, &n_optimizers);
    bool changes = false;
    for (size_t i = 0; i < n; i++)
        changes = changes || adaptive[i].real > 0;
    for (size_t i = 0; i < schedule->n; i++)
        changes = changes || schedule->stages[i].batch >= 0;
    for (size_t i = 0; i < n_optimizers && changes; i++)
        if (strcmp(optimizers[i].text, "gradient") != 0)
            return experiment_tree_fail(context->error, optimizers[i].node, optimizers[i].path,
                                        "batches of changing size, by schedule or adaptive, go with "
                                        "optimizer: gradient alone");
    return BASE_OK;
}

static int check_words(const struct experiment_context *context, const struct experiment_layout *layout,
                       size_t c)
{
    size_t n;
    const struct experiment_value *residual = find_word(layout, c, KEY_ARCHITECTURE, "residual"),
                                  *entropy = find_word(layout, c, KEY_LOSS, "cross_entropy"),
                                  *nesterov = find_word(layout, c, KEY_NESTEROV, "true"),
                                  *outputs = find_least(layout, c, KEY_OUTPUTS),
                                  *momentum =
                                      experiment_layout_values(layout, layout->settings[c], KEY_MOMENTUM, &n);
    bool moves = false;
    for (size_t i = 0; i < n; i++)
        moves = moves || momentum[i].real > 0;
    if (residual != NULL)
        return experiment_tree_fail(context->error, residual->node, residual->path,
                                    "residual networks are not trained; leave it out or write plain");
    if (entropy != NULL && outputs != NULL && outputs->integer == 1)
        return experiment_tree_fail(context->error, entropy->node, entropy->path,
                                    "one output has no cross entropy; write outputs: 2 or more, one for each "
                                    "class, or loss: squared");
    if (nesterov != NULL && !moves)
        return experiment_tree_fail(context->error, nesterov->node, nesterov->path,
                                    "without momentum it changes nothing; write momentum: 0.9, or leave it "
                                    "out");
    return BASE_OK;
}

/* The number of samples where all cases have the same one; 0: they do not. */
static int64_t only_samples(const struct experiment_layout *layout)
{
    size_t n;
    int64_t samples = 0;
    for (size_t c = 0; c < layout->n_cases; c++) {
        const struct experiment_value *values =
            experiment_layout_values(layout, layout->settings[c], KEY_SAMPLES, &n);
        if (n != 1 || (c > 0 && values->integer != samples))
            return 0;
        samples = values->integer;
    }
    return samples;
}

/* On an axis of batches `full` is the number of samples, as the axis of a figure wants it. */
static int resolve_full(const struct experiment_context *context, struct experiment_layout *layout)
{
    const int64_t samples = only_samples(layout);
    for (size_t a = 0; a < layout->n_axes; a++) {
        struct layout_axis *axis = &layout->axes[a];
        for (size_t i = 0; axis->key == &experiment_keys[KEY_BATCH] && i < axis->n; i++) {
            if (axis->values[i].integer != 0)
                continue;
            if (samples == 0)
                return experiment_tree_fail(context->error, axis->values[i].node, axis->values[i].path,
                                            "samples vary too, so full is no one number; write numbers");
            for (size_t j = 0; j < axis->n; j++)
                if (axis->values[j].integer == samples)
                    return experiment_tree_fail(context->error, axis->values[i].node, axis->values[i].path,
                                                "full and %lld are the same: all samples; keep one",
                                                (long long)samples);
            axis->values[i].integer = samples;
        }
    }
    return BASE_OK;
}

int experiment_layout_training(const struct experiment_context *context, struct experiment_layout *layout)
{
    int status = BASE_OK;
    if (layout->shared[KEY_KIND].integer != EXPERIMENT_TRAINING)
        goto out;
    TRY(resolve_full(context, layout));
    for (size_t c = 0; c < layout->n_cases; c++) {
        TRY(check_batches(context, layout, c));
        TRY(check_adaptive(context, layout, c));
        TRY(check_deviations(context, layout, c));
        TRY(check_growth(context, layout, c));
        TRY(check_words(context, layout, c));
    }
out:
    return status;
}
