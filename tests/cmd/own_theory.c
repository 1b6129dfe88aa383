/* `verify --theory`: one's own predictions in place of the stored ones. */
#include "cmd/shell.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPERIMENT "seed: 1\ntrials: 40\n" SHELL_BODY "sweep: {width: [50, 100, 200, 400]}\n"

/* What `theory x.yaml` prints, as FOLDER/mine.tsv too. */
static struct shell make(void **state)
{
    shell_file(state, "x.yaml", EXPERIMENT);
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    struct shell theory = shell_expect(state, "theory x.yaml", 0);
    shell_file(state, "mine.tsv", theory.out);
    return theory;
}

/* The columns `first` to `last`, from 1, behind case and width; the numbers of column `scaled` times factor.
 */
static char *choose(const char *table, size_t first, size_t last, size_t scaled, double factor)
{
    char *chosen, *end;
    size_t length, column = 1;
    FILE *out = open_memstream(&chosen, &length);
    assert_non_null(out);
    for (const char *cell = table; *cell != '\0'; cell += strcspn(cell, "\t\n") + 1) {
        const size_t n = strcspn(cell, "\t\n");
        const double number = strtod(cell, &end);
        if (column > 1 && (column == 2 || (column >= first && column <= last)))
            fputc('\t', out);
        if (column == scaled && end == cell + n)
            fprintf(out, "%.17g", number * factor);
        else if (column <= 2 || (column >= first && column <= last))
            fprintf(out, "%.*s", (int)n, cell);
        if (cell[n] == '\n')
            fputc('\n', out);
        column = cell[n] == '\n' ? 1 : column + 1;
    }
    assert_int_equal(fclose(out), 0);
    return chosen;
}

/* The next line of a report that does not say where a theory comes from, or NULL. */
static const char *next_line(const char **text)
{
    const char *line;
    do {
        line = *text;
        *text += strcspn(*text, "\n");
        *text += **text == '\n';
        if (*line == '\0')
            return NULL;
    } while (strncmp(line, "# theory", 8) == 0 || memchr(line, '[', (size_t)(*text - line)) != NULL);
    return line;
}

static void the_stored_theory_is_what_theory_prints(void **state)
{
    struct shell theory = make(state);
    struct shell stored = shell_expect(state, "verify x.h5", 0),
                 own = shell_expect(state, "verify --theory mine.tsv x.h5", 0);
    assert_null(strstr(stored.out, "mine.tsv"));
    assert_true(strncmp(own.out, "# theory: mine.tsv", 18) == 0);
    assert_non_null(
        strstr(own.out, "\nfisher_eig_max: largest eigenvalue of the Fisher matrix [mine.tsv]\n"));
    assert_null(strstr(own.out, "KAA19"));
    const char *a = stored.out, *b = own.out;
    for (const char *x = next_line(&a), *y = next_line(&b); x != NULL || y != NULL;
         x = next_line(&a), y = next_line(&b)) {
        assert_true(x != NULL && y != NULL && a - x == b - y);
        assert_memory_equal(x, y, (size_t)(a - x));
    }
    shell_free(&stored);
    shell_free(&own);
    shell_free(&theory);
}

/* Column 8 is fisher_eig_max, and the only one that is judged. */
static void a_wrong_theory_disagrees(void **state)
{
    struct shell theory = make(state);
    char *right = choose(theory.out, 8, 8, 8, 1), *wrong = choose(theory.out, 8, 8, 8, 1.1),
         *both = choose(theory.out, 7, 8, 8, 1.1);
    shell_file(state, "right.tsv", right);
    shell_file(state, "wrong.tsv", wrong);
    shell_file(state, "both.tsv", both);
    struct shell shell = shell_expect(state, "verify x.h5 --theory=right.tsv", 0);
    assert_non_null(strstr(shell.out, "\nverdict: agrees (2 agree, 0 disagree)\n2 tests, "));
    assert_null(strstr(shell.out, "fisher_eig_mean"));
    shell_free(&shell);
    shell = shell_expect(state, "verify -t wrong.tsv x.h5", 1);
    assert_non_null(strstr(shell.out, "\nverdict: DISAGREES ("));
    shell_free(&shell);
    shell = shell_expect(state, "verify x.h5 --theory both.tsv", 1);
    assert_non_null(strstr(shell.out, "\nfisher_eig_second_moment: agrees (2 agree, 0 disagree)\n"));
    assert_non_null(strstr(shell.out, "\nfisher_eig_max: DISAGREES ("));
    shell_free(&shell);
    free(right);
    free(wrong);
    free(both);
    shell_free(&theory);
}

/* A missing row leaves its case without a verdict; the others have theirs. */
static void what_has_no_row_is_not_judged(void **state)
{
    struct shell theory = make(state);
    char *table = choose(theory.out, 8, 8, 8, 1);
    char *tanh_200 = strstr(table, "\ntanh\t200\t");
    assert_non_null(tanh_200);
    tanh_200[1] = '#';
    shell_file(state, "some.tsv", table);
    struct shell shell = shell_expect(state, "verify x.h5 --theory some.tsv", 0);
    assert_non_null(
        strstr(shell.out, "  not judged: the table has no prediction at some width (nan, zero, or no row)"));
    assert_non_null(strstr(shell.out, "\nverdict: agrees (1 agree, 0 disagree, 1 not judged)\n1 test at "));
    shell_free(&shell);
    shell_file(state, "none.tsv", "case\twidth\tfisher_eig_max\n");
    shell = shell_expect(state, "verify x.h5 --theory none.tsv", 3);
    assert_non_null(
        strstr(shell.out, "]\n  not judged: the table has no prediction (nan, or no row)\nfisher_eig_max: "));
    assert_non_null(strstr(shell.out, "\nverdict: cannot be judged (0 agree, 0 disagree, 2 not judged)\n"));
    shell_free(&shell);
    free(table);
    shell_free(&theory);
}

/* One table for several files fits each of them, or is refused with the file's name. */
static void a_table_fits_every_file(void **state)
{
    struct shell theory = make(state);
    shell_expect_only(state, "run x.yaml -o y.h5 --set seed=2", 0);
    shell_expect_only(state, "run x.yaml -o z.h5 --set 'sweep.width=[50, 100]'", 0);
    shell_file(state, "one.yaml", "seed: 1\ntrials: 5\n" SHELL_BODY);
    shell_expect_only(state, "run one.yaml -o one.h5 --set width=30", 0);
    struct shell shell = shell_expect(state, "verify x.h5 --theory mine.tsv y.h5", 0);
    assert_non_null(strstr(shell.out, "\n# y.h5\n"));
    shell_free(&shell);
    shell_refuse(state, "verify x.h5 z.h5 --theory mine.tsv", 2,
                 "verify: mine.tsv:4: column width: \"200\" is not in z.h5, which has 50, 100");
    shell_refuse(state, "verify x.h5 one.h5 --theory mine.tsv", 2,
                 "verify: mine.tsv:1: column width: |one.h5, which has case, fisher_eig_mean, ");
    shell_file(state, "one.tsv", "case\tfisher_eig_max\ntanh\t1\nrelu\t2\n");
    shell_expect_only(state, "verify one.h5 --theory one.tsv", 3);
    shell_free(&theory);
}

static void bad_theories_are_refused(void **state)
{
    struct shell theory = make(state);
    shell_refuse(state, "verify x.h5 --theory", 2, "--theory");
    shell_refuse(state, "verify --theory mine.tsv", 2, "which result file?");
    shell_refuse(state, "verify x.h5 --theory mine.tsv --theory x.tsv", 2, "one theory at a time|x.tsv");
    shell_refuse(state, "verify x.h5 --theory none.tsv", 2, "none.tsv: No such file");
    shell_refuse(state, "verify none.h5 --theory mine.tsv", 2, "none.h5: no such file");
    shell_refuse(state, "verify x.h5 --theory x.h5", 2, "x.h5:|not a text");
    shell_refuse(state, "verify x.h5 --theory .", 2, ".: Is a directory");
    shell_refuse(state, "verify x.h5 --theory mine.tsv > /dev/full", 2, "standard output");
    struct shell help = shell_expect(state, "verify --help", 0);
    assert_non_null(strstr(help.out, "--theory=MINE.tsv"));
    shell_free(&help);
    shell_free(&theory);
}

static const struct CMUnitTest tests[] = {
    scratch_test(the_stored_theory_is_what_theory_prints),
    scratch_test(a_wrong_theory_disagrees),
    scratch_test(what_has_no_row_is_not_judged),
    scratch_test(a_table_fits_every_file),
    scratch_test(bad_theories_are_refused),
};
const struct test_group tests_cmd_own_theory = TEST_GROUP(tests);
