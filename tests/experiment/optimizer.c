/* Optimizers that do not exist for a depth, a loss or outputs are refused wherever these are said. */
#include "files.h"

#include "tests.h"

#define DEPTH(depth)                                                                                         \
    "kind: training\nseed: 1\ntrials: 1\ndata: {inputs: gaussian, samples: 20}\n"                            \
    "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, " depth "width: 10, outputs: 2}\n"
#define DEEP DEPTH("depth: 3, ")
#define TRAINING(more) "training: {steps: 2, learning_rate: 0.1, " more "}\n"

static void impossible_optimizers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fragments;
    } bad[] = {
        {DEPTH("depth: 5, ") TRAINING("optimizer: tridiagonal"),
         "x.yaml:6:53: training.optimizer: there is no tridiagonal one at network.depth 5|3s + 2"},
        {DEPTH("") TRAINING("optimizer: tridiagonal") "sweep: {depth: [3, 4, 8]}\n",
         "x.yaml:6:53: training.optimizer: there is no tridiagonal one at network.depth 8"},
        {DEPTH("depth: 2, ") TRAINING("") "sweep: {optimizer: [exact, tridiagonal]}\n",
         "x.yaml:7:28: sweep.optimizer: there is no tridiagonal one at network.depth 2"},
        {DEEP TRAINING("") "cases: [{name: a}, {name: b, optimizer: tridiagonal, depth: 11}]\n",
         "x.yaml:7:41: cases.b.optimizer: there is no tridiagonal one at network.depth 11"},
        {DEEP TRAINING("optimizer: kfac, loss: cross_entropy"),
         "x.yaml:6:65: training.loss: cross_entropy goes with the optimizers gradient and exact alone|kfac"},
        {DEEP TRAINING("loss: cross_entropy") "sweep: {optimizer: [gradient, exact, unit]}\n",
         "x.yaml:6:48: training.loss: cross_entropy goes with|unit approximates"},
        {DEEP TRAINING("optimizer: layer") "sweep: {loss: [squared, cross_entropy]}\n",
         "x.yaml:7:25: sweep.loss: cross_entropy goes with|layer"},
        {DEEP TRAINING("optimizer: exact, normalization: mean"),
         "x.yaml:6:75: training.normalization: mean goes with optimizer: gradient alone, and exact is asked "
         "for"},
        {DEEP TRAINING("optimizer: layer") "sweep: {normalization: [none, batch]}\n",
         "x.yaml:7:31: sweep.normalization: batch goes with optimizer: gradient alone, and layer is asked "
         "for"},
        {DEEP TRAINING("loss: cross_entropy, isotropy: true"),
         "x.yaml:6:73: training.isotropy: true goes with loss: squared alone"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
}

/* c/a of an optimizer without a. */
static void rates_without_a_constant_are_refused(void **state)
{
    (void)state;
#define RATE(more) "training: {steps: 2, rate: 0.5" more "}\n"
    static const struct {
        const char *text, *fragments;
    } bad[] = {
        {DEEP RATE(", optimizer: unit_explicit"), "x.yaml:6:28: training.rate: the optimizer unit_explicit "
                                                  "of the case default has no constant a|learning_rate"},
        {DEEP RATE("") "sweep: {optimizer: [exact, quasi_diagonal]}\n",
         "x.yaml:6:28: training.rate: the optimizer quasi_diagonal"},
        {DEEP "training: {steps: 2, optimizer: unit_explicit}\nsweep: {rate: [0.5, 1]}\n",
         "x.yaml:7:16: sweep.rate: the optimizer unit_explicit"},
        {DEEP RATE("") "cases: [{name: a}, {name: b, optimizer: unit_explicit}]\n",
         "training.rate: the optimizer unit_explicit of the case b"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
    struct experiment e;
    files_load_good(&e,
                    DEEP "training: {steps: 2}\ncases: [{name: a, rate: 0.5, optimizer: unit}, {name: b, "
                         "learning_rate: 0.5, optimizer: unit_explicit}]\n",
                    false, NULL);
    experiment_free(&e);
}

/* Gradient descent has no matrix to damp. */
static void damping_in_vain_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fragments;
    } bad[] = {
        {DEEP TRAINING("damping: 1e-4"),
         "x.yaml:6:51: training.damping: optimizer: gradient inverts no matrix that it could damp; leave it "
         "out, or take"},
        {DEEP TRAINING("") "sweep: {damping: [0, 1]}\n", "x.yaml:7:18: sweep.damping: optimizer: gradient"},
        {DEEP TRAINING("optimizer: exact") "cases: [{name: a}, {name: b, optimizer: gradient, damping: 1}]\n",
         "x.yaml:7:60: cases.b.damping: optimizer: gradient"},
        {DEEP TRAINING("damping: 1") "cases: [{name: a}, {name: b, optimizer: gradient}]\n",
         "x.yaml:6:51: training.damping: optimizer: gradient"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        files_refuse(bad[i].text, false, NULL, bad[i].fragments);
    static const char *const good[] = {
        DEEP TRAINING("damping: 0"), DEEP TRAINING("damping: 1") "sweep: {optimizer: [gradient, exact]}\n",
        DEEP TRAINING("damping: 1") "cases: [{name: a}, {name: b, optimizer: exact}]\n",
        DEEP TRAINING("") "cases: [{name: a}, {name: b, optimizer: exact, damping: 1}]\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct experiment e;
        files_load_good(&e, good[i], false, NULL);
        experiment_free(&e);
    }
}

static void possible_ones_are_not(void **state)
{
    (void)state;
    static const char *const good[] = {
        DEEP TRAINING(
            "isotropy: true") "sweep: {optimizer: [gradient, exact, layer, tridiagonal, kfac, kfac_scaled, "
                              "unit, unit_explicit, quasi_diagonal]}\n",
        DEPTH("depth: 5, ") TRAINING("loss: cross_entropy") "sweep: {optimizer: [gradient, exact]}\n",
        DEPTH("depth: 7, ") TRAINING("optimizer: tridiagonal"),
        DEEP TRAINING("normalization: batch, loss: cross_entropy"),
        DEPTH("") TRAINING("") "cases: [{name: a, depth: 5}, {name: b, depth: 6, optimizer: tridiagonal}]\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct experiment e;
        files_load_good(&e, good[i], false, NULL);
        experiment_free(&e);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(impossible_optimizers_are_refused),
    cmocka_unit_test(rates_without_a_constant_are_refused),
    cmocka_unit_test(damping_in_vain_is_refused),
    cmocka_unit_test(possible_ones_are_not),
};
const struct test_group tests_experiment_optimizer = TEST_GROUP(tests);
