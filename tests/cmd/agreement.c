/* Theory and simulation of every predicted variable, from the experiment file to the verdict: the right
 * theory is accepted number by number, the same theory times 1.1 is rejected. */
#include "cmd/shell.h"
#include "measure/measure.h"
#include "report/report.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two activations, four layers, three different widths, one output and three. The norm of a network's own
 * parameters and what is drawn from labels scatter by their own size: they take many trials, of one output.
 * The largest eigenvalue of classification has a prediction where T κ_2 ≥ 7 κ_1 alone, so more samples. */
#define NETWORKS(outputs)                                                                                    \
    "cases:\n"                                                                                               \
    "  - {name: tanh, activation: tanh, weight_variance: 3, bias_variance: 0.64}\n"                          \
    "  - {name: relu, activation: relu, weight_variance: 2, bias_variance: 0.1}\n"                           \
    "network: {depth: 4, outputs: " outputs ", profile: [1, 0.5, 1.5, 1]}\n"                                 \
    "sweep: {width: [100, 200, 400, 800, 1600]}\n"
#define SAMPLES(number) "data: {inputs: gaussian, samples: " number "}\n"
#define DRAWN "data: {inputs: gaussian, samples: 20, draws: 5}\n"
#define ALL_BUT_SOFTMAX                                                                                      \
    DRAWN "measure: [fisher, layers, blocks, metric, ntk, norm, estimators]\nsave: [eigenvalues]\n"
#define ALL                                                                                                  \
    DRAWN "measure: [fisher, softmax, layers, blocks, metric, ntk, norm, estimators]\nsave: [eigenvalues]\n"

/* Residual networks with two skips, and with trained branches and without. */
#define RESIDUAL(outputs, one, other)                                                                        \
    "cases:\n"                                                                                               \
    "  - {name: tanh, activation: tanh, weight_variance: 3, bias_variance: 0.64, " one "}\n"                 \
    "  - {name: relu, activation: relu, weight_variance: 2, bias_variance: 0.1, " other "}\n"                \
    "network: {architecture: residual, depth: 4, outputs: " outputs "}\n"                                    \
    "sweep: {width: [100, 200, 400, 800, 1600]}\n"

struct case_of {
    const char *name, *text;
};
static const struct case_of plain[] = {
    {"one", "seed: 1\ntrials: 400\n" NETWORKS("1") ALL_BUT_SOFTMAX},
    {"three", "seed: 1\ntrials: 400\n" NETWORKS("3") ALL},
    {"scatter", "seed: 2\ntrials: 2000\n" NETWORKS("1") DRAWN "measure: [norm, estimators]\n"},
    {"classes", "seed: 1\ntrials: 200\n" NETWORKS("3") SAMPLES("60") "measure: [softmax]\n"},
};
static const struct case_of residual[] = {
    {"one",
     "seed: 1\ntrials: 400\n" RESIDUAL("1", "skip: 0.7, train_branch: true", "skip: 1") ALL_BUT_SOFTMAX},
    {"three", "seed: 1\ntrials: 400\n" RESIDUAL("3", "skip: 1", "skip: 0.7, train_branch: true") ALL},
    {"scatter", "seed: 2\ntrials: 2000\n" RESIDUAL("1", "skip: 0.7", "skip: 1, train_branch: true") DRAWN
     "measure: [norm, estimators]\n"},
    {"classes", "seed: 1\ntrials: 200\n" RESIDUAL("3", "skip: 0.7, train_branch: true", "skip: 1")
                    SAMPLES("60") "measure: [softmax]\n"},
};
enum { N_EXPERIMENTS = sizeof plain / sizeof *plain, N_WIDTHS = 5, N_RANKS = 20, N_LABELS = 128, LABEL = 96 };

/* The verdicts on one number of a variable, "layer_eig_max, layer 2", over all reports. */
struct tally {
    char label[LABEL];
    size_t agree, disagree;
};
struct tallies {
    size_t n;
    struct tally of[N_LABELS];
};

static struct tally *find(struct tallies *t, const char *label, size_t length)
{
    size_t i = 0;
    while (i < t->n && (strlen(t->of[i].label) != length || strncmp(t->of[i].label, label, length) != 0))
        i++;
    if (i == t->n) {
        assert_true(t->n < N_LABELS && length < LABEL);
        memcpy(t->of[t->n++].label, label, length);
    }
    return &t->of[i];
}

/* The closing lines of a report, "LABEL: agrees (2 agree, 0 disagree, 1 undecided)". */
static void count(struct tallies *t, const char *report)
{
    for (const char *line = report; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t agree, disagree;
        const size_t label = strcspn(line, ":\n"), open = strcspn(line, "(\n");
        if (*line == ' ' || strncmp(line, "verdict", 7) == 0 || line[label] != ':' ||
            sscanf(line + open, "(%zu agree, %zu disagree", &agree, &disagree) != 2)
            continue;
        struct tally *tally = find(t, line, label);
        tally->agree += agree;
        tally->disagree += disagree;
    }
}

/* `theory` times a factor: every number behind the column alpha. */
static void write_theory(void **state, const char *table, double factor)
{
    char *scaled, *end;
    size_t length, alpha = 0, column = 0;
    FILE *out = open_memstream(&scaled, &length);
    assert_non_null(out);
    for (const char *cell = table; *cell != '\0'; cell += strcspn(cell, "\t\n") + 1) {
        const size_t n = strcspn(cell, "\t\n");
        const double number = strtod(cell, &end);
        alpha = strncmp(cell, "alpha\t", 6) == 0 ? column : alpha;
        if (alpha > 0 && column > alpha && end == cell + n)
            fprintf(out, "%.17g%c", factor * number, cell[n]);
        else
            fprintf(out, "%.*s%c", (int)n, cell, cell[n]);
        column = cell[n] == '\n' ? 0 : column + 1;
    }
    assert_int_equal(fclose(out), 0);
    shell_file(state, "scaled.tsv", scaled);
    free(scaled);
}

static void judge(void **state, const char *name, double factor, int code, struct tallies *t)
{
    char command[128];
    snprintf(command, sizeof command, "theory %s.yaml", name);
    struct shell theory = shell_expect(state, command, 0);
    write_theory(state, theory.out, factor);
    snprintf(command, sizeof command, "verify %s.h5 --theory scaled.tsv", name);
    struct shell shell = shell_expect(state, command, code);
    count(t, shell.out);
    shell_free(&shell);
    shell_free(&theory);
}

static bool is_listed(const char *const *list, const char *label)
{
    while (*list != NULL && strcmp(*list, label) != 0)
        list++;
    return *list != NULL;
}

/* Every predicted variable of the registry is in the reports, but for those of networks of the other kind. */
static void check_all_are_there(const struct tallies *t, const char *const *others)
{
    for (size_t m = 0; measure_registry[m] != NULL; m++)
        for (size_t v = 0; v < measure_registry[m]->n_variables; v++) {
            const struct measure_variable *variable = &measure_registry[m]->variables[v];
            size_t agree = 0, there = 0;
            if (measure_registry[m]->run_alone != NULL) /* of another kind of experiment */
                break;
            for (size_t i = 0; i < t->n; i++)
                if (strcspn(t->of[i].label, ",") == strlen(variable->name) &&
                    strncmp(t->of[i].label, variable->name, strlen(variable->name)) == 0) {
                    there++;
                    agree += t->of[i].agree;
                }
            const bool other = is_listed(others, variable->name),
                       judged = measure_is_judged(variable) && !other;
            if ((!other && variable->predicted != (there > 0)) || judged != (agree > 0))
                fail_msg("%s: %zu numbers in the reports, %zu agree", variable->name, there, agree);
        }
}

/* Numbers that no prediction of ours is a statement about in the limit of large width: eigenvalues by rank,
 * of which Gaussian inputs have an average kernel's at finite T / M_0, and what is of first order in 1/T. */
static const char *const unjudged[] = {"fisher_eigenvalues", "softmax_eigenvalues", "estimator_eig_max",
                                       NULL};
/* Known to 5 % or more by these networks alone, so that 1.1 times the prediction may pass. */
static const char *const coarse[] = {
    "layer_eig_max, layer 1",               /* powers M^-1/2 and 1/M in its limit */
    "softmax_eig_max",                      /* so, and predicted to 5 % in 1/T */
    "estimator_frobenius2, kind empirical", /* a fourth power of labels and outputs */
    "estimator_trace_square_error",         /* its standard deviation is √2 times its mean */
    NULL};

/* All four reports together call a theory that is right in every limit wrong with a probability of 4 % at
 * most, over the choice of seeds; these are fixed. 1.1 and 1.5 are the factors of all variables at once: each
 * number is judged by itself, as it were if it alone were wrong. */
static void check_reports(void **state, const struct case_of *experiments, const char *const *others)
{
    struct tallies right = {0}, again = {0}, wrong = {0}, very_wrong = {0};
    for (size_t i = 0; i < N_EXPERIMENTS; i++) {
        char name[32], command[128];
        snprintf(name, sizeof name, "%s.yaml", experiments[i].name);
        shell_file(state, name, experiments[i].text);
        snprintf(command, sizeof command, "run %s.yaml -o %s.h5", experiments[i].name, experiments[i].name);
        shell_expect_only(state, command, 0);
        snprintf(command, sizeof command, "verify %s.h5", experiments[i].name);
        struct shell shell = shell_expect(state, command, 0);
        count(&right, shell.out);
        shell_free(&shell);
        judge(state, experiments[i].name, 1, 0, &again);
        judge(state, experiments[i].name, 1.1, 1, &wrong);
        judge(state, experiments[i].name, 1.5, 1, &very_wrong);
    }
    check_all_are_there(&right, others);
    for (size_t i = 0; i < right.n; i++) {
        const struct tally *t = &right.of[i];
        const size_t length = strlen(t->label);
        char name[LABEL];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(t->label, ","), t->label);
        const bool is_judged = !is_listed(unjudged, name) && !is_listed(others, name),
                   is_coarse = is_listed(coarse, t->label);
        print_message("%-40s %zu agree; times 1.1: %zu disagree, times 1.5: %zu\n", t->label, t->agree,
                      find(&wrong, t->label, length)->disagree,
                      find(&very_wrong, t->label, length)->disagree);
        assert_int_equal(t->disagree, 0);
        assert_int_equal(find(&again, t->label, length)->agree, t->agree);
        assert_int_equal(t->agree > 0, is_judged);
        assert_true(!is_judged || is_coarse || find(&wrong, t->label, length)->disagree > 0);
        assert_int_equal(find(&very_wrong, t->label, length)->disagree > 0, is_judged);
    }
}

static void every_variable_agrees_and_its_wrong_theory_does_not(void **state)
{
    static const char *const others[] = {"block_branch_on", "block_branch_off", NULL};
    check_reports(state, plain, others);
}

static void so_does_every_variable_of_residual_networks(void **state)
{
    static const char *const others[] = {"block_cross", NULL};
    check_reports(state, residual, others);
}

/* What is judged of trainings. The false alarm as above: 1 % of this report over the seeds. */
static void trainings_agree_and_their_wrong_theory_does_not(void **state)
{
    static const char *const judged[] = {"first_step_share", "loss_factor", "isotropy_a",
                                         "stability_boundary", "stability_ratio"};
    struct tallies right = {0}, wrong = {0};
    shell_file(state, "x.yaml",
               "kind: training\nseed: 1\ntrials: 40\n"
               "cases:\n"
               "  - {name: exact, optimizer: exact, isotropy: true, damping: 0.01}\n"
               "  - {name: kfac, optimizer: kfac, isotropy: true, damping: 0.001}\n"
               "  - {name: gradient, optimizer: gradient, boundary: true}\n"
               "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, depth: 3, outputs: 1}\n"
               "data: {inputs: gaussian, samples: 20}\n"
               "training: {rate: 0.5, steps: 2}\n"
               "sweep: {width: [50, 100, 200, 400]}\n");
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    struct shell shell = shell_expect(state, "verify x.h5", 0);
    count(&right, shell.out);
    shell_free(&shell);
    judge(state, "x", 1.1, 1, &wrong);
    for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
        const struct tally *t = find(&right, judged[i], strlen(judged[i])),
                           *w = find(&wrong, judged[i], strlen(judged[i]));
        print_message("%-40s %zu agree; times 1.1: %zu disagree\n", judged[i], t->agree, w->disagree);
        assert_true(t->agree > 0 && t->disagree == 0 && w->disagree > 0);
    }
}

/* Rank r of the spectrum, from a file of one output: measured/theory at every width. */
struct ratios {
    double widths[N_WIDTHS], ratios[N_WIDTHS], se[N_WIDTHS];
    size_t counts[N_WIDTHS];
};

static struct ratios read_rank(const struct store_array *measured, const struct store_array *theory,
                               size_t trials, size_t first_point, size_t rank)
{
    struct ratios x;
    for (size_t i = 0; i < N_WIDTHS; i++) {
        const size_t point = first_point + i;
        const struct report_moments m = report_moments(
            trials, measured->values + point * trials * measured->length + rank, measured->length);
        const double predicted = theory->values[point * theory->length + rank];
        x.widths[i] = 100 * pow(2, (double)i);
        x.ratios[i] = m.mean / predicted;
        x.se[i] = m.se / predicted;
        x.counts[i] = m.n;
    }
    return x;
}

/* The limit of measured/theory times 1/factor. */
static struct report_limit extrapolate(struct ratios x, double factor)
{
    /* The prediction is an average over some draws of inputs, known to half a percent. */
    static const double powers[] = {0.5, 1}, accuracy = 0.005;
    struct report_limit limit;
    struct base_error error = {""};
    for (size_t i = 0; i < N_WIDTHS; i++) {
        x.ratios[i] /= factor;
        x.se[i] /= factor;
    }
    assert_int_equal(
        report_limit_fit(N_WIDTHS, x.widths, x.ratios, x.se, x.counts, 2, powers, &limit, &error), BASE_OK);
    limit.model += accuracy;
    return limit;
}

/* What `verify` leaves alone, one statement for each rank: every eigenvalue comes to that of the mean-field
 * kernel as M^-1/2. At M = 100 the second is 40 % above it and the last 35 % below. (False alarm: 1 % over
 * the seeds; this one is fixed.) 1.1 times the prediction is wrong at every rank. */
static void the_spectrum_comes_to_the_kernels(void **state)
{
    const double level = 0.01 / (2 * N_RANKS);
    char path[SCRATCH_PATH];
    struct store_result result;
    struct store_array measured, theory;
    struct base_error error = {""};
    shell_file(state, "x.yaml",
               "seed: 1\ntrials: 400\n" NETWORKS("1")
                   SAMPLES("20") "measure: [fisher]\nsave: [eigenvalues]\n");
    shell_expect_only(state, "run x.yaml -o x.h5", 0);
    assert_int_equal(store_open(&result, scratch_path(state, "x.h5", path), &error), BASE_OK);
    assert_int_equal(store_read(&result, "fisher_eigenvalues", &measured, &error), BASE_OK);
    assert_int_equal(store_read(&result, "fisher_eigenvalues_theory", &theory, &error), BASE_OK);
    for (size_t i = 0; i < 2 * N_RANKS; i++) {
        const size_t rank = i % N_RANKS;
        const struct ratios x = read_rank(&measured, &theory, result.trials, i / N_RANKS * N_WIDTHS, rank);
        const struct report_limit limit = extrapolate(x, 1), wrong = extrapolate(x, 1.1);
        print_message("%s, rank %2zu: %.3f at M = 100, %.3f at 1600, limit %.4f +- %.4f\n",
                      result.cases[i / N_RANKS], rank + 1, x.ratios[0], x.ratios[N_WIDTHS - 1], limit.limit,
                      report_limit_half_width(&limit, level));
        assert_true(report_limit_fits(&limit));
        assert_true(report_limit_p_value(&limit) >= level);
        assert_true(report_limit_p_value(&wrong) < level);
        assert_true(rank != 1 || x.ratios[0] > 1.3);
        assert_true(rank + 1 != N_RANKS || x.ratios[0] < 0.7);
    }
    store_array_free(&measured);
    store_array_free(&theory);
    store_result_free(&result);
}

static const struct CMUnitTest tests[] = {
    scratch_test(the_spectrum_comes_to_the_kernels),
    scratch_test(every_variable_agrees_and_its_wrong_theory_does_not),
    scratch_test(so_does_every_variable_of_residual_networks),
    scratch_test(trainings_agree_and_their_wrong_theory_does_not),
};
const struct test_group slow_cmd_agreement = TEST_GROUP(tests);
