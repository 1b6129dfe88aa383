/* Estimates of F from sampled outputs, and the empirical Fisher matrix, against explicit matrices. */
#include "fisher/fisher.h"

#include "linalg/linalg.h"
#include "net/shape.h"
#include "random/normal.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One explicit network, its Jacobian, its dual. */
struct explicit
{
    struct net_architecture a;
    double *J, *dual;
    size_t C, T, CT, P;
};

static void explicit_open(struct explicit *e, const struct shape *shape)
{
    struct net_activation activation;
    struct net_weights network;
    struct net_gram gram;
    struct base_error error = {""};
    shape_open(shape, &e->a, &activation);
    e->C = e->a.C, e->T = e->a.T, e->CT = e->a.CT, e->P = (size_t)e->a.P;
    if (net_weights_init(&network, &e->a, &error) != BASE_OK ||
        net_gram_init(&gram, &e->a, &error) != BASE_OK)
        fail_msg("%s", error.text);
    net_weights_draw(&network, 21, 4);
    net_weights_forward(&network, &activation);
    net_weights_backward(&network);
    net_weights_gram(&network, &gram);
    e->J = calloc(e->CT * e->P, sizeof *e->J);
    e->dual = calloc(e->CT * e->CT, sizeof *e->dual);
    assert_true(e->J != NULL && e->dual != NULL);
    fisher_jacobian_compute(&network, e->J);
    assert_int_equal(fisher_dual_compute(&gram, e->dual, &error), BASE_OK);
    linalg_mirror(e->CT, e->dual);
    net_gram_free(&gram);
    net_weights_free(&network);
    net_activation_close(&activation);
}

static void explicit_close(struct explicit *e)
{
    free(e->J);
    free(e->dual);
}

/* g (T·n, P): J_tᵀ ε_r(t) in row r·T + t; F̂ (P, P) = (1/(Tn)) gᵀg. */
static void estimate_explicitly(const struct explicit *e, size_t n, const double *epsilon, double *F)
{
    double *g = calloc(e->T * n * e->P, sizeof *g);
    assert_non_null(g);
    for (size_t r = 0; r < n; r++)
        for (size_t k = 0; k < e->C; k++)
            for (size_t t = 0; t < e->T; t++)
                for (size_t p = 0; p < e->P; p++)
                    g[(r * e->T + t) * e->P + p] +=
                        epsilon[(r * e->C + k) * e->T + t] * e->J[(k * e->T + t) * e->P + p];
    linalg_gram(e->T * n, e->P, g, F);
    linalg_mirror(e->P, F);
    for (size_t i = 0; i < e->P * e->P; i++)
        F[i] /= (double)(e->T * n);
    free(g);
}

static const struct shape shapes[] = {{"tanh", 2.385, 0.31, 3, 5, 1, 5, {1}},
                                      {"relu", 2, 0.1, 3, 4, 3, 4, {1.4, 0.6, 1.2}},
                                      {"sin", 2, 0.2, 2, 4, 2, 7, {2}},
                                      {"tanh", 2.385, 0.31, 2, 6, 2, 1, {1}}};

/* Fewer, as many and more draws than outputs; rows below the diagonal stand for nobody. */
static void dual_has_the_spectrum_of_the_estimate(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t n = 1; n <= 5; n++) {
            struct explicit e;
            struct base_error error;
            explicit_open(&e, &shapes[s]);
            const size_t m = fisher_estimator_rank(e.C, n), mT = m * e.T, P = e.P;
            double *epsilon = malloc(n * e.CT * sizeof *epsilon), *X = malloc(m * e.CT * sizeof *X);
            double *F = malloc(P * P * sizeof *F), *dual = malloc(mT * mT * sizeof *dual);
            double *full = malloc(P * sizeof *full), *small = malloc(mT * sizeof *small);
            assert_true(epsilon != NULL && X != NULL && F != NULL && dual != NULL && full != NULL &&
                        small != NULL);
            random_normals(5, s, 0, n * e.CT, epsilon);
            estimate_explicitly(&e, n, epsilon, F);
            assert_int_equal(fisher_estimator_root(e.C, e.T, n, epsilon, X, &error), BASE_OK);
            assert_int_equal(fisher_estimator_dual(e.C, e.T, m, X, e.dual, dual, &error), BASE_OK);
            for (size_t i = 0; i < mT; i++)
                for (size_t j = 0; j < i; j++)
                    dual[i * mT + j] = NAN;
            assert_close(linalg_trace(mT, dual), linalg_trace(P, F), 1e-12);
            assert_close(linalg_frobenius2(mT, dual), linalg_frobenius2(P, F), 1e-12);
            assert_int_equal(linalg_eigenvalues(P, F, full, &error), BASE_OK);
            assert_int_equal(linalg_eigenvalues(mT, dual, small, &error), BASE_OK);
            for (size_t i = 0; i < P; i++)
                assert_within(full[i], i < mT ? small[i] : 0, 1e-11 * full[0]);
            for (void **p = (void *[]){epsilon, X, F, dual, full, small, NULL}; *p != NULL; p++)
                free(*p);
            explicit_close(&e);
        }
}

struct moments {
    double mean, variance, error_of_mean;
};

static struct moments moments_of(size_t n, const double *x)
{
    struct moments m = {0};
    for (size_t i = 0; i < n; i++)
        m.mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        m.variance += (x[i] - m.mean) * (x[i] - m.mean) / (double)(n - 1);
    m.error_of_mean = sqrt(m.variance / (double)n);
    return m;
}

/* |mean of (x − centre)² − variance| within 4.9 of its standard errors */
static void assert_variance(size_t n, double *x, double centre, double variance)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - centre) * (x[i] - centre);
    const struct moments m = moments_of(n, x);
    assert_within(m.mean, variance, 4.9 * m.error_of_mean);
}

/* ‖F‖² + (1/(T²n)) Σ_t [(tr K_tt)² + ‖K_tt‖²], K = T F* */
static double frobenius2_expected(const struct explicit *e, size_t n)
{
    double sum = 0;
    for (size_t t = 0; t < e->T; t++) {
        double trace = 0, norm = 0;
        for (size_t k = 0; k < e->C; k++)
            for (size_t k2 = 0; k2 < e->C; k2++) {
                const double K = e->dual[(k * e->T + t) * e->CT + k2 * e->T + t];
                norm += K * K;
                trace += k2 == k ? K : 0;
            }
        sum += trace * trace + norm;
    }
    return linalg_frobenius2(e->CT, e->dual) + sum / (double)n;
}

/* Many estimates of one network's F. Each of the 6 comparisons alarms falsely with 1e-6 (4.9 standard
 * errors), were the averages Gaussian; the seed is fixed. */
static void estimates_have_mean_and_variance(void **state)
{
    (void)state;
    enum { ESTIMATES = 4000, N = 2 };
    for (size_t s = 0; s < 2; s++) {
        struct explicit e;
        struct base_error error;
        explicit_open(&e, &shapes[s]);
        const size_t m = fisher_estimator_rank(e.C, N), mT = m * e.T;
        double epsilon[N * 12], X[N * 12], dual[N * 4 * N * 4 * 2];
        assert_true(e.CT <= 12 && mT * mT <= sizeof dual / sizeof *dual);
        double *trace = malloc(ESTIMATES * sizeof *trace), *norm = malloc(ESTIMATES * sizeof *norm);
        assert_true(trace != NULL && norm != NULL);
        for (size_t i = 0; i < ESTIMATES; i++) {
            random_normals(6, i, 0, N * e.CT, epsilon);
            assert_int_equal(fisher_estimator_root(e.C, e.T, N, epsilon, X, &error), BASE_OK);
            assert_int_equal(fisher_estimator_dual(e.C, e.T, m, X, e.dual, dual, &error), BASE_OK);
            trace[i] = linalg_trace(mT, dual);
            norm[i] = linalg_frobenius2(mT, dual);
        }
        const struct moments of_trace = moments_of(ESTIMATES, trace), of_norm = moments_of(ESTIMATES, norm);
        const double truth = linalg_trace(e.CT, e.dual);
        assert_within(of_trace.mean, truth, 4.9 * of_trace.error_of_mean);
        assert_within(of_norm.mean, frobenius2_expected(&e, N), 4.9 * of_norm.error_of_mean);
        assert_variance(ESTIMATES, trace, truth, fisher_estimator_trace_variance(e.C, e.T, N, e.dual));
        free(trace);
        free(norm);
        explicit_close(&e);
    }
}

/* Every element of F̂ is unbiased and each diagonal one has its variance (2/(T²n)) Σ_t (Σ_k J_tkp²)²: χ-like
 * sums over all of them. P + P² comparisons at 5.5 standard errors, 4e-8 each: below 2e-4 for all of them,
 * were the averages Gaussian; those of the squares are skew, so that they get 8. */
static void elements_have_mean_and_variance(void **state)
{
    (void)state;
    enum { ESTIMATES = 3000, N = 1 };
    struct explicit e;
    explicit_open(&e, &shapes[1]);
    const size_t P = e.P;
    double *epsilon = malloc(e.CT * sizeof *epsilon), *F = malloc(P * P * sizeof *F),
           *exact = malloc(P * P * sizeof *F);
    double *sum = calloc(P * P, sizeof *sum), *squares = calloc(P * P, sizeof *squares);
    double *fourth = calloc(P, sizeof *fourth);
    assert_true(epsilon != NULL && F != NULL && exact != NULL && sum != NULL && squares != NULL &&
                fourth != NULL);
    fisher_matrix_compute(e.CT, e.T, P, e.J, exact);
    for (size_t i = 0; i < ESTIMATES; i++) {
        random_normals(7, i, 0, e.CT, epsilon);
        estimate_explicitly(&e, N, epsilon, F);
        for (size_t j = 0; j < P * P; j++) {
            const double d = F[j] - exact[j];
            sum[j] += d / ESTIMATES;
            squares[j] += d * d / ESTIMATES;
            if (j % (P + 1) == 0)
                fourth[j / P] += d * d * d * d / ESTIMATES;
        }
    }
    for (size_t j = 0; j < P * P; j++)
        assert_within(sum[j], 0, 5.5 * sqrt(squares[j] / ESTIMATES));
    for (size_t p = 0; p < P; p++) {
        double variance = 0;
        for (size_t t = 0; t < e.T; t++) {
            double s = 0;
            for (size_t k = 0; k < e.C; k++)
                s += e.J[(k * e.T + t) * P + p] * e.J[(k * e.T + t) * P + p];
            variance += 2 * s * s / (double)(e.T * e.T * N);
        }
        const double square = squares[p * (P + 1)];
        assert_within(square, variance, 8 * sqrt((fourth[p] - square * square) / ESTIMATES));
    }
    for (void **p = (void *[]){epsilon, F, exact, sum, squares, fourth, NULL}; *p != NULL; p++)
        free(*p);
    explicit_close(&e);
}

/* Both samplers say which network it is, and its labels and draws are functions of that. */
static void draws_belong_to_the_network(void **state)
{
    (void)state;
    static const struct net_sampler *const samplers[] = {&net_sampler_weights, &net_sampler_conditional};
    double y[2][2][10], epsilon[2][2][30];
    for (size_t k = 0; k < 2; k++) {
        struct net_architecture a;
        struct net_activation activation;
        struct net_gram gram;
        struct base_error error;
        void *work = NULL;
        shape_open(&(struct shape){"tanh", 3, 0.64, 3, 40, 2, 5, {1}}, &a, &activation);
        assert_int_equal(net_gram_init(&gram, &a, &error), BASE_OK);
        assert_int_equal(samplers[k]->init(&work, &a, 1, 1e9, &error), BASE_OK);
        for (uint64_t trial = 0; trial < 2; trial++) {
            assert_int_equal(samplers[k]->sample(work, &activation, 3, trial + 5, &gram, &error), BASE_OK);
            assert_true(gram.seed == 3 && gram.trial == trial + 5);
            net_gram_labels(&gram, y[k][trial]);
            net_gram_draws(&gram, 3, epsilon[k][trial]);
        }
        samplers[k]->free(work);
        net_gram_free(&gram);
        net_activation_close(&activation);
    }
    assert_memory_equal(y[0], y[1], sizeof y[0]);
    assert_memory_equal(epsilon[0], epsilon[1], sizeof epsilon[0]);
    for (size_t i = 0; i < 10; i++) {
        assert_true(y[0][0][i] != y[0][1][i] && epsilon[0][0][i] != epsilon[0][1][i]);
        for (size_t j = 0; j < 30; j++)
            assert_true(y[0][0][i] != epsilon[0][0][j]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(dual_has_the_spectrum_of_the_estimate),
    cmocka_unit_test(estimates_have_mean_and_variance),
    cmocka_unit_test(elements_have_mean_and_variance),
    cmocka_unit_test(draws_belong_to_the_network),
};
const struct test_group tests_fisher_estimators = TEST_GROUP(tests);
