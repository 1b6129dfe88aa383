/* Training experiments: every key of theirs, what belongs together, and what does not. */
#include "files.h"

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines 1 to 5 of a training; `training` is line 6. 20 samples, 2 outputs. */
#define MINIMAL "kind: training\n" FILES_MINIMAL
#define TRAINED(more) MINIMAL "training: {steps: 10, learning_rate: 0.5" more "}\n"
#define CASES(text) MINIMAL "cases:\n" text

struct bad {
    const char *text, *fragments;
};

static void refuse_all(const struct bad *bad, size_t n)
{
    for (size_t i = 0; i < n; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
}

static const struct experiment_training *load(struct experiment *e, const char *text)
{
    files_load_good(e, text, false, NULL);
    return &e->points[0].training;
}

static void defaults_are_those_of_plain_descent(void **state)
{
    (void)state;
    struct experiment e;
    const struct experiment_training *t = load(&e, TRAINED(""));
    assert_int_equal(e.kind, EXPERIMENT_TRAINING);
    assert_int_equal(e.n_measures, 1);
    assert_string_equal(e.measures[0], "training");
    assert_int_equal(e.asked, 0);
    assert_int_equal(e.points[0].test_samples, 0);
    assert_string_equal(t->parametrization, "ntk");
    assert_string_equal(t->loss, "squared");
    assert_string_equal(t->optimizer, "gradient");
    assert_true(t->learning_rate == 0.5 && t->rate == 0 && t->steps == 10 && t->batch == 0);
    assert_true(t->momentum == 0 && t->weight_decay == 0 && t->damping == 0 && t->every == 1);
    assert_string_equal(t->nesterov, "false");
    assert_string_equal(t->normalization, "none");
    assert_string_equal(t->boundary, "false");
    assert_string_equal(t->isotropy, "false");
    assert_true(t->spectra == 0);
    experiment_free(&e);
}

static void every_key_is_read(void **state)
{
    (void)state;
    struct experiment e;
    const struct experiment_training *t =
        load(&e, MINIMAL
             "training:\n  {parametrization: standard, loss: cross_entropy, optimizer: gradient, rate: "
             "1.5, steps: 1e3,\n  batch: 7, momentum: 0.9, nesterov: true, weight_decay: 1e-4, "
             "\n  normalization: mean, every: 5, boundary: true, "
             "spectra: 2}\n");
    assert_string_equal(t->parametrization, "standard");
    assert_string_equal(t->loss, "cross_entropy");
    assert_string_equal(t->optimizer, "gradient");
    assert_true(t->learning_rate == 0 && t->rate == 1.5 && t->steps == 1000 && t->batch == 7);
    assert_true(t->momentum == 0.9 && t->weight_decay == 1e-4 && t->damping == 0 && t->every == 5);
    assert_string_equal(t->nesterov, "true");
    assert_string_equal(t->normalization, "mean");
    assert_true(e.asked == (EXPERIMENT_BOUNDARY | EXPERIMENT_SPECTRA));
    experiment_free(&e);
    t = load(
        &e, TRAINED(", optimizer: exact, isotropy: true, batch: full, damping: 0.01") "sweep: {test_samples: "
                                                                                      "[0, 30]}\n");
    assert_string_equal(t->optimizer, "exact");
    assert_true(t->damping == 0.01);
    assert_int_equal(e.asked, EXPERIMENT_ISOTROPY);
    assert_true(t->batch == 0 && e.points[1].test_samples == 30);
    experiment_free(&e);
}

static void values_of_trainings_are_strict(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"training: {parametrization: ntp}", "x.yaml:1:29: training.parametrization: \"ntp\" is not ntk or"},
        {"training: {loss: hinge}", "x.yaml:1:18: training.loss: \"hinge\" is not squared or cross_entropy"},
        {"training: {optimizer: adam}", "x.yaml:1:23: training.optimizer: \"adam\" is not gradient, exact, "
                                        "layer, tridiagonal, kfac"},
        {"training: {learning_rate: 0}", "training.learning_rate: \"0\" is not a number above 0"},
        {"training: {learning_rate: -1}", "training.learning_rate: \"-1\" is not a number above 0"},
        {"training: {learning_rate: [1, 2]}",
         "training.learning_rate: a list is not|to vary it, write sweep: {learning_rate: [...]}"},
        {"training: {rate: 0}", "training.rate: \"0\" is not a number above 0"},
        {"training: {steps: 0}",
         "x.yaml:1:19: training.steps: \"0\" is not a whole number from 1 to 10000000"},
        {"training: {steps: 10000001}", "training.steps: \"10000001\" is not"},
        {"training: {steps: 1.5}", "training.steps: \"1.5\" is not a whole number"},
        {"training: {batch: 0}", "x.yaml:1:19: training.batch: \"0\" is not full or a whole number from 1"},
        {"training: {batch: all}", "training.batch: \"all\" is not full or a whole number"},
        {"training: {batch: 'full'}",
         "training.batch: \"full\" in quotes is text, not full or a whole number"},
        {"training: {momentum: 1}",
         "x.yaml:1:22: training.momentum: \"1\" is not a number from 0 to below 1"},
        {"training: {momentum: -0.1}", "training.momentum: \"-0.1\" is not a number from 0 to below 1"},
        {"training: {nesterov: 1}", "training.nesterov: \"1\" is not true or false"},
        {"training: {weight_decay: -1}", "training.weight_decay: \"-1\" is not a number from 0"},
        {"training: {damping: -1}", "training.damping: \"-1\" is not a number from 0"},
        {"training: {normalization: yes}", "training.normalization: \"yes\" is not none, mean or batch"},
        {"training: {every: 0}", "training.every: \"0\" is not a whole number from 1"},
        {"training: {boundary: 2}", "training.boundary: \"2\" is not true or false"},
        {"training: {isotropy: on}", "training.isotropy: \"on\" is not true or false"},
        {"training: {spectra: -1}", "training.spectra: \"-1\" is not a whole number from 0"},
        {"data: {test_samples: -1}", "data.test_samples: \"-1\" is not a whole number from 0 to 10000000"},
        {"training: {step: 3}",
         "x.yaml:1:12: training.step: unknown key; did you mean steps?|training has parametrization"},
        {"training: {learningrate: 3}", "training.learningrate: unknown key; did you mean learning_rate?"},
        {"training: {width: 3}", "training.width: unknown key; did you mean network.width?"},
        {"training: {test_samples: 3}", "did you mean data.test_samples?"},
        {"batch: 3", "batch: unknown key; did you mean training.batch?"},
        {"network: {optimizer: exact}", "network.optimizer: unknown key; did you mean training.optimizer?"},
        {"sweep: {batch_size: [1]}", "sweep.batch_size: unknown key"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

static void keys_stand_in_their_kind(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {FILES_MINIMAL "training: {steps: 3}",
         "x.yaml:5:19: training.steps: only training experiments have it; write kind: training"},
        {FILES_MINIMAL "sweep: {learning_rate: [1, 2]}", "x.yaml:5:24: sweep.learning_rate: only training"},
        {FILES_MINIMAL "cases: [{name: a}, {name: b, batch: 3}]",
         "x.yaml:5:37: cases.b.batch: only training"},
        {"seed: 1\ntrials: 1\ndata: {inputs: gaussian, samples: 2, test_samples: 1}\n",
         "x.yaml:3:52: data.test_samples: only training experiments have it"},
        {TRAINED("") "measure: [fisher]",
         "x.yaml:7:10: measure: training experiments have none; leave it out"},
        {TRAINED("") "sampler: auto", "x.yaml:7:10: sampler: training experiments have none"},
        {TRAINED("") "save: []", "x.yaml:7:7: save: training experiments have none"},
        {TRAINED("") "cases: [{name: a, draws: 3}]",
         "x.yaml:7:26: cases.a.draws: training experiments have none"},
        {TRAINED("") "sweep: {draws: [3]}", "sweep.draws: training experiments have none"},
        {TRAINED("") "quick: {sampler: weights}",
         "x.yaml:7:18: quick.sampler: training experiments have none"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

static void a_training_has_steps_and_one_rate(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {MINIMAL,
         "x.yaml:1:1: training.steps: missing in the case default; it must be a whole number from 1"},
        {MINIMAL "training:\n  learning_rate: 1\n", "x.yaml:7:3: training.steps: missing"},
        {CASES("- {name: a, steps: 3}\n- {name: b}\n") "training: {rate: 1}",
         "x.yaml:8:3: training.steps: missing in the case b"},
        {MINIMAL "training: {steps: 3}",
         "x.yaml:6:11: training.learning_rate: missing in the case default; write "
         "one of learning_rate, η itself, or rate, c with η = c/a"},
        {CASES("- {name: a, rate: 3}\n- {name: b}\n") "training: {steps: 1}",
         "x.yaml:8:3: training.learning_rate: missing in the case b; write one of learning_rate"},
        {TRAINED(", rate: 0.7"),
         "x.yaml:6:49: training.rate: learning_rate has a value too, in the case default; keep one of"},
        {TRAINED("") "sweep: {rate: [1, 2]}", "x.yaml:7:16: sweep.rate: learning_rate has a value too"},
        {MINIMAL "training: {steps: 3}\nsweep: {rate: [1, 2], learning_rate: [3]}",
         "x.yaml:7:16: sweep.rate: learning_rate has a value too"},
        {CASES("- {name: a}\n- {name: b, rate: 3}\n") "training: {steps: 1, learning_rate: 2}",
         "x.yaml:8:19: cases.b.rate: learning_rate has a value too, in the case b"},
        {TRAINED("") "quick: {training: {rate: 2}}", "quick.training.rate: learning_rate has a value too"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
    struct experiment e; /* each case has its own */
    files_load_good(&e, CASES("- {name: a, rate: 2}\n- {name: b, learning_rate: 3}\n") "training: {steps: 1}",
                    false, NULL);
    assert_true(e.points[0].training.rate == 2 && e.points[0].training.learning_rate == 0);
    assert_true(e.points[1].training.rate == 0 && e.points[1].training.learning_rate == 3);
    experiment_free(&e);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {TRAINED(", batch: 21"), "x.yaml:6:50: training.batch: a batch of 21 is larger than samples: 20; "
                                 "write a number up to that, or full"},
        {TRAINED("") "sweep: {batch: [1, 21]}", "x.yaml:7:20: sweep.batch: a batch of 21 is larger"},
        {TRAINED(", normalization: batch, batch: 2"),
         "x.yaml:6:72: training.batch: normalization: batch takes "
         "the deviation of 3 samples or more, and of 2 there"},
        {TRAINED("") "sweep: {normalization: [none, batch], samples: [20, 1]}",
         "sweep.samples: normalization"},
        {TRAINED(", normalization: batch") "sweep: {test_samples: [0, 3, 2]}", "sweep.test_samples: normali"},
        {TRAINED(", normalization: batch, schedule: [{step: 3, batch: 1}]"),
         "training.schedule: normalization: batch takes the deviation of 3 samples or more, and of 1 there"},
        {TRAINED(", batch: 20") "sweep: {samples: [30, 19, 20]}", "a batch of 20 is larger than samples: 19"},
        {TRAINED("") "cases: [{name: a, batch: 20}, {name: b, samples: 9, batch: 10}]",
         "x.yaml:7:60: cases.b.batch: a batch of 10 is larger than samples: 9"},
        {TRAINED("") "sweep: {batch: [20, 1, full]}",
         "x.yaml:7:24: sweep.batch: full and 20 are the same: all samples; keep one"},
        {TRAINED("") "sweep: {batch: [1, full], samples: [10, 20]}",
         "x.yaml:7:20: sweep.batch: samples vary too, so full is no one number"},
        {TRAINED("") "cases: [{name: a, samples: 9}, {name: b}]\nsweep: {batch: [full]}", "samples vary too"},
        {TRAINED(", loss: cross_entropy") "sweep: {outputs: [1, 2]}",
         "x.yaml:6:49: training.loss: one output has no cross entropy; write outputs: 2 or more"},
        {TRAINED("") "cases: [{name: a, outputs: 1, loss: cross_entropy}]",
         "cases.a.loss: one output has no cross entropy"},
        {TRAINED(", nesterov: true"),
         "x.yaml:6:53: training.nesterov: without momentum it changes nothing; write momentum: 0.9"},
        {TRAINED("") "cases: [{name: a, architecture: residual}]",
         "x.yaml:7:33: cases.a.architecture: residual networks are not trained"},
        {TRAINED("") "sweep: {architecture: [plain, residual]}",
         "x.yaml:7:31: sweep.architecture: residual networks are not trained"},
        {TRAINED("") "cases: [{name: a, skip: 2}]", "cases.a.skip: a plain network has no skip"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
    struct experiment e;
    files_load_good(&e, TRAINED(", nesterov: true, batch: 20") "sweep: {momentum: [0, 0.9]}", false, NULL);
    experiment_free(&e);
}

/* `full` on an axis is the number of samples: the same experiment, and the same coordinate. */
static void full_has_a_number_on_an_axis(void **state)
{
    (void)state;
    struct experiment a, b;
    files_load_good(&a, TRAINED("") "sweep: {batch: [5, full]}", false, NULL);
    files_load_good(&b, TRAINED("") "sweep: {batch: [5, 20]}", false, NULL);
    assert_int_equal(a.axes[0].integers[1], 20);
    assert_int_equal(a.points[1].training.batch, 20);
    assert_string_equal(a.definition, b.definition);
    experiment_free(&a);
    experiment_free(&b);
}

static void trainings_are_set_and_shortened(void **state)
{
    (void)state;
    struct experiment e;
    static const char text[] = TRAINED("") "quick: {training: {steps: 2, batch: 5}}\n";
    files_load_good(&e, text, true, NULL);
    assert_true(e.points[0].training.steps == 2 && e.points[0].training.batch == 5);
    assert_true(e.points[0].training.learning_rate == 0.5);
    experiment_free(&e);
    files_load_good(&e, text, true, (const char *[]){"training.steps=7", "momentum=0.5", "batch=full", NULL});
    assert_true(e.points[0].training.steps == 7 && e.points[0].training.momentum == 0.5);
    assert_true(e.points[0].training.batch == 0);
    experiment_free(&e);
    files_load_good(&e, MINIMAL "training: {steps: 1}", false, (const char *[]){"rate=0.5", NULL});
    assert_true(e.points[0].training.rate == 0.5);
    experiment_free(&e);
    files_load_good(&e, text, false, (const char *[]){"sweep.learning_rate=[0.1, 2]", NULL});
    assert_true(e.n_points == 2 && e.points[1].training.learning_rate == 2);
    experiment_free(&e);
    files_refuse(text, false, (const char *[]){"rate=0.5", NULL},
                 "--set rate=0.5: training.rate: learning_rate has a value too");
    files_refuse(text, false, (const char *[]){"training.steps=0", NULL},
                 "--set training.steps=0|whole number");
    files_refuse(text, false, (const char *[]){"training.step=3", NULL}, "did you mean steps?");
}

/* Whatever fixes the numbers of a training is in its definition. */
static void every_key_of_a_training_defines_it(void **state)
{
    (void)state;
    static const char *const sets[] = {
        "parametrization=standard",
        "loss=cross_entropy",
        "optimizer=layer",
        "learning_rate=0.25",
        "steps=11",
        "batch=3",
        "momentum=0.5",
        "weight_decay=0.5",
        "normalization=batch",
        "every=2",
        "boundary=true",
        "isotropy=true",
        "spectra=2",
        "test_samples=3",
    };
    struct experiment plain, other;
    files_load_good(&plain, TRAINED(""), false, NULL);
    assert_non_null(strstr(plain.definition, "kind: training\n"));
    assert_non_null(strstr(plain.definition, "\ntraining.learning_rate: 0.5\ntraining.steps: 10\n"));
    assert_null(strstr(plain.definition, "training.rate"));
    assert_null(strstr(plain.definition, "batch"));
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char line[64];
        files_load_good(&other, TRAINED(""), false, (const char *[]){sets[i], NULL});
        snprintf(line, sizeof line, "%.*s: %s\n", (int)strcspn(sets[i], "="), sets[i],
                 strchr(sets[i], '=') + 1);
        if (strstr(other.definition, line) == NULL || strcmp(other.definition, plain.definition) == 0)
            fail_msg("%s is not in\n%s", sets[i], other.definition);
        experiment_free(&other);
    }
    experiment_free(&plain);
    files_load_good(&plain, TRAINED(", momentum: 0.5"), false, NULL);
    files_load_good(&other, TRAINED(", momentum: 0.5, nesterov: true, batch: full"), false, NULL);
    assert_non_null(strstr(other.definition, "training.nesterov: true\n"));
    assert_string_not_equal(plain.definition, other.definition);
    experiment_free(&other);
    files_load_good(&other, TRAINED(", optimizer: exact, damping: 0.5"), false, NULL);
    assert_non_null(strstr(other.definition, "training.damping: 0.5\n"));
    experiment_free(&plain);
    experiment_free(&other);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(defaults_are_those_of_plain_descent), cmocka_unit_test(every_key_is_read),
    cmocka_unit_test(values_of_trainings_are_strict),      cmocka_unit_test(keys_stand_in_their_kind),
    cmocka_unit_test(a_training_has_steps_and_one_rate),   cmocka_unit_test(what_does_not_fit_is_refused),
    cmocka_unit_test(full_has_a_number_on_an_axis),        cmocka_unit_test(trainings_are_set_and_shortened),
    cmocka_unit_test(every_key_of_a_training_defines_it),
};
const struct test_group tests_experiment_training = TEST_GROUP(tests);
