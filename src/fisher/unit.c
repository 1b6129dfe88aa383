/* Blocks of single units of a hidden layer and how far their approximations are from them, by Lanczos
 * iterations. Every operator but the quasi-diagonal's is X B Xᵀ + c·1 with X = (x*_1, …, x*_T, e_b, ŵ) and a
 * small B. Vectors have the M+1 coordinates (bias first) or, where T+2 are fewer, those on the span of X, in
 * an orthonormal basis that makes X a root of XᵀX. (Coefficients of X would need no root, but where columns
 * of X depend on each other they grow beyond all bounds.) The quasi-diagonal has the M+1 coordinates. */
#include "fisher/fisher.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "random/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK = 8, MAX_STEPS = 64 };
static const double converged = 1e-3;

enum { EXACT, CLOSED, GAUSSIAN, QUASI, N_OPERATORS }; /* U, and the approximations less U */

/* What stands still during the iteration. */
struct work {
    const struct fisher_units *units;
    struct fisher_unit_input *inputs; /* (n) */
    double *c_closed, *c_gaussian;    /* (n) U_bb/A_0; 0: never active */
    double *kappa;                    /* (n, T) Cov(x*, u)/√Var u = X κ */
    struct linalg_root root;
    double *XX, *one; /* (T+2, T+2) of the span: XᵀX of a unit, and 1; else none */
    double *X;        /* (n, min(M+1, T+2), T+2), of each unit's ŵ; rows beyond its rank are 0 */
    size_t *rank;     /* (n) */
    double *diagonal; /* (n, M+1) F_jj − F_bj²/F_bb; of quasi alone, as are */
    double *F_b;      /* (M+1) */
    double *z, *y;    /* (T+2) */
};

/* Vectors of all units and of some operators side by side; that of unit i and the o-th operator is column
 * i·n_operators + o. */
struct iteration {
    bool quasi; /* the quasi-diagonal alone */
    size_t n_operators, operators[N_OPERATORS];
    size_t columns, size;      /* numbers of a vector */
    double *V, *before, *next; /* (columns, size): v, the v before, and the product */
    double *alpha, *beta;      /* (columns, MAX_STEPS) */
    double *norms;             /* (columns) */
};

static bool has_coordinates(const struct fisher_units *units)
{
    return units->M + 1 <= units->T + 2;
}

static size_t span_size(const struct fisher_units *units)
{
    return has_coordinates(units) ? units->M + 1 : units->T + 2;
}

static double sum_of(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* In lanes, which become vector code. */
static double dot(size_t n, const double *x, const double *y)
{
    enum { LANES = 8 };
    double lanes[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lanes[j] += x[i + j] * y[i + j];
    for (; i < n; i++)
        sum += x[i] * y[i];
    for (size_t j = 0; j < LANES; j++)
        sum += lanes[j];
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
    static const double rounding = 1e-12;
    const double of_bias = F_b[0] > 0 ? 1 / F_b[0] : 0;
    v[0] = g[0] * of_bias;
    for (size_t j = 1; j <= M; j++) {
        const double ratio = F_b[j] * of_bias, rest = F_jj[j] - F_b[j] * ratio;
        v[j] = rest > rounding * F_jj[j] ? (g[j] - g[0] * ratio) / rest : 0;
        v[0] -= ratio * v[j];
    }
}

void fisher_unit_inputs(const struct fisher_units *units, size_t i, struct fisher_unit_input *input)
{
    const size_t T = units->T;
    const double *u = units->u + i * T;
    const double mean = sum_of(T, u) / (double)T;
    *input = (struct fisher_unit_input){
        .norm = sqrt(dot(units->M, units->w + i * units->M, units->w + i * units->M)),
        .scale = sqrt(linalg_trace(T, units->H) / (double)(units->M * T)),
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

/* y = B z of the samples' coefficients, z = Xᵀv. */
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

/* c of the closed form; of the others 0. */
static double multiple_of_one(const struct work *w, size_t o, size_t i)
{
    const double r = w->inputs[i].scale;
    return o == CLOSED ? w->c_closed[i] * w->units->A_closed[i][0] * r * r : 0;
}

/* y = B z of e_b and ŵ: the closed form is U_bb/A_0 times A_0 e_be_bᵀ + A_1 r (e_bŵᵀ + ŵe_bᵀ) + r² (A_0 (1 −
 * e_be_bᵀ) + (A_2 − A_0) ŵŵᵀ). */
static void act_on_plane(const struct work *w, size_t o, size_t i, const double z[2], double y[2])
{
    const double *A = w->units->A_closed[i], r = w->inputs[i].scale;
    const double c = o == CLOSED ? w->c_closed[i] : 0;
    y[0] = c * (A[0] * (1 - r * r) * z[0] + A[1] * r * z[1]);
    y[1] = c * (A[1] * r * z[0] + (A[2] - A[0]) * r * r * z[1]);
}

/* The quasi-diagonal less U: product = (x*_1, …, x*_T) B z + diagonal ∘ v with z = (x*_1, …, x*_T)ᵀ v. */
static void act_quasi(const struct work *w, size_t i, const double *v, double *product)
{
    const size_t M = w->units->M, T = w->units->T;
    const double *diagonal = w->diagonal + i * (M + 1);
    linalg_multiply_vector(true, M, T, w->units->h, v + 1, w->z);
    for (size_t t = 0; t < T; t++)
        w->z[t] += v[0];
    act_on_samples(w, QUASI, i, w->z, w->y);
    product[0] = sum_of(T, w->y);
    linalg_multiply_vector(false, M, T, w->units->h, w->y, product + 1);
    for (size_t j = 0; j <= M; j++)
        product[j] += diagonal[j] * v[j];
}

/* product = X B Xᵀ v */
static void act_on_span(const struct work *w, size_t o, size_t i, const double *v, double *product)
{
    const size_t T = w->units->T, rows = span_size(w->units), rank = w->rank[i];
    const double *X = w->X + i * rows * (T + 2);
    if (rank == 0) /* never active */
        return;
    linalg_multiply_vector(true, rank, T + 2, X, v, w->z);
    act_on_samples(w, o, i, w->z, w->y);
    act_on_plane(w, o, i, w->z + T, w->y + T);
    linalg_multiply_vector(false, rank, T + 2, X, w->y, product);
}

static void act(const struct work *w, struct iteration *x)
{
    for (size_t c = 0; c < x->columns; c++) {
        const size_t o = x->operators[c % x->n_operators], i = c / x->n_operators;
        const double *v = x->V + c * x->size;
        double *product = x->next + c * x->size;
        if (x->quasi)
            act_quasi(w, i, v, product);
        else
            act_on_span(w, o, i, v, product);
    }
}

/* Divides v by |v|, which it returns. */
static double normalise(size_t size, double *v)
{
    const double norm = sqrt(dot(size, v, v));
    for (size_t j = 0; j < size; j++)
        v[j] = norm == 0 ? 0 : v[j] / norm;
    return norm;
}

/* A step of the three-term recursion; a vector that is exhausted stays 0. */
static void step(const struct work *w, struct iteration *x, size_t m)
{
    const size_t size = x->size;
    act(w, x);
    for (size_t c = 0; c < x->columns; c++) {
        double *v = x->V + c * size, *before = x->before + c * size, *next = x->next + c * size;
        const double last = m > 0 ? x->beta[c * MAX_STEPS + m - 1] : 0, alpha = dot(size, v, next);
        for (size_t j = 0; j < size; j++)
            next[j] -= alpha * v[j] + last * before[j];
        x->alpha[c * MAX_STEPS + m] = alpha;
    }
    double *room = x->before;
    x->before = x->V;
    x->V = x->next;
    x->next = room;
    for (size_t c = 0; c < x->columns; c++)
        x->beta[c * MAX_STEPS + m] = normalise(size, x->V + c * size);
}

/* max |λ| of the tridiagonal matrix of column c after m steps. */
static int ritz_norm(const struct work *w, const struct iteration *x, size_t c, size_t m, double *norm,
                     struct base_error *error)
{
    int status;
    const struct fisher_units *units = w->units;
    const double one = multiple_of_one(w, x->operators[c % x->n_operators], c / x->n_operators);
    double T[MAX_STEPS * MAX_STEPS], values[MAX_STEPS];
    memset(T, 0, m * m * sizeof *T);
    for (size_t j = 0; j < m; j++) {
        T[j * m + j] = x->alpha[c * MAX_STEPS + j];
        if (j + 1 < m)
            T[j * m + j + 1] = x->beta[c * MAX_STEPS + j];
    }
    if (!isfinite(linalg_frobenius2(m, T)))
        TRY(base_fail(error, BASE_UNRESOLVED, "a unit block is not finite"));
    TRY(linalg_eigenvalues(m, T, values, error));
    *norm = fmax(fabs(values[0] + one), fabs(values[m - 1] + one));
    if (!x->quasi && w->rank[c / x->n_operators] < units->M + 1) /* across the span of X */
        *norm = fmax(*norm, fabs(one));
out:
    return status;
}

static void start(const struct work *w, struct iteration *x)
{
    const size_t size = x->size;
    random_normals(0, 0, 0, size, x->V);
    for (size_t c = x->columns; c-- > 0;) {
        const size_t i = c / x->n_operators, room = x->quasi ? size : w->rank[i];
        for (size_t j = 0; j < size; j++)
            x->V[c * size + j] = w->c_closed[i] > 0 && j < room ? x->V[j] : 0;
        normalise(size, x->V + c * size);
    }
}

static int find_norms(const struct work *w, struct iteration *x, struct base_error *error)
{
    int status = BASE_OK;
    bool moved = true;
    start(w, x);
    for (size_t m = 1; m <= MAX_STEPS && m <= x->size && moved; m++) {
        step(w, x, m - 1);
        if (m % LOOK != 0 && m < x->size)
            continue;
        moved = false;
        for (size_t c = 0; c < x->columns; c++) {
            double norm;
            TRY(ritz_norm(w, x, c, m, &norm, error));
            moved = moved || fabs(norm - x->norms[c]) > converged * norm;
            x->norms[c] = norm;
        }
    }
out:
    return status;
}

/* X of unit i, as it is. */
static void prepare_coordinates(struct work *w, size_t i)
{
    const struct fisher_units *units = w->units;
    const size_t M = units->M, T = units->T;
    double *X = w->X + i * (M + 1) * (T + 2);
    for (size_t t = 0; t < T; t++)
        X[t] = 1;
    X[T] = 1;
    for (size_t j = 0; j < M; j++) {
        double *row = X + (j + 1) * (T + 2);
        memcpy(row, units->h + j * T, T * sizeof *row);
        row[T + 1] = units->w[i * M + j] / w->inputs[i].norm;
    }
    w->rank[i] = M + 1;
}

/* X of unit i as a root of XᵀX. */
static int prepare_root(struct work *w, size_t i, struct base_error *error)
{
    int status;
    const struct fisher_units *units = w->units;
    const size_t T = units->T, size = T + 2;
    double *XX = w->XX;
    for (size_t s = 0; s < T; s++) {
        for (size_t t = s; t < T; t++)
            XX[s * size + t] = units->H[s * T + t] + 1;
        XX[s * size + T] = 1;
        XX[s * size + T + 1] = (units->u[i * T + s] - units->b[i]) / w->inputs[i].norm;
    }
    XX[T * size + T] = XX[(T + 1) * size + T + 1] = 1;
    TRY(linalg_root_factor(&w->root, size, size, XX, error));
    w->rank[i] = w->root.rank;
    linalg_root_apply(&w->root, w->rank[i], 1, w->one, size, w->X + i * size * size);
out:
    return status;
}

static int prepare_unit(struct work *w, size_t i, struct base_error *error)
{
    int status = BASE_OK;
    const struct fisher_units *units = w->units;
    const size_t T = units->T;
    const double F_bb = sum_of(T, units->s + i * T) / (double)T;
    fisher_unit_inputs(units, i, &w->inputs[i]);
    if (!(F_bb > 0 && units->A_closed[i][0] > 0 && units->A_gaussian[i][0] > 0))
        return BASE_OK;
    if (has_coordinates(units))
        prepare_coordinates(w, i);
    else
        TRY(prepare_root(w, i, error));
    w->c_closed[i] = F_bb / units->A_closed[i][0];
    w->c_gaussian[i] = F_bb / units->A_gaussian[i][0];
    const struct fisher_unit_input input = w->inputs[i];
    for (size_t t = 0; t < T; t++)
        w->kappa[i * T + t] =
            input.deviation > 0 ? (units->u[i * T + t] - input.mean) / ((double)T * input.deviation) : 0;
out:
    return status;
}

static void prepare_quasi(struct work *w)
{
    const struct fisher_units *units = w->units;
    const size_t row = units->M + 1;
    for (size_t i = 0; i < units->n; i++) {
        double *diagonal = w->diagonal + i * row;
        fisher_unit_quasi_diagonal(units, i, w->F_b, diagonal);
        for (size_t j = 0; j < row && w->F_b[0] > 0; j++)
            diagonal[j] -= w->F_b[j] * w->F_b[j] / w->F_b[0];
    }
}

struct part {
    double **array;
    size_t size;
};

/* All of them in one piece, that of the first, zero. */
static int take(size_t n, const struct part *parts, struct base_error *error)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        used += parts[i].size;
    double *all = base_calloc(used, sizeof *all, error);
    if (all == NULL)
        return BASE_FAILED;
    for (size_t i = n; i-- > 0;)
        *parts[i].array = all + (used -= parts[i].size);
    return BASE_OK;
}

static int iterate(const struct work *w, struct iteration *x, struct base_error *error)
{
    int status;
    x->columns = w->units->n * x->n_operators;
    x->size = x->quasi ? w->units->M + 1 : span_size(w->units);
    const size_t vectors = x->columns * x->size, steps = x->columns * MAX_STEPS;
    const struct part parts[] = {{&x->norms, x->columns}, {&x->V, vectors},   {&x->before, vectors},
                                 {&x->next, vectors},     {&x->alpha, steps}, {&x->beta, steps}};
    TRY(take(sizeof parts / sizeof *parts, parts, error));
    TRY(find_norms(w, x, error));
out:
    return status;
}

int fisher_unit_errors(const struct fisher_units *units, double *closed, double *quasi, double *gaussian,
                       struct base_error *error)
{
    int status;
    const size_t n = units->n, T = units->T, row = quasi == NULL ? 0 : units->M + 1, size = span_size(units),
                 square = has_coordinates(units) ? 0 : size * size;
    struct work w = {.units = units};
    struct iteration span = {.n_operators = 1, .operators = {EXACT}},
                     coordinates = {.quasi = true, .n_operators = 1, .operators = {QUASI}};
    double *const wanted[N_OPERATORS] = {[CLOSED] = closed, [GAUSSIAN] = gaussian};
    for (size_t o = 0; o < N_OPERATORS; o++)
        if (wanted[o] != NULL)
            span.operators[span.n_operators++] = o;
    const struct part parts[] = {{&w.c_closed, n},       {&w.c_gaussian, n}, {&w.kappa, n * T},
                                 {&w.XX, square},        {&w.one, square},   {&w.X, n * size * (T + 2)},
                                 {&w.diagonal, n * row}, {&w.F_b, row},      {&w.z, T + 2},
                                 {&w.y, T + 2}};
    TRY(base_got(w.inputs = base_calloc(n, sizeof *w.inputs, error)));
    TRY(base_got(w.rank = base_calloc(n, sizeof *w.rank, error)));
    TRY(take(sizeof parts / sizeof *parts, parts, error));
    if (!has_coordinates(units))
        TRY(linalg_root_init(&w.root, size, error));
    for (size_t i = 0; i < square; i += size + 1)
        w.one[i] = 1;
    for (size_t i = 0; i < n; i++)
        TRY(prepare_unit(&w, i, error));
    TRY(iterate(&w, &span, error));
    for (size_t i = 0; i < n; i++)
        for (size_t o = 1; o < span.n_operators; o++)
            wanted[span.operators[o]][i] =
                span.norms[i * span.n_operators + o] / span.norms[i * span.n_operators];
    if (quasi != NULL) {
        prepare_quasi(&w);
        TRY(iterate(&w, &coordinates, error));
        for (size_t i = 0; i < n; i++)
            quasi[i] = coordinates.norms[i] / span.norms[i * span.n_operators];
    }
out:
    linalg_root_free(&w.root);
    free(w.inputs);
    free(w.rank);
    free(w.c_closed);
    free(span.norms);
    free(coordinates.norms);
    return status;
}
