/* The softmax Fisher matrix in mean field: its dual is BᵀF*_MF B with F*_MF = I_C ⊗ K and B_t of outputs
 * drawn from N(0, q^L), independent over k:
 *
 *     K_st = (1/T) Σ_l (M_{l−1} q̂^{l−1}_st + 1) q̃^l_st        the mean-field kernel (KAA21)
 *     A_st = (M/T) Σ_l α_{l−1} q̂^{l−1}_st q̃^l_st               its leading order, of mean and second moment
 *
 * For inputs iid N(0,1) all three matrices have two values, K = (K_1 − K_2) 1 + K_2 11ᵀ and so on, and
 * nothing here is T×T.
 */

/* GSL's elements without a call and a check each. */
#define HAVE_INLINE
#define GSL_RANGE_CHECK_OFF

#include "base/memory.h"
#include "theory/laplace.h"
#include "theory/theory.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort_vector.h>
#include <stdlib.h>

enum {
    DRAWS = 256,
    FEWEST_DRAWS = 16,
    SPECTRA = 16,
    MOST_ROWS = 1500,
    MOST_STEPS = 1000,
    N_NUMBERS = THEORY_SOFTMAX_NUMBERS
};
static const double most_flops = 4e9; /* of all draws together, at 50 steps each */
static const double settled = 1e-6;   /* relative change of λ_max in a step */
static const double jitter = 1e-10;   /* relative, on the diagonal of a singular q^L */
static const unsigned long draws_seed = 2;

/* A matrix over the samples: two numbers, or all. */
struct kernel {
    double same, other;
    gsl_matrix *full; /* (T, T), both triangles; NULL for two numbers */
};

struct draws {
    size_t C, T, n;
    struct kernel K, A, q; /* q: a root of q^L where it is full */
    gsl_rng *rng;
    gsl_matrix *f, *g, *x, *y, *work; /* (C, T) */
    double *mean;                     /* (T) */
    gsl_matrix *gram, *gram2;         /* (T, T), or (C, C) for two numbers */
};

/* ---- the matrices of an order */

static double kernel_element(const struct theory_order *o, const struct net_architecture *a, size_t p,
                             double bias)
{
    return theory_order_kernel(o, a, p, bias) / (double)a->T;
}

static double output_element(const struct theory_order *o, const struct net_architecture *a, size_t p)
{
    return o->q[a->L * o->pairs + p];
}

enum element { KERNEL, LEADING, OUTPUTS };

static double element_of(const struct theory_order *o, const struct net_architecture *a, enum element which,
                         size_t p)
{
    return which == OUTPUTS ? output_element(o, a, p) : kernel_element(o, a, p, which == KERNEL);
}

static int kernel_init(struct kernel *kernel, const struct theory_order *o, const struct net_architecture *a,
                       enum element which, struct base_error *error)
{
    int status = BASE_OK;
    *kernel = (struct kernel){.full = NULL};
    if (o->samples == 1) {
        kernel->same = element_of(o, a, which, 0);
        kernel->other = element_of(o, a, which, o->pairs - 1); /* one given input has no other */
        return BASE_OK;
    }
    TRY(base_given(kernel->full = gsl_matrix_alloc(a->T, a->T), error));
    for (size_t p = 0; p < o->pairs; p++) {
        const double value = element_of(o, a, which, p);
        gsl_matrix_set(kernel->full, o->s[p], o->t[p], value);
        gsl_matrix_set(kernel->full, o->t[p], o->s[p], value);
    }
out:
    return status;
}

/* q = R Rᵀ, R in the lower triangle; R = q^{1/2} for two numbers needs no matrix. */
static int take_root(struct kernel *q, struct base_error *error)
{
    if (q->full == NULL)
        return BASE_OK;
    gsl_vector_view diagonal = gsl_matrix_diagonal(q->full);
    gsl_vector_add_constant(&diagonal.vector, jitter * gsl_vector_max(&diagonal.vector));
    if (gsl_linalg_cholesky_decomp1(q->full) != GSL_SUCCESS)
        return base_fail(error, BASE_UNRESOLVED, "the covariance of the outputs is not positive definite");
    return BASE_OK;
}

/* ---- drawing */

static void draws_free(struct draws *d)
{
    gsl_matrix *all[] = {d->K.full, d->A.full, d->q.full, d->f, d->g, d->x, d->y, d->work, d->gram, d->gram2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gsl_matrix_free(all[i]);
    gsl_rng_free(d->rng);
    free(d->mean);
}

static size_t count_draws(size_t C, size_t T, bool two)
{
    const double c = (double)C, t = (double)T, flops = 50 * (two ? 12 * c * t : 2 * c * t * t);
    return (size_t)fmax(FEWEST_DRAWS, fmin(DRAWS, most_flops / flops));
}

static int draws_init(struct draws *d, const struct theory_order *order, const struct net_architecture *a,
                      struct base_error *error)
{
    int status;
    const bool two = order->samples == 1;
    const size_t C = a->C, T = a->T, n = two ? C : T;
    *d = (struct draws){.C = C, .T = T, .n = count_draws(C, T, two)};
    TRY(base_given(d->rng = gsl_rng_alloc(gsl_rng_mt19937), error));
    gsl_rng_set(d->rng, draws_seed);
    TRY(kernel_init(&d->K, order, a, KERNEL, error));
    TRY(kernel_init(&d->A, order, a, LEADING, error));
    TRY(kernel_init(&d->q, order, a, OUTPUTS, error));
    TRY(take_root(&d->q, error));
    TRY(base_given(d->f = gsl_matrix_alloc(C, T), error));
    TRY(base_given(d->g = gsl_matrix_alloc(C, T), error));
    TRY(base_given(d->x = gsl_matrix_alloc(C, T), error));
    TRY(base_given(d->y = gsl_matrix_alloc(C, T), error));
    TRY(base_given(d->work = gsl_matrix_alloc(C, T), error));
    TRY(base_got(d->mean = base_calloc(T, sizeof *d->mean, error)));
    TRY(base_given(d->gram = gsl_matrix_alloc(n, n), error));
    TRY(base_given(d->gram2 = gsl_matrix_alloc(n, n), error));
out:
    return status;
}

/* f ~ N(0, q^L), rows k independent. */
static void draw_outputs(struct draws *d)
{
    const bool two = d->q.full == NULL;
    const double common = sqrt(fmax(0, d->q.other)), own = two ? sqrt(fmax(0, d->q.same - d->q.other)) : 1;
    for (size_t k = 0; k < d->C; k++) {
        const double z = two ? common * gsl_ran_gaussian_ziggurat(d->rng, 1) : 0;
        for (size_t t = 0; t < d->T; t++)
            d->f->data[k * d->T + t] = z + own * gsl_ran_gaussian_ziggurat(d->rng, 1);
    }
    if (!two)
        gsl_blas_dtrmm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, d->q.full, d->f);
}

static void softmax(struct draws *d)
{
    const double *f = d->f->data;
    double *g = d->g->data;
    for (size_t t = 0; t < d->T; t++) {
        double largest = f[t], sum = 0;
        for (size_t k = 1; k < d->C; k++)
            largest = fmax(largest, f[k * d->T + t]);
        for (size_t k = 0; k < d->C; k++)
            sum += g[k * d->T + t] = exp(f[k * d->T + t] - largest);
        for (size_t k = 0; k < d->C; k++)
            g[k * d->T + t] /= sum;
    }
}

/* ---- numbers of one draw */

/* tr Q_t and ‖Q_t‖² */
static void moments_at(const gsl_matrix *g, size_t t, double *trace, double *norm2)
{
    double s1 = 0, s2 = 0, s3 = 0;
    for (size_t k = 0; k < g->size1; k++) {
        const double p = gsl_matrix_get(g, k, t);
        s1 += p * (1 - p);
        s2 += p * p;
        s3 += p * p * (1 - 2 * p);
    }
    *trace = s1;
    *norm2 = s3 + s2 * s2;
}

/* Σ_st tr(Q_s Q_t) = ‖Σ_t Q_t‖² */
static double sum_norm2(struct draws *d)
{
    gsl_blas_dsyrk(CblasLower, CblasNoTrans, -1, d->g, 0, d->gram);
    double sum = 0;
    for (size_t k = 0; k < d->C; k++) {
        gsl_vector_view row = gsl_matrix_row(d->g, k);
        *gsl_matrix_ptr(d->gram, k, k) += gsl_vector_sum(&row.vector);
        sum += gsl_pow_2(gsl_matrix_get(d->gram, k, k));
        for (size_t j = 0; j < k; j++)
            sum += 2 * gsl_pow_2(gsl_matrix_get(d->gram, k, j));
    }
    return sum;
}

/* Σ_st A_st² tr(Q_s Q_t), tr(Q_s Q_t) = Σ gh − Σ g²h − Σ gh² + (Σ gh)² */
static double weighted_norm2(struct draws *d)
{
    gsl_matrix_memcpy(d->work, d->g);
    gsl_matrix_mul_elements(d->work, d->g);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, d->g, d->g, 0, d->gram);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, d->work, d->g, 0, d->gram2);
    double sum = 0;
    for (size_t s = 0; s < d->T; s++)
        for (size_t t = 0; t < d->T; t++) {
            const double gh = gsl_matrix_get(d->gram, s, t);
            sum += gsl_pow_2(gsl_matrix_get(d->A.full, s, t)) *
                   (gh - gsl_matrix_get(d->gram2, s, t) - gsl_matrix_get(d->gram2, t, s) + gh * gh);
        }
    return sum;
}

/* tr and ‖·‖² of BᵀAB with I_C ⊗ A. */
static void draw_moments(struct draws *d, double *trace, double *norm2)
{
    double equal = 0;
    *trace = 0;
    for (size_t t = 0; t < d->T; t++) {
        double trace_t, norm2_t;
        moments_at(d->g, t, &trace_t, &norm2_t);
        *trace += trace_t * (d->A.full != NULL ? gsl_matrix_get(d->A.full, t, t) : d->A.same);
        equal += norm2_t;
    }
    *norm2 = d->A.full != NULL
                 ? weighted_norm2(d)
                 : gsl_pow_2(d->A.other) * (sum_norm2(d) - equal) + gsl_pow_2(d->A.same) * equal;
}

/* y ← (I_C ⊗ K) y */
static void apply_kernel(struct draws *d, gsl_matrix *y)
{
    if (d->K.full != NULL) {
        gsl_matrix_memcpy(d->work, y);
        gsl_blas_dsymm(CblasRight, CblasLower, 1, d->K.full, d->work, 0, y);
        return;
    }
    for (size_t k = 0; k < d->C; k++) {
        double *row = y->data + k * d->T, sum = 0;
        for (size_t t = 0; t < d->T; t++)
            sum += row[t];
        for (size_t t = 0; t < d->T; t++)
            row[t] = (d->K.same - d->K.other) * row[t] + d->K.other * sum;
    }
}

/* mean_t = Σ_k a_k(t) x_k(t) */
static void sum_outputs(const struct draws *d, const double *a, const double *x, double *mean)
{
    for (size_t t = 0; t < d->T; t++)
        mean[t] = 0;
    for (size_t k = 0; k < d->C; k++)
        for (size_t t = 0; t < d->T; t++)
            mean[t] += a[k * d->T + t] * x[k * d->T + t];
}

/* y ← Bᵀ (I_C ⊗ K) B x ; B_jk = (1[j=k] − g_j) √g_k. f holds √g. */
static void apply(struct draws *d)
{
    const double *root = d->f->data, *g = d->g->data, *x = d->x->data;
    double *y = d->y->data;
    sum_outputs(d, root, x, d->mean);
    for (size_t k = 0; k < d->C; k++)
        for (size_t t = 0, i = k * d->T; t < d->T; t++, i++)
            y[i] = root[i] * x[i] - g[i] * d->mean[t];
    apply_kernel(d, d->y);
    sum_outputs(d, g, y, d->mean);
    for (size_t k = 0; k < d->C; k++)
        for (size_t t = 0, i = k * d->T; t < d->T; t++, i++)
            y[i] = root[i] * (y[i] - d->mean[t]);
}

/* λ_max by power iteration: what it misses is far below what draws differ by. */
static double draw_largest(struct draws *d)
{
    gsl_vector_view x = gsl_vector_view_array(d->x->data, d->C * d->T),
                    y = gsl_vector_view_array(d->y->data, d->C * d->T);
    double largest = 0;
    for (size_t i = 0; i < d->C * d->T; i++) {
        gsl_vector_set(&x.vector, i, gsl_ran_gaussian_ziggurat(d->rng, 1));
        d->f->data[i] = sqrt(d->g->data[i]);
    }
    for (int step = 0; step < MOST_STEPS; step++) {
        const double norm = gsl_blas_dnrm2(&x.vector), before = largest;
        if (!(norm > 0))
            return norm;
        gsl_vector_scale(&x.vector, 1 / norm);
        apply(d);
        gsl_blas_ddot(&x.vector, &y.vector, &largest);
        gsl_vector_memcpy(&x.vector, &y.vector);
        if (step > 4 && fabs(largest - before) <= settled * largest)
            break;
    }
    return largest;
}

/* ---- the whole spectrum */

/* K_st (B_sᵀB_t)_kk' = K_st √g_k √h_k' (1[k=k'] − g_k' − h_k + g·h), the lower triangle. */
static void fill_dual(struct draws *d, gsl_matrix *dual)
{
    const size_t C = d->C, T = d->T;
    const double *g = d->g->data;
    for (size_t s = 0; s < T; s++)
        for (size_t t = 0; t < T; t++) {
            double product = 0, K = s == t ? d->K.same : d->K.other;
            if (d->K.full != NULL)
                K = gsl_matrix_get(d->K.full, s, t);
            for (size_t k = 0; k < C; k++)
                product += g[k * T + s] * g[k * T + t];
            for (size_t k = 0; k < C; k++)
                for (size_t k2 = 0; k2 <= k; k2++)
                    gsl_matrix_set(dual, k * T + s, k2 * T + t,
                                   K * sqrt(g[k * T + s] * g[k2 * T + t]) *
                                       ((k == k2) - g[k2 * T + s] - g[k * T + t] + product));
        }
}

/* The mean of each eigenvalue, in order, over a few draws. */
static int spectrum_average(struct draws *d, double *spectrum, struct base_error *error)
{
    int status;
    const size_t n = d->C * d->T, rank = n - d->T;
    gsl_matrix *dual = gsl_matrix_alloc(n, n);
    gsl_vector *values = gsl_vector_alloc(n);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(n);
    TRY(base_given(dual, error));
    TRY(base_given(values, error));
    TRY(base_given(work, error));
    for (size_t i = 0; i < rank; i++)
        spectrum[i] = 0;
    for (int draw = 0; draw < SPECTRA; draw++) {
        draw_outputs(d);
        softmax(d);
        fill_dual(d, dual);
        gsl_eigen_symm(dual, values, work);
        gsl_sort_vector(values);
        for (size_t i = 0; i < rank; i++)
            spectrum[i] += fmax(0, gsl_vector_get(values, n - 1 - i)) / SPECTRA;
    }
out:
    gsl_matrix_free(dual);
    gsl_vector_free(values);
    gsl_eigen_symm_free(work);
    return status;
}

/* ---- predictions */

static void bounds(double P, struct theory_softmax *p)
{
    p->eig_max_low = p->eig_second_moment / p->eig_mean;
    p->eig_max_high = sqrt(P * p->eig_second_moment);
}

/* Where theory has C − 1 outliers clear of the bulk, those of E_x Q. */
static const double clear_of_bulk = 7;

static void predict_from_average(const struct draws *d, double P,
                                 const struct theory_softmax_average *average, struct theory_softmax *p)
{
    const double T = (double)d->T, same = d->A.same, other = d->A.other;
    p->eig_mean = T * same * average->beta[0] / P;
    p->eig_second_moment =
        (T * (T - 1) * other * other * average->beta[1] + T * same * same * average->beta[2]) / P;
    p->moments_error = average->error;
    p->eig_max = NAN;
    p->eig_max_error = NAN;
    if (T * other >= clear_of_bulk * same) {
        const double lambda = (T - 1) * other + same;
        p->eig_max = lambda * average->largest;
        p->eig_max_error = lambda * average->largest_error;
    }
}

/* Given inputs: the trace sample by sample, exactly. */
static int predict_mean(const struct draws *d, const double *variances, double P, struct theory_softmax *p,
                        struct base_error *error)
{
    int status = BASE_OK;
    double beta[3] = {0};
    for (size_t t = 0; t < d->T; t++) {
        TRY(theory_softmax_sample(variances[t], d->C, 1.4, beta, error));
        p->eig_mean += gsl_matrix_get(d->A.full, t, t) * beta[0] / P;
    }
out:
    return status;
}

static int predict_from_draws(struct draws *d, double P, bool two, struct theory_softmax *p,
                              struct base_error *error)
{
    int status;
    double *numbers = base_calloc(N_NUMBERS * d->n, sizeof *numbers, error), norm2, deviation;
    const double known[N_NUMBERS] = {NAN, p->eig_mean * P, two ? p->eig_second_moment * P : NAN};
    TRY(base_got(numbers));
    for (size_t i = 0; i < d->n; i++) {
        double *row = numbers + N_NUMBERS * i;
        draw_outputs(d);
        softmax(d);
        draw_moments(d, &row[1], &row[2]);
        row[0] = draw_largest(d);
    }
    TRY(theory_softmax_regress(d->n, numbers, 0, known, &p->eig_max_kernel, &p->kernel_error, error));
    if (!two) {
        TRY(theory_softmax_regress(d->n, numbers, 2, known, &norm2, &deviation, error));
        p->eig_second_moment = norm2 / P;
        p->moments_error = deviation / norm2;
        p->eig_max = p->eig_max_kernel; /* no sample is like another, so there is no z common to all */
        p->eig_max_error = p->kernel_error;
    }
out:
    free(numbers);
    return status;
}

int theory_softmax_predict(const struct theory_order *order, const struct net_architecture *architecture,
                           const struct theory_softmax_average *average, struct theory_softmax *prediction,
                           double *spectrum, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct draws d = {0};
    *prediction = (struct theory_softmax){0};
    if (a->C < 2)
        return base_fail(error, BASE_UNRESOLVED, "the softmax of one output is constant");
    TRY(draws_init(&d, order, a, error));
    if (order->samples == 1)
        predict_from_average(&d, a->P, average, prediction);
    else
        TRY(predict_mean(&d, order->q + a->L * order->pairs, a->P, prediction, error));
    TRY(predict_from_draws(&d, a->P, order->samples == 1, prediction, error));
    bounds(a->P, prediction);
    if (spectrum != NULL && a->CT <= MOST_ROWS)
        TRY(spectrum_average(&d, spectrum, error));
out:
    draws_free(&d);
    return status;
}
