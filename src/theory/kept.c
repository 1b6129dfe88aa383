/* What predictions of networks that differ in no kernel share. */
#include "theory/learning.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct theory_kept *theory_kept_new(struct base_error *error)
{
    return base_calloc(1, sizeof(struct theory_kept), error);
}

void theory_kept_free(struct theory_kept *kept)
{
    if (kept != NULL)
        theory_kept_forget(kept);
    free(kept);
}

void theory_kept_forget(struct theory_kept *kept)
{
    theory_draws_free(kept->n_draws, kept->draws);
    *kept = (struct theory_kept){.draws = NULL};
}

static bool have_same_kernels(const struct net_architecture *a, const struct net_architecture *b)
{
    return a->L == b->L && a->T == b->T && a->T_test == b->T_test &&
           memcmp(a->widths, b->widths, (a->L + 1) * sizeof *a->widths) == 0 &&
           a->weight_variance == b->weight_variance && a->bias_variance == b->bias_variance &&
           strcmp(a->activation, b->activation) == 0 && a->inputs == b->inputs &&
           a->test_inputs == b->test_inputs && a->targets == b->targets && a->test_targets == b->test_targets;
}

static bool have_same_steps(const struct experiment_training *a, const struct experiment_training *b)
{
    return strcmp(a->optimizer, b->optimizer) == 0 && strcmp(a->parametrization, b->parametrization) == 0 &&
           strcmp(a->normalization, b->normalization) == 0 && a->damping == b->damping &&
           (strcmp(a->normalization, "batch") != 0 || a->weight_decay == b->weight_decay);
}

void theory_kept_match(struct theory_kept *kept, const struct net_architecture *architecture)
{
    const bool is_of = kept->architecture.L > 0 && have_same_kernels(&kept->architecture, architecture) &&
                       have_same_steps(&kept->training, architecture->training);
    if (is_of)
        return;
    theory_kept_forget(kept);
    kept->architecture = *architecture;
    kept->training = *architecture->training;
}
