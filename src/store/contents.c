/* What stands in a new result file. */
#include "store/contents.h"

#include "base/memory.h"
#include "store/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <hdf5_hl.h>

/* What every step needs. */
struct contents {
    hid_t file;
    const struct store_layout *layout;
    const struct experiment *experiment;
    size_t n_scales; /* one a dimension: case, axes…, trial, then those that variables have */
    hid_t scales[H5_MAX_RANK + MEASURE_N_DIMENSIONS];
    hsize_t sizes[H5_MAX_RANK + MEASURE_N_DIMENSIONS];
    const char *names[H5_MAX_RANK + MEASURE_N_DIMENSIONS];
    size_t places[MEASURE_N_DIMENSIONS]; /* of a variable's dimension among the scales */
};

/* Which dimensions a dataset has: the first `leading` of (case, axes…, trial), then those of an axis. */
struct shape {
    size_t leading;
    enum measure_axis axis;
};

static struct shape per_case(void)
{
    return (struct shape){1, MEASURE_SCALAR};
}

static struct shape per_point(const struct contents *c, enum measure_axis axis)
{
    return (struct shape){1 + c->experiment->n_axes, axis};
}

static struct shape per_trial(const struct contents *c, enum measure_axis axis)
{
    return (struct shape){2 + c->experiment->n_axes, axis};
}

/* A dataset with its dimensions attached, described, and filled when values are given. */
static int add_variable(struct contents *c, const char *name, hid_t type, struct shape shape,
                        const void *values, const char *long_name, hid_t *kept, struct base_error *error)
{
    int status;
    hid_t dataset = -1;
    hsize_t sizes[H5_MAX_RANK] = {0};
    size_t dims[H5_MAX_RANK], rank = 0, first;
    const size_t own = measure_axis_dimensions(shape.axis, &first);
    for (size_t d = 0; d < shape.leading; d++)
        dims[rank++] = d;
    for (size_t i = 0; i < own; i++)
        dims[rank++] = c->places[first + i];
    for (size_t d = 0; d < rank; d++)
        sizes[d] = c->sizes[dims[d]];

    TRY(h5_dataset_create(c->file, name, type, (int)rank, sizes, &dataset, error));
    for (size_t d = 0; d < rank; d++) {
        TRY(h5_check(H5DSattach_scale(dataset, c->scales[dims[d]], (unsigned)d), error, "dimension of %s",
                     name));
        TRY(h5_check(H5DSset_label(dataset, (unsigned)d, c->names[dims[d]]), error, "dimension of %s", name));
    }
    TRY(h5_attribute_text(dataset, "long_name", long_name, error));
    if (H5Tget_class(type) != H5T_STRING)
        TRY(h5_attribute_text(dataset, "units", "1", error));
    if (values != NULL)
        TRY(h5_dataset_write(dataset, type, values, name, error));
    if (kept != NULL) {
        *kept = dataset;
        return BASE_OK;
    }
out:
    h5_close(dataset);
    return status;
}

/* A dimension scale with its coordinates: the next dimension. */
static int add_scale(struct contents *c, const char *name, hid_t type, size_t size, const void *values,
                     const char *long_name, struct base_error *error)
{
    int status;
    const hsize_t sizes[1] = {size};
    hid_t scale = -1;
    TRY(h5_dataset_create(c->file, name, type, 1, sizes, &scale, error));
    c->scales[c->n_scales] = scale;
    c->names[c->n_scales] = name;
    c->sizes[c->n_scales++] = size;
    TRY(h5_dataset_write(scale, type, values, name, error));
    TRY(h5_check(H5DSset_scale(scale, name), error, "dimension %s", name));
    TRY(h5_attribute_text(scale, "long_name", long_name, error));
    if (H5Tget_class(type) != H5T_STRING)
        TRY(h5_attribute_text(scale, "units", "1", error));
out:
    return status;
}

static int add_axis(struct contents *c, const struct experiment_axis *axis, hid_t text,
                    struct base_error *error)
{
    switch (axis->type) {
    case EXPERIMENT_INTEGER:
        return add_scale(c, axis->key, H5T_NATIVE_INT64, axis->length, axis->integers, axis->doc, error);
    case EXPERIMENT_REAL:
        return add_scale(c, axis->key, H5T_NATIVE_DOUBLE, axis->length, axis->reals, axis->doc, error);
    case EXPERIMENT_STRING: break;
    }
    return add_scale(c, axis->key, text, axis->length, axis->strings, axis->doc, error);
}

static int add_counter(struct contents *c, const char *name, size_t size, int64_t first,
                       const char *long_name, struct base_error *error)
{
    int status;
    int64_t *values = base_calloc(size, sizeof *values, error);
    TRY(base_got(values));
    for (size_t i = 0; i < size; i++)
        values[i] = first + (int64_t)i;
    TRY(add_scale(c, name, H5T_NATIVE_INT64, size, values, long_name, error));
out:
    free(values);
    return status;
}

static int add_dimension(struct contents *c, size_t dimension, hid_t text, struct base_error *error)
{
    const struct measure_dimension_name *d = &measure_dimensions[dimension];
    const size_t size = c->layout->sizes[dimension];
    c->places[dimension] = c->n_scales;
    return d->n_words > 0 ? add_scale(c, d->name, text, size, d->words, d->long_name, error)
                          : add_counter(c, d->name, size, d->first, d->long_name, error);
}

static int add_scales(struct contents *c, hid_t text, struct base_error *error)
{
    int status;
    const struct experiment *e = c->experiment;
    TRY(add_scale(c, "case", text, e->n_cases, e->cases, "case of the experiment", error));
    for (size_t a = 0; a < e->n_axes; a++)
        TRY(add_axis(c, &e->axes[a], text, error));
    TRY(add_counter(c, "trial", (size_t)e->trials, 0, "trial: one random network and data set", error));
    for (size_t d = 0; d < MEASURE_N_DIMENSIONS; d++)
        if (store_layout_has(c->layout, (enum measure_dimension)d))
            TRY(add_dimension(c, d, text, error));
out:
    return status;
}

static bool is_swept(const struct experiment *e, const char *key)
{
    for (size_t a = 0; a < e->n_axes; a++)
        if (strcmp(e->axes[a].key, key) == 0)
            return true;
    return false;
}

/* A network or data key that no sweep covers, one value a case. */
static int add_key(struct contents *c, const struct experiment_scalar *scalar, hid_t text,
                   struct base_error *error)
{
    int status;
    const struct experiment *e = c->experiment;
    const size_t stride = e->n_points / e->n_cases;
    void *values = base_calloc(e->n_cases, sizeof(int64_t), error);
    TRY(base_got(values));
    for (size_t i = 0; i < e->n_cases; i++)
        memcpy((char *)values + i * sizeof(int64_t), (const char *)&e->points[i * stride] + scalar->offset,
               sizeof(int64_t));
    const hid_t type = scalar->type == EXPERIMENT_INTEGER ? H5T_NATIVE_INT64
                       : scalar->type == EXPERIMENT_REAL  ? H5T_NATIVE_DOUBLE
                                                          : text;
    TRY(add_variable(c, scalar->key, type, per_case(), values, scalar->doc, NULL, error));
out:
    free(values);
    return status;
}

static int add_keys(struct contents *c, hid_t text, struct base_error *error)
{
    int status = BASE_OK;
    struct experiment_scalar scalar;
    for (size_t i = 0; experiment_scalar(c->experiment, i, &scalar); i++)
        if (!is_swept(c->experiment, scalar.key))
            TRY(add_key(c, &scalar, text, error));
out:
    return status;
}

static int describe(hid_t dataset, const char *formula, const char *source, struct base_error *error)
{
    int status;
    TRY(h5_attribute_text(dataset, "formula", formula, error));
    TRY(h5_attribute_text(dataset, "source", source, error));
out:
    return status;
}

static int add_theory(struct contents *c, const struct store_predictions *p, struct base_error *error)
{
    const struct {
        const char *name, *long_name, *formula;
        const double *values;
    } all[] = {
        {"kappa1", "kappa_1, same sample", "sum_l (alpha_{l-1}/alpha) qtilde^l_1 qhat^{l-1}_1", p->kappa1},
        {"kappa2", "kappa_2, two samples", "sum_l (alpha_{l-1}/alpha) qtilde^l_2 qhat^{l-1}_2", p->kappa2},
        {"alpha", "alpha", "sum_{l=1}^{L-1} alpha_l alpha_{l-1}", p->alpha},
        {"parameters", "P, number of parameters", "sum_l M_l (M_{l-1} + 1), and M^2 for each trained branch",
         p->parameters},
    };
    int status = BASE_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        hid_t dataset = -1;
        TRY(add_variable(c, all[i].name, H5T_NATIVE_DOUBLE, per_point(c, MEASURE_SCALAR), all[i].values,
                         all[i].long_name, &dataset, error));
        status = describe(dataset, all[i].formula, "KAA19", error);
        h5_close(dataset);
        TRY(status);
    }
out:
    return status;
}

static int add_measured(struct contents *c, size_t index, struct base_error *error)
{
    const struct measure_variable *v = c->layout->variables[index];
    hid_t dataset = -1;
    int status = add_variable(c, v->name, H5T_NATIVE_DOUBLE, per_trial(c, v->axis), NULL, v->long_name,
                              &dataset, error);
    if (status == BASE_OK)
        status = describe(dataset, v->formula, v->source, error);
    h5_close(dataset);
    return status;
}

static int add_predicted(struct contents *c, size_t index, const double *values, struct base_error *error)
{
    const struct measure_variable *v = c->layout->variables[index];
    hid_t dataset = -1;
    char name[128], long_name[256];
    snprintf(name, sizeof name, "%s%s", v->name, v->only_predicted ? "" : "_theory");
    snprintf(long_name, sizeof long_name, "%s%s", v->long_name,
             v->only_predicted ? "" : ": mean-field prediction");
    int status =
        add_variable(c, name, H5T_NATIVE_DOUBLE, per_point(c, v->axis), values, long_name, &dataset, error);
    if (status == BASE_OK)
        status = describe(dataset, v->formula, v->source, error);
    h5_close(dataset);
    return status;
}

static int add_variables(struct contents *c, const struct store_predictions *predictions,
                         struct base_error *error)
{
    int status;
    TRY(add_variable(c, "done", H5T_NATIVE_UINT8, per_trial(c, MEASURE_SCALAR), NULL,
                     "1 where the trial is finished", NULL, error));
    TRY(add_theory(c, predictions, error));
    for (size_t v = 0; v < c->layout->n_variables; v++) {
        TRY(add_measured(c, v, error));
        if (c->layout->variables[v]->predicted)
            TRY(add_predicted(c, v, predictions->values[v], error));
    }
    for (size_t v = c->layout->n_variables; v < c->layout->n_all; v++)
        TRY(add_predicted(c, v, predictions->values[v], error));
out:
    return status;
}

static int add_attributes(hid_t file, const struct store_layout *layout, const struct store_provenance *p,
                          struct base_error *error)
{
    const struct experiment *e = layout->experiment;
    char host[256] = "unknown", created[32] = "";
    const time_t now = time(NULL);
    struct tm utc;
    gethostname(host, sizeof host - 1);
    if (gmtime_r(&now, &utc) != NULL)
        strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const char *const texts[][2] = {
        {"title", e->title},
        {"source", e->source},
        {"experiment", e->text},
        {"definition", e->definition},
        {"version", p->version},
        {"build", p->build},
        {"libraries", p->libraries},
        {"blas_kernel", p->blas_kernel},
        {"host", host},
        {"command", p->command},
        {"created", created},
        {"format", STORE_FORMAT},
    };
    int status;
    TRY(h5_attribute_real(file, "wall_seconds", 0, error)); /* the first: see create_file */
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(h5_attribute_text(file, texts[i][0], texts[i][1], error));
    if (layout->data.n > 0)
        TRY(h5_attribute_text(file, "data", layout->data.text, error));
    TRY(h5_attribute_integer(file, "seed", (int64_t)e->seed, error));
    TRY(h5_attribute_integer(file, "threads", p->threads, error));
    TRY(h5_attribute_integer(file, "random_version", NET_RANDOM_VERSION, error));
out:
    return status;
}

int store_contents_write(hid_t file, const struct store_layout *layout,
                         const struct store_predictions *predictions,
                         const struct store_provenance *provenance, struct base_error *error)
{
    int status;
    struct contents c = {.file = file, .layout = layout, .experiment = layout->experiment};
    const hid_t text = h5_text_type();
    TRY(h5_check(text, error, "string type"));
    TRY(add_attributes(file, layout, provenance, error));
    TRY(add_scales(&c, text, error));
    TRY(add_keys(&c, text, error));
    TRY(add_variables(&c, predictions, error));
out:
    for (size_t d = 0; d < c.n_scales; d++)
        h5_close(c.scales[d]);
    h5_close(text);
    return status;
}
