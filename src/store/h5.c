#include "store/h5.h"

#include "store/store.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void store_init(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5dont_atexit();
}

void store_versions(char text[64])
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(text, 64, "HDF5 %u.%u.%u", major, minor, release);
}

/* HDF5 walks from the outermost frame to the innermost, which knows the reason. */
static herr_t keep_last(unsigned n, const H5E_error2_t *frame, void *reason)
{
    (void)n;
    snprintf(reason, 512, "%s", frame->desc != NULL ? frame->desc : "");
    return 0;
}

int h5_check(int64_t returned, struct base_error *error, const char *format, ...)
{
    if (returned >= 0)
        return BASE_OK;
    char what[512], reason[512] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_last, reason);
    return base_fail(error, BASE_FAILED, "%s: %s", what, reason[0] != '\0' ? reason : "HDF5 refused");
}

void h5_close(hid_t id)
{
    if (id < 0)
        return;
    switch (H5Iget_type(id)) {
    case H5I_FILE: H5Fclose(id); break;
    case H5I_DATASET: H5Dclose(id); break;
    case H5I_DATASPACE: H5Sclose(id); break;
    case H5I_DATATYPE: H5Tclose(id); break;
    case H5I_ATTR: H5Aclose(id); break;
    case H5I_GENPROP_LST: H5Pclose(id); break;
    case H5I_GROUP: H5Gclose(id); break;
    default: break;
    }
}

hid_t h5_text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

static int write_attribute(hid_t object, const char *name, hid_t type, const void *value, struct base_error *error)
{
    int status;
    hid_t space = -1, attribute = -1;
    if (H5Aexists(object, name) > 0)
        TRY(h5_check(H5Adelete(object, name), error, "attribute %s", name));
    TRY(h5_check(space = H5Screate(H5S_SCALAR), error, "attribute %s", name));
    TRY(h5_check(attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), error, "attribute %s", name));
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

int h5_dataset_create(hid_t file, const char *name, hid_t type, int rank, const hsize_t *size, hid_t *dataset,
                      struct base_error *error)
{
    int status;
    const double nothing = NAN;
    hid_t space = -1, properties = -1;
    TRY(h5_check(space = H5Screate_simple(rank, size, NULL), error, "dataset %s", name));
    TRY(h5_check(properties = H5Pcreate(H5P_DATASET_CREATE), error, "dataset %s", name));
    TRY(h5_check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY), error, "dataset %s", name));
    if (H5Tget_class(type) == H5T_FLOAT)
        TRY(h5_check(H5Pset_fill_value(properties, H5T_NATIVE_DOUBLE, &nothing), error, "dataset %s", name));
    TRY(h5_check(*dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), error,
                 "dataset %s", name));
out:
    h5_close(properties);
    h5_close(space);
    return status;
}

int h5_dataset_write(hid_t dataset, hid_t type, const void *values, const char *name, struct base_error *error)
{
    return h5_check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), error, "writing %s", name);
}
