#include "random/stream.h"

#include <string.h>

#include <Random123/philox.h>

/* One Philox block a word: the word and the state so far are the counter, the word's place is the key. */
static uint64_t absorb(uint64_t state, uint64_t word, uint64_t place)
{
    const philox4x32_ctr_t counter = {
        {(uint32_t)word, (uint32_t)(word >> 32), (uint32_t)state, (uint32_t)(state >> 32)}};
    const philox4x32_key_t key = {{(uint32_t)place, (uint32_t)(place >> 32)}};
    const philox4x32_ctr_t block = philox4x32(counter, key);
    return block.v[0] | (uint64_t)block.v[1] << 32;
}

uint64_t random_stream(size_t n, const uint64_t *words)
{
    uint64_t state = n;
    for (size_t i = 0; i < n; i++)
        state = absorb(state, words[i], i);
    return state;
}

uint64_t random_word_double(double value)
{
    const double positive_zero = value == 0 ? 0 : value;
    uint64_t word;
    memcpy(&word, &positive_zero, sizeof word);
    return word;
}

uint64_t random_word_text(const char *text)
{
    uint64_t state = strlen(text);
    for (size_t i = 0; text[i] != '\0'; i++)
        state = absorb(state, (unsigned char)text[i], i);
    return state;
}
