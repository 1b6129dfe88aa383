#include "net/signals.h"

#include "base/memory.h"
#include "net/units.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One matrix of `numbers` for each layer from `first` to L−1. */
static int layers_init(double ***layers, const struct net_architecture *a, bool wanted, size_t first,
                       size_t numbers, struct base_error *error)
{
    int status;
    TRY(base_got(*layers = base_calloc(a->L + 1, sizeof **layers, error)));
    for (size_t l = first; l < a->L && wanted; l++)
        TRY(base_got((*layers)[l] = base_calloc(numbers, sizeof(double), error)));
out:
    return status;
}

int net_gram_init(struct net_gram *gram, const struct net_architecture *architecture,
                  struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t TT = a->T * a->T, CTCT = a->CT * a->CT;
    memset(gram, 0, sizeof *gram);
    gram->architecture = a;
    TRY(layers_init(&gram->H, a, true, 0, TT, error));
    TRY(layers_init(&gram->D, a, true, 1, CTCT, error));
    TRY(layers_init(&gram->S, a, a->sums & NET_SUM_S, 1, TT, error));
    TRY(layers_init(&gram->G, a, a->sums & NET_SUM_G, 0, CTCT, error));
    TRY(layers_init(&gram->U, a, a->sums & NET_SUM_U, 1, a->CT, error));
    TRY(layers_init(&gram->Phi, a, a->sums & NET_SUM_PHI, 1, TT, error));
    TRY(layers_init(&gram->R, a, (a->sums & NET_SUM_S) && a->train_branch, 1, TT, error));
    TRY(net_units_init(gram, error));
    TRY(base_got(gram->f = base_calloc(a->CT, sizeof(double), error)));
out:
    if (status != BASE_OK)
        net_gram_free(gram);
    return status;
}

static void layers_free(double **layers, size_t L)
{
    for (size_t l = 0; layers != NULL && l <= L; l++)
        free(layers[l]);
    free(layers);
}

void net_gram_free(struct net_gram *gram)
{
    if (gram->architecture == NULL)
        return;
    double **all[] = {gram->H, gram->D, gram->S, gram->G, gram->U, gram->Phi, gram->R};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        layers_free(all[i], gram->architecture->L);
    net_units_free(gram);
    free(gram->f);
    memset(gram, 0, sizeof *gram);
}

double net_gram_bytes(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const double L = (double)a->L, TT = (double)(a->T * a->T), CT = (double)a->CT;
    const double S = (a->sums & NET_SUM_S) != 0, G = (a->sums & NET_SUM_G) != 0,
                 U = (a->sums & NET_SUM_U) != 0, Phi = (a->sums & NET_SUM_PHI) != 0,
                 R = a->train_branch ? S : 0;
    return ((L + (S + Phi + R) * (L - 1)) * TT + (L - 1 + G * L) * CT * CT + (1 + U * (L - 1)) * CT) *
               sizeof(double) +
           net_units_bytes(a);
}

const struct net_sampler *net_sampler_choose(enum experiment_sampler choice,
                                             const struct net_architecture *architecture)
{
    const bool residual = architecture->residual;
    const struct net_sampler *weights = residual ? &net_sampler_residual_weights : &net_sampler_weights,
                             *conditional =
                                 residual ? &net_sampler_residual_conditional : &net_sampler_conditional;
    switch (choice) {
    case EXPERIMENT_WEIGHTS: return weights;
    case EXPERIMENT_CONDITIONAL: return conditional;
    case EXPERIMENT_AUTO: break;
    }
    return conditional->cost(architecture) < weights->cost(architecture) ? conditional : weights;
}
