#include "fisher/fisher.h"

#include "base/memory.h"
#include "base/vector.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* a H + b for row s of the symmetric H (T, T), from its upper triangle; only_upper: from the diagonal on. */
static void row_affine(size_t T, const double *H, size_t s, bool only_upper, double a, double b, double *row)
{
    for (size_t t = 0; t < s && !only_upper; t++)
        row[t] = a * H[t * T + s] + b;
    for (size_t t = s; t < T; t++)
        row[t] = a * H[s * T + t] + b;
}

/* row (n) += D ∘ H for H (T), which repeats over it. */
BASE_CLONES static void add_products(size_t n, size_t T, const double *restrict D, const double *restrict H,
                                     double *restrict row)
{
    for (size_t j = 0; j < n; j += T)
        for (size_t t = 0; t < T; t++)
            row[j + t] += D[j + t] * H[t];
}

/* Σ_l D^l ∘ (a_{l-1} H^{l-1} + b), and v Σ_l G^l ∘ Φ^l with trained branches */
struct products {
    const struct net_gram *gram;
    const double *a; /* (L) */
    double b, v;
};

/* row += D ∘ (a K + b), from the diagonal on; K (T, T) repeats over the C×C blocks of D. */
static void add_layer(const struct net_architecture *architecture, size_t k, size_t s, const double *D,
                      const double *K, double a, double b, double *scratch, double *row)
{
    const size_t T = architecture->T, CT = architecture->CT, diagonal = k * T + s, next = (k + 1) * T;
    const double *D_row = D + diagonal * CT;
    row_affine(T, K, s, k + 1 == architecture->C, a, b, scratch);
    add_products(T - s, T - s, D_row + diagonal, scratch + s, row + diagonal);
    add_products(CT - next, T, D_row + next, scratch, row + next);
}

/* The layers of row (k, s), from the diagonal on. In D^L = I_C ⊗ 11ᵀ H^{L-1} stands once. */
static void compute_row(const struct products *x, size_t k, size_t s, double *H, double *row)
{
    const struct net_gram *gram = x->gram;
    const struct net_architecture *a = gram->architecture;
    const size_t T = a->T, CT = a->CT, diagonal = k * T + s, next = (k + 1) * T;
    row_affine(T, gram->H[a->L - 1], s, true, x->a[a->L - 1], x->b, H);
    memcpy(row + diagonal, H + s, (T - s) * sizeof *row);
    memset(row + next, 0, (CT - next) * sizeof *row);
    for (size_t l = 1; l < a->L; l++) {
        add_layer(a, k, s, gram->D[l], gram->H[l - 1], x->a[l - 1], x->b, H, row);
        if (a->train_branch)
            add_layer(a, k, s, gram->G[l], gram->Phi[l], x->v, 0, H, row);
    }
}

static int compute(const struct products *x, double divisor, double *sum, struct base_error *error)
{
    int status;
    const struct net_architecture *a = x->gram->architecture;
    const size_t T = a->T, CT = a->CT;
    double *H = base_calloc(T, sizeof *H, error), *row = base_calloc(CT, sizeof *row, error);
    TRY(base_got(H));
    TRY(base_got(row));
    for (size_t i = 0; i < CT; i++) {
        compute_row(x, i / T, i % T, H, row);
        for (size_t j = i; j < CT; j++)
            sum[i * CT + j] = row[j] / divisor;
    }
out:
    free(H);
    free(row);
    return status;
}

int fisher_dual_compute(const struct net_gram *gram, double *dual, struct base_error *error)
{
    double a[EXPERIMENT_MAX_DEPTH + 1];
    for (size_t l = 0; l < gram->architecture->L; l++)
        a[l] = 1;
    return compute(&(struct products){gram, a, 1, 1}, (double)gram->architecture->T, dual, error);
}

int fisher_ntk_compute(const struct net_gram *gram, double *ntk, struct base_error *error)
{
    const struct net_architecture *architecture = gram->architecture;
    double a[EXPERIMENT_MAX_DEPTH + 1];
    for (size_t l = 0; l < architecture->L; l++)
        a[l] = architecture->weight_variance / (double)architecture->widths[l];
    const double v = architecture->branch_variance / (double)architecture->M;
    return compute(&(struct products){gram, a, architecture->bias_variance, v}, 1, ntk, error);
}

double fisher_kernel_error(size_t C, size_t T, const double *ntk, const double *kernel)
{
    double squares = 0, off = 0;
    for (size_t i = 0; i < C * T; i++)
        for (size_t j = i; j < C * T; j++) {
            const double mean_field = i / T == j / T ? kernel[i % T * T + j % T] : 0;
            const double difference = ntk[i * C * T + j] - mean_field;
            squares += (j > i ? 2 : 1) * mean_field * mean_field;
            off += (j > i ? 2 : 1) * difference * difference;
        }
    return sqrt(off / squares);
}

/* In eight parts, a vector's width. */
BASE_CLONES static double sum_of(size_t n, const double *x)
{
    double parts[8] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t part = 0; part < 8; part++)
            parts[part] += x[i + part];
    for (; i < n; i++)
        sum += x[i];
    for (size_t part = 0; part < 8; part++)
        sum += parts[part];
    return sum;
}

BASE_CLONES static void add_scaled(size_t n, double factor, const double *restrict x, double *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

/* Each element of the upper triangle counts for its row and for its column. */
void fisher_dual_means(size_t C, size_t T, const double *dual, double *means)
{
    const size_t CT = C * T;
    memset(means, 0, C * CT * sizeof *means);
    for (size_t i = 0; i < CT; i++) {
        const double *row = dual + i * CT;
        for (size_t k = i / T; k < C; k++) {
            const size_t first = k * T > i ? k * T : i;
            means[k * CT + i] += sum_of((k + 1) * T - first, row + first) / (double)T;
        }
        add_scaled(CT - i - 1, 1 / (double)T, row + i + 1, means + i / T * CT + i + 1);
    }
}

/* (1/T²) 1ᵀ F*_kk' 1 */
static double block_mean(size_t C, size_t T, const double *means, size_t k, size_t k2)
{
    double sum = 0;
    for (size_t s = 0; s < T; s++)
        sum += means[k2 * C * T + k * T + s];
    return sum / (double)T;
}

void fisher_dual_centre(size_t C, size_t T, const double *means, double *dual)
{
    const size_t CT = C * T;
    for (size_t k = 0; k < C; k++)
        for (size_t k2 = k; k2 < C; k2++) {
            const double mean = block_mean(C, T, means, k, k2), *columns = means + k * CT + k2 * T;
            for (size_t s = 0; s < T; s++) {
                double *block = dual + (k * T + s) * CT + k2 * T;
                const double shift = mean - means[k2 * CT + k * T + s];
                for (size_t t = k2 == k ? s : 0; t < T; t++)
                    block[t] += shift - columns[t];
            }
        }
}

int fisher_overlap_compute(size_t C, size_t T, const double *means, const double *values,
                           const double *vectors, double *overlap, struct base_error *error)
{
    int status;
    struct linalg_root root = {0};
    double *A = base_calloc(C * C, sizeof *A, error), *w = base_calloc(C, sizeof *w, error);
    TRY(base_got(A));
    TRY(base_got(w));
    TRY(linalg_root_init(&root, C, error));
    for (size_t k = 0; k < C; k++)
        for (size_t k2 = k; k2 < C; k2++)
            A[k * C + k2] = (double)(T * T) * block_mean(C, T, means, k, k2);
    TRY(linalg_root_factor(&root, C, C, A,
                           error)); /* independent mean gradients only: x = L⁻¹ w, wᵀA⁺w = |x|² */
    double share = 0;
    for (size_t a = 0; a < C; a++) {
        for (size_t k = 0; k < root.rank; k++) {
            const double *u = vectors + a * C * T + (size_t)root.pivots[k] * T;
            w[k] = 0;
            for (size_t t = 0; t < T; t++)
                w[k] += u[t];
        }
        linalg_root_solve(&root, 1, w);
        for (size_t k = 0; k < root.rank; k++)
            share += values[a] * w[k] * w[k];
    }
    *overlap = share / (double)C;
out:
    linalg_root_free(&root);
    free(A);
    free(w);
    return status;
}
