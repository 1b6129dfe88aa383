/* Predictions against independently computed values, and where the theory is silent. */
#include "theory/theory.h"

#include "tests.h"

#include <math.h>

/* Widths M everywhere and C at the end, P exact. */
static struct net_architecture uniform(size_t L, size_t M, size_t C, size_t T)
{
    struct net_architecture architecture = {.L = L, .C = C, .T = T, .CT = C * T, .M = M};
    for (size_t l = 0; l < L; l++)
        architecture.widths[l] = M;
    architecture.widths[L] = C;
    for (size_t l = 1; l <= L; l++)
        architecture.P += (double)architecture.widths[l] * (double)(architecture.widths[l - 1] + 1);
    return architecture;
}

static struct theory_fisher predicted(const char *text, double weight_variance, double bias_variance,
                                      const struct net_architecture *architecture)
{
    struct net_activation activation;
    struct theory_order order;
    struct theory_fisher prediction;
    struct base_error error;
    assert_int_equal(net_activation_open(&activation, text, &error), BASE_OK);
    assert_int_equal(theory_order_solve(&order, &activation, weight_variance, bias_variance, architecture->L,
                                        1e-12, &error),
                     BASE_OK);
    theory_fisher_predict(&order, architecture, &prediction);
    theory_order_free(&order);
    net_activation_close(&activation);
    return prediction;
}

/* KAA19's three networks and erf's at L = 3, T = 100, M = 1000, C = 1, by a quadrature other than this
 * program's, in the papers' limit P = αM². */
static void kaa19_networks_have_known_values(void **state)
{
    (void)state;
    static const struct {
        const char *activation;
        double weight_variance, bias_variance, kappa1, kappa2, mean, second, max;
    } rows[] = {
        {"tanh", 3, 0.64, 0.955521904183, 0.118615372063, 9.55521904183e-4, 0.0461182630369, 253.968874768},
        {"relu", 2, 0.1, 1.575, 0.4014942173, 1.575e-3, 0.3687837608, 826.4585502},
        {"linear", 1, 0.1, 1.65, 0.15, 1.65e-3, 0.099, 330},
        {"erf", 3, 0.64, 0.7420160383, 0.1126459782, 7.420160383e-4, 0.0361362065, 237.8793577},
    };
    struct net_architecture architecture = uniform(3, 1000, 1, 100);
    architecture.P = 2e6;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct theory_fisher got =
            predicted(rows[i].activation, rows[i].weight_variance, rows[i].bias_variance, &architecture);
        assert_close(got.alpha, 2.0, 1e-15);
        assert_close(got.kappa[0], rows[i].kappa1, 1.5e-10);
        assert_close(got.kappa[1], rows[i].kappa2, 5e-10);
        assert_close(got.alpha_kappa[1], 2 * rows[i].kappa2, 5e-10);
        assert_close(got.eig_mean, rows[i].mean, 1.5e-10);
        assert_close(got.eig_second_moment, rows[i].second, 5e-10);
        assert_close(got.eig_max, rows[i].max, 5e-10);
        assert_close(got.centred_eig_max, 2000 * (rows[i].kappa1 - rows[i].kappa2) / 100, 1.5e-10);
        assert_true(got.eigvec_overlap == 1 && !got.kappa2_vanishes);
    }
}

/* Linear, L = 3, by hand: q̂_1 = 1, w+b, w(w+b)+b ; q̂_2 = 0, b, wb+b ; q̃ = w², w, 1. */
static void widths_and_outputs_enter_as_they_should(void **state)
{
    (void)state;
    double w = 1.3, b = 0.2, M = 200, C = 7, T = 50;
    struct net_architecture architecture = {.L = 3, .C = 7, .T = 50, .M = 200, .widths = {100, 300, 200, 7}};
    architecture.P = 300 * 101 + 200 * 301 + 7 * 201;
    struct theory_fisher got = predicted("linear", w, b, &architecture);
    double ak1 = 0.5 * w * w + 1.5 * w * (w + b) + w * (w + b) + b, ak2 = 1.5 * w * b + w * b + b;
    assert_close(got.alpha, 0.5 * 1.5 + 1.5 * 1, 1e-15);
    assert_close(got.alpha_kappa[0], ak1, 1e-13);
    assert_close(got.alpha_kappa[1], ak2, 1e-13);
    assert_close(got.kappa[0], ak1 / 2.25, 1e-13);
    assert_close(got.eig_mean, C * M * ak1 / architecture.P, 1e-13);
    assert_close(got.eig_second_moment, C * M * M * (0.98 * ak2 * ak2 + 0.02 * ak1 * ak1) / architecture.P,
                 1e-13);
    assert_close(got.eig_max, M * (0.98 * ak2 + 0.02 * ak1), 1e-13);
    assert_close(got.centred_eig_max, M * (ak1 - ak2) / T, 1e-13);
}

/* tr F of a network of one layer, f = Wx + b, is C·E(|x|² + 1) = C(M_0 + 1): M_0 of it in the leading order.
 */
static void one_layer_has_no_kappa(void **state)
{
    (void)state;
    struct net_architecture architecture = uniform(1, 400, 3, 20);
    struct theory_fisher got = predicted("tanh", 1.7, 0.3, &architecture);
    assert_true(got.alpha == 0 && isnan(got.kappa[0]) && isnan(got.kappa[1]));
    assert_close(got.alpha_kappa[0], 1.0, 1e-15);
    assert_close(got.eig_mean * architecture.P, 3 * 400.0, 1e-14);
    assert_true(got.kappa2_vanishes && isnan(got.eig_max)); /* q̂⁰_2 = 0 */
    architecture = uniform(1, 400, 3, 1);
    got = predicted("tanh", 1.7, 0.3, &architecture);
    assert_close(got.eig_max, 400.0, 1e-14);
}

static void one_sample_has_no_centre(void **state)
{
    (void)state;
    struct net_architecture architecture = uniform(3, 500, 1, 1);
    struct theory_fisher got = predicted("tanh", 3, 0, &architecture);
    assert_true(isnan(got.centred_eig_max) && !got.kappa2_vanishes && got.eigvec_overlap == 1);
    assert_close(got.eig_max, 500 * got.alpha_kappa[0], 1e-14); /* F has rank one: λ_max is its trace */
    assert_close(got.eig_max, got.eig_mean * architecture.P, 1e-14);
}

static void odd_activations_without_bias_have_no_kappa2(void **state)
{
    (void)state;
    static const char *const odd[] = {"tanh", "erf", "sin", "linear", "x*exp(-x^2/2)", "abs(x)*x*exp(-x^2)"};
    struct net_architecture architecture = uniform(4, 500, 2, 30);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct theory_fisher got = predicted(odd[i], 1.7, 0, &architecture);
        assert_true(got.kappa2_vanishes && isnan(got.eig_max) && isnan(got.eigvec_overlap));
        assert_true(isfinite(got.eig_mean) && isfinite(got.eig_second_moment) &&
                    isfinite(got.centred_eig_max));
    }
    struct theory_fisher small = predicted("tanh", 1.7, 1e-6, &architecture);
    assert_false(small.kappa2_vanishes);
    assert_true(isfinite(small.eig_max) && small.kappa[1] < 1e-4 * small.kappa[0]);
}

static void deep_networks_work(void **state)
{
    (void)state;
    struct net_architecture architecture = uniform(10, 300, 1, 40);
    static const char *const names[] = {"tanh", "relu", "gelu"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct theory_fisher got = predicted(names[i], 1.5, 0.1, &architecture);
        assert_close(got.alpha, 9.0, 1e-14);
        assert_true(got.kappa[0] > got.kappa[1] && got.kappa[1] > 0);
        assert_true(got.eig_max > got.centred_eig_max && got.eig_max < got.eig_mean * architecture.P);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kaa19_networks_have_known_values),
    cmocka_unit_test(widths_and_outputs_enter_as_they_should),
    cmocka_unit_test(one_layer_has_no_kappa),
    cmocka_unit_test(one_sample_has_no_centre),
    cmocka_unit_test(odd_activations_without_bias_have_no_kappa2),
    cmocka_unit_test(deep_networks_work),
};
const struct test_group tests_theory_fisher = TEST_GROUP(tests);
