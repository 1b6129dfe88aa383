#include "fisher/fisher.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>

/* Unit i of layer l. */
struct unit {
    size_t l, i;
};

/* X (M_{l-1}, T): h^{l-1}_x(t) Σ_k δ^l_ki(t) δ^m_kj(t) / T */
static void weighted_inputs(const struct net_weights *network, struct unit a, struct unit b, double *X)
{
    const size_t C = network->architecture->C, T = network->architecture->T, CT = network->architecture->CT;
    const double *delta_a = network->delta[a.l] + a.i * CT, *delta_b = network->delta[b.l] + b.i * CT;
    const size_t below = network->architecture->widths[a.l - 1];
    for (size_t t = 0; t < T; t++) {
        double product = 0;
        for (size_t k = 0; k < C; k++)
            product += delta_a[k * T + t] * delta_b[k * T + t];
        for (size_t x = 0; x < below; x++)
            X[x * T + t] = network->h[a.l - 1][x * T + t] * product / (double)T;
    }
}

/* The norm of a block, from X and the inputs of the other unit; *largest grows to its largest entry. */
static double block_norm(const struct net_weights *network, struct unit a, struct unit b, const double *X,
                         double *block, double *largest)
{
    const struct net_architecture *shape = network->architecture;
    const size_t rows = shape->widths[a.l - 1], columns = shape->widths[b.l - 1];
    double sum = 0;
    linalg_multiply(false, true, rows, columns, shape->T, 1, X, network->h[b.l - 1], 0, block);
    for (size_t i = 0; i < rows * columns; i++) {
        sum += block[i] * block[i];
        *largest = fmax(*largest, fabs(block[i]));
    }
    return sqrt(sum);
}

static struct unit unit_after(const struct net_architecture *a, struct unit u)
{
    return u.i + 1 < a->widths[u.l] ? (struct unit){u.l, u.i + 1} : (struct unit){u.l + 1, 0};
}

int fisher_block_map(const struct net_weights *network, double *map, double *largest_on, double *largest_off,
                     struct base_error *error)
{
    int status;
    const struct net_architecture *shape = network->architecture;
    const size_t n = net_architecture_units(shape), widest = net_architecture_widest(shape);
    double *X = base_calloc(widest * shape->T, sizeof *X, error);
    double *block = base_calloc(widest * widest, sizeof *block, error);
    TRY(base_got(X));
    TRY(base_got(block));
    *largest_on = *largest_off = 0;
    struct unit a = {1, 0};
    for (size_t i = 0; i < n; i++, a = unit_after(shape, a)) {
        struct unit b = a;
        for (size_t j = i; j < n; j++, b = unit_after(shape, b)) {
            weighted_inputs(network, a, b, X);
            map[i * n + j] = map[j * n + i] =
                block_norm(network, a, b, X, block, j == i ? largest_on : largest_off);
        }
    }
out:
    free(X);
    free(block);
    return status;
}
