#include "net/purpose.h"

#include "random/stream.h"

uint64_t net_stream(const struct net_architecture *architecture, uint64_t trial, size_t layer,
                    enum net_purpose purpose)
{
    const struct net_architecture *a = architecture;
    const uint64_t shape[] = {random_word_text(a->activation),
                              random_word_double(a->weight_variance),
                              random_word_double(a->bias_variance),
                              a->L,
                              a->T,
                              random_word_double(a->skip),
                              random_word_double(a->branch_variance),
                              a->train_branch};
    const size_t plain = 5, residual = sizeof shape / sizeof *shape;
    uint64_t widths[EXPERIMENT_MAX_DEPTH + 1];
    for (size_t l = 0; l <= a->L; l++)
        widths[l] = a->widths[l];
    const uint64_t words[] = {random_stream(a->residual ? residual : plain, shape),
                              random_stream(a->L + 1, widths), trial, layer, (uint64_t)purpose};
    return random_stream(sizeof words / sizeof *words, words);
}
