#include "measure/orders.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Relative; the quadrature reaches a few 1e-15. */
static const double tolerance = 1e-12;

struct measure_orders_entry {
    const char *activation;
    double weight_variance, bias_variance;
    bool residual;
    double skip, branch_variance;
    size_t L;
    struct theory_order *order; /* does not move when the list grows */
};

static const struct theory_order *find(const struct measure_orders *orders, const struct net_architecture *a)
{
    for (size_t i = 0; i < orders->n; i++) {
        const struct measure_orders_entry *e = &orders->entries[i];
        if (e->L == a->L && e->weight_variance == a->weight_variance &&
            e->bias_variance == a->bias_variance && e->residual == a->residual && e->skip == a->skip &&
            e->branch_variance == a->branch_variance && strcmp(e->activation, a->activation) == 0)
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

int measure_orders_get(struct measure_orders *orders, const struct net_architecture *architecture,
                       const struct theory_order **order, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct net_activation activation = {0};
    struct theory_order *solved = NULL;
    if (a->inputs != NULL)
        return base_fail(error, BASE_UNRESOLVED, "this version has no theory for inputs from a file");
    if ((*order = find(orders, a)) != NULL)
        return BASE_OK;
    TRY(grow(orders, error));
    TRY(base_got(solved = base_calloc(1, sizeof *solved, error)));
    TRY(net_activation_open(&activation, a->activation, error));
    if (a->residual)
        TRY(theory_order_solve_residual(solved, &activation, a->weight_variance, a->bias_variance, a->skip,
                                        a->branch_variance, a->L, tolerance, error));
    else
        TRY(theory_order_solve(solved, &activation, a->weight_variance, a->bias_variance, a->L, tolerance,
                               error));
    orders->entries[orders->n++] = (struct measure_orders_entry){
        a->activation, a->weight_variance, a->bias_variance, a->residual, a->skip, a->branch_variance, a->L,
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
