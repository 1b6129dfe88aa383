#include "store/scratch.h"

#include "base/memory.h"
#include "experiment/files.h"
#include "tests.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int scratch_make(void **state)
{
    char folder[] = "/tmp/fisherfield-XXXXXX";
    if (mkdtemp(folder) == NULL)
        return -1;
    *state = strdup(folder);
    return *state == NULL ? -1 : 0;
}

int scratch_drop(void **state)
{
    char command[SCRATCH_PATH];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    free(*state);
    return system(command);
}

const char *scratch_path(void **state, const char *name, char path[SCRATCH_PATH])
{
    snprintf(path, SCRATCH_PATH, "%s/%s", (char *)*state, name);
    return path;
}

char *scratch_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long length = ftell(file);
    assert_true(length >= 0);
    rewind(file);
    char *bytes = calloc((size_t)length + 1, 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)length, file), length);
    fclose(file);
    *size = (size_t)length;
    return bytes;
}

void scratch_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

size_t scratch_count(void **state)
{
    size_t n = 0;
    DIR *folder = opendir(*state);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return n;
}

int scratch_fork(int (*child)(void *argument), void *argument)
{
    int status = 0;
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("CMOCKA_TEST_ABORT", "1", 1); /* a failed assertion must not go on with the other tests here */
        _exit(child(argument));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

double scratch_value(size_t v, size_t point, int trial, size_t i)
{
    return 2.385 * (double)(v + 1) + 17.1 * (double)point + 0.0137 * (double)(trial + 1) + 1e-5 * (double)i;
}

static double *point_values(size_t n_points, size_t length, size_t v)
{
    struct base_error error;
    double *values = base_calloc(n_points * length, sizeof *values, &error);
    assert_non_null(values);
    for (size_t k = 0; k < n_points * length; k++)
        values[k] = scratch_value(v, k / length, -1, k % length);
    return values;
}

void scratch_sample_make(struct scratch_sample *sample, const char *text)
{
    struct base_error error;
    struct store_predictions *p = &sample->predictions;
    files_load_good(&sample->experiment, text, false, NULL);
    assert_int_equal(store_layout_init(&sample->layout, &sample->experiment, &error), BASE_OK);
    const size_t n = sample->experiment.n_points, n_all = sample->layout.n_all;
    *p = (struct store_predictions){.kappa1 = point_values(n, 1, 101), .kappa2 = point_values(n, 1, 102)};
    p->alpha = point_values(n, 1, 103);
    p->parameters = point_values(n, 1, 104);
    p->values = base_calloc(n_all, sizeof *p->values, &error);
    assert_non_null(p->values);
    for (size_t v = 0; v < n_all; v++)
        p->values[v] = point_values(n, store_layout_length(&sample->layout, v), v);
}

void scratch_sample_free(struct scratch_sample *sample)
{
    struct store_predictions *p = &sample->predictions;
    for (size_t v = 0; v < sample->layout.n_all; v++)
        free(p->values[v]);
    free(p->values);
    free(p->kappa1);
    free(p->kappa2);
    free(p->alpha);
    free(p->parameters);
    experiment_free(&sample->experiment);
}

void scratch_create(const struct scratch_sample *sample, const char *path)
{
    struct base_error error = {""};
    const struct store_provenance provenance = {.version = "1.2.3",
                                                .build = "abc, gcc",
                                                .libraries = "HDF5 x",
                                                .blas_kernel = "Fast",
                                                .command = "fisherfield run 'x y'",
                                                .threads = 7};
    if (store_create(path, &sample->layout, &sample->predictions, &provenance, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

void scratch_write_trial(struct store *store, const struct scratch_sample *sample, size_t point, size_t trial)
{
    struct base_error error = {""};
    const struct store_layout *layout = &sample->layout;
    double *values[MEASURE_MAX_VARIABLES * MEASURE_MAX_MEASURES];
    for (size_t v = 0; v < layout->n_variables; v++) {
        const size_t length = store_layout_length(layout, v);
        values[v] = calloc(length, sizeof(double));
        assert_non_null(values[v]);
        for (size_t i = 0; i < length; i++)
            values[v][i] = scratch_value(v, point, (int)trial, i);
    }
    if (store_write(store, point, trial, values, &error) != BASE_OK)
        fail_msg("%s", error.text);
    for (size_t v = 0; v < layout->n_variables; v++)
        free(values[v]);
}

struct store *scratch_open(const struct scratch_sample *sample, const char *path, uint8_t *done)
{
    struct store *store = NULL;
    struct base_error error = {""};
    uint8_t *mask = calloc(sample->experiment.n_points, (size_t)sample->experiment.trials);
    assert_non_null(mask);
    if (store_open_writing(&store, path, &sample->layout, done != NULL ? done : mask, &error) != BASE_OK)
        fail_msg("%s", error.text);
    free(mask);
    return store;
}

void scratch_fill(const struct scratch_sample *sample, const char *path)
{
    struct base_error error = {""};
    scratch_create(sample, path);
    struct store *store = scratch_open(sample, path, NULL);
    for (size_t point = 0; point < sample->experiment.n_points; point++)
        for (size_t trial = 0; trial < (size_t)sample->experiment.trials; trial++)
            scratch_write_trial(store, sample, point, trial);
    assert_int_equal(store_close(store, 1.5, &error), BASE_OK);
}

void scratch_refuse_reading(const char *path, const char *fragment)
{
    struct store_result result;
    struct base_error error = {""};
    const int status = store_open(&result, path, &error);
    if (status != BASE_BAD_INPUT || strncmp(error.text, path, strlen(path)) != 0 ||
        strstr(error.text, fragment) == NULL)
        fail_msg("%s: status %d, should be refused with \"%s\": \"%s\"", path, status, fragment, error.text);
    assert_null(result.arena);
}

static void open_good(struct store_result *result, const char *path)
{
    struct base_error error;
    if (store_open(result, path, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void compare_variable(const struct store_result *a, const struct store_result *b, const char *name,
                             const size_t *map)
{
    struct store_array x, y;
    struct base_error error = {""};
    if (store_read(a, name, &x, &error) != BASE_OK || store_read(b, name, &y, &error) != BASE_OK)
        fail_msg("%s", error.text);
    assert_int_equal(x.per_trial, y.per_trial);
    assert_int_equal(x.length, y.length);
    const size_t n = (x.per_trial ? a->trials : 1) * x.length;
    for (size_t p = 0; p < a->n_points; p++)
        if (memcmp(x.values + p * n, y.values + map[p] * n, n * sizeof(double)) != 0)
            fail_msg("%s differs at point %zu", name, p);
    store_array_free(&x);
    store_array_free(&y);
}

void scratch_compare(const char *a_path, const char *b_path, const size_t *map)
{
    static const char *const others[] = {"done", "kappa1", "kappa2", "alpha", "parameters"};
    static const size_t same[] = {0, 1, 2, 3, 4, 5, 6, 7};
    char theory[128];
    struct store_result a, b;
    open_good(&a, a_path);
    open_good(&b, b_path);
    assert_int_equal(a.trials, b.trials);
    assert_true(a.n_points <= sizeof same / sizeof *same);
    map = map == NULL ? same : map;
    for (size_t i = 0; i < a.n_names; i++) {
        compare_variable(&a, &b, a.names[i], map);
        snprintf(theory, sizeof theory, "%s_theory", a.names[i]);
        if (measure_find_variable(a.names[i])->predicted)
            compare_variable(&a, &b, theory, map);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        compare_variable(&a, &b, others[i], map);
    store_result_free(&a);
    store_result_free(&b);
}
