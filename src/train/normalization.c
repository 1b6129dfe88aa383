#include "train/train.h"

#include "linalg/linalg.h"

#include <math.h>
#include <string.h>

static const double rounding = 1e-13; /* σ/|μ| of outputs that are a constant */

enum train_normalization train_normalization_find(const char *name)
{
    return strcmp(name, "batch") == 0 ? TRAIN_BATCH : strcmp(name, "mean") == 0 ? TRAIN_MEAN : TRAIN_AS_IS;
}

static double subtract_mean(size_t B, double *x)
{
    double sum = 0;
    for (size_t t = 0; t < B; t++)
        sum += x[t];
    for (size_t t = 0; t < B; t++)
        x[t] -= sum / (double)B;
    return sum / (double)B;
}

/* xᵀy/B */
static double mean_product(size_t B, const double *x, const double *y)
{
    double sum = 0;
    for (size_t t = 0; t < B; t++)
        sum += x[t] * y[t];
    return sum / (double)B;
}

void train_normalize(enum train_normalization normalization, size_t C, size_t B, double *f, double *sigma)
{
    for (size_t k = 0; k < C; k++) {
        double *x = f + k * B;
        sigma[k] = 1;
        if (normalization == TRAIN_AS_IS)
            continue;
        const double mean = subtract_mean(B, x);
        if (normalization != TRAIN_BATCH)
            continue;
        sigma[k] = sqrt(mean_product(B, x, x));
        sigma[k] = sigma[k] > rounding * fabs(mean) ? sigma[k] : NAN;
        for (size_t t = 0; t < B; t++)
            x[t] /= sigma[k];
    }
}

void train_normalize_errors(enum train_normalization normalization, size_t C, size_t B, const double *f,
                            const double *sigma, double *errors)
{
    for (size_t k = 0; k < C && normalization != TRAIN_AS_IS; k++) {
        double *e = errors + k * B;
        subtract_mean(B, e);
        if (normalization != TRAIN_BATCH)
            continue;
        const double along = mean_product(B, f + k * B, e);
        for (size_t t = 0; t < B; t++)
            e[t] = (e[t] - along * f[k * B + t]) / sigma[k];
    }
}

/* M ← (1 − Σ x_k x_kᵀ) M (1 − Σ x_k x_kᵀ) for unit vectors x_k, which are x[k*B + t] in block k and 0 in the
 * others: with w_k = M x_k block (k, k') loses x_k w_kᵀ + w_k' x_k'ᵀ − (x_kᵀ w_k') x_k x_k'ᵀ. room: (2, C,
 * CB) for the x_k and w_k. */
static void project(size_t C, size_t B, const double *x, double *room, double *M)
{
    const size_t CB = C * B;
    double *w = room + C * CB;
    for (size_t i = 0; i < C * CB; i++)
        room[i] = i % CB / B == i / CB ? x[i % CB] : 0;
    linalg_multiply_symmetric(C, CB, room, M, w);
    for (size_t k = 0; k < C; k++)
        for (size_t k2 = k; k2 < C; k2++) {
            const double *left = w + k * CB + k2 * B, *right = w + k2 * CB + k * B;
            const double inner = (double)B * mean_product(B, x + k * B, right);
            for (size_t s = 0; s < B; s++) {
                const double own = x[k * B + s], along = right[s] - inner * own;
                double *row = M + (k * B + s) * CB + k2 * B;
                for (size_t t = k2 == k ? s : 0; t < B; t++)
                    row[t] -= own * left[t] + along * x[k2 * B + t];
            }
        }
}

void train_normalize_dual(enum train_normalization normalization, size_t C, size_t B, const double *f,
                          const double *sigma, double *room, double *dual)
{
    const size_t CB = C * B;
    double *x = room + 2 * C * CB;
    if (normalization == TRAIN_AS_IS)
        return;
    for (size_t i = 0; i < CB; i++)
        x[i] = 1 / sqrt((double)B);
    project(C, B, x, room, dual);
    if (normalization != TRAIN_BATCH)
        return;
    for (size_t i = 0; i < CB; i++)
        x[i] = f[i] / sqrt((double)B);
    project(C, B, x, room, dual);
    for (size_t i = 0; i < CB; i++)
        for (size_t j = i; j < CB; j++)
            dual[i * CB + j] /= sigma[i / B] * sigma[j / B];
}
