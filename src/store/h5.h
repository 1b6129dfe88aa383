/* Private to store: HDF5 with statuses. Every id made here is closed by whoever asked for it. */
#ifndef STORE_H5_H
#define STORE_H5_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

enum { H5_MAX_RANK = 32 };

/* The status of what an HDF5 call returned (negative: failed): "what: HDF5's own innermost reason". */
int h5_check(int64_t returned, struct base_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ids of kinds that close differently; negative ids are ignored. */
void h5_close(hid_t id);

/* Attributes of `object`: text is one variable-length UTF-8 string. An existing one is replaced. */
int h5_attribute_text(hid_t object, const char *name, const char *text, struct base_error *error);
int h5_attribute_integer(hid_t object, const char *name, int64_t value, struct base_error *error);
int h5_attribute_real(hid_t object, const char *name, double value, struct base_error *error);

/* A string type: variable-length, UTF-8. */
hid_t h5_text_type(void);

/* A dataset of `type` whose space is allocated at once and whose numbers are NaN (0 for integers) until written. */
int h5_dataset_create(hid_t file, const char *name, hid_t type, int rank, const hsize_t *size, hid_t *dataset,
                      struct base_error *error);

/* The whole of a dataset. */
int h5_dataset_write(hid_t dataset, hid_t type, const void *values, const char *name, struct base_error *error);

#endif
