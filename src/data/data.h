/* Inputs from files: readers, and the choice and scaling of samples.
 *
 * A reader makes a data_source of the files that an experiment names, an item after the other:
 *
 *     mnist     IDX files: images idx3-ubyte, and labels idx1-ubyte where they are named. Any file of that
 * format (Fashion-MNIST, ...) is one. A feature is a pixel/255, in the order of the file. cifar10   a file of
 * CIFAR-10's binary version, labels included. A feature is a pixel/255, in the order of the file: red, green,
 * blue, each row by row. hdf5      a two-dimensional numeric dataset (items, features), and a one-dimensional
 * one of integer labels where it is named; numbers as they stand (store/dataset.c).
 *
 * IDX and CIFAR-10 files may be compressed with gzip, whatever they are called: it shows in their first
 * bytes.
 *
 * A data_set is what a network gets: the first T items, in the order of the file, whose label is among the
 * `classes` (all items where there are none), the same in every trial; then
 *
 *     center: true         x_i(t) −= (1/T) Σ_s x_i(s)           over the chosen samples
 *     normalize: sample    x(t) is scaled to |x(t)| = √M_0      (mean-field theory's q̂⁰_1 = 1)
 *                unit      x(t) is scaled to |x(t)| = 1
 *                feature   x_i is scaled and shifted to mean 0 and variance (1/T) Σ_t x_i(t)² = 1 over the
 * chosen samples; one that is the same in all becomes 0 none      nothing
 *
 * in this order. A feature of which less than 1e-12 is left when its mean is gone counts as the same in all.
 */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include "base/error.h"
#include "experiment/experiment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger items are taken for damage of a file's head. */
enum { DATA_MAX_FEATURES = 1 << 24 };

/* ---- sources (mnist.c, cifar10.c) */

/* Items of files, from the first to the last. close is safe on a zeroed struct and after a failure to open.
 */
struct data_source {
    const char *path; /* for messages */
    size_t features;  /* of an item, from 1 to DATA_MAX_FEATURES */
    bool labelled;
    bool whole; /* what comes after the last item that is wanted is read, too: it tells of a damaged file */
    /* The next item (features) and, where labelled, its label; *more is false when there is none. */
    int (*next)(struct data_source *source, double *item, int *label, bool *more, struct base_error *error);
    void (*close)(struct data_source *source);
    void *state;
};

/* Each opens the file `path`, and `labels` where that is not "". BASE_BAD_INPUT with a sentence that names
 * the file when one is missing, truncated, followed by more bytes, damaged, of another format, or when the
 * two have not the same number of items; `next` may find that, too. The strings are not copied. */
int data_mnist_open(struct data_source *source, const char *path, const char *labels,
                    struct base_error *error);
int data_cifar10_open(struct data_source *source, const char *path, const char *labels,
                      struct base_error *error);
void data_source_close(struct data_source *source);

/* ---- sets (set.c) */

struct data_set {
    size_t features;     /* M_0 */
    size_t samples;      /* T */
    double *inputs;      /* (M_0, T): x_i(t) at inputs[i*T + t] */
    size_t test_samples; /* T', held out: those after the first T; what is subtracted and divided by is the
                            samples' own */
    double *test_inputs; /* (M_0, T') */
    int *labels;         /* (T + T'), NULL where the source has none */
    size_t n_classes;    /* 0 where the source has no labels */
    int *classes;        /* (n_classes) those asked for in that order, or else those of `labels`, ascending */
    bool any_class;      /* none are asked for */
    uint32_t checksum;   /* CRC-32 of the chosen items and labels as they were read */
    uint64_t word;       /* of the T samples and what was made of them (architecture.h's inputs_word) */
};

/* Reads samples, classes, center and normalize of `point` from a source. BASE_BAD_INPUT when there are fewer
 * such items than samples (it says how many), classes are asked of a source without labels, a number is not
 * finite or above 1e100, or a sample without length is to be scaled to one. Takes twice the memory of the set
 * for a moment. */
int data_set_read(struct data_set *set, struct data_source *source, const struct experiment_point *point,
                  struct base_error *error);
void data_set_free(struct data_set *set);

/* Targets of C outputs, y_k(t) at targets[k*T + t]: of two classes with one output +1/2 for the first and
 * −1/2 for the second, else 1 for the output of the sample's class and 0 for the others. Where none are asked
 * for, more outputs than there are among the samples are the classes 0, .., C−1, such as ten digits.
 * BASE_BAD_INPUT when the set has no labels, or C is not the number of classes. */
int data_set_targets(const struct data_set *set, size_t outputs, double *targets, struct base_error *error);
/* Those of what is held out, (C, T'). */
int data_set_test_targets(const struct data_set *set, size_t outputs, double *targets,
                          struct base_error *error);

/* The sets of an experiment: each is read once, and shared by grid points and threads. */
struct data_sets {
    size_t n;
    struct data_set *sets;
    size_t n_points;
    size_t *of_point;      /* (n_points) which one; n where inputs are Gaussian */
    double **targets;      /* (n_points) (C, T) each, as data_set_targets, points next to each other may share
                              them; NULL where none are read */
    double **test_targets; /* (n_points) (C, T') each, so */
    char *text;            /* "FILE: T samples of M_0 features, crc32 XXXXXXXX", one a line; "" with n = 0 */
    double bytes;
};

/* The version of zlib, "1.2.13" */
const char *data_library(void);

#endif
