/* Datasets of the user's as inputs: all layouts and types that hold numbers, and all that is none. */
#include "store/h5.h"

#include "scratch.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 7, COLUMNS = 5 };

static double number(size_t row, size_t column)
{
    return (double)(10 * row + column) - 20;
}

/* What a file is made of. */
struct made {
    hid_t type;           /* of the items, stored */
    bool chunked, packed; /* laid out in chunks, with gzip */
    bool earliest;        /* HDF5's first format, as h5py writes it */
    hid_t labels;         /* their type */
};

static void make_file(const char *path, const struct made *made)
{
    double items[ROWS][COLUMNS];
    const int labels[ROWS] = {3, 1, 3, -2, 1, 3, 1};
    const hsize_t sizes[2] = {ROWS, COLUMNS}, chunk[2] = {2, 3};
    const hid_t access_list = H5Pcreate(H5P_FILE_ACCESS), properties = H5Pcreate(H5P_DATASET_CREATE);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            items[i][j] = number(i, j);
    if (!made->earliest)
        assert_true(H5Pset_libver_bounds(access_list, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) >= 0);
    if (made->chunked)
        assert_true(H5Pset_chunk(properties, 2, chunk) >= 0);
    if (made->packed)
        assert_true(H5Pset_deflate(properties, 6) >= 0);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access_list),
                group = H5Gcreate2(file, "train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                plane = H5Screate_simple(2, sizes, NULL), line = H5Screate_simple(1, sizes, NULL);
    const hid_t x = H5Dcreate2(file, "train/x:y", made->type, plane, H5P_DEFAULT, properties, H5P_DEFAULT),
                y = H5Dcreate2(file, "y", made->labels, line, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(x, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, items) >= 0);
    assert_true(H5Dwrite(y, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels) >= 0);
    const hid_t ids[] = {x, y, plane, line, group, properties, access_list, file};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        h5_close(ids[i]);
}

/* One more dataset into the file. */
static void add_dataset(const char *path, const char *name, hid_t type, int rank, const hsize_t *sizes)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT),
                space = rank < 0 ? H5Screate(H5S_NULL) : H5Screate_simple(rank, sizes, NULL),
                set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(set >= 0);
    h5_close(set);
    h5_close(space);
    h5_close(file);
}

static void datasets_are_read(void **state)
{
    const struct made made[] = {{H5T_NATIVE_DOUBLE, false, false, false, H5T_NATIVE_INT},
                                {H5T_IEEE_F32BE, false, false, true, H5T_STD_I8BE},
                                {H5T_NATIVE_INT16, true, false, true, H5T_NATIVE_LLONG},
                                {H5T_STD_I32BE, true, true, false, H5T_NATIVE_INT}};
    char path[SCRATCH_PATH], items[SCRATCH_PATH + 16], labels[SCRATCH_PATH + 16];
    scratch_path(state, "data.h5", path);
    snprintf(items, sizeof items, "%s:/train/x:y", path);
    snprintf(labels, sizeof labels, "%s:/y", path);
    for (size_t m = 0; m < sizeof made / sizeof *made; m++)
        for (int labelled = 0; labelled < 2; labelled++) {
            struct data_source source;
            struct base_error error = {""};
            double item[COLUMNS];
            int label = 0;
            bool more;
            make_file(path, &made[m]);
            if (store_dataset_open(&source, items, labelled ? labels : "", &error) != BASE_OK)
                fail_msg("%s", error.text);
            assert_int_equal(source.features, COLUMNS);
            assert_int_equal(source.labelled, labelled);
            for (size_t i = 0; i < ROWS; i++) {
                assert_int_equal(source.next(&source, item, &label, &more, &error), BASE_OK);
                assert_true(more);
                assert_int_equal(label, labelled ? ((const int[]){3, 1, 3, -2, 1, 3, 1})[i] : 0);
                for (size_t j = 0; j < COLUMNS; j++)
                    assert_true(item[j] == number(i, j));
            }
            assert_int_equal(source.next(&source, item, &label, &more, &error), BASE_OK);
            assert_false(more);
            data_source_close(&source);
        }
}

/* More numbers than a block takes: none is lost between two blocks. */
static void blocks_join(void **state)
{
    enum { MANY = 40000, FEW = 7 };
    char path[SCRATCH_PATH], named[SCRATCH_PATH + 4];
    const hsize_t sizes[2] = {MANY, FEW};
    int *numbers = malloc(MANY * FEW * sizeof *numbers);
    struct data_source source;
    struct base_error error = {""};
    double item[FEW];
    int label;
    bool more;
    assert_non_null(numbers);
    for (int i = 0; i < MANY * FEW; i++)
        numbers[i] = i;
    scratch_path(state, "many.h5", path);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                space = H5Screate_simple(2, sizes, NULL),
                set = H5Dcreate2(file, "x", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
    h5_close(set);
    h5_close(space);
    h5_close(file);
    free(numbers);
    snprintf(named, sizeof named, "%s:/x", path);
    assert_int_equal(store_dataset_open(&source, named, "", &error), BASE_OK);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(source.next(&source, item, &label, &more, &error), BASE_OK);
        for (int j = 0; j < FEW; j++)
            assert_true(item[j] == i * FEW + j);
    }
    assert_int_equal(source.next(&source, item, &label, &more, &error), BASE_OK);
    assert_false(more);
    data_source_close(&source);
}

/* FOLDER/data.h5 and its dataset; labels NULL: none. */
static void refuse(void **state, const char *items, const char *labels, const char *fragment)
{
    char path[SCRATCH_PATH], x[SCRATCH_PATH + 64], y[SCRATCH_PATH + 64] = "";
    struct data_source source;
    struct base_error error = {""};
    scratch_path(state, "data.h5", path);
    snprintf(x, sizeof x, "%s%s", path, items);
    if (labels != NULL)
        snprintf(y, sizeof y, "%s%s", path, labels);
    const int status = store_dataset_open(&source, x, y, &error);
    if (status != BASE_BAD_INPUT || strncmp(error.text, path, strlen(path)) != 0 ||
        strstr(error.text, fragment) == NULL)
        fail_msg("%d, \"%s\" in place of \"%s\"", status, error.text, fragment);
    if (labels == NULL)
        assert_null(source.key);
    else if (strstr(fragment, labels + 1) != NULL) /* it names them */
        assert_string_equal(source.key, "labels");
    data_source_close(&source);
}

static void what_is_no_dataset_is_refused(void **state)
{
    const struct made made = {H5T_NATIVE_DOUBLE, false, false, true, H5T_NATIVE_INT};
    char path[SCRATCH_PATH];
    const hsize_t sizes[3] = {ROWS, 2, 2}, empty[2] = {ROWS, 0}, wide[2] = {1, 20000000},
                  less[1] = {ROWS - 1};
    const hid_t text = h5_text_type(), pair = H5Tcreate(H5T_COMPOUND, 8);
    assert_true(H5Tinsert(pair, "a", 0, H5T_NATIVE_INT) >= 0);
    make_file(scratch_path(state, "data.h5", path), &made);
    add_dataset(path, "text", text, 2, sizes);
    add_dataset(path, "pair", pair, 2, sizes);
    add_dataset(path, "cube", H5T_NATIVE_INT, 3, sizes);
    add_dataset(path, "one", H5T_NATIVE_INT, 0, NULL);
    add_dataset(path, "null", H5T_NATIVE_INT, -1, NULL);
    add_dataset(path, "empty", H5T_NATIVE_INT, 2, empty);
    add_dataset(path, "wide", H5T_NATIVE_INT8, 2, wide);
    add_dataset(path, "less", H5T_NATIVE_INT, 1, less);
    h5_close(text);
    h5_close(pair);
    refuse(state, "", NULL, "which dataset of which file? Write FILE.h5:/DATASET");
    refuse(state, ":/", NULL, "which dataset of which file?");
    refuse(state, ":/z", NULL, "data.h5: it has no dataset /z");
    refuse(state, ":/train", NULL, "data.h5: it has no dataset /train"); /* a group */
    refuse(state, ":/train/z", NULL, "it has no dataset /train/z");
    refuse(state, ":/text", NULL, "dataset /text: it does not hold numbers");
    refuse(state, ":/pair", NULL, "dataset /pair: it does not hold numbers");
    refuse(state, ":/cube", NULL, "dataset /cube: 3 dimensions, not 2 (samples, features)");
    refuse(state, ":/y", NULL, "dataset /y: 1 dimension, not 2");
    refuse(state, ":/one", NULL, "dataset /one: 0 dimensions, not 2");
    refuse(state, ":/null", NULL, "dataset /null: 0 dimensions, not 2");
    refuse(state, ":/empty", NULL, "dataset /empty: 0 features; from 1 to 16777216 are right");
    refuse(state, ":/wide", NULL, "dataset /wide: 20000000 features");
    refuse(state, ":/train/x:y", ":/train/x:y", "dataset /train/x:y: 2 dimensions, not 1");
    refuse(state, ":/train/x:y", ":/less", "dataset /less: 6 labels, but /train/x:y of ");
    refuse(state, ":/train/x:y", ":/labels", "it has no dataset /labels");
}

static void bad_labels_are_refused(void **state)
{
    char path[SCRATCH_PATH];
    const struct made floats = {H5T_NATIVE_DOUBLE, false, false, true, H5T_NATIVE_DOUBLE},
                      large = {H5T_NATIVE_DOUBLE, false, false, true, H5T_NATIVE_ULLONG};
    const unsigned long long labels[ROWS] = {0, 1, 2, 2147483648u, 3, 4, 5};
    make_file(scratch_path(state, "data.h5", path), &floats);
    refuse(state, ":/train/x:y", ":/y", "dataset /y: it does not hold integers");
    make_file(path, &large);
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), set = H5Dopen2(file, "y", H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_ULLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels) >= 0);
    h5_close(set);
    h5_close(file);
    refuse(state, ":/train/x:y", ":/y", "dataset /y: label 4 is out of range");
}

/* A dataset of more rows than any file holds: its labels are not made room for. */
static void huge_datasets_are_refused(void **state)
{
    char path[SCRATCH_PATH];
    const struct made made = {H5T_NATIVE_DOUBLE, false, false, true, H5T_NATIVE_INT};
    const hsize_t sizes[2] = {1ull << 40, 3}, chunk[2] = {1 << 10, 3};
    make_file(scratch_path(state, "data.h5", path), &made);
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    for (int rank = 1; rank <= 2; rank++) {
        const hid_t space = H5Screate_simple(rank, sizes, NULL), properties = H5Pcreate(H5P_DATASET_CREATE);
        assert_true(H5Pset_chunk(properties, rank, chunk) >= 0); /* none of which is there */
        const hid_t set = H5Dcreate2(file, rank == 1 ? "labels" : "items", H5T_NATIVE_INT, space, H5P_DEFAULT,
                                     properties, H5P_DEFAULT);
        assert_true(set >= 0);
        h5_close(set);
        h5_close(space);
        h5_close(properties);
    }
    h5_close(file);
    refuse(state, ":/items", ":/labels", "dataset /labels: the file is too short for its dimensions");
}

/* Cut at any place: refused, or its numbers are whole. */
static void cut_files_are_refused(void **state)
{
    const struct made made = {H5T_NATIVE_DOUBLE, true, true, true, H5T_NATIVE_INT};
    char path[SCRATCH_PATH];
    size_t size;
    make_file(scratch_path(state, "data.h5", path), &made);
    char *bytes = scratch_read(path, &size);
    for (size_t n = 0; n < size; n += 97) {
        scratch_write(path, bytes, n);
        refuse(state, ":/train/x:y", ":/y", n == 0 ? "not an HDF5 file" : "");
    }
    free(bytes);
    scratch_write(path, "no HDF5 file, but a text", 24);
    refuse(state, ":/train/x:y", NULL, "data.h5: not an HDF5 file");
}

static const struct CMUnitTest tests[] = {
    scratch_test(datasets_are_read),
    scratch_test(blocks_join),
    scratch_test(what_is_no_dataset_is_refused),
    scratch_test(bad_labels_are_refused),
    scratch_test(huge_datasets_are_refused),
    scratch_test(cut_files_are_refused),
};
const struct test_group tests_store_dataset = TEST_GROUP(tests);
