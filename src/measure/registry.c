#include "measure/measure.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

// clang-format off
const struct measure *const measure_registry[] = {
    &measure_fisher,
    &measure_layers,
    &measure_blocks,
    &measure_unit,
    &measure_estimators,
    &measure_heatmap,
    &measure_metric,
    &measure_norm,
    &measure_softmax,
    &measure_ntk,
    &measure_training,
    &measure_singular_dynamics,
    &measure_singular_fisher,
    &measure_singular_mixture,
    NULL,
};
// clang-format on

const struct measure *measure_find(const char *name)
{
    for (const struct measure *const *measure = measure_registry; *measure != NULL; measure++)
        if (strcmp((*measure)->name, name) == 0)
            return *measure;
    return NULL;
}

const struct measure_variable *measure_find_variable(const char *name)
{
    for (const struct measure *const *measure = measure_registry; *measure != NULL; measure++)
        for (size_t v = 0; v < (*measure)->n_variables; v++)
            if (strcmp((*measure)->variables[v].name, name) == 0)
                return &(*measure)->variables[v];
    return NULL;
}

int measure_check_name(const char *name, struct base_error *why)
{
    const struct measure *found = measure_find(name);
    if (found != NULL && found->run_alone == NULL)
        return BASE_OK;
    char known[256] = "", guess[BASE_GUESS];
    const char *names[sizeof measure_registry / sizeof *measure_registry];
    size_t used = 0, n = 0;
    for (const struct measure *const *measure = measure_registry; *measure != NULL && used < sizeof known;
         measure++)
        if ((*measure)->run_alone == NULL) {
            names[n++] = (*measure)->name;
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "",
                                     (*measure)->name);
        }
    names[n] = NULL;
    return base_fail(why, BASE_BAD_INPUT, "\"%.100s\" is not a measure%s; known: %s", name,
                     base_guess(name, names, guess), known);
}

struct experiment_needs measure_needs(const char *name)
{
    return measure_find(name)->needs;
}

bool measure_is_judged(const struct measure_variable *variable)
{
    return variable->predicted &&
           (variable->powers[0] > 0 || variable->powers_outputs[0] > 0 || variable->identity > 0);
}

size_t measure_powers(const struct measure_variable *variable, bool several, bool first,
                      double powers[MEASURE_MAX_POWERS])
{
    const double *declared = first && variable->powers_first[0] > 0 ? variable->powers_first
                             : several                              ? variable->powers_outputs
                                                                    : variable->powers;
    size_t n = 0;
    for (; n < MEASURE_MAX_POWERS && declared[n] > 0; n++)
        powers[n] = declared[n];
    return n;
}
