#include "net/law.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double law_distance(size_t n, double *x, double *y, double scale)
{
    size_t i = 0, j = 0;
    double distance = 0;
    for (size_t k = 0; k < n; k++) {
        x[k] = fabs(x[k]) < 1e-11 * scale ? 0 : x[k];
        y[k] = fabs(y[k]) < 1e-11 * scale ? 0 : y[k];
    }
    qsort(x, n, sizeof *x, ascending);
    qsort(y, n, sizeof *y, ascending);
    while (i < n && j < n) {
        const double at = fmin(x[i], y[j]);
        while (i < n && x[i] <= at)
            i++;
        while (j < n && y[j] <= at)
            j++;
        distance = fmax(distance, fabs((double)i - (double)j) / (double)n);
    }
    return distance;
}
