#include "net/inputs.h"

#include "net/purpose.h"
#include "random/normal.h"

#include <math.h>
#include <string.h>

void net_inputs_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial, double *x)
{
    random_normals(seed, net_stream(architecture, trial, 0, NET_INPUTS), 0,
                   architecture->widths[0] * architecture->T, x);
}

void net_biases_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial, size_t layer,
                     double *b)
{
    const size_t units = architecture->widths[layer];
    const double sigma_b = sqrt(architecture->bias_variance);
    random_normals(seed, net_stream(architecture, trial, layer, NET_BIASES), 0, units, b);
    for (size_t i = 0; i < units; i++)
        b[i] *= sigma_b;
}

void net_biases_spread(const struct net_architecture *architecture, size_t layer, const double *b, double *u)
{
    const size_t T = architecture->T;
    for (size_t i = 0; i < architecture->widths[layer]; i++)
        for (size_t t = 0; t < T; t++)
            u[i * T + t] = b[i];
}

void net_delta_output(const struct net_architecture *architecture, double *delta)
{
    const size_t C = architecture->C, T = architecture->T, CT = architecture->CT;
    memset(delta, 0, C * CT * sizeof *delta);
    for (size_t k = 0; k < C; k++)
        for (size_t t = 0; t < T; t++)
            delta[k * CT + k * T + t] = 1;
}

void net_delta_gate(const struct net_architecture *architecture, size_t layer, const double *dphi,
                    double *delta)
{
    const size_t C = architecture->C, T = architecture->T, units = architecture->widths[layer];
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < T; t++)
                delta[(i * C + k) * T + t] *= dphi[i * T + t];
}
