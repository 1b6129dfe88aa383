/* What to say of a key that is not known, or not there: where it belongs, or the nearest one, and all that
 * can stand in its place. */
#include "experiment/keys.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = N_KEYS + 8 };

static const char *const sections[] = {"network", "data",  "training", "singular",
                                       "cases",   "sweep", "quick",    NULL};

static size_t list_names(enum key_section section, const char *names[MAX_NAMES])
{
    size_t n = 0;
    for (size_t i = 0; i < N_KEYS; i++)
        if (experiment_key_stands(&experiment_keys[i], section))
            names[n++] = experiment_key_name(&experiment_keys[i]);
    for (size_t i = 0; section == SECTION_TOP && sections[i] != NULL; i++)
        names[n++] = sections[i];
    return n;
}

/* Where a name could stand: width, or network.width, is network.width, and in a sweep it is width. */
static const char *elsewhere(enum key_section section, const char *name)
{
    for (size_t i = 0; i < KEY_CASE_NAME; i++) {
        const struct experiment_key *key = &experiment_keys[i];
        if (strcmp(experiment_key_name(key), name) == 0 || strcmp(key->path, name) == 0)
            return experiment_key_stands(key, section) ? experiment_key_name(key) : key->path;
    }
    return NULL;
}

/* The nearest one of this section, or else of all. */
static const char *guess(enum key_section section, const char *name, const char *const *names, size_t n)
{
    const char *near = base_nearest(name, names, n), *all[N_KEYS];
    if (near != NULL)
        return near;
    for (size_t i = 0; i < KEY_CASE_NAME; i++)
        all[i] = experiment_key_name(&experiment_keys[i]);
    near = base_nearest(name, all, KEY_CASE_NAME);
    return near == NULL ? NULL : elsewhere(section, near);
}

static void join(const char *const *names, size_t n, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", names[i]);
}

int experiment_key_refuse(enum key_section section, const char *prefix, const struct tree_node *at,
                          const char *name, struct base_error *error)
{
    static const char *const whose[N_SECTIONS] = {[SECTION_TOP] = "an experiment has",
                                                  [SECTION_NETWORK] = "network has",
                                                  [SECTION_DATA] = "data has",
                                                  [SECTION_TRAINING] = "training has",
                                                  [SECTION_SINGULAR] = "singular has",
                                                  [SECTION_CASE] = "a case has",
                                                  [SECTION_SWEEP] = "these can be swept:"};
    const char *names[MAX_NAMES];
    char shown[TREE_SHOWN], path[2 * TREE_SHOWN], all[2048];
    snprintf(path, sizeof path, "%.100s%s", prefix, experiment_tree_show(name, shown));

    size_t n = list_names(section, names);
    join(names, n, all, sizeof all);
    const char *near = elsewhere(section, name);
    if (near != NULL && section == SECTION_SWEEP && strchr(name, '.') == NULL)
        return experiment_tree_fail(error, at, path, "%s cannot be swept; %s %s", near, whose[section], all);
    if (near == NULL)
        near = guess(section, name, names, n);
    return experiment_tree_fail(error, at, path, "unknown key%s%s%s; %s %s",
                                near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                                near != NULL ? "?" : "", whose[section], all);
}
