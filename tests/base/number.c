#include "base/number.h"

#include "tests.h"

#include <math.h>
#include <string.h>

static void doubles_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"3", 3},   {"-0.5", -0.5},      {".5", .5}, {"1e-3", 1e-3},
                {"+2.", 2}, {"2.385E+2", 238.5}, {"0", 0}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double value = NAN;
        assert_true(base_parse_double(good[i].text, &value));
        assert_true(value == good[i].value);
    }
    static const char *const bad[] = {"",    " 1",   "1 ",    "1x",    "1e",   "0x10", "nan",
                                      "inf", "-inf", "1e999", "1,5",   "--1",  "+-1",  "1..2",
                                      "e5",  ".",    "-",     "1_000", "1e5.5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 42;
        assert_false(base_parse_double(bad[i], &value));
        assert_true(value == 42);
    }
}

static void integers_are_exact(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(base_parse_int64("2e3", &value));
    assert_int_equal(value, 2000);
    assert_true(base_parse_int64("100.0", &value));
    assert_int_equal(value, 100);
    assert_true(base_parse_int64("-9223372036854775808", &value));
    assert_true(value == INT64_MIN);
    static const char *const bad[] = {"1.5", "9223372036854775808", "1e300", "12abc", "", "0x1F", "2e-1", "+",
                                      "1e16"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base_parse_int64(bad[i], &value));
}

static void bytes_have_units(void **state)
{
    (void)state;
    size_t value = 0;
    assert_true(base_parse_bytes("2GiB", &value));
    assert_true(value == (size_t)2 << 30);
    assert_true(base_parse_bytes("500 MiB", &value));
    assert_true(value == (size_t)500 << 20);
    assert_true(base_parse_bytes("1.5GB", &value));
    assert_true(value == 1500000000);
    assert_true(base_parse_bytes("4096", &value));
    assert_true(value == 4096);
    static const char *const bad[] = {"", "GiB", "-1GiB", "2Gib", "2 GiB ", "1e3", "99999999TiB", "1.2.3MB"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base_parse_bytes(bad[i], &value));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(doubles_are_strict),
    cmocka_unit_test(integers_are_exact),
    cmocka_unit_test(bytes_have_units),
};
const struct test_group tests_base_number = TEST_GROUP(tests);
