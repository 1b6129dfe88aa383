#include "net/activation.h"

#include "tests.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

static struct net_activation opened(const char *text)
{
    struct net_activation activation;
    struct base_error error;
    int status = net_activation_open(&activation, text, &error);
    if (status != BASE_OK)
        print_error("%s\n", error.text);
    assert_int_equal(status, BASE_OK);
    return activation;
}

static double phi_at(const struct net_activation *activation, double u, double *dphi)
{
    double phi;
    net_activation_eval(activation, 1, &u, &phi, dphi);
    return phi;
}

static const double points[] = {-6.1803, -2.3853, -0.71837, -0.013417, 0.0027183,
                                0.57721, 1.4142,  3.3146,   7.0711};

static void slope_check(const char *text)
{
    struct net_activation activation = opened(text);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        double u = points[i], h = 1e-3, slope, ignored;
        phi_at(&activation, u, &slope);
        double near = phi_at(&activation, u + h, &ignored) - phi_at(&activation, u - h, &ignored);
        double far = phi_at(&activation, u + 2 * h, &ignored) - phi_at(&activation, u - 2 * h, &ignored);
        assert_within((8 * near - far) / (12 * h), slope, 1e-11);
    }
    net_activation_close(&activation);
}

static void slopes_are_derivatives(void **state)
{
    (void)state;
    for (const struct net_activation_kind *kind = net_activation_kinds; kind->name != NULL; kind++)
        slope_check(kind->name);
    static const char *const expressions[] = {"x*exp(-x^2/2)", "abs(x-0.3)", "atan(x)*x", "(abs(x)+x)/2"};
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        slope_check(expressions[i]);
}

static void values_are_those_of_the_formulas(void **state)
{
    (void)state;
    static const struct {
        const char *name, *expression;
    } pairs[] = {
        {"linear", "x"},
        {"relu", "(abs(x)+x)/2"},
        {"leaky_relu", "0.505*x+0.495*abs(x)"},
        {"tanh", "tanh(x)"},
        {"erf", "erf(x/sqrt(2))"},
        {"sigmoid", "1/(1+exp(-x))"},
        {"softplus", "log(1+exp(x))"},
        {"gelu", "x*(1+erf(x/sqrt(2)))/2"},
        {"silu", "x/(1+exp(-x))"},
        {"sin", "sin(x)"},
    };
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        struct net_activation named = opened(pairs[p].name), typed = opened(pairs[p].expression);
        for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
            double named_slope, typed_slope;
            double phi = phi_at(&named, points[i], &named_slope);
            assert_within(phi, phi_at(&typed, points[i], &typed_slope), 2e-15 * fmax(1, fabs(points[i])));
            assert_within(named_slope, typed_slope, 2e-15);
        }
        net_activation_close(&named);
        net_activation_close(&typed);
    }
}

static void large_inputs_stay_finite(void **state)
{
    (void)state;
    static const double u[] = {-1e200, -1e5, -745.3, -38.7, 38.7, 745.3, 1e5, 1e200};
    enum { N = sizeof u / sizeof *u };
    double phi[N], dphi[N];
    for (const struct net_activation_kind *kind = net_activation_kinds; kind->name != NULL; kind++) {
        kind->eval(N, u, phi, dphi);
        for (size_t i = 0; i < N; i++)
            assert_true(isfinite(phi[i]) && isfinite(dphi[i]));
    }
    struct net_activation softplus = opened("softplus"), gelu = opened("gelu"), tanh_ = opened("tanh"),
                          silu = opened("silu");
    double slope;
    assert_close(phi_at(&softplus, -38.7, &slope), exp(-38.7), 1e-14);
    assert_close(slope, exp(-38.7), 1e-14);
    assert_true(phi_at(&softplus, 1e5, &slope) == 1e5 && slope == 1);
    assert_close(phi_at(&gelu, -20, &slope), -20 * 2.753624118606233695e-89, 1e-12);
    assert_true(phi_at(&tanh_, -38.7, &slope) == -1);
    assert_within(slope, 0, 1e-15);
    assert_close(phi_at(&tanh_, 1.2345e-9, &slope), 1.2345e-9, 1e-15);
    assert_close(phi_at(&silu, -700, &slope), -700 * exp(-700), 1e-12);
}

static long double sigmoid_slope(long double u)
{
    const long double e = expl(-fabsl(u));
    return e / (1 + e) / (1 + e);
}
static long double tanh_slope(long double u)
{
    return 4 * sigmoid_slope(2 * u);
}
static long double sigmoid(long double u)
{
    return 1 / (1 + expl(-u));
}
static long double softplus(long double u)
{
    return (u < 0 ? 0 : u) + log1pl(expl(-fabsl(u)));
}
static long double silu(long double u)
{
    return u * sigmoid(u);
}
static long double silu_slope(long double u)
{
    return sigmoid(u) + u * sigmoid_slope(u);
}
static long double normal_cdf(long double u)
{
    return erfcl(-u / sqrtl(2)) / 2;
}
static long double normal_density(long double u)
{
    return expl(-u * u / 2) / sqrtl(8 * atanl(1));
}
static long double erf_(long double u)
{
    return erfl(u / sqrtl(2));
}
static long double erf_slope(long double u)
{
    return 2 * normal_density(u);
}
static long double gelu(long double u)
{
    return u * normal_cdf(u);
}
static long double gelu_slope(long double u)
{
    return normal_cdf(u) + u * normal_density(u);
}

/* Those that are vector code of our own: φ to the given relative error, φ' to the given absolute one. */
static const struct {
    const char *name;
    long double (*phi)(long double), (*dphi)(long double);
    double relative, absolute, largest; /* |u| up to this */
} vectorised[] = {
    {"tanh", tanhl, tanh_slope, 5e-16, 7e-16, 690}, {"sigmoid", sigmoid, sigmoid_slope, 5e-16, 3e-16, 690},
    {"silu", silu, silu_slope, 5e-16, 5e-16, 690},  {"softplus", softplus, sigmoid, 5e-16, 3e-16, 690},
    {"erf", erf_, erf_slope, 5e-16, 3e-16, 37.4},   {"gelu", gelu, gelu_slope, 9e-16, 5e-16, 37.4},
    {"sin", sinl, cosl, 4e-16, 4e-16, 0x1p20},
};
enum { N_VECTORISED = sizeof vectorised / sizeof *vectorised };

static void vectorised_are_accurate(void **state)
{
    (void)state;
    enum { N = 1 << 15 };
    static double u[N], phi[N], dphi[N];
    for (size_t k = 0; k < N_VECTORISED; k++) {
        struct net_activation a = opened(vectorised[k].name);
        for (size_t i = 0; i < N; i++) { /* all magnitudes, all values, and those of most networks */
            const double x = (double)(i / 3) / (N / 3 + 1), largest = vectorised[k].largest;
            u[i] = i % 3 == 0 ? largest * pow(10, 16 * (x - 1)) : (i % 3 == 1 ? largest : 6) * x;
            u[i] *= i % 2 ? 1 : -1;
        }
        net_activation_eval(&a, N, u, phi, dphi);
        for (size_t i = 0; i < N; i++) {
            const long double expected = vectorised[k].phi(u[i]), slope = vectorised[k].dphi(u[i]);
            if (!(fabsl(phi[i] - expected) <= vectorised[k].relative * fabsl(expected)))
                fail_msg("%s(%.17g) is %.17g, not %.20Lg", vectorised[k].name, u[i], phi[i], expected);
            if (!(fabsl(dphi[i] - slope) <= vectorised[k].absolute))
                fail_msg("%s'(%.17g) is %.17g, not %.20Lg", vectorised[k].name, u[i], dphi[i], slope);
        }
    }
}

/* The same for every compiler and CPU. */
static void vectorised_keep_their_bits(void **state)
{
    (void)state;
    enum { N = 4096 };
    static double u[N], phi[N], dphi[N];
    static const double steps[] = {1. / 1024, 1. / 117, 1. / 3, 1234.5};
    static const uint64_t expected[N_VECTORISED] = {
        0xde0a6d3def9d595e, 0xf6eba754466975cc, 0x54a78d7026c7bd86, 0x9e366479d8f7f2fb,
        0xb53f02f420650681, 0x3a38d4987b45c057, 0x7a18eedd2f8dc465}; /* as in the table */
    for (size_t k = 0; k < N_VECTORISED; k++) {
        struct net_activation a = opened(vectorised[k].name);
        uint64_t hash = 0;
        for (size_t s = 0; s < 4; s++) {
            for (size_t i = 0; i < N; i++)
                u[i] = (double)((int)i - N / 2) * steps[s];
            net_activation_eval(&a, N, u, phi, dphi);
            hash = hash_bits(hash_bits(hash, N, phi), N, dphi);
        }
        if (hash != expected[k])
            fail_msg("the bits of %s have changed: %016llx", vectorised[k].name, (unsigned long long)hash);
    }
}

/* Infinities, the least numbers, and where a function's own range ends. */
static void ends_are_defined(void **state)
{
    (void)state;
    struct net_activation erf = opened("erf"), gelu = opened("gelu"), softplus = opened("softplus"),
                          sin = opened("sin");
    double slope, other;
    assert_true(phi_at(&erf, INFINITY, &slope) == 1 && slope == 0);
    assert_true(phi_at(&erf, -INFINITY, &slope) == -1 && slope == 0);
    assert_close(phi_at(&erf, 1e-310, &slope), 7.9788456080286536e-311, 1e-12);
    assert_true(phi_at(&gelu, -37.3, &slope) < 0 && slope < 0);
    assert_true(phi_at(&gelu, -37.5, &slope) == 0 && slope == 0);
    assert_true(isinf(phi_at(&gelu, INFINITY, &slope)) && isnan(phi_at(&gelu, -INFINITY, &slope)));
    assert_true(isinf(phi_at(&softplus, INFINITY, &slope)) && slope == 1);
    assert_true(phi_at(&softplus, -INFINITY, &slope) < 1e-304 && slope < 1e-304);
    assert_true(phi_at(&sin, 5e-324, &slope) == 5e-324 && slope == 1);
    assert_true(isnan(phi_at(&sin, INFINITY, &slope)) && isnan(phi_at(&sin, -INFINITY, &slope)));
    for (double u = 0x1.2345p20; u < INFINITY; u *= 2) { /* its phase is that of 0x1.2345p19 */
        const double phi = phi_at(&sin, u, &slope);
        assert_true(phi == phi_at(&sin, 0x1.2345p19, &other) && slope == other);
        assert_true(phi == -phi_at(&sin, -u, &other) && slope == other);
    }
}

/* A diverged network must not look like a silent one. */
static void nan_stays_nan(void **state)
{
    (void)state;
    for (const struct net_activation_kind *kind = net_activation_kinds; kind->name != NULL; kind++) {
        double u = NAN, phi, dphi;
        kind->eval(1, &u, &phi, &dphi);
        assert_true(isnan(phi));
    }
}

static void kinks_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool smooth;
        size_t n;
        double kinks[4];
    } cases[] = {
        {"relu", false, 1, {0}},
        {"gelu", true, 0, {0}},
        {"x*exp(-x^2/2)", true, 0, {0}},
        {"1.5e-1*tanh(2*x)-log(1+exp(x))^3", true, 0, {0}},
        {"abs(x-0.3)", false, 2, {0, 0.3}},
        {"abs(x)+abs(x-1.7)", false, 2, {0, 1.7}},
        {"step(x)*x", false, 1, {0}},
        {"x*abs(x)", false, 1, {0}},
        {"(x^2)^1.5", false, 1, {0}},
        {"sqrt(1+x^2)", false, 1, {0}},
        {"step(x-2.385)*(x-2.385)", false, 2, {0, 2.385}},
        {"tanh(x)+0.001*abs(x+17.31)", false, 2, {-17.31, 0}},
        {"x^2+0.01*abs(x+1)+abs(x-0.001)", false, 3, {-1, 0, 0.001}},
        {"abs(sin(x/12))", false, 3, {-37.699111843077518, 0, 37.699111843077518}},
        {"abs(x-0.002)+3*abs(x-0.004)", false, 3, {0, 0.002, 0.004}}, /* within one interval of the scan */
        {"3*abs(x-0.002)+abs(x-0.004)", false, 3, {0, 0.002, 0.004}},
        {"abs(tanh(x)-0.5)", false, 2, {0, 0.54930614433405484570}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct net_activation activation = opened(cases[c].text);
        assert_int_equal(activation.smooth, cases[c].smooth);
        assert_int_equal(activation.n_kinks, cases[c].n);
        for (size_t k = 0; k < cases[c].n; k++)
            assert_within(activation.kinks[k], cases[c].kinks[k], 4e-15 * fmax(1, fabs(cases[c].kinks[k])));
        net_activation_close(&activation);
    }
}

static void slopes_at_kinks_are_finite(void **state)
{
    (void)state;
    struct net_activation activation = opened("step(x)*x");
    double slope, ignored;
    assert_true(phi_at(&activation, 0, &slope) == 0 && slope == 0.5);
    net_activation_close(&activation);
    activation = opened("x*exp(-x^2/2)");
    assert_true(phi_at(&activation, 1e200, &slope) == 0 && slope == 0);
    net_activation_close(&activation);
    activation = opened("exp(x)");
    assert_true(isinf(phi_at(&activation, 1e200, &slope)) && isinf(slope));
    net_activation_close(&activation);
    activation = opened("abs(x)^1.5");
    assert_true(phi_at(&activation, 0, &ignored) == 0);
    net_activation_close(&activation);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    static char overlong[1200];
    memset(overlong, 'x', sizeof overlong - 1);
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"gleu", "; did you mean gelu?"},
        {"GELU", "; did you mean gelu?"},
        {"leaky-ReLU", "; did you mean leaky_relu?"},
        {"foo(x)", "\"foo(x)\" is neither an activation (linear, relu, leaky_relu, tanh"},
        {"foo(x)", "silu, sin) nor an expression in x such as \"x*exp(-x^2/2)\": "},
        {"foo(x)", "unknown"},
        {"x+", "syntax"},
        {"ReLU", "takes ReLU for a variable"},
        {"y*x", "takes y for a variable"},
        {"3", "must depend on x"},
        {"x-x", "must depend on x"},
        {"", "empty"},
        {" \t", "empty"},
        {overlong, "longer than 1000"},
        {"x$", "character 2 "}, /* libmatheval alone would take these for x */
        {"x..", "character 2 "},
        {"x*1.2.", "character 6 "},
        {"x*1e-5.", "character 7 "},
        {"x*x2.", "character 5 "},
        {"x\n", "character 2 "},
        {"é*x", "character 1 "},
        {"sqrt(x)", "\"sqrt(x)\" cannot be an activation: it is not finite at x = -50"},
        {"log(x)", "not finite at x = -50"},
        {"1/x", "not finite at x = 0"},
        {"exp(x^2)", "not finite at x = -50"},
        {"sqrt(abs(x))", "unbounded near x = 0"},
        {"abs(x-0.3)^0.9", "unbounded near x = 0.3"},
        {"1/(x-0.3)", "unbounded near x = 0.3"},
        {"1/(x-4.396123)^3", "unbounded near x = 4.39612"},
        {"log(abs(x-0.3))", "unbounded near x = 0.3"},
        {"tan(x)", "unbounded near x = "},
        {"step(x)", "jumps at x = 0"},
        {"tanh(x)+0.01*step(x-0.3)", "jumps at x = 0.3"},
        {"abs(sin(x))", "more than 15 kinks"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct net_activation activation;
        struct base_error error = {""};
        assert_int_equal(net_activation_open(&activation, cases[c].text, &error), BASE_BAD_INPUT);
        if (strstr(error.text, cases[c].says) == NULL)
            fail_msg("\"%s\" is not in: %s", cases[c].says, error.text);
        net_activation_close(&activation);
    }
}

static void *open_and_sum(void *sum)
{
    double total = 0;
    for (int i = 0; i < 40; i++) {
        struct net_activation activation;
        struct base_error error;
        double slope = NAN;
        if (net_activation_open(&activation, i % 2 == 0 ? "tanh(x)*x" : "abs(x-0.3)", &error) != BASE_OK)
            return NULL;
        for (int j = 0; j < 1000; j++)
            total += phi_at(&activation, 0.01 * j - 3, &slope) + slope;
        net_activation_close(&activation);
    }
    *(double *)sum = total;
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    double alone = NAN, sums[THREADS];
    open_and_sum(&alone);
    assert_true(isfinite(alone));
    pthread_t threads[THREADS];
    for (size_t t = 0; t < THREADS; t++) {
        sums[t] = NAN;
        assert_int_equal(pthread_create(&threads[t], NULL, open_and_sum, &sums[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    for (size_t t = 0; t < THREADS; t++)
        assert_true(sums[t] == alone);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(slopes_are_derivatives),
    cmocka_unit_test(values_are_those_of_the_formulas),
    cmocka_unit_test(large_inputs_stay_finite),
    cmocka_unit_test(nan_stays_nan),
    cmocka_unit_test(vectorised_are_accurate),
    cmocka_unit_test(vectorised_keep_their_bits),
    cmocka_unit_test(ends_are_defined),
    cmocka_unit_test(kinks_are_found),
    cmocka_unit_test(slopes_at_kinks_are_finite),
    cmocka_unit_test(bad_texts_are_refused),
    cmocka_unit_test(threads_do_not_disturb_each_other),
};
const struct test_group tests_net_activation = TEST_GROUP(tests);
