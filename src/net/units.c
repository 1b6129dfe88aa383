#include "net/units.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static size_t count(const struct net_architecture *a, size_t l)
{
    if (a->residual) /* no sampler of theirs hands over single units */
        return 0;
    return a->widths[l] < NET_UNITS ? a->widths[l] : NET_UNITS;
}

int net_units_init(struct net_gram *gram, struct base_error *error)
{
    int status;
    const struct net_architecture *a = gram->architecture;
    TRY(base_got(gram->units = base_calloc(a->L + 1, sizeof *gram->units, error)));
    for (size_t l = 1; l < a->L && (a->sums & NET_SUM_UNITS); l++) {
        struct net_units *units = &gram->units[l];
        const size_t n = count(a, l), M = a->widths[l - 1], T = a->T;
        units->n = n;
        TRY(base_got(units->h = base_calloc(M * T, sizeof(double), error)));
        TRY(base_got(units->w = base_calloc(n * M, sizeof(double), error)));
        TRY(base_got(units->b = base_calloc(n, sizeof(double), error)));
        TRY(base_got(units->u = base_calloc(n * T, sizeof(double), error)));
        TRY(base_got(units->s = base_calloc(n * T, sizeof(double), error)));
    }
out:
    return status;
}

void net_units_free(struct net_gram *gram)
{
    for (size_t l = 0; gram->units != NULL && l <= gram->architecture->L; l++) {
        const struct net_units *units = &gram->units[l];
        double *arrays[] = {units->h, units->w, units->b, units->u, units->s};
        for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
            free(arrays[i]);
    }
    free(gram->units);
}

double net_units_bytes(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    double numbers = 0;
    for (size_t l = 1; l < a->L && (a->sums & NET_SUM_UNITS); l++) {
        const double n = (double)count(a, l), M = (double)a->widths[l - 1], T = (double)a->T;
        numbers += M * T + n * (M + 1 + 2 * T);
    }
    return numbers * sizeof(double);
}

bool net_units_wanted(const struct net_gram *gram, struct net_panel panel)
{
    return panel.first == 0 && panel.l >= 1 && panel.l < gram->architecture->L && gram->units[panel.l].n > 0;
}

void net_units_take_inputs(const struct net_gram *gram, struct net_panel panel, const double *h)
{
    const size_t T = gram->architecture->T;
    if (panel.l + 1 < gram->architecture->L && gram->units[panel.l + 1].n > 0)
        memcpy(gram->units[panel.l + 1].h + panel.first * T, h, panel.units * T * sizeof *h);
}

void net_units_take_signals(const struct net_gram *gram, struct net_panel panel, const double *b,
                            const double *u)
{
    if (!net_units_wanted(gram, panel))
        return;
    const struct net_units *units = &gram->units[panel.l];
    memcpy(units->b, b, units->n * sizeof *b);
    memcpy(units->u, u, units->n * gram->architecture->T * sizeof *u);
}

void net_units_take_delta(const struct net_gram *gram, struct net_panel panel, const double *delta)
{
    if (!net_units_wanted(gram, panel))
        return;
    const struct net_units *units = &gram->units[panel.l];
    const size_t C = gram->architecture->C, T = gram->architecture->T;
    memset(units->s, 0, units->n * T * sizeof *units->s);
    for (size_t i = 0; i < units->n; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < T; t++)
                units->s[i * T + t] += delta[(i * C + k) * T + t] * delta[(i * C + k) * T + t];
}
