/* What is written is what is read. */
#include "store/store.h"

#include "base/memory.h"
#include "store/h5.h"
#include "store/scratch.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <hdf5_hl.h>

static void open_good(struct store_result *result, const char *path)
{
    struct base_error error = {""};
    if (store_open(result, path, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void read_good(const struct store_result *result, const char *name, struct store_array *array)
{
    struct base_error error = {""};
    if (store_read(result, name, array, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

/* Every trial of variable v where written[point·trials + trial], NaN elsewhere. */
static void check_measured(const struct store_result *r, const struct scratch_sample *s, size_t v,
                           const uint8_t *written)
{
    struct store_array array;
    const size_t length = store_layout_length(&s->layout, v);
    read_good(r, s->layout.variables[v]->name, &array);
    assert_true(array.per_trial);
    assert_int_equal(array.length, length);
    assert_int_equal(array.axis, s->layout.variables[v]->axis);
    for (size_t k = 0; k < r->n_points * r->trials * length; k++) {
        const size_t network = k / length;
        const double value = scratch_value(v, network / r->trials, (int)(network % r->trials), k % length);
        assert_true(written[network] ? array.values[k] == value : isnan(array.values[k]));
    }
    store_array_free(&array);
}

static void check_predicted(const struct store_result *r, const char *name, size_t v, size_t length)
{
    struct store_array array;
    read_good(r, name, &array);
    assert_false(array.per_trial);
    assert_int_equal(array.length, length);
    for (size_t k = 0; k < r->n_points * length; k++)
        assert_true(array.values[k] == scratch_value(v, k / length, -1, k % length));
    store_array_free(&array);
}

static void every_number_comes_back(void **state)
{
    char path[SCRATCH_PATH], name[128];
    struct scratch_sample s;
    struct store_result r;
    struct store_array done;
    struct base_error error = {""};
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    const size_t trials = (size_t)s.experiment.trials, networks = s.experiment.n_points * trials;
    uint8_t *written = calloc(networks, 1), *mask = calloc(networks, 1);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    assert_int_equal(scratch_count(state), 1);

    struct store *store = scratch_open(&s, path, mask);
    for (size_t k = 0; k < networks; k++) {
        assert_int_equal(mask[k], 0);
        if ((written[k] = k % 7 == 3 || k == networks - 1))
            scratch_write_trial(store, &s, k / trials, k % trials);
    }
    assert_int_equal(store_close(store, 2.5, &error), BASE_OK);
    assert_int_equal(store_close(scratch_open(&s, path, mask), 0.25, &error), BASE_OK);
    assert_memory_equal(mask, written, networks);

    open_good(&r, path);
    assert_int_equal(r.n_points, s.experiment.n_points);
    assert_int_equal(r.trials, trials);
    assert_int_equal(r.n_names, s.layout.n_variables);
    for (size_t v = 0; v < s.layout.n_variables; v++) {
        assert_string_equal(r.names[v], s.layout.variables[v]->name);
        check_measured(&r, &s, v, written);
        snprintf(name, sizeof name, "%s_theory", r.names[v]);
        check_predicted(&r, name, v, store_layout_length(&s.layout, v));
    }
    assert_true(s.layout.n_all > s.layout.n_variables); /* second predictions have no trials */
    for (size_t v = s.layout.n_variables; v < s.layout.n_all; v++)
        check_predicted(&r, s.layout.variables[v]->name, v, store_layout_length(&s.layout, v));
    check_predicted(&r, "kappa1", 101, 1);
    check_predicted(&r, "kappa2", 102, 1);
    check_predicted(&r, "alpha", 103, 1);
    check_predicted(&r, "parameters", 104, 1);
    read_good(&r, "done", &done);
    for (size_t k = 0; k < networks; k++)
        assert_true(done.values[k] == written[k]);
    store_array_free(&done);
    store_result_free(&r);
    free(written);
    free(mask);
    scratch_sample_free(&s);
}

static void the_grid_comes_back(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct store_result r;
    struct base_error error = {""};
    const double widths[] = {20, 30, 45};
    double values[24];
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    open_good(&r, path);
    assert_int_equal(r.n_cases, 2);
    assert_string_equal(r.cases[0], "first");
    assert_string_equal(r.cases[1], "zweite");
    assert_int_equal(r.n_axes, 3);
    assert_string_equal(r.axes[0].key, "activation");
    assert_string_equal(r.axes[1].key, "width");
    assert_string_equal(r.axes[2].key, "weight_variance");
    assert_int_equal(r.axes[0].type, EXPERIMENT_STRING);
    assert_int_equal(r.axes[1].type, EXPERIMENT_INTEGER);
    assert_int_equal(r.axes[2].type, EXPERIMENT_REAL);
    assert_string_equal(r.axes[0].strings[1], "relu");
    assert_int_equal(r.axes[1].integers[2], 45);
    assert_true(r.axes[2].reals[0] == 2.385 && r.axes[2].reals[1] == 0.1);
    assert_int_equal(r.n_points, 24);

    assert_int_equal(store_read_key(&r, "width", values, &error), BASE_OK);
    for (size_t p = 0; p < 24; p++)
        assert_true(values[p] == widths[p / 2 % 3]);
    assert_int_equal(store_read_key(&r, "outputs", values, &error), BASE_OK);
    for (size_t p = 0; p < 24; p++)
        assert_true(values[p] == (p < 12 ? 1 : 2));
    assert_int_equal(store_read_key(&r, "weight_variance", values, &error), BASE_OK);
    assert_true(values[22] == 2.385 && values[23] == 0.1);
    assert_int_equal(store_read_key(&r, "activation", values, &error), BASE_BAD_INPUT);
    assert_int_equal(store_read_key(&r, "nothing", values, &error), BASE_BAD_INPUT);
    store_result_free(&r);
    scratch_sample_free(&s);
}

/* Names of the dimensions in order, "case,width"; and their labels must be the same. */
static void dimension_names(hid_t file, const char *variable, char names[128])
{
    char scale_name[64], label[64];
    const hid_t dataset = H5Dopen2(file, variable, H5P_DEFAULT);
    assert_true(dataset >= 0);
    const hid_t space = H5Dget_space(dataset);
    const int rank = H5Sget_simple_extent_ndims(space);
    names[0] = '\0';
    for (int d = 0; d < rank; d++) {
        assert_int_equal(H5DSget_num_scales(dataset, (unsigned)d), 1);
        assert_true(H5DSget_label(dataset, (unsigned)d, label, sizeof label) > 0);
        snprintf(names + strlen(names), 128 - strlen(names), "%s%s", d > 0 ? "," : "", label);
        const hid_t scale = H5Dopen2(file, label, H5P_DEFAULT);
        assert_true(scale >= 0 && H5DSis_scale(scale) > 0 &&
                    H5DSis_attached(dataset, scale, (unsigned)d) > 0);
        assert_true(H5DSget_scale_name(scale, scale_name, sizeof scale_name) > 0);
        assert_string_equal(scale_name, label);
        H5Dclose(scale);
    }
    H5Sclose(space);
    H5Dclose(dataset);
}

static void check_dimensions(hid_t file, const char *variable, const char *expected)
{
    char names[128];
    dimension_names(file, variable, names);
    assert_string_equal(names, expected);
}

static void dimensions_are_named_in_order(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    check_dimensions(file, "done", "case,activation,width,weight_variance,trial");
    check_dimensions(file, "fisher_eig_max", "case,activation,width,weight_variance,trial");
    check_dimensions(file, "fisher_eig_max_theory", "case,activation,width,weight_variance");
    check_dimensions(file, "kappa1", "case,activation,width,weight_variance");
    check_dimensions(file, "fisher_eigenvalues", "case,activation,width,weight_variance,trial,rank");
    check_dimensions(file, "fisher_eigenvalues_theory", "case,activation,width,weight_variance,rank");
    check_dimensions(file, "outputs", "case");
    check_dimensions(file, "samples", "case");
    assert_int_equal(H5Lexists(file, "weight_variance", H5P_DEFAULT), 1);
    H5Fclose(file);
    scratch_sample_free(&s);
}

/* A grid of two depths with a variable of every axis, put in place of the measures' own. */
static void layered_make(struct scratch_sample *s)
{
    static const struct measure_variable made_up[] = {
        {.name = "fisher_eig_mean", .long_name = "a", .formula = "f", .source = "s", .predicted = true},
        {.name = "layer_eig_mean",
         .long_name = "b",
         .formula = "f",
         .source = "s",
         .axis = MEASURE_LAYER,
         .predicted = true},
        {.name = "pair",
         .long_name = "c",
         .formula = "f",
         .source = "s",
         .axis = MEASURE_LAYER_PAIR,
         .predicted = true},
        {.name = "one_rank",
         .long_name = "d",
         .formula = "f",
         .source = "s",
         .axis = MEASURE_RANK,
         .predicted = true},
        {.name = "one_kind",
         .long_name = "e",
         .formula = "f",
         .source = "s",
         .axis = MEASURE_KIND,
         .predicted = true},
    };
    enum { N = sizeof made_up / sizeof *made_up };
    struct base_error error;
    scratch_sample_make(s, "seed: 1\ntrials: 3\nmeasure: [fisher]\n"
                           "network: {activation: tanh, weight_variance: 1, bias_variance: 0, outputs: 2}\n"
                           "data: {inputs: gaussian, samples: 5}\nsweep: {depth: [4, 2], width: [7, 9]}\n");
    for (size_t v = 0; v < s->layout.n_variables; v++)
        free(s->predictions.values[v]);
    assert_true(s->layout.n_variables == N);
    for (size_t v = 0; v < N; v++) {
        s->layout.variables[v] = &made_up[v];
        const size_t length = store_layout_length(&s->layout, v), n = s->experiment.n_points * length;
        s->predictions.values[v] = base_calloc(n, sizeof(double), &error);
        assert_non_null(s->predictions.values[v]);
        for (size_t k = 0; k < n; k++)
            s->predictions.values[v][k] = scratch_value(v, k / length, -1, k % length);
    }
}

/* All axes side by side: each number where it was put, under the names of its dimensions, before and after
 * more trials. */
static void every_axis_comes_back(void **state)
{
    static const char *const dimensions[] = {"case,depth,width,trial", "case,depth,width,trial,layer",
                                             "case,depth,width,trial,layer,layer2",
                                             "case,depth,width,trial,rank", "case,depth,width,trial,kind"};
    static const size_t lengths[] = {1, 5, 25, 10, 2};
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct store_result r;
    struct base_error error = {""};
    layered_make(&s);
    uint8_t written[12];
    memset(written, 1, sizeof written);
    scratch_fill(&s, scratch_path(state, "x.h5", path));
    for (int more = 0; more < 2; more++) {
        open_good(&r, path);
        assert_true(r.sizes[MEASURE_BY_LAYER] == 5 && r.sizes[MEASURE_BY_LAYER2] == 5);
        assert_true(r.sizes[MEASURE_BY_RANK] == 10 && r.sizes[MEASURE_BY_KIND] == 2);
        for (size_t v = 0; v < 5; v++) {
            assert_int_equal(store_layout_length(&s.layout, v), lengths[v]);
            if (more == 0)
                check_measured(&r, &s, v, written);
        }
        check_predicted(&r, "pair_theory", 2, 25);
        check_predicted(&r, "one_kind_theory", 4, 2);
        struct store_array grown;
        read_good(&r, "pair", &grown);
        for (size_t k = 0; k < r.n_points * r.trials * 25; k++) {
            const size_t trial = k / 25 % r.trials;
            const double value = scratch_value(2, k / 25 / r.trials, (int)trial, k % 25);
            assert_true(trial < 3 ? grown.values[k] == value : isnan(grown.values[k]));
        }
        store_array_free(&grown);
        store_result_free(&r);
        const struct store_provenance provenance = {"v", "b", "l", "k", "c", 1};
        s.experiment.trials = 5;
        if (more == 0 && store_extend(path, &s.layout, &s.predictions, &provenance, &error) != BASE_OK)
            fail_msg("%s", error.text);
    }
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t v = 0; v < 5; v++)
        check_dimensions(file, s.layout.variables[v]->name, dimensions[v]);
    H5Fclose(file);
    scratch_sample_free(&s);
}

static void coordinates_say_which(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    int64_t numbers[10];
    char *kinds[2];
    layered_make(&s);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    static const struct {
        const char *name;
        int64_t first, n;
    } counters[] = {{"layer", 0, 5}, {"layer2", 0, 5}, {"rank", 1, 10}};
    for (size_t i = 0; i < 3; i++) {
        assert_true(H5LTread_dataset(file, counters[i].name, H5T_NATIVE_INT64, numbers) >= 0);
        for (int64_t k = 0; k < counters[i].n; k++)
            assert_int_equal(numbers[k], counters[i].first + k);
    }
    const hid_t text = h5_text_type();
    assert_true(H5LTread_dataset(file, "kind", text, kinds) >= 0);
    assert_string_equal(kinds[0], "sampled");
    assert_string_equal(kinds[1], "empirical");
    H5free_memory(kinds[0]);
    H5free_memory(kinds[1]);
    H5Tclose(text);
    H5Fclose(file);
    scratch_sample_free(&s);
}

/* A dimension that no axis has, or one of another size, is not taken for numbers. */
static void unknown_dimensions_are_refused(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct store_result r;
    struct store_array array;
    struct base_error error = {""};
    layered_make(&s);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(H5Lmove(file, "layer2", H5L_SAME_LOC, "other", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    open_good(&r, path); /* layer2 has no length any more */
    assert_int_equal(store_read(&r, "pair", &array, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "unknown dimensions"));
    assert_int_equal(store_read(&r, "layer_eig_mean", &array, &error), BASE_OK);
    store_array_free(&array);
    store_result_free(&r);
    scratch_sample_free(&s);
}

static void one_value_makes_an_axis(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    scratch_sample_make(
        &s, "seed: 1\ntrials: 1\n"
            "network: {activation: tanh, weight_variance: 1, bias_variance: 0, outputs: 1, width: 10}\n"
            "data: {inputs: gaussian, samples: 5}\nsweep: {depth: [3]}\n");
    scratch_create(&s, scratch_path(state, "x.h5", path));
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    check_dimensions(file, "done", "case,depth,trial");
    check_dimensions(file, "width", "case");
    assert_int_equal(H5Lexists(file, "fisher_eigenvalues", H5P_DEFAULT), 0);
    assert_int_equal(H5Lexists(file, "rank", H5P_DEFAULT), 0);
    H5Fclose(file);
    scratch_sample_free(&s);
}

static void check_attribute(const struct store_result *r, const char *name, const char *expected)
{
    const char *text = NULL;
    struct base_error error = {""};
    assert_int_equal(store_read_attribute(r, name, &text, &error), BASE_OK);
    assert_non_null(text);
    if (expected != NULL)
        assert_string_equal(text, expected);
}

static void the_file_says_where_it_comes_from(void **state)
{
    char path[SCRATCH_PATH], host[256] = "", earliest[32], latest[32];
    const char *created, *missing = "x";
    const time_t before = time(NULL);
    struct tm utc;
    struct scratch_sample s;
    struct store_result r;
    struct base_error error = {""};
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_fill(&s, scratch_path(state, "x.h5", path));
    const time_t after = time(NULL);
    open_good(&r, path);
    check_attribute(&r, "title", "A grid");
    check_attribute(&r, "source", "KAA19");
    check_attribute(&r, "experiment", SCRATCH_EXPERIMENT);
    check_attribute(&r, "definition", s.experiment.definition);
    check_attribute(&r, "seed", "9007199254740993"); /* not a double */
    check_attribute(&r, "version", "1.2.3");
    check_attribute(&r, "build", "abc, gcc");
    check_attribute(&r, "libraries", "HDF5 x");
    check_attribute(&r, "blas_kernel", "Fast");
    check_attribute(&r, "threads", "7");
    check_attribute(&r, "command", "fisherfield run 'x y'");
    check_attribute(&r, "wall_seconds", "1.5");
    gethostname(host, sizeof host - 1);
    check_attribute(&r, "host", host);
    assert_int_equal(store_read_attribute(&r, "created", &created, &error), BASE_OK);
    strftime(earliest, sizeof earliest, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&before, &utc));
    strftime(latest, sizeof latest, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&after, &utc));
    assert_true(strcmp(earliest, created) <= 0 && strcmp(created, latest) <= 0);
    assert_int_equal(store_read_attribute(&r, "nothing", &missing, &error), BASE_OK);
    assert_null(missing);
    store_result_free(&r);
    scratch_sample_free(&s);
}

static void wall_seconds_add_up(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct store_result r;
    struct base_error error = {""};
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_fill(&s, scratch_path(state, "x.h5", path));
    assert_int_equal(store_close(scratch_open(&s, path, NULL), 0.25, &error), BASE_OK);
    open_good(&r, path);
    check_attribute(&r, "wall_seconds", "1.75");
    store_result_free(&r);
    scratch_sample_free(&s);
}

static void check_text(hid_t file, const char *variable, const char *attribute, const char *expected)
{
    char *text = NULL;
    struct base_error error = {""};
    const hid_t dataset = H5Dopen2(file, variable, H5P_DEFAULT);
    assert_true(dataset >= 0);
    assert_int_equal(h5_attribute_read_text(dataset, attribute, &text, &error), BASE_OK);
    if (text == NULL || (expected != NULL && strcmp(text, expected) != 0))
        fail_msg("%s:%s is \"%s\"", variable, attribute, text == NULL ? "" : text);
    free(text);
    H5Dclose(dataset);
}

static void every_variable_is_described(void **state)
{
    static const char *const others[] = {"kappa1", "kappa2", "alpha", "parameters"};
    char path[SCRATCH_PATH], name[128];
    struct scratch_sample s;
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t v = 0; v < s.layout.n_variables; v++) {
        const struct measure_variable *variable = s.layout.variables[v];
        for (int theory = 0; theory < 2; theory++) {
            snprintf(name, sizeof name, "%s%s", variable->name, theory ? "_theory" : "");
            check_text(file, name, "long_name", theory ? NULL : variable->long_name);
            check_text(file, name, "units", "1");
            check_text(file, name, "formula", variable->formula);
            check_text(file, name, "source", variable->source);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        check_text(file, others[i], "long_name", NULL);
        check_text(file, others[i], "units", "1");
        check_text(file, others[i], "formula", NULL);
        check_text(file, others[i], "source", NULL);
    }
    check_text(file, "width", "long_name", NULL);
    check_text(file, "outputs", "units", "1");
    check_text(file, "done", "long_name", NULL);
    H5Fclose(file);
    scratch_sample_free(&s);
}

/* A comment of a user may be longer than the 64 KiB of an HDF5 attribute in its object's header; text may be
 * UTF-8. */
static void long_experiments_fit(void **state)
{
    enum { LENGTH = 200000 };
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct store_result r;
    char *text = calloc(LENGTH + sizeof SCRATCH_EXPERIMENT + 64, 1);
    strcpy(text, "# κ₁ ");
    memset(text + strlen(text), 'x', LENGTH);
    strcat(text, "\n" SCRATCH_EXPERIMENT);
    scratch_sample_make(&s, text);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    open_good(&r, path);
    check_attribute(&r, "experiment", text);
    store_result_free(&r);
    scratch_sample_free(&s);
    free(text);
}

/* More than one global heap collection of them. */
static void many_names_come_back(void **state)
{
    enum { N = 400 };
    char path[SCRATCH_PATH], name[16], *text = calloc(N + 20, 32);
    struct scratch_sample s;
    struct store_result r;
    assert_non_null(text);
    size_t length =
        (size_t)sprintf(text, "seed: 1\ntrials: 1\ndata: {inputs: gaussian, samples: 2}\nnetwork: "
                              "{activation: tanh, weight_variance: 1, bias_variance: 0, depth: 2, "
                              "outputs: 1, width: 3}\ncases:\n");
    for (int i = 0; i < N; i++)
        length += (size_t)sprintf(text + length, "- {name: c%d}\n", i);
    scratch_sample_make(&s, text);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    open_good(&r, path);
    assert_int_equal(r.n_cases, N);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "c%d", i);
        assert_string_equal(r.cases[i], name);
    }
    store_result_free(&r);
    scratch_sample_free(&s);
    free(text);
}

struct counts {
    size_t all, allocated;
};

/* No assertion here: it would jump out of HDF5. */
static herr_t count_allocated(hid_t file, const char *name, const H5L_info_t *info, void *argument)
{
    (void)info;
    struct counts *counts = argument;
    H5D_space_status_t state = H5D_SPACE_STATUS_ERROR;
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    counts->all++;
    counts->allocated += H5Dget_space_status(dataset, &state) >= 0 && state == H5D_SPACE_STATUS_ALLOCATED;
    H5Dclose(dataset);
    return 0;
}

/* A full disk shows when the file is made, and a run changes nothing but numbers. */
static void all_space_is_there_from_the_start(void **state)
{
    char path[SCRATCH_PATH];
    size_t before, after;
    struct counts counts = {0, 0};
    struct scratch_sample s;
    struct base_error error;
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(H5Literate(file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, count_allocated, &counts) >= 0);
    H5Fclose(file);
    assert_true(counts.all > 20);
    assert_int_equal(counts.allocated, counts.all);

    free(scratch_read(path, &before));
    struct store *store = scratch_open(&s, path, NULL);
    for (size_t point = 0; point < s.experiment.n_points; point++)
        scratch_write_trial(store, &s, point, 1);
    assert_int_equal(store_close(store, 1, &error), BASE_OK);
    free(scratch_read(path, &after));
    assert_int_equal(before, after);
    scratch_sample_free(&s);
}

struct crash {
    const struct scratch_sample *sample;
    const char *path;
};

/* Writes three trials, flushes, writes more and dies without a word. */
static int crash(void *argument)
{
    const struct crash *c = argument;
    struct base_error error;
    struct store *store = scratch_open(c->sample, c->path, NULL);
    for (size_t trial = 0; trial < 3; trial++)
        scratch_write_trial(store, c->sample, 5, trial);
    if (store_flush(store, &error) != BASE_OK)
        return 1;
    for (size_t point = 6; point < 20; point++)
        scratch_write_trial(store, c->sample, point, 0);
    return 0;
}

static void a_crash_loses_only_what_was_not_flushed(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct store_result r;
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    assert_int_equal(scratch_fork(crash, &(struct crash){&s, path}), 0);
    open_good(&r, path);
    struct store_array done, measured;
    read_good(&r, "done", &done);
    for (size_t v = 0; v < s.layout.n_variables; v++) {
        const size_t length = store_layout_length(&s.layout, v);
        read_good(&r, s.layout.variables[v]->name, &measured);
        for (size_t k = 0; k < r.n_points * r.trials; k++) {
            assert_true(done.values[k] == (k / r.trials == 5 && k % r.trials < 3));
            for (size_t i = 0; done.values[k] != 0 && i < length; i++)
                assert_true(measured.values[k * length + i] ==
                            scratch_value(v, k / r.trials, (int)(k % r.trials), i));
        }
        store_array_free(&measured);
    }
    store_array_free(&done);
    store_result_free(&r);
    scratch_sample_free(&s);
}

static const struct CMUnitTest tests[] = {
    scratch_test(every_number_comes_back),
    scratch_test(the_grid_comes_back),
    scratch_test(dimensions_are_named_in_order),
    scratch_test(every_axis_comes_back),
    scratch_test(coordinates_say_which),
    scratch_test(unknown_dimensions_are_refused),
    scratch_test(one_value_makes_an_axis),
    scratch_test(the_file_says_where_it_comes_from),
    scratch_test(wall_seconds_add_up),
    scratch_test(every_variable_is_described),
    scratch_test(long_experiments_fit),
    scratch_test(many_names_come_back),
    scratch_test(all_space_is_there_from_the_start),
    scratch_test(a_crash_loses_only_what_was_not_flushed),
};
const struct test_group tests_store_file = TEST_GROUP(tests);
