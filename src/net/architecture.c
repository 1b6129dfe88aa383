#include "net/architecture.h"

#include <math.h>
#include <string.h>

static void count_parameters(struct net_architecture *a)
{
    a->P = 0;
    for (size_t l = 1; l <= a->L; l++)
        a->P += (double)a->widths[l] * ((double)a->widths[l - 1] + 1);
}

int net_architecture_init(struct net_architecture *architecture, const struct experiment_point *point,
                          struct base_error *error)
{
    struct net_architecture *a = architecture;
    memset(a, 0, sizeof *a);
    a->L = (size_t)point->depth;
    a->C = (size_t)point->outputs;
    a->T = (size_t)point->samples;
    a->CT = a->C * a->T;
    a->M = (size_t)point->width;
    a->weight_variance = point->weight_variance;
    a->bias_variance = point->bias_variance;
    a->activation = point->activation;
    for (size_t l = 0; l < a->L; l++) {
        const double units = floor(point->profile[l] * (double)point->width + 0.5);
        if (!(units >= 1 && units < 0x1p31))
            return base_fail(error, BASE_BAD_INPUT,
                             "profile: layer %zu would have %g units (α_%zu·M = %g·%zu)", l, units, l,
                             point->profile[l], a->M);
        a->widths[l] = (size_t)units;
    }
    a->widths[a->L] = a->C;
    count_parameters(a);
    return BASE_OK;
}

void net_architecture_set_inputs(struct net_architecture *architecture, size_t features, const double *inputs,
                                 uint64_t word)
{
    architecture->widths[0] = features;
    architecture->inputs = inputs;
    architecture->inputs_word = word;
    count_parameters(architecture);
}

size_t net_architecture_widest(const struct net_architecture *architecture)
{
    size_t widest = 0;
    for (size_t l = 0; l <= architecture->L; l++)
        widest = architecture->widths[l] > widest ? architecture->widths[l] : widest;
    return widest;
}
