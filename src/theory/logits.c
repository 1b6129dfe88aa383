/* The exact natural gradient of the cross entropy in function space (KO20), by draws of the network.
 *
 * F_sm = (1/T) JᵀQJ, Q_t = diag(p_t) − p_t p_tᵀ, and the gradient is (1/T) Jᵀ(p − 1[k=y]) = −(1/T) JᵀQ d with
 * d_k(t) = 1[k=y]/p_y up to a constant of each sample. The least step has none: f += η (1[k=y] − 1/C)/p_y on
 * the training samples and Θ_te Θ⁻¹ times that elsewhere. */
#define HAVE_INLINE
#define GSL_RANGE_CHECK_OFF

#include "theory/learning.h"

#include "base/memory.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

enum { DRAWS = 256, FEWEST_DRAWS = 16 };

struct logits {
    size_t C, T, n;
    gsl_matrix *root;          /* (n, n) of q^L */
    gsl_matrix *f, *y;         /* (C, n) */
    gsl_matrix *velocity, *by; /* (C, T) */
};

static void logits_free(struct logits *x)
{
    gsl_matrix *all[] = {x->root, x->f, x->y, x->velocity, x->by};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gsl_matrix_free(all[i]);
}

static int logits_init(struct logits *x, const struct net_architecture *a, const struct theory_order *order,
                       struct base_error *error)
{
    int status;
    const size_t C = a->C, T = a->T, n = order->samples;
    *x = (struct logits){C,
                         T,
                         n,
                         gsl_matrix_alloc(n, n),
                         gsl_matrix_alloc(C, n),
                         gsl_matrix_alloc(C, n),
                         gsl_matrix_alloc(C, T),
                         gsl_matrix_alloc(C, T)};
    TRY(base_given(x->root, error));
    TRY(base_given(x->f, error));
    TRY(base_given(x->y, error));
    TRY(base_given(x->velocity, error));
    TRY(base_given(x->by, error));
    theory_order_fill(order, order->q + a->L * order->pairs, x->root);
    TRY(theory_covariance_root(x->root, error));
out:
    if (status != BASE_OK)
        logits_free(x);
    return status;
}

static void draw(struct logits *x, gsl_rng *random, gsl_matrix *f)
{
    for (size_t i = 0; i < x->C * x->n; i++)
        f->data[i] = gsl_ran_gaussian_ziggurat(random, 1);
    gsl_blas_dtrmm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, x->root, f);
}

/* y of the labels, or the classes of a teacher's outputs. */
static void draw_targets(struct logits *x, const struct net_architecture *a, gsl_rng *random)
{
    if (a->targets == NULL)
        draw(x, random, x->y);
    for (size_t t = 0; t < x->n; t++) {
        const gsl_vector_view teacher = gsl_matrix_column(x->y, t);
        const size_t best = a->targets == NULL ? gsl_vector_max_index(&teacher.vector) : 0;
        for (size_t k = 0; k < x->C; k++)
            gsl_matrix_set(x->y, k, t,
                           a->targets == NULL ? (k == best ? 1 : 0)
                           : t < x->T         ? a->targets[k * x->T + t]
                                              : a->test_targets[k * (x->n - x->T) + t - x->T]);
    }
}

/* −ln p_y of sample t */
static double surprise(const struct logits *x, size_t t)
{
    const gsl_vector_view f = gsl_matrix_column(x->f, t), y = gsl_matrix_column(x->y, t);
    const double largest = gsl_vector_max(&f.vector);
    double sum = exp(gsl_vector_get(&f.vector, 0) - largest), right;
    for (size_t k = 1; k < x->C; k++)
        sum += exp(gsl_vector_get(&f.vector, k) - largest);
    gsl_blas_ddot(&f.vector, &y.vector, &right);
    return largest + log(sum) - right;
}

static double mean_loss(const struct logits *x, size_t first, size_t end)
{
    double sum = 0;
    for (size_t t = first; t < end; t++)
        sum += surprise(x, t);
    return sum / (double)(end - first);
}

/* U = Θ_te Θ⁻¹, and 1 on the training samples. */
static void step(struct logits *x, const struct experiment_training *training, double rate,
                 const gsl_matrix *U)
{
    const double mu = training->momentum;
    const bool nesterov = strcmp(training->nesterov, "true") == 0;
    for (size_t t = 0; t < x->T; t++) {
        const double most = exp(surprise(x, t));
        for (size_t k = 0; k < x->C; k++) {
            const double d = (gsl_matrix_get(x->y, k, t) - 1 / (double)x->C) * most;
            const double v = mu * gsl_matrix_get(x->velocity, k, t) + d;
            gsl_matrix_set(x->velocity, k, t, v);
            gsl_matrix_set(x->by, k, t, nesterov ? d + mu * v : v);
        }
    }
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, rate, x->by, U, 1, x->f);
}

int theory_logit_steps(const struct net_architecture *architecture, double rate,
                       const struct theory_order *order, gsl_rng *random, size_t draws, double weight,
                       const gsl_matrix *U, struct theory_learning *sums, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t steps = net_architecture_steps(a),
                 networks = DRAWS / draws > FEWEST_DRAWS ? DRAWS / draws : FEWEST_DRAWS;
    struct logits x;
    TRY(logits_init(&x, a, order, error));
    for (size_t d = 0; d < networks; d++) {
        draw(&x, random, x.f);
        draw_targets(&x, a, random);
        gsl_matrix_set_zero(x.velocity);
        for (size_t s = 0; s <= steps; s++) {
            if (s > 0)
                step(&x, a->training, rate, U);
            if (!theory_loss_recorded(a, s))
                continue;
            theory_loss_add(sums->train_loss, s, weight / (double)networks, mean_loss(&x, 0, x.T));
            if (x.n > x.T)
                theory_loss_add(sums->test_loss, s, weight / (double)networks, mean_loss(&x, x.T, x.n));
        }
    }
    sums->isotropy_a = sums->first_step_share = sums->loss_factor = NAN;
    logits_free(&x);
out:
    return status;
}
