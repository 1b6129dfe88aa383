/* The softmax measure against the spectrum of the same network's dual. */
#include "measure/measure.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES = 7, EIGENVALUES = 6 };

struct measured {
    struct net_architecture a;
    struct net_activation activation;
    struct net_gram gram;
    void *sampler, *work;
    double numbers[3], *saved;
};

static void measured_open(struct measured *m, const struct shape *shape)
{
    struct base_error error = {""};
    memset(m, 0, sizeof *m);
    shape_open(shape, &m->a, &m->activation);
    m->saved = malloc(m->a.CT * sizeof *m->saved);
    assert_non_null(m->saved);
    assert_int_equal(net_sampler_weights.init(&m->sampler, &m->a, 1, 0, &error), BASE_OK);
    assert_int_equal(net_gram_init(&m->gram, &m->a, &error), BASE_OK);
    assert_int_equal(measure_softmax.init(&m->work, &m->a, &error), BASE_OK);
    assert_int_equal(net_sampler_weights.sample(m->sampler, &m->activation, 3, 1, &m->gram, &error), BASE_OK);
}

static void measured_run(struct measured *m, double *saved)
{
    struct base_error error = {""};
    double *values[VARIABLES] = {&m->numbers[0], &m->numbers[1], &m->numbers[2]};
    for (size_t i = 0; i < 3; i++)
        m->numbers[i] = NAN;
    for (size_t i = 0; i < m->a.CT && saved != NULL; i++)
        saved[i] = NAN;
    values[EIGENVALUES] = saved;
    assert_int_equal(measure_softmax.run(m->work, &m->gram, values, &error), BASE_OK);
}

static void measured_close(struct measured *m)
{
    measure_softmax.free(m->work);
    net_gram_free(&m->gram);
    net_sampler_weights.free(m->sampler);
    net_activation_close(&m->activation);
    free(m->saved);
}

static void softmax_measures_the_spectrum(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"relu", 2, 0.1, 3, 20, 2, 9, {1}},
                                          {"tanh", 3, 0.64, 2, 30, 4, 60, {1}}, /* iterative */
                                          {"tanh", 3, 0.64, 2, 10, 3, 1, {1}}}; /* T = 1 */
    for (size_t s = 0; s < 3; s++) {
        struct measured m;
        double sum = 0, squares = 0;
        measured_open(&m, &shapes[s]);
        measured_run(&m, m.saved);
        for (size_t i = 0; i < m.a.CT - m.a.T; i++) {
            assert_true(i == 0 || m.saved[i] <= m.saved[i - 1]);
            sum += m.saved[i];
            squares += m.saved[i] * m.saved[i];
        }
        for (size_t i = m.a.CT - m.a.T; i < m.a.CT; i++)
            assert_true(isnan(m.saved[i]));
        assert_close(m.numbers[0], sum / m.a.P, 1e-12);
        assert_close(m.numbers[1], squares / m.a.P, 1e-12);
        assert_close(m.numbers[2], m.saved[0], 1e-10);
        double before[3];
        memcpy(before, m.numbers, sizeof before);
        measured_run(&m, NULL); /* saving changes no number */
        assert_memory_equal(before, m.numbers, sizeof before);
        measured_close(&m);
    }
}

/* At f times 1e300 every sample is certain, and the matrix 0. */
static void large_outputs_are_zero_in_the_end(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"relu", 2, 0.1, 3, 20, 4, 9, {1}},
                                          {"tanh", 3, 0.64, 2, 30, 4, 60, {1}}};
    for (size_t s = 0; s < 2; s++) {
        struct measured m;
        measured_open(&m, &shapes[s]);
        for (int step = 0; step < 60; step++) {
            measured_run(&m, m.saved);
            for (size_t i = 0; i < 3; i++)
                assert_true(isfinite(m.numbers[i]) && m.numbers[i] >= 0);
            for (size_t i = 0; i < m.a.CT; i++)
                m.gram.f[i] *= step < 10 ? 2.385 : 1e5;
        }
        assert_true(m.numbers[0] == 0 && m.numbers[2] == 0 && m.saved[0] == 0);
        measured_close(&m);
    }
}

static void one_output_is_nothing(void **state)
{
    (void)state;
    struct measured m;
    measured_open(&m, &(struct shape){"relu", 2, 0.1, 3, 20, 1, 9, {1}});
    measured_run(&m, m.saved);
    for (size_t i = 0; i < 3; i++)
        assert_true(isnan(m.numbers[i]));
    for (size_t i = 0; i < m.a.CT; i++)
        assert_true(isnan(m.saved[i]));
    assert_true(measure_softmax.bytes(&m.a) == 0);
    measured_close(&m);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(softmax_measures_the_spectrum),
    cmocka_unit_test(large_outputs_are_zero_in_the_end),
    cmocka_unit_test(one_output_is_nothing),
};
const struct test_group tests_measure_softmax = TEST_GROUP(tests);
