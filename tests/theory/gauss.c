/* The Gaussian integrals against closed forms and against another rule. */
#include "theory/theory.h"

#include "tests.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static struct theory_pair pair_of(const char *text, double a, double b, int level)
{
    struct net_activation activation;
    struct base_error error;
    struct theory_pair pair;
    assert_int_equal(net_activation_open(&activation, text, &error), BASE_OK);
    assert_int_equal(theory_gauss_pair(&activation, a, b, level, &pair, &error), BASE_OK);
    net_activation_close(&activation);
    return pair;
}

/* θ = arccos(b/a) without cancellation near 1 */
static double angle(double a, double b)
{
    return atan2(sqrt((a - b) * (a + b)), b);
}

static struct theory_pair relu(double a, double b)
{
    double theta = angle(a, b), rate = 1 / (2 * pi * sqrt((a - b) * (a + b)));
    return (struct theory_pair){(a * sin(theta) + b * (pi - theta)) / (2 * pi), (pi - theta) / (2 * pi),
                                (pi - theta) / (2 * pi), rate, rate};
}

/* relu(x) − s relu(−x); E relu(u) relu(−v) is relu's integral at −b */
static struct theory_pair leaky_relu(double a, double b)
{
    double s = 0.01, theta = angle(a, b);
    struct theory_pair same = relu(a, b);
    double opposite = (a * sin(theta) - b * theta) / (2 * pi), opposite_slope = theta / (2 * pi);
    return (struct theory_pair){
        (1 + s * s) * same.phi - 2 * s * opposite, (1 + s * s) * same.dphi + 2 * s * opposite_slope,
        (1 + s * s * s * s) * same.dphi + 2 * s * s * opposite_slope, (1 - s) * (1 - s) * same.dphi_rate,
        (1 - s * s) * (1 - s * s) * same.dphi_rate};
}

static struct theory_pair erf_(double a, double b)
{
    double root = sqrt((1 + a - b) * (1 + a + b)), root2 = sqrt((1 + 2 * a - 2 * b) * (1 + 2 * a + 2 * b));
    return (struct theory_pair){2 / pi * atan2(b, root), 2 / pi / root, 4 / (pi * pi) / root2,
                                2 / pi * b / pow(root, 3), 16 / (pi * pi) * b / pow(root2, 3)};
}

static struct theory_pair linear(double a, double b)
{
    (void)a;
    return (struct theory_pair){b, 1, 1, 0, 0};
}

static struct theory_pair sine(double a, double b)
{
    return (struct theory_pair){exp(-a) * sinh(b), exp(-a) * cosh(b),
                                0.25 * (1 + 2 * exp(-2 * a) + exp(-4 * a) * cosh(4 * b)), exp(-a) * sinh(b),
                                exp(-4 * a) * sinh(4 * b)};
}

static struct theory_pair exponential(double a, double b)
{
    return (struct theory_pair){exp(a + b), exp(a + b), NAN, exp(a + b), NAN};
}

/* x e^(−x²/2): the weight e^(−(u²+v²)/2) leaves a Gaussian of covariance (Σ⁻¹ + I)⁻¹ and of mass D^(−1/2) */
static struct theory_pair gaussian_wave(double a, double b)
{
    double D = (1 + a - b) * (1 + a + b);
    double top = (1 + a) * (1 + a) + 2 * b * b;
    return (struct theory_pair){b / pow(D, 1.5), top / pow(D, 2.5), NAN,
                                4 * b / pow(D, 2.5) + 5 * b * top / pow(D, 3.5), NAN};
}

static const double correlations[] = {0,      1e-9,     0.0123,   0.2385,    0.5772,    0.9173,
                                      0.9999, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1 - 1e-15, 1};
enum { N_CORRELATIONS = sizeof correlations / sizeof *correlations };

static void closed_forms_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct theory_pair (*exact)(double a, double b);
        double largest; /* a */
        int level;
        bool cancels; /* φ is odd, so that m(x) is a sum of far larger terms as b → 0 */
    } cases[] = {
        {"relu", relu, 1e6, 1, false},
        {"(abs(x)+x)/2", relu, 1e6, 1, false},
        {"leaky_relu", leaky_relu, 1e6, 1, false},
        {"linear", linear, 1e6, 0, true},
        {"erf", erf_, 20, 4, true},
        {"sin", sine, 20, 3, true},
        {"exp(x)", exponential, 20, 1, false},
        {"x*exp(-x^2/2)", gaussian_wave, 3, 3, true},
    };
    static const double variances[] = {1e-6, 0.37, 1, 2.718, 19.3, 1e6};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_activation activation;
        struct base_error error;
        assert_int_equal(net_activation_open(&activation, cases[i].text, &error), BASE_OK);
        for (size_t j = 0; j < sizeof variances / sizeof *variances * N_CORRELATIONS; j++) {
            double a = variances[j / N_CORRELATIONS], b = a * correlations[j % N_CORRELATIONS];
            struct theory_pair got, want = cases[i].exact(a, b);
            if (a > cases[i].largest)
                break;
            assert_int_equal(theory_gauss_pair(&activation, a, b, cases[i].level, &got, &error), BASE_OK);
            double noise = cases[i].cancels ? 1e-16 * sqrt(a * want.phi) : 0;
            assert_within(got.phi, want.phi, 1e-12 * want.phi + noise);
            assert_within(got.dphi, want.dphi, 1e-12 * want.dphi);
            if (!isnan(want.dphi2))
                assert_within(got.dphi2, want.dphi2, 1e-12 * want.dphi2);
            /* a rate is a difference of nodes over √(a−b) */
            const double rate_noise = 1e-12 * want.dphi / a / (1 - correlations[j % N_CORRELATIONS]);
            if (b < a)
                assert_within(got.dphi_rate, want.dphi_rate, 1e-12 * want.dphi_rate + rate_noise);
            else
                assert_true(isnan(got.dphi_rate) && isnan(got.dphi2_rate));
            if (b < a && !isnan(want.dphi2))
                assert_within(got.dphi2_rate, want.dphi2_rate, 1e-12 * want.dphi2_rate + rate_noise);
        }
        net_activation_close(&activation);
    }
}

static void edges_hold(void **state)
{
    (void)state;
    struct theory_pair pair = pair_of("tanh", 3.64, 0, 2);
    assert_true(pair.phi == 0); /* an odd φ, exactly */
    pair = pair_of("tanh", 0, 0, 0);
    assert_true(pair.phi == 0);
    assert_close(pair.dphi, 1.0, 1e-15);
    pair = pair_of("relu", 2, nextafter(2, 3), 1);
    assert_close(pair.phi, 1.0, 1e-13);
    assert_close(pair.dphi, 0.5, 1e-13);
    pair = pair_of("sigmoid", 0, 0, 0);
    assert_close(pair.phi, 0.25, 1e-15);
}

/* The independent rule: ∫∫ Dz₁Dz₂ g(√a z₁) g(√a (c z₁ + √(1−c²) z₂)), nested adaptive Gauss–Kronrod. */
struct nested {
    double (*g)(double u);
    double a, c, z1, kink;
    gsl_integration_workspace *outer, *inner;
};

static double adaptive(double (*f)(double, void *), struct nested *nested, double split,
                       gsl_integration_workspace *work)
{
    double bounds[3] = {-9.5, fmin(9.4, fmax(-9.4, split)), 9.5}, sum = 0;
    for (int i = 0; i < 2; i++) {
        double part, ignored;
        gsl_function function = {f, nested};
        gsl_integration_qag(&function, bounds[i], bounds[i + 1], 1e-14, 1e-12, 400, GSL_INTEG_GAUSS61, work,
                            &part, &ignored);
        sum += part;
    }
    return sum;
}

static double inner_integrand(double z2, void *parameters)
{
    const struct nested *n = parameters;
    return exp(-0.5 * z2 * z2) / sqrt(2 * pi) *
           n->g(sqrt(n->a) * (n->c * n->z1 + sqrt(1 - n->c * n->c) * z2));
}

static double outer_integrand(double z1, void *parameters)
{
    struct nested *n = parameters;
    n->z1 = z1;
    double split = (n->kink / sqrt(n->a) - n->c * z1) / sqrt(1 - n->c * n->c);
    return exp(-0.5 * z1 * z1) / sqrt(2 * pi) * n->g(sqrt(n->a) * z1) *
           adaptive(inner_integrand, n, split, n->inner);
}

static double nested_integral(double (*g)(double), double a, double c, double kink)
{
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    struct nested nested = {.g = g, .a = a, .c = c, .kink = kink};
    nested.outer = gsl_integration_workspace_alloc(400);
    nested.inner = gsl_integration_workspace_alloc(400);
    double value = adaptive(outer_integrand, &nested, kink / sqrt(a), nested.outer);
    gsl_integration_workspace_free(nested.outer);
    gsl_integration_workspace_free(nested.inner);
    gsl_set_error_handler(handler);
    return value;
}

static double tanh_slope(double u)
{
    return 1 / (cosh(u) * cosh(u));
}

static double bent(double u)
{
    return fabs(u - 0.3);
}

static double bent_slope(double u)
{
    return u < 0.3 ? -1 : 1;
}

static double softplus(double u)
{
    return fmax(u, 0) + log1p(exp(-fabs(u)));
}

static double logistic(double u)
{
    return 1 / (1 + exp(-u));
}

static void another_rule_agrees(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double (*phi)(double), (*dphi)(double);
        double kink;
    } cases[] = {{"tanh", tanh, tanh_slope, 0},
                 {"tanh(x)", tanh, tanh_slope, 0},
                 {"softplus", softplus, logistic, 0},
                 {"abs(x-0.3)", bent, bent_slope, 0.3}};
    static const double at[][2] = {{3.637, 0.1931}, {1.385, 0.7213}, {0.2718, 0.9917}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t j = 0; j < sizeof at / sizeof *at; j++) {
            double a = at[j][0], c = at[j][1];
            struct theory_pair pair = pair_of(cases[i].text, a, a * c, 3);
            assert_close(pair.phi, nested_integral(cases[i].phi, a, c, cases[i].kink), 1e-10);
            assert_close(pair.dphi, nested_integral(cases[i].dphi, a, c, cases[i].kink), 1e-10);
        }
}

static void tanh_of_large_variance_converges(void **state)
{
    (void)state;
    struct theory_pair pair = pair_of("tanh", 60, 13.37, 5), finer = pair_of("tanh", 60, 13.37, 7);
    assert_close(pair.phi, finer.phi, 1e-13);
    assert_close(pair.dphi, finer.dphi, 1e-13);
}

static void integrals_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double a;
    } cases[] = {{"exp(x^2/8)", 4}, {"relu", 1e307}, {"exp(x)", 1e6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_activation activation;
        struct base_error error = {""};
        struct theory_pair pair;
        assert_int_equal(net_activation_open(&activation, cases[i].text, &error), BASE_OK);
        assert_int_equal(theory_gauss_pair(&activation, cases[i].a, 0, 0, &pair, &error), BASE_UNRESOLVED);
        assert_non_null(strstr(error.text, "overflows or is infinite"));
        net_activation_close(&activation);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(closed_forms_hold),
    cmocka_unit_test(edges_hold),
    cmocka_unit_test(another_rule_agrees),
    cmocka_unit_test(tanh_of_large_variance_converges),
    cmocka_unit_test(integrals_that_do_not_exist_are_refused),
};
const struct test_group tests_theory_gauss = TEST_GROUP(tests);
