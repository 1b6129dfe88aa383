/* Private to measure: the largest eigenvalues of a dual, which some measures have in common. */
#ifndef MEASURE_TOP_H
#define MEASURE_TOP_H

#include "base/error.h"
#include "net/architecture.h"

/* The whole working memory of a measure that needs no more: init, free and bytes are as struct measure has
 * them. */
struct measure_top {
    double *dual, *scratch;  /* (CT, CT) */
    double *values;          /* (C) */
    double *vectors, *means; /* (C, CT) */
};
double measure_top_bytes(const struct net_architecture *architecture);
int measure_top_init(void **top, const struct net_architecture *architecture, struct base_error *error);
void measure_top_free(void *top);

/* The n largest eigenpairs of dual (nT, nT), n ≤ C, into values (n) and vectors (n, nT), and its means (n,
 * nT) as fisher_dual_means has them: near the span of the first n eigenvectors, KAA19 says. */
int measure_top_find(struct measure_top *top, size_t n, size_t T, struct base_error *error);

#endif
