/* The experiment file: YAML in, a validated struct and its grid of points out.
 *
 * Everything the user may write is one line of the key table in keys.c (path, type, range, default, what it
 * is), which drives parsing, cases, sweeps, --set, the canonical definition and the messages. Strict: an
 * unknown or duplicate key, a number with trailing junk, NaN, a value out of range, an empty sweep, a profile
 * of the wrong length is BASE_BAD_INPUT with "file:line:column: key: what is wrong and what would be right",
 * wherever the value stands (network, a case, the sweep, quick, --set), also when something else overrides
 * it.
 */
#ifndef EXPERIMENT_EXPERIMENT_H
#define EXPERIMENT_EXPERIMENT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXPERIMENT_MAX_DEPTH = 1000 };

enum experiment_sampler { EXPERIMENT_AUTO, EXPERIMENT_WEIGHTS, EXPERIMENT_CONDITIONAL };

/* Labels of data items. */
struct experiment_classes {
    size_t n;              /* 0: all */
    const int64_t *values; /* (n) in file order, all different */
};

/* A kind but that of fisher has one measure, of its name, alone. */
enum experiment_kind {
    EXPERIMENT_FISHER,
    EXPERIMENT_TRAINING,
    EXPERIMENT_SINGULAR_DYNAMICS, /* of a committee machine near singular regions */
    EXPERIMENT_SINGULAR_FISHER,   /* its Fisher matrix at a distance from them */
    EXPERIMENT_SINGULAR_MIXTURE   /* that of a mixture of two normals */
};

/* What changes once so many epochs or steps are over: the size of batches, and the learning rate, which is
 * multiplied. */
struct experiment_stage {
    double epoch;  /* samples taken / T; 0: `step` is given */
    int64_t step;  /* 0: `epoch` is given */
    int64_t batch; /* 0: all samples; -1: as before */
    double factor; /* 1: as before */
};

/* Stages one after the other, all by epochs or all by steps. */
struct experiment_schedule {
    size_t n;
    const struct experiment_stage *stages; /* (n) */
};

/* How a network is trained: of training experiments alone, all 0 and NULL elsewhere. */
struct experiment_training {
    const char *parametrization; /* "ntk" or "standard" */
    const char *loss;            /* "squared" or "cross_entropy" */
    const char *optimizer;       /* "gradient", "exact", "layer", "tridiagonal", "kfac", ... */
    double learning_rate;        /* η; 0: `rate` is given */
    double rate; /* c: η = c/a of natural gradients, c·η_c of gradient descent; 0: η is given */
    int64_t steps;
    int64_t batch; /* B: samples of a step; 0: all */
    double momentum;
    const char *nesterov; /* "true" or "false" */
    double weight_decay;
    double damping;                  /* ε: ρ over the mean diagonal of what is inverted */
    const char *normalization;       /* of outputs: "none", "mean", "batch" */
    int64_t every;                   /* losses are recorded at every `every`-th step, and at the last */
    const char *boundary, *isotropy; /* "true": boundaries of stability, isotropy are measured */
    int64_t spectra;                 /* spectra of minibatches at every such step; 0: none */
    double epochs;                   /* training ends after so many, if not after its steps; 0: it does not */
    struct experiment_schedule schedule;
    double adaptive; /* θ of the norm test by which the batch grows; 0: it does not */
};

/* Experiments on singular regions: a student of two units, or a mixture. All 0 and NULL, or defaults,
 * elsewhere. */
struct experiment_singular {
    int64_t sample_size;        /* T: inputs of a Fisher matrix, or of a step; 0: no such experiment */
    int64_t dimension;          /* N */
    const char *output_weights; /* "fixed" or "learned": whether v is a parameter */
    /* dynamics: */
    int64_t teacher_units; /* 1 or 2 */
    const char *descent;   /* "gradient" or "natural" */
    double ridge;          /* ρ: natural gradient is (G + ρ)⁻¹ ∂ε */
    double asymmetry;      /* at the start R_in = asymmetry where i = n, else 0 */
    double start_norm;     /* at the start, of J_i outside of the teacher's span */
    double time;           /* 0: no dynamics */
    int64_t times;         /* so many times are recorded, at equal distances, and time 0 */
    double time_step;      /* η, at most */
    double target;         /* ε whose time is sought */
    int64_t steps;         /* of time_step or less, a whole number between two recorded times */
    /* fisher: */
    const char *region; /* "overlap", "weight" or "norm" */
    double distance;
    /* mixture: (1−v) N(0,1) + v N(μ,1) */
    double proportion; /* v; 0: no mixture */
    double separation; /* μ */
};

/* One point of the grid: all that is physical about a network and its data, and nothing else (no trial, no
 * seed). */
struct experiment_point {
    const char *activation; /* a name or an expression in x; owned by the experiment */
    double weight_variance; /* σ_w² */
    double bias_variance;   /* σ_b² */
    int64_t depth;          /* L, the number of weight layers */
    int64_t width;          /* M */
    int64_t outputs;        /* C = M_L */
    const double *profile;  /* (L) α_0..α_{L-1}; M_l = α_l·M rounded half up, from 1; the experiment's */
    const char *architecture; /* "plain", as NULL, or "residual" */
    double skip;              /* γ, and the next two: of residual networks alone */
    double branch_variance;   /* σ_v² */
    const char *train_branch; /* "true" or "false" */
    const char *inputs;       /* "gaussian", "mnist", "cifar10" or "hdf5" */
    int64_t samples;          /* T */
    int64_t draws;            /* n: outputs drawn for each sample, by estimators alone */
    int64_t test_samples;     /* T': held out, of training experiments alone */
    /* of inputs from files alone (data.h): */
    const char *path;   /* as it is written */
    const char *labels; /* "": none */
    struct experiment_classes classes;
    const char *center;    /* "true" or "false" */
    const char *normalize; /* "sample", "unit", "feature" or "none" */
    struct experiment_training training;
    struct experiment_singular singular;
};

/* What is measured and stored on request alone. */
enum experiment_asked {
    EXPERIMENT_EIGENVALUES = 1, /* save: [eigenvalues] */
    EXPERIMENT_BOUNDARY = 2,    /* training.boundary somewhere in the grid, and so on */
    EXPERIMENT_ISOTROPY = 4,
    EXPERIMENT_SPECTRA = 8,
    EXPERIMENT_BATCHES = 16 /* a schedule, or batches that adapt */
};

enum experiment_type { EXPERIMENT_INTEGER, EXPERIMENT_REAL, EXPERIMENT_STRING };

/* A swept key: its values in file order, all of one type. */
struct experiment_axis {
    const char *key; /* "width": the key without its section, and the axis' name in the result file */
    const char *doc; /* what it is, for the axis' long_name: "width M: a hidden layer l has α_l M units" */
    enum experiment_type type;
    size_t length;
    int64_t *integers;    /* (length) where type is EXPERIMENT_INTEGER, else NULL */
    double *reals;        /* (length) where type is EXPERIMENT_REAL, else NULL */
    const char **strings; /* (length) where type is EXPERIMENT_STRING, else NULL */
};

struct experiment {
    char *path;       /* the file's path as given */
    char *name;       /* its base name without .yaml or .yml; "-quick" is appended with --quick */
    char *text;       /* the file as it stands */
    char *title;      /* "" where not given */
    char *source;     /* "" where not given */
    char *definition; /* canonical, one "key: value" a line: all that fixes the numbers, every default written
                         out; not title, source, memory, quick, trials. Equal definitions mean equal
                         experiments. */
    uint64_t seed;
    int64_t trials;
    enum experiment_sampler sampler;
    enum experiment_kind kind;
    unsigned asked; /* of enum experiment_asked */
    size_t memory;  /* bytes */

    size_t n_measures;
    const char **measures; /* (n_measures) in file order */

    size_t n_cases;
    const char **cases; /* (n_cases) names */

    size_t n_axes;
    struct experiment_axis *axes; /* (n_axes) in file order */

    size_t n_points;                 /* n_cases · Π lengths */
    struct experiment_point *points; /* (n_points) case slowest, last axis fastest: the result file's order */

    const bool *unsaid; /* of each key of the table: every network has its default, and neither the
                           definition nor a result speaks of it */

    const struct experiment_layout *layout; /* where everything stood; NULL: it was not read from a file */

    struct base_arena *arena; /* everything above lives here */
};

/* The networks of which a measure says something; elsewhere all its numbers would be nan. */
struct experiment_needs {
    int64_t outputs, depth; /* at least; 0: any */
    bool plain;             /* none of residual networks */
    bool draws;             /* it reads data.draws */
};

/* What the parser cannot know itself: whether a word names an activation or a measure, each BASE_OK or
 * BASE_BAD_INPUT with a sentence that says what would be right, and what a measure needs. */
struct experiment_vocabulary {
    int (*check_activation)(const char *text, struct base_error *why);
    int (*check_measure)(const char *text, struct base_error *why);
    struct experiment_needs (*find_needs)(const char *measure);
};

struct experiment_options {
    bool quick; /* apply the file's quick section */
    size_t n_sets;
    const char *const *sets; /* (n_sets) "KEY=VALUE", applied last, in order. KEY: a path such as
                                network.width, sweep.width or trials, or the bare name of a network or data
                                key. VALUE: YAML. A swept key's values are sweep.KEY's. */
};

/* Reads, validates and lays out the grid. On failure nothing is kept; the error names the place. Without
 * --set the other of the two experiments, the file's or its quick one, is validated too. */
int experiment_load(struct experiment *experiment, const char *path, const struct experiment_options *options,
                    const struct experiment_vocabulary *vocabulary, struct base_error *error);
void experiment_free(struct experiment *experiment);

/* The index of axis value j at grid point p (p < n_points): its position along axis a, or along the cases. */
size_t experiment_point_case(const struct experiment *experiment, size_t point);
size_t experiment_point_index(const struct experiment *experiment, size_t point, size_t axis);

/* Where the value that a point has of a key such as "data.path" stands, for an error found after loading:
 * "FILE:LINE:COLUMN: KEY", without the line where it has the default. Returns `place`. */
enum { EXPERIMENT_PLACE = 1024 };
const char *experiment_place(const struct experiment *experiment, size_t point, const char *key,
                             char place[EXPERIMENT_PLACE]);

/* The scalar network and data keys that an experiment speaks of, or with NULL all: number i of them, false
 * past the last. Its value is at `offset` in a point, an int64_t, a double or a const char * by type. */
struct experiment_scalar {
    const char *key; /* "width" */
    const char *doc;
    enum experiment_type type;
    size_t offset;
};
bool experiment_scalar(const struct experiment *experiment, size_t i, struct experiment_scalar *scalar);

/* The version of libyaml, "0.2.5" */
const char *experiment_library(void);

#endif
