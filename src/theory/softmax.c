/* Averages over the outputs of a wide network, f_k iid over k, by integrals of one and two dimensions for any
 * C: with S = Σ_k e^{f_k} (of s) and S' (of t),
 *
 *     1/(S^n S'^n') = (1/Γ(n)Γ(n')) ∫∫ u^{n−1} v^{n'−1} e^{−uS − vS'} du dv ,    u = e^y , v = e^y' ,
 *
 * turns averages of products of softmax outputs g_k = e^{f_k}/S into products over k of
 *
 *     ψ_a(y) = E [e^{a(f+y)} exp(−e^{f+y})] ,  ψ_ab(y, y') = E [e^{a(f_s+y)} exp(−e^{f_s+y}) e^{b(f_t+y')}
 *              exp(−e^{f_t+y'})] = ∫Dz χ_a(y + √q_2 z) χ_b(y' + √q_2 z) ,   χ_a: ψ_a at variance q_1 − q_2 .
 *
 * No term is the difference of others (1 − g_k = Σ_{j≠k} g_j), so saturated outputs keep their relative
 * accuracy:
 *
 *     β_1 = C(C−1) E g_1g_2
 *         = C(C−1) ∫dy ψ_1² ψ_0^{C−2}
 *     β_3 = C(C−1) E [2 g_1²g_2² + (C−2) g_1²g_2g_3]
 *         = C(C−1)/6 ∫dy [2ψ_2² + (C−2) ψ_2ψ_1²/ψ_0] ψ_0^{C−2}
 *     β_2 = C(C−1) E [2 g_1g_2 h_1h_2 + (C−2) g_1g_2 h_1h_3]
 *         = C(C−1) ∫∫dy dy' [2ψ_11² + (C−2) ψ_11ψ_10ψ_01/ψ_00] ψ_00^{C−2}
 *
 * All integrands are analytic and decay on both sides; the trapezoid rule's error in y is of the order
 * |Γ(1 + 2πi/h)|, at h = 0.6 4e-7, whatever the distribution of S; a level refines it by 1.4.
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
#include <gsl/gsl_math.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_spline.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>

static const double reach = THEORY_LAPLACE_REACH, bandwidth = THEORY_LAPLACE_BANDWIDTH;
static const double largest_work = 3e9; /* flops of one level */
enum { LEVELS = 4 };
static const double tolerance = 1e-7; /* the last level is better than its change by orders of magnitude */

/* ---- β_1 and β_3: one integral */

int theory_softmax_sample(double q1, size_t C, double refine, double beta[3], struct base_error *error)
{
    int status;
    const double c = (double)C;
    const unsigned others = (unsigned)C - 2;
    struct theory_laplace psi_of = {0};
    TRY(theory_laplace_init(&psi_of, sqrt(q1), refine, error));
    const struct theory_nodes y = theory_laplace_nodes(q1, 0, C, refine);
    double sum1 = 0, sum3 = 0;
    for (size_t i = 0; i < y.n; i++) {
        double psi[3];
        theory_laplace_eval(&psi_of, y.first + y.h * (double)i, psi);
        sum1 += psi[1] * psi[1] * gsl_pow_uint(psi[0], others);
        sum3 += 2 * psi[2] * psi[2] * gsl_pow_uint(psi[0], others);
        if (others > 0)
            sum3 += (c - 2) * psi[2] * psi[1] * psi[1] * gsl_pow_uint(psi[0], others - 1);
    }
    beta[0] = c * (c - 1) * y.h * sum1;
    beta[2] = c * (c - 1) / 6 * y.h * sum3;
out:
    theory_laplace_free(&psi_of);
    return status;
}

/* ---- β_2: two integrals, ψ_ab = A_a diag(w) A_bᵀ with A_a (y, z) */

struct matrices {
    gsl_matrix *A[2], *weighted[2]; /* (n_y, n_z) */
    gsl_matrix *psi[3];             /* (n_y, n_y): ψ_00, ψ_11, ψ_10 */
};

static int matrices_init(struct matrices *m, size_t n_y, size_t n_z, struct base_error *error)
{
    int status = BASE_OK;
    *m = (struct matrices){.A = {NULL}};
    for (int a = 0; a < 2; a++) {
        TRY(base_given(m->A[a] = gsl_matrix_alloc(n_y, n_z), error));
        TRY(base_given(m->weighted[a] = gsl_matrix_alloc(n_y, n_z), error));
    }
    for (int a = 0; a < 3; a++)
        TRY(base_given(m->psi[a] = gsl_matrix_alloc(n_y, n_y), error));
out:
    return status;
}

static void matrices_free(struct matrices *m)
{
    for (int a = 0; a < 2; a++) {
        gsl_matrix_free(m->A[a]);
        gsl_matrix_free(m->weighted[a]);
    }
    for (int a = 0; a < 3; a++)
        gsl_matrix_free(m->psi[a]);
}

/* The rows of A at nodes z_n = (n − reach_n) δ/√q_2, δ = h/m, so that χ at y_i + √q_2 z_n serves all (i, n)
 * of one i m + n; where m exceeds the number of z it serves one alone. */
static void matrices_fill(struct matrices *A, const struct theory_laplace *chi, const struct theory_nodes *y,
                          double root2, double delta, size_t m)
{
    const size_t n_y = A->A[0]->size1, n_z = A->A[0]->size2;
    const double step = root2 > 0 ? delta / root2 : 0, centre = (double)(n_z / 2);
    for (size_t i = 0; i < n_y; i++)
        for (size_t n = 0; n < n_z; n++) {
            const double at = y->first + y->h * (double)i + delta * ((double)n - centre),
                         z = step * ((double)n - centre);
            double psi[3];
            if (i > 0 && n + m < n_z)
                for (int a = 0; a < 2; a++)
                    psi[a] = gsl_matrix_get(A->A[a], i - 1, n + m);
            else
                theory_laplace_eval(chi, at, psi);
            for (int a = 0; a < 2; a++) {
                gsl_matrix_set(A->A[a], i, n, psi[a]);
                gsl_matrix_set(A->weighted[a], i, n,
                               n_z > 1 ? psi[a] * step * gsl_ran_ugaussian_pdf(z) : psi[a]);
            }
        }
}

static double two_sum(const struct matrices *m, size_t C)
{
    const size_t n = m->psi[0]->size1;
    const unsigned others = (unsigned)C - 2;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double psi00 = gsl_matrix_get(m->psi[0], i, j), psi11 = gsl_matrix_get(m->psi[1], i, j);
            sum += 2 * psi11 * psi11 * gsl_pow_uint(psi00, others);
            if (others > 0)
                sum += others * psi11 * gsl_matrix_get(m->psi[2], i, j) * gsl_matrix_get(m->psi[2], j, i) *
                       gsl_pow_uint(psi00, others - 1);
        }
    return sum;
}

static int two_samples(double q1, double q2, size_t C, double refine, double *beta2, struct base_error *error)
{
    int status;
    const double c = (double)C, root2 = sqrt(q2), sigma = sqrt(q1 - q2);
    struct theory_laplace chi = {0};
    struct matrices A = {.A = {NULL}};
    TRY(theory_laplace_init(&chi, sigma, refine, error));
    const struct theory_nodes y = theory_laplace_nodes(q1, q2, C, refine);
    /* δ resolves the Gaussian of variance q_2 and a product of two χ */
    const double widest = 2 * M_PI / (reach / root2 + 1.5 * bandwidth / fmax(1, sigma)) / refine;
    const size_t m = root2 > 0 ? (size_t)ceil(fmin(y.h / widest, 1e9)) : 1;
    const double delta = y.h / (double)m;
    const size_t n_z = root2 > 1e-9 ? 1 + 2 * (size_t)(reach * root2 / delta) : 1;
    const double work = 6 * (double)(y.n * y.n) * (double)n_z;
    if (!(work < largest_work))
        TRY(base_fail(error, BASE_UNRESOLVED,
                      "the softmax of outputs of variance %g and covariance %g is beyond the quadrature", q1,
                      q2));
    TRY(matrices_init(&A, y.n, n_z, error));
    matrices_fill(&A, &chi, &y, root2, delta, m);
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, A.A[0], A.weighted[0], 0, A.psi[0]);
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, A.A[1], A.weighted[1], 0, A.psi[1]);
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, A.A[1], A.weighted[0], 0, A.psi[2]);
    *beta2 = c * (c - 1) * y.h * y.h * two_sum(&A, C);
out:
    matrices_free(&A);
    theory_laplace_free(&chi);
    return status;
}

/* ---- E_z λ_max(E_x Q): draws of z, the inner average by one integral each
 *
 * Given z, the outputs are independent, and E_x Q = diag(W1) − W off its diagonal, with
 *     W_kj = ∫dy Π(y) ρ_k(y) ρ_j(y) = E_x g_k g_j (k ≠ j) ,  Π = Π_k χ_0(y + √q_2 z_k) ,  ρ_k = (χ_1/χ_0)(y +
 * √q_2 z_k) . Its trace has mean β_1 and its squared norm mean β_2, which are known: regressed on both, λ_max
 * has a quarter of its variance left. */

enum { DRAWS = 512, DRAWS_MANY = 256, MANY = 32, N_COLUMNS = THEORY_SOFTMAX_NUMBERS };
static const double smallest = 1e-290;
static const unsigned long draws_seed = 1;

/* log χ_0 and log χ_1/χ_0 as splines; where χ_0 underflows, so does Π. */
struct curves {
    gsl_spline *log_chi, *log_rho;
    gsl_interp_accel *accel;
    double first, last;
};

static void curves_free(struct curves *curves)
{
    gsl_spline_free(curves->log_chi);
    gsl_spline_free(curves->log_rho);
    gsl_interp_accel_free(curves->accel);
}

static int curves_init(struct curves *curves, const struct theory_laplace *chi, double first, double last,
                       struct base_error *error)
{
    int status;
    const double h = 0.1 * fmax(1, chi->sigma);
    const size_t n = 4 + (size_t)((last - first) / h);
    double *y = NULL, *log_chi = NULL, *log_rho = NULL;
    *curves = (struct curves){.first = first, .last = last};
    TRY(base_got(y = base_calloc(3 * n, sizeof *y, error)));
    log_chi = y + n;
    log_rho = log_chi + n;
    for (size_t i = 0; i < n; i++) {
        double psi[3];
        y[i] = first + h * (double)i;
        theory_laplace_eval(chi, y[i], psi);
        log_chi[i] = log(fmax(psi[0], smallest));
        log_rho[i] = psi[0] > smallest ? log(fmax(psi[1], smallest) / psi[0]) : log_rho[i > 0 ? i - 1 : 0];
    }
    TRY(base_given(curves->accel = gsl_interp_accel_alloc(), error));
    TRY(base_given(curves->log_chi = gsl_spline_alloc(gsl_interp_cspline, n), error));
    TRY(base_given(curves->log_rho = gsl_spline_alloc(gsl_interp_cspline, n), error));
    gsl_spline_init(curves->log_chi, y, log_chi, n);
    gsl_spline_init(curves->log_rho, y, log_rho, n);
out:
    free(y);
    return status;
}

struct draw {
    gsl_matrix *R; /* (n_y, C): √(h Π) ρ_k */
    gsl_matrix *W; /* (C, C) */
    gsl_vector *eigenvalues, *log_product;
    gsl_eigen_symm_workspace *eigen;
};

static int draw_init(struct draw *d, size_t n_y, size_t C, struct base_error *error)
{
    int status;
    *d = (struct draw){.R = NULL};
    TRY(base_given(d->R = gsl_matrix_alloc(n_y, C), error));
    TRY(base_given(d->W = gsl_matrix_alloc(C, C), error));
    TRY(base_given(d->eigenvalues = gsl_vector_alloc(C), error));
    TRY(base_given(d->log_product = gsl_vector_alloc(n_y), error));
    TRY(base_given(d->eigen = gsl_eigen_symm_alloc(C), error));
out:
    return status;
}

static void draw_free(struct draw *d)
{
    gsl_matrix_free(d->R);
    gsl_matrix_free(d->W);
    gsl_vector_free(d->eigenvalues);
    gsl_vector_free(d->log_product);
    gsl_eigen_symm_free(d->eigen);
}

/* W of a new z. */
static void draw_fill(struct draw *d, const struct curves *curves, const struct theory_nodes *y, double root2,
                      gsl_rng *rng)
{
    gsl_vector_set_zero(d->log_product);
    for (size_t k = 0; k < d->R->size2; k++) {
        const double shift = root2 * gsl_ran_gaussian_ziggurat(rng, 1);
        for (size_t i = 0; i < y->n; i++) {
            const double at = fmin(fmax(y->first + y->h * (double)i + shift, curves->first), curves->last);
            gsl_matrix_set(d->R, i, k, gsl_spline_eval(curves->log_rho, at, curves->accel));
            *gsl_vector_ptr(d->log_product, i) += gsl_spline_eval(curves->log_chi, at, curves->accel);
        }
    }
    for (size_t i = 0; i < y->n; i++)
        for (size_t k = 0; k < d->R->size2; k++) {
            double *r = gsl_matrix_ptr(d->R, i, k);
            *r = sqrt(y->h) * exp(0.5 * gsl_vector_get(d->log_product, i) + *r);
        }
    gsl_blas_dsyrk(CblasLower, CblasTrans, 1, d->R, 0, d->W);
}

/* λ_max, tr and ‖·‖² of diag(W1) − W. Takes W with it. */
static void draw_evaluate(struct draw *d, double numbers[N_COLUMNS])
{
    const size_t C = d->W->size1;
    double trace = 0, norm2 = 0;
    for (size_t k = 0; k < C; k++)
        gsl_matrix_set(d->W, k, k, 0);
    for (size_t k = 0; k < C; k++)
        for (size_t j = 0; j < k; j++) {
            const double w = gsl_matrix_get(d->W, k, j);
            *gsl_matrix_ptr(d->W, k, k) += w;
            *gsl_matrix_ptr(d->W, j, j) += w;
            gsl_matrix_set(d->W, k, j, -w);
            norm2 += 2 * w * w;
        }
    for (size_t k = 0; k < C; k++) {
        trace += gsl_matrix_get(d->W, k, k);
        norm2 += gsl_pow_2(gsl_matrix_get(d->W, k, k));
    }
    gsl_eigen_symm(d->W, d->eigenvalues, d->eigen);
    numbers[0] = gsl_vector_max(d->eigenvalues);
    numbers[1] = trace;
    numbers[2] = norm2;
}

/* A column that hardly varies explains nothing, and its mean is known no better than it varies. */
static bool worth_regressing(size_t n, const double *numbers, size_t column, double mean)
{
    return isfinite(mean) &&
           sqrt(gsl_stats_variance_m(numbers + column, N_COLUMNS, n, mean)) > 1e-3 * fabs(mean);
}

int theory_softmax_regress(size_t n, const double *numbers, size_t column, const double known[N_COLUMNS],
                           double *mean, double *deviation, struct base_error *error)
{
    int status = BASE_OK;
    double chisq;
    size_t on[N_COLUMNS], n_on = 1;
    for (size_t c = 0; c < N_COLUMNS; c++)
        if (worth_regressing(n, numbers, c, known[c]))
            on[n_on++] = c;
    gsl_matrix *X = gsl_matrix_alloc(n, n_on), *covariance = gsl_matrix_alloc(n_on, n_on);
    gsl_vector *coefficients = gsl_vector_alloc(n_on), *values = gsl_vector_alloc(n);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n, n_on);
    TRY(base_given(X, error));
    TRY(base_given(covariance, error));
    TRY(base_given(coefficients, error));
    TRY(base_given(values, error));
    TRY(base_given(work, error));
    for (size_t i = 0; i < n; i++) {
        gsl_vector_set(values, i, numbers[N_COLUMNS * i + column]);
        gsl_matrix_set(X, i, 0, 1);
        for (size_t j = 1; j < n_on; j++)
            gsl_matrix_set(X, i, j, numbers[N_COLUMNS * i + on[j]] / known[on[j]] - 1);
    }
    if (gsl_multifit_linear(X, values, coefficients, covariance, &chisq, work) != GSL_SUCCESS)
        TRY(base_fail(error, BASE_UNRESOLVED, "the regression of softmax averages on one another failed"));
    *mean = gsl_vector_get(coefficients, 0);
    *deviation = sqrt(fmax(0, gsl_matrix_get(covariance, 0, 0)));
out:
    gsl_matrix_free(X);
    gsl_matrix_free(covariance);
    gsl_vector_free(coefficients);
    gsl_vector_free(values);
    gsl_multifit_linear_free(work);
    return status;
}

static int largest(double q1, double q2, size_t C, const double beta[3],
                   struct theory_softmax_average *average, struct base_error *error)
{
    int status;
    const size_t draws = C < MANY ? DRAWS : DRAWS_MANY;
    const double root2 = sqrt(q2);
    const struct theory_nodes y = theory_laplace_nodes(q1, q2, C, 1);
    const double margin = reach * root2;
    struct theory_laplace chi = {0};
    struct curves curves = {0};
    struct draw d = {0};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double *numbers = base_calloc(draws * N_COLUMNS, sizeof *numbers, error);
    TRY(base_got(numbers));
    TRY(base_given(rng, error));
    gsl_rng_set(rng, draws_seed);
    TRY(theory_laplace_init(&chi, sqrt(q1 - q2), 1, error));
    TRY(curves_init(&curves, &chi, y.first - margin, y.first + y.h * (double)y.n + margin, error));
    TRY(draw_init(&d, y.n, C, error));
    for (size_t i = 0; i < draws; i++) {
        draw_fill(&d, &curves, &y, root2, rng);
        draw_evaluate(&d, numbers + i * N_COLUMNS);
    }
    TRY(theory_softmax_regress(draws, numbers, 0, (const double[]){NAN, beta[0], beta[1]}, &average->largest,
                               &average->largest_error, error));
out:
    gsl_rng_free(rng);
    draw_free(&d);
    curves_free(&curves);
    theory_laplace_free(&chi);
    free(numbers);
    return status;
}

static int betas(double q1, double q2, size_t C, struct theory_softmax_average *average,
                 struct base_error *error)
{
    int status = BASE_OK;
    double refine = 1, *beta = average->beta, *change = &average->error;
    *change = INFINITY;
    for (int level = 0; level<LEVELS && * change> tolerance; level++, refine *= 1.4) {
        double next[3] = {0};
        TRY(theory_softmax_sample(q1, C, refine, next, error));
        TRY(two_samples(q1, q2, C, refine, &next[1], error));
        *change = level > 0 ? 0 : INFINITY;
        for (int e = 0; e < 3; e++) {
            if (level > 0)
                *change = fmax(*change, fabs(next[e] - beta[e]) / next[e]);
            beta[e] = next[e];
        }
    }
out:
    return status;
}

int theory_softmax_average(double q1, double q2, size_t C, struct theory_softmax_average *average,
                           struct base_error *error)
{
    int status;
    q2 = fmin(fmax(q2, 0), q1);
    if (C < 2 || !isfinite(q1))
        return base_fail(error, BASE_UNRESOLVED, "softmax needs two outputs or more, of finite variance");
    TRY(betas(q1, q2, C, average, error));
    TRY(largest(q1, q2, C, average->beta, average, error));
out:
    return status;
}
