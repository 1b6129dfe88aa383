#include "fisher/fisher.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <stdlib.h>
#include <string.h>

/* row (k, s) of the dual of layers 1..L-1 and of layer L, D^L = I_C ⊗ 11ᵀ: H (T, T) repeats over the C×C
 * blocks of D. */
static void compute_row(const struct net_gram *gram, size_t k, size_t s, double *row)
{
    const struct net_architecture *a = gram->architecture;
    const size_t T = a->T, CT = a->CT;
    memset(row, 0, CT * sizeof *row);
    for (size_t l = 1; l < a->L; l++) {
        const double *D = gram->D[l] + (k * T + s) * CT, *H = gram->H[l - 1] + s * T;
        for (size_t k2 = 0; k2 < a->C; k2++)
            for (size_t t = 0; t < T; t++)
                row[k2 * T + t] += D[k2 * T + t] * (H[t] + 1);
    }
    for (size_t t = 0; t < T; t++)
        row[k * T + t] += gram->H[a->L - 1][s * T + t] + 1;
    for (size_t i = 0; i < CT; i++)
        row[i] /= (double)T;
}

void fisher_dual_compute(const struct net_gram *gram, double *dual)
{
    const struct net_architecture *a = gram->architecture;
    for (size_t k = 0; k < a->C; k++)
        for (size_t s = 0; s < a->T; s++)
            compute_row(gram, k, s, dual + (k * a->T + s) * a->CT);
}

/* x_t −= mean over t, for each of `count` runs of T numbers */
static void centre_rows(size_t count, size_t T, double *x)
{
    for (size_t i = 0; i < count; i++, x += T) {
        double sum = 0;
        for (size_t t = 0; t < T; t++)
            sum += x[t];
        for (size_t t = 0; t < T; t++)
            x[t] -= sum / (double)T;
    }
}

static void transpose(size_t n, double *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            const double value = A[i * n + j];
            A[i * n + j] = A[j * n + i];
            A[j * n + i] = value;
        }
}

void fisher_dual_centre(size_t C, size_t T, const double *dual, double *centred)
{
    const size_t CT = C * T;
    memcpy(centred, dual, CT * CT * sizeof *centred);
    centre_rows(CT * C, T, centred); /* F*Π */
    transpose(CT, centred);          /* ΠF* */
    centre_rows(CT * C, T, centred);
}

/* Eᵀ X for the rows x (T per output): sums over the samples of each output. */
static void sum_outputs(size_t C, size_t T, const double *x, double *sums)
{
    for (size_t k = 0; k < C; k++) {
        sums[k] = 0;
        for (size_t t = 0; t < T; t++)
            sums[k] += x[k * T + t];
    }
}

int fisher_overlap_compute(size_t C, size_t T, const double *dual, const double *values,
                           const double *vectors, double *overlap, struct base_error *error)
{
    int status;
    struct linalg_root root = {0};
    double *A = base_calloc(C * C, sizeof *A, error);
    double *row = base_calloc(C, sizeof *row, error), *w = base_calloc(C, sizeof *w, error);
    TRY(base_got(A));
    TRY(base_got(row));
    TRY(base_got(w));
    TRY(linalg_root_init(&root, C, error));

    for (size_t i = 0; i < C * T; i++) {
        sum_outputs(C, T, dual + i * C * T, row);
        for (size_t k = 0; k < C; k++)
            A[i / T * C + k] += row[k];
    }
    TRY(linalg_root_factor(&root, C, C, A,
                           error)); /* independent mean gradients only: x = L⁻¹ w, wᵀA⁺w = |x|² */
    double share = 0;
    for (size_t a = 0; a < C; a++) {
        sum_outputs(C, T, vectors + a * C * T, row);
        for (size_t k = 0; k < root.rank; k++)
            w[k] = row[root.pivots[k]];
        linalg_root_solve_transposed(&root, 1, w);
        for (size_t k = 0; k < root.rank; k++)
            share += values[a] * w[k] * w[k];
    }
    *overlap = share / (double)C;
out:
    linalg_root_free(&root);
    free(A);
    free(row);
    free(w);
    return status;
}
