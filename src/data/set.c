#include "data/data.h"

#include "base/memory.h"
#include "random/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

/* Relative: what is left of a difference is its rounding. */
static const double nothing = 1e-12;
/* Sums of squares do not overflow. */
static const double largest = 1e100;

/* The chosen items so far. */
struct chosen {
    size_t n, room, features;
    double *items;  /* (room, features) */
    int *labels;    /* (room) */
    size_t *places; /* (room) which item of the file each is, from 1 */
};

static void chosen_free(struct chosen *c)
{
    free(c->items);
    free(c->labels);
    free(c->places);
}

static int grow_array(void **array, size_t n, size_t room, size_t size, struct base_error *error)
{
    void *larger = base_alloc(room, size, error);
    if (larger == NULL)
        return BASE_FAILED;
    if (n > 0)
        memcpy(larger, *array, n * size);
    free(*array);
    *array = larger;
    return BASE_OK;
}

/* Room for one more, up to `most`. It grows as items come, for a file may have fewer than are asked for; and
 * a file of some bytes can unpack to more than there is memory. */
static int chosen_grow(struct chosen *c, size_t most, struct base_error *error)
{
    int status;
    char text[32];
    void *items = c->items, *labels = c->labels, *places = c->places;
    if (c->n < c->room)
        return BASE_OK;
    const size_t twice = 2 * c->room + 16, room = twice < most ? twice : most;
    const double bytes = (double)room * (double)c->features * sizeof *c->items;
    if (bytes > (double)base_memory_available())
        return base_fail(error, BASE_BAD_INPUT,
                         "the samples take more than %s, which this machine has not free",
                         base_format_bytes(bytes, text));
    status = grow_array(&items, c->n * c->features, room * c->features, sizeof *c->items, error);
    c->items = items;
    TRY(status);
    status = grow_array(&labels, c->n, room, sizeof *c->labels, error);
    c->labels = labels;
    TRY(status);
    status = grow_array(&places, c->n, room, sizeof *c->places, error);
    c->places = places;
    TRY(status);
    c->room = room;
out:
    return status;
}

static bool is_wanted(const struct experiment_classes *classes, int label)
{
    for (size_t i = 0; i < classes->n; i++)
        if (classes->values[i] == label)
            return true;
    return classes->n == 0;
}

static int check_size(size_t n, const double *x, size_t place, struct base_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= largest))
            return base_fail(error, BASE_BAD_INPUT,
                             "feature %zu of item %zu is %g; right are numbers up to %g", i + 1, place, x[i],
                             largest);
    return BASE_OK;
}

static int fail_few(const struct experiment_point *point, size_t n, struct base_error *error)
{
    char list[200] = "";
    for (size_t i = 0, used = 0; i < point->classes.n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%lld", i > 0 ? ", " : " of the classes ",
                                 (long long)point->classes.values[i]);
    if (point->test_samples > 0)
        return base_fail(
            error, BASE_BAD_INPUT,
            "it has %zu item%s%s, and `samples: %lld` and `test_samples: %lld` after them ask for "
            "more",
            n, n == 1 ? "" : "s", list, (long long)point->samples, (long long)point->test_samples);
    return base_fail(error, BASE_BAD_INPUT, "it has %zu item%s%s, and `samples: %lld` asks for more", n,
                     n == 1 ? "" : "s", list, (long long)point->samples);
}

/* The first `samples` items of the classes, and as many after them as are held out; the rest of the file is
 * looked through where that tells whether it is whole. */
static int choose(struct chosen *c, struct data_source *source, const struct experiment_point *point,
                  struct base_error *error)
{
    int status;
    const size_t samples = (size_t)(point->samples + point->test_samples);
    int label = 0;
    bool more = true;
    for (size_t place = 1; more && (c->n < samples || source->whole); place++) {
        TRY(chosen_grow(c, samples + 1, error)); /* one to look at what is not wanted */
        double *item = c->items + c->n * c->features;
        status = source->next(source, item, &label, &more, error);
        if (status != BASE_OK) /* it names the file */
            return status;
        if (!more || c->n == samples || !is_wanted(&point->classes, label))
            continue;
        TRY(check_size(c->features, item, place, error));
        c->labels[c->n] = label;
        c->places[c->n++] = place;
    }
    status = c->n < samples ? fail_few(point, c->n, error) : BASE_OK;
out:
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "%s", source->path);
}

static uint32_t checksum_of(const struct chosen *c, size_t n, bool labelled)
{
    const size_t row = c->features * sizeof *c->items;
    uLong sum = crc32_z(0, NULL, 0);
    for (size_t t = 0; t < n; t++)
        sum = crc32_z(sum, (const Bytef *)(c->items + t * c->features), row);
    if (labelled)
        sum = crc32_z(sum, (const Bytef *)c->labels, n * sizeof *c->labels);
    return (uint32_t)sum;
}

static double norm2(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

/* Subtracts the mean of x (T) from it and from y (n); an x that is the same everywhere becomes 0 exactly. */
static void centre(size_t T, double *x, size_t n, double *y)
{
    double sum = 0;
    const double before = norm2(T, x);
    for (size_t t = 0; t < T; t++)
        sum += x[t];
    for (size_t t = 0; t < T; t++)
        x[t] -= sum / (double)T;
    for (size_t t = 0; t < n; t++)
        y[t] -= sum / (double)T;
    if (norm2(T, x) <= nothing * nothing * before)
        memset(x, 0, T * sizeof *x);
}

static void centre_features(struct data_set *set)
{
    const size_t T = set->samples, n = set->test_samples;
    for (size_t i = 0; i < set->features; i++)
        centre(T, set->inputs + i * T, n, set->test_inputs + i * n);
}

/* A feature that is the same in all samples is 0 in what is held out, too: it has no scale. */
static void standardize_features(struct data_set *set)
{
    const size_t T = set->samples, n = set->test_samples;
    centre_features(set);
    for (size_t i = 0; i < set->features; i++) {
        double *x = set->inputs + i * T, *y = set->test_inputs + i * n;
        const double variance = norm2(T, x) / (double)T;
        for (size_t t = 0; t < T && variance > 0; t++)
            x[t] /= sqrt(variance);
        for (size_t t = 0; t < n; t++)
            y[t] = variance > 0 ? y[t] / sqrt(variance) : 0;
    }
}

/* |x(t)|² = length2 of samples (features, n) */
static int scale_samples(size_t features, size_t n, double *samples, double length2, const size_t *places,
                         struct base_error *error)
{
    for (size_t t = 0; t < n; t++) {
        double sum = 0;
        for (size_t i = 0; i < features; i++)
            sum += samples[i * n + t] * samples[i * n + t];
        if (!(sum > 0))
            return base_fail(
                error, BASE_BAD_INPUT,
                "item %zu is 0 everywhere, so it has no length to be scaled; leave it out, or take "
                "normalize: feature or none",
                places[t]);
        for (size_t i = 0; i < features; i++)
            samples[i * n + t] *= sqrt(length2 / sum);
    }
    return BASE_OK;
}

static int scale_all(struct data_set *set, double length2, const size_t *places, struct base_error *error)
{
    int status;
    TRY(scale_samples(set->features, set->samples, set->inputs, length2, places, error));
    TRY(scale_samples(set->features, set->test_samples, set->test_inputs, length2, places + set->samples,
                      error));
out:
    return status;
}

static int scale(struct data_set *set, const struct experiment_point *point, const size_t *places,
                 struct base_error *error)
{
    int status = BASE_OK;
    if (strcmp(point->center, "true") == 0)
        centre_features(set);
    if (strcmp(point->normalize, "sample") == 0)
        TRY(scale_all(set, (double)set->features, places, error));
    else if (strcmp(point->normalize, "unit") == 0)
        TRY(scale_all(set, 1, places, error));
    else if (strcmp(point->normalize, "feature") == 0)
        standardize_features(set);
out:
    return status;
}

static int ascending(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Those asked for, or those of the labels. */
static int list_classes(struct data_set *set, const struct experiment_classes *classes,
                        struct base_error *error)
{
    const size_t n = classes->n > 0 ? classes->n : set->samples + set->test_samples;
    set->classes = base_calloc(n, sizeof *set->classes, error);
    if (set->classes == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < classes->n; i++)
        set->classes[set->n_classes++] = (int)classes->values[i];
    set->any_class = classes->n == 0;
    if (!set->any_class)
        return BASE_OK;
    memcpy(set->classes, set->labels, n * sizeof *set->classes);
    qsort(set->classes, n, sizeof *set->classes, ascending);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || set->classes[i] != set->classes[set->n_classes - 1])
            set->classes[set->n_classes++] = set->classes[i];
    return BASE_OK;
}

static int fill(struct data_set *set, struct chosen *c, bool labelled, const struct experiment_point *point,
                struct base_error *error)
{
    int status;
    const size_t T = (size_t)point->samples, n = (size_t)point->test_samples, features = c->features;
    set->samples = T;
    set->test_samples = n;
    set->features = features;
    set->checksum = checksum_of(c, T + n, labelled);
    const uint64_t words[] = {checksum_of(c, T, labelled), random_word_text(point->center),
                              random_word_text(point->normalize)};
    set->word = random_stream(sizeof words / sizeof *words, words);
    TRY(base_got(set->inputs = base_alloc(features * T, sizeof *set->inputs, error)));
    TRY(base_got(set->test_inputs = base_alloc(features * n, sizeof *set->inputs, error)));
    for (size_t i = 0; i < features; i++) {
        for (size_t t = 0; t < T; t++)
            set->inputs[i * T + t] = c->items[t * features + i];
        for (size_t t = 0; t < n; t++)
            set->test_inputs[i * n + t] = c->items[(T + t) * features + i];
    }
    if (labelled) {
        set->labels = c->labels;
        c->labels = NULL;
        TRY(list_classes(set, &point->classes, error));
    }
    TRY(scale(set, point, c->places, error));
out:
    return status;
}

int data_set_read(struct data_set *set, struct data_source *source, const struct experiment_point *point,
                  struct base_error *error)
{
    int status;
    struct chosen chosen = {.features = source->features};
    memset(set, 0, sizeof *set);
    if (point->classes.n > 0 && !source->labelled)
        TRY(base_fail(error, BASE_BAD_INPUT,
                      "%s: `classes` ask for labels, and `labels` does not say where they are",
                      source->path));
    TRY(choose(&chosen, source, point, error));
    status = fill(set, &chosen, source->labelled, point, error);
    if (status != BASE_OK)
        base_fail_within(error, status, "%s", source->path);
out:
    chosen_free(&chosen);
    if (status != BASE_OK)
        data_set_free(set);
    return status;
}

void data_set_free(struct data_set *set)
{
    free(set->inputs);
    free(set->test_inputs);
    free(set->labels);
    free(set->classes);
    memset(set, 0, sizeof *set);
}

/* Whether output k is label k, for there are more outputs than labels that these samples happen to have. */
static bool are_labels(const struct data_set *set, size_t outputs)
{
    return set->any_class && outputs > set->n_classes && set->classes[0] >= 0 &&
           (size_t)set->classes[set->n_classes - 1] < outputs;
}

static size_t class_of(const struct data_set *set, size_t outputs, size_t t)
{
    size_t k = 0;
    if (are_labels(set, outputs))
        return (size_t)set->labels[t];
    while (set->classes[k] != set->labels[t])
        k++;
    return k;
}

static int check_outputs(const struct data_set *set, size_t outputs, struct base_error *error)
{
    if (set->labels == NULL)
        return base_fail(error, BASE_BAD_INPUT,
                         "the data have no labels, so there are no targets; give data.labels");
    if ((outputs == 1 && set->n_classes == 2) || outputs == set->n_classes || are_labels(set, outputs))
        return BASE_OK;
    return base_fail(error, BASE_BAD_INPUT, "%zu classes need %zu outputs%s, one for each; here %s %zu",
                     set->n_classes, set->n_classes, set->n_classes == 2 ? " or 1" : "",
                     outputs == 1 ? "is" : "are", outputs);
}

/* Of the samples first .. first+n-1. */
static void fill_targets(const struct data_set *set, size_t first, size_t n, size_t outputs, double *targets)
{
    for (size_t t = 0; t < n; t++) {
        const size_t class = class_of(set, outputs, first + t);
        for (size_t k = 0; k < outputs; k++)
            targets[k * n + t] =
                outputs == 1 && set->n_classes == 2 ? 0.5 - (double)class : (double)(class == k);
    }
}

int data_set_targets(const struct data_set *set, size_t outputs, double *targets, struct base_error *error)
{
    const int status = check_outputs(set, outputs, error);
    if (status == BASE_OK)
        fill_targets(set, 0, set->samples, outputs, targets);
    return status;
}

int data_set_test_targets(const struct data_set *set, size_t outputs, double *targets,
                          struct base_error *error)
{
    const int status = check_outputs(set, outputs, error);
    if (status == BASE_OK)
        fill_targets(set, set->samples, set->test_samples, outputs, targets);
    return status;
}
