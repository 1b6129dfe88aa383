#include "net/panel.h"

#include "base/vector.h"
#include "net/purpose.h"
#include "random/normal.h"

#include <math.h>
#include <string.h>

/* 384 units of 100 samples nearly stay in a second-level cache; many rows of the Jacobian want longer sums
 * between two additions to their large square matrix. */
size_t net_panel_size(const struct net_architecture *architecture)
{
    const size_t smallest = 384, largest = 1024, CT = architecture->CT;
    return CT < smallest ? smallest : CT > largest ? largest : (CT + 15) / 16 * 16;
}

static size_t panels_of(const struct net_architecture *architecture, size_t units)
{
    const size_t size = net_panel_size(architecture);
    return (units + size - 1) / size;
}

size_t net_architecture_panels(const struct net_architecture *architecture)
{
    return panels_of(architecture, net_architecture_widest(architecture));
}

size_t net_panel_count(const struct net_architecture *architecture, size_t l)
{
    return panels_of(architecture, architecture->widths[l]);
}

struct net_panel net_panel_at(const struct net_architecture *architecture, size_t l, size_t index)
{
    const size_t size = net_panel_size(architecture), left = architecture->widths[l] - index * size;
    return (struct net_panel){l, index * size, left < size ? left : size};
}

size_t net_weights_stride(const struct net_architecture *architecture, size_t l)
{
    return (architecture->widths[l - 1] + 15) / 16 * 16;
}

void net_panel_inputs(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                      struct net_panel panel, double *x)
{
    const size_t T = architecture->T;
    if (architecture->inputs != NULL)
        memcpy(x, architecture->inputs + panel.first * T, panel.units * T * sizeof *x);
    else
        random_normals(seed, net_stream(architecture, trial, 0, NET_INPUTS), panel.first * T, panel.units * T,
                       x);
}

void net_panel_scale(size_t n, double factor, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

void net_panel_biases(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                      struct net_panel panel, double *b)
{
    random_normals(seed, net_stream(architecture, trial, panel.l, NET_BIASES), panel.first, panel.units, b);
    net_panel_scale(panel.units, sqrt(architecture->bias_variance), b);
}

void net_panel_add_biases(const struct net_architecture *architecture, struct net_panel panel,
                          const double *b, double *u)
{
    const size_t T = architecture->T;
    for (size_t i = 0; i < panel.units; i++)
        for (size_t t = 0; t < T; t++)
            u[i * T + t] += b[i];
}

void net_panel_add_output_biases(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                                 double *f)
{
    const struct net_architecture *a = architecture;
    for (size_t k = 0; k < a->C; k++) {
        const struct net_panel output = {a->L, k, 1};
        double b;
        net_panel_biases(a, seed, trial, output, &b);
        net_panel_add_biases(a, output, &b, f + k * a->T);
    }
}

void net_panel_outputs(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                       struct net_panel panel, double *v)
{
    const struct net_architecture *a = architecture;
    random_normals(seed, net_stream(a, trial, a->L, NET_WEIGHTS), panel.first * a->C, panel.units * a->C, v);
    net_panel_scale(panel.units * a->C, sqrt(a->weight_variance / (double)a->widths[a->L - 1]), v);
}

BASE_CLONES static void gate(size_t units, size_t C, size_t T, const double *restrict dphi,
                             double *restrict delta)
{
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < T; t++)
                delta[(i * C + k) * T + t] *= dphi[i * T + t];
}

void net_panel_gate(const struct net_architecture *architecture, struct net_panel panel, const double *dphi,
                    double *delta)
{
    gate(panel.units, architecture->C, architecture->T, dphi, delta);
}

double *net_panel_part(const struct net_architecture *architecture, size_t l, double *own, double *total)
{
    return net_panel_count(architecture, l) == 1 ? total : own;
}

void net_panel_add(size_t index, size_t n, const double *part, double *total)
{
    if (part == total)
        return;
    if (index == 0)
        memcpy(total, part, n * sizeof *total);
    else
        for (size_t i = 0; i < n; i++)
            total[i] += part[i];
}

void net_panel_add_upper(size_t index, size_t n, const double *part, double *total)
{
    for (size_t i = 0; i < n && part != total; i++)
        net_panel_add(index, n - i, part + i * n + i, total + i * n + i);
}

double *net_panel_carve(double *base, size_t *used, size_t n)
{
    double *at = base != NULL ? base + *used : NULL;
    *used += (n + 7) / 8 * 8;
    return at;
}
