#include "random/normal.h"

#include "random/normal_batch.h"

#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <Random123/philox.h>

/* The definition in the header, from Random123's own Philox and long double arithmetic. */
static long double reference(uint64_t seed, uint64_t stream, uint64_t index)
{
    const uint64_t block = 8 * (index / 16) + index % 8;
    const philox4x32_ctr_t counter = {
        {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    const philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    const philox4x32_ctr_t x = philox4x32(counter, key);
    const uint64_t r = x.v[1] | (uint64_t)x.v[0] << 32, a = x.v[3] | (uint64_t)x.v[2] << 32, low = 1ull << 52;
    const long double u = (long double)(r % low | 1) * 0x1p-52L;
    const long double angle = acosl(-1.0L) / 2 * ((long double)(a % low | 1) * 0x1p-52L - 0.5L);
    const long double cosine = (a >> 62 & 1 ? -1 : 1) * cosl(angle);
    return sqrtl(-2 * logl(u)) * ((index % 16 < 8) == (a >> 63 == 0) ? cosine : sinl(angle));
}

static void assert_follows(double z, uint64_t seed, uint64_t stream, uint64_t index)
{
    const long double expected = reference(seed, stream, index);
    if (!(fabsl((long double)z - expected) <= 7e-16L * fabsl(expected)))
        fail_msg("normal %llu is %.17g, not %.20Lg", (unsigned long long)index, z, expected);
}

/* The vectors that come with Random123: what the reference above stands on. */
static void philox_known_answers(void **state)
{
    (void)state;
    static const uint32_t vectors[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
         0x5001e420, 0x24126ea1}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const uint32_t *v = vectors[i];
        const philox4x32_ctr_t counter = {{v[0], v[1], v[2], v[3]}};
        const philox4x32_key_t key = {{v[4], v[5]}};
        const philox4x32_ctr_t x = philox4x32(counter, key);
        assert_memory_equal(x.v, v + 6, sizeof x.v);
    }
}

static void normals_follow_their_definition(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {0, 1, 0x299f31d0a4093822, UINT64_MAX};
    static const uint64_t firsts[] = {0, 5, 8ull << 32, (16ull << 32) - 7, UINT64_MAX / 2 + 3};
    double z[300];
    for (size_t s = 0; s < 4; s++)
        for (size_t f = 0; f < 5; f++) {
            random_normals(seeds[s], seeds[3 - s], firsts[f], 300, z);
            for (size_t i = 0; i < 300; i++)
                assert_follows(z[i], seeds[s], seeds[3 - s], firsts[f] + i);
        }
    for (uint64_t first = 0; first < 300000; first += 300) {
        random_normals(4, 5, first, 300, z);
        for (size_t i = 0; i < 300; i++)
            assert_follows(z[i], 4, 5, first + i);
    }
}

/* Every version that this CPU can run, against the plain one. */
static void normals_do_not_depend_on_the_instruction_set(void **state)
{
    (void)state;
    random_batch *batches[MAX_BATCHES];
    const size_t n = random_batches(batches);
    assert_in_range(n, 1, MAX_BATCHES);
    double plain[BATCH_NORMALS], z[BATCH_NORMALS];
    for (uint64_t first = 0; first < 4000ull * BLOCKS; first += BLOCKS) {
        batches[n - 1](11, 12 + first, first << 20, plain);
        for (size_t b = 0; b + 1 < n; b++) {
            batches[b](11, 12 + first, first << 20, z);
            assert_memory_equal(z, plain, sizeof z);
        }
    }
}

static void normals_do_not_depend_on_the_window(void **state)
{
    (void)state;
    enum { N = 1000 };
    double whole[N], part[N];
    random_normals(2385, 7, 0, N, whole);
    for (size_t first = 0; first < 140; first += 3)
        for (size_t n = 1; n < 300; n += 17) {
            random_normals(2385, 7, first, n, part);
            assert_memory_equal(part, whole + first, n * sizeof *part);
        }
}

/* Stored seeds mean the same networks on every machine: these bits are for ever. */
static void normals_keep_their_bits(void **state)
{
    (void)state;
    enum { N = 1 << 16 };
    double *z = malloc(N * sizeof *z);
    assert_non_null(z);
    random_normals(1, 2, 0, N, z);
    const uint64_t first = hash_bits(0, N, z);
    random_normals(0x0123456789abcdef, 0xfedcba9876543210, 1ull << 40, N, z);
    const uint64_t second = hash_bits(0, N, z);
    free(z);
    if (first != 0x81f792f8fcba5d95 || second != 0xe7a80bbc6a282417)
        fail_msg("the bits have changed: %016llx %016llx", (unsigned long long)first,
                 (unsigned long long)second);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seeds are fixed, so a pass stands for ever; the bounds are those that a right generator misses once in
 * 10,000 (moments, four of them) and 1,000 times (Kolmogorov-Smirnov). */
static void normals_are_normal(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    double *z = malloc(N * sizeof *z);
    assert_non_null(z);
    random_normals(3, 4, 0, N, z);
    double moments[5] = {0};
    for (size_t i = 0; i < N; i++)
        for (int k = 1; k <= 4; k++)
            moments[k] += pow(z[i], k) / N;
    static const double expected[5] = {1, 0, 1, 0, 3}, variance[5] = {0, 1, 2, 15, 96};
    for (int k = 1; k <= 4; k++)
        assert_within(moments[k], expected[k], 4.06 * sqrt(variance[k] / N));

    qsort(z, N, sizeof *z, ascending);
    double distance = 0;
    for (size_t i = 0; i < N; i++) {
        const double F = 0.5 * erfc(-z[i] / sqrt(2));
        distance = fmax(distance, fmax(fabs(F - (double)i / N), fabs(F - (double)(i + 1) / N)));
    }
    assert_true(distance * sqrt(N) < 1.95);
    free(z);
}

/* Normals of one block, of neighbouring blocks, streams and seeds: no correlation beyond 4.4σ (1 in 90,000
 * for each). */
static void normals_are_independent(void **state)
{
    (void)state;
    enum { N = 1 << 18 };
    double *z = malloc(4 * N * sizeof *z);
    assert_non_null(z);
    random_normals(3, 4, 0, N, z);
    random_normals(3, 5, 0, N, z + N);
    random_normals(4, 4, 0, N, z + 2 * N);
    random_normals(3, 4 + (1ull << 32), 0, N, z + 3 * N);
    static const size_t lags[] = {1, 8, 16, N, 2 * N, 3 * N};
    for (size_t l = 0; l < sizeof lags / sizeof *lags; l++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < N - 16; i++) {
            sum += z[i] * z[i + lags[l]];
            squares += z[i] * z[i] * z[i + lags[l]] * z[i + lags[l]];
        }
        assert_within(sum / sqrt(N - 16.), 0, 4.4);
        assert_within(squares / (N - 16.), 1, 4.4 * sqrt(8. / N));
    }
    free(z);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(philox_known_answers),
    cmocka_unit_test(normals_follow_their_definition),
    cmocka_unit_test(normals_do_not_depend_on_the_window),
    cmocka_unit_test(normals_do_not_depend_on_the_instruction_set),
    cmocka_unit_test(normals_keep_their_bits),
    cmocka_unit_test(normals_are_normal),
    cmocka_unit_test(normals_are_independent),
};
const struct test_group tests_random_normal = TEST_GROUP(tests);

/* 2³¹ normals: the counts beyond 5, 5.5 and 6σ are Poisson; each bound is missed by chance once in 20,000
 * times. The farthest one is computed again in long double. */
static void tails_are_right(void **state)
{
    (void)state;
    enum { BATCH = 1 << 16 };
    const uint64_t n = 1ull << 31;
    static const double thresholds[3] = {5, 5.5, 6};
    double *z = malloc(BATCH * sizeof *z), counts[3] = {0}, farthest = 0;
    uint64_t where = 0;
    assert_non_null(z);
    for (uint64_t first = 0; first < n; first += BATCH) {
        random_normals(11, 12, first, BATCH, z);
        for (size_t i = 0; i < BATCH; i++) {
            if (fabs(z[i]) < 5)
                continue;
            for (int k = 0; k < 3; k++)
                counts[k] += fabs(z[i]) > thresholds[k];
            if (fabs(z[i]) > fabs(farthest)) {
                farthest = z[i];
                where = first + i;
            }
        }
    }
    free(z);
    for (int k = 0; k < 3; k++) {
        const double expected = (double)n * erfc(thresholds[k] / sqrt(2));
        print_message("beyond %.1f: %.0f, expected %.1f\n", thresholds[k], counts[k], expected);
        assert_within(counts[k], expected, 4.1 * sqrt(expected) + 2);
    }
    assert_true(counts[2] > 0);
    assert_follows(farthest, 11, 12, where);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(tails_are_right)};
const struct test_group slow_random_normal = TEST_GROUP(slow_tests);
