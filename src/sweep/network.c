#include "sweep/network.h"

#include "base/memory.h"
#include "sweep/point.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each thread inside the network has an activation of its own: one of an expression is for one thread. */
static int open_activations(struct sweep_network *network, int threads, struct base_error *error)
{
    int status;
    TRY(base_got(network->activations = base_calloc((size_t)threads, sizeof *network->activations, error)));
    while (network->threads < threads)
        TRY(net_activation_open(&network->activations[network->threads++], network->architecture.activation,
                                error));
out:
    return status;
}

int sweep_network_init(struct sweep_network *network, const struct store_layout *layout,
                       const struct sweep_plan *plan, size_t point,
                       const struct experiment_training *training, bool untested, struct base_error *error)
{
    int status;
    const struct experiment *e = layout->experiment;
    memset(network, 0, sizeof *network);
    network->layout = layout;
    network->sampler = plan->samplers[point];
    TRY(sweep_point_architecture(layout, point, &network->architecture, error));
    if (training != NULL)
        network->architecture.training = training;
    if (untested)
        network->architecture.T_test = 0;
    TRY(open_activations(network, plan->threads_inside, error));
    network->alone = e->kind == EXPERIMENT_FISHER ? NULL : measure_find(e->measures[0]);
    if (network->alone == NULL)
        TRY(network->sampler->init(&network->sampler_work, &network->architecture, plan->threads_inside,
                                   plan->memories[point], error));
    if (network->alone == NULL)
        TRY(net_gram_init(&network->gram, &network->architecture, error));
    for (size_t i = 0; i < e->n_measures; i++)
        TRY(measure_find(e->measures[i])->init(&network->measure_work[i], &network->architecture, error));
    TRY(base_got(network->values = base_calloc(layout->n_variables, sizeof *network->values, error)));
    for (size_t v = 0; v < layout->n_variables; v++)
        TRY(base_got(network->values[v] =
                         base_calloc(store_layout_length(layout, v), sizeof(double), error)));
out:
    if (status != BASE_OK)
        sweep_network_free(network);
    return status;
}

void sweep_network_free(struct sweep_network *network)
{
    if (network->layout == NULL)
        return;
    const struct experiment *e = network->layout->experiment;
    for (size_t v = 0; network->values != NULL && v < network->layout->n_variables; v++)
        free(network->values[v]);
    free(network->values);
    for (size_t i = 0; i < e->n_measures; i++)
        measure_find(e->measures[i])->free(network->measure_work[i]);
    net_gram_free(&network->gram);
    if (network->sampler_work != NULL)
        network->sampler->free(network->sampler_work);
    for (int i = 0; i < network->threads; i++)
        net_activation_close(&network->activations[i]);
    free(network->activations);
    memset(network, 0, sizeof *network);
}

static void forget_values(struct sweep_network *network)
{
    for (size_t v = 0; v < network->layout->n_variables; v++)
        for (size_t i = 0; i < store_layout_length(network->layout, v); i++)
            network->values[v][i] = NAN;
}

/* Where a measure puts its numbers. */
static void find_cells(const struct sweep_network *network, const struct measure *measure, double **cells)
{
    const struct store_layout *layout = network->layout;
    for (size_t v = 0; v < measure->n_variables; v++) {
        const size_t at = store_layout_find(layout, &measure->variables[v]);
        cells[v] = at < layout->n_variables ? network->values[at] : NULL;
    }
}

static int run_measures(struct sweep_network *network, struct base_error *error)
{
    int status = BASE_OK;
    const struct experiment *e = network->layout->experiment;
    double *cells[MEASURE_MAX_VARIABLES];
    for (size_t i = 0; i < e->n_measures && status == BASE_OK; i++) {
        const struct measure *measure = measure_find(e->measures[i]);
        find_cells(network, measure, cells);
        status = measure->run(network->measure_work[i], &network->gram, cells, error);
    }
    return status;
}

/* Samples a network and measures it. */
static int sample(struct sweep_network *network, size_t trial, struct base_error *error)
{
    int status;
    TRY(network->sampler->sample(network->sampler_work, network->activations,
                                 network->layout->experiment->seed, trial, &network->gram, error));
    TRY(run_measures(network, error));
out:
    return status;
}

int sweep_network_run(struct sweep_network *network, size_t trial, const struct train_watch *watch,
                      struct base_error *error)
{
    int status;
    const struct store_layout *layout = network->layout;
    double *cells[MEASURE_MAX_VARIABLES];
    forget_values(network); /* a shallower point leaves NaN beyond its own length */
    if (network->alone != NULL)
        find_cells(network, network->alone, cells);
    status = network->alone == NULL
                 ? sample(network, trial, error)
                 : network->alone->run_alone(network->measure_work[0], layout->experiment->seed, trial, watch,
                                             cells, error);
    if (status == BASE_UNRESOLVED && network->alone == NULL)
        forget_values(network);
    if (status != BASE_OK && status != BASE_UNRESOLVED)
        return status;
    for (size_t v = 0; v < layout->n_variables; v++)
        measure_axis_spread(layout->variables[v]->axis, &network->architecture, layout->sizes,
                            network->values[v]);
    return status;
}
