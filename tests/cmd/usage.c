/* Help, versions, and everything a user can get wrong on the command line. */
#include "cmd/shell.h"
#include "tests.h"

#include <stdio.h>
#include <string.h>

static const char *const commands[] = {"run", "theory", "table", "verify", "info", "plan", "doctor"};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void help_goes_to_standard_output(void **state)
{
    char arguments[64];
    struct shell all = shell_expect(state, "--help", 0);
    assert_string_equal(all.err, "");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n  %-8s ", commands[i]);
        assert_non_null(strstr(all.out, line));
        snprintf(arguments, sizeof arguments, "%s --help", commands[i]);
        struct shell one = shell_expect(state, arguments, 0);
        assert_string_equal(one.err, "");
        snprintf(line, sizeof line, "Usage: fisherfield %s [OPTION...]", commands[i]);
        assert_true(strncmp(one.out, line, strlen(line)) == 0);
        shell_free(&one);
    }
    shell_free(&all);
    struct shell same = shell_expect(state, "help", 0);
    shell_free(&same);
}

static void versions_are_told(void **state)
{
    static const char *const parts[] = {"fisherfield ", "OpenBLAS ",    "LAPACK ",    "HDF5 ",         "GSL ",
                                        "libyaml ",     "libmatheval ", "Random123 ", "\nBLAS kernel "};
    struct shell shell = shell_expect(state, "--version", 0);
    assert_string_equal(shell.err, "");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(shell.out, parts[i]) == NULL)
            fail_msg("%s lacks %s", shell.out, parts[i]);
    assert_null(strchr(shell.out, '?'));
    shell_free(&shell);
}

static void bad_usage_is_refused(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_refuse(state, "", 2, "Usage: fisherfield");
    shell_refuse(state, "nonsense", 2, "\"nonsense\" is not a command|--help");
    shell_refuse(state, "--nonsense", 2, "--nonsense");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        char arguments[64];
        if (strcmp(commands[i], "doctor") != 0)
            shell_refuse(state, commands[i], 2, "fisherfield");
        snprintf(arguments, sizeof arguments, "%s --nonsense x.yaml", commands[i]);
        shell_refuse(state, arguments, 2, "--nonsense");
    }
    shell_refuse(state, "run x.yaml y.yaml", 2, "one experiment at a time|y.yaml");
    shell_refuse(state, "theory x.yaml y.yaml", 2, "one experiment at a time|y.yaml");
    shell_refuse(state, "info x.h5 y.h5", 2, "y.h5");
    shell_refuse(state, "plan x.yaml y.yaml", 2, "one experiment at a time|y.yaml");
    shell_refuse(state, "doctor x.yaml", 2, "x.yaml");
    assert_false(shell_exists(state, "results"));
}

static void bad_threads_are_refused(void **state)
{
    static const char *const bad[] = {"0",   "-1", "two", "2x", "1.5", "''", "1025", "99999999999999999999",
                                      "' 2'"};
    char arguments[128];
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(arguments, sizeof arguments, "run x.yaml --threads %s", bad[i]);
        shell_refuse(state, arguments, 2, "--threads: |is not a whole number from 1 to 1024");
    }
    shell_refuse(state, "run x.yaml --threads", 2, "--threads");
    assert_false(shell_exists(state, "results"));
}

static void bad_files_are_refused(void **state)
{
    char arguments[128];
    shell_file(state, "text.h5", "not a result\n");
    shell_file(state, "empty.h5", "");
    for (size_t i = 2; i < 5; i++) { /* table, verify, info */
        snprintf(arguments, sizeof arguments, "%s none.h5", commands[i]);
        shell_refuse(state, arguments, 2, "none.h5: no such file");
        snprintf(arguments, sizeof arguments, "%s text.h5", commands[i]);
        shell_refuse(state, arguments, 2, "text.h5: not an HDF5 file");
        snprintf(arguments, sizeof arguments, "%s empty.h5", commands[i]);
        shell_refuse(state, arguments, 2, "empty.h5: not an HDF5 file");
        snprintf(arguments, sizeof arguments, "%s .", commands[i]);
        shell_refuse(state, arguments, 2, ".: a folder");
    }
}

static void bad_experiments_make_nothing(void **state)
{
    shell_file(state, "bad.yaml", "seed: 1\ntrails: 3\n");
    shell_file(state, "huge.yaml",
               "seed: 1\ntrials: 5\n" SHELL_BODY "memory: 1MiB\nsampler: weights\nsweep: {width: [9000]}\n");
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_refuse(state, "run none.yaml", 2, "none.yaml|No such file");
    shell_refuse(state, "run bad.yaml", 2, "bad.yaml:2:1: |trails");
    shell_refuse(state, "run huge.yaml", 2, "huge.yaml: case tanh, width 9000|`memory: 1.0 MiB`");
    shell_refuse(state, "run x.yaml --set depth=x", 2, "depth");
    shell_refuse(state, "run x.yaml --set nonsense", 2, "nonsense");
    shell_refuse(state, "theory bad.yaml", 2, "bad.yaml:2:1: |trails");
    assert_false(shell_exists(state, "results"));
    shell_refuse(state, "run x.yaml -o none/x.h5", 2,
                 "none/x.h5: cannot be created: No such file or directory");
    assert_false(shell_exists(state, "none"));
    shell_refuse(state, "run x.yaml -o x.yaml", 2, "x.yaml: not an HDF5 file");
    assert_false(shell_exists(state, "results"));
}

/* Where the output cannot be written, nothing may look like success, nor like a verdict. */
static void a_full_disk_is_noticed(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    shell_refuse(state, "theory x.yaml > /dev/full", 1, "standard output: No space left on device");
    shell_refuse(state, "plan x.yaml > /dev/full", 1, "standard output: No space left on device");
    shell_refuse(state, "doctor > /dev/full", 1, "standard output: No space left on device");
    shell_refuse(state, "table x.h5 > /dev/full", 1, "standard output: No space left on device");
    shell_refuse(state, "info x.h5 > /dev/full", 1, "standard output: No space left on device");
    shell_refuse(state, "verify x.h5 > /dev/full", 2, "standard output: No space left on device");
    shell_refuse(state, "--version > /dev/full", 1, "standard output: No space left on device");
    shell_refuse(state, "--help > /dev/full", 1, "standard output: No space left on device");
}

static const struct CMUnitTest tests[] = {
    scratch_test(help_goes_to_standard_output), scratch_test(versions_are_told),
    scratch_test(bad_usage_is_refused),         scratch_test(bad_threads_are_refused),
    scratch_test(bad_files_are_refused),        scratch_test(bad_experiments_make_nothing),
    scratch_test(a_full_disk_is_noticed),
};
const struct test_group tests_cmd_usage = TEST_GROUP(tests);
