/* Predictions of the layers' blocks: by hand, against the whole matrix's, and by their kernels. */
#include "theory/theory.h"

#include "linalg/linalg.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

struct numbers {
    double mean[MOST], second[MOST], max[MOST], sharpness[MOST], trace[MOST], share[MOST];
};

static struct numbers predicted(const struct theory_order *order, const struct net_architecture *a)
{
    struct numbers n;
    struct base_error error = {""};
    const struct theory_layers layers = {n.mean, n.second, n.max, n.sharpness, n.trace, n.share};
    if (theory_layers_predict(order, a, &layers, &error) != BASE_OK)
        fail_msg("%s", error.text);
    return n;
}

static struct theory_order solved(const char *text, double weight_variance, double bias_variance, size_t L)
{
    struct net_activation activation;
    struct theory_order order;
    struct base_error error;
    assert_int_equal(net_activation_open(&activation, text, &error), BASE_OK);
    assert_int_equal(
        theory_order_solve(&order, &activation, weight_variance, bias_variance, L, 1e-12, &error), BASE_OK);
    net_activation_close(&activation);
    return order;
}

/* Linear, L = 3: q̂_1 = 1, w+b, w(w+b)+b ; q̂_2 = 0, b, wb+b ; q̃ = w², w, 1. */
static void linear_networks_by_hand(void **state)
{
    (void)state;
    const double w = 1.3, b = 0.2, C = 7, T = 50;
    const struct net_architecture a = {
        .L = 3, .C = 7, .T = 50, .M = 200, .P = 1, .widths = {100, 300, 200, 7}};
    struct theory_order order = solved("linear", w, b, 3);
    const struct numbers n = predicted(&order, &a);
    const double x1[] = {0, w * w, w * (w + b), w * (w + b) + b}, x2[] = {0, 0, w * b, w * b + b};
    const double M[] = {100, 300, 200, 7};
    const double trace = 100 * x1[1] + 300 * x1[2] + 200 * x1[3];
    for (size_t l = 1; l <= 3; l++) {
        const double max =
            l == 1 ? 2 * w * w * pow(1 + sqrt(0.5), 2) : M[l - 1] * (0.98 * x2[l] + 0.02 * x1[l]);
        const double second = C * M[l - 1] / M[l] * (0.98 * x2[l] * x2[l] + 0.02 * x1[l] * x1[l]);
        assert_close(n.mean[l], C * x1[l] / M[l], 1e-13);
        assert_close(n.second[l], second + (l == 1 ? 0.98 * C * pow(w, 4) / M[1] : 0), 1e-13);
        assert_close(n.max[l], max, 1e-13);
        assert_close(n.sharpness[l], max / (M[l - 1] * x1[l]), 1e-13);
        assert_close(n.trace[l], M[l - 1] * x1[l] / trace, 1e-13);
        assert_close(n.share[l],
                     max / (100 * x1[1] / T + 300 * (0.98 * x2[2] + 0.02 * x1[2]) +
                            200 * (0.98 * x2[3] + 0.02 * x1[3])),
                     1e-13);
    }
    theory_order_free(&order);
}

/* The blocks' traces add up to that of F, their largest eigenvalues to F's, but for the inputs' Wishart part.
 */
static void layers_add_up_to_the_whole(void **state)
{
    (void)state;
    static const char *const names[] = {"tanh", "relu", "gelu"};
    const struct net_architecture a = {
        .L = 4, .C = 3, .T = 60, .CT = 180, .M = 500, .P = 1e6, .widths = {250, 500, 750, 500, 3}};
    for (size_t i = 0; i < 3; i++) {
        struct theory_order order = solved(names[i], 1.9, 0.3, 4);
        struct theory_fisher whole;
        const struct numbers n = predicted(&order, &a);
        double trace = 0, max = 0, shares = 0;
        theory_fisher_predict(&order, &a, &whole);
        for (size_t l = 1; l <= 4; l++) {
            trace += n.mean[l] * (double)(a.widths[l] * a.widths[l - 1]);
            max += l == 1 ? 250. / 60 * order.qtilde[2] : n.max[l];
            shares += n.trace[l];
            assert_close(n.share[l], n.max[l] / whole.eig_max, 1e-14);
        }
        assert_close(trace, whole.eig_mean * a.P, 1e-12);
        assert_close(max, whole.eig_max, 1e-12);
        assert_close(shares, 1, 1e-14);
        theory_order_free(&order);
    }
}

/* No κ_2: the theory says nothing of the largest, but in layer 1, where inputs are as they are. */
static void odd_activations_without_bias(void **state)
{
    (void)state;
    struct net_architecture a = {.L = 3, .C = 2, .T = 30, .M = 400, .P = 1, .widths = {400, 400, 400, 2}};
    struct theory_order order = solved("tanh", 1.7, 0, 3);
    struct numbers n = predicted(&order, &a);
    assert_true(isnan(n.max[2]) && isnan(n.max[3]) && isnan(n.share[1]) && isnan(n.share[2]));
    assert_true(isfinite(n.max[1]) && isfinite(n.second[2]) && isfinite(n.trace[2]));
    a.T = 1; /* one sample: a block of rank one for each output, λ_max is its trace */
    n = predicted(&order, &a);
    for (size_t l = 1; l <= 3; l++)
        assert_close(n.max[l], n.mean[l] * (double)(a.widths[l] * a.widths[l - 1]) / 2, 1e-14);
    theory_order_free(&order);
}

/* Order parameters of given inputs, by hand: x^l_st at the pairs of T samples. */
struct given {
    struct theory_order order;
    size_t *s, *t;
    double *q;
};

static void given_open(struct given *g, size_t L, size_t T)
{
    const size_t pairs = T * (T + 1) / 2, n = (L + 1) * pairs;
    size_t p = T;
    g->s = calloc(pairs, sizeof *g->s);
    g->t = calloc(pairs, sizeof *g->t);
    g->q = calloc(2 * n, sizeof *g->q);
    assert_true(g->s != NULL && g->t != NULL && g->q != NULL);
    for (size_t s = 0; s < T; s++) {
        g->s[s] = g->t[s] = s;
        for (size_t t = s + 1; t < T; t++, p++) {
            g->s[p] = s;
            g->t[p] = t;
        }
    }
    g->order = (struct theory_order){
        .L = L, .samples = T, .pairs = pairs, .s = g->s, .t = g->t, .qhat = g->q, .qtilde = g->q + n};
}

static void given_close(struct given *g)
{
    free(g->s);
    free(g->t);
    free(g->q);
}

/* Inputs that are all alike among themselves are the two numbers of the papers again. */
static void given_inputs_alike_are_two_numbers(void **state)
{
    (void)state;
    enum { T = 12, L = 3 };
    const struct net_architecture a = {.L = L, .C = 2, .T = T, .M = 90, .P = 1, .widths = {70, 90, 110, 2}};
    struct theory_order order = solved("relu", 2, 0.3, L);
    struct given g;
    given_open(&g, L, T);
    for (size_t l = 0; l <= L; l++)
        for (size_t p = 0; p < g.order.pairs; p++) {
            g.order.qhat[l * g.order.pairs + p] = order.qhat[2 * l + (p >= T)];
            g.order.qtilde[l * g.order.pairs + p] = order.qtilde[2 * l + (p >= T)];
        }
    const struct numbers two = predicted(&order, &a), all = predicted(&g.order, &a);
    double biases = 0;
    for (size_t l = 1; l <= L; l++)
        biases += order.qtilde[2 * l] / T + (T - 1.) / T * order.qtilde[2 * l + 1];
    for (size_t l = 1; l <= L; l++) {
        assert_close(all.mean[l], two.mean[l], 1e-13);
        assert_close(all.trace[l], two.trace[l], 1e-13);
        if (l == 1)
            continue; /* there nothing is random in the inputs */
        assert_close(all.second[l], two.second[l], 1e-13);
        assert_close(all.max[l], two.max[l], 1e-12);
        assert_close(all.share[l], two.max[l] / (two.max[l] / two.share[l] + biases), 1e-12);
    }
    assert_close(all.max[1], 70. / T * order.qtilde[2], 1e-12);
    given_close(&g);
    theory_order_free(&order);
}

/* Any other inputs: the spectra of the kernels, by LAPACK. */
static void given_inputs_have_kernels(void **state)
{
    (void)state;
    enum { T = 9, L = 2 };
    const struct net_architecture a = {.L = L, .C = 3, .T = T, .M = 40, .P = 1, .widths = {30, 40, 3}};
    struct base_error error;
    struct given g;
    double K[T * T], whole[T * T] = {0}, values[T], top[L + 1];
    given_open(&g, L, T);
    const size_t pairs = g.order.pairs;
    for (size_t p = 0; p < 2 * (L + 1) * pairs; p++)
        g.q[p] = 1.3 + sin(2.385 * (double)(p * p) + 0.7);
    const struct numbers n = predicted(&g.order, &a);
    for (size_t l = 1; l <= L; l++) {
        double trace = 0, squares = 0;
        for (size_t p = 0; p < pairs; p++) {
            const double x = g.order.qhat[(l - 1) * pairs + p] * g.order.qtilde[l * pairs + p];
            K[g.s[p] * T + g.t[p]] = (double)a.widths[l - 1] * x / T;
            whole[g.s[p] * T + g.t[p]] += ((double)a.widths[l - 1] * x + g.order.qtilde[l * pairs + p]) / T;
            trace += p < T ? x / T : 0;
            squares += (p < T ? 1 : 2) * x * x / (T * T);
        }
        assert_close(n.mean[l], 3 * trace / (double)a.widths[l], 1e-13);
        assert_close(n.second[l], 3 * (double)a.widths[l - 1] / (double)a.widths[l] * squares, 1e-13);
        assert_int_equal(linalg_eigenvalues(T, K, values, &error), BASE_OK);
        assert_close(n.max[l], values[0], 1e-12);
        top[l] = values[0];
    }
    assert_int_equal(linalg_eigenvalues(T, whole, values, &error), BASE_OK);
    for (size_t l = 1; l <= L; l++)
        assert_close(n.share[l], top[l] / values[0], 1e-12);

    struct numbers ignored;
    const struct theory_layers layers = {ignored.mean,      ignored.second, ignored.max,
                                         ignored.sharpness, ignored.trace,  ignored.share};
    g.order.qtilde[pairs + 3] = INFINITY;
    assert_int_equal(theory_layers_predict(&g.order, &a, &layers, &error), BASE_UNRESOLVED);
    given_close(&g);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(linear_networks_by_hand),      cmocka_unit_test(layers_add_up_to_the_whole),
    cmocka_unit_test(odd_activations_without_bias), cmocka_unit_test(given_inputs_alike_are_two_numbers),
    cmocka_unit_test(given_inputs_have_kernels),
};
const struct test_group tests_theory_layers = TEST_GROUP(tests);
