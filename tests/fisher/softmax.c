/* The dual of the softmax Fisher matrix against the matrix itself, and saturated outputs. */
#include "fisher/fisher.h"

#include "linalg/linalg.h"
#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Q_t(k,k') = g_k 1[k=k'] − g_k g_k' of f times `scale`, with 1 − g_k as it stands. */
static void add_sample(const struct net_architecture *a, const double *f, double scale, size_t t,
                       const double *J, double *F)
{
    const size_t P = (size_t)a->P;
    double g[8], sum = 0;
    for (size_t k = 0; k < a->C; k++)
        sum += g[k] = exp(scale * f[k * a->T + t]);
    for (size_t k = 0; k < a->C; k++)
        for (size_t k2 = 0; k2 < a->C; k2++) {
            const double Q = (k == k2 ? g[k] / sum : 0) - g[k] * g[k2] / (sum * sum);
            const double *x = J + (k * a->T + t) * P, *y = J + (k2 * a->T + t) * P;
            for (size_t p = 0; p < P; p++)
                for (size_t q = 0; q < P; q++)
                    F[p * P + q] += x[p] * Q * y[q] / (double)a->T;
        }
}

/* F_sm (P, P) from Jacobian and Q_t: its spectrum is that of the dual and zeros. */
static void compare(const struct shape *shape, double scale)
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_weights network;
    struct net_gram gram;
    struct base_error error = {""};
    shape_open(shape, &a, &activation);
    assert_int_equal(net_weights_init(&network, &a, &error), BASE_OK);
    assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
    net_weights_draw(&network, 22, 4);
    net_weights_forward(&network, &activation);
    net_weights_backward(&network);
    net_weights_gram(&network, &gram);

    const size_t P = (size_t)a.P, CT = a.CT;
    double *J = calloc(CT * P, sizeof *J), *F = calloc(P * P, sizeof *F), *full = calloc(P, sizeof *full);
    double *dual = calloc(CT * CT, sizeof *dual), *g = calloc(CT, sizeof *g),
           *scratch = calloc(CT, sizeof *scratch);
    assert_true(J != NULL && F != NULL && full != NULL && dual != NULL && g != NULL && scratch != NULL);
    fisher_jacobian_compute(&network, J);
    for (size_t t = 0; t < a.T; t++)
        add_sample(&a, network.h[a.L], scale, t, J, F);
    assert_int_equal(fisher_dual_compute(&gram, dual, &error), BASE_OK);
    for (size_t i = 0; i < CT; i++) {
        gram.f[i] *= scale;
        for (size_t j = 0; j < i; j++)
            dual[i * CT + j] = NAN; /* nobody's to read */
    }
    fisher_softmax_outputs(a.C, a.T, gram.f, g);
    fisher_softmax_dual(a.C, a.T, g, scratch, dual);

    assert_close(linalg_trace(CT, dual), linalg_trace(P, F), 1e-11);
    assert_close(linalg_frobenius2(CT, dual), linalg_frobenius2(P, F), 1e-11);
    assert_int_equal(linalg_eigenvalues(P, F, full, &error), BASE_OK);
    assert_int_equal(linalg_eigenvalues(CT, dual, scratch, &error), BASE_OK);
    for (size_t i = 0; i < P; i++)
        assert_within(full[i], i < CT ? scratch[i] : 0, 1e-11 * scratch[0]);
    for (size_t i = CT - a.T; i < CT; i++)
        assert_within(scratch[i], 0, 1e-11 * scratch[0]); /* rank (C−1)T */

    for (void **p = (void *[]){J, F, full, dual, g, scratch, NULL}; *p != NULL; p++)
        free(*p);
    net_weights_free(&network);
    net_gram_free(&gram);
    net_activation_close(&activation);
}

static void dual_has_the_spectrum_of_the_matrix(void **state)
{
    (void)state;
    compare(&(struct shape){"tanh", 2.385, 0.31, 3, 6, 2, 5, {1}}, 1);
    compare(&(struct shape){"relu", 2, 0.1, 4, 5, 3, 4, {1.4, 0.6, 1.2, 1}}, 1);
    compare(&(struct shape){"gelu", 1.7, 0.4, 2, 7, 5, 3, {1}}, 2.5);
    compare(&(struct shape){"tanh", 1.7, 0.4, 1, 5, 3, 1, {1}}, 1);
}

static void outputs_of_any_size_have_a_softmax(void **state)
{
    (void)state;
    static const double scales[] = {0, 1, 1e3, 1e300};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        const double f[6] = {0.3 * scales[s],  -1.7 * scales[s], 2.1 * scales[s],
                             -0.4 * scales[s], 0.9 * scales[s],  2.1 * scales[s]};
        double g[6], scratch[6], dual[36];
        for (size_t i = 0; i < 36; i++)
            dual[i] = i % 7 == 0 ? 2 : 0.3 / (double)(1 + i % 5);
        fisher_softmax_outputs(3, 2, f, g);
        for (size_t t = 0; t < 2; t++)
            assert_close(g[t] + g[2 + t] + g[4 + t], 1.0, 1e-15);
        fisher_softmax_dual(3, 2, g, scratch, dual);
        for (size_t i = 0; i < 36; i++)
            assert_true(isfinite(dual[i]));
        assert_true(linalg_trace(6, dual) >= 0);
    }
}

/* Two outputs, one sample: tr BᵀF*B = p(1−p)(F_11 + F_22 − 2F_12), p(1−p) = e^(−d)/(1+e^(−d))². A difference
 * 1 − g would miss all of it from d = 37 on. */
static void saturated_outputs_keep_their_accuracy(void **state)
{
    (void)state;
    static const double F[4] = {2.385, -0.71, NAN, 1.13};
    for (double d = -300; d <= 300; d += 17.3) {
        const double f[2] = {500 + d, 500}, tail = exp(-fabs(d));
        double g[2], scratch[2], dual[4];
        memcpy(dual, F, sizeof dual);
        fisher_softmax_outputs(2, 1, f, g);
        fisher_softmax_dual(2, 1, g, scratch, dual);
        assert_close(linalg_trace(2, dual), (F[0] + F[3] - 2 * F[1]) * tail / ((1 + tail) * (1 + tail)),
                     1e-13);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(dual_has_the_spectrum_of_the_matrix),
    cmocka_unit_test(outputs_of_any_size_have_a_softmax),
    cmocka_unit_test(saturated_outputs_keep_their_accuracy),
};
const struct test_group tests_fisher_softmax = TEST_GROUP(tests);
