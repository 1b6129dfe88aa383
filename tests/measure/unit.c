/* Approximations of unit blocks, measured of sampled networks. */
#include "measure/measure.h"

#include "net/law.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

enum { CLOSED, QUASI, GAUSSIAN, FLOOR, N_VARIABLES, MOST_LAYERS = 8 };

/* values[v][l] of network `trial`. */
static void measure(const struct shape *shape, const struct net_sampler *sampler, uint64_t trial,
                    double values[N_VARIABLES][MOST_LAYERS])
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_gram gram;
    struct base_error error = {""};
    void *work, *measured;
    double *places[N_VARIABLES];
    for (size_t v = 0; v < N_VARIABLES; v++) {
        places[v] = values[v];
        for (size_t l = 0; l < MOST_LAYERS; l++)
            values[v][l] = NAN;
    }
    shape_open(shape, &a, &activation);
    a.sums = measure_unit.sums;
    assert_int_equal(sampler->init(&work, &a, 1, sampler->memory(&a, 1).most, &error), BASE_OK);
    assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
    assert_int_equal(measure_unit.init(&measured, &a, &error), BASE_OK);
    assert_int_equal(sampler->sample(work, &activation, 5, trial, &gram, &error), BASE_OK);
    assert_int_equal(measure_unit.run(measured, &gram, places, &error), BASE_OK);
    measure_unit.free(measured);
    sampler->free(work);
    net_gram_free(&gram);
    net_activation_close(&activation);
}

/* φ' = 1, and with one output above them the units of layer 1 have s constant: their block is the second
 * moment of the inputs, which is what the Gaussian form is made of. The floor is of such inputs in any layer.
 */
static void linear_units_are_gaussian(void **state)
{
    (void)state;
    const struct shape shape = {"linear", 1, 0.1, 4, 40, 1, 60, {1}},
                       flat = {"linear", 1, 0.1, 2, 40, 1, 60, {1}};
    double values[N_VARIABLES][MOST_LAYERS];
    measure(&shape, &net_sampler_weights, 0, values);
    for (size_t l = 1; l < 4; l++) {
        assert_within(values[FLOOR][l], 0, 1e-12);
        assert_true(values[CLOSED][l] > 0.1 && values[QUASI][l] > 0.01);
    }
    assert_true(isnan(values[CLOSED][0]) && isnan(values[CLOSED][4]));
    measure(&flat, &net_sampler_weights, 0, values);
    assert_within(values[GAUSSIAN][1], 0, 1e-12);
}

/* Means over n networks of unit_error_floor of layers 1 and 2. */
static void find_floor(int T, int n, double floor[3])
{
    for (int trial = 0; trial < n; trial++) {
        double values[N_VARIABLES][MOST_LAYERS];
        measure(&(struct shape){"tanh", 3, 0.64, 3, 20, 1, T, {1}}, &net_sampler_weights, (uint64_t)trial,
                values);
        for (size_t l = 1; l < 3; l++)
            floor[l] += values[FLOOR][l] / n;
    }
}

/* Where φ' varies the floor is above 0 and falls with T. Its expectation was found by a program of its own,
 * of NumPy, from the matrices of units with Gaussian inputs of mean and covariance of T samples, 4000
 * networks: in layers 1 and 2 0.3563 and 0.1571 at T = 200, 0.1777 and 0.0541 at 1800, with standard
 * deviations of a network of 0.038, 0.042, 0.017 and 0.015. False alarm 1e-5 each; seeds are fixed. */
static void floor_falls_with_samples(void **state)
{
    (void)state;
    double few[3] = {0}, many[3] = {0};
    find_floor(200, 64, few);
    find_floor(1800, 9, many);
    assert_within(few[1], 0.3563, 4.5 * 0.038 / sqrt(64));
    assert_within(few[2], 0.1571, 4.5 * 0.042 / sqrt(64));
    assert_within(many[1], 0.1777, 4.5 * 0.017 / sqrt(9));
    assert_within(many[2], 0.0541, 4.5 * 0.015 / sqrt(9));
}

/* Biases that decide alone make a relu linear or dead, in the network and where its inputs are drawn anew. */
static void dead_units_have_no_errors(void **state)
{
    (void)state;
    size_t dead = 0;
    for (uint64_t trial = 0; trial < 20; trial++) {
        double values[N_VARIABLES][MOST_LAYERS];
        measure(&(struct shape){"relu", 1e-4, 4, 2, 20, 1, 30, {1}}, &net_sampler_weights, trial, values);
        assert_int_equal(isnan(values[FLOOR][1]), isnan(values[CLOSED][1]));
        if (isnan(values[FLOOR][1]))
            dead++;
        else
            assert_within(values[FLOOR][1], 0, 1e-12);
    }
    assert_true(dead > 0 && dead < 20);
}

/* The law is that of the network, whichever sampler hands over its units: of the 8 tests each has a
 * false-alarm rate of 1.1e-5; seeds are fixed. */
static void samplers_measure_alike(void **state)
{
    (void)state;
    enum { NETWORKS = 300 };
    const struct shape shape = {"tanh", 3, 0.64, 3, 30, 2, 12, {1}};
    double x[2][N_VARIABLES * 2][NETWORKS];
    for (size_t trial = 0; trial < 2 * NETWORKS; trial++) {
        double values[N_VARIABLES][MOST_LAYERS];
        const size_t k = trial < NETWORKS ? 0 : 1;
        measure(&shape, k == 0 ? &net_sampler_weights : &net_sampler_conditional, trial, values);
        for (size_t i = 0; i < N_VARIABLES * 2; i++)
            x[k][i][trial % NETWORKS] = values[i / 2][1 + i % 2];
    }
    for (size_t i = 0; i < N_VARIABLES * 2; i++)
        assert_true(law_distance(NETWORKS, x[0][i], x[1][i], 1) < 2.46 * sqrt(2.0 / NETWORKS));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(linear_units_are_gaussian),
    cmocka_unit_test(floor_falls_with_samples),
    cmocka_unit_test(dead_units_have_no_errors),
    cmocka_unit_test(samplers_measure_alike),
};
const struct test_group tests_measure_unit = TEST_GROUP(tests);
