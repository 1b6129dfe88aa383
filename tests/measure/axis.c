/* Axes of variables: where numbers stand, what they are called. */
#include "measure/measure.h"

#include "tests.h"

#include <math.h>
#include <string.h>

static void include(size_t sizes[MEASURE_N_DIMENSIONS], size_t depth, size_t ranks, size_t units)
{
    const struct net_architecture network = {.L = depth, .CT = ranks, .widths = {[1] = units}};
    measure_sizes_include(sizes, &network);
}

static void sizes_hold_the_largest(void **state)
{
    (void)state;
    size_t sizes[MEASURE_N_DIMENSIONS] = {0};
    include(sizes, 3, 70, 9);
    include(sizes, 5, 20, 8);
    assert_int_equal(measure_axis_length(MEASURE_SCALAR, sizes), 1);
    assert_int_equal(measure_axis_length(MEASURE_RANK, sizes), 70);
    assert_int_equal(measure_axis_length(MEASURE_LAYER, sizes), 6);
    assert_int_equal(measure_axis_length(MEASURE_LAYER_PAIR, sizes), 36);
    assert_int_equal(measure_axis_length(MEASURE_KIND, sizes), 2);
    assert_int_equal(measure_axis_length(MEASURE_UNIT_PAIR, sizes), 81);
}

/* A network of depth L writes rows of L + 1; every depth up to the largest. */
static void pairs_are_spread(void **state)
{
    (void)state;
    enum { DEEPEST = 6, ALL = DEEPEST + 1 };
    size_t sizes[MEASURE_N_DIMENSIONS] = {0};
    include(sizes, DEEPEST, 1, 1);
    for (size_t L = 1; L <= DEEPEST; L++) {
        double values[ALL * ALL];
        for (size_t i = 0; i < ALL * ALL; i++)
            values[i] = NAN;
        for (size_t l = 0; l <= L; l++)
            for (size_t m = 0; m <= L; m++)
                values[l * (L + 1) + m] = l == 2 ? NAN : 10. * (double)l + (double)m;
        const struct net_architecture network = {.L = L, .CT = 1};
        measure_axis_spread(MEASURE_LAYER_PAIR, &network, sizes, values);
        for (size_t l = 0; l < ALL; l++)
            for (size_t m = 0; m < ALL; m++) {
                const double value = values[l * ALL + m];
                if (l > L || m > L || l == 2)
                    assert_true(isnan(value));
                else
                    assert_true(value == 10. * (double)l + (double)m);
            }
    }
    double layers[ALL] = {1, 2, 3, NAN, NAN, NAN, NAN};
    const struct net_architecture two = {.L = 2, .CT = 1};
    measure_axis_spread(MEASURE_LAYER, &two, sizes, layers); /* stays */
    assert_true(layers[0] == 1 && layers[1] == 2 && layers[2] == 3 && isnan(layers[3]));
}

/* Units: rows of 3 among rows of 4, wherever the layers end. */
static void pairs_of_units_are_spread(void **state)
{
    (void)state;
    size_t sizes[MEASURE_N_DIMENSIONS] = {0};
    double values[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    const struct net_architecture network = {.L = 2, .CT = 1, .widths = {7, 2, 1}};
    include(sizes, 2, 1, 4);
    measure_axis_spread(MEASURE_UNIT_PAIR, &network, sizes, values);
    for (size_t i = 0; i < 16; i++)
        if (i / 4 == 3 || i % 4 == 3)
            assert_true(isnan(values[i]));
        else
            assert_true(values[i] == 1 + 3 * (double)(i / 4) + (double)(i % 4));
}

static void check_column(const struct measure_variable *variable, const size_t sizes[MEASURE_N_DIMENSIONS],
                         size_t index, const char *expected)
{
    char column[MEASURE_COLUMN];
    size_t found;
    assert_string_equal(measure_column(variable, sizes, index, column), expected);
    assert_true(measure_column_find(variable, sizes, expected, &found));
    assert_int_equal(found, index);
}

static void numbers_have_names(void **state)
{
    (void)state;
    size_t sizes[MEASURE_N_DIMENSIONS] = {0};
    char text[MEASURE_COORDINATE];
    const struct measure_variable scalar = {.name = "a"}, layer = {.name = "b", .axis = MEASURE_LAYER},
                                  pair = {.name = "c", .axis = MEASURE_LAYER_PAIR},
                                  rank = {.name = "d", .axis = MEASURE_RANK},
                                  kind = {.name = "e", .axis = MEASURE_KIND},
                                  units = {.name = "f", .axis = MEASURE_UNIT_PAIR};
    include(sizes, 11, 30, 5);
    sizes[MEASURE_BY_KIND] = 3; /* as in a file of another program: the third has no word */
    assert_string_equal(measure_axis_coordinate(MEASURE_KIND, sizes, 2, 0, text), "2");
    sizes[MEASURE_BY_KIND] = 2;
    check_column(&scalar, sizes, 0, "a");
    check_column(&layer, sizes, 11, "b[11]");
    check_column(&pair, sizes, 1 * 12 + 2, "c[1,2]");
    check_column(&pair, sizes, 11 * 12 + 10, "c[11,10]");
    check_column(&rank, sizes, 0, "d[1]");
    check_column(&kind, sizes, 0, "e[sampled]");
    check_column(&kind, sizes, 1, "e[empirical]");
    check_column(&units, sizes, 3 * 5 + 4, "f[4,5]");
    static const char *const bad[] = {
        "c",        "c[1]",      "c[1,2",  "c[1,2]x", "c[1,12]", "c[01,2]",
        "c[1,2,3]", "c[-1,2]",   "c[, 2]", "c[]",     "d[0]",    "d[31]",
        "e[samp]",  "e[sampled", "e[0]",   "a[1]",    "",        "c[18446744073709551616,1]"};
    size_t index;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(measure_column_find(&scalar, sizes, bad[i], &index) ||
                     measure_column_find(&pair, sizes, bad[i], &index) ||
                     measure_column_find(&rank, sizes, bad[i], &index) ||
                     measure_column_find(&kind, sizes, bad[i], &index));
    assert_string_equal(measure_axis_coordinate(MEASURE_LAYER_PAIR, sizes, 3 * 12 + 5, 0, text), "3");
    assert_string_equal(measure_axis_coordinate(MEASURE_LAYER_PAIR, sizes, 3 * 12 + 5, 1, text), "5");
    assert_true(measure_is_first(MEASURE_LAYER, sizes, 1) && !measure_is_first(MEASURE_LAYER, sizes, 2));
    assert_true(measure_is_first(MEASURE_LAYER_PAIR, sizes, 12 + 7));
    assert_false(measure_is_first(MEASURE_LAYER_PAIR, sizes, 24 + 1));
    assert_false(measure_is_first(MEASURE_RANK, sizes, 1) || measure_is_first(MEASURE_SCALAR, sizes, 0) ||
                 measure_is_first(MEASURE_KIND, sizes, 1));
}

static void layer_one_may_have_powers_of_its_own(void **state)
{
    (void)state;
    double powers[MEASURE_MAX_POWERS];
    const struct measure_variable *largest = measure_find_variable("layer_eig_max"),
                                  *mean = measure_find_variable("layer_eig_mean");
    for (int several = 0; several < 2; several++) {
        assert_int_equal(measure_powers(largest, several, true, powers), 2);
        assert_true(powers[0] == 0.5 && powers[1] == 1);
        assert_int_equal(measure_powers(mean, several, true, powers), 2);
        assert_true(powers[0] == 1 && powers[1] == 2);
    }
    assert_int_equal(measure_powers(largest, false, false, powers), 2);
    assert_true(powers[0] == 1 && powers[1] == 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sizes_hold_the_largest),
    cmocka_unit_test(pairs_are_spread),
    cmocka_unit_test(pairs_of_units_are_spread),
    cmocka_unit_test(numbers_have_names),
    cmocka_unit_test(layer_one_may_have_powers_of_its_own),
};
const struct test_group tests_measure_axis = TEST_GROUP(tests);
