#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <stdlib.h>
#include <string.h>

int train_layers_init(double ***layers, const struct net_architecture *architecture, size_t B,
                      struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    double **P = base_calloc(a->L + 2, sizeof *P, error); /* ended by NULL */
    *layers = P;
    TRY(base_got(P));
    for (size_t l = 1; l <= a->L; l++)
        TRY(base_got(P[l] = base_alloc(a->widths[l] * B, sizeof(double), error)));
out:
    return status;
}

void train_layers_free(double **layers)
{
    for (size_t l = 1; layers != NULL && layers[l] != NULL; l++)
        free(layers[l]);
    free(layers);
}

double train_layers_bytes(const struct net_architecture *architecture, size_t B)
{
    return (double)net_architecture_units(architecture) * (double)B * sizeof(double);
}

int train_signals_init(struct train_signals *signals, const struct net_architecture *architecture, size_t B,
                       bool deltas, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    memset(signals, 0, sizeof *signals);
    signals->B = B;
    signals->C = a->C;
    TRY(base_got(signals->h = base_calloc(a->L + 2, sizeof(double *), error))); /* ended by NULL */
    TRY(base_got(signals->dphi = base_calloc(a->L + 2, sizeof(double *), error)));
    if (deltas)
        TRY(base_got(signals->delta = base_calloc(a->L + 2, sizeof(double *), error)));
    for (size_t l = 0; l <= a->L; l++)
        TRY(base_got(signals->h[l] = base_alloc(a->widths[l] * B, sizeof(double), error)));
    for (size_t l = 1; l < a->L; l++) {
        TRY(base_got(signals->dphi[l] = base_alloc(a->widths[l] * B, sizeof(double), error)));
        if (deltas)
            TRY(base_got(signals->delta[l] = base_alloc(a->widths[l] * a->C * B, sizeof(double), error)));
    }
    TRY(base_got(signals->u = base_alloc(net_architecture_widest(a) * B, sizeof(double), error)));
out:
    if (status != BASE_OK)
        train_signals_free(signals);
    return status;
}

void train_signals_free(struct train_signals *signals)
{
    for (size_t l = 0; signals->h != NULL && signals->h[l] != NULL; l++)
        free(signals->h[l]);
    for (size_t l = 1; signals->dphi != NULL && signals->dphi[l] != NULL; l++)
        free(signals->dphi[l]);
    for (size_t l = 1; signals->delta != NULL && signals->delta[l] != NULL; l++)
        free(signals->delta[l]);
    free(signals->h);
    free(signals->dphi);
    free(signals->delta);
    free(signals->u);
    memset(signals, 0, sizeof *signals);
}

double train_signals_bytes(const struct net_architecture *architecture, size_t B, bool deltas)
{
    double units = (double)(architecture->widths[0] + net_architecture_widest(architecture));
    for (size_t l = 1; l <= architecture->L; l++)
        units += (double)architecture->widths[l] * (2 + (deltas ? (double)architecture->C : 0));
    return units * (double)B * sizeof(double);
}

void train_forward(const struct train_network *network, const struct net_activation *activation,
                   struct train_signals *signals)
{
    const struct net_architecture *a = network->architecture;
    const size_t B = signals->B;
    for (size_t l = 1; l <= a->L; l++) {
        double *u = l == a->L ? signals->h[l] : signals->u;
        linalg_multiply(false, false, a->widths[l], B, a->widths[l - 1], 1, network->W[l], signals->h[l - 1],
                        0, u);
        for (size_t i = 0; i < a->widths[l]; i++)
            for (size_t t = 0; t < B; t++)
                u[i * B + t] += network->b[l][i];
        if (l < a->L)
            net_activation_eval(activation, a->widths[l] * B, u, signals->h[l], signals->dphi[l]);
    }
}

/* δ_i(r) *= φ'(u_i(t)) for rows r = (k, t) of `copies` outputs */
static void gate(size_t units, size_t copies, size_t B, const double *dphi, double *delta)
{
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < copies; k++)
            for (size_t t = 0; t < B; t++)
                delta[(i * copies + k) * B + t] *= dphi[i * B + t];
}

/* δ^{L-1}_ki = φ' W^L_ki */
static void top(const struct train_network *network, const struct train_signals *signals)
{
    const struct net_architecture *a = network->architecture;
    const size_t l = a->L - 1, B = signals->B;
    for (size_t i = 0; i < a->widths[l]; i++)
        for (size_t k = 0; k < a->C; k++)
            for (size_t t = 0; t < B; t++)
                signals->delta[l][(i * a->C + k) * B + t] =
                    network->W[a->L][k * a->widths[l] + i] * signals->dphi[l][i * B + t];
}

void train_backward(const struct train_network *network, struct train_signals *signals)
{
    const struct net_architecture *a = network->architecture;
    const size_t CB = a->C * signals->B;
    if (a->L > 1)
        top(network, signals);
    for (size_t l = a->L - 1; l-- > 1;) {
        linalg_multiply(true, false, a->widths[l], CB, a->widths[l + 1], 1, network->W[l + 1],
                        signals->delta[l + 1], 0, signals->delta[l]);
        gate(a->widths[l], a->C, signals->B, signals->dphi[l], signals->delta[l]);
    }
}

void train_backward_errors(const struct train_network *network, const struct train_signals *signals,
                           const double *errors, double *const *P)
{
    const struct net_architecture *a = network->architecture;
    const size_t B = signals->B;
    memcpy(P[a->L], errors, a->C * B * sizeof *errors);
    for (size_t l = a->L; l-- > 1;) {
        linalg_multiply(true, false, a->widths[l], B, a->widths[l + 1], 1, network->W[l + 1], P[l + 1], 0,
                        P[l]);
        gate(a->widths[l], 1, B, signals->dphi[l], P[l]);
    }
}

void train_contract(size_t units, size_t C, size_t B, const double *delta, const double *errors, double *P)
{
    if (delta == NULL) {
        memcpy(P, errors, units * B * sizeof *P);
        return;
    }
    memset(P, 0, units * B * sizeof *P);
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < C; k++)
            for (size_t t = 0; t < B; t++)
                P[i * B + t] += delta[(i * C + k) * B + t] * errors[k * B + t];
}
