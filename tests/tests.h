/* One runner for all tests (tests/main.c). A test file is tests/FOLDER/NAME.c; it ends with
 *
 *     const struct test_group tests_FOLDER_NAME = TEST_GROUP(tests);      tests: an array of
 * cmocka_unit_test(...)
 *
 * and stands with one line in tests/main.c's list. */
#ifndef TESTS_TESTS_H
#define TESTS_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test_group {
    const struct CMUnitTest *tests;
    size_t n;
};
#define TEST_GROUP(array)                                                                                    \
    {                                                                                                        \
        array, sizeof(array) / sizeof(array)[0]                                                              \
    }

/* |a − b| ≤ tolerance·max(|b|, floor); prints both where it fails. */
#define assert_close(a, b, tolerance) assert_near(a, b, (tolerance)*fabs((double)(b)), __FILE__, __LINE__)
#define assert_within(a, b, distance) assert_near(a, b, distance, __FILE__, __LINE__)
void assert_near(double a, double b, double distance, const char *file, int line);

/* A hash of the bits of x[0..n), going on from `hash` (0 at first); every bit counts, signs too. */
uint64_t hash_bits(uint64_t hash, size_t n, const double *x);

#endif
