/* Schedules of batches and learning rates: what is read, what is refused, and what the definition says. */
#include "files.h"

#include "tests.h"

#include <stdio.h>
#include <string.h>

#define HEAD "kind: training\n" FILES_MINIMAL
#define TRAINED(more) HEAD "training: {steps: 10, learning_rate: 0.5" more "}\n"
#define LONG(stage) HEAD "training: {steps: 1000, learning_rate: 0.5, batch: 4, schedule: [" stage "]}\n"
#define ONE(stage) TRAINED(", batch: 4, schedule: [" stage "]")

/* One stage or several in a file of their own, at column 23 of line 1. */
#define STAGES(text) "training: {schedule: [" text "]}"

static void stages_are_read(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(
        &e,
        TRAINED(", batch: 16, epochs: 2.5, schedule: [{epoch: 0.5, batch: 5}, {factor: 0.1, epoch: "
                "1}, {epoch: 1.25, batch: full, factor: 3}]"),
        false, NULL);
    const struct experiment_training *t = &e.points[0].training;
    const struct experiment_stage *s = t->schedule.stages;
    assert_int_equal(t->schedule.n, 3);
    assert_true(t->epochs == 2.5 && t->adaptive == 0);
    assert_true(s[0].epoch == 0.5 && s[0].step == 0 && s[0].batch == 5 && s[0].factor == 1);
    assert_true(s[1].epoch == 1 && s[1].step == 0 && s[1].batch == -1 && s[1].factor == 0.1);
    assert_true(s[2].epoch == 1.25 && s[2].step == 0 && s[2].batch == 0 && s[2].factor == 3);
    assert_int_equal(e.asked, EXPERIMENT_BATCHES);
    experiment_free(&e);
    files_load_good(&e, TRAINED(", batch: 16, adaptive: 0.9, schedule: [{step: 7, factor: 2}]"), false, NULL);
    t = &e.points[0].training;
    assert_true(t->schedule.n == 1 && t->adaptive == 0.9);
    assert_true(t->schedule.stages[0].step == 7 && t->schedule.stages[0].epoch == 0);
    experiment_free(&e);
    files_load_good(&e, TRAINED(", optimizer: exact, schedule: [{step: 7, factor: 2}]"), false, NULL);
    experiment_free(&e);
    files_load_good(&e, TRAINED(", schedule: []"), false, NULL);
    assert_true(e.points[0].training.schedule.n == 0 && e.asked == 0);
    experiment_free(&e);
}

static void stages_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fragments;
    } bad[] = {
        {"training: {schedule: 3}", "x.yaml:1:22: training.schedule: \"3\" is not a list of stages, such as"},
        {"training: {schedule: {epoch: 3, batch: 2}}",
         "training.schedule: a mapping is not a list of stages"},
        {STAGES("3"), "x.yaml:1:23: training.schedule: a single value is not a stage; write {epoch: 64"},
        {STAGES("[3]"), "x.yaml:1:23: training.schedule: a list is not a stage"},
        {STAGES("{epoch: 1, bacth: 2}"),
         "x.yaml:1:34: training.schedule: unknown key bacth; did you mean batch?; a stage has"},
        {STAGES("{epoch: 1, batch: 2, batch: 3}"), "batch: the key stands twice"},
        {STAGES("{batch: 2}"),
         "x.yaml:1:23: training.schedule: a stage begins after an epoch or a step; write"},
        {STAGES("{epoch: 1, step: 3, batch: 2}"), "begins after an epoch or a step, not both"},
        {STAGES("{epoch: 1}"), "x.yaml:1:23: training.schedule: this stage changes nothing; give it a batch"},
        {STAGES("{epoch: 0, batch: 2}"),
         "x.yaml:1:31: training.schedule.epoch: \"0\" is not a number above 0"},
        {STAGES("{epoch: nan, batch: 2}"), "training.schedule.epoch: \"nan\" is not a number above 0"},
        {STAGES("{epoch: 1, batch: 0}"),
         "training.schedule.batch: \"0\" is not full or a whole number from 1"},
        {STAGES("{epoch: 1, batch: [2]}"), "x.yaml:1:41: training.schedule.batch: a list is not full or a"},
        {STAGES("{epoch: 1, factor: 0}"), "training.schedule.factor: \"0\" is not a number above 0"},
        {STAGES("{epoch: 1, factor: }"), "training.schedule.factor: the value is missing"},
        {STAGES("{step: 1.5, factor: 1}"), "training.schedule.step: \"1.5\" is not a whole number from 1"},
        {STAGES("{step: 0, factor: 1}"), "training.schedule.step: \"0\" is not a whole number from 1"},
        {STAGES("{epoch: 2, batch: 2}, {epoch: 2, batch: 3}"),
         "x.yaml:1:45: training.schedule: epoch 2 does not come after 2 of the stage before"},
        {STAGES("{step: 9, batch: 2}, {step: 8, batch: 3}"),
         "step 8 does not come after 9 of the stage before"},
        {STAGES("{step: 9, batch: 2}, {epoch: 10, batch: 3}"),
         "x.yaml:1:44: training.schedule: this stage begins after an epoch, the one before after a step"},
        {"training: {adaptive: 1}", "training.adaptive: \"1\" is not a number from 0 to below 1"},
        {"training: {epochs: -1}", "x.yaml:1:20: training.epochs: \"-1\" is not a number from 0"},
        {"sweep: {schedule: [1]}", "sweep.schedule: training.schedule cannot be swept"},
        {"cases:\n  - {name: a, schedule: [{epoch: 1}]}\n",
         "x.yaml:2:26: cases.a.schedule: this stage changes"},
        {"cases:\n  - {name: a, schedule: [{epoch: x, batch: 1}]}\n",
         "x.yaml:2:34: cases.a.schedule.epoch: \"x\" is not a number"},
        {FILES_MINIMAL STAGES("{epoch: 1, batch: 2}"),
         "training.schedule: only training experiments have it"},
        {TRAINED(", adaptive: 0.9"), "training.adaptive: the case default has batches of all samples"},
        {TRAINED(", adaptive: 0.9, batch: 1"), "has batches of 1 sample, which it cannot begin with"},
        {TRAINED(", batch: 4") "sweep: {adaptive: [0.5, 0], batch: [4, 1]}\n",
         "x.yaml:7:20: sweep.adaptive: the case default has batches of 1 sample"},
        {TRAINED(", adaptive: 0.9, batch: 4, optimizer: exact"),
         "training.optimizer: batches of changing size, by schedule or adaptive, go with optimizer: "
         "gradient"},
        {ONE("{step: 3, batch: 5}") "sweep: {optimizer: [gradient, exact]}\n",
         "sweep.optimizer: batches of changing size"},
        {TRAINED(", adaptive: 0.9, batch: 20"), "has batches of all samples, which it cannot begin with"},
        {ONE("{step: 3, batch: 20}, {step: 4, batch: 21}"),
         "training.schedule: a batch of 21 is larger than samples: 20; write a number up to that, or full"},
        {TRAINED(", adaptive: 0.9, batch: 4, schedule: [{step: 3, factor: 0.1}, {step: 4, batch: 5}]"),
         "training.schedule: the batch of the case default is adaptive; leave batch out here"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
}

/* 20 samples. A stage begins before a step or never. */
static void stages_begin_before_the_last_step(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fragments;
    } bad[] = {
        {ONE("{step: 9, factor: 2}, {step: 10, factor: 2}"),
         "x.yaml:6:86: training.schedule: this stage never begins: the trainings of the case default end "
         "before, after 10 steps; leave it out or raise steps"},
        {ONE("{epoch: 1.81, factor: 2}"), "training.schedule: this stage never begins"}, /* 9 4/20 = 1.8 */
        {ONE("{epoch: 1, batch: 2}, {epoch: 1.5, factor: 2}"), "x.yaml:6:86: training.schedule: this stage"},
        {TRAINED(", batch: 4, epochs: 1, schedule: [{epoch: 1, factor: 2}]"),
         "before, after 10 steps or their epochs; leave it out or raise steps or epochs"},
        {TRAINED(", batch: 4, epochs: 1, schedule: [{step: 5, factor: 2}]"), "this stage never begins"},
        {TRAINED(", batch: 4, schedule: [{step: 7, factor: 2}]") "sweep: {epochs: [1, 1.2]}\n",
         "this stage never begins"},
        {TRAINED(", batch: 4, adaptive: 0.9, schedule: [{epoch: 10, factor: 2}]"), "this stage never begins"},
        {TRAINED(", batch: 4") "cases:\n- {name: a, schedule: [{step: 10, factor: 2}]}\n",
         "x.yaml:8:24: cases.a.schedule: this stage never begins: the trainings of the case a end"},
        {TRAINED(", batch: 4") "quick: {training: {steps: 5, schedule: [{step: 5, factor: 2}]}}\n",
         "quick.training.schedule: this stage never begins"},
    };
    static const char *const good[] = {
        ONE("{step: 9, factor: 2}"),
        ONE("{epoch: 1.8, factor: 2}"),
        ONE("{epoch: 1, batch: 2}, {epoch: 1.4, factor: 2}"),
        TRAINED(", batch: 4, schedule: [{step: 19, factor: 2}]") "sweep: {steps: [5, 20]}\n",
        TRAINED(", schedule: [{epoch: 7, factor: 2}]") "sweep: {batch: [4, full]}\n",
        TRAINED(", batch: 4, schedule: [{step: 7, factor: 2}]") "sweep: {epochs: [1, 0]}\n",
        TRAINED(", batch: 4, adaptive: 0.9, schedule: [{epoch: 9, factor: 2}]"),
        ONE("{step: 9, factor: 2}") "quick: {training: {steps: 5}}\n",
        ONE("{epoch: 1.8, factor: 2}") "quick: {data: {samples: 100}}\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        static const char *const set[] = {"training.steps=3", NULL};
        struct experiment e;
        files_load_good(&e, good[i], strstr(good[i], "quick") != NULL, NULL);
        experiment_free(&e);
        if (strstr(good[i], "sweep") != NULL)
            continue;
        files_load_good(&e, good[i], false, set);
        experiment_free(&e);
    }
}

static void expect_definitions(const char *a, const char *b, bool equal)
{
    struct experiment one, other;
    files_load_good(&one, a, false, NULL);
    files_load_good(&other, b, false, NULL);
    if ((strcmp(one.definition, other.definition) == 0) != equal)
        fail_msg("%s\n%s", one.definition, other.definition);
    experiment_free(&one);
    experiment_free(&other);
}

static void the_definition_has_every_stage(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e,
                    HEAD
                    "training: {steps: 1001, learning_rate: 0.5, batch: 4}\n"
                    "cases:\n  - {name: a}\n  - {name: b, schedule: [{factor: 0.5, step: 7, batch: full}, "
                    "{step: 1e3, batch: 8}]}\n",
                    false, NULL);
    assert_non_null(strstr(e.definition, "\ncases.a.schedule: []\n"));
    assert_non_null(strstr(e.definition,
                           "\ncases.b.schedule: [{step: 7, batch: 0, factor: 0.5}, {step: 1000, "
                           "batch: 8}]\n"));
    assert_null(strstr(e.definition, "adaptive"));
    assert_null(strstr(e.definition, "epochs"));
    assert_true(e.points[0].training.schedule.n == 0 && e.points[1].training.schedule.n == 2);
    experiment_free(&e);
    expect_definitions(TRAINED(", batch: 4"), TRAINED(", batch: 4, schedule: [], adaptive: 0, epochs: 0"),
                       true);
    expect_definitions(LONG("{epoch: 2, batch: 8}"), LONG("{batch: 8, epoch: 2.0, factor: 1}"), true);
    expect_definitions(LONG("{epoch: 2, batch: 8}"), LONG("{epoch: 2, batch: 9}"), false);
    expect_definitions(LONG("{epoch: 2, batch: 8}"), LONG("{epoch: 2.5, batch: 8}"), false);
    expect_definitions(LONG("{epoch: 2, batch: 8}"), LONG("{step: 2, batch: 8}"), false);
    expect_definitions(LONG("{epoch: 2, batch: 8}"), LONG("{epoch: 2, batch: 8, factor: 0.9}"), false);
    expect_definitions(LONG("{epoch: 2, batch: 8}"), LONG("{epoch: 2, batch: 8}, {epoch: 3, batch: 9}"),
                       false);
}

/* Cases that differ in one number of a stage do not share a line. */
static void stages_of_cases_are_told_apart(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"{step: 7, batch: 2}", "{step: 8, batch: 2}"},
        {"{epoch: 7, batch: 2}", "{epoch: 8, batch: 2}"},
        {"{epoch: 7, batch: 2}", "{epoch: 7, batch: 3}"},
        {"{epoch: 7, factor: 2}", "{epoch: 7, factor: 3}"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char text[1024];
        struct experiment e;
        snprintf(text, sizeof text,
                 HEAD "training: {steps: 1000, learning_rate: 0.5, batch: 4}\ncases:\n  - {name: a, "
                      "schedule: [%s]}\n  - {name: b, schedule: [%s]}\n",
                 pairs[i][0], pairs[i][1]);
        files_load_good(&e, text, false, NULL);
        snprintf(text, sizeof text, "\ncases.a.schedule: [%s]\ncases.b.schedule: [%s]\n", pairs[i][0],
                 pairs[i][1]);
        if (strstr(e.definition, text) == NULL)
            fail_msg("%s", e.definition);
        experiment_free(&e);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stages_are_read),
    cmocka_unit_test(stages_are_strict),
    cmocka_unit_test(stages_begin_before_the_last_step),
    cmocka_unit_test(stages_of_cases_are_told_apart),
    cmocka_unit_test(the_definition_has_every_stage),
};
const struct test_group tests_experiment_schedule = TEST_GROUP(tests);
