/* --set KEY=VALUE, as a small tree that is merged over the experiment's. */
#include "experiment/merge.h"

#include "base/memory.h"

#include <string.h>

/* KEY's section and name: "network.width" and "width" both are {"network", "width"}; "trials" is {NULL,
 * "trials"}. */
struct address {
    const char *section, *name;
};

static bool is_section(const char *word)
{
    return strcmp(word, "network") == 0 || strcmp(word, "data") == 0 || strcmp(word, "cases") == 0 ||
           strcmp(word, "sweep") == 0;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* False: KEY is no key of an experiment. */
static bool find_address(const char *key, struct address *address)
{
    *address = (struct address){.name = key};
    if (is_section(key) || experiment_key_find(SECTION_TOP, key) != NULL)
        return true;
    const char *dot = strchr(key, '.');
    const struct experiment_key *known = NULL;
    if (dot == NULL || starts_with(key, "network.")) {
        known = experiment_key_find(SECTION_NETWORK, dot == NULL ? key : dot + 1);
        address->section = "network";
    }
    if (known == NULL && (dot == NULL || starts_with(key, "data."))) {
        known = experiment_key_find(SECTION_DATA, dot == NULL ? key : dot + 1);
        address->section = "data";
    }
    if (known == NULL && starts_with(key, "sweep.")) {
        known = experiment_key_find(SECTION_SWEEP, dot + 1);
        address->section = "sweep";
    }
    address->name = known != NULL ? experiment_key_name(known) : key;
    return known != NULL;
}

static int refuse_key(const struct experiment_context *context, const struct tree_node *at, const char *key)
{
    static const struct {
        const char *prefix;
        enum key_section section;
    } sections[] = {{"network.", SECTION_NETWORK}, {"data.", SECTION_DATA}, {"sweep.", SECTION_SWEEP}};
    if (strcmp(key, "quick") == 0 || starts_with(key, "quick."))
        return experiment_tree_fail(context->error, at, NULL,
                                    "quick cannot be set; --set comes after --quick, so set the key itself");
    if (starts_with(key, "cases."))
        return experiment_tree_fail(
            context->error, at, NULL,
            "a single case cannot be set; set cases=[{name: ..., ...}] or edit the file");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (starts_with(key, sections[i].prefix))
            return experiment_key_refuse(sections[i].section, sections[i].prefix, at,
                                         key + strlen(sections[i].prefix), context->error);
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
