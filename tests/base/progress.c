/* What a long run says, as if its time had gone by: the clock is that of the struct. */
#include "base/progress.h"

#include "tests.h"

#include <stdlib.h>
#include <string.h>

/* Begins ten networks of cost 1 that have run for ten seconds, and said nothing for as long as `silent`. */
static FILE *begin(struct base_progress *p, char **text, size_t *length, double silent)
{
    FILE *stream = open_memstream(text, length);
    assert_non_null(stream);
    base_progress_start(p, stream, "x", "networks", 10, 10);
    assert_false(p->terminal);
    p->start -= 10;
    p->last -= silent;
    return stream;
}

static void expect(FILE *stream, char **text, const char *expected)
{
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(*text, expected);
    free(*text);
}

static void networks_are_counted(void **state)
{
    (void)state;
    struct base_progress p;
    char *text;
    size_t length;
    FILE *stream = begin(&p, &text, &length, 31);
    base_progress_finish(&p, 2);
    base_progress_finish(&p, 2); /* not so soon again */
    base_progress_end(&p);
    expect(stream, &text, "x: 1 of 10 networks, 0.1 a second, 40 s left\n");
}

static void rates_have_the_digits_that_one_reads(void **state)
{
    (void)state;
    struct base_progress p;
    char *text;
    size_t length;
    FILE *stream = begin(&p, &text, &length, 31);
    p.total = 20000;
    p.count = 13466;
    base_progress_finish(&p, 5);
    base_progress_end(&p);
    expect(stream, &text, "x: 13467 of 20000 networks, 1347 a second, 10 s left\n");

    static const struct {
        size_t n;
        double seconds;
        const char *text;
    } rates[] = {{1950, 1, "1950"}, {1950, 1e-3, "1950000"}, {999, 100, "10"},
                 {51, 10, "5.1"},   {1, 8, "0.12"},          {0, 1, "0"},
                 {1, 0, "0"}};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        char rate[32];
        assert_string_equal(base_format_rate(rates[i].n, rates[i].seconds, rate), rates[i].text);
    }
}

/* Half of the third training is over: the time left is of the steps that are. */
static void steps_count_before_their_network_does(void **state)
{
    (void)state;
    struct base_progress p;
    char *text;
    size_t length;
    FILE *stream = begin(&p, &text, &length, 29);
    for (int i = 0; i < 1199; i++)
        base_progress_step(&p, 2.5 / 1200, 7);
    p.count = 2;
    p.last -= 2;
    base_progress_step(&p, 2.5 / 1200, 0.01234);
    base_progress_end(&p);
    expect(stream, &text, "x: 2 of 10 networks, 120 steps a second, loss 0.0123, 30 s left\n");
}

static void a_terminal_has_one_line(void **state)
{
    (void)state;
    struct base_progress p;
    char *text;
    size_t length;
    FILE *stream = begin(&p, &text, &length, 0.3);
    p.terminal = true;
    base_progress_step(&p, 5, 1e300 * 1e300);
    p.last -= 0.3;
    base_progress_finish(&p, 5);
    base_progress_end(&p);
    expect(stream, &text,
           "\r\033[Kx: 0 of 10 networks, 0.1 steps a second, loss inf, 10 s left"
           "\r\033[Kx: 1 of 10 networks, 0.1 steps a second, loss inf, 0.0 s left\r\033[K");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(networks_are_counted),
    cmocka_unit_test(rates_have_the_digits_that_one_reads),
    cmocka_unit_test(steps_count_before_their_network_does),
    cmocka_unit_test(a_terminal_has_one_line),
};
const struct test_group tests_base_progress = TEST_GROUP(tests);
