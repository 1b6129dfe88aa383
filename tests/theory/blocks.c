/* The prediction of unit blocks against recursions written out by hand. */
#include "theory/theory.h"

#include "tests.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

enum { L = 4, T = 30 };
static const double w = 2.1, b = 0.05;
static const struct net_architecture shape = {.L = L,
                                              .C = 7,
                                              .T = T,
                                              .M = 50,
                                              .widths = {40, 60, 50, 30, 7},
                                              .weight_variance = 2.1,
                                              .bias_variance = 0.05};

/* relu's parameters of one pair of samples, whose inputs overlap by c */
struct relu {
    double qhat[L + 1], qtilde[L + 1], slope[L + 1], V[L + 1];
};

static struct relu relu_solve(double c)
{
    struct relu r = {.qhat = {c}};
    double q1 = w + b, both[L + 1] = {0};
    for (size_t l = 1; l < L; l++) {
        const double q = w * r.qhat[l - 1] + b, theta = acos(fmin(1, q / q1));
        r.qhat[l] = (q1 * sin(theta) + q * (pi - theta)) / (2 * pi);
        r.slope[l] = (pi - theta) / (2 * pi); /* φ'² = φ' */
        q1 = w * q1 / 2 + b;
    }
    r.qtilde[L] = both[L] = 1;
    for (size_t l = L - 1; l >= 1; l--) {
        r.qtilde[l] = w * r.slope[l] * r.qtilde[l + 1];
        both[l] = w / 2 * both[l + 1];
        r.V[l] = w * w * r.slope[l] * r.slope[l] * r.V[l + 1] +
                 w * w * r.slope[l] * both[l + 1] * both[l + 1] / (double)shape.widths[l];
    }
    return r;
}

static double width(size_t l)
{
    return (double)shape.widths[l];
}

/* What stands beside the inputs of layer l in a cross block. */
static double beside(double c, size_t l, size_t m)
{
    const struct relu r = relu_solve(c);
    double gains = 1;
    for (size_t j = l; j < m; j++)
        gains *= w * r.slope[j];
    return (7 * r.qtilde[l] * r.qtilde[m] + 42 * gains * r.V[m]) * width(m - 1) * r.qhat[m - 1] /
           (width(l) * width(m));
}

static void predict(const struct theory_order *order, double *on, double *off, double *cross)
{
    struct base_error error;
    for (size_t i = 0; i < (L + 1) * (L + 1); i++)
        on[i % (L + 1)] = off[i % (L + 1)] = cross[i] = -7;
    assert_int_equal(theory_blocks_predict(order, &shape, on, off, cross, &error), BASE_OK);
    assert_true(on[0] == -7 && on[L] == -7 && off[0] == -7 && off[L] == -7); /* left alone */
    assert_true(cross[2 * (L + 1) + 1] == -7 && cross[L + 1 + L] == -7);
}

static void relu_by_hand(void **state)
{
    (void)state;
    struct net_activation activation;
    struct theory_order order;
    struct base_error error;
    double on[L + 1], off[L + 1], cross[(L + 1) * (L + 1)];
    assert_int_equal(net_activation_open(&activation, "relu", &error), BASE_OK);
    assert_int_equal(theory_order_solve(&order, &activation, w, b, L, 1e-12, &error), BASE_OK);
    predict(&order, on, off, cross);

    const struct relu same = relu_solve(1), other = relu_solve(0);
    const struct relu *pairs[2] = {&same, &other};
    const double weights[2] = {1.0 / T, (T - 1.0) / T}, C = 7, h = 1e-4;
    for (size_t l = 1; l < L; l++) {
        double on_ = 0, off_ = 0;
        for (int e = 0; e < 2; e++) {
            const struct relu *r = pairs[e];
            const double H = width(l - 1) * r->qhat[l - 1];
            const double H2 = l > 1 ? H * H : e == 0 ? 40 * 40 + 2 * 40 : 40;
            const double V = l + 1 < L ? r->V[l + 1] : 0;
            on_ += weights[e] * pow(w / width(l), 2) * r->slope[l] *
                   (C * C * pow(same.qtilde[l + 1], 2) + 2 * C * pow(r->qtilde[l + 1], 2)) * H2;
            off_ += weights[e] * (C * pow(r->qtilde[l], 2) + C * (C - 1) * pow(w * r->slope[l], 2) * V) /
                    pow(width(l), 2) * H2;
        }
        assert_close(on[l], on_, 1e-11);
        assert_close(off[l], off_, 1e-11);
        for (size_t m = l + 1; m < L; m++) {
            const double equal = beside(1, l, m) * width(l - 1) * same.qhat[l - 1];
            const double unequal = l == 1 ? (beside(h, l, m) - beside(-h, l, m)) / (2 * h)
                                          : beside(0, l, m) * width(l - 1) * other.qhat[l - 1];
            assert_close(cross[l * (L + 1) + m], weights[0] * equal + weights[1] * unequal, 1e-7);
        }
    }
    theory_order_free(&order);
    net_activation_close(&activation);
}

/* T given inputs of norm √M_0 that overlap by c all alike: the pair form is the two-number form, but that the
 * overlap of the inputs is what it is. */
static void given_inputs_sum_over_pairs(void **state)
{
    (void)state;
    enum { PAIRS = T * (T + 1) / 2, N = (L + 1) * PAIRS };
    static double qhat[N], qtilde[N], slope[N], slope2[N];
    static size_t s[PAIRS], t[PAIRS];
    const double c = 0.3, C = 7;
    const struct relu same = relu_solve(1), other = relu_solve(c);
    size_t p = T;
    for (size_t i = 0; i < T; i++) {
        s[i] = t[i] = i;
        for (size_t j = i + 1; j < T; j++, p++)
            s[p] = i, t[p] = j;
    }
    for (size_t l = 0; l <= L; l++)
        for (p = 0; p < PAIRS; p++) {
            const struct relu *r = p < T ? &same : &other;
            qhat[l * PAIRS + p] = r->qhat[l];
            qtilde[l * PAIRS + p] = r->qtilde[l];
            slope[l * PAIRS + p] = slope2[l * PAIRS + p] = r->slope[l];
        }
    const struct theory_order order = {.L = L,
                                       .samples = T,
                                       .pairs = PAIRS,
                                       .s = s,
                                       .t = t,
                                       .qhat = qhat,
                                       .qtilde = qtilde,
                                       .slope = slope,
                                       .slope2 = slope2};
    double on[L + 1], off[L + 1], cross[(L + 1) * (L + 1)];
    predict(&order, on, off, cross);
    const double w1 = 1.0 / T, w2 = (T - 1.0) / T, H1 = 40, H2 = 40 * c;
    assert_close(on[1],
                 pow(w / 60, 2) *
                     (w1 * same.slope[1] * (C * C + 2 * C) * pow(same.qtilde[2] * H1, 2) +
                      w2 * other.slope[1] *
                          (C * C * pow(same.qtilde[2], 2) + 2 * C * pow(other.qtilde[2], 2)) * H2 * H2),
                 1e-12);
    assert_close(cross[L + 1 + 3], w1 * beside(1, 1, 3) * H1 + w2 * beside(c, 1, 3) * H2, 1e-12);
}

/* Off against on, root mean square: of order 1 at C = 1, 1/√M at C = M. */
static void off_blocks_vanish_only_with_many_outputs(void **state)
{
    (void)state;
    struct net_activation activation;
    struct theory_order order;
    struct base_error error;
    double on[L + 1], off[L + 1], cross[(L + 1) * (L + 1)], ratio[2][2];
    assert_int_equal(net_activation_open(&activation, "tanh", &error), BASE_OK);
    assert_int_equal(theory_order_solve(&order, &activation, 3, 0.64, L, 1e-12, &error), BASE_OK);
    for (size_t many = 0; many < 2; many++)
        for (size_t wide = 0; wide < 2; wide++) {
            const size_t M = wide ? 4000 : 1000;
            struct net_architecture a = {.L = L,
                                         .C = many ? M : 1,
                                         .T = 60,
                                         .M = M,
                                         .weight_variance = 3,
                                         .widths = {M, M, M, M, many ? M : 1}};
            assert_int_equal(theory_blocks_predict(&order, &a, on, off, cross, &error), BASE_OK);
            ratio[many][wide] = sqrt(off[2] / on[2]);
        }
    assert_close(ratio[0][1], ratio[0][0], 1e-12);
    assert_within(ratio[0][0], 0.36, 0.01);
    assert_close(ratio[1][1], ratio[1][0] / 2, 0.01);
    theory_order_free(&order);
    net_activation_close(&activation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(relu_by_hand),
    cmocka_unit_test(given_inputs_sum_over_pairs),
    cmocka_unit_test(off_blocks_vanish_only_with_many_outputs),
};
const struct test_group tests_theory_blocks = TEST_GROUP(tests);
