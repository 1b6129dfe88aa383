/* Equal definitions mean equal experiments. */
#include "files.h"

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The definition, to be freed. */
static char *define(const char *text, bool quick, const char *const *sets)
{
    struct experiment e;
    files_load_good(&e, text, quick, sets);
    char *definition = strdup(e.definition);
    experiment_free(&e);
    assert_non_null(definition);
    return definition;
}

static void assert_same(const char *a, const char *b)
{
    char *one = define(a, false, NULL), *other = define(b, false, NULL);
    assert_string_equal(one, other);
    free(one);
    free(other);
}

static void every_default_is_written(void **state)
{
    (void)state;
    char *definition = define(FILES_MINIMAL, false, NULL);
    assert_string_equal(definition, "kind: fisher\n"
                                    "seed: 1\n"
                                    "measure: [fisher]\n"
                                    "sampler: auto\n"
                                    "save: []\n"
                                    "network.activation: tanh\n"
                                    "network.weight_variance: 3\n"
                                    "network.bias_variance: 0.64000000000000001\n"
                                    "network.depth: 3\n"
                                    "network.width: 100\n"
                                    "network.outputs: 2\n"
                                    "network.profile: 1\n"
                                    "data.inputs: gaussian\n"
                                    "data.samples: 20\n"
                                    "cases: [default]\n"
                                    "sweep: []\n");
    free(definition);
}

static void cases_and_axes_are_written(void **state)
{
    (void)state;
    char *definition =
        define(FILES_MINIMAL "cases:\n"
                             "- {name: tanh, bias_variance: 1}\n"
                             "- {name: 'a: b', activation: \"x,\\\"\\\\\", profile: [1, 2, 0.5]}\n"
                             "sweep: {width: [10, 2e1], weight_variance: [0.5, 2]}\n",
               false, NULL);
    assert_non_null(strstr(definition, "\ncases.tanh.bias_variance: 1\n"
                                       "cases.\"a\\x3a b\".bias_variance: 0.64000000000000001\n"));
    assert_non_null(strstr(definition, "\ncases.tanh.activation: tanh\n"
                                       "cases.\"a\\x3a b\".activation: \"x,\\x22\\x5c\"\n"));
    assert_non_null(strstr(definition, "\ncases.tanh.profile: 1\n"
                                       "cases.\"a\\x3a b\".profile: [1, 2, 0.5]\n"));
    assert_non_null(strstr(definition, "\nnetwork.depth: 3\n"));
    assert_non_null(strstr(definition, "\ncases: [tanh, \"a\\x3a b\"]\n"
                                       "sweep: [width, weight_variance]\n"
                                       "sweep.width: [10, 20]\n"
                                       "sweep.weight_variance: [0.5, 2]\n"));
    assert_null(strstr(definition, "network.width"));
    assert_null(strstr(definition, ".weight_variance: 3"));
    free(definition);
}

static void equal_experiments_are_equal(void **state)
{
    (void)state;
    assert_same(FILES_MINIMAL, FILES_MINIMAL "title: x\nsource: y\nmemory: 1GiB\nquick: {trials: 1}\n"
                                             "sampler: auto\nsave: []\nmeasure: [fisher]\nkind: fisher\n");
    assert_same(FILES_MINIMAL, FILES_MINIMAL "cases: [{name: default, profile: [1, 1.0, 1e0]}]\n");
    assert_same(FILES_MINIMAL,
                "data: {samples: 2e1, inputs: 'gaussian'}\nseed: 1.0\ntrials: 11\n"
                "network: {width: 100.0, outputs: 2, profile: [1, 1, 1], activation: \"tanh\", depth: 3}\n"
                "cases:\n- {name: default, weight_variance: 3.0, bias_variance: 6.4e-1}\n");
    assert_same(FILES_MINIMAL "measure: [norm, fisher]", FILES_MINIMAL "measure: [fisher, norm]");
    assert_same(FILES_MINIMAL "sweep: {bias_variance: [-0.0, 1]}",
                FILES_MINIMAL "sweep: {bias_variance: [0, 1.0]}");
    /* what is swept need not stand in network, and what stands there then means nothing */
    assert_same(
        FILES_MINIMAL "sweep: {width: [7, 9]}",
        "seed: 1\ntrials: 1\ndata: {inputs: gaussian, samples: 20}\nsweep: {width: [7, 9]}\n"
        "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, depth: 3, outputs: 2}\n");
}

/* Keys of files are written where one differs from its default: results without them are gone on with. */
static void keys_of_files_are_tacit(void **state)
{
    (void)state;
    static const char head[] =
        "seed: 1\ntrials: 1\n"
        "network: {activation: tanh, weight_variance: 3, bias_variance: 0, depth: 2, width: 9, outputs: 1}\n";
    char text[1000];
    snprintf(text, sizeof text, "%sdata: {inputs: cifar10, samples: 3, path: 'a b', classes: [7, 0]}\n",
             head);
    char *definition = define(text, false, NULL);
    assert_non_null(strstr(definition, "\ndata.inputs: cifar10\ndata.samples: 3\ndata.path: \"a b\"\n"
                                       "data.classes: [7, 0]\ncases: [default]\n"));
    free(definition);
    snprintf(text, sizeof text,
             "%sdata: {inputs: mnist, samples: 3, path: p, normalize: none}\n"
             "cases: [{name: a}, {name: b, inputs: gaussian, samples: 4}]\nsweep: {center: [true, false]}\n",
             head);
    definition = define(text, false, NULL);
    assert_non_null(strstr(definition, "\ncases.a.inputs: mnist\ncases.b.inputs: gaussian\n"
                                       "cases.a.samples: 3\ncases.b.samples: 4\n"
                                       "cases.a.path: p\ncases.b.path: \"\"\n"
                                       "cases.a.normalize: none\ncases.b.normalize: sample\n"
                                       "cases: [a, b]\nsweep: [center]\nsweep.center: [true, false]\n"));
    free(definition);
}

static void different_experiments_differ(void **state)
{
    (void)state;
    static const char *const sets[] = {"seed=2",
                                       "measure=[norm]",
                                       "sampler=weights",
                                       "save=[eigenvalues]",
                                       "activation=relu",
                                       "weight_variance=3.0000000000000004",
                                       "bias_variance=0",
                                       "depth=4",
                                       "width=101",
                                       "outputs=1",
                                       "profile=[1, 1, 2]",
                                       "samples=21",
                                       "architecture=residual",
                                       "sweep.width=[100]",
                                       "cases=[{name: other}]"};
    char *plain = define(FILES_MINIMAL, false, NULL);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char *other = define(FILES_MINIMAL, false, (const char *const[]){sets[i], NULL});
        assert_string_not_equal(plain, other);
        free(other);
    }
    for (size_t i = 0; i < 3; i++) {
        static const char *const same[] = {"trials=99", "title=other", "memory=1GiB"};
        char *other = define(FILES_MINIMAL, false, (const char *const[]){same[i], NULL});
        assert_string_equal(plain, other);
        free(other);
    }
    free(plain);
    char *a = define(FILES_MINIMAL "sweep: {width: [1, 2], depth: [3]}", false, NULL);
    char *b = define(FILES_MINIMAL "sweep: {depth: [3], width: [1, 2]}", false, NULL);
    assert_string_not_equal(a, b); /* the axes' order is the result file's */
    free(a);
    free(b);
}

/* A result of plain networks is gone on with, whether its version had residual ones or not. */
static void keys_of_residual_networks_are_tacit(void **state)
{
    (void)state;
    assert_same(FILES_MINIMAL "cases: [{name: default, architecture: residual}]", FILES_MINIMAL
                "cases: [{name: default, architecture: residual, skip: 1, branch_variance: 1.0, "
                "train_branch: false}]");
    assert_same(FILES_MINIMAL, FILES_MINIMAL "cases: [{name: default, architecture: plain}]");
    char *one =
        define(FILES_MINIMAL, false, (const char *const[]){"architecture=residual", "skip=0.5", NULL});
    assert_non_null(strstr(one, "\nnetwork.architecture: residual\nnetwork.skip: 0.5\ndata.inputs"));
    free(one);
    one = define(FILES_MINIMAL "cases: [{name: a}, {name: b, architecture: residual, train_branch: true}]",
                 false, (const char *const[]){"skip=0.5", NULL});
    assert_non_null(strstr(one, "\ncases.a.architecture: plain\ncases.b.architecture: residual\n"
                                "cases.a.skip: 1\ncases.b.skip: 0.5\n"
                                "cases.a.train_branch: false\ncases.b.train_branch: true\n"));
    free(one);
    one = define(FILES_MINIMAL "sweep: {architecture: [plain, residual]}", false, NULL);
    assert_non_null(strstr(one, "\nsweep.architecture: [plain, residual]\n"));
    free(one);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_default_is_written),    cmocka_unit_test(cases_and_axes_are_written),
    cmocka_unit_test(equal_experiments_are_equal), cmocka_unit_test(different_experiments_differ),
    cmocka_unit_test(keys_of_files_are_tacit),     cmocka_unit_test(keys_of_residual_networks_are_tacit),
};
const struct test_group tests_experiment_definition = TEST_GROUP(tests);
