/* How fast networks may learn: the constant a of each natural gradient (KO20) and the critical learning rate
 * (KAA19). Symbols as in theory.h. */
#include "theory/learning.h"

#include "base/memory.h"
#include "theory/inputs.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double tolerance = 1e-8;
enum { MOST_DECOMPOSED = 2048 }; /* samples whose kernel has all its eigenvectors found */

enum theory_method theory_method_of(const struct net_architecture *architecture)
{
    static const char *const names[METHOD_OTHER] = {"gradient", "exact",       "layer", "tridiagonal",
                                                    "kfac",     "kfac_scaled", "unit"};
    enum theory_method method = METHOD_GRADIENT;
    while (method < METHOD_OTHER && strcmp(names[method], architecture->training->optimizer) != 0)
        method++;
    return method;
}

size_t theory_batch_of(const struct net_architecture *architecture)
{
    const size_t B = (size_t)architecture->training->batch;
    return B == 0 || B > architecture->T ? architecture->T : B;
}

static bool is_ntk(const struct net_architecture *a)
{
    return strcmp(a->training->parametrization, "ntk") == 0;
}

bool theory_subtracts_mean(const struct net_architecture *architecture)
{
    return strcmp(architecture->training->normalization, "mean") == 0;
}

bool theory_divides_by_deviation(const struct net_architecture *architecture)
{
    return strcmp(architecture->training->normalization, "batch") == 0;
}

void theory_scales_of(const struct net_architecture *architecture, size_t l, double *a, double *b)
{
    *a = is_ntk(architecture) ? architecture->weight_variance : (double)architecture->widths[l - 1];
    *b = is_ntk(architecture) ? architecture->bias_variance : 1;
}

/* ---- a */

/* Each row of Σ adds three neighbours to 1: ones at 1, 4, .., L for L = 3s+1, and at 2, 5, .., L−1 for 3s. */
bool theory_tridiagonal_share(size_t L, size_t l, double *x)
{
    *x = l % 3 == (L % 3 == 1 ? 1 : 2) ? 1 : 0;
    return L % 3 != 2;
}

/* P(φ'(u) ≠ 0) for u ~ N(0, q). Between its kinks φ' is 0 everywhere or almost nowhere. */
static double active_share(const struct net_activation *activation, double q)
{
    double share = 0;
    for (size_t i = 0; i <= activation->n_kinks; i++) {
        const double low = i > 0 ? activation->kinks[i - 1] : -INFINITY,
                     high = i < activation->n_kinks ? activation->kinks[i] : INFINITY;
        const double from = isfinite(low)    ? low
                            : isfinite(high) ? high - 3
                                             : -1.5,
                     to = isfinite(high) ? high : from + 3;
        double u[3], phi[3], dphi[3];
        for (int k = 0; k < 3; k++)
            u[k] = from + (to - from) * (0.13 + 0.37 * k);
        net_activation_eval(activation, 3, u, phi, dphi);
        if (dphi[0] != 0 || dphi[1] != 0 || dphi[2] != 0)
            share += gsl_cdf_ugaussian_P(high / sqrt(q)) - gsl_cdf_ugaussian_P(low / sqrt(q));
    }
    return share;
}

static double mean_square_input(const struct net_architecture *a)
{
    const size_t n = a->widths[0] * a->T;
    double sum = 0;
    for (size_t i = 0; a->inputs != NULL && i < n; i++)
        sum += a->inputs[i] * a->inputs[i] / (double)n;
    return a->inputs != NULL ? sum : 1;
}

double theory_input_rank(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const bool bias = !is_ntk(a) || a->bias_variance > 0;
    return (double)a->widths[0] + (bias ? 1 : 0);
}

int theory_unit_constants(const struct net_architecture *architecture,
                          const struct net_activation *activation, double *constants,
                          struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct theory_order order = {.L = 0};
    const double gram = mean_square_input(a), B = (double)theory_batch_of(a);
    TRY(theory_kernel_solve(&order, activation, a->weight_variance, a->bias_variance, a->L, 1, &gram,
                            tolerance, error));
    for (size_t l = 1; l < a->L; l++) {
        const double share = active_share(activation, order.q[l]);
        constants[l] =
            (double)a->widths[l] / (double)a->C * (l == 1 ? fmin(share, theory_input_rank(a) / B) : share);
    }
    constants[a->L] = 1;
out:
    theory_order_free(&order);
    return status;
}

static int unit_isotropy(const struct net_architecture *a, const struct net_activation *activation,
                         double *value, struct base_error *error)
{
    int status;
    double *constants = base_calloc(a->L + 1, sizeof *constants, error);
    TRY(base_got(constants));
    TRY(theory_unit_constants(a, activation, constants, error));
    *value = 0;
    for (size_t l = 1; l <= a->L; l++)
        *value += constants[l];
out:
    free(constants);
    return status;
}

/* Whether φ' is one number: then it is the same for two independent Gaussians. */
static int is_linear(const struct net_activation *activation, bool *linear, struct base_error *error)
{
    int status;
    struct theory_pair same, other;
    TRY(theory_gauss_pair(activation, 1, 1, 5, &same, error));
    TRY(theory_gauss_pair(activation, 1, 0, 5, &other, error));
    *linear = fabs(same.dphi - other.dphi) <= 1e-10 * fabs(same.dphi);
out:
    return status;
}

static int kfac_isotropy(const struct net_architecture *a, const struct net_activation *activation,
                         bool scaled, double *value, struct base_error *error)
{
    int status;
    bool linear = false;
    const double B = (double)theory_batch_of(a);
    TRY(is_linear(activation, &linear, error));
    *value = scaled ? B : 1;
    for (size_t l = 1; l < a->L; l++)
        *value += linear ? 1 : l == 1 ? fmin(B, theory_input_rank(a)) : B;
out:
    return status;
}

int theory_isotropy(const struct net_architecture *architecture, const struct net_activation *activation,
                    double *a, struct base_error *error)
{
    const size_t L = architecture->L;
    double x;
    switch (theory_method_of(architecture)) {
    case METHOD_EXACT: *a = 1; return BASE_OK;
    case METHOD_LAYER: *a = (double)L; return BASE_OK;
    case METHOD_KFAC: return kfac_isotropy(architecture, activation, false, a, error);
    case METHOD_KFAC_SCALED: return kfac_isotropy(architecture, activation, true, a, error);
    case METHOD_UNIT: return unit_isotropy(architecture, activation, a, error);
    case METHOD_TRIDIAGONAL:
        if (!theory_tridiagonal_share(L, 1, &x))
            return base_fail(error, BASE_UNRESOLVED,
                             "the tridiagonal matrix of ones is singular for %zu = 3s + 2 layers: no "
                             "block-tridiagonal natural gradient",
                             L);
        *a = (double)((L + 2) / 3);
        return BASE_OK;
    default:
        return base_fail(error, BASE_UNRESOLVED,
                         "the optimizer %s shrinks no error by one factor: it has no constant a",
                         architecture->training->optimizer);
    }
}

/* ---- η_c */

/* (1/T) Σ_l q^l q̃^l or F* of Gaussian inputs, p = 1, 2 */
static void two_numbers(const struct theory_order *order, const struct net_architecture *a, double K[2])
{
    for (size_t p = 0; p < 2; p++) {
        K[p] = 0;
        for (size_t l = 1; l <= a->L; l++)
            K[p] += order->q[2 * l + p] * order->qtilde[2 * l + p] / (double)a->T;
        if (!is_ntk(a))
            K[p] = theory_order_kernel(order, a, p, 0) / (double)a->T;
    }
}

/* One number, whose mean with a weight decay needs no other draws. */
static struct theory_top known_top(double top)
{
    return (struct theory_top){top, 1 / top, NAN};
}

/* λ_max in the limit of large width with two order parameters; nan where it is not O(T). */
static int limit_of_two(const struct net_architecture *a, const struct net_activation *activation,
                        struct theory_top *top, struct base_error *error)
{
    int status;
    struct theory_order order = {.L = 0};
    const double decay = a->training->weight_decay;
    const bool divided = theory_divides_by_deviation(a), centred = divided || theory_subtracts_mean(a);
    double K[2];
    TRY(theory_order_solve(&order, activation, a->weight_variance, a->bias_variance, a->L, tolerance, error));
    two_numbers(&order, a, K);
    *top = known_top(centred                               ? (a->T > 1 ? K[0] - K[1] : NAN)
                     : a->T > 1 && !(K[1] >= 1e-12 * K[0]) ? NAN
                                                           : K[0] + ((double)a->T - 1) * K[1]);
    if (divided)
        TRY(theory_normalized_limit(a->T, a->C, order.q[2 * a->L] - order.q[2 * a->L + 1], K[0] - K[1], decay,
                                    top, error));
out:
    theory_order_free(&order);
    return status;
}

/* In place ΠKΠ, and both triangles. */
static void centre(size_t T, double *K)
{
    gsl_matrix_view view = gsl_matrix_view_array(K, T, T);
    for (size_t s = 0; s < T; s++)
        for (size_t t = 0; t < s; t++)
            K[s * T + t] = K[t * T + s];
    theory_centre_rows(0, T, &view.matrix);
    gsl_matrix_transpose(&view.matrix);
    theory_centre_rows(0, T, &view.matrix);
}

/* λ_max of Θ/T of inputs of this gram, or of outputs drawn for it; room: 2 T² + T numbers. */
static int kernel_top(const struct net_architecture *a, const struct net_activation *activation,
                      const double *gram, double share, gsl_rng *random, double *room, struct theory_top *top,
                      struct base_error *error)
{
    int status;
    const size_t T = a->T;
    const double decay = a->training->weight_decay;
    double *K = room, *nngp = room + T * T, *scales = NULL, largest;
    TRY(base_got(scales = base_calloc(2 * a->L, sizeof *scales, error)));
    for (size_t l = 1; l <= a->L; l++) {
        theory_scales_of(a, l, &scales[l - 1], &scales[a->L + l - 1]);
        scales[l - 1] /= (double)T;
        scales[a->L + l - 1] /= (double)T;
    }
    TRY(theory_kernel_sum(activation, a->weight_variance, a->bias_variance, a->L, T, gram, scales,
                          scales + a->L, tolerance, K, nngp, error));
    if (theory_subtracts_mean(a) || theory_divides_by_deviation(a))
        centre(T, K);
    if (theory_divides_by_deviation(a)) {
        const gsl_matrix_view kernel = gsl_matrix_view_array(K, T, T);
        gsl_matrix_view covariance = gsl_matrix_view_array(nngp, T, T);
        gsl_matrix_transpose(&covariance.matrix); /* its root takes the lower triangle */
        TRY(theory_normalized_tops(&kernel.matrix, &covariance.matrix, a->C, share, random, decay, top,
                                   error));
    } else {
        TRY(theory_eigen_top(T, K, &largest, room + 2 * T * T, error));
        *top = known_top(largest);
    }
out:
    free(scales);
    return status;
}

/* The mean over drawn inputs, or that of given ones. */
static int mean_top(const struct net_architecture *a, const struct net_activation *activation,
                    struct theory_top *top, struct base_error *error)
{
    int status;
    const size_t T = a->T, draws = a->inputs != NULL ? 1 : T <= 5 ? 200 : T >= 500 ? 2 : 1000 / T;
    const double share = 1 / (double)draws;
    const int most = theory_divides_by_deviation(a) ? MOST_DECOMPOSED : THEORY_MOST_DRAWN;
    double *gram = NULL, *room;
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    *top = (struct theory_top){0, 0, 0};
    TRY(random != NULL ? BASE_OK : base_fail(error, BASE_FAILED, "GSL has no memory for random numbers"));
    if (T > (size_t)most)
        TRY(base_fail(error, BASE_UNRESOLVED,
                      "no critical learning rate is predicted for more than %d samples", most));
    TRY(base_got(gram = base_calloc(3 * T * T + T, sizeof *gram, error)));
    room = gram + T * T;
    for (size_t d = 0; d < draws; d++) {
        struct theory_top one;
        TRY(a->inputs != NULL ? theory_gram_compute(a->widths[0], T, a->inputs, gram, error)
                              : theory_gram_draw(random, a->widths[0], T, room, gram, error));
        TRY(kernel_top(a, activation, gram, share, random, room, &one, error));
        top->mean += one.mean * share;
        top->inverse += one.inverse * share;
        top->decayed += one.decayed * share;
    }
out:
    gsl_rng_free(random);
    free(gram);
    return status;
}

/* Fewer samples than these have no mean of 1/σ², or none that its draws come to. */
enum { FEWEST_OF_INVERSE = 6 };

static int find_top(const struct net_architecture *a, const struct net_activation *activation,
                    struct theory_kept *kept, struct base_error *error)
{
    int status = BASE_OK;
    if (kept->has_top)
        return BASE_OK;
    kept->limit = (struct theory_top){NAN, NAN, NAN};
    if (a->inputs == NULL)
        TRY(limit_of_two(a, activation, &kept->limit, error));
    kept->top = kept->limit;
    if (isnan(kept->limit.inverse) || theory_subtracts_mean(a) || theory_divides_by_deviation(a))
        TRY(mean_top(a, activation, &kept->top, error));
    kept->has_top = true;
out:
    return status;
}

int theory_critical_rate(const struct net_architecture *architecture, const struct net_activation *activation,
                         struct theory_kept *kept, struct theory_critical *critical, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const double mu = a->training->momentum, decay = a->training->weight_decay;
    const bool nesterov = strcmp(a->training->nesterov, "true") == 0,
               divided = theory_divides_by_deviation(a);
    const double most = 2 * (1 + mu) / (nesterov ? 1 + 2 * mu : 1);
    struct theory_kept own = {.draws = NULL}, *mine = kept != NULL ? kept : &own;
    if (theory_subtracts_mean(a) && a->T == 1)
        return base_fail(error, BASE_UNRESOLVED, "one sample whose mean is subtracted does not learn");
    if (divided && a->T < 3)
        return base_fail(error, BASE_UNRESOLVED, "one or two samples that are normalized do not learn");
    theory_kept_match(mine, a);
    TRY(find_top(a, activation, mine, error));
    critical->rate = most * mine->top.decayed;
    critical->limit = most * mine->limit.decayed;
    critical->boundary = most * mine->top.inverse;
    critical->eig_max = divided && a->T < FEWEST_OF_INVERSE ? NAN : mine->top.mean;
    if (!divided) {
        critical->rate = most / (mine->top.mean + decay);
        critical->limit = most / (mine->limit.mean + decay);
    }
out:
    return status;
}
