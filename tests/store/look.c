/* What only looks: the mask of a result, and whether a folder's locks work. */
#include "store/scratch.h"
#include "tests.h"

#include <stdlib.h>
#include <string.h>

static int read_done(const char *path, const struct scratch_sample *sample, uint8_t *done,
                     struct base_error *error)
{
    error->text[0] = '\0';
    return store_read_done(path, &sample->layout, done, error);
}

static void expect_same_bytes(const char *path, const char *before, size_t size)
{
    size_t size_after;
    char *after = scratch_read(path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(before, after, size);
    free(after);
}

static void the_mask_is_read(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample sample;
    struct base_error error;
    size_t size;
    scratch_sample_make(&sample, SCRATCH_EXPERIMENT);
    scratch_create(&sample, scratch_path(state, "x.h5", path));
    struct store *store = scratch_open(&sample, path, NULL);
    scratch_write_trial(store, &sample, 5, 2);
    scratch_write_trial(store, &sample, 7, 0);
    assert_int_equal(store_close(store, 1, &error), BASE_OK);

    char *before = scratch_read(path, &size);
    const size_t networks = sample.experiment.n_points * (size_t)sample.experiment.trials;
    uint8_t *done = malloc(networks);
    assert_non_null(done);
    assert_int_equal(read_done(path, &sample, done, &error), BASE_OK);
    for (size_t i = 0; i < networks; i++)
        assert_int_equal(done[i], i == 5 * 4 + 2 || i == 7 * 4);
    expect_same_bytes(path, before, size);
    free(before);
    free(done);
    scratch_sample_free(&sample);
}

static void another_experiment_is_refused_alike(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample sample, other;
    struct store *store = NULL;
    struct base_error looking, writing = {""};
    uint8_t done[24 * 4];
    scratch_sample_make(&sample, SCRATCH_EXPERIMENT);
    scratch_sample_make(&other, SCRATCH_EXPERIMENT "sampler: weights\n");
    scratch_create(&sample, scratch_path(state, "x.h5", path));
    assert_int_equal(read_done(path, &other, done, &looking), BASE_BAD_INPUT);
    assert_int_equal(store_open_writing(&store, path, &other.layout, done, &writing), BASE_BAD_INPUT);
    assert_string_equal(looking.text, writing.text);
    assert_int_equal(read_done(scratch_path(state, "none.h5", path), &sample, done, &looking),
                     BASE_BAD_INPUT);
    assert_non_null(strstr(looking.text, "none.h5: no such file"));
    scratch_sample_free(&sample);
    scratch_sample_free(&other);
}

static void locks_are_tried_without_a_trace(void **state)
{
    char path[SCRATCH_PATH];
    struct base_error error = {""};
    enum store_lock lock = STORE_LOCK_OFF;
    unsetenv("HDF5_USE_FILE_LOCKING");
    assert_int_equal(store_lock_try(*state, &lock, &error), BASE_OK);
    assert_int_equal(lock, STORE_LOCK_WORKS);
    assert_int_equal(scratch_count(state), 0);
    assert_int_equal(store_lock_try(scratch_path(state, "none", path), &lock, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "No such file or directory"));
    assert_int_equal(scratch_count(state), 0);
}

static const struct CMUnitTest tests[] = {
    scratch_test(the_mask_is_read),
    scratch_test(another_experiment_is_refused_alike),
    scratch_test(locks_are_tried_without_a_trace),
};
const struct test_group tests_store_look = TEST_GROUP(tests);
