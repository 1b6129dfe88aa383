/* Every measure through the program: what a file says of its variables, and networks of several depths. */
#include "cmd/shell.h"
#include "measure/measure.h"
#include "report/series.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hdf5.h>

#define BODY                                                                                                 \
    "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, outputs: 2, width: 12, depth: "    \
    "3}\n"                                                                                                   \
    "data: {inputs: gaussian, samples: 4}\n"

/* What papers and scripts call by name. */
static void known_variables_are_there(void **state)
{
    (void)state;
    static const char *const predicted[] = {"fisher_eig_mean",
                                            "fisher_eig_second_moment",
                                            "fisher_eig_max",
                                            "fisher_centred_eig_max",
                                            "fisher_eigvec_overlap",
                                            "fisher_eigenvalues",
                                            "softmax_eig_mean",
                                            "softmax_eig_second_moment",
                                            "softmax_eig_max",
                                            "layer_eig_mean",
                                            "layer_eig_second_moment",
                                            "layer_eig_max",
                                            "block_on",
                                            "block_off",
                                            "block_cross",
                                            "metric_eig_mean",
                                            "metric_eig_second_moment",
                                            "metric_eig_max",
                                            "ntk_eig_mean",
                                            "ntk_eig_second_moment",
                                            "ntk_eig_max",
                                            "fisher_rao_norm",
                                            "fisher_rao_norm_independent",
                                            "estimator_trace",
                                            "estimator_eig_max",
                                            "estimator_frobenius2"};
    static const char *const measured[] = {"unit_error_closed", "unit_error_quasi", "unit_error_gaussian",
                                           "ntk_kernel_error"};
    static const char *const only_predicted[] = {"softmax_eig_max_theory_low", "softmax_eig_max_theory_high",
                                                 "softmax_eig_max_theory_kernel"};
    for (size_t i = 0; i < sizeof predicted / sizeof *predicted; i++) {
        const struct measure_variable *v = measure_find_variable(predicted[i]);
        assert_true(v != NULL && v->predicted);
    }
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        const struct measure_variable *v = measure_find_variable(measured[i]);
        assert_true(v != NULL && !v->predicted && !v->only_predicted);
    }
    for (size_t i = 0; i < sizeof only_predicted / sizeof *only_predicted; i++) {
        const struct measure_variable *v = measure_find_variable(only_predicted[i]);
        assert_true(v != NULL && v->only_predicted);
    }
}

static void check_attribute(hid_t file, const char *variable, const char *name, const char *expected)
{
    char *text = NULL;
    if (H5Aexists_by_name(file, variable, name, H5P_DEFAULT) <= 0)
        fail_msg("%s has no %s", variable, name);
    const hid_t attribute = H5Aopen_by_name(file, variable, name, H5P_DEFAULT, H5P_DEFAULT),
                type = H5Aget_type(attribute);
    assert_true(H5Tis_variable_str(type) > 0);
    assert_true(H5Aread(attribute, type, &text) >= 0);
    if (text == NULL || *text == '\0' || (expected != NULL && strcmp(text, expected) != 0))
        fail_msg("%s: %s is \"%s\"", variable, name, text == NULL ? "" : text);
    H5free_memory(text);
    H5Tclose(type);
    H5Aclose(attribute);
}

static void check_variable(hid_t file, const struct measure_variable *v)
{
    char theory[128];
    snprintf(theory, sizeof theory, "%s_theory", v->name);
    const char *const names[] = {v->name, v->predicted ? theory : NULL};
    for (size_t i = 0; i < 2 && names[i] != NULL; i++) {
        if (H5Lexists(file, names[i], H5P_DEFAULT) <= 0)
            fail_msg("no %s", names[i]);
        check_attribute(file, names[i], "long_name", NULL);
        check_attribute(file, names[i], "formula", v->formula);
        check_attribute(file, names[i], "source", v->source);
        check_attribute(file, names[i], "units", "1");
    }
}

/* Runs an experiment and looks at all variables of the measures that can stand in it. alone: the only one;
 * NULL: all that can stand beside others. */
static void check_documentation(void **state, const char *text, const char *alone)
{
    char path[SCRATCH_PATH];
    shell_file(state, "x.yaml", text);
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    const hid_t file = H5Fopen(scratch_path(state, "x.h5", path), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    for (size_t m = 0; measure_registry[m] != NULL; m++)
        for (size_t v = 0; v < measure_registry[m]->n_variables; v++)
            if (alone == NULL ? measure_registry[m]->run_alone == NULL
                              : measure_find(alone) == measure_registry[m])
                check_variable(file, &measure_registry[m]->variables[v]);
    H5Fclose(file);
    unlink(path);
}

/* A file of all measures, one of each kind with a measure of its own, with what is saved on request. */
static void every_variable_is_documented_in_the_file(void **state)
{
    char text[1024] = "seed: 1\ntrials: 1\nsampler: weights\nsave: [eigenvalues]\n" BODY "measure: [fisher";
    for (size_t m = 1; measure_registry[m] != NULL; m++)
        if (measure_registry[m]->run_alone == NULL)
            strcat(strcat(text, ", "), measure_registry[m]->name);
    check_documentation(state, strcat(text, "]\n"), NULL);
    check_documentation(
        state,
        "kind: training\nseed: 1\ntrials: 1\n" BODY
        "training: {steps: 2, learning_rate: 0.1, boundary: true, isotropy: true, spectra: 1, "
        "schedule: [{step: 1, factor: 0.5}]}\n",
        "training");
    check_documentation(state,
                        "kind: singular_dynamics\nseed: 1\ntrials: 1\n"
                        "singular: {sample_size: 20, time: 1, times: 3}\n",
                        "singular_dynamics");
    check_documentation(
        state, "kind: singular_fisher\nseed: 1\ntrials: 1\nsingular: {sample_size: 20, distance: 0.5}\n",
        "singular_fisher");
    check_documentation(state,
                        "kind: singular_mixture\nseed: 1\ntrials: 1\n"
                        "singular: {sample_size: 20, proportion: 0.1, separation: 1}\n",
                        "singular_mixture");
}

static void open_result(void **state, const char *name, struct store_result *result)
{
    char path[SCRATCH_PATH];
    struct base_error error = {""};
    if (store_open(result, scratch_path(state, name, path), &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static struct store_array read_array(const struct store_result *result, const char *name)
{
    struct store_array array;
    struct base_error error = {""};
    if (store_read(result, name, &array, &error) != BASE_OK)
        fail_msg("%s", error.text);
    return array;
}

/* One number of a variable at layers l, m of a network; nan beyond its last layer `depth`. */
static double number_at(const struct store_array *array, size_t row, size_t depth, size_t l, size_t m)
{
    const size_t index = array->axis == MEASURE_LAYER_PAIR ? l * (depth + 1) + m : l;
    return l > depth || m > depth ? NAN : array->values[row * array->length + index];
}

/* Rows first_row.. of the sweep, whose deepest network has `deepest` layers, against all of a file of one
 * depth. Returns how many numbers there are. */
static size_t compare(const struct store_array *sweep, size_t first_row, size_t deepest,
                      const struct store_array *single, size_t n_rows, size_t depth)
{
    size_t numbers = 0;
    assert_int_equal(sweep->axis, single->axis);
    const size_t layers = sweep->axis == MEASURE_SCALAR ? 0 : deepest,
                 layers2 = sweep->axis == MEASURE_LAYER_PAIR ? deepest : 0;
    for (size_t row = 0; row < n_rows; row++)
        for (size_t l = 0; l <= layers; l++)
            for (size_t m = 0; m <= layers2; m++) {
                const double a = number_at(sweep, first_row + row, deepest, l, m),
                             b = number_at(single, row, depth, l, m);
                assert_true(a == b || (isnan(a) && isnan(b)));
                numbers += isnan(a) ? 0 : 1;
            }
    return numbers;
}

#define SWEPT                                                                                                \
    "seed: 1\n" BODY "measure: [blocks, layers, metric, norm]\nsweep: {depth: [2, 3, 4], width: [12, 15]}\n"
enum { N_WIDTHS = 2, N_TRIALS = 3 };

static void compare_depth(const struct store_result *sweep, const struct store_result *single, size_t i,
                          size_t depth)
{
    for (size_t v = 0; v < sweep->n_names; v++) {
        char theory[128];
        snprintf(theory, sizeof theory, "%s_theory", sweep->names[v]);
        for (size_t p = 0; p < 2; p++) {
            const char *name = p == 0 ? sweep->names[v] : theory;
            const size_t rows = p == 0 ? N_WIDTHS * N_TRIALS : N_WIDTHS;
            struct store_array a = read_array(sweep, name), b = read_array(single, name);
            const size_t numbers = compare(&a, i * rows, 4, &b, rows, depth);
            if (strcmp(name, "block_cross") == 0)
                assert_int_equal(numbers, rows * (depth - 1) * (depth - 2) / 2);
            else if (strcmp(name, "block_on_theory") == 0)
                assert_int_equal(numbers, rows * (depth - 1));
            else if (strncmp(name, "layer_", 6) == 0)
                assert_int_equal(numbers, rows * depth);
            store_array_free(&a);
            store_array_free(&b);
        }
    }
}

/* (Two layers have no pair, and those of the deepest network stand where its measure writes them: three
 * layers of four tell.) A sweep over depth has at each depth, by layer and by pair of layers, the bits that a
 * file of that depth has, and nan beyond; so has it after a stop and with more trials. */
static void depths_stand_side_by_side(void **state)
{
    static const char *const sweeps[] = {"all.h5", "more.h5"};
    shell_file(state, "x.yaml", SWEPT);
    shell_expect_only(state, "run x.yaml --set trials=3 -o all.h5", 0);
    shell_expect_only(state, "run x.yaml --set trials=1 -o more.h5", 0);
    shell_expect_only(state, "run x.yaml --set trials=3 -o more.h5", 0);
    for (size_t i = 0; i < 3; i++) {
        struct store_result single;
        const size_t depth = 2 + i;
        char command[128];
        snprintf(command, sizeof command, "run x.yaml --set trials=3 --set sweep.depth=[%zu] -o %zu.h5",
                 depth, depth);
        shell_expect_only(state, command, 0);
        snprintf(command, sizeof command, "%zu.h5", depth);
        open_result(state, command, &single);
        for (size_t s = 0; s < 2; s++) {
            struct store_result sweep;
            open_result(state, sweeps[s], &sweep);
            compare_depth(&sweep, &single, i, depth);
            store_result_free(&sweep);
        }
        store_result_free(&single);
    }
}

static void expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("lacks \"%s\":\n%s", part, text);
}

/* The same networks in rows and columns: a pair of layers that a network does not have is nan in `table` and
 * `theory`; `run --trial` prints what `table --trials` does; and what `theory` prints is judged as the stored
 * predictions are. */
static void pairs_of_layers_of_several_depths_are_printed(void **state)
{
    shell_file(state, "x.yaml", SWEPT);
    shell_expect_only(state, "run x.yaml --set trials=3 -o x.h5", 0);
    struct shell table = shell_expect(state, "table x.h5 block_cross", 0);
    expect(table.out, "case\tdepth\twidth\tlayer\tlayer2\tblock_cross\t");
    expect(table.out, "\ndefault\t2\t12\t1\t2\tnan\tnan\tnan\tnan\t0\n");
    assert_null(strstr(table.out, "\ndefault\t4\t12\t1\t2\tnan\t"));
    assert_null(strstr(table.out, "\ndefault\t3\t12\t1\t2\tnan\t"));
    assert_null(strstr(table.out, "\ndefault\t4\t15\t2\t3\tnan\t"));
    expect(table.out, "\ndefault\t4\t15\t3\t2\tnan\t");
    shell_free(&table);

    struct shell trial = shell_expect(
        state, "run x.yaml --set trials=3 --set 'measure=[blocks]' --trial 2 --at depth=4 --at width=15", 0);
    struct shell trials = shell_expect(state, "table --trials x.h5 block_cross", 0);
    char *pairs = strstr(trial.out, "\tblock_cross\n");
    assert_non_null(pairs);
    expect(trials.out, strchr(pairs, '\n') + 1);
    shell_free(&trial);
    shell_free(&trials);

    static const char widths[] = "--set 'sweep.width=[12, 20, 40, 80]' --set trials=20";
    char command[256];
    snprintf(command, sizeof command, "run x.yaml %s -o y.h5", widths);
    shell_expect_only(state, command, 0);
    snprintf(command, sizeof command, "theory x.yaml %s", widths);
    struct shell theory = shell_expect(state, command, 0), stored = shell_run(state, "verify y.h5"), own;
    expect(theory.out, "\tblock_cross[1,2]\t");
    expect(theory.out, "\tblock_cross[2,3]\t");
    shell_file(state, "mine.tsv", theory.out);
    own = shell_expect(state, "verify y.h5 --theory mine.tsv", stored.code);
    expect(stored.out, "\nblock_cross, layer 1, layer2 2: ");
    assert_string_equal(strstr(own.out, "\nverdict: "), strstr(stored.out, "\nverdict: "));
    shell_free(&theory);
    shell_free(&stored);
    shell_free(&own);
}

/* A prediction that is no statement about a limit, and one that says nothing of one output. */
static void what_is_not_judged_is_named(void **state)
{
    shell_file(state, "x.yaml",
               "seed: 1\ntrials: 2\n" BODY "measure: [softmax, estimators]\nsweep: {width: [12, 20, 40]}\n");
    shell_expect_only(state, "run x.yaml -o two.h5", 0);
    shell_expect_only(state, "run x.yaml --set 'sweep.outputs=[1, 2]' -o one.h5", 0);
    struct shell two = shell_run(state, "verify two.h5"), one = shell_run(state, "verify one.h5");
    expect(two.out, "\nestimator_eig_max: largest eigenvalue of the estimated Fisher matrix [beyond]\n"
                    "  not judged: the prediction is no statement about the limit of large width\n"
                    "estimator_eig_max: cannot be judged (0 agree, 0 disagree, 1 not judged)\n");
    expect(two.out, "\n  1 + c1 1/M + c2 1/M^2 : limit ");
    const char *mean = strstr(two.out, "\nsoftmax_eig_mean: mean eigenvalue");
    assert_non_null(mean);
    const char *limit = strstr(mean, " : limit ");
    assert_true(limit != NULL && limit < strstr(mean, "\nsoftmax_eig_second_moment: "));
    const char *one_output = strstr(one.out, "\nsoftmax_eig_mean: mean eigenvalue");
    assert_non_null(one_output);
    assert_non_null(one_output = strstr(one_output + 1, "\nsoftmax_eig_mean: ")); /* of two cases */
    assert_non_null(strstr(one_output, ", 1 not judged)\n"));
    assert_true(strstr(one_output, ", 1 not judged)\n") < strchr(one_output + 1, '\n'));
    shell_free(&two);
    shell_free(&one);
}

/* What the left-out powers may do, and 5 % more. */
static void an_interval_has_room_for_the_predictions_accuracy(void **state)
{
    struct store_result result;
    struct series_list list = {0};
    struct base_error error = {""};
    shell_file(state, "x.yaml",
               "seed: 1\ntrials: 3\nmeasure: [softmax]\nsweep: {width: [20, 40, 80]}\n"
               "network: {activation: relu, weight_variance: 2, bias_variance: 0.1, outputs: 2, depth: 3}\n"
               "data: {inputs: gaussian, samples: 60}\n");
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    open_result(state, "x.h5", &result);
    assert_int_equal(series_collect(&result, NULL, &list, &error), BASE_OK);
    assert_int_equal(list.n, 3);
    for (size_t i = 0; i < list.n; i++) {
        const struct series *s = &list.series[i];
        const size_t counts[] = {3, 3, 3};
        struct report_limit bare;
        assert_int_equal(s->state, SERIES_FITTED);
        assert_int_equal(report_limit_fit(s->n, s->widths, s->ratios, s->se, counts, s->n_powers, s->powers,
                                          &bare, &error),
                         BASE_OK);
        const bool is_max = strcmp(s->variable->name, "softmax_eig_max") == 0;
        assert_within(s->limit.model - bare.model, is_max ? 0.05 : 0, 1e-12 * (1 + bare.model));
    }
    series_list_free(&list);
    store_result_free(&result);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(known_variables_are_there),
    scratch_test(every_variable_is_documented_in_the_file),
    scratch_test(depths_stand_side_by_side),
    scratch_test(pairs_of_layers_of_several_depths_are_printed),
    scratch_test(what_is_not_judged_is_named),
    scratch_test(an_interval_has_room_for_the_predictions_accuracy),
};
const struct test_group tests_cmd_measures = TEST_GROUP(tests);
