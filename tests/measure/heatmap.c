/* The map of unit blocks against the explicit Fisher matrix, and of the network that is sampled. */
#include "measure/measure.h"

#include "fisher/fisher.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

struct fixture {
    struct net_architecture a;
    struct net_activation activation;
    struct net_gram gram;
    double *map, entry_on, entry_off;
    size_t n;
};

/* The heat map that belongs to trial 4 of the weights sampler. */
static void fixture_open(struct fixture *x, const struct shape *shape)
{
    struct base_error error = {""};
    void *sampler = NULL, *work = NULL;
    shape_open(shape, &x->a, &x->activation);
    x->a.sums = NET_SUM_S;
    x->n = net_architecture_units(&x->a);
    x->map = malloc(x->n * x->n * sizeof *x->map);
    assert_non_null(x->map);
    double *values[] = {x->map, &x->entry_on, &x->entry_off};
    assert_int_equal(net_sampler_weights.init(&sampler, &x->a, 1, 1e9, &error), BASE_OK);
    assert_int_equal(net_gram_init(&x->gram, &x->a, &error), BASE_OK);
    assert_int_equal(measure_heatmap.init(&work, &x->a, &error), BASE_OK);
    assert_int_equal(net_sampler_weights.sample(sampler, &x->activation, 21, 4, &x->gram, &error), BASE_OK);
    assert_int_equal(measure_heatmap.run(work, &x->gram, values, &error), BASE_OK);
    measure_heatmap.free(work);
    net_sampler_weights.free(sampler);
}

static void fixture_close(struct fixture *x)
{
    net_gram_free(&x->gram);
    net_activation_close(&x->activation);
    free(x->map);
}

static const struct shape shapes[] = {{"tanh", 2.385, 0.31, 3, 6, 1, 5, {1}},
                                      {"relu", 2, 0.1, 4, 5, 3, 4, {1.4, 0.6, 1.2, 1}},
                                      {"x*exp(-x^2/2)", 2, 0.2, 2, 4, 2, 7, {2}},
                                      {"gelu", 1.7, 0.4, 1, 5, 2, 3, {1}}};

/* Every entry of the P×P matrix, put where it belongs. */
static void map_is_of_the_matrix(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct fixture x;
        struct net_weights network;
        struct base_error error = {""};
        fixture_open(&x, &shapes[s]);
        const struct net_architecture *a = &x.a;
        const size_t P = (size_t)a->P, n = x.n;
        assert_int_equal(net_weights_init(&network, a, &error), BASE_OK);
        net_weights_draw(&network, 21, 4);
        net_weights_forward(&network, &x.activation);
        net_weights_backward(&network);
        double *J = calloc(a->CT * P, sizeof *J), *F = calloc(P * P, sizeof *F),
               *map = calloc(n * n, sizeof *map);
        size_t *unit_of = malloc(P * sizeof *unit_of), unit = 0;
        assert_true(J != NULL && F != NULL && map != NULL && unit_of != NULL);
        fisher_jacobian_compute(&network, J);
        fisher_matrix_compute(a->CT, a->T, P, J, F);
        for (size_t p = 0; p < P; p++)
            unit_of[p] = n; /* a bias */
        for (size_t l = 1; l <= a->L; l++)
            for (size_t i = 0; i < a->widths[l]; i++, unit++)
                for (size_t j = 0; j < a->widths[l - 1]; j++)
                    unit_of[fisher_parameter_weight(a, l, i, j)] = unit;
        assert_int_equal(unit, n);
        double on = 0, off = 0;
        for (size_t p = 0; p < P; p++)
            for (size_t q = 0; q < P; q++) {
                const size_t u = unit_of[p], v = unit_of[q];
                const double entry = F[p * P + q];
                if (u == n || v == n)
                    continue;
                map[u * n + v] += entry * entry;
                on = u == v ? fmax(on, fabs(entry)) : on;
                off = u != v ? fmax(off, fabs(entry)) : off;
            }
        for (size_t i = 0; i < n * n; i++)
            assert_within(x.map[i], sqrt(map[i]), 1e-12 * (1 + x.map[0]));
        assert_close(x.entry_on, on, 1e-12);
        assert_close(x.entry_off, off, 1e-12);
        for (void **p = (void *[]){J, F, map, unit_of, NULL}; *p != NULL; p++)
            free(*p);
        net_weights_free(&network);
        fixture_close(&x);
    }
}

/* The network is the one of the summary: their blocks have the same mean squares. */
static void map_is_of_the_sampled_network(void **state)
{
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        struct fixture x;
        struct base_error error;
        double on[5], off[5], cross[25];
        fixture_open(&x, &shapes[s]);
        assert_int_equal(fisher_blocks_compute(&x.gram, on, off, cross, &error), BASE_OK);
        for (size_t l = 1, first = 0; l < x.a.L; first += x.a.widths[l++]) {
            double within = 0, between = 0;
            const size_t units = x.a.widths[l];
            for (size_t i = first; i < first + units; i++)
                for (size_t j = first; j < first + units; j++)
                    *(i == j ? &within : &between) += x.map[i * x.n + j] * x.map[i * x.n + j];
            assert_close(within / (double)units, on[l], 1e-11);
            assert_close(between / (double)(units * (units - 1)), off[l], 1e-11);
        }
        fixture_close(&x);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(map_is_of_the_matrix),
    cmocka_unit_test(map_is_of_the_sampled_network),
};
const struct test_group tests_measure_heatmap = TEST_GROUP(tests);
