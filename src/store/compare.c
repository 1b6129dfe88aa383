/* Whether a result file is of the experiment that would write to it. */
#include "store/compare.h"

#include "net/signals.h"
#include "store/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The line of `definition` that begins with the key (up to and with its colon) of `line`; NULL when there is
 * none. */
static const char *find_line(const char *definition, const char *line, size_t key_length)
{
    for (const char *at = definition; at != NULL && *at != '\0';
         at = strchr(at, '\n') != NULL ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, line, key_length) == 0)
            return at;
    return NULL;
}

/* BASE_BAD_INPUT naming the first line of `mine` that `theirs` has differently or not at all. */
static int compare_lines(const char *mine, const char *theirs, const char *mine_name, const char *theirs_name,
                         struct base_error *error)
{
    for (const char *line = mine; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        const size_t length = strcspn(line, "\n"), key = strcspn(line, ":\n") + 1;
        const char *other = find_line(theirs, line, key < length ? key : length);
        if (other == NULL)
            return base_fail(error, BASE_BAD_INPUT, "`%.*s` stands in %s alone", (int)length, line,
                             mine_name);
        if (strcspn(other, "\n") != length || strncmp(line, other, length) != 0)
            return base_fail(error, BASE_BAD_INPUT, "%s has `%.*s`, %s has `%.*s`", mine_name, (int)length,
                             line, theirs_name, (int)strcspn(other, "\n"), other);
    }
    return BASE_OK;
}

/* Trials of both versions in one file would not be what any one of them gives. */
static int check_random_version(hid_t file, struct base_error *error)
{
    int status;
    char *stored = NULL, mine[32];
    snprintf(mine, sizeof mine, "%d", NET_RANDOM_VERSION);
    TRY(h5_attribute_read_text(file, "random_version", &stored, error));
    if (stored == NULL || strcmp(stored, mine) != 0)
        TRY(base_fail(error, BASE_BAD_INPUT,
                      "a version of the program with other random numbers has sampled it (its attribute "
                      "`random_version` is %s, not %s); give another file with -o",
                      stored != NULL ? stored : "missing", mine));
out:
    free(stored);
    return status;
}

static int check_definition(const char *stored, const struct experiment *e, struct base_error *error)
{
    int status;
    struct base_error difference = {""};
    status = compare_lines(e->definition, stored, "the experiment", "the file", &difference);
    if (status == BASE_OK)
        status = compare_lines(stored, e->definition, "the file", "the experiment", &difference);
    if (status != BASE_OK)
        TRY(base_fail(error, BASE_BAD_INPUT,
                      "another experiment stands in it: %.1000s; give another file with -o",
                      difference.text));
out:
    return status;
}

/* The first line of its attribute `data` that differs. */
static int check_data(hid_t file, const char *mine, struct base_error *error)
{
    int status;
    char *stored = NULL;
    TRY(h5_attribute_read_text(file, "data", &stored, error));
    const char *theirs = stored != NULL ? stored : "", *own = mine != NULL ? mine : "";
    size_t at = 0;
    while (own[at] == theirs[at] && own[at] != '\0')
        at++;
    if (own[at] == theirs[at])
        goto out;
    while (at > 0 && own[at - 1] != '\n')
        at--;
    TRY(base_fail(
        error, BASE_BAD_INPUT,
        "a data file has changed since it was begun: then `%.*s`, now `%.*s`; give another file with -o",
        (int)strcspn(theirs + at, "\n"), theirs + at, (int)strcspn(own + at, "\n"), own + at));
out:
    free(stored);
    return status;
}

int store_experiment_check(hid_t file, const struct store_layout *layout, struct base_error *error)
{
    int status;
    char *stored = NULL;
    TRY(h5_attribute_read_text(file, "definition", &stored, error));
    if (stored == NULL)
        TRY(base_fail(error, BASE_FAILED, "it has no attribute `definition`"));
    TRY(check_definition(stored, layout->experiment, error));
    TRY(check_data(file, layout->data.text, error));
    TRY(check_random_version(file, error));
out:
    free(stored);
    return status;
}

int store_trials_read(hid_t done, const struct experiment *e, size_t *trials, struct base_error *error)
{
    int status;
    hsize_t sizes[H5_MAX_RANK];
    size_t networks;
    const hid_t space = H5Dget_space(done);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    TRY(h5_check(rank, error, "variable done"));
    if (rank != (int)e->n_axes + 2 || H5Sget_simple_extent_dims(space, sizes, NULL) != rank)
        TRY(base_fail(error, BASE_FAILED, "its variable `done` has %d dimensions, not %zu", rank,
                      e->n_axes + 2));
    *trials = (size_t)sizes[rank - 1];
    TRY(h5_dataset_count(done, &networks, error));
    if (networks != e->n_points * *trials)
        TRY(base_fail(error, BASE_FAILED, "its variable `done` has %zu numbers, not %zu", networks,
                      e->n_points * *trials));
out:
    h5_close(space);
    return status;
}

int store_trials_refuse(const struct experiment *e, size_t trials, struct base_error *error)
{
    return base_fail(error, BASE_BAD_INPUT,
                     "the experiment has `trials: %lld`, the file has `trials: %zu`, and no trial of it is "
                     "thrown away; give "
                     "another file with -o",
                     (long long)e->trials, trials);
}
