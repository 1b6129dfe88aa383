#include "cmd/cmd.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct argp_option known[] = {
    {"set", 's', "KEY=VALUE", 0,
     "Override a key of the experiment: --set trials=20, --set sweep.width='[100, 200]'", 0},
    {"quick", 'q', NULL, 0, "Take what the experiment's `quick` says", 0},
    {0}};

static int add_set(struct cmd_experiment_options *options, const char *set)
{
    const size_t n = options->options.n_sets;
    const char **sets = realloc(options->sets, (n + 1) * sizeof *sets);
    if (sets == NULL)
        return ENOMEM;
    sets[n] = set;
    options->sets = sets;
    options->options.sets = sets;
    options->options.n_sets = n + 1;
    return 0;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct cmd_experiment_options *o = state->input;
    switch (key) {
    case 's': return add_set(o, value);
    case 'q': o->options.quick = true; return 0;
    case ARGP_KEY_ARG:
        if (o->path != NULL)
            argp_error(state, "one experiment at a time: \"%s\" is one too many", value);
        o->path = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which experiment? For example experiments/universal-width.yaml");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {known, parse_option, NULL, NULL, NULL, NULL, NULL};
const struct argp_child cmd_experiment_parser[] = {{&parser, 0, NULL, 0}, {0}};

static int check_activation(const char *text, struct base_error *why)
{
    struct net_activation activation = {0};
    const int status = net_activation_open(&activation, text, why);
    net_activation_close(&activation);
    return status;
}

int cmd_load(struct experiment *experiment, const struct cmd_experiment_options *options,
             struct base_error *error)
{
    const struct experiment_vocabulary vocabulary = {check_activation, measure_check_name, measure_needs};
    return experiment_load(experiment, options->path, &options->options, &vocabulary, error);
}

static bool measures_an_outlier(const struct experiment *e)
{
    for (size_t i = 0; i < e->n_measures; i++) {
        const struct measure *measure = measure_find(e->measures[i]);
        for (size_t v = 0; v < measure->n_variables; v++)
            if (measure->variables[v].outlier)
                return true;
    }
    return false;
}

void cmd_note_missing_theory(const struct experiment *experiment, const struct store_predictions *predictions)
{
    const size_t points_a_case = experiment->n_points / experiment->n_cases;
    for (size_t c = 0; c < experiment->n_cases && measures_an_outlier(experiment); c++)
        for (size_t p = c * points_a_case; p < (c + 1) * points_a_case; p++)
            if (predictions->no_outlier[p]) {
                fprintf(stderr,
                        "note: case %s: kappa2 vanishes (as for an odd activation without biases), so the "
                        "largest "
                        "eigenvalue is not "
                        "of order M and its theory does not apply: nan\n",
                        experiment->cases[c]);
                break;
            }
    if (predictions->n_missing > 0)
        cmd_note_no_theory(predictions->n_missing, predictions->why_missing);
}

void cmd_note_no_theory(size_t points, const char *why_first)
{
    fprintf(stderr,
            "warning: theory cannot be computed at %zu grid point%s and is nan there; the first: %s\n",
            points, points == 1 ? "" : "s", why_first);
}

void cmd_note_repeated_boundaries(const struct experiment *experiment)
{
    static const char *const without_part[] = {
        "learning_rate", "rate",    "steps",   "epochs", "batch",    "optimizer", "loss",
        "weight_decay",  "damping", "spectra", "every",  "adaptive", "isotropy",  "test_samples"};
    const size_t n = sizeof without_part / sizeof *without_part;
    for (size_t a = 0; a < experiment->n_axes && (experiment->asked & EXPERIMENT_BOUNDARY) != 0; a++) {
        const struct experiment_axis *axis = &experiment->axes[a];
        size_t i = 0;
        while (i < n && strcmp(axis->key, without_part[i]) != 0)
            i++;
        if (i < n && axis->length > 1)
            fprintf(
                stderr,
                "note: a boundary does not depend on %s: it is sought again at each of its %zu values; an "
                "experiment of its own finds it once\n",
                axis->key, axis->length);
    }
}
