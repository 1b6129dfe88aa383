#include "random/normal.h"

#include "base/vector.h"

#include <math.h>
#include <string.h>

/* One group is LANES blocks, 2·LANES normals; a batch is GROUPS of them, long enough for the vector units to
 * stay busy and short enough for the first-level cache. */
enum {
    LANES = 8,
    GROUPS = 8,
    BLOCKS = LANES * GROUPS,
    GROUP_NORMALS = 2 * LANES,
    BATCH_NORMALS = 2 * BLOCKS
};

/* ln u for a normal double 0 < u < 1: u = m 2^e with m in [√½, √2), ln m = 2 artanh s, s = (m − 1)/(m + 1),
 * |s| < 0.172; the first term left out of the series is below 2e-18. m − 1 is exact. */
BASE_INLINE double log_unit(double u)
{
    const uint64_t sqrt_half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000, mantissa = 0x000fffffffffffff;
    const uint64_t shifted = base_to_bits(u) + (one - sqrt_half);
    const double m = base_from_bits((shifted & mantissa) + sqrt_half);
    const double e =
        base_from_bits(0x4330000000000000 | (shifted >> 52)) - (0x1p52 + 1023); /* an integer to a double */
    const double s = (m - 1) / (m + 1), z = s * s;
    double sum = 1.0 / 21;
    sum = sum * z + 1.0 / 19;
    sum = sum * z + 1.0 / 17;
    sum = sum * z + 1.0 / 15;
    sum = sum * z + 1.0 / 13;
    sum = sum * z + 1.0 / 11;
    sum = sum * z + 1.0 / 9;
    sum = sum * z + 1.0 / 7;
    sum = sum * z + 1.0 / 5;
    sum = sum * z + 1.0 / 3;
    const double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45; /* e·ln2_high is exact */
    return e * ln2_high + (e * ln2_low + (2 * s + 2 * s * (z * sum)));
}

/* sin x and cos x for |x| ≤ π/4 by their Taylor series. */
BASE_INLINE double sin_small(double x)
{
    const double z = x * x;
    double sum = -1.0 / 1307674368000;
    sum = sum * z + 1.0 / 6227020800;
    sum = sum * z - 1.0 / 39916800;
    sum = sum * z + 1.0 / 362880;
    sum = sum * z - 1.0 / 5040;
    sum = sum * z + 1.0 / 120;
    sum = sum * z - 1.0 / 6;
    return x + x * (z * sum);
}

BASE_INLINE double cos_small(double x)
{
    const double z = x * x;
    double sum = 1.0 / 20922789888000;
    sum = sum * z - 1.0 / 87178291200;
    sum = sum * z + 1.0 / 479001600;
    sum = sum * z - 1.0 / 3628800;
    sum = sum * z + 1.0 / 40320;
    sum = sum * z - 1.0 / 720;
    sum = sum * z + 1.0 / 24;
    return 1 + z * (z * sum - 0.5);
}

/* 52 bits to (2·bits + 1)·2⁻⁵³ in (0, 1), exactly. */
BASE_INLINE double unit_from_bits(uint64_t bits)
{
    return (base_from_bits(0x3ff0000000000000 | bits) - 1) + 0x1p-53;
}

/* BATCH_NORMALS normals from block `first` on. Each loop is one vector operation a line. */
BASE_CLONES static void normals_batch(uint64_t seed, uint64_t stream, uint64_t first, double *restrict out)
{
    uint32_t x0[BLOCKS], x1[BLOCKS], x2[BLOCKS], x3[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) {
        x0[b] = (uint32_t)(first + (uint64_t)b);
        x1[b] = (uint32_t)((first + (uint64_t)b) >> 32);
        x2[b] = (uint32_t)stream;
        x3[b] = (uint32_t)(stream >> 32);
    }
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++, key0 += 0x9E3779B9, key1 += 0xBB67AE85)
        for (int b = 0; b < BLOCKS; b++) {
            const uint64_t p0 = (uint64_t)x0[b] * 0xD2511F53, p1 = (uint64_t)x2[b] * 0xCD9E8D57;
            x0[b] = (uint32_t)(p1 >> 32) ^ x1[b] ^ key0;
            x1[b] = (uint32_t)p1;
            x2[b] = (uint32_t)(p0 >> 32) ^ x3[b] ^ key1;
            x3[b] = (uint32_t)p0;
        }
    for (int g = 0; g < GROUPS; g++)
        for (int j = 0; j < LANES; j++) {
            const int b = LANES * g + j;
            const uint64_t r = x0[b] | (uint64_t)x1[b] << 32, a = x2[b] | (uint64_t)x3[b] << 32;
            const double radius = sqrt(-2 * log_unit(unit_from_bits(r >> 12)));
            const double x = 0x1.921fb54442d18p+0 * (unit_from_bits(a << 2 >> 12) - 0.5); /* (π/2) f */
            const double s = sin_small(x), c = cos_small(x);
            const uint64_t q = a >> 62, odd = 0 - (q & 1);
            const uint64_t cos_bits = (base_to_bits(c) & ~odd) | (base_to_bits(s) & odd);
            const uint64_t sin_bits = (base_to_bits(s) & ~odd) | (base_to_bits(c) & odd);
            out[GROUP_NORMALS * g + j] = radius * base_from_bits(cos_bits ^ ((q ^ q >> 1) & 1) << 63);
            out[GROUP_NORMALS * g + LANES + j] = radius * base_from_bits(sin_bits ^ (q >> 1) << 63);
        }
}

void random_normals(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out)
{
    double batch[BATCH_NORMALS];
    while (n > 0) {
        const uint64_t group = first / GROUP_NORMALS;
        const size_t skip = (size_t)(first % GROUP_NORMALS);
        size_t taken = BATCH_NORMALS - skip < n ? BATCH_NORMALS - skip : n;
        const int whole = skip == 0 && taken == BATCH_NORMALS;
        // cppcheck-suppress legacyUninitvar ; it is the output
        normals_batch(seed, stream, LANES * group, whole ? out : batch);
        if (!whole)
            memcpy(out, batch + skip, taken * sizeof *out);
        out += taken;
        first += taken;
        n -= taken;
    }
}
