/* Trainings in a sweep: the same bits on every way, progress, stops, and the probe of their time. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "sweep/parts.h"
#include "sweep/runs.h"

#include "experiment/files.h"
#include "store/scratch.h"
#include "tests.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NETWORK                                                                                              \
    "kind: training\nseed: 3\nnetwork: {activation: tanh, weight_variance: 2.385, bias_variance: 0.1, "      \
    "depth: 3, width: 20, outputs: 2}\n"
#define PLAIN                                                                                                \
    NETWORK "data: {inputs: gaussian, samples: 12, test_samples: 4}\ntraining: {steps: 9, momentum: 0.5}\n"  \
            "sweep: {width: [20, 31], batch: [5, full], learning_rate: [0.3, 400]}\n"
/* Two networks of some seconds. */
#define LONG                                                                                                 \
    "trials: 2\n" NETWORK "data: {inputs: gaussian, samples: 10}\ntraining: {steps: 1000000, "               \
    "learning_rate: 0.01, every: 1000}\n"

#define sweep_test(function) cmocka_unit_test_setup_teardown(function, scratch_make, scratch_drop)

static struct store_array read_array(const char *path, const char *name)
{
    struct store_result r;
    struct store_array array = {0};
    struct base_error error = {""};
    if (store_open(&r, path, &error) != BASE_OK || store_read(&r, name, &array, &error) != BASE_OK)
        fail_msg("%s", error.text);
    store_result_free(&r);
    return array;
}

static void trainings_have_the_same_bits_on_every_way(void **state)
{
    char one[SCRATCH_PATH], other[SCRATCH_PATH], some[SCRATCH_PATH];
    runs_good("trials: 3\n" PLAIN, scratch_path(state, "one.h5", one), 1);
    runs_good("trials: 1\n" PLAIN, scratch_path(state, "other.h5", other), 3);
    assert_int_equal(runs_good("trials: 3\n" PLAIN, other, 3).kept, 8);
    scratch_compare(one, other, NULL);
    runs_good(
        "trials: 3\n" NETWORK "data: {inputs: gaussian, samples: 12, test_samples: 4}\n"
        "training: {steps: 9, momentum: 0.5}\nsweep: {width: [31], batch: [12, 5], learning_rate: [0.3]}\n",
        scratch_path(state, "some.h5", some), 2);
    scratch_compare(some, one, (const size_t[]){6, 4});
}

/* One trial alone, against its row of the file: point 5 is width 31, batch 5, rate 400. */
static void a_training_alone_has_the_same_bits(void **state)
{
    char path[SCRATCH_PATH];
    struct experiment experiment;
    struct store_layout layout = {0};
    struct base_error error = {""};
    runs_good("trials: 3\n" PLAIN, scratch_path(state, "x.h5", path), 2);
    files_load_good(&experiment, "trials: 3\n" PLAIN, false, NULL);
    assert_int_equal(sweep_layout_init(&layout, &experiment, &error), BASE_OK);
    double **values = calloc(layout.n_variables, sizeof *values);
    for (size_t point = 4; point < 6; point++) {
        for (size_t v = 0; v < layout.n_variables; v++)
            values[v] = point == 4 ? malloc(store_layout_length(&layout, v) * sizeof(double)) : values[v];
        assert_int_equal(sweep_trial(&layout, point, 2, values, &error), BASE_OK);
        for (size_t v = 0; v < layout.n_variables; v++) {
            struct store_array array = read_array(path, layout.variables[v]->name);
            assert_memory_equal(array.values + (point * 3 + 2) * array.length, values[v],
                                array.length * sizeof(double));
            store_array_free(&array);
        }
    }
    for (size_t v = 0; v < layout.n_variables; v++)
        free(values[v]);
    free(values);
    sweep_layout_free(&layout);
    experiment_free(&experiment);
}

/* A natural gradient that does not exist at some step ends a training; the steps before are those of shorter
 * ones. */
static void a_singular_step_ends_a_training(void **state)
{
    enum { TRIALS = 6, STEPS = 12, FEW = 3 };
    static const char text[] =
        "trials: 6\nkind: training\nseed: 1\nnetwork: {activation: relu, weight_variance: 2, bias_variance: "
        "0.1, depth: 2, width: 6, outputs: 1}\ndata: {inputs: gaussian, samples: 8}\n"
        "training: {optimizer: exact, rate: 3, steps: %d}\n";
    char path[SCRATCH_PATH], few_path[SCRATCH_PATH], filled[sizeof text];
    snprintf(filled, sizeof filled, text, FEW);
    runs_good(filled, scratch_path(state, "few.h5", few_path), 1);
    snprintf(filled, sizeof filled, text, STEPS);
    const struct sweep_summary summary = runs_good(filled, scratch_path(state, "x.h5", path), 2);
    struct store_array loss = read_array(path, "train_loss"), few = read_array(few_path, "train_loss"),
                       diverged = read_array(path, "diverged"), first = read_array(path, "first_step_share");
    size_t ended = 0;
    assert_non_null(strstr(summary.why_unresolved, ": step "));
    for (size_t i = 0; i < TRIALS; i++) {
        size_t n = 0;
        while (n <= STEPS && isfinite(loss.values[i * loss.length + n]))
            n++;
        for (size_t s = n; s <= STEPS; s++)
            assert_true(isnan(loss.values[i * loss.length + s]));
        assert_true(n > 1 && isfinite(first.values[i]));
        assert_memory_equal(loss.values + i * loss.length, few.values + i * few.length,
                            (n < FEW + 1 ? n : FEW + 1) * sizeof(double));
        ended += isnan(diverged.values[i]) != 0;
        assert_int_equal(isnan(diverged.values[i]) != 0, n <= STEPS && diverged.values[i] != 1);
    }
    assert_int_equal(ended, summary.unresolved);
    assert_true(ended > 2);
    store_array_free(&loss);
    store_array_free(&few);
    store_array_free(&diverged);
    store_array_free(&first);
}

/* Rates of 400 diverge and those of 0.3 do not; what is stored ends there, and steps of other points do not
 * stand in a shorter one. */
static void divergence_is_stored(void **state)
{
    char path[SCRATCH_PATH];
    const struct sweep_summary summary = runs_good("trials: 2\n" PLAIN, scratch_path(state, "x.h5", path), 2);
    struct store_array diverged = read_array(path, "diverged"), loss = read_array(path, "train_loss"),
                       used = read_array(path, "used_learning_rate");
    assert_int_equal(summary.sampled, 16);
    assert_int_equal(summary.diverged, 8);
    assert_int_equal(loss.length, 10);
    for (size_t i = 0; i < 16; i++) {
        const bool large = i / 2 % 2 == 1;
        assert_true(diverged.values[i] == (large ? 1 : 0));
        assert_true(used.values[i] == (large ? 400 : 0.3));
        assert_true(isfinite(loss.values[10 * i]));
        assert_int_equal(isnan(loss.values[10 * i + 9]) != 0, large);
    }
    store_array_free(&diverged);
    store_array_free(&loss);
    store_array_free(&used);
    runs_good("trials: 1\n" NETWORK
              "data: {inputs: gaussian, samples: 5}\ntraining: {every: 2, learning_rate: 0.1}\n"
              "sweep: {steps: [5, 3]}\n",
              scratch_path(state, "y.h5", path), 1);
    loss = read_array(path, "train_loss");
    assert_int_equal(loss.length, 6);
    static const bool there[] = {true, false, true, false, true, true, true, false, true, true, false, false};
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(isfinite(loss.values[i]) != 0, there[i]);
    store_array_free(&loss);
}

/* What a run of two long trainings at once shows on a terminal until it is stopped in their middle. */
static void watch_for(void **state, long microseconds, char *shown, size_t size)
{
    char path[SCRATCH_PATH];
    struct sweep_summary summary;
    struct base_error error;
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    FILE *terminal = fopen(ptsname(master), "w");
    assert_non_null(terminal);
    runs_stop_after(microseconds);
    assert_int_equal(
        runs_try(LONG, scratch_path(state, "x.h5", path), 2, &runs_stop, terminal, &summary, &error),
        BASE_STOPPED);
    assert_string_equal(error.text, "stopped early; the same command goes on from here");
    assert_int_equal(summary.sampled, 0);
    fputc('.', terminal); /* a read of nothing would wait */
    fflush(terminal);
    const ssize_t n = read(master, shown, size - 1);
    assert_true(n > 0);
    shown[n] = '\0';
    fclose(terminal);
    close(master);
}

/* A busy machine may take its time before the first step is shown. */
static void a_long_training_is_shown_and_stopped(void **state)
{
    char shown[4096] = "";
    const char *steps = NULL;
    for (long tenths = 5; steps == NULL && tenths <= 40; tenths *= 2) {
        watch_for(state, 100000 * tenths, shown, sizeof shown);
        steps = strstr(shown, " networks, ");
    }
    assert_non_null(steps);
    double rate, loss, left;
    size_t count, total;
    while (strncmp(steps, "x: ", 3) != 0)
        steps--;
    assert_int_equal(sscanf(steps, "x: %zu of %zu networks, %lf steps a second, loss %lf, %lf", &count,
                            &total, &rate, &loss, &left),
                     5);
    assert_true(count == 0 && total == 2 && rate > 0 && loss > 0 && loss < 100 && left > 0);
}

/* A training of an hour is looked at for a moment. */
static void a_long_training_is_probed(void **state)
{
    (void)state;
    struct experiment experiment;
    struct store_layout layout = {0};
    struct sweep_plan plan;
    struct sweep_estimate estimate;
    struct base_error error = {""};
    double steps[2];
    static const char *const texts[] = {LONG, LONG "quick: {training: {steps: 10000}}\n"};
    for (int quick = 0; quick < 2; quick++) {
        files_load_good(&experiment, texts[quick], quick, NULL);
        assert_int_equal(sweep_layout_init(&layout, &experiment, &error), BASE_OK);
        assert_int_equal(sweep_plan_init(&plan, &layout, 1, 2, &error), BASE_OK);
        if (sweep_estimate_init(&estimate, &layout, &plan, NULL, 1, &error) != BASE_OK)
            fail_msg("%s", error.text);
        assert_true(estimate.probed_networks >= 1 && isfinite(estimate.seconds));
        assert_true(quick || estimate.probe_seconds < estimate.seconds); /* seconds a network */
        steps[quick] = plan.steps[0];
        sweep_estimate_free(&estimate);
        sweep_plan_free(&plan);
        sweep_layout_free(&layout);
        experiment_free(&experiment);
    }
    assert_true(steps[0] == 1000000 && steps[1] == 10000);
}

/* Schedules of 30 samples, and what they come to. */
static const struct counted {
    const char *training;
    struct sweep_parts parts;
    const char *set; /* after that */
} counted[] = {
    {"steps: 7", {1, {{30, 7, 0}}, 7}, NULL},
    {"steps: 100, epochs: 2", {1, {{30, 2, 0}}, 2}, NULL},
    {"steps: 3, epochs: 2, batch: 7", {1, {{7, 3, 0}}, 3}, NULL},
    {"steps: 100, epochs: 2, batch: 7, every: 4, spectra: 5", {1, {{7, 9, 1}}, 3}, NULL},
    {"steps: 100, epochs: 0.1, batch: 1", {1, {{1, 3, 0}}, 3}, NULL},
    {"steps: 100, epochs: 0.7, batch: 3", {1, {{3, 7, 0}}, 7}, NULL},
    {"steps: 50, batch: 4, spectra: 2, every: 25, schedule: [{epoch: 1, batch: 10}, {epoch: 1.2, factor: "
     "0.5}, "
     "{epoch: 3, batch: 4}]",
     {2, {{4, 44, 22}, {10, 6, 3}}, 2},
     NULL},
    {"steps: 50, epochs: 4, batch: 4, schedule: [{step: 5, batch: full}, {step: 6, batch: 7}]",
     {3, {{4, 5, 0}, {30, 1, 0}, {7, 10, 0}}, 16},
     NULL},
    {"steps: 50, batch: 4, schedule: [{step: 5, batch: full}]", {1, {{4, 4, 0}}, 4}, "training.steps=4"},
    {"steps: 50, epochs: 1, batch: 4, adaptive: 0.5", {1, {{4, 8, 0}}, 8}, NULL},
};

/* The steps of a file and of theory, counted without the schedule, are those that a training makes; and
 * those of each size and kind. */
static void steps_are_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        const struct sweep_parts *right = &counted[i].parts;
        char text[1000];
        struct experiment e;
        struct net_architecture a;
        struct sweep_parts parts;
        struct base_error error;
        double steps = 0;
        snprintf(text, sizeof text,
                 "trials: 1\n" NETWORK
                 "data: {inputs: gaussian, samples: 30}\ntraining: {learning_rate: 0.1, "
                 "%s}\n",
                 counted[i].training);
        files_load_good(&e, text, false, (const char *[]){counted[i].set, NULL});
        assert_int_equal(net_architecture_init(&a, &e.points[0], &error), BASE_OK);
        sweep_parts_count(&a, &parts);
        assert_int_equal(parts.n_sizes, right->n_sizes);
        for (size_t k = 0; k < parts.n_sizes; k++) {
            assert_int_equal(parts.steps[k].B, right->steps[k].B);
            assert_true(parts.steps[k].n == right->steps[k].n);
            assert_true(parts.steps[k].measured == right->steps[k].measured);
            steps += parts.steps[k].n;
        }
        assert_true(parts.recorded == right->recorded);
        assert_int_equal(net_architecture_steps(&a), steps);
        experiment_free(&e);
    }
}

/* 18 steps of 7 samples, and no 17, are 4 epochs of 30. */
static void epochs_limit_the_file(void **state)
{
    char path[SCRATCH_PATH];
    runs_good("trials: 2\n" NETWORK
              "data: {inputs: gaussian, samples: 30}\ntraining: {steps: 1000000, epochs: "
              "4, batch: 7, learning_rate: 0.1, every: 1000, schedule: [{epoch: 2, factor: 0.5}]}\n",
              scratch_path(state, "x.h5", path), 2);
    struct store_array loss = read_array(path, "train_loss"), epoch = read_array(path, "epoch");
    assert_int_equal(loss.length, 19);
    for (size_t t = 0; t < 2; t++) {
        assert_true(isfinite(loss.values[t * 19]) && isfinite(loss.values[t * 19 + 18]));
        assert_true(isnan(loss.values[t * 19 + 17]));
        assert_true(epoch.values[t * 19 + 17] < 4 && epoch.values[t * 19 + 18] >= 4);
    }
    store_array_free(&loss);
    store_array_free(&epoch);
}

/* Trainings that are left after a moment, of which the rest is told by parts, and one that ends early. */
static void every_part_has_a_time(void **state)
{
    static const char *const texts[] = {
        "optimizer: exact, damping: 0.1, isotropy: true, every: 100",
        "boundary: true, momentum: 0.9, spectra: 7",
        "batch: 3, epochs: 3000, schedule: [{epoch: 1000, batch: 5}, {epoch: 2000, batch: full}], spectra: 9",
        "batch: 3, adaptive: 0.1, every: 3",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[1000];
        struct experiment e;
        struct store_layout layout = {0};
        struct sweep_plan plan;
        struct sweep_estimate estimate;
        struct base_error error = {""};
        snprintf(text, sizeof text,
                 "trials: 1\n" NETWORK "data: {inputs: gaussian, samples: 10, test_samples: 4}\ntraining: "
                 "{steps: 30000, learning_rate: 0.001, %s}\n",
                 texts[i]);
        files_load_good(&e, text, false, NULL);
        assert_int_equal(sweep_layout_init(&layout, &e, &error), BASE_OK);
        assert_int_equal(sweep_plan_init(&plan, &layout, 1, 1, &error), BASE_OK);
        assert_true(plan.steps[0] > (i == 1 ? 32000 : 0) && plan.steps[0] <= (i == 1 ? 35000 : 30000));
        if (sweep_estimate_init(&estimate, &layout, &plan, NULL, 0.1, &error) != BASE_OK)
            fail_msg("%s", error.text);
        assert_true(estimate.probed_networks == 1 && estimate.seconds > 0 && isfinite(estimate.seconds));
        sweep_estimate_free(&estimate);
        sweep_plan_free(&plan);
        sweep_layout_free(&layout);
        experiment_free(&e);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(steps_are_counted),
    sweep_test(epochs_limit_the_file),
    cmocka_unit_test(every_part_has_a_time),
    sweep_test(trainings_have_the_same_bits_on_every_way),
    sweep_test(a_training_alone_has_the_same_bits),
    sweep_test(divergence_is_stored),
    sweep_test(a_singular_step_ends_a_training),
    sweep_test(a_long_training_is_shown_and_stopped),
    cmocka_unit_test(a_long_training_is_probed),
};
const struct test_group tests_sweep_training = TEST_GROUP(tests);
