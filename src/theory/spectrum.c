/* Eigenvalues of the mean-field dual of given inputs, whose T×T block (each output has it)
 *
 *     K = (1/T) Σ_l (M_{l-1} q̂^{l-1} + 1) q̃^l   (+ (M/T) Σ_{l<L} Q^l p̂^l with trained branches)
 *
 * stands for F*; and of the NTK. Symbols as in theory.h. */
#include "base/memory.h"
#include "theory/inputs.h"
#include "theory/theory.h"

#include <assert.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_sort_vector.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- eigenvalues of a symmetric K (n, n), upper triangle */

static int fail_memory(struct base_error *error)
{
    return base_fail(error, BASE_FAILED, "GSL has no memory for an eigenvalue problem");
}

/* All, descending. */
static int all_eigenvalues(size_t n, const double *K, double *values, struct base_error *error)
{
    int status = BASE_OK;
    gsl_matrix *A = gsl_matrix_alloc(n, n);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(n);
    gsl_vector_view v = gsl_vector_view_array(values, n);
    if (A == NULL || work == NULL)
        TRY(fail_memory(error));
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            gsl_matrix_set(A, j, i, K[i * n + j]); /* GSL reads the lower triangle */
    if (gsl_eigen_symm(A, &v.vector, work) != 0)
        TRY(base_fail(error, BASE_UNRESOLVED, "the eigenvalues of a mean-field kernel do not converge"));
    gsl_sort_vector(&v.vector);
    gsl_vector_reverse(&v.vector);
out:
    gsl_matrix_free(A);
    if (work != NULL)
        gsl_eigen_symm_free(work);
    return status;
}

enum { MOST_STEPS = 300 };

/* Lanczos with full reorthogonalisation: the rows of Q (steps, n) are orthonormal, and QKQᵀ is tridiagonal,
 * alpha on its diagonal and beta beside it. */
struct lanczos {
    size_t n;
    gsl_matrix *Q;
    gsl_vector *next, *products; /* (n), (MOST_STEPS) */
    double alpha[MOST_STEPS], beta[MOST_STEPS];
};

static void lanczos_free(struct lanczos *z)
{
    gsl_matrix_free(z->Q);
    gsl_vector_free(z->next);
    gsl_vector_free(z->products);
}

/* From a fixed vector that nothing is likely to be orthogonal to. */
static int lanczos_init(struct lanczos *z, size_t n, struct base_error *error)
{
    const size_t steps = n < MOST_STEPS ? n : MOST_STEPS;
    *z = (struct lanczos){.n = n,
                          .Q = gsl_matrix_alloc(steps, n),
                          .next = gsl_vector_alloc(n),
                          .products = gsl_vector_alloc(steps)};
    if (z->Q == NULL || z->next == NULL || z->products == NULL)
        return fail_memory(error);
    for (size_t i = 0; i < n; i++)
        gsl_vector_set(z->next, i, 1 + 0.5 * sin(2.385 * (double)i + 1));
    gsl_vector_scale(z->next, 1 / gsl_blas_dnrm2(z->next));
    gsl_matrix_set_row(z->Q, 0, z->next);
    return BASE_OK;
}

/* next ← the part of K q_k that is orthogonal to q_0 .. q_k; its norm is beta[k]. */
static void lanczos_step(struct lanczos *z, const gsl_matrix *K, size_t k)
{
    const gsl_vector_const_view q = gsl_matrix_const_row(z->Q, k);
    const gsl_matrix_const_view all = gsl_matrix_const_submatrix(z->Q, 0, 0, k + 1, z->n);
    gsl_vector_view products = gsl_vector_subvector(z->products, 0, k + 1);
    gsl_blas_dsymv(CblasUpper, 1, K, &q.vector, 0, z->next);
    gsl_blas_ddot(&q.vector, z->next, &z->alpha[k]);
    for (int twice = 0; twice < 2; twice++) {
        gsl_blas_dgemv(CblasNoTrans, 1, &all.matrix, z->next, 0, &products.vector);
        gsl_blas_dgemv(CblasTrans, -1, &all.matrix, &products.vector, 1, z->next);
    }
    z->beta[k] = gsl_blas_dnrm2(z->next);
}

/* The largest eigenpair of the tridiagonal matrix of m steps; y (m). */
static int ritz_pair(const struct lanczos *z, size_t m, double *value, double *y, struct base_error *error)
{
    int status = BASE_OK;
    gsl_matrix *A = gsl_matrix_calloc(m, m), *vectors = gsl_matrix_alloc(m, m);
    gsl_vector *values = gsl_vector_alloc(m);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(m);
    if (A == NULL || vectors == NULL || values == NULL || work == NULL)
        TRY(fail_memory(error));
    for (size_t i = 0; i < m; i++) {
        gsl_matrix_set(A, i, i, z->alpha[i]);
        if (i + 1 < m)
            gsl_matrix_set(A, i + 1, i, z->beta[i]);
    }
    if (gsl_eigen_symmv(A, values, vectors, work) != 0)
        TRY(base_fail(error, BASE_UNRESOLVED, "the eigenvalues of a mean-field kernel do not converge"));
    const size_t top = gsl_vector_max_index(values);
    *value = gsl_vector_get(values, top);
    for (size_t i = 0; i < m; i++)
        y[i] = gsl_matrix_get(vectors, i, top);
out:
    gsl_matrix_free(A);
    gsl_matrix_free(vectors);
    gsl_vector_free(values);
    if (work != NULL)
        gsl_eigen_symmv_free(work);
    return status;
}

/* As many steps as the largest eigenpair takes: ‖K v − λ v‖ = β_m |y_m|, and λ is off by its square over the
 * gap. */
static int lanczos_run(struct lanczos *z, const gsl_matrix *K, size_t *steps, double *value, double *y,
                       struct base_error *error)
{
    int status;
    const size_t most = z->n < MOST_STEPS ? z->n : MOST_STEPS;
    for (size_t m = 1;; m++) {
        lanczos_step(z, K, m - 1);
        const double beta = z->beta[m - 1];
        if (!isfinite(beta))
            TRY(base_fail(error, BASE_UNRESOLVED, "a mean-field kernel is not finite"));
        const bool last = m == most || beta <= 1e-14 * fabs(z->alpha[0]);
        if (m % 8 == 0 || last) {
            TRY(ritz_pair(z, m, value, y, error));
            const double residual = m == z->n ? 0 : beta * fabs(y[m - 1]);
            if (last && residual > 1e-4 * fabs(*value))
                TRY(base_fail(error, BASE_UNRESOLVED,
                              "the largest eigenvalue of a mean-field kernel does not converge"));
            *steps = m;
            if (last || residual <= 1e-9 * fabs(*value))
                return BASE_OK;
        }
        gsl_vector_scale(z->next, 1 / beta);
        gsl_matrix_set_row(z->Q, m, z->next);
    }
out:
    return status;
}

int theory_eigen_top(size_t n, const double *K, double *value, double *vector, struct base_error *error)
{
    int status;
    struct lanczos z = {.n = 0};
    const gsl_matrix_const_view A = gsl_matrix_const_view_array(K, n, n);
    double y[MOST_STEPS];
    size_t steps = 0;
    TRY(lanczos_init(&z, n, error));
    TRY(lanczos_run(&z, &A.matrix, &steps, value, y, error));
    memset(vector, 0, n * sizeof *vector);
    for (size_t k = 0; k < steps; k++)
        for (size_t i = 0; i < n; i++)
            vector[i] += y[k] * gsl_matrix_get(z.Q, k, i);
out:
    lanczos_free(&z);
    return status;
}

int theory_order_top(const struct theory_order *order, const double *x, double *value,
                     struct base_error *error)
{
    int status;
    const size_t T = order->samples;
    double *K = base_calloc(T * T + T, sizeof *K, error);
    TRY(base_got(K));
    for (size_t p = 0; p < order->pairs; p++)
        K[order->s[p] * T + order->t[p]] = x[p];
    TRY(theory_eigen_top(T, K, value, K + T * T, error));
out:
    free(K);
    return status;
}

/* ---- the Fisher matrix */

/* In place ΠKΠ, Π = I − 11ᵀ/n; means (n) are those of the rows, mean that of all. */
static void centre(size_t n, double *K, double *means)
{
    double mean = 0;
    memset(means, 0, n * sizeof *means);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) {
            means[i] += K[i * n + j] / (double)n;
            means[j] += j > i ? K[i * n + j] / (double)n : 0;
        }
    for (size_t i = 0; i < n; i++)
        mean += means[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            K[i * n + j] += mean - means[i] - means[j];
}

/* What of F the kernel says by its eigenvalues; K is destroyed. */
static int spectrum_of(size_t T, double *K, struct theory_spectrum *spectrum, double *eigenvalues,
                       struct base_error *error)
{
    int status;
    double *v = NULL, *means, whole = 0, sum = 0;
    TRY(base_got(v = base_calloc(2 * T, sizeof *v, error)));
    means = v + T;
    TRY(theory_eigen_top(T, K, &spectrum->eig_max, v, error));
    for (size_t s = 0; s < T; s++) {
        sum += v[s];
        for (size_t t = s; t < T; t++)
            whole += (t > s ? 2 : 1) * K[s * T + t];
    }
    spectrum->eigvec_overlap = spectrum->eig_max * sum * sum / whole;
    if (eigenvalues != NULL)
        TRY(all_eigenvalues(T, K, eigenvalues, error));
    spectrum->centred_eig_max = NAN;
    if (T > 1) {
        centre(T, K, means);
        TRY(theory_eigen_top(T, K, &spectrum->centred_eig_max, v, error));
    }
out:
    free(v);
    return status;
}

int theory_fisher_kernel(const struct theory_order *order, const struct net_architecture *architecture,
                         struct theory_spectrum *spectrum, double *eigenvalues, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t T = order->samples, pairs = order->pairs;
    double *K = NULL;
    assert(T == a->T);
    TRY(base_got(K = base_calloc(T * T, sizeof *K, error)));
    for (size_t p = 0; p < pairs; p++)
        K[order->s[p] * T + order->t[p]] = theory_order_kernel(order, a, p, 1) / (double)T;
    TRY(spectrum_of(T, K, spectrum, eigenvalues, error));
out:
    free(K);
    return status;
}

/* K of one draw of inputs, in room of (T, T) numbers each. */
static int draw_kernel(const struct net_architecture *a, const struct net_activation *activation,
                       gsl_rng *random, double *gram, double *nngp, double *K, struct base_error *error)
{
    int status;
    struct theory_branch branch;
    double *widths = NULL, *ones;
    TRY(base_got(widths = base_calloc(2 * a->L, sizeof *widths, error)));
    ones = widths + a->L;
    for (size_t l = 0; l < a->L; l++) {
        widths[l] = (double)a->widths[l] / (double)a->T;
        ones[l] = 1 / (double)a->T;
    }
    TRY(theory_gram_draw(random, a->widths[0], a->T, nngp, gram, error));
    TRY(theory_kernel_sum_residual(activation, a->weight_variance, a->bias_variance,
                                   theory_branch_of(a, (double)a->M / (double)a->T, &branch), a->L, a->T,
                                   gram, widths, ones, 1e-6, K, nngp, error));
out:
    free(widths);
    return status;
}

/* Fewer of many samples, whose spectra scatter less, and of deep networks, whose kernels cost more. */
static size_t count_draws(size_t T, size_t L)
{
    const size_t draws = T <= 5 ? 200 : T >= 500 ? 2 : 1000 / T, few = 10 * draws / (10 + L);
    return few < 2 ? 2 : few;
}

int theory_fisher_draws(const struct net_architecture *architecture, const struct net_activation *activation,
                        struct theory_spectrum *spectrum, double *eigenvalues, struct base_error *error)
{
    int status;
    const size_t T = architecture->T, draws = count_draws(T, architecture->L);
    gsl_rng *random = NULL;
    double *room = NULL, *gram, *nngp, *K, *values;
    if (T > THEORY_MOST_DRAWN)
        return base_fail(error, BASE_UNRESOLVED, "no spectrum is predicted for more than %d Gaussian samples",
                         THEORY_MOST_DRAWN);
    TRY(base_got(room = base_calloc(3 * T * T + T, sizeof *room, error)));
    gram = room;
    nngp = gram + T * T;
    K = nngp + T * T;
    values = K + T * T;
    random = gsl_rng_alloc(gsl_rng_mt19937);
    if (random == NULL)
        TRY(fail_memory(error));
    *spectrum = (struct theory_spectrum){0, 0, 0};
    if (eigenvalues != NULL)
        memset(eigenvalues, 0, T * sizeof *eigenvalues);
    for (size_t d = 0; d < draws; d++) {
        struct theory_spectrum one;
        TRY(draw_kernel(architecture, activation, random, gram, nngp, K, error));
        TRY(spectrum_of(T, K, &one, eigenvalues != NULL ? values : NULL, error));
        spectrum->eig_max += one.eig_max / (double)draws;
        spectrum->centred_eig_max += one.centred_eig_max / (double)draws;
        spectrum->eigvec_overlap += one.eigvec_overlap / (double)draws;
        for (size_t i = 0; eigenvalues != NULL && i < T; i++)
            eigenvalues[i] += values[i] / (double)draws;
    }
out:
    if (random != NULL)
        gsl_rng_free(random);
    free(room);
    return status;
}

/* ---- the NTK */

int theory_ntk_predict(const struct theory_order *order, const struct net_architecture *architecture,
                       struct theory_ntk *prediction, struct base_error *error)
{
    int status;
    const size_t pairs = order->pairs, T = architecture->T;
    double *theta = NULL, sum = 0;
    TRY(base_got(theta = base_calloc(pairs, sizeof *theta, error)));
    for (size_t l = 1; l <= order->L; l++)
        for (size_t p = 0; p < pairs; p++)
            theta[p] +=
                order->q[l * pairs + p] * order->qtilde[l * pairs + p] +
                (l < order->L ? architecture->branch_variance * theory_order_branch(order, architecture, l, p)
                              : 0);
    *prediction = (struct theory_ntk){0, 0, 0};
    for (size_t p = 0; p < pairs; p++) {
        const double weight = theory_order_weight(order, T, p);
        prediction->eig_mean += p < order->samples ? (double)T * weight * theta[p] : 0;
        prediction->eig_second_moment += (double)T * weight * theta[p] * theta[p];
        sum += (double)T * weight * theta[p];
    }
    if (order->samples == 1) /* Θ = (Θ_1 − Θ_2) I + Θ_2 11ᵀ */
        prediction->eig_max = T > 1 && theta[1] < 1e-12 * theta[0] ? NAN : sum;
    else
        TRY(theory_order_top(order, theta, &prediction->eig_max, error));
out:
    free(theta);
    return status;
}
