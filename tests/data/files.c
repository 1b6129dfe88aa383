#include "files.h"

#include "store/scratch.h"
#include "tests.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

const int files_labels[FILES_LABELS] = {7, 0, 1, 0, 7, 3, 0, 7};

static unsigned char *take(size_t size)
{
    unsigned char *bytes = calloc(size, 1);
    assert_non_null(bytes);
    return bytes;
}

static void put_size(unsigned char *at, size_t n)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(n >> (24 - 8 * i));
}

static unsigned char pixel(size_t t, size_t i)
{
    return (unsigned char)(50 * t + 7 * i + 1);
}

double files_pixel(size_t t, size_t i)
{
    return pixel(t, i) / 255.;
}

unsigned char *files_idx_images(size_t items, size_t *size)
{
    *size = 16 + FILES_PIXELS * items;
    unsigned char *bytes = take(*size);
    memcpy(bytes, "\0\0\x08\x03", 4);
    put_size(bytes + 4, items);
    put_size(bytes + 8, 2);
    put_size(bytes + 12, 3);
    for (size_t t = 0; t < items; t++)
        for (size_t i = 0; i < FILES_PIXELS; i++)
            bytes[16 + t * FILES_PIXELS + i] = pixel(t, i);
    return bytes;
}

unsigned char *files_idx_labels(size_t items, size_t *size)
{
    *size = 8 + items;
    unsigned char *bytes = take(*size);
    memcpy(bytes, "\0\0\x08\x01", 4);
    put_size(bytes + 4, items);
    for (size_t t = 0; t < items; t++)
        bytes[8 + t] = (unsigned char)files_labels[t % FILES_LABELS];
    return bytes;
}

unsigned char *files_cifar10(size_t items, size_t *size)
{
    *size = 3073 * items;
    unsigned char *bytes = take(*size + 1);
    for (size_t t = 0; t < items; t++) {
        bytes[3073 * t] = (unsigned char)files_labels[t % FILES_LABELS];
        for (size_t i = 0; i < 3072; i++)
            bytes[3073 * t + 1 + i] = (unsigned char)(t + i);
    }
    return bytes;
}

void files_write(const char *path, const void *bytes, size_t size, bool packed)
{
    if (!packed) {
        scratch_write(path, bytes, size);
        return;
    }
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

void files_idx(void **state, size_t items, bool packed)
{
    char path[SCRATCH_PATH];
    size_t size;
    unsigned char *bytes = files_idx_images(items, &size);
    files_write(scratch_path(state, "images", path), bytes, size, packed);
    free(bytes);
    bytes = files_idx_labels(items, &size);
    files_write(scratch_path(state, "labels", path), bytes, size, packed);
    free(bytes);
}
