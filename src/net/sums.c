#include "net/sums.h"

#include "base/vector.h"
#include "linalg/linalg.h"

#include <string.h>

void net_sums_lay_out(const struct net_architecture *architecture, double *memory, size_t *used,
                      struct net_sums_parts *parts)
{
    const struct net_architecture *a = architecture;
    const size_t PT = net_panel_size(a) * a->T;
    if (a->sums & NET_SUM_S) {
        parts->s = net_panel_carve(memory, used, PT);
        parts->S = net_panel_carve(memory, used, a->T * a->T);
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

void net_sums_delta(const struct net_architecture *architecture, struct net_panel panel, const double *delta,
                    const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    const size_t l = panel.l;
    if (a->sums & NET_SUM_S) {
        squares(panel.units, a->C, a->T, delta, parts->s);
        linalg_gram(panel.units, a->T, parts->s, net_panel_part(a, l, parts->S, gram->S[l]));
    }
}

void net_sums_add_delta(const struct net_architecture *architecture, size_t l, size_t index,
                        const struct net_sums_parts *parts, const struct net_gram *gram)
{
    const struct net_architecture *a = architecture;
    if (a->sums & NET_SUM_S)
        net_panel_add_upper(index, a->T, net_panel_part(a, l, parts->S, gram->S[l]), gram->S[l]);
}
