/* What the world does to a run: it is killed at any moment, its disk is full, its file is taken away. The
 * file stays whole, and the same command ends with the same bits. */
#include "cmd/shell.h"
#include "tests.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Two cases over three widths, with eigenvalues. */
#define EXPERIMENT                                                                                           \
    "seed: 1\ntrials: 4\nsampler: weights\nsave: [eigenvalues]\n" SHELL_BODY "sweep: {width: [20, 30, "      \
    "40]}\n"
/* Two networks a trial. */
#define SMALL "seed: 1\ntrials: 3\nsampler: weights\n" SHELL_BODY "sweep: {width: [20]}\n"
/* Two hundred networks, in whose middle something is to happen: at the flush of one of the first. */
#define MIDDLE "hurry stop=150"
#define LONG "seed: 1\ntrials: 100\nsampler: weights\n" SHELL_BODY "sweep: {width: [100]}\n"

static int drop(void **state)
{
    shell_trouble(NULL);
    return scratch_drop(state);
}
#define kill_test(function) cmocka_unit_test_setup_teardown(function, scratch_make, drop)

static void expect_fragment(const char *text, const char *fragment)
{
    if (strstr(text, fragment) == NULL)
        fail_msg("lacks \"%s\":\n%s", fragment, text);
}

static void compare(void **state, const char *a, const char *b, const size_t *map)
{
    char one[SCRATCH_PATH], other[SCRATCH_PATH];
    scratch_compare(scratch_path(state, a, one), scratch_path(state, b, other), map);
}

static void drop_file(void **state, const char *name)
{
    char path[SCRATCH_PATH];
    if (unlink(scratch_path(state, name, path)) != 0)
        assert_int_equal(errno, ENOENT);
}

/* `info` on x.h5, if it is there, must succeed. Returns the number of finished networks, -1 without a file.
 */
static long look(void **state)
{
    if (!shell_exists(state, "x.h5"))
        return -1;
    struct shell shell = shell_expect(state, "info x.h5", 0);
    const char *networks = strstr(shell.out, "\nnetworks ");
    assert_non_null(networks);
    const long finished = atol(networks + strcspn(networks, "0123456789"));
    shell_free(&shell);
    shell_expect_only(state, "table x.h5", 0);
    return finished;
}

/* ---- kills at every write */

/* `run ARGUMENTS -o x.h5` is killed in every `stride`-th of its writes, each time from what `begin` leaves;
 * then it must open, and go on to the bits of `straight`. Returns the number of kills. */
static int kill_each_write(void **state, void (*begin)(void **), const char *arguments, const char *straight,
                           int stride)
{
    char words[64], command[512];
    int kills = 0;
    snprintf(command, sizeof command, "run %s -o x.h5", arguments);
    for (int n = 1;; n += stride) {
        begin(state);
        const size_t before = scratch_count(state);
        snprintf(words, sizeof words, "hurry kill=%d", n);
        shell_trouble(words);
        struct shell shell = shell_run(state, command);
        shell_trouble(NULL);
        const int code = shell.code;
        shell_free(&shell);
        if (code == 0)
            return kills;
        if (code != 128 + SIGKILL)
            fail_msg("%s: kill in write %d: exit code %d", command, n, code);
        kills++;
        look(state);
        shell_expect_only(state, command, 0);
        compare(state, straight, "x.h5", NULL);
        if (scratch_count(state) > before + 1)
            fail_msg("%s: kill in write %d: something is left behind", command, n);
    }
}

static void begin_with_nothing(void **state)
{
    drop_file(state, "x.h5");
}

static void begin_with_less(void **state)
{
    char path[SCRATCH_PATH];
    size_t size;
    char *bytes = scratch_read(scratch_path(state, "short.h5", path), &size);
    scratch_write(scratch_path(state, "x.h5", path), bytes, size);
    free(bytes);
}

static void kill_writes(void **state, int stride, int expected)
{
    shell_file(state, "x.yaml", SMALL);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    shell_expect_only(state, "run x.yaml -o short.h5 --set trials=2", 0);
    const int made = kill_each_write(state, begin_with_nothing, "x.yaml --threads 2", "straight.h5", stride),
              extended = kill_each_write(state, begin_with_less, "x.yaml --threads 2", "straight.h5", stride);
    if (stride == 1)
        print_message("%d kills in the writes of a run, %d in those of an extension\n", made, extended);
    assert_true(made >= expected && extended >= expected);
}

static void a_kill_in_a_write_loses_nothing(void **state)
{
    kill_writes(state, 29, 3);
}

static void a_kill_in_any_write_loses_nothing(void **state)
{
    kill_writes(state, 1, 80);
}

/* ---- kills at random moments */

enum { N_KILLS = 50, FIRST = 20, MOST = 80, N_PHASES = 5 }; /* trials: 20, 40, 60, 80 */

struct killer {
    uint64_t random;      /* splitmix64 */
    double startup, each; /* seconds until the first network, and of one network */
    int kills[N_PHASES];
};

static double draw(struct killer *k)
{
    uint64_t z = k->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void wait_for(double time)
{
    const time_t whole = (time_t)time;
    nanosleep(&(struct timespec){.tv_sec = whole, .tv_nsec = (long)(1e9 * (time - (double)whole))}, NULL);
}

static bool has_partial(void **state)
{
    char command[SCRATCH_PATH + 64];
    snprintf(command, sizeof command, "ls '%s' | grep -q partial", (char *)*state);
    return system(command) == 0;
}

/* A run of so many trials, killed at a random moment, half of the time while it starts and makes its file,
 * half of the time at any moment until about its end. False if it had ended before. */
static bool kill_somewhere(void **state, struct killer *k, int trials, long finished)
{
    char command[128];
    int status = 0;
    const double missing = (double)(6 * trials - (finished > 0 ? finished : 0)) * k->each;
    const double wait = draw(k) * (draw(k) < 0.5 ? k->startup : k->startup + missing);
    snprintf(command, sizeof command, "run x.yaml -o x.h5 --threads %d --set trials=%d",
             draw(k) < 0.5 ? 1 : 2, trials);
    const pid_t pid = shell_start(state, command, "hurry");
    wait_for(wait);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status);
}

/* Which of these a kill was, as far as can be seen from outside. */
static const char *const phases[N_PHASES] = {"before there was a file", "while it was made",
                                             "before one that was there changed", "while it was extended",
                                             "while networks came in"};
static int see_phase(bool partial, long before, long after)
{
    if (partial)
        return before < 0 ? 1 : 3;
    return after > before ? 4 : before < 0 ? 0 : 2;
}

static double time_run(void **state, const char *command)
{
    const double start = seconds();
    shell_expect_only(state, command, 0);
    return seconds() - start;
}

static void make_straight(void **state, struct killer *k)
{
    char command[128];
    for (int trials = FIRST; trials <= MOST; trials += FIRST) {
        snprintf(command, sizeof command, "run x.yaml -o straight-%d.h5 --set trials=%d", trials, trials);
        shell_expect_only(state, command, 0);
    }
    shell_trouble("hurry");
    k->startup = time_run(state, "run x.yaml -o timed.h5 --set trials=1");
    k->each = (time_run(state, "run x.yaml -o timed.h5 --set trials=21") - k->startup) / 120;
    k->each = k->each > 0 ? k->each : 0;
    shell_trouble(NULL);
}

static void finish(void **state, int trials)
{
    char command[128], straight[64];
    snprintf(command, sizeof command, "run x.yaml -o x.h5 --set trials=%d", trials);
    snprintf(straight, sizeof straight, "straight-%d.h5", trials);
    shell_expect_only(state, command, 0);
    assert_false(has_partial(state));
    compare(state, straight, "x.h5", NULL);
}

/* Every file is killed once or several times, then finished; half of them are extended and killed again. */
static void fifty_kills_at_random_moments_lose_nothing(void **state)
{
    const char *seed = getenv("KILLS_SEED");
    struct killer k = {.random = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL)};
    print_message("KILLS_SEED=%llu\n", (unsigned long long)k.random);
    shell_file(state, "x.yaml", EXPERIMENT);
    make_straight(state, &k);
    int kills = 0, trials = FIRST, ended = 0;
    while (kills < N_KILLS) {
        const long before = look(state);
        const bool killed = kill_somewhere(state, &k, trials, before), partial = has_partial(state);
        const long after = look(state);
        assert_true(after >= before);
        if (killed)
            k.kills[see_phase(partial, before, after)]++;
        kills += killed;
        ended += !killed;
        if (killed && kills < N_KILLS && draw(&k) < 0.4)
            continue; /* to be killed again */
        finish(state, trials);
        trials = trials < MOST && draw(&k) < 0.6 ? trials + FIRST : FIRST;
        if (trials == FIRST)
            drop_file(state, "x.h5");
    }
    for (int i = 0; i < N_PHASES; i++)
        print_message("%d %s, ", k.kills[i], phases[i]);
    print_message("and %d runs ended before\n", ended);
}

/* ---- trainings */

#define TRAINING                                                                                             \
    "kind: training\nseed: 1\nnetwork: {activation: tanh, weight_variance: 3, bias_variance: 0.1, depth: "   \
    "3, outputs: 2}\ndata: {inputs: gaussian, samples: 40, test_samples: 10}\n"
/* Twelve of some 20 ms. */
#define TRAININGS                                                                                            \
    TRAINING "trials: 3\ntraining: {learning_rate: 0.3, steps: 300, every: 10, momentum: 0.5, "              \
             "spectra: 20, schedule: [{epoch: 3, batch: 9, factor: 0.5}]}\n"                                 \
             "sweep: {width: [50, 70], batch: [7, full]}\n"
/* One of a second of computing or so; of one with decay theory says nothing, which would take its time first.
 */
#define ONE_TRAINING                                                                                         \
    TRAINING "trials: 1\ntraining: {learning_rate: 0.3, weight_decay: 0.001, steps: 3000}\nsweep: {width: "  \
             "[150]}\n"

/* Killed three times where some trainings are finished and others not. */
static void a_killed_training_goes_on(void **state)
{
    static const char *const troubles[] = {"hurry kill=150", "hurry kill=40", "hurry kill=40"};
    long finished = 0;
    shell_file(state, "x.yaml", TRAININGS);
    shell_expect_only(state, "run x.yaml -o straight.h5 --threads 1", 0);
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        const long before = finished;
        shell_trouble(troubles[i]);
        shell_expect_only(state, i == 1 ? "run x.yaml -o x.h5 --threads 1" : "run x.yaml -o x.h5 --threads 2",
                          128 + SIGKILL);
        shell_trouble(NULL);
        finished = look(state);
        assert_true(finished > before && finished < 12);
    }
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    compare(state, "straight.h5", "x.h5", NULL);
}

/* A signal is heard after the step in hand, not after the training, which is the only one and would then be
 * there. */
static void a_signal_stops_a_training_within_a_step(void **state)
{
    int status = 0;
    shell_file(state, "x.yaml", ONE_TRAINING);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    const pid_t pid = shell_start(state, "run x.yaml -o x.h5", NULL);
    shell_await_work(pid, 0.3);
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 75);
    assert_int_equal(look(state), 0);
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    compare(state, "straight.h5", "x.h5", NULL);
}

/* ---- the same bits on every way */

static void check_trial_alone(void **state, const char *sampler)
{
    static const char *const names[] = {"fisher_eig_mean",       "fisher_eig_second_moment",
                                        "fisher_eig_max",        "fisher_centred_eig_max",
                                        "fisher_eigvec_overlap", "fisher_eigenvalues"};
    char command[256], path[SCRATCH_PATH], row[1024] = "\nrelu\t30\t3\t2";
    struct store_result r;
    struct base_error error = {""};
    snprintf(command, sizeof command, "run x.yaml --set sampler=%s --trial 3 --case relu --at width=30",
             sampler);
    struct shell alone = shell_expect(state, command, 0);
    assert_int_equal(store_open(&r, scratch_path(state, "straight.h5", path), &error), BASE_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) { /* grid point 4, rank 2 */
        struct store_array array;
        assert_int_equal(store_read(&r, names[i], &array, &error), BASE_OK);
        const size_t at = (4 * r.trials + 3) * array.length + (array.length > 1), end = strlen(row);
        snprintf(row + end, sizeof row - end, "\t%.17g", array.values[at]);
        store_array_free(&array);
    }
    expect_fragment(alone.out, strcat(row, "\n"));
    store_result_free(&r);
    shell_free(&alone);
}

static void every_way_to_a_number_gives_its_bits(void **state)
{
    static const char *const samplers[] = {"weights", "conditional"};
    shell_file(state, "x.yaml", EXPERIMENT);
    for (size_t i = 0; i < 2; i++) {
        static const char *const files[] = {"straight.h5", "two.h5", "grown.h5", "killed.h5", "one.h5"};
        char set[64], command[256];
        for (size_t f = 0; f < sizeof files / sizeof *files; f++)
            drop_file(state, files[f]);
        snprintf(set, sizeof set, "run x.yaml --set sampler=%s", samplers[i]);
#define RUN(code, rest)                                                                                      \
    shell_expect_only(state, (snprintf(command, sizeof command, "%s %s", set, rest), command), code)
        RUN(0, "-o straight.h5 --threads 1");
        RUN(0, "-o two.h5 --threads 2");
        compare(state, "straight.h5", "two.h5", NULL);
        RUN(0, "-o grown.h5 --set trials=1");
        RUN(0, "-o grown.h5 --threads 2");
        compare(state, "straight.h5", "grown.h5", NULL);
        shell_trouble("hurry kill=150");
        RUN(128 + SIGKILL, "-o killed.h5 --threads 2");
        shell_trouble(NULL);
        RUN(0, "-o killed.h5");
        compare(state, "straight.h5", "killed.h5", NULL);
        RUN(0, "-o one.h5 --set sweep.width=[30]");
        compare(state, "one.h5", "straight.h5", (const size_t[]){1, 4});
        check_trial_alone(state, samplers[i]);
#undef RUN
    }
}

/* ---- a disk that takes no more */

/* A run under this trouble fails with these words, and the same command completes it. Returns whether it
 * failed. */
static bool fail_and_go_on(void **state, const char *words, const char *fragment)
{
    drop_file(state, "x.h5");
    shell_trouble(words);
    struct shell shell = shell_run(state, "run x.yaml -o x.h5 --threads 2");
    shell_trouble(NULL);
    const bool failed = shell.code != 0;
    if (failed) {
        if (shell.code != 1 && shell.code != 2)
            fail_msg("%s: exit code %d\n%s", words, shell.code, shell.err);
        expect_fragment(shell.err, "fisherfield: x.h5: ");
        expect_fragment(shell.err, fragment);
        assert_null(strstr(shell.err, "HDF5-DIAG"));
        if (look(state) >= 0)
            expect_fragment(shell.err, "are safe, and the same command goes on from there");
        shell_expect_only(state, "run x.yaml -o x.h5", 0);
    }
    shell_free(&shell);
    compare(state, "straight.h5", "x.h5", NULL);
    return failed;
}

static void a_quota_is_told_and_loses_nothing(void **state)
{
    static const char *const troubles[] = {"quota", "hiccup", "sync"};
    char words[64];
    shell_file(state, "x.yaml", EXPERIMENT);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    for (size_t i = 0; i < 3; i++) {
        int failures = 0;
        for (int n = 1; n <= 250; n += n < 80 || n > 230 ? 17 : 23) {
            snprintf(words, sizeof words, "hurry %s=%d", troubles[i], i == 2 ? (n + 9) / 10 : n);
            failures += fail_and_go_on(state, words, "Disk quota exceeded");
        }
        assert_true(failures >= 10);
    }
}

/* What was finished before stays, and is not sampled again. */
static void what_was_finished_before_a_quota_stays(void **state)
{
    shell_file(state, "x.yaml", EXPERIMENT);
    shell_trouble("hurry quota=200");
    struct shell shell = shell_expect(state, "run x.yaml -o x.h5 --threads 1", 1);
    shell_trouble(NULL);
    const long finished = look(state);
    assert_true(finished > 5 && finished < 24);
    shell_free(&shell);
}

static int limit_size(void *arguments)
{
    void **state = arguments;
    const struct rlimit room = {20000, 20000};
    if (setrlimit(RLIMIT_FSIZE, &room) != 0)
        return 99;
    struct shell shell = shell_run(state, "run x.yaml -o x.h5");
    const bool good = shell.code == 1 && strstr(shell.err, "fisherfield: x.h5: ") != NULL &&
                      strstr(shell.err, "File too large") != NULL;
    shell_free(&shell);
    return good && !shell_exists(state, "x.h5") && scratch_count(state) == 3 ? 0 : 1;
}

static void a_file_size_limit_is_told(void **state)
{
    shell_file(state, "x.yaml", EXPERIMENT);
    assert_int_equal(scratch_fork(limit_size, state), 0);
}

/* ---- a file that somebody else takes away */

/* It stands still, for something to be done to its file. */
static pid_t start_long(void **state)
{
    shell_file(state, "x.yaml", LONG);
    const pid_t pid = shell_start(state, "run x.yaml -o x.h5 --threads 2", MIDDLE);
    shell_await_stop(pid);
    return pid;
}

/* It goes on and fails by itself, with all "|"-separated fragments. */
static void expect_failure(void **state, pid_t pid, const char *fragments)
{
    char path[SCRATCH_PATH];
    size_t size;
    int status = 0;
    kill(pid, SIGCONT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    char *text = scratch_read(scratch_path(state, "err.txt", path), &size);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
        fail_msg("status %d\n%s", status, text);
    expect_fragment(text, "fisherfield: x.h5: ");
    for (const char *at = fragments; *at != '\0'; at += strcspn(at, "|"), at += *at == '|') {
        char fragment[256];
        snprintf(fragment, sizeof fragment, "%.*s", (int)strcspn(at, "|"), at);
        expect_fragment(text, fragment);
    }
    free(text);
}

static int command_in(void **state, const char *words)
{
    char command[512];
    snprintf(command, sizeof command, "cd '%s' && %s", (char *)*state, words);
    return system(command);
}

static void a_removed_file_is_saved(void **state)
{
    const pid_t pid = start_long(state);
    drop_file(state, "x.h5");
    expect_failure(state, pid, "removed by another program|are in x.h5.|.rescued: move it back");
    assert_false(shell_exists(state, "x.h5"));
    assert_int_equal(command_in(state, "test $(ls x.h5.*.rescued | wc -l) = 1 && mv x.h5.*.rescued x.h5"), 0);
    assert_true(look(state) > 0);
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    compare(state, "straight.h5", "x.h5", NULL);
}

/* rm and the same command again: the second run is not disturbed, and the first one notices. */
static void a_replaced_file_is_saved(void **state)
{
    const pid_t pid = start_long(state);
    assert_int_equal(command_in(state, "rm x.h5 && cp x.yaml x.h5"), 0);
    expect_failure(state, pid, "replaced by another program|.rescued: move it back");
    assert_int_equal(command_in(state, "cmp x.yaml x.h5 && mv x.h5.*.rescued x.h5"), 0);
    assert_true(look(state) > 0);
}

static void a_moved_file_is_told(void **state)
{
    const pid_t pid = start_long(state);
    assert_int_equal(command_in(state, "mv x.h5 y.h5"), 0);
    expect_failure(state, pid, "moved elsewhere while this run was writing it");
    assert_int_equal(command_in(state, "mv y.h5 x.h5 && ! ls | grep rescued"), 0);
    assert_true(look(state) > 0);
}

static void a_cut_file_is_told(void **state)
{
    const pid_t pid = start_long(state);
    assert_int_equal(command_in(state, "truncate -s 30000 x.h5"), 0);
    expect_failure(state, pid, "cut by another program to |remove it and start again");
    shell_refuse(state, "info x.h5", 2, "truncated or damaged");
}

/* Somebody's other copy over it: what it says is finished is not for us to change. */
static void an_overwritten_file_gets_no_marks(void **state)
{
    shell_file(state, "x.yaml", LONG);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    const pid_t pid = start_long(state);
    assert_int_equal(command_in(state, "dd if=straight.h5 of=x.h5 conv=notrunc 2> /dev/null"), 0);
    kill(pid, SIGTERM); /* most of its trials are still missing, and must not be brought back as such */
    expect_failure(state, pid, "another program has written into it|see that only one program runs");
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    compare(state, "straight.h5", "x.h5", NULL);
}

/* ---- two runs on one file */

/* The second one opens the file, then the first one puts a longer file in its place, then the second one
 * locks what it has opened, which has no name any more. */
static void a_file_extended_meanwhile_is_noticed(void **state)
{
    shell_file(state, "x.yaml", EXPERIMENT);
    shell_expect_only(state, "run x.yaml -o x.h5 --set trials=2", 0);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    const pid_t pid = shell_start(state, "run x.yaml -o x.h5 --set trials=3", "lock");
    shell_await_stop(pid);
    struct shell first = shell_run(state, "run x.yaml -o x.h5 2> first.txt");
    assert_int_equal(first.code, 0);
    shell_free(&first);
    int status = 0;
    kill(pid, SIGCONT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    compare(state, "straight.h5", "x.h5", NULL);
}

/* Started in the same moment, from nothing or from a short file: one of them at least does it, those that do
 * not say why, and the file is as it should be. */
static void of_runs_in_the_same_moment_one_goes_on(void **state)
{
    shell_file(state, "x.yaml", EXPERIMENT);
    shell_expect_only(state, "run x.yaml -o straight.h5", 0);
    for (int i = 0; i < 6; i++) {
        pid_t pids[3];
        int good = 0, status = 0;
        drop_file(state, "x.h5");
        if (i % 2 == 1)
            shell_expect_only(state, "run x.yaml -o x.h5 --set trials=2", 0);
        for (int j = 0; j < 3; j++)
            pids[j] = shell_start(state, "run x.yaml -o x.h5", NULL);
        for (int j = 0; j < 3; j++) {
            assert_int_equal(waitpid(pids[j], &status, 0), pids[j]);
            assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2));
            good += WEXITSTATUS(status) == 0;
        }
        assert_true(good >= 1);
        compare(state, "straight.h5", "x.h5", NULL);
    }
}

static const struct CMUnitTest tests[] = {
    kill_test(a_kill_in_a_write_loses_nothing),
    kill_test(every_way_to_a_number_gives_its_bits),
    kill_test(a_killed_training_goes_on),
    kill_test(a_signal_stops_a_training_within_a_step),
    kill_test(what_was_finished_before_a_quota_stays),
    kill_test(a_file_size_limit_is_told),
    kill_test(a_removed_file_is_saved),
    kill_test(a_replaced_file_is_saved),
    kill_test(a_moved_file_is_told),
    kill_test(a_cut_file_is_told),
    kill_test(an_overwritten_file_gets_no_marks),
    kill_test(a_file_extended_meanwhile_is_noticed),
    kill_test(of_runs_in_the_same_moment_one_goes_on),
};
const struct test_group tests_cmd_kills = TEST_GROUP(tests);

static const struct CMUnitTest slow_tests[] = {
    kill_test(fifty_kills_at_random_moments_lose_nothing),
    kill_test(a_kill_in_any_write_loses_nothing),
    kill_test(a_quota_is_told_and_loses_nothing),
};
const struct test_group slow_cmd_kills = TEST_GROUP(slow_tests);
