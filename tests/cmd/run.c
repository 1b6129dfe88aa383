/* `run` and `info`: where the file goes, what stands in it, and how a run is stopped and taken up again. */
#include "cmd/shell.h"
#include "tests.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* 120 networks, in whose middle something is to happen: at the flush of one of the next. */
#define MIDDLE "hurry stop=150"
#define LONG "seed: 1\ntrials: 60\nsampler: weights\n" SHELL_BODY "sweep: {width: [100]}\n"

static void results_have_a_place(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    struct shell shell = shell_expect(state, "run x.yaml", 0);
    assert_string_equal(shell.out, "");
    assert_non_null(strstr(shell.err, "results/x.h5: 30 networks in "));
    shell_free(&shell);
    assert_true(shell_exists(state, "results/x.h5"));
    assert_false(shell_exists(state, "results/x-quick.h5"));
    shell_expect_only(state, "run x.yaml --quick", 0);
    assert_true(shell_exists(state, "results/x-quick.h5"));
    shell_expect_only(state, "run --threads 1 -o here.h5 x.yaml", 0);
    assert_true(shell_exists(state, "here.h5"));
}

static void expect_line(const char *text, const char *line)
{
    if (strstr(text, line) == NULL)
        fail_msg("lacks \"%s\":\n%s", line, text);
}

static void info_says_what_it_is(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_expect_only(
        state, "run x.yaml --quick --threads 2 --set 'title=A ''new'' one' --set seed=9007199254740993", 0);
    struct shell shell = shell_expect(state, "info results/x-quick.h5", 0);
    assert_string_equal(shell.err, "");
    expect_line(shell.out, "seed          9007199254740993\n");
    expect_line(shell.out, "threads       2\n");
    expect_line(shell.out, "cases         tanh, relu\n");
    expect_line(shell.out, "width         20, 30\n");
    expect_line(shell.out, "networks      8 of 8 (4 grid points, 2 trials each)\n");
    expect_line(shell.out, "command       fisherfield run x.yaml --quick --threads 2 --set 'title=A new one' "
                           "--set seed=9007199254740993\n");
    expect_line(shell.out, "variables     fisher_eig_mean, ");
    expect_line(shell.out, "\n\n" SHELL_EXPERIMENT);
    shell_free(&shell);
}

static void the_same_command_goes_on(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_expect_only(state, "run x.yaml", 0);
    struct shell first = shell_expect(state, "table results/x.h5", 0),
                 again = shell_expect(state, "run x.yaml", 0);
    expect_line(again.err, "results/x.h5: 30 of 30 networks were there already\n");
    struct shell second = shell_expect(state, "table results/x.h5", 0);
    assert_string_equal(first.out, second.out);
    shell_free(&first);
    shell_free(&again);
    shell_free(&second);
}

static void another_experiment_is_refused(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_expect_only(state, "run x.yaml", 0);
    struct shell before = shell_expect(state, "info results/x.h5", 0);
    shell_refuse(state, "run x.yaml --set seed=2", 2,
                 "results/x.h5: another experiment|`seed: 2`|`seed: 1`|-o");
    shell_refuse(state, "run x.yaml --set trials=4", 2, "`trials: 4`|`trials: 5`");
    shell_refuse(state, "run x.yaml --set sweep.width='[20, 30]'", 2, "[20, 30]`|[20, 30, 40]`");
    struct shell after = shell_expect(state, "info results/x.h5", 0);
    assert_string_equal(before.out, after.out);
    shell_free(&before);
    shell_free(&after);
}

static void more_trials_extend(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_expect_only(state, "run x.yaml", 0);
    struct shell more = shell_expect(state, "run x.yaml --set trials=9", 0);
    expect_line(more.err, "results/x.h5: 30 of 54 networks were there already\n");
    struct shell info = shell_expect(state, "info results/x.h5", 0);
    expect_line(info.out, "networks      54 of 54 (6 grid points, 9 trials each)\n");
    shell_free(&more);
    shell_free(&info);
}

/* Trial 3 of (relu, width 30), with its eigenvalues, against what a run has stored. */
static void one_trial_can_be_run_alone(void **state)
{
    char path[SCRATCH_PATH], expected[512], *row;
    struct store_result r;
    struct store_array largest, eigenvalues;
    struct base_error error = {""};
    shell_file(state, "x.yaml", "save: [eigenvalues]\n" SHELL_EXPERIMENT);
    struct shell alone = shell_expect(state, "run x.yaml --trial 3 --case relu --at width=30", 0);
    assert_false(shell_exists(state, "results"));
    shell_expect_only(state, "run x.yaml", 0);
    assert_int_equal(store_open(&r, scratch_path(state, "results/x.h5", path), &error), BASE_OK);
    assert_int_equal(store_read(&r, "fisher_eig_max", &largest, &error), BASE_OK);
    assert_int_equal(store_read(&r, "fisher_eigenvalues", &eigenvalues, &error), BASE_OK);
    const size_t at = 4 * r.trials + 3; /* grid point 4 */
    expect_line(alone.out, "case\twidth\ttrial\trank\tfisher_eig_mean\t");
    row = strstr(alone.out, "\nrelu\t30\t3\t10\t");
    assert_non_null(row);
    snprintf(expected, sizeof expected, "\t%.17g\n", eigenvalues.values[at * eigenvalues.length + 9]);
    expect_line(row, expected);
    snprintf(expected, sizeof expected, "\t%.17g\t", largest.values[at]);
    expect_line(row, expected);
    store_array_free(&largest);
    store_array_free(&eigenvalues);
    store_result_free(&r);
    shell_free(&alone);
    shell_refuse(state, "run x.yaml --trial 3 --case relu", 2, "--at width=VALUE");
    shell_refuse(state, "run x.yaml --trial 3 --at width=30", 2, "--case tanh");
    shell_refuse(state, "run x.yaml --trial 3 --case relux --at width=30", 2, "no case \"relux\"");
    shell_refuse(state, "run x.yaml --trial 3 --case relu --at width=31", 2, "--at width=31|not one of");
    shell_refuse(state, "run x.yaml --trial 3 --case relu --at width=30 --at depth=3", 2,
                 "--at depth=3|swept key");
    shell_refuse(state, "run x.yaml --trial 5 --case relu --at width=30", 2, "--trial: 5 is not from 0 to 4");
    shell_refuse(state, "run x.yaml --trial -1 --case relu --at width=30", 2, "--trial: \"-1\"");
    shell_refuse(state, "run x.yaml --case relu", 2, "belong to --trial");
}

static void expect_error_text(void **state, const char *fragment)
{
    char path[SCRATCH_PATH];
    size_t size;
    char *text = scratch_read(scratch_path(state, "err.txt", path), &size);
    expect_line(text, fragment);
    free(text);
}

static void a_signal_stops_and_the_same_command_finishes(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    int status = 0;
    shell_file(state, "x.yaml", LONG);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const pid_t pid = shell_start(state, "run x.yaml --threads 1", MIDDLE);
        shell_await_stop(pid);
        kill(pid, signals[i]);
        kill(pid, SIGCONT);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 75);
        expect_error_text(state, "fisherfield: stopped early; the same command goes on from here\n");
        shell_expect_only(state, "info results/x.h5", 0);
        struct shell verdict = shell_expect(state, "verify results/x.h5", 3);
        expect_line(verdict.out, "\n# unfinished: ");
        expect_line(verdict.out, " of 120 networks are there\n");
        shell_free(&verdict);
    }
    struct shell rest = shell_expect(state, "run x.yaml", 0);
    expect_line(rest.err, " of 120 networks were there already\n");
    struct shell pieces = shell_expect(state, "table results/x.h5", 0),
                 straight = shell_expect(state, "table straight.h5", 0);
    assert_string_equal(pieces.out, straight.out);
    shell_free(&rest);
    shell_free(&pieces);
    shell_free(&straight);
}

/* A network of this width takes seconds, for which the first signal waits. */
static void a_second_signal_kills(void **state)
{
    int status = 0;
    shell_file(state, "x.yaml",
               "seed: 1\ntrials: 1\n" SHELL_BODY "sampler: weights\nsweep: {width: [20000]}\n");
    const pid_t pid = shell_start(state, "run x.yaml --threads 1", NULL);
    shell_await_work(pid, 0.5);
    kill(pid, SIGINT);
    shell_await_work(pid, 0.7); /* still there */
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    struct shell shell = shell_expect(state, "info results/x.h5", 0);
    expect_line(shell.out, "networks      0 of 2 ");
    shell_free(&shell);
}

/* A run that is killed without warning leaves a file that opens, and that the same command completes. */
static void a_killed_run_is_taken_up(void **state)
{
    int status = 0;
    shell_file(state, "x.yaml", LONG);
    for (int i = 0; i < 3; i++) {
        const pid_t pid = shell_start(state, "run x.yaml --threads 1", MIDDLE);
        shell_await_stop(pid);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        shell_expect_only(state, "info results/x.h5", 0);
        struct shell verdict = shell_expect(state, "verify results/x.h5", 3);
        expect_line(verdict.out, "\n# unfinished: ");
        expect_line(verdict.out, " of 120 networks are there\n");
        shell_free(&verdict);
    }
    shell_expect_only(state, "run x.yaml", 0);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    struct shell pieces = shell_expect(state, "table results/x.h5", 0),
                 straight = shell_expect(state, "table straight.h5", 0);
    assert_string_equal(pieces.out, straight.out);
    shell_free(&pieces);
    shell_free(&straight);
}

static void a_running_program_keeps_its_file(void **state)
{
    int status = 0;
    shell_file(state, "x.yaml", LONG);
    const pid_t pid = shell_start(state, "run x.yaml --threads 1", MIDDLE);
    shell_await_stop(pid);
    struct shell shell = shell_run(state, "info results/x.h5 2> second.txt"); /* err.txt is the first one's */
    assert_int_equal(shell.code, 2);
    shell_free(&shell);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    char path[SCRATCH_PATH];
    size_t size;
    char *text = scratch_read(scratch_path(state, "second.txt", path), &size);
    expect_line(text, "results/x.h5: a running program holds it open for writing");
    free(text);
}

static void numerical_trouble_is_told(void **state)
{
    shell_file(state, "x.yaml",
               "seed: 1\ntrials: 2\nnetwork: {activation: relu, bias_variance: 0.1, outputs: 1, width: 20, "
               "weight_variance: 1e30}\ndata: {inputs: gaussian, samples: 10}\nsweep: {depth: [3, 40]}\n");
    struct shell shell = shell_expect(state, "run x.yaml", 0);
    expect_line(
        shell.err,
        "warning: 2 networks could not be measured, or not to the end, and are nan from there; the first: "
        "case default, width 20, depth 40, trial ");
    expect_line(
        shell.err,
        "warning: theory cannot be computed at 1 grid point and is nan there; the first: case default, "
        "width 20, depth 40: ");
    shell_free(&shell);
    shell = shell_expect(state, "theory x.yaml", 0);
    expect_line(shell.out, "\ndefault\t40\tnan\tnan\tnan\tnan\tnan\t");
    expect_line(shell.err, "warning: theory cannot be computed at 1 grid point");
    shell_free(&shell);
}

static void the_blas_kernel_is_the_users(void **state)
{
#if defined(__x86_64__)
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    struct shell shell = shell_run_with(state, "OPENBLAS_CORETYPE=Nehalem ", "run x.yaml --quick");
    assert_int_equal(shell.code, 0);
    shell_free(&shell);
    shell = shell_expect(state, "info results/x-quick.h5", 0);
    expect_line(shell.out, "blas_kernel   Nehalem\n");
    shell_free(&shell);
#else
    (void)state;
    skip();
#endif
}

static const struct CMUnitTest tests[] = {
    scratch_test(results_have_a_place),
    scratch_test(info_says_what_it_is),
    scratch_test(the_same_command_goes_on),
    scratch_test(another_experiment_is_refused),
    scratch_test(more_trials_extend),
    scratch_test(one_trial_can_be_run_alone),
    scratch_test(a_signal_stops_and_the_same_command_finishes),
    scratch_test(a_second_signal_kills),
    scratch_test(a_killed_run_is_taken_up),
    scratch_test(a_running_program_keeps_its_file),
    scratch_test(numerical_trouble_is_told),
    scratch_test(the_blas_kernel_is_the_users),
};
const struct test_group tests_cmd_run = TEST_GROUP(tests);
