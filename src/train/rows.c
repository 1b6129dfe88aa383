/* Natural gradients that never form a matrix, row by row: AKO19's explicit one of single units, and
 * Ollivier's quasi-diagonal one. Output units count as units with φ' = 1.
 *
 * unit_explicit takes the inputs of a layer for N(m, s²I), m the samples' mean and s² their mean variance. Of
 * a unit with weights w, bias b and Fisher block U, U is taken for U_bb/A_0 times that of an input of this
 * law: with w' = s w, b' = b + w·m, r = |w'|, ŵ = w'/r, A_k = ∫Dv v^k φ'(rv + b')², D = A_0 A_2 − A_1² and g'
 * = (g_w − m g_b)/s, g_∥ = ŵ·g'
 *
 *     Δb' = (A_2 g_b − A_1 g_∥)/D ,  Δw' = (g' − g_∥ ŵ)/A_0 + ((A_0 g_∥ − A_1 g_b)/D) ŵ ,
 *     Δw = Δw'/s ,  Δb = Δb' − m·Δw                            both times A_0/U_bb
 *
 * in W and b whatever the parametrization, as natural gradients are; ρ is added in the coordinates w', b', to
 * A_0 and A_2. Where the bias is no parameter, σ_b = 0, g_b is chosen such that Δb = 0, which is the inverse
 * of the weights' block alone. A unit that the law never activates does not move.
 *
 * quasi_diagonal: fisher.h, of the parameters ω and β, ρ added to U's diagonal. */
#include "train/train.h"

#include "base/memory.h"
#include "fisher/fisher.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL = 64 };

struct work {
    const struct net_architecture *architecture;
    struct net_activation activation; /* of unit_explicit alone */
    double damping;
    double *r;                         /* (widest, B) r_i(t) of a layer's units, the gradient's P */
    double *s;                         /* (PANEL, B) s_t of some units */
    double *h2;                        /* (widest, B) h² of a layer */
    double *gradient, *first, *second; /* (PANEL, widest): Σ_t r h, Σ_t s h, Σ_t s h² */
    double *g, *F_b, *F_jj, *v;        /* (1 + widest) of a unit, the bias first */
    double *m;                         /* (widest) */
    double scale;                      /* s of a layer */
    double *dbeta;                     /* (PANEL) */
};

static double row_bytes(const struct net_architecture *architecture, size_t B)
{
    const double b = (double)B, widest = (double)net_architecture_widest(architecture);
    return ((PANEL + 2 * widest) * b + (3 * PANEL + 5) * widest + PANEL + 4) * sizeof(double);
}

static double explicit_flops(const struct net_architecture *architecture, size_t B)
{
    return 4 * (double)architecture->C * (double)B * (double)net_architecture_units(architecture);
}

static double quasi_flops(const struct net_architecture *architecture, size_t B)
{
    return explicit_flops(architecture, B) + 4 * (double)B * architecture->P;
}

static void row_free(void *work)
{
    struct work *w = work;
    if (w == NULL)
        return;
    double *arrays[] = {w->r, w->s,   w->h2,   w->gradient, w->first, w->second,
                        w->g, w->F_b, w->F_jj, w->v,        w->m,     w->dbeta};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    net_activation_close(&w->activation);
    free(w);
}

static int row_init(void **work, const struct net_architecture *architecture, size_t B,
                    struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    const size_t widest = net_architecture_widest(a);
    struct work *w = base_calloc(1, sizeof *w, error);
    TRY(base_got(w));
    w->architecture = a;
    const struct {
        double **array;
        size_t n;
    } parts[] = {{&w->r, widest * B},
                 {&w->s, PANEL * B},
                 {&w->h2, widest * B},
                 {&w->gradient, PANEL * widest},
                 {&w->first, PANEL * widest},
                 {&w->second, PANEL * widest},
                 {&w->g, widest + 1},
                 {&w->F_b, widest + 1},
                 {&w->F_jj, widest + 1},
                 {&w->v, widest + 1},
                 {&w->m, widest},
                 {&w->dbeta, PANEL}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        TRY(base_got(*parts[i].array = base_alloc(parts[i].n, sizeof(double), error)));
    TRY(net_activation_open(&w->activation, a->activation, error));
out:
    if (status != BASE_OK)
        row_free(w);
    *work = status == BASE_OK ? w : NULL;
    return status;
}

static int row_prepare(void *work, const struct train_network *network, const struct train_signals *signals,
                       double damping, struct base_error *error)
{
    struct work *w = work;
    (void)network;
    (void)signals;
    (void)error;
    w->damping = damping;
    return BASE_OK;
}

/* s_t of units first..first+n-1 of layer l; 1 of outputs. */
static void find_s(struct work *w, const struct train_signals *signals, size_t l, size_t first, size_t n)
{
    const size_t C = signals->C, B = signals->B;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < B; t++) {
            double sum = l == w->architecture->L;
            for (size_t k = 0; k < C && l < w->architecture->L; k++) {
                const double delta = signals->delta[l][(first + i) * C * B + k * B + t];
                sum += delta * delta;
            }
            w->s[i * B + t] = sum;
        }
}

static double sum_of(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* ---- of one unit: v, (β, ω), from g, (b, W), and row `row` of the panel */

static void quasi_step(struct work *w, const struct train_network *network, size_t l, size_t i, size_t row,
                       size_t B)
{
    const size_t M = w->architecture->widths[l - 1];
    const double weight = network->weight_scale[l], bias = network->bias_scale, b = (double)B;
    (void)i;
    w->g[0] *= bias;
    w->F_b[0] = w->F_jj[0] = bias * bias * sum_of(B, w->s + row * B) / b;
    for (size_t j = 0; j < M; j++) {
        w->g[1 + j] *= weight;
        w->F_b[1 + j] = weight * bias * w->first[row * M + j] / b;
        w->F_jj[1 + j] = weight * weight * w->second[row * M + j] / b;
    }
    const double rho = w->damping * sum_of(M + 1, w->F_jj) / (double)(M + 1);
    for (size_t j = 0; j <= M; j++)
        w->F_jj[j] += rho;
    w->F_b[0] += rho;
    fisher_unit_quasi_gradient(M, w->F_b, w->F_jj, w->g, w->v);
}

/* ∫Dv v^k φ'(rv + b)² over [v, v + h]: Gauss's rule of eight nodes. */
static void integrate_piece(const struct net_activation *activation, double r, double b, double v, double h,
                            double A[3])
{
    enum { NODES = 8 };
    static const double x[NODES / 2] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                        0.9602898564975363},
                                  weight[NODES / 2] = {0.3626837833783620, 0.3137066458778873,
                                                       0.2223810344533745, 0.1012285362903763};
    double z[NODES], u[NODES], phi[NODES], dphi[NODES];
    for (size_t i = 0; i < NODES; i++) {
        z[i] = v + h / 2 * (1 + (i % 2 == 0 ? 1 : -1) * x[i / 2]);
        u[i] = r * z[i] + b;
    }
    net_activation_eval(activation, NODES, u, phi, dphi);
    for (size_t i = 0; i < NODES; i++) {
        const double share =
            h / 2 * weight[i / 2] * exp(-z[i] * z[i] / 2) / sqrt(2 * acos(-1.0)) * dphi[i] * dphi[i];
        A[0] += share;
        A[1] += share * z[i];
        A[2] += share * z[i] * z[i];
    }
}

/* A_0, A_1, A_2 over |v| ≤ 9, in pieces of at most ½ and 1/r between kinks. */
static void integrate(const struct net_activation *activation, double r, double b, double A[3])
{
    static const double reach = 9;
    A[0] = A[1] = A[2] = 0;
    for (size_t i = 0; i <= activation->n_kinks; i++) {
        const double left = i == 0 ? -reach : fmin(reach, fmax(-reach, (activation->kinks[i - 1] - b) / r)),
                     right = i == activation->n_kinks
                                 ? reach
                                 : fmin(reach, fmax(-reach, (activation->kinks[i] - b) / r));
        const size_t pieces = (size_t)fmin(1e4, ceil((right - left) * fmax(2, r)));
        for (size_t p = 0; p < pieces; p++)
            integrate_piece(activation, r, b, left + (right - left) * (double)p / (double)pieces,
                            (right - left) / (double)pieces, A);
    }
}

/* G of a unit in the coordinates (b', w'). */
struct closed {
    double A[3];
    double r;           /* |w'| */
    const double *unit; /* (M) w: ŵ = s w/r */
    const double *m;    /* (M) */
    double s;
};

/* v = (Δb, Δw) from (g_b, g_w) */
static void invert(const struct closed *x, size_t M, double g_b, const double *g_w, double *v)
{
    const double *A = x->A, D = A[0] * A[2] - A[1] * A[1], unit = x->s / x->r;
    double along = 0, shift = 0;
    for (size_t j = 0; j < M; j++) {
        v[1 + j] = (g_w[j] - x->m[j] * g_b) / x->s; /* g' */
        along += unit * x->unit[j] * v[1 + j];
    }
    const double more = (A[0] * along - A[1] * g_b) / D - along / A[0];
    for (size_t j = 0; j < M; j++) {
        v[1 + j] = (v[1 + j] / A[0] + more * unit * x->unit[j]) / x->s;
        shift += x->m[j] * v[1 + j];
    }
    v[0] = (A[2] * g_b - A[1] * along) / D - shift;
}

static void explicit_step(struct work *w, const struct train_network *network, size_t l, size_t i, size_t row,
                          size_t B)
{
    const size_t M = w->architecture->widths[l - 1];
    const double *weights = network->W[l] + i * M;
    struct closed x = {{1, 0, 1}, w->scale * sqrt(dot(M, weights, weights)), weights, w->m, w->scale};
    memset(w->v, 0, (M + 1) * sizeof *w->v);
    if (l < w->architecture->L)
        integrate(&w->activation, x.r, network->b[l][i] + dot(M, weights, w->m), x.A);
    const double factor = x.A[0] * (double)B / sum_of(B, w->s + row * B); /* A_0/U_bb */
    const double rho = w->damping * ((double)M * x.A[0] + x.A[2]) / (double)(M + 1);
    x.A[0] += rho;
    x.A[2] += rho;
    if (!(x.A[0] * x.A[2] > x.A[1] * x.A[1]) || !isfinite(factor))
        return;
    invert(&x, M, w->g[0], w->g + 1, w->v);
    if (!(network->bias_scale > 0)) {
        memset(w->F_jj, 0, M * sizeof *w->F_jj);
        invert(&x, M, 1, w->F_jj, w->F_b);
        const double share = w->v[0] / w->F_b[0];
        for (size_t j = 0; j <= M; j++)
            w->v[j] -= share * w->F_b[j];
    }
    for (size_t j = 1; j <= M; j++)
        w->v[j] *= factor / network->weight_scale[l];
    w->v[0] = network->bias_scale > 0 ? w->v[0] * factor / network->bias_scale : 0;
}

/* ---- layer by layer */

/* m and s² of a layer's inputs. */
static int find_law(struct work *w, const struct train_signals *signals, size_t l, struct base_error *error)
{
    const size_t M = w->architecture->widths[l - 1], B = signals->B;
    double variance = 0;
    for (size_t j = 0; j < M; j++) {
        const double *h = signals->h[l - 1] + j * B;
        w->m[j] = sum_of(B, h) / (double)B;
        for (size_t t = 0; t < B; t++)
            variance += (h[t] - w->m[j]) * (h[t] - w->m[j]);
    }
    w->scale = sqrt(variance / (double)(M * B));
    if (!(w->scale > 0))
        return base_fail(error, BASE_UNRESOLVED, "the inputs of layer %zu are the same for all %zu samples",
                         l, B);
    return BASE_OK;
}

static void find_squares(struct work *w, const struct train_signals *signals, size_t l)
{
    const size_t n = w->architecture->widths[l - 1] * signals->B;
    for (size_t i = 0; i < n; i++)
        w->h2[i] = signals->h[l - 1][i] * signals->h[l - 1][i];
}

/* Units first..first+n-1, whose directions gather in the place of their gradients. */
static void descend_panel(struct work *w, const struct train_descent *descent, struct train_network *network,
                          const struct train_signals *signals, size_t l, size_t first, size_t n, bool quasi)
{
    const size_t M = w->architecture->widths[l - 1], B = signals->B;
    const double *h = signals->h[l - 1], *r = w->r + first * B;
    find_s(w, signals, l, first, n);
    linalg_multiply(false, true, n, M, B, 1 / (double)B, r, h, 0, w->gradient);
    if (quasi) {
        linalg_multiply(false, true, n, M, B, 1, w->s, h, 0, w->first);
        linalg_multiply(false, true, n, M, B, 1, w->s, w->h2, 0, w->second);
    }
    for (size_t i = 0; i < n; i++) {
        w->g[0] = sum_of(B, r + i * B) / (double)B;
        memcpy(w->g + 1, w->gradient + i * M, M * sizeof *w->g);
        (quasi ? quasi_step : explicit_step)(w, network, l, first + i, i, B);
        w->dbeta[i] = w->v[0];
        memcpy(w->gradient + i * M, w->v + 1, M * sizeof *w->g);
    }
    train_descend_units(descent, network, l, first, n, w->gradient, w->dbeta);
}

static int descend(struct work *w, const struct train_descent *descent, struct train_network *network,
                   const struct train_signals *signals, const double *errors, bool quasi,
                   struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = w->architecture;
    for (size_t l = 1; l <= a->L; l++) {
        train_contract(a->widths[l], a->C, signals->B, signals->delta[l], errors, w->r);
        if (quasi)
            find_squares(w, signals, l);
        else
            TRY(find_law(w, signals, l, error));
        for (size_t first = 0, n; first < a->widths[l]; first += n) {
            n = a->widths[l] - first < PANEL ? a->widths[l] - first : PANEL;
            descend_panel(w, descent, network, signals, l, first, n, quasi);
        }
    }
out:
    return status;
}

static int explicit_descend(void *work, const struct train_descent *descent, struct train_network *network,
                            const struct train_signals *signals, const double *errors,
                            struct base_error *error)
{
    return descend(work, descent, network, signals, errors, false, error);
}

static int quasi_descend(void *work, const struct train_descent *descent, struct train_network *network,
                         const struct train_signals *signals, const double *errors, struct base_error *error)
{
    return descend(work, descent, network, signals, errors, true, error);
}

const struct train_optimizer train_unit_explicit = {
    .name = "unit_explicit",
    .doc = "natural gradient of units in closed form, each with a Gaussian input",
    .deltas = true,
    .bytes = row_bytes,
    .flops = explicit_flops,
    .init = row_init,
    .free = row_free,
    .prepare = row_prepare,
    .descend = explicit_descend,
};

const struct train_optimizer train_quasi_diagonal = {
    .name = "quasi_diagonal",
    .doc = "natural gradient of Ollivier's quasi-diagonal blocks of units",
    .deltas = true,
    .bytes = row_bytes,
    .flops = quasi_flops,
    .init = row_init,
    .free = row_free,
    .prepare = row_prepare,
    .descend = quasi_descend,
};
