/* Private to store: what stands in a new result file. */
#ifndef STORE_CONTENTS_H
#define STORE_CONTENTS_H

#include "base/error.h"
#include "store/store.h"

#include <hdf5.h>

/* Everything into an empty file: attributes, dimensions, keys, predictions, and the measured variables, of
 * which every number is still missing. */
int store_contents_write(hid_t file, const struct store_layout *layout,
                         const struct store_predictions *predictions,
                         const struct store_provenance *provenance, struct base_error *error);

#endif
