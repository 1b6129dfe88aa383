#include "train/committee.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "net/activation.h"
#include "net/committee.h"
#include "net/purpose.h"
#include "random/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Inputs are taken so many at a time. */
enum { CHUNK = 512, UNITS = 4 };
static const double two_over_pi = 0.63661977236758134308;

struct train_committee {
    const struct net_architecture *architecture;
    const struct experiment_singular *singular;
    struct net_activation activation;
    bool learned;
    size_t N, P, units; /* units: of student and teacher */
    double *A;          /* (units, N): J, then B */
    double v[2];
    double *X;              /* (CHUNK, N) */
    double *u, *phi, *dphi; /* (CHUNK, units) */
    double *jacobian;       /* (CHUNK, P) */
    double *partial;        /* (P, P) of a chunk */
    double *G, *g;          /* (P, P), (P) */
    double *values;         /* (P) */
    struct linalg_root root;
};

static size_t parameters(const struct net_architecture *a)
{
    return 2 * (size_t)a->singular->dimension + (strcmp(a->singular->output_weights, "learned") == 0 ? 2 : 0);
}

double train_committee_bytes(const struct net_architecture *architecture)
{
    const double P = (double)parameters(architecture), N = (double)architecture->singular->dimension;
    return sizeof(double) * (CHUNK * (N + 3 * UNITS + P) + UNITS * N + 2 * P * P + 2 * P) +
           (double)linalg_root_bytes(parameters(architecture));
}

double train_committee_flops(const struct net_architecture *architecture)
{
    const struct experiment_singular *s = architecture->singular;
    const double P = (double)parameters(architecture), T = (double)s->sample_size;
    const double steps = s->time > 0 ? (double)s->steps : 1;
    const double matrix = s->time > 0 && strcmp(s->descent, "natural") != 0 ? 0 : P * P;
    return steps * (T * (8 * P + 400 + matrix) + P * P * P);
}

void train_committee_free(struct train_committee *committee)
{
    struct train_committee *c = committee;
    if (c == NULL)
        return;
    double *arrays[] = {c->A, c->X, c->u, c->phi, c->dphi, c->jacobian, c->partial, c->G, c->g, c->values};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    linalg_root_free(&c->root);
    net_activation_close(&c->activation);
    free(c);
}

const struct experiment_singular *train_committee_singular(const struct train_committee *committee)
{
    return committee->singular;
}

int train_committee_init(struct train_committee **committee, const struct net_architecture *architecture,
                         struct base_error *error)
{
    int status;
    const struct experiment_singular *s = architecture->singular;
    struct train_committee *c = base_calloc(1, sizeof *c, error);
    TRY(base_got(c));
    c->architecture = architecture;
    c->singular = s;
    c->N = (size_t)s->dimension;
    c->P = parameters(architecture);
    c->learned = c->P > 2 * c->N;
    c->units = 2 + (size_t)s->teacher_units;
    TRY(net_activation_open(&c->activation, "erf", error));
    TRY(base_got(c->A = base_calloc(UNITS * c->N, sizeof *c->A, error)));
    TRY(base_got(c->X = base_alloc(CHUNK * c->N, sizeof *c->X, error)));
    TRY(base_got(c->u = base_alloc(CHUNK * UNITS, sizeof *c->u, error)));
    TRY(base_got(c->phi = base_alloc(CHUNK * UNITS, sizeof *c->phi, error)));
    TRY(base_got(c->dphi = base_alloc(CHUNK * UNITS, sizeof *c->dphi, error)));
    TRY(base_got(c->jacobian = base_alloc(CHUNK * c->P, sizeof *c->jacobian, error)));
    TRY(base_got(c->partial = base_alloc(c->P * c->P, sizeof *c->partial, error)));
    TRY(base_got(c->G = base_alloc(c->P * c->P, sizeof *c->G, error)));
    TRY(base_got(c->g = base_alloc(c->P, sizeof *c->g, error)));
    TRY(base_got(c->values = base_alloc(c->P, sizeof *c->values, error)));
    TRY(linalg_root_init(&c->root, c->P, error));
    *committee = c;
out:
    if (status != BASE_OK)
        train_committee_free(c);
    return status;
}

static void set_weights(struct train_committee *c, const struct net_committee *student)
{
    memset(c->A, 0, UNITS * c->N * sizeof *c->A);
    for (size_t i = 0; i < 2; i++)
        memcpy(c->A + i * c->N, student->J[i], sizeof student->J[i]);
    for (size_t n = 0; n + 2 < c->units; n++)
        c->A[(2 + n) * c->N + n] = 1;
    memcpy(c->v, student->v, sizeof c->v);
}

/* Student and teacher of inputs first .. first+n-1 of a step. */
static void forward(struct train_committee *c, uint64_t seed, uint64_t stream, size_t first, size_t n)
{
    random_normals(seed, stream, first * c->N, n * c->N, c->X);
    linalg_multiply(false, true, n, c->units, c->N, 1, c->X, c->A, 0, c->u);
    net_activation_eval(&c->activation, n * c->units, c->u, c->phi, c->dphi);
}

/* ∂f(t) in row t of n. */
static void differentiate(struct train_committee *c, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        double *row = c->jacobian + t * c->P;
        for (size_t i = 0; i < 2; i++) {
            const double slope = c->v[i] * c->dphi[t * c->units + i];
            for (size_t j = 0; j < c->N; j++)
                row[i * c->N + j] = slope * c->X[t * c->N + j];
            if (c->learned)
                row[2 * c->N + i] = c->phi[t * c->units + i];
        }
    }
}

/* G += ∂f ∂fᵀ of n rows. */
static void add_fisher(struct train_committee *c, size_t n)
{
    linalg_gram(n, c->P, c->jacobian, c->partial);
    for (size_t i = 0; i < c->P; i++)
        for (size_t j = i; j < c->P; j++)
            c->G[i * c->P + j] += c->partial[i * c->P + j];
}

/* g += e ∂f of n rows. */
static void add_gradient(struct train_committee *c, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        const double *phi = c->phi + t * c->units, *row = c->jacobian + t * c->P;
        double e = c->v[0] * phi[0] + c->v[1] * phi[1];
        for (size_t k = 2; k < c->units; k++)
            e -= phi[k];
        for (size_t i = 0; i < c->P; i++)
            c->g[i] += e * row[i];
    }
}

/* g, and where it is asked for G, of the T inputs of a step. */
static void sample(struct train_committee *c, uint64_t seed, uint64_t trial, size_t step, bool fisher)
{
    const uint64_t stream = net_stream(c->architecture, trial, step, NET_COMMITTEE_INPUTS);
    const size_t T = (size_t)c->singular->sample_size;
    memset(c->g, 0, c->P * sizeof *c->g);
    memset(c->G, 0, c->P * c->P * sizeof *c->G);
    for (size_t first = 0; first < T; first += CHUNK) {
        const size_t n = T - first < CHUNK ? T - first : CHUNK;
        forward(c, seed, stream, first, n);
        differentiate(c, n);
        add_gradient(c, n);
        if (fisher)
            add_fisher(c, n);
    }
    for (size_t i = 0; i < c->P; i++)
        c->g[i] /= (double)T;
    for (size_t i = 0; i < c->P * c->P; i++)
        c->G[i] /= (double)T;
}

int train_committee_smallest(struct train_committee *committee, uint64_t seed, uint64_t trial,
                             double *smallest, struct base_error *error)
{
    int status;
    struct train_committee *c = committee;
    struct net_committee student;
    net_committee_place(c->singular, &student);
    set_weights(c, &student);
    sample(c, seed, trial, 0, true);
    TRY(linalg_eigenvalues(c->P, c->G, c->values, error));
    *smallest = c->values[c->P - 1];
out:
    return status;
}

/* ---- descent */

static int step(struct train_committee *c, uint64_t seed, uint64_t trial, size_t index, double rate,
                struct base_error *error)
{
    int status = BASE_OK;
    const bool natural = strcmp(c->singular->descent, "natural") == 0;
    sample(c, seed, trial, index, natural);
    for (size_t i = 0; natural && i < c->P; i++)
        c->G[i * c->P + i] += c->singular->ridge;
    if (natural) {
        TRY(linalg_root_factor(&c->root, c->P, c->P, c->G, error));
        if (c->root.rank < c->P)
            TRY(base_fail(
                error, BASE_UNRESOLVED,
                "the Fisher matrix of %lld samples has rank %zu of %zu parameters and cannot be inverted",
                (long long)c->singular->sample_size, c->root.rank, c->P));
        linalg_root_solve(&c->root, 1, c->g);
        linalg_root_solve_transposed(&c->root, 1, c->g);
    }
    for (size_t i = 0; i < 2 * c->N; i++)
        c->A[i] -= rate * c->g[i];
    for (size_t i = 0; c->learned && i < 2; i++)
        c->v[i] -= rate * c->g[2 * c->N + i];
out:
    return status;
}

static double overlap(const struct train_committee *c, size_t i, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < c->N; j++)
        sum += c->A[i * c->N + j] * c->A[k * c->N + j];
    return sum;
}

/* ½ E e² by E φ(a)φ(b) = (2/π) arcsin(⟨ab⟩/√((1+⟨a²⟩)(1+⟨b²⟩))). */
static double closed_error(const struct train_committee *c)
{
    double sum = 0;
    for (size_t i = 0; i < c->units; i++)
        for (size_t k = 0; k <= i; k++) {
            const double norms = (1 + overlap(c, i, i)) * (1 + overlap(c, k, k));
            const double product = two_over_pi * asin(overlap(c, i, k) / sqrt(norms));
            sum += (i == k ? 0.5 : 1) * (i < 2 ? c->v[i] : -1) * (k < 2 ? c->v[k] : -1) * product;
        }
    return sum;
}

static void put(double *values, size_t s, double value)
{
    if (values != NULL)
        values[s] = value;
}

static void record_state(const struct train_committee *c, const struct train_committee_record *r, size_t s,
                         double time, double error)
{
    put(r->time, s, time);
    put(r->error, s, error);
    for (size_t i = 0; i < 2; i++) {
        for (size_t n = 0; n < 2; n++)
            put(r->overlap[i][n], s, n + 2 < c->units ? overlap(c, i, 2 + n) : NAN);
        put(r->weights[i], s, c->v[i]);
    }
    put(r->student[0], s, overlap(c, 0, 0));
    put(r->student[1], s, overlap(c, 0, 1));
    put(r->student[2], s, overlap(c, 1, 1));
}

int train_committee_run(struct train_committee *committee, uint64_t seed, uint64_t trial,
                        const struct train_watch *watch, const struct train_committee_record *record,
                        size_t n_levels, const double *levels, double *reached, struct base_error *error)
{
    int status = BASE_OK;
    struct train_committee *c = committee;
    const size_t steps = (size_t)c->singular->steps, between = steps / (size_t)c->singular->times;
    const double rate = c->singular->time / (double)steps;
    struct net_committee student;
    net_committee_start(c->singular, &student);
    set_weights(c, &student);
    double before = INFINITY, now = closed_error(c);
    for (size_t i = 0; i < n_levels; i++)
        reached[i] = NAN;
    for (size_t s = 0; isfinite(now); s++) {
        if (s % between == 0)
            record_state(c, record, s / between, rate * (double)s, now);
        for (size_t i = 0; i < n_levels; i++)
            if (isnan(reached[i]) && now <= levels[i])
                reached[i] = s == 0 ? 0 : rate * ((double)s - log(levels[i] / now) / log(before / now));
        if (s == steps)
            break;
        TRY(step(c, seed, trial, s, rate, error));
        before = now;
        now = closed_error(c);
        if (watch != NULL && !watch->step(watch->context, s + 1, now))
            TRY(base_fail(error, BASE_STOPPED, "stopped in the middle of a training"));
    }
out:
    return status;
}

/* ---- mixture */

void train_mixture_fisher(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                          double G[3])
{
    const struct experiment_singular *s = architecture->singular;
    const double v = s->proportion, mu = s->separation;
    const uint64_t stream = net_stream(architecture, trial, 0, NET_MIXTURE);
    const size_t T = (size_t)s->sample_size;
    double normals[2 * CHUNK];
    G[0] = G[1] = G[2] = 0;
    for (size_t first = 0; first < T; first += CHUNK) {
        const size_t n = T - first < CHUNK ? T - first : CHUNK;
        random_normals(seed, stream, 2 * first, 2 * n, normals);
        for (size_t t = 0; t < n; t++) {
            const bool second = erfc(-normals[2 * t + 1] / sqrt(2)) / 2 < v; /* the normal's own quantile */
            const double x = normals[2 * t] + (second ? mu : 0);
            const double log_ratio = fmin(mu * (x - mu / 2), 700); /* above, nothing is left of N(0,1) */
            const double ratio = exp(log_ratio), density = 1 - v + v * ratio; /* over that of N(0,1) */
            const double s_v = expm1(log_ratio) / density, s_mu = v * (x - mu) * ratio / density;
            G[0] += s_v * s_v;
            G[1] += s_v * s_mu;
            G[2] += s_mu * s_mu;
        }
    }
    for (size_t i = 0; i < 3; i++)
        G[i] /= (double)T;
}
