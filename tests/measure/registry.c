#include "measure/measure.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "measure/orders.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names are those of datasets and columns, so they must be there, plain and unique; so must the descriptions.
 */
static void descriptors_are_complete(void **state)
{
    (void)state;
    const char *names[256];
    size_t n = 0;
    for (size_t m = 0; measure_registry[m] != NULL; m++) {
        assert_true(measure_registry[m]->n_variables <= MEASURE_MAX_VARIABLES);
        assert_ptr_equal(measure_find(measure_registry[m]->name), measure_registry[m]);
        for (size_t v = 0; v < measure_registry[m]->n_variables; v++) {
            const struct measure_variable *variable = &measure_registry[m]->variables[v];
            assert_int_equal(strspn(variable->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                             strlen(variable->name));
            assert_true(strlen(variable->long_name) > 0 && strlen(variable->formula) > 0 &&
                        strlen(variable->source) > 0);
            assert_ptr_equal(measure_find_variable(variable->name), variable);
            for (size_t i = 0; i < n; i++)
                assert_string_not_equal(names[i], variable->name);
            names[n++] = variable->name;
        }
    }
    assert_null(measure_find("fishr"));
    assert_null(measure_find_variable("fisher"));
    struct base_error why;
    assert_int_equal(measure_check_name("fisher", &why), BASE_OK);
    assert_int_equal(measure_check_name("fishr", &why), BASE_BAD_INPUT);
    assert_non_null(strstr(why.text, "fisher"));
}

static void powers_depend_on_the_outputs(void **state)
{
    (void)state;
    double powers[MEASURE_MAX_POWERS];
    const struct measure_variable *largest = measure_find_variable("fisher_eig_max");
    assert_int_equal(measure_powers(largest, false, false, powers), 2);
    assert_true(powers[0] == 1 && powers[1] == 2);
    assert_int_equal(measure_powers(largest, true, true, powers), 2);
    assert_true(powers[0] == 0.5 && powers[1] == 1);
    assert_int_equal(measure_powers(measure_find_variable("fisher_eigenvalues"), false, false, powers), 0);
}

/* The fisher measure against the spectrum of the same network's dual, computed in full. */
static void fisher_measures_the_spectrum(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"relu", 2, 0.1, 3, 20, 2, 9, {1}},    /* dense solver */
                                          {"tanh", 3, 0.64, 2, 30, 1, 130, {1}}, /* iterative */
                                          {"tanh", 3, 0.64, 2, 10, 3, 1, {1}}};  /* T = 1 */
    for (size_t s = 0; s < 3; s++) {
        struct net_architecture a;
        struct net_activation activation = {0};
        struct net_gram gram;
        struct base_error error = {""};
        void *sampler = NULL, *work = NULL;
        double numbers[5], *values[6], *centred;
        shape_open(&shapes[s], &a, &activation);
        double *dual = malloc(a.CT * a.CT * sizeof *dual), *eigenvalues = malloc(a.CT * sizeof *eigenvalues);
        double *saved = malloc(a.CT * sizeof *saved);
        centred = malloc(a.CT * a.CT * sizeof *centred);
        assert_true(dual != NULL && eigenvalues != NULL && saved != NULL && centred != NULL);
        assert_int_equal(net_sampler_weights.init(&sampler, &a, 1, 0, &error), BASE_OK);
        assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
        assert_int_equal(measure_fisher.init(&work, &a, &error), BASE_OK);
        assert_int_equal(net_sampler_weights.sample(sampler, &activation, 3, 1, &gram, &error), BASE_OK);

        for (size_t v = 0; v < 5; v++)
            values[v] = &numbers[v];
        values[5] = saved;
        assert_int_equal(measure_fisher.run(work, &gram, values, &error), BASE_OK);
        assert_int_equal(fisher_dual_compute(&gram, dual, &error), BASE_OK);
        assert_int_equal(fisher_dual_compute(&gram, centred, &error), BASE_OK);
        double *means = malloc(a.C * a.CT * sizeof *means);
        assert_non_null(means);
        fisher_dual_means(a.C, a.T, centred, means);
        fisher_dual_centre(a.C, a.T, means, centred);
        free(means);
        assert_int_equal(linalg_eigenvalues(a.CT, dual, eigenvalues, &error), BASE_OK);
        double sum = 0, squares = 0;
        for (size_t i = 0; i < a.CT; i++) {
            sum += eigenvalues[i];
            squares += eigenvalues[i] * eigenvalues[i];
            assert_true(saved[i] == eigenvalues[i]);
        }
        assert_close(numbers[0], sum / a.P, 1e-12);
        assert_close(numbers[1], squares / a.P, 1e-12);
        assert_close(numbers[2], eigenvalues[0], 1e-12);
        assert_int_equal(linalg_eigenvalues(a.CT, centred, eigenvalues, &error), BASE_OK);
        if (a.T > 1)
            assert_close(numbers[3], eigenvalues[0], 1e-12);
        else
            assert_true(isnan(numbers[3]));
        assert_true(numbers[4] > 0 && numbers[4] < 1 + 1e-12);

        double again[5];
        for (size_t v = 0; v < 5; v++)
            values[v] = &again[v];
        values[5] = NULL; /* saving changes no number */
        assert_int_equal(measure_fisher.run(work, &gram, values, &error), BASE_OK);
        assert_memory_equal(again, numbers, sizeof again);

        measure_fisher.free(work);
        net_gram_free(&gram);
        net_sampler_weights.free(sampler);
        net_activation_close(&activation);
        for (void **p = (void *[]){dual, eigenvalues, saved, centred, NULL}; *p != NULL; p++)
            free(*p);
    }
}

/* The predicted spectrum has the predicted mean, second moment and largest eigenvalue (to leading order it is
 * one). */
static void predictions_fit_each_other(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct measure_orders orders = {0};
    const struct theory_order *order, *again;
    struct base_error error;
    double numbers[5], *spectrum, *values[6], sum = 0, squares = 0;
    shape_open(&(struct shape){"tanh", 3, 0.64, 4, 1000, 2, 60, {1, 0.5, 1.5, 2}}, &a, &activation);
    spectrum = malloc(a.CT * sizeof *spectrum);
    assert_non_null(spectrum);
    for (size_t v = 0; v < 5; v++)
        values[v] = &numbers[v];
    values[5] = spectrum;
    assert_int_equal(measure_orders_get(&orders, &a, &order, &error), BASE_OK);
    assert_int_equal(measure_orders_get(&orders, &a, &again, &error), BASE_OK);
    assert_ptr_equal(order, again); /* solved once */
    measure_fisher.predict(order, &a, values, &error);
    for (size_t i = 0; i < a.CT; i++) {
        sum += spectrum[i];
        squares += spectrum[i] * spectrum[i];
    }
    assert_close(numbers[0], sum / a.P, 1e-12);
    assert_close(numbers[1], squares / a.P, 1e-12);
    assert_true(spectrum[0] == numbers[2] && spectrum[1] == numbers[2] && spectrum[2] < numbers[2]);
    assert_close(numbers[3], spectrum[2], 1e-12);
    free(spectrum);
    measure_orders_free(&orders);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(descriptors_are_complete),
    cmocka_unit_test(powers_depend_on_the_outputs),
    cmocka_unit_test(fisher_measures_the_spectrum),
    cmocka_unit_test(predictions_fit_each_other),
};
const struct test_group tests_measure_registry = TEST_GROUP(tests);
