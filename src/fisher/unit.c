/* Blocks of single units of a hidden layer and how far their approximations are from them, by Lanczos
 * iterations of all units and operators side by side: a vector is a row (bias first), and every operator acts
 * through X = (x*_1, …, x*_T) as X·y, a multiple of each coordinate, or along e_b and ŵ. */
#include "fisher/fisher.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "random/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK = 8, MAX_STEPS = 64 };
static const double converged = 1e-3;

enum { EXACT, CLOSED, QUASI, GAUSSIAN, N_OPERATORS }; /* U, and the approximations less U */

struct work {
    const struct fisher_units *units;
    size_t operators[N_OPERATORS];    /* those that are wanted, o-th of unit i in column o·n + i */
    size_t row, columns;              /* M + 1; n times as many as operators */
    struct fisher_unit_input *inputs; /* (n) */
    double *X;                        /* (M+1, T) */
    double *c_closed, *c_gaussian;    /* (n) U_bb/A_0; 0: never active */
    double *kappa;                    /* (n, T) Cov(x*, u)/√Var u = X κ */
    double *diagonal;                 /* (n, M+1) F_jj − F_bj²/F_bb */
    double *V, *before, *AV;          /* (columns, M+1) */
    double *Z, *Y;                    /* (columns, T) */
    double *alpha, *beta;             /* (columns, MAX_STEPS) */
    double *norms;                    /* (columns) */
};

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

void fisher_unit_quasi_diagonal(const struct fisher_units *units, size_t i, double *F_b, double *F_jj)
{
    const size_t M = units->M, T = units->T;
    const double *s = units->s + i * T;
    F_b[0] = F_jj[0] = sum_of(T, s) / (double)T;
    for (size_t j = 0; j < M; j++) {
        const double *h = units->h + j * T;
        double first = 0, second = 0;
        for (size_t t = 0; t < T; t++) {
            first += s[t] * h[t];
            second += s[t] * h[t] * h[t];
        }
        F_b[1 + j] = first / (double)T;
        F_jj[1 + j] = second / (double)T;
    }
}

void fisher_unit_quasi_gradient(size_t M, const double *F_b, const double *F_jj, const double *g, double *v)
{
    v[0] = g[0] / F_b[0];
    for (size_t j = 1; j <= M; j++) {
        v[j] = (g[j] - g[0] * F_b[j] / F_b[0]) / (F_jj[j] - F_b[j] * F_b[j] / F_b[0]);
        v[0] -= F_b[j] / F_b[0] * v[j];
    }
}

static double mean_square(const struct fisher_units *units)
{
    return dot(units->M * units->T, units->h, units->h) / (double)(units->M * units->T);
}

void fisher_unit_inputs(const struct fisher_units *units, size_t i, struct fisher_unit_input *input)
{
    const size_t T = units->T;
    const double *u = units->u + i * T;
    const double mean = sum_of(T, u) / (double)T;
    *input = (struct fisher_unit_input){
        .norm = sqrt(dot(units->M, units->w + i * units->M, units->w + i * units->M)),
        .scale = sqrt(mean_square(units)),
        .mean = mean,
        .deviation = sqrt(fmax(0, dot(T, u, u) / (double)T - mean * mean))};
}

/* y_t += Σ of the closed Gaussian form A_0 (μ*μ*ᵀ + Σ*) + A_1 (μ*kᵀ + kμ*ᵀ) + (A_2 − A_0) kkᵀ at z = Xᵀv,
 * with μ* = X 1/T and Σ* = X (I/T − 11ᵀ/T²) Xᵀ. */
static void add_gaussian(size_t T, double scale, const double A[3], const double *kappa, const double *z,
                         double *y)
{
    const double along = dot(T, kappa, z), mean = sum_of(T, z) / (double)T;
    for (size_t t = 0; t < T; t++)
        y[t] += scale *
                ((A[0] * z[t] + A[1] * along) / (double)T + kappa[t] * (A[1] * mean + (A[2] - A[0]) * along));
}

/* The part of an operator that acts on samples: y from z = Xᵀv. */
static void act_on_samples(const struct work *w, size_t o, size_t i, const double *z, double *y)
{
    const struct fisher_units *units = w->units;
    const size_t T = units->T;
    const double *s = units->s + i * T, n = (double)T;
    for (size_t t = 0; t < T; t++)
        y[t] = (o == EXACT ? 1 : -1) * s[t] * z[t] / n;
    if (o == GAUSSIAN)
        add_gaussian(T, w->c_gaussian[i], units->A_gaussian[i], w->kappa + i * T, z, y);
    if (o == QUASI && w->c_closed[i] > 0) {
        const double share = dot(T, s, z) / (n * sum_of(T, s));
        for (size_t t = 0; t < T; t++)
            y[t] += s[t] * share;
    }
}

/* The part that acts on the coordinates, added to the product. */
static void act_on_coordinates(const struct work *w, size_t o, size_t i, const double *v, double *product)
{
    const struct fisher_units *units = w->units;
    const size_t M = units->M;
    if (o == QUASI)
        for (size_t j = 0; j <= M; j++)
            product[j] += w->diagonal[i * w->row + j] * v[j];
    if (o != CLOSED)
        return;
    const struct fisher_unit_input input = w->inputs[i];
    const double *A = units->A_closed[i], c = w->c_closed[i], r = input.scale;
    const double *weights = units->w + i * M, along = dot(M, weights, v + 1) / input.norm;
    product[0] += c * (A[0] * v[0] + A[1] * r * along);
    for (size_t j = 0; j < M; j++)
        product[1 + j] += c * (A[0] * r * r * v[1 + j] +
                               weights[j] / input.norm * (A[1] * r * v[0] + (A[2] - A[0]) * r * r * along));
}

static void apply(struct work *w)
{
    const size_t T = w->units->T, n = w->units->n;
    linalg_multiply(false, false, w->columns, T, w->row, 1, w->V, w->X, 0, w->Z);
    for (size_t c = 0; c < w->columns; c++)
        act_on_samples(w, w->operators[c / n], c % n, w->Z + c * T, w->Y + c * T);
    linalg_multiply(false, true, w->columns, w->row, T, 1, w->Y, w->X, 0, w->AV);
    for (size_t c = 0; c < w->columns; c++)
        act_on_coordinates(w, w->operators[c / n], c % n, w->V + c * w->row, w->AV + c * w->row);
}

/* A step of the three-term recursion; a vector that is exhausted stays 0. */
static void step(struct work *w, size_t m)
{
    const size_t row = w->row;
    apply(w);
    for (size_t c = 0; c < w->columns; c++) {
        double *v = w->V + c * row, *before = w->before + c * row, *next = w->AV + c * row;
        const double last = m > 0 ? w->beta[c * MAX_STEPS + m - 1] : 0, alpha = dot(row, v, next);
        for (size_t j = 0; j < row; j++)
            next[j] -= alpha * v[j] + last * before[j];
        double beta = sqrt(dot(row, next, next));
        if (!(beta > 1e-13 * fabs(alpha)))
            beta = 0;
        w->alpha[c * MAX_STEPS + m] = alpha;
        w->beta[c * MAX_STEPS + m] = beta;
        for (size_t j = 0; j < row; j++) {
            before[j] = v[j];
            v[j] = beta > 0 ? next[j] / beta : 0;
        }
    }
}

/* max |λ| of the tridiagonal matrix of column c after m steps. */
static int ritz_norm(const struct work *w, size_t c, size_t m, double *norm, struct base_error *error)
{
    int status;
    double T[MAX_STEPS * MAX_STEPS] = {0}, values[MAX_STEPS];
    for (size_t j = 0; j < m; j++) {
        T[j * m + j] = w->alpha[c * MAX_STEPS + j];
        if (j + 1 < m)
            T[j * m + j + 1] = w->beta[c * MAX_STEPS + j];
    }
    if (!isfinite(linalg_frobenius2(m, T)))
        TRY(base_fail(error, BASE_UNRESOLVED, "a unit block is not finite"));
    TRY(linalg_eigenvalues(m, T, values, error));
    *norm = fmax(fabs(values[0]), fabs(values[m - 1]));
out:
    return status;
}

static int find_norms(struct work *w, struct base_error *error)
{
    int status = BASE_OK;
    bool moved = true;
    for (size_t m = 1; m <= MAX_STEPS && m <= w->row && moved; m++) {
        step(w, m - 1);
        if (m % LOOK != 0 && m < w->row)
            continue;
        moved = false;
        for (size_t c = 0; c < w->columns; c++) {
            double norm;
            TRY(ritz_norm(w, c, m, &norm, error));
            moved = moved || fabs(norm - w->norms[c]) > converged * norm;
            w->norms[c] = norm;
        }
    }
out:
    return status;
}

/* Everything of a unit that stands still during the iteration. */
static void prepare_unit(struct work *w, size_t i, double *F_b)
{
    const struct fisher_units *units = w->units;
    const size_t T = units->T;
    const struct fisher_unit_input input = w->inputs[i];
    double *diagonal = w->diagonal + i * w->row;
    fisher_unit_quasi_diagonal(units, i, F_b, diagonal);
    if (!(F_b[0] > 0 && units->A_closed[i][0] > 0 && units->A_gaussian[i][0] > 0))
        return;
    w->c_closed[i] = F_b[0] / units->A_closed[i][0];
    w->c_gaussian[i] = F_b[0] / units->A_gaussian[i][0];
    for (size_t j = 0; j < w->row; j++)
        diagonal[j] -= F_b[j] * F_b[j] / F_b[0];
    for (size_t t = 0; t < T; t++)
        w->kappa[i * T + t] =
            input.deviation > 0 ? (units->u[i * T + t] - input.mean) / ((double)T * input.deviation) : 0;
}

static void start(struct work *w)
{
    const size_t T = w->units->T;
    for (size_t t = 0; t < T; t++)
        w->X[t] = 1;
    memcpy(w->X + T, w->units->h, w->units->M * T * sizeof *w->X);
    random_normals(0, 0, 0, w->row, w->V);
    const double norm = sqrt(dot(w->row, w->V, w->V));
    for (size_t j = 0; j < w->row; j++)
        w->V[j] /= norm;
    for (size_t c = w->columns; c-- > 0;)
        for (size_t j = 0; j < w->row; j++)
            w->V[c * w->row + j] = w->c_closed[c % w->units->n] > 0 ? w->V[j] : 0;
}

int fisher_unit_errors(const struct fisher_units *units, double *closed, double *quasi, double *gaussian,
                       struct base_error *error)
{
    int status;
    double *const wanted[N_OPERATORS] = {[CLOSED] = closed, [QUASI] = quasi, [GAUSSIAN] = gaussian};
    const size_t T = units->T, n = units->n, row = units->M + 1;
    struct work w = {.units = units, .row = row, .operators = {EXACT}, .columns = n};
    for (size_t o = 1; o < N_OPERATORS; o++)
        if (wanted[o] != NULL) {
            w.operators[w.columns / n] = o;
            w.columns += n;
        }
    double *F_b = NULL, *all = NULL;
    TRY(base_got(w.inputs = base_calloc(n, sizeof *w.inputs, error)));
    const size_t vectors = w.columns * row, numbers = w.columns * T, steps = w.columns * MAX_STEPS;
    const struct {
        double **array;
        size_t size;
    } parts[] = {{&w.X, row * T},        {&w.c_closed, n}, {&w.c_gaussian, n},   {&w.kappa, n * T},
                 {&w.diagonal, n * row}, {&w.V, vectors},  {&w.before, vectors}, {&w.AV, vectors},
                 {&w.Z, numbers},        {&w.Y, numbers},  {&w.alpha, steps},    {&w.beta, steps},
                 {&w.norms, w.columns},  {&F_b, row}};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        used += parts[i].size;
    TRY(base_got(all = base_calloc(used, sizeof *all, error)));
    for (size_t i = sizeof parts / sizeof *parts; i-- > 0;)
        *parts[i].array = all + (used -= parts[i].size);

    for (size_t i = 0; i < n; i++) {
        fisher_unit_inputs(units, i, &w.inputs[i]);
        prepare_unit(&w, i, F_b);
    }
    start(&w);
    TRY(find_norms(&w, error));
    for (size_t c = n; c < w.columns; c++)
        wanted[w.operators[c / n]][c % n] = w.norms[c] / w.norms[c % n];
out:
    free(w.inputs);
    free(all);
    return status;
}
