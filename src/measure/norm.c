/* Fisher–Rao norms (KAA19). */
#include "measure/measure.h"

#include "fisher/fisher.h"

/* The self norm has no limit for a single network: with one output its standard deviation over networks is
 * 0.6 to 1.0 of its mean at any width, and its law has a long upper tail, near that of χ² with few degrees of
 * freedom. What verify tests are means over trials, and its intervals take them for normal. With an
 * exponential law in place of the networks (6000 simulated tests a setting, 4 and 5 widths) its tests err no
 * more often than they say from 20 trials on; with 10 trials at 5 widths 2.5 times as often. The interval is
 * wide: the mean of a hundred trials has a standard error of 6 to 10 %. */
enum { SELF, INDEPENDENT, WEIGHTS, WEIGHTS_BOUND, N_VARIABLES };

static const struct measure_variable variables[N_VARIABLES] = {
    [SELF] = {.name = "fisher_rao_norm",
              .long_name = "Fisher-Rao norm of the network's own parameters",
              .formula = "theta^T F(theta) theta",
              .source = "beyond",
              .predicted = true,
              .powers = {1, 2},
              .powers_outputs = {1, 2}},
    [INDEPENDENT] = {.name = "fisher_rao_norm_independent",
                     .long_name = "expected Fisher-Rao norm of independent parameters of the same law",
                     .formula = "E[theta'^T F(theta) theta'] over theta' alone",
                     .source = "KAA19",
                     .predicted = true,
                     .powers = {1, 2},
                     .powers_outputs = {1, 2}},
    [WEIGHTS] = {.name = "fisher_rao_norm_weights",
                 .long_name = "expected Fisher-Rao norm of independent weights, the biases left out",
                 .formula = "E[w'^T F(theta) w'] over w' alone",
                 .source = "KAA19",
                 .predicted = true,
                 .powers = {1, 2},
                 .powers_outputs = {1, 2}},
    [WEIGHTS_BOUND] = {.name = "fisher_rao_norm_weights_theory_high",
                       .long_name = "upper bound of the expected Fisher-Rao norm of independent weights",
                       .formula = "sigma_w^2 (alpha/alpha_min) C kappa_1",
                       .source = "KAA19",
                       .only_predicted = true},
};

static double norm_bytes(const struct net_architecture *architecture)
{
    (void)architecture;
    return 0;
}

static int norm_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    (void)architecture;
    (void)error;
    *work = NULL;
    return BASE_OK;
}

static void norm_free(void *work)
{
    (void)work;
}

static int norm_run(void *work, const struct net_gram *gram, double *const *values, struct base_error *error)
{
    (void)work;
    (void)error;
    *values[SELF] = fisher_norm_self(gram);
    fisher_norm_independent(gram, values[WEIGHTS], values[INDEPENDENT]);
    return BASE_OK;
}

static int norm_predict(const struct theory_order *order, const struct net_architecture *architecture,
                        double *const *predictions, struct base_error *error)
{
    int status;
    struct net_activation activation = {0};
    struct theory_norm theory;
    TRY(net_activation_open(&activation, architecture->activation, error));
    TRY(theory_norm_predict(order, &activation, architecture, &theory, error));
    *predictions[SELF] = theory.self;
    *predictions[INDEPENDENT] = theory.independent;
    *predictions[WEIGHTS] = theory.weights;
    *predictions[WEIGHTS_BOUND] = theory.weights_bound;
out:
    net_activation_close(&activation);
    return status;
}

const struct measure measure_norm = {
    .name = "norm",
    .doc = "Fisher-Rao norms",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .sums = NET_SUM_U,
    .bytes = norm_bytes,
    .init = norm_init,
    .free = norm_free,
    .run = norm_run,
    .predicts_residual = true,
    .predict = norm_predict,
};
