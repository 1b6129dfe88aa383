#include "report/report.h"

#include <math.h>

struct report_moments report_moments(size_t n, const double *values, size_t stride)
{
    struct report_moments m = {0, NAN, NAN, NAN};
    double mean = 0, squares = 0; /* Welford: no cancellation */
    for (size_t i = 0; i < n; i++) {
        const double x = values[i * stride];
        if (!isfinite(x))
            continue;
        m.n++;
        const double step = x - mean;
        mean += step / (double)m.n;
        squares += step * (x - mean);
    }
    if (m.n >= 1)
        m.mean = mean;
    if (m.n >= 2) {
        m.sd = sqrt(squares / (double)(m.n - 1));
        m.se = m.sd / sqrt((double)m.n);
    }
    return m;
}
