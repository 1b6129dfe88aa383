#include "cmd/cmd.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_add_set(struct cmd_experiment_options *options, const char *set, struct base_error *error)
{
    const size_t n = options->options.n_sets;
    const char **sets = base_calloc(n + 1, sizeof *sets, error);
    if (sets == NULL)
        return BASE_FAILED;
    if (n > 0)
        memcpy(sets, options->sets, n * sizeof *sets);
    sets[n] = set;
    free(options->sets);
    options->sets = sets;
    options->options.sets = sets;
    options->options.n_sets = n + 1;
    return BASE_OK;
}

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
    const struct experiment_vocabulary vocabulary = {check_activation, measure_check_name};
    return experiment_load(experiment, options->path, &options->options, &vocabulary, error);
}

void cmd_note_missing_theory(const struct experiment *experiment, const struct store_predictions *predictions)
{
    const size_t points_a_case = experiment->n_points / experiment->n_cases;
    for (size_t c = 0; c < experiment->n_cases; c++)
        for (size_t p = c * points_a_case; p < (c + 1) * points_a_case; p++)
            if (predictions->no_outlier[p]) {
                fprintf(stderr,
                        "note: case %s: kappa2 vanishes (an odd activation without biases), so the largest "
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
