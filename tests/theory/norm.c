/* Predictions of the Fisher–Rao norms against closed forms and another quadrature. */
#include "theory/theory.h"

#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

static struct theory_norm predicted(const struct shape *shape)
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct theory_order order;
    struct theory_norm norm;
    struct base_error error = {""};
    shape_open(shape, &a, &activation);
    assert_int_equal(
        theory_order_solve(&order, &activation, a.weight_variance, a.bias_variance, a.L, 1e-13, &error),
        BASE_OK);
    if (theory_norm_predict(&order, &activation, &a, &norm, &error) != BASE_OK)
        fail_msg("%s", error.text);
    theory_order_free(&order);
    net_activation_close(&activation);
    return norm;
}

/* f = Σ_l W^L…W^{l+1} b^l + W^L…W^1 x, of degree L−l+1 and L in θ: with w = σ_w², b = σ_b²
 * Var ḟ = L² w^L + Σ_l (L−l+1)² b w^{L−l}; q^l q̃^l = w^{L−l} q^l. */
static void linear_networks_are_closed(void **state)
{
    (void)state;
    const double w = 1.3, b = 0.2, C = 7;
    for (int64_t L = 1; L <= 5; L++) {
        struct theory_norm norm =
            predicted(&(struct shape){"linear", w, b, L, 100, 7, 10, {0.5, 1.5, 1, 2, 0.7}});
        double self = (double)(L * L) * pow(w, (double)L), independent = 0, weights = 0, q = 1, bound = 0;
        const double alphas[] = {0.5, 1.5, 1, 2, 0.7};
        for (int64_t l = 1; l <= L; l++) {
            const double above = pow(w, (double)(L - l));
            self += (double)((L - l + 1) * (L - l + 1)) * b * above;
            weights += w * q * above;
            bound += alphas[l - 1] / 0.5 * w * q * above;
            q = w * q + b;
            independent += q * above;
        }
        assert_close(norm.self, C * self, 1e-12);
        assert_close(norm.independent, C * independent, 1e-12);
        assert_close(norm.weights, C * weights, 1e-12);
        assert_close(norm.weights_bound, C * bound, 1e-12);
    }
}

/* Without biases f is homogeneous of degree L in θ, so ḟ = L f. */
static void relu_without_biases_is_homogeneous(void **state)
{
    (void)state;
    for (int64_t L = 1; L <= 6; L++) {
        struct theory_norm norm = predicted(&(struct shape){"relu", 1.7, 0, L, 100, 3, 10, {1}});
        assert_close(norm.self, 3 * (double)(L * L) * 1.7 * pow(1.7 / 2, (double)(L - 1)), 1e-12);
        struct theory_norm leaky = predicted(&(struct shape){"leaky_relu", 1.7, 0, L, 100, 3, 10, {1}});
        assert_close(leaky.self, 3 * (double)(L * L) * 1.7 * pow(1.7 * 0.50005, (double)(L - 1)), 1e-12);
    }
}

/* φ and φ' by the C library. */
static void hyperbolic(double u, double *phi, double *dphi)
{
    *phi = tanh(u);
    *dphi = 1 - *phi * *phi;
}

static void bump(double u, double *phi, double *dphi)
{
    *phi = u * exp(-u * u / 2);
    *dphi = (1 - u * u) * exp(-u * u / 2);
}

/* E over (u, u̇) of covariance (q, c; c, v) on a grid of both: h², hḣ, ḣ². */
static void integrate(void (*eval)(double, double *, double *), double q, double c, double v, double out[3])
{
    const double step = 0.06, r = c / sqrt(q), s = sqrt(fmax(0, v - c * c / q));
    out[0] = out[1] = out[2] = 0;
    for (int i = -150; i <= 150; i++)
        for (int j = -150; j <= 150; j++) {
            const double x = step * i, y = step * j;
            const double weight = step * step * exp(-(x * x + y * y) / 2) / (2 * acos(-1));
            const double u = sqrt(q) * x, tangent = r * x + s * y;
            double phi, dphi;
            eval(u, &phi, &dphi);
            out[0] += weight * phi * phi;
            out[1] += weight * phi * dphi * tangent;
            out[2] += weight * dphi * dphi * tangent * tangent;
        }
}

static void tangents_are_integrals_over_the_plane(void **state)
{
    (void)state;
    static const struct {
        const char *activation;
        void (*eval)(double, double *, double *);
    } cases[] = {{"tanh", hyperbolic}, {"x*exp(-x^2/2)", bump}};
    const double w = 2.385, b = 0.31;
    for (size_t i = 0; i < 2; i++) {
        double q = w + b, c = q, v = q;
        for (int64_t L = 1; L <= 4; L++) {
            struct theory_norm norm =
                predicted(&(struct shape){cases[i].activation, w, b, L, 100, 2, 10, {1}});
            assert_close(norm.self, 2 * v, 1e-10);
            double moments[3];
            integrate(cases[i].eval, q, c, v, moments);
            q = w * moments[0] + b;
            c = q + w * moments[1];
            v = q + 2 * w * moments[1] + w * moments[2];
        }
    }
}

/* Two given samples, a linear network, no biases: all that stands for one sample is proportional to its q̂⁰,
 * and the pair has no part in it. */
static void given_samples_are_averaged(void **state)
{
    (void)state;
    const double w = 1.3, qhat0[3] = {0.4, 2.2, -0.7};
    size_t s[] = {0, 1, 0}, t[] = {0, 1, 1};
    double q[9], qhat[9], qtilde[9], ones[9];
    for (size_t l = 0; l <= 2; l++)
        for (size_t p = 0; p < 3; p++) {
            q[3 * l + p] = qhat[3 * l + p] = pow(w, (double)l) * qhat0[p];
            qtilde[3 * l + p] = pow(w, 2 - (double)l);
            ones[3 * l + p] = 1;
        }
    const struct theory_order order = {.L = 2,
                                       .samples = 2,
                                       .pairs = 3,
                                       .s = s,
                                       .t = t,
                                       .q = q,
                                       .qhat = qhat,
                                       .qtilde = qtilde,
                                       .slope = ones,
                                       .slope2 = ones};
    struct net_architecture a;
    struct net_activation activation = {0};
    struct theory_norm norm;
    struct base_error error;
    shape_open(&(struct shape){"linear", w, 0, 2, 100, 5, 2, {2}}, &a, &activation);
    assert_int_equal(theory_norm_predict(&order, &activation, &a, &norm, &error), BASE_OK);
    assert_close(norm.self, 5 * 4 * w * w * 1.3, 1e-12);
    assert_close(norm.independent, 5 * 2 * w * w * 1.3, 1e-12);
    assert_close(norm.weights, norm.independent, 1e-12);
    assert_close(norm.weights_bound, 5 * 3 * w * w * 1.3, 1e-12);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(linear_networks_are_closed),
    cmocka_unit_test(relu_without_biases_is_homogeneous),
    cmocka_unit_test(tangents_are_integrals_over_the_plane),
    cmocka_unit_test(given_samples_are_averaged),
};
const struct test_group tests_theory_norm = TEST_GROUP(tests);
