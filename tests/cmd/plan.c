/* `plan`: what it tells is what `run` then makes, what it refuses `run` refuses, and nothing is made. */
#include "cmd/shell.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

static void expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("lacks \"%s\":\n%s", part, text);
}

/* The size in the line "file      PATH: about 36.1 KiB; …". */
static double told_size(const char *out)
{
    double size = 0;
    const char *about = strstr(out, ": about ");
    assert_non_null(about);
    assert_int_equal(sscanf(about, ": about %lf KiB;", &size), 1);
    return 1024 * size;
}

static void the_plan_is_what_is_run(void **state)
{
    char path[SCRATCH_PATH];
    struct stat info;
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    struct shell plan = shell_expect(state, "plan x.yaml --threads 2", 0);
    assert_string_equal(plan.err, "");
    assert_int_equal(scratch_count(state), 3); /* x.yaml, out.txt, err.txt */
    expect(plan.out, "case  width      sampler  ");
    expect(plan.out, "\nrelu     40  conditional  ");
    assert_int_equal(count(plan.out, "\ntanh "), 3);
    assert_int_equal(count(plan.out, "\nrelu "), 3);
    expect(plan.out, "\nnetworks  30\n");
    expect(plan.out, "\nthreads   2 on ");
    expect(plan.out, "\nmemory    ");
    expect(plan.out, "\ntime      about ");
    expect(plan.out, "\nfile      results/x.h5: about ");
    struct shell run = shell_expect(state, "run x.yaml", 0);
    expect(run.err, "results/x.h5: 30 networks in ");
    assert_int_equal(stat(scratch_path(state, "results/x.h5", path), &info), 0);
    assert_close(told_size(plan.out), (double)info.st_size, 0.2);
    shell_free(&plan);
    shell_free(&run);
}

static void options_are_those_of_run(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    struct shell plan = shell_expect(state, "plan --quick --set trials=3 -o here.h5 -t 1 x.yaml", 0);
    expect(plan.out, "\nnetworks  12\n");
    expect(plan.out, "\nthreads   1 on ");
    expect(plan.out, "\nfile      here.h5: about ");
    shell_free(&plan);
    plan = shell_expect(state, "plan --quick x.yaml", 0);
    expect(plan.out, "\nfile      results/x-quick.h5: about ");
    shell_free(&plan);
    assert_int_equal(scratch_count(state), 3);
}

/* Few wide networks share the threads; what they do not keep they draw twice, and the same. */
static void wide_networks_are_shared(void **state)
{
    shell_file(state, "x.yaml", "seed: 1\ntrials: 2\n" SHELL_BODY "sweep: {width: [9000]}\n");
    struct shell plan = shell_expect(state, "plan x.yaml --threads 8", 0);
    expect(plan.out, "\nthreads   8 on ");
    expect(plan.out, ", 2 inside each network\n"); /* two a case */
    expect(plan.out, "\n          at 2 of 2 grid points some numbers are drawn twice rather than kept\n");
    shell_free(&plan);
    plan = shell_expect(state, "plan x.yaml --threads 1", 0);
    assert_null(strstr(plan.out, "drawn twice"));
    shell_free(&plan);
    shell_expect_only(state, "run x.yaml --threads 1 -o kept.h5", 0);
    shell_expect_only(state, "run x.yaml --threads 8 -o twice.h5", 0);
    shell_expect_only(state, "run x.yaml --threads 1 --set memory=1MiB -o tight.h5", 0);
    struct shell kept = shell_expect(state, "table kept.h5", 0),
                 twice = shell_expect(state, "table twice.h5", 0),
                 tight = shell_expect(state, "table tight.h5", 0);
    assert_string_equal(kept.out, twice.out);
    assert_string_equal(kept.out, tight.out);
    shell_free(&kept);
    shell_free(&twice);
    shell_free(&tight);
}

static void what_is_there_is_not_planned(void **state)
{
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_expect_only(state, "run x.yaml", 0);
    struct shell before = shell_expect(state, "info results/x.h5", 0),
                 plan = shell_expect(state, "plan x.yaml", 0);
    expect(plan.out, "\nnetworks  30, of which 30 are there already\n");
    expect(plan.out, "\ntime      none: all is there\n");
    struct shell after = shell_expect(state, "info results/x.h5", 0);
    assert_string_equal(before.out, after.out);
    shell_free(&before);
    shell_free(&plan);
    shell_free(&after);
}

static void a_large_grid_is_grouped(void **state)
{
    shell_file(state, "x.yaml",
               "seed: 1\ntrials: 2\ncases:\n  - {name: one, outputs: 1}\n  - {name: two, outputs: 2}\n"
               "network: {weight_variance: 2, bias_variance: 0.1}\ndata: {inputs: gaussian, samples: 10}\n"
               "sweep: {activation: [tanh, relu, gelu], depth: [2, 3, 4], width: [5, 6, 500]}\n");
    struct shell plan = shell_expect(state, "plan x.yaml", 0);
    expect(plan.out, "\nnetworks  108\n");
    assert_int_equal(count(plan.out, "\none "), 2);
    assert_int_equal(count(plan.out, "\ntwo "), 2);
    assert_int_equal(count(plan.out, "  3 values   2..4   5..6      weights  "), 2);
    assert_int_equal(count(plan.out, "  3 values   2..4    500  conditional  "), 2);
    char largest[32] = "";
    assert_int_equal(sscanf(strstr(plan.out, "\nmemory "), "%*[^:]: %*d x %31[^f]", largest), 1);
    assert_int_equal(count(plan.out, largest), 2); /* its row, and the total */
    assert_int_equal(count(plan.out, "  36  "), 2);
    assert_int_equal(count(plan.out, "  18  "), 2);
    shell_free(&plan);
}

/* What is free changes from one moment to the next. */
static void cut_free_memory(char *text)
{
    char *at = strstr(text, "(the machine has");
    if (at != NULL)
        *at = '\0';
}

/* The same code and the same words. */
static void expect_refused_as_by_run(void **state, const char *arguments, const char *fragment)
{
    char plan_line[256], run_line[256];
    snprintf(plan_line, sizeof plan_line, "plan %s", arguments);
    snprintf(run_line, sizeof run_line, "run %s", arguments);
    const size_t before = scratch_count(state);
    struct shell plan = shell_expect(state, plan_line, 2), run = shell_expect(state, run_line, 2);
    assert_string_equal(plan.out, "");
    expect(plan.err, fragment);
    cut_free_memory(plan.err);
    cut_free_memory(run.err);
    assert_string_equal(plan.err, run.err);
    assert_int_equal(scratch_count(state), before);
    shell_free(&plan);
    shell_free(&run);
}

static void what_run_refuses_is_refused(void **state)
{
    shell_file(state, "bad.yaml", "seed: 1\ntrails: 3\n");
    shell_file(state, "huge.yaml",
               "seed: 1\ntrials: 5\n" SHELL_BODY "memory: 1MiB\nsampler: weights\nsweep: {width: [9000]}\n");
    shell_file(state, "x.yaml", SHELL_EXPERIMENT);
    shell_file(state, "text.h5", "not a result\n");
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    expect_refused_as_by_run(state, "bad.yaml", "bad.yaml:2:1: ");
    expect_refused_as_by_run(state, "huge.yaml", "case tanh, width 9000: one network takes ");
    expect_refused_as_by_run(
        state, "huge.yaml --set measure=[heatmap] --set memory=1GiB",
        "measure: heatmap: a network of case tanh, width 9000 has 18001 hidden and output "
        "units, and it takes at most 512");
    expect_refused_as_by_run(state, "x.yaml -o none/x.h5", "none/x.h5: cannot be created: ");
    expect_refused_as_by_run(state, "x.yaml -o text.h5", "text.h5: not an HDF5 file");
    expect_refused_as_by_run(state, "x.yaml -o x.h5 --set seed=2", "x.h5: another experiment stands in it");
}

/* 1e9 trials of 343 points and 100 eigenvalues. */
static void what_does_not_fit_the_disk_is_refused(void **state)
{
    static const char seven[] = "2, 3, 4, 5, 6, 7, 8";
    char text[1024];
    snprintf(text, sizeof text,
             "seed: 1\ntrials: 1000000000\nnetwork: {activation: relu, weight_variance: 2, outputs: "
             "1}\ndata: {inputs: "
             "gaussian, samples: 100}\nsave: [eigenvalues]\nsweep: {width: [%s], depth: [%s], bias_variance: "
             "[%s]}\n",
             seven, seven, seven);
    shell_file(state, "x.yaml", text);
    shell_expect_only(state, "--version", 0); /* so that out.txt and err.txt are there */
    expect_refused_as_by_run(state, "x.yaml", "results/x.h5: the result file takes 262.");
    expect_refused_as_by_run(state, "x.yaml -o x.h5", "x.h5: the result file takes 262.");
}

static const struct CMUnitTest tests[] = {
    scratch_test(the_plan_is_what_is_run),
    scratch_test(options_are_those_of_run),
    scratch_test(wide_networks_are_shared),
    scratch_test(what_is_there_is_not_planned),
    scratch_test(a_large_grid_is_grouped),
    scratch_test(what_run_refuses_is_refused),
    scratch_test(what_does_not_fit_the_disk_is_refused),
};
const struct test_group tests_cmd_plan = TEST_GROUP(tests);
