/* The commands on trainings. */
#include "cmd/shell.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAINING                                                                                             \
    "kind: training\nseed: 1\ntrials: 2\n"                                                                   \
    "network: {activation: relu, weight_variance: 2, bias_variance: 0.1, depth: 3, width: 20, outputs: 1}\n" \
    "data: {inputs: gaussian, samples: 12, test_samples: 4}\n"                                               \
    "training: {steps: 9}\n"                                                                                 \
    "sweep: {batch: [5, full], learning_rate: [0.3, 400]}\n"

static void expect_fragment(const char *text, const char *fragment)
{
    if (strstr(text, fragment) == NULL)
        fail_msg("lacks \"%s\":\n%s", fragment, text);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void trainings_are_planned_run_and_told(void **state)
{
    shell_file(state, "x.yaml", TRAINING);
    struct shell plan = shell_expect(state, "plan x.yaml", 0);
    expect_fragment(plan.out, "case     batch  learning_rate  optimizer  ");
    expect_fragment(plan.out, "\ndefault     12            400   gradient  ");
    expect_fragment(plan.out, "\nnetworks  8\n");
    assert_null(strstr(plan.out, "sampler"));
    shell_free(&plan);
    plan = shell_expect(state, "plan x.yaml --set 'sweep.optimizer=[gradient]'", 0);
    assert_null(strstr(strstr(plan.out, "optimizer") + 1, "optimizer"));
    shell_free(&plan);

    struct shell run = shell_expect(state, "run x.yaml -o x.h5", 0);
    expect_fragment(run.err, "x.h5: 8 networks in ");
    expect_fragment(run.err, "x.h5: the training of 4 of these diverged; its losses end there\n");
    shell_free(&run);
    struct shell info = shell_expect(state, "info x.h5", 0);
    expect_fragment(info.out, "\nbatch         5, 12\nlearning_rate 0.3, 400\n");
    expect_fragment(info.out, "train_loss(step), ");
    shell_free(&info);
    struct shell table = shell_expect(state, "table x.h5 train_loss", 0);
    assert_memory_equal(table.out, "case\tbatch\tlearning_rate\tstep\ttrain_loss\t", 41);
    assert_int_equal(count_lines(table.out), 1 + 4 * 10);
    expect_fragment(table.out, "\ndefault\t12\t400\t9\tnan\t");
    shell_free(&table);
    table = shell_expect(state, "table x.h5 diverged", 0);
    expect_fragment(table.out, "\ndefault\t12\t0.3\t0\t");
    expect_fragment(table.out, "\ndefault\t12\t400\t1\t");
    shell_free(&table);
    shell_expect_only(state, "verify x.h5", 3);
}

/* The mean of two trials that are run alone is what the table says of the run, to the last bit or so. */
static void a_training_can_be_run_alone(void **state)
{
    double mean = 0, stored;
    shell_file(state, "x.yaml", TRAINING);
    for (int trial = 0; trial < 2; trial++) {
        char command[128];
        double loss;
        snprintf(command, sizeof command, "run x.yaml --trial %d --at batch=12 --at learning_rate=0.3",
                 trial);
        struct shell alone = shell_expect(state, command, 0);
        const char *row = strstr(alone.out, "\ndefault\t12\t0.3\t");
        for (int step = 0; step < 9 && row != NULL; step++)
            row = strchr(row + 1, '\n');
        assert_non_null(row);
        assert_int_equal(sscanf(row, "\ndefault 12 0.3 %*d 9 %lf", &loss), 1);
        mean += loss / 2;
        shell_free(&alone);
    }
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    struct shell table = shell_expect(state, "table x.h5 train_loss", 0);
    const char *row = strstr(table.out, "\ndefault\t12\t0.3\t9\t");
    assert_non_null(row);
    assert_int_equal(sscanf(row, "\ndefault 12 0.3 9 %lf", &stored), 1);
    assert_within(stored, mean, 1e-15 * mean);
    shell_free(&table);
}

/* Of ten steps four are recorded; the training of the other rate diverges, which leaves it their rows. */
static void steps_that_are_not_recorded_have_no_rows(void **state)
{
    shell_file(state, "x.yaml", TRAINING);
    shell_expect_only(state, "run x.yaml -o x.h5 --set every=4", 0);
    struct shell table = shell_expect(state, "table x.h5 train_loss diverged", 0);
    assert_int_equal(count_lines(table.out), 1 + 4 * 4);
    expect_fragment(table.out, "\ndefault\t12\t0.3\t8\t");
    assert_null(strstr(table.out, "\ndefault\t12\t0.3\t5\t"));
    expect_fragment(table.out, "\ndefault\t5\t400\t9\tnan\t");
    shell_free(&table);
    table = shell_expect(state, "table --trials x.h5 train_loss", 0);
    assert_int_equal(count_lines(table.out), 1 + 4 * 2 * 4);
    shell_free(&table);
}

static void what_is_predicted_alone_is_named(void **state)
{
    shell_file(state, "x.yaml", TRAINING);
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    shell_refuse(
        state, "table x.h5 critical_rate", 2,
        "no variable `critical_rate`|train_loss, |, critical_rate_theory, critical_rate_theory_limit");
    struct shell run = shell_expect(
        state, "run x.yaml -o y.h5 --set 'sweep.batch=[full]' --set 'schedule=[{step: 3, factor: 0.5}]'", 0);
    expect_fragment(run.err, "no loss is predicted with a schedule");
    shell_free(&run);
}

/* Step by step, and not in a column each; the theory of a result is what `theory` prints. */
static void theory_has_a_row_for_each_step(void **state)
{
    static const char sets[] = "--set 'sweep.batch=[full]' --set sweep.learning_rate='[0.1, 0.3]'";
    char command[256];
    double loss, stored;
    shell_file(state, "x.yaml", TRAINING);
    snprintf(command, sizeof command, "theory x.yaml %s", sets);
    struct shell plain = shell_expect(state, command, 0);
    expect_fragment(plain.out, "\tcritical_rate_theory\t");
    assert_null(strchr(plain.out, '['));
    assert_int_equal(count_lines(plain.out), 1 + 2);
    shell_free(&plain);
    snprintf(command, sizeof command, "theory x.yaml --steps %s", sets);
    struct shell theory = shell_expect(state, command, 0);
    assert_memory_equal(theory.out, "case\tbatch\tlearning_rate\tstep\ttrain_loss\t", 41);
    assert_int_equal(count_lines(theory.out), 1 + 2 * 10);
    const char *row = strstr(theory.out, "\ndefault\t12\t0.3\t9\t");
    assert_non_null(row);
    assert_int_equal(sscanf(row, "\ndefault 12 0.3 9 %lf", &loss), 1);
    shell_free(&theory);
    snprintf(command, sizeof command, "run x.yaml -o x.h5 %s", sets);
    shell_expect_only(state, command, 0);
    struct shell table = shell_expect(state, "table x.h5 train_loss", 0);
    row = strstr(table.out, "\ndefault\t12\t0.3\t9\t");
    assert_non_null(row);
    assert_int_equal(sscanf(row, "\ndefault 12 0.3 9 %*f %*f %lf", &stored), 1);
    assert_true(loss == stored && loss > 0);
    shell_free(&table);
    shell_file(state, "fisher.yaml", SHELL_EXPERIMENT);
    shell_refuse(state, "theory fisher.yaml --steps", 2, "fisher.yaml: nothing is predicted step by step");
}

static void what_is_no_training_makes_no_file(void **state)
{
    shell_file(state, "x.yaml", TRAINING);
    shell_refuse(state, "run x.yaml --set batch=13", 2, "the sweep varies batch");
    shell_refuse(state, "run x.yaml --set 'sweep.batch=[13]'", 2,
                 "sweep.batch=[13]: sweep.batch: a batch of 13 is larger than samples: 12");
    shell_refuse(state, "plan x.yaml --set momentum=1", 2,
                 "training.momentum: \"1\" is not a number from 0 to");
    shell_refuse(state, "run x.yaml --set rate=1", 2,
                 "--set rate=1: training.rate: learning_rate has a value too|keep one");
    assert_false(shell_exists(state, "results"));
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    shell_refuse(state, "run x.yaml -o x.h5 --set steps=8", 2,
                 "x.h5: another experiment|`training.steps: 8`|`training.steps: 9`");
    shell_refuse(state, "run x.yaml -o x.h5 --set momentum=0.5", 2,
                 "another experiment|training.momentum: 0.5");
}

static const struct CMUnitTest tests[] = {
    scratch_test(trainings_are_planned_run_and_told),       scratch_test(a_training_can_be_run_alone),
    scratch_test(steps_that_are_not_recorded_have_no_rows), scratch_test(what_is_predicted_alone_is_named),
    scratch_test(theory_has_a_row_for_each_step),           scratch_test(what_is_no_training_makes_no_file),
};
const struct test_group tests_cmd_training = TEST_GROUP(tests);
