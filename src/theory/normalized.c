/* λ_max of networks whose outputs are divided by their standard deviation over the samples (KAA19b has the
 * orders of magnitude; the expectations over networks are beyond). Symbols as in theory.h. */
#include "theory/learning.h"

#include "base/memory.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

enum { DRAWS = 16384, COLUMNS = 256, HALVINGS = 45 };

/* The largest eigenvalue of (1 − uuᵀ) D (1 − uuᵀ), |u| = 1, from u² and the diagonal of D, descending: the
 * zero of Σ_i u_i²/(λ − d_i) between the first two. */
static double projected_top(size_t n, const double *d, const double *u2)
{
    double low = d[1], high = d[0];
    for (int i = 0; i < HALVINGS; i++) {
        const double lambda = (low + high) / 2;
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += u2[j] / (lambda - d[j]);
        *(sum > 0 ? &low : &high) = lambda;
    }
    return (low + high) / 2;
}

/* max_k λ_k/σ_k² of C outputs, columns of W from `first` on in the kernel's eigenbasis; u2 (T). */
static double largest_of(const gsl_matrix *W, size_t first, size_t C, const gsl_vector *values, double *u2)
{
    const size_t T = W->size1;
    double largest = 0;
    for (size_t k = first; k < first + C; k++) {
        double square = 0;
        for (size_t i = 0; i < T; i++)
            square += u2[i] = gsl_pow_2(gsl_matrix_get(W, i, k));
        for (size_t i = 0; i < T; i++)
            u2[i] /= square;
        const double top = projected_top(T, values->data, u2) * (double)T / square;
        largest = top <= largest ? largest : top;
    }
    return largest;
}

/* Eigenvalues of K, descending, and A = Vᵀ Π R with RRᵀ the outputs' covariance, in whose place R comes: A z
 * are outputs without their mean in the eigenbasis. */
static int find_basis(const gsl_matrix *K, gsl_matrix *R, gsl_vector *values, gsl_matrix *A,
                      struct base_error *error)
{
    int status;
    const size_t T = K->size1;
    gsl_matrix *copy = gsl_matrix_alloc(T, T), *V = gsl_matrix_alloc(T, T);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(T);
    TRY(base_given(copy, error));
    TRY(base_given(V, error));
    TRY(base_given(work, error));
    TRY(theory_covariance_root(R, error));
    theory_centre_rows(0, T, R);
    gsl_matrix_memcpy(copy, K);
    if (gsl_eigen_symmv(copy, values, V, work) != GSL_SUCCESS)
        TRY(base_fail(error, BASE_UNRESOLVED, "the eigenvalues of a mean-field kernel do not converge"));
    gsl_eigen_symmv_sort(values, V, GSL_EIGEN_SORT_VAL_DESC);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, V, R, 0, A);
out:
    gsl_matrix_free(copy);
    gsl_matrix_free(V);
    if (work != NULL)
        gsl_eigen_symmv_free(work);
    return status;
}

int theory_normalized_tops(const gsl_matrix *K, gsl_matrix *covariance, size_t C, double share,
                           gsl_rng *random, double decay, struct theory_top *top, struct base_error *error)
{
    int status;
    const size_t T = K->size1, wanted = (size_t)ceil(share * DRAWS / (double)C),
                 held = COLUMNS > C ? COLUMNS / C : 1;
    double *u2 = base_calloc(T, sizeof *u2, error);
    gsl_vector *values = gsl_vector_alloc(T);
    gsl_matrix *A = gsl_matrix_alloc(T, T), *Z = gsl_matrix_alloc(T, held * C),
               *W = gsl_matrix_alloc(T, held * C);
    TRY(base_got(u2));
    TRY(base_given(values, error));
    TRY(base_given(A, error));
    TRY(base_given(Z, error));
    TRY(base_given(W, error));
    TRY(find_basis(K, covariance, values, A, error));
    *top = (struct theory_top){0, 0, 0};
    for (size_t done = 0; done < wanted; done++) {
        if (done % held == 0) {
            for (size_t i = 0; i < T * held * C; i++)
                Z->data[i] = gsl_ran_gaussian_ziggurat(random, 1);
            gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, A, Z, 0, W);
        }
        const double largest = largest_of(W, done % held * C, C, values, u2);
        top->mean += largest / (double)wanted;
        top->inverse += 1 / largest / (double)wanted;
        top->decayed += 1 / (largest + decay) / (double)wanted;
    }
out:
    free(u2);
    gsl_vector_free(values);
    gsl_matrix_free(A);
    gsl_matrix_free(Z);
    gsl_matrix_free(W);
    return status;
}

/* σ² is the least of C numbers v χ²/T with T − 1 degrees of freedom: P(σ² > x) = Q^C. */
struct least {
    double T, C, variance, top, decay;
};

/* P(σ² > x) d/dx 1/(λ/x + decay) */
static double least_density(double x, void *context)
{
    const struct least *l = context;
    const double tail = pow(gsl_cdf_chisq_Q(x * l->T / l->variance, l->T - 1), l->C);
    return tail * l->top / gsl_pow_2(l->top + l->decay * x);
}

int theory_normalized_limit(size_t T, size_t C, double variance, double top, double decay,
                            struct theory_top *limit, struct base_error *error)
{
    enum { INTERVALS = 200 };
    int status;
    double *const means[] = {&limit->inverse, &limit->decayed}, accuracy;
    const double end = variance * (1 + 40 / sqrt((double)T) + 400 / (double)T);
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(INTERVALS);
    TRY(base_given(work, error));
    limit->mean = NAN;
    for (int i = 0; i < 2; i++) {
        struct least least = {(double)T, (double)C, variance, top, i == 0 ? 0 : decay};
        const gsl_function f = {least_density, &least};
        if (gsl_integration_qag(&f, 0, end, 0, 1e-9, INTERVALS, GSL_INTEG_GAUSS31, work, means[i],
                                &accuracy) != GSL_SUCCESS)
            *means[i] = NAN;
    }
out:
    gsl_integration_workspace_free(work);
    return status;
}
