/* Which random numbers a network is made of: the runner is linked with --wrap=random_normals, and every call
 * comes by here. */
#include "net/signals.h"

#include "net/shape.h"
#include "random/normal.h"
#include "tests.h"

#include <stdlib.h>

struct draw {
    uint64_t stream, first, n;
};
static struct draw draws[100000];
static size_t n_draws, room; /* room 0: nothing is noted down */

void __real_random_normals(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out);
void __wrap_random_normals(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out);
void __wrap_random_normals(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out)
{
    if (n_draws < room)
        draws[n_draws++] = (struct draw){stream, first, n};
    __real_random_normals(seed, stream, first, n, out);
}

static int by_place(const void *a, const void *b)
{
    const struct draw *x = a, *y = b;
    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* A mix-up of two purposes or layers would draw the same numbers for both. */
static void assert_distinct(struct net_architecture *a, const struct net_activation *activation,
                            const struct net_sampler *sampler)
{
    struct net_gram gram;
    struct base_error error = {""};
    void *work = NULL;
    a->sums |= NET_SUM_S | NET_SUM_G | NET_SUM_U | NET_SUM_UNITS;
    assert_int_equal(net_gram_init(&gram, a, &error), BASE_OK);
    assert_int_equal(sampler->init(&work, a, 1, 1e9, &error), BASE_OK); /* all is kept */
    n_draws = 0;
    room = sizeof draws / sizeof *draws;
    assert_int_equal(sampler->sample(work, activation, 3, 1, &gram, &error), BASE_OK);
    assert_true(n_draws > 2 && n_draws < room);
    room = 0;
    qsort(draws, n_draws, sizeof *draws, by_place);
    for (size_t d = 1; d < n_draws; d++)
        assert_true(draws[d].stream != draws[d - 1].stream ||
                    draws[d].first >= draws[d - 1].first + draws[d - 1].n);
    sampler->free(work);
    net_gram_free(&gram);
}

static void no_number_serves_twice(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 3, 0.64, 5, 700, 2, 10, {1, 0.9, 1.1, 0.3, 1}},
                                          {"relu", 2, 0.1, 3, 100, 1, 120, {1}}, /* T above M */
                                          {"linear", 1, 0.1, 2, 40, 3, 5, {1}},
                                          {"tanh", 3, 0.64, 1, 50, 4, 6, {1}}};
    static const struct net_sampler *const samplers[] = {&net_sampler_weights, &net_sampler_conditional};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t k = 0; k < 2; k++) {
            struct net_architecture a;
            struct net_activation activation = {0};
            shape_open(&shapes[i], &a, &activation);
            assert_distinct(&a, &activation, samplers[k]);
            net_activation_close(&activation);
        }
}

/* The weights sampler of residual networks draws every weight twice, and keeps none. */
static void no_number_serves_a_residual_network_twice(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 3, 0.64, 4, 700, 2, 10, {1}},
                                          {"relu", 2, 0.1, 3, 100, 1, 120, {1}}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct net_architecture a;
        struct net_activation activation = {0};
        shape_open_residual(&shapes[i], &(struct branch){0.7, 1, true}, &a, &activation);
        assert_distinct(&a, &activation, &net_sampler_residual_conditional);
        net_activation_close(&activation);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(no_number_serves_twice),
                                          cmocka_unit_test(no_number_serves_a_residual_network_twice)};
const struct test_group tests_net_streams = TEST_GROUP(tests);
