#include "random/normal.h"

#include "random/normal_batch.h"

#include <math.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>

#define NAMED(x) x##_avx512
#define TARGET __attribute__((target("avx512f")))
#define LANES 8
#define PRODUCT(x, y) ((bits)_mm512_mul_epu32((__m512i)(x), (__m512i)(y)))
#define ROOT(x) _mm512_sqrt_pd(x)
#include "random/normal_lanes.h"

#define NAMED(x) x##_avx2
#define TARGET __attribute__((target("avx2")))
#define LANES 4
#define PRODUCT(x, y) ((bits)_mm256_mul_epu32((__m256i)(x), (__m256i)(y)))
#define ROOT(x) _mm256_sqrt_pd(x)
#include "random/normal_lanes.h"

#define PRODUCT(x, y) ((bits)_mm_mul_epu32((__m128i)(x), (__m128i)(y)))
#define ROOT(x) _mm_sqrt_pd(x)
#else
#define PRODUCT(x, y) (((x)&0xffffffff) * (y))
#define ROOT(x) ((real){sqrt((x)[0]), sqrt((x)[1])})
#endif

#define NAMED(x) x##_plain
#define TARGET
#define LANES 2
#include "random/normal_lanes.h"

size_t random_batches(random_batch *batches[MAX_BATCHES])
{
    size_t n = 0;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        batches[n++] = batch_avx512;
    if (__builtin_cpu_supports("avx2"))
        batches[n++] = batch_avx2;
#endif
    batches[n++] = batch_plain;
    return n;
}

void random_normals(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out)
{
    random_batch *batches[MAX_BATCHES];
    random_batches(batches);
    double batch[BATCH_NORMALS];
    while (n > 0) {
        const uint64_t group = first / GROUP_NORMALS;
        const size_t skip = (size_t)(first % GROUP_NORMALS);
        size_t taken = BATCH_NORMALS - skip < n ? BATCH_NORMALS - skip : n;
        const int whole = skip == 0 && taken == BATCH_NORMALS;
        // cppcheck-suppress legacyUninitvar ; it is the output
        batches[0](seed, stream, GROUP_BLOCKS * group, whole ? out : batch);
        if (!whole)
            memcpy(out, batch + skip, taken * sizeof *out);
        out += taken;
        first += taken;
        n -= taken;
    }
}
