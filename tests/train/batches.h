/* The batches of a training, drawn once more. */
#ifndef TESTS_TRAIN_BATCHES_H
#define TESTS_TRAIN_BATCHES_H

#include "train/train.h"

enum { BATCHES_MOST = 64 };

struct batches {
    size_t order[BATCHES_MOST]; /* of the epoch in hand */
    size_t taken;
};

/* The next B < T samples of a trial, in `columns`. */
void batches_next(struct batches *batches, const struct net_architecture *a, uint64_t seed, uint64_t trial,
                  size_t B, size_t *columns);

#endif
