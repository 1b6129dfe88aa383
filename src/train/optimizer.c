#include "train/train.h"

#include <string.h>

/* Plain gradient descent: p^l = Σ_k δ^l_k e_k. */
static double no_bytes(const struct net_architecture *architecture, size_t B)
{
    (void)architecture;
    (void)B;
    return 0;
}

static int gradient_init(void **work, const struct net_architecture *architecture, size_t B,
                         struct base_error *error)
{
    (void)architecture;
    (void)B;
    (void)error;
    *work = NULL;
    return BASE_OK;
}

static void gradient_free(void *work)
{
    (void)work;
}

static int gradient_prepare(void *work, const struct train_network *network,
                            const struct train_signals *signals, double damping, struct base_error *error)
{
    (void)work;
    (void)network;
    (void)signals;
    (void)damping;
    (void)error;
    return BASE_OK;
}

static int gradient_direction(void *work, const struct train_network *network,
                              const struct train_signals *signals, const double *errors, double *const *P,
                              struct base_error *error)
{
    (void)work;
    (void)error;
    train_backward_errors(network, signals, errors, P);
    return BASE_OK;
}

const struct train_optimizer train_gradient = {
    .name = "gradient",
    .doc = "gradient descent",
    .bytes = no_bytes,
    .flops = no_bytes,
    .init = gradient_init,
    .free = gradient_free,
    .prepare = gradient_prepare,
    .direction = gradient_direction,
};

const struct train_optimizer *const train_optimizers[] = {
    &train_gradient,    &train_exact, &train_layer,         &train_tridiagonal,    &train_kfac,
    &train_kfac_scaled, &train_unit,  &train_unit_explicit, &train_quasi_diagonal, NULL};

const struct train_optimizer *train_optimizer_find(const char *name)
{
    for (const struct train_optimizer *const *o = train_optimizers; *o != NULL; o++)
        if (strcmp((*o)->name, name) == 0)
            return *o;
    return NULL;
}
