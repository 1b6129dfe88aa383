/* Values of variable length, read without HDF5's own reader of them: 1.10 believes the sizes and numbers in a
 * global heap and in the references to it, none of which have checksums, and crashes where they are wrong. */
#include "base/memory.h"
#include "store/h5.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ON_DISK = 16 }; /* bytes of a reference: length, address, index */

/* "Converts" references, as they stand in the file, to 16 opaque bytes: to themselves. */
static herr_t keep_references(hid_t from, hid_t to, H5T_cdata_t *data, size_t n, size_t stride,
                              size_t background_stride, void *values, void *background, hid_t transfer)
{
    (void)n, (void)stride, (void)background_stride, (void)values, (void)background, (void)transfer;
    data->need_bkg = H5T_BKG_NO;
    const bool wrong =
        data->command == H5T_CONV_INIT && (H5Tget_size(from) != ON_DISK || H5Tget_size(to) != ON_DISK);
    return wrong ? -1 : 0;
}

static uint64_t number(const unsigned char *bytes, size_t width)
{
    uint64_t value = 0;
    while (width-- > 0)
        value = value << 8 | bytes[width];
    return value;
}

static herr_t read_raw(hid_t object, hid_t type, void *values)
{
    return H5Iget_type(object) == H5I_ATTR ? H5Aread(object, type, values)
                                           : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

static int check_count(hid_t object, size_t n, const char *what, struct base_error *error)
{
    int status = BASE_OK;
    const hid_t space = H5Iget_type(object) == H5I_ATTR ? H5Aget_space(object) : H5Dget_space(object);
    if (space < 0 || H5Sget_simple_extent_npoints(space) != (hssize_t)n)
        status = base_fail(error, BASE_BAD_INPUT, "%s has another number of values than %zu", what, n);
    h5_close(space);
    return status;
}

int h5_references_read(hid_t object, size_t n, struct h5_reference *references, const char *what,
                       struct base_error *error)
{
    int status;
    hid_t variable = -1, opaque = -1;
    herr_t registered = -1;
    unsigned char *bytes = base_calloc(n, ON_DISK, error);
    TRY(base_got(bytes));
    TRY(check_count(object, n, what, error));
    TRY(h5_check(variable = H5Tvlen_create(H5T_NATIVE_UINT8), error, "%s", what));
    TRY(h5_check(opaque = H5Tcreate(H5T_OPAQUE, ON_DISK), error, "%s", what));
    TRY(h5_check(registered = H5Tregister(H5T_PERS_SOFT, "references", variable, opaque, keep_references),
                 error, "%s", what));
    TRY(h5_check(read_raw(object, opaque, bytes), error, "%s", what));
    for (size_t i = 0; i < n; i++)
        references[i] = (struct h5_reference){.length = number(bytes + i * ON_DISK, 4),
                                              .address = number(bytes + i * ON_DISK + 4, 8),
                                              .index = number(bytes + i * ON_DISK + 12, 4)};
out:
    if (registered >= 0)
        H5Tunregister(H5T_PERS_SOFT, "references", -1, -1, keep_references);
    h5_close(opaque);
    h5_close(variable);
    free(bytes);
    return status;
}

struct image {
    int descriptor;
    uint64_t size;
    uint64_t at, n; /* where the last bytes read stand, and how many */
    unsigned char bytes[4096];
};

static int image_open(hid_t object, struct image *image, struct base_error *error)
{
    int status;
    struct stat info;
    const hid_t file = H5Iget_file_id(object);
    TRY(h5_check(file, error, "text"));
    const int descriptor = h5_file_descriptor(file);
    if (fstat(descriptor, &info) != 0)
        TRY(base_fail(error, BASE_FAILED, "its size is not known"));
    *image = (struct image){.descriptor = descriptor, .size = (uint64_t)info.st_size};
out:
    h5_close(file); /* the file itself stays open */
    return status;
}

static bool image_read(const struct image *image, uint64_t at, size_t size, void *bytes)
{
    return size <= image->size && at <= image->size - size &&
           pread(image->descriptor, bytes, size, (off_t)at) == (ssize_t)size;
}

/* 16 bytes, of a larger piece that is read once; NULL where the file ends. */
static const unsigned char *image_head(struct image *image, uint64_t at)
{
    if (at > image->size || image->size - at < 16)
        return NULL;
    if (at < image->at || at - image->at + 16 > image->n) {
        image->at = at;
        image->n = image->size - at < sizeof image->bytes ? image->size - at : sizeof image->bytes;
        if (!image_read(image, at, (size_t)image->n, image->bytes))
            image->n = 0;
    }
    return image->n == 0 ? NULL : image->bytes + (at - image->at);
}

/* The place of a reference's value and its size: a collection is a head of 16 bytes (GCOL, version, size),
 * then values each with a head of its own (index, count, size), rounded up to 8. Index 0 is the free space at
 * its end. */
static bool find(struct image *image, const struct h5_reference *reference, uint64_t *place, uint64_t *size)
{
    uint64_t at = reference->address;
    const unsigned char *head = image_head(image, at);
    if (head == NULL || memcmp(head, "GCOL\1", 5) != 0 || number(head + 8, 8) > image->size - at)
        return false;
    const uint64_t end = at + number(head + 8, 8);
    for (at += 16; at + 16 <= end; at = *place + (*size + 7) / 8 * 8) {
        if ((head = image_head(image, at)) == NULL)
            return false;
        const uint64_t index = number(head, 2);
        *place = at + 16;
        *size = number(head + 8, 8);
        if (index == 0 || *size > end - *place)
            return false;
        if (index == reference->index)
            return true;
    }
    return false;
}

int h5_reference_follow(hid_t object, const struct h5_reference *reference, size_t unit, void **value,
                        struct base_error *error)
{
    int status;
    struct image image;
    uint64_t place = 0, size = 0;
    const size_t bytes = (size_t)reference->length * unit;
    *value = NULL;
    if (bytes > 0) {
        TRY(image_open(object, &image, error));
        if (!find(&image, reference, &place, &size) || bytes > size)
            TRY(base_fail(error, BASE_FAILED, "it is damaged"));
    }
    TRY(base_got(*value = base_calloc(bytes + 1, 1, error)));
    if (bytes > 0 && !image_read(&image, place, bytes, *value))
        TRY(base_fail(error, BASE_FAILED, "it cannot be read"));
out:
    if (status != BASE_OK) {
        free(*value);
        *value = NULL;
    }
    return status;
}
