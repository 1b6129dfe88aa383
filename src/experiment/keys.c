#include "experiment/keys.h"

#include <stddef.h>
#include <string.h>

enum { MEBIBYTE = 1 << 20, MOST_TEXT = 1000 };

static const char *const kinds[] = {"fisher", NULL};
static const char *const later_kinds[] = {"training", NULL};
static const char *const samplers[] = {"auto", "weights", "conditional", NULL}; /* enum experiment_sampler */
static const char *const saved[] = {"eigenvalues", NULL};
static const char *const inputs[] = {"gaussian", NULL};
static const char *const architectures[] = {"plain", "residual", NULL}; /* enum experiment_architecture */
static const char *const flags[] = {"false", "true", NULL};
static const char *const later_inputs[] = {"mnist", "cifar10", "hdf5", NULL};

/* The order is that of the definition. */
const struct experiment_key experiment_keys[N_KEYS] = {
    [KEY_TITLE] = {.path = "title",
                   .type = KEY_TEXT,
                   .right = "a text of at most 1000 bytes",
                   .fallback = "''",
                   .most = MOST_TEXT,
                   .doc = "what the experiment shows"},
    [KEY_SOURCE] = {.path = "source",
                    .type = KEY_TEXT,
                    .right = "a text of at most 1000 bytes",
                    .fallback = "''",
                    .most = MOST_TEXT,
                    .doc = "the key of the paper it reproduces"},
    [KEY_KIND] = {.path = "kind",
                  .type = KEY_WORD,
                  .right = "a kind of experiment that this version has: fisher",
                  .fallback = "fisher",
                  .defines = true,
                  .words = kinds,
                  .later = later_kinds,
                  .doc = "the kind of experiment"},
    [KEY_SEED] = {.path = "seed",
                  .type = KEY_INTEGER,
                  .right = "a whole number from 0 to 9223372036854775807",
                  .defines = true,
                  .least = 0,
                  .most = INT64_MAX,
                  .doc = "seed of all random numbers"},
    [KEY_TRIALS] = {.path = "trials",
                    .type = KEY_INTEGER,
                    .right = "a whole number from 1 to 1000000000",
                    .least = 1,
                    .most = 1000000000,
                    .doc = "independent networks at each grid point"},
    [KEY_MEASURE] = {.path = "measure",
                     .type = KEY_WORDS,
                     .right = "a list of measures, such as [fisher]",
                     .fallback = "[fisher]",
                     .defines = true,
                     .vocabulary = KEY_IS_MEASURE,
                     .doc = "what is measured"},
    [KEY_SAMPLER] = {.path = "sampler",
                     .type = KEY_WORD,
                     .right = "auto, weights or conditional",
                     .fallback = "auto",
                     .defines = true,
                     .words = samplers,
                     .doc = "how networks are sampled"},
    [KEY_SAVE] = {.path = "save",
                  .type = KEY_WORDS,
                  .right = "a list of what else to store: [eigenvalues] or []",
                  .fallback = "[]",
                  .defines = true,
                  .may_be_empty = true,
                  .words = saved,
                  .doc = "what is stored beside the statistics"},
    [KEY_MEMORY] = {.path = "memory",
                    .type = KEY_BYTES,
                    .right = "a size of at least 1MiB, such as 2GiB or 500MB",
                    .fallback = "2GiB",
                    .least = MEBIBYTE,
                    .doc = "what the networks in hand may take together"},
    [KEY_ACTIVATION] = {.section = SECTION_NETWORK,
                        .path = "network.activation",
                        .type = KEY_TEXT,
                        .right =
                            "an activation's name or an expression in x, in one line of at most 1000 bytes",
                        .defines = true,
                        .most = MOST_TEXT,
                        .one_line = true,
                        .vocabulary = KEY_IS_ACTIVATION,
                        .offset = offsetof(struct experiment_point, activation),
                        .doc = "activation φ: h = φ(u) in the hidden layers"},
    [KEY_WEIGHT_VARIANCE] = {.section = SECTION_NETWORK,
                             .path = "network.weight_variance",
                             .type = KEY_REAL,
                             .right = "a number above 0",
                             .defines = true,
                             .positive = true,
                             .offset = offsetof(struct experiment_point, weight_variance),
                             .doc = "weight variance σ_w²: a weight of layer l has variance σ_w²/M_{l-1}"},
    [KEY_BIAS_VARIANCE] = {.section = SECTION_NETWORK,
                           .path = "network.bias_variance",
                           .type = KEY_REAL,
                           .right = "a number from 0",
                           .defines = true,
                           .offset = offsetof(struct experiment_point, bias_variance),
                           .doc = "bias variance σ_b²"},
    [KEY_DEPTH] = {.section = SECTION_NETWORK,
                   .path = "network.depth",
                   .type = KEY_INTEGER,
                   .right = "a whole number from 1 to 1000",
                   .defines = true,
                   .least = 1,
                   .most = EXPERIMENT_MAX_DEPTH,
                   .offset = offsetof(struct experiment_point, depth),
                   .doc = "depth L: the number of weight layers"},
    [KEY_WIDTH] = {.section = SECTION_NETWORK,
                   .path = "network.width",
                   .type = KEY_INTEGER,
                   .right = "a whole number from 1 to 1000000000",
                   .defines = true,
                   .least = 1,
                   .most = 1000000000,
                   .offset = offsetof(struct experiment_point, width),
                   .doc = "width M: a hidden layer l has α_l M units"},
    [KEY_OUTPUTS] = {.section = SECTION_NETWORK,
                     .path = "network.outputs",
                     .type = KEY_INTEGER,
                     .right = "a whole number from 1 to 1000000",
                     .defines = true,
                     .least = 1,
                     .most = 1000000,
                     .offset = offsetof(struct experiment_point, outputs),
                     .doc = "outputs C: the units of the last layer"},
    [KEY_PROFILE] = {.section = SECTION_NETWORK,
                     .path = "network.profile",
                     .type = KEY_REALS,
                     .right = "a list of numbers above 0, one for each of α_0..α_{L-1}, such as [1, 1, 1]",
                     .fallback = "[]", /* stands for all 1, whatever the depth */
                     .defines = true,
                     .positive = true,
                     .offset = offsetof(struct experiment_point, profile),
                     .doc = "profile α_0..α_{L-1}: layer l has α_l M units"},
    [KEY_ARCHITECTURE] = {.section = SECTION_NETWORK,
                          .path = "network.architecture",
                          .type = KEY_WORD,
                          .right = "plain or residual",
                          .fallback = "plain",
                          .defines = true,
                          .tacit = true,
                          .words = architectures,
                          .offset = offsetof(struct experiment_point, architecture),
                          .doc =
                              "architecture: plain, h^l = φ(u^l), or residual, h^l = γ h^{l-1} + V^l φ(u^l)"},
    [KEY_SKIP] = {.section = SECTION_NETWORK,
                  .path = "network.skip",
                  .type = KEY_REAL,
                  .right = "a number from 0",
                  .fallback = "1",
                  .defines = true,
                  .tacit = true,
                  .residual = true,
                  .offset = offsetof(struct experiment_point, skip),
                  .doc = "skip γ of a residual network: what of h^{l-1} is added to h^l"},
    [KEY_BRANCH_VARIANCE] = {.section = SECTION_NETWORK,
                             .path = "network.branch_variance",
                             .type = KEY_REAL,
                             .right = "a number above 0",
                             .fallback = "1",
                             .defines = true,
                             .tacit = true,
                             .residual = true,
                             .positive = true,
                             .offset = offsetof(struct experiment_point, branch_variance),
                             .doc = "branch variance σ_v² of a residual network: V^l has variance σ_v²/M"},
    [KEY_TRAIN_BRANCH] = {.section = SECTION_NETWORK,
                          .path = "network.train_branch",
                          .type = KEY_WORD,
                          .right = "true or false",
                          .fallback = "false",
                          .defines = true,
                          .tacit = true,
                          .residual = true,
                          .words = flags,
                          .offset = offsetof(struct experiment_point, train_branch),
                          .doc = "train_branch: whether the V^l of a residual network count as parameters"},
    [KEY_INPUTS] = {.section = SECTION_DATA,
                    .path = "data.inputs",
                    .type = KEY_WORD,
                    .right = "gaussian",
                    .defines = true,
                    .words = inputs,
                    .later = later_inputs,
                    .offset = offsetof(struct experiment_point, inputs),
                    .doc = "inputs: where the network's inputs come from"},
    [KEY_SAMPLES] = {.section = SECTION_DATA,
                     .path = "data.samples",
                     .type = KEY_INTEGER,
                     .right = "a whole number from 1 to 10000000",
                     .defines = true,
                     .least = 1,
                     .most = 10000000,
                     .offset = offsetof(struct experiment_point, samples),
                     .doc = "samples T: the number of inputs"},
    [KEY_CASE_NAME] = {.section = SECTION_CASE,
                       .path = "cases.name",
                       .type = KEY_TEXT,
                       .right = "a name of one line and at most 200 bytes",
                       .most = 200,
                       .one_line = true,
                       .doc = "the case's name"},
};

const char *experiment_key_name(const struct experiment_key *key)
{
    const char *dot = strrchr(key->path, '.');
    return dot == NULL ? key->path : dot + 1;
}

bool experiment_key_physical(const struct experiment_key *key)
{
    return key->section == SECTION_NETWORK || key->section == SECTION_DATA;
}

bool experiment_key_stands(const struct experiment_key *key, enum key_section section)
{
    bool scalar = key->type != KEY_REALS && key->type != KEY_WORDS;
    switch (section) {
    case SECTION_SWEEP: return experiment_key_physical(key) && scalar;
    case SECTION_CASE: return key->section == SECTION_NETWORK || key->section == SECTION_CASE;
    default: return key->section == section;
    }
}

const struct experiment_key *experiment_key_find(enum key_section section, const char *name)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (experiment_key_stands(&experiment_keys[i], section) &&
            strcmp(experiment_key_name(&experiment_keys[i]), name) == 0)
            return &experiment_keys[i];
    return NULL;
}
