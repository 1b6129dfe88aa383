/* Damaged files: an error or numbers, never a crash. */
#include "store/store.h"

#include "store/scratch.h"
#include "tests.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_FLIPS = 400 };

#define SMALL                                                                                                \
    "seed: 1\ntrials: 3\ncases: [{name: a, activation: tanh}, {name: b, activation: relu}]\n"                \
    "network: {weight_variance: 3, bias_variance: 0.1, depth: 3, outputs: 1}\n"                              \
    "data: {inputs: gaussian, samples: 5}\nsweep: {width: [20, 30]}\nsave: [eigenvalues]\n"

static char *make_bytes(void **state, size_t *size)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    scratch_sample_make(&s, SMALL);
    scratch_fill(&s, scratch_path(state, "whole.h5", path));
    scratch_sample_free(&s);
    return scratch_read(path, size);
}

static void truncated_files_are_refused(void **state)
{
    char path[SCRATCH_PATH];
    size_t size;
    char *bytes = make_bytes(state, &size);
    scratch_path(state, "x.h5", path);
    for (size_t length = 0; length < size; length += length < 100 || length + 20 > size ? 1 : 173) {
        scratch_write(path, bytes, length);
        scratch_refuse_reading(path, length < 8 ? "not an HDF5 file" : "");
    }
    scratch_write(path, bytes, size / 2);
    scratch_refuse_reading(path, "truncated or damaged");
    free(bytes);
}

/* What a reference leads to is gone: no other experiment stands there. */
static void a_lost_definition_is_said_to_be(void **state)
{
    char path[SCRATCH_PATH];
    size_t size, at = 16;
    struct scratch_sample s;
    struct store *store;
    struct base_error error = {""};
    uint8_t done[12];
    char *bytes = make_bytes(state, &size);
    scratch_sample_make(&s, SMALL);
    const size_t length = strlen(s.experiment.definition);
    while (at + length < size && memcmp(bytes + at, s.experiment.definition, length) != 0)
        at++;
    assert_true(at + length < size);
    bytes[at - 16] ^= 0x40; /* the number by which it is found */
    scratch_write(scratch_path(state, "x.h5", path), bytes, size);
    assert_int_equal(store_open_writing(&store, path, &s.layout, done, &error), BASE_FAILED);
    if (strstr(error.text, "x.h5: attribute definition: it is damaged") == NULL)
        fail_msg("%s", error.text);
    scratch_sample_free(&s);
    free(bytes);
}

/* Everything that a command reads. */
static void read_all(const char *path)
{
    static const char *const attributes[] = {"title",        "experiment", "seed",
                                             "wall_seconds", "definition", "threads"};
    static const char *const keys[] = {"width", "outputs", "samples", "bias_variance"};
    static const char *const others[] = {
        "done",    "kappa1",    "parameters", "fisher_eig_max_theory", "fisher_eigenvalues_theory",
        "outputs", "activation"};
    struct store_result r;
    struct store_array array;
    struct base_error error;
    double values[4];
    const char *text;
    if (store_open(&r, path, &error) != BASE_OK)
        return;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        (void)store_read_attribute(&r, attributes[i], &text, &error);
    for (size_t i = 0; i < sizeof keys / sizeof *keys && r.n_points <= 4; i++)
        (void)store_read_key(&r, keys[i], values, &error);
    for (size_t i = 0; i < r.n_names; i++)
        if (store_read(&r, r.names[i], &array, &error) == BASE_OK)
            store_array_free(&array);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (store_read(&r, others[i], &array, &error) == BASE_OK)
            store_array_free(&array);
    store_result_free(&r);
}

static void go_on(const char *path)
{
    struct scratch_sample s;
    struct store *store;
    struct base_error error;
    uint8_t done[12];
    scratch_sample_make(&s, SMALL);
    if (store_open_writing(&store, path, &s.layout, done, &error) == BASE_OK)
        (void)store_close(store, 1, &error);
    scratch_sample_free(&s);
}

struct flips {
    const char *path, *bytes;
    size_t size, from, to; /* flips from..to−1 of the sequence */
};

/* Flip number n changes a byte, or a bit of it, at a place that a hash gives. */
static int flip(void *argument)
{
    const struct flips *f = argument;
    char *bytes = malloc(f->size);
    if (bytes == NULL)
        return 1;
    alarm(600); /* of a loop without end; a busy machine takes its time */
    for (size_t n = f->from; n < f->to; n++) {
        const uint64_t hash = (n + 1) * UINT64_C(0x9E3779B97F4A7C15), place = (hash >> 20) % f->size;
        memcpy(bytes, f->bytes, f->size);
        bytes[place] = (char)(bytes[place] ^ (n % 4 == 0 ? 1 << (hash & 7) : (int)(hash >> 8 & 0xff) | 1));
        scratch_write(f->path, bytes, f->size);
        read_all(f->path);
        go_on(f->path);
    }
    free(bytes);
    return 0;
}

static void flipped_bytes_crash_nothing(void **state)
{
    char path[SCRATCH_PATH];
    struct flips f = {.path = scratch_path(state, "x.h5", path)};
    char *bytes = make_bytes(state, &f.size);
    f.bytes = bytes;
    for (; f.from < N_FLIPS; f.from = f.to) {
        f.to = f.from + 50;
        assert_int_equal(scratch_fork(flip, &f), 0);
    }
    free(bytes);
}

/* A kill may cut a write at a page: what a run writes at its end, beside numbers, changes the first one
 * alone. */
static void the_end_of_a_run_changes_one_page(void **state)
{
    char path[SCRATCH_PATH];
    size_t size, after_size, changed = 0;
    struct scratch_sample s;
    struct base_error error = {""};
    scratch_sample_make(&s, SMALL);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    char *before = scratch_read(path, &size);
    assert_int_equal(store_close(scratch_open(&s, path, NULL), 1.5, &error), BASE_OK);
    char *after = scratch_read(path, &after_size);
    assert_int_equal(after_size, size);
    for (size_t at = 0; at < size; at++) {
        changed += before[at] != after[at];
        assert_true(before[at] == after[at] || at < 4096);
    }
    assert_true(changed > 0);
    free(before);
    free(after);
    scratch_sample_free(&s);
}

static const struct CMUnitTest tests[] = {
    scratch_test(truncated_files_are_refused),
    scratch_test(a_lost_definition_is_said_to_be),
    scratch_test(flipped_bytes_crash_nothing),
    scratch_test(the_end_of_a_run_changes_one_page),
};
const struct test_group tests_store_damage = TEST_GROUP(tests);
