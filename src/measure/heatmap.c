/* The map of unit blocks of the Fisher matrix of a small network (AKO19). It needs the signals of every unit,
 * so it draws the network once more, all weights at once: the one that the sampler `weights` draws for this
 * trial. */
#include "measure/measure.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "net/weights.h"

#include <stdlib.h>

enum { MAP, ENTRY_ON, ENTRY_OFF, N_VARIABLES };

static const struct measure_variable variables[N_VARIABLES] = {
    [MAP] = {.name = "block_map",
             .long_name = "Frobenius norm of the block of two units of the Fisher matrix, weights alone",
             .formula =
                 "||F_(unit),(unit2)||, F_(l,i),(m,j) = (1/T) sum_t sum_k delta^l_ki delta^m_kj h^{l-1} "
                 "(h^{m-1})^T",
             .source = "AKO19",
             .axis = MEASURE_UNIT_PAIR},
    [ENTRY_ON] = {.name = "block_entry_on",
                  .long_name = "largest size of an entry within the units' own blocks, weights alone",
                  .formula = "max |F_pq|, p and q of one unit",
                  .source = "AKO19"},
    [ENTRY_OFF] = {.name = "block_entry_off",
                   .long_name = "largest size of an entry outside of the units' own blocks, weights alone",
                   .formula = "max |F_pq|, p and q of two units",
                   .source = "AKO19"},
};

struct work {
    struct net_activation activation;
    struct net_weights network;
};

static double heatmap_bytes(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const double widest = (double)net_architecture_widest(a), T = (double)a->T;
    double numbers = a->P + widest * (2 * T + widest);
    for (size_t l = 0; l <= a->L; l++)
        numbers += (double)a->widths[l] * (2 * T + (double)a->CT);
    return numbers * sizeof(double);
}

static void heatmap_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    net_activation_close(&w->activation);
    if (w->network.architecture != NULL)
        net_weights_free(&w->network);
    free(w);
}

static int heatmap_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    TRY(net_activation_open(&w->activation, architecture->activation, error));
    TRY(net_weights_init(&w->network, architecture, error));
    *work = w;
out:
    if (status != BASE_OK)
        heatmap_free(w);
    return status;
}

static int heatmap_run(void *work, const struct net_gram *gram, double *const *values,
                       struct base_error *error)
{
    struct work *w = work;
    net_weights_draw(&w->network, gram->seed, gram->trial);
    net_weights_forward(&w->network, &w->activation);
    net_weights_backward(&w->network);
    return fisher_block_map(&w->network, values[MAP], values[ENTRY_ON], values[ENTRY_OFF], error);
}

const struct measure measure_heatmap = {
    .name = "heatmap",
    .doc = "the norms of all blocks of two units of a small network's Fisher matrix",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .most_units = 512,
    .bytes = heatmap_bytes,
    .init = heatmap_init,
    .free = heatmap_free,
    .run = heatmap_run,
};
