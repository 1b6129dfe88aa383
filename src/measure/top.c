#include "measure/top.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"

#include <stdlib.h>

double measure_top_bytes(const struct net_architecture *architecture)
{
    const double CT = (double)architecture->CT, C = (double)architecture->C;
    return (2 * CT * CT + C + 2 * C * CT) * sizeof(double) +
           linalg_eigen_top_bytes(architecture->CT, architecture->C);
}

void measure_top_free(void *top)
{
    struct measure_top *t = top;
    if (t == NULL)
        return;
    free(t->dual);
    free(t->scratch);
    free(t->values);
    free(t->vectors);
    free(t->means);
    free(t);
}

int measure_top_init(void **top, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    const size_t CT = architecture->CT, C = architecture->C;
    struct measure_top *t = base_calloc(1, sizeof *t, error);
    TRY(base_got(t));
    TRY(base_got(t->dual = base_calloc(CT * CT, sizeof(double), error)));
    TRY(base_got(t->scratch = base_calloc(CT * CT, sizeof(double), error)));
    TRY(base_got(t->values = base_calloc(C, sizeof(double), error)));
    TRY(base_got(t->vectors = base_calloc(C * CT, sizeof(double), error)));
    TRY(base_got(t->means = base_calloc(C * CT, sizeof(double), error)));
    *top = t;
out:
    if (status != BASE_OK)
        measure_top_free(t);
    return status;
}

int measure_top_find(struct measure_top *top, size_t n, size_t T, struct base_error *error)
{
    double residual;
    fisher_dual_means(n, T, top->dual, top->means);
    return linalg_eigen_top(n * T, n, top->dual, top->means, top->values, top->vectors, &residual,
                            top->scratch, error);
}
