/* Experiments on singular regions: their keys, and whose they are. */
#include "files.h"

#include "tests.h"

#include <string.h>

/* Lines 1 to 3; `singular` is line 4. */
#define KIND(kind) "kind: singular_" kind "\nseed: 1\ntrials: 2\n"
#define DYNAMICS KIND("dynamics") "singular: {sample_size: 100, time: 3}\n"

struct bad {
    const char *text, *fragments;
};

static void defaults_stand(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(&e, DYNAMICS, false, NULL);
    const struct experiment_point *p = &e.points[0];
    const struct experiment_singular *s = &p->singular;
    assert_int_equal(e.kind, EXPERIMENT_SINGULAR_DYNAMICS);
    assert_int_equal(e.n_measures, 1);
    assert_string_equal(e.measures[0], "singular_dynamics");
    assert_true(s->sample_size == 100 && s->dimension == 10 && s->teacher_units == 2);
    assert_string_equal(s->output_weights, "fixed");
    assert_string_equal(s->descent, "gradient");
    assert_true(s->ridge == 1e-8 && s->asymmetry == 0.001 && s->start_norm == 0.25 && s->target == 1e-6);
    assert_true(s->time == 3 && s->times == 200 && s->time_step == 0.05);
    assert_true(s->steps == 200); /* of 0.015 */
    assert_true(p->width == 10 && p->samples == 100 && p->depth == 2);
    experiment_free(&e);
}

static void every_key_is_read(void **state)
{
    (void)state;
    struct experiment e;
    files_load_good(
        &e,
        KIND("dynamics") "singular: {sample_size: 7, dimension: 4, output_weights: learned, "
                         "teacher_units: 1, descent: natural,\n  ridge: 0, asymmetry: 0, start_norm: 2, "
                         "time: 6, times: 4, time_step: 0.4, target: 0.1}\n",
        false, NULL);
    const struct experiment_singular *s = &e.points[0].singular;
    assert_true(s->sample_size == 7 && s->dimension == 4 && s->teacher_units == 1 && s->ridge == 0);
    assert_string_equal(s->output_weights, "learned");
    assert_string_equal(s->descent, "natural");
    assert_true(s->asymmetry == 0 && s->start_norm == 2 && s->time == 6 && s->times == 4 && s->target == 0.1);
    assert_int_equal(s->steps, 16); /* four of 0.375 to each time */
    experiment_free(&e);
    files_load_good(
        &e,
        KIND("fisher") "singular: {sample_size: 7}\n"
                       "cases: [{name: a}, {name: b, region: norm}]\nsweep: {distance: [0.1, 0.2]}\n",
        false, NULL);
    assert_string_equal(e.measures[0], "singular_fisher");
    assert_string_equal(e.points[1].singular.region, "overlap");
    assert_string_equal(e.points[3].singular.region, "norm");
    assert_true(e.points[1].singular.distance == 0.2 && e.points[2].singular.distance == 0.1);
    experiment_free(&e);
    files_load_good(&e, KIND("mixture") "singular: {sample_size: 7, proportion: 0.2, separation: 3}\n", false,
                    NULL);
    assert_string_equal(e.measures[0], "singular_mixture");
    assert_true(e.points[0].singular.proportion == 0.2 && e.points[0].singular.separation == 3);
    assert_true(e.points[0].singular.steps == 0);
    experiment_free(&e);
}

/* Neither the definition nor a result speaks of networks. */
static void networks_are_not_spoken_of(void **state)
{
    (void)state;
    struct experiment e;
    struct experiment_scalar scalar;
    files_load_good(
        &e, KIND("mixture") "singular: {sample_size: 7, proportion: 0.2}\nsweep: {separation: [1, 2]}\n",
        false, NULL);
    assert_string_equal(e.definition, "kind: singular_mixture\nseed: 1\nsingular.sample_size: 7\n"
                                      "singular.proportion: 0.20000000000000001\ncases: [default]\n"
                                      "sweep: [separation]\nsweep.separation: [1, 2]\n");
    static const char *const keys[] = {"sample_size", "proportion", "separation"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(experiment_scalar(&e, i, &scalar));
        assert_string_equal(scalar.key, keys[i]);
    }
    assert_false(experiment_scalar(&e, 3, &scalar));
    experiment_free(&e);
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {DYNAMICS "network: {width: 3}",
         "x.yaml:5:18: network.width: experiments on singular regions have none"},
        {DYNAMICS "data: {samples: 3}",
         "x.yaml:5:17: data.samples: experiments on singular regions have none"},
        {DYNAMICS "training: {steps: 2}",
         "x.yaml:5:19: training.steps: experiments on singular regions have none"},
        {DYNAMICS "measure: [fisher]", "x.yaml:5:10: measure: experiments on singular regions have none"},
        {DYNAMICS "sampler: weights", "sampler: experiments on singular regions have none"},
        {DYNAMICS "sweep: {width: [1, 2]}", "x.yaml:5:16: sweep.width: experiments on singular"},
        {DYNAMICS "cases: [{name: a, depth: 3}]", "x.yaml:5:26: cases.a.depth: experiments on singular"},
        {DYNAMICS "sweep: {distance: [0.1]}", "x.yaml:5:19: sweep.distance: only experiments of kind "
                                              "singular_fisher have it; write kind: singular_fisher"},
        {KIND("fisher") "singular: {sample_size: 7, distance: 1, time: 3}",
         "x.yaml:4:47: singular.time: only experiments of kind singular_dynamics have it"},
        {KIND("mixture") "singular: {sample_size: 7, proportion: 0.1, separation: 1, dimension: 9}",
         "singular.dimension: only experiments of kind singular_dynamics or singular_fisher have it"},
        {FILES_MINIMAL "singular: {sample_size: 7}",
         "x.yaml:5:25: singular.sample_size: only experiments of kind singular_dynamics or"},
        {KIND("fisher") "singular: {sample_size: 7}",
         "x.yaml:4:11: singular.distance: missing; it must be a number above"},
        {KIND("fisher") "singular: {distance: 1}",
         "x.yaml:4:11: singular.sample_size: missing; it must be a whole"},
        {KIND("mixture") "singular: {sample_size: 7, separation: 1}", "singular.proportion: missing"},
        {KIND("dynamics") "singular: {sample_size: 7}\ncases: [{name: a, time: 3}, {name: b}]",
         "x.yaml:5:29: singular.time: missing in the case b"},
        {KIND("mixture") "singular: {sample_size: 7, proportion: 1, separation: 1}",
         "x.yaml:4:40: singular.proportion: \"1\" is not a number above 0 and below 1"},
        {KIND("fisher") "singular: {sample_size: 7, distance: 0}",
         "singular.distance: \"0\" is not a number above 0"},
        {KIND("dynamics") "singular: {sample_size: 7, time: 3e7, times: 2, time_step: 1}",
         "x.yaml: singular.time_step: 1 leaves more than 10000000 steps between two of 2 recorded times"},
        {KIND("dynamics") "singular: {sample_size: 7, time: 1, dimension: 3}",
         "singular.dimension: \"3\" is not a whole number from 4 to 1000"},
        {KIND("dynamics") "singular: {sample_size: 7, time: 1, teacher_units: 3}",
         "teacher_units: \"3\" is not 1 or 2"},
        {KIND("dynamics") "singular: {sample_size: 7, time: 1, descent: newton}",
         "singular.descent: \"newton\" is not gradient or natural"},
        {KIND("fisher") "singular: {sample_size: 7, distance: 1, region: corner}",
         "singular.region: \"corner\" is not overlap, weight or norm"},
        {KIND("dynamics") "singular: {sample_size: 7, tme: 1}",
         "x.yaml:4:28: singular.tme: unknown key; did you mean time?; singular has sample_size"},
        {KIND("dynamics") "singular: 3",
         "x.yaml:4:11: singular: a single value is not a mapping; write singular: {"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(defaults_stand),
    cmocka_unit_test(every_key_is_read),
    cmocka_unit_test(networks_are_not_spoken_of),
    cmocka_unit_test(mistakes_are_refused),
};
const struct test_group tests_experiment_singular = TEST_GROUP(tests);
