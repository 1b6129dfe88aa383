/* Private to store: HDF5 with statuses. Every id made here is closed by whoever asked for it. */
#ifndef STORE_H5_H
#define STORE_H5_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

enum { H5_MAX_RANK = 32, H5_REASON = 512 };

/* Stops HDF5 from printing its own error stacks in this thread. */
void h5_be_quiet(void);

/* HDF5's own innermost reason for the last failure, "" when it has none. */
void h5_reason(char reason[H5_REASON]);

/* The status of what an HDF5 call returned (negative: failed): "what: HDF5's own innermost reason". */
int h5_check(int64_t returned, struct base_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ids of kinds that close differently; negative ids are ignored. */
void h5_close(hid_t id);

/* An existing result file (file.c), *file being -1 on failure. BASE_BAD_INPUT with a sentence that does not
 * name the file when it is missing, not readable, not HDF5, truncated, locked by another program, or not one
 * of ours. */
int h5_file_open(const char *path, bool writing, hid_t *file, struct base_error *error);

/* BASE_BAD_INPUT where an open file is not, or no longer, what `path` names. */
int h5_file_check_place(hid_t file, const char *path, struct base_error *error);

/* That of an open file, -1 where there is none. */
int h5_file_descriptor(hid_t file);

/* From HDF5's buffers to the system, and from there to the disk. */
int h5_file_flush(hid_t file, struct base_error *error);

/* Attributes of `object` (attribute.c): text is one variable-length UTF-8 string. */
int h5_attribute_text(hid_t object, const char *name, const char *text, struct base_error *error);
int h5_attribute_integer(hid_t object, const char *name, int64_t value, struct base_error *error);
int h5_attribute_real(hid_t object, const char *name, double value, struct base_error *error);

/* One as text, numbers printed; *text is the caller's to free, NULL where there is no such attribute. */
int h5_attribute_read_text(hid_t object, const char *name, char **text, struct base_error *error);
/* Adds to the number that is there. */
int h5_attribute_add_real(hid_t object, const char *name, double value, struct base_error *error);

/* Values of variable length (heap.c), which HDF5 itself must not read from a file that may be damaged. Each
 * is a reference to `length` items. */
struct h5_reference {
    uint64_t length, address, index;
};
/* The n values of a dataset or attribute; and the items of `unit` bytes of one of them, of any dataset or
 * attribute of that file, a NUL behind them, to be freed. */
int h5_references_read(hid_t object, size_t n, struct h5_reference *references, const char *what,
                       struct base_error *error);
int h5_reference_follow(hid_t object, const struct h5_reference *reference, size_t unit, void **value,
                        struct base_error *error);

/* A string type: variable-length, UTF-8. */
hid_t h5_text_type(void);

/* A dataset of `type` whose space is allocated and filled at once, with NaN (0 for integers). */
int h5_dataset_create(hid_t file, const char *name, hid_t type, int rank, const hsize_t *size, hid_t *dataset,
                      struct base_error *error);

/* The number of its elements; BASE_BAD_INPUT when that many doubles do not fit the memory, as in a damaged
 * file. */
int h5_dataset_count(hid_t dataset, size_t *count, struct base_error *error);

/* The whole of a dataset. */
int h5_dataset_read(hid_t dataset, hid_t type, void *values, const char *name, struct base_error *error);
int h5_dataset_write(hid_t dataset, hid_t type, const void *values, const char *name,
                     struct base_error *error);

#endif
