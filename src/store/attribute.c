/* Attributes: each holds one value. */
#include "base/memory.h"
#include "store/h5.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int write_attribute(hid_t object, const char *name, hid_t type, const void *value,
                           struct base_error *error)
{
    int status;
    hid_t space = -1, attribute = -1;
    TRY(h5_check(space = H5Screate(H5S_SCALAR), error, "attribute %s", name));
    TRY(h5_check(attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), error,
                 "attribute %s", name));
    TRY(h5_check(H5Awrite(attribute, type, value), error, "attribute %s", name));
out:
    h5_close(attribute);
    h5_close(space);
    return status;
}

int h5_attribute_text(hid_t object, const char *name, const char *text, struct base_error *error)
{
    const hid_t type = h5_text_type();
    int status = h5_check(type, error, "attribute %s", name);
    if (status == BASE_OK)
        status = write_attribute(object, name, type, &text, error);
    h5_close(type);
    return status;
}

int h5_attribute_integer(hid_t object, const char *name, int64_t value, struct base_error *error)
{
    return write_attribute(object, name, H5T_NATIVE_INT64, &value, error);
}

int h5_attribute_real(hid_t object, const char *name, double value, struct base_error *error)
{
    return write_attribute(object, name, H5T_NATIVE_DOUBLE, &value, error);
}

/* *attribute and *type stay -1 where there is none. */
static int open_attribute(hid_t object, const char *name, hid_t *attribute, hid_t *type,
                          struct base_error *error)
{
    int status;
    hid_t space = -1;
    *attribute = *type = -1;
    const htri_t exists = H5Aexists(object, name);
    TRY(h5_check(exists, error, "attribute %s", name));
    if (exists == 0)
        return BASE_OK;
    TRY(h5_check(*attribute = H5Aopen(object, name, H5P_DEFAULT), error, "attribute %s", name));
    TRY(h5_check(*type = H5Aget_type(*attribute), error, "attribute %s", name));
    TRY(h5_check(space = H5Aget_space(*attribute), error, "attribute %s", name));
    if (H5Sget_simple_extent_npoints(space) != 1)
        TRY(base_fail(error, BASE_BAD_INPUT, "attribute %s is not one value", name));
out:
    h5_close(space);
    return status;
}

/* As other tools write it. */
static int read_fixed_string(hid_t attribute, hid_t type, const char *name, char **text,
                             struct base_error *error)
{
    int status;
    const size_t size = H5Tget_size(type);
    if (size == 0 || size > (size_t)1 << 26)
        TRY(base_fail(error, BASE_BAD_INPUT, "attribute %s is damaged", name));
    TRY(base_got(*text = base_calloc(size + 1, 1, error)));
    TRY(h5_check(H5Aread(attribute, type, *text), error, "attribute %s", name));
out:
    if (status != BASE_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}

static int read_variable_string(hid_t attribute, const char *name, char **text, struct base_error *error)
{
    struct h5_reference reference;
    void *value = NULL;
    int status = h5_references_read(attribute, 1, &reference, name, error);
    if (status == BASE_OK)
        status = h5_reference_follow(attribute, &reference, 1, &value, error);
    *text = value;
    return status == BASE_OK ? BASE_OK : base_fail_within(error, status, "attribute %s", name);
}

static int read_number(hid_t attribute, const char *name, bool whole, char **text, struct base_error *error)
{
    int status;
    char printed[64];
    int64_t integer = 0;
    double real = 0;
    if (whole) {
        TRY(h5_check(H5Aread(attribute, H5T_NATIVE_INT64, &integer), error, "attribute %s", name));
        snprintf(printed, sizeof printed, "%" PRId64, integer);
    } else {
        TRY(h5_check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &real), error, "attribute %s", name));
        snprintf(printed, sizeof printed, "%.15g", real);
    }
    TRY(base_got(*text = base_copy(printed, error)));
out:
    return status;
}

int h5_attribute_read_text(hid_t object, const char *name, char **text, struct base_error *error)
{
    int status;
    hid_t attribute = -1, type = -1;
    *text = NULL;
    TRY(open_attribute(object, name, &attribute, &type, error));
    if (attribute < 0)
        return BASE_OK;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER: TRY(read_number(attribute, name, true, text, error)); break;
    case H5T_FLOAT: TRY(read_number(attribute, name, false, text, error)); break;
    case H5T_STRING:
        TRY(H5Tis_variable_str(type) > 0 ? read_variable_string(attribute, name, text, error)
                                         : read_fixed_string(attribute, type, name, text, error));
        break;
    default: TRY(base_fail(error, BASE_BAD_INPUT, "attribute %s is neither a number nor text", name));
    }
out:
    h5_close(type);
    h5_close(attribute);
    return status;
}

int h5_attribute_add_real(hid_t object, const char *name, double value, struct base_error *error)
{
    int status;
    hid_t attribute = -1, type = -1;
    double before = 0;
    TRY(open_attribute(object, name, &attribute, &type, error));
    if (attribute < 0)
        TRY(base_fail(error, BASE_BAD_INPUT, "there is no attribute %s", name));
    TRY(h5_check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &before), error, "attribute %s", name));
    value += before;
    TRY(h5_check(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value), error, "attribute %s", name));
out:
    h5_close(type);
    h5_close(attribute);
    return status;
}
