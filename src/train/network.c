#include "train/train.h"

#include "base/memory.h"
#include "net/panel.h"
#include "net/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Teachers and what is held out are drawn as trials that no experiment has. */
static const uint64_t teacher_trial = (uint64_t)1 << 63, test_trial = (uint64_t)1 << 62;

int train_network_init(struct train_network *network, const struct net_architecture *architecture,
                       struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const bool ntk = a->training != NULL && strcmp(a->training->parametrization, "ntk") == 0;
    memset(network, 0, sizeof *network);
    network->architecture = a;
    network->bias_scale = ntk ? sqrt(a->bias_variance) : 1;
    TRY(base_got(network->W = base_calloc(a->L + 1, sizeof *network->W, error)));
    TRY(base_got(network->b = base_calloc(a->L + 1, sizeof *network->b, error)));
    TRY(base_got(network->weight_scale = base_calloc(a->L + 1, sizeof(double), error)));
    for (size_t l = 1; l <= a->L; l++) {
        network->weight_scale[l] = ntk ? sqrt(a->weight_variance / (double)a->widths[l - 1]) : 1;
        TRY(base_got(network->W[l] = base_alloc(a->widths[l] * a->widths[l - 1], sizeof(double), error)));
        TRY(base_got(network->b[l] = base_alloc(a->widths[l], sizeof(double), error)));
    }
out:
    if (status != BASE_OK)
        train_network_free(network);
    return status;
}

void train_network_free(struct train_network *network)
{
    for (size_t l = 1; network->architecture != NULL && l <= network->architecture->L; l++) {
        if (network->W != NULL)
            free(network->W[l]);
        if (network->b != NULL)
            free(network->b[l]);
    }
    free(network->W);
    free(network->b);
    free(network->weight_scale);
    memset(network, 0, sizeof *network);
}

double train_network_bytes(const struct net_architecture *architecture)
{
    return architecture->P * sizeof(double);
}

void train_network_copy(const struct train_network *from, struct train_network *to)
{
    const struct net_architecture *a = from->architecture;
    for (size_t l = 1; l <= a->L; l++) {
        memcpy(to->W[l], from->W[l], a->widths[l] * a->widths[l - 1] * sizeof(double));
        memcpy(to->b[l], from->b[l], a->widths[l] * sizeof(double));
    }
}

void train_network_draw(struct train_network *network, uint64_t seed, uint64_t trial)
{
    net_weights_draw_parameters(network->architecture, seed, trial, network->W, network->b, NULL);
}

void train_teacher_draw(struct train_network *teacher, uint64_t seed, uint64_t trial)
{
    train_network_draw(teacher, seed, trial | teacher_trial);
}

void train_inputs_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                       double *inputs)
{
    net_panel_inputs(architecture, seed, trial, (struct net_panel){0, 0, architecture->widths[0]}, inputs);
}

void train_test_inputs_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                            double *inputs)
{
    struct net_architecture held_out = *architecture;
    held_out.T = architecture->T_test;
    held_out.inputs = architecture->test_inputs;
    train_inputs_draw(&held_out, seed, trial | test_trial, inputs);
}
