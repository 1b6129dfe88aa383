#include "net/sums.h"

#include "base/vector.h"
#include "linalg/linalg.h"

#include <string.h>

void net_sums_lay_out(const struct net_architecture *architecture, double *memory, size_t *used,
                      struct net_sums_parts *parts)
{
    const struct net_architecture *a = architecture;
    memset(parts, 0, sizeof *parts);
    if (a->sums & NET_SUM_S) {
        parts->s = net_panel_carve(memory, used, net_panel_size(a) * a->T);
        parts->S = net_panel_carve(memory, used, a->T * a->T);
    }
    if (a->sums & NET_SUM_U)
        parts->U = net_panel_carve(memory, used, a->CT);
    if (a->sums & NET_SUM_G) {
        parts->G = net_panel_carve(memory, used, a->CT * a->CT);
        parts->V = net_panel_carve(memory, used, a->C * a->C);
    }
}

BASE_CLONES static void squares(size_t units, size_t C, size_t T, const double *restrict delta,
                                double *restrict s)
{
    memset(s, 0, units * T * sizeof *s);
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < T; t++)
                s[i * T + t] += delta[(i * C + k) * T + t] * delta[(i * C + k) * T + t];
}

BASE_CLONES static void products(size_t units, size_t C, size_t T, const double *restrict delta,
                                 const double *restrict u, double *restrict U)
{
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < T; t++)
                U[k * T + t] += delta[(i * C + k) * T + t] * u[i * T + t];
}

void net_sums_delta(const struct net_architecture *architecture, struct net_panel panel, const double *delta,
                    const double *u, const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    const size_t l = panel.l;
    if (a->sums & NET_SUM_S) {
        squares(panel.units, a->C, a->T, delta, parts->s);
        linalg_gram(panel.units, a->T, parts->s, net_panel_part(a, l, parts->S, gram->S[l]));
    }
    if (a->sums & NET_SUM_U) {
        double *U = net_panel_part(a, l, parts->U, gram->U[l]);
        memset(U, 0, a->CT * sizeof *U);
        products(panel.units, a->C, a->T, delta, u, U);
    }
}

void net_sums_branch(const struct net_architecture *architecture, struct net_panel panel, const double *g,
                     const double *y, const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (a->sums & NET_SUM_U)
        products(panel.units, a->C, a->T, g, y, net_panel_part(a, panel.l, parts->U, gram->U[panel.l]));
}

void net_sums_gradient(const struct net_architecture *architecture, struct net_panel panel, const double *g,
                       const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (a->sums & NET_SUM_G)
        linalg_gram(panel.units, a->CT, g, net_panel_part(a, panel.l, parts->G, gram->G[panel.l]));
}

void net_sums_gradient_squares(const struct net_architecture *architecture, struct net_panel panel,
                               const double *g, const struct net_sums_parts *parts,
                               const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (gram->R[panel.l] == NULL)
        return;
    squares(panel.units, a->C, a->T, g, parts->s);
    linalg_gram(panel.units, a->T, parts->s, net_panel_part(a, panel.l, parts->S, gram->R[panel.l]));
}

void net_sums_outputs(const struct net_architecture *architecture, struct net_panel panel, const double *v,
                      const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (a->sums & NET_SUM_G)
        linalg_gram(panel.units, a->C, v, net_panel_part(a, panel.l, parts->V, gram->G[panel.l]));
}

void net_sums_add_delta(const struct net_architecture *architecture, size_t l, size_t index,
                        const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (a->sums & NET_SUM_S)
        net_panel_add_upper(index, a->T, net_panel_part(a, l, parts->S, gram->S[l]), gram->S[l]);
    if (a->sums & NET_SUM_U)
        net_panel_add(index, a->CT, net_panel_part(a, l, parts->U, gram->U[l]), gram->U[l]);
}

void net_sums_add_gradient(const struct net_architecture *architecture, size_t l, size_t index,
                           const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (a->sums & NET_SUM_G)
        net_panel_add_upper(index, a->CT, net_panel_part(a, l, parts->G, gram->G[l]), gram->G[l]);
}

void net_sums_add_gradient_squares(const struct net_architecture *architecture, size_t l, size_t index,
                                   const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (gram->R[l] != NULL)
        net_panel_add_upper(index, a->T, net_panel_part(a, l, parts->S, gram->R[l]), gram->R[l]);
}

void net_sums_add_outputs(const struct net_architecture *architecture, size_t index,
                          const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    const size_t l = a->L - 1;
    if (a->sums & NET_SUM_G)
        net_panel_add_upper(index, a->C, net_panel_part(a, l, parts->V, gram->G[l]), gram->G[l]);
}

void net_sums_spread_outputs(const struct net_architecture *architecture, const struct net_sums_parts *parts,
                             const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    const size_t C = a->C, T = a->T;
    if (!(a->sums & NET_SUM_G))
        return;
    double *G = gram->G[a->L - 1];
    memcpy(parts->V, G, C * C * sizeof *G);
    for (size_t row = 0; row < a->CT; row++)
        for (size_t column = row; column < a->CT; column++)
            G[row * a->CT + column] = parts->V[row / T * C + column / T];
}
