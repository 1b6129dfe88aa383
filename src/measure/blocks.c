/* Unit blocks of the Fisher matrix (AKO19). */
#include "measure/measure.h"

#include "fisher/fisher.h"

enum { ON, OFF, CROSS, BRANCH_ON, BRANCH_OFF, N_VARIABLES };

static const struct measure_variable variables[N_VARIABLES] = {
    [ON] = {.name = "block_on",
            .long_name =
                "mean square Frobenius norm of one unit's diagonal block of the Fisher matrix, weights "
                "alone",
            .formula = "(1/M_l) sum_i ||F_(l,i),(l,i)||^2",
            .source = "beyond AKO19",
            .axis = MEASURE_LAYER,
            .predicted = true,
            .powers = {1, 2},
            .powers_outputs = {1, 2}},
    [OFF] = {.name = "block_off",
             .long_name = "mean square Frobenius norm of the block of two units of one layer, weights alone",
             .formula = "1/(M_l (M_l - 1)) sum_{i != j} ||F_(l,i),(l,j)||^2",
             .source = "beyond AKO19",
             .axis = MEASURE_LAYER,
             .predicted = true,
             .powers = {1, 2},
             .powers_outputs = {1, 2}},
    [CROSS] = {.name = "block_cross",
               .long_name =
                   "mean square Frobenius norm of the block of two units of layers l < m, weights alone",
               .formula = "1/(M_l M_m) sum_ij ||F_(l,i),(m,j)||^2",
               .source = "beyond AKO19",
               .axis = MEASURE_LAYER_PAIR,
               .predicted = true,
               .powers = {1, 2},
               .powers_outputs = {1, 2}},
    [BRANCH_ON] = {.name = "block_branch_on",
                   .long_name = "block_on of the rows of the trained V^l of a residual network",
                   .formula = "(1/M) sum_i ||F_(l,i),(l,i)||^2, F_(l,i),(l,j) = (1/T) sum_t sum_k g^l_ki "
                              "g^l_kj phi(u^l) phi(u^l)^T",
                   .source = "beyond AKO19",
                   .axis = MEASURE_LAYER,
                   .predicted = true,
                   .powers = {1, 2},
                   .powers_outputs = {1, 2}},
    [BRANCH_OFF] = {.name = "block_branch_off",
                    .long_name = "block_off of the rows of the trained V^l of a residual network",
                    .formula = "1/(M (M - 1)) sum_{i != j} ||F_(l,i),(l,j)||^2, F_(l,i),(l,j) = (1/T) sum_t "
                               "sum_k g^l_ki g^l_kj phi(u^l) phi(u^l)^T",
                    .source = "beyond AKO19",
                    .axis = MEASURE_LAYER,
                    .predicted = true,
                    .powers = {1, 2},
                    .powers_outputs = {1, 2}},
};

static int blocks_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    (void)architecture;
    (void)error;
    *work = NULL;
    return BASE_OK;
}

static void blocks_free(void *work)
{
    (void)work;
}

static int blocks_run(void *work, const struct net_gram *gram, double *const *values,
                      struct base_error *error)
{
    (void)work;
    fisher_branch_blocks_compute(gram, values[BRANCH_ON], values[BRANCH_OFF]);
    return fisher_blocks_compute(gram, values[ON], values[OFF], values[CROSS], error);
}

static int blocks_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *const *predictions, struct base_error *error)
{
    int status;
    TRY(theory_blocks_predict(order, architecture, predictions[ON], predictions[OFF], predictions[CROSS],
                              error));
    TRY(theory_branch_blocks_predict(order, architecture, predictions[BRANCH_ON], predictions[BRANCH_OFF],
                                     error));
out:
    return status;
}

const struct measure measure_blocks = {
    .name = "blocks",
    .doc = "unit blocks of the Fisher matrix: on and off the block diagonal, and between layers",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .sums = NET_SUM_S,
    .needs = {.depth = 2},
    .bytes = fisher_blocks_bytes,
    .init = blocks_init,
    .free = blocks_free,
    .run = blocks_run,
    .predicts_residual = true,
    .predict = blocks_predict,
};
