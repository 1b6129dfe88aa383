#include "net/wishart.h"

#include "linalg/linalg.h"
#include "net/purpose.h"
#include "random/normal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* χ² with n ≥ 2 degrees of freedom, 2·Gamma(n/2), from normals number first, first + 1, …: three an attempt,
 * of which one in 20 fails at most. −ln of a uniform number is half the sum of two squared normals. */
static double chi_squared(uint64_t seed, uint64_t stream, uint64_t first, double n)
{
    const double d = n / 2 - 1. / 3, c = 1 / sqrt(9 * d);
    for (;; first += 3) {
        double z[3];
        random_normals(seed, stream, first, 3, z);
        const double root = 1 + c * z[0], v = root * root * root;
        const double minus_log = (z[1] * z[1] + z[2] * z[2]) / 2;
        if (root > 0 && -minus_log < z[0] * z[0] / 2 + d - d * v + d * log(v))
            return 2 * d * v;
    }
}

size_t net_wishart_factor(uint64_t seed, uint64_t stream, size_t n, size_t degrees, double *X)
{
    const size_t attempts = 1024; /* normals for a χ², far more than it takes */
    const bool bartlett = degrees > n;
    const size_t rows = bartlett ? n : degrees;
    random_normals(seed, stream, 0, rows * n, X);
    for (size_t j = 0; j < n && bartlett; j++) {
        memset(X + j * n, 0, j * sizeof *X);
        X[j * n + j] = sqrt(chi_squared(seed, stream, n * n + attempts * j, (double)(degrees - j)));
    }
    return rows;
}

void net_wishart_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial, double *X,
                      double *H)
{
    const struct net_architecture *a = architecture;
    net_wishart_factor(seed, net_stream(a, trial, 0, NET_WISHART), a->T, a->widths[0], X);
    linalg_gram(a->T, a->T, X, H);
}
