/* Expected losses after each step, and their averages over drawn inputs; symbols as in theory.h.
 *
 * In the eigenbasis V, λ of U over the T samples a step is, mode by mode and of momentum μ,
 *
 *     w ← μ w + r ,  r ← r − ηλ w ,  G ← G + η w          (Nesterov: r + μ w in place of w in the last two)
 *
 * from r = 1, G = 0, so that the errors are V r Vᵀ g_0, and g_te − U_te V G Vᵀ g_0 on test samples. With the
 * second moments S = E g_0 g_0ᵀ of one output, (n, n):
 *
 *     E ℓ    = (C/2T) Σ_a r_a² (VᵀSV)_aa
 *     E ℓ_te = (C/2T') [tr S_te − 2 Σ_a G_a (Vᵀ S_t,te U_te V)_aa + Σ_ab G_a G_b (VᵀSV)_ab (VᵀU_teᵀU_teV)_ab]
 */
#define HAVE_INLINE
#define GSL_RANGE_CHECK_OFF

#include "theory/learning.h"

#include "base/memory.h"
#include "theory/inputs.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_DRAWS = 512, FACTOR_STEPS = 4, MOST_SAMPLES = 2048 };
static const double tolerance = 1e-13; /* kernels are inverted */
static const double least_factor = 0.01;
static const double rounding = 1e-24; /* a loss over the first that is rounding: 0 */

void theory_centre_rows(size_t first, size_t count, gsl_matrix *M)
{
    for (size_t j = 0; j < M->size2; j++) {
        double mean = 0;
        for (size_t i = first; i < first + count; i++)
            mean += gsl_matrix_get(M, i, j) / (double)count;
        for (size_t i = first; i < first + count; i++)
            *gsl_matrix_ptr(M, i, j) -= mean;
    }
}

/* ---- the law of the errors at the start */

struct start {
    gsl_matrix *covariance; /* (n, n) of an output's error, without the targets that are given */
    gsl_matrix *mean;       /* (C, n) of the errors: minus the targets, or 0 */
    gsl_matrix *second;     /* (n, n): S */
    gsl_matrix *root;       /* (T, T) of the first part of the covariance */
};

/* What the modes alone are made of. */
static void start_free_moments(struct start *s)
{
    gsl_matrix_free(s->covariance);
    gsl_matrix_free(s->second);
    s->covariance = s->second = NULL;
}

static void start_free(struct start *s)
{
    start_free_moments(s);
    gsl_matrix_free(s->mean);
    gsl_matrix_free(s->root);
}

/* ΠSΠ with a Π for the training and one for the test samples. */
static void centre_covariance(size_t T, gsl_matrix *S)
{
    for (int twice = 0; twice < 2; twice++) {
        theory_centre_rows(0, T, S);
        if (S->size1 > T)
            theory_centre_rows(T, S->size1 - T, S);
        gsl_matrix_transpose(S);
    }
}

static void fill_targets(const struct net_architecture *a, gsl_matrix *mean)
{
    for (size_t k = 0; k < a->C; k++) {
        for (size_t t = 0; t < a->T; t++)
            gsl_matrix_set(mean, k, t, -a->targets[k * a->T + t]);
        for (size_t t = 0; t < a->T_test; t++)
            gsl_matrix_set(mean, k, a->T + t, -a->test_targets[k * a->T_test + t]);
    }
}

static int start_init(struct start *s, const struct net_architecture *a, const struct theory_order *order,
                      struct base_error *error)
{
    int status;
    const size_t T = a->T, n = order->samples;
    *s = (struct start){gsl_matrix_alloc(n, n), gsl_matrix_calloc(a->C, n), gsl_matrix_alloc(n, n),
                        gsl_matrix_alloc(T, T)};
    TRY(base_given(s->covariance, error));
    TRY(base_given(s->mean, error));
    TRY(base_given(s->second, error));
    TRY(base_given(s->root, error));
    theory_order_fill(order, order->q + a->L * order->pairs, s->covariance);
    if (theory_subtracts_mean(a))
        centre_covariance(T, s->covariance);
    if (a->targets != NULL)
        fill_targets(a, s->mean);
    else
        gsl_matrix_scale(s->covariance, 2); /* the network's and the teacher's outputs */
    gsl_matrix_memcpy(s->second, s->covariance);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1 / (double)a->C, s->mean, s->mean, 1, s->second);
    const gsl_matrix_const_view training = gsl_matrix_const_submatrix(s->covariance, 0, 0, T, T);
    gsl_matrix_memcpy(s->root, &training.matrix);
    TRY(theory_covariance_root(s->root, error));
out:
    return status;
}

/* ---- modes */

struct modes {
    size_t T, n_test;
    bool isotropic;           /* U is λ I */
    gsl_vector *lambda;       /* (T) */
    gsl_matrix *V;            /* (T, T) */
    gsl_vector *r, *w, *G;    /* (T) */
    gsl_vector *share;        /* (T) (VᵀSV)_aa */
    gsl_matrix *products;     /* (T, T) (VᵀSV) ∘ (VᵀU_teᵀU_teV), where there are test samples */
    gsl_vector *cross, *room; /* (T) (Vᵀ S_t,te U_te V)_aa */
    double test;              /* tr S_te */
};

static void modes_free(struct modes *m)
{
    gsl_vector *vectors[] = {m->lambda, m->r, m->w, m->G, m->share, m->cross, m->room};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        gsl_vector_free(vectors[i]);
    gsl_matrix_free(m->V);
    gsl_matrix_free(m->products);
}

static bool is_isotropic(size_t T, const gsl_matrix *U)
{
    const double a = gsl_matrix_get(U, 0, 0);
    for (size_t s = 0; s < T; s++)
        for (size_t t = 0; t < T; t++)
            if (!(fabs(gsl_matrix_get(U, s, t) - (s == t ? a : 0)) <= 1e-12 * fabs(a)))
                return false;
    return true;
}

/* V and λ; U is symmetric over the T samples. */
static int diagonalise(struct modes *m, const gsl_matrix *U, struct base_error *error)
{
    int status;
    const size_t T = m->T;
    const gsl_matrix_const_view top = gsl_matrix_const_submatrix(U, 0, 0, T, T);
    gsl_matrix *A = NULL;
    gsl_eigen_symmv_workspace *work = NULL;
    m->isotropic = is_isotropic(T, U);
    if (m->isotropic) {
        gsl_matrix_set_identity(m->V);
        gsl_vector_set_all(m->lambda, gsl_matrix_get(U, 0, 0));
        return BASE_OK;
    }
    TRY(base_given(A = gsl_matrix_alloc(T, T), error));
    TRY(base_given(work = gsl_eigen_symmv_alloc(T), error));
    gsl_matrix_memcpy(A, &top.matrix);
    if (gsl_eigen_symmv(A, m->lambda, m->V, work) != 0)
        TRY(base_fail(error, BASE_UNRESOLVED, "the eigenvalues of a step's operator do not converge"));
out:
    gsl_matrix_free(A);
    if (work != NULL)
        gsl_eigen_symmv_free(work);
    return status;
}

/* What the test loss needs besides; VSV = VᵀSV. */
static int prepare_test(struct modes *m, const gsl_matrix *U, const gsl_matrix *S, const gsl_matrix *VSV,
                        struct base_error *error)
{
    int status;
    const size_t T = m->T, n = U->size1;
    const gsl_matrix_const_view U_te = gsl_matrix_const_submatrix(U, T, 0, n - T, T);
    const gsl_matrix_const_view S_te = gsl_matrix_const_submatrix(S, T, 0, n - T, T);
    gsl_matrix *UV = gsl_matrix_alloc(n - T, T), *SV = gsl_matrix_alloc(n - T, T);
    TRY(base_given(UV, error));
    TRY(base_given(SV, error));
    TRY(base_given(m->products = gsl_matrix_alloc(T, T), error));
    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &U_te.matrix, m->V, 0, UV);
    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &S_te.matrix, m->V, 0, SV);
    for (size_t a = 0; a < T; a++) {
        const gsl_vector_const_view u = gsl_matrix_const_column(UV, a), s = gsl_matrix_const_column(SV, a);
        gsl_blas_ddot(&u.vector, &s.vector, gsl_vector_ptr(m->cross, a));
    }
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, UV, UV, 0, m->products);
    gsl_matrix_mul_elements(m->products, VSV);
    for (size_t t = T; t < n; t++)
        m->test += gsl_matrix_get(S, t, t);
out:
    gsl_matrix_free(UV);
    gsl_matrix_free(SV);
    return status;
}

static int modes_init(struct modes *m, size_t T, const gsl_matrix *U, const gsl_matrix *S,
                      struct base_error *error)
{
    int status;
    const gsl_matrix_const_view S_t = gsl_matrix_const_submatrix(S, 0, 0, T, T);
    gsl_matrix *SV = gsl_matrix_alloc(T, T), *VSV = gsl_matrix_alloc(T, T);
    *m = (struct modes){.T = T,
                        .n_test = U->size1 - T,
                        .lambda = gsl_vector_alloc(T),
                        .V = gsl_matrix_alloc(T, T),
                        .r = gsl_vector_alloc(T),
                        .w = gsl_vector_alloc(T),
                        .G = gsl_vector_alloc(T),
                        .share = gsl_vector_alloc(T),
                        .cross = gsl_vector_alloc(T),
                        .room = gsl_vector_alloc(T)};
    gsl_vector *vectors[] = {m->lambda, m->r, m->w, m->G, m->share, m->cross, m->room};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        TRY(base_given(vectors[i], error));
    TRY(base_given(SV, error));
    TRY(base_given(VSV, error));
    TRY(base_given(m->V, error));
    TRY(diagonalise(m, U, error));
    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &S_t.matrix, m->V, 0, SV);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, m->V, SV, 0, VSV);
    for (size_t a = 0; a < T; a++)
        gsl_vector_set(m->share, a, gsl_matrix_get(VSV, a, a));
    if (m->n_test > 0)
        TRY(prepare_test(m, U, S, VSV, error));
out:
    gsl_matrix_free(SV);
    gsl_matrix_free(VSV);
    return status;
}

static void modes_step(struct modes *m, const struct experiment_training *training, double rate)
{
    const double mu = training->momentum;
    const bool nesterov = strcmp(training->nesterov, "true") == 0;
    for (size_t a = 0; a < m->T; a++) {
        const double r = gsl_vector_get(m->r, a), w = mu * gsl_vector_get(m->w, a) + r;
        const double along = nesterov ? r + mu * w : w;
        gsl_vector_set(m->w, a, w);
        gsl_vector_set(m->r, a, r - rate * gsl_vector_get(m->lambda, a) * along);
        *gsl_vector_ptr(m->G, a) += rate * along;
    }
}

/* After so many steps without momentum: r = (1 − ηλ)^s and G = η Σ_{i<s} (1 − ηλ)^i. */
static void modes_at(struct modes *m, double rate, size_t step)
{
    const double s = (double)step;
    for (size_t a = 0; a < m->T; a++) {
        const double lambda = gsl_vector_get(m->lambda, a), x = rate * lambda, r = pow(1 - x, s);
        const double gone = x < 0.5 ? -expm1(s * log1p(-x)) : 1 - r;
        gsl_vector_set(m->r, a, r);
        gsl_vector_set(m->G, a, fabs(x) > 0 ? gone / lambda : rate * s);
    }
}

static void modes_restart(struct modes *m)
{
    gsl_vector_set_all(m->r, 1);
    gsl_vector_set_zero(m->w);
    gsl_vector_set_zero(m->G);
}

static double training_loss(const struct modes *m, size_t C)
{
    double sum = 0, start = 0;
    for (size_t a = 0; a < m->T; a++) {
        const double r = gsl_vector_get(m->r, a), share = gsl_vector_get(m->share, a);
        sum += r * r * share;
        start += share;
    }
    return sum <= rounding * start ? 0 : sum * (double)C / (2 * (double)m->T);
}

static double test_loss(const struct modes *m, size_t C)
{
    double cross, square;
    gsl_blas_ddot(m->G, m->cross, &cross);
    gsl_blas_dgemv(CblasNoTrans, 1, m->products, m->G, 0, m->room);
    gsl_blas_ddot(m->G, m->room, &square);
    return (m->test - 2 * cross + square) * (double)C / (2 * (double)m->n_test);
}

/* ---- ratios of one network */

/* Σ_a over modes of g² , of g² r and of g² R² for one draw g of the errors. */
struct ratios {
    gsl_matrix *g, *modes; /* (C, T) */
    const double *first, *last;
};

static void draw_errors(const struct start *s, gsl_rng *random, bool centred, gsl_matrix *g)
{
    const size_t C = g->size1, T = g->size2;
    const gsl_matrix_const_view mean = gsl_matrix_const_submatrix(s->mean, 0, 0, C, T);
    for (size_t i = 0; i < C * T; i++)
        g->data[i] = gsl_ran_gaussian_ziggurat(random, 1);
    gsl_blas_dtrmm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, s->root, g);
    gsl_matrix_add(g, &mean.matrix);
    for (size_t k = 0; k < C && centred; k++) {
        gsl_vector_view row = gsl_matrix_row(g, k);
        double sum = 0;
        for (size_t t = 0; t < T; t++)
            sum += gsl_vector_get(&row.vector, t);
        gsl_vector_add_constant(&row.vector, -sum / (double)T);
    }
}

/* Σ g² x^power over modes and outputs. */
static double weighted(const gsl_matrix *g, const double *x, int power)
{
    double sum = 0;
    for (size_t i = 0; i < g->size1 * g->size2; i++)
        sum += g->data[i] * g->data[i] *
               (power == 0   ? 1
                : power == 1 ? x[i % g->size2]
                             : x[i % g->size2] * x[i % g->size2]);
    return sum;
}

/* E of the share that the first step takes and of the factor of n steps, over draws of the errors; first and
 * last (T): r after one and n steps. */
static int average_ratios(const struct modes *m, const struct start *s, const struct net_architecture *a,
                          gsl_rng *random, const double *first, const double *last, double n, double *share,
                          double *factor, struct base_error *error)
{
    int status;
    gsl_matrix *g = gsl_matrix_alloc(a->C, m->T), *inside = gsl_matrix_alloc(a->C, m->T);
    TRY(base_given(g, error));
    TRY(base_given(inside, error));
    *share = *factor = 0;
    for (int d = 0; d < ERROR_DRAWS; d++) {
        draw_errors(s, random, false, g);
        gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, g, m->V, 0, inside);
        *factor += pow(weighted(inside, last, 2) / weighted(inside, last, 0), 1 / n) / ERROR_DRAWS;
        if (theory_subtracts_mean(a)) {
            draw_errors(s, random, true, g);
            gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, g, m->V, 0, inside);
        }
        *share += (1 - weighted(inside, first, 1) / weighted(inside, first, 0)) / ERROR_DRAWS;
    }
out:
    gsl_matrix_free(g);
    gsl_matrix_free(inside);
    return status;
}

/* The two ratios from r after one step and after n, kept in rows of `kept` (2, T). */
static int add_ratios(const struct modes *m, const struct start *s, const struct net_architecture *a,
                      gsl_rng *random, const gsl_matrix *kept, double n, double weight,
                      struct theory_learning *sums, struct base_error *error)
{
    int status = BASE_OK;
    const double *first = kept->data, *last = kept->data + m->T;
    double share = 1 - first[0], factor = pow(last[0] * last[0], 1 / n);
    if (theory_method_of(a) == METHOD_GRADIENT)
        share = factor = NAN;
    else if (!m->isotropic)
        TRY(average_ratios(m, s, a, random, first, last, n, &share, &factor, error));
    if (!(factor >= least_factor))
        factor = NAN;
    sums->first_step_share += weight * share;
    sums->loss_factor += weight * factor;
out:
    return status;
}

/* ---- all steps */

void theory_loss_add(double *sums, size_t s, double weight, double loss)
{
    if (sums != NULL)
        sums[s] += weight * (isfinite(loss) ? loss : NAN);
}

bool theory_loss_recorded(const struct net_architecture *architecture, size_t step)
{
    const struct experiment_training *training = architecture->training;
    return step % (size_t)training->every == 0 || step == net_architecture_steps(architecture);
}

static int run_steps(struct modes *m, const struct start *s, const struct net_architecture *a, double rate,
                     gsl_rng *random, double weight, struct theory_learning *sums, struct base_error *error)
{
    int status;
    const size_t steps = net_architecture_steps(a), n = steps < FACTOR_STEPS ? steps : FACTOR_STEPS;
    gsl_matrix *kept = gsl_matrix_alloc(2, m->T);
    TRY(base_given(kept, error));
    modes_restart(m);
    for (size_t step = 0; step <= steps; step++) {
        if (a->training->momentum > 0 && step > 0)
            modes_step(m, a->training, rate);
        else if (step == 1 || step == n || theory_loss_recorded(a, step))
            modes_at(m, rate, step);
        if (step == 1)
            gsl_matrix_set_row(kept, 0, m->r);
        if (step == n)
            gsl_matrix_set_row(kept, 1, m->r);
        if (!theory_loss_recorded(a, step))
            continue;
        theory_loss_add(sums->train_loss, step, weight, training_loss(m, a->C));
        if (m->n_test > 0)
            theory_loss_add(sums->test_loss, step, weight, test_loss(m, a->C));
    }
    TRY(add_ratios(m, s, a, random, kept, (double)n, weight, sums, error));
out:
    gsl_matrix_free(kept);
    return status;
}

/* ---- one set of inputs */

struct theory_draw {
    struct start start;
    struct modes modes;
    gsl_rng *random; /* as it is before errors are drawn */
};

void theory_draws_free(size_t n, struct theory_draw *draws)
{
    for (size_t d = 0; d < n; d++) {
        start_free(&draws[d].start);
        modes_free(&draws[d].modes);
        if (draws[d].random != NULL)
            gsl_rng_free(draws[d].random);
    }
    free(draws);
}

/* Π U Π; U is symmetric over the training. */
static void centre_operator(const struct net_architecture *a, gsl_matrix *U)
{
    for (size_t i = 0; i < U->size1; i++) {
        gsl_vector_view row = gsl_matrix_row(U, i);
        double sum = 0;
        for (size_t t = 0; t < a->T; t++)
            sum += gsl_vector_get(&row.vector, t);
        gsl_vector_add_constant(&row.vector, -sum / (double)a->T);
    }
    theory_centre_rows(0, a->T, U);
    if (a->T_test > 0)
        theory_centre_rows(a->T, a->T_test, U);
}

static int draw_init(struct theory_draw *d, const struct net_architecture *a,
                     const struct theory_order *order, const gsl_rng *random, gsl_matrix *U,
                     struct base_error *error)
{
    int status;
    if (theory_subtracts_mean(a))
        centre_operator(a, U);
    TRY(base_given(d->random = gsl_rng_clone(random), error));
    TRY(start_init(&d->start, a, order, error));
    TRY(modes_init(&d->modes, a->T, U, d->start.second, error));
    start_free_moments(&d->start);
out:
    return status;
}

/* ---- over inputs */

/* gram (n, n) of the training and the test samples that are given. */
static int given_gram(const struct net_architecture *a, double *gram, struct base_error *error)
{
    int status;
    const size_t n = a->T + a->T_test, M_0 = a->widths[0];
    double *inputs = base_calloc(M_0 * n, sizeof *inputs, error);
    TRY(base_got(inputs));
    for (size_t i = 0; i < M_0; i++) {
        memcpy(inputs + i * n, a->inputs + i * a->T, a->T * sizeof *inputs);
        if (a->T_test > 0)
            memcpy(inputs + i * n + a->T, a->test_inputs + i * a->T_test, a->T_test * sizeof *inputs);
    }
    TRY(theory_gram_compute(M_0, n, inputs, gram, error));
out:
    free(inputs);
    return status;
}

/* Whose turn it is: kernels of the next inputs, their operator, and the random numbers after both. */
struct inputs {
    const struct net_architecture *architecture;
    const struct net_activation *activation;
    gsl_rng *random;
    size_t draws;
    double *gram;              /* (2, n, n) the second is room */
    struct theory_order order; /* (n) */
    gsl_matrix *U;             /* (n, T) */
};

static int inputs_init(struct inputs *x, const struct net_architecture *a,
                       const struct net_activation *activation, struct base_error *error)
{
    int status;
    const size_t n = a->T + a->T_test, many = n <= 40 ? 50 : 2000 / n;
    *x = (struct inputs){.architecture = a,
                         .activation = activation,
                         .random = gsl_rng_alloc(gsl_rng_mt19937),
                         .draws = a->inputs != NULL ? 1
                                  : many < 2        ? 2
                                                    : many,
                         .U = gsl_matrix_alloc(n, a->T)};
    TRY(base_given(x->random, error));
    TRY(base_given(x->U, error));
    TRY(base_got(x->gram = base_calloc(2 * n * n, sizeof *x->gram, error)));
out:
    return status;
}

static void inputs_free(struct inputs *x)
{
    if (x->random != NULL)
        gsl_rng_free(x->random);
    free(x->gram);
    theory_order_free(&x->order);
    gsl_matrix_free(x->U);
}

static int inputs_next(struct inputs *x, struct base_error *error)
{
    int status;
    const struct net_architecture *a = x->architecture;
    const size_t n = a->T + a->T_test, units = 51200 / a->T / x->draws; /* to stand for those of a layer */
    TRY(a->inputs != NULL ? given_gram(a, x->gram, error)
                          : theory_gram_draw(x->random, a->widths[0], n, x->gram + n * n, x->gram, error));
    theory_order_free(&x->order);
    TRY(theory_kernel_solve(&x->order, x->activation, a->weight_variance, a->bias_variance, a->L, n, x->gram,
                            tolerance, error));
    TRY(theory_operator(a, x->activation, &x->order, x->random,
                        units < 32    ? 32
                        : units > 512 ? 512
                                      : units,
                        x->U, error));
out:
    return status;
}

static int add_logits(struct inputs *x, double rate, struct theory_learning *sums, struct base_error *error)
{
    int status = BASE_OK;
    for (size_t d = 0; d < x->draws; d++) {
        TRY(inputs_next(x, error));
        TRY(theory_logit_steps(x->architecture, rate, &x->order, x->random, x->draws, 1 / (double)x->draws,
                               x->U, sums, error));
    }
out:
    return status;
}

/* Draws that are kept already are not made again. */
static int add_squared(struct inputs *x, double rate, struct theory_kept *kept, struct theory_learning *sums,
                       struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = x->architecture;
    const double weight = 1 / (double)x->draws;
    if (kept->draws == NULL)
        TRY(base_got(kept->draws = base_calloc(x->draws, sizeof *kept->draws, error)));
    for (size_t d = 0; d < x->draws; d++) {
        struct theory_draw *draw = &kept->draws[d];
        if (d < kept->n_draws)
            gsl_rng_memcpy(x->random, draw->random);
        else {
            TRY(inputs_next(x, error));
            for (size_t t = 0; t < a->T; t++)
                kept->isotropy_a += weight * gsl_matrix_get(x->U, t, t) / (double)a->T;
            kept->n_draws++;
            TRY(draw_init(draw, a, &x->order, x->random, x->U, error));
        }
        TRY(run_steps(&draw->modes, &draw->start, a, rate, x->random, weight, sums, error));
    }
    sums->isotropy_a = kept->isotropy_a;
out:
    if (status != BASE_OK)
        theory_kept_forget(kept);
    return status;
}

/* A sentence where nothing is predicted. */
static int refuse(const struct net_architecture *a, struct base_error *error)
{
    const struct experiment_training *t = a->training;
    if (theory_method_of(a) == METHOD_OTHER)
        return base_fail(error, BASE_UNRESOLVED, "no loss is predicted for the optimizer %s", t->optimizer);
    if (t->schedule.n > 0)
        return base_fail(error, BASE_UNRESOLVED, "no loss is predicted with a schedule");
    if (theory_batch_of(a) < a->T)
        return base_fail(error, BASE_UNRESOLVED, "no loss is predicted for batches of some samples");
    if (theory_divides_by_deviation(a))
        return base_fail(error, BASE_UNRESOLVED,
                         "no loss is predicted of outputs that are divided by their deviation");
    if (t->weight_decay > 0)
        return base_fail(error, BASE_UNRESOLVED, "no loss is predicted with a weight decay");
    if (a->T + a->T_test > MOST_SAMPLES)
        return base_fail(error, BASE_UNRESOLVED,
                         "no loss is predicted for more than %d samples, test samples included",
                         MOST_SAMPLES);
    if (strcmp(t->loss, "squared") != 0 &&
        (theory_method_of(a) != METHOD_EXACT || t->damping > 0 || theory_subtracts_mean(a) || a->C < 2))
        return base_fail(
            error, BASE_UNRESOLVED,
            "a cross entropy is predicted for the exact natural gradient alone, without damping, of "
            "two or more outputs as they are");
    if (theory_method_of(a) == METHOD_TRIDIAGONAL && a->L % 3 == 2)
        return theory_isotropy(a, NULL, &(double){0}, error);
    return BASE_OK;
}

/* A step changes unit i at sample t by some η g_t/(δ_i(t) + ρ/δ_i(t)). δ_i/√⟨δ²⟩ is about normal and has no
 * mean inverse square: without damping single units go as far as √M, with it the largest change is 1/√(εM).
 * Measured with tanh, T = 20: the share of a first step is twice theory's and more at εM = 0.01, 1.1 times at
 * 0.1; with ReLU, which has no curvature, 0.89 and 0.95. */
static bool leaves_linear_regime(const struct net_architecture *a, const struct net_activation *activation)
{
    const double damping = a->training->damping;
    size_t narrowest = SIZE_MAX;
    if (theory_method_of(a) != METHOD_UNIT || a->L == 1)
        return false;
    for (size_t l = 1; l < a->L; l++)
        narrowest = a->widths[l] < narrowest ? a->widths[l] : narrowest;
    return damping == 0 || (activation->smooth && damping * (double)narrowest < 0.1);
}

static void set_sums(const struct net_architecture *a, struct theory_learning *p, double value)
{
    const size_t steps = net_architecture_steps(a);
    for (size_t s = 0; s <= steps; s++) {
        if (p->train_loss != NULL)
            p->train_loss[s] = theory_loss_recorded(a, s) ? value : NAN;
        if (p->test_loss != NULL)
            p->test_loss[s] = theory_loss_recorded(a, s) && a->T_test > 0 ? value : NAN;
    }
    p->isotropy_a = p->first_step_share = p->loss_factor = value;
}

int theory_learning_predict(const struct net_architecture *architecture,
                            const struct net_activation *activation, double rate, struct theory_kept *kept,
                            struct theory_learning *prediction, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct theory_kept own = {.draws = NULL}, *mine = kept != NULL ? kept : &own;
    struct inputs inputs = {.U = NULL};
    TRY(refuse(a, error));
    TRY(inputs_init(&inputs, a, activation, error));
    theory_kept_match(mine, a);
    set_sums(a, prediction, 0);
    TRY(strcmp(a->training->loss, "squared") == 0 ? add_squared(&inputs, rate, mine, prediction, error)
                                                  : add_logits(&inputs, rate, prediction, error));
    if (theory_method_of(a) == METHOD_GRADIENT)
        prediction->isotropy_a = NAN;
    if (leaves_linear_regime(a, activation))
        prediction->first_step_share = prediction->loss_factor = NAN;
out:
    if (status != BASE_OK)
        set_sums(a, prediction, NAN);
    theory_kept_forget(&own);
    inputs_free(&inputs);
    return status;
}
