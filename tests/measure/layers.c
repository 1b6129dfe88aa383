/* Each layer's block of F, cut out of the explicit matrix of a small network. */
#include "measure/measure.h"

#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>

enum { MEAN, SECOND_MOMENT, MAX, SHARPNESS, TRACE_SHARE, MAX_SHARE, N_VARIABLES, MOST = 8 };

/* F (P, P) by the Jacobian, and its summary with nothing below the diagonals. */
struct whole {
    struct net_architecture a;
    struct net_gram gram;
    double *F;
    size_t P;
};

static void whole_open(struct whole *w, const struct shape *shape)
{
    struct base_error error = {""};
    struct net_activation activation = {0};
    struct net_weights network;
    shape_open(shape, &w->a, &activation);
    w->P = (size_t)w->a.P;
    double *J = calloc(w->a.CT * w->P, sizeof *J);
    w->F = calloc(w->P * w->P, sizeof *w->F);
    assert_true(J != NULL && w->F != NULL);
    if (net_weights_init(&network, &w->a, &error) != BASE_OK ||
        net_gram_init(&w->gram, &w->a, &error) != BASE_OK)
        fail_msg("%s", error.text);
    net_weights_draw(&network, 31, 5);
    net_weights_forward(&network, &activation);
    net_weights_backward(&network);
    net_weights_gram(&network, &w->gram);
    fisher_jacobian_compute(&network, J);
    fisher_matrix_compute(w->a.CT, w->a.T, w->P, J, w->F);
    for (size_t l = 0; l < w->a.L; l++)
        for (size_t i = 0; i < w->a.T; i++)
            for (size_t j = 0; j < i; j++)
                w->gram.H[l][i * w->a.T + j] = NAN;
    for (size_t l = 1; l < w->a.L; l++)
        for (size_t i = 0; i < w->a.CT; i++)
            for (size_t j = 0; j < i; j++)
                w->gram.D[l][i * w->a.CT + j] = NAN;
    free(J);
    net_weights_free(&network);
    net_activation_close(&activation);
}

static void whole_close(struct whole *w)
{
    net_gram_free(&w->gram);
    free(w->F);
}

/* The eigenvalues of F_ll, descending, as many as the layer has weights; to be freed. */
static double *block_eigenvalues(const struct whole *w, size_t l, size_t *n)
{
    struct base_error error;
    const size_t units = w->a.widths[l], inputs = w->a.widths[l - 1];
    *n = units * inputs;
    double *block = calloc(*n * *n, sizeof *block), *values = calloc(*n, sizeof *values);
    assert_true(block != NULL && values != NULL);
    for (size_t p = 0; p < *n; p++)
        for (size_t q = 0; q < *n; q++)
            block[p * *n + q] = w->F[fisher_parameter_weight(&w->a, l, p / inputs, p % inputs) * w->P +
                                     fisher_parameter_weight(&w->a, l, q / inputs, q % inputs)];
    assert_int_equal(linalg_eigenvalues(*n, block, values, &error), BASE_OK);
    free(block);
    return values;
}

static const struct shape shapes[] = {
    {"tanh", 2.385, 0.31, 1, 6, 1, 4, {1}},           {"relu", 2, 0.1, 1, 5, 3, 4, {1.4}},
    {"gelu", 1.7, 0.4, 2, 5, 1, 6, {1, 1.4}},         {"sin", 2, 0.2, 2, 4, 3, 5, {2, 1}},
    {"tanh", 2.385, 0.31, 4, 5, 1, 5, {1, .6, 1.2}},  {"relu", 2, 0.1, 4, 5, 3, 4, {1.4, 0.6, 1.2, 1}},
    {"linear", 1, 0.1, 4, 4, 3, 1, {1, 1.5, 1, 0.5}},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* The dual of each layer has all nonzero eigenvalues of its block, each CT/n-fold. */
static void duals_have_the_spectra_of_the_blocks(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct whole w;
        struct base_error error;
        whole_open(&w, &shapes[s]);
        double *dual = malloc(w.a.CT * w.a.CT * sizeof *dual), *values = malloc(w.a.CT * sizeof *values);
        assert_true(dual != NULL && values != NULL);
        for (size_t l = 1; l <= w.a.L; l++) {
            size_t weights;
            double *full = block_eigenvalues(&w, l, &weights);
            const size_t n = fisher_layer_dual_compute(&w.gram, l, dual), fold = w.a.CT / n;
            assert_int_equal(n, l == w.a.L ? w.a.T : w.a.CT);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < i; j++)
                    dual[i * n + j] = NAN;
            assert_int_equal(linalg_eigenvalues(n, dual, values, &error), BASE_OK);
            assert_true(full[0] > 0);
            for (size_t i = 0; i < weights || i < w.a.CT; i++)
                assert_within(i < w.a.CT ? values[i / fold] : 0, i < weights ? full[i] : 0, 1e-11 * full[0]);
            free(full);
        }
        free(dual);
        free(values);
        whole_close(&w);
    }
}

static void measured(const struct whole *w, double numbers[N_VARIABLES][MOST])
{
    void *work = NULL;
    struct base_error error = {""};
    double *values[N_VARIABLES];
    for (size_t v = 0; v < N_VARIABLES; v++) {
        values[v] = numbers[v];
        for (size_t l = 0; l < MOST; l++)
            numbers[v][l] = NAN;
    }
    assert_int_equal(measure_layers.init(&work, &w->a, &error), BASE_OK);
    if (measure_layers.run(work, &w->gram, values, &error) != BASE_OK)
        fail_msg("%s", error.text);
    measure_layers.free(work);
}

/* Mean, second moment, largest eigenvalue and both shares, by the eigenvalues of the blocks and of F. */
static void layers_are_blocks_of_the_fisher_matrix(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct whole w;
        struct base_error error;
        double numbers[N_VARIABLES][MOST], traces[MOST] = {0}, all = 0, shares = 0;
        whole_open(&w, &shapes[s]);
        measured(&w, numbers);
        double *full = calloc(w.P, sizeof *full);
        assert_non_null(full);
        for (size_t l = 1; l <= w.a.L; l++) {
            size_t n;
            double *values = block_eigenvalues(&w, l, &n), squares = 0;
            for (size_t i = 0; i < n; i++) {
                traces[l] += values[i];
                squares += values[i] * values[i];
            }
            assert_close(numbers[MEAN][l], traces[l] / (double)n, 1e-11);
            assert_close(numbers[SECOND_MOMENT][l], squares / (double)n, 1e-11);
            assert_close(numbers[MAX][l], values[0], 1e-11);
            assert_close(numbers[SHARPNESS][l], values[0] * (double)w.a.C / traces[l], 1e-11);
            all += traces[l];
            free(values);
        }
        assert_int_equal(linalg_eigenvalues(w.P, w.F, full, &error), BASE_OK);
        for (size_t l = 1; l <= w.a.L; l++) {
            assert_close(numbers[TRACE_SHARE][l], traces[l] / all, 1e-11);
            assert_close(numbers[MAX_SHARE][l], numbers[MAX][l] / full[0], 1e-11);
            assert_true(numbers[MAX_SHARE][l] < 1);
            shares += numbers[TRACE_SHARE][l];
        }
        assert_close(shares, 1, 1e-14);
        for (size_t v = 0; v < N_VARIABLES; v++)
            assert_true(isnan(numbers[v][0]) && isnan(numbers[v][w.a.L + 1]));
        free(full);
        whole_close(&w);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(duals_have_the_spectra_of_the_blocks),
    cmocka_unit_test(layers_are_blocks_of_the_fisher_matrix),
};
const struct test_group tests_measure_layers = TEST_GROUP(tests);
