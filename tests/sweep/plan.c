/* What is known of a run before it starts: the size of its file, room for it, and the probe of its time. */
#include "sweep/sweep.h"

#include "experiment/files.h"
#include "store/scratch.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "seed: 3\ntrials: 4\n"
#define DATA "data: {inputs: gaussian, samples: 7}\n"
#define NETWORK                                                                                              \
    "network: {activation: tanh, weight_variance: 2.385, bias_variance: 0.1, depth: 3, width: 20, outputs: " \
    "2}\n" DATA
#define CASES                                                                                                \
    "cases:\n"                                                                                               \
    "  - {name: tanh, activation: tanh, weight_variance: 2.385}\n"                                           \
    "  - {name: relu, activation: relu, weight_variance: 2}\n"                                               \
    "network: {bias_variance: 0.1, depth: 3, outputs: 2}\n" DATA
#define PLAIN HEAD CASES "sweep: {width: [20, 31, 47]}\n"

/* An experiment and all that is planned of it. */
struct planned {
    struct experiment experiment;
    struct store_layout layout;
    struct sweep_plan plan;
};

static void plan_make(struct planned *planned, const char *text, int threads)
{
    struct base_error error = {""};
    files_load_good(&planned->experiment, text, false, NULL);
    if (store_layout_init(&planned->layout, &planned->experiment, &error) != BASE_OK ||
        sweep_plan_init(&planned->plan, &planned->layout, threads,
                        planned->experiment.n_points * (size_t)planned->experiment.trials, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void plan_drop(struct planned *planned)
{
    sweep_plan_free(&planned->plan);
    experiment_free(&planned->experiment);
}

static int run(const struct experiment *experiment, const char *path, struct base_error *error)
{
    struct sweep_summary summary;
    const struct store_provenance provenance = {"v", "b", "l", "k", "c", 0};
    const struct sweep_options options = {.threads = 2};
    error->text[0] = '\0';
    return sweep_run(experiment, path, &options, &provenance, &summary, error);
}

static void the_size_of_the_file_is_known(void **state)
{
    static const char *const texts[] = {
        HEAD NETWORK,
        "seed: 1\ntrials: 1\n" NETWORK "save: [eigenvalues]\n",
        "seed: 1\ntrials: 3000\n" NETWORK,
        PLAIN,
        PLAIN "save: [eigenvalues]\n",
        "seed: 3\ntrials: 200\n" CASES "save: [eigenvalues]\nsweep: {width: [20, 31], samples: [3, 40]}\n",
        HEAD CASES "sweep: {depth: [2, 3], bias_variance: [0, 1], samples: [2, 3], width: [4, 5, 6]}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char name[32], path[SCRATCH_PATH];
        struct planned p;
        struct stat info;
        struct base_error error;
        snprintf(name, sizeof name, "%zu.h5", i);
        plan_make(&p, texts[i], 1);
        if (run(&p.experiment, scratch_path(state, name, path), &error) != BASE_OK)
            fail_msg("%s", error.text);
        assert_int_equal(stat(path, &info), 0);
        assert_close(store_layout_bytes(&p.layout), (double)info.st_size, 0.2);
        plan_drop(&p);
    }
}

/* 1000 points of 1e9 trials and 200 eigenvalues: 1.6e15 bytes. */
static void what_does_not_fit_the_disk_is_refused(void **state)
{
    char path[SCRATCH_PATH], *text = calloc(1, 8192);
    struct experiment experiment;
    struct base_error error;
    assert_non_null(text);
    strcpy(text,
           "seed: 1\ntrials: 1000000000\nsave: [eigenvalues]\nnetwork: {activation: relu, weight_variance: "
           "2, bias_variance: 0.1, depth: 2, outputs: 2}\ndata: {inputs: gaussian, samples: 100}\n"
           "sweep: {width: [3");
    for (int width = 4; width < 1003; width++)
        sprintf(text + strlen(text), ", %d", width);
    strcat(text, "]}\n");
    files_load_good(&experiment, text, false, NULL);
    assert_int_equal(run(&experiment, scratch_path(state, "x.h5", path), &error), BASE_BAD_INPUT);
    if (strncmp(error.text, path, strlen(path)) != 0 ||
        strstr(error.text, ": the result file takes 1.5 PiB, and ") == NULL ||
        strstr(error.text, "-o") == NULL)
        fail_msg("%s", error.text);
    assert_int_equal(scratch_count(state), 0);
    experiment_free(&experiment);
    free(text);
}

static void a_file_that_is_there_needs_no_room(void **state)
{
    char path[SCRATCH_PATH], folder[SCRATCH_PATH];
    struct planned p;
    struct sweep_room room;
    struct base_error error = {""};
    plan_make(&p, PLAIN, 1);
    scratch_path(state, "none/x.h5", path);
    scratch_path(state, "none", folder);
    assert_int_equal(sweep_room_check(&room, &p.layout, path, NULL, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "none/x.h5: cannot be created: No such file or directory"));
    assert_int_equal(sweep_room_check(&room, &p.layout, path, folder, &error), BASE_OK);
    assert_false(room.exists);
    assert_true(room.file == store_layout_bytes(&p.layout) && room.available > room.file);
    assert_int_equal(scratch_count(state), 0);
    struct stat info;
    assert_int_equal(run(&p.experiment, scratch_path(state, "x.h5", path), &error), BASE_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(sweep_room_check(&room, &p.layout, path, NULL, &error), BASE_OK);
    assert_true(room.exists && !room.is_short && room.file == (double)info.st_size);
    plan_drop(&p);

    plan_make(&p, "seed: 3\ntrials: 500\n" CASES "sweep: {width: [20, 31, 47]}\n",
              1); /* more trials: a new file */
    assert_int_equal(sweep_room_check(&room, &p.layout, path, NULL, &error), BASE_OK);
    assert_true(room.exists && room.is_short && room.file == store_layout_bytes(&p.layout));
    plan_drop(&p);
    scratch_write(path, "12345", 5);
    plan_make(&p, PLAIN, 1);
    assert_int_equal(sweep_room_check(&room, &p.layout, path, NULL, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "x.h5: not an HDF5 file"));
    plan_drop(&p);
}

static struct sweep_estimate estimate(const struct planned *p, const uint8_t *done, double budget)
{
    struct sweep_estimate estimate;
    struct base_error error = {""};
    if (sweep_estimate_init(&estimate, &p->layout, &p->plan, done, budget, &error) != BASE_OK)
        fail_msg("%s", error.text);
    return estimate;
}

/* The total is that of the points, and of nothing else. */
static void expect_total(const struct planned *p, const struct sweep_estimate *e)
{
    double seconds = 0;
    for (size_t i = 0; i < p->experiment.n_points; i++) {
        assert_true(e->network_seconds[i] > 0 && isfinite(e->network_seconds[i]));
        seconds += (double)e->missing_each[i] * e->network_seconds[i] / p->plan.networks_at_once;
    }
    assert_close(e->seconds, seconds, 1e-12);
}

static void without_time_one_network_a_thread_tells_all(void **state)
{
    struct planned p;
    (void)state;
    plan_make(&p, PLAIN, 2);
    struct sweep_estimate e = estimate(&p, NULL, 0);
    assert_int_equal(e.total, 24);
    assert_int_equal(e.missing, 24);
    assert_int_equal(e.probed_points, 1);
    assert_int_equal(e.probed_networks, 2);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(e.missing_each[i], 4);
        assert_close(e.network_seconds[i] / e.network_seconds[0], p.plan.costs[i] / p.plan.costs[0], 1e-12);
    }
    expect_total(&p, &e);
    sweep_estimate_free(&e);
    plan_drop(&p);
}

static void with_time_every_point_is_probed(void **state)
{
    struct planned p;
    (void)state;
    plan_make(&p, PLAIN, 2);
    struct sweep_estimate e = estimate(&p, NULL, 120);
    assert_int_equal(e.probed_points, 6);
    assert_int_equal(e.probed_networks, 24); /* no more than there are */
    expect_total(&p, &e);
    sweep_estimate_free(&e);
    plan_drop(&p);
}

static void what_is_finished_costs_nothing(void **state)
{
    uint8_t done[24] = {0};
    struct planned p;
    (void)state;
    plan_make(&p, PLAIN, 1);
    memset(done, 1, 14); /* points 0, 1, 2 and half of 3 */
    struct sweep_estimate e = estimate(&p, done, 120);
    assert_int_equal(e.total, 24);
    assert_int_equal(e.missing, 10);
    assert_int_equal(e.missing_each[2], 0);
    assert_int_equal(e.missing_each[3], 2);
    assert_int_equal(e.probed_points, 3);
    expect_total(&p, &e);
    sweep_estimate_free(&e);

    memset(done, 1, sizeof done);
    e = estimate(&p, done, 120);
    assert_int_equal(e.missing, 0);
    assert_int_equal(e.probed_networks, 0);
    assert_true(e.seconds == 0 && isnan(e.network_seconds[0]));
    sweep_estimate_free(&e);
    plan_drop(&p);
}

/* Networks that overflow are probed like others: a run stores them as NaN. */
static void what_overflows_has_a_time(void **state)
{
    struct planned p;
    (void)state;
    plan_make(&p,
              HEAD
              "network: {activation: relu, weight_variance: 5.3e76, bias_variance: 0.1, depth: 4, width: 50, "
              "outputs: 1}\n" DATA,
              1);
    struct sweep_estimate e = estimate(&p, NULL, 120);
    assert_int_equal(e.probed_networks, 4);
    expect_total(&p, &e);
    sweep_estimate_free(&e);
    plan_drop(&p);
}

static const struct CMUnitTest tests[] = {
    scratch_test(the_size_of_the_file_is_known),
    scratch_test(what_does_not_fit_the_disk_is_refused),
    scratch_test(a_file_that_is_there_needs_no_room),
    cmocka_unit_test(without_time_one_network_a_thread_tells_all),
    cmocka_unit_test(with_time_every_point_is_probed),
    cmocka_unit_test(what_is_finished_costs_nothing),
    cmocka_unit_test(what_overflows_has_a_time),
};
const struct test_group tests_sweep_plan = TEST_GROUP(tests);
