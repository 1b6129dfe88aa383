/* The test runner: run [--slow] [PATTERN]. One closing line counts the tests. */
#include "tests.h"

#include "linalg/linalg.h"
#include "store/store.h"
#include "theory/theory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
/* Fast tests, every commit. */
#define FAST(X) \
    X(tests_base_number) \
    X(tests_base_machine) \
    X(tests_base_share) \
    X(tests_base_progress) \
    X(tests_random_normal) \
    X(tests_random_stream) \
    X(tests_linalg_linalg) \
    X(tests_experiment_good) \
    X(tests_experiment_definition) \
    X(tests_experiment_override) \
    X(tests_experiment_bad) \
    X(tests_experiment_singular) \
    X(tests_experiment_training) \
    X(tests_experiment_optimizer) \
    X(tests_experiment_schedule) \
    X(tests_net_activation) \
    X(tests_net_weights) \
    X(tests_net_wishart) \
    X(tests_net_streams) \
    X(tests_net_top) \
    X(tests_net_samplers) \
    X(tests_net_residual) \
    X(tests_fisher_fisher) \
    X(tests_fisher_blocks) \
    X(tests_fisher_estimators) \
    X(tests_fisher_unit) \
    X(tests_fisher_softmax) \
    X(tests_theory_gauss) \
    X(tests_theory_order) \
    X(tests_theory_kernel) \
    X(tests_theory_spectrum) \
    X(tests_theory_fisher) \
    X(tests_theory_residual) \
    X(tests_theory_residual_kernel) \
    X(tests_theory_blocks) \
    X(tests_theory_estimators) \
    X(tests_theory_unit) \
    X(tests_theory_metric) \
    X(tests_theory_norm) \
    X(tests_theory_committee) \
    X(tests_train_core) \
    X(tests_train_spectra) \
    X(tests_theory_learning) \
    X(tests_train_committee) \
    X(tests_train_boundary) \
    X(tests_data_readers) \
    X(tests_data_set) \
    X(tests_measure_registry) \
    X(tests_measure_estimators) \
    X(tests_measure_heatmap) \
    X(tests_measure_unit) \
    X(tests_theory_layers) \
    X(tests_measure_axis) \
    X(tests_measure_layers) \
    X(tests_measure_metric) \
    X(tests_measure_norm) \
    X(tests_measure_training) \
    X(tests_theory_softmax) \
    X(tests_measure_ntk) \
    X(tests_measure_residual) \
    X(tests_measure_softmax) \
    X(tests_report_limit) \
    X(tests_report_theory_table) \
    X(tests_store_file) \
    X(tests_store_refuse) \
    X(tests_store_damage) \
    X(tests_store_tools) \
    X(tests_store_look) \
    X(tests_store_dataset) \
    X(tests_fuzz_replay) \
    X(tests_sweep_sweep) \
    X(tests_sweep_plan) \
    X(tests_sweep_inputs) \
    X(tests_sweep_training) \
    X(tests_train_natural) \
    X(tests_cmd_usage) \
    X(tests_cmd_run) \
    X(tests_cmd_tables) \
    X(tests_cmd_own_theory) \
    X(tests_cmd_layers) \
    X(tests_cmd_measures) \
    X(tests_cmd_figures) \
    X(tests_cmd_training) \
    X(tests_cmd_plan) \
    X(tests_cmd_singular) \
    X(tests_cmd_doctor) \
    X(tests_cmd_boundary) \
    X(tests_cmd_kills)
/* Statistics and long runs. */
#define SLOW(X) \
    X(slow_random_normal) \
    X(slow_net_samplers) \
    X(slow_fisher_blocks) \
    X(slow_net_residual) \
    X(slow_theory_residual) \
    X(slow_theory_kernel) \
    X(slow_theory_estimators) \
    X(slow_measure_metric) \
    X(slow_measure_norm) \
    X(slow_measure_training) \
    X(slow_measure_residual) \
    X(slow_theory_softmax) \
    X(slow_train_boundary) \
    X(slow_report_verdict) \
    X(slow_cmd_agreement) \
    X(slow_cmd_kills)
// clang-format on

#define DECLARE(group) extern const struct test_group group;
FAST(DECLARE)
SLOW(DECLARE)
#define LIST(group) &group,
static const struct test_group *const fast[] = {FAST(LIST) NULL};
static const struct test_group *const slow[] = {SLOW(LIST) NULL};

void assert_near(double a, double b, double distance, const char *file, int line)
{
    if (fabs(a - b) <= distance || a == b)
        return;
    print_error("%.17g is not within %.3g of %.17g (off by %.3g)\n", a, distance, b, a - b);
    _fail(file, line);
}

/* FNV-1a on whole words, folded: without that a sign would reach the highest bit only, and two would cancel.
 */
uint64_t hash_bits(uint64_t hash, size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        hash = (hash ^ bits ^ 14695981039346656037u) * 1099511628211u;
        hash ^= hash >> 32;
    }
    return hash;
}

int main(int argc, char **argv)
{
    const struct test_group *const *groups = fast;
    linalg_init(argv);
    store_init();
    theory_init();
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--slow") == 0)
            groups = slow;
        else
            cmocka_set_test_filter(argv[i]);

    size_t n = 0;
    for (const struct test_group *const *group = groups; *group != NULL; group++)
        n += (*group)->n;
    struct CMUnitTest *all = calloc(n + 1, sizeof *all);
    if (all == NULL)
        return EXIT_FAILURE;
    size_t filled = 0;
    for (const struct test_group *const *group = groups; *group != NULL; group++)
        for (size_t i = 0; i < (*group)->n; i++)
            all[filled++] = (*group)->tests[i];
    int failed =
        _cmocka_run_group_tests(groups == slow ? "fisherfield, slow" : "fisherfield", all, n, NULL, NULL);
    free(all);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
