#include "net/signals.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

int net_gram_init(struct net_gram *gram, const struct net_architecture *architecture,
                  struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    memset(gram, 0, sizeof *gram);
    gram->architecture = a;
    TRY(base_got(gram->H = base_calloc(a->L + 1, sizeof *gram->H, error)));
    TRY(base_got(gram->D = base_calloc(a->L + 1, sizeof *gram->D, error)));
    for (size_t l = 0; l < a->L; l++)
        TRY(base_got(gram->H[l] = base_calloc(a->T * a->T, sizeof(double), error)));
    for (size_t l = 1; l < a->L; l++)
        TRY(base_got(gram->D[l] = base_calloc(a->CT * a->CT, sizeof(double), error)));
    TRY(base_got(gram->f = base_calloc(a->CT, sizeof(double), error)));
out:
    if (status != BASE_OK)
        net_gram_free(gram);
    return status;
}

void net_gram_free(struct net_gram *gram)
{
    for (size_t l = 0; gram->architecture != NULL && l <= gram->architecture->L; l++) {
        if (gram->H != NULL)
            free(gram->H[l]);
        if (gram->D != NULL)
            free(gram->D[l]);
    }
    free(gram->H);
    free(gram->D);
    free(gram->f);
    memset(gram, 0, sizeof *gram);
}

double net_gram_bytes(const struct net_architecture *architecture)
{
    const double L = (double)architecture->L, T = (double)architecture->T, CT = (double)architecture->CT;
    return (L * T * T + (L - 1) * CT * CT + CT) * sizeof(double);
}

const struct net_sampler *net_sampler_choose(enum experiment_sampler choice,
                                             const struct net_architecture *architecture)
{
    switch (choice) {
    case EXPERIMENT_WEIGHTS: return &net_sampler_weights;
    case EXPERIMENT_CONDITIONAL: return &net_sampler_conditional;
    case EXPERIMENT_AUTO: break;
    }
    return net_sampler_conditional.cost(architecture) < net_sampler_weights.cost(architecture)
               ? &net_sampler_conditional
               : &net_sampler_weights;
}
