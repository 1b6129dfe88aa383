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
            assert_true(!variable->only_predicted ||
                        (!variable->predicted && strstr(variable->name, "_theory") != NULL));
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
    assert_non_null(strstr(why.text, "is not a measure; did you mean fisher?; known: fisher, "));
    assert_int_equal(measure_check_name("Training", &why), BASE_BAD_INPUT); /* a kind */
    assert_null(strstr(why.text, "did you mean"));
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
        double numbers[5], *values[8] = {NULL}, *centred;
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

/* What theory says of one network, in the order of the variables; spectrum (CT). */
struct predicted {
    double numbers[8], *spectrum, trace, squares;
};

static void predicted_open(struct predicted *p, struct measure_orders *orders,
                           const struct net_architecture *a)
{
    struct base_error error = {""};
    const struct theory_order *order, *again;
    double *values[8];
    *p = (struct predicted){.spectrum = malloc(a->CT * sizeof *p->spectrum)};
    assert_non_null(p->spectrum);
    for (size_t v = 0; v < 8; v++)
        values[v] = &p->numbers[v];
    values[5] = p->spectrum;
    assert_int_equal(measure_orders_get(orders, a, &order, &error), BASE_OK);
    assert_int_equal(measure_orders_get(orders, a, &again, &error), BASE_OK);
    assert_ptr_equal(order, again); /* solved once */
    if (measure_fisher.predict(order, a, values, &error) != BASE_OK)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < a->CT; i++) {
        p->trace += p->spectrum[i];
        p->squares += p->spectrum[i] * p->spectrum[i];
        assert_true(i == 0 || p->spectrum[i] <= p->spectrum[i - 1]);
        assert_true(p->spectrum[i] == p->spectrum[i / a->C * a->C]); /* C-fold */
    }
}

/* The spectrum of the kernel of given inputs is what all other predictions come from. For Gaussian inputs the
 * two numbers of KAA19 stand for the average kernel: T = 60 of them in M_0 = 1000 dimensions have nearly its
 * moments and outlier, but not its bulk. */
static void predictions_fit_each_other(void **state)
{
    (void)state;
    enum { T = 60, M_0 = 1000 };
    struct net_architecture a;
    struct net_activation activation = {0};
    struct measure_orders orders = {0};
    struct measure_orders none = {0};
    struct predicted gaussian, given, other, fresh;
    shape_open(&(struct shape){"tanh", 3, 0.64, 4, 1000, 2, T, {1, 0.5, 1.5, 2}}, &a, &activation);
    double *inputs = malloc(M_0 * T * sizeof *inputs);
    assert_non_null(inputs);
    for (size_t i = 0; i < M_0 * T; i++)
        inputs[i] = sin(0.37 * (double)(i % T)) + cos(0.001 * (double)(i * i % 6283));

    predicted_open(&gaussian, &orders, &a);
    assert_close(gaussian.numbers[0], gaussian.trace / a.P, 0.02);
    assert_close(gaussian.numbers[1], gaussian.squares / a.P, 0.05);
    assert_close(gaussian.numbers[2], gaussian.spectrum[0], 0.02);
    assert_true(gaussian.numbers[4] == 1);
    assert_true(gaussian.numbers[7] > 1.1 * gaussian.numbers[3] &&
                gaussian.numbers[7] < 2 * gaussian.numbers[3]);
    assert_close(gaussian.numbers[7], gaussian.spectrum[2], 0.02);

    a.inputs = inputs;
    predicted_open(&given, &orders, &a);
    assert_true(gaussian.numbers[6] == gaussian.numbers[2]);
    assert_close(given.numbers[6], gaussian.numbers[6], 1e-12);
    assert_close(given.numbers[0], given.trace / a.P, 1e-11);
    assert_close(given.numbers[1], given.squares / a.P, 1e-11);
    assert_close(given.numbers[2], given.spectrum[0], 1e-11);
    assert_true(given.numbers[3] == given.numbers[7] && given.numbers[3] < given.spectrum[0]);
    assert_true(given.numbers[3] >= given.spectrum[2] * (1 - 1e-9)); /* interlacing */
    assert_true(given.numbers[4] > 0.3 && given.numbers[4] < 1);

    a.widths[0] /= 2; /* other inputs, of half the dimension */
    predicted_open(&other, &orders, &a);
    predicted_open(&fresh, &none, &a);
    assert_true(other.numbers[2] != given.numbers[2] && other.numbers[2] == fresh.numbers[2]);
    free(gaussian.spectrum);
    free(given.spectrum);
    free(other.spectrum);
    free(fresh.spectrum);
    measure_orders_free(&none);
    free(inputs);
    measure_orders_free(&orders);
    net_activation_close(&activation);
}

/* Room for the order parameters is limited: a sentence, and no prediction. */
static void too_many_given_inputs_have_no_prediction(void **state)
{
    (void)state;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct measure_orders orders = {0};
    const struct theory_order *order;
    struct base_error error = {""};
    const double one = 1;
    shape_open(&(struct shape){"tanh", 3, 0.64, 3, 10, 1, 10, {1}}, &a, &activation);
    a.inputs = &one; /* never read */
    a.T = 20000;
    assert_int_equal(measure_orders_get(&orders, &a, &order, &error), BASE_UNRESOLVED);
    assert_non_null(strstr(error.text, "20000 given inputs"));
    measure_orders_free(&orders);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(descriptors_are_complete),
    cmocka_unit_test(powers_depend_on_the_outputs),
    cmocka_unit_test(fisher_measures_the_spectrum),
    cmocka_unit_test(predictions_fit_each_other),
    cmocka_unit_test(too_many_given_inputs_have_no_prediction),
};
const struct test_group tests_measure_registry = TEST_GROUP(tests);
