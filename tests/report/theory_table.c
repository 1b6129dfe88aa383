/* Predictions of one's own: what a table may look like, and every way in which it may not. */
#include "report/theory_table.h"

#include "store/scratch.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "case\tactivation\twidth\tweight_variance\tfisher_eig_max\n"
#define ROW "first\ttanh\t20\t2.385\t17.5\n"

static void open_sample(void **state, const char *text, struct store_result *result)
{
    struct scratch_sample sample;
    struct base_error error = {""};
    char path[SCRATCH_PATH];
    scratch_sample_make(&sample, text);
    scratch_create(&sample, scratch_path(state, "x.h5", path));
    scratch_sample_free(&sample);
    if (store_open(result, path, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

/* The table of `length` bytes against the file. */
static int match(void **state, const struct store_result *result, const void *text, size_t length,
                 struct theory_values *values, struct base_error *error)
{
    struct theory_table table;
    char path[SCRATCH_PATH];
    scratch_write(scratch_path(state, "mine.tsv", path), text, length);
    int status = theory_table_read(&table, path, error);
    if (status == BASE_OK) {
        status = theory_table_match(&table, result, values, error);
        theory_table_free(&table);
    }
    return status;
}

static struct theory_values match_good(void **state, const struct store_result *result, const char *text)
{
    struct theory_values values;
    struct base_error error = {""};
    if (match(state, result, text, strlen(text), &values, &error) != BASE_OK)
        fail_msg("%s\n%s", error.text, text);
    return values;
}

/* BASE_BAD_INPUT; the message starts with the table's path and `place`, and holds the "|"-separated
 * fragments. */
static void refuse_bytes(void **state, const struct store_result *result, const void *text, size_t length,
                         const char *place, const char *fragments)
{
    struct theory_values values;
    struct base_error error = {""};
    char start[SCRATCH_PATH + 128], path[SCRATCH_PATH];
    assert_int_equal(match(state, result, text, length, &values, &error), BASE_BAD_INPUT);
    snprintf(start, sizeof start, "%s:%s", scratch_path(state, "mine.tsv", path), place);
    if (strncmp(error.text, start, strlen(start)) != 0)
        fail_msg("\"%s\" does not start with \"%s\"", error.text, start);
    for (const char *at = fragments; *at != '\0'; at += strcspn(at, "|"), at += *at == '|') {
        char fragment[256];
        snprintf(fragment, sizeof fragment, "%.*s", (int)strcspn(at, "|"), at);
        if (strstr(error.text, fragment) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", error.text, fragment);
    }
}

static void refuse(void **state, const struct store_result *result, const char *text, const char *place,
                   const char *fragments)
{
    refuse_bytes(state, result, text, strlen(text), place, fragments);
}

static const double *find(const struct theory_values *values, const struct store_result *result,
                          const char *name)
{
    const double *found = theory_values_find(values, result->n_points, measure_find_variable(name), 0);
    assert_non_null(found);
    return found;
}

/* A row of the sample's grid, as `theory` prints it. */
static void print_row(const struct store_result *r, size_t point, FILE *out)
{
    size_t stride = r->n_points / r->n_cases;
    fputs(r->cases[point / stride], out);
    for (size_t a = 0; a < r->n_axes; a++) {
        stride /= r->axes[a].length;
        fputc('\t', out);
        report_print_axis(out, &r->axes[a], point / stride % r->axes[a].length);
    }
    fprintf(out, "\t0.1\t0.2\t0.3\t%.17g\t%.17g\n", scratch_value(0, point, -1, 0),
            scratch_value(1, point, -1, 0));
}

/* Every number comes back to its point with all its bits, in whatever order the rows stand; a row that is not
 * there is nan. */
static void rows_find_their_points(void **state)
{
    struct store_result r;
    char *text;
    size_t length;
    open_sample(state, SCRATCH_EXPERIMENT, &r);
    assert_int_equal(r.n_points, 24);
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    fputs(
        "case\tactivation\twidth\tweight_variance\tkappa1\tkappa2\talpha\tfisher_eig_max\tfisher_eig_mean\n",
        out);
    for (size_t i = 0; i < r.n_points; i++)
        if ((7 * i + 3) % r.n_points != 5)
            print_row(&r, (7 * i + 3) % r.n_points, out);
    assert_int_equal(fclose(out), 0);
    struct theory_values values = match_good(state, &r, text);
    assert_int_equal(values.n, 2);
    assert_ptr_equal(values.numbers[0].variable, measure_find_variable("fisher_eig_max"));
    for (size_t v = 0; v < 2; v++) {
        const double *found = find(&values, &r, v == 0 ? "fisher_eig_max" : "fisher_eig_mean");
        for (size_t p = 0; p < r.n_points; p++)
            assert_true(p == 5 ? isnan(found[p]) : found[p] == scratch_value(v, p, -1, 0));
    }
    assert_null(theory_values_find(&values, r.n_points, measure_find_variable("fisher_eigvec_overlap"), 0));
    theory_values_free(&values);
    store_result_free(&r);
    free(text);
}

/* Columns in another order, numbers written otherwise, comments, blank lines, line ends of Windows, no last
 * line end, and nothing read of kappa1. */
static void harmless_differences_are_accepted(void **state)
{
    struct store_result r;
    open_sample(state, SCRATCH_EXPERIMENT, &r);
    struct theory_values values =
        match_good(state, &r,
                   "# my theory\r\n\r\n"
                   "weight_variance\tfisher_eig_max\tkappa1\tactivation\tcase\twidth\r\n"
                   "0.1000\t-1.5e2\t?\trelu\tzweite\t4.5e1\r\n"
                   "# the other case: first\ttanh\r\n\r\n\r\n"
                   "2385e-3\tnan\t\ttanh\tfirst\t20.0\r\n"
                   ".1\t7\tx y\ttanh\tfirst\t20");
    const double *found = find(&values, &r, "fisher_eig_max");
    for (size_t p = 2; p < r.n_points - 1; p++)
        assert_true(isnan(found[p]));
    assert_true(isnan(found[0]));
    assert_true(found[1] == 7 && found[r.n_points - 1] == -150);
    theory_values_free(&values);
    values = match_good(state, &r, HEADER); /* no row at all: nothing is said */
    assert_true(isnan(find(&values, &r, "fisher_eig_max")[0]));
    theory_values_free(&values);
    store_result_free(&r);
}

/* A line that starts with # is no comment where a case of the file is called so. */
static void cases_may_start_with_a_hash(void **state)
{
    struct store_result r;
    open_sample(
        state,
        "seed: 1\ntrials: 2\ncases: [{name: '#1'}, {name: '#2'}]\n"
        "network: {activation: tanh, weight_variance: 1, bias_variance: 1, depth: 3, outputs: 1, width: 9}\n"
        "data: {inputs: gaussian, samples: 5}\n",
        &r);
    struct theory_values values =
        match_good(state, &r, "# 1\ncase\tfisher_eig_max\n#2\t3\n#3\t4\n#1 is for later\n");
    const double *found = find(&values, &r, "fisher_eig_max");
    assert_true(isnan(found[0]) && found[1] == 3);
    theory_values_free(&values);
    store_result_free(&r);
}

#define LAYERED                                                                                              \
    "seed: 1\ntrials: 2\nmeasure: [layers]\n"                                                                \
    "network: {activation: tanh, weight_variance: 1, bias_variance: 1, outputs: 1, width: 9}\n"              \
    "data: {inputs: gaussian, samples: 5}\nsweep: {depth: [3, 2]}\n"

/* Single layers, in any order; the others are not spoken of. */
static void layers_are_columns(void **state)
{
    struct store_result r;
    const struct measure_variable *largest = measure_find_variable("layer_eig_max"),
                                  *mean = measure_find_variable("layer_eig_mean");
    open_sample(state, LAYERED, &r);
    struct theory_values values =
        match_good(state, &r,
                   "case\tlayer_eig_max[3]\tdepth\tlayer_eig_mean[1]\tlayer_eig_max[1]\n"
                   "default\t3.5\t3\t-7\t1.5\ndefault\tnan\t2\t8\t2.5\n");
    assert_int_equal(values.n, 3);
    const double *third = theory_values_find(&values, r.n_points, largest, 3),
                 *first = theory_values_find(&values, r.n_points, largest, 1),
                 *first_mean = theory_values_find(&values, r.n_points, mean, 1);
    assert_true(third[0] == 3.5 && isnan(third[1]) && first[0] == 1.5 && first[1] == 2.5);
    assert_true(first_mean[0] == -7 && first_mean[1] == 8);
    assert_null(theory_values_find(&values, r.n_points, largest, 2));
    assert_null(theory_values_find(&values, r.n_points, mean, 3));
    theory_values_free(&values);

    static const char *const bad[] = {"layer_eig_max",     "layer_eig_max[4]",   "layer_eig_max[01]",
                                      "layer_eig_max[1]x", "layer_eig_max[1,2]", "layer_eig_max[]",
                                      "layer_eig_max[-1]", "layer_eig_max[1"};
    char header[128], place[128];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(header, sizeof header, "case\tdepth\t%s\n", bad[i]);
        snprintf(place, sizeof place, "1: column %s: neither ", bad[i]);
        refuse(state, &r, header, place,
               "which has case, depth, layer_eig_mean[0], ..., layer_eig_mean[3], ");
    }
    refuse(state, &r, "case\tdepth\tlayer_eig_max[1]\tlayer_eig_max[1]\n",
           "1: column layer_eig_max[1]: ", "twice");
    store_result_free(&r);
}

static void bad_headers_are_refused(void **state)
{
    static const char known[] = "x.h5|case, activation, width, weight_variance, fisher_eig_mean, "
                                "fisher_eig_second_moment, fisher_eig_max, fisher_centred_eig_max, "
                                "fisher_eigvec_overlap";
    static const struct {
        const char *header, *place;
    } bad[] = {
        {"case\tactivation\twidht\tweight_variance\tfisher_eig_max\n", "1: column widht: neither "},
        {"# c\n\ncase\tactivation\twidth\tweight_variance\tdepth\tfisher_eig_max\n",
         "3: column depth: neither "},
        {"case\tactivation\twidth\tweight_variance\tfisher_eigenvalues\n",
         "1: column fisher_eigenvalues: neither "},
        {"case\tactivation\twidth\tweight_variance\tfisher_eig_max_theory\n",
         "1: column fisher_eig_max_theory: neither "},
        {"case\tactivation\twidth\tweight_variance\tfisher_eig_max\t\n",
         "1: column without a name: neither "},
        {"case,activation,width,weight_variance,fisher_eig_max\n", "1: column case,activation,"},
        {"activation\twidth\tweight_variance\tfisher_eig_max\n", "1: column case: missing"},
        {"case\tactivation\tweight_variance\tfisher_eig_max\n", "1: column width: missing"},
        {"case\tactivation\twidth\tfisher_eig_max\n", "1: column weight_variance: missing"},
        {"case\tactivation\twidth\tweight_variance\tkappa1\n", "1: column of a variable: missing"},
    };
    struct store_result r;
    open_sample(state, SCRATCH_EXPERIMENT, &r);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(state, &r, bad[i].header, bad[i].place, known);
    refuse(state, &r, "case activation width weight_variance fisher_eig_max\n" ROW,
           "1: column case activation", "tabs part the columns");
    refuse(state, &r, "case\twidth\tactivation\twidth\tfisher_eig_max\n", "1: column width: ", "twice");
    refuse(state, &r, "case\tkappa1\tkappa1\n", "1: column kappa1: ", "twice");
    refuse(state, &r, ROW, "1: column first: neither ", known);
    store_result_free(&r);
}

static void bad_rows_are_refused(void **state)
{
    static const struct {
        const char *row, *place, *fragments;
    } bad[] = {
        {"frist\ttanh\t20\t0.1\t1\n",
         "3: column case: ", "\"frist\" is not in |x.h5, which has first, zweite"},
        {"\ttanh\t20\t0.1\t1\n", "3: column case: ", "\"\" is not in "},
        {"first\ttan\t20\t0.1\t1\n", "3: column activation: ", "\"tan\" is not in |which has tanh, relu"},
        {"first\ttanh\t21\t0.1\t1\n", "3: column width: ", "\"21\" is not in |which has 20, 30, 45"},
        {"first\ttanh\t20x\t0.1\t1\n", "3: column width: ", "\"20x\""},
        {"first\ttanh\t 20\t0.1\t1\n", "3: column width: ", "\" 20\""},
        {"first\ttanh\tnan\t0.1\t1\n", "3: column width: ", "\"nan\""},
        {"first\ttanh\t20\t0.1000000000000001\t1\n", "3: column weight_variance: ",
         "\"0.1000000000000001\" is not in |which has 2.3849999999999998, 0.10000000000000001"},
        {"first\ttanh\t20\t0.1x\t1\n", "3: column weight_variance: ", "\"0.1x\" is not in "},
        {"first\ttanh\t20\t0.1\t1.5x\n",
         "3: column fisher_eig_max: ", "\"1.5x\" is neither a number nor nan"},
        {"first\ttanh\t20\t0.1\t1.5 \n", "3: column fisher_eig_max: ", "\"1.5 \""},
        {"first\ttanh\t20\t0.1\t\n", "3: column fisher_eig_max: ", "\"\" is neither"},
        {"first\ttanh\t20\t0.1\tinf\n", "3: column fisher_eig_max: ", "\"inf\" is neither"},
        {"first\ttanh\t20\t0.1\tNaN\n", "3: column fisher_eig_max: ", "\"NaN\" is neither"},
        {"first\ttanh\t20\t0.1\t1e999\n", "3: column fisher_eig_max: ", "\"1e999\" is neither"},
        {"first\ttanh\t20\t0.1\t0x1p3\n", "3: column fisher_eig_max: ", "\"0x1p3\" is neither"},
        {"first\ttanh\t20\t0.1\n", "3: column fisher_eig_max: missing", "4 cells|5 columns"},
        {"first\n", "3: column activation: missing", "1 cells|5 columns"},
        {" \n", "3: column activation: missing", ""},
        {"first\ttanh\t20\t0.1\t1\t2\n", "3: column 6: one too many", "6 cells|5 columns"},
        {"first\ttanh\t20\t0.1\t1\t\n", "3: column 6: one too many", ""},
        {ROW, "3: column case: ", "in line 2 already"},
        {"\n# again\nfirst\ttanh\t2e1\t2.3850\tnan\n", "5: column case: ", "in line 2 already"},
    };
    char text[512];
    struct store_result r;
    open_sample(state, SCRATCH_EXPERIMENT, &r);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "%s%s%s", HEADER, ROW, bad[i].row);
        refuse(state, &r, text, bad[i].place, bad[i].fragments);
    }
    store_result_free(&r);
}

static void what_is_no_text_is_refused(void **state)
{
    static const char binary[] = HEADER "first\ttanh\0\t20\t2.385\t1\n", escape[] = HEADER ROW "\n\x1b[2J",
                      old_mac[] = "case\rfirst\r", delete[] = "case\x7f\n";
    struct store_result r;
    struct theory_values values;
    struct base_error error = {""};
    char path[SCRATCH_PATH];
    size_t size;
    open_sample(state, SCRATCH_EXPERIMENT, &r);
    refuse_bytes(state, &r, binary, sizeof binary - 1, "2: ", "not a text|0x00");
    refuse_bytes(state, &r, escape, sizeof escape - 1, "4: ", "not a text|0x1b");
    refuse_bytes(state, &r, old_mac, sizeof old_mac - 1, "1: ", "not a text|0x0d");
    refuse_bytes(state, &r, delete, sizeof delete - 1, "1: ", "not a text|0x7f");
    refuse(state, &r, "", " it holds no table", "fisherfield theory");
    refuse(state, &r, "\n# only words\n\r\n", " it holds no table", "");
    char *bytes = scratch_read(scratch_path(state, "x.h5", path), &size);
    assert_int_equal(match(state, &r, bytes, size, &values, &error), BASE_BAD_INPUT);
    assert_non_null(strstr(error.text, "not a text"));
    free(bytes);
    store_result_free(&r);
}

static void refuse_path(const char *path, const char *fragment)
{
    struct theory_table table;
    struct base_error error = {""};
    assert_int_equal(theory_table_read(&table, path, &error), BASE_BAD_INPUT);
    assert_true(strncmp(error.text, path, strlen(path)) == 0);
    assert_non_null(strstr(error.text, fragment));
}

static void what_cannot_be_read_is_refused(void **state)
{
    enum { MIB = 1 << 20, MOST = 64 * MIB };
    struct theory_table table;
    struct base_error error = {""};
    char path[SCRATCH_PATH];
    refuse_path(scratch_path(state, "none.tsv", path), "none.tsv: No such file");
    refuse_path((char *)*state, ": Is a directory");
    char *big = calloc(MOST + 1, 1);
    assert_non_null(big);
    memset(big, '#', MOST + 1);
    memcpy(big, "case\n", 5);
    scratch_write(scratch_path(state, "big.tsv", path), big, MOST + 1);
    refuse_path(path, "big.tsv: larger than 64 MiB");
    scratch_write(path, big, MOST);
    if (theory_table_read(&table, path, &error) != BASE_OK)
        fail_msg("%s", error.text);
    assert_int_equal(table.n_lines, 2);
    theory_table_free(&table);
    free(big);
}

static const struct CMUnitTest tests[] = {
    scratch_test(rows_find_their_points),      scratch_test(harmless_differences_are_accepted),
    scratch_test(cases_may_start_with_a_hash), scratch_test(layers_are_columns),
    scratch_test(bad_headers_are_refused),     scratch_test(bad_rows_are_refused),
    scratch_test(what_is_no_text_is_refused),  scratch_test(what_cannot_be_read_is_refused),
};
const struct test_group tests_report_theory_table = TEST_GROUP(tests);
