#include "train/batches.h"

#include "tests.h"

static bool contains(size_t n, const size_t *columns, size_t sample)
{
    for (size_t i = 0; i < n; i++)
        if (columns[i] == sample)
            return true;
    return false;
}

static void begin_epoch(struct batches *batches, const struct net_architecture *a, uint64_t seed,
                        uint64_t trial, size_t n, const size_t *columns, size_t m)
{
    struct base_error error;
    size_t *order = batches->order;
    assert_int_equal(train_epoch_order(a, seed, trial, batches->taken / a->T, order, &error), BASE_OK);
    for (size_t i = 0; i < m; i++) {
        size_t later = i;
        while (contains(n, columns, order[later]))
            later = later < m ? m : later + 1;
        const size_t sample = order[i];
        order[i] = order[later];
        order[later] = sample;
    }
}

void batches_next(struct batches *batches, const struct net_architecture *a, uint64_t seed, uint64_t trial,
                  size_t B, size_t *columns)
{
    assert_true(B < a->T && a->T <= BATCHES_MOST);
    for (size_t i = 0; i < B; i++, batches->taken++) {
        if (batches->taken % a->T == 0)
            begin_epoch(batches, a, seed, trial, i, columns, B - i);
        columns[i] = batches->order[batches->taken % a->T];
        assert_false(contains(i, columns, columns[i]));
    }
}
