/* Private to net: the normal distribution's functions as vector code, in +, −, ×, ÷ and bit operations. */
#ifndef NET_ERROR_FUNCTION_H
#define NET_ERROR_FUNCTION_H

#include "net/exponential.h"

/* exp = e^(−a²/2) and tail = ½ erfc(a/√2). */
struct net_normal {
    double exp, tail;
};

/* For a ≥ 0; both are 0 beyond 37.4 (where the tail is 2e-306), NaN stays NaN. Relative error 4e-16 and
 * 8e-16.
 *
 * a² is exact in two parts: the square of a's upper 26 bits, and the rest. tail = exp·R(t)/(a + 3) with R a
 * polynomial in t = (a − 3)/(a + 3): minimax (Remez) for relative error on 0 ≤ a ≤ 37.6, then rounded to
 * doubles; error 1.4e-16. */
BASE_INLINE struct net_normal net_normal(double a)
{
    const double bounded = a > 40 ? 40 : a;
    const double high = base_from_bits(base_to_bits(bounded) & 0xfffffffff8000000);
    const double rest = 0.5 * (bounded - high) * (bounded + high);
    const double exp = a > 37.4 ? 0 : net_exponential_less(-0.5 * high * high, rest).exp;
    const double r = 1 / (bounded + 3), t = (bounded - 3) * r, tt = t * t;
    double even = -0x1.bd8f14ef9e3a8p-27 * tt + 0x1.94c44a7b6d2f0p-24;
    even = even * tt - 0x1.245b6e7ec0a0ap-22;
    even = even * tt + 0x1.0313a0b015e9dp-27;
    even = even * tt + 0x1.e89289ff528c8p-19;
    even = even * tt - 0x1.5b1b42a0b0c77p-16;
    even = even * tt + 0x1.4a90782f92bd1p-14;
    even = even * tt - 0x1.0d09eba972d48p-12;
    even = even * tt + 0x1.0d608c96ea615p-10;
    even = even * tt - 0x1.56d8e3d801fd7p-7;
    even = even * tt + 0x1.d71387c654ce7p-3;
    even = even * tt + 0x1.754a751a56f4ap-1;
    double odd = -0x1.45a7192d474a7p-28 * tt + 0x1.1c2e2d01cc3b0p-26;
    odd = odd * tt + 0x1.e5af683762036p-25;
    odd = odd * tt - 0x1.45bcd83d0837ap-21;
    odd = odd * tt + 0x1.2fff4e985b5a8p-19;
    odd = odd * tt - 0x1.d8989ea5f1112p-19;
    odd = odd * tt - 0x1.bc6ecfdda8528p-17;
    odd = odd * tt + 0x1.43c9d0045dfeep-13;
    odd = odd * tt - 0x1.12285ea13b988p-10;
    odd = odd * tt + 0x1.c8f52c30c550bp-8;
    odd = odd * tt - 0x1.832dbf6990ffbp-5;
    odd = odd * tt - 0x1.04c7295a48f36p-1;
    return (struct net_normal){exp, exp * (r * (even + t * odd))};
}

/* erf(u/√2)/u for w = u² ≤ 1: minimax for relative error, 9e-17 after rounding. */
BASE_INLINE double net_erf_small(double w)
{
    double sum = -0x1.7dae18b893d4ep-33 * w + 0x1.2ff5adbe1acafp-28;
    sum = sum * w - 0x1.616d8228fa566p-24;
    sum = sum * w + 0x1.6581052e8d5e3p-20;
    sum = sum * w - 0x1.3ce8b203f1160p-16;
    sum = sum * w + 0x1.e42b0a8efaed9p-13;
    sum = sum * w - 0x1.37403f63ea8cdp-9;
    sum = sum * w + 0x1.46d042975338fp-6;
    sum = sum * w - 0x1.1058377e2cd5ep-3;
    sum = sum * w + 0x1.9884533d43650p-1;
    return sum;
}

#endif
