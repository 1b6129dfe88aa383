/* Runs on inputs from files: found, shared, stored, told when they change. */
#include "sweep/sweep.h"

#include "data/files.h"
#include "experiment/files.h"
#include "store/scratch.h"
#include "sweep/point.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "seed: 3\ntrials: 3\n"
#define NETWORK                                                                                              \
    "network: {activation: tanh, weight_variance: 2.385, bias_variance: 0.1, depth: 3, outputs: 1, width: "  \
    "20}\n"

/* An experiment at FOLDER/x.yaml, loaded from there. */
static void load(void **state, const char *text, struct experiment *experiment)
{
    char path[SCRATCH_PATH];
    files_load_good(experiment, text, false, NULL);
    experiment->path =
        strdup(scratch_path(state, "x.yaml", path)); /* the folder that data are looked for in */
    assert_non_null(experiment->path);
}

static void unload(struct experiment *experiment)
{
    free(experiment->path);
    experiment_free(experiment);
}

static int run(const struct experiment *experiment, const char *path, int threads, struct base_error *error)
{
    struct sweep_summary summary;
    const struct store_provenance provenance = {"v", "b", "l", "k", "c", 0};
    const struct sweep_options options = {.threads = threads};
    error->text[0] = '\0';
    return sweep_run(experiment, path, &options, &provenance, &summary, error);
}

static void run_text(void **state, const char *text, const char *path, int threads)
{
    struct experiment e;
    struct base_error error;
    load(state, text, &e);
    if (run(&e, path, threads, &error) != BASE_OK)
        fail_msg("%s", error.text);
    unload(&e);
}

static void refuse(void **state, const char *text, const char *path, const char *fragment)
{
    struct experiment e;
    struct base_error error;
    load(state, text, &e);
    assert_int_equal(run(&e, path, 1, &error), BASE_BAD_INPUT);
    if (strstr(error.text, fragment) == NULL)
        fail_msg("\"%s\" in place of \"%s\"", error.text, fragment);
    unload(&e);
}

/* Points of the same data share them; others have their own, and M_0 is theirs. */
static void sets_are_shared(void **state)
{
    struct experiment e;
    struct store_layout layout;
    struct base_error error = {""};
    struct net_architecture *a = calloc(1, sizeof *a);
    size_t size;
    char path[SCRATCH_PATH];
    unsigned char *bytes = files_cifar10(9, &size);
    assert_non_null(a);
    files_idx(state, 30, true);
    files_write(scratch_path(state, "batch", path), bytes, size, false);
    free(bytes);
    load(state,
         HEAD "network: {activation: tanh, weight_variance: 2, bias_variance: 0.1, depth: 2, outputs: 1, "
              "profile: [3, 2]}\n"
              "data: {inputs: mnist, path: images, labels: labels, classes: [0, 7]}\n"
              "cases: [{name: a}, {name: b, classes: [7, 0]}, {name: c, inputs: gaussian},\n"
              "  {name: d, inputs: cifar10, path: batch, classes: [7]}]\n"
              "sweep: {width: [20, 30], samples: [3, 2]}\n",
         &e);
    if (sweep_layout_init(&layout, &e, &error) != BASE_OK)
        fail_msg("%s", error.text);
    assert_int_equal(layout.data.n, 6);
    assert_true(layout.data.bytes == sizeof(double) * (2 * (3 + 2) * 6 + (3 + 2) * 3072));
    for (size_t p = 0; p < e.n_points; p++) {
        const size_t c = experiment_point_case(&e, p), w = experiment_point_index(&e, p, 0),
                     s = experiment_point_index(&e, p, 1), M = w == 0 ? 20 : 30;
        static const size_t first[] = {0, 2, 6, 4};
        assert_int_equal(layout.data.of_point[p], c == 2 ? 6 : first[c] + s);
        assert_int_equal(sweep_point_architecture(&layout, p, a, &error), BASE_OK);
        const size_t M_0 = c == 2 ? 3 * M : c == 3 ? 3072 : 6;
        assert_int_equal(a->widths[0], M_0);
        assert_int_equal(a->widths[1], 2 * M);
        assert_true(a->P == (double)(2 * M * (M_0 + 1) + 2 * M + 1));
        assert_true(c == 2 ? a->inputs == NULL : a->inputs == layout.data.sets[first[c] + s].inputs);
    }
    /* the first seven and the first two zeros of the labels 7 0 1 0 …, scaled to length √6 */
    double norm2 = 0;
    const double *x = layout.data.sets[0].inputs;
    for (size_t i = 0; i < 6; i++)
        norm2 += pow(files_pixel(3, i), 2);
    for (size_t i = 0; i < 6; i++)
        assert_close(x[i * 3 + 2], files_pixel(3, i) * sqrt(6 / norm2), 1e-14);
    assert_int_equal(layout.data.sets[0].labels[0], 7);
    sweep_layout_free(&layout);
    unload(&e);
    free(a);
}

/* Whatever the threads, the bits are the same; theory says nothing rather than what holds for other inputs;
 * data and keys stand in the result. */
static void runs_are_the_same_bits(void **state)
{
    static const char text[] =
        HEAD NETWORK "data: {inputs: mnist, path: images, labels: labels, classes: [0, 7], samples: 9}\n"
                     "cases: [{name: a}, {name: b, activation: relu}]\n"
                     "sweep: {center: [true, false], normalize: [sample, feature]}\nsave: [eigenvalues]\n";
    char one[SCRATCH_PATH], two[SCRATCH_PATH];
    struct store_result result;
    struct store_array array;
    struct base_error error;
    const char *data;
    files_idx(state, 30, true);
    run_text(state, text, scratch_path(state, "1.h5", one), 1);
    run_text(state, text, scratch_path(state, "2.h5", two), 3);
    const char *names[] = {"fisher_eig_max", "fisher_eigenvalues"};
    for (size_t i = 0; i < 2; i++) {
        struct store_array other;
        assert_int_equal(store_open(&result, one, &error), BASE_OK);
        assert_int_equal(store_read(&result, names[i], &array, &error), BASE_OK);
        store_result_free(&result);
        assert_int_equal(store_open(&result, two, &error), BASE_OK);
        assert_int_equal(store_read(&result, names[i], &other, &error), BASE_OK);
        store_result_free(&result);
        const size_t n = 8 * 3 * array.length;
        assert_memory_equal(array.values, other.values, n * sizeof(double));
        for (size_t k = 0; k < n; k++)
            assert_true(isfinite(array.values[k]));
        if (i == 0) /* each point has numbers of its own */
            for (size_t k = 0; k < n; k++)
                for (size_t l = 0; l < k; l++)
                    assert_true(array.values[k] != array.values[l]);
        store_array_free(&array);
        store_array_free(&other);
    }
    assert_int_equal(store_open(&result, one, &error), BASE_OK);
    static const char *const predicted[] = {"fisher_eig_max_theory", "fisher_eig_mean_theory", "kappa1",
                                            "kappa2"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(store_read(&result, predicted[i], &array, &error), BASE_OK);
        for (size_t p = 0; p < 8; p++)
            assert_true(i < 2 ? array.values[p] > 0 : isnan(array.values[p]));
        store_array_free(&array);
    }
    assert_int_equal(store_read(&result, "parameters", &array, &error), BASE_OK);
    assert_true(array.values[0] == 20 * 7 + 20 * 21 + 21);
    store_array_free(&array);
    assert_int_equal(store_read_attribute(&result, "data", &data, &error), BASE_OK);
    assert_memory_equal(data, "images: 9 samples of 6 features, crc32 ", 39);
    assert_true(store_has(&result, "path") && store_has(&result, "labels"));
    store_result_free(&result);
}

/* A file that has changed is told, and the result stays as it was; one that is as it was is gone on with. */
static void changed_files_are_told(void **state)
{
    static const char three[] = HEAD NETWORK "data: {inputs: mnist, path: images, samples: 9}\n",
                      four[] =
                          "seed: 3\ntrials: 4\n" NETWORK "data: {inputs: mnist, path: images, samples: 9}\n",
                      other[] =
                          HEAD NETWORK "data: {inputs: mnist, path: images, samples: 9, center: true}\n";
    char path[SCRATCH_PATH], images[SCRATCH_PATH];
    size_t size, before, after;
    files_idx(state, 30, false);
    run_text(state, three, scratch_path(state, "x.h5", path), 1);
    run_text(state, three, path, 1);
    char *kept = scratch_read(path, &before);
    refuse(state, other, path, "`data.center: true` stands in the experiment alone");

    unsigned char *bytes = files_idx_images(30, &size);
    scratch_path(state, "images", images);
    bytes[16 + 9 * FILES_PIXELS - 1] ^= 1; /* the last number that is taken */
    files_write(images, bytes, size, true);
    refuse(state, three, path,
           "a data file has changed since it was begun: then `images: 9 samples of 6 features, "
           "crc32 ");
    refuse(state, four, path, "a data file has changed");
    bytes[16 + 9 * FILES_PIXELS - 1] ^= 1;
    bytes[16 + 9 * FILES_PIXELS] ^= 1; /* one that is not */
    files_write(images, bytes, size, true);
    char *now = scratch_read(path, &after);
    assert_int_equal(before, after);
    assert_memory_equal(kept, now, before);
    run_text(state, four, path, 1);
    unlink(images);
    refuse(state, four, path, "images: no such file");
    free(kept);
    free(now);
    free(bytes);
}

/* Nothing is made where the data are wrong, and the message says which. */
static void wrong_data_make_no_file(void **state)
{
    char path[SCRATCH_PATH];
    scratch_path(state, "x.h5", path);
    files_idx(state, 30, true);
    static const struct {
        const char *text, *fragment;
    } wrong[] = {
        {HEAD NETWORK "data: {inputs: mnist, path: image, samples: 2}\n",
         "x.yaml: data: image: no such file"},
        {HEAD NETWORK "data: {inputs: mnist, path: images, labels: images, samples: 2}\n",
         "images: no IDX file of labels"},
        {HEAD NETWORK "data: {inputs: cifar10, path: images, samples: 2}\n", "no CIFAR-10 file"},
        {HEAD NETWORK "data: {inputs: hdf5, path: images, samples: 2}\n", "Write FILE.h5:/DATASET"},
        {HEAD NETWORK "data: {inputs: hdf5, path: images:/x, samples: 2}\n", "images: not an HDF5 file"},
        {HEAD NETWORK "data: {inputs: mnist, path: images, labels: labels, classes: [0, 7], samples: 27}\n",
         "images: it has 22 items of the classes 0, 7, and `samples: 27` asks for more"},
        {HEAD NETWORK "data: {inputs: mnist, path: images, samples: 2}\n"
                      "sweep: {samples: [3, 31]}\n",
         "images: it has 30 items, and `samples: 31` asks for more"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        refuse(state, wrong[i].text, path, wrong[i].fragment);
        assert_int_equal(scratch_count(state), 2);
    }
}

/* A residual network is as wide as its inputs have features: six here. */
static void residual_networks_have_the_width_of_their_inputs(void **state)
{
    struct experiment e;
    struct store_layout layout;
    struct base_error error = {""};
    struct net_architecture *a = calloc(1, sizeof *a);
    char path[SCRATCH_PATH];
    const char *const text =
        HEAD "network: {architecture: residual, activation: tanh, weight_variance: 2, bias_variance: 0.1, "
             "depth: 2, outputs: 1}\n"
             "data: {inputs: mnist, path: images, samples: 4}\n"
             "sweep: {width: [6, 20]}\n";
    assert_non_null(a);
    files_idx(state, 30, true);
    load(state, text, &e);
    if (sweep_layout_init(&layout, &e, &error) != BASE_OK)
        fail_msg("%s", error.text);
    assert_int_equal(sweep_point_architecture(&layout, 0, a, &error), BASE_OK);
    assert_true(a->residual && a->inputs != NULL && a->widths[0] == 6 && a->P == 6 * 7 + 7);
    assert_int_equal(sweep_point_architecture(&layout, 1, a, &error), BASE_BAD_INPUT);
    sweep_layout_free(&layout);
    unload(&e);
    free(a);
    refuse(state, text, scratch_path(state, "x.h5", path),
           "network.width: a residual network of width 20 takes inputs of 20 features; these have 6, so its "
           "width must be 6");
    assert_int_equal(access(path, F_OK), -1);
}

/* In the experiment's folder first, else in the current one. */
static void relative_paths_are_found(void **state)
{
    char here[SCRATCH_PATH * 4], folder[SCRATCH_PATH], path[SCRATCH_PATH], file[SCRATCH_PATH];
    static const char text[] = HEAD NETWORK "data: {inputs: mnist, path: images, samples: 9}\n";
    static const char dataset[] =
        HEAD NETWORK "data: {inputs: hdf5, path: 'r.h5:/fisher_eigenvalues', samples: 2}\n";
    assert_non_null(getcwd(here, sizeof here));
    files_idx(state, 30, false);
    run_text(state, text, scratch_path(state, "x.h5", path), 1); /* beside it */
    scratch_path(state, "elsewhere", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(rename(scratch_path(state, "images", file), "images"), 0);
    run_text(state, text, path, 1); /* gone on with from the current folder */
    scratch_write("r.h5", "none", 4);
    refuse(state, dataset, path, "data: r.h5: not an HDF5 file");
    scratch_write(scratch_path(state, "r.h5", file), "none", 4);
    refuse(state, dataset, path, file); /* its folder's one goes first */
    assert_int_equal(unlink("images"), 0);
    assert_int_equal(unlink("r.h5"), 0);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Labels of the file are the targets of the empirical Fisher matrix, where `estimators` is measured, and only
 * there. */
static void labels_are_targets(void **state)
{
    static const char text[] =
        HEAD "network: {activation: tanh, weight_variance: 2, bias_variance: 0.1, depth: 2}\n"
             "data: {inputs: mnist, path: images, samples: 4, classes: [0, 7]}\nmeasure: [%s]\n"
             "sweep: {width: [20, 30]}\n"
             "cases: [{name: one, outputs: 1, labels: labels}, {name: two, outputs: 2, labels: labels},\n"
             "  {name: drawn, outputs: 3, inputs: gaussian}]\n";
    static const double one[] = {-0.5, 0.5, 0.5, -0.5}, two[] = {0, 1, 1, 0, 1, 0, 0, 1};
    static const double *const targets[] = {one, two};
    struct experiment e;
    struct store_layout layout;
    struct base_error error = {""};
    struct net_architecture *a = calloc(1, sizeof *a);
    char path[SCRATCH_PATH];
    assert_non_null(a);
    files_idx(state, 30, true);
    for (int measured = 0; measured < 2; measured++) {
        char filled[sizeof text + 20];
        snprintf(filled, sizeof filled, text, measured ? "fisher, estimators" : "fisher");
        load(state, filled, &e);
        if (sweep_layout_init(&layout, &e, &error) != BASE_OK)
            fail_msg("%s", error.text);
        assert_true(layout.data.bytes == sizeof(double) * (4 * 6 + (measured ? 4 + 8 : 0u)));
        for (size_t p = 0; p < 6; p++) { /* width fastest: both have the same */
            assert_int_equal(sweep_point_architecture(&layout, p, a, &error), BASE_OK);
            assert_true((a->targets != NULL) == (measured && p < 4));
            assert_ptr_equal(a->targets, layout.data.targets[p - p % 2]);
            for (size_t i = 0; i < a->CT && a->targets != NULL; i++)
                assert_true(a->targets[i] == targets[p / 2][i]);
        }
        sweep_layout_free(&layout);
        unload(&e);
    }
    free(a);
    scratch_path(state, "x.h5", path);
    refuse(state,
           HEAD NETWORK "data: {inputs: mnist, path: images, labels: labels, samples: 6}\n"
                        "measure: [estimators]\n",
           path, "x.yaml: measure estimators: network.outputs: 4 classes need 4 outputs");
    run_text(state,
             HEAD NETWORK "data: {inputs: mnist, path: images, samples: 6}\n"
                          "measure: [estimators]\n",
             path, 1);
}

enum { NARROW_AND_WIDE = 2, ESTIMATES = 4000 };

/* Mean and error of measured/theory of a variable of kinds, at [width][kind]. */
static void kind_ratios(const struct store_result *result, const char *name, double mean[NARROW_AND_WIDE][2],
                        double error_of[NARROW_AND_WIDE][2])
{
    struct store_array values, theory;
    struct base_error error;
    char predicted[100];
    snprintf(predicted, sizeof predicted, "%s_theory", name);
    assert_int_equal(store_read(result, name, &values, &error), BASE_OK);
    assert_int_equal(store_read(result, predicted, &theory, &error), BASE_OK);
    assert_true(values.length == 2 && theory.length == 2);
    for (size_t p = 0; p < NARROW_AND_WIDE; p++)
        for (size_t kind = 0; kind < 2; kind++) {
            double sum = 0, squares = 0;
            for (size_t t = 0; t < ESTIMATES; t++) {
                const double ratio =
                    values.values[(p * ESTIMATES + t) * 2 + kind] / theory.values[p * 2 + kind];
                sum += ratio / ESTIMATES;
                squares += ratio * ratio / ESTIMATES;
            }
            mean[p][kind] = sum;
            error_of[p][kind] = sqrt((squares - sum * sum) / (ESTIMATES - 1));
        }
    store_array_free(&values);
    store_array_free(&theory);
}

/* Trace and norm of the estimates on labelled data: the limit of large width of measured/theory, 2 r(2M) −
 * r(M), is 1. Eight tests at 4.5 standard errors, 5e-5 together were the averages Gaussian. Targets ±1/2 are
 * so small beside N(0, 1) that those would be far off. */
static void targets_agree_with_theory(void **state)
{
    static const char *const data[] = {"classes: [0, 7], samples: 5}\nsweep: {outputs: [1], ",
                                       "classes: [7, 0, 1], samples: 4}\nsweep: {outputs: [3], "};
    static const char *const names[] = {"estimator_trace", "estimator_frobenius2"};
    char path[SCRATCH_PATH], text[1000];
    files_idx(state, 30, true);
    for (size_t d = 0; d < 2; d++) {
        struct store_result result;
        struct base_error error;
        snprintf(text, sizeof text,
                 "seed: 8\ntrials: %d\nmeasure: [estimators]\n"
                 "network: {activation: tanh, weight_variance: 0.7, bias_variance: 0.02, depth: 3}\n"
                 "data: {inputs: mnist, path: images, labels: labels, %swidth: [120, 240]}\n",
                 ESTIMATES, data[d]);
        scratch_path(state, d == 0 ? "1.h5" : "3.h5", path);
        run_text(state, text, path, 0);
        assert_int_equal(store_open(&result, path, &error), BASE_OK);
        for (size_t v = 0; v < 2; v++) {
            double mean[NARROW_AND_WIDE][2], error_of[NARROW_AND_WIDE][2];
            kind_ratios(&result, names[v], mean, error_of);
            for (size_t kind = 0; kind < 2; kind++) {
                const double limit = 2 * mean[1][kind] - mean[0][kind],
                             deviation = hypot(2 * error_of[1][kind], error_of[0][kind]);
                print_message("%s %s: %.3f at M, %.3f at 2M, limit %.3f +- %.3f\n", names[v],
                              kind == 0 ? "sampled" : "empirical", mean[0][kind], mean[1][kind], limit,
                              deviation);
                assert_within(limit, 1, 4.5 * deviation);
            }
        }
        store_result_free(&result);
    }
}

/* The data count in the memory that a run may take. */
static void data_count_in_the_memory(void **state)
{
    char path[SCRATCH_PATH];
    size_t size;
    unsigned char *bytes = files_cifar10(100, &size);
    files_write(scratch_path(state, "batch", path), bytes, size, false);
    free(bytes);
    static const char text[] = HEAD NETWORK "data: {inputs: cifar10, path: batch, samples: 100}\nmemory: ";
    char five[400], seven[400];
    snprintf(five, sizeof five, "%s5MiB\n", text);
    snprintf(seven, sizeof seven, "%s7MiB\n", text);
    refuse(state, five, scratch_path(state, "x.h5", path),
           "one network takes at least 4.2 MiB with the conditional sampler beside its data's 2.3 MiB, more "
           "than "
           "`memory: 5.0 MiB`");
    run_text(state, seven, path, 1);
}

/* The mean and the standard error of λ_max over 40 networks. */
static double mean_of(const char *path, double *error_of_mean)
{
    struct store_result result;
    struct store_array array;
    struct base_error error;
    double sum = 0, squares = 0;
    assert_int_equal(store_open(&result, path, &error), BASE_OK);
    assert_int_equal(store_read(&result, "fisher_eig_max", &array, &error), BASE_OK);
    for (size_t t = 0; t < 40; t++) {
        sum += array.values[t];
        squares += array.values[t] * array.values[t];
    }
    store_array_free(&array);
    store_result_free(&result);
    *error_of_mean = sqrt((squares / 40 - sum * sum / 1600) / 39);
    return sum / 40;
}

/* MNIST, where it is at hand: both samplers, and a mean far above that of Gaussian inputs, for images have
 * much in common. 4.5σ: a false alarm in 150,000. */
static void samplers_agree_on_mnist(void **state)
{
    static const char *const data[] = {"gaussian", "mnist, path: %s/t10k-images-idx3-ubyte.gz, labels: "
                                                   "%s/t10k-labels-idx1-ubyte.gz, classes: [0, 7]"};
    static const char *const samplers[] = {"weights", "conditional"};
    const char *folder = getenv("FISHERFIELD_DATA");
    char path[SCRATCH_PATH], file[SCRATCH_PATH], inputs[1200], text[2000];
    double mean[2][2], error[2][2];
    snprintf(file, sizeof file, "%s/t10k-labels-idx1-ubyte.gz", folder == NULL ? "" : folder);
    if (folder == NULL || access(file, R_OK) != 0) {
        print_message("MNIST is not there (FISHERFIELD_DATA is its folder): not tested\n");
        skip();
    }
    for (int d = 0; d < 2; d++)
        for (int s = 0; s < 2; s++) {
            snprintf(inputs, sizeof inputs, data[d], folder, folder);
            snprintf(
                text, sizeof text,
                "seed: 5\ntrials: 40\nsampler: %s\n"
                "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, depth: 3, outputs: 1, "
                "width: 200}\ndata: {samples: 50, inputs: %s}\n",
                samplers[s], inputs);
            snprintf(file, sizeof file, "%d%d.h5", d, s);
            run_text(state, text, scratch_path(state, file, path), 0);
            mean[d][s] = mean_of(path, &error[d][s]);
        }
    for (int d = 0; d < 2; d++)
        assert_within(mean[d][0], mean[d][1], 4.5 * hypot(error[d][0], error[d][1]));
    assert_true(mean[1][0] > 1.5 * mean[0][0]);
}

static const struct CMUnitTest tests[] = {
    scratch_test(sets_are_shared),
    scratch_test(runs_are_the_same_bits),
    scratch_test(changed_files_are_told),
    scratch_test(wrong_data_make_no_file),
    scratch_test(residual_networks_have_the_width_of_their_inputs),
    scratch_test(relative_paths_are_found),
    scratch_test(data_count_in_the_memory),
    scratch_test(labels_are_targets),
    scratch_test(targets_agree_with_theory),
    scratch_test(samplers_agree_on_mnist),
};
const struct test_group tests_sweep_inputs = TEST_GROUP(tests);
