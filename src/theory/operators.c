/* What a step of each optimizer does to the outputs of all samples; symbols as in theory.h. */
#define HAVE_INLINE
#define GSL_RANGE_CHECK_OFF

#include "theory/learning.h"

#include "base/memory.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

void theory_order_fill(const struct theory_order *order, const double *x, gsl_matrix *M)
{
    for (size_t p = 0; p < order->pairs; p++) {
        const size_t s = order->s[p], t = order->t[p];
        if (s < M->size1 && t < M->size2)
            gsl_matrix_set(M, s, t, x[p]);
        if (t < M->size1 && s < M->size2)
            gsl_matrix_set(M, t, s, x[p]);
    }
}

int theory_covariance_root(gsl_matrix *M, struct base_error *error)
{
    static const double jitter = 1e-10;
    gsl_vector_view diagonal = gsl_matrix_diagonal(M);
    gsl_vector_add_constant(&diagonal.vector, jitter * gsl_vector_max(&diagonal.vector));
    if (gsl_linalg_cholesky_decomp1(M) != GSL_SUCCESS)
        return base_fail(error, BASE_UNRESOLVED, "a covariance of the mean field is not positive definite");
    for (size_t i = 0; i < M->size1; i++)
        for (size_t j = i + 1; j < M->size2; j++)
            gsl_matrix_set(M, i, j, 0);
    return BASE_OK;
}

/* ---- K (K + ρ)⁻¹ */

/* Eigenvalues that are 0 by the accuracy of kernels, relative to the largest. */
static const double singular = 1e-11;

/* The Cholesky factor of K + ρ, K the first T rows of its matrix; false: singular to rounding. */
static bool factor(const gsl_matrix *K, double rho, gsl_matrix *R)
{
    const size_t T = K->size2;
    const gsl_matrix_const_view square = gsl_matrix_const_submatrix(K, 0, 0, T, T);
    gsl_vector_view diagonal = gsl_matrix_diagonal(R);
    gsl_matrix_memcpy(R, &square.matrix);
    gsl_vector_add_constant(&diagonal.vector, rho);
    const double largest = gsl_vector_max(&diagonal.vector);
    if (gsl_linalg_cholesky_decomp1(R) != GSL_SUCCESS)
        return false;
    const double smallest = gsl_vector_min(&diagonal.vector);
    return smallest * smallest > singular * largest;
}

/* Z = K V diag(1/(λ + ρ)) Vᵀ over the eigenvalues that are not 0. */
static int pseudo_solve(const gsl_matrix *K, double rho, gsl_matrix *Z, struct base_error *error)
{
    int status;
    const size_t n = K->size1, T = K->size2;
    const gsl_matrix_const_view square = gsl_matrix_const_submatrix(K, 0, 0, T, T);
    gsl_matrix *A = gsl_matrix_alloc(T, T), *V = gsl_matrix_alloc(T, T), *KV = gsl_matrix_alloc(n, T);
    gsl_vector *values = gsl_vector_alloc(T);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(T);
    TRY(base_given(A, error));
    TRY(base_given(V, error));
    TRY(base_given(KV, error));
    TRY(base_given(values, error));
    TRY(base_given(work, error));
    gsl_matrix_memcpy(A, &square.matrix);
    if (gsl_eigen_symmv(A, values, V, work) != GSL_SUCCESS)
        TRY(base_fail(error, BASE_UNRESOLVED, "the eigenvalues of a mean-field kernel do not converge"));
    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, K, V, 0, KV);
    const double zero = singular * gsl_vector_max(values);
    for (size_t a = 0; a < T; a++) {
        const double value = gsl_vector_get(values, a);
        gsl_vector_view column = gsl_matrix_column(KV, a);
        gsl_vector_scale(&column.vector, value > zero ? 1 / (value + rho) : 0);
    }
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, KV, V, 0, Z);
out:
    gsl_matrix_free(A);
    gsl_matrix_free(V);
    gsl_matrix_free(KV);
    gsl_vector_free(values);
    if (work != NULL)
        gsl_eigen_symmv_free(work);
    return status;
}

/* Z (n, T) = K (K_T + ρ)⁻¹ , K_T the first T rows of K (n, T), which are exactly 1 without damping. */
static int solve(const gsl_matrix *K, double damping, gsl_matrix *Z, struct base_error *error)
{
    int status;
    const size_t T = K->size2;
    double rho = 0;
    gsl_matrix *R = NULL;
    for (size_t t = 0; t < T; t++)
        rho += damping * gsl_matrix_get(K, t, t) / (double)T;
    if (!isfinite(rho) || !isfinite(gsl_matrix_get(K, 0, 0)))
        TRY(base_fail(error, BASE_UNRESOLVED, "a mean-field kernel is not finite"));
    TRY(base_given(R = gsl_matrix_alloc(T, T), error));
    if (!factor(K, rho, R)) {
        TRY(pseudo_solve(K, rho, Z, error));
        goto out;
    }
    gsl_matrix_memcpy(Z, K);
    gsl_blas_dtrsm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, R, Z);
    gsl_blas_dtrsm(CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, 1, R, Z);
    if (rho == 0) {
        gsl_matrix_view top = gsl_matrix_submatrix(Z, 0, 0, T, T);
        gsl_matrix_set_identity(&top.matrix);
    }
out:
    gsl_matrix_free(R);
    return status;
}

/* ---- kernels of a layer */

struct layers {
    const struct net_architecture *architecture;
    const struct net_activation *activation;
    const struct theory_order *order;
    double damping;
    gsl_rng *random;
    size_t draws;
    gsl_matrix *A, *B, *Z, *Z2; /* (n, T) */
    gsl_matrix *U;              /* (n, T), not owned */
};

/* A_l and B_l */
static void fill_layer(const struct layers *x, size_t l)
{
    const struct theory_order *o = x->order;
    double a, b;
    theory_scales_of(x->architecture, l, &a, &b);
    theory_order_fill(o, o->qhat + (l - 1) * o->pairs, x->A);
    gsl_matrix_scale(x->A, a);
    gsl_matrix_add_constant(x->A, b);
    theory_order_fill(o, o->qtilde + l * o->pairs, x->B);
}

/* U += scale Z */
static void add(const struct layers *x, double scale, gsl_matrix *Z)
{
    gsl_matrix_scale(Z, scale);
    gsl_matrix_add(x->U, Z);
}

/* U += scale Θ_l/(Θ_l + ρ) */
static int add_layer(const struct layers *x, size_t l, double scale, struct base_error *error)
{
    int status;
    fill_layer(x, l);
    gsl_matrix_mul_elements(x->A, x->B);
    TRY(solve(x->A, x->damping, x->Z, error));
    add(x, scale, x->Z);
out:
    return status;
}

/* U += B [A_l/(A_l + ρ)] ∘ [B_l/(B_l + ρ)], and of the last layer, whose δ is 1, (scale/(1+ε)) A_L/(A_L + ρ)
 */
static int add_kfac(const struct layers *x, size_t l, double last, struct base_error *error)
{
    int status;
    const bool is_last = l == x->architecture->L;
    fill_layer(x, l);
    TRY(solve(x->A, x->damping, x->Z, error));
    if (!is_last) {
        TRY(solve(x->B, x->damping, x->Z2, error));
        gsl_matrix_mul_elements(x->Z, x->Z2);
    }
    add(x, is_last ? last / (1 + x->damping) : (double)x->A->size2, x->Z);
out:
    return status;
}

/* U = Θ, for gradient descent Θ/T */
static void fill_whole(const struct layers *x, double scale)
{
    for (size_t l = 1; l <= x->architecture->L; l++) {
        fill_layer(x, l);
        gsl_matrix_mul_elements(x->A, x->B);
        add(x, scale, x->A);
    }
}

/* ---- units */

/* Of the units of a layer: roots of the covariances over the T samples of u and, times M_l, of v; room for
 * one. */
struct units {
    gsl_matrix *u_root, *v_root; /* (T, T) */
    gsl_matrix *delta;           /* (C, T) */
    gsl_matrix *K;               /* (T, T) */
    gsl_vector *u, *phi, *dphi;  /* (T) */
    gsl_vector *s;               /* (T) */
};

static void units_free(struct units *z)
{
    gsl_matrix *matrices[] = {z->u_root, z->v_root, z->delta, z->K};
    gsl_vector *vectors[] = {z->u, z->phi, z->dphi, z->s};
    for (size_t i = 0; i < 4; i++) {
        gsl_matrix_free(matrices[i]);
        gsl_vector_free(vectors[i]);
    }
}

static int units_init(struct units *z, size_t T, size_t C, struct base_error *error)
{
    int status;
    *z = (struct units){gsl_matrix_alloc(T, T), gsl_matrix_alloc(T, T), gsl_matrix_alloc(C, T),
                        gsl_matrix_alloc(T, T), gsl_vector_alloc(T),    gsl_vector_alloc(T),
                        gsl_vector_alloc(T),    gsl_vector_alloc(T)};
    TRY(base_given(z->u_root, error));
    TRY(base_given(z->v_root, error));
    TRY(base_given(z->delta, error));
    TRY(base_given(z->K, error));
    TRY(base_given(z->u, error));
    TRY(base_given(z->phi, error));
    TRY(base_given(z->dphi, error));
    TRY(base_given(z->s, error));
out:
    return status;
}

static void normals(gsl_rng *random, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = gsl_ran_gaussian_ziggurat(random, 1);
}

/* s(t), |√M_l δ(t)| with √M_l δ_k(t) = φ'(u(t)) v_k(t), of one unit. */
static void draw_unit(const struct layers *x, struct units *z)
{
    const size_t T = z->s->size, C = z->delta->size1;
    normals(x->random, T, z->u->data);
    normals(x->random, C * T, z->delta->data);
    gsl_blas_dtrmv(CblasLower, CblasNoTrans, CblasNonUnit, z->u_root, z->u);
    gsl_blas_dtrmm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, z->v_root, z->delta);
    net_activation_eval(x->activation, T, z->u->data, z->phi->data, z->dphi->data);
    for (size_t t = 0; t < T; t++) {
        const gsl_vector_const_view v = gsl_matrix_const_column(z->delta, t);
        gsl_vector_set(z->s, t, fabs(gsl_vector_get(z->dphi, t)) * gsl_blas_dnrm2(&v.vector));
    }
}

/* tr K/(K + ρ) of K = A ∘ ss, and the number of active samples. */
static int damp_unit(const struct layers *x, struct units *z, double rho, double *damped, double *active,
                     struct base_error *error)
{
    const size_t T = z->s->size;
    const double *s = z->s->data;
    for (size_t i = 0; i < T; i++)
        for (size_t j = 0; j < T; j++)
            gsl_matrix_set(z->K, i, j, gsl_matrix_get(x->A, i, j) * s[i] * s[j] + (i == j ? rho : 0));
    if (gsl_linalg_cholesky_decomp1(z->K) != GSL_SUCCESS || gsl_linalg_cholesky_invert(z->K) != GSL_SUCCESS)
        return base_fail(error, BASE_UNRESOLVED, "the Fisher matrix of a unit cannot be inverted");
    for (size_t t = 0; t < T; t++) {
        *damped += 1 - rho * gsl_matrix_get(z->K, t, t);
        *active += s[t] > 0;
    }
    return BASE_OK;
}

/* What damping leaves of the constant that the units of layer l add to a: (1/C) Σ_i tr K/(K + ρ)/T, the share
 * of active samples being known to the constant, but for a layer with more samples than features. K of a unit
 * is (1/(T M_l)) A ∘ ss with s of √M_l δ, and the factor falls out; the mean square of s is C q̃^l. */
static int damp_units(const struct layers *x, struct units *z, size_t l, double constant, double *left,
                      struct base_error *error)
{
    int status;
    const struct theory_order *o = x->order;
    const struct net_architecture *a = x->architecture;
    const size_t T = z->s->size;
    double rho = 0, damped = 0, active = 0;
    theory_order_fill(o, o->q + l * o->pairs, z->u_root);
    theory_order_fill(o, o->qtilde + (l + 1) * o->pairs, z->v_root);
    gsl_matrix_scale(z->v_root, a->weight_variance);
    TRY(theory_covariance_root(z->u_root, error));
    TRY(theory_covariance_root(z->v_root, error));
    fill_layer(x, l);
    for (size_t t = 0; t < T; t++)
        rho +=
            x->damping * (double)a->C * gsl_matrix_get(x->A, t, t) * gsl_matrix_get(x->B, t, t) / (double)T;
    for (size_t d = 0; d < x->draws; d++) {
        draw_unit(x, z);
        TRY(damp_unit(x, z, rho, &damped, &active, error));
    }
    if (l == 1 && theory_input_rank(a) < (double)T)
        *left = (double)a->widths[l] / (double)a->C * damped / (double)(x->draws * T);
    else
        *left = constant * (damped / active);
out:
    return status;
}

/* U = a I on the training samples. */
static int fill_units(const struct layers *x, struct base_error *error)
{
    int status;
    const size_t L = x->architecture->L, T = x->U->size2;
    gsl_matrix_view top = gsl_matrix_submatrix(x->U, 0, 0, T, T);
    double *constants = NULL, sum = 0;
    struct units z = {.u = NULL};
    TRY(base_got(constants = base_calloc(L + 1, sizeof *constants, error)));
    TRY(theory_unit_constants(x->architecture, x->activation, constants, error));
    TRY(units_init(&z, T, x->architecture->C, error));
    for (size_t l = 1; l < L; l++) {
        double left = constants[l];
        if (x->damping > 0)
            TRY(damp_units(x, &z, l, constants[l], &left, error));
        sum += left;
    }
    TRY(add_layer(x, L, 1, error));
    for (size_t t = 0; t < T; t++)
        sum += gsl_matrix_get(x->U, t, t) / (double)T;
    gsl_matrix_set_all(x->U, NAN);
    gsl_matrix_set_identity(&top.matrix);
    gsl_matrix_scale(&top.matrix, sum);
out:
    units_free(&z);
    free(constants);
    return status;
}

/* ---- U */

static int fill(const struct layers *x, struct base_error *error)
{
    int status = BASE_OK;
    const enum theory_method method = theory_method_of(x->architecture);
    const size_t L = x->architecture->L;
    const double T = (double)x->U->size2;
    double share;
    switch (method) {
    case METHOD_GRADIENT: fill_whole(x, 1 / T); break;
    case METHOD_EXACT:
        fill_whole(x, 1);
        TRY(solve(x->U, x->damping, x->Z, error));
        gsl_matrix_memcpy(x->U, x->Z);
        break;
    case METHOD_LAYER:
        for (size_t l = 1; l <= L; l++)
            TRY(add_layer(x, l, 1, error));
        break;
    case METHOD_TRIDIAGONAL:
        for (size_t l = 1; l <= L; l++)
            if (theory_tridiagonal_share(L, l, &share) && share != 0)
                TRY(add_layer(x, l, share, error));
        break;
    case METHOD_KFAC:
    case METHOD_KFAC_SCALED:
        for (size_t l = 1; l <= L; l++)
            TRY(add_kfac(x, l, method == METHOD_KFAC ? 1 : T, error));
        break;
    case METHOD_UNIT: TRY(fill_units(x, error)); break;
    case METHOD_OTHER: break;
    }
out:
    return status;
}

int theory_operator(const struct net_architecture *architecture, const struct net_activation *activation,
                    const struct theory_order *order, gsl_rng *random, size_t draws, gsl_matrix *U,
                    struct base_error *error)
{
    int status;
    const size_t n = U->size1, T = U->size2;
    struct layers x = {.architecture = architecture,
                       .activation = activation,
                       .order = order,
                       .damping = architecture->training->damping,
                       .random = random,
                       .draws = draws,
                       .A = gsl_matrix_alloc(n, T),
                       .B = gsl_matrix_alloc(n, T),
                       .Z = gsl_matrix_alloc(n, T),
                       .Z2 = gsl_matrix_alloc(n, T),
                       .U = U};
    TRY(base_given(x.A, error));
    TRY(base_given(x.B, error));
    TRY(base_given(x.Z, error));
    TRY(base_given(x.Z2, error));
    gsl_matrix_set_zero(U);
    TRY(fill(&x, error));
out:
    gsl_matrix_free(x.A);
    gsl_matrix_free(x.B);
    gsl_matrix_free(x.Z);
    gsl_matrix_free(x.Z2);
    return status;
}
