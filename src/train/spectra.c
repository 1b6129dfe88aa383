#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int train_spectra_init(struct train_spectra *spectra, size_t most, struct base_error *error)
{
    int status;
    memset(spectra, 0, sizeof *spectra);
    TRY(base_got(spectra->K = base_alloc(most * most, sizeof(double), error)));
    TRY(base_got(spectra->A = base_alloc(most * most, sizeof(double), error)));
    TRY(base_got(spectra->H = base_alloc(most * most, sizeof(double), error)));
    TRY(base_got(spectra->values = base_alloc(most, sizeof(double), error)));
out:
    if (status != BASE_OK)
        train_spectra_free(spectra);
    return status;
}

void train_spectra_free(struct train_spectra *spectra)
{
    free(spectra->K);
    free(spectra->A);
    free(spectra->H);
    free(spectra->values);
    memset(spectra, 0, sizeof *spectra);
}

void train_spectra_reset(struct train_spectra *spectra)
{
    spectra->measured = spectra->conditioned = 0;
    spectra->conditions = spectra->energies = 0;
    spectra->noise = spectra->signal = 0;
}

double train_spectra_bytes(size_t most)
{
    return (3 * (double)most + 1) * (double)most * sizeof(double);
}

double train_spectra_flops(const struct net_architecture *architecture, size_t B, bool eigenvalues)
{
    double units = 0;
    for (size_t l = 1; l <= architecture->L; l++)
        units += (double)(architecture->widths[l] + architecture->widths[l - 1]);
    const double cube = eigenvalues ? 4.0 / 3 * (double)B : 0;
    return (units + cube) * (double)B * (double)B + 2 * architecture->P * (double)B;
}

/* K_st += (p(s)·p(t)) (H̄(s)·H̄(t)) of layer l */
static void add_layer(const struct train_network *network, const struct train_signals *signals, size_t l,
                      const double *P, struct train_spectra *spectra)
{
    const struct net_architecture *a = network->architecture;
    const size_t B = signals->B;
    const double weight = network->weight_scale[l] * network->weight_scale[l];
    const double bias = network->bias_scale * network->bias_scale;
    linalg_gram(a->widths[l], B, P, spectra->A);
    linalg_gram(a->widths[l - 1], B, signals->h[l - 1], spectra->H);
    for (size_t s = 0; s < B; s++)
        for (size_t i = s * B + s; i < (s + 1) * B; i++)
            spectra->K[i] += spectra->A[i] * (weight * spectra->H[i] + bias);
}

void train_spectra_gram(struct train_spectra *spectra, const struct train_network *network,
                        const struct train_signals *signals, const double *const *P)
{
    memset(spectra->K, 0, signals->B * signals->B * sizeof(double));
    for (size_t l = 1; l <= network->architecture->L; l++)
        add_layer(network, signals, l, P[l], spectra);
}

void train_spectra_weigh(struct train_spectra *spectra, size_t B)
{
    double all = 0; /* 1ᵀK1 = B²|g|² */
    for (size_t s = 0; s < B; s++)
        for (size_t t = s; t < B; t++)
            all += (t == s ? 1 : 2) * spectra->K[s * B + t];
    const double n = (double)B, square = all / (n * n);
    spectra->noise += (linalg_trace(B, spectra->K) - n * square) / (n * (n - 1));
    spectra->signal += square;
}

bool train_spectra_noisy(struct train_spectra *spectra, double theta)
{
    const bool noisy = spectra->noise > theta * theta * spectra->signal;
    spectra->noise = spectra->signal = 0;
    return noisy;
}

int train_spectra_measure(struct train_spectra *spectra, size_t B, double rate,
                          struct train_spectrum *spectrum, struct base_error *error)
{
    struct train_spectra *s = spectra;
    const double n = (double)B;
    *spectrum = (struct train_spectrum){NAN, NAN, sqrt(linalg_trace(B, s->K))};
    s->measured++;
    s->energies += rate / n * spectrum->energy;
    const int status = linalg_eigenvalues(B, s->K, s->values, error);
    if (status != BASE_OK)
        return status == BASE_UNRESOLVED ? BASE_OK : status;
    size_t least = B;
    while (least > 0 && !(s->values[least - 1] > n * DBL_EPSILON * s->values[0]))
        least--;
    spectrum->eig_max = s->values[0];
    if (least == 0)
        return BASE_OK;
    spectrum->condition = sqrt(s->values[0] / s->values[least - 1]);
    s->conditions += spectrum->condition;
    s->conditioned++;
    return BASE_OK;
}

double train_spectra_condition_mean(const struct train_spectra *spectra)
{
    return spectra->conditioned == 0 ? NAN : spectra->conditions / (double)spectra->conditioned;
}

double train_spectra_cumulative(const struct train_spectra *spectra, size_t steps)
{
    return spectra->measured == 0 ? NAN : spectra->energies * (double)steps / (double)spectra->measured;
}
