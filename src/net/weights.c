#include "net/weights.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "net/inputs.h"
#include "net/purpose.h"
#include "random/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int net_weights_init(struct net_weights *network, const struct net_architecture *architecture,
                     struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    memset(network, 0, sizeof *network);
    network->architecture = a;
    double ***lists[] = {&network->W, &network->b, &network->h, &network->dphi, &network->delta};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        TRY(base_got(*lists[i] = base_calloc(a->L + 1, sizeof **lists[i], error)));
    for (size_t l = 0; l <= a->L; l++)
        TRY(base_got(network->h[l] = base_calloc(a->widths[l] * a->T, sizeof(double), error)));
    for (size_t l = 1; l <= a->L; l++) {
        TRY(base_got(network->W[l] = base_calloc(a->widths[l] * a->widths[l - 1], sizeof(double), error)));
        TRY(base_got(network->b[l] = base_calloc(a->widths[l], sizeof(double), error)));
        TRY(base_got(network->delta[l] = base_calloc(a->widths[l] * a->CT, sizeof(double), error)));
        TRY(base_got(network->dphi[l] = base_calloc(a->widths[l] * a->T, sizeof(double), error)));
    }
    TRY(base_got(network->u = base_calloc(net_architecture_widest(a) * a->T, sizeof(double), error)));
out:
    if (status != BASE_OK)
        net_weights_free(network);
    return status;
}

void net_weights_free(struct net_weights *network)
{
    double **lists[] = {network->W, network->b, network->h, network->dphi, network->delta};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (size_t l = 0; lists[i] != NULL && l <= network->architecture->L; l++)
            free(lists[i][l]);
        free(lists[i]);
    }
    free(network->u);
    memset(network, 0, sizeof *network);
}

double net_weights_bytes(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    double numbers = (double)(net_architecture_widest(a) * a->T + a->widths[0] * a->T);
    for (size_t l = 1; l <= a->L; l++)
        numbers += (double)a->widths[l] * ((double)a->widths[l - 1] + 1 + 2 * (double)a->T + (double)a->CT);
    return numbers * sizeof(double);
}

void net_weights_draw(struct net_weights *network, uint64_t seed, uint64_t trial)
{
    const struct net_architecture *a = network->architecture;
    net_inputs_draw(a, seed, trial, network->h[0]);
    for (size_t l = 1; l <= a->L; l++) {
        const size_t n = a->widths[l] * a->widths[l - 1];
        const double sigma = sqrt(a->weight_variance / (double)a->widths[l - 1]);
        random_normals(seed, net_stream(a, trial, l, NET_WEIGHTS), 0, n, network->W[l]);
        for (size_t i = 0; i < n; i++)
            network->W[l][i] *= sigma;
        net_biases_draw(a, seed, trial, l, network->b[l]);
    }
}

void net_weights_forward(struct net_weights *network, const struct net_activation *activation)
{
    const struct net_architecture *a = network->architecture;
    for (size_t l = 1; l <= a->L; l++) {
        double *u = l == a->L ? network->h[l] : network->u;
        net_biases_spread(a, l, network->b[l], u);
        linalg_multiply(false, false, a->widths[l], a->T, a->widths[l - 1], 1, network->W[l],
                        network->h[l - 1], 1, u);
        if (l < a->L)
            net_activation_eval(activation, a->widths[l] * a->T, u, network->h[l], network->dphi[l]);
    }
}

void net_weights_backward(struct net_weights *network)
{
    const struct net_architecture *a = network->architecture;
    net_delta_output(a, network->delta[a->L]);
    for (size_t l = a->L - 1; l >= 1; l--) {
        linalg_multiply(true, false, a->widths[l], a->CT, a->widths[l + 1], 1, network->W[l + 1],
                        network->delta[l + 1], 0, network->delta[l]);
        net_delta_gate(a, l, network->dphi[l], network->delta[l]);
    }
}

void net_weights_gram(const struct net_weights *network, struct net_gram *gram)
{
    const struct net_architecture *a = network->architecture;
    for (size_t l = 0; l < a->L; l++)
        linalg_gram(a->widths[l], a->T, network->h[l], gram->H[l]);
    for (size_t l = 1; l <= a->L; l++)
        linalg_gram(a->widths[l], a->CT, network->delta[l], gram->D[l]);
    memcpy(gram->f, network->h[a->L], a->CT * sizeof *gram->f);
}

/* ---- the sampler */

static double sampler_cost(const struct net_architecture *a)
{
    double flops = 0;
    for (size_t l = 1; l <= a->L; l++) {
        const double weights = (double)a->widths[l] * (double)a->widths[l - 1];
        flops += weights * (NET_NORMAL_FLOPS + 2 * (double)a->T + (l > 1 ? 2 * (double)a->CT : 0));
    }
    return flops;
}

static int sampler_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    struct net_weights *network = base_calloc(1, sizeof *network, error);
    TRY(base_got(network));
    TRY(net_weights_init(network, architecture, error));
    *work = network;
    return BASE_OK;
out:
    free(network);
    return status;
}

static void sampler_free(void *work)
{
    if (work != NULL)
        net_weights_free(work);
    free(work);
}

static int sampler_sample(void *work, const struct net_activation *activation, uint64_t seed, uint64_t trial,
                          struct net_gram *gram, struct base_error *error)
{
    (void)error;
    struct net_weights *network = work;
    net_weights_draw(network, seed, trial);
    net_weights_forward(network, activation);
    net_weights_backward(network);
    net_weights_gram(network, gram);
    return BASE_OK;
}

const struct net_sampler net_sampler_weights = {
    .name = "weights",
    .doc = "draws every weight",
    .cost = sampler_cost,
    .bytes = net_weights_bytes,
    .init = sampler_init,
    .free = sampler_free,
    .sample = sampler_sample,
};
