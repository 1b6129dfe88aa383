/* Private to store: the names of a dataset's dimensions. */
#ifndef STORE_DIMENSION_H
#define STORE_DIMENSION_H

#include "base/error.h"
#include "store/h5.h"

/* Names and sizes of the dimensions of a dataset; *rank receives their number. */
int store_dimension_names(hid_t dataset, char names[H5_MAX_RANK][64], hsize_t sizes[H5_MAX_RANK], int *rank,
                          struct base_error *error);

#endif
