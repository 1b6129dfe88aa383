#include "experiment/check.h"

#include <stdio.h>
#include <string.h>

enum { MAX_CASES = 10000 };

static int demand_mapping(const struct experiment_context *context, const struct tree_node *node,
                          const char *path, const char *example)
{
    if (node->kind == TREE_MAPPING)
        return BASE_OK;
    return experiment_tree_fail(context->error, node, path, "%s is not a mapping; write %s",
                                node->kind == TREE_LIST ? "a list" : "a single value", example);
}

/* network, data, training or singular */
static int check_section(const struct experiment_context *context, enum key_section section,
                         const char *example, const struct tree_node *node)
{
    char prefix[32];
    const char *name = experiment_section_name(section);
    int status = demand_mapping(context, node, name, example);
    snprintf(prefix, sizeof prefix, "%s.", name);
    for (size_t i = 0; i < node->n && status == BASE_OK; i++) {
        struct experiment_value value;
        const struct experiment_key *key = experiment_key_find(section, node->keys[i]->text);
        status = key == NULL ? experiment_key_refuse(section, prefix, node->keys[i], node->keys[i]->text,
                                                     context->error)
                             : experiment_value_parse(context, key, key->path, node->items[i], &value);
    }
    return status;
}

static int check_network(const struct experiment_context *context, const struct tree_node *node)
{
    return check_section(context, SECTION_NETWORK, "network: {depth: 3, width: 1000, outputs: 1}", node);
}

static int check_data(const struct experiment_context *context, const struct tree_node *node)
{
    return check_section(context, SECTION_DATA, "data: {inputs: gaussian, samples: 100}", node);
}

static int check_training(const struct experiment_context *context, const struct tree_node *node)
{
    return check_section(context, SECTION_TRAINING, "training: {optimizer: exact, rate: 0.5, steps: 4}",
                         node);
}

static int check_singular(const struct experiment_context *context, const struct tree_node *node)
{
    return check_section(context, SECTION_SINGULAR, "singular: {sample_size: 1000, time: 200}", node);
}

const char *experiment_case_path(const struct experiment_context *context, const struct tree_node *one,
                                 const char *key)
{
    char shown[TREE_SHOWN];
    const struct tree_node *name = experiment_tree_get(one, "name");
    bool named = name != NULL && name->kind == TREE_SCALAR && *name->text != '\0';
    return base_arena_print(context->arena, context->error, "cases.%s%s%s",
                            named ? experiment_tree_show(name->text, shown) : "", named ? "." : "", key);
}

static int check_case_entry(const struct experiment_context *context, const struct tree_node *one, size_t i)
{
    struct experiment_value value;
    const char *name = one->keys[i]->text;
    const struct experiment_key *key = experiment_key_find(SECTION_CASE, name);
    const char *path = experiment_case_path(context, one, name);
    const char *prefix = experiment_case_path(context, one, "");
    if (path == NULL || prefix == NULL)
        return BASE_FAILED;
    if (key == NULL)
        return experiment_key_refuse(SECTION_CASE, prefix, one->keys[i], name, context->error);
    return experiment_value_parse(context, key, key->section == SECTION_CASE ? key->path : path,
                                  one->items[i], &value);
}

static int check_case(const struct experiment_context *context, const struct tree_node *one)
{
    int status = demand_mapping(context, one, "cases", "- {name: tanh, activation: tanh}");
    for (size_t i = 0; status == BASE_OK && i < one->n; i++)
        status = check_case_entry(context, one, i);
    if (status == BASE_OK && experiment_tree_get(one, "name") == NULL)
        return experiment_tree_fail(context->error, one, "cases.name",
                                    "this case has no name; write {name: ..., ...}");
    return status;
}

static int check_names(const struct experiment_context *context, const struct tree_node *cases)
{
    struct experiment_value *names = base_arena_take(context->arena, cases->n, sizeof *names, context->error);
    if (names == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < cases->n; i++) {
        const struct tree_node *name = experiment_tree_get(cases->items[i], "name");
        names[i] = (struct experiment_value){.node = name, .path = "cases.name", .text = name->text};
    }
    return experiment_value_distinct(context, names, cases->n);
}

static int check_cases(const struct experiment_context *context, const struct tree_node *cases)
{
    if (cases->kind != TREE_LIST)
        return experiment_tree_fail(context->error, cases, "cases",
                                    "not a list of cases; write cases: [{name: tanh, activation: tanh}]");
    if (cases->n == 0)
        return experiment_tree_fail(context->error, cases, "cases",
                                    "the list is empty; write at least one case or leave the key out");
    if (cases->n > MAX_CASES)
        return experiment_tree_fail(context->error, cases, "cases",
                                    "%zu cases are too many; at most %d are allowed", cases->n, MAX_CASES);
    for (size_t i = 0; i < cases->n; i++) {
        int status = check_case(context, cases->items[i]);
        if (status != BASE_OK)
            return status;
    }
    return check_names(context, cases);
}

const char *experiment_sweep_path(const struct experiment_context *context, const struct experiment_key *key)
{
    return base_arena_print(context->arena, context->error, "sweep.%s", experiment_key_name(key));
}

static int check_axis(const struct experiment_context *context, const struct experiment_key *key,
                      const struct tree_node *node)
{
    char shown[TREE_SHOWN];
    struct experiment_value *values;
    const char *path = experiment_sweep_path(context, key), *name = experiment_key_name(key);
    if (path == NULL)
        return BASE_FAILED;
    if (node->kind == TREE_SCALAR && *node->text != '\0')
        return experiment_tree_fail(context->error, node, path, "%s is not a list of values; write %s: [%s]",
                                    experiment_tree_show(node->text, shown), name, shown);
    if (node->kind != TREE_LIST || node->n == 0)
        return experiment_tree_fail(
            context->error, node, path, "%s; write %s: [...] with at least one value, each %s",
            node->kind == TREE_LIST ? "the list is empty" : "not a list of values", name, key->right);
    return experiment_value_list(context, key, path, node, &values);
}

static int check_sweep(const struct experiment_context *context, const struct tree_node *sweep)
{
    static const char example[] = "sweep: {width: [100, 200]}";
    int status = demand_mapping(context, sweep, "sweep", example);
    if (status == BASE_OK && sweep->n == 0)
        return experiment_tree_fail(context->error, sweep, "sweep",
                                    "the sweep is empty; write %s or leave the key out", example);
    for (size_t i = 0; status == BASE_OK && i < sweep->n; i++) {
        const struct experiment_key *key = experiment_key_find(SECTION_SWEEP, sweep->keys[i]->text);
        status = key == NULL ? experiment_key_refuse(SECTION_SWEEP, "sweep.", sweep->keys[i],
                                                     sweep->keys[i]->text, context->error)
                             : check_axis(context, key, sweep->items[i]);
    }
    return status;
}

static int check_entry(const struct experiment_context *context, const struct tree_node *name,
                       const struct tree_node *node)
{
    static const struct {
        const char *name;
        int (*check)(const struct experiment_context *context, const struct tree_node *node);
    } sections[] = {{"network", check_network},   {"data", check_data},   {"training", check_training},
                    {"singular", check_singular}, {"cases", check_cases}, {"sweep", check_sweep}};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(name->text, sections[i].name) == 0)
            return sections[i].check(context, node);
    if (strcmp(name->text, "quick") == 0)
        return experiment_tree_fail(context->error, name, "quick", "quick cannot stand within itself");
    struct experiment_value value;
    const struct experiment_key *key = experiment_key_find(SECTION_TOP, name->text);
    return key == NULL ? experiment_key_refuse(SECTION_TOP, "", name, name->text, context->error)
                       : experiment_value_parse(context, key, key->path, node, &value);
}

int experiment_check(const struct experiment_context *context, const struct tree_node *top)
{
    bool quick = top->layer == TREE_QUICK;
    struct tree_node outside = *top; /* the section itself is not within quick */
    outside.layer = TREE_FILE;
    int status = demand_mapping(context, &outside, quick ? "quick" : NULL,
                                quick ? "quick: {trials: 10}" : "key: value, one a line");
    for (size_t i = 0; status == BASE_OK && i < top->n; i++)
        status = check_entry(context, top->keys[i], top->items[i]);
    return status;
}
