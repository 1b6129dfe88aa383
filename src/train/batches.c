#include "train/train.h"

#include "base/memory.h"
#include "net/purpose.h"
#include "random/normal.h"

#include <stdlib.h>
#include <string.h>

struct ranked {
    double key;
    size_t index;
};

static int by_key(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    if (a->key < b->key || a->key > b->key)
        return a->key < b->key ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

int train_epoch_order(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                      uint64_t epoch, size_t *order, struct base_error *error)
{
    int status;
    const size_t T = architecture->T;
    double *keys = base_alloc(T, sizeof *keys, error);
    struct ranked *ranked = base_alloc(T, sizeof *ranked, error);
    TRY(base_got(keys));
    TRY(base_got(ranked));
    random_normals(seed, net_stream(architecture, trial, epoch, NET_BATCHES), 0, T, keys);
    for (size_t t = 0; t < T; t++)
        ranked[t] = (struct ranked){keys[t], t};
    qsort(ranked, T, sizeof *ranked, by_key);
    for (size_t t = 0; t < T; t++)
        order[t] = ranked[t].index;
out:
    free(keys);
    free(ranked);
    return status;
}

int train_batches_init(struct train_batches *batches, const struct net_architecture *architecture,
                       struct base_error *error)
{
    int status;
    const size_t T = architecture->T, most = train_schedule_most(architecture);
    *batches = (struct train_batches){.architecture = architecture};
    TRY(base_got(batches->order = base_alloc(T, sizeof *batches->order, error)));
    TRY(base_got(batches->columns = base_alloc(most, sizeof *batches->columns, error)));
out:
    if (status != BASE_OK)
        train_batches_free(batches);
    return status;
}

void train_batches_free(struct train_batches *batches)
{
    free(batches->order);
    free(batches->columns);
    memset(batches, 0, sizeof *batches);
}

double train_batches_bytes(const struct net_architecture *architecture)
{
    const double sorting = 4 * (double)architecture->T;
    return (sorting + (double)architecture->T + (double)train_schedule_most(architecture)) * sizeof(double);
}

void train_batches_begin(struct train_batches *batches, uint64_t seed, uint64_t trial)
{
    batches->seed = seed;
    batches->trial = trial;
    batches->taken = 0;
}

/* The order of the epoch that begins within a batch of B, in which the n samples that the batch already has
 * change places with later ones where it would have them twice. */
static int begin_epoch(struct train_batches *b, size_t B, size_t n, struct base_error *error)
{
    int status;
    const size_t T = b->architecture->T, needed = B - n;
    bool *held = base_calloc(T, sizeof *held, error);
    TRY(base_got(held));
    TRY(train_epoch_order(b->architecture, b->seed, b->trial, b->taken / T, b->order, error));
    for (size_t i = 0; i < n; i++)
        held[b->columns[i]] = true;
    for (size_t i = 0, later = needed; i < needed; i++) {
        const size_t sample = b->order[i];
        if (!held[sample])
            continue;
        while (held[b->order[later]])
            later++;
        b->order[i] = b->order[later];
        b->order[later] = sample;
    }
out:
    free(held);
    return status;
}

int train_batches_next(struct train_batches *batches, size_t B, struct base_error *error)
{
    int status = BASE_OK;
    struct train_batches *b = batches;
    const size_t T = b->architecture->T;
    for (size_t i = 0; i < B; i++, b->taken++) {
        if (b->taken % T == 0)
            TRY(begin_epoch(b, B, i, error));
        b->columns[i] = b->order[b->taken % T];
    }
out:
    return status;
}
