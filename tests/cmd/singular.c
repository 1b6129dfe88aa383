/* Experiments on singular regions from the file to the verdict. */
#include "cmd/shell.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_out(const struct shell *shell, const char *fragment)
{
    if (strstr(shell->out, fragment) == NULL)
        fail_msg("no \"%s\" in\n%s", fragment, shell->out);
}

/* Measured time, its error and theory behind `line`. */
static void check_plateau(const struct shell *shell, const char *line, double expected)
{
    double measured, se, theory;
    const char *at = strstr(shell->out, line);
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(line), "%lf %lf %lf", &measured, &se, &theory), 3);
    assert_close(theory, expected, 1e-3);
    assert_close(measured, theory, 0.03);
    assert_true(se > 0);
}

/* Sampled matrices are extrapolated in the size of the sample. */
static void matrices_agree(void **state)
{
    shell_file(
        state, "f.yaml",
        "kind: singular_fisher\nseed: 1\ntrials: 60\nsingular: {dimension: 5, output_weights: learned}\n"
        "cases: [{name: overlap}, {name: norm, region: norm}]\n"
        "sweep: {distance: [0.2], sample_size: [500, 1000, 2000, 4000]}\n");
    shell_file(state, "m.yaml",
               "kind: singular_mixture\nseed: 1\ntrials: 200\nsingular: {proportion: 0.2}\n"
               "sweep: {separation: [0.3, 1], sample_size: [500, 1000, 2000, 4000]}\n");
    static const char *const variables[] = {"singular_smallest: agrees (2 agree",
                                            "mixture_determinant: agrees (2 agree"};
    for (size_t i = 0; i < 2; i++) {
        char command[64];
        snprintf(command, sizeof command, "run %c.yaml -o %c.h5", "fm"[i], "fm"[i]);
        shell_expect_only(state, command, 0);
        snprintf(command, sizeof command, "verify %c.h5", "fm"[i]);
        struct shell shell = shell_expect(state, command, 0);
        check_out(&shell, " sample_size trials      measured");
        check_out(&shell, "1 + c1 1/T + c2 1/T^2 : limit");
        check_out(&shell, variables[i]);
        shell_free(&shell);
    }
    /* A theory that is wrong by a half is found out. */
    char path[SCRATCH_PATH];
    FILE *file = fopen(scratch_path(state, "wrong.tsv", path), "w");
    assert_non_null(file);
    fprintf(file, "case\tdistance\tsample_size\tsingular_smallest\n");
    for (int c = 0; c < 2; c++)
        for (int T = 500; T <= 4000; T *= 2)
            fprintf(file, "%s\t0.2\t%d\t%g\n", c == 0 ? "overlap" : "norm", T, c == 0 ? 1.3e-7 : 3.2e-5);
    fclose(file);
    struct shell shell = shell_expect(state, "verify --theory wrong.tsv f.h5", 1);
    check_out(&shell, "DISAGREES (0 agree, 2 disagree)");
    shell_free(&shell);
    shell_file(state, "one.yaml",
               "kind: singular_fisher\nseed: 1\ntrials: 3\nsingular: {sample_size: 50, distance: 1}\n");
    shell_expect_only(state, "run one.yaml -o one.h5", 0);
    shell = shell_expect(state, "verify one.h5", 3);
    check_out(&shell, "not judged: too few values of sample_size to extrapolate to large samples");
    shell_free(&shell);
}

/* Descents have predictions beside them and no verdict; a run that goes on has the same bits. */
static void descents_are_told(void **state)
{
    static const char text[] =
        "kind: singular_dynamics\nseed: 1\ntrials: %d\nsingular: {sample_size: 200, asymmetry: "
        "0.1, time: 60, times: 30}\nsweep: {descent: [gradient, natural]}\n";
    char file[512];
    snprintf(file, sizeof file, text, 1);
    shell_file(state, "d.yaml", file);
    shell_expect_only(state, "run d.yaml -o d.h5", 0);
    snprintf(file, sizeof file, text, 3);
    shell_file(state, "d.yaml", file);
    shell_expect_only(state, "run d.yaml -o d.h5", 0);
    shell_expect_only(state, "run d.yaml -o whole.h5", 0);
    struct shell one = shell_expect(state, "table --trials d.h5 singular_error singular_norm_12", 0),
                 other = shell_expect(state, "table --trials whole.h5 singular_error singular_norm_12", 0);
    assert_string_equal(one.out, other.out);
    shell_free(&one);
    shell_free(&other);
    one = shell_expect(state, "verify d.h5", 3);
    check_out(&one,
              "\nsingular_time: time at each recorded time [APO06]\nsingular_error: error of the student");
    check_out(
        &one,
        "\nplateau_time: time in which the error falls from 1.1 to 0.5 of the plateau's [APO06]\n"
        "target_time: time at which the error first falls to singular.target [APO06]\n"
        "  not judged: the prediction is the flow, of vanishing steps; descents have steps of time_step, "
        "and are off by more than their s.e.\n"
        "all these: cannot be judged (0 agree, 0 disagree, 13 not judged)\n\n"
        "verdict: cannot be judged (0 agree, 0 disagree, 13 not judged)\n");
    shell_free(&one);
    one = shell_expect(state, "table d.h5 plateau_time", 0);
    check_plateau(&one, "\ndefault\tgradient\t",
                  37.04); /* by theory, and so the simulation within 3 %, of which steps of 0.05 take 2 */
    check_plateau(&one, "\ndefault\tnatural\t", 0.3955);
    shell_free(&one);
    one = shell_expect(state, "plan d.yaml", 0);
    check_out(&one, "case      descent     memory");
    shell_free(&one);
}

static const struct CMUnitTest tests[] = {
    scratch_test(matrices_agree),
    scratch_test(descents_are_told),
};
const struct test_group tests_cmd_singular = TEST_GROUP(tests);
