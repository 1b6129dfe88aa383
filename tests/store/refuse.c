/* What a run must not touch, and what cannot be read: refused with a sentence, and left as it was. */
#include "store/store.h"

#include "store/scratch.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hdf5.h>

#define SMALL(seed, trials, width)                                                                           \
    "seed: " seed "\ntrials: " trials "\n"                                                                   \
    "network: {activation: tanh, weight_variance: 3, bias_variance: 0.1, depth: 3, outputs: 1, "             \
    "width: " width "}\ndata: {inputs: gaussian, samples: 5}\n"

/* Going on with the file at `path` must fail with all "|"-separated fragments, and change no byte of it. */
static void refuse_writing(const char *path, const char *text, int expected, const char *fragments)
{
    struct scratch_sample s;
    struct store *store = NULL;
    struct base_error error = {""};
    uint8_t done[100];
    size_t before_size, after_size;
    scratch_sample_make(&s, text);
    assert_true(s.experiment.n_points * (size_t)s.experiment.trials <= sizeof done);
    char *before = scratch_read(path, &before_size);
    assert_int_equal(store_open_writing(&store, path, &s.layout, done, &error), expected);
    assert_null(store);
    char *after = scratch_read(path, &after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, after_size);
    assert_true(strncmp(error.text, path, strlen(path)) == 0);
    for (const char *at = fragments; *at != '\0'; at += strcspn(at, "|"), at += *at == '|') {
        char fragment[256];
        snprintf(fragment, sizeof fragment, "%.*s", (int)strcspn(at, "|"), at);
        if (strstr(error.text, fragment) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", error.text, fragment);
    }
    free(before);
    free(after);
    scratch_sample_free(&s);
}

static void another_experiment_is_refused(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    scratch_fill(&s, scratch_path(state, "x.h5", path));
    scratch_sample_free(&s);
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 100000000};
    nanosleep(&second, NULL); /* HDF5's own time stamps have seconds */
    refuse_writing(path, SMALL("2", "3", "20"), BASE_BAD_INPUT,
                   "another experiment|the experiment has `seed: 2`|the file has `seed: 1`|-o");
    refuse_writing(path, SMALL("1", "3", "30"), BASE_BAD_INPUT, "width: 30`|width: 20`");
    refuse_writing(path, SMALL("1", "4", "20"), BASE_BAD_INPUT,
                   "the experiment has `trials: 4`|the file has `trials: 3`");
    refuse_writing(path, SMALL("1", "2", "20"), BASE_BAD_INPUT, "`trials: 2`|`trials: 3`");
    refuse_writing(path, SMALL("1", "3", "20") "save: [eigenvalues]\n", BASE_BAD_INPUT,
                   "save: [eigenvalues]`|save: []`");
    refuse_writing(path, SMALL("1", "3", "20") "sweep: {depth: [3]}\n", BASE_BAD_INPUT,
                   "another experiment|the experiment");
    refuse_writing(path, SMALL("1", "3", "20") "sampler: weights\n", BASE_BAD_INPUT,
                   "`sampler: weights`|`sampler: auto`");
}

static void the_same_experiment_goes_on(void **state)
{
    char path[SCRATCH_PATH];
    struct base_error error;
    struct scratch_sample s, same;
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    scratch_fill(&s, scratch_path(state, "x.h5", path));
    scratch_sample_make(
        &same, "title: Another\nsource: X\nmemory: 1GiB\nquick: {trials: 1}\n" SMALL("1", "3", "2e1"));
    uint8_t done[3] = {0};
    assert_int_equal(store_close(scratch_open(&same, path, done), 0, &error), BASE_OK);
    assert_true(done[0] == 1 && done[1] == 1 && done[2] == 1);
    scratch_sample_free(&same);
    scratch_sample_free(&s);
}

static int create(const struct scratch_sample *sample, const char *path, struct base_error *error)
{
    const struct store_provenance provenance = {"", "", "", "", "", 1};
    return store_create(path, &sample->layout, &sample->predictions, &provenance, error);
}

static void nothing_is_replaced(void **state)
{
    char path[SCRATCH_PATH];
    size_t size;
    struct scratch_sample s;
    struct base_error error = {""};
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    scratch_write(scratch_path(state, "x.h5", path), "precious", 8);
    assert_int_not_equal(create(&s, path, &error), BASE_OK);
    assert_non_null(strstr(error.text, "another program made it at the same moment"));
    char *bytes = scratch_read(path, &size);
    assert_string_equal(bytes, "precious");
    assert_int_equal(scratch_count(state), 1);
    free(bytes);
    scratch_sample_free(&s);
}

/* Left behind by a run that was killed while it made its file, in a container where process ids come again.
 */
static void a_forgotten_partial_file_is_no_obstacle(void **state)
{
    char path[SCRATCH_PATH], name[64];
    struct scratch_sample s;
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    snprintf(name, sizeof name, "x.h5.%ld-0.partial", (long)getpid());
    scratch_write(scratch_path(state, name, path), "old", 3);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    assert_int_equal(scratch_count(state), 2);
    scratch_sample_free(&s);
}

static void a_missing_folder_is_named(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct base_error error = {""};
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    assert_int_equal(create(&s, scratch_path(state, "none/x.h5", path), &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "none/x.h5: cannot be created: No such file or directory"));
    assert_int_equal(scratch_count(state), 0);
    scratch_sample_free(&s);
}

struct nobody {
    const struct scratch_sample *sample;
    const char *path;
};

/* Root may write everywhere, so this is somebody else. */
static int create_as_nobody(void *argument)
{
    const struct nobody *n = argument;
    struct base_error error = {""};
    if (geteuid() == 0 && setuid(65534) != 0)
        return 99;
    const int status = create(n->sample, n->path, &error);
    return status == BASE_BAD_INPUT && strstr(error.text, "cannot be created: Permission denied") != NULL ? 0
                                                                                                          : 1;
}

static int open_as_nobody(void *argument)
{
    const struct nobody *n = argument;
    struct store *store;
    struct store_result result;
    uint8_t done[3];
    struct base_error error = {""};
    if (geteuid() == 0 && setuid(65534) != 0)
        return 99;
    if (store_open_writing(&store, n->path, &n->sample->layout, done, &error) != BASE_BAD_INPUT ||
        strstr(error.text, "cannot be written: Permission denied") == NULL)
        return 1;
    if (store_open(&result, n->path, &error) != BASE_OK)
        return 2;
    store_result_free(&result);
    return 0;
}

static void a_read_only_folder_is_named(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    assert_int_equal(chmod(*state, 0555), 0);
    assert_int_equal(scratch_fork(create_as_nobody, &(struct nobody){&s, scratch_path(state, "x.h5", path)}),
                     0);
    assert_int_equal(chmod(*state, 0755), 0);
    assert_int_equal(scratch_count(state), 0);
    scratch_fill(&s, path);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(scratch_fork(open_as_nobody, &(struct nobody){&s, path}), 0);
    scratch_sample_free(&s);
}

/* An HDF5 file of somebody else; `format` NULL: without the attribute. */
static void make_foreign(const char *path, const char *format)
{
    const hid_t access_list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access_list, H5F_LIBVER_V18, H5F_LIBVER_V18);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access_list),
                space = H5Screate(H5S_SCALAR);
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Dclose(H5Dcreate2(file, "done", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    if (format != NULL) {
        const hid_t attribute = H5Acreate2(file, "format", type, space, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(attribute, type, &format) >= 0);
        H5Aclose(attribute);
    }
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(access_list);
    assert_true(H5Fclose(file) >= 0);
}

static void what_is_no_result_is_not_read(void **state)
{
    char path[SCRATCH_PATH];
    static const char text[] = "seed: 1\ntrials: 3\nthis is an experiment, not a result\n";
    scratch_refuse_reading(scratch_path(state, "none.h5", path), ": no such file");
    scratch_refuse_reading(*state, ": a folder, not a result file");
    scratch_refuse_reading("/dev/null", ": not a regular file");
    scratch_write(scratch_path(state, "empty.h5", path), "", 0);
    scratch_refuse_reading(path, ": not an HDF5 file");
    scratch_write(scratch_path(state, "text.h5", path), text, sizeof text);
    scratch_refuse_reading(path, ": not an HDF5 file");
    refuse_writing(path, SMALL("1", "3", "20"), BASE_BAD_INPUT, "not an HDF5 file");
    H5Fclose(H5Fcreate(scratch_path(state, "old.h5", path), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    scratch_refuse_reading(path, "the format before 1.8");
    make_foreign(scratch_path(state, "foreign.h5", path), NULL);
    scratch_refuse_reading(path, "not a result of this program (its");
    refuse_writing(path, SMALL("1", "3", "20"), BASE_BAD_INPUT, "not a result of this program (its");
    make_foreign(path, "fisherfield result 2");
    scratch_refuse_reading(path, "not a result of this program (its");
    make_foreign(path, STORE_FORMAT);
    scratch_refuse_reading(path, "`done` does not run over");
    refuse_writing(path, SMALL("1", "3", "20"), BASE_FAILED, "definition");
}

/* Its trials are not those that this program would add. */
static void other_random_numbers_are_refused(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    const int older = NET_RANDOM_VERSION - 1;
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    scratch_fill(&s, scratch_path(state, "x.h5", path));
    scratch_sample_free(&s);
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT),
                attribute = H5Aopen(file, "random_version", H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT, &older) >= 0);
    H5Aclose(attribute);
    assert_true(H5Fclose(file) >= 0);
    refuse_writing(path, SMALL("1", "3", "20"), BASE_BAD_INPUT,
                   "other random numbers|`random_version` is 1, not 2|-o");
    refuse_writing(path, SMALL("1", "9", "20"), BASE_BAD_INPUT, "other random numbers");
}

/* A process that holds the file open for writing until it is told to go. */
struct holder {
    pid_t pid;
    int ready[2], go[2];
};

static void hold(struct holder *h, const struct scratch_sample *s, const char *path)
{
    char byte = 0;
    assert_int_equal(pipe(h->ready), 0);
    assert_int_equal(pipe(h->go), 0);
    fflush(NULL);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid == 0) {
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        close(h->go[1]);
        struct store *store = scratch_open(s, path, NULL);
        if (write(h->ready[1], "x", 1) != 1 || read(h->go[0], &byte, 1) < 0)
            _exit(1);
        struct base_error error;
        _exit(store_close(store, 0, &error));
    }
    close(h->go[0]);
    close(h->ready[1]);
    assert_int_equal(read(h->ready[0], &byte, 1), 1);
}

static void let_go(const struct holder *h)
{
    int status = -1;
    close(h->go[1]);
    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
    assert_int_equal(status, 0);
    close(h->ready[0]);
}

static void a_running_program_keeps_its_file(void **state)
{
    char path[SCRATCH_PATH];
    struct scratch_sample s;
    struct store_result r;
    struct holder holder;
    struct base_error error = {""};
    scratch_sample_make(&s, SMALL("1", "3", "20"));
    scratch_create(&s, scratch_path(state, "x.h5", path));
    hold(&holder, &s, path);
    scratch_refuse_reading(path, "a running program holds it open for writing");
    refuse_writing(path, SMALL("1", "3", "20"), BASE_BAD_INPUT, "another program has it open");
    let_go(&holder);
    assert_int_equal(store_open(&r, path, &error), BASE_OK);
    store_result_free(&r);
    scratch_sample_free(&s);
}

static const struct CMUnitTest tests[] = {
    scratch_test(another_experiment_is_refused),
    scratch_test(the_same_experiment_goes_on),
    scratch_test(nothing_is_replaced),
    scratch_test(a_forgotten_partial_file_is_no_obstacle),
    scratch_test(a_missing_folder_is_named),
    scratch_test(a_read_only_folder_is_named),
    scratch_test(what_is_no_result_is_not_read),
    scratch_test(a_running_program_keeps_its_file),
    scratch_test(other_random_numbers_are_refused),
};
const struct test_group tests_store_refuse = TEST_GROUP(tests);
