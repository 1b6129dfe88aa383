#include "measure/orders.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Relative; the quadrature reaches a few 1e-15. */
static const double tolerance = 1e-12;

/* Bytes that the order parameters of given inputs may take. */
static const double most_bytes = 4294967296.0;

struct measure_orders_entry {
    const char *activation;
    double weight_variance, bias_variance;
    bool residual;
    double skip, branch_variance;
    size_t L;
    const double *inputs; /* and of given ones: */
    size_t T, M_0;
    struct theory_order *order; /* does not move when the list grows */
};

static const struct theory_order *find(const struct measure_orders *orders, const struct net_architecture *a)
{
    for (size_t i = 0; i < orders->n; i++) {
        const struct measure_orders_entry *e = &orders->entries[i];
        if (e->L == a->L && e->weight_variance == a->weight_variance &&
            e->bias_variance == a->bias_variance && e->residual == a->residual && e->skip == a->skip &&
            e->branch_variance == a->branch_variance && strcmp(e->activation, a->activation) == 0 &&
            e->inputs == a->inputs && (a->inputs == NULL || (e->T == a->T && e->M_0 == a->widths[0])))
            return e->order;
    }
    return NULL;
}

static int grow(struct measure_orders *orders, struct base_error *error)
{
    if (orders->n < orders->room)
        return BASE_OK;
    const size_t room = 2 * orders->room + 8;
    struct measure_orders_entry *entries = base_calloc(room, sizeof *entries, error);
    if (entries == NULL)
        return BASE_FAILED;
    if (orders->n > 0)
        memcpy(entries, orders->entries, orders->n * sizeof *entries);
    free(orders->entries);
    orders->entries = entries;
    orders->room = room;
    return BASE_OK;
}

static int solve_given(const struct net_architecture *a, const struct net_activation *activation,
                       struct theory_order *order, struct base_error *error)
{
    int status;
    struct theory_branch branch;
    const double bytes =
        a->residual ? theory_kernel_bytes_residual(a->L, a->T) : theory_kernel_bytes(a->L, a->T);
    char size[32];
    double *gram = NULL;
    if (bytes > most_bytes)
        TRY(base_fail(error, BASE_UNRESOLVED,
                      "the order parameters of %zu given inputs in %zu layers take %s; predictions are made "
                      "up to 4 GiB",
                      a->T, a->L, base_format_bytes(bytes, size)));
    TRY(base_got(gram = base_calloc(a->T * a->T, sizeof *gram, error)));
    TRY(theory_gram_compute(a->widths[0], a->T, a->inputs, gram, error));
    TRY(theory_kernel_solve_residual(order, activation, a->weight_variance, a->bias_variance,
                                     theory_branch_of(a, 0, &branch), a->L, a->T, gram, tolerance, error));
out:
    free(gram);
    return status;
}

int measure_orders_gaussian(const struct net_architecture *architecture,
                            const struct net_activation *activation, struct theory_order *order,
                            struct base_error *error)
{
    const struct net_architecture *a = architecture;
    return a->residual ? theory_order_solve_residual(order, activation, a->weight_variance, a->bias_variance,
                                                     a->skip, a->branch_variance, a->L, tolerance, error)
                       : theory_order_solve(order, activation, a->weight_variance, a->bias_variance, a->L,
                                            tolerance, error);
}

int measure_orders_get(struct measure_orders *orders, const struct net_architecture *architecture,
                       const struct theory_order **order, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct net_activation activation = {0};
    struct theory_order *solved = NULL;
    if ((*order = find(orders, a)) != NULL)
        return BASE_OK;
    TRY(grow(orders, error));
    TRY(base_got(solved = base_calloc(1, sizeof *solved, error)));
    TRY(net_activation_open(&activation, a->activation, error));
    if (a->inputs != NULL)
        TRY(solve_given(a, &activation, solved, error));
    else
        TRY(measure_orders_gaussian(a, &activation, solved, error));
    orders->entries[orders->n++] = (struct measure_orders_entry){a->activation,
                                                                 a->weight_variance,
                                                                 a->bias_variance,
                                                                 a->residual,
                                                                 a->skip,
                                                                 a->branch_variance,
                                                                 a->L,
                                                                 a->inputs,
                                                                 a->T,
                                                                 a->widths[0],
                                                                 solved};
    *order = solved;
out:
    net_activation_close(&activation);
    if (status != BASE_OK)
        free(solved);
    return status;
}

void measure_orders_free(struct measure_orders *orders)
{
    for (size_t i = 0; i < orders->n; i++) {
        theory_order_free(orders->entries[i].order);
        free(orders->entries[i].order);
    }
    free(orders->entries);
    memset(orders, 0, sizeof *orders);
}
