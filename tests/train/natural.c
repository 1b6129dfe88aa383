/* Natural gradients against Fisher matrices that are written out, P×P, and against what they do to the
 * outputs. */
#include "train/train.h"

#include "fisher/fisher.h"
#include "net/shape.h"
#include "net/weights.h"
#include "random/normal.h"
#include "tests.h"
#include "theory/theory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *numbers(size_t n)
{
    double *x = calloc(n + 1, sizeof *x);
    assert_non_null(x);
    return x;
}

/* ---- a network, explicit in two ways, and errors of its outputs */

struct setting {
    struct experiment_training training;
    struct net_architecture a;
    struct net_activation activation;
    struct train_network network;
    struct train_signals signals;
    struct net_weights weights;
    struct train_descent descent;
    double *errors; /* (C, T) */
    size_t P;
    double *scale; /* (P) ∂θ/∂(parameters of the parametrization) */
    double *J;     /* (CT, P) in those */
};

static void look(struct setting *s)
{
    train_forward(&s->network, &s->activation, &s->signals);
    train_backward(&s->network, &s->signals);
}

/* Weights times `factor`: saturated outputs. */
static void open_setting(struct setting *s, const struct shape *shape, const char *parametrization,
                         const char *loss, double factor)
{
    struct base_error error;
    memset(s, 0, sizeof *s);
    shape_open(shape, &s->a, &s->activation);
    s->training = (struct experiment_training){.parametrization = parametrization,
                                               .loss = loss,
                                               .optimizer = "gradient",
                                               .nesterov = "false",
                                               .normalization = "none",
                                               .isotropy = "false"};
    s->a.training = &s->training;
    const struct net_architecture *a = &s->a;
    assert_int_equal(train_network_init(&s->network, a, &error), BASE_OK);
    assert_int_equal(train_signals_init(&s->signals, a, a->T, true, &error), BASE_OK);
    assert_int_equal(train_descent_init(&s->descent, a, &error), BASE_OK);
    assert_int_equal(net_weights_init(&s->weights, a, &error), BASE_OK);
    s->descent.rate = 1;
    net_weights_draw(&s->weights, 3, 0);
    train_network_draw(&s->network, 3, 0);
    train_inputs_draw(a, 3, 0, s->signals.h[0]);
    for (size_t i = 0; i < a->C * a->widths[a->L - 1]; i++) {
        s->network.W[a->L][i] *= factor;
        s->weights.W[a->L][i] *= factor;
    }
    look(s);
    net_weights_forward(&s->weights, &s->activation);
    net_weights_backward(&s->weights);
    s->P = (size_t)a->P;
    s->scale = numbers(s->P);
    s->J = numbers(a->CT * s->P);
    s->errors = numbers(a->CT);
    random_normals(5, 1, 0, a->CT, s->errors);
    fisher_jacobian_compute(&s->weights, s->J);
    for (size_t l = 1; l <= a->L; l++)
        for (size_t i = 0; i < a->widths[l]; i++) {
            s->scale[fisher_parameter_bias(a, l, i)] =
                strcmp(parametrization, "ntk") == 0 ? sqrt(a->bias_variance) : 1;
            for (size_t j = 0; j < a->widths[l - 1]; j++)
                s->scale[fisher_parameter_weight(a, l, i, j)] =
                    strcmp(parametrization, "ntk") == 0 ? sqrt(a->weight_variance / (double)a->widths[l - 1])
                                                        : 1;
        }
    for (size_t r = 0; r < a->CT; r++)
        for (size_t p = 0; p < s->P; p++)
            s->J[r * s->P + p] *= s->scale[p];
}

static void close_setting(struct setting *s)
{
    free(s->errors);
    free(s->scale);
    free(s->J);
    net_weights_free(&s->weights);
    train_descent_free(&s->descent);
    train_signals_free(&s->signals);
    train_network_free(&s->network);
    net_activation_close(&s->activation);
}

/* d (P) as a step of rate 1 takes it; parameters of scale 0 must stand still. */
static int step(struct setting *s, const struct train_optimizer *o, double damping, double *d,
                struct base_error *error)
{
    int status;
    const struct net_architecture *a = &s->a;
    void *work = NULL;
    double **P = calloc(a->L + 1, sizeof *P);
    struct train_network before = {.architecture = NULL};
    assert_non_null(P);
    for (size_t l = 1; l <= a->L; l++)
        P[l] = numbers(a->widths[l] * a->T);
    TRY(train_network_init(&before, a, error));
    train_network_copy(&s->network, &before);
    TRY(o->init(&work, a, a->T, error));
    TRY(o->prepare(work, &s->network, &s->signals, damping, error));
    if (o->descend != NULL)
        TRY(o->descend(work, &s->descent, &s->network, &s->signals, s->errors, error));
    else {
        TRY(o->direction(work, &s->network, &s->signals, s->errors, P, error));
        train_descend(&s->descent, &s->network, &s->signals, (const double *const *)P);
    }
    for (size_t l = 1; l <= a->L; l++)
        for (size_t i = 0; i < a->widths[l]; i++)
            for (size_t j = 0; j <= a->widths[l - 1]; j++) {
                const bool bias = j == a->widths[l - 1];
                const size_t p = bias ? fisher_parameter_bias(a, l, i) : fisher_parameter_weight(a, l, i, j),
                             w = i * a->widths[l - 1] + j;
                const double moved =
                    bias ? before.b[l][i] - s->network.b[l][i] : before.W[l][w] - s->network.W[l][w];
                d[p] = s->scale[p] > 0 ? moved / s->descent.rate / s->scale[p] : 0;
                assert_true(s->scale[p] > 0 || moved == 0);
            }
    train_network_copy(&before, &s->network);
out:
    o->free(work);
    train_network_free(&before);
    for (size_t l = 1; l <= a->L; l++)
        free(P[l]);
    free(P);
    return status;
}

/* ---- dense algebra of a test */

/* y = A⁺ x of a symmetric A (n, n), by Jacobi's rotations; eigenvalues below 1e-9 of the largest count as 0.
 */
static void pseudo_solve(size_t n, const double *matrix, const double *x, double *y)
{
    double *A = numbers(n * n), *V = numbers(n * n), *z = numbers(n), largest = 0, off = 1;
    memcpy(A, matrix, n * n * sizeof *A);
    for (size_t i = 0; i < n; i++)
        V[i * n + i] = 1;
    for (int sweep = 0; sweep < 30 && off > 1e-30; sweep++) {
        double all = 0;
        off = 0;
        for (size_t i = 0; i < n * n; i++) {
            all += A[i] * A[i];
            off += i % (n + 1) == 0 ? 0 : A[i] * A[i];
        }
        off /= all;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                if (A[p * n + q] == 0)
                    continue;
                const double angle = (A[q * n + q] - A[p * n + p]) / (2 * A[p * n + q]),
                             t = (angle >= 0 ? 1 : -1) / (fabs(angle) + hypot(angle, 1)), c = 1 / hypot(t, 1),
                             sine = t * c;
                for (size_t k = 0; k < n; k++) {
                    const double a = A[p * n + k], b = A[q * n + k], u = V[p * n + k], w = V[q * n + k];
                    A[p * n + k] = c * a - sine * b;
                    A[q * n + k] = sine * a + c * b;
                    V[p * n + k] = c * u - sine * w;
                    V[q * n + k] = sine * u + c * w;
                }
                for (size_t k = 0; k < n; k++) {
                    const double a = A[k * n + p], b = A[k * n + q];
                    A[k * n + p] = c * a - sine * b;
                    A[k * n + q] = sine * a + c * b;
                }
            }
    }
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(A[i * n + i]));
    memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            z[i] += V[i * n + k] * x[k];
        for (size_t k = 0; k < n && fabs(A[i * n + i]) > 1e-9 * largest; k++)
            y[k] += z[i] / A[i * n + i] * V[i * n + k];
    }
    free(A);
    free(V);
    free(z);
}

/* ---- F̂, damped, in the parametrization's parameters */

struct reference {
    struct setting *s;
    double *F; /* (P, P) the whole Fisher matrix */
    double *G; /* (P, P) F̂ + ρ */
    double damping;
    double *factor; /* (P) what d is multiplied with */
};

/* Layer and row (unit) of each parameter. */
static void place(const struct net_architecture *a, size_t p, size_t *l, size_t *i, size_t *j)
{
    for (*l = 1; p >= a->widths[*l] * (a->widths[*l - 1] + 1); ++*l)
        p -= a->widths[*l] * (a->widths[*l - 1] + 1);
    const size_t below = a->widths[*l - 1], weights = a->widths[*l] * below;
    *i = p < weights ? p / below : p - weights;
    *j = p < weights ? p % below : below;
}

static double trace_of(const struct reference *x, size_t layer)
{
    const struct net_architecture *a = &x->s->a;
    double sum = 0;
    for (size_t p = 0; p < x->s->P; p++) {
        size_t l, i, j;
        place(a, p, &l, &i, &j);
        sum += layer == 0 || l == layer ? x->F[p * x->s->P + p] : 0;
    }
    return sum;
}

/* F where `near` says so, ρ from `whose` trace over n. */
static void keep(struct reference *x, bool (*near)(const struct net_architecture *a, size_t p, size_t q))
{
    for (size_t p = 0; p < x->s->P; p++)
        for (size_t q = 0; q < x->s->P; q++)
            x->G[p * x->s->P + q] = near(&x->s->a, p, q) ? x->F[p * x->s->P + q] : 0;
}

static void damp_layer(struct reference *x, size_t layer, double rho)
{
    for (size_t p = 0; p < x->s->P; p++) {
        size_t l, i, j;
        place(&x->s->a, p, &l, &i, &j);
        if (l == layer)
            x->G[p * x->s->P + p] += rho;
    }
}

static bool everywhere(const struct net_architecture *a, size_t p, size_t q)
{
    (void)a;
    (void)p;
    (void)q;
    return true;
}

static size_t layer_of(const struct net_architecture *a, size_t p)
{
    size_t l, i, j;
    place(a, p, &l, &i, &j);
    return l;
}

static bool same_layer(const struct net_architecture *a, size_t p, size_t q)
{
    return layer_of(a, p) == layer_of(a, q);
}

static bool near_layer(const struct net_architecture *a, size_t p, size_t q)
{
    const size_t l = layer_of(a, p), m = layer_of(a, q);
    return l <= m + 1 && m <= l + 1;
}

static bool same_unit(const struct net_architecture *a, size_t p, size_t q)
{
    size_t l, i, j, m, k;
    place(a, p, &l, &i, &j);
    place(a, q, &m, &k, &j);
    return l == m && (i == k || l == a->L);
}

static bool one_unit(const struct net_architecture *a, size_t p, size_t q)
{
    size_t l, i, j, m, k;
    place(a, p, &l, &i, &j);
    place(a, q, &m, &k, &j);
    return l == m && i == k;
}

static void make_exact(struct reference *x)
{
    keep(x, everywhere);
    for (size_t l = 1; l <= x->s->a.L; l++)
        damp_layer(x, l, x->damping * trace_of(x, 0) / (double)x->s->a.CT);
}

static void make_layer(struct reference *x)
{
    keep(x, same_layer);
    for (size_t l = 1; l <= x->s->a.L; l++)
        damp_layer(x, l, x->damping * trace_of(x, l) / (double)x->s->a.CT);
}

/* Σ⁻¹1, Σ of ones on three diagonals. */
static void tridiagonal_weights(size_t L, double *x)
{
    double *ones = numbers(L), *sigma = numbers(L * L);
    for (size_t l = 0; l < L; l++) {
        ones[l] = 1;
        for (size_t m = l > 0 ? l - 1 : 0; m < L && m <= l + 1; m++)
            sigma[l * L + m] = 1;
    }
    pseudo_solve(L, sigma, ones, x);
    free(ones);
    free(sigma);
}

/* Undamped the matrix itself; damped, by its definition, the layers' with x. */
static void make_tridiagonal(struct reference *x)
{
    if (!(x->damping > 0)) {
        keep(x, near_layer);
        return;
    }
    double weights[8];
    make_layer(x);
    tridiagonal_weights(x->s->a.L, weights);
    for (size_t p = 0; p < x->s->P; p++)
        x->factor[p] = weights[layer_of(&x->s->a, p) - 1];
}

static void make_unit(struct reference *x)
{
    const struct net_architecture *a = &x->s->a;
    keep(x, same_unit);
    for (size_t l = 1; l <= a->L; l++)
        damp_layer(x, l, x->damping * trace_of(x, l) / (double)((l < a->L ? a->widths[l] : a->C) * a->T));
}

/* A_jk = (1/T) Σ_t H̄_j(t) H̄_k(t), B_ij = (1/T) Σ_k Σ_t δ_ki δ_kj, or I_C and I_C/T on top. */
static void make_kronecker(struct reference *x, double top)
{
    const struct setting *s = x->s;
    const struct net_architecture *a = &s->a;
    const size_t T = a->T;
    for (size_t p = 0; p < s->P; p++)
        for (size_t q = 0; q < s->P; q++) {
            size_t l, i, j, m, k, n;
            place(a, p, &l, &i, &j);
            place(a, q, &m, &k, &n);
            if (l != m)
                continue;
            const size_t below = a->widths[l - 1];
            double A = 0, B = 0, trace_A = 0, trace_B = 0;
            for (size_t t = 0; t < T; t++) {
                const double *h = s->weights.h[l - 1] + t, bias = s->scale[fisher_parameter_bias(a, l, 0)],
                             weight = s->scale[fisher_parameter_weight(a, l, 0, 0)];
                A += (j < below ? weight * h[j * T] : bias) * (n < below ? weight * h[n * T] : bias) /
                     (double)T;
                trace_A += bias * bias / (double)T;
                for (size_t f = 0; f < below; f++)
                    trace_A += weight * weight * h[f * T] * h[f * T] / (double)T;
            }
            for (size_t r = 0; r < a->CT; r++) {
                const double *delta = s->weights.delta[l] + r;
                B += delta[i * a->CT] * delta[k * a->CT] / (double)T;
                for (size_t f = 0; f < a->widths[l]; f++)
                    trace_B += delta[f * a->CT] * delta[f * a->CT] / (double)T;
            }
            const double mean_B = l < a->L ? trace_B / (double)a->CT : top;
            B = l < a->L ? B : i == k ? top : 0;
            x->G[p * s->P + q] = (A + (j == n ? x->damping * trace_A / (double)T : 0)) *
                                 (B + (i == k ? x->damping * mean_B : 0));
        }
}

static void make_kfac(struct reference *x)
{
    make_kronecker(x, 1);
}

static void make_kfac_scaled(struct reference *x)
{
    make_kronecker(x, 1 / (double)x->s->a.T);
}

/* Row by row: the unit's matrix in (b, w) by theory, ρ in the coordinates b', w', as the mean of its diagonal
 * there. */
static void make_unit_explicit(struct reference *x)
{
    const struct setting *s = x->s;
    const struct net_architecture *a = &s->a;
    const size_t T = a->T;
    struct base_error error;
    struct net_activation linear;
    assert_int_equal(net_activation_open(&linear, "linear", &error), BASE_OK);
    for (size_t l = 1; l <= a->L; l++) {
        const size_t M = a->widths[l - 1], row = M + 1;
        double *m = numbers(M), *G = numbers(row * row), variance = 0;
        for (size_t j = 0; j < M; j++) {
            for (size_t t = 0; t < T; t++)
                m[j] += s->weights.h[l - 1][j * T + t] / (double)T;
            for (size_t t = 0; t < T; t++)
                variance += pow(s->weights.h[l - 1][j * T + t] - m[j], 2) / (double)(M * T);
        }
        for (size_t i = 0; i < a->widths[l]; i++) {
            struct theory_unit unit;
            const size_t bias = fisher_parameter_bias(a, l, i);
            double U_bb = 0;
            for (size_t t = 0; t < T; t++)
                for (size_t k = 0; k < a->C; k++)
                    U_bb += pow(s->weights.delta[l][i * a->CT + k * T + t], 2) / (double)T;
            assert_int_equal(theory_unit_open(&unit, l < a->L ? &s->activation : &linear, M,
                                              s->weights.W[l] + i * M, s->weights.b[l][i], m, sqrt(variance),
                                              &error),
                             BASE_OK);
            theory_unit_matrix(&unit, G);
            const double rho = x->damping * ((double)M * unit.A[0] + unit.A[2]) / (double)row;
            for (size_t j = 0; j < row; j++)
                for (size_t k = 0; k < row; k++) {
                    const double mj = j == 0 ? 1 : m[j - 1], mk = k == 0 ? 1 : m[k - 1];
                    const size_t p = j == 0 ? bias : fisher_parameter_weight(a, l, i, j - 1),
                                 q = k == 0 ? bias : fisher_parameter_weight(a, l, i, k - 1);
                    x->G[p * s->P + q] =
                        s->scale[p] * s->scale[q] * U_bb / unit.A[0] *
                        (G[j * row + k] + rho * (mj * mk + (j == k && j > 0 ? variance : 0)));
                }
        }
        free(m);
        free(G);
    }
    net_activation_close(&linear);
}

static void make_quasi_diagonal(struct reference *x)
{
    const struct net_architecture *a = &x->s->a;
    const size_t P = x->s->P;
    keep(x, one_unit);
    for (size_t l = 1; l <= a->L; l++)
        for (size_t i = 0; i < a->widths[l]; i++) {
            const size_t M = a->widths[l - 1], bias = fisher_parameter_bias(a, l, i);
            double trace = x->F[bias * P + bias];
            for (size_t j = 0; j < M; j++) {
                const size_t p = fisher_parameter_weight(a, l, i, j);
                trace += x->F[p * P + p];
            }
            const double rho = x->damping * trace / (double)(M + 1);
            x->G[bias * P + bias] += rho;
            for (size_t j = 0; j < M; j++)
                for (size_t k = 0; k < M; k++) {
                    const size_t p = fisher_parameter_weight(a, l, i, j),
                                 q = fisher_parameter_weight(a, l, i, k);
                    if (j == k)
                        x->G[p * P + p] += rho;
                    else
                        x->G[p * P + q] =
                            x->G[bias * P + bias] > 0
                                ? x->F[bias * P + p] * x->F[bias * P + q] / x->G[bias * P + bias]
                                : 0;
                }
        }
}

static const struct {
    const struct train_optimizer *optimizer;
    void (*make)(struct reference *x);
} optimizers[] = {{&train_exact, make_exact},
                  {&train_layer, make_layer},
                  {&train_tridiagonal, make_tridiagonal},
                  {&train_kfac, make_kfac},
                  {&train_kfac_scaled, make_kfac_scaled},
                  {&train_unit, make_unit},
                  {&train_unit_explicit, make_unit_explicit},
                  {&train_quasi_diagonal, make_quasi_diagonal}};
enum { N_OPTIMIZERS = sizeof optimizers / sizeof *optimizers };

/* ∂ℓ/∂θ = Jᵀe/T */
static void gradient_of(const struct setting *s, double *gradient)
{
    memset(gradient, 0, s->P * sizeof *gradient);
    for (size_t r = 0; r < s->a.CT; r++)
        for (size_t p = 0; p < s->P; p++)
            gradient[p] += s->J[r * s->P + p] * s->errors[r] / (double)s->a.T;
}

static void compare(size_t P, const double *got, const double *want, double tolerance)
{
    double largest = 0;
    for (size_t p = 0; p < P; p++)
        largest = fmax(largest, fabs(want[p]));
    assert_true(largest > 0);
    for (size_t p = 0; p < P; p++)
        assert_within(got[p], want[p], tolerance * largest);
}

static void check_optimizer(struct setting *s, size_t o, double damping, double tolerance)
{
    struct base_error error = {""};
    const size_t P = s->P;
    struct reference x = {s, numbers(P * P), numbers(P * P), damping, numbers(P)};
    double *gradient = numbers(P), *got = numbers(P), *want = numbers(P);
    for (size_t r = 0; r < s->a.CT; r++)
        for (size_t p = 0; p < P; p++)
            for (size_t q = 0; q < P; q++)
                x.F[p * P + q] += s->J[r * P + p] * s->J[r * P + q] / (double)s->a.T;
    for (size_t p = 0; p < P; p++)
        x.factor[p] = 1;
    optimizers[o].make(&x);
    gradient_of(s, gradient);
    pseudo_solve(P, x.G, gradient, want);
    for (size_t p = 0; p < P; p++)
        want[p] *= x.factor[p];
    if (step(s, optimizers[o].optimizer, damping, got, &error) != BASE_OK)
        fail_msg("%s: %s", optimizers[o].optimizer->name, error.text);
    compare(P, got, want, tolerance);
    free(x.F);
    free(x.G);
    free(x.factor);
    free(gradient);
    free(got);
    free(want);
}

static void directions_are_those_of_the_matrices(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 1.5, 0.3, 3, 5, 1, 3, {1, 1.2, 1}},
                                          {"tanh", 1.5, 0.3, 4, 5, 1, 3, {0.8, 1, 1.2, 1}},
                                          {"tanh", 1.5, 0, 3, 7, 3, 2, {0.6, 1, 1}},
                                          {"relu", 2, 0.1, 3, 8, 3, 4, {0.6, 1, 0.8}},
                                          {"relu", 2, 0, 4, 6, 1, 4, {1, 1, 1, 1}}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int ntk = 0; ntk < 2; ntk++) {
            const bool relu = strcmp(shapes[i].activation, "relu") == 0;
            struct setting s;
            open_setting(&s, &shapes[i], ntk ? "ntk" : "standard", "squared", 1);
            for (size_t o = 0; o < N_OPTIMIZERS; o++) {
                if (!relu)
                    check_optimizer(&s, o, 0, 1e-6);
                check_optimizer(&s, o, 0.03, 1e-9);
            }
            close_setting(&s);
        }
}

/* K̂ of a prepared optimizer, by its directions and, where it has one, in its own way. */
static int kernels_of(struct setting *s, const struct train_optimizer *o, double damping, double *kernel,
                      double *own, double *a, double *anisotropy, struct base_error *error)
{
    int status;
    void *work = NULL;
    TRY(o->init(&work, &s->a, s->a.T, error));
    TRY(o->prepare(work, &s->network, &s->signals, damping, error));
    TRY(train_isotropy_kernel(o, work, &s->network, &s->signals, kernel, error));
    if (o->kernel != NULL)
        TRY(o->kernel(work, &s->network, &s->signals, own, error));
    TRY(train_isotropy(o, work, &s->network, &s->signals, a, anisotropy, error));
out:
    o->free(work);
    return status;
}

static void kernel_is_what_a_step_does(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 1.5, 0.3, 3, 9, 3, 3, {0.8, 1, 1}},
                                          {"relu", 2, 0, 4, 12, 2, 5, {1, 1, 1, 1}}};
    static const struct train_optimizer *const some[] = {&train_gradient, &train_exact, &train_kfac,
                                                         &train_unit};
    for (size_t i = 0; i < 2; i++)
        for (size_t o = 0; o < 4; o++) {
            struct setting s;
            struct base_error error = {""};
            double a, anisotropy, mean = 0, off = 0;
            open_setting(&s, &shapes[i], "ntk", "squared", 1);
            const size_t CT = s.a.CT;
            double *kernel = numbers(CT * CT), *own = numbers(CT * CT), *d = numbers(s.P),
                   *want = numbers(CT), *got = numbers(CT);
            assert_int_equal(kernels_of(&s, some[o], 0.01, kernel, own, &a, &anisotropy, &error), BASE_OK);
            assert_int_equal(step(&s, some[o], 0.01, d, &error), BASE_OK);
            for (size_t r = 0; r < CT; r++) {
                for (size_t p = 0; p < s.P; p++)
                    want[r] += s.J[r * s.P + p] * d[p];
                for (size_t c = 0; c < CT; c++)
                    got[r] += kernel[c * CT + r] * s.errors[c];
                mean += kernel[r * CT + r] / (double)CT;
            }
            compare(CT, got, want, 1e-10);
            for (size_t r = 0; r < CT; r++)
                for (size_t c = 0; c < CT; c++)
                    off += pow(kernel[r * CT + c] - (r == c ? mean : 0), 2);
            assert_close(a, mean, 1e-10);
            assert_close(anisotropy, sqrt(off / (double)CT) / mean, 1e-8);
            for (size_t r = 0; r < CT && some[o]->kernel != NULL; r++) /* the upper triangle */
                compare(CT - r, own + r * CT + r, kernel + r * CT + r, 1e-10);
            free(kernel);
            free(own);
            free(d);
            free(want);
            free(got);
            close_setting(&s);
        }
}

/* What a is (KO20). */
static double isotropic_a(const struct train_optimizer *o, const struct net_architecture *a)
{
    const double L = (double)a->L, T = (double)a->T;
    double x[8], sum = 0;
    tridiagonal_weights(a->L, x);
    for (size_t l = 0; l < a->L; l++)
        sum += x[l];
    return o == &train_exact         ? 1
           : o == &train_layer       ? L
           : o == &train_tridiagonal ? sum
           : o == &train_kfac        ? T * (L - 1) + 1
                                     : T * L;
}

static void isotropic_to_rounding(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 3, 0.64, 3, 40, 1, 6, {1, 1, 1}},
                                          {"tanh", 3, 0.64, 4, 40, 3, 4, {0.5, 1, 1, 1}},
                                          {"tanh", 3, 0.64, 6, 30, 1, 5, {0, 0, 0, 0, 0, 0}}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int ntk = 0; ntk < 2; ntk++) {
            struct setting s;
            struct base_error error = {""};
            open_setting(&s, &shapes[i], ntk ? "ntk" : "standard", "squared", 1);
            double *kernel = numbers(s.a.CT * s.a.CT), a, anisotropy;
            for (size_t o = 0; o < 5; o++) {
                assert_int_equal(
                    kernels_of(&s, optimizers[o].optimizer, 0, kernel, NULL, &a, &anisotropy, &error),
                    BASE_OK);
                assert_close(a, isotropic_a(optimizers[o].optimizer, &s.a), 1e-9);
                assert_within(anisotropy, 0, 1e-9);
            }
            free(kernel);
            close_setting(&s);
        }
}

/* Small errors are linear ones: what is left of them is 1 − ηa. */
static void one_step_in_the_linear_regime(void **state)
{
    (void)state;
    struct setting s;
    struct base_error error = {""};
    open_setting(&s, &(struct shape){"tanh", 3, 0.64, 3, 200, 2, 10, {1, 1, 1}}, "ntk", "squared", 1);
    const size_t CT = s.a.CT, L = s.a.L;
    double *start = numbers(CT), *d = numbers(s.P);
    struct train_network before;
    assert_int_equal(train_network_init(&before, &s.a, &error), BASE_OK);
    train_network_copy(&s.network, &before);
    memcpy(start, s.signals.h[L], CT * sizeof *start);
    for (size_t r = 0; r < CT; r++)
        s.errors[r] *= 1e-7;
    for (size_t o = 0; o < 5; o++)
        for (int half = 0; half < 2; half++) {
            void *work = NULL;
            double **P = calloc(L + 1, sizeof *P), left = 0, all = 0;
            assert_non_null(P);
            for (size_t l = 1; l <= L; l++)
                P[l] = numbers(s.a.widths[l] * s.a.T);
            const struct train_optimizer *optimizer = optimizers[o].optimizer;
            s.descent.rate = (half ? 0.5 : 1) / isotropic_a(optimizer, &s.a);
            assert_int_equal(optimizer->init(&work, &s.a, s.a.T, &error), BASE_OK);
            assert_int_equal(optimizer->prepare(work, &s.network, &s.signals, 0, &error), BASE_OK);
            assert_int_equal(optimizer->direction(work, &s.network, &s.signals, s.errors, P, &error),
                             BASE_OK);
            train_descend(&s.descent, &s.network, &s.signals, (const double *const *)P);
            look(&s);
            for (size_t r = 0; r < CT; r++) {
                const double now = s.errors[r] + s.signals.h[L][r] - start[r];
                left += now * now;
                all += s.errors[r] * s.errors[r];
            }
            if (half)
                assert_close(left / all, 0.25, 1e-5);
            else
                assert_within(sqrt(left / all), 0, 1e-5);
            train_network_copy(&before, &s.network);
            look(&s);
            optimizer->free(work);
            for (size_t l = 1; l <= L; l++)
                free(P[l]);
            free(P);
        }
    train_network_free(&before);
    free(start);
    free(d);
    close_setting(&s);
}

/* ---- cross entropy */

/* e = softmax(f) − y of the classes t mod C */
static void softmax_errors(struct setting *s)
{
    const size_t C = s->a.C, T = s->a.T;
    double *y = numbers(C * T);
    for (size_t t = 0; t < T; t++)
        y[t % C * T + t] = 1;
    train_loss_compute(TRAIN_CROSS_ENTROPY, C, T, s->signals.h[s->a.L], y, s->errors);
    free(y);
}

/* F = (1/T) Σ_t Σ_kk' ∇f_k Q_kk' ∇f_k'ᵀ with Q = diag(g) − ggᵀ, damped by ε tr F/((C−1)T). */
static void exact_of_the_cross_entropy(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 1.5, 0.3, 3, 7, 3, 2, {0.6, 1, 1}},
                                          {"tanh", 1.5, 0.3, 3, 7, 2, 4, {0.6, 1, 1}}};
    for (int i = 0; i < 8; i++) {
        struct setting s;
        struct base_error error = {""};
        const double damping = i / 2 % 2 == 0 ? 0 : 0.05;
        open_setting(&s, &shapes[i % 2], "ntk", "cross_entropy", i < 4 ? 1 : 3);
        softmax_errors(&s);
        const size_t P = s.P, C = s.a.C, T = s.a.T;
        double *F = numbers(P * P), *gradient = numbers(P), *got = numbers(P), *want = numbers(P),
               *g = numbers(C * T), trace = 0;
        fisher_softmax_outputs(C, T, s.weights.h[s.a.L], g);
        for (size_t t = 0; t < T; t++)
            for (size_t k = 0; k < C; k++)
                for (size_t m = 0; m < C; m++) {
                    const double Q = (k == m ? g[k * T + t] : 0) - g[k * T + t] * g[m * T + t];
                    for (size_t p = 0; p < P; p++)
                        for (size_t q = 0; q < P; q++)
                            F[p * P + q] +=
                                s.J[(k * T + t) * P + p] * Q * s.J[(m * T + t) * P + q] / (double)T;
                }
        for (size_t p = 0; p < P; p++)
            trace += F[p * P + p];
        for (size_t p = 0; p < P; p++)
            F[p * P + p] += damping * trace / (double)((C - 1) * T);
        gradient_of(&s, gradient);
        pseudo_solve(P, F, gradient, want);
        assert_int_equal(step(&s, &train_exact, damping, got, &error), BASE_OK);
        compare(P, got, want, 1e-6);
        free(F);
        free(gradient);
        free(got);
        free(want);
        free(g);
        close_setting(&s);
    }
}

/* Undamped, f_y − f_k grows by η/p_y and no other difference changes, however saturated the samples are. */
static void saturated_samples_keep_their_step(void **state)
{
    (void)state;
    struct setting s;
    struct base_error error = {""};
    open_setting(&s, &(struct shape){"tanh", 1.5, 0.3, 3, 40, 3, 4, {1, 1, 1}}, "ntk", "cross_entropy", 1);
    const size_t C = s.a.C, T = s.a.T;
    /* 0 and 1: surely right, by e^-60 and e^-400; 2: surely wrong, by e^-5; 3: undecided */
    static const double f[12] = {60, 0, -2.5, 0.1, 0.3, 400, -2.7, -0.2, 0, 2, 2.5, 0};
    memcpy(s.signals.h[s.a.L], f, sizeof f);
    softmax_errors(&s);
    double *d = numbers(s.P), *change = numbers(C * T), *g = numbers(C * T);
    fisher_softmax_outputs(C, T, f, g);
    assert_int_equal(step(&s, &train_exact, 0, d, &error), BASE_OK);
    for (size_t r = 0; r < C * T; r++)
        for (size_t p = 0; p < s.P; p++)
            change[r] -= s.J[r * s.P + p] * d[p];
    for (size_t t = 0; t < T; t++)
        for (size_t k = 0; k < C; k++)
            for (size_t m = 0; m < C; m++)
                assert_within(change[k * T + t] - change[m * T + t],
                              ((k == t % C) - (m == t % C)) / g[t % C * T + t], 1e-7);
    free(d);
    free(change);
    free(g);
    close_setting(&s);
}

/* ---- what is refused */

static void what_is_singular_is_unresolved(void **state)
{
    (void)state;
    /* two samples alike; more samples than inputs, than units */
    static const struct {
        struct shape shape;
        const struct train_optimizer *optimizer;
        const char *says;
    } cases[] = {
        {{"tanh", 1.5, 0.3, 3, 9, 1, 3, {-5, 1, 1}}, &train_exact, "the kernel of layers 1 to 3 is singular"},
        {{"tanh", 1.5, 0.3, 3, 9, 1, 3, {-5, 1, 1}}, &train_layer, "the kernel of layer 1 is singular"},
        {{"tanh", 1.5, 0.3, 3, 9, 1, 3, {-5, 1, 1}}, &train_tridiagonal, "the kernel of layer 2 is singular"},
        {{"tanh", 1.5, 0.3, 3, 9, 1, 6, {0.4, 1, 1}}, &train_unit, "unit 1 of layer 1 is singular"},
        {{"tanh", 1.5, 0.3, 3, 9, 1, 6, {0.4, 1, 1}}, &train_kfac, "the inputs of layer 1 is singular"},
        {{"tanh", 1.5, 0.3, 3, 9, 3, 4, {1, 1, 1}},
         &train_kfac_scaled,
         "the backward signals of layer 1 is singular"},
        {{"tanh", 1.5, 0.3, 3, 9, 1, 1, {1, 1, 1}},
         &train_unit_explicit,
         "layer 1 are the same for all 1 samples"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct setting s;
        struct base_error error = {""};
        open_setting(&s, &cases[i].shape, "ntk", "squared", 1);
        double *d = numbers(s.P);
        assert_int_equal(step(&s, cases[i].optimizer, 0, d, &error), BASE_UNRESOLVED);
        if (strstr(error.text, cases[i].says) == NULL)
            fail_msg("%s", error.text);
        if (cases[i].optimizer != &train_unit_explicit)
            assert_int_equal(step(&s, cases[i].optimizer, 1e-3, d, &error), BASE_OK);
        free(d);
        close_setting(&s);
    }
}

static void depths_without_a_tridiagonal_one(void **state)
{
    (void)state;
    for (int64_t depth = 1; depth < 8; depth++) {
        struct setting s;
        struct base_error error = {""};
        void *work = NULL;
        double x[8], sum = 0;
        open_setting(&s, &(struct shape){"tanh", 1.5, 0.3, depth, 4, 1, 2, {0}}, "ntk", "squared", 1);
        const int status = train_tridiagonal.init(&work, &s.a, 2, &error);
        assert_int_equal(status, depth % 3 == 2 ? BASE_BAD_INPUT : BASE_OK);
        tridiagonal_weights((size_t)depth, x); /* least squares where Σ is singular */
        for (int64_t l = 0; l < depth; l++)
            sum += x[l];
        assert_true(depth % 3 == 2 || fabs(sum - round(sum)) < 1e-9);
        train_tridiagonal.free(work);
        close_setting(&s);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(directions_are_those_of_the_matrices),
    cmocka_unit_test(kernel_is_what_a_step_does),
    cmocka_unit_test(isotropic_to_rounding),
    cmocka_unit_test(one_step_in_the_linear_regime),
    cmocka_unit_test(exact_of_the_cross_entropy),
    cmocka_unit_test(saturated_samples_keep_their_step),
    cmocka_unit_test(what_is_singular_is_unresolved),
    cmocka_unit_test(depths_without_a_tridiagonal_one),
};
const struct test_group tests_train_natural = TEST_GROUP(tests);
