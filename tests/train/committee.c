/* The simulated committee machine and mixture against closed forms, flows and themselves. */
#include "train/committee.h"

#include "experiment/files.h"
#include "tests.h"
#include "theory/committee.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TRIALS = 40 };

/* The architecture of the first point of an experiment, which lives as long. */
static void open_first(struct experiment *e, const char *text, struct net_architecture *a)
{
    struct base_error error;
    files_load_good(e, text, false, NULL);
    assert_int_equal(net_architecture_init(a, &e->points[0], &error), BASE_OK);
}

static struct train_committee *new_committee(const struct net_architecture *a)
{
    struct train_committee *c;
    struct base_error error;
    assert_int_equal(train_committee_init(&c, a, &error), BASE_OK);
    return c;
}

static double mean_of(const double *x, size_t n, double *se)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    *se = sqrt(squares / (double)(n - 1) / (double)n);
    return mean;
}

/* Of T = 10,000 and T = 40,000, of which 4/3 of the second less 1/3 of the first has no bias of the order
 * 1/T: within 4.5 standard errors (by Student's t with some 40 degrees of freedom 6e-5) of the eigenvalue of
 * the whole. Four tests. */
static void sampled_matrices_have_the_smallest_eigenvalue(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        struct theory_committee committee;
    } cases[] = {
        {"region: overlap, distance: 0.3",
         {1, false, {{1}, {1.2121320343559643, 0.21213203435596426}}, {1, 1}}},
        {"region: overlap, distance: 0.3, output_weights: learned",
         {1, true, {{1}, {1.2121320343559643, 0.21213203435596426}}, {1, 1}}},
        {"region: weight, distance: 0.2",
         {1, false, {{1}, {0.44721359549995794, 0.89442719099991588}}, {1, 0.2}}},
        {"region: norm, distance: 0.2, output_weights: learned",
         {1, true, {{1}, {0.089442719099991588, 0.17888543819998318}}, {1, 1}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double means[2], errors[2], values[TRIALS], smallest;
        struct base_error error;
        for (size_t k = 0; k < 2; k++) {
            char text[256];
            struct experiment e;
            struct net_architecture a;
            snprintf(
                text, sizeof text,
                "kind: singular_fisher\nseed: 3\ntrials: 1\nsingular: {dimension: 5, sample_size: %d, %s}\n",
                k == 0 ? 10000 : 40000, cases[i].keys);
            open_first(&e, text, &a);
            struct train_committee *c = new_committee(&a);
            for (size_t t = 0; t < TRIALS; t++)
                assert_int_equal(train_committee_smallest(c, e.seed, t, &values[t], &error), BASE_OK);
            means[k] = mean_of(values, TRIALS, &errors[k]);
            train_committee_free(c);
            experiment_free(&e);
        }
        assert_int_equal(theory_committee_smallest(&cases[i].committee, &smallest, &error), BASE_OK);
        assert_within(4 * means[1] / 3 - means[0] / 3, smallest,
                      4.5 * hypot(4 * errors[1] / 3, errors[0] / 3));
    }
}

/* ---- descents */

enum { TIMES = 4, NUMBERS = 10 };

/* ε, R, Q and v at each time, of a mean over trials, with its variance. */
struct track {
    double mean[NUMBERS][TIMES + 1], variance[NUMBERS][TIMES + 1];
};

static void run_trial(struct train_committee *c, uint64_t seed, uint64_t trial, double x[NUMBERS][TIMES + 1])
{
    struct base_error error;
    double time[TIMES + 1];
    const struct train_committee_record record = {.time = time,
                                                  .error = x[0],
                                                  .overlap = {{x[1], x[2]}, {x[3], x[4]}},
                                                  .student = {x[5], x[6], x[7]},
                                                  .weights = {x[8], x[9]}};
    if (train_committee_run(c, seed, trial, NULL, &record, 0, NULL, NULL, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

/* keys: of the descent; the rest of the keys is that of all. */
static void run_descent(const char *keys, double time_step, struct track *track)
{
    enum { N = 16 };
    char text[512];
    struct experiment e;
    struct net_architecture a;
    memset(track, 0, sizeof *track);
    snprintf(
        text, sizeof text,
        "kind: singular_dynamics\nseed: 5\ntrials: 1\nsingular: {dimension: 6, sample_size: 1000, asymmetry: "
        "0.2, time: 4, times: 4, time_step: %g, %s}\n",
        time_step, keys);
    open_first(&e, text, &a);
    struct train_committee *c = new_committee(&a);
    double x[N][NUMBERS][TIMES + 1];
    for (size_t t = 0; t < N; t++)
        run_trial(c, e.seed, t, x[t]);
    for (size_t i = 0; i < NUMBERS; i++)
        for (size_t s = 0; s <= TIMES; s++) {
            double values[N], se;
            for (size_t t = 0; t < N; t++)
                values[t] = x[t][i][s];
            track->mean[i][s] = mean_of(values, N, &se);
            track->variance[i][s] = se * se;
        }
    train_committee_free(c);
    experiment_free(&e);
}

static double dot(const double *x, const double *y)
{
    double sum = 0;
    for (size_t a = 0; a < THEORY_COMMITTEE_SPAN; a++)
        sum += x[a] * y[a];
    return sum;
}

/* Steps of η and η/2 make 2 x(η/2) − x(η), without bias of the order η, and the flow must be within 5
 * standard errors (t with 15 degrees of freedom: 1.6e-4 each; 120 numbers, most of them copies of each other:
 * a false alarm in 2 % of the seeds) and what is left of order η². */
static void check_descent(const char *keys, const struct theory_committee *start, bool natural, double ridge,
                          double step, double left)
{
    struct track whole, half;
    struct theory_committee states[TIMES + 1];
    struct base_error error;
    const double times[] = {0, 1, 2, 3, 4};
    const struct theory_committee_descent descent = {natural, ridge};
    run_descent(keys, step, &whole);
    run_descent(keys, step / 2, &half);
    assert_int_equal(theory_committee_flow(start, &descent, TIMES + 1, times, states, &error), BASE_OK);
    for (size_t s = 0; s <= TIMES; s++) {
        const struct theory_committee *c = &states[s];
        const double other = c->teacher_units == 2 ? 1 : NAN;
        const double theory[NUMBERS] = {theory_committee_error(c),
                                        c->J[0][0],
                                        c->J[0][1] * other,
                                        c->J[1][0],
                                        c->J[1][1] * other,
                                        dot(c->J[0], c->J[0]),
                                        dot(c->J[0], c->J[1]),
                                        dot(c->J[1], c->J[1]),
                                        c->v[0],
                                        c->v[1]};
        for (size_t i = 0; i < NUMBERS; i++) {
            const double mean = 2 * half.mean[i][s] - whole.mean[i][s];
            if (isnan(theory[i])) {
                assert_true(isnan(mean));
                continue;
            }
            const double se = sqrt(4 * half.variance[i][s] + whole.variance[i][s]);
            assert_within(mean, theory[i], 5 * se + (s == 0 ? 1e-14 : left));
        }
    }
}

static void descents_follow_the_flow(void **state)
{
    (void)state;
    const struct theory_committee two = {2, false, {{0.2, 0, 0.5, 0}, {0, 0.2, 0, 0.5}}, {1, 1}};
    const struct theory_committee one = {1, true, {{0.2, 0, 0.5, 0}, {0, 0, 0, 0.5}}, {1, 1}};
    check_descent("teacher_units: 2", &two, false, 0, 0.1, 2e-3);
    check_descent("teacher_units: 1, output_weights: learned", &one, false, 0, 0.1, 2e-3);
    check_descent("descent: natural, ridge: 0.01", &two, true, 0.01, 0.02, 2e-3);
    check_descent("teacher_units: 1, output_weights: learned, descent: natural, ridge: 0.01", &one, true,
                  0.01, 0.02, 2e-3);
}

/* Levels are reached between the recorded errors around them; what is not reached is NaN. */
static void levels_are_reached(void **state)
{
    (void)state;
    struct experiment e;
    struct net_architecture a;
    struct base_error error;
    double errors[21], reached[3];
    open_first(&e,
               "kind: singular_dynamics\nseed: 5\ntrials: 1\n"
               "singular: {sample_size: 500, time: 2, times: 20, time_step: 0.1}\n",
               &a);
    struct train_committee *c = new_committee(&a);
    const struct train_committee_record record = {.error = errors};
    const double levels[] = {0.1, 1, 1e-9};
    assert_int_equal(train_committee_run(c, 5, 0, NULL, &record, 3, levels, reached, &error), BASE_OK);
    size_t s = 1;
    while (errors[s] > levels[0])
        s++;
    const double part = log(errors[s - 1] / levels[0]) / log(errors[s - 1] / errors[s]);
    assert_within(reached[0], 0.1 * ((double)s - 1 + part), 1e-12);
    assert_true(reached[1] == 0 && isnan(reached[2]));
    train_committee_free(c);
    experiment_free(&e);
}

static bool stop_at_three(void *context, size_t step, double loss)
{
    double *last = context;
    *last = loss;
    return step < 3;
}

/* Two runs are the same bits, a watcher sees ε and can stop, another trial is another one. */
static void descents_are_repeated_and_stopped(void **state)
{
    (void)state;
    struct experiment e;
    struct net_architecture a;
    struct base_error error = {""};
    double first[11], second[11], other[11], last = 0;
    open_first(&e,
               "kind: singular_dynamics\nseed: 5\ntrials: 1\n"
               "singular: {sample_size: 700, time: 1, times: 10, time_step: 0.1}\n",
               &a);
    struct train_committee *c = new_committee(&a);
    const struct train_watch watch = {stop_at_three, &last};
    struct train_committee_record record = {.error = first};
    assert_int_equal(train_committee_run(c, 5, 0, NULL, &record, 0, NULL, NULL, &error), BASE_OK);
    record.error = other;
    assert_int_equal(train_committee_run(c, 5, 1, NULL, &record, 0, NULL, NULL, &error), BASE_OK);
    record.error = second;
    assert_int_equal(train_committee_run(c, 5, 0, &watch, &record, 0, NULL, NULL, &error), BASE_STOPPED);
    assert_true(last == first[3]);
    assert_int_equal(train_committee_run(c, 5, 0, NULL, &record, 0, NULL, NULL, &error), BASE_OK);
    assert_memory_equal(first, second, sizeof first);
    assert_true(first[0] == other[0] && first[1] != other[1]);
    train_committee_free(c);
    experiment_free(&e);
}

/* Fewer samples than parameters. */
static void a_singular_sample_is_unresolved(void **state)
{
    (void)state;
    struct experiment e;
    struct net_architecture a;
    struct base_error error = {""};
    open_first(&e,
               "kind: singular_dynamics\nseed: 5\ntrials: 1\n"
               "singular: {sample_size: 7, time: 1, descent: natural, ridge: 0, dimension: 4}\n",
               &a);
    struct train_committee *c = new_committee(&a);
    const struct train_committee_record record = {.error = NULL};
    assert_int_equal(train_committee_run(c, 5, 0, NULL, &record, 0, NULL, NULL, &error), BASE_UNRESOLVED);
    assert_non_null(strstr(error.text, "7 samples has rank 7 of 8 parameters"));
    train_committee_free(c);
    experiment_free(&e);
}

/* ---- mixture */

/* The three elements, unbiased, and the determinant, of mean (1 − 1/T) det G, of 400 matrices within 4.5
 * standard errors (7e-6 each): three times four tests. */
static void sampled_mixtures_have_the_matrix(void **state)
{
    (void)state;
    enum { N = 400 };
    static const double mus[] = {0.4, 2.5, 60}; /* e^{μ²/2} of the last is no number */
    for (size_t k = 0; k < 3; k++) {
        char text[256];
        struct experiment e;
        struct net_architecture a;
        struct theory_mixture theory;
        struct base_error error;
        double values[4][N], se;
        snprintf(text, sizeof text,
                 "kind: singular_mixture\nseed: 5\ntrials: 1\n"
                 "singular: {sample_size: 900, proportion: 0.3, separation: %g}\n",
                 mus[k]);
        open_first(&e, text, &a);
        for (size_t t = 0; t < N; t++) {
            double G[3];
            train_mixture_fisher(&a, e.seed, t, G);
            for (size_t i = 0; i < 3; i++)
                values[i][t] = G[i];
            values[3][t] = (G[0] * G[2] - G[1] * G[1]) / (1 - 1.0 / 900);
        }
        assert_int_equal(theory_mixture_predict(0.3, mus[k], &theory, &error), BASE_OK);
        for (size_t i = 0; i < 4; i++) {
            const double mean = mean_of(values[i], N, &se);
            assert_within(mean, i < 3 ? theory.G[i] : theory.determinant, 4.5 * se);
        }
        experiment_free(&e);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sampled_matrices_have_the_smallest_eigenvalue),
    cmocka_unit_test(descents_follow_the_flow),
    cmocka_unit_test(levels_are_reached),
    cmocka_unit_test(descents_are_repeated_and_stopped),
    cmocka_unit_test(a_singular_sample_is_unresolved),
    cmocka_unit_test(sampled_mixtures_have_the_matrix),
};
const struct test_group tests_train_committee = TEST_GROUP(tests);
