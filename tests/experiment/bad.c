/* Every class of mistake is refused with its place, its key and what would be right. */
#include "files.h"

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK(more)                                                                                        \
    "seed: 1\ntrials: 1\ndata: {inputs: gaussian, samples: 2}\nnetwork: {activation: tanh, " more "}\n"
#define REST "weight_variance: 1, bias_variance: 0, depth: 2, outputs: 1, width: 3"

struct bad {
    const char *text, *fragments;
};

static void refuse_all(const struct bad *bad, size_t n)
{
    for (size_t i = 0; i < n; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
}

static void values_are_strict(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {FILES_MINIMAL "memory: 2", "x.yaml:5:9: memory: \"2\" is not a size of at least 1MiB, such as 2GiB"},
        {FILES_MINIMAL "memory: 2Gib", "memory: \"2Gib\" is not a size"},
        {FILES_MINIMAL "memory: '2GiB'", "memory: \"2GiB\" in quotes is text"},
        {FILES_MINIMAL "sampler: fast", "x.yaml:5:10: sampler: \"fast\" is not auto, weights or conditional"},
        {FILES_MINIMAL "kind: other",
         "x.yaml:5:7: kind: \"other\" is not a kind of experiment: fisher, training, singular_dynamics, "
         "singular_fisher or singular_mixture"},
        {FILES_MINIMAL "kind: [fisher]", "kind: a list is not a kind"},
        {FILES_MINIMAL "title: [a]", "title: a list is not a text"},
        {FILES_MINIMAL "title:", "x.yaml:5:7: title: the value is missing"},
        {FILES_MINIMAL "measure: fisher",
         "x.yaml:5:10: measure: \"fisher\" is not a list of measures, such as [fisher]"},
        {FILES_MINIMAL "measure: []", "measure: the list is empty; write a list of measures"},
        {FILES_MINIMAL "measure: [fihser]",
         "x.yaml:5:11: measure: fihser is no measure; right are fisher, norm"},
        {FILES_MINIMAL "measure: [norm, fisher, norm]",
         "x.yaml:5:25: measure: norm stands twice, first at line 5 column 11"},
        {FILES_MINIMAL "measure: [[fisher]]", "measure: a list is not"},
        {FILES_MINIMAL "save: [weights]", "x.yaml:5:8: save: \"weights\" is not a list of what else"},
        {FILES_MINIMAL "save: [eigenvalues, eigenvalues]", "save: eigenvalues stands twice"},
        {"seed: -1\ntrials: 1",
         "x.yaml:1:7: seed: \"-1\" is not a whole number from 0 to 9223372036854775807"},
        {"seed: 9223372036854775808", "seed: \"9223372036854775808\" is not a whole number from 0"},
        {"seed: 1.5", "seed: \"1.5\" is not a whole number"},
        {"seed: 0x10", "seed: \"0x10\" is not"},
        {"seed: 1_000", "seed: \"1_000\" is not"},
        {"seed: true", "seed: \"true\" is not"},
        {"seed: {a: 1}", "seed: a mapping is not a whole number"},
        {"trials: 0", "trials: \"0\" is not a whole number from 1 to 1000000000"},
        {"trials: 1000000001", "trials: \"1000000001\" is not"},
        {"trials: nan", "trials: \"nan\" is not"},
        {"trials: .inf", "trials: \".inf\" is not"},
        {"trials: \"1\"", "x.yaml:1:9: trials: \"1\" in quotes is text, not a whole number"},
        {"trials: !!int 1", "the tag tag:yaml.org,2002:int is not allowed"},
        {"trials: 12abc", "trials: \"12abc\" is not a whole number"},
        {"network:\n  depth: 3\n  width: abc\n",
         "x.yaml:3:10: network.width: \"abc\" is not a whole number from 1 to 1000000000"},
        {"network: {width: 1e10}",
         "x.yaml:1:18: network.width: \"1e10\" is not a whole number from 1 to 1000000000"},
        {"network: {width: [1, 2]}", "network.width: a list is not|to vary it, write sweep: {width: [...]}"},
        {"network: {width: }", "network.width: the value is missing; write a whole number"},
        {"network: {depth: 1001}", "network.depth: \"1001\" is not a whole number from 1 to 1000"},
        {"network: {outputs: 0}", "network.outputs: \"0\" is not a whole number from 1 to 1000000"},
        {"network: {weight_variance: 0}", "network.weight_variance: \"0\" is not a number above 0"},
        {"network: {weight_variance: 1e999}", "network.weight_variance: \"1e999\" is not a number"},
        {"network: {weight_variance: NaN}", "network.weight_variance: \"NaN\" is not a number"},
        {"network: {bias_variance: -0.1}", "network.bias_variance: \"-0.1\" is not a number from 0"},
        {"network: {activation: nonsense}",
         "x.yaml:1:23: network.activation: nonsense is no activation; tanh is one"},
        {"network: {activation: \"a\\tb\"}", "network.activation: \"a?b\" is not an activation's name"},
        {"network: {activation: ''}", "network.activation: \"\" is not"},
        {"network: {profile: 1}",
         "network.profile: \"1\" is not a list of numbers above 0, one for each of α_0"},
        {"network: {profile: []}", "network.profile: the list is empty"},
        {"network: {profile: [1, 0]}", "x.yaml:1:24: network.profile: \"0\" is not a number above 0"},
        {"network: {profile: [1, [2]]}", "network.profile: a list is not a number above 0"},
        {"data: {samples: 10000001}", "data.samples: \"10000001\" is not a whole number from 1 to 10000000"},
        {"data: {inputs: normal}",
         "x.yaml:1:16: data.inputs: \"normal\" is not gaussian, mnist, cifar10 or hdf5"},
        {"data: {path: ''}", "x.yaml:1:14: data.path: \"\" is not the path of a data file"},
        {"data: {labels: [a]}", "data.labels: a list is not the path of a file of labels"},
        {"data: {classes: 3}", "x.yaml:1:17: data.classes: \"3\" is not a list of labels, such as [0, 7]"},
        {"data: {classes: []}", "data.classes: the list is empty; write a list of labels"},
        {"data: {classes: [1, 1.5]}", "x.yaml:1:21: data.classes: \"1.5\" is not a whole number"},
        {"data: {classes: [1, 3e9]}", "data.classes: \"3e9\" is not a whole number"},
        {"data: {classes: [7, 0, 7]}",
         "x.yaml:1:24: data.classes: 7 stands twice, first at line 1 column 18"},
        {"data: {center: yes}", "data.center: \"yes\" is not true or false"},
        {"data: {normalize: max}", "data.normalize: \"max\" is not sample, unit, feature or none"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

/* As with keys: the nearest one, whatever its case, and none where none is near. */
static void words_are_guessed(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"data: {inputs: gausian}", "is not gaussian, mnist, cifar10 or hdf5; did you mean gaussian?"},
        {"kind: trainings", "singular_mixture; did you mean training?"},
        {"sampler: conditonal", "is not auto, weights or conditional; did you mean conditional?"},
        {"save: [eigenvalue]", "; did you mean eigenvalues?"},
        {"training: {loss: crossentropy}", "; did you mean cross_entropy?"},
        {"training: {optimizer: K-FAC}", "; did you mean kfac?"},
        {"training: {optimizer: Exact}", "; did you mean exact?"},
        {"training: {batch: ful}", "; did you mean full?"},
        {"training: {nesterov: True}", "; did you mean true?"},
        {"training: {schedule: [{epoch: 1, bacth: 2}]}",
         "unknown key bacth; did you mean batch?; a stage has"},
        {"sweep: {normalize: [samples]}", "; did you mean sample?"},
        {"Seed: 1", "Seed: unknown key; did you mean seed?"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
    struct experiment e;
    struct base_error error = {""};
    static const char *const far[] = {"data: {inputs: normal}", "training: {optimizer: adam}",
                                      "sampler: fast",          "data: {center: yes}",
                                      "training: {batch: 0}",   "network: {width: full}"};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        assert_int_equal(files_load(&e, far[i], false, NULL, &error), BASE_BAD_INPUT);
        if (strstr(error.text, "did you mean") != NULL)
            fail_msg("%s", error.text);
    }
}

static void keys_are_strict(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"sede: 1",
         "x.yaml:1:1: sede: unknown key; did you mean seed?|an experiment has title, source, kind"},
        {"xyz: 1", "x.yaml:1:1: xyz: unknown key; an experiment has|sweep, quick"},
        {"width: 1", "width: unknown key; did you mean network.width?"},
        {"network.width: 1", "did you mean network.width?"},
        {"name: a", "name: unknown key"},
        {"training: 3", "x.yaml:1:11: training: a single value is not a mapping"},
        {"network: {wdith: 1}",
         "x.yaml:1:11: network.wdith: unknown key; did you mean width?|network has activation"},
        {"network: {samples: 1}", "network.samples: unknown key; did you mean data.samples?"},
        {"data: {draws: 0}", "data.draws: \"0\" is not a whole number from 1 to 1000000"},
        {"network: {width 100}", "network.width 100: unknown key"},
        {"network: {skip: -1}", "x.yaml:1:17: network.skip: \"-1\" is not a number from 0"},
        {"network: {branch_variance: 0}", "network.branch_variance: \"0\" is not a number above 0"},
        {"network: {train_branch: yes}", "network.train_branch: \"yes\" is not true or false"},
        {"network: {architecture: resnet}", "architecture: \"resnet\" is not plain or residual"},
        {"network: 3", "x.yaml:1:10: network: a single value is not a mapping; write network: {depth"},
        {"network: [3]", "network: a list is not a mapping"},
        {"data: {sample: 3}", "data.sample: unknown key; did you mean samples?|data has inputs, samples, "
                              "draws, path, labels, classes, center, normalize"},
        {"seed: 1\ntrials: 1\nseed: 2\n", "x.yaml:3:1: seed: the key stands twice, in line 1 and in line 3"},
        {"network: {width: 1, width: 1}", "x.yaml:1:21: width: the key stands twice"},
        {"{[a]: 1}", "x.yaml:1:2: a list stands where a key must be"},
        {"{{a: 1}: 1}", "a mapping stands where a key must be"},
        {"- seed: 1", "x.yaml:1:1: a list is not a mapping"},
        {"seed", "x.yaml:1:1: a single value is not a mapping; write key: value"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

static void cases_are_strict(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"cases: []", "x.yaml:1:8: cases: the list is empty"},
        {"cases: {name: a}", "cases: not a list of cases; write cases: [{name: tanh"},
        {"cases: [a]", "x.yaml:1:9: cases: a single value is not a mapping; write - {name: tanh"},
        {"cases: [{width: 1}]", "x.yaml:1:9: cases.name: this case has no name"},
        {"cases:\n- {name: a}\n- {name: a}\n",
         "x.yaml:3:10: cases.name: a stands twice, first at line 2 column 10"},
        {"cases: [{name: ''}]", "cases.name: \"\" is not a name of one line"},
        {"cases: [{name: }]", "cases.name: the value is missing"},
        {"cases: [{name: \"a\\tb\"}]", "x.yaml:1:16: cases.name: \"a?b\" is not a name of one line"},
        {"cases: [{name: \"a\\x85b\"}]", "cases.name: |is not a name of one line"},
        {"cases: [{name: [a]}]", "cases.name: a list is not a name"},
        {"cases: [{name: a, width: 0}]", "x.yaml:1:26: cases.a.width: \"0\" is not a whole number from 1"},
        {"cases: [{name: a, sampler: auto}]",
         "cases.a.sampler: unknown key; did you mean sampler?|a case has"},
        {"cases: [{name: a, trials: 3}]", "cases.a.trials: unknown key; did you mean trials?"},
        {"cases: [{name: a, deph: 3}]", "cases.a.deph: unknown key; did you mean depth?"},
        {FILES_MINIMAL "cases: [{name: a, width: 3}]\nsweep: {width: [1, 2]}",
         "x.yaml:5:26: cases.a.width: the sweep varies width; leave it out here or out of the sweep"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

static void residual_networks_are_strict(void **state)
{
    (void)state;
#define RESIDUAL NETWORK("architecture: residual, " REST)
    static const struct bad bad[] = {
        {NETWORK(REST ", skip: 0.5"),
         "network.skip: a plain network has no skip; leave it out or write architecture: residual"},
        {NETWORK(REST ", architecture: plain, train_branch: false"), "network.train_branch: a plain network"},
        {NETWORK(REST) "cases: [{name: a, branch_variance: 2}, {name: b, architecture: residual}]",
         "x.yaml:5:36: cases.a.branch_variance: a plain network has no branch_variance"},
        {NETWORK(REST ", profile: [1, 2]") "cases: [{name: a}, {name: b, architecture: residual}]",
         "network.profile: all layers of a residual network have the width M"},
        {RESIDUAL "cases: [{name: a, profile: [1, 0.5]}]", "x.yaml:5:28: cases.a.profile: all layers"},
        {NETWORK(REST ", profile: [1, 2]") "sweep: {architecture: [plain, residual]}",
         "network.profile: all layers"},
        {NETWORK(REST) "sweep: {skip: [0, 1]}",
         "x.yaml:5:15: sweep.skip: the case default has plain networks, which have no skip"},
        {NETWORK(REST) "sweep: {skip: [0, 1], architecture: [plain, residual]}",
         "sweep.skip: the case default has plain networks"},
        {RESIDUAL "cases: [{name: a}, {name: b, architecture: plain}]\nsweep: {skip: [0, 1]}",
         "sweep.skip: the case b has plain networks"},
        {RESIDUAL "sweep: {train_branch: [true, false, true]}", "sweep.train_branch: true stands twice"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

static void sweeps_are_strict(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"sweep: {}", "x.yaml:1:8: sweep: the sweep is empty; write sweep: {width: [100, 200]}"},
        {"sweep:", "sweep: a single value is not a mapping"},
        {"sweep: {width: []}", "x.yaml:1:16: sweep.width: the list is empty; write width: [...]"},
        {"sweep: {width: 100}", "x.yaml:1:16: sweep.width: 100 is not a list of values; write width: [100]"},
        {"sweep: {width: }", "sweep.width: not a list of values; write width: [...]"},
        {"sweep: {width: {a: 1}}", "sweep.width: not a list of values"},
        {"sweep: {width: [1, abc]}",
         "x.yaml:1:20: sweep.width: \"abc\" is not a whole number from 1 to 1000000000"},
        {"sweep: {width: [1, [2]]}", "sweep.width: a list is not"},
        {"sweep: {width: [100, 200, 1e2]}",
         "x.yaml:1:27: sweep.width: 1e2 stands twice, first at line 1 column 17"},
        {"sweep: {bias_variance: [1, 1.0]}", "sweep.bias_variance: 1.0 stands twice"},
        {"sweep: {activation: [tanh, 'tanh']}", "sweep.activation: tanh stands twice"},
        {"sweep: {activation: [nonsense]}", "sweep.activation: nonsense is no activation"},
        {"sweep: {trials: [1]}",
         "x.yaml:1:9: sweep.trials: trials cannot be swept; these can be swept: activation"},
        {"sweep: {profile: [[1]]}", "sweep.profile: network.profile cannot be swept"},
        {"sweep: {network.width: [1]}", "sweep.network.width: unknown key; did you mean width?"},
        {"sweep: {witdh: [1]}", "sweep.witdh: unknown key; did you mean width?"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

static void nothing_may_be_missing(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"trials: 1", "x.yaml:1:1: seed: missing; it must be a whole number from 0"},
        {"seed: 1", "x.yaml:1:1: trials: missing; it must be a whole number from 1"},
        {"{}", "seed: missing"},
        {"seed: 1\ntrials: 1\n", "x.yaml:1:1: network.activation: missing; it must be an activation's name"},
        {NETWORK("weight_variance: 1, bias_variance: 0, depth: 2, outputs: 1"),
         "x.yaml:4:10: network.width: missing; it must be a whole number from 1 to 1000000000, or vary: "
         "sweep: "
         "{width: [...]}"},
        {NETWORK("width: 1, bias_variance: 0, depth: 2, outputs: 1"), "network.weight_variance: missing"},
        {NETWORK("width: 1, weight_variance: 1, depth: 2, outputs: 1"), "network.bias_variance: missing"},
        {NETWORK("width: 1, weight_variance: 1, bias_variance: 0, outputs: 1"), "network.depth: missing"},
        {NETWORK("width: 1, weight_variance: 1, bias_variance: 0, depth: 1"), "network.outputs: missing"},
        {NETWORK("weight_variance: 1, bias_variance: 0, depth: 2, outputs: 1") "cases:\n- {name: a, width: "
                                                                               "1}\n- {name: b}\n",
         "x.yaml:7:3: network.width: missing in the case b, in network and in sweep"},
        {"seed: 1\ntrials: 1\ndata: {samples: 1}\nnetwork: {activation: x, " REST "}",
         "data.inputs: missing"},
        {"seed: 1\ntrials: 1\ndata: {inputs: gaussian}\nnetwork: {activation: x, " REST "}",
         "x.yaml:3:7: data.samples: missing"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

#define FILES(data, rest)                                                                                    \
    "seed: 1\ntrials: 1\nnetwork: {activation: tanh, " REST "}\ndata: {samples: 2, " data "}\n" rest

/* Keys of inputs from files stand where there are such inputs, and with all that they need. */
static void inputs_fit(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {FILES("inputs: mnist", ""), "x.yaml:4:|: data.path: missing; inputs from a file need it: the path"},
        {FILES("labels: l", "sweep: {inputs: [gaussian, hdf5]}"),
         "x.yaml:5:|: data.path: missing; inputs from a file need it"},
        {FILES("inputs: gaussian, path: p", ""),
         "x.yaml:4:|: data.path: gaussian inputs have none; leave it out, or take inputs: mnist"},
        {FILES("inputs: gaussian, center: false", ""), "data.center: gaussian inputs have none"},
        {FILES("inputs: gaussian, classes: [1]", ""), "data.classes: gaussian inputs have none"},
        {FILES("inputs: gaussian", "sweep: {normalize: [unit, none]}"),
         "x.yaml:5:|: sweep.normalize: gaussian inputs have none"},
        {FILES("inputs: mnist, path: p",
               "cases:\n- {name: a}\n- {name: b, inputs: gaussian, center: true}\n"),
         "x.yaml:7:|: cases.b.center: gaussian inputs have none"},
        {FILES("inputs: cifar10, path: p, labels: l", ""),
         "x.yaml:4:|: data.labels: only mnist and hdf5 inputs have labels in a file of their own"},
        {FILES("inputs: mnist, path: p, labels: l",
               "cases:\n- {name: a}\n- {name: b, inputs: cifar10, labels: k}\n"),
         "cases.b.labels: only mnist and hdf5"},
        {FILES("inputs: mnist, path: p, classes: [0, 7]", ""),
         "x.yaml:4:|: data.classes: classes need data.labels: the path of a file of labels"},
        {FILES("path: p", "cases: [{name: a, inputs: mnist}, {name: b}]\n"),
         "x.yaml:5:|: data.inputs: missing in the case b, in data and in sweep"},
        {FILES("inputs: mnist, path: p", "sweep: {classes: [1]}\n"), "data.classes cannot be swept"},
        {FILES("inputs: mnist, path: p", "sweep: {path: [a, a]}\n"), "sweep.path: a stands twice"},
        {FILES("inputs: mnist, path: p", "cases: [{name: a, samples: 3}]\nsweep: {samples: [3]}\n"),
         "cases.a.samples: the sweep varies samples"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
}

static void profiles_fit(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {NETWORK(REST ", profile: [1, 1, 1]"),
         "x.yaml:4:|: network.profile: depth 2 needs 2 values, α_0..α_1; here are 3"},
        {NETWORK(REST ", profile: [2]"), "network.profile: depth 2 needs 2 values, α_0..α_1; here is 1"},
        {NETWORK(REST ", profile: [1, 2]") "sweep: {depth: [2, 1]}",
         "x.yaml:4:|: network.profile: depth 1 needs 1 value, α_0; here are 2"},
        {NETWORK(REST ", profile: [1, 2]") "cases: [{name: a}, {name: b, depth: 3}]",
         "x.yaml:4:|: network.profile: depth 3 needs 3 values, α_0..α_2; here are 2"},
        {NETWORK(REST) "cases: [{name: a, profile: [1]}]",
         "x.yaml:5:28: cases.a.profile: depth 2 needs 2 values, α_0..α_1; here is 1"},
        {NETWORK(REST ", profile: [1]") "cases: [{name: a, profile: [1, 1]}]",
         "network.profile: depth 2 needs 2"},
        {NETWORK(REST ", profile: [1, 0.1]"),
         "network.profile: layer 1 would have no units: α_1 M = 0.1 x 3"},
        {NETWORK(REST ", profile: [1, 1e300]"), "network.profile: layer 1 would have too many units"},
        {NETWORK(REST ", profile: [0.004, 1]") "sweep: {width: [125, 124]}",
         "layer 0 would have no units|x 124"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
    struct experiment e; /* half a unit rounds up to one */
    files_load_good(&e, NETWORK(REST ", profile: [0.004, 1]") "sweep: {width: [125, 126]}", false, NULL);
    experiment_free(&e);
}

static void files_are_strict(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"", "x.yaml:1:1: nothing stands here; write an experiment"},
        {"# only a comment\n", "nothing stands here"},
        {"seed: 1\n---\nseed: 2\n", "x.yaml:2:1: a second document starts here"},
        {"seed: &a 1", "x.yaml:1:7: the anchor &a is not allowed"},
        {"network: &a {}", "the anchor &a is not allowed"},
        {"cases: &a []", "the anchor &a is not allowed"},
        {"seed: *a", "x.yaml:1:7: an alias (*name) is not allowed"},
        {"network: !a {}", "the tag !a is not allowed"},
        {"title: \"a\\0b\"", "x.yaml:1:8: text must not hold the NUL character"},
        {"seed: [1", "not valid YAML"},
        {"seed: 1\n\ttrials: 2", "x.yaml:2:1: not valid YAML: a tab; use spaces"},
        {"title: \xC3\xA9\ndata:\n  \tsamples: 2", "x.yaml:3:3: not valid YAML: a tab; use spaces"},
        {"\xC3\xA9:  \t@", "x.yaml:1:6: not valid YAML while scanning for the next token: found character"},
        {"title: @", "x.yaml:1:8: not valid YAML while scanning for the next token: found character"},
        {"title: \"abc", "not valid YAML"},
        {"title: a\n\nxy\xFFz: 1", "x.yaml:3:3: not valid YAML: invalid leading UTF-8 octet"},
        {"title: \xC3", "x.yaml:1:8: not valid YAML: incomplete UTF-8"},
        {"title: \xED\xA0\x80", "x.yaml:1:8: not valid YAML"},
        {"title: a\x01", "x.yaml:1:9: not valid YAML: control characters are not allowed"},
        {"a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "nested more than 16 deep"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);

    struct experiment e;
    struct base_error error = {""};
    assert_int_equal(files_load_bytes(&e, "seed: 1\0\n", 9, false, NULL, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "NUL bytes"));
    static const struct experiment_options options = {.n_sets = 0};
    static const struct experiment_vocabulary vocabulary = {NULL, NULL, NULL};
    assert_int_equal(experiment_load(&e, "/nowhere/x.yaml", &options, &vocabulary, &error), BASE_BAD_INPUT);
    assert_string_equal(error.text, "/nowhere/x.yaml: No such file or directory");
    assert_int_equal(experiment_load(&e, "/tmp", &options, &vocabulary, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "/tmp: this is a directory"));
}

/* One megabyte of `unit` after `head`. */
static void refuse_repeated(const char *head, const char *unit, size_t bytes, const char *fragment)
{
    struct experiment e;
    struct base_error error = {""};
    size_t used = strlen(head), step = strlen(unit);
    char *text = malloc(bytes + step + used);
    assert_non_null(text);
    memcpy(text, head, used);
    for (; used < bytes; used += step)
        memcpy(text + used, unit, step);
    int status = files_load_bytes(&e, text, used, false, NULL, &error);
    free(text);
    if (status != BASE_BAD_INPUT || strstr(error.text, fragment) == NULL)
        fail_msg("%s%s...: status %d, %s", head, unit, status, error.text);
}

static void large_input_is_refused_quickly(void **state)
{
    (void)state;
    const size_t mebibyte = (size_t)1 << 20;
    refuse_repeated("", "# large\n", mebibyte + 1, "larger than 1 MiB");
    refuse_repeated("", "[", mebibyte - 10, "nested more than 16 deep");
    refuse_repeated("", "- ", mebibyte - 10, "nested more than 16 deep");
    refuse_repeated("", "{", mebibyte - 10, "nested more than 16 deep");
    refuse_repeated("title: ", "abcdefgh", mebibyte - 10, "title: \"abcdefgh");
    refuse_repeated("network: {activation: ", "x+", mebibyte - 10, "");
    refuse_repeated("sweep:\n  width:\n", "  - 1\n", mebibyte - 10,
                    "x.yaml:4:5: sweep.width: 1 stands twice");
    refuse_repeated("cases:\n", "- {name: a}\n", mebibyte - 10, "cases are too many; at most 10000");
    refuse_repeated("", "ab: 1\n", mebibyte - 10, "keys in one mapping; at most 100");
}

static void a_large_grid_is_refused(void **state)
{
    (void)state;
    char text[40000] = FILES_MINIMAL "sweep:\n", number[16];
    static const char *const keys[] = {"width", "samples", "outputs"};
    for (size_t k = 0; k < 3; k++) {
        strcat(strcat(strcat(text, "  "), keys[k]), ": [1");
        for (int i = 2; i <= 216; i++) {
            snprintf(number, sizeof number, ", %d", i);
            strcat(text, number);
        }
        strcat(text, "]\n");
    }
    files_refuse(text, false, NULL, "x.yaml:8:12: sweep.outputs: the grid has too many points|10000000");
}

/* Whatever a file is cut to, and whichever byte is wrong, the answer is a status and a message. */
static void damaged_files_are_survived(void **state)
{
    (void)state;
    static const char text[] =
        FILES_MINIMAL "cases:\n- {name: \"a\\u00e9\", depth: 2}\n- name: 'β'\n"
                      "sweep: {width: [1, 2]}\nquick: {trials: 1}\nmeasure:\n  - fisher\n";
    char damaged[sizeof text];
    for (size_t i = 0; i < 2 * sizeof text; i++) {
        struct experiment e;
        struct base_error error = {""};
        memcpy(damaged, text, sizeof text);
        damaged[i / 2] = (char)(i % 2 == 0 ? damaged[i / 2] ^ 0x80 : "{[*&!'\"-:,#\n"[i % 12]);
        int status = files_load_bytes(&e, damaged, i % 2 == 0 ? sizeof text - 1 : i / 2, false, NULL, &error);
        if (status == BASE_OK)
            experiment_free(&e);
        else
            assert_true(status == BASE_BAD_INPUT && strncmp(error.text, "x.yaml:", 7) == 0);
    }
}

/* Measures of which no network of the grid has a number, and draws that no measure draws. */
static void measures_fit(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {NETWORK(REST) "measure: [fisher, softmax]\n",
         "x.yaml:5:19: measure: softmax is measured in networks with 2 outputs or more alone, and none is "
         "among these; leave it out"},
        {NETWORK(REST) "measure: [softmax]\nsweep: {outputs: [1]}\n", "x.yaml:5:11: measure: softmax is"},
        {NETWORK(REST) "measure: [softmax]\ncases: [{name: a}, {name: b, outputs: 1}]\n", "measure: softmax"},
        {RESIDUAL "measure: [unit]\n",
         "x.yaml:5:11: measure: unit is measured in plain networks of depth 2 or more alone"},
        {NETWORK(REST) "measure: [unit]\nsweep: {depth: [1]}\n", "measure: unit is measured in plain"},
        {RESIDUAL "measure: [unit]\ncases: [{name: a}, {name: b, architecture: plain, depth: 1}]\n",
         "measure: unit is measured in plain"},
        {NETWORK(REST) "quick: {measure: [softmax]}\n", "x.yaml:5:19: quick.measure: softmax is measured"},
        {FILES_MINIMAL "sweep: {draws: [1, 3]}\n",
         "x.yaml:5:16: sweep.draws: the measure estimators alone draws outputs; add it to measure"},
        {FILES_MINIMAL "cases: [{name: a}, {name: b, draws: 3}]\n",
         "x.yaml:5:37: cases.b.draws: the measure"},
        {"seed: 1\ntrials: 1\ndata: {inputs: gaussian, samples: 2, draws: 1}\nmeasure: [norm]\n"
         "network: {activation: tanh, " REST "}\n",
         "x.yaml:3:45: data.draws: the measure estimators"},
    };
    refuse_all(bad, sizeof bad / sizeof *bad);
    static const char *const good[] = {
        NETWORK(REST) "measure: [softmax]\nsweep: {outputs: [1, 2]}\n",
        NETWORK(REST) "measure: [softmax]\ncases: [{name: a}, {name: b, outputs: 2}]\n",
        NETWORK(REST) "measure: [unit]\nsweep: {architecture: [residual, plain], depth: [1, 2]}\n",
        RESIDUAL "measure: [fisher, unit]\ncases: [{name: a}, {name: b, architecture: plain}]\n",
        FILES_MINIMAL "measure: [fisher, estimators]\nsweep: {draws: [1, 3]}\n",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct experiment e;
        files_load_good(&e, good[i], false, NULL);
        experiment_free(&e);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_are_strict),
    cmocka_unit_test(words_are_guessed),
    cmocka_unit_test(keys_are_strict),
    cmocka_unit_test(cases_are_strict),
    cmocka_unit_test(residual_networks_are_strict),
    cmocka_unit_test(sweeps_are_strict),
    cmocka_unit_test(nothing_may_be_missing),
    cmocka_unit_test(profiles_fit),
    cmocka_unit_test(inputs_fit),
    cmocka_unit_test(measures_fit),
    cmocka_unit_test(files_are_strict),
    cmocka_unit_test(large_input_is_refused_quickly),
    cmocka_unit_test(a_large_grid_is_refused),
    cmocka_unit_test(damaged_files_are_survived),
};
const struct test_group tests_experiment_bad = TEST_GROUP(tests);
