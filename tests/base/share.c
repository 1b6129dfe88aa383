#include "base/share.h"

#include "tests.h"

#include <stdbool.h>
#include <time.h>

enum { N = 200, MAX_THREADS = 4 };

struct work {
    int hand[MAX_THREADS]; /* what each thread has in hand */
    int begun[N];          /* times that each item was begun */
    size_t taken;          /* items taken so far, all in order */
    bool in_order, is_mine;
};

/* The later of a pair is done first. */
static void work(void *context, size_t i, int thread)
{
    struct work *w = context;
    w->begun[i]++;
    w->hand[thread] = (int)i;
    if (i % 2 == 0)
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

static void take(void *context, size_t i, int thread)
{
    struct work *w = context;
    w->in_order = w->in_order && w->taken == i;
    w->is_mine = w->is_mine && w->hand[thread] == (int)i;
    w->taken++;
}

static void every_item_is_taken_in_its_turn(void **state)
{
    (void)state;
    for (int threads = 1; threads <= MAX_THREADS; threads++)
        for (size_t n = 0; n <= N; n += n < 4 ? 1 : 98) {
            struct work w = {.in_order = true, .is_mine = true};
            base_share(threads, n, work, take, &w);
            assert_int_equal(w.taken, n);
            assert_true(w.in_order && w.is_mine);
            for (size_t i = 0; i < N; i++)
                assert_int_equal(w.begun[i], i < n);
        }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(every_item_is_taken_in_its_turn)};
const struct test_group tests_base_share = TEST_GROUP(tests);
