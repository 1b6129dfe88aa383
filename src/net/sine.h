/* Private to net: sine and cosine as vector code, in +, −, × and bit operations. */
#ifndef NET_SINE_H
#define NET_SINE_H

#include "base/vector.h"

#include <math.h>

struct net_sine {
    double sin, cos;
};

/* For |x| < 2²⁰. Beyond, x is first divided by the power of two that brings it to [2¹⁹, 2²⁰): a phase as good
 * as any there, finite and the same everywhere. NaN for infinity and NaN.
 *
 * x = k π/2 + r with |r| ≤ π/4, π/2 in three parts of which k takes the first two exactly. sin r = r + r z
 * S(z) and cos r = 1 − z/2 + z² C(z), z = r²: minimax (Remez) for relative error of the whole, 4e-18 and
 * 6e-20. */
BASE_INLINE struct net_sine net_sine(double x)
{
    const uint64_t sign_mantissa = 0x800fffffffffffff, exponent_19 = 0x4120000000000000;
    const double scaled = base_from_bits((base_to_bits(x) & sign_mantissa) | exponent_19) + 0 * x;
    const double bounded = fabs(x) < 0x1p20 ? x : scaled;
    const double to_integer = 0x1.8p52;
    const double shifted = bounded * 0x1.45f306dc9c883p-1 + to_integer; /* k in the lowest bits */
    const double k = shifted - to_integer;
    const double r =
        ((bounded - k * 0x1.921fb54400000p+0) - k * 0x1.0b4611a600000p-34) - k * 0x1.3198a2e037073p-69;
    const double z = r * r;
    double S = 0x1.5d8b559156ed5p-33 * z - 0x1.ae5e4b83e052ap-26;
    S = S * z + 0x1.71de35552b518p-19;
    S = S * z - 0x1.a01a019be9217p-13;
    S = S * z + 0x1.111111110f730p-7;
    S = S * z - 0x1.5555555555548p-3;
    double C = -0x1.8fa67197c8301p-37 * z + 0x1.1ee9dbaea5099p-29;
    C = C * z - 0x1.27e4f7f169390p-22;
    C = C * z + 0x1.a01a019c8efaep-16;
    C = C * z - 0x1.6c16c16c15014p-10;
    C = C * z + 0x1.555555555554bp-5;
    const uint64_t s = base_to_bits(r + r * (z * S)), c = base_to_bits(1 - (0.5 * z - z * z * C));
    const uint64_t q = base_to_bits(shifted), exchange = (s ^ c) & (0 - (q & 1));
    return (struct net_sine){base_from_bits(s ^ exchange ^ (q >> 1) << 63),
                             base_from_bits(c ^ exchange ^ ((q ^ q >> 1) & 1) << 63)};
}

#endif
