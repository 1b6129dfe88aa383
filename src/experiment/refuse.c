/* What to say of a key that is not known, or not there: where it belongs, or the nearest one, and all that
 * can stand in its place. */
#include "experiment/keys.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = N_KEYS + 8, MAX_WORD = 40 };

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

/* Levenshtein's: the fewest letters to insert, delete or replace, of words shorter than MAX_WORD. */
static size_t distance(const char *a, const char *b)
{
    size_t row[MAX_WORD + 1];
    for (size_t j = 0; j <= strlen(b); j++)
        row[j] = j;
    for (size_t i = 1; i <= strlen(a); i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= strlen(b); j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[strlen(b)];
}

/* The name that differs in the fewest letters, or NULL where none is near. */
static const char *nearest(const char *name, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t length = strnlen(name, MAX_WORD), least = length / 3 + 1;
    for (size_t i = 0; length < MAX_WORD && i < n; i++) {
        size_t far = distance(name, names[i]);
        if (far < least || (far == least && best == NULL)) {
            least = far;
            best = names[i];
        }
    }
    return best;
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
    const char *near = nearest(name, names, n), *all[N_KEYS];
    if (near != NULL)
        return near;
    for (size_t i = 0; i < KEY_CASE_NAME; i++)
        all[i] = experiment_key_name(&experiment_keys[i]);
    near = nearest(name, all, KEY_CASE_NAME);
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
