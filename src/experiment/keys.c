#include "experiment/keys.h"

#include <stddef.h>
#include <string.h>

enum { MEBIBYTE = 1 << 20, MOST_TEXT = 1000 };

static const char *const kinds[] = {"fisher",          "training",         "singular_dynamics",
                                    "singular_fisher", "singular_mixture", NULL}; /* enum experiment_kind */
static const char *const samplers[] = {"auto", "weights", "conditional", NULL}; /* enum experiment_sampler */
static const char *const saved[] = {"eigenvalues", NULL};
static const char *const architectures[] = {"plain", "residual", NULL};
static const char *const inputs[] = {"gaussian", "mnist", "cifar10", "hdf5", NULL};
static const char *const flags[] = {"false", "true", NULL};
static const char *const optimizers[] = {"gradient",    "exact", "layer",         "tridiagonal",    "kfac",
                                         "kfac_scaled", "unit",  "unit_explicit", "quasi_diagonal", NULL};
static const char *const output_normalizations[] = {"none", "mean", "batch", NULL};
static const char *const parametrizations[] = {"ntk", "standard", NULL};
static const char *const losses[] = {"squared", "cross_entropy", NULL};
static const char *const output_weights[] = {"fixed", "learned", NULL};
static const char *const descents[] = {"gradient", "natural", NULL};
static const char *const regions[] = {"overlap", "weight", "norm", NULL};
static const char *const normalizations[] = {"sample", "unit", "feature", "none", NULL};

#define TRAINING(where, kind, member)                                                                        \
    .section = SECTION_TRAINING, .path = where, .type = kind, .defines = true, .tacit = true,                \
    .of_training = true, .offset = offsetof(struct experiment_point, training.member)

#define SINGULAR(where, kind, member, of)                                                                    \
    .section = SECTION_SINGULAR, .path = where, .type = kind, .defines = true, .of_singular = of,            \
    .offset = offsetof(struct experiment_point, singular.member)

enum {
    OF_DYNAMICS = 1 << EXPERIMENT_SINGULAR_DYNAMICS,
    OF_FISHER = 1 << EXPERIMENT_SINGULAR_FISHER,
    OF_MIXTURE = 1 << EXPERIMENT_SINGULAR_MIXTURE
};

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
                  .right = "a kind of experiment: fisher, training, singular_dynamics, singular_fisher or "
                           "singular_mixture",
                  .fallback = "fisher",
                  .defines = true,
                  .words = kinds,
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
                     .of_fisher = true,
                     .vocabulary = KEY_IS_MEASURE,
                     .doc = "what is measured"},
    [KEY_SAMPLER] = {.path = "sampler",
                     .type = KEY_WORD,
                     .right = "auto, weights or conditional",
                     .fallback = "auto",
                     .defines = true,
                     .of_fisher = true,
                     .words = samplers,
                     .doc = "how networks are sampled"},
    [KEY_SAVE] = {.path = "save",
                  .type = KEY_WORDS,
                  .right = "a list of what else to store: [eigenvalues] or []",
                  .fallback = "[]",
                  .defines = true,
                  .of_fisher = true,
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
                    .right = "gaussian, mnist, cifar10 or hdf5",
                    .defines = true,
                    .words = inputs,
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
    [KEY_DRAWS] = {.section = SECTION_DATA,
                   .path = "data.draws",
                   .type = KEY_INTEGER,
                   .right = "a whole number from 1 to 1000000",
                   .fallback = "1",
                   .defines = true,
                   .tacit = true,
                   .of_fisher = true,
                   .least = 1,
                   .most = 1000000,
                   .offset = offsetof(struct experiment_point, draws),
                   .doc = "draws n: outputs drawn for each sample by the sampled estimator"},
    [KEY_PATH] = {.section = SECTION_DATA,
                  .path = "data.path",
                  .type = KEY_TEXT,
                  .right = "the path of a data file in one line of at most 1000 bytes; of hdf5 inputs "
                           "FILE.h5:/DATASET",
                  .defines = true,
                  .tacit = true,
                  .of_files = true,
                  .most = MOST_TEXT,
                  .one_line = true,
                  .offset = offsetof(struct experiment_point, path),
                  .doc = "path of the file of inputs"},
    [KEY_LABELS] = {.section = SECTION_DATA,
                    .path = "data.labels",
                    .type = KEY_TEXT,
                    .right = "the path of a file of labels in one line of at most 1000 bytes; of hdf5 inputs "
                             "FILE.h5:/DATASET",
                    .defines = true,
                    .tacit = true,
                    .of_files = true,
                    .most = MOST_TEXT,
                    .one_line = true,
                    .offset = offsetof(struct experiment_point, labels),
                    .doc = "path of the file of labels"},
    [KEY_CLASSES] = {.section = SECTION_DATA,
                     .path = "data.classes",
                     .type = KEY_INTEGERS,
                     .right = "a list of labels, such as [0, 7]",
                     .fallback = "[]", /* stands for all */
                     .defines = true,
                     .tacit = true,
                     .of_files = true,
                     .least = INT32_MIN,
                     .most = INT32_MAX,
                     .offset = offsetof(struct experiment_point, classes),
                     .doc = "classes: the labels of the inputs that are taken"},
    [KEY_CENTER] = {.section = SECTION_DATA,
                    .path = "data.center",
                    .type = KEY_WORD,
                    .right = "true or false",
                    .fallback = "false",
                    .defines = true,
                    .tacit = true,
                    .of_files = true,
                    .words = flags,
                    .offset = offsetof(struct experiment_point, center),
                    .doc = "center: whether each feature's mean over the samples is subtracted"},
    [KEY_NORMALIZE] = {.section = SECTION_DATA,
                       .path = "data.normalize",
                       .type = KEY_WORD,
                       .right = "sample, unit, feature or none",
                       .fallback = "sample",
                       .defines = true,
                       .tacit = true,
                       .of_files = true,
                       .words = normalizations,
                       .offset = offsetof(struct experiment_point, normalize),
                       .doc = "normalize: what each sample or feature is scaled to"},
    [KEY_TEST_SAMPLES] = {.section = SECTION_DATA,
                          .path = "data.test_samples",
                          .type = KEY_INTEGER,
                          .right = "a whole number from 0 to 10000000",
                          .fallback = "0",
                          .defines = true,
                          .tacit = true,
                          .of_training = true,
                          .most = 10000000,
                          .offset = offsetof(struct experiment_point, test_samples),
                          .doc = "test_samples: inputs held out of the training"},
    [KEY_PARAMETRIZATION] = {TRAINING("training.parametrization", KEY_WORD, parametrization),
                             .right = "ntk or standard", .fallback = "ntk", .words = parametrizations,
                             .doc =
                                 "parametrization: ntk, W = σ_w ω/√M_{l-1} and b = σ_b β are trained by ω, "
                                 "β, or standard, by W, b"},
    [KEY_LOSS] = {TRAINING("training.loss", KEY_WORD, loss), .right = "squared or cross_entropy",
                  .fallback = "squared", .words = losses,
                  .doc = "loss: squared, (1/2T) Σ |f − y|², or cross_entropy, −(1/T) Σ y ln softmax(f)"},
    [KEY_OPTIMIZER] = {TRAINING("training.optimizer", KEY_WORD, optimizer),
                       .right =
                           "gradient, exact, layer, tridiagonal, kfac, kfac_scaled, unit, unit_explicit or "
                           "quasi_diagonal",
                       .fallback = "gradient", .words = optimizers,
                       .doc = "optimizer: what the gradient is multiplied with"},
    [KEY_LEARNING_RATE] = {TRAINING("training.learning_rate", KEY_REAL, learning_rate),
                           .right = "a number above 0", .positive = true, .doc = "learning rate η"},
    [KEY_RATE] = {TRAINING("training.rate", KEY_REAL, rate), .right = "a number above 0", .positive = true,
                  .doc =
                      "rate c: the learning rate is c/a for natural gradients, c η_c for gradient descent"},
    [KEY_STEPS] = {TRAINING("training.steps", KEY_INTEGER, steps),
                   .right = "a whole number from 1 to 10000000", .least = 1, .most = 10000000,
                   .doc = "steps of the training"},
    [KEY_BATCH] = {TRAINING("training.batch", KEY_INTEGER, batch),
                   .right = "full or a whole number from 1 to 10000000", .fallback = "full", .least = 1,
                   .most = 10000000, .word_of_0 = "full",
                   .doc = "batch B: the number of samples of a step; 0: full, all of them"},
    [KEY_MOMENTUM] = {TRAINING("training.momentum", KEY_REAL, momentum),
                      .right = "a number from 0 to below 1", .fallback = "0", .below_1 = true,
                      .doc = "momentum μ"},
    [KEY_NESTEROV] = {TRAINING("training.nesterov", KEY_WORD, nesterov), .right = "true or false",
                      .fallback = "false", .words = flags,
                      .doc = "nesterov: whether the momentum is Nesterov's"},
    [KEY_WEIGHT_DECAY] = {TRAINING("training.weight_decay", KEY_REAL, weight_decay),
                          .right = "a number from 0", .fallback = "0",
                          .doc = "weight decay λ: the loss gains (λ/2) |θ|²"},
    [KEY_DAMPING] = {TRAINING("training.damping", KEY_REAL, damping), .right = "a number from 0",
                     .fallback = "0",
                     .doc = "damping ε: what is added to the diagonal of a matrix that is inverted, over the "
                            "diagonal's mean"},
    [KEY_NORMALIZATION] = {TRAINING("training.normalization", KEY_WORD, normalization),
                           .right = "none, mean or batch", .fallback = "none", .words = output_normalizations,
                           .doc = "normalization of the outputs over the samples: none, their mean is "
                                  "subtracted, or they are divided by their standard deviation too"},
    [KEY_EVERY] = {TRAINING("training.every", KEY_INTEGER, every),
                   .right = "a whole number from 1 to 10000000", .fallback = "1", .least = 1,
                   .most = 10000000,
                   .doc = "every: the losses are recorded at every such step, and at the last"},
    [KEY_BOUNDARY] = {TRAINING("training.boundary", KEY_WORD, boundary), .right = "true or false",
                      .fallback = "false", .words = flags,
                      .doc =
                          "boundary: whether the learning rates are sought up to which training is stable"},
    [KEY_ISOTROPY] = {TRAINING("training.isotropy", KEY_WORD, isotropy), .right = "true or false",
                      .fallback = "false", .words = flags,
                      .doc = "isotropy: whether the isotropy of a natural gradient is measured"},
    [KEY_SPECTRA] = {TRAINING("training.spectra", KEY_INTEGER, spectra),
                     .right = "a whole number from 0 to 10000000", .fallback = "0", .most = 10000000,
                     .doc = "spectra: minibatches have their spectra measured at every such step; 0: never"},
    [KEY_EPOCHS] = {TRAINING("training.epochs", KEY_REAL, epochs), .right = "a number from 0",
                    .fallback = "0",
                    .doc = "epochs: a training ends after so many, or after its steps; 0: after its steps"},
    [KEY_SCHEDULE] =
        {TRAINING("training.schedule", KEY_STAGES, schedule),
         .right = "a list of stages, such as [{epoch: 64, batch: 32}, {epoch: 160, factor: 0.1}]",
         .fallback = "[]", .may_be_empty = true,
         .doc = "schedule: the batch's size and factors of the learning rate after some epochs or steps"},
    [KEY_ADAPTIVE] =
        {TRAINING("training.adaptive", KEY_REAL, adaptive), .right = "a number from 0 to below 1",
         .fallback = "0", .below_1 = true,
         .doc = "adaptive θ: the batch doubles after an epoch in which the variance of its mean gradient "
                "exceeded θ² of the mean gradient's square; 0: never"},
    [KEY_SAMPLE_SIZE] = {SINGULAR("singular.sample_size", KEY_INTEGER, sample_size,
                                  OF_DYNAMICS | OF_FISHER | OF_MIXTURE),
                         .right = "a whole number from 1 to 1000000000", .least = 1, .most = 1000000000,
                         .doc = "sample_size T: inputs of a sampled Fisher matrix, or new ones of a step"},
    [KEY_DIMENSION] = {SINGULAR("singular.dimension", KEY_INTEGER, dimension, OF_DYNAMICS | OF_FISHER),
                       .right = "a whole number from 4 to 1000", .fallback = "10", .least = 4, .most = 1000,
                       .doc = "dimension N of the inputs of a committee machine"},
    [KEY_OUTPUT_WEIGHTS] = {SINGULAR("singular.output_weights", KEY_WORD, output_weights,
                                     OF_DYNAMICS | OF_FISHER),
                            .right = "fixed or learned", .fallback = "fixed", .words = output_weights,
                            .doc = "output_weights: whether v_1, v_2 are fixed or parameters"},
    [KEY_TEACHER_UNITS] = {SINGULAR("singular.teacher_units", KEY_INTEGER, teacher_units, OF_DYNAMICS),
                           .right = "1 or 2", .fallback = "2", .least = 1, .most = 2,
                           .doc = "teacher_units: units of the teacher, orthonormal"},
    [KEY_DESCENT] = {SINGULAR("singular.descent", KEY_WORD, descent, OF_DYNAMICS),
                     .right = "gradient or natural", .fallback = "gradient", .words = descents,
                     .doc = "descent: along the gradient or the natural gradient"},
    [KEY_RIDGE] = {SINGULAR("singular.ridge", KEY_REAL, ridge, OF_DYNAMICS), .right = "a number from 0",
                   .fallback = "1e-8", .doc = "ridge ρ: the natural gradient is (G + ρ)⁻¹ ∂ε"},
    [KEY_ASYMMETRY] = {SINGULAR("singular.asymmetry", KEY_REAL, asymmetry, OF_DYNAMICS),
                       .right = "a number from 0", .fallback = "0.001",
                       .doc = "asymmetry a: the overlaps R_in at the start are a where i = n, else 0"},
    [KEY_START_NORM] = {SINGULAR("singular.start_norm", KEY_REAL, start_norm, OF_DYNAMICS),
                        .right = "a number above 0", .fallback = "0.25", .positive = true,
                        .doc = "start_norm q: |J_i|² at the start, outside of the teacher's span"},
    [KEY_TIME] = {SINGULAR("singular.time", KEY_REAL, time, OF_DYNAMICS), .right = "a number above 0",
                  .positive = true, .doc = "time for which the descent is followed"},
    [KEY_TIMES] = {SINGULAR("singular.times", KEY_INTEGER, times, OF_DYNAMICS),
                   .right = "a whole number from 1 to 1000000", .fallback = "200", .least = 1,
                   .most = 1000000, .doc = "times: so many are recorded, at equal distances, and time 0"},
    [KEY_TIME_STEP] = {SINGULAR("singular.time_step", KEY_REAL, time_step, OF_DYNAMICS),
                       .right = "a number above 0", .fallback = "0.05", .positive = true,
                       .doc = "time_step η: the learning rate of the simulated network, less where no whole "
                              "number of steps makes a recorded time"},
    [KEY_TARGET] = {SINGULAR("singular.target", KEY_REAL, target, OF_DYNAMICS), .right = "a number above 0",
                    .fallback = "1e-6", .positive = true,
                    .doc = "target: the error ε whose time is measured"},
    [KEY_REGION] = {SINGULAR("singular.region", KEY_WORD, region, OF_FISHER),
                    .right = "overlap, weight or norm", .fallback = "overlap", .words = regions,
                    .doc = "region: overlap, J_1 = J_2, weight, v_2 = 0, or norm, J_2 = 0"},
    [KEY_DISTANCE] = {SINGULAR("singular.distance", KEY_REAL, distance, OF_FISHER),
                      .right = "a number above 0", .positive = true,
                      .doc = "distance d from the region: |J_2 - J_1|, v_2 or |J_2|"},
    [KEY_PROPORTION] = {SINGULAR("singular.proportion", KEY_REAL, proportion, OF_MIXTURE),
                        .right = "a number above 0 and below 1", .positive = true, .below_1 = true,
                        .doc = "proportion v of the second normal"},
    [KEY_SEPARATION] = {SINGULAR("singular.separation", KEY_REAL, separation, OF_MIXTURE),
                        .right = "a number above 0", .positive = true,
                        .doc = "separation μ of the two normals"},
    [KEY_CASE_NAME] = {.section = SECTION_CASE,
                       .path = "cases.name",
                       .type = KEY_TEXT,
                       .right = "a name of one line and at most 200 bytes",
                       .most = 200,
                       .one_line = true,
                       .doc = "the case's name"},
};

const char *experiment_section_name(enum key_section section)
{
    static const char *const names[N_SECTIONS] = {[SECTION_NETWORK] = "network",
                                                  [SECTION_DATA] = "data",
                                                  [SECTION_TRAINING] = "training",
                                                  [SECTION_SINGULAR] = "singular"};
    return names[section];
}

const char *experiment_key_name(const struct experiment_key *key)
{
    const char *dot = strrchr(key->path, '.');
    return dot == NULL ? key->path : dot + 1;
}

bool experiment_key_is_list(const struct experiment_key *key)
{
    return key->type == KEY_REALS || key->type == KEY_INTEGERS || key->type == KEY_WORDS ||
           key->type == KEY_STAGES;
}

bool experiment_key_physical(const struct experiment_key *key)
{
    return experiment_section_name(key->section) != NULL;
}

bool experiment_key_stands(const struct experiment_key *key, enum key_section section)
{
    switch (section) {
    case SECTION_SWEEP: return experiment_key_physical(key) && !experiment_key_is_list(key);
    case SECTION_CASE: return experiment_key_physical(key) || key->section == SECTION_CASE;
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
