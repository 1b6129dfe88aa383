/* quick and --set. */
#include "files.h"

#include "tests.h"

#include <string.h>

#define SWEPT                                                                                                \
    FILES_MINIMAL "sweep: {width: [100, 200], depth: [2, 3]}\n"                                              \
                  "quick: {trials: 3, sweep: {width: [50]}, network: {outputs: 7}, data: {samples: 4}}\n"

static void quick_is_merged_key_by_key(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e, SWEPT, true, NULL);
    assert_string_equal(e.name, "x-quick");
    assert_int_equal(e.trials, 3);
    assert_int_equal(e.n_axes, 2);
    assert_string_equal(e.axes[0].key, "width");
    assert_int_equal(e.axes[0].length, 1);
    assert_int_equal(e.axes[0].integers[0], 50);
    assert_int_equal(e.axes[1].length, 2);
    assert_int_equal(e.points[1].outputs, 7);
    assert_int_equal(e.points[1].samples, 4);
    assert_string_equal(e.points[1].activation, "tanh");
    experiment_free(&e);

    files_load_good(&e, SWEPT, false, NULL);
    assert_string_equal(e.name, "x");
    assert_int_equal(e.trials, 10);
    assert_int_equal(e.n_points, 4);
    assert_int_equal(e.points[1].outputs, 2);
    experiment_free(&e);
}

static void quick_replaces_lists(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(
        &e, FILES_MINIMAL "cases: [{name: a}, {name: b}]\nquick: {cases: [{name: c}], measure: [ntk]}\n",
        true, NULL);
    assert_int_equal(e.n_cases, 1);
    assert_string_equal(e.cases[0], "c");
    assert_string_equal(e.measures[0], "ntk");
    experiment_free(&e);
}

static void sets_come_last_and_in_order(void **state)
{
    (void)state;
    static const char *const sets[] = {
        "trials=7",    "network.outputs=5",       "samples=9", "samples=11",
        "seed= 4 ",    "sweep.width=[8, 9]",      "title=a b", "activation=\"x*x\"",
        "memory=1GiB", "data={inputs: gaussian}", NULL};
    struct experiment e;
    files_load_good(&e, SWEPT, true, sets);
    assert_int_equal(e.trials, 7);
    assert_int_equal(e.points[0].outputs, 5);
    assert_int_equal(e.points[0].samples, 11);
    assert_true(e.seed == 4);
    assert_int_equal(e.axes[0].length, 2);
    assert_int_equal(e.axes[0].integers[1], 9);
    assert_int_equal(e.axes[1].length, 2);
    assert_string_equal(e.title, "a b");
    assert_string_equal(e.points[0].activation, "x*x");
    assert_true(e.memory == (size_t)1 << 30);
    experiment_free(&e);
}

static void a_template_is_completed(void **state)
{
    (void)state;
    static const char *const sets[] = {"width=12", "trials=1", NULL};
    static const char text[] =
        "seed: 1\nnetwork: {activation: tanh, weight_variance: 1, bias_variance: 0, depth: 2, outputs: 1}\n"
        "data: {inputs: gaussian, samples: 2}\n";
    struct experiment e;
    files_load_good(&e, text, false, sets);
    assert_int_equal(e.points[0].width, 12);
    experiment_free(&e);
    files_refuse(text, false, NULL, "x.yaml:1:1: trials: missing|a whole number from 1");
}

static void wrong_sets_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *set, *fragments;
    } bad[] = {
        {"width=abc", "--set width=abc: network.width: \"abc\" is not a whole number from 1 to 1000000000"},
        {"network.width=0", "--set network.width=0: network.width: \"0\" is not a whole number from 1"},
        {"width=", "--set width=: nothing stands here; write --set KEY=VALUE"},
        {"width", "--set width: not KEY=VALUE"},
        {"=3", "not KEY=VALUE"},
        {"", "not KEY=VALUE"},
        {"wdith=3", "--set wdith=3: wdith: unknown key; did you mean network.width?"},
        {"network.wdith=3", "network.wdith: unknown key; did you mean width?"},
        {"sweep.trials=[3]", "sweep.trials: trials cannot be swept; these can be swept: activation"},
        {"cases.a.width=3", "a single case cannot be set"},
        {"quick.trials=3", "quick cannot be set"},
        {"quick={}", "quick cannot be set"},
        {"depth=[2, 3]",
         "network.depth: a list is not a whole number from 1 to 1000; to vary it, write sweep: {depth:"},
        {"sweep.outputs=3", "sweep.outputs: 3 is not a list of values; write outputs: [3]"},
        {"sweep.outputs=[3, 3]", "--set sweep.outputs=[3, 3]: sweep.outputs: 3 stands twice"},
        {"sweep={}", "the sweep is empty"},
        {"trials='3'", "trials: \"3\" in quotes is text, not a whole number"},
        {"network={width: 1, width: 2}", "width: the key stands twice; keep one"},
        {"title=[", "--set title=[: not valid YAML"},
        {"title=*a", "an alias (*name) is not allowed"},
        {"network=3", "network: a single value is not a mapping; write network: {"},
        {"profile=[1, 1]",
         "--set profile=[1, 1]: network.profile: depth 3 needs 3 values, α_0..α_2; here are 2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        files_refuse(FILES_MINIMAL, false, (const char *const[]){bad[i].set, NULL}, bad[i].fragments);
    /* a wrong one that a later one hides is still wrong */
    files_refuse(FILES_MINIMAL, false, (const char *const[]){"width=abc", "width=3", NULL},
                 "--set width=abc: ");
    files_refuse(FILES_MINIMAL "memory: abc\n", false, (const char *const[]){"memory=2GiB", NULL},
                 "x.yaml:5:9: memory: \"abc\" is not a size of at least 1MiB");
}

static void values_in_vain_are_refused(void **state)
{
    (void)state;
    files_refuse(SWEPT, false, (const char *const[]){"width=200", NULL},
                 "--set width=200: network.width: the sweep varies width; write --set sweep.width=[200]");
    files_refuse(
        FILES_MINIMAL "sweep: {width: [1]}\nquick: {network: {width: 5}}\n", false, NULL,
        "x.yaml:6:26: quick.network.width: the sweep varies width; write quick: {sweep: {width: [5]}}");
    files_refuse(FILES_MINIMAL "cases: [{name: a, depth: 3}, {name: b, depth: 2}]\n", false,
                 (const char *const[]){"depth=2", NULL},
                 "--set depth=2: network.depth: every case sets its own depth");
    struct experiment e; /* while one case does not, it is of use */
    files_load_good(&e, FILES_MINIMAL "cases: [{name: a, depth: 3}, {name: b}]\n", false,
                    (const char *const[]){"depth=2", NULL});
    assert_int_equal(e.points[0].depth, 3);
    assert_int_equal(e.points[1].depth, 2);
    experiment_free(&e);
}

static void quick_is_always_checked(void **state)
{
    (void)state;
    static const struct {
        const char *quick, *fragments;
    } bad[] = {
        {"quick: {trials: 0}", "x.yaml:5:17: quick.trials: \"0\" is not a whole number from 1"},
        {"quick: {trails: 3}", "x.yaml:5:9: quick.trails: unknown key; did you mean trials?"},
        {"quick: {quick: {trials: 3}}", "x.yaml:5:9: quick.quick: quick cannot stand within itself"},
        {"quick: 3", "x.yaml:5:8: quick: a single value is not a mapping; write quick: {trials: 10}"},
        {"quick: {sweep: {}}", "quick.sweep: the sweep is empty"},
        {"quick: {network: {depth: 2, profile: [1, 1, 1]}}",
         "x.yaml:5:38: quick.network.profile: depth 2 needs 2 values, α_0..α_1; here are 3"},
        {"quick: {cases: [{name: a, width: 2}], sweep: {width: [3]}}",
         "quick.cases.a.width: the sweep varies width; leave it out here"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[1024];
        strcat(strcpy(text, FILES_MINIMAL), bad[i].quick);
        files_refuse(text, false, NULL, bad[i].fragments);
        files_refuse(text, true, NULL, bad[i].fragments);
    }
    files_refuse(FILES_MINIMAL, true, NULL, "x.yaml: quick: there is no such section");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(quick_is_merged_key_by_key),  cmocka_unit_test(quick_replaces_lists),
    cmocka_unit_test(sets_come_last_and_in_order), cmocka_unit_test(a_template_is_completed),
    cmocka_unit_test(wrong_sets_are_refused),      cmocka_unit_test(values_in_vain_are_refused),
    cmocka_unit_test(quick_is_always_checked),
};
const struct test_group tests_experiment_override = TEST_GROUP(tests);
