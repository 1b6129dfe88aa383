#include "train/train.h"

#include <math.h>
#include <string.h>

enum train_loss train_loss_find(const char *name)
{
    return strcmp(name, "cross_entropy") == 0 ? TRAIN_CROSS_ENTROPY : TRAIN_SQUARED;
}

static double squared(size_t C, size_t B, const double *f, const double *y, double *errors)
{
    double sum = 0;
    for (size_t i = 0; i < C * B; i++) {
        const double e = f[i] - y[i];
        sum += e * e;
        if (errors != NULL)
            errors[i] = e;
    }
    return sum / (2 * (double)B);
}

size_t train_largest_output(size_t C, size_t B, const double *f, size_t t)
{
    size_t best = 0;
    for (size_t k = 1; k < C; k++)
        best = f[k * B + t] > f[best * B + t] ? k : best;
    return best;
}

/* With m the largest output, ln Σ exp(f − m) is of numbers that do not overflow, and ln(1 + Σ') without m
 * itself is exact where the others are small. */
static double cross_entropy(size_t C, size_t B, const double *f, const double *y, double *errors)
{
    double sum = 0;
    for (size_t t = 0; t < B; t++) {
        const size_t best = train_largest_output(C, B, f, t);
        double others = 0, all = 0;
        for (size_t k = 0; k < C; k++) {
            const double below = f[k * B + t] - f[best * B + t];
            others += k == best ? 0 : exp(below);
            all += y[k * B + t] > 0 ? y[k * B + t] * below : 0; /* 0 of an infinite logarithm is 0 */
        }
        sum += log1p(others) - all;
        for (size_t k = 0; k < C && errors != NULL; k++)
            errors[k * B + t] = exp(f[k * B + t] - f[best * B + t]) / (1 + others) - y[k * B + t];
    }
    return sum / (double)B;
}

double train_loss_compute(enum train_loss loss, size_t C, size_t B, const double *f, const double *y,
                          double *errors)
{
    return loss == TRAIN_SQUARED ? squared(C, B, f, y, errors) : cross_entropy(C, B, f, y, errors);
}

bool train_diverged(double loss, double start)
{
    return !(loss <= 1e6 * start);
}

/* The class that outputs stand for. */
static size_t class_of(size_t C, size_t B, const double *f, size_t t)
{
    return C == 1 ? f[t] < 0 : train_largest_output(C, B, f, t);
}

double train_error_rate(size_t C, size_t B, const double *f, const double *y)
{
    size_t wrong = 0;
    for (size_t t = 0; t < B; t++)
        wrong += class_of(C, B, f, t) != class_of(C, B, y, t);
    return (double)wrong / (double)B;
}
