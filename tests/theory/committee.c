/* Closed forms of committee machine and mixture against sums over samples, differences and other integrators.
 */
#include "theory/committee.h"

#include "random/normal.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;
enum { SPAN = THEORY_COMMITTEE_SPAN, MOST = THEORY_COMMITTEE_MOST };

/* No symmetry, no small number. */
static struct theory_committee odd_committee(size_t teacher_units, bool learned)
{
    return (struct theory_committee){
        teacher_units, learned, {{0.8, -0.3, 0.45, 0.2}, {0.35, 0.9, -0.25, 0.6}}, {1.2, -0.7}};
}

/* ε at committee + h·direction, a direction of all parameters. */
static double error_at(const struct theory_committee *committee, const double *direction, double h)
{
    struct theory_committee moved = *committee;
    for (size_t i = 0; i < 2; i++) {
        for (size_t a = 0; a < SPAN; a++)
            moved.J[i][a] += h * direction[i * SPAN + a];
        moved.v[i] += committee->learned ? h * direction[2 * SPAN + i] : 0;
    }
    return theory_committee_error(&moved);
}

/* Differences of the fourth order. */
static void the_gradient_is_that_of_the_error(void **state)
{
    (void)state;
    const double h = 1e-3;
    for (size_t units = 1; units <= 2; units++)
        for (int learned = 0; learned < 2; learned++) {
            const struct theory_committee c = odd_committee(units, learned);
            double gradient[MOST];
            theory_committee_gradient(&c, gradient);
            assert_int_equal(theory_committee_parameters(&c), learned ? 10 : 8);
            for (size_t p = 0; p < theory_committee_parameters(&c); p++) {
                double e[MOST] = {0};
                e[p] = 1;
                const double near = error_at(&c, e, h) - error_at(&c, e, -h),
                             far = error_at(&c, e, 2 * h) - error_at(&c, e, -2 * h);
                assert_within(gradient[p], (8 * near - far) / (12 * h), 1e-11);
            }
        }
}

static double g(double u)
{
    return erf(u / sqrt(2));
}

/* Student, teacher and ∂f of an input of four numbers. */
static double differentiate(const struct theory_committee *c, const double *x, double *df)
{
    double e = 0;
    for (size_t n = 0; n < c->teacher_units; n++)
        e -= g(x[n]);
    for (size_t i = 0; i < 2; i++) {
        double u = 0;
        for (size_t a = 0; a < SPAN; a++)
            u += c->J[i][a] * x[a];
        for (size_t a = 0; a < SPAN; a++)
            df[i * SPAN + a] = c->v[i] * sqrt(2 / pi) * exp(-u * u / 2) * x[a];
        df[2 * SPAN + i] = g(u);
        e += c->v[i] * g(u);
    }
    return e;
}

/* ε and the 55 elements of G within 5 standard errors of the mean of 200,000 samples: by chance one fails in
 * 3e-5 of the seeds. */
static void error_and_fisher_matrix_are_means_of_samples(void **state)
{
    (void)state;
    enum { T = 200000 };
    const struct theory_committee c = odd_committee(2, true);
    double G[MOST * MOST], sum[MOST * MOST + 1] = {0}, squares[MOST * MOST + 1] = {0}, df[MOST];
    double *x = malloc(T * SPAN * sizeof *x);
    assert_non_null(x);
    random_normals(7, 11, 0, T * SPAN, x);
    for (size_t t = 0; t < T; t++) {
        const double e = differentiate(&c, x + t * SPAN, df);
        for (size_t i = 0; i <= MOST * MOST; i++) {
            const double one = i == MOST * MOST ? e * e / 2 : df[i / MOST] * df[i % MOST];
            sum[i] += one;
            squares[i] += one * one;
        }
    }
    free(x);
    theory_committee_fisher(&c, G);
    for (size_t i = 0; i <= MOST * MOST; i++) {
        const double mean = sum[i] / T, se = sqrt((squares[i] / T - mean * mean) / T);
        assert_within(i == MOST * MOST ? theory_committee_error(&c) : G[i], mean, 5 * se);
    }
}

/* With fixed weights the matrix is the first eight rows and columns. */
static void fixed_weights_take_a_part_of_the_matrix(void **state)
{
    (void)state;
    const struct theory_committee learned = odd_committee(1, true), fixed = odd_committee(1, false);
    double G[MOST * MOST], part[MOST * MOST];
    theory_committee_fisher(&learned, G);
    theory_committee_fisher(&fixed, part);
    for (size_t i = 0; i < 2 * SPAN; i++)
        for (size_t j = 0; j < 2 * SPAN; j++)
            assert_within(part[i * 2 * SPAN + j], G[i * MOST + j], 0);
}

/* ---- plateau */

/* The slope of the gradient along a direction at the plateau's student. */
static double curvature(const double *direction)
{
    const double h = 1e-4, R = theory_committee_plateau().R;
    struct theory_committee c = {2, false, {{R, R}, {R, R}}, {1, 1}};
    double ahead[MOST], behind[MOST], slope = 0, norm2 = 0;
    for (int side = -1; side <= 1; side += 2) {
        struct theory_committee moved = c;
        for (size_t p = 0; p < 2 * SPAN; p++)
            moved.J[p / SPAN][p % SPAN] += side * h * direction[p];
        theory_committee_gradient(&moved, side > 0 ? ahead : behind);
    }
    for (size_t p = 0; p < 2 * SPAN; p++) {
        slope += direction[p] * (ahead[p] - behind[p]) / (2 * h);
        norm2 += direction[p] * direction[p];
    }
    return slope / norm2;
}

static void the_plateau_is_a_saddle(void **state)
{
    (void)state;
    const struct theory_committee_plateau plateau = theory_committee_plateau();
    const double R = plateau.R;
    const struct theory_committee c = {2, false, {{R, R}, {R, R}}, {1, 1}};
    double gradient[MOST];
    assert_within(R, 0.408248, 1e-6);
    assert_within(plateau.Q, 2 * R * R, 1e-15);
    assert_within(plateau.error, 0.0116108, 5e-8);
    assert_within(plateau.rate, 0.06575, 5e-6);
    assert_within(theory_committee_error(&c), plateau.error, 1e-15);
    theory_committee_gradient(&c, gradient);
    for (size_t p = 0; p < 2 * SPAN; p++)
        assert_within(gradient[p], 0, 1e-15);
    assert_within(curvature((double[]){1, -1, 0, 0, -1, 1, 0, 0}), -plateau.rate, 1e-8);
    assert_true(curvature((double[]){1, 1, 0, 0, 1, 1, 0, 0}) > 0.1);
    assert_true(curvature((double[]){0, 0, 1, 0, 0, 0, 1, 0}) > 0.1);
    /* Apart, out of the teacher's plane, is marginal: J_1 − J_2 shrinks there as t^(-1/2) alone. */
    assert_within(curvature((double[]){0, 0, 1, 0, 0, 0, -1, 0}), 0, 1e-8);
}

/* ---- flows */

/* The order parameters Q = A Aᵀ alone, of two student and two teacher units with v = 1: the velocity of row i
 * < 2 times A_m is −(2/π) Σ_k c_k (Q_km − Q_ik Q_im/(1+Q_ii))/√Δ_ik. */
static void order_velocity(const double Q[4][4], double velocity[4][4])
{
    double s[2][4] = {{0}};
    for (size_t i = 0; i < 2; i++)
        for (size_t m = 0; m < 4; m++)
            for (size_t k = 0; k < 4; k++) {
                const double Delta = (1 + Q[i][i]) * (1 + Q[k][k]) - Q[i][k] * Q[i][k];
                s[i][m] -=
                    (k < 2 ? 1 : -1) * 2 / pi * (Q[k][m] - Q[i][k] * Q[i][m] / (1 + Q[i][i])) / sqrt(Delta);
            }
    for (size_t i = 0; i < 4; i++)
        for (size_t m = 0; m < 4; m++)
            velocity[i][m] = (i < 2 ? s[i][m] : 0) + (m < 2 ? s[m][i] : 0);
}

static double order_error(const double Q[4][4])
{
    double sum = 0;
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++)
            sum += (i < 2 ? 1 : -1) * (k < 2 ? 1 : -1) * asin(Q[i][k] / sqrt((1 + Q[i][i]) * (1 + Q[k][k])));
    return sum / pi;
}

/* Runge and Kutta's fourth order. */
static void order_step(double Q[4][4], double h)
{
    static const double part[] = {0, 0.5, 0.5, 1}, weight[] = {1, 2, 2, 1};
    double k[4][4] = {{0}}, sum[4][4] = {{0}};
    for (size_t stage = 0; stage < 4; stage++) {
        double at[4][4];
        for (size_t i = 0; i < 16; i++)
            at[i / 4][i % 4] = Q[i / 4][i % 4] + h * part[stage] * k[i / 4][i % 4];
        order_velocity((const double(*)[4])at, k);
        for (size_t i = 0; i < 16; i++)
            sum[i / 4][i % 4] += weight[stage] * k[i / 4][i % 4];
    }
    for (size_t i = 0; i < 16; i++)
        Q[i / 4][i % 4] += h / 6 * sum[i / 4][i % 4];
}

/* J_i = a B_i + ½ e_{2+i}. */
static struct theory_committee start(double asymmetry)
{
    return (struct theory_committee){2, false, {{asymmetry, 0, 0.5, 0}, {0, asymmetry, 0, 0.5}}, {1, 1}};
}

/* When the order parameters' ε falls to the levels, ln ε being linear within a step. */
static void order_times(double asymmetry, const double levels[2], double times[2])
{
    const double h = 0.05;
    double Q[4][4] = {{0}};
    const struct theory_committee c = start(asymmetry);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++)
            for (size_t a = 0; a < SPAN; a++)
                Q[i][k] += (i < 2 ? c.J[i][a] : i - 2 == a) * (k < 2 ? c.J[k][a] : k - 2 == a);
    times[0] = times[1] = NAN;
    double before = order_error((const double(*)[4])Q);
    for (size_t s = 1; isnan(times[0]); s++) {
        order_step(Q, h);
        const double now = order_error((const double(*)[4])Q);
        for (size_t i = 0; i < 2; i++)
            if (isnan(times[i]) && now <= levels[i])
                times[i] = h * ((double)s - log(levels[i] / now) / log(before / now));
        before = now;
    }
}

static double plateau_time(const struct theory_committee *c, bool natural, double ridge, double times[2])
{
    struct base_error error;
    const double plateau = theory_committee_plateau().error, levels[] = {plateau / 2, 1.1 * plateau};
    const struct theory_committee_descent descent = {natural, ridge};
    assert_int_equal(theory_committee_times(c, &descent, 2, levels, 500, times, &error), BASE_OK);
    return times[0] - times[1];
}

static void plateaus_last(void **state)
{
    (void)state;
    static const struct {
        double asymmetry, time;
    } gradient[] = {{1e-3, 114.43}, {1e-6, 225.43}};
    static const struct {
        double ridge, time;
    } natural[] = {{1e-8, 0.396}, {0.01, 0.558}, {0.1, 10.33}};
    double times[2], own[2];
    const double plateau = theory_committee_plateau().error, levels[] = {plateau / 2, 1.1 * plateau};
    for (size_t i = 0; i < 2; i++) {
        const struct theory_committee c = start(gradient[i].asymmetry);
        assert_within(plateau_time(&c, false, 0, times), gradient[i].time, 0.006);
        order_times(gradient[i].asymmetry, levels, own);
        assert_within(times[0], own[0], 1e-3);
        assert_within(times[1], own[1], 1e-3);
    }
    const struct theory_committee c = start(1e-3);
    for (size_t i = 0; i < 3; i++)
        assert_close(plateau_time(&c, true, natural[i].ridge, times), natural[i].time, 2e-3);
}

/* Small overlaps of units of equal norm with the teacher count by |R_11 − R_12 − R_21 + R_22|/2 alone, here
 * an eighth of their size `a`: the rest decays towards the plateau. The times are those of an independent
 * program. */
static void one_combination_of_overlaps_is_the_asymmetry(void **state)
{
    (void)state;
    static const double R[][4] = {
        {0.125, 0, 0, 0.125}, {0.9, 0.5, 0.45, 0.3}, {-0.2, 0.3, 0.45, 0.7}, {0.1, -0.6, 0.6, 0.15}};
    static const struct {
        double a, gradient, natural, ridge_001, ridge_01;
    } expected[] = {{1e-3, 148.23, 0.3966, 0.675, 13.83}, {1e-6, 258.33, 0.3985, 1.824, 25.12}};
    double times[2];
    for (size_t e = 0; e < 2; e++)
        for (size_t i = 0; i < 4; i++) {
            struct theory_committee c = start(0);
            for (size_t k = 0; k < 4; k++)
                c.J[k / 2][k % 2] = expected[e].a * R[i][k];
            assert_close(plateau_time(&c, false, 0, times), expected[e].gradient, 1e-4);
            assert_close(plateau_time(&c, true, 1e-8, times), expected[e].natural, 5e-4);
            assert_close(plateau_time(&c, true, 0.01, times), expected[e].ridge_001, 1e-3);
            assert_close(plateau_time(&c, true, 0.1, times), expected[e].ridge_01, 5e-4);
        }
}

/* (G + ρ) θ̇ = −∂ε along a flow, by differences of the flow itself. */
static void a_natural_flow_solves_its_equation(void **state)
{
    (void)state;
    struct base_error error;
    const double h = 1e-3, times[] = {0.5 - 2 * h, 0.5 - h, 0.5, 0.5 + h, 0.5 + 2 * h};
    const struct theory_committee_descent descent = {true, 0.01};
    const struct theory_committee first = odd_committee(2, true);
    struct theory_committee s[5];
    double G[MOST * MOST], gradient[MOST];
    assert_int_equal(theory_committee_flow(&first, &descent, 5, times, s, &error), BASE_OK);
    theory_committee_fisher(&s[2], G);
    theory_committee_gradient(&s[2], gradient);
    for (size_t i = 0; i < MOST; i++) {
        double sum = gradient[i];
        for (size_t j = 0; j < MOST; j++) {
            double at[5];
            for (size_t k = 0; k < 5; k++)
                at[k] = j < 2 * SPAN ? s[k].J[j / SPAN][j % SPAN] : s[k].v[j - 2 * SPAN];
            const double velocity = (8 * (at[3] - at[1]) - (at[4] - at[0])) / (12 * h);
            sum += (G[i * MOST + j] + (i == j ? 0.01 : 0)) * velocity;
        }
        assert_within(sum, 0, 1e-8);
    }
}

/* Where the teacher can be learned, f itself decays at rate 1 under the natural gradient, and ε at rate 2. */
static void a_natural_gradient_needs_little_time(void **state)
{
    (void)state;
    struct base_error error;
    const struct theory_committee c = {1, true, {{0.1, 0, 0.5, 0}, {0, 0, 0, 0.5}}, {1, 1}};
    const double levels[] = {1e-6, 1e-6 * exp(-2)};
    const struct theory_committee_descent natural = {true, 1e-8}, gradient = {false, 0};
    double times[2];
    assert_int_equal(theory_committee_times(&c, &natural, 2, levels, 100, times, &error), BASE_OK);
    assert_within(times[0], 6.26, 0.01);
    assert_within(times[1] - times[0], 1, 2e-3);
    assert_int_equal(theory_committee_times(&c, &gradient, 2, levels, 1000, times, &error), BASE_OK);
    assert_true(isnan(times[0]) && isnan(times[1])); /* not yet */
    assert_int_equal(theory_committee_times(&c, &gradient, 1, levels, 2000, times, &error), BASE_OK);
    assert_within(times[0], 1055.97, 0.1);
}

static void trouble_is_said(void **state)
{
    (void)state;
    struct base_error error = {""};
    struct theory_committee c = start(0.1), after;
    const struct theory_committee_descent natural = {true, 0};
    const double time = 1;
    double smallest;
    c.J[0][0] = NAN;
    assert_int_equal(theory_committee_smallest(&c, &smallest, &error), BASE_UNRESOLVED);
    assert_int_equal(theory_committee_flow(&c, &natural, 1, &time, &after, &error), BASE_UNRESOLVED);
    assert_int_equal(theory_committee_times(&c, &natural, 1, &time, 10, &smallest, &error), BASE_UNRESOLVED);
    c = start(0); /* equal units: G is singular */
    memcpy(c.J[1], c.J[0], sizeof c.J[0]);
    assert_int_equal(theory_committee_flow(&c, &natural, 1, &time, &after, &error), BASE_UNRESOLVED);
    assert_non_null(strstr(error.text, "cannot be followed beyond t = 0"));
}

/* ---- singular regions */

static double smallest(const double J_2[2], double v_2, bool learned)
{
    double value;
    struct base_error error;
    const struct theory_committee c = {1, learned, {{1}, {J_2[0], J_2[1]}}, {1, v_2}};
    assert_int_equal(theory_committee_smallest(&c, &value, &error), BASE_OK);
    return value;
}

static double overlapping(double d, bool learned)
{
    return smallest((double[]){1 + d * sqrt(0.5), d * sqrt(0.5)}, 1, learned);
}

static void exponents_of_singular_regions(void **state)
{
    (void)state;
    const double J_2[] = {0.6, 0.9};
    assert_within(log2(overlapping(0.01, false) / overlapping(0.005, false)), 2, 0.02);
    assert_within(log2(overlapping(0.025, true) / overlapping(0.0125, true)), 6, 0.05);
    assert_within(log2(smallest(J_2, 0.01, false) / smallest(J_2, 0.005, false)), 2, 0.002);
    assert_within(log2(smallest(J_2, 0.01, true) / smallest(J_2, 0.005, true)), 2, 0.02);
    assert_within(log2(smallest((double[]){0.02, 0.04}, 1, true) / smallest((double[]){0.01, 0.02}, 1, true)),
                  6, 0.02);
    assert_true(smallest((double[]){0.01, 0.02}, 1, false) > 0.03); /* no singular one with fixed v */
}

/* ---- mixture */

/* A sum over a grid, of the densities as they stand. */
static void sum_mixture(double v, double mu, double G[3])
{
    const double h = 0.01;
    G[0] = G[1] = G[2] = 0;
    for (double x = -14; x < 14 + mu; x += h) {
        const double first = exp(-x * x / 2) / sqrt(2 * pi),
                     second = exp(-(x - mu) * (x - mu) / 2) / sqrt(2 * pi);
        const double p = (1 - v) * first + v * second;
        G[0] += h * (second - first) * (second - first) / p;
        G[1] += h * (second - first) * v * (x - mu) * second / p;
        G[2] += h * v * v * (x - mu) * (x - mu) * second * second / p;
    }
}

static void the_mixture_is_a_sum(void **state)
{
    (void)state;
    static const double vs[] = {0.05, 0.5, 0.93}, mus[] = {0.3, 1.7, 6};
    struct theory_mixture mixture;
    struct base_error error;
    double G[3];
    for (size_t i = 0; i < 9; i++) {
        sum_mixture(vs[i / 3], mus[i % 3], G);
        assert_int_equal(theory_mixture_predict(vs[i / 3], mus[i % 3], &mixture, &error), BASE_OK);
        for (size_t k = 0; k < 3; k++)
            assert_close(mixture.G[k], G[k], 1e-10);
        assert_close(mixture.determinant, G[0] * G[2] - G[1] * G[1], 1e-8);
        const double other = G[0] + G[2] - mixture.smallest; /* trace and determinant */
        assert_close(other * mixture.smallest, mixture.determinant, 1e-9);
        assert_true(mixture.smallest <= other);
    }
}

static void the_mixture_is_singular_at_zero(void **state)
{
    (void)state;
    static const double mus[] = {0.01, 0.5, 2};
    struct theory_mixture mixture;
    struct base_error error;
    for (size_t i = 0; i < 3; i++) {
        const double v = i < 2 ? 1e-5 : 1e-9, mu = mus[i], e = exp(mu * mu);
        assert_int_equal(theory_mixture_predict(v, mu, &mixture, &error), BASE_OK);
        assert_close(mixture.determinant, v * v * e * (expm1(mu * mu) - mu * mu), i < 2 ? 1e-4 : 1e-3);
        if (i == 0)
            assert_close(mixture.determinant, v * v * pow(mu, 4) / 2, 2e-4);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_gradient_is_that_of_the_error),
    cmocka_unit_test(error_and_fisher_matrix_are_means_of_samples),
    cmocka_unit_test(fixed_weights_take_a_part_of_the_matrix),
    cmocka_unit_test(the_plateau_is_a_saddle),
    cmocka_unit_test(plateaus_last),
    cmocka_unit_test(one_combination_of_overlaps_is_the_asymmetry),
    cmocka_unit_test(a_natural_flow_solves_its_equation),
    cmocka_unit_test(a_natural_gradient_needs_little_time),
    cmocka_unit_test(trouble_is_said),
    cmocka_unit_test(exponents_of_singular_regions),
    cmocka_unit_test(the_mixture_is_a_sum),
    cmocka_unit_test(the_mixture_is_singular_at_zero),
};
const struct test_group tests_theory_committee = TEST_GROUP(tests);
