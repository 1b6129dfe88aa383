/* The NTK measure against its matrix, and against its limit. */
#include "measure/measure.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "measure/orders.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

enum { MEAN, SECOND_MOMENT, MAX, KERNEL_ERROR, N };

struct measured {
    struct net_architecture a;
    struct net_activation activation;
    const struct net_sampler *sampler;
    struct net_gram gram;
    void *sampler_work, *work;
};

static void measured_open(struct measured *m, const struct shape *shape)
{
    struct base_error error = {""};
    *m = (struct measured){.sampler = NULL};
    shape_open(shape, &m->a, &m->activation);
    m->sampler = net_sampler_choose(EXPERIMENT_AUTO, &m->a);
    if (m->sampler->init(&m->sampler_work, &m->a, 1, 0, &error) != BASE_OK ||
        net_gram_init(&m->gram, &m->a, &error) != BASE_OK ||
        measure_ntk.init(&m->work, &m->a, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void measured_run(struct measured *m, uint64_t trial, double numbers[N])
{
    struct base_error error = {""};
    double *values[N];
    for (size_t v = 0; v < N; v++)
        values[v] = &numbers[v];
    if (m->sampler->sample(m->sampler_work, &m->activation, 11, trial, &m->gram, &error) != BASE_OK ||
        measure_ntk.run(m->work, &m->gram, values, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void measured_close(struct measured *m)
{
    measure_ntk.free(m->work);
    m->sampler->free(m->sampler_work);
    net_gram_free(&m->gram);
    net_activation_close(&m->activation);
}

static void predict(const struct measured *m, double numbers[N])
{
    struct measure_orders orders = {0};
    const struct theory_order *order;
    struct base_error error = {""};
    double *values[N];
    for (size_t v = 0; v < N; v++)
        values[v] = &numbers[v];
    assert_int_equal(measure_orders_get(&orders, &m->a, &order, &error), BASE_OK);
    assert_int_equal(measure_ntk.predict(order, &m->a, values, &error), BASE_OK);
    measure_orders_free(&orders);
}

static void ntk_measures_its_spectrum(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{"relu", 2, 0.1, 3, 20, 2, 9, {1}},
                                          {"tanh", 3, 0.64, 2, 30, 1, 130, {1}},
                                          {"gelu", 2, 0.3, 1, 10, 3, 1, {1}}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct measured m;
        struct base_error error;
        double numbers[N], sum = 0, squares = 0;
        measured_open(&m, &shapes[s]);
        const size_t CT = m.a.CT;
        double *ntk = malloc(CT * CT * sizeof *ntk), *eigenvalues = malloc(CT * sizeof *eigenvalues);
        assert_true(ntk != NULL && eigenvalues != NULL);
        measured_run(&m, 5, numbers);
        assert_int_equal(fisher_ntk_compute(&m.gram, ntk, &error), BASE_OK);
        assert_int_equal(linalg_eigenvalues(CT, ntk, eigenvalues, &error), BASE_OK);
        for (size_t i = 0; i < CT; i++) {
            sum += eigenvalues[i] / (double)CT;
            squares += eigenvalues[i] * eigenvalues[i] / (double)CT;
        }
        assert_close(numbers[MEAN], sum, 1e-12);
        assert_close(numbers[SECOND_MOMENT], squares, 1e-12);
        assert_close(numbers[MAX], eigenvalues[0], 1e-11);
        if (shapes[s].depth == 1) /* f is linear in the inputs: no randomness is left in Θ */
            assert_within(numbers[KERNEL_ERROR], 0, 1e-14);
        else
            assert_true(numbers[KERNEL_ERROR] > 0.01 && numbers[KERNEL_ERROR] < 2);
        free(ntk);
        free(eigenvalues);
        measured_close(&m);
    }
}

/* 30 networks at widths 500 and 2000: means are predicted within 5 of their standard errors and 1 % for what
 * is of order 1/M (a false alarm in 1e-5 of all seeds), and the distance from the analytic kernel halves: its
 * ratio is 2 within 5 of its standard errors. */
static void ntk_approaches_its_limit(void **state)
{
    (void)state;
    static const struct {
        const char *activation;
        double w, b;
    } cases[] = {{"tanh", 3, 0.64}, {"relu", 2, 0.1}};
    enum { TRIALS = 30 };
    for (size_t c = 0; c < 2; c++) {
        double mean[2] = {0, 0}, variance[2] = {0, 0};
        for (size_t k = 0; k < 2; k++) {
            struct measured m;
            double numbers[TRIALS][N], theory[N];
            measured_open(
                &m, &(struct shape){
                        cases[c].activation, cases[c].w, cases[c].b, 3, k == 0 ? 500 : 2000, 1, 20, {1}});
            predict(&m, theory);
            for (size_t i = 0; i < TRIALS; i++)
                measured_run(&m, i, numbers[i]);
            for (size_t v = 0; v < N; v++) {
                double sum = 0, squares = 0;
                for (size_t i = 0; i < TRIALS; i++)
                    sum += numbers[i][v] / TRIALS;
                for (size_t i = 0; i < TRIALS; i++)
                    squares += (numbers[i][v] - sum) * (numbers[i][v] - sum) / (TRIALS - 1);
                if (v < KERNEL_ERROR)
                    assert_within(sum, theory[v], 5 * sqrt(squares / TRIALS) + 0.01 * theory[v]);
                mean[k] = sum;
                variance[k] = squares / TRIALS;
            }
            measured_close(&m);
        }
        const double ratio = mean[0] / mean[1], error = ratio * sqrt(variance[0] / (mean[0] * mean[0]) +
                                                                     variance[1] / (mean[1] * mean[1]));
        assert_true(error < 0.2);
        assert_within(ratio, 2, 5 * error);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ntk_measures_its_spectrum),
    cmocka_unit_test(ntk_approaches_its_limit),
};
const struct test_group tests_measure_ntk = TEST_GROUP(tests);
