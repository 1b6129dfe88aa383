/* --set KEY=VALUE, as a small tree that is merged over the experiment's. */
#include "experiment/merge.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* KEY's section and name: "network.width" and "width" both are {"network", "width"}; "trials" is {NULL,
 * "trials"}. */
struct address {
    const char *section, *name;
};

static bool is_section(const char *word)
{
    for (enum key_section section = 0; section < N_SECTIONS; section++)
        if (experiment_section_name(section) != NULL && strcmp(word, experiment_section_name(section)) == 0)
            return true;
    return strcmp(word, "cases") == 0 || strcmp(word, "sweep") == 0;
}

/* "network.width" is within network. */
static bool is_within(const char *key, const char *section)
{
    return strncmp(key, section, strlen(section)) == 0 && key[strlen(section)] == '.';
}

/* False: KEY is no key of an experiment. */
static bool find_address(const char *key, struct address *address)
{
    *address = (struct address){.name = key};
    if (is_section(key) || experiment_key_find(SECTION_TOP, key) != NULL)
        return true;
    const char *dot = strchr(key, '.');
    const struct experiment_key *known = NULL;
    for (enum key_section section = 0; section < N_SECTIONS && known == NULL; section++) {
        const char *name = experiment_section_name(section);
        if (name == NULL || (dot != NULL && !is_within(key, name)))
            continue;
        known = experiment_key_find(section, dot == NULL ? key : dot + 1);
        address->section = name;
    }
    if (known == NULL && is_within(key, "sweep")) {
        known = experiment_key_find(SECTION_SWEEP, dot + 1);
        address->section = "sweep";
    }
    address->name = known != NULL ? experiment_key_name(known) : key;
    return known != NULL;
}

static int refuse_key(const struct experiment_context *context, const struct tree_node *at, const char *key)
{
    if (strcmp(key, "quick") == 0 || is_within(key, "quick"))
        return experiment_tree_fail(context->error, at, NULL,
                                    "quick cannot be set; --set comes after --quick, so set the key itself");
    if (is_within(key, "cases"))
        return experiment_tree_fail(
            context->error, at, NULL,
            "a single case cannot be set; set cases=[{name: ..., ...}] or edit the file");
    for (enum key_section section = 0; section < N_SECTIONS; section++) {
        const char *name = section == SECTION_SWEEP ? "sweep" : experiment_section_name(section);
        char prefix[32];
        if (name == NULL || !is_within(key, name))
            continue;
        snprintf(prefix, sizeof prefix, "%s.", name);
        return experiment_key_refuse(section, prefix, at, key + strlen(prefix), context->error);
    }
    return experiment_key_refuse(SECTION_TOP, "", at, key, context->error);
}

/* {name: item} */
static struct tree_node *wrap(const struct experiment_context *context, const struct tree_node *like,
                              const char *name, struct tree_node *item)
{
    struct tree_node frame = {.kind = TREE_MAPPING, .layer = TREE_SET, .origin = like->origin};
    struct tree_node *mapping = experiment_tree_frame(context->arena, &frame, 1, context->error);
    frame.kind = TREE_SCALAR;
    struct tree_node *key = experiment_tree_frame(context->arena, &frame, 0, context->error);
    if (mapping == NULL || key == NULL)
        return NULL;
    key->text = name;
    experiment_tree_append(mapping, key, item);
    return mapping;
}

int experiment_set(const struct experiment_context *context, const char *set, struct tree_node **top)
{
    int status = BASE_OK;
    char shown[TREE_SHOWN];
    struct address address;
    struct tree_node *value, at = {.layer = TREE_SET};
    const char *equals = strchr(set, '=');
    at.origin =
        base_arena_print(context->arena, context->error, "--set %s", experiment_tree_show(set, shown));
    const char *key = base_arena_copy(context->arena, set, strcspn(set, "="), context->error);
    if (at.origin == NULL || key == NULL)
        return BASE_FAILED;
    if (equals == NULL || equals == set)
        return experiment_tree_fail(context->error, &at, NULL,
                                    "not KEY=VALUE; write for instance --set trials=10");
    if (!find_address(key, &address))
        return refuse_key(context, &at, key);

    TRY(experiment_tree_parse(context->arena, at.origin, false, equals + 1, strlen(equals + 1), &value,
                              context->error));
    experiment_tree_mark(value, TREE_SET);
    TRY(base_got(value = wrap(context, &at, address.name, value)));
    if (address.section != NULL)
        TRY(base_got(value = wrap(context, &at, address.section, value)));
    TRY(experiment_merge(context, *top, value, top));
out:
    return status;
}
