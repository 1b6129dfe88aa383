/* The estimators measure against explicit matrices of the same network. */
#include "measure/measure.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

/* tr, λ_max and ‖·‖² of (1/(Tn)) Σ_tr (J_tᵀε_r(t))(J_tᵀε_r(t))ᵀ, by its P×P matrix */
static void explicit_numbers(const struct net_weights *network, size_t n, const double *epsilon,
                             double numbers[3])
{
    const struct net_architecture *a = network->architecture;
    const size_t P = (size_t)a->P, T = a->T, C = a->C;
    struct base_error error;
    double *J = calloc(a->CT * P, sizeof *J), *g = calloc(n * T * P, sizeof *g);
    double *F = calloc(P * P, sizeof *F), *values = calloc(P, sizeof *values);
    assert_true(J != NULL && g != NULL && F != NULL && values != NULL);
    fisher_jacobian_compute(network, J);
    for (size_t i = 0; i < n * C * T; i++) /* (r, k, t) */
        for (size_t p = 0; p < P; p++)
            g[(i / (C * T) * T + i % T) * P + p] +=
                epsilon[i] * J[i % (C * T) * P + p] / sqrt((double)(n * T));
    linalg_gram(n * T, P, g, F);
    numbers[0] = linalg_trace(P, F);
    numbers[2] = linalg_frobenius2(P, F);
    assert_int_equal(linalg_eigenvalues(P, F, values, &error), BASE_OK);
    numbers[1] = values[0];
    for (double **p = (double *[]){J, g, F, values, NULL}; *p != NULL; p++)
        free(*p);
}

static void estimators_are_of_the_network(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"tanh", 2.385, 0.31, 3, 6, 1, 5, {1}},
                                          {"relu", 2, 0.1, 2, 8, 3, 4, {1, 0.75}},
                                          {"gelu", 1.7, 0.4, 1, 5, 2, 3, {1}}};
    for (size_t s = 0; s < 3; s++)
        for (size_t draws = 1; draws <= 5; draws += 2) {
            struct net_architecture a;
            struct net_activation activation;
            struct net_weights network;
            struct net_gram gram;
            struct base_error error = {""};
            void *sampled = NULL, *work = NULL;
            double numbers[5][2], *values[5], expected[3], epsilon[5 * 12];
            shape_open(&shapes[s], &a, &activation);
            a.draws = draws;
            assert_int_equal(net_sampler_weights.init(&sampled, &a, 1, 1e9, &error), BASE_OK);
            assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
            assert_int_equal(measure_estimators.init(&work, &a, &error), BASE_OK);
            assert_int_equal(net_weights_init(&network, &a, &error), BASE_OK);
            assert_int_equal(net_sampler_weights.sample(sampled, &activation, 3, 1, &gram, &error), BASE_OK);
            net_weights_draw(&network, 3, 1);
            net_weights_forward(&network, &activation);
            net_weights_backward(&network);
            for (size_t v = 0; v < 5; v++)
                values[v] = numbers[v];
            assert_int_equal(measure_estimators.run(work, &gram, values, &error), BASE_OK);
            assert_true(draws * a.CT <= sizeof epsilon / sizeof *epsilon);

            net_gram_draws(&gram, draws, epsilon);
            explicit_numbers(&network, draws, epsilon, expected);
            for (size_t v = 0; v < 3; v++)
                assert_close(numbers[v][0], expected[v], 1e-10);
            double *J = calloc(a.CT * (size_t)a.P, sizeof *J), trace = 0;
            assert_non_null(J);
            fisher_jacobian_compute(&network, J);
            for (size_t i = 0; i < a.CT * (size_t)a.P; i++)
                trace += J[i] * J[i] / (double)a.T;
            free(J);
            assert_within(numbers[4][0], pow(expected[0] - trace, 2), 1e-10 * trace * trace);

            for (int given = 0; given < 2; given++) { /* labels drawn, targets given */
                double targets[12];
                net_gram_labels(&gram, epsilon);
                for (size_t i = 0; i < a.CT; i++) {
                    targets[i] = i % 2 == 0 ? 0.5 : -0.31;
                    epsilon[i] = (given ? targets[i] : epsilon[i]) - network.h[a.L][i];
                }
                a.targets = given ? targets : NULL;
                assert_int_equal(measure_estimators.run(work, &gram, values, &error), BASE_OK);
                explicit_numbers(&network, 1, epsilon, expected);
                for (size_t v = 0; v < 3; v++)
                    assert_close(numbers[v][1], expected[v], 1e-10);
            }

            measure_estimators.free(work);
            net_weights_free(&network);
            net_gram_free(&gram);
            net_sampler_weights.free(sampled);
            net_activation_close(&activation);
        }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(estimators_are_of_the_network)};
const struct test_group tests_measure_estimators = TEST_GROUP(tests);
