/* How libFuzzer changes a result file; linked into that fuzzer alone. HDF5 refuses what lacks the right
 * checksums, so most changes are ones that no checksum tells. With FUZZ_SEAL in the environment the checksums
 * are made right after any change: such files crash HDF5 1.10.8 itself in seconds. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20, WINDOW = 16 };

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed);

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* A place from `start` on, in the first block of that signature or else anywhere. */
static size_t find_place(const uint8_t *bytes, size_t size, size_t start, const char *signature,
                         uint64_t *state)
{
    for (size_t at = start; at + 4 <= size; at++)
        if (bytes[at] == (uint8_t)signature[0] && memcmp(bytes + at, signature, 4) == 0)
            return at + next(state) % (next(state) % 2048 + 1);
    return start;
}

/* Up to WINDOW bytes that are not covered. */
static void change_window(uint8_t *bytes, size_t size, const uint8_t *covered, uint64_t *state)
{
    static const char signatures[][5] = {"GCOL", "GCOL", "OHDR", "OCHK", "FHDB", "BTLF", "none", "none"};
    uint8_t window[WINDOW];
    size_t length = 0, most = 1 + next(state) % WINDOW;
    size_t at = find_place(bytes, size, next(state) % size, signatures[next(state) % 8], state);
    while (at < size && covered[at])
        at++;
    while (at + length < size && !covered[at + length] && length < most)
        length++;
    if (length == 0)
        return;
    memcpy(window, bytes + at, length);
    (void)LLVMFuzzerMutate(window, length, length);
    memcpy(bytes + at, window, length);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t covered[LARGEST];
    const int seal = getenv("FUZZ_SEAL") != NULL;
    uint64_t state = seed;
    if (size < 64 || size > LARGEST || next(&state) % 4 == 0)
        return LLVMFuzzerMutate(bytes, size, max_size);
    if (!seal)
        fuzz_cover(bytes, size, covered);
    for (uint64_t n = 1 + next(&state) % 4; n > 0; n--)
        change_window(bytes, size, covered, &state);
    if (seal)
        fuzz_seal(bytes, size);
    return size;
}
