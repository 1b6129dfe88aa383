/* Names of random streams: 64 bits from a few words, by Philox itself.
 *
 * A stream is a hash of what the numbers are for (the grid point's physical parameters, the trial, the layer,
 * the purpose), never of a thread, a rank, the time or the position in a sweep. Two different lists of words
 * share a stream with probability 2⁻⁶⁴; among the 10⁷ streams of a large run that is below 1e-5.
 */
#ifndef RANDOM_STREAM_H
#define RANDOM_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* The stream of the list words[0..n-1]. */
uint64_t random_stream(size_t n, const uint64_t *words);

/* Words from what is not a word: a double's bits (−0 counts as 0), a string's bytes. */
uint64_t random_word_double(double value);
uint64_t random_word_text(const char *text);

#endif
