/* Boundaries of stability from the experiment file to the verdict. */
#include "cmd/shell.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPERIMENT                                                                                           \
    "kind: training\nseed: 1\ntrials: 8\n"                                                                   \
    "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, depth: 3, outputs: 1}\n"           \
    "data: {inputs: gaussian, samples: 10}\n"                                                                \
    "training: {parametrization: standard, learning_rate: 0.001, steps: 1, boundary: true}\n"

/* An identity is judged at every width, whether widths are swept or not: a tenth of a percent is allowed for,
 * one percent is not. */
static void an_identity_is_judged_at_every_width(void **state)
{
    shell_file(state, "x.yaml", EXPERIMENT "sweep: {width: [20, 40]}\n");
    shell_file(state, "right.tsv", "case\twidth\tstability_ratio\ndefault\t20\t1.001\ndefault\t40\t0.999\n");
    shell_file(state, "wrong.tsv", "case\twidth\tstability_ratio\ndefault\t20\t1\ndefault\t40\t1.01\n");
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    struct shell shell = shell_expect(state, "verify x.h5", 0);
    assert_non_null(strstr(shell.out, "\nstability_ratio: agrees (1 agree, 0 disagree)\n"));
    shell_free(&shell);
    shell_expect_only(state, "verify x.h5 --theory right.tsv", 0);
    shell = shell_expect(state, "verify x.h5 --theory wrong.tsv", 1);
    assert_non_null(strstr(shell.out, "\n  1 to 0.5 % at every width (most against it: width 40, p = "));
    shell_free(&shell);
    shell_expect_only(state, "run x.yaml -o y.h5 --set sweep.width=[30]", 0);
    shell_expect_only(state, "verify y.h5", 0);
}

/* The powers in which a boundary comes to its limit, M^-1/2 of mean-subtracted outputs, whether they are
 * swept, a case's or of all. */
static void mean_subtracted_outputs_have_powers_of_their_own(void **state)
{
    static const char *const of[] = {"sweep: {width: [20, 30, 40, 60], normalization: [none, mean, batch]}\n",
                                     "sweep: {width: [20, 30, 40, 60]}\ncases: [{name: a}, {name: b, "
                                     "normalization: mean}, {name: c, normalization: batch}]\n"};
    for (size_t i = 0; i < 2; i++) {
        char text[1000];
        snprintf(text, sizeof text, "%s%s", EXPERIMENT, of[i]);
        shell_file(state, "x.yaml", text);
        shell_expect_only(state, "run x.yaml -o x.h5", 0);
        struct shell shell = shell_run(state, "verify x.h5");
        const char *boundary = strstr(shell.out, "\nstability_boundary: ");
        assert_non_null(boundary);
        const char *plain = strstr(boundary, "\n  1 + c1 1/M + c2 1/M^2 "),
                   *centred = strstr(boundary, "\n  1 + c1 M^-1/2 + c2 1/M ");
        assert_true(plain != NULL && centred != NULL && plain < centred);
        shell_free(&shell);
        char path[SCRATCH_PATH];
        assert_int_equal(remove(scratch_path(state, "x.h5", path)), 0);
    }
}

/* `plan` and `run` say where a swept key has no part in the boundaries. */
static void a_search_that_is_repeated_is_told(void **state)
{
    static const char *const commands[] = {"plan x.yaml", "run x.yaml -o x.h5"};
    shell_file(state, "x.yaml",
               EXPERIMENT
               "sweep: {width: [20, 30], learning_rate: [0.001, 0.002, 0.003], momentum: [0, 0.5]}\n");
    for (size_t i = 0; i < 2; i++) {
        struct shell shell = shell_expect(state, commands[i], 0);
        const char *note =
            strstr(shell.err, "note: a boundary does not depend on learning_rate: it is sought "
                              "again at each of its 3 values;");
        assert_non_null(note);
        assert_null(strstr(note + 1, "note: "));
        shell_free(&shell);
    }
    struct shell shell = shell_expect(state, "plan x.yaml --set training.boundary=false", 0);
    assert_null(strstr(shell.err, "note: "));
    shell_free(&shell);
}

static const struct CMUnitTest tests[] = {
    scratch_test(a_search_that_is_repeated_is_told),
    scratch_test(an_identity_is_judged_at_every_width),
    scratch_test(mean_subtracted_outputs_have_powers_of_their_own),
};
const struct test_group tests_cmd_boundary = TEST_GROUP(tests);
