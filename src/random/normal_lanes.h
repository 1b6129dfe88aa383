/* Private to normal.c, which includes this file once for each instruction set, with
 *
 *     NAMED(x)        x with the instruction set's name
 *     TARGET          the function attribute that turns it on
 *     LANES           64-bit lanes of a register
 *     PRODUCT(x, y)   of the low halves of each lane, 64 bits
 *     ROOT(x)         √ of each lane
 *
 * Everything else is +, −, ×, ÷ and bit operations on vectors, each correctly rounded by IEEE 754 and none
 * fused (-ffp-contract=off), so that the bits are the same for all of them.
 */
typedef uint64_t NAMED(bits) __attribute__((vector_size(8 * LANES)));
typedef double NAMED(real) __attribute__((vector_size(8 * LANES)));
#define bits NAMED(bits)
#define real NAMED(real)

/* Philox4x32-10 of BLOCKS counters, one a lane. Only the low half of x0..x3 counts; the high one is refuse,
 * as PRODUCT does not look at it. r = x1 + 2³² x0 and a = x3 + 2³² x2 come from the last products by one
 * shift. */
TARGET static void NAMED(philox)(uint64_t seed, uint64_t stream, uint64_t first, uint64_t *r, uint64_t *a)
{
    bits lane = {0};
    for (int j = 0; j < LANES; j++)
        lane[j] = (uint64_t)j;
    const bits zero = {0}, factor0 = zero + 0xD2511F53, factor1 = zero + 0xCD9E8D57;
    for (int b = 0; b < BLOCKS; b += LANES) {
        bits x0 = lane + (first + (uint64_t)b), x1 = x0 >> 32, x2 = zero + stream, x3 = x2 >> 32;
        bits p0 = zero, p1 = zero, y0 = zero, y2 = zero;
        uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
#pragma GCC unroll 10
        for (int round = 0; round < 10; round++, key0 += 0x9E3779B9, key1 += 0xBB67AE85) {
            p0 = PRODUCT(x0, factor0);
            p1 = PRODUCT(x2, factor1);
            y0 = x1 ^ key0;
            y2 = x3 ^ key1;
            x0 = p1 >> 32 ^ y0;
            x1 = p1;
            x2 = p0 >> 32 ^ y2;
            x3 = p0;
        }
        p1 ^= y0 << 32;
        p0 ^= y2 << 32;
        memcpy(r + b, &p1, sizeof p1);
        memcpy(a + b, &p0, sizeof p0);
    }
}

/* The polynomials are minimax (Remez), each coefficient rounded to a double in turn and the later ones fitted
 * anew; the errors given are those of the rounded polynomial in exact arithmetic.
 *
 * −2 ln u: u = m 2⁻ᵉ with m in [√½, √2) (1 − m is exact), −2 ln m = 4 artanh d = 4d + d z L(z),
 * d = (1 − m)/(1 + m), z = d² < 0.02944; relative error 1.3e-18.
 * sin(πf/2) = f S(f²), cos(πf/2) = C(f²) on |f| ≤ ½; relative errors 4e-17 and 6.2e-17. */
TARGET static void NAMED(box_muller)(const uint64_t *rs, const uint64_t *as, double *out)
{
    const uint64_t mantissa = 0x000fffffffffffff, one = 0x3ff0000000000000, sqrt_half = 0x3fe6a09e667f3bcd;
    const uint64_t sign = 0x8000000000000000;
#pragma GCC unroll 1
    for (int b = 0; b < BLOCKS; b += LANES) {
        bits r, a;
        memcpy(&r, rs + b, sizeof r);
        memcpy(&a, as + b, sizeof a);

        const real u = (real)((r & mantissa) | (one + 1)) - 1;
        const bits shifted = (bits)u + (one - sqrt_half);
        const real m = (real)((shifted & mantissa) + sqrt_half);
        const real e = (0x1p52 + 1023) - (real)(shifted >> 52 | 0x4330000000000000); /* integer to double */
        const real d = (1 - m) / (1 + m), z = d * d;
        real L = 0x1.2f025be6dd014p-2 * z + 0x1.39a20a9d830d9p-2;
        L = L * z + 0x1.74663bacf9112p-2;
        L = L * z + 0x1.c71c5219ef127p-2;
        L = L * z + 0x1.24924941db73dp-1;
        L = L * z + 0x1.999999997ff61p-1;
        L = L * z + 0x1.5555555555592p+0;
        const real square = e * 0x1.62e42fefa39efp+0 + (4 * d + d * (z * L)); /* 2 ln 2 */
        const real radius = ROOT(square);

        const real f = (real)((a & mantissa) | (one + 1)) - 1.5, w = f * f;
        real S = 0x1.dfc5b7d902f84p-25 * w - 0x1.e2f3f0f0f6bcdp-19;
        S = S * w + 0x1.507821d4dfcd3p-13;
        S = S * w - 0x1.32d2ccd46a41ap-8;
        S = S * w + 0x1.466bc6774afcep-4;
        S = S * w - 0x1.4abbce625bdaep-1;
        S = S * w + 0x1.921fb54442d18p+0;
        real C = 0x1.f3dc1911bc98cp-22 * w - 0x1.a6c9c801b8320p-16;
        C = C * w + 0x1.e1f4fb7f923c2p-11;
        C = C * w - 0x1.55d3c7dc398e1p-6;
        C = C * w + 0x1.03c1f081b0df1p-2;
        C = C * w - 0x1.3bd3cc9be459dp+0;
        C = C * w + 1;

        const bits sine = (bits)(f * S), cosine = (bits)C ^ (a << 1 & sign);
        const bits exchange = (cosine ^ sine) & -(a >> 63);
        const real cos_half = radius * (real)(cosine ^ exchange), sin_half = radius * (real)(sine ^ exchange);
        double *group = out + GROUP_NORMALS * (b / GROUP_BLOCKS) + b % GROUP_BLOCKS;
        memcpy(group, &cos_half, sizeof cos_half);
        memcpy(group + GROUP_BLOCKS, &sin_half, sizeof sin_half);
    }
}

TARGET static void NAMED(batch)(uint64_t seed, uint64_t stream, uint64_t first, double *out)
{
    uint64_t r[BLOCKS], a[BLOCKS];
    NAMED(philox)(seed, stream, first, r, a);
    NAMED(box_muller)(r, a, out);
}

#undef bits
#undef real
#undef NAMED
#undef TARGET
#undef LANES
#undef PRODUCT
#undef ROOT
