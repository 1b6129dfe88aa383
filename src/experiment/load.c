#include "experiment/check.h"
#include "experiment/grid.h"
#include "experiment/merge.h"
#include "experiment/source.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static char *copy(const struct experiment_context *context, const char *text)
{
    return base_arena_copy(context->arena, text, strlen(text), context->error);
}

static int fill_names(const struct experiment_context *context, const char *path, bool quick,
                      struct experiment *experiment)
{
    experiment->path = copy(context, path);
    experiment->name = experiment_source_name(context->arena, path, quick, context->error);
    return experiment->path == NULL || experiment->name == NULL ? BASE_FAILED : BASE_OK;
}

/* The keys that no case and no sweep changes. */
static int fill_top(const struct experiment_context *context, const struct experiment_layout *layout,
                    struct experiment *experiment)
{
    const struct experiment_value *top = layout->shared;
    experiment->title = copy(context, top[KEY_TITLE].text);
    experiment->source = copy(context, top[KEY_SOURCE].text);
    experiment->seed = (uint64_t)top[KEY_SEED].integer;
    experiment->trials = top[KEY_TRIALS].integer;
    experiment->sampler = (enum experiment_sampler)top[KEY_SAMPLER].integer;
    experiment->kind = (enum experiment_kind)top[KEY_KIND].integer;
    experiment->asked = top[KEY_SAVE].n > 0 ? EXPERIMENT_EIGENVALUES : 0;
    experiment->memory = (size_t)top[KEY_MEMORY].integer;
    experiment->n_measures = top[KEY_MEASURE].n;
    experiment->measures = top[KEY_MEASURE].texts;
    return experiment->title == NULL || experiment->source == NULL ? BASE_FAILED : BASE_OK;
}

/* A kind but that of fisher has one measure, alone. */
static void name_measure(struct experiment *experiment)
{
    static const char *measures[][1] = {[EXPERIMENT_TRAINING] = {"training"},
                                        [EXPERIMENT_SINGULAR_DYNAMICS] = {"singular_dynamics"},
                                        [EXPERIMENT_SINGULAR_FISHER] = {"singular_fisher"},
                                        [EXPERIMENT_SINGULAR_MIXTURE] = {"singular_mixture"}};
    experiment->measures = measures[experiment->kind];
    experiment->n_measures = 1;
}

/* Between two recorded times there are at most as many as a training may have. */
static int count_steps(const struct experiment *experiment, struct experiment_singular *s,
                       struct base_error *error)
{
    const double most = 1e7, between = ceil(s->time / (double)s->times / s->time_step * (1 - 1e-12));
    if (!(between <= most))
        return base_fail(error, BASE_BAD_INPUT,
                         "%.500s: singular.time_step: %g leaves more than 10000000 steps between two of "
                         "%lld recorded times up to %g; write a larger time_step or more times",
                         experiment->path, s->time_step, (long long)s->times, s->time);
    s->steps = s->times * (int64_t)fmax(1, between);
    return BASE_OK;
}

/* What its files do not say: a committee machine is a network of depth 2 and width N with one output. */
static int complete_singular(struct experiment *experiment, struct base_error *error)
{
    int status = BASE_OK;
    for (size_t p = 0; p < experiment->n_points; p++) {
        struct experiment_point *point = &experiment->points[p];
        point->activation = "erf";
        point->weight_variance = 1;
        point->depth = 2;
        point->width = point->singular.proportion > 0 ? 1 : point->singular.dimension;
        point->outputs = 1;
        point->inputs = "gaussian";
        point->samples = point->singular.sample_size;
        if (point->singular.time > 0)
            TRY(count_steps(experiment, &point->singular, error));
    }
out:
    return status;
}

/* A training measures more where a point of the grid asks for it. */
static void ask_training(struct experiment *experiment)
{
    for (size_t p = 0; p < experiment->n_points; p++) {
        const struct experiment_training *training = &experiment->points[p].training;
        experiment->asked |= (strcmp(training->boundary, "true") == 0 ? EXPERIMENT_BOUNDARY : 0u) |
                             (strcmp(training->isotropy, "true") == 0 ? EXPERIMENT_ISOTROPY : 0u) |
                             (training->spectra > 0 ? EXPERIMENT_SPECTRA : 0u) |
                             (training->schedule.n > 0 || training->adaptive > 0 ? EXPERIMENT_BATCHES : 0u);
    }
}

/* The file as it stands: what runs without --quick, and with it. */
static int read_file(const struct experiment_context *context, struct experiment *experiment,
                     struct tree_node **plain, struct tree_node **quick)
{
    int status;
    size_t length;
    struct tree_node *root, *section;
    TRY(experiment_source_read(context->arena, experiment->path, &experiment->text, &length, context->error));
    TRY(experiment_tree_parse(context->arena, experiment->path, true, experiment->text, length, &root,
                              context->error));
    TRY(experiment_quick_split(context, root, plain, &section));
    TRY(experiment_check(context, *plain));
    *quick = NULL;
    if (section == NULL)
        goto out;
    TRY(experiment_check(context, section));
    TRY(experiment_merge(context, *plain, section, quick));
out:
    return status;
}

/* Each --set is checked when it is applied, before another can hide it. */
static int apply_sets(const struct experiment_context *context, const struct experiment_options *options,
                      struct tree_node **top)
{
    int status = BASE_OK;
    for (size_t i = 0; i < options->n_sets; i++) {
        TRY(experiment_set(context, options->sets[i], top));
        TRY(experiment_check(context, *top));
    }
out:
    return status;
}

static int choose(const struct experiment_context *context, const struct experiment *experiment,
                  const struct experiment_options *options, struct tree_node *plain, struct tree_node *quick,
                  struct experiment_layout *layout)
{
    int status;
    struct tree_node *chosen = options->quick ? quick : plain, *other = options->quick ? plain : quick;
    if (chosen == NULL)
        return base_fail(
            context->error, BASE_BAD_INPUT,
            "%.500s: quick: there is no such section for --quick to apply; add for instance quick: "
            "{trials: 10}",
            experiment->path);
    /* A mistake in what does not run now is found now; with --set the file may be a template that lacks a
     * key. */
    if (options->n_sets == 0 && other != NULL)
        TRY(experiment_layout_build(context, other, layout));
    TRY(apply_sets(context, options, &chosen));
    TRY(experiment_layout_build(context, chosen, layout));
out:
    return status;
}

int experiment_load(struct experiment *experiment, const char *path, const struct experiment_options *options,
                    const struct experiment_vocabulary *vocabulary, struct base_error *error)
{
    int status;
    struct experiment_layout layout;
    struct tree_node *plain, *quick;
    memset(experiment, 0, sizeof *experiment);
    TRY(base_got(experiment->arena = base_arena_create(error)));
    const struct experiment_context context = {experiment->arena, vocabulary, error};

    TRY(fill_names(&context, path, options->quick, experiment));
    TRY(read_file(&context, experiment, &plain, &quick));
    TRY(choose(&context, experiment, options, plain, quick, &layout));
    TRY(fill_top(&context, &layout, experiment));
    TRY(experiment_grid_build(&context, &layout, experiment));
    if (experiment->kind != EXPERIMENT_FISHER)
        name_measure(experiment);
    if (experiment->kind == EXPERIMENT_TRAINING)
        ask_training(experiment);
    else if (experiment->kind != EXPERIMENT_FISHER)
        TRY(complete_singular(experiment, error));
    TRY(experiment_definition_write(&context, &layout, &experiment->definition));
out:
    if (status != BASE_OK)
        experiment_free(experiment);
    return status;
}

void experiment_free(struct experiment *experiment)
{
    base_arena_free(experiment->arena);
    memset(experiment, 0, sizeof *experiment);
}
