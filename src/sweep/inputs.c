/* The inputs that an experiment has in files, each set of them read once, and the targets that a measure
 * makes of their labels. */
#include "base/disk.h"
#include "base/memory.h"
#include "measure/measure.h"
#include "sweep/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct reader {
    const char *inputs;
    int (*open)(struct data_source *source, const char *path, const char *labels, struct base_error *error);
} readers[] = {{"mnist", data_mnist_open}, {"cifar10", data_cifar10_open}, {"hdf5", store_dataset_open}};

/* NULL: the inputs are Gaussian. */
static const struct reader *find_reader(const struct experiment_point *point)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(readers[i].inputs, point->inputs) == 0)
            return &readers[i];
    return NULL;
}

static bool same_classes(const struct experiment_classes *a, const struct experiment_classes *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->values, b->values, a->n * sizeof *a->values) == 0);
}

static bool same_inputs(const struct experiment_point *a, const struct experiment_point *b)
{
    return a->samples == b->samples && a->test_samples == b->test_samples &&
           same_classes(&a->classes, &b->classes) && strcmp(a->inputs, b->inputs) == 0 &&
           strcmp(a->path, b->path) == 0 && strcmp(a->labels, b->labels) == 0 &&
           strcmp(a->center, b->center) == 0 && strcmp(a->normalize, b->normalize) == 0;
}

/* A relative path is from the experiment's folder where it is a file there, else from the current one. To be
 * freed. A dataset's name after its file is no part of what is looked for. */
static char *find_file(const struct experiment *e, const char *path, struct base_error *error)
{
    char *folder = base_disk_folder(e->path), *beside = NULL, *found = NULL;
    if (folder != NULL && path[0] != '/' && path[0] != '\0' && strcmp(folder, ".") != 0 &&
        (beside = base_calloc(strlen(folder) + strlen(path) + 2, 1, error)) != NULL) {
        sprintf(beside, "%s/%s", folder, path);
        char *cut = NULL;
        for (char *at = beside; (at = strstr(at, ":/")) != NULL; at++)
            cut = at;
        bool exists = access(beside, F_OK) == 0;
        if (!exists && cut != NULL) {
            *cut = '\0';
            exists = access(beside, F_OK) == 0;
            *cut = ':';
        }
        if (exists)
            found = beside;
    }
    if (found == NULL) {
        free(beside);
        found = base_copy(path, error);
    }
    free(folder);
    return found;
}

static int read_set(struct data_set *set, const struct experiment *e, const struct experiment_point *point,
                    const struct reader *reader, struct base_error *error)
{
    int status;
    struct data_source source = {0};
    char *labels = NULL, *path = find_file(e, point->path, error);
    TRY(base_got(path));
    TRY(base_got(labels = find_file(e, point->labels, error)));
    TRY(reader->open(&source, path, labels, error));
    TRY(data_set_read(set, &source, point, error));
out:
    data_source_close(&source);
    free(labels);
    free(path);
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s: data", e->path);
}

/* Appends what was read, under the name that the user gave it. */
static int describe(struct data_sets *sets, const struct data_set *set, const char *path,
                    struct base_error *error)
{
    const size_t used = sets->text == NULL ? 0 : strlen(sets->text), room = used + strlen(path) + 120;
    char *text = base_calloc(room, 1, error);
    if (text == NULL)
        return BASE_FAILED;
    snprintf(text, room, "%s%s%s: %zu samples of %zu features, crc32 %08lx", used > 0 ? sets->text : "",
             used > 0 ? "\n" : "", path, set->samples, set->features, (unsigned long)set->checksum);
    free(sets->text);
    sets->text = text;
    return BASE_OK;
}

/* Index of the set of grid point `p`, which is read unless an earlier point has the same; first: (n) a point
 * of each set. */
static int take_set(struct data_sets *sets, const struct experiment *e, size_t p, size_t *first,
                    struct base_error *error)
{
    int status;
    const struct experiment_point *point = &e->points[p];
    for (size_t i = 0; i < sets->n; i++)
        if (same_inputs(&e->points[first[i]], point)) {
            sets->of_point[p] = i;
            return BASE_OK;
        }
    struct data_set *larger = base_calloc(sets->n + 1, sizeof *larger, error);
    TRY(base_got(larger));
    if (sets->n > 0)
        memcpy(larger, sets->sets, sets->n * sizeof *larger);
    free(sets->sets);
    sets->sets = larger;
    struct data_set *set = &sets->sets[sets->n];
    TRY(read_set(set, e, point, find_reader(point), error));
    first[sets->n] = p;
    sets->of_point[p] = sets->n++;
    sets->bytes += (double)set->features * (double)(set->samples + set->test_samples) * sizeof *set->inputs;
    TRY(describe(sets, set, point->path, error));
out:
    return status;
}

static const struct measure *find_targets_measure(const struct experiment *e)
{
    const struct measure *found = NULL;
    for (size_t i = 0; i < e->n_measures && found == NULL; i++) {
        const struct measure *measure = measure_find(e->measures[i]);
        found = measure->targets ? measure : NULL;
    }
    return found;
}

/* Whether the targets of a point are those of the one before it. */
static bool shares_targets(const struct data_sets *sets, const struct experiment *e, size_t p)
{
    return p > 0 && sets->of_point[p] == sets->of_point[p - 1] &&
           e->points[p].outputs == e->points[p - 1].outputs;
}

/* The targets of grid point `p`, whose inputs are `set`, for a measure that reads them. Without labels there
 * are none. */
static int take_targets(struct data_sets *sets, const struct experiment *e, size_t p,
                        const struct data_set *set, const struct measure *measure, struct base_error *error)
{
    int status;
    const size_t C = (size_t)e->points[p].outputs;
    if (set->labels == NULL)
        return BASE_OK;
    if (shares_targets(sets, e, p)) {
        sets->targets[p] = sets->targets[p - 1];
        sets->test_targets[p] = sets->test_targets[p - 1];
        return BASE_OK;
    }
    TRY(base_got(sets->targets[p] = base_calloc(C * set->samples, sizeof *sets->targets[p], error)));
    TRY(base_got(sets->test_targets[p] =
                     base_calloc(C * set->test_samples, sizeof *sets->test_targets[p], error)));
    sets->bytes += (double)C * (double)(set->samples + set->test_samples) * sizeof *sets->targets[p];
    status = data_set_targets(set, C, sets->targets[p], error);
    if (status == BASE_OK)
        status = data_set_test_targets(set, C, sets->test_targets[p], error);
    if (status != BASE_OK)
        TRY(base_fail_within(error, status, "%s: measure %s: network.outputs", e->path, measure->name));
out:
    return status;
}

static int read_all(struct data_sets *sets, const struct experiment *e, struct base_error *error)
{
    int status = BASE_OK;
    size_t files = 0, *first = NULL;
    const struct measure *measure = find_targets_measure(e);
    for (size_t p = 0; p < e->n_points; p++)
        files += find_reader(&e->points[p]) != NULL;
    if (files == 0)
        return BASE_OK;
    TRY(base_got(sets->of_point = base_calloc(e->n_points, sizeof *sets->of_point, error)));
    TRY(base_got(sets->targets = base_calloc(e->n_points, sizeof *sets->targets, error)));
    TRY(base_got(sets->test_targets = base_calloc(e->n_points, sizeof *sets->test_targets, error)));
    sets->n_points = e->n_points;
    TRY(base_got(first = base_calloc(files, sizeof *first, error)));
    for (size_t p = 0; p < e->n_points; p++)
        if (find_reader(&e->points[p]) != NULL)
            TRY(take_set(sets, e, p, first, error));
    for (size_t p = 0; p < e->n_points; p++)
        if (find_reader(&e->points[p]) == NULL)
            sets->of_point[p] = sets->n;
        else if (measure != NULL)
            TRY(take_targets(sets, e, p, &sets->sets[sets->of_point[p]], measure, error));
out:
    free(first);
    return status;
}

int sweep_layout_init(struct store_layout *layout, const struct experiment *experiment,
                      struct base_error *error)
{
    int status = store_layout_init(layout, experiment, error);
    if (status == BASE_OK)
        status = read_all(&layout->data, experiment, error);
    if (status != BASE_OK)
        sweep_layout_free(layout);
    return status;
}

void sweep_layout_free(struct store_layout *layout)
{
    struct data_sets *sets = &layout->data;
    for (size_t i = 0; i < sets->n; i++)
        data_set_free(&sets->sets[i]);
    free(sets->sets);
    for (size_t p = 0; p < sets->n_points; p++) {
        if (p > 0 && sets->targets[p] == sets->targets[p - 1])
            continue;
        free(sets->targets[p]);
        free(sets->test_targets[p]);
    }
    free(sets->targets);
    free(sets->test_targets);
    free(sets->of_point);
    free(sets->text);
    memset(sets, 0, sizeof *sets);
}
