#include "train/duals.h"

#include <math.h>

/* Keeps 1/√g and its square finite. */
static const double least = 1e-300;

void train_softmax_outputs(size_t C, size_t B, const double *f, double *g)
{
    for (size_t t = 0; t < B; t++) {
        double most = f[t], total = 0;
        for (size_t k = 1; k < C; k++)
            most = fmax(most, f[k * B + t]);
        for (size_t k = 0; k < C; k++)
            total += exp(f[k * B + t] - most);
        for (size_t k = 0; k < C; k++)
            g[k * B + t] = fmax(exp(f[k * B + t] - most) / total, least);
    }
}

/* In place, RᵀNᵀv at sample t for v_k at v[k*stride]; the result's j < C−1 from the front. */
static void reduce(size_t C, size_t B, const double *g, size_t t, size_t stride, double *v)
{
    const size_t m = train_largest_output(C, B, g, t);
    const double top = v[m * stride];
    double along = 0;
    for (size_t k = 0, j = 0; k < C; k++) {
        if (k == m)
            continue;
        const double root = sqrt(g[k * B + t]), w = root * (v[k * stride] - top);
        along += root * w;
        v[j++ * stride] = w;
    }
    along /= 1 + sqrt(g[m * B + t]);
    for (size_t k = 0, j = 0; k < C; k++)
        if (k != m)
            v[j++ * stride] -= sqrt(g[k * B + t]) * along;
}

void train_softmax_reduce(size_t C, size_t B, const double *g, double *theta)
{
    const size_t CB = C * B, n = CB - B;
    for (size_t i = 0; i < CB; i++) {
        double *row = theta + i * CB;
        for (size_t t = 0; t < B; t++)
            reduce(C, B, g, t, B, row + t);
        for (size_t c = 0; c < n; c++) /* packed: never ahead of what is read */
            theta[i * n + c] = row[c];
    }
    for (size_t c = 0; c < n; c++)
        for (size_t t = 0; t < B; t++)
            reduce(C, B, g, t, B * n, theta + t * n + c);
}

void train_softmax_errors(size_t C, size_t B, const double *g, const double *errors, double *z)
{
    for (size_t t = 0; t < B; t++) {
        const size_t m = train_largest_output(C, B, g, t);
        const double root_m = sqrt(g[m * B + t]), along = -errors[m * B + t] / (root_m * (1 + root_m));
        for (size_t k = 0, j = 0; k < C; k++) {
            if (k == m)
                continue;
            const double root = sqrt(g[k * B + t]);
            z[j++ * B + t] = errors[k * B + t] / root + root * along;
        }
    }
}

void train_softmax_expand(size_t C, size_t B, const double *g, const double *z, double *x)
{
    for (size_t t = 0; t < B; t++) {
        const size_t m = train_largest_output(C, B, g, t);
        double along = 0, sum = 0;
        for (size_t k = 0, j = 0; k < C; k++)
            if (k != m)
                along += sqrt(g[k * B + t]) * z[j++ * B + t];
        along /= 1 + sqrt(g[m * B + t]);
        for (size_t k = 0, j = 0; k < C; k++) {
            if (k == m)
                continue;
            const double root = sqrt(g[k * B + t]);
            x[k * B + t] = root * (z[j++ * B + t] - root * along);
            sum += x[k * B + t];
        }
        x[m * B + t] = -sum;
    }
}
