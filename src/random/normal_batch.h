/* Private to random: a batch of normals, in every version that this program has. */
#ifndef RANDOM_NORMAL_BATCH_H
#define RANDOM_NORMAL_BATCH_H

#include <stddef.h>
#include <stdint.h>

/* A group is what two vectors of eight lanes hold; a batch is as many as keep the vector units busy and stay
 * in the first-level cache. */
enum {
    GROUP_BLOCKS = 8,
    GROUP_NORMALS = 2 * GROUP_BLOCKS,
    BLOCKS = 8 * GROUP_BLOCKS,
    BATCH_NORMALS = 2 * BLOCKS,
    MAX_BATCHES = 3
};

/* BATCH_NORMALS normals of (seed, stream) from block `first` on, a multiple of GROUP_BLOCKS. */
typedef void random_batch(uint64_t seed, uint64_t stream, uint64_t first, double *out);

/* Those that this CPU can run, the fastest first: AVX-512, AVX2, plain. Returns how many, at least one. All
 * give the same bits. */
size_t random_batches(random_batch *batches[MAX_BATCHES]);

#endif
