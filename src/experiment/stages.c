/* The stages of a training: mappings such as {epoch: 64, batch: 32, factor: 0.1}, one after the other. */
#include "experiment/value.h"

#include "base/memory.h"
#include "base/nearest.h"

#include <string.h>

enum { EPOCH, STEP, BATCH, FACTOR, N_PARTS };

static const char example[] = "{epoch: 64, batch: 32} or {step: 1000, factor: 0.1}";

static const struct experiment_key parts[N_PARTS] = {
    [EPOCH] = {.path = "epoch", .type = KEY_REAL, .positive = true, .right = "a number above 0"},
    [STEP] = {.path = "step",
              .type = KEY_INTEGER,
              .least = 1,
              .most = 10000000,
              .right = "a whole number from 1 to 10000000"},
    [BATCH] = {.path = "batch",
               .type = KEY_INTEGER,
               .least = 1,
               .most = 10000000,
               .word_of_0 = "full",
               .right = "full or a whole number from 1 to 10000000"},
    [FACTOR] = {.path = "factor", .type = KEY_REAL, .positive = true, .right = "a number above 0"},
};

static int refuse_part(const struct experiment_context *context, const char *path,
                       const struct tree_node *name)
{
    static const char *const names[] = {"epoch", "step", "batch", "factor", NULL};
    char shown[TREE_SHOWN], guess[BASE_GUESS];
    return experiment_tree_fail(
        context->error, name, path, "unknown key %s%s; a stage has epoch or step, and batch, factor or both",
        experiment_tree_show(name->text, shown), base_guess(name->text, names, guess));
}

static int parse_parts(const struct experiment_context *context, const char *path,
                       const struct tree_node *node, struct experiment_value values[N_PARTS])
{
    int status = BASE_OK;
    for (size_t i = 0; i < node->n; i++) {
        size_t part = 0;
        while (part < N_PARTS && strcmp(parts[part].path, node->keys[i]->text) != 0)
            part++;
        if (part == N_PARTS)
            TRY(refuse_part(context, path, node->keys[i]));
        const char *where = base_arena_print(context->arena, context->error, "%s.%s", path, parts[part].path);
        TRY(base_got(where));
        TRY(experiment_value_parse(context, &parts[part], where, node->items[i], &values[part]));
    }
out:
    return status;
}

static int parse_stage(const struct experiment_context *context, const char *path,
                       const struct tree_node *node, struct experiment_stage *stage)
{
    int status;
    struct experiment_value values[N_PARTS] = {{.set = false}};
    if (node->kind != TREE_MAPPING)
        return experiment_tree_fail(context->error, node, path, "%s is not a stage; write %s",
                                    node->kind == TREE_LIST ? "a list" : "a single value", example);
    TRY(parse_parts(context, path, node, values));
    if (values[EPOCH].set == values[STEP].set)
        TRY(experiment_tree_fail(context->error, node, path, "a stage begins after %s; write %s",
                                 values[EPOCH].set ? "an epoch or a step, not both" : "an epoch or a step",
                                 example));
    if (!values[BATCH].set && !values[FACTOR].set)
        TRY(experiment_tree_fail(context->error, node, path,
                                 "this stage changes nothing; give it a batch or a factor, such as %s",
                                 example));
    *stage = (struct experiment_stage){.epoch = values[EPOCH].set ? values[EPOCH].real : 0,
                                       .step = values[STEP].set ? values[STEP].integer : 0,
                                       .batch = values[BATCH].set ? values[BATCH].integer : -1,
                                       .factor = values[FACTOR].set ? values[FACTOR].real : 1};
out:
    return status;
}

/* Later than the one before, by the same clock. */
static int check_order(const struct experiment_context *context, const char *path,
                       const struct tree_node *node, const struct experiment_stage *before,
                       const struct experiment_stage *stage)
{
    const bool steps = stage->step > 0;
    if (steps != (before->step > 0))
        return experiment_tree_fail(
            context->error, node, path,
            "this stage begins after %s, the one before after %s; write one of them for all",
            steps ? "a step" : "an epoch", steps ? "an epoch" : "a step");
    if (steps ? stage->step > before->step : stage->epoch > before->epoch)
        return BASE_OK;
    return experiment_tree_fail(context->error, node, path,
                                "%s %.17g does not come after %.17g of the stage before; write them in order",
                                steps ? "step" : "epoch", steps ? (double)stage->step : stage->epoch,
                                steps ? (double)before->step : before->epoch);
}

int experiment_value_stages(const struct experiment_context *context, const char *path,
                            const struct tree_node *node, struct experiment_value *value)
{
    int status;
    value->n = node->n;
    value->stages = base_arena_take(context->arena, node->n, sizeof *value->stages, context->error);
    TRY(base_got(value->stages));
    for (size_t i = 0; i < node->n; i++) {
        TRY(parse_stage(context, path, node->items[i], &value->stages[i]));
        if (i > 0)
            TRY(check_order(context, path, node->items[i], &value->stages[i - 1], &value->stages[i]));
    }
out:
    return status;
}
