#include "net/weights.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "net/panel.h"
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
    double ***lists[] = {&network->W,     &network->b, &network->h,   &network->dphi,
                         &network->delta, &network->V, &network->phi, &network->gradient};
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
    for (size_t l = 1; l < a->L && a->residual; l++) {
        TRY(base_got(network->V[l] = base_calloc(a->M * a->M, sizeof(double), error)));
        TRY(base_got(network->phi[l] = base_calloc(a->M * a->T, sizeof(double), error)));
        TRY(base_got(network->gradient[l] = base_calloc(a->M * a->CT, sizeof(double), error)));
    }
    TRY(base_got(network->u = base_calloc(net_architecture_widest(a) * a->T, sizeof(double), error)));
    TRY(base_got(network->g = base_calloc(net_architecture_widest(a) * a->CT, sizeof(double), error)));
out:
    if (status != BASE_OK)
        net_weights_free(network);
    return status;
}

void net_weights_free(struct net_weights *network)
{
    double **lists[] = {network->W,     network->b, network->h,   network->dphi,
                        network->delta, network->V, network->phi, network->gradient};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (size_t l = 0; lists[i] != NULL && l <= network->architecture->L; l++)
            free(lists[i][l]);
        free(lists[i]);
    }
    free(network->u);
    free(network->g);
    memset(network, 0, sizeof *network);
}

/* W^l or V^l of a hidden layer: its stream holds rows of a padded length. */
static void draw_rows(const struct net_architecture *a, uint64_t seed, uint64_t trial, size_t l,
                      enum net_purpose purpose, double variance, double *W)
{
    const size_t units = a->widths[l], below = a->widths[l - 1];
    for (size_t i = 0; i < units; i++)
        random_normals(seed, net_stream(a, trial, l, purpose), i * net_weights_stride(a, l), below,
                       W + i * below);
    net_panel_scale(units * below, sqrt(variance / (double)below), W);
}

/* W^L, a unit below at a time; column: (C). */
static void draw_columns(const struct net_architecture *a, uint64_t seed, uint64_t trial, double *column,
                         double *W)
{
    const size_t below = a->widths[a->L - 1];
    for (size_t j = 0; j < below; j++) {
        net_panel_outputs(a, seed, trial, (struct net_panel){a->L - 1, j, 1}, column);
        for (size_t k = 0; k < a->C; k++)
            W[k * below + j] = column[k];
    }
}

void net_weights_draw_parameters(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                                 double *const *W, double *const *b, double *const *V)
{
    const struct net_architecture *a = architecture;
    for (size_t l = 1; l <= a->L; l++) {
        if (l < a->L)
            draw_rows(a, seed, trial, l, NET_WEIGHTS, a->weight_variance, W[l]);
        if (l < a->L && a->residual)
            draw_rows(a, seed, trial, l, NET_BRANCH, a->branch_variance, V[l]);
        if (l == a->L)
            draw_columns(a, seed, trial, b[l], W[l]);
        net_panel_biases(a, seed, trial, (struct net_panel){l, 0, a->widths[l]}, b[l]);
    }
}

void net_weights_draw(struct net_weights *network, uint64_t seed, uint64_t trial)
{
    const struct net_architecture *a = network->architecture;
    net_panel_inputs(a, seed, trial, (struct net_panel){0, 0, a->widths[0]}, network->h[0]);
    net_weights_draw_parameters(a, seed, trial, network->W, network->b, network->V);
}

/* u^l = W^l h^{l-1} + b^l */
static void pre_activations(const struct net_weights *network, size_t l, double *u)
{
    const struct net_architecture *a = network->architecture;
    linalg_multiply(false, false, a->widths[l], a->T, a->widths[l - 1], 1, network->W[l], network->h[l - 1],
                    0, u);
    net_panel_add_biases(a, (struct net_panel){l, 0, a->widths[l]}, network->b[l], u);
}

/* h^l = γ h^{l-1} + V^l φ(u^l) */
static void add_branch(const struct net_weights *network, size_t l)
{
    const struct net_architecture *a = network->architecture;
    memcpy(network->h[l], network->h[l - 1], a->M * a->T * sizeof *network->h[l]);
    linalg_multiply(false, false, a->M, a->T, a->M, 1, network->V[l], network->phi[l], a->skip,
                    network->h[l]);
}

void net_weights_forward(struct net_weights *network, const struct net_activation *activation)
{
    const struct net_architecture *a = network->architecture;
    for (size_t l = 1; l <= a->L; l++) {
        double *u = l == a->L ? network->h[l] : network->u;
        pre_activations(network, l, u);
        if (l < a->L)
            net_activation_eval(activation, a->widths[l] * a->T, u,
                                a->residual ? network->phi[l] : network->h[l], network->dphi[l]);
        if (l < a->L && a->residual)
            add_branch(network, l);
    }
}

/* g^l_kj = ∂f_k/∂h^l_j = Σ_i W^{l+1}_ij δ^{l+1}_ki, and γ g^{l+1}_kj past a skip */
static void gradients(const struct net_weights *network, size_t l, double *g)
{
    const struct net_architecture *a = network->architecture;
    const bool skipped = a->residual && l + 1 < a->L;
    if (skipped)
        memcpy(g, network->gradient[l + 1], a->M * a->CT * sizeof *g);
    linalg_multiply(true, false, a->widths[l], a->CT, a->widths[l + 1], 1, network->W[l + 1],
                    network->delta[l + 1], skipped ? a->skip : 0, g);
}

/* δ^L_ki = 1[k=i] */
static void delta_output(const struct net_architecture *a, double *delta)
{
    memset(delta, 0, a->C * a->CT * sizeof *delta);
    for (size_t k = 0; k < a->C; k++)
        for (size_t t = 0; t < a->T; t++)
            delta[k * a->CT + k * a->T + t] = 1;
}

void net_weights_backward(struct net_weights *network)
{
    const struct net_architecture *a = network->architecture;
    delta_output(a, network->delta[a->L]);
    for (size_t l = a->L - 1; l >= 1; l--) {
        gradients(network, l, a->residual ? network->gradient[l] : network->delta[l]);
        if (a->residual)
            linalg_multiply(true, false, a->M, a->CT, a->M, 1, network->V[l], network->gradient[l], 0,
                            network->delta[l]);
        net_panel_gate(a, (struct net_panel){l, 0, a->widths[l]}, network->dphi[l], network->delta[l]);
    }
}

/* Σ_k δ_ki(t)² */
static double square(const struct net_architecture *a, const double *delta, size_t i, size_t t)
{
    double sum = 0;
    for (size_t k = 0; k < a->C; k++)
        sum += delta[i * a->CT + k * a->T + t] * delta[i * a->CT + k * a->T + t];
    return sum;
}

/* S from δ (units, CT), R from g */
static void sum_S(const struct net_architecture *a, size_t units, const double *delta, double *S)
{
    const size_t T = a->T;
    for (size_t s = 0; s < T; s++)
        for (size_t t = s; t < T; t++) {
            S[s * T + t] = 0;
            for (size_t i = 0; i < units; i++)
                S[s * T + t] += square(a, delta, i, s) * square(a, delta, i, t);
        }
}

static void sum_U(const struct net_weights *network, size_t l, double *U)
{
    const struct net_architecture *a = network->architecture;
    pre_activations(network, l, network->u);
    for (size_t row = 0; row < a->CT; row++) {
        U[row] = 0;
        for (size_t i = 0; i < a->widths[l]; i++)
            U[row] += network->delta[l][i * a->CT + row] * network->u[i * a->T + row % a->T];
        for (size_t i = 0; i < a->M && a->train_branch; i++)
            U[row] +=
                network->gradient[l][i * a->CT + row] *
                (network->h[l][i * a->T + row % a->T] - a->skip * network->h[l - 1][i * a->T + row % a->T]);
    }
}

void net_weights_gram(const struct net_weights *network, struct net_gram *gram)
{
    const struct net_architecture *a = network->architecture;
    for (size_t l = 0; l < a->L; l++)
        linalg_gram(a->widths[l], a->T, network->h[l], gram->H[l]);
    for (size_t l = 1; l < a->L; l++)
        linalg_gram(a->widths[l], a->CT, network->delta[l], gram->D[l]);
    for (size_t l = 0; l < a->L && (a->sums & NET_SUM_G); l++) {
        gradients(network, l, network->g);
        linalg_gram(a->widths[l], a->CT, network->g, gram->G[l]);
    }
    for (size_t l = 1; l < a->L; l++) {
        if (a->sums & NET_SUM_S)
            sum_S(a, a->widths[l], network->delta[l], gram->S[l]);
        if (gram->R[l] != NULL)
            sum_S(a, a->M, network->gradient[l], gram->R[l]);
        if (a->sums & NET_SUM_U)
            sum_U(network, l, gram->U[l]);
        if (a->sums & NET_SUM_PHI)
            linalg_gram(a->M, a->T, network->phi[l], gram->Phi[l]);
    }
    memcpy(gram->f, network->h[a->L], a->CT * sizeof *gram->f);
}
