/* IDX and CIFAR-10 files: what is in them, and all that can be wrong with them. */
#include "files.h"

#include "store/scratch.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int opener(struct data_source *source, const char *path, const char *labels,
                   struct base_error *error);

/* Whether the labels were at fault. */
static bool of_labels;

/* Reads all items: BASE_OK and their number, or the error. */
static int read_items(opener *open, const char *path, const char *labels, size_t *n, double *items, int *read,
                      struct base_error *error)
{
    struct data_source source;
    double *item = NULL;
    int label = -1;
    bool more = true;
    *n = 0;
    int status = open(&source, path, labels, error);
    if (status == BASE_OK) {
        item = malloc(source.features * sizeof *item);
        assert_non_null(item);
        assert_true(source.whole);
    }
    while (status == BASE_OK && (status = source.next(&source, item, &label, &more, error)) == BASE_OK &&
           more) {
        if (items != NULL)
            memcpy(items + *n * source.features, item, source.features * sizeof *item);
        if (read != NULL)
            read[*n] = source.labelled ? label : -2;
        ++*n;
    }
    free(item);
    data_source_close(&source);
    data_source_close(&source);
    of_labels = source.key != NULL && strcmp(source.key, "labels") == 0;
    return status;
}

/* It must be refused, by a sentence that begins with `name` and has the fragment. */
static void refuse(void **state, opener *open, const char *path, const char *labels, const char *name,
                   const char *fragment)
{
    char expected[SCRATCH_PATH];
    struct base_error error = {""};
    size_t n;
    const int status = read_items(open, path, labels, &n, NULL, NULL, &error);
    scratch_path(state, name, expected);
    if (status != BASE_BAD_INPUT || strncmp(error.text, expected, strlen(expected)) != 0 ||
        error.text[strlen(expected)] != ':' || strstr(error.text, fragment) == NULL)
        fail_msg("%d, \"%s\" in place of \"%s: ... %s\"", status, error.text, expected, fragment);
    assert_int_equal(of_labels, strcmp(expected, labels) == 0);
}

static void idx_is_read(void **state)
{
    char images[SCRATCH_PATH], labels[SCRATCH_PATH];
    struct base_error error = {""};
    double items[20 * FILES_PIXELS];
    int read[20];
    size_t n;
    scratch_path(state, "images", images);
    scratch_path(state, "labels", labels);
    for (int packed = 0; packed < 2; packed++)
        for (int labelled = 0; labelled < 2; labelled++) {
            files_idx(state, 20, packed);
            assert_int_equal(
                read_items(data_mnist_open, images, labelled ? labels : "", &n, items, read, &error),
                BASE_OK);
            assert_int_equal(n, 20);
            for (size_t t = 0; t < 20; t++) {
                assert_int_equal(read[t], labelled ? files_labels[t % FILES_LABELS] : -2);
                for (size_t i = 0; i < FILES_PIXELS; i++)
                    assert_true(items[t * FILES_PIXELS + i] == files_pixel(t, i));
            }
        }
    files_idx(state, 0, false);
    assert_int_equal(read_items(data_mnist_open, images, labels, &n, NULL, NULL, &error), BASE_OK);
    assert_int_equal(n, 0);
}

/* One byte of the head of a file is another. */
static void refuse_byte(void **state, const char *name, size_t at, unsigned char byte, const char *fragment)
{
    char images[SCRATCH_PATH], labels[SCRATCH_PATH], path[SCRATCH_PATH];
    size_t size;
    files_idx(state, 4, false);
    scratch_path(state, name, path);
    char *bytes = scratch_read(path, &size);
    bytes[at] = (char)byte;
    scratch_write(path, bytes, size);
    free(bytes);
    refuse(state, data_mnist_open, scratch_path(state, "images", images),
           scratch_path(state, "labels", labels), name, fragment);
}

static void wrong_idx_heads_are_refused(void **state)
{
    char images[SCRATCH_PATH], labels[SCRATCH_PATH];
    refuse_byte(state, "images", 0, 1,
                "no IDX file of images (idx3-ubyte): it begins with 01000803, not 00000803");
    refuse_byte(state, "images", 1, 1, "it begins with 00010803");
    refuse_byte(state, "images", 2, 0x0D, "it begins with 00000d03"); /* floats */
    refuse_byte(state, "images", 3, 2, "it begins with 00000802");
    refuse_byte(state, "images", 3, 1, "00000801, not 00000803, and holds labels");
    refuse_byte(state, "labels", 3, 3,
                "no IDX file of labels (idx1-ubyte): it begins with 00000803, not 00000801, "
                "and holds images");
    refuse_byte(state, "labels", 4, 0xFF, "4278190084 labels, but ");
    refuse_byte(state, "labels", 7, 3, "3 labels, but ");
    refuse_byte(state, "labels", 7, 5, "5 labels, but ");
    refuse_byte(state, "images", 11, 0, "images of 0 x 3 pixels");
    refuse_byte(state, "images", 8, 1, "images of 16777218 x 3 pixels; from 1 to 16777216 pixels are right");
    refuse_byte(state, "images", 10, 1, "truncated: it ends within its images");
    /* the two in each other's place */
    files_idx(state, 4, false);
    refuse(state, data_mnist_open, scratch_path(state, "labels", labels),
           scratch_path(state, "images", images), "labels", "and holds labels");
}

/* Sizes whose product overflows 64 bits, were they not 32 bits each; and 2^32 − 1 of everything. */
static void large_idx_sizes_are_refused(void **state)
{
    char images[SCRATCH_PATH];
    unsigned char head[16];
    memset(head, 0xFF, sizeof head);
    memcpy(head, "\0\0\x08\x03", 4);
    scratch_write(scratch_path(state, "images", images), head, sizeof head);
    refuse(state, data_mnist_open, images, "", "images", "images of 4294967295 x 4294967295 pixels");
    memcpy(head + 8, "\0\0\x10\0\0\0\x10\0", 8);
    scratch_write(images, head, sizeof head); /* 2^24 pixels a piece, and none of them there */
    refuse(state, data_mnist_open, images, "", "images", "truncated: it ends within its images");
}

/* Cut anywhere, and lengthened; plain and packed inside. */
static void cut_idx_files_are_refused(void **state)
{
    char images[SCRATCH_PATH], labels[SCRATCH_PATH];
    size_t size;
    scratch_path(state, "images", images);
    scratch_path(state, "labels", labels);
    for (int packed = 0; packed < 2; packed++) {
        files_idx(state, 4, packed);
        unsigned char *bytes = files_idx_images(4, &size);
        for (size_t n = 0; n < size; n++) {
            files_write(images, bytes, n, packed);
            refuse(state, data_mnist_open, images, labels, "images", "truncated: it ends within ");
        }
        bytes = realloc(bytes, size + 1);
        assert_non_null(bytes);
        bytes[size] = 0;
        files_write(images, bytes, size + 1, packed);
        refuse(state, data_mnist_open, images, labels, "images", "more bytes follow after the 4 items");
        free(bytes);

        files_idx(state, 4, packed);
        bytes = files_idx_labels(4, &size);
        for (size_t n = 0; n < size; n++) {
            files_write(labels, bytes, n, packed);
            refuse(state, data_mnist_open, images, labels, "labels", "truncated: it ends within ");
        }
        bytes = realloc(bytes, size + 1);
        assert_non_null(bytes);
        bytes[size] = 0;
        files_write(labels, bytes, size + 1, packed);
        refuse(state, data_mnist_open, images, labels, "labels", "more bytes follow after the 4 items");
        free(bytes);
    }
}

/* The packed file itself is cut, or one byte of it is another: its checksum tells. */
static void damaged_gzip_files_are_refused(void **state)
{
    char images[SCRATCH_PATH];
    struct base_error error;
    size_t size, n;
    files_idx(state, 100, true);
    char *bytes = scratch_read(scratch_path(state, "images", images), &size);
    for (size_t cut = 2; cut < size; cut += 7) {
        scratch_write(images, bytes, cut);
        refuse(state, data_mnist_open, images, "", "images", "truncated: the compressed data end too early");
    }
    for (size_t at = 20; at < size - 4; at += 5) { /* the last four bytes: a length that zlib compares, too */
        bytes[at] = (char)(bytes[at] ^ 0x10);
        scratch_write(images, bytes, size);
        assert_int_equal(read_items(data_mnist_open, images, "", &n, NULL, NULL, &error), BASE_BAD_INPUT);
        assert_memory_equal(error.text, images, strlen(images));
        bytes[at] = (char)(bytes[at] ^ 0x10);
    }
    bytes[size - 6] = (char)(bytes[size - 6] ^ 1); /* its CRC */
    scratch_write(images, bytes, size);
    refuse(state, data_mnist_open, images, "", "images", "damaged (");
    free(bytes);
}

static void what_is_no_file_is_refused(void **state)
{
    opener *const open[] = {data_mnist_open, data_cifar10_open, store_dataset_open};
    char path[SCRATCH_PATH], named[SCRATCH_PATH + 4];
    scratch_path(state, "x", path);
    for (size_t i = 0; i < 3; i++) {
        snprintf(named, sizeof named, "%s%s", path, i == 2 ? ":/d" : "");
        refuse(state, open[i], named, "", "x", "no such file");
        assert_int_equal(mkdir(path, 0700), 0);
        refuse(state, open[i], named, "", "x", "a folder; give a file");
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(mkfifo(path, 0700), 0);
        refuse(state, open[i], named, "", "x", "not a regular file");
        assert_int_equal(unlink(path), 0);
    }
    files_idx(state, 4, false);
    char images[SCRATCH_PATH];
    refuse(state, data_mnist_open, scratch_path(state, "images", images), path, "x", "no such file");
    if (geteuid() != 0) {
        assert_int_equal(chmod(images, 0), 0);
        refuse(state, data_mnist_open, images, "", "images", "cannot be read: ");
    }
}

static void cifar10_is_read(void **state)
{
    char path[SCRATCH_PATH];
    struct base_error error = {""};
    size_t size, n;
    double *items = malloc(5 * 3072 * sizeof *items);
    int read[5];
    unsigned char *bytes = files_cifar10(5, &size);
    assert_non_null(items);
    for (int packed = 0; packed < 2; packed++) {
        files_write(scratch_path(state, "batch", path), bytes, size, packed);
        assert_int_equal(read_items(data_cifar10_open, path, "", &n, items, read, &error), BASE_OK);
        assert_int_equal(n, 5);
        assert_memory_equal(read, files_labels, sizeof read);
        for (size_t t = 0; t < 5; t++)
            for (size_t i = 0; i < 3072; i++)
                assert_true(items[t * 3072 + i] == (double)((t + i) % 256) / 255);
    }
    free(items);
    free(bytes);
}

static void wrong_cifar10_files_are_refused(void **state)
{
    char path[SCRATCH_PATH];
    size_t size;
    unsigned char *bytes = files_cifar10(3, &size);
    scratch_path(state, "batch", path);
    for (int packed = 0; packed < 2; packed++) {
        files_write(path, bytes, size - 1, packed);
        refuse(state, data_cifar10_open, path, "", "batch", "record 3 has 3072 bytes, not 3073");
        files_write(path, bytes, size + 1, packed); /* a label alone */
        refuse(state, data_cifar10_open, path, "", "batch", "record 4 has 1 bytes, not 3073");
        bytes[3073] = 10;
        files_write(path, bytes, size, packed);
        refuse(state, data_cifar10_open, path, "", "batch",
               "record 2 has the label 10, which is not from 0 to 9");
        bytes[3073] = 0;
    }
    free(bytes);
}

static const struct CMUnitTest tests[] = {
    scratch_test(idx_is_read),
    scratch_test(wrong_idx_heads_are_refused),
    scratch_test(large_idx_sizes_are_refused),
    scratch_test(cut_idx_files_are_refused),
    scratch_test(damaged_gzip_files_are_refused),
    scratch_test(what_is_no_file_is_refused),
    scratch_test(cifar10_is_read),
    scratch_test(wrong_cifar10_files_are_refused),
};
const struct test_group tests_data_readers = TEST_GROUP(tests);
