/* Whether two samples have one law. */
#ifndef TESTS_NET_LAW_H
#define TESTS_NET_LAW_H

#include <stddef.h>

/* Kolmogorov and Smirnov's distance of x (n) and y (n), which it sorts; above 2.46 √(2/n) it is a false alarm
 * once in 90,000 times. Values that rounding alone tells apart, below 1e-11·scale, count as one: T above the
 * rank leaves eigenvalues of 1e-16. */
double law_distance(size_t n, double *x, double *y, double scale);

#endif
