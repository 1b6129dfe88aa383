/* Private to store: the place of some trials of one grid point in a dataset. */
#ifndef STORE_CELL_H
#define STORE_CELL_H

#include "store/h5.h"
#include "store/store.h"

/* Dataspaces of the same count: of the dataset with the numbers selected, and of memory, (trials, length).
 */
struct store_cell {
    hid_t file, memory;
};

/* Trials first .. first + count − 1 of `variable` at `point`. Close whatever the status. */
int store_cell_select(struct store_cell *cell, hid_t dataset, const struct store_layout *layout,
                      size_t variable, size_t point, size_t first, size_t count, struct base_error *error);
void store_cell_close(struct store_cell *cell);

#endif
