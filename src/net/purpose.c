#include "net/purpose.h"

#include "random/stream.h"

uint64_t net_stream(const struct net_architecture *architecture, uint64_t trial, size_t layer,
                    enum net_purpose purpose)
{
    const struct net_architecture *a = architecture;
    uint64_t shape[9] = {random_word_text(a->activation), random_word_double(a->weight_variance),
                         random_word_double(a->bias_variance), a->L, a->T};
    size_t n_shape = 5;
    if (a->inputs != NULL ||
        a->singular != NULL) /* Gaussian ones have no word, and plain networks none of these */
        shape[n_shape++] = a->inputs_word;
    if (a->residual) {
        shape[n_shape++] = random_word_double(a->skip);
        shape[n_shape++] = random_word_double(a->branch_variance);
        shape[n_shape++] = a->train_branch;
    }
    uint64_t widths[EXPERIMENT_MAX_DEPTH + 1];
    for (size_t l = 0; l <= a->L; l++)
        widths[l] = a->widths[l];
    const uint64_t words[] = {random_stream(n_shape, shape), random_stream(a->L + 1, widths), trial, layer,
                              (uint64_t)purpose};
    return random_stream(sizeof words / sizeof *words, words);
}
