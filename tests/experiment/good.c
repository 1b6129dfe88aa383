/* What a right file comes to. */
#include "files.h"

#include "tests.h"

#include <string.h>

static const char full[] =
    "title: Eigenvalue statistics\n"
    "source: KAA19\n"
    "seed: 9223372036854775807\n"
    "trials: 1e2\n"
    "cases:\n"
    "  - {name: tanh, activation: tanh, weight_variance: 3, bias_variance: 0.64}\n"
    "  - {name: relu, activation: \"max(0, x)\", weight_variance: 2, depth: 2, profile: "
    "[0.5, 2.385]}\n"
    "network: {depth: 3, width: 1000, outputs: 1, bias_variance: .1}\n"
    "data: {inputs: gaussian, samples: 100}\n"
    "sweep:\n"
    "  width: [400, 100, 1600]\n"
    "  samples: [10, 2e1]\n"
    "measure: [norm, fisher]\n"
    "sampler: conditional\n"
    "save: [eigenvalues]\n"
    "memory: 1.5GB\n"
    "quick: {trials: 10, sweep: {width: [100, 200]}}\n";

static void a_full_file_is_read(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e, full, false, NULL);
    assert_string_equal(e.name, "x");
    assert_string_equal(e.text, full);
    assert_string_equal(e.title, "Eigenvalue statistics");
    assert_string_equal(e.source, "KAA19");
    assert_true(e.seed == INT64_MAX);
    assert_int_equal(e.trials, 100);
    assert_int_equal(e.sampler, EXPERIMENT_CONDITIONAL);
    assert_int_equal(e.asked, EXPERIMENT_EIGENVALUES);
    assert_true(e.memory == 1500000000);
    assert_int_equal(e.n_measures, 2);
    assert_string_equal(e.measures[0], "norm");
    assert_string_equal(e.measures[1], "fisher");
    assert_int_equal(e.n_cases, 2);
    assert_string_equal(e.cases[0], "tanh");
    assert_string_equal(e.cases[1], "relu");
    assert_int_equal(e.n_axes, 2);
    assert_string_equal(e.axes[0].key, "width");
    assert_non_null(strstr(e.axes[0].doc, "width M"));
    assert_int_equal(e.axes[0].type, EXPERIMENT_INTEGER);
    assert_null(e.axes[0].reals);
    assert_null(e.axes[0].strings);
    assert_int_equal(e.axes[0].length, 3);
    assert_int_equal(e.axes[0].integers[2], 1600);
    assert_string_equal(e.axes[1].key, "samples");
    experiment_free(&e);
    assert_null(e.arena);
    experiment_free(&e);
}

static void the_grid_is_in_c_order(void **state)
{
    (void)state;
    static const int64_t widths[] = {400, 100, 1600}, samples[] = {10, 20};
    struct experiment e;
    files_load_good(&e, full, false, NULL);
    assert_int_equal(e.n_points, 12);
    size_t p = 0;
    for (size_t c = 0; c < 2; c++)
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < 2; j++, p++) {
                const struct experiment_point *point = &e.points[p];
                assert_int_equal(experiment_point_case(&e, p), c);
                assert_int_equal(experiment_point_index(&e, p, 0), i);
                assert_int_equal(experiment_point_index(&e, p, 1), j);
                assert_int_equal(point->width, widths[i]);
                assert_int_equal(point->samples, samples[j]);
                assert_string_equal(point->activation, c == 0 ? "tanh" : "max(0, x)");
                assert_string_equal(point->inputs, "gaussian");
                assert_true(point->weight_variance == (c == 0 ? 3 : 2));
                assert_true(point->bias_variance == (c == 0 ? 0.64 : 0.1));
                assert_int_equal(point->depth, c == 0 ? 3 : 2);
                assert_int_equal(point->outputs, 1);
                assert_true(point->profile[0] == (c == 0 ? 1 : 0.5));
                assert_true(point->profile[1] == (c == 0 ? 1 : 2.385));
            }
    experiment_free(&e);
}

static void what_is_left_out_has_defaults(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e, FILES_MINIMAL, false, NULL);
    assert_string_equal(e.title, "");
    assert_string_equal(e.source, "");
    assert_int_equal(e.sampler, EXPERIMENT_AUTO);
    assert_int_equal(e.asked, 0);
    assert_true(e.memory == (size_t)2 << 30);
    assert_int_equal(e.n_measures, 1);
    assert_string_equal(e.measures[0], "fisher");
    assert_int_equal(e.n_cases, 1);
    assert_string_equal(e.cases[0], "default");
    assert_int_equal(e.n_axes, 0);
    assert_int_equal(e.n_points, 1);
    assert_int_equal(experiment_point_case(&e, 0), 0);
    for (size_t l = 0; l < 3; l++)
        assert_true(e.points[0].profile[l] == 1);
    experiment_free(&e);
}

static void reals_and_texts_can_be_swept(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(
        &e,
        FILES_MINIMAL
        "sweep: {activation: [relu, x*exp(-x^2/2), '3'], bias_variance: [0, 1e-3], depth: [7, 1]}\n",
        false, NULL);
    assert_int_equal(e.n_points, 12);
    assert_int_equal(e.axes[0].type, EXPERIMENT_STRING);
    assert_string_equal(e.axes[0].strings[1], "x*exp(-x^2/2)");
    assert_int_equal(e.axes[1].type, EXPERIMENT_REAL);
    assert_true(e.axes[1].reals[1] == 1e-3);
    assert_string_equal(e.points[11].activation, "3");
    assert_true(e.points[10].bias_variance == 1e-3);
    assert_int_equal(e.points[10].depth, 7);
    assert_true(e.points[10].profile[6] == 1);
    experiment_free(&e);
}

/* Every needed key may come from the cases or the sweep alone. */
static void sections_may_be_empty_handed(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e,
                    "seed: 0\ntrials: 1\ndata: {inputs: gaussian}\n"
                    "cases: [{name: 3, activation: tanh, depth: 1, weight_variance: 1, profile: [1.5]}]\n"
                    "sweep: {width: [5], samples: [2], outputs: [1, 2], bias_variance: [0]}\n",
                    false, NULL);
    assert_int_equal(e.n_points, 2);
    assert_string_equal(e.cases[0], "3");
    assert_int_equal(e.points[1].outputs, 2);
    assert_true(e.points[1].profile[0] == 1.5);
    experiment_free(&e);
}

static void other_dresses_of_yaml_are_read(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e,
                    "\xEF\xBB\xBF# a comment\r\n---\r\n" FILES_MINIMAL "title: >\n  folded\n  text\n...\n",
                    false, NULL);
    assert_string_equal(e.title, "folded text\n");
    experiment_free(&e);
    files_load_good(
        &e,
        "{\"seed\": 1, \"trials\": 2, \"title\": \"3\", \"network\": {\"activation\": \"tanh\",\n"
        "\"weight_variance\": 1.0, \"bias_variance\": 0, \"depth\": 2, \"width\": 3, \"outputs\": 1},\n"
        "\"data\": {\"inputs\": \"gaussian\", \"samples\": 4}}",
        false, NULL);
    assert_string_equal(e.title, "3");
    experiment_free(&e);
}

static void scalars_are_listed(void **state)
{
    (void)state;
    static const char *const keys[] = {"activation", "weight_variance", "bias_variance", "depth",
                                       "width",      "outputs",         "inputs",        "samples"};
    struct experiment_scalar scalar;
    struct experiment e;
    size_t n = 0;
    files_load_good(&e, FILES_MINIMAL, false, NULL);
    for (; experiment_scalar(&e, n, &scalar); n++) {
        assert_true(n < sizeof keys / sizeof *keys);
        assert_string_equal(scalar.key, keys[n]);
        assert_true(*scalar.doc != '\0');
    }
    assert_int_equal(n, sizeof keys / sizeof *keys);
    assert_true(experiment_scalar(&e, 4, &scalar));
    assert_int_equal(scalar.offset, offsetof(struct experiment_point, width));
    assert_int_equal(scalar.type, EXPERIMENT_INTEGER);
    experiment_free(&e);
    assert_true(experiment_scalar(NULL, n, &scalar)); /* of all there are others */
}

/* Inputs from files: keys in data, in a case and in the sweep, and what is left out. */
static void inputs_from_files_are_read(void **state)
{
    (void)state;
    static const char text[] =
        "seed: 1\ntrials: 1\n"
        "network: {activation: tanh, weight_variance: 3, bias_variance: 0, depth: 2, width: 9, outputs: 1}\n"
        "data: {inputs: mnist, path: images, labels: labels, classes: [7, -1], center: true}\n"
        "cases:\n- {name: a}\n- {name: b, inputs: cifar10, path: batch, classes: [3]}\n"
        "- {name: c, inputs: gaussian}\n"
        "sweep: {samples: [5, 6], normalize: [none, feature]}\n";
    struct experiment e;
    struct experiment_scalar scalar;
    bool listed[5] = {false};
    static const char *const keys[] = {"path", "labels", "center", "normalize", "classes"};
    files_load_good(&e, text, false, NULL);
    const struct experiment_point *a = &e.points[1], *b = &e.points[6], *c = &e.points[8];
    assert_string_equal(a->path, "images");
    assert_string_equal(a->labels, "labels");
    assert_int_equal(a->classes.n, 2);
    assert_int_equal(a->classes.values[0], 7);
    assert_int_equal(a->classes.values[1], -1);
    assert_string_equal(a->center, "true");
    assert_string_equal(a->normalize, "feature");
    assert_int_equal(a->samples, 5);
    assert_string_equal(b->inputs, "cifar10");
    assert_string_equal(b->path, "batch");
    assert_string_equal(b->labels, ""); /* what stands in data is for the others */
    assert_int_equal(b->classes.n, 1);
    assert_string_equal(b->normalize, "none");
    assert_int_equal(b->samples, 6);
    assert_string_equal(c->path, "");
    assert_string_equal(c->center, "false");
    assert_int_equal(c->classes.n, 0);
    for (size_t i = 0; experiment_scalar(&e, i, &scalar); i++)
        for (size_t k = 0; k < 5; k++)
            listed[k] = listed[k] || strcmp(keys[k], scalar.key) == 0;
    assert_true(listed[0] && listed[1] && listed[2] && listed[3] && !listed[4]);
    experiment_free(&e);

    files_load_good(&e, FILES_MINIMAL "", false, (const char *const[]){"inputs=hdf5", "path=a.h5:/x", NULL});
    assert_string_equal(e.points[0].normalize, "sample");
    assert_string_equal(e.points[0].center, "false");
    assert_string_equal(e.points[0].labels, "");
    assert_int_equal(e.points[0].classes.n, 0);
    experiment_free(&e);
}

static void residual_networks_are_read(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e,
                    FILES_MINIMAL
                    "cases:\n- {name: plain}\n"
                    "- {name: a, architecture: residual, skip: 0.7, profile: [1, 1.0, 1]}\n"
                    "- {name: b, architecture: residual, branch_variance: 2, train_branch: true}\n",
                    false, NULL);
    static const struct {
        const char *architecture, *train_branch;
        double skip, branch_variance;
    } points[] = {{"plain", "false", 1, 1}, {"residual", "false", 0.7, 1}, {"residual", "true", 1, 2}};
    assert_int_equal(e.n_points, 3);
    for (size_t p = 0; p < 3; p++) {
        assert_string_equal(e.points[p].architecture, points[p].architecture);
        assert_string_equal(e.points[p].train_branch, points[p].train_branch);
        assert_true(e.points[p].skip == points[p].skip);
        assert_true(e.points[p].branch_variance == points[p].branch_variance);
    }
    experiment_free(&e);
    /* what `network` says is of the residual ones */
    files_load_good(&e,
                    FILES_MINIMAL "cases: [{name: plain}, {name: a, architecture: residual}]\n"
                                  "sweep: {width: [10, 20]}\n",
                    false, (const char *const[]){"skip=0.5", NULL});
    assert_true(e.points[0].skip == 1 && e.points[3].skip == 0.5);
    experiment_free(&e);
    files_load_good(
        &e, FILES_MINIMAL "sweep: {architecture: [residual], skip: [0, 1], train_branch: [false, true]}\n",
        false, NULL);
    assert_int_equal(e.n_points, 4);
    assert_true(e.points[0].skip == 0 && e.points[2].skip == 1);
    assert_string_equal(e.points[1].train_branch, "true");
    assert_int_equal(e.axes[2].type, EXPERIMENT_STRING);
    experiment_free(&e);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_full_file_is_read),
    cmocka_unit_test(the_grid_is_in_c_order),
    cmocka_unit_test(what_is_left_out_has_defaults),
    cmocka_unit_test(reals_and_texts_can_be_swept),
    cmocka_unit_test(sections_may_be_empty_handed),
    cmocka_unit_test(other_dresses_of_yaml_are_read),
    cmocka_unit_test(scalars_are_listed),
    cmocka_unit_test(residual_networks_are_read),
    cmocka_unit_test(inputs_from_files_are_read),
};
const struct test_group tests_experiment_good = TEST_GROUP(tests);
