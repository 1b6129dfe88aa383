#include "store/h5.h"

#include "base/memory.h"
#include "store/store.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void store_init(void)
{
    H5dont_atexit(); /* first of all: its exit handler crashes where a full disk has kept a file from closing
                      */
    h5_be_quiet();
}

void h5_be_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
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
    snprintf(reason, H5_REASON, "%s", frame->desc != NULL ? frame->desc : "");
    return 0;
}

void h5_reason(char reason[H5_REASON])
{
    reason[0] = '\0';
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_last, reason);
}

/* Of "unable to open file: …, errno = 2, error message = 'No such file or directory', flags = …" the user
 * wants the system's sentence. */
static void shorten_reason(char reason[H5_REASON])
{
    static const char before[] = "error message = '";
    const char *start = strstr(reason, before);
    if (start == NULL)
        return;
    start += strlen(before);
    const size_t length = strcspn(start, "'");
    memmove(reason, start, length);
    reason[length] = '\0';
}

int h5_check(int64_t returned, struct base_error *error, const char *format, ...)
{
    if (returned >= 0)
        return BASE_OK;
    char what[512], reason[H5_REASON];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    h5_reason(reason);
    shorten_reason(reason);
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

int h5_dataset_create(hid_t file, const char *name, hid_t type, int rank, const hsize_t *size, hid_t *dataset,
                      struct base_error *error)
{
    int status;
    const double nothing = NAN;
    hid_t space = -1, properties = -1;
    TRY(h5_check(space = H5Screate_simple(rank, size, NULL), error, "dataset %s", name));
    TRY(h5_check(properties = H5Pcreate(H5P_DATASET_CREATE), error, "dataset %s", name));
    TRY(h5_check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY), error, "dataset %s", name));
    TRY(h5_check(H5Pset_fill_time(properties, H5D_FILL_TIME_ALLOC), error, "dataset %s", name));
    if (H5Tget_class(type) == H5T_FLOAT)
        TRY(h5_check(H5Pset_fill_value(properties, H5T_NATIVE_DOUBLE, &nothing), error, "dataset %s", name));
    TRY(h5_check(*dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), error,
                 "dataset %s", name));
out:
    h5_close(properties);
    h5_close(space);
    return status;
}

/* What a dataset of so many numbers takes in memory must fit there, and the file must be able to hold it:
 * zlib makes nothing smaller than 1/1032. */
static int check_room(hid_t dataset, double count, struct base_error *error)
{
    int status;
    char text[32];
    hsize_t size = 0;
    const double bytes = count * sizeof(double);
    const hid_t file = H5Iget_file_id(dataset), type = H5Dget_type(dataset);
    TRY(h5_check(type, error, "its type"));
    TRY(h5_check(H5Fget_filesize(file, &size), error, "the size of the file"));
    if (count * (double)H5Tget_size(type) > 1032 * (double)size)
        TRY(base_fail(error, BASE_BAD_INPUT, "the file is too short for its dimensions"));
    if (bytes > (double)base_memory_available())
        TRY(base_fail(error, BASE_BAD_INPUT, "it takes %s, more than this machine has free",
                      base_format_bytes(bytes, text)));
out:
    h5_close(type);
    h5_close(file);
    return status;
}

int h5_dataset_count(hid_t dataset, size_t *count, struct base_error *error)
{
    int status;
    hsize_t sizes[H5_MAX_RANK];
    hid_t space = -1;
    double numbers = 1;
    *count = 1;
    TRY(h5_check(space = H5Dget_space(dataset), error, "dimensions"));
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0 || rank > H5_MAX_RANK || H5Sget_simple_extent_dims(space, sizes, NULL) != rank)
        TRY(base_fail(error, BASE_BAD_INPUT, "its dimensions are damaged"));
    for (int d = 0; d < rank; d++) {
        numbers *= (double)sizes[d];
        *count *= (size_t)sizes[d];
    }
    if (numbers > 1 << 16) /* asking takes longer than reading a few */
        TRY(check_room(dataset, numbers, error));
out:
    h5_close(space);
    return status;
}

int h5_dataset_read(hid_t dataset, hid_t type, void *values, const char *name, struct base_error *error)
{
    return h5_check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), error, "reading %s", name);
}

int h5_dataset_write(hid_t dataset, hid_t type, const void *values, const char *name,
                     struct base_error *error)
{
    return h5_check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), error, "writing %s",
                    name);
}
