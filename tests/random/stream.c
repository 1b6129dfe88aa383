#include "random/stream.h"

#include "tests.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Small words in all places, as trials, layers and purposes are: no two lists share a stream. */
static void streams_differ(void **state)
{
    (void)state;
    enum { SIDE = 40, N = SIDE * SIDE * SIDE };
    uint64_t *streams = malloc((N + SIDE) * sizeof *streams);
    assert_non_null(streams);
    for (uint64_t i = 0; i < N; i++)
        streams[i] = random_stream(3, (uint64_t[]){i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE});
    for (uint64_t i = 0; i < SIDE; i++) /* a shorter list is another list */
        streams[N + i] = random_stream(2, (uint64_t[]){0, i});
    qsort(streams, N + SIDE, sizeof *streams, ascending);
    for (size_t i = 1; i < N + SIDE; i++)
        assert_true(streams[i] != streams[i - 1]);
    free(streams);
}

static void words_stand_for_what_they_are_made_of(void **state)
{
    (void)state;
    assert_true(random_word_double(0.0) == random_word_double(-0.0));
    assert_true(random_word_double(1.0) != random_word_double(-1.0));
    assert_true(random_word_text("tanh") == random_word_text("tanh"));
    assert_true(random_word_text("tanh") != random_word_text("tanh "));
    assert_true(random_word_text("ab") != random_word_text("ba"));
    assert_true(random_word_text("") != random_word_text("a"));
}

/* Stored seeds mean the same networks: streams are for ever. */
static void streams_keep_their_bits(void **state)
{
    (void)state;
    const uint64_t stream = random_stream(4, (uint64_t[]){1, 2, 3, random_word_text("relu")});
    if (stream != 0x97cbea3c569eb970)
        fail_msg("the stream has changed: %016llx", (unsigned long long)stream);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(streams_differ),
    cmocka_unit_test(words_stand_for_what_they_are_made_of),
    cmocka_unit_test(streams_keep_their_bits),
};
const struct test_group tests_random_stream = TEST_GROUP(tests);
