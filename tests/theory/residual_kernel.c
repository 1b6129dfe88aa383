/* Mean-field kernels of residual networks: recursions by hand, the order parameters of Gaussian inputs, plain
 * networks. */
#include "theory/theory.h"

#include "net/shape.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void open_activation(struct net_activation *activation, const char *text)
{
    struct base_error error = {""};
    if (net_activation_open(activation, text, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

static void solve(struct theory_order *order, const char *text, double w, double b,
                  const struct theory_branch *branch, size_t L, size_t T, const double *gram)
{
    struct net_activation activation;
    struct base_error error = {""};
    open_activation(&activation, text);
    if (theory_kernel_solve_residual(order, &activation, w, b, branch, L, T, gram, 1e-12, &error) != BASE_OK)
        fail_msg("%s: %s", text, error.text);
    net_activation_close(&activation);
}

/* Equal norms and right angles are the Gaussian inputs of the two-number recursion. */
static void residual_kernels_of_right_angles_are_two_numbers(void **state)
{
    (void)state;
    enum { L = 4, T = 3 };
    static const char *const texts[] = {"tanh", "relu", "gelu", "abs(x-0.3)"};
    static const struct theory_branch branch = {0.7, 1.4, 0};
    const double gram[T * T] = {1, 0, 0, NAN, 1, 0, NAN, NAN, 1};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct theory_order order, two;
        struct net_activation activation;
        struct base_error error = {""};
        open_activation(&activation, texts[i]);
        assert_int_equal(theory_order_solve_residual(&two, &activation, 1.83, 0.31, branch.skip,
                                                     branch.variance, L, 1e-12, &error),
                         BASE_OK);
        solve(&order, texts[i], 1.83, 0.31, &branch, L, T, gram);
        const double *of_order[] = {order.q,     order.qhat,   order.qtilde, order.phat,
                                    order.slope, order.slope2, order.Q},
                     *of_two[] = {two.q, two.qhat, two.qtilde, two.phat, two.slope, two.slope2, two.Q};
        for (size_t x = 0; x < 7; x++)
            for (size_t l = 0; l <= L; l++)
                for (size_t p = 0; p < 6; p++) {
                    const double want = of_two[x][2 * l + (p < T ? 0 : 1)];
                    assert_within(of_order[x][6 * l + p], want, 2e-11 * (1 + want));
                }
        assert_true(order.Q[0] > 0 && order.phat[6] > 0);
        theory_order_free(&order);
        theory_order_free(&two);
        net_activation_close(&activation);
    }
}

/* E φφ and E φ'φ' of relu, by arc cosine formulas. */
static void relu_pair(double a, double d, double b, double *phi, double *dphi)
{
    const double pi = 3.14159265358979323846, angle = acos(fmin(1, b / sqrt(a * d)));
    *phi = (sqrt(a * d) * sin(angle) + b * (pi - angle)) / (2 * pi);
    *dphi = (pi - angle) / (2 * pi);
}

/* Of three inputs of different lengths, one pair after the other: forward, then backward, then what is made
 * of it: F* with M = 300, and the NTK. */
static void residual_kernels_by_hand(void **state)
{
    (void)state;
    enum { L = 4, T = 3 };
    const double w = 1.9, b = 0.23, skip = 0.8, v = 1.3, M = 300;
    const double gram[T * T] = {1.2, 0.4, -0.3, 0.4, 0.7, 0.2, -0.3, 0.2, 1.9};
    for (int train = 0; train < 2; train++) {
        struct net_architecture a;
        struct net_activation activation;
        struct theory_order order;
        struct base_error error;
        double ntk[T * T], nngp[T * T];
        const struct theory_branch branch = {skip, v, train * v};
        shape_open_residual(&(struct shape){"relu", w, b, L, (int64_t)M, 2, T, {1}},
                            &(struct branch){skip, v, train == 1}, &a, &activation);
        solve(&order, "relu", w, b, &branch, L, T, gram);
        assert_int_equal(
            theory_ntk_compute_residual(&activation, w, b, &branch, L, T, gram, 1e-12, ntk, nngp, &error),
            BASE_OK);
        for (size_t p = 0; p < order.pairs; p++) {
            const size_t s = order.s[p], t = order.t[p];
            double qhat[L][3] = {{gram[s * T + s], gram[t * T + t], gram[s * T + t]}}, q[L + 1], phat[L],
                   slope[L];
            for (size_t l = 1; l <= L; l++) {
                double of[3];
                for (size_t e = 0; e < 3; e++)
                    of[e] = w * qhat[l - 1][e] + b;
                q[l] = of[2];
                if (l == L)
                    break;
                relu_pair(of[0], of[1], of[2], &phat[l], &slope[l]);
                qhat[l][0] = skip * skip * qhat[l - 1][0] + v * of[0] / 2;
                qhat[l][1] = skip * skip * qhat[l - 1][1] + v * of[1] / 2;
                qhat[l][2] = skip * skip * qhat[l - 1][2] + v * phat[l];
            }
            double Q = w, qtilde = 1, dual = M * qhat[L - 1][2] + 1, theta = q[L];
            for (size_t l = L - 1; l >= 1; l--) {
                assert_close(order.Q[l * order.pairs + p], Q, 1e-10);
                qtilde = v * Q * slope[l];
                assert_close(order.qtilde[l * order.pairs + p], qtilde, 1e-10);
                dual += qtilde * (M * qhat[l - 1][2] + 1) + train * M * Q * phat[l];
                theta += qtilde * q[l] + train * v * Q * phat[l];
                Q = skip * skip * Q + w * qtilde;
            }
            assert_close(order.Q[p], Q, 1e-10);
            assert_close(order.q[L * order.pairs + p], q[L], 1e-10);
            assert_close(theory_order_kernel(&order, &a, p, 1), dual, 1e-10);
            assert_close(nngp[s * T + t], q[L], 1e-10);
            assert_close(ntk[s * T + t], theta, 1e-10);
        }
        theory_order_free(&order);
        net_activation_close(&activation);
    }
}

/* tanh and 67 samples, in several blocks: the sum layer by layer is that over all order parameters. */
static void residual_sums_are_of_the_order_parameters(void **state)
{
    (void)state;
    enum { L = 4, T = 67 };
    static const struct theory_branch branch = {0.9, 0.6, 2.7};
    const double a[L] = {2.1, 0.3, 1.7, 0.9}, b[L] = {0.4, 1.3, 0.2, 0.7};
    struct theory_order order;
    struct net_activation activation;
    struct base_error error = {""};
    double *gram = malloc(T * T * sizeof *gram), *sum = malloc(T * T * sizeof *sum),
           *nngp = malloc(T * T * sizeof *nngp);
    assert_true(gram != NULL && sum != NULL && nngp != NULL);
    for (size_t s = 0; s < T; s++)
        for (size_t t = 0; t < T; t++)
            gram[s * T + t] = t < s ? NAN : (s == t ? 0.5 : 0) + 0.4 * cos(0.3 * (double)(t - s));
    open_activation(&activation, "tanh");
    solve(&order, "tanh", 1.9, 0.13, &branch, L, T, gram);
    assert_int_equal(theory_kernel_sum_residual(&activation, 1.9, 0.13, &branch, L, T, gram, a, b, 1e-12, sum,
                                                nngp, &error),
                     BASE_OK);
    for (size_t p = 0; p < order.pairs; p++) {
        const size_t n = order.pairs;
        double want = 0;
        for (size_t l = 1; l <= L; l++)
            want += (a[l - 1] * order.qhat[(l - 1) * n + p] + b[l - 1]) * order.qtilde[l * n + p];
        for (size_t l = 1; l < L; l++)
            want += branch.trained * order.Q[l * n + p] * order.phat[l * n + p];
        assert_close(sum[order.s[p] * T + order.t[p]], want, 1e-11);
        assert_close(nngp[order.s[p] * T + order.t[p]], order.q[L * n + p], 1e-11);
    }
    theory_order_free(&order);
    net_activation_close(&activation);
    for (double **p = (double *[]){gram, sum, nngp, NULL}; *p != NULL; p++)
        free(*p);
}

/* The kernels of drawn Gaussian inputs: those of a plain network without a skip and with σ_v² = 1; and of a
 * linear one, tr K is linear in the squared lengths of the inputs: its mean over 16 draws of 60 inputs of 400
 * features is that of the two numbers but for a standard deviation of √(2/(400·960)) = 0.23 % at most. 4.4 of
 * them are missed by chance once in 1e5 times. */
static void residual_spectra_of_drawn_inputs(void **state)
{
    (void)state;
    enum { T = 60, M = 400, L = 4 };
    static const struct branch plain = {0, 1, false}, trained = {0.8, 1.3, true};
    const struct shape tanh_shape = {"tanh", 2, 0.3, L, M, 1, T, {1}},
                       linear_shape = {"linear", 1.2, 0.3, L, M, 1, T, {1}};
    struct net_architecture a, c;
    struct net_activation activation, other;
    struct theory_spectrum one, two;
    struct theory_order order;
    struct base_error error = {""};
    double eigenvalues[2][T], trace = 0;
    shape_open_residual(&tanh_shape, &plain, &a, &activation);
    shape_open(&tanh_shape, &c, &other);
    assert_int_equal(theory_fisher_draws(&a, &activation, &one, eigenvalues[0], &error), BASE_OK);
    assert_int_equal(theory_fisher_draws(&c, &other, &two, eigenvalues[1], &error), BASE_OK);
    assert_close(one.centred_eig_max, two.centred_eig_max, 1e-9);
    for (size_t i = 0; i < T; i++)
        assert_close(eigenvalues[0][i], eigenvalues[1][i], 1e-9);
    net_activation_close(&activation);
    net_activation_close(&other);

    shape_open_residual(&linear_shape, &trained, &a, &activation);
    shape_order(&a, &activation, &order);
    assert_int_equal(theory_fisher_draws(&a, &activation, &one, eigenvalues[0], &error), BASE_OK);
    for (size_t i = 0; i < T; i++)
        trace += eigenvalues[0][i];
    assert_close(trace, theory_order_kernel(&order, &a, 0, 1), 0.01);
    theory_order_free(&order);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(residual_kernels_of_right_angles_are_two_numbers),
    cmocka_unit_test(residual_kernels_by_hand),
    cmocka_unit_test(residual_sums_are_of_the_order_parameters),
    cmocka_unit_test(residual_spectra_of_drawn_inputs),
};
const struct test_group tests_theory_residual_kernel = TEST_GROUP(tests);
