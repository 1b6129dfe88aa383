/* With m = m(t) the most probable class, g_m ≈ 1 at a saturated sample, and X' = X − X_m,
 *
 *     (B_tᵀX)_k = √g_k (X_k − Σ_j g_j X_j) = √g_k (X'_k − Σ_{j≠m} g_j X'_j) ,
 *
 * the last without the difference of nearly equal numbers that 1 − g_m would be.
 */
#include "fisher/fisher.h"

#include "linalg/linalg.h"

#include <math.h>
#include <string.h>

void fisher_softmax_outputs(size_t C, size_t T, const double *f, double *g)
{
    for (size_t t = 0; t < T; t++) {
        double largest = f[t], sum = 0;
        for (size_t k = 1; k < C; k++)
            largest = fmax(largest, f[k * T + t]);
        for (size_t k = 0; k < C; k++)
            sum += g[k * T + t] = exp(f[k * T + t] - largest);
        for (size_t k = 0; k < C; k++)
            g[k * T + t] /= sum;
    }
}

static size_t most_probable(size_t C, size_t T, const double *g, size_t t)
{
    size_t m = 0;
    for (size_t k = 1; k < C; k++)
        m = g[k * T + t] > g[m * T + t] ? k : m;
    return m;
}

/* BᵀX on the rows (k, t), k < C, of X (CT, CT). */
static void apply_left(size_t C, size_t T, const double *g, size_t t, double *mean, double *X)
{
    const size_t CT = C * T, m = most_probable(C, T, g, t);
    double *const top = X + (m * T + t) * CT;
    memset(mean, 0, CT * sizeof *mean);
    for (size_t k = 0; k < C; k++) {
        double *row = X + (k * T + t) * CT;
        for (size_t c = 0; c < CT && k != m; c++) {
            row[c] -= top[c];
            mean[c] += g[k * T + t] * row[c];
        }
    }
    for (size_t k = 0; k < C; k++) {
        double *row = X + (k * T + t) * CT;
        const double root = sqrt(g[k * T + t]);
        for (size_t c = 0; c < CT; c++)
            row[c] = root * ((k == m ? 0 : row[c]) - mean[c]);
    }
}

/* XB on one row of X: the same on its elements (k, t), k < C. */
static void apply_right(size_t C, size_t T, const double *g, size_t t, double *row)
{
    const size_t m = most_probable(C, T, g, t);
    const double top = row[m * T + t];
    double mean = 0;
    for (size_t k = 0; k < C; k++)
        if (k != m)
            mean += g[k * T + t] * (row[k * T + t] - top);
    for (size_t k = 0; k < C; k++)
        row[k * T + t] = sqrt(g[k * T + t]) * (row[k * T + t] - top - mean);
}

void fisher_softmax_dual(size_t C, size_t T, const double *g, double *scratch, double *dual)
{
    const size_t CT = C * T;
    linalg_mirror(CT, dual);
    for (size_t t = 0; t < T; t++)
        apply_left(C, T, g, t, scratch, dual);
    for (size_t i = 0; i < CT; i++)
        for (size_t t = 0; t < T; t++)
            apply_right(C, T, g, t, dual + i * CT);
}
