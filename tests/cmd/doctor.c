/* `doctor`: the form of its lines, and what it must notice. */
#include "cmd/shell.h"
#include "linalg/linalg.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"BLAS kernel", "BLAS speed", "threads", "load",    "variables",
                                    "file locks",  "disk",       "memory",  "normals", "versions"};
enum { N_NAMES = sizeof names / sizeof *names };

/* The line of a check, to be freed. */
static char *line_of(const char *out, const char *name)
{
    char start[32];
    snprintf(start, sizeof start, "  %-11s  ", name);
    const char *at = strstr(out, start);
    assert_non_null(at);
    assert_true(at - out >= 4);
    at -= 4;
    return strndup(at, strcspn(at, "\n"));
}

/* level "": any */
static void expect_line(const struct shell *shell, const char *name, const char *level, const char *part)
{
    char *line = line_of(shell->out, name);
    if (strncmp(line, level, strlen(level)) != 0 || strstr(line, part) == NULL)
        fail_msg("should be \"%s\", with \"%s\": %s", level, part, line);
    free(line);
}

/* Whether this CPU is one that the old kernel holds back. */
static bool prescott_is_slow(void)
{
    return linalg_kernel_correction("Prescott", linalg_kernel_best()) != NULL;
}

static void lines_have_a_form(void **state)
{
    struct shell shell = shell_run(state, "doctor");
    bool bad = false;
    const char *at = shell.out;
    for (size_t i = 0; i < N_NAMES; i++, at += strcspn(at, "\n") + 1) {
        char *line = strndup(at, strcspn(at, "\n")), level[8] = "";
        assert_non_null(line);
        assert_int_equal(sscanf(line, "%7s", level), 1);
        assert_true(strcmp(level, "ok") == 0 || strcmp(level, "warn") == 0 || strcmp(level, "bad") == 0);
        assert_true(strlen(line) > 20 && strncmp(line + 6, names[i], strlen(names[i])) == 0);
        assert_int_equal(strstr(line, " -> ") == NULL, strcmp(level, "ok") == 0);
        bad = bad || strcmp(level, "bad") == 0;
        free(line);
    }
    assert_string_equal(at, "");
    assert_string_equal(shell.err, "");
    assert_int_equal(shell.code, bad ? 1 : 0);
    assert_int_equal(scratch_count(state), 2); /* out.txt, err.txt */
    expect_line(&shell, "file locks", "ok", "work in this folder");
    expect_line(&shell, "versions", "ok", "fisherfield ");
    shell_free(&shell);
}

static void a_slow_kernel_is_bad(void **state)
{
    if (!prescott_is_slow())
        skip();
    struct shell shell = shell_run_with(state, "OPENBLAS_CORETYPE=PRESCOTT ", "doctor");
    expect_line(&shell, "BLAS kernel", "bad", "Prescott by OPENBLAS_CORETYPE=PRESCOTT");
    expect_line(&shell, "BLAS kernel", "bad", " -> several times too slow: unset OPENBLAS_CORETYPE");
    assert_int_equal(shell.code, 1);
    assert_string_equal(shell.err, "");
    shell_free(&shell);
    shell = shell_run_with(state, "OPENBLAS_CORETYPE=Nonsense ", "doctor");
    expect_line(&shell, "BLAS kernel", "", "OPENBLAS_CORETYPE=Nonsense");
    shell_free(&shell);
}

static void the_environment_is_looked_at(void **state)
{
    struct shell shell = shell_run_with(state, "HDF5_USE_FILE_LOCKING=FALSE OMP_NUM_THREADS=7 ", "doctor");
    expect_line(&shell, "file locks", "warn", "off by HDF5_USE_FILE_LOCKING=FALSE -> ");
    expect_line(&shell, "variables", "ok", "; OMP_NUM_THREADS=7 changes nothing");
    shell_free(&shell);
    shell = shell_run_with(state, "env -u OMP_NUM_THREADS ", "doctor");
    expect_line(&shell, "variables", "ok", "(--threads)");
    assert_null(strstr(shell.out, "OMP_NUM_THREADS"));
    shell_free(&shell);
}

static void the_folder_is_where_results_go(void **state)
{
    struct shell shell = shell_run_with(state, "mkdir results && ", "doctor");
    expect_line(&shell, "file locks", "ok", "work in folder results");
    expect_line(&shell, "disk", "", " free in folder results");
    shell_free(&shell);
    shell = shell_run_with(state, "cd /proc && ", "doctor");
    expect_line(&shell, "file locks", "bad", "this folder: no file can be made: ");
    assert_int_equal(shell.code, 1);
    shell_free(&shell);
}

static void the_affinity_mask_counts(void **state)
{
    struct shell shell =
        shell_run_with(state, "taskset -c \"$(taskset -cp $$ | sed 's/.*[^0-9]//')\" ", "doctor");
    if (shell.code > 1) { /* no taskset */
        shell_free(&shell);
        skip();
    }
    expect_line(&shell, "threads", "", " online, affinity to 1, ");
    expect_line(&shell, "threads", "", ": a run takes 1 thread");
    shell_free(&shell);
}

static const struct CMUnitTest tests[] = {
    scratch_test(lines_have_a_form),
    scratch_test(a_slow_kernel_is_bad),
    scratch_test(the_environment_is_looked_at),
    scratch_test(the_folder_is_where_results_go),
    scratch_test(the_affinity_mask_counts),
};
const struct test_group tests_cmd_doctor = TEST_GROUP(tests);
