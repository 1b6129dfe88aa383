/* The natural gradient of the block diagonal by hidden units; the last layer's is exact (KO20).
 *
 *     K_i = diag(q_i) A^{l-1} diag(q_i)/B ,  q_i(t)² = Σ_k δ^l_ki(t)² ,  r_i(t) = Σ_k e_k(t) δ^l_ki(t)
 *     P^l_i = q_i ∘ (K_i + ρ)⁻¹ (r_i/q_i)      of the samples with q_i(t) > 0; 0 of the others
 *     J F̂⁻¹ Jᵀ/B = Σ_l Σ_i c_i (1 − ρ(K_i + ρ)⁻¹) c_iᵀ + I_C ⊗ (1 − ρ(A^{L-1}/B + ρ)⁻¹) ,
 *     c_i = δ^l_ki(s)/q_i(s) at (k,s), s
 *
 * with ρ = ε (1/(M_l B)) Σ_i tr K_i in layer l. */
#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "train/duals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct work {
    size_t L, C, B;
    double **A;     /* A^{l-1} (B, B) at [l], both triangles; at [L] the factor of A/B + ρ */
    double *rho;    /* (L+1): of the layers' units, at [L] of the last layer */
    double *K;      /* (B, B) of a unit, upper triangle, then its factor */
    double *q, *y;  /* (B) */
    double *S;      /* (B, B) */
    size_t *active; /* (B) samples with q > 0 */
};

static double unit_bytes(const struct net_architecture *architecture, size_t B)
{
    const double b = (double)B;
    return (((double)architecture->L + 2) * b * b + 3 * b) * sizeof(double);
}

static double unit_flops(const struct net_architecture *architecture, size_t B)
{
    const struct net_architecture *a = architecture;
    const double b = (double)B, C = (double)a->C;
    double sum = 0;
    for (size_t l = 1; l <= a->L; l++)
        sum += b * b * (double)a->widths[l - 1] +
               (l < a->L ? (b * b * b / 3 + 3 * b * b + 4 * C * b) * (double)a->widths[l] : 0);
    return sum;
}

static void unit_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    train_layers_free(w->A);
    free(w->rho);
    free(w->K);
    free(w->q);
    free(w->y);
    free(w->S);
    free(w->active);
    free(w);
}

static int unit_init(void **work, const struct net_architecture *architecture, size_t B,
                     struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->L = a->L;
    w->C = a->C;
    w->B = B;
    TRY(train_dual_init(&w->A, a->L, B, B, error));
    TRY(base_got(w->rho = base_calloc(a->L + 1, sizeof(double), error)));
    TRY(base_got(w->K = base_alloc(B * B, sizeof(double), error)));
    TRY(base_got(w->S = base_alloc(B * B, sizeof(double), error)));
    TRY(base_got(w->q = base_alloc(B, sizeof(double), error)));
    TRY(base_got(w->y = base_alloc(B, sizeof(double), error)));
    TRY(base_got(w->active = base_alloc(B, sizeof *w->active, error)));
out:
    if (status != BASE_OK)
        unit_free(w);
    *work = status == BASE_OK ? w : NULL;
    return status;
}

/* Σ_k δ_ki(t)² */
static double q2(const struct work *w, const double *delta, size_t t)
{
    double sum = 0;
    for (size_t k = 0; k < w->C; k++)
        sum += delta[k * w->B + t] * delta[k * w->B + t];
    return sum;
}

/* Σ_i tr K_i/(M_l B) */
static double mean_diagonal(const struct work *w, const struct train_signals *signals, size_t units, size_t l)
{
    const size_t B = w->B;
    double sum = 0;
    for (size_t i = 0; i < units; i++)
        for (size_t t = 0; t < B; t++)
            sum += q2(w, signals->delta[l] + i * w->C * B, t) * w->A[l][t * B + t] / (double)B;
    return sum / (double)(units * B);
}

static int unit_prepare(void *work, const struct train_network *network, const struct train_signals *signals,
                        double damping, struct base_error *error)
{
    struct work *w = work;
    const size_t L = w->L, B = w->B;
    for (size_t l = 1; l <= L; l++) {
        train_dual_inputs(network, signals, l, w->A[l]);
        if (l < L)
            w->rho[l] = damping * mean_diagonal(w, signals, network->architecture->widths[l], l);
    }
    for (size_t i = 0; i < B * B; i++)
        w->A[L][i] /= (double)B;
    w->rho[L] = damping * linalg_trace(B, w->A[L]) / (double)B;
    return train_dual_factor(B, w->A[L], damping, "the kernel of layer", L, error);
}

/* The factor of K_i + ρ of the unit's n active samples. */
static int factor_unit(struct work *w, size_t l, size_t i, const double *delta, size_t *n,
                       struct base_error *error)
{
    const size_t B = w->B;
    *n = 0;
    for (size_t t = 0; t < B; t++) {
        const double q = sqrt(q2(w, delta, t));
        if (q > 0) {
            w->q[*n] = q;
            w->active[(*n)++] = t;
        }
    }
    for (size_t a = 0; a < *n; a++) {
        const double *row = w->A[l] + w->active[a] * B, factor = w->q[a] / (double)B;
        for (size_t b = a; b < *n; b++)
            w->K[a * *n + b] = factor * row[w->active[b]] * w->q[b];
        w->K[a * *n + a] += w->rho[l];
    }
    if (*n > 0 && !linalg_cholesky(*n, train_dual_singular, w->K))
        return base_fail(
            error, BASE_UNRESOLVED,
            "the Fisher matrix of unit %zu of layer %zu is singular on its %zu active samples; give "
            "training.damping, such as 1e-4",
            i + 1, l, *n);
    return BASE_OK;
}

static int direction_unit(struct work *w, size_t l, size_t i, const double *delta, const double *errors,
                          double *p, struct base_error *error)
{
    int status;
    const size_t B = w->B;
    size_t n;
    memset(p, 0, B * sizeof *p);
    TRY(factor_unit(w, l, i, delta, &n, error));
    for (size_t a = 0; a < n; a++) {
        w->y[a] = 0;
        for (size_t k = 0; k < w->C; k++)
            w->y[a] += errors[k * B + w->active[a]] * delta[k * B + w->active[a]] / w->q[a];
    }
    linalg_cholesky_solve(n, w->K, 1, w->y);
    for (size_t a = 0; a < n; a++)
        p[w->active[a]] = w->q[a] * w->y[a];
out:
    return status;
}

static int unit_direction(void *work, const struct train_network *network,
                          const struct train_signals *signals, const double *errors, double *const *P,
                          struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const size_t B = w->B, CB = w->C * B;
    for (size_t l = 1; l < w->L; l++)
        for (size_t i = 0; i < network->architecture->widths[l]; i++)
            TRY(direction_unit(w, l, i, signals->delta[l] + i * CB, errors, P[l] + i * B, error));
    memcpy(P[w->L], errors, CB * sizeof *errors);
    linalg_cholesky_solve(B, w->A[w->L], w->C, P[w->L]);
out:
    return status;
}

/* S = 1 − ρ (K + ρ)⁻¹, from the factor of K + ρ */
static void share(size_t n, double rho, const double *factor, double *S)
{
    for (size_t a = 0; a < n * n; a++)
        S[a] = a % (n + 1) == 0;
    if (rho > 0)
        linalg_cholesky_solve(n, factor, n, S);
    for (size_t a = 0; a < n * n && rho > 0; a++)
        S[a] = (a % (n + 1) == 0) - rho * S[a];
}

static void add_unit(const struct work *w, size_t n, const double *delta, double *kernel)
{
    const size_t B = w->B, CB = w->C * B;
    for (size_t k = 0; k < w->C; k++)
        for (size_t m = k; m < w->C; m++)
            for (size_t a = 0; a < n; a++) {
                const double c = delta[k * B + w->active[a]] / w->q[a];
                double *row = kernel + (k * B + w->active[a]) * CB + m * B;
                for (size_t b = 0; b < n; b++)
                    row[w->active[b]] += c * w->S[a * n + b] * delta[m * B + w->active[b]] / w->q[b];
            }
}

static int unit_kernel(void *work, const struct train_network *network, const struct train_signals *signals,
                       double *kernel, struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    const size_t L = w->L, B = w->B, CB = w->C * B;
    memset(kernel, 0, CB * CB * sizeof *kernel);
    for (size_t l = 1; l < L; l++)
        for (size_t i = 0; i < network->architecture->widths[l]; i++) {
            const double *delta = signals->delta[l] + i * CB;
            size_t n;
            TRY(factor_unit(w, l, i, delta, &n, error));
            share(n, w->rho[l], w->K, w->S);
            add_unit(w, n, delta, kernel);
        }
    share(B, w->rho[L], w->A[L], w->S);
    for (size_t k = 0; k < w->C; k++)
        for (size_t s = 0; s < B; s++)
            for (size_t t = 0; t < B; t++)
                kernel[(k * B + s) * CB + k * B + t] += w->S[s * B + t];
out:
    return status;
}

const struct train_optimizer train_unit = {
    .name = "unit",
    .doc = "natural gradient of the block diagonal by hidden units",
    .deltas = true,
    .bytes = unit_bytes,
    .flops = unit_flops,
    .init = unit_init,
    .free = unit_free,
    .prepare = unit_prepare,
    .direction = unit_direction,
    .kernel = unit_kernel,
};
