/* Mean-field kernels of given inputs against closed forms, another quadrature, and recursions of single
 * pairs.
 */
#include "theory/theory.h"

#include "data/data.h"
#include "tests.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double pi = 3.14159265358979323846;

/* ---- the independent rule: equispaced in z₁ and z₂, u = √a z₁, v = √d (ρ z₁ + √(1−ρ²) z₂) */

static struct theory_pair trapezoid(const struct net_activation *activation, double a, double d, double rho,
                                    double h)
{
    enum { MOST = 1000 };
    static double u[MOST], v[MOST], w[MOST], phi_u[MOST], dphi_u[MOST], phi[MOST], dphi[MOST];
    const double reach = 10.5, rest = sqrt((1 - rho) * (1 + rho));
    const size_t n = 2 * (size_t)(reach / h) + 1;
    struct theory_pair sum = {0};
    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++) {
        const double z = h * ((double)i - (double)(n / 2));
        u[i] = sqrt(a) * z;
        w[i] = h / sqrt(2 * pi) * exp(-0.5 * z * z);
    }
    net_activation_eval(activation, n, u, phi_u, dphi_u);
    for (size_t i = 0; i < n; i++) {
        const double z1 = h * ((double)i - (double)(n / 2));
        struct theory_pair inner = {0};
        for (size_t j = 0; j < n; j++)
            v[j] = sqrt(d) * (rho * z1 + rest * h * ((double)j - (double)(n / 2)));
        net_activation_eval(activation, n, v, phi, dphi);
        for (size_t j = 0; j < n; j++) {
            inner.phi += w[j] * phi[j];
            inner.dphi += w[j] * dphi[j];
            inner.dphi2 += w[j] * dphi[j] * dphi[j];
        }
        sum.phi += w[i] * phi_u[i] * inner.phi;
        sum.dphi += w[i] * dphi_u[i] * inner.dphi;
        sum.dphi2 += w[i] * dphi_u[i] * dphi_u[i] * inner.dphi2;
    }
    return sum;
}

/* ---- one hidden layer with σ_w² = 1, σ_b² = 0: q¹ is the gram, the integrals are q̂¹ and the slopes */

static const double variances[] = {0.0137, 0.31, 1, 2.385, 3.6, 12, 1, 0.77};
static const double correlations[] = {-1,   -0.9973, -0.62,    -0.1,        0,        1e-7, 0.0371,
                                      0.31, 0.7713,  0.985312, 1 - 1.37e-4, 1 - 2e-9, 1};
enum {
    N_VARIANCES = sizeof variances / sizeof *variances,
    N_CORRELATIONS = sizeof correlations / sizeof(double)
};

/* So many samples that their pairs fill blocks of 64 and more. */
enum { SAMPLES = 70 };

static double variance_of(size_t t)
{
    return variances[t % N_VARIANCES];
}

static double correlation_of(size_t s, size_t t)
{
    return correlations[(s + 5 * t + s * t) % N_CORRELATIONS];
}

static void open_activation(struct net_activation *activation, const char *text)
{
    struct base_error error = {""};
    if (net_activation_open(activation, text, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void solve(struct theory_order *order, const char *text, double w, double b, size_t L, size_t T,
                  const double *gram)
{
    struct net_activation activation;
    struct base_error error = {""};
    open_activation(&activation, text);
    if (theory_kernel_solve(order, &activation, w, b, L, T, gram, 1e-12, &error) != BASE_OK)
        fail_msg("%s: %s", text, error.text);
    net_activation_close(&activation);
}

static void solve_layer(struct theory_order *order, const char *text)
{
    double *gram = malloc(SAMPLES * SAMPLES * sizeof *gram);
    assert_non_null(gram);
    for (size_t s = 0; s < SAMPLES; s++)
        for (size_t t = 0; t < SAMPLES; t++)
            gram[s * SAMPLES + t] = t < s ? NAN
                                    : t == s
                                        ? variance_of(s)
                                        : correlation_of(s, t) * sqrt(variance_of(s)) * sqrt(variance_of(t));
    solve(order, text, 1, 0, 2, SAMPLES, gram);
    free(gram);
}

static struct theory_pair layer_pair(const struct theory_order *order, size_t p)
{
    const size_t at = order->pairs + p;
    return (struct theory_pair){.phi = order->qhat[at], .dphi = order->slope[at], .dphi2 = order->slope2[at]};
}

static void assert_pair(struct theory_pair got, struct theory_pair want, struct theory_pair scale,
                        double tolerance)
{
    assert_within(got.phi, want.phi, tolerance * scale.phi);
    assert_within(got.dphi, want.dphi, tolerance * scale.dphi);
    assert_within(got.dphi2, want.dphi2, tolerance * scale.dphi2);
}

/* √ of the products of what each sample has with itself. */
static struct theory_pair scale_of(const struct theory_order *order, size_t p)
{
    const struct theory_pair s = layer_pair(order, order->s[p]), t = layer_pair(order, order->t[p]);
    return (struct theory_pair){
        .phi = sqrt(s.phi * t.phi), .dphi = sqrt(s.dphi * t.dphi), .dphi2 = sqrt(s.dphi2 * t.dphi2)};
}

static void smooth_layers_are_another_quadrature(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t stride; /* not every pair is tried */
        double h;
    } cases[] = {{"tanh", 31, 0.045},     {"erf", 131, 0.06},
                 {"sigmoid", 131, 0.08},  {"softplus", 131, 0.08},
                 {"gelu", 131, 0.06},     {"silu", 131, 0.08},
                 {"sin", 131, 0.08},      {"linear", 131, 0.08},
                 {"tanh(x)", 1201, 0.07}, {"x*exp(-x^2/2)", 1201, 0.07},
                 {"cos(x)", 1201, 0.08}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct theory_order order;
        struct net_activation activation;
        open_activation(&activation, cases[i].text);
        solve_layer(&order, cases[i].text);
        for (size_t p = 0; p < order.pairs;
             p += p + 9 < SAMPLES && cases[i].stride < 1000 ? 9 : cases[i].stride) {
            const size_t s = order.s[p], t = order.t[p];
            assert_true(p < SAMPLES ? s == p && t == p : s < t);
            const struct theory_pair want = trapezoid(&activation, variance_of(s), variance_of(t),
                                                      s == t ? 1 : correlation_of(s, t), cases[i].h);
            assert_pair(layer_pair(&order, p), want, scale_of(&order, p), 4e-12);
        }
        theory_order_free(&order);
        net_activation_close(&activation);
    }
}

/* relu of x > 0 and x < 0 by the angle between the samples; others from them, as φ(u) = relu(u) − m relu(−u).
 */
static struct theory_pair rays(double m, double a, double d, double rho)
{
    const double theta = acos(rho), turned = pi - theta, scale = sqrt(a) * sqrt(d) / (2 * pi);
    const double same = scale * (sin(theta) + turned * rho), other = scale * (sin(theta) - theta * rho);
    return (struct theory_pair){.phi = (1 + m * m) * same - 2 * m * other,
                                .dphi = ((1 + m * m) * turned + 2 * m * theta) / (2 * pi),
                                .dphi2 = ((1 + m * m * m * m) * turned + 2 * m * m * theta) / (2 * pi)};
}

static void rays_have_closed_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double m;
    } cases[] = {{"relu", 0}, {"leaky_relu", 0.01}, {"abs(x)", -1}, {"(abs(x)+x)/2", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct theory_order order;
        solve_layer(&order, cases[i].text);
        for (size_t p = 0; p < order.pairs; p++) {
            const size_t s = order.s[p], t = order.t[p];
            const double rho = s == t ? 1 : correlation_of(s, t);
            /* near ρ = ±1 the angle is known to √ε: the gram's last digit is that much */
            assert_pair(layer_pair(&order, p), rays(cases[i].m, variance_of(s), variance_of(t), rho),
                        scale_of(&order, p), fabs(rho) > 0.999 ? 1e-8 : 1e-12);
        }
        theory_order_free(&order);
    }
}

/* |u − k|: given u, v is Gaussian, and what is left is an integral over u with a kink at k. */
struct bent {
    double a, d, rho, k;
    bool slope;
};

static double bent_integrand(double z, void *parameters)
{
    const struct bent *x = parameters;
    const double u = sqrt(x->a) * z - x->k, m = sqrt(x->d) * x->rho * z - x->k,
                 s = sqrt(x->d * (1 - x->rho) * (1 + x->rho));
    const double sign = s > 0 ? erf(m / (s * sqrt(2))) : copysign(1, m);
    const double mean = s > 0 ? s * sqrt(2 / pi) * exp(-0.5 * m * m / (s * s)) + m * sign : fabs(m);
    return exp(-0.5 * z * z) / sqrt(2 * pi) * (x->slope ? copysign(1, u) * sign : fabs(u) * mean);
}

static double bent_integral(struct bent *x)
{
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(2000);
    /* a kink of one factor, a bend of the other, and where the bend ends */
    const double kink = x->k / sqrt(x->a), bend = fabs(x->rho) > 0.01 ? x->k / (sqrt(x->d) * x->rho) : kink,
                 width = sqrt((1 - x->rho) * (1 + x->rho)) / fmax(fabs(x->rho), 0.01);
    double points[6] = {-11, kink, bend - 8 * width, bend, bend + 8 * width, 11}, sum = 0;
    for (int i = 0; i < 6; i++)
        points[i] = fmax(-11, fmin(11, points[i]));
    gsl_sort(points, 1, 6);
    for (int i = 0; i < 5; i++) {
        double part, ignored;
        gsl_function f = {bent_integrand, x};
        if (points[i + 1] > points[i]) {
            gsl_integration_qag(&f, points[i], points[i + 1], 1e-13, 1e-12, 2000, GSL_INTEG_GAUSS31, work,
                                &part, &ignored);
            sum += part;
        }
    }
    gsl_integration_workspace_free(work);
    gsl_set_error_handler(handler);
    return sum;
}

/* The series up to its reach, quadratures beyond. */
static void kinks_anywhere_are_resolved(void **state)
{
    (void)state;
    enum { T = 9 };
    struct theory_order order;
    double gram[T * T];
    for (size_t s = 0; s < T; s++)
        for (size_t t = s; t < T; t++)
            gram[s * T + t] =
                s == t ? variance_of(s) : correlation_of(s, t) * sqrt(variance_of(s)) * sqrt(variance_of(t));
    solve(&order, "abs(x-0.3)", 1, 0, 2, T, gram);
    for (size_t p = T; p < order.pairs; p++) {
        const size_t s = order.s[p], t = order.t[p];
        struct bent x = {variance_of(s), variance_of(t), correlation_of(s, t), 0.3, false};
        const struct theory_pair got = layer_pair(&order, p), scale = scale_of(&order, p);
        assert_within(got.phi, bent_integral(&x), 1e-10 * scale.phi);
        x.slope = true;
        assert_within(got.dphi, bent_integral(&x),
                      (fabs(x.rho) > 1 - 1e-8 && fabs(x.rho) < 1 ? 1e-8 : 1e-10));
        assert_close(got.dphi2, 1.0, 1e-11);
    }
    theory_order_free(&order);
}

/* An input of zeros has no correlation with any other. */
static void no_variance_is_a_constant(void **state)
{
    (void)state;
    const double gram[4] = {0, 0, NAN, 1.7};
    struct theory_order order;
    struct net_activation activation;
    open_activation(&activation, "sigmoid");
    solve(&order, "sigmoid", 1, 0, 2, 2, gram);
    const struct theory_pair one = layer_pair(&order, 0), two = layer_pair(&order, 2),
                             other = trapezoid(&activation, 1.7, 1e-300, 0, 0.1);
    assert_close(one.phi, 0.25, 1e-13);
    assert_close(one.dphi, 1.0 / 16, 1e-13);
    assert_close(two.phi, other.phi, 1e-13);
    assert_close(two.dphi, other.dphi, 1e-12);
    theory_order_free(&order);
    net_activation_close(&activation);
}

/* ---- all layers */

/* Equal norms and right angles are the Gaussian inputs of KAA19. */
static void two_pairs_are_a_special_case(void **state)
{
    (void)state;
    static const char *const texts[] = {"tanh", "relu", "gelu", "linear", "abs(x-0.3)"};
    const double gram[9] = {1, 0, 0, NAN, 1, 0, NAN, NAN, 1};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct theory_order order, pair;
        struct net_activation activation;
        struct base_error error = {""};
        open_activation(&activation, texts[i]);
        assert_int_equal(theory_order_solve(&pair, &activation, 1.83, 0.31, 4, 1e-12, &error), BASE_OK);
        solve(&order, texts[i], 1.83, 0.31, 4, 3, gram);
        assert_int_equal(order.pairs, 6);
        for (size_t l = 0; l <= 4; l++)
            for (size_t p = 0; p < 6; p++) {
                const size_t at = 6 * l + p, from = 2 * l + (p < 3 ? 0 : 1);
                assert_within(order.q[at], pair.q[from], 2e-11 * (1 + pair.q[from]));
                assert_within(order.qhat[at], pair.qhat[from], 2e-11 * (1 + pair.qhat[from]));
                assert_within(order.qtilde[at], pair.qtilde[from], 2e-11 * (1 + pair.qtilde[from]));
                assert_within(order.slope[at], pair.slope[from], 2e-11 * (1 + pair.slope[from]));
                assert_within(order.slope2[at], pair.slope2[from], 2e-11 * (1 + pair.slope2[from]));
            }
        double whole = 0;
        for (size_t p = 0; p < 6; p++)
            whole += theory_order_weight(&order, 3, p);
        assert_close(whole, 1.0, 1e-15);
        theory_order_free(&order);
        theory_order_free(&pair);
        net_activation_close(&activation);
    }
}

static uint64_t seed = 88172645463325252u;

static double noise(void) /* xorshift, in (−1, 1) */
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) / 4503599627370496.0 - 1;
}

/* gram (T, T) of inputs that have a direction in common and different norms; every 13th is parallel to the
 * one before, or nearly so. */
enum { PARALLEL = 13 };
static double *draw_gram(size_t T, size_t M_0)
{
    struct base_error error = {""};
    double *inputs = malloc(M_0 * T * sizeof *inputs), *gram = malloc(T * T * sizeof *gram);
    assert_true(inputs != NULL && gram != NULL);
    for (size_t j = 0; j < M_0; j++) {
        const double common = noise();
        for (size_t t = 0; t < T; t++)
            inputs[j * T + t] = (1.2 + sin(1.7 * (double)t)) * (common + 0.8 * noise());
        for (size_t t = PARALLEL - 1; t < T; t += PARALLEL)
            inputs[j * T + t] = inputs[j * T + t - 1] * (t % 3 == 0   ? 1.3
                                                         : t % 3 == 1 ? -1
                                                                      : 1 + 1e-6 * noise());
    }
    for (size_t i = 0; i < T * T; i++)
        gram[i] = NAN;
    assert_int_equal(theory_gram_compute(M_0, T, inputs, gram, &error), BASE_OK);
    double sum = 0;
    for (size_t j = 0; j < M_0; j++)
        sum += inputs[j * T + 1] * inputs[j * T + T - 1] / (double)M_0;
    assert_within(gram[T + T - 1], sum, 1e-13);
    assert_true(isnan(gram[T])); /* the lower triangle is nobody's */
    free(inputs);
    return gram;
}

/* ---- L = 10, tanh, against recursions of single pairs with the other rule: q_ss, q_tt, q_st forward, then q̃
 * backward */

enum { DEPTH = 10 };

struct recursion {
    double q[DEPTH + 1], qhat[DEPTH + 1], slope[DEPTH + 1], qtilde[DEPTH + 1]; /* of the pair */
    double ntk;
};

/* E φ(u)² with u of variance a, by the same rule in one dimension. */
static double square_mean(const struct net_activation *activation, double a, double h)
{
    const double reach = 10.5;
    double sum = 0;
    for (double z = -h * floor(reach / h); z <= reach; z += h) {
        const double u = sqrt(a) * z;
        double phi, dphi;
        net_activation_eval(activation, 1, &u, &phi, &dphi);
        sum += h / sqrt(2 * pi) * exp(-0.5 * z * z) * phi * phi;
    }
    return sum;
}

/* gram: that of (s, s), (t, t) and (s, t) */
static void recursion_of_pair(const struct net_activation *activation, double w, double b,
                              const double gram[3], double h, struct recursion *r)
{
    double qhat[3] = {gram[0], gram[1], gram[2]};
    for (size_t l = 1; l <= DEPTH; l++) {
        const double ss = w * qhat[0] + b, tt = w * qhat[1] + b, st = w * qhat[2] + b;
        const struct theory_pair pair =
            trapezoid(activation, ss, tt, fmax(-1, fmin(1, st / sqrt(ss * tt))), h);
        r->qhat[l - 1] = qhat[2];
        r->q[l] = st;
        r->slope[l] = pair.dphi;
        qhat[0] = square_mean(activation, ss, h);
        qhat[1] = square_mean(activation, tt, h);
        qhat[2] = pair.phi;
    }
    r->ntk = 0;
    for (size_t l = DEPTH; l >= 1; l--) {
        r->qtilde[l] = l == DEPTH ? 1 : w * r->qtilde[l + 1] * r->slope[l];
        r->ntk += r->q[l] * r->qtilde[l];
    }
}

/* A recursion whose quadrature has converged: a finer one says the same. */
static void converged_recursion(const struct net_activation *activation, double w, double b, size_t T,
                                const double *gram, size_t s, size_t t, struct recursion *r)
{
    const double of_pair[3] = {gram[s * T + s], gram[t * T + t], gram[s * T + t]};
    struct recursion coarse;
    recursion_of_pair(activation, w, b, of_pair, 0.1, &coarse);
    recursion_of_pair(activation, w, b, of_pair, 0.07, r);
    assert_close(coarse.ntk, r->ntk, 1e-11);
    assert_close(coarse.q[DEPTH], r->q[DEPTH], 1e-11);
}

/* q, q̂ and q̃ of a pair in every layer. */
static void assert_layers(const struct theory_order *order, size_t p, const struct recursion *r,
                          double tolerance)
{
    for (size_t l = 1; l <= DEPTH; l++) {
        assert_within(order->q[l * order->pairs + p], r->q[l], tolerance * (1 + fabs(r->q[l])));
        assert_within(order->qhat[(l - 1) * order->pairs + p], r->qhat[l - 1],
                      tolerance * (1 + fabs(r->qhat[l - 1])));
        assert_close(order->qtilde[l * order->pairs + p], r->qtilde[l], tolerance);
    }
}

/* Number of the pair (s, t), s ≤ t. */
static size_t pair_number(size_t T, size_t s, size_t t)
{
    return s == t ? s : T + s * (2 * T - s - 1) / 2 + t - s - 1;
}

static void deep_kernels_are_recursions_of_pairs(void **state)
{
    (void)state;
    enum { T = 130 };
    const double w = 2.6, b = 0.21;
    struct net_activation activation;
    struct theory_order order;
    struct base_error error = {""};
    double *gram = draw_gram(T, 40), *ntk = malloc(T * T * sizeof *ntk), *nngp = malloc(T * T * sizeof *nngp);
    assert_true(ntk != NULL && nngp != NULL);
    open_activation(&activation, "tanh");
    assert_int_equal(theory_ntk_compute(&activation, w, b, DEPTH, T, gram, 1e-12, ntk, nngp, &error),
                     BASE_OK);
    solve(&order, "tanh", w, b, DEPTH, T, gram);
    for (size_t i = 0; i < 30; i++) {
        size_t s = (31 * i) % T, t = s + (17 * i) % (T - s);
        if (i % 3 == 0) { /* two that are parallel, or nearly so */
            s = PARALLEL * (1 + i / 3 % (T / PARALLEL - 1)) - 2;
            t = s + 1;
        }
        struct recursion r;
        converged_recursion(&activation, w, b, T, gram, s, t, &r);
        assert_close(nngp[s * T + t], r.q[DEPTH], 1e-9);
        assert_close(ntk[s * T + t], r.ntk, 1e-9);
        assert_layers(&order, pair_number(T, s, t), &r, 1e-9);
    }
    theory_order_free(&order);
    for (double **p = (double *[]){gram, ntk, nngp, NULL}; *p != NULL; p++)
        free(*p);
    net_activation_close(&activation);
}

/* The sum layer by layer is the sum over all order parameters. */
static void sums_are_of_the_order_parameters(void **state)
{
    (void)state;
    static const char *const texts[] = {"tanh", "relu", "softplus"};
    enum { T = 67, L = 4 };
    const double a[L] = {2.1, 0.3, 1.7, 0.9}, b[L] = {0.4, 1.3, 0.2, 0.7};
    double *gram = draw_gram(T, 30), *sum = malloc(T * T * sizeof *sum), *nngp = malloc(T * T * sizeof *nngp);
    assert_true(sum != NULL && nngp != NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct theory_order order;
        struct net_activation activation;
        struct base_error error = {""};
        open_activation(&activation, texts[i]);
        solve(&order, texts[i], 1.9, 0.13, L, T, gram);
        assert_int_equal(
            theory_kernel_sum(&activation, 1.9, 0.13, L, T, gram, a, b, 1e-12, sum, nngp, &error), BASE_OK);
        for (size_t p = 0; p < order.pairs; p++) {
            double want = 0;
            for (size_t l = 1; l <= L; l++)
                want += (a[l - 1] * order.qhat[(l - 1) * order.pairs + p] + b[l - 1]) *
                        order.qtilde[l * order.pairs + p];
            assert_close(sum[order.s[p] * T + order.t[p]], want, 1e-11);
            assert_close(nngp[order.s[p] * T + order.t[p]], order.q[L * order.pairs + p], 1e-11);
        }
        theory_order_free(&order);
        net_activation_close(&activation);
    }
    for (double **p = (double *[]){gram, sum, nngp, NULL}; *p != NULL; p++)
        free(*p);
}

static void overflows_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double w;
    } cases[] = {{"relu", 1e150}, {"exp(x)", 800}, {"exp(x^2/8)", 4}};
    const double gram[4] = {1, 0.5, NAN, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_activation activation;
        struct theory_order order;
        struct base_error error = {""};
        open_activation(&activation, cases[i].text);
        assert_int_equal(theory_kernel_solve(&order, &activation, cases[i].w, 0, 5, 2, gram, 1e-12, &error),
                         BASE_UNRESOLVED);
        assert_non_null(strstr(error.text, "overflow"));
        net_activation_close(&activation);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(smooth_layers_are_another_quadrature),
    cmocka_unit_test(rays_have_closed_forms),
    cmocka_unit_test(kinks_anywhere_are_resolved),
    cmocka_unit_test(no_variance_is_a_constant),
    cmocka_unit_test(two_pairs_are_a_special_case),
    cmocka_unit_test(deep_kernels_are_recursions_of_pairs),
    cmocka_unit_test(sums_are_of_the_order_parameters),
    cmocka_unit_test(overflows_are_refused),
};
const struct test_group tests_theory_kernel = TEST_GROUP(tests);

/* ---- MNIST: FISHERFIELD_DATA is the folder where its test images are */

enum { IMAGES = 2000, FEW_IMAGES = 150 };

static void read_images(struct data_set *set, size_t samples)
{
    const struct experiment_point point = {
        .inputs = "mnist", .samples = (int64_t)samples, .center = "false", .normalize = "none"};
    const char *folder = getenv("FISHERFIELD_DATA");
    struct data_source source = {0};
    struct base_error error = {""};
    char path[600];
    snprintf(path, sizeof path, "%s/t10k-images-idx3-ubyte.gz", folder == NULL ? "" : folder);
    if (folder == NULL || access(path, R_OK) != 0) {
        print_message("MNIST is not there (FISHERFIELD_DATA is its folder): not tested\n");
        skip();
    }
    if (data_mnist_open(&source, path, "", &error) != BASE_OK ||
        data_set_read(set, &source, &point, &error) != BASE_OK)
        fail_msg("%s", error.text);
    data_source_close(&source);
}

/* Every 50th image becomes hardly another than the one before. */
static void repeat_images(struct data_set *set)
{
    for (size_t j = 0; j < set->features; j++)
        for (size_t t = 49; t < set->samples; t += 50)
            set->inputs[j * set->samples + t] = set->inputs[j * set->samples + t - 1] * (1 + 1e-5 * noise());
}

/* s ≤ t: both one sample, two that are hardly different, those of the largest correlation in a row of the
 * gram, or any. */
static void choose_pair(size_t T, const double *gram, size_t i, size_t *s, size_t *t)
{
    double largest = -1;
    *s = (size_t)((noise() + 1) / 2 * (double)(T - 1));
    *t = *s + (i % 10 == 0 ? 0 : 1 + (size_t)((noise() + 1) / 2 * (double)(T - 1 - *s)));
    if (i % 10 == 1) {
        *s = *s / 50 * 50 + 48;
        *t = *s + 1;
    }
    for (size_t c = *s + 1; c < T && i % 10 > 6; c++) {
        const double correlation = gram[*s * T + c] / sqrt(gram[*s * T + *s] * gram[c * T + c]);
        if (correlation > largest) {
            largest = correlation;
            *t = c;
        }
    }
}

/* Images as they stand, so that norms differ: 200 pairs of the analytic kernel of 2000 of them, and all
 * layers of 150 of them. */
static void kernels_of_images_are_recursions(void **state)
{
    (void)state;
    const double w = 3, b = 0.64;
    const size_t T = IMAGES;
    struct data_set set;
    struct net_activation activation;
    struct theory_order order;
    struct base_error error = {""};
    read_images(&set, T);
    repeat_images(&set);
    double *gram = malloc(T * T * sizeof *gram), *ntk = malloc(T * T * sizeof *ntk),
           *nngp = malloc(T * T * sizeof *nngp), *few = malloc(FEW_IMAGES * FEW_IMAGES * sizeof *few);
    assert_true(gram != NULL && ntk != NULL && nngp != NULL && few != NULL);
    assert_int_equal(theory_gram_compute(set.features, T, set.inputs, gram, &error), BASE_OK);
    open_activation(&activation, "tanh");
    const clock_t begin = clock();
    assert_int_equal(theory_ntk_compute(&activation, w, b, DEPTH, T, gram, 1e-10, ntk, nngp, &error),
                     BASE_OK);
    print_message("analytic NTK of %zu images, L = %d, tanh: %.2f s of one core\n", T, DEPTH,
                  (double)(clock() - begin) / CLOCKS_PER_SEC);
    for (size_t s = 0; s < FEW_IMAGES; s++)
        memcpy(few + s * FEW_IMAGES, gram + s * T, FEW_IMAGES * sizeof *few);
    solve(&order, "tanh", w, b, DEPTH, FEW_IMAGES, few);
    double largest = 0;
    for (size_t i = 0; i < 200; i++) {
        struct recursion r;
        size_t s, t;
        choose_pair(i < 150 ? T : FEW_IMAGES, i < 150 ? gram : few, i, &s, &t);
        converged_recursion(&activation, w, b, T, gram, s, t, &r);
        assert_close(nngp[s * T + t], r.q[DEPTH], 1e-8);
        assert_close(ntk[s * T + t], r.ntk, 1e-8);
        largest = fmax(largest, fabs(ntk[s * T + t] / r.ntk - 1));
        if (t < FEW_IMAGES)
            assert_layers(&order, pair_number(FEW_IMAGES, s, t), &r, 1e-8);
    }
    print_message("200 pairs are within %.1e of direct quadrature\n", largest);
    theory_order_free(&order);
    data_set_free(&set);
    for (double **p = (double *[]){gram, ntk, nngp, few, NULL}; *p != NULL; p++)
        free(*p);
    net_activation_close(&activation);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(kernels_of_images_are_recursions)};
const struct test_group slow_theory_kernel = TEST_GROUP(slow_tests);
