/* The word that was meant. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The first of n words that differs from `word` in the fewest letters to insert, delete or replace, whatever
 * their case; NULL where none is near: at most a third of the letters and one. */
const char *base_nearest(const char *word, const char *const *words, size_t n);

/* "; did you mean WORD?", or "" where none of the words, ended by NULL, is near. Returns `text`. */
enum { BASE_GUESS = 80 };
const char *base_guess(const char *word, const char *const *words, char text[BASE_GUESS]);

#endif
