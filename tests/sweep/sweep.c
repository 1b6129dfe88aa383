/* Runs: the same bits however they were made, numerical trouble as NaN, and no file where nothing can be run.
 */
#include "sweep/runs.h"

#include "experiment/files.h"
#include "store/scratch.h"
#include "tests.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define HEAD "seed: 3\ntrials: 4\n"
#define NETWORK                                                                                              \
    "network: {activation: tanh, weight_variance: 2.385, bias_variance: 0.1, depth: 3, outputs: 2}\n"
#define DATA "data: {inputs: gaussian, samples: 7}\n"
#define CASES                                                                                                \
    "cases:\n"                                                                                               \
    "  - {name: tanh, activation: tanh, weight_variance: 2.385}\n"                                           \
    "  - {name: relu, activation: relu, weight_variance: 2}\n"                                               \
    "network: {bias_variance: 0.1, depth: 3, outputs: 2}\n" DATA
#define PLAIN HEAD CASES "sweep: {width: [20, 31, 47]}\n"

#define sweep_test(function) cmocka_unit_test_setup_teardown(function, scratch_make, scratch_drop)

static void open_good(struct store_result *result, const char *path)
{
    struct base_error error;
    if (store_open(result, path, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static double value_of(const char *path, const char *name, size_t at)
{
    struct store_result r;
    struct store_array array;
    struct base_error error = {""};
    open_good(&r, path);
    if (store_read(&r, name, &array, &error) != BASE_OK)
        fail_msg("%s", error.text);
    const double value = array.values[at];
    store_array_free(&array);
    store_result_free(&r);
    return value;
}

static void every_point_is_sampled_and_predicted(void **state)
{
    char path[SCRATCH_PATH], theory[128];
    struct store_result r;
    struct base_error error = {""};
    const struct sweep_summary summary =
        runs_good(PLAIN "save: [eigenvalues]\n", scratch_path(state, "x.h5", path), 2);
    assert_int_equal(summary.total, 24);
    assert_int_equal(summary.sampled, 24);
    assert_int_equal(summary.kept, 0);
    assert_int_equal(summary.unresolved, 0);
    assert_int_equal(summary.no_theory, 0);
    assert_int_equal(summary.threads, 2);
    assert_int_equal(scratch_count(state), 1);
    open_good(&r, path);
    for (size_t i = 0; i < r.n_names; i++)
        for (int k = 0; k < 2; k++) {
            struct store_array array;
            snprintf(theory, sizeof theory, "%s%s", r.names[i], k ? "_theory" : "");
            assert_int_equal(store_read(&r, theory, &array, &error), BASE_OK);
            for (size_t j = 0; j < r.n_points * (array.per_trial ? r.trials : 1) * array.length; j++)
                assert_true(isfinite(array.values[j]));
            store_array_free(&array);
        }
    store_result_free(&r);
}

/* P = Σ M_l (M_{l−1} + 1), M_0 = M_1 = M_2 = M, M_3 = 2 */
static void parameters_are_counted(void **state)
{
    char path[SCRATCH_PATH];
    runs_good(PLAIN, scratch_path(state, "x.h5", path), 1);
    assert_true(value_of(path, "parameters", 0) == 20 * 21 + 20 * 21 + 2 * 21);
    assert_true(value_of(path, "parameters", 5) == 47 * 48 + 47 * 48 + 2 * 48);
}

/* The moments of the stored eigenvalues are the stored moments: each row is one network's. */
static void a_row_is_one_network(void **state)
{
    char path[SCRATCH_PATH];
    struct store_result r;
    struct store_array all, mean, largest, parameters;
    struct base_error error = {""};
    runs_good(PLAIN "save: [eigenvalues]\n", scratch_path(state, "x.h5", path), 3);
    open_good(&r, path);
    assert_int_equal(store_read(&r, "fisher_eigenvalues", &all, &error), BASE_OK);
    assert_int_equal(store_read(&r, "fisher_eig_mean", &mean, &error), BASE_OK);
    assert_int_equal(store_read(&r, "fisher_eig_max", &largest, &error), BASE_OK);
    assert_int_equal(store_read(&r, "parameters", &parameters, &error), BASE_OK);
    assert_int_equal(all.length, 14);
    for (size_t k = 0; k < r.n_points * r.trials; k++) {
        double sum = 0;
        for (size_t i = 0; i < 14; i++)
            sum += all.values[14 * k + i];
        assert_close(sum / parameters.values[k / r.trials], mean.values[k], 1e-10);
        assert_close(all.values[14 * k], largest.values[k], 1e-8);
        assert_true(k == 0 || mean.values[k] != mean.values[k - 1]);
    }
    store_array_free(&all);
    store_array_free(&mean);
    store_array_free(&largest);
    store_array_free(&parameters);
    store_result_free(&r);
}

static void ranks_that_do_not_exist_are_nan(void **state)
{
    char path[SCRATCH_PATH];
    runs_good(HEAD NETWORK
              "data: {inputs: gaussian}\nsave: [eigenvalues]\nsweep: {width: [20], samples: [7, 3]}\n",
              scratch_path(state, "x.h5", path), 1);
    struct store_result r;
    struct store_array measured, theory;
    struct base_error error = {""};
    open_good(&r, path);
    assert_int_equal(store_read(&r, "fisher_eigenvalues", &measured, &error), BASE_OK);
    assert_int_equal(store_read(&r, "fisher_eigenvalues_theory", &theory, &error), BASE_OK);
    assert_int_equal(measured.length, 14);
    for (size_t k = 0; k < 2 * r.trials * 14; k++)
        assert_int_equal(isnan(measured.values[k]), k / (14 * r.trials) == 1 && k % 14 >= 6);
    for (size_t k = 0; k < 2 * 14; k++)
        assert_int_equal(isnan(theory.values[k]), k / 14 == 1 && k % 14 >= 6);
    store_array_free(&measured);
    store_array_free(&theory);
    store_result_free(&r);
}

#define LAYERED                                                                                              \
    "network: {activation: tanh, weight_variance: 2.385, bias_variance: 0.1, outputs: 2, width: 20}\n" DATA  \
    "measure: [fisher, layers]\nsweep: {depth: [2, 4, 1]}\n"

/* Layers are counted from 1 to the depth of each network. */
static void layers_that_do_not_exist_are_nan(void **state)
{
    static const char *const names[] = {"layer_eig_mean", "layer_trace_share", "layer_eig_max"};
    static const size_t depths[] = {2, 4, 1};
    char path[SCRATCH_PATH], theory[64];
    struct store_result r;
    runs_good(HEAD LAYERED, scratch_path(state, "x.h5", path), 2);
    open_good(&r, path);
    for (size_t i = 0; i < 3; i++) {
        struct store_array measured, predicted;
        struct base_error error = {""};
        snprintf(theory, sizeof theory, "%s_theory", names[i]);
        assert_int_equal(store_read(&r, names[i], &measured, &error), BASE_OK);
        assert_int_equal(store_read(&r, theory, &predicted, &error), BASE_OK);
        assert_int_equal(measured.axis, MEASURE_LAYER);
        assert_int_equal(measured.length, 5);
        for (size_t k = 0; k < 3 * r.trials * 5; k++) {
            const size_t layer = k % 5, depth = depths[k / 5 / r.trials];
            assert_int_equal(isfinite(measured.values[k]) != 0, layer >= 1 && layer <= depth);
        }
        for (size_t k = 0; k < 3 * 5; k++)
            assert_int_equal(isfinite(predicted.values[k]) != 0, k % 5 >= 1 && k % 5 <= depths[k / 5]);
        store_array_free(&measured);
        store_array_free(&predicted);
    }
    store_result_free(&r);
}

static void threads_change_no_bit(void **state)
{
    char one[SCRATCH_PATH], three[SCRATCH_PATH];
    runs_good(PLAIN "save: [eigenvalues]\n", scratch_path(state, "one.h5", one), 1);
    runs_good(PLAIN "save: [eigenvalues]\n", scratch_path(state, "three.h5", three), 3);
    scratch_compare(one, three, NULL);
}

static void saving_more_changes_no_bit(void **state)
{
    char less[SCRATCH_PATH], more[SCRATCH_PATH];
    runs_good(PLAIN, scratch_path(state, "less.h5", less), 1);
    runs_good(PLAIN "save: [eigenvalues]\nmemory: 100MiB\ntitle: Other\n",
              scratch_path(state, "more.h5", more), 1);
    scratch_compare(less, more, NULL);
}

static void the_rest_of_a_sweep_changes_no_bit(void **state)
{
    char all[SCRATCH_PATH], some[SCRATCH_PATH], one[SCRATCH_PATH];
    runs_good(PLAIN, scratch_path(state, "all.h5", all), 2);
    runs_good(HEAD CASES "sweep: {width: [47, 20]}\n", scratch_path(state, "some.h5", some), 1);
    scratch_compare(some, all, (const size_t[]){2, 0, 5, 3});
    runs_good(HEAD NETWORK DATA "sweep: {depth: [3], width: [31]}\n", scratch_path(state, "one.h5", one), 1);
    scratch_compare(one, all, (const size_t[]){1});
}

static void stopping_and_going_on_changes_no_bit(void **state)
{
    static const char text[] =
        "seed: 3\ntrials: 100\nsave: [eigenvalues]\n" CASES "sweep: {width: [20, 31, 47]}\n";
    char straight[SCRATCH_PATH], pieces[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error;
    size_t stops = 0, sampled = 0;
    int status;
    runs_good(text, scratch_path(state, "straight.h5", straight), 1);
    scratch_path(state, "pieces.h5", pieces);
    long wait = 10000;
    do {
        runs_stop_after(wait);
        wait += wait / 2;
        status = runs_try(text, pieces, 1 + (int)stops % 3, &runs_stop, NULL, &summary, &error);
        if (status != BASE_OK && status != BASE_STOPPED)
            fail_msg("%s", error.text);
        assert_int_equal(summary.kept, sampled);
        sampled += summary.sampled;
        stops += status == BASE_STOPPED;
    } while (status == BASE_STOPPED);
    runs_stop_after(0);
    assert_int_equal(sampled, 600);
    assert_true(stops > 0);
    scratch_compare(straight, pieces, NULL);
}

/* A stopped run is extended twice, trials in between missing, and ends as one run straight through. */
static void more_trials_change_no_bit(void **state)
{
    static const char four[] = "save: [eigenvalues]\n" PLAIN;
    static const char nine[] =
        "save: [eigenvalues]\nseed: 3\ntrials: 9\n" CASES "sweep: {width: [20, 31, 47]}\n";
    static const char thirty[] =
        "save: [eigenvalues]\nseed: 3\ntrials: 30\n" CASES "sweep: {width: [20, 31, 47]}\n";
    char straight[SCRATCH_PATH], grown[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error = {""};
    runs_good(thirty, scratch_path(state, "straight.h5", straight), 2);
    runs_stop = 1; /* before the first network */
    assert_int_equal(
        runs_try(four, scratch_path(state, "grown.h5", grown), 1, &runs_stop, NULL, &summary, &error),
        BASE_STOPPED);
    runs_good(nine, grown, 2);
    const double wall = value_of(grown, "fisher_eig_max", 0);
    summary = runs_good(thirty, grown, 2);
    assert_int_equal(summary.total, 180);
    assert_int_equal(summary.kept, 54);
    assert_int_equal(summary.sampled, 126);
    assert_true(value_of(grown, "fisher_eig_max", 0) == wall);
    scratch_compare(straight, grown, NULL);
    assert_int_equal(scratch_count(state), 2); /* nothing is left behind */
    assert_int_equal(runs_try(nine, grown, 1, NULL, NULL, &summary, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "`trials: 30`"));
    scratch_compare(straight, grown, NULL);
}

/* The same bits straight through, in pieces, extended, with other threads, and of one depth alone. */
static void layers_go_on_alike(void **state)
{
    char straight[SCRATCH_PATH], grown[SCRATCH_PATH], one[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error;
    runs_good("seed: 3\ntrials: 9\n" LAYERED, scratch_path(state, "straight.h5", straight), 1);
    runs_stop = 1;
    assert_int_equal(
        runs_try(HEAD LAYERED, scratch_path(state, "grown.h5", grown), 1, &runs_stop, NULL, &summary, &error),
        BASE_STOPPED);
    runs_good(HEAD LAYERED, grown, 3);
    assert_int_equal(runs_good("seed: 3\ntrials: 9\n" LAYERED, grown, 2).kept, 12);
    scratch_compare(straight, grown, NULL);

    runs_good(HEAD
              "network: {activation: tanh, weight_variance: 2.385, bias_variance: 0.1, outputs: 2, width: "
              "20}\n" DATA "measure: [layers]\nsweep: {depth: [2]}\n",
              scratch_path(state, "one.h5", one), 1);
    for (size_t layer = 0; layer < 3; layer++) {
        const double alone = value_of(one, "layer_eig_max", 3 + layer), /* trial 1 of sizes (1, 4, 3) */
            among = value_of(straight, "layer_eig_max", 5 + layer);     /* and of (3, 9, 5) */
        assert_true(layer == 0 ? isnan(alone) && isnan(among) : alone == among);
    }
}

/* In a process of its own, for HDF5 never frees a file that it could not close: the disk is full as far as it
 * sees. */
static int extend_without_room(void *path)
{
    struct sweep_summary summary;
    struct base_error error = {""};
    const struct rlimit room = {20000, 20000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &room) != 0)
        return 99;
    const int status = runs_try("seed: 3\ntrials: 4000\n" CASES "sweep: {width: [20, 31, 47]}\n", path, 1,
                                NULL, NULL, &summary, &error);
    return strstr(error.text, "x.h5: ") != NULL ? status : 98;
}

/* Where the larger file cannot be made the old one stays. */
static void a_failed_extension_loses_nothing(void **state)
{
    char path[SCRATCH_PATH];
    size_t size, after_size;
    runs_good(PLAIN, scratch_path(state, "x.h5", path), 1);
    char *before = scratch_read(path, &size);
    assert_int_equal(scratch_fork(extend_without_room, path), BASE_FAILED);
    char *after = scratch_read(path, &after_size);
    assert_int_equal(after_size, size);
    assert_memory_equal(before, after, size);
    assert_int_equal(scratch_count(state), 1);
    free(before);
    free(after);
}

static void a_stop_leaves_a_whole_file(void **state)
{
    char path[SCRATCH_PATH], straight[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error;
    const sig_atomic_t stopped = 1;
    scratch_path(state, "x.h5", path);
    assert_int_equal(runs_try(PLAIN, path, 2, &stopped, NULL, &summary, &error), BASE_STOPPED);
    assert_non_null(strstr(error.text, "stopped early"));
    assert_int_equal(summary.sampled, 0);
    assert_true(isnan(value_of(path, "fisher_eig_max", 0)) && value_of(path, "done", 0) == 0);
    assert_true(isfinite(value_of(path, "fisher_eig_max_theory", 0)));
    assert_int_equal(runs_good(PLAIN, path, 2).sampled, 24);
    runs_good(PLAIN, scratch_path(state, "straight.h5", straight), 1);
    scratch_compare(straight, path, NULL);
}

/* All is there: there is nothing to stop, and the numbers stay. */
static void a_finished_run_stays_finished(void **state)
{
    char path[SCRATCH_PATH], again[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error;
    size_t size;
    const sig_atomic_t stopped = 1;
    runs_good(PLAIN, scratch_path(state, "x.h5", path), 2);
    char *bytes = scratch_read(path, &size);
    scratch_write(scratch_path(state, "before.h5", again), bytes, size);
    free(bytes);
    assert_int_equal(runs_try(PLAIN, path, 2, &stopped, NULL, &summary, &error), BASE_OK);
    assert_int_equal(summary.kept, 24);
    assert_int_equal(summary.sampled, 0);
    scratch_compare(again, path, NULL);
}

static void memory_is_checked_before_a_file_is_made(void **state)
{
    char path[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error;
    static const char text[] = HEAD CASES "sampler: weights\nmemory: 1MiB\nsweep: {width: [20, 4000]}\n";
    assert_int_equal(runs_try(text, scratch_path(state, "x.h5", path), 1, NULL, NULL, &summary, &error),
                     BASE_BAD_INPUT);
    if (strstr(error.text, "case tanh, width 4000: one network takes") == NULL ||
        strstr(error.text, "`memory: 1.0 MiB`") == NULL)
        fail_msg("%s", error.text);
    assert_int_equal(scratch_count(state), 0);

    static const char huge[] =
        HEAD "network: {activation: relu, weight_variance: 2, bias_variance: 0.1, depth: 3, outputs: 2, "
             "width: 100000000}\n" DATA "sampler: weights\nmemory: 1000TiB\n";
    assert_int_equal(runs_try(huge, path, 1, NULL, NULL, &summary, &error), BASE_BAD_INPUT);
    if (strstr(error.text, "case default, width 100000000: ") == NULL ||
        strstr(error.text, "this machine has") == NULL)
        fail_msg("%s", error.text);
    assert_int_equal(scratch_count(state), 0);
}

static void plan_of(struct sweep_plan *plan, const char *text, int threads, size_t networks)
{
    struct experiment experiment;
    struct store_layout layout;
    struct base_error error = {""};
    files_load_good(&experiment, text, false, NULL);
    assert_int_equal(store_layout_init(&layout, &experiment, &error), BASE_OK);
    assert_int_equal(sweep_plan_init(plan, &layout, threads, networks, &error), BASE_OK);
    experiment_free(&experiment);
}

/* Trials side by side while there are trials and memory; what threads are left go inside the networks. */
static void threads_fit_the_trials_and_the_memory(void **state)
{
    (void)state;
    struct sweep_plan plan;
    static const char wide[] = HEAD CASES "sampler: weights\nmemory: 100MiB\nsweep: {width: [20, 1000]}\n",
                      tight[] = HEAD CASES "sampler: weights\nmemory: 8MiB\nsweep: {width: [20, 1000]}\n";
    plan_of(&plan, wide, 1, 100);
    assert_int_equal(plan.networks_at_once * plan.threads_inside, 1);
    assert_true(plan.bytes > 8e6 && plan.bytes < 16e6); /* the M² weights of W², and little else */
    assert_ptr_equal(plan.samplers[0], &net_sampler_weights);
    assert_true(plan.costs[1] > 100 * plan.costs[0]);
    assert_false(plan.regenerated[1]);
    sweep_plan_free(&plan);

    plan_of(&plan, wide, 1, 1); /* one alone keeps nothing */
    assert_true(plan.bytes < 8e6);
    assert_true(plan.regenerated[1]);
    sweep_plan_free(&plan);

    plan_of(&plan, tight, 4, 100);
    assert_true(plan.networks_at_once * plan.threads_inside >= 2);
    assert_true(plan.networks_at_once * plan.bytes <= 8 * 1048576);
    sweep_plan_free(&plan);
    plan_of(&plan, tight, 1, 100);
    assert_true(plan.bytes > 6e6 && plan.bytes <= 8 * 1048576); /* what fits is kept */
    assert_true(plan.regenerated[1] && !plan.regenerated[0]);
    sweep_plan_free(&plan);

    plan_of(&plan, HEAD CASES "sweep: {width: [2000]}\n", 16, 5);
    assert_int_equal(plan.networks_at_once, 5);
    assert_int_equal(plan.threads_inside, 3);
    sweep_plan_free(&plan);
    plan_of(&plan, HEAD CASES "sweep: {width: [20]}\n", 16, 4);
    assert_int_equal(plan.networks_at_once, 4);
    assert_int_equal(plan.threads_inside, 1); /* there is one panel */
    sweep_plan_free(&plan);
}

/* At weight variance 5.3e76 the order parameters are finite and the sums over units are not. */
static void what_overflows_is_nan(void **state)
{
    static const char *const samplers[] = {"weights", "conditional"};
    for (size_t i = 0; i < 2; i++) {
        char path[SCRATCH_PATH], text[512];
        struct sweep_summary summary;
        snprintf(text, sizeof text,
                 HEAD
                 "network: {activation: relu, bias_variance: 0.1, depth: 4, outputs: 1, width: 50}\n" DATA
                 "sampler: %s\nsave: [eigenvalues]\nsweep: {weight_variance: [2, 5.3e76, 3]}\n",
                 samplers[i]);
        summary = runs_good(text, scratch_path(state, samplers[i], path), 2);
        assert_int_equal(summary.sampled, 12);
        assert_int_equal(summary.unresolved, 4);
        if (strstr(summary.why_unresolved, "case default, width 50, weight_variance 5.3e+76, trial ") == NULL)
            fail_msg("%s", summary.why_unresolved);
        for (size_t network = 0; network < 12; network++) {
            assert_true(value_of(path, "done", network) == 1);
            assert_int_equal(isnan(value_of(path, "fisher_eig_max", network)), network / 4 == 1);
            assert_int_equal(isnan(value_of(path, "fisher_eigenvalues", 7 * network)), network / 4 == 1);
        }
        assert_int_equal(runs_good(text, path, 2).sampled, 0);
    }
}

static void theory_that_overflows_is_nan(void **state)
{
    static const char text[] =
        "seed: 1\ntrials: 2\nnetwork: {activation: relu, bias_variance: 0.1, outputs: 1, width: 20, "
        "weight_variance: 1e30}\n" DATA "sweep: {depth: [3, 40]}\n";
    char path[SCRATCH_PATH];
    const struct sweep_summary summary = runs_good(text, scratch_path(state, "x.h5", path), 2);
    assert_int_equal(summary.no_theory, 1);
    if (strstr(summary.why_no_theory, "case default, width 20, depth 40: ") == NULL ||
        strstr(summary.why_no_theory, "overflows") == NULL)
        fail_msg("%s", summary.why_no_theory);
    assert_true(isfinite(value_of(path, "fisher_eig_max_theory", 0)));
    assert_true(isfinite(value_of(path, "fisher_eig_max", 0)));
    assert_true(isnan(value_of(path, "fisher_eig_max_theory", 1)));
    assert_true(isnan(value_of(path, "kappa1", 1)));
    assert_true(value_of(path, "parameters", 1) == 39 * 20 * 21 + 21);
    assert_int_equal(summary.unresolved, 2);
    assert_true(value_of(path, "done", 3) == 1);
}

static void a_missing_folder_is_an_error(void **state)
{
    char path[SCRATCH_PATH], folder[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error;
    struct experiment experiment;
    const struct store_provenance provenance = {"v", "b", "l", "k", "c", 0};
    scratch_path(state, "results/x.h5", path);
    assert_int_equal(runs_try(PLAIN, path, 1, NULL, NULL, &summary, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "No such file or directory"));
    assert_int_equal(scratch_count(state), 0);

    files_load_good(&experiment, PLAIN, false, NULL);
    const struct sweep_options options = {.threads = 1, .folder = scratch_path(state, "results", folder)};
    assert_int_equal(sweep_run(&experiment, path, &options, &provenance, &summary, &error), BASE_OK);
    assert_int_equal(access(path, F_OK), 0);
    experiment_free(&experiment);
}

static const struct CMUnitTest tests[] = {
    sweep_test(every_point_is_sampled_and_predicted),
    sweep_test(parameters_are_counted),
    sweep_test(a_row_is_one_network),
    sweep_test(ranks_that_do_not_exist_are_nan),
    sweep_test(layers_that_do_not_exist_are_nan),
    sweep_test(layers_go_on_alike),
    sweep_test(threads_change_no_bit),
    sweep_test(saving_more_changes_no_bit),
    sweep_test(the_rest_of_a_sweep_changes_no_bit),
    sweep_test(stopping_and_going_on_changes_no_bit),
    sweep_test(more_trials_change_no_bit),
    sweep_test(a_failed_extension_loses_nothing),
    sweep_test(a_stop_leaves_a_whole_file),
    sweep_test(a_finished_run_stays_finished),
    sweep_test(memory_is_checked_before_a_file_is_made),
    sweep_test(threads_fit_the_trials_and_the_memory),
    sweep_test(what_overflows_is_nan),
    sweep_test(theory_that_overflows_is_nan),
    sweep_test(a_missing_folder_is_an_error),
};
const struct test_group tests_sweep_sweep = TEST_GROUP(tests);
