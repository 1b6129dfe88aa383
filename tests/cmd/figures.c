/* The figures: every experiment has a plot script of its name and the other way round, runs, and is drawn. */
#include "cmd/shell.h"
#include "data/files.h"
#include "tests.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 32, NAME = 64 };

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The names of FOLDER/NAME+ending, in order; returns how many. */
static size_t list(const char *folder, const char *ending, char names[MOST][NAME])
{
    size_t n = 0;
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, TEST_SOURCES "/%s", folder);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const char *name = entry->d_name;
        if (strlen(name) <= strlen(ending) || strcmp(name + strlen(name) - strlen(ending), ending) != 0)
            continue;
        assert_true(n < MOST);
        snprintf(names[n++], NAME, "%.*s", (int)(strlen(name) - strlen(ending)), name);
    }
    closedir(directory);
    qsort(names, n, NAME, by_name);
    return n;
}

static void each_experiment_has_one_plot(void **state)
{
    (void)state;
    char experiments[MOST][NAME], plots[MOST][NAME];
    const size_t n = list("experiments", ".yaml", experiments), n_plots = list("plots", ".gp", plots);
    assert_true(n >= 3);
    size_t found = 0;
    for (size_t i = 0; i < n_plots; i++)
        if (strcmp(plots[i], "style") != 0)
            assert_string_equal(plots[i], found < n ? experiments[found++] : "no experiment");
    assert_int_equal(found, n);
}

static void link_sources(void **state, const char *folder)
{
    char path[SCRATCH_PATH], target[SCRATCH_PATH];
    snprintf(target, sizeof target, TEST_SOURCES "/%s", folder);
    assert_int_equal(symlink(target, scratch_path(state, folder, path)), 0);
}

/* What gnuplot says of a script's figure of a result, to be freed by the caller; *code is its exit status. */
static char *figure(void **state, const char *name, const char *result, int *code)
{
    char command[512], path[SCRATCH_PATH];
    size_t size;
    snprintf(command, sizeof command,
             "cd '%s' && gnuplot -c plots/%s.gp results/%s.h5 '" TEST_PROGRAM "' %s > said.txt 2>&1",
             (char *)*state, name, result, name);
    *code = WEXITSTATUS(system(command));
    return scratch_read(scratch_path(state, "said.txt", path), &size);
}

/* Two networks a point: a figure with fewer points, but gnuplot has nothing to say. */
static void draw(void **state, const char *name)
{
    char command[512];
    size_t size;
    snprintf(command, sizeof command, "run --quick --set trials=2 experiments/%s.yaml", name);
    shell_expect_only(state, command, 0);
    char result[NAME + 8], path[SCRATCH_PATH];
    snprintf(result, sizeof result, "%s-quick", name);
    int code;
    char *said = figure(state, name, result, &code);
    if (code != 0 || *said != '\0')
        fail_msg("plots/%s.gp: exit status %d\n%s", name, code, said);
    free(said);
    static const char *const endings[] = {"pdf", "png"};
    for (size_t i = 0; i < 2; i++) {
        char file[NAME + 8];
        snprintf(file, sizeof file, "%s.%s", name, endings[i]);
        free(scratch_read(scratch_path(state, file, path), &size));
        assert_true(size > 5000); /* more than an empty frame */
    }
}

/* Images of six pixels, all ten digits in the end, stand for MNIST's, which is nobody's to distribute with a
 * program. */
static void make_images(void **state)
{
    char path[SCRATCH_PATH];
    size_t size;
    unsigned char *bytes = files_idx_images(700, &size);
    assert_int_equal(mkdir(scratch_path(state, "data", path), 0777), 0);
    files_write(scratch_path(state, "data/t10k-images-idx3-ubyte.gz", path), bytes, size, true);
    free(bytes);
    bytes = files_idx_labels(700, &size);
    for (size_t t = 300; t < 700; t++)
        bytes[size - 700 + t] = (unsigned char)(t % 10);
    files_write(scratch_path(state, "data/t10k-labels-idx1-ubyte.gz", path), bytes, size, true);
    free(bytes);
}

static void every_figure_is_drawn(void **state)
{
#ifdef __SANITIZE_ADDRESS__ /* minutes, of commands that other tests sanitise */
    skip();
#endif
    char names[MOST][NAME];
    make_images(state);
    const size_t n = list("experiments", ".yaml", names);
    link_sources(state, "experiments");
    link_sources(state, "plots");
    for (size_t i = 0; i < n; i++)
        draw(state, names[i]);
}

/* One line says what is missing, and no picture is made. */
static void refuse(void **state, const char *name, const char *result, const char *missing)
{
    int code;
    char path[SCRATCH_PATH], file[NAME + 8], *said = figure(state, name, result, &code);
    if (code != 1 || strstr(said, missing) == NULL || strchr(said, '\n') != said + strlen(said) - 1)
        fail_msg("plots/%s.gp: exit status %d\n%s", name, code, said);
    free(said);
    snprintf(file, sizeof file, "%s.pdf", name);
    assert_int_not_equal(access(scratch_path(state, file, path), F_OK), 0);
}

static void other_experiments_are_not_drawn(void **state)
{
    link_sources(state, "experiments");
    link_sources(state, "plots");
    shell_expect_only(state, "run --quick --set trials=2 experiments/universal-width.yaml", 0);
    shell_expect_only(state,
                      "run --quick --set trials=2 --set 'cases=[{name: tanh, activation: tanh, "
                      "weight_variance: 1, bias_variance: 0}]' "
                      "-o results/one.h5 experiments/universal-width.yaml",
                      0);
    refuse(state, "layers", "universal-width-quick", "no variable `layer_eig_mean`");
    refuse(state, "universal-width", "one", "has the cases tanh; the figure shows tanh, relu, linear");
    refuse(state, "universal-width", "none", "no such file");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_experiment_has_one_plot),
    scratch_test(other_experiments_are_not_drawn),
    scratch_test(every_figure_is_drawn),
};
const struct test_group tests_cmd_figures = TEST_GROUP(tests);
