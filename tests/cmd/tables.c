/* `theory`, `table` and `verify`: their formats and codes. */
#include "cmd/shell.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

#define THEORY_HEADER                                                                                        \
    "case\twidth\tkappa1\tkappa2\talpha\tfisher_eig_mean\tfisher_eig_second_moment\tfisher_eig_max\t"        \
    "fisher_centred_eig_max\tfisher_eigvec_overlap\tfisher_eig_max_theory_kappa\t"                           \
    "fisher_centred_eig_max_theory_kernel"

/* Every cell from column `first` on is nan or the shortest text of 17 significant digits of its number. */
static void check_numbers(char *row, size_t first, size_t columns)
{
    size_t n = 0;
    for (char *cell = row; cell != NULL; n++) {
        char *tab = strchr(cell, '\t'), *end, printed[64];
        if (tab != NULL)
            *tab++ = '\0';
        if (n >= first && strcmp(cell, "nan") != 0) {
            snprintf(printed, sizeof printed, "%.17g", strtod(cell, &end));
            assert_string_equal(cell, printed);
        }
        cell = tab;
    }
    assert_int_equal(n, columns);
}

/* One header, then rows of as many columns, cases of `rows` rows apart by two blank lines. Eats the text. */
static void check_table(char *text, const char *header, size_t cases, size_t rows)
{
    size_t columns = 1;
    char *line = text;
    for (const char *c = header; *c != '\0'; c++)
        columns += *c == '\t';
    for (size_t n = 0; n < 1 + cases * rows + 2 * (cases - 1); n++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        const size_t place = n == 0 ? 0 : (n - 1) % (rows + 2);
        if (n == 0)
            assert_string_equal(line, header);
        else if (place < rows)
            check_numbers(line, 1, columns);
        else
            assert_string_equal(line, "");
        line = end + 1;
    }
    assert_string_equal(line, "");
}

static void theory_is_a_table(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    struct shell shell = shell_expect(state, "theory x.yaml", 0);
    assert_string_equal(shell.err, "");
    assert_non_null(strstr(shell.out, "\n\n\nrelu\t20\t"));
    check_table(shell.out, THEORY_HEADER, 2, 3);
    shell_free(&shell);
    shell = shell_expect(state, "theory x.yaml --quick --set 'save=[eigenvalues]'", 0);
    check_table(shell.out, THEORY_HEADER, 2, 2);
    shell_free(&shell);
    assert_false(shell_exists(state, "results"));
}

static void what_theory_does_not_say_is_nan(void **state)
{
    shell_file(state, "x.yaml",
               "seed: 1\ntrials: 2\n"
               "network: {activation: tanh, weight_variance: 3, bias_variance: 0, outputs: 1, depth: 3}\n"
               "data: {inputs: gaussian, samples: 10}\nsweep: {width: [20, 30]}\n");
    struct shell shell = shell_expect(state, "theory x.yaml", 0);
    assert_non_null(strstr(shell.err, "note: case default: kappa2 vanishes"));
    char *row = strstr(shell.out, "\ndefault\t20\t");
    assert_non_null(row);
    for (int i = 0; i < 7; i++)
        row = strchr(row, '\t') + 1;
    assert_true(strncmp(row, "nan\t", 4) == 0); /* fisher_eig_max */
    check_table(shell.out, THEORY_HEADER, 1, 2);
    shell_free(&shell);
}

static void coordinates_are_as_written(void **state)
{
    shell_file(
        state, "y.yaml",
        "seed: 1\ntrials: 2\nnetwork: {activation: tanh, weight_variance: 3, depth: 3, outputs: 1, width: "
        "9}\n"
        "data: {inputs: gaussian, samples: 3}\nsweep: {bias_variance: [0.1, 0.30000000000000004, 1e-7]}\n");
    struct shell shell = shell_expect(state, "theory y.yaml", 0);
    assert_non_null(strstr(shell.out, "\ndefault\t0.1\t"));
    assert_non_null(strstr(shell.out, "\ndefault\t0.30000000000000004\t"));
    assert_non_null(strstr(shell.out, "\ndefault\t1e-07\t"));
    shell_free(&shell);
}

static void results_are_tables(void **state)
{
    static const char header[] =
        "case\twidth\tfisher_eig_max\tfisher_eig_max_se\tfisher_eig_max_theory\tfisher_eig_max_sd\t"
        "fisher_eig_max_n";
    static const char ranks[] =
        "case\twidth\trank\tfisher_eigenvalues\tfisher_eigenvalues_se\tfisher_eigenvalues_theory\t"
        "fisher_eigenvalues_sd\tfisher_eigenvalues_n";
    double mean, se, theory, sd;
    int n;
    shell_file(state, "x.yaml", SHELL_EXPERIMENT "save: [eigenvalues]\n");
    shell_expect_only(state, "run x.yaml", 0);
    struct shell shell = shell_expect(state, "table results/x.h5 fisher_eig_max", 0);
    assert_string_equal(shell.err, "");
    assert_int_equal(sscanf(strstr(shell.out, "relu\t30\t"), "relu\t30\t%lf\t%lf\t%lf\t%lf\t%d\n", &mean, &se,
                            &theory, &sd, &n),
                     5);
    assert_int_equal(n, 5);
    assert_close(se, sd / sqrt(5), 1e-12);
    assert_true(fabs(mean - theory) < 0.8 * theory);
    check_table(shell.out, header, 2, 3);
    shell_free(&shell);
    shell = shell_expect(state, "table results/x.h5 fisher_eigenvalues", 0);
    check_table(shell.out, ranks, 2, 30);
    shell_free(&shell);
    shell = shell_expect(state, "table results/x.h5 fisher_centred_eig_max_theory_kernel", 0);
    check_table(shell.out, "case\twidth\tfisher_centred_eig_max_theory_kernel", 2, 3); /* no trials */
    shell_free(&shell);
    shell_refuse(state, "table results/x.h5 nonsense", 2, "nonsense|fisher_eig_max");

    struct shell all = shell_expect(state, "table results/x.h5", 0),
                 predicted = shell_expect(state, "theory x.yaml", 0);
    assert_null(strstr(all.out, "fisher_eigenvalues"));
    assert_non_null(strstr(all.out, "fisher_eigvec_overlap_n\n"));
    char cell[64]; /* the theory of a result is what `theory` prints */
    snprintf(cell, sizeof cell, "%.17g", theory);
    assert_non_null(strstr(all.out, cell));
    assert_non_null(strstr(predicted.out, cell));
    shell_free(&all);
    shell_free(&predicted);
}

/* The rows of `table --trials` of one network are what `run --trial` prints of it. */
static void check_trial(void **state, const char *table, const char *place)
{
    char command[128];
    snprintf(command, sizeof command, "run x.yaml %s", place);
    struct shell shell = shell_expect(state, command, 0);
    const char *rows = strchr(shell.out, '\n') + 1;
    assert_non_null(strstr(rows, "\t10\t"));
    assert_non_null(strstr(table, rows));
    shell_free(&shell);
}

static void every_trial_is_a_row(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT "save: [eigenvalues]\n");
    shell_expect_only(state, "run x.yaml", 0);
    struct shell shell = shell_expect(state, "table --trials results/x.h5", 0);
    check_table(shell.out,
                "case\twidth\ttrial\tfisher_eig_mean\tfisher_eig_second_moment\tfisher_eig_max\t"
                "fisher_centred_eig_max\tfisher_eigvec_overlap",
                2, 15);
    shell_free(&shell);
    shell = shell_expect(state,
                         "table results/x.h5 fisher_eig_mean fisher_eig_second_moment fisher_eig_max "
                         "fisher_centred_eig_max fisher_eigvec_overlap fisher_eigenvalues --trials",
                         0);
    assert_string_equal(shell.err, "");
    check_trial(state, shell.out, "--trial 0 --case tanh --at width=20");
    check_trial(state, shell.out, "--trial 3 --case tanh --at width=40");
    check_trial(state, shell.out, "--trial 4 --case relu --at width=30");
    check_table(shell.out,
                "case\twidth\ttrial\trank\tfisher_eig_mean\tfisher_eig_second_moment\tfisher_eig_max\t"
                "fisher_centred_eig_max\tfisher_eigvec_overlap\tfisher_eigenvalues",
                2, 150);
    shell_free(&shell);
    shell_refuse(state, "table --trials results/x.h5 nonsense", 2, "nonsense|fisher_eig_max");
    shell_refuse(state, "table --trial", 2, "which result file");
}

/* Multiplies a variable of a file. */
static void doctor(void **state, const char *name, const char *variable, double factor)
{
    char path[SCRATCH_PATH];
    double values[64];
    const hid_t file = H5Fopen(scratch_path(state, name, path), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, variable, H5P_DEFAULT), space = H5Dget_space(dataset);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    assert_true(n > 0 && n <= 64);
    assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    for (hssize_t i = 0; i < n; i++)
        values[i] *= factor;
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
    assert_true(H5Fclose(file) >= 0);
}

static void a_missing_trial_is_nan(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_expect_only(state, "run x.yaml", 0);
    doctor(state, "results/x.h5", "fisher_eig_max", -NAN);
    struct shell shell = shell_expect(state, "table --trials results/x.h5 fisher_eig_max", 0);
    assert_non_null(strstr(shell.out, "\nrelu\t40\t4\tnan\n"));
    check_table(shell.out, "case\twidth\ttrial\tfisher_eig_max", 2, 15);
    shell_free(&shell);
}

static void verify_gives_a_verdict(void **state)
{
    shell_file(state, "x.yaml", "seed: 1\ntrials: 40\n" SHELL_BODY "sweep: {width: [50, 100, 200, 400]}\n");
    shell_file(state, "one.yaml", "seed: 1\ntrials: 5\n" SHELL_BODY "sweep: {depth: [3, 4]}\n");
    shell_expect_only(state, "run x.yaml", 0);
    struct shell shell = shell_expect(state, "verify results/x.h5", 0);
    assert_non_null(strstr(shell.out, "\nverdict: agrees ("));
    shell_free(&shell);

    shell_expect_only(state, "run one.yaml --set width=30", 0);
    shell = shell_expect(state, "verify results/one.h5", 3);
    assert_non_null(strstr(shell.out, "\nverdict: cannot be judged ("));
    shell_free(&shell);
    shell_expect_only(state, "verify results/one.h5 results/x.h5", 0);

    doctor(state, "results/x.h5", "fisher_eig_mean_theory", 1.3);
    shell = shell_expect(state, "verify results/x.h5", 1);
    assert_non_null(strstr(shell.out, "\nfisher_eig_mean: DISAGREES ("));
    assert_non_null(strstr(shell.out, "\nverdict: DISAGREES ("));
    shell_free(&shell);
    shell_expect_only(state, "verify results/one.h5 results/x.h5", 1);
    shell_refuse(state, "verify results/x.h5 none.h5", 2, "none.h5: no such file");
}

/* With hardly a bias κ_2 is so small that at these widths theory's outlier lies in the bulk, and λ_max and
 * the overlap look as if they went elsewhere. */
static void a_buried_outlier_is_not_judged(void **state)
{
    shell_file(
        state, "b.yaml",
        "seed: 1\ntrials: 40\ndata: {inputs: gaussian, samples: 50}\nsweep: {width: [100, 200, 400, 800]}\n"
        "network: {activation: tanh, weight_variance: 2, bias_variance: 0.001, depth: 3, outputs: 1}\n");
    shell_expect_only(state, "run b.yaml", 0);
    struct shell shell = shell_expect(state, "verify results/b.h5", 0);
    assert_non_null(strstr(shell.out, "undecided (theory's outlier is in the bulk at these widths"));
    assert_non_null(
        strstr(shell.out, "\nfisher_eig_max: cannot be judged (0 agree, 0 disagree, 1 undecided)\n"));
    assert_non_null(
        strstr(shell.out, "\nfisher_eigvec_overlap: cannot be judged (0 agree, 0 disagree, 1 undecided)\n"));
    shell_free(&shell);
}

static void what_overflows_is_not_judged(void **state)
{
    shell_file(state, "o.yaml",
               "seed: 1\ntrials: 10\ndata: {inputs: gaussian, samples: 20}\nsweep: {width: [30, 90, 270]}\n"
               "network: {activation: x^9, weight_variance: 2, bias_variance: 0.1, depth: 3, outputs: 1}\n");
    shell_expect_only(state, "run o.yaml", 0);
    struct shell shell = shell_expect(state, "verify results/o.h5", 3);
    assert_null(strstr(shell.out, "-nan"));
    assert_non_null(
        strstr(shell.out, "  not judged: the measured numbers, or their errors, are beyond all bounds\n"));
    shell_free(&shell);
}

/* Where theory is nan at all widths no numbers stand beside it: a line for each place, or one for all. */
static void what_has_no_theory_takes_a_line(void **state)
{
    shell_file(state, "t.yaml",
               "kind: training\nseed: 1\ntrials: 2\n"
               "network: {activation: tanh, weight_variance: 2, bias_variance: 0.1, depth: 2, outputs: 1}\n"
               "data: {inputs: gaussian, samples: 4}\ntraining: {steps: 2, learning_rate: 0.1}\n"
               "sweep: {momentum: [0, 0.1], width: [20, 30, 40]}\n"
               "cases: [{name: g, optimizer: gradient}, {name: e, optimizer: exact}]\n");
    shell_expect_only(state, "run t.yaml", 0);
    struct shell shell = shell_run(state, "verify results/t.h5");
    assert_non_null(strstr(shell.out,
                           "[KO20]\n"
                           "  case g, momentum 0: not judged: the theory does not apply here (nan)\n"
                           "  case g, momentum 0.1: not judged: the theory does not apply here (nan)\n"
                           "  case e, momentum 0\n"
                           "       width trials "));
    assert_null(strstr(shell.out, " nan "));
    assert_null(strstr(shell.out, "\n  not judged: the theory"));
    shell_free(&shell);
    shell_expect_only(state, "run t.yaml -o g.h5 --set cases='[{name: g}]'", 0);
    shell = shell_expect(state, "verify g.h5", 3);
    assert_non_null(strstr(shell.out,
                           "[KO20]\n"
                           "  not judged: the theory does not apply here (nan)\n"
                           "first_step_share: cannot be judged (0 agree, 0 disagree, 2 not judged)\n"));
    assert_null(strstr(shell.out, "case"));
    shell_free(&shell);
}

static const struct CMUnitTest tests[] = {
    scratch_test(what_has_no_theory_takes_a_line),
    scratch_test(a_buried_outlier_is_not_judged),
    scratch_test(what_overflows_is_not_judged),
    scratch_test(theory_is_a_table),
    scratch_test(what_theory_does_not_say_is_nan),
    scratch_test(coordinates_are_as_written),
    scratch_test(results_are_tables),
    scratch_test(every_trial_is_a_row),
    scratch_test(a_missing_trial_is_nan),
    scratch_test(verify_gives_a_verdict),
};
const struct test_group tests_cmd_tables = TEST_GROUP(tests);
