/* Averages over softmax outputs against closed forms, independent quadrature and Monte Carlo; predictions
 * against spectra known in closed form and, in the slow suite, against simulated networks. */
#include "theory/theory.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "measure/measure.h"
#include "net/shape.h"
#include "net/weights.h"
#include "random/normal.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct theory_softmax_average averaged(double q1, double q2, size_t C)
{
    struct theory_softmax_average average = {.error = 0};
    struct base_error error = {""};
    if (theory_softmax_average(q1, q2, C, &average, &error) != BASE_OK)
        fail_msg("%s", error.text);
    assert_true(average.error <= 1e-7);
    return average;
}

/* tanh (3, 0.64), L = 3, by a quadrature other than this program's. */
static void two_outputs_have_known_values(void **state)
{
    (void)state;
    struct net_activation activation;
    struct theory_order order;
    struct base_error error;
    assert_int_equal(net_activation_open(&activation, "tanh", &error), BASE_OK);
    assert_int_equal(theory_order_solve(&order, &activation, 3, 0.64, 3, 1e-12, &error), BASE_OK);
    const struct theory_softmax_average got = averaged(order.q[3 * 2], order.q[3 * 2 + 1], 2);
    assert_within(got.beta[0], 0.2894429, 6e-8);
    assert_within(got.beta[1], 0.0885391, 6e-8);
    assert_within(got.beta[2], 0.1096290, 6e-8);
    theory_order_free(&order);
    net_activation_close(&activation);
}

/* p(1−p) of the logistic p at d, without overflow */
static double slope(double d)
{
    const double tail = exp(-fabs(d));
    return tail / ((1 + tail) * (1 + tail));
}

/* d = f_1 − f_2 ~ N(0, 2q), s = p(1−p): β_1 = 2E s, β_2 = 4E s_s s_t, β_3 = 4E s²; E_x Q has one eigenvalue,
 * so its mean is β_1. */
static void two_outputs_are_logistic(void **state)
{
    (void)state;
    static const double q[][2] = {{0.013, 0.007}, {2.45, 1.11}, {2.45, 0}, {2.45, 2.449}, {31, 3.3}};
    for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
        const double h = 0.02, common = sqrt(2 * q[i][1]), own = sqrt(2 * (q[i][0] - q[i][1]));
        double beta[3] = {0};
        for (double z = -8; z <= 8; z += h) {
            double inner = 0;
            for (double x = -8; x <= 8; x += h) {
                const double w = h / sqrt(2 * 3.14159265358979323846) * exp(-0.5 * x * x),
                             s = slope(common * z + own * x);
                inner += w * s;
                beta[2] += 4 * h / sqrt(2 * 3.14159265358979323846) * exp(-0.5 * z * z) * w * s * s;
            }
            const double w = h / sqrt(2 * 3.14159265358979323846) * exp(-0.5 * z * z);
            beta[0] += 2 * w * inner;
            beta[1] += 4 * w * inner * inner;
        }
        const struct theory_softmax_average got = averaged(q[i][0], q[i][1], 2);
        for (size_t e = 0; e < 3; e++)
            assert_close(got.beta[e], beta[e], 1e-8);
        assert_close(got.largest, beta[0], 1e-5);
    }
}

/* f → 0: Q = (1 − 11ᵀ/C)/C. q_2 = 0: E_x Q = β_1/(C−1) (1 − 11ᵀ/C). q_2 = q_1: β_2 = β_3. */
static void limits_are_closed(void **state)
{
    (void)state;
    static const size_t Cs[] = {2, 3, 10, 40};
    for (size_t i = 0; i < sizeof Cs / sizeof *Cs; i++) {
        const double C = (double)Cs[i];
        struct theory_softmax_average got = averaged(1e-10, 0.4e-10, Cs[i]);
        assert_close(got.beta[0], 1 - 1 / C, 1e-8);
        assert_close(got.beta[1], (C - 1) / (C * C), 1e-8);
        assert_close(got.beta[2], (C - 1) / (C * C), 1e-8);
        assert_close(got.largest, 1 / C, 1e-4);
        got = averaged(2.385, 0, Cs[i]);
        assert_close(got.largest, got.beta[0] / (C - 1), 1e-5);
        got = averaged(2.385, 2.385, Cs[i]);
        assert_close(got.beta[1], got.beta[2], 1e-8);
    }
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct theory_softmax_average average;
    struct base_error error = {""};
    assert_int_equal(theory_softmax_average(2, 1, 1, &average, &error), BASE_UNRESOLVED);
    assert_int_equal(theory_softmax_average(INFINITY, 1, 3, &average, &error), BASE_UNRESOLVED);
    assert_int_equal(theory_softmax_average(1e4, 9999, 10, &average, &error), BASE_UNRESOLVED);
    assert_non_null(strstr(error.text, "10000"));
    averaged(1e4, 5e3, 10); /* very large outputs that differ are fine */
}

/* ---- Monte Carlo */

enum { MOST_OUTPUTS = 10 };

static void softmax_of(size_t C, double common, double own, const double *z, const double *x, double *g)
{
    double f[MOST_OUTPUTS];
    for (size_t k = 0; k < C; k++)
        f[k] = common * z[k] + own * x[k];
    fisher_softmax_outputs(C, 1, f, g);
}

static double trace_of_product(size_t C, const double *g, const double *h)
{
    double gh = 0, ggh = 0, ghh = 0;
    for (size_t k = 0; k < C; k++) {
        gh += g[k] * h[k];
        ggh += g[k] * g[k] * h[k];
        ghh += g[k] * h[k] * h[k];
    }
    return gh - ggh - ghh + gh * gh;
}

/* |mean − expected| within `sigmas` standard errors, and these small. */
static void assert_mean(size_t n, const double *x, double expected, double sigmas, double relative)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / (double)(n - 1);
    const double deviation = sqrt(variance / (double)n);
    assert_true(deviation < relative * expected);
    assert_within(mean, expected, sigmas * deviation);
}

/* 12 tests at 4.5 standard errors: false alarms 8e-5 together. */
static void averages_agree_with_monte_carlo(void **state)
{
    (void)state;
    enum { N = 20000 };
    static const struct {
        double q1, q2;
        size_t C;
    } cases[] = {{2.2, 1.3, 3}, {2.2, 1.3, 10}, {17, 2, 10}, {0.3, 0.25, 3}};
    double *numbers = malloc(3 * N * sizeof *numbers), *normals = malloc(3 * MOST_OUTPUTS * sizeof *normals);
    assert_true(numbers != NULL && normals != NULL);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const size_t C = cases[c].C;
        const double common = sqrt(cases[c].q2), own = sqrt(cases[c].q1 - cases[c].q2);
        for (size_t i = 0; i < N; i++) {
            double g[MOST_OUTPUTS], h[MOST_OUTPUTS];
            random_normals(5, c, 3 * MOST_OUTPUTS * i, 3 * MOST_OUTPUTS, normals);
            softmax_of(C, common, own, normals, normals + MOST_OUTPUTS, g);
            softmax_of(C, common, own, normals, normals + 2 * MOST_OUTPUTS, h);
            numbers[i] = 1;
            for (size_t k = 0; k < C; k++)
                numbers[i] -= g[k] * g[k];
            numbers[N + i] = trace_of_product(C, g, h);
            numbers[2 * N + i] = trace_of_product(C, g, g);
        }
        const struct theory_softmax_average got = averaged(cases[c].q1, cases[c].q2, C);
        for (size_t e = 0; e < 3; e++)
            assert_mean(N, numbers + e * N, got.beta[e], 4.5, 0.02);
    }
    free(numbers);
    free(normals);
}

/* E_z λ_max(E_x Q) by 400 z with 1000 x each, whose noise raises λ_max by less than 0.5 %; the prediction's
 * own standard error counts too. 2 tests at 4.5 standard errors: false alarms 1.4e-5. */
static void largest_agrees_with_monte_carlo(void **state)
{
    (void)state;
    enum { Z = 400, X = 1000 };
    static const size_t Cs[] = {3, 10};
    const double q1 = 2.2, q2 = 1.3;
    for (size_t c = 0; c < 2; c++) {
        const size_t C = Cs[c];
        double z[MOST_OUTPUTS], x[MOST_OUTPUTS], sum = 0, squares = 0;
        for (size_t i = 0; i < Z; i++) {
            double Q[MOST_OUTPUTS * MOST_OUTPUTS] = {0}, values[MOST_OUTPUTS];
            struct base_error error;
            random_normals(6, c, MOST_OUTPUTS * i, MOST_OUTPUTS, z);
            for (size_t j = 0; j < X; j++) {
                double g[MOST_OUTPUTS];
                random_normals(7 + i, c, MOST_OUTPUTS * j, MOST_OUTPUTS, x);
                softmax_of(C, sqrt(q2), sqrt(q1 - q2), z, x, g);
                for (size_t k = 0; k < C; k++)
                    for (size_t k2 = k; k2 < C; k2++)
                        Q[k * C + k2] += ((k == k2 ? g[k] : 0) - g[k] * g[k2]) / X;
            }
            assert_int_equal(linalg_eigenvalues(C, Q, values, &error), BASE_OK);
            sum += values[0] / Z;
            squares += values[0] * values[0] / Z;
        }
        const struct theory_softmax_average got = averaged(q1, q2, C);
        const double variance = (squares - sum * sum) / Z + got.largest_error * got.largest_error;
        assert_within(sum, got.largest, 4.5 * sqrt(variance) + 0.005 * got.largest);
        assert_true(sqrt(variance) < 0.011 * got.largest && got.largest_error < 0.004 * got.largest);
    }
}

/* ---- predictions */

enum { MOST_SAMPLES = 12, MOST_PAIRS = MOST_SAMPLES * (MOST_SAMPLES + 1) / 2 };

/* An order of one layer of made-up numbers: u^1 = f, q̃^1 = 1. */
struct made {
    struct theory_order order;
    size_t s[MOST_PAIRS], t[MOST_PAIRS];
    double q[2 * MOST_PAIRS], qhat[2 * MOST_PAIRS], qtilde[2 * MOST_PAIRS];
    struct net_architecture a;
};

static void make(struct made *m, size_t samples, size_t C, size_t T, const double q[2], const double qhat[2])
{
    memset(m, 0, sizeof *m);
    m->order = (struct theory_order){
        .L = 1, .samples = samples, .s = m->s, .t = m->t, .q = m->q, .qhat = m->qhat, .qtilde = m->qtilde};
    size_t n = 0;
    for (; n < samples; n++)
        m->s[n] = m->t[n] = n;
    for (size_t s = 0; s < samples && samples > 1; s++)
        for (size_t t = s + 1; t < samples; t++, n++) {
            m->s[n] = s;
            m->t[n] = t;
        }
    m->order.pairs = samples == 1 ? 2 : n;
    for (size_t p = 0; p < m->order.pairs; p++) {
        const size_t e = p >= samples;
        m->q[m->order.pairs + p] = q[e];
        m->qhat[p] = qhat[e];
        m->qtilde[m->order.pairs + p] = 1;
    }
    m->a = (struct net_architecture){.L = 1, .C = C, .T = T, .CT = C * T, .M = 1000, .widths = {1000, C}};
    m->a.P = (double)C * 1001;
}

static struct theory_softmax predicted(const struct made *m, const struct theory_softmax_average *average,
                                       double *spectrum)
{
    struct theory_softmax got;
    struct base_error error = {""};
    if (theory_softmax_predict(&m->order, &m->a, average, &got, spectrum, &error) != BASE_OK)
        fail_msg("%s", error.text);
    return got;
}

/* f → 0: BᵀF*B = (K ⊗ (1 − 11ᵀ/C))/C, K = (1001 − 301)/T 1 + (301/T) 11ᵀ: all in closed form, without noise.
 */
static void small_outputs_have_a_closed_spectrum(void **state)
{
    (void)state;
    enum { C = 4, T = 12 };
    const double q[2] = {1e-12, 0.3e-12}, qhat[2] = {1, 0.3};
    const struct theory_softmax_average average = averaged(q[0], q[1], C);
    for (size_t samples = 1; samples <= T; samples += T - 1) {
        struct made m;
        double spectrum[C * T];
        for (size_t i = 0; i < C * T; i++)
            spectrum[i] = NAN;
        make(&m, samples, C, T, q, qhat);
        const struct theory_softmax got = predicted(&m, samples == 1 ? &average : NULL, spectrum);
        const double outlier = (700 + 301.0 * T) / T / C, bulk = 700.0 / T / C;
        assert_close(got.eig_max_kernel, outlier, 1e-4);
        for (size_t rank = 0; rank < C * T; rank++)
            if (rank < (C - 1) * T)
                assert_close(spectrum[rank], rank < C - 1 ? outlier : bulk, 1e-4);
            else
                assert_true(isnan(spectrum[rank]));
        assert_close(got.eig_mean * m.a.P, 1000 * (C - 1.0) / C, 1e-6);
        assert_close(got.eig_second_moment * m.a.P, (C - 1.0) / (C * C) * (1e6 + (T - 1) * 300.0 * 300) / T,
                     1e-6);
        assert_close(got.eig_max_low, got.eig_second_moment / got.eig_mean, 1e-12);
        assert_close(got.eig_max_high, sqrt(got.eig_second_moment * m.a.P), 1e-12);
        if (samples == 1) /* T·300 < 7·1000 */
            assert_true(isnan(got.eig_max));
    }
}

/* Given inputs that all are alike in pairs are Gaussian ones. 2 tests at 4.5 standard errors: 1.4e-5. */
static void pairs_average_to_two_numbers(void **state)
{
    (void)state;
    enum { C = 5, T = 12 };
    const double q[2] = {2.385, 1.7}, qhat[2] = {1, 0.8};
    const struct theory_softmax_average average = averaged(q[0], q[1], C);
    struct made two, all;
    make(&two, 1, C, T, q, qhat);
    make(&all, T, C, T, q, qhat);
    const struct theory_softmax x = predicted(&two, &average, NULL), y = predicted(&all, NULL, NULL);
    assert_true(y.moments_error > 1e-4 && y.moments_error < 0.03);
    assert_close(y.eig_mean, x.eig_mean, 1e-7);
    assert_close(y.eig_second_moment, x.eig_second_moment, 4.5 * y.moments_error);
    assert_true(x.kernel_error < 0.01 * x.eig_max_kernel && y.kernel_error < 0.03 * y.eig_max_kernel);
    assert_within(y.eig_max_kernel, x.eig_max_kernel, 4.5 * hypot(x.kernel_error, y.kernel_error));
    assert_true(x.eig_max_low < x.eig_max_kernel && x.eig_max_kernel < x.eig_max_high);
    assert_close(x.eig_max, (1000 + 11 * 800.0) / T * average.largest, 1e-12); /* T·800 > 7·1000 */
    assert_close(x.eig_max, x.eig_max_kernel, 0.06);
}

/* One sample: λ_max(K Q), for two outputs K tr Q: the regression on the trace leaves no noise. */
static void one_sample_has_the_largest_of_q(void **state)
{
    (void)state;
    const double q[2] = {2.385, 1.2}, qhat[2] = {1, 0.5};
    struct theory_softmax_average average = averaged(q[0], q[1], 2);
    struct made m;
    make(&m, 1, 2, 1, q, qhat);
    struct theory_softmax got = predicted(&m, &average, NULL);
    assert_close(got.eig_max_kernel, 1001 * average.beta[0], 1e-9);
    /* and for more, one number by two ways: 4.5 standard errors, 7e-6 */
    average = averaged(q[0], q[0], 6);
    make(&m, 1, 6, 1, (const double[]){q[0], q[0]}, qhat);
    got = predicted(&m, &average, NULL);
    assert_within(got.eig_max_kernel, 1001 * average.largest,
                  4.5 * hypot(got.kernel_error, 1001 * average.largest_error));
    assert_true(got.kernel_error < 0.01 * got.eig_max_kernel);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(two_outputs_have_known_values),
    cmocka_unit_test(two_outputs_are_logistic),
    cmocka_unit_test(limits_are_closed),
    cmocka_unit_test(too_much_is_refused),
    cmocka_unit_test(averages_agree_with_monte_carlo),
    cmocka_unit_test(largest_agrees_with_monte_carlo),
    cmocka_unit_test(small_outputs_have_a_closed_spectrum),
    cmocka_unit_test(pairs_average_to_two_numbers),
    cmocka_unit_test(one_sample_has_the_largest_of_q),
};
const struct test_group tests_theory_softmax = TEST_GROUP(tests);

/* ---- against simulated networks */

enum { NETWORKS = 100, NUMBERS = 3, VARIABLES = 7 };

/* Means of the measure over networks from the conditional sampler, and their standard errors. */
static void simulate(const struct net_architecture *a, const struct net_activation *activation,
                     double mean[NUMBERS], double deviation[NUMBERS])
{
    struct net_gram gram;
    struct base_error error = {""};
    void *sampler = NULL, *work = NULL;
    double squares[NUMBERS] = {0};
    memset(mean, 0, NUMBERS * sizeof *mean);
    assert_int_equal(
        net_sampler_conditional.init(&sampler, a, 1, net_sampler_conditional.memory(a, 1).most, &error),
        BASE_OK);
    assert_int_equal(net_gram_init(&gram, a, &error), BASE_OK);
    assert_int_equal(measure_softmax.init(&work, a, &error), BASE_OK);
    for (uint64_t trial = 0; trial < NETWORKS; trial++) {
        double numbers[NUMBERS], *values[VARIABLES] = {&numbers[0], &numbers[1], &numbers[2]};
        assert_int_equal(net_sampler_conditional.sample(sampler, activation, 23, trial, &gram, &error),
                         BASE_OK);
        assert_int_equal(measure_softmax.run(work, &gram, values, &error), BASE_OK);
        for (size_t i = 0; i < NUMBERS; i++) {
            mean[i] += numbers[i] / NETWORKS;
            squares[i] += numbers[i] * numbers[i] / NETWORKS;
        }
    }
    for (size_t i = 0; i < NUMBERS; i++)
        deviation[i] = sqrt((squares[i] - mean[i] * mean[i]) / (NETWORKS - 1));
    measure_softmax.free(work);
    net_gram_free(&gram);
    net_sampler_conditional.free(sampler);
}

/* C = 10, T = 60, M = 2400. The theory is of leading order in 1/M: beyond 4.5 standard errors (6 tests, false
 * alarms 4e-5) the ratios may miss 1 by what widths 600 to 9600 showed, 10/M, 60/M and 30/M for mean, second
 * moment and λ_max. */
static void networks_agree_with_theory(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 3, 0.64, 3, 2400, 10, 60, {1}},
                                          {"relu", 2, 0.1, 3, 2400, 10, 60, {1}}};
    static const double allowed[NUMBERS] = {10 / 2400.0, 60 / 2400.0, 30 / 2400.0};
    static const char *const names[NUMBERS] = {"mean", "second moment", "largest, kernel"};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct net_architecture a;
        struct net_activation activation = {0};
        struct theory_order order;
        struct theory_softmax theory;
        struct base_error error = {""};
        double mean[NUMBERS], deviation[NUMBERS];
        shape_open(&shapes[s], &a, &activation);
        assert_int_equal(
            theory_order_solve(&order, &activation, a.weight_variance, a.bias_variance, a.L, 1e-12, &error),
            BASE_OK);
        const struct theory_softmax_average average = averaged(order.q[2 * a.L], order.q[2 * a.L + 1], a.C);
        assert_int_equal(theory_softmax_predict(&order, &a, &average, &theory, NULL, &error), BASE_OK);
        simulate(&a, &activation, mean, deviation);
        const double expected[NUMBERS] = {theory.eig_mean, theory.eig_second_moment, theory.eig_max_kernel};
        for (size_t i = 0; i < NUMBERS; i++) {
            print_message("%s, %s: measured/theory %.4f +- %.4f\n", shapes[s].activation, names[i],
                          mean[i] / expected[i], deviation[i] / expected[i]);
            assert_within(mean[i], expected[i], 4.5 * deviation[i] + allowed[i] * expected[i]);
        }
        assert_close(theory.eig_max, theory.eig_max_kernel, 0.06); /* the point prediction */
        assert_true(theory.eig_max_low < mean[2] && mean[2] < theory.eig_max_high);
        theory_order_free(&order);
        net_activation_close(&activation);
    }
}

/* Inputs given once and for all: two clusters, of unequal norms. */
static void fill_inputs(size_t M_0, size_t T, double *inputs)
{
    double *cluster = malloc(2 * M_0 * sizeof *cluster);
    assert_non_null(cluster);
    random_normals(8, 1, 0, 2 * M_0, cluster);
    random_normals(8, 2, 0, M_0 * T, inputs);
    for (size_t i = 0; i < M_0; i++)
        for (size_t t = 0; t < T; t++)
            inputs[i * T + t] = (0.6 + 0.8 * (double)t / (double)T) *
                                (0.7 * inputs[i * T + t] + 0.7 * cluster[t % 2 * M_0 + i]);
    free(cluster);
}

/* Explicit networks on given inputs, M = 800, C = 4, T = 40, against predictions from pairs, whose errors
 * count too. 6 tests at 4.5 standard errors (false alarms 4e-5) beyond 10/M, 60/M and 30/M. */
static void networks_on_given_inputs_agree_with_theory(void **state)
{
    (void)state;
    enum { M = 800, C = 4, T = 40 };
    static const struct shape shapes[] = {{"tanh", 3, 0.64, 3, M, C, T, {1}},
                                          {"relu", 2, 0.1, 3, M, C, T, {1}}};
    static const double allowed[NUMBERS] = {10.0 / M, 60.0 / M, 30.0 / M};
    double *inputs = malloc(M * T * sizeof *inputs), *gram_inputs = malloc(T * T * sizeof *gram_inputs);
    assert_true(inputs != NULL && gram_inputs != NULL);
    fill_inputs(M, T, inputs);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct net_architecture a;
        struct net_activation activation = {0};
        struct net_weights network;
        struct net_gram gram;
        struct theory_order order;
        struct theory_softmax theory;
        struct base_error error = {""};
        void *work;
        double mean[NUMBERS] = {0}, squares[NUMBERS] = {0};
        shape_open(&shapes[s], &a, &activation);
        assert_int_equal(theory_gram_compute(M, T, inputs, gram_inputs, &error), BASE_OK);
        assert_int_equal(theory_kernel_solve(&order, &activation, a.weight_variance, a.bias_variance, a.L, T,
                                             gram_inputs, 1e-10, &error),
                         BASE_OK);
        assert_int_equal(theory_softmax_predict(&order, &a, NULL, &theory, NULL, &error), BASE_OK);
        assert_int_equal(net_weights_init(&network, &a, &error), BASE_OK);
        assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
        assert_int_equal(measure_softmax.init(&work, &a, &error), BASE_OK);
        for (uint64_t trial = 0; trial < NETWORKS; trial++) {
            double numbers[NUMBERS], *values[VARIABLES] = {&numbers[0], &numbers[1], &numbers[2]};
            net_weights_draw(&network, 24, trial);
            memcpy(network.h[0], inputs, M * T * sizeof *inputs);
            net_weights_forward(&network, &activation);
            net_weights_backward(&network);
            net_weights_gram(&network, &gram);
            assert_int_equal(measure_softmax.run(work, &gram, values, &error), BASE_OK);
            for (size_t i = 0; i < NUMBERS; i++) {
                mean[i] += numbers[i] / NETWORKS;
                squares[i] += numbers[i] * numbers[i] / NETWORKS;
            }
        }
        const double expected[NUMBERS] = {theory.eig_mean, theory.eig_second_moment, theory.eig_max_kernel};
        const double noise[NUMBERS] = {0, theory.moments_error * expected[1], theory.kernel_error};
        for (size_t i = 0; i < NUMBERS; i++) {
            const double deviation = hypot(sqrt((squares[i] - mean[i] * mean[i]) / (NETWORKS - 1)), noise[i]);
            print_message("%s, given inputs, number %zu: measured/theory %.4f +- %.4f\n",
                          shapes[s].activation, i, mean[i] / expected[i], deviation / expected[i]);
            assert_within(mean[i], expected[i], 4.5 * deviation + allowed[i] * expected[i]);
        }
        measure_softmax.free(work);
        net_weights_free(&network);
        net_gram_free(&gram);
        theory_order_free(&order);
        net_activation_close(&activation);
    }
    free(inputs);
    free(gram_inputs);
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(networks_agree_with_theory),
                                               cmocka_unit_test(networks_on_given_inputs_agree_with_theory)};
const struct test_group slow_theory_softmax = TEST_GROUP(slow_tests);
