/* Private to net: e^x for x ≤ 0 as vector code. */
#ifndef NET_EXPONENTIAL_H
#define NET_EXPONENTIAL_H

#include "base/vector.h"

/* e^x and e^x − 1, each to 1e-15 relative. */
struct net_exponential {
    double exp, expm1;
};

/* e^(x−y) for x ≤ 0 and 0 ≤ y < 1e-4, which is what x has lost to rounding; x below −700 counts as −700
 * (1e-304), NaN stays NaN. x = k ln 2 + r with |r| ≤ ½ ln 2, then e^r − 1 = r + r² (1/2! + r/3! + … +
 * r¹¹/13!), whose first term left out is below 2e-18. */
BASE_INLINE struct net_exponential net_exponential_less(double x, double y)
{
    const double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45, to_integer = 0x1.8p52;
    const double bounded = x < -700 ? -700 : x;
    const double shifted = bounded * 0x1.71547652b82fep+0 + to_integer; /* k in the lowest bits */
    const double k = shifted - to_integer;
    const double r = (bounded - k * ln2_high) - k * ln2_low - y;
    const double two_k = base_from_bits((base_to_bits(shifted) << 52) + 0x3ff0000000000000);
    double sum = 1.0 / 6227020800;
    sum = sum * r + 1.0 / 479001600;
    sum = sum * r + 1.0 / 39916800;
    sum = sum * r + 1.0 / 3628800;
    sum = sum * r + 1.0 / 362880;
    sum = sum * r + 1.0 / 40320;
    sum = sum * r + 1.0 / 5040;
    sum = sum * r + 1.0 / 720;
    sum = sum * r + 1.0 / 120;
    sum = sum * r + 1.0 / 24;
    sum = sum * r + 1.0 / 6;
    sum = sum * r + 0.5;
    const double m = r + r * r * sum;
    return (struct net_exponential){two_k + two_k * m, (two_k - 1) + two_k * m};
}

BASE_INLINE struct net_exponential net_exponential(double x)
{
    return net_exponential_less(x, 0);
}

#endif
