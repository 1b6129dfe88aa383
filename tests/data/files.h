/* Small data files for tests. */
#ifndef TESTS_DATA_FILES_H
#define TESTS_DATA_FILES_H

#include "data/data.h"

#include <stddef.h>
#include <stdint.h>

/* IDX: images of 2 x 3 pixels, pixel i of image t being (50 t + 7 i + 1) mod 256, and labels 7, 0, 1, 0, 7,
 * 3, 0, 7, …: eight of them again and again. Bytes to be freed. */
enum { FILES_PIXELS = 6, FILES_LABELS = 8 };
extern const int files_labels[FILES_LABELS];
double files_pixel(size_t t, size_t i);
unsigned char *files_idx_images(size_t items, size_t *size);
unsigned char *files_idx_labels(size_t items, size_t *size);

/* CIFAR-10 records: pixel i of image t being (t + i) mod 256, labels as above. */
unsigned char *files_cifar10(size_t items, size_t *size);

/* Writes the bytes as a gzip file, or plain. */
void files_write(const char *path, const void *bytes, size_t size, bool packed);

/* FOLDER/images and FOLDER/labels of so many items. */
void files_idx(void **state, size_t items, bool packed);

#endif
