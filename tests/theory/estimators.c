/* Predictions for estimates of F: by hand, over pairs of samples, and against simulation. */
#include "theory/theory.h"

#include "measure/measure.h"
#include "net/shape.h"
#include "tests.h"

#include <gsl/gsl_integration.h>
#include <math.h>

static const double pi = 3.14159265358979323846;

struct moment {
    double v, c;
};

/* (3g² + 6g m² + m⁴)/(g + m²) is E r⁴/E r² of r ~ N(m, g), at m = √c z */
static double quartic(double z, void *parameters)
{
    const struct moment *of = parameters;
    const double g = of->v - of->c, m = sqrt(of->c) * z;
    return (3 * g * g + 6 * g * m * m + pow(m, 4)) / (g + m * m) * exp(-z * z / 2) / sqrt(2 * pi);
}

static double quartic_mean(double v, double c)
{
    struct moment of = {v, c};
    gsl_function f = {quartic, &of};
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
    double mean, error;
    assert_non_null(work);
    assert_int_equal(gsl_integration_qagi(&f, 0, 1e-11, 1000, work, &mean, &error), 0);
    gsl_integration_workspace_free(work);
    return mean;
}

static struct theory_estimators predicted(const struct theory_order *order, const struct net_architecture *a)
{
    struct theory_estimators got;
    struct base_error error;
    assert_int_equal(theory_estimators_predict(order, a, &got, &error), BASE_OK);
    return got;
}

/* Linear, L = 2, by hand: q̂_1 = 1, w + b ; q̂_2 = 0, b ; q̃ = w, 1 ; q^L_1 = w(w+b)+b, q^L_2 = wb + b. */
static void linear_by_hand(void **state)
{
    (void)state;
    const double w = 1.3, T = 40, n = 3;
    for (double b = 0.2; b < 50; b *= 10) { /* also far from 1 */
        const double k1 = 100 * w + 300 * (w + b), k2 = 300 * b, v = 1 + w * (w + b) + b, c = w * b + b;
        const double largest = k1 / T + (T - 1) / T * k2;
        struct net_architecture a = {.L = 2, .T = 40, .M = 200, .draws = 3, .widths = {100, 300}};
        struct net_activation activation;
        struct theory_order order;
        struct base_error error;
        assert_int_equal(net_activation_open(&activation, "linear", &error), BASE_OK);
        assert_int_equal(theory_order_solve(&order, &activation, w, b, 2, 1e-12, &error), BASE_OK);
        for (double C = 1; C <= 4; C += 3) {
            a.C = (size_t)C;
            a.widths[2] = a.C;
            a.P = 300 * 101 + C * 301;
            const struct theory_estimators got = predicted(&order, &a);
            assert_close(got.trace[0], C * k1, 1e-13);
            assert_close(got.trace[1], C * k1 * v, 1e-13);
            assert_close(got.frobenius2[0],
                         C * (k1 * k1 + (T - 1) * k2 * k2) / T + (C * C + C) * k1 * k1 / (n * T), 1e-13);
            assert_close(got.frobenius2[1],
                         (C * C + 2 * C) * k1 * k1 * v * v / T +
                             (T - 1) / T * k2 * k2 * (C * v * v + (C * C + C) * c * c),
                         1e-13);
            assert_close(got.trace_variance, 2 * C * k1 * k1 / (n * T), 1e-13);
            if (a.C == 1) {
                assert_close(got.eig_max[0], largest + 2 / (n * T) * (k1 - largest), 1e-13);
                assert_close(got.eig_max[1], k2 * v + (k1 - k2) / T * quartic_mean(v, c), 1e-10);
            } else {
                assert_close(got.eig_max[0],
                             k2 * pow(1 + sqrt(C / (n * T)), 2) + (k1 - k2) / T * (1 + (C + 1) / n), 1e-13);
                assert_true(isnan(got.eig_max[1]));
            }
        }
        theory_order_free(&order);
        net_activation_close(&activation);
    }
}

/* One sample: F̂ has rank one for one output, and its largest eigenvalue is its trace. */
static void one_sample_and_no_outlier(void **state)
{
    (void)state;
    struct net_architecture a = {
        .L = 2, .C = 1, .T = 1, .M = 200, .draws = 1, .P = 1e5, .widths = {200, 200, 1}};
    struct net_activation activation;
    struct theory_order order;
    struct base_error error;
    assert_int_equal(net_activation_open(&activation, "tanh", &error), BASE_OK);
    assert_int_equal(theory_order_solve(&order, &activation, 2, 0, 2, 1e-12, &error), BASE_OK);
    struct theory_estimators got = predicted(&order, &a);
    assert_close(got.eig_max[0], got.trace[0], 1e-14);
    assert_close(got.eig_max[1], got.trace[1], 1e-14);
    assert_close(got.frobenius2[0], 3 * pow(got.trace[0], 2), 1e-14); /* E ε⁴ */
    a.T = 20;                                                         /* κ_2 = 0 */
    got = predicted(&order, &a);
    assert_true(isnan(got.eig_max[0]) && isnan(got.eig_max[1]) && isfinite(got.frobenius2[1]));
    theory_order_free(&order);
    net_activation_close(&activation);
}

/* Given inputs that are all alike in norm and overlap: the pair form is the two-number form. */
static void given_inputs_sum_over_pairs(void **state)
{
    (void)state;
    enum { T = 12, PAIRS = T * (T + 1) / 2, N = 2 * PAIRS };
    double q[3 * PAIRS], qhat[3 * PAIRS], qtilde[3 * PAIRS], q2[6], qhat2[6], qtilde2[6];
    size_t s[PAIRS], t[PAIRS], p = T, only[2] = {0, 0};
    for (size_t i = 0; i < T; i++) {
        s[i] = t[i] = i;
        for (size_t j = i + 1; j < T; j++, p++)
            s[p] = i, t[p] = j;
    }
    for (size_t l = 0; l < 3; l++)
        for (size_t e = 0; e < 2; e++) {
            q2[2 * l + e] = 1.1 + 0.3 * (double)l - 0.4 * (double)e;
            qhat2[2 * l + e] = 0.9 + 0.2 * (double)l - 0.5 * (double)e;
            qtilde2[2 * l + e] = 1.7 - 0.1 * (double)l - 0.3 * (double)e;
            for (p = e == 0 ? 0 : T; p < (e == 0 ? T : PAIRS); p++) {
                q[l * PAIRS + p] = q2[2 * l + e];
                qhat[l * PAIRS + p] = qhat2[2 * l + e];
                qtilde[l * PAIRS + p] = qtilde2[2 * l + e];
            }
        }
    const struct theory_order given = {
        .L = 2, .samples = T, .pairs = PAIRS, .s = s, .t = t, .q = q, .qhat = qhat, .qtilde = qtilde};
    const struct theory_order alike = {
        .L = 2, .samples = 1, .pairs = 2, .s = only, .t = only, .q = q2, .qhat = qhat2, .qtilde = qtilde2};
    const struct net_architecture a = {
        .L = 2, .C = 3, .T = T, .M = 20, .draws = 2, .P = 1e3, .widths = {20, 30, 3}};
    const struct theory_estimators x = predicted(&given, &a), y = predicted(&alike, &a);
    for (int kind = 0; kind < 2; kind++) {
        assert_close(x.trace[kind], y.trace[kind], 1e-13);
        assert_close(x.frobenius2[kind], y.frobenius2[kind], 1e-13);
        assert_true(isnan(x.eig_max[kind]));
    }
    assert_close(x.trace_variance, y.trace_variance, 1e-13);
}

/* Averages over targets y ~ N(0, I) are what theory has without any. They are polynomials of degree 4, which
 * Hermite's nodes 0 and ±√3 of weights 2/3 and 1/6 integrate. And of one sample and output E(y − f)⁴ is y⁴ +
 * 6y²q + 3q². */
static void targets_average_to_random_ones(void **state)
{
    (void)state;
    enum { C = 2, T = 2, CT = C * T, POINTS = 81 };
    static const double nodes[3] = {0, 1.7320508075688772, -1.7320508075688772},
                        weights[3] = {2. / 3, 1. / 6, 1. / 6};
    const double gram[T * T] = {1.3, 0.4, NAN, 0.7};
    double y[CT], trace = 0, frobenius2 = 0;
    struct net_architecture a = {
        .L = 3, .C = C, .T = T, .CT = CT, .M = 20, .draws = 1, .P = 1e3, .widths = {20, 30, 20, C}};
    struct net_activation activation;
    struct theory_order order;
    struct base_error error;
    assert_int_equal(net_activation_open(&activation, "tanh", &error), BASE_OK);
    assert_int_equal(theory_kernel_solve(&order, &activation, 2, 0.3, 3, T, gram, 1e-12, &error), BASE_OK);
    const struct theory_estimators random = predicted(&order, &a);
    a.targets = y;
    for (size_t i = 0; i < POINTS; i++) {
        double w = 1;
        for (size_t j = 0, rest = i; j < CT; j++, rest /= 3) {
            y[j] = nodes[rest % 3];
            w *= weights[rest % 3];
        }
        const struct theory_estimators given = predicted(&order, &a);
        trace += w * given.trace[1];
        frobenius2 += w * given.frobenius2[1];
        assert_true(given.trace[0] == random.trace[0] && given.frobenius2[0] == random.frobenius2[0]);
    }
    assert_close(trace, random.trace[1], 1e-13);
    assert_close(frobenius2, random.frobenius2[1], 1e-13);
    theory_order_free(&order);

    a.C = a.T = a.CT = 1;
    assert_int_equal(theory_kernel_solve(&order, &activation, 2, 0.3, 3, 1, gram, 1e-12, &error), BASE_OK);
    const double q = order.q[3], k = sqrt(predicted(&order, &a).frobenius2[0] / 3); /* E ε⁴ = 3 */
    y[0] = 0.7;
    assert_close(predicted(&order, &a).trace[1], k * (0.49 + q), 1e-13);
    assert_close(predicted(&order, &a).frobenius2[1], k * k * (0.2401 + 6 * 0.49 * q + 3 * q * q), 1e-13);
    theory_order_free(&order);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(targets_average_to_random_ones),
    cmocka_unit_test(linear_by_hand),
    cmocka_unit_test(one_sample_and_no_outlier),
    cmocka_unit_test(given_inputs_sum_over_pairs),
};
const struct test_group tests_theory_estimators = TEST_GROUP(tests);

/* ---- simulation against theory */

enum { VARIABLES = 5 };

static void ratios(const struct shape *shape, size_t draws, size_t networks, double mean[VARIABLES][2],
                   double error_of[VARIABLES][2])
{
    struct net_architecture a;
    struct net_activation activation;
    struct theory_order order;
    struct net_gram gram;
    struct base_error error = {""};
    void *sampled = NULL, *work = NULL;
    double predicted_[VARIABLES][2], measured[VARIABLES][2], square[VARIABLES][2] = {{0}};
    double *predictions[VARIABLES], *values[VARIABLES];
    shape_open(shape, &a, &activation);
    a.draws = draws;
    for (size_t v = 0; v < VARIABLES; v++) {
        predictions[v] = predicted_[v];
        values[v] = measured[v];
        for (int i = 0; i < 2; i++)
            predicted_[v][i] = measured[v][i] = NAN, mean[v][i] = 0;
    }
    assert_int_equal(
        theory_order_solve(&order, &activation, a.weight_variance, a.bias_variance, a.L, 1e-10, &error),
        BASE_OK);
    assert_int_equal(measure_estimators.predict(&order, &a, predictions, &error), BASE_OK);
    const struct net_sampler *sampler = net_sampler_choose(EXPERIMENT_AUTO, &a);
    assert_int_equal(sampler->init(&sampled, &a, 1, 1e9, &error), BASE_OK);
    assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
    assert_int_equal(measure_estimators.init(&work, &a, &error), BASE_OK);
    for (size_t trial = 0; trial < networks; trial++) {
        assert_int_equal(sampler->sample(sampled, &activation, 11, trial, &gram, &error), BASE_OK);
        assert_int_equal(measure_estimators.run(work, &gram, values, &error), BASE_OK);
        for (size_t v = 0; v < VARIABLES; v++)
            for (int i = 0; i < 2; i++) {
                const double ratio = measured[v][i] / predicted_[v][i];
                mean[v][i] += ratio / (double)networks;
                square[v][i] += ratio * ratio / (double)networks;
            }
    }
    for (size_t v = 0; v < VARIABLES; v++)
        for (int i = 0; i < 2; i++)
            error_of[v][i] = sqrt((square[v][i] - mean[v][i] * mean[v][i]) / (double)(networks - 1));
    measure_estimators.free(work);
    net_gram_free(&gram);
    sampler->free(sampled);
    theory_order_free(&order);
    net_activation_close(&activation);
}

/* Traces, norms and the variance: the limit of large width, 2 r(2M) − r(M), is 1. Of the 3 · 6 tests each
 * alarms falsely at 4.5 standard errors with 7e-6, were the averages Gaussian, all of them with 1.2e-4; what
 * is left at 1/M² is below a quarter of (r(M) − 1)². */
static void estimators_agree_with_theory(void **state)
{
    (void)state;
    static const struct {
        struct shape narrow;
        size_t draws, networks;
    } settings[] = {{{"tanh", 3, 0.64, 3, 200, 1, 30, {1}}, 1, 3000},
                    {{"relu", 2, 0.1, 4, 200, 1, 20, {1, 0.7, 1.3, 1}}, 4, 3000},
                    {{"tanh", 3, 0.64, 3, 200, 4, 12, {1}}, 6, 1500}};
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
        struct shape wide = settings[s].narrow;
        double r1[VARIABLES][2], r2[VARIABLES][2], e1[VARIABLES][2], e2[VARIABLES][2];
        size_t judged = 0;
        wide.width *= 2;
        ratios(&settings[s].narrow, settings[s].draws, settings[s].networks, r1, e1);
        ratios(&wide, settings[s].draws, settings[s].networks, r2, e2);
        for (size_t v = 0; v < VARIABLES; v++)
            for (int i = 0; i < 2; i++) {
                if (v == 1 || isnan(r1[v][i])) /* the largest eigenvalue: to first order in 1/T alone */
                    continue;
                judged++;
                const double limit = 2 * r2[v][i] - r1[v][i], rest = 0.25 * pow(r1[v][i] - 1, 2),
                             deviation = sqrt(4 * e2[v][i] * e2[v][i] + e1[v][i] * e1[v][i]);
                print_message(
                    "setting %zu, variable %zu, kind %d: %.3f at M, %.3f at 2M, limit %.3f +- %.3f\n", s, v,
                    i, r1[v][i], r2[v][i], limit, deviation);
                assert_within(limit, 1, 4.5 * deviation + rest);
            }
        assert_int_equal(judged, 6);
    }
}

static const struct CMUnitTest slow_tests[] = {cmocka_unit_test(estimators_agree_with_theory)};
const struct test_group slow_theory_estimators = TEST_GROUP(slow_tests);
