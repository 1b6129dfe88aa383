#include "sweep/network.h"
#include "sweep/sweep.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

int sweep_trial(const struct store_layout *layout, size_t point, size_t trial, double *const *values,
                struct base_error *error)
{
    int status;
    struct sweep_plan plan = {0};
    struct sweep_network *network = base_calloc(1, sizeof *network, error);
    TRY(base_got(network));
    TRY(sweep_plan_init(&plan, layout, 0, 1, error));
    TRY(sweep_network_init(network, layout, &plan, point, NULL, false, error));
    TRY(sweep_network_run(network, trial, NULL, error));
    for (size_t v = 0; v < layout->n_variables; v++)
        memcpy(values[v], network->values[v], store_layout_length(layout, v) * sizeof(double));
out:
    if (network != NULL)
        sweep_network_free(network);
    free(network);
    sweep_plan_free(&plan);
    return status;
}
