/* How far approximations of a unit's Fisher matrix are from the unit block of a hidden layer (AKO19). */
#include "measure/measure.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>

enum { CLOSED, QUASI, GAUSSIAN, FLOOR, N_VARIABLES };

static const struct measure_variable variables[N_VARIABLES] = {
    [CLOSED] = {.name = "unit_error_closed",
                .long_name = "relative spectral error of the closed form for isotropic Gaussian inputs",
                .formula = "|| U_closed - U || / || U ||, mean over units, U = (1/T) sum_t s_t x_t x_t^T",
                .source = "AKO19",
                .axis = MEASURE_LAYER},
    [QUASI] = {.name = "unit_error_quasi",
               .long_name = "relative spectral error of the quasi-diagonal approximation",
               .formula = "|| U_quasi - U || / || U ||, mean over units",
               .source = "AKO19",
               .axis = MEASURE_LAYER},
    [GAUSSIAN] = {.name = "unit_error_gaussian",
                  .long_name =
                      "relative spectral error of the closed form for Gaussian inputs of the layer's "
                      "mean and covariance",
                  .formula = "|| U_gaussian - U || / || U ||, mean over units",
                  .source = "beyond",
                  .axis = MEASURE_LAYER},
    [FLOOR] = {.name = "unit_error_floor",
               .long_name =
                   "what unit_error_gaussian is for T inputs that are Gaussian, with the layer's mean "
                   "and covariance",
               .formula = "|| U_gaussian - U || / || U || of such inputs",
               .source = "beyond",
               .axis = MEASURE_LAYER},
};

struct work {
    const struct net_architecture *architecture;
    struct net_activation activation;
    double *mix, *H;     /* (T, T) */
    double *h;           /* (max M_l, T) */
    double *u, *phi, *s; /* (NET_UNITS, T) */
};

static double unit_bytes(const struct net_architecture *a)
{
    const double M = (double)net_architecture_widest(a), T = (double)a->T;
    return (M * (5 * NET_UNITS + 2 + T) + T * (T * (6 + NET_UNITS) + 24 * NET_UNITS)) * sizeof(double);
}

static void unit_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    net_activation_close(&w->activation);
    free(w->mix);
    free(w->H);
    free(w->h);
    free(w->u);
    free(w->phi);
    free(w->s);
    free(w);
}

static int unit_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = a;
    TRY(net_activation_open(&w->activation, a->activation, error));
    TRY(base_got(w->mix = base_calloc(a->T * a->T, sizeof(double), error)));
    TRY(base_got(w->H = base_calloc(a->T * a->T, sizeof(double), error)));
    TRY(base_got(w->h = base_calloc(net_architecture_widest(a) * a->T, sizeof(double), error)));
    TRY(base_got(w->u = base_calloc(NET_UNITS * a->T, sizeof(double), error)));
    TRY(base_got(w->phi = base_calloc(NET_UNITS * a->T, sizeof(double), error)));
    TRY(base_got(w->s = base_calloc(NET_UNITS * a->T, sizeof(double), error)));
    *work = w;
out:
    if (status != BASE_OK)
        unit_free(w);
    return status;
}

/* The mean over the units that are active at all. */
static double mean_of(size_t n, const double *errors)
{
    double sum = 0;
    size_t active = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(errors[i])) {
            sum += errors[i];
            active++;
        }
    return active > 0 ? sum / (double)active : NAN;
}

/* A_k of every unit, as either form takes its inputs to be. */
static int find_moments(const struct work *w, const struct fisher_units *units, const double *b,
                        double (*closed)[3], double (*gaussian)[3], struct base_error *error)
{
    int status = BASE_OK;
    for (size_t i = 0; i < units->n; i++) {
        struct fisher_unit_input input;
        fisher_unit_inputs(units, i, &input);
        TRY(theory_unit_moments(&w->activation, input.scale * input.norm, b[i], closed[i], error));
        TRY(theory_unit_moments(&w->activation, input.deviation, input.mean, gaussian[i], error));
    }
out:
    return status;
}

/* T Gaussian inputs of mean and covariance of h (M, T): h G, G = 11ᵀ/T + (I − 11ᵀ/T) N/√T with N (T, T) of
 * normals. What is needed of them are their H = (hG)ᵀhG, u = w hG + b, and s = φ'(u)². 3MT² flops. */
static void draw_gaussian_inputs(struct work *w, const struct net_gram *gram, size_t l)
{
    const struct net_units *units = &gram->units[l];
    const size_t T = w->architecture->T, M = w->architecture->widths[l - 1], n = units->n;
    net_gram_mixture(gram, l, w->mix);
    for (size_t t = 0; t < T; t++) { /* column t less its mean */
        double mean = 0;
        for (size_t s = 0; s < T; s++)
            mean += w->mix[s * T + t] / (double)T;
        for (size_t s = 0; s < T; s++)
            w->mix[s * T + t] = 1 / (double)T + (w->mix[s * T + t] - mean) / sqrt((double)T);
    }
    linalg_multiply(false, false, M, T, T, 1, units->h, w->mix, 0, w->h);
    linalg_gram(M, T, w->h, w->H);
    linalg_multiply(false, false, n, T, M, 1, units->w, w->h, 0, w->u);
    for (size_t i = 0; i < n * T; i++)
        w->u[i] += units->b[i / T];
    net_activation_eval(&w->activation, n * T, w->u, w->phi, w->s);
    for (size_t i = 0; i < n * T; i++)
        w->s[i] *= w->s[i];
}

/* One layer: the errors of its units, and those of units with Gaussian inputs. */
static int measure_layer(struct work *w, const struct net_gram *gram, size_t l, double *const *values,
                         struct base_error *error)
{
    int status;
    const struct net_units *units = &gram->units[l];
    double A_closed[NET_UNITS][3], A_gaussian[NET_UNITS][3], errors[3][NET_UNITS];
    struct fisher_units blocks = {.n = units->n,
                                  .M = w->architecture->widths[l - 1],
                                  .T = w->architecture->T,
                                  .h = units->h,
                                  .H = gram->H[l - 1],
                                  .w = units->w,
                                  .b = units->b,
                                  .u = units->u,
                                  .s = units->s,
                                  .A_closed = A_closed,
                                  .A_gaussian = A_gaussian};
    TRY(find_moments(w, &blocks, units->b, A_closed, A_gaussian, error));
    TRY(fisher_unit_errors(&blocks, errors[CLOSED], errors[QUASI], errors[GAUSSIAN], error));
    for (size_t v = 0; v < FLOOR; v++)
        values[v][l] = mean_of(units->n, errors[v]);

    draw_gaussian_inputs(w, gram, l);
    blocks.h = w->h;
    blocks.H = w->H;
    blocks.u = w->u;
    blocks.s = w->s;
    TRY(find_moments(w, &blocks, units->b, A_closed, A_gaussian, error));
    TRY(fisher_unit_errors(&blocks, NULL, NULL, errors[GAUSSIAN], error));
    values[FLOOR][l] = mean_of(units->n, errors[GAUSSIAN]);
out:
    return status;
}

static int unit_run(void *work, const struct net_gram *gram, double *const *values, struct base_error *error)
{
    int status = BASE_OK;
    struct work *w = work;
    for (size_t l = 1; l < w->architecture->L; l++)
        if (gram->units[l].n > 0) /* none of a residual network */
            TRY(measure_layer(w, gram, l, values, error));
out:
    return status;
}

const struct measure measure_unit = {
    .name = "unit",
    .doc = "how far approximations of single units' Fisher matrices are from the unit blocks",
    .n_variables = N_VARIABLES,
    .variables = variables,
    .sums = NET_SUM_UNITS,
    .needs = {.depth = 2, .plain = true},
    .bytes = unit_bytes,
    .init = unit_init,
    .free = unit_free,
    .run = unit_run,
};
