#include "linalg/lanczos.h"
#include "linalg/linalg.h"

#include "base/memory.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <lapacke.h>

/* Vectors are rows. After m of them Q A = T Q, but for the last k rows, which leave W: what of A times the
 * last block is orthogonal to all of Q. Made orthonormal, Wᵀ = (next block)ᵀ·factor, W is the next block; a
 * Ritz vector whose last k components are y has the residual ‖factor y‖. */
struct lanczos {
    size_t n, k, m, max_m;
    double *Q;      /* (max_m + k, n) */
    double *T;      /* (max_m, max_m): Q A Qᵀ, lower block triangle */
    double *S;      /* (k, max_m) */
    double *factor; /* (k, k): column-major upper triangle of the last QR */
    double *tau;    /* (k) */
    double *ritz;   /* (k, max_m): Ritz vectors in the basis, those of the largest values last */
    double *theta;  /* (max_m) their values, ascending */
    double *copy;   /* (max_m, max_m) */
    int *support;   /* (2 max_m) */
};

size_t lanczos_basis(size_t n, size_t k)
{
    const size_t most = (160 / k + 8) * k;
    return most < n ? most : n / k * k;
}

static int lanczos_init(struct lanczos *l, size_t n, size_t k, struct base_error *error)
{
    int status;
    const size_t max_m = lanczos_basis(n, k), number = sizeof(double);
    *l = (struct lanczos){.n = n, .k = k, .max_m = max_m};
    TRY(base_got(l->Q = base_alloc((max_m + k) * n, number, error)));
    TRY(base_got(l->T = base_alloc(max_m * max_m, number, error)));
    TRY(base_got(l->S = base_calloc(k * max_m, number, error)));
    TRY(base_got(l->factor = base_calloc(k * k, number, error)));
    TRY(base_got(l->tau = base_calloc(k, number, error)));
    TRY(base_got(l->ritz = base_calloc(k * max_m, number, error)));
    TRY(base_got(l->theta = base_calloc(max_m, number, error)));
    TRY(base_got(l->copy = base_alloc(max_m * max_m, number, error)));
    TRY(base_got(l->support = base_calloc(2 * max_m, sizeof *l->support, error)));
out:
    return status;
}

static void lanczos_free(struct lanczos *l)
{
    void *arrays[] = {l->Q, l->T, l->S, l->factor, l->tau, l->ritz, l->theta, l->copy, l->support};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

/* The k rows at W made orthonormal: Wᵀ before = (Wᵀ after)·factor. */
static bool orthonormalise(struct lanczos *l, double *W)
{
    const lapack_int n = (lapack_int)l->n, k = (lapack_int)l->k;
    if (LAPACKE_dgeqrf(LAPACK_COL_MAJOR, n, k, W, n, l->tau) != 0)
        return false;
    LAPACKE_dlacpy(LAPACK_COL_MAJOR, 'U', k, k, W, n, l->factor, k);
    return LAPACKE_dorgqr(LAPACK_COL_MAJOR, n, k, k, W, n, l->tau) == 0;
}

/* The guess, and numbers without a pattern in (−1, 1): a start that leans on no block or symmetry of A, not
 * even when the guess does. */
static bool start(struct lanczos *l, const double *guess)
{
    const size_t numbers = l->k * l->n;
    const double norm = guess != NULL ? cblas_dnrm2((int)numbers, guess, 1) : 0;
    const double noise = norm > 0 ? 1e-3 * norm / sqrt((double)numbers) : 1;
    uint64_t state = 0;
    for (size_t i = 0; i < numbers; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        l->Q[i] = noise * (double)(int64_t)state * 0x1p-63 + (norm > 0 ? guess[i] : 0);
    }
    return isfinite(norm) && orthonormalise(l, l->Q);
}

/* W (k, n) −= (W Qᵀ) Q for the first m rows of Q; coefficients (k, m) = W Qᵀ. */
static void project_out(struct lanczos *l, double *W, double *coefficients)
{
    const int n = (int)l->n, k = (int)l->k, m = (int)l->m;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k, m, n, 1, W, n, l->Q, n, 0, coefficients, m);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, k, n, m, -1, coefficients, m, l->Q, n, 1, W, n);
}

/* The next block from the last one; false when there is none (A's range is used up, or it is not finite). */
static bool step(struct lanczos *l, const double *A)
{
    const size_t n = l->n, k = l->k, first = l->m;
    const double *last = l->Q + first * n;
    double *W = l->Q + (first + k) * n;
    linalg_multiply_symmetric(k, n, last, A, W);
    l->m += k;
    project_out(l, W, l->S);
    for (size_t i = 0; i < k; i++)
        memcpy(l->T + (first + i) * l->max_m, l->S + i * l->m, l->m * sizeof *l->T);
    project_out(l, W, l->S); /* once more: what rounding left */
    return isfinite(cblas_dnrm2((int)(k * n), W, 1)) && orthonormalise(l, W);
}

/* The k largest Ritz pairs; the largest residual of them relative to the largest value, or NaN. */
static double rayleigh_ritz(struct lanczos *l)
{
    const size_t m = l->m, k = l->k;
    lapack_int found = 0;
    for (size_t i = 0; i < m; i++) /* our lower triangle is LAPACK's upper one */
        memcpy(l->copy + i * m, l->T + i * l->max_m, (i + 1) * sizeof *l->copy);
    if (LAPACKE_dsyevr(LAPACK_COL_MAJOR, 'V', 'I', 'U', (lapack_int)m, l->copy, (lapack_int)m, 0, 0,
                       (lapack_int)(m - k + 1), (lapack_int)m, 0, &found, l->theta, l->ritz, (lapack_int)m,
                       l->support) != 0 ||
        found != (lapack_int)k)
        return NAN;
    double worst = 0;
    for (size_t i = 0; i < k; i++) {
        double squares = 0;
        for (size_t r = 0; r < k; r++) {
            double product = 0;
            for (size_t c = r; c < k; c++)
                product += l->factor[c * k + r] * l->ritz[i * m + m - k + c];
            squares += product * product;
        }
        worst = fmax(worst, sqrt(squares));
    }
    return l->theta[k - 1] > 0 ? worst / l->theta[k - 1] : worst;
}

/* Nothing of the next block is left but rounding, at least in one direction: what A can reach is used up. */
static bool is_exhausted(const struct lanczos *l)
{
    double smallest = INFINITY, largest = 0;
    for (size_t i = 0; i < l->k; i++)
        smallest = fmin(smallest, fabs(l->factor[i * l->k + i]));
    for (size_t i = 0; i < l->m; i++)
        largest = fmax(largest, l->T[i * l->max_m + i]);
    return smallest <= 1e-12 * largest;
}

/* Where to look at the Ritz pairs next after residuals before and after the last look: a third further on, or
 * where the residual falls to the tolerance if it goes on falling as it did. A look costs as much as a few
 * steps of a small matrix. */
static size_t next_look(const struct lanczos *l, size_t last, double before, double residual,
                        double tolerance)
{
    const double third = (double)(l->m / 3), rate = log(before / residual) / (double)(l->m - last);
    const double vectors = rate > 0 ? fmin(third, log(residual / tolerance) / rate) : third;
    const double steps = ceil(vectors / (double)l->k);
    return l->m + (steps > 1 ? (size_t)steps : 1) * l->k;
}

/* A good guess is one step ahead. */
static bool iterate(struct lanczos *l, const double *A, const double *guess, double tolerance)
{
    size_t look = (guess != NULL ? 5 : 6) * l->k, last = 0;
    double before = 1;
    if (!start(l, guess))
        return false;
    while (l->m < l->max_m) {
        if (!step(l, A))
            return false;
        const bool is_last = is_exhausted(l) || l->m == l->max_m;
        if (l->m < look && !is_last)
            continue;
        const double residual = rayleigh_ritz(l);
        if (residual <= tolerance)
            return true;
        if (is_last)
            return false;
        look = next_look(l, last, before, residual, tolerance);
        last = l->m;
        before = residual;
    }
    return false;
}

int lanczos_top(size_t n, size_t k, const double *A, const double *guess, double tolerance, double *values,
                double *V, bool *converged, struct base_error *error)
{
    int status;
    struct lanczos l;
    TRY(lanczos_init(&l, n, k, error));
    *converged = iterate(&l, A, guess, tolerance);
    if (*converged)
        for (size_t i = 0; i < k; i++) {
            values[i] = l.theta[k - 1 - i];
            cblas_dgemv(CblasRowMajor, CblasTrans, (int)l.m, (int)n, 1, l.Q, (int)n,
                        l.ritz + (k - 1 - i) * l.m, 1, 0, V + i * n, 1);
        }
out:
    lanczos_free(&l);
    return status;
}
