#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <stdlib.h>
#include <string.h>

enum { PANEL = 64 };

int train_descent_init(struct train_descent *descent, const struct net_architecture *architecture,
                       struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    memset(descent, 0, sizeof *descent);
    descent->momentum = a->training->momentum;
    descent->weight_decay = a->training->weight_decay;
    descent->nesterov = strcmp(a->training->nesterov, "true") == 0;
    TRY(base_got(descent->domega = base_calloc(PANEL * net_architecture_widest(a), sizeof(double), error)));
    TRY(base_got(descent->dbeta = base_calloc(PANEL, sizeof(double), error)));
    if (!(descent->momentum > 0))
        goto out;
    TRY(base_got(descent->velocity_W = base_calloc(a->L + 2, sizeof(double *), error))); /* ended by NULL */
    TRY(base_got(descent->velocity_b = base_calloc(a->L + 2, sizeof(double *), error)));
    for (size_t l = 1; l <= a->L; l++) {
        TRY(base_got(descent->velocity_W[l] =
                         base_calloc(a->widths[l] * a->widths[l - 1], sizeof(double), error)));
        TRY(base_got(descent->velocity_b[l] = base_calloc(a->widths[l], sizeof(double), error)));
    }
out:
    if (status != BASE_OK)
        train_descent_free(descent);
    return status;
}

void train_descent_free(struct train_descent *descent)
{
    for (size_t l = 1; descent->velocity_W != NULL && descent->velocity_W[l] != NULL; l++)
        free(descent->velocity_W[l]);
    for (size_t l = 1; descent->velocity_b != NULL && descent->velocity_b[l] != NULL; l++)
        free(descent->velocity_b[l]);
    free(descent->velocity_W);
    free(descent->velocity_b);
    free(descent->domega);
    free(descent->dbeta);
    memset(descent, 0, sizeof *descent);
}

void train_descent_reset(struct train_descent *descent, const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    for (size_t l = 1; l <= a->L && descent->velocity_W != NULL; l++) {
        memset(descent->velocity_W[l], 0, a->widths[l] * a->widths[l - 1] * sizeof(double));
        memset(descent->velocity_b[l], 0, a->widths[l] * sizeof(double));
    }
}

/* θ −= η g, or by way of the velocity; g = d + λθ in the end, and is destroyed. */
static void follow(const struct train_descent *d, size_t n, double *g, double *velocity, double *theta)
{
    for (size_t i = 0; i < n; i++)
        g[i] += d->weight_decay * theta[i];
    for (size_t i = 0; i < n && velocity != NULL; i++) {
        velocity[i] = d->momentum * velocity[i] + g[i];
        g[i] = d->nesterov ? g[i] + d->momentum * velocity[i] : velocity[i];
    }
    for (size_t i = 0; i < n; i++)
        theta[i] -= d->rate * g[i];
}

void train_descend_units(const struct train_descent *descent, struct train_network *network, size_t l,
                         size_t first, size_t n, double *domega, double *dbeta)
{
    const size_t below = network->architecture->widths[l - 1];
    const bool moves = descent->velocity_W != NULL;
    for (size_t i = 0; i < n * below; i++)
        domega[i] *= network->weight_scale[l];
    for (size_t i = 0; i < n; i++)
        dbeta[i] *= network->bias_scale;
    follow(descent, n * below, domega, moves ? descent->velocity_W[l] + first * below : NULL,
           network->W[l] + first * below);
    follow(descent, n, dbeta, moves ? descent->velocity_b[l] + first : NULL, network->b[l] + first);
}

/* Σ_t p_i(t) for the units of a layer, over B */
static void bias_direction(size_t n, size_t B, double factor, const double *P, double *dbeta)
{
    for (size_t i = 0; i < n; i++) {
        dbeta[i] = 0;
        for (size_t t = 0; t < B; t++)
            dbeta[i] += factor * P[i * B + t];
    }
}

/* Without velocity or decay W itself takes the product. */
static void descend_plainly(const struct train_descent *d, struct train_network *network,
                            const struct train_signals *signals, size_t l, const double *P)
{
    const struct net_architecture *a = network->architecture;
    const double factor = -d->rate / (double)signals->B;
    linalg_multiply(false, true, a->widths[l], a->widths[l - 1], signals->B,
                    factor * network->weight_scale[l] * network->weight_scale[l], P, signals->h[l - 1], 1,
                    network->W[l]);
    for (size_t i = 0; i < a->widths[l]; i++)
        for (size_t t = 0; t < signals->B; t++)
            network->b[l][i] += factor * network->bias_scale * network->bias_scale * P[i * signals->B + t];
}

/* A panel of units after the other. */
static void descend_panels(const struct train_descent *d, struct train_network *network,
                           const struct train_signals *signals, size_t l, const double *P)
{
    const struct net_architecture *a = network->architecture;
    const size_t B = signals->B, below = a->widths[l - 1];
    for (size_t first = 0, n; first < a->widths[l]; first += n) {
        n = a->widths[l] - first < PANEL ? a->widths[l] - first : PANEL;
        linalg_multiply(false, true, n, below, B, network->weight_scale[l] / (double)B, P + first * B,
                        signals->h[l - 1], 0, d->domega);
        bias_direction(n, B, network->bias_scale / (double)B, P + first * B, d->dbeta);
        train_descend_units(d, network, l, first, n, d->domega, d->dbeta);
    }
}

void train_descend(const struct train_descent *descent, struct train_network *network,
                   const struct train_signals *signals, const double *const *P)
{
    const bool plain = descent->velocity_W == NULL && !(descent->weight_decay > 0);
    for (size_t l = 1; l <= network->architecture->L; l++)
        (plain ? descend_plainly : descend_panels)(descent, network, signals, l, P[l]);
}

double train_descent_bytes(const struct net_architecture *architecture)
{
    const double panel = PANEL * ((double)net_architecture_widest(architecture) + 1);
    return (panel + (architecture->training->momentum > 0 ? architecture->P : 0)) * sizeof(double);
}
