/* A result file for reading: its numbers. */
#include "base/memory.h"
#include "store/dimension.h"
#include "store/h5.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* What the first dimension scale of a dimension is called. */
static int scale_name(hid_t dataset, const struct h5_reference *scales, char name[64],
                      struct base_error *error)
{
    int status;
    hid_t scale = -1;
    void *addresses = NULL;
    char *text = NULL;
    TRY(h5_reference_follow(dataset, scales, sizeof(hobj_ref_t), &addresses, error));
    if (scales->length < 1)
        TRY(base_fail(error, BASE_BAD_INPUT, "it has none"));
    TRY(h5_check(scale = H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, addresses), error, "its scale"));
    TRY(h5_attribute_read_text(scale, "NAME", &text, error));
    if (text == NULL || text[0] == '\0' || strlen(text) > 63)
        TRY(base_fail(error, BASE_BAD_INPUT, "its scale has none"));
    strcpy(name, text);
out:
    free(text);
    h5_close(scale);
    free(addresses);
    return status;
}

/* H5DSiterate_scales would do the same, and crashes on damaged files. */
static int scale_names(hid_t dataset, char names[H5_MAX_RANK][64], int rank, struct base_error *error)
{
    int status;
    struct h5_reference scales[H5_MAX_RANK];
    const hid_t list = H5Aopen(dataset, "DIMENSION_LIST", H5P_DEFAULT);
    TRY(h5_check(list, error, "its dimensions have no names"));
    TRY(h5_references_read(list, (size_t)rank, scales, "its list of dimensions", error));
    for (int d = 0; d < rank; d++)
        if (scale_name(dataset, &scales[d], names[d], error) != BASE_OK)
            TRY(base_fail_within(error, BASE_BAD_INPUT, "the name of its dimension %d", d));
out:
    h5_close(list);
    return status;
}

int store_dimension_names(hid_t dataset, char names[H5_MAX_RANK][64], hsize_t sizes[H5_MAX_RANK], int *rank,
                          struct base_error *error)
{
    int status;
    hid_t space = -1;
    TRY(h5_check(space = H5Dget_space(dataset), error, "dimensions"));
    *rank = H5Sget_simple_extent_ndims(space);
    if (*rank < 0 || *rank > H5_MAX_RANK || H5Sget_simple_extent_dims(space, sizes, NULL) != *rank)
        TRY(base_fail(error, BASE_BAD_INPUT, "its dimensions are damaged"));
    if (*rank > 0)
        TRY(scale_names(dataset, names, *rank, error));
out:
    h5_close(space);
    return status;
}

/* The axis whose dimensions are those from d on; false: there is none, or not of the result's sizes. */
static bool find_axis(const struct store_result *r, size_t d, size_t rank, char names[H5_MAX_RANK][64],
                      const hsize_t sizes[H5_MAX_RANK], enum measure_axis *axis)
{
    for (*axis = MEASURE_SCALAR; *axis < MEASURE_N_AXES; (*axis)++) {
        size_t first;
        const size_t n = measure_axis_dimensions(*axis, &first);
        bool fits = rank == d + n;
        for (size_t i = 0; fits && i < n; i++)
            fits = strcmp(names[d + i], measure_dimensions[first + i].name) == 0 &&
                   sizes[d + i] == r->sizes[first + i];
        if (fits)
            return true;
    }
    return false;
}

/* Whether the dimensions are (case, axes…[, trial]) and those of an axis. */
static int check_shape(const struct store_result *r, int rank, char names[H5_MAX_RANK][64],
                       const hsize_t sizes[H5_MAX_RANK], struct store_array *array, struct base_error *error)
{
    size_t d = 1 + r->n_axes;
    if ((size_t)rank < d || strcmp(names[0], "case") != 0 || sizes[0] != r->n_cases)
        return base_fail(error, BASE_BAD_INPUT, "it does not run over the grid");
    for (size_t a = 0; a < r->n_axes; a++)
        if (strcmp(names[1 + a], r->axes[a].key) != 0 || sizes[1 + a] != r->axes[a].length)
            return base_fail(error, BASE_BAD_INPUT, "it does not run over %s", r->axes[a].key);
    array->per_trial = d < (size_t)rank && strcmp(names[d], "trial") == 0;
    if (array->per_trial && sizes[d++] != r->trials)
        return base_fail(error, BASE_BAD_INPUT, "it has another number of trials");
    if (!find_axis(r, d, (size_t)rank, names, sizes, &array->axis))
        return base_fail(error, BASE_BAD_INPUT, "it has unknown dimensions");
    array->length = measure_axis_length(array->axis, r->sizes);
    return BASE_OK;
}

static int read_values(const struct store_result *r, hid_t dataset, const char *name,
                       struct store_array *array, struct base_error *error)
{
    int status;
    char names[H5_MAX_RANK][64];
    hsize_t sizes[H5_MAX_RANK];
    int rank = 0;
    size_t n = 0;
    TRY(store_dimension_names(dataset, names, sizes, &rank, error));
    TRY(check_shape(r, rank, names, sizes, array, error));
    TRY(h5_dataset_count(dataset, &n, error));
    TRY(base_got(array->values = base_calloc(n, sizeof *array->values, error)));
    TRY(h5_dataset_read(dataset, H5T_NATIVE_DOUBLE, array->values, name, error));
out:
    return status;
}

int store_read(const struct store_result *result, const char *name, struct store_array *array,
               struct base_error *error)
{
    int status;
    hid_t dataset = -1;
    memset(array, 0, sizeof *array);
    if (!store_has(result, name))
        return base_fail(error, BASE_BAD_INPUT, "%s: no variable `%s`", result->path, name);
    TRY(h5_check(dataset = H5Dopen2((hid_t)result->file, name, H5P_DEFAULT), error, "opening it"));
    TRY(read_values(result, dataset, name, array, error));
out:
    h5_close(dataset);
    if (status != BASE_OK) {
        store_array_free(array);
        return base_fail_within(error, BASE_BAD_INPUT, "%s: variable `%s`", result->path, name);
    }
    return status;
}

void store_array_free(struct store_array *array)
{
    free(array->values);
    memset(array, 0, sizeof *array);
}

static int read_per_case(const struct store_result *r, const char *key, double *values,
                         struct base_error *error)
{
    int status;
    hid_t dataset = -1;
    size_t n = 0;
    double *cases = base_calloc(r->n_cases, sizeof *cases, error);
    TRY(base_got(cases));
    if (!store_has(r, key))
        TRY(base_fail(error, BASE_BAD_INPUT, "there is none"));
    TRY(h5_check(dataset = H5Dopen2((hid_t)r->file, key, H5P_DEFAULT), error, "opening it"));
    TRY(h5_dataset_count(dataset, &n, error));
    if (n != r->n_cases)
        TRY(base_fail(error, BASE_BAD_INPUT, "it does not run over the cases"));
    TRY(h5_dataset_read(dataset, H5T_NATIVE_DOUBLE, cases, key, error));
    for (size_t p = 0; p < r->n_points; p++)
        values[p] = cases[p / (r->n_points / r->n_cases)];
out:
    free(cases);
    h5_close(dataset);
    return status == BASE_OK ? BASE_OK
                             : base_fail_within(error, BASE_BAD_INPUT, "%s: variable `%s`", r->path, key);
}

int store_read_key(const struct store_result *result, const char *key, double *values,
                   struct base_error *error)
{
    size_t stride = result->n_points / result->n_cases;
    for (size_t a = 0; a < result->n_axes; a++) {
        const struct experiment_axis *axis = &result->axes[a];
        stride /= axis->length;
        if (strcmp(axis->key, key) != 0)
            continue;
        if (axis->type == EXPERIMENT_STRING)
            return base_fail(error, BASE_BAD_INPUT, "%s: coordinate %s is not a number", result->path, key);
        for (size_t p = 0; p < result->n_points; p++) {
            const size_t j = p / stride % axis->length;
            values[p] = axis->type == EXPERIMENT_INTEGER ? (double)axis->integers[j] : axis->reals[j];
        }
        return BASE_OK;
    }
    return read_per_case(result, key, values, error);
}
