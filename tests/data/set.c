/* The choice of samples, centring, normalising, targets; and the real MNIST where it is at hand. */
#include "files.h"

#include "store/scratch.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A source of numbers in memory. */
struct numbers {
    const double *items;
    const int *labels;
    size_t n, read;
};

static int numbers_next(struct data_source *source, double *item, int *label, bool *more,
                        struct base_error *error)
{
    (void)error;
    struct numbers *x = source->state;
    *more = x->read < x->n;
    if (!*more)
        return BASE_OK;
    memcpy(item, x->items + x->read * source->features, source->features * sizeof *item);
    if (source->labelled)
        *label = x->labels[x->read];
    x->read++;
    return BASE_OK;
}

static int read_numbers(struct data_set *set, size_t n, size_t features, const double *items,
                        const int *labels, const struct experiment_point *point, struct base_error *error)
{
    struct numbers x = {items, labels, n, 0};
    struct data_source source = {.path = "numbers",
                                 .features = features,
                                 .labelled = labels != NULL,
                                 .next = numbers_next,
                                 .state = &x};
    error->text[0] = '\0';
    return data_set_read(set, &source, point, error);
}

enum { N = 9, F = 4 };
static const double items[N * F] = {0.3, -1.25, 2,    5.5, 1,    1,    -0.5, 5.5, 2.5, 0.1, 0.2, 5.5,
                                    -3,  0.25,  0.75, 5.5, 0.6,  0.01, 4,    5.5, 7,   -2,  0.3, 5.5,
                                    1.1, 2.2,   3.3,  5.5, -0.2, 0.4,  9,    5.5, 3,   3,   -1,  5.5};
static const int labels[N] = {4, 2, 4, 9, 2, -1, 4, 9, 2};

static struct experiment_point point_of(int64_t samples, const char *center, const char *normalize)
{
    return (struct experiment_point){.samples = samples, .center = center, .normalize = normalize};
}

static void read_good(struct data_set *set, const struct experiment_point *point)
{
    struct base_error error;
    if (read_numbers(set, N, F, items, labels, point, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void the_first_samples_of_the_classes_are_taken(void **state)
{
    (void)state;
    static const int64_t classes[] = {9, 4};
    struct data_set set;
    struct experiment_point point = point_of(4, "false", "none");
    point.classes = (struct experiment_classes){2, classes};
    read_good(&set, &point);
    assert_int_equal(set.samples, 4);
    assert_int_equal(set.features, F);
    static const size_t places[] = {0, 2, 3, 6};
    for (size_t t = 0; t < 4; t++) {
        assert_int_equal(set.labels[t], labels[places[t]]);
        for (size_t i = 0; i < F; i++)
            assert_true(set.inputs[i * 4 + t] == items[places[t] * F + i]);
    }
    assert_int_equal(set.n_classes, 2);
    assert_int_equal(set.classes[0], 9); /* in the order of the experiment */
    assert_int_equal(set.classes[1], 4);
    data_set_free(&set);

    point = point_of(6, "false", "none"); /* all of them, and their labels in ascending order */
    read_good(&set, &point);
    assert_int_equal(set.n_classes, 4);
    for (size_t k = 0; k < 4; k++)
        assert_int_equal(set.classes[k], ((const int[]){-1, 2, 4, 9})[k]);
    for (size_t t = 0; t < 6; t++)
        assert_true(set.inputs[t] == items[t * F]);
    data_set_free(&set);
}

static void too_few_are_counted(void **state)
{
    (void)state;
    static const int64_t classes[] = {9, -1};
    struct data_set set;
    struct base_error error;
    struct experiment_point point = point_of(10, "false", "none");
    assert_int_equal(read_numbers(&set, N, F, items, labels, &point, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text, "numbers: it has 9 items, and `samples: 10` asks for more");
    assert_null(set.inputs);
    point = point_of(4, "false", "none");
    point.classes = (struct experiment_classes){2, classes};
    assert_int_equal(read_numbers(&set, N, F, items, labels, &point, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text,
                        "numbers: it has 3 items of the classes 9, -1, and `samples: 4` asks for more");
    assert_int_equal(read_numbers(&set, N, F, items, NULL, &point, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text,
                        "numbers: `classes` ask for labels, and `labels` does not say where they are");
    point.samples = 10000000; /* no room is made for what does not come */
    point.classes.n = 0;
    assert_int_equal(read_numbers(&set, N, F, items, NULL, &point, &error), BASE_BAD_INPUT);
}

/* Sums over samples and over features, by their definitions; feature 4 is the same in all. */
static void moments(const struct data_set *set, double mean[F], double variance[F], double *norm2)
{
    const size_t T = set->samples;
    for (size_t i = 0; i < F; i++) {
        mean[i] = variance[i] = 0;
        for (size_t t = 0; t < T; t++)
            mean[i] += set->inputs[i * T + t] / (double)T;
        for (size_t t = 0; t < T; t++)
            variance[i] += pow(set->inputs[i * T + t] - mean[i], 2) / (double)T;
    }
    for (size_t t = 0; t < T; t++) {
        norm2[t] = 0;
        for (size_t i = 0; i < F; i++)
            norm2[t] += set->inputs[i * T + t] * set->inputs[i * T + t];
    }
}

static void samples_and_features_are_scaled(void **state)
{
    (void)state;
    struct data_set set, plain;
    double mean[F], variance[F], norm2[N];
    static const char *const center[] = {"false", "true"};
    for (int c = 0; c < 2; c++) {
        struct experiment_point point = point_of(7, center[c], "none");
        read_good(&plain, &point);
        moments(&plain, mean, variance, norm2);
        for (size_t i = 0; i < F; i++) {
            double average = 0;
            for (size_t t = 0; t < 7; t++)
                average += items[t * F + i] / 7;
            assert_within(mean[i], c == 0 ? average : 0, 1e-14);
            for (size_t t = 0; t < 7; t++)
                assert_within(plain.inputs[i * 7 + t], items[t * F + i] - (c == 0 ? 0 : average), 1e-14);
        }
        for (int unit = 0; unit < 2; unit++) { /* the same direction, another length */
            point.normalize = unit ? "unit" : "sample";
            read_good(&set, &point);
            for (size_t t = 0; t < 7; t++)
                for (size_t i = 0; i < F; i++)
                    assert_within(set.inputs[i * 7 + t],
                                  plain.inputs[i * 7 + t] * sqrt((unit ? 1 : F) / norm2[t]), 1e-14);
            assert_true(set.word != plain.word && set.checksum == plain.checksum);
            data_set_free(&set);
        }
        point.normalize = "feature";
        read_good(&set, &point);
        for (size_t i = 0; i < F; i++)
            for (size_t t = 0; t < 7; t++)
                assert_within(set.inputs[i * 7 + t],
                              i == 3 ? 0 : (plain.inputs[i * 7 + t] - mean[i]) / sqrt(variance[i]), 1e-13);
        assert_true(set.inputs[3 * 7] == 0);
        data_set_free(&set);
        data_set_free(&plain);
    }
}

static void samples_without_length_are_refused(void **state)
{
    (void)state;
    struct data_set set;
    struct base_error error;
    static const double zero[] = {1, 2, 0, 0, 3, 4}, same[] = {0.1, 0.7, 0.1, 0.7, 0.1, 0.7};
    static const char *const scaled[] = {"sample", "unit"};
    for (int i = 0; i < 2; i++) {
        struct experiment_point point = point_of(3, "false", scaled[i]);
        assert_int_equal(read_numbers(&set, 3, 2, zero, NULL, &point, &error), BASE_BAD_INPUT);
        assert_memory_equal(error.text, "numbers: item 2 is 0 everywhere", 31);
        assert_null(set.inputs);
        point.center = "true"; /* what is left of equal numbers is no direction, but rounding */
        assert_int_equal(read_numbers(&set, 3, 2, same, NULL, &point, &error), BASE_BAD_INPUT);
        assert_memory_equal(error.text, "numbers: item 1 is 0 everywhere", 31);
    }
    static const char *const others[] = {"none", "feature"};
    for (int i = 0; i < 2; i++) {
        struct experiment_point point = point_of(3, "true", others[i]);
        assert_int_equal(read_numbers(&set, 3, 2, same, NULL, &point, &error), BASE_OK);
        for (size_t j = 0; j < 6; j++)
            assert_true(set.inputs[j] == 0);
        data_set_free(&set);
    }
}

static void numbers_are_finite(void **state)
{
    (void)state;
    struct data_set set;
    struct base_error error;
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1.1e100};
    for (size_t i = 0; i < 4; i++) {
        const double x[] = {1, 2, 3, bad[i]};
        struct experiment_point point = point_of(2, "false", "none");
        assert_int_equal(read_numbers(&set, 2, 2, x, NULL, &point, &error), BASE_BAD_INPUT);
        assert_memory_equal(error.text, "numbers: feature 2 of item 2 is ", 32);
        point.samples = 1; /* what is not taken is not looked at */
        assert_int_equal(read_numbers(&set, 2, 2, x, NULL, &point, &error), BASE_OK);
        data_set_free(&set);
    }
    const double large[] = {1e100, -1e100, 3e99, 1e99};
    struct experiment_point point = point_of(2, "true", "sample");
    assert_int_equal(read_numbers(&set, 2, 2, large, NULL, &point, &error), BASE_OK);
    assert_close(set.inputs[0] * set.inputs[0] + set.inputs[2] * set.inputs[2], 2, 1e-14);
    data_set_free(&set);
}

/* One number, one label, or another choice: another checksum or another word. */
static void changes_are_told(void **state)
{
    (void)state;
    struct data_set set, other;
    struct base_error error;
    struct experiment_point point = point_of(5, "false", "none");
    double changed[N * F];
    int changed_labels[N];
    memcpy(changed, items, sizeof items);
    memcpy(changed_labels, labels, sizeof labels);
    read_good(&set, &point);
    read_good(&other, &point);
    assert_true(set.checksum == other.checksum && set.word == other.word);
    data_set_free(&other);
    changed[5 * F] = 8; /* not chosen */
    assert_int_equal(read_numbers(&other, N, F, changed, labels, &point, &error), BASE_OK);
    assert_true(set.checksum == other.checksum);
    data_set_free(&other);
    changed[4 * F + 1] = nextafter(changed[4 * F + 1], 9);
    assert_int_equal(read_numbers(&other, N, F, changed, labels, &point, &error), BASE_OK);
    assert_true(set.checksum != other.checksum && set.word != other.word);
    data_set_free(&other);
    changed_labels[4] = 3;
    assert_int_equal(read_numbers(&other, N, F, items, changed_labels, &point, &error), BASE_OK);
    assert_true(set.checksum != other.checksum);
    data_set_free(&other);
    point.center = "true";
    read_good(&other, &point);
    assert_true(set.checksum == other.checksum && set.word != other.word);
    data_set_free(&other);
    data_set_free(&set);
}

static void targets_follow_the_classes(void **state)
{
    (void)state;
    static const int64_t classes[] = {9, 4};
    struct data_set set;
    struct base_error error;
    double targets[12];
    struct experiment_point point = point_of(4, "false", "none");
    point.classes = (struct experiment_classes){2, classes};
    read_good(&set, &point); /* labels 4, 4, 9, 4 */
    assert_int_equal(data_set_targets(&set, 1, targets, &error), BASE_OK);
    assert_memory_equal(targets, ((const double[]){-0.5, -0.5, 0.5, -0.5}), 4 * sizeof *targets);
    assert_int_equal(data_set_targets(&set, 2, targets, &error), BASE_OK);
    assert_memory_equal(targets, ((const double[]){0, 0, 1, 0, 1, 1, 0, 1}), 8 * sizeof *targets);
    assert_int_equal(data_set_targets(&set, 3, targets, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text, "2 classes need 2 outputs or 1, one for each; here are 3");
    data_set_free(&set);

    point.classes.n = 0;
    read_good(&set, &point); /* labels 4, 2, 4, 9 */
    assert_int_equal(data_set_targets(&set, 1, targets, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text, "3 classes need 3 outputs, one for each; here is 1");
    assert_int_equal(data_set_targets(&set, 3, targets, &error), BASE_OK);
    assert_memory_equal(targets, ((const double[]){0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1}), sizeof targets);
    data_set_free(&set);

    assert_int_equal(read_numbers(&set, N, F, items, NULL, &point, &error), BASE_OK);
    assert_int_equal(data_set_targets(&set, 1, targets, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "no labels"));
    data_set_free(&set);
}

/* Ten outputs are ten digits, whichever of them the samples have. */
static void outputs_without_a_sample_are_labels(void **state)
{
    (void)state;
    static const int64_t classes[] = {9, 4, 2};
    static const int of_sample[] = {4, 2, 4, 9, 2};
    struct data_set set;
    struct base_error error = {""};
    double targets[4 * 10], test_targets[10];
    struct experiment_point point = point_of(4, "false", "none");
    point.test_samples = 1;
    read_good(&set, &point);
    assert_int_equal(data_set_targets(&set, 10, targets, &error), BASE_OK);
    assert_int_equal(data_set_test_targets(&set, 10, test_targets, &error), BASE_OK);
    for (int k = 0; k < 10; k++)
        for (int t = 0; t < 5; t++)
            assert_true((t < 4 ? targets[k * 4 + t] : test_targets[k]) == (of_sample[t] == k));
    assert_int_equal(data_set_targets(&set, 9, targets, &error), BASE_BAD_INPUT); /* there is a 9 */
    data_set_free(&set);

    point.classes = (struct experiment_classes){3, classes};
    read_good(&set, &point);
    assert_int_equal(data_set_targets(&set, 10, targets, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text, "3 classes need 3 outputs, one for each; here are 10");
    data_set_free(&set);

    point = point_of(N, "false", "none"); /* −1 among them */
    read_good(&set, &point);
    assert_int_equal(data_set_targets(&set, 10, targets, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text, "4 classes need 4 outputs, one for each; here are 10");
    data_set_free(&set);
}

/* What is held out follows the samples, and is centred and scaled as they are, by the samples alone. */
static void held_out_samples_follow(void **state)
{
    (void)state;
    enum { T = 4, REST = 5 };
    static const char *const centers[] = {"false", "true"}, *const scales[] = {"none", "feature", "sample",
                                                                               "unit"};
    for (int i = 0; i < 8; i++) {
        struct data_set alone, both;
        double mean[F] = {0}, variance[F] = {0};
        struct experiment_point point = point_of(T, centers[i % 2], scales[i / 2]);
        read_good(&alone, &point);
        assert_int_equal(alone.test_samples, 0);
        point.test_samples = REST;
        read_good(&both, &point);
        assert_int_equal(both.samples, T);
        assert_int_equal(both.test_samples, REST);
        assert_true(both.word == alone.word && both.checksum != alone.checksum);
        assert_memory_equal(both.inputs, alone.inputs, T * F * sizeof(double));
        for (size_t j = 0; j < T * F; j++) {
            mean[j % F] += items[j] / T;
            variance[j % F] += items[j] * items[j] / T;
        }
        for (size_t t = 0; t < REST; t++) {
            double x[F], norm2 = 0;
            for (size_t j = 0; j < F; j++) {
                const double v = variance[j] - mean[j] * mean[j];
                x[j] = items[(T + t) * F + j] - (i % 2 == 1 || i / 2 == 1 ? mean[j] : 0);
                x[j] = i / 2 != 1 ? x[j] : j == 3 ? 0 : x[j] / sqrt(v);
                norm2 += x[j] * x[j];
            }
            for (size_t j = 0; j < F; j++)
                assert_within(both.test_inputs[j * REST + t],
                              i / 2 < 2 ? x[j] : x[j] * sqrt((i / 2 == 2 ? F : 1) / norm2), 1e-13);
        }
        data_set_free(&alone);
        data_set_free(&both);
    }
}

static void held_out_samples_have_targets(void **state)
{
    (void)state;
    static const int64_t classes[] = {9, 4};
    struct data_set set;
    struct base_error error;
    double targets[8];
    struct experiment_point point = point_of(2, "false", "none");
    point.test_samples = 3;
    point.classes = (struct experiment_classes){2, classes};
    read_good(&set, &point); /* labels 4, 4 and 9, 4, 9 */
    assert_int_equal(data_set_targets(&set, 1, targets, &error), BASE_OK);
    assert_memory_equal(targets, ((const double[]){-0.5, -0.5}), 2 * sizeof *targets);
    assert_int_equal(data_set_test_targets(&set, 1, targets, &error), BASE_OK);
    assert_memory_equal(targets, ((const double[]){0.5, -0.5, 0.5}), 3 * sizeof *targets);
    assert_int_equal(data_set_test_targets(&set, 2, targets, &error), BASE_OK);
    assert_memory_equal(targets, ((const double[]){1, 0, 1, 0, 1, 0}), 6 * sizeof *targets);
    data_set_free(&set);

    point.test_samples = 4; /* there are five of these classes */
    assert_int_equal(read_numbers(&set, N, F, items, labels, &point, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text, "numbers: it has 5 items of the classes 9, 4, and `samples: 2` and "
                                    "`test_samples: 4` after them ask for more");
    assert_null(set.test_inputs);
}

/* A damaged tail is told although the samples come before it. */
static void the_rest_of_the_file_is_looked_at(void **state)
{
    char path[SCRATCH_PATH];
    struct data_source source;
    struct data_set set;
    struct base_error error = {""};
    size_t size;
    struct experiment_point point = point_of(2, "false", "sample");
    unsigned char *bytes = files_idx_images(40, &size);
    scratch_path(state, "images", path);
    for (int cut = 0; cut < 2; cut++) {
        files_write(path, bytes, size - (size_t)cut, false);
        assert_int_equal(data_mnist_open(&source, path, "", &error), BASE_OK);
        assert_int_equal(data_set_read(&set, &source, &point, &error), cut ? BASE_BAD_INPUT : BASE_OK);
        assert_int_equal(strstr(error.text, "images: truncated") != NULL, cut);
        data_set_free(&set);
        data_source_close(&source);
    }
    free(bytes);
}

/* ---- MNIST's 10,000 test images: FISHERFIELD_DATA is the folder where they are */

static bool find_mnist(char images[SCRATCH_PATH], char labels_path[SCRATCH_PATH])
{
    const char *folder = getenv("FISHERFIELD_DATA");
    snprintf(images, SCRATCH_PATH, "%s/t10k-images-idx3-ubyte.gz", folder == NULL ? "" : folder);
    snprintf(labels_path, SCRATCH_PATH, "%s/t10k-labels-idx1-ubyte.gz", folder == NULL ? "" : folder);
    return folder != NULL && access(images, R_OK) == 0 && access(labels_path, R_OK) == 0;
}

/* Facts of MNIST: 980 zeros and 1028 sevens among the test images, the first five of which are 7, 2, 1, 0, 4.
 */
static void mnist_is_read(void **state)
{
    (void)state;
    char images[SCRATCH_PATH], labels_path[SCRATCH_PATH];
    static const int64_t classes[] = {0, 7};
    struct data_source source;
    struct data_set set;
    struct base_error error = {""};
    if (!find_mnist(images, labels_path)) {
        print_message("MNIST is not there (FISHERFIELD_DATA is its folder): not tested\n");
        skip();
    }
    struct experiment_point point = point_of(5, "false", "none");
    assert_int_equal(data_mnist_open(&source, images, labels_path, &error), BASE_OK);
    assert_int_equal(data_set_read(&set, &source, &point, &error), BASE_OK);
    assert_memory_equal(set.labels, ((const int[]){7, 2, 1, 0, 4}), 5 * sizeof(int));
    assert_int_equal(set.features, 784);
    for (size_t j = 0; j < 784 * 5; j++)
        assert_true(set.inputs[j] >= 0 && set.inputs[j] <= 1);
    data_set_free(&set);
    data_source_close(&source);

    point = point_of(2008, "false", "sample");
    point.classes = (struct experiment_classes){2, classes};
    assert_int_equal(data_mnist_open(&source, images, labels_path, &error), BASE_OK);
    assert_int_equal(data_set_read(&set, &source, &point, &error), BASE_OK);
    size_t zeros = 0;
    for (size_t t = 0; t < 2008; t++)
        zeros += set.labels[t] == 0;
    assert_int_equal(zeros, 980);
    data_set_free(&set);
    data_source_close(&source);
    point.samples++;
    assert_int_equal(data_mnist_open(&source, images, labels_path, &error), BASE_OK);
    assert_int_equal(data_set_read(&set, &source, &point, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "it has 2008 items of the classes 0, 7, and `samples: 2009`"));
    data_source_close(&source);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_first_samples_of_the_classes_are_taken),
    cmocka_unit_test(too_few_are_counted),
    cmocka_unit_test(samples_and_features_are_scaled),
    cmocka_unit_test(samples_without_length_are_refused),
    cmocka_unit_test(numbers_are_finite),
    cmocka_unit_test(changes_are_told),
    cmocka_unit_test(targets_follow_the_classes),
    cmocka_unit_test(outputs_without_a_sample_are_labels),
    cmocka_unit_test(held_out_samples_follow),
    cmocka_unit_test(held_out_samples_have_targets),
    scratch_test(the_rest_of_the_file_is_looked_at),
    cmocka_unit_test(mnist_is_read),
};
const struct test_group tests_data_set = TEST_GROUP(tests);
