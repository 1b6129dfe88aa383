/* The result file: HDF5 that is also netCDF-4.
 *
 * Everything stands in the root group, every axis has a dimension scale, so ncdump, xarray, h5py and Julia
 * show named axes. Dimension order: (case, swept keys in file order, trial, then those of the variable: rank;
 * layer; layer, layer2; kind). With v a measured variable:
 *
 *     v          (case, axes…, trial[, …])      every trial's value; NaN until it is there
 *     v_theory   (case, axes…[, …])             its prediction; others beside it are v_theory_SOMETHING
 *     kappa1, kappa2, alpha, parameters (case, axes…)
 *     KEY        (case)                         a network or data key that is not swept, such as outputs
 *     done       (case, axes…, trial)           1 where the trial is finished, on the disk after its values
 *
 * The root attribute `data` says which inputs were read from files: data_sets.text (data.h). A run that reads
 * others does not go on with it.
 *
 * The file is made whole under another name and renamed; afterwards only numbers change, in datasets
 * allocated from the start, so it is complete on disk at all times. A file open for writing is locked;
 * readers are refused meanwhile. What killed runs leave of a file in the making, PATH.PID-N.partial, the next
 * one that writes to PATH removes.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "data/data.h"
#include "experiment/experiment.h"
#include "measure/measure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The root attribute `format` of every file of ours. */
#define STORE_FORMAT "fisherfield result 1"

/* ---- writing (layout.c, create.c, contents.c, write.c) */

/* What a run knows of itself, for the root attributes. */
struct store_provenance {
    const char *version, *build, *libraries, *blas_kernel, *command;
    int threads;
};

/* The variables of an experiment's measures in order, and the sizes of one network's values. */
struct store_layout {
    const struct experiment *experiment;
    size_t n_variables; /* measured */
    size_t n_all;       /* these, and after them those that are only predicted */
    const struct measure_variable *variables[MEASURE_MAX_VARIABLES * MEASURE_MAX_MEASURES];
    size_t sizes[MEASURE_N_DIMENSIONS]; /* of the grid's largest C·T and depth */
    struct data_sets data; /* read from files: the caller's to fill and to free, none where all zero */
};

/* What theory says at every grid point. */
struct store_predictions {
    double *kappa1, *kappa2, *alpha, *parameters; /* (n_points) */
    bool *no_outlier;      /* (n_points) κ_2 vanishes: nothing is said of λ_max; not stored */
    double **values;       /* (n_all) pointers: (n_points, length) */
    size_t n_missing;      /* grid points whose theory cannot be computed: nan; not stored */
    char why_missing[512]; /* the first of them */
};

struct store;

/* The layout of an experiment; length of variable v in the file, for one network. */
int store_layout_init(struct store_layout *layout, const struct experiment *experiment,
                      struct base_error *error);
size_t store_layout_length(const struct store_layout *layout, size_t variable);

/* Whether any variable runs over dimension d of measure_dimensions. */
bool store_layout_has(const struct store_layout *layout, size_t dimension);

/* Where a variable stands in the layout, from n_variables on when it is only predicted; n_all when it is not
 * stored. */
size_t store_layout_find(const struct store_layout *layout, const struct measure_variable *variable);

/* Bytes of the file to be, within a tenth or two; all of them are taken when it is created. */
double store_layout_bytes(const struct store_layout *layout);

/* Creates `path` with all datasets, every number still missing; refuses an existing file. */
int store_create(const char *path, const struct store_layout *layout,
                 const struct store_predictions *predictions, const struct store_provenance *provenance,
                 struct base_error *error);

/* Whether an existing result of the same experiment has room for fewer trials than the experiment asks.
 * Another experiment is BASE_BAD_INPUT that names the key that differs. */
int store_is_short(const char *path, const struct store_layout *layout, bool *is_short,
                   struct base_error *error);

/* Puts a file with room for all trials, and the finished ones in it, in the place of one that is short. The
 * old file stands until the new one is whole, and whatever fails. */
int store_extend(const char *path, const struct store_layout *layout,
                 const struct store_predictions *predictions, const struct store_provenance *provenance,
                 struct base_error *error);

/* Opens an existing result of the same experiment to go on with it; done (n_points, trials) receives its
 * mask. Another definition or number of trials is BASE_BAD_INPUT that names the key that differs, as is a
 * file that is open elsewhere or no result at all; it stays as it was, byte for byte. */
int store_open_writing(struct store **store, const char *path, const struct store_layout *layout,
                       uint8_t *done, struct base_error *error);

/* Only looks: the mask (n_points, trials) of an existing result that a run would go on with or extend; what a
 * run would refuse is refused. */
int store_read_done(const char *path, const struct store_layout *layout, uint8_t *done,
                    struct base_error *error);

/* The three below fail where the disk takes no more, and where the file was cut, removed, replaced or moved
 * or another program has written into it, whatever locks say. After most failures nothing more is written, so
 * that no mark follows values that are not there; what an earlier flush has brought to the disk stays. A file
 * that was removed is copied to PATH.PID-N.rescued, which the message names. */

/* Takes one trial, finished with it: values[v] has store_layout_length numbers of variable v. On the disk,
 * and marked in `done`, from the next flush on. */
int store_write(struct store *store, size_t point, size_t trial, double *const *values,
                struct base_error *error);

/* Brings everything to the disk, the marks after the values they speak of, so that a crash at any time leaves
 * no mark without its values. */
int store_flush(struct store *store, struct base_error *error);

/* Adds the seconds of this run to wall_seconds, flushes and closes; the store is gone either way. */
int store_close(struct store *store, double wall_seconds, struct base_error *error);

/* ---- reading (read.c, array.c) */

/* A result file's grid. */
struct store_result {
    char *path;
    int64_t file; /* HDF5's handle */
    size_t n_cases;
    const char **cases;
    size_t n_axes;
    struct experiment_axis *axes; /* key, type, values; doc is NULL */
    size_t trials;
    size_t n_points;                    /* n_cases · Π lengths */
    size_t sizes[MEASURE_N_DIMENSIONS]; /* 0: no such dimension */
    size_t n_names;
    const char **names; /* (n_names) measured variables, in the order of the file */
    struct base_arena *arena;
};

/* Opens a result for reading. BASE_BAD_INPUT when it is missing, not HDF5, truncated, locked by a running
 * program, or not one of ours. Damage is told by the checksums of HDF5's metadata, and what has none is read
 * here with care; but against metadata that was forged, with the right checksums, HDF5 1.10.8 itself has no
 * defence and may crash. */
int store_open(struct store_result *result, const char *path, struct base_error *error);
void store_result_free(struct store_result *result);

/* One variable as doubles. */
struct store_array {
    bool per_trial;
    enum measure_axis axis;
    size_t length;  /* numbers along that axis, of the result's sizes */
    double *values; /* (n_points[, trials], length) */
};
bool store_has(const struct store_result *result, const char *name);
int store_read(const struct store_result *result, const char *name, struct store_array *array,
               struct base_error *error);
void store_array_free(struct store_array *array);

/* A number that every point has, whether swept or not: "width", "outputs", "samples", …; (n_points) values.
 */
int store_read_key(const struct store_result *result, const char *key, double *values,
                   struct base_error *error);

/* Whether a key is another word than this at each point, (n_points); nowhere where the result does not speak
 * of it. */
int store_read_differs(const struct store_result *result, const char *key, const char *word, bool *flags,
                       struct base_error *error);

/* A root attribute as text; numbers are printed. NULL with no error when there is none. Lives as long as the
 * result. */
int store_read_attribute(const struct store_result *result, const char *name, const char **text,
                         struct base_error *error);

/* ---- inputs (dataset.c) */

/* A data_source (data.h) of a two-dimensional numeric dataset, rows being items; path: FILE.h5:/DATASET.
 * labels: so, of a one-dimensional dataset of integers, one for each row, or "". BASE_BAD_INPUT with a
 * sentence that names the file when it is missing, not HDF5, or cannot be opened, and where there is no such
 * dataset or it has another number of dimensions or another type. */
int store_dataset_open(struct data_source *source, const char *path, const char *labels,
                       struct base_error *error);

/* ---- locks (lock.c) */

enum store_lock {
    STORE_LOCK_WORKS,   /* a second program is kept out while the first has a file open, and let in afterwards
                         */
    STORE_LOCK_REFUSED, /* the file system has no locks: HDF5 opens no file there */
    STORE_LOCK_IGNORED, /* it grants them to everybody: two programs may write to one file */
    STORE_LOCK_OFF      /* the user has switched them off: HDF5_USE_FILE_LOCKING=FALSE */
};

/* Tries it with a file in `folder`, made and removed again, and a second process. Call while there is one
 * thread. BASE_BAD_INPUT when no file can be made there. */
int store_lock_try(const char *folder, enum store_lock *lock, struct base_error *error);

/* "HDF5 1.10.8" */
void store_versions(char text[64]);

/* Stops HDF5 from printing its own error stacks. Call first. */
void store_init(void);

#endif
