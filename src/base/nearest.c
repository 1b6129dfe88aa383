#include "base/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORD = 40 };

/* Small letters; how many, MAX_WORD where there are no fewer. */
static size_t lower(const char *word, char letters[MAX_WORD])
{
    size_t n = 0;
    for (; n < MAX_WORD && word[n] != '\0'; n++)
        letters[n] = (char)tolower((unsigned char)word[n]);
    return n;
}

/* Levenshtein's: the fewest letters to insert, delete or replace, of words shorter than MAX_WORD. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t row[MAX_WORD + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[m];
}

const char *base_nearest(const char *word, const char *const *words, size_t n)
{
    char letters[MAX_WORD], other[MAX_WORD];
    const char *best = NULL;
    const size_t length = lower(word, letters);
    size_t least = length / 3 + 1;
    for (size_t i = 0; length < MAX_WORD && i < n; i++) {
        const size_t far = distance(letters, length, other, lower(words[i], other));
        if (far < least || (far == least && best == NULL)) {
            least = far;
            best = words[i];
        }
    }
    return best;
}

const char *base_guess(const char *word, const char *const *words, char text[BASE_GUESS])
{
    size_t n = 0;
    while (words[n] != NULL)
        n++;
    const char *near = base_nearest(word, words, n);
    snprintf(text, BASE_GUESS, "%s%s%s", near != NULL ? "; did you mean " : "", near != NULL ? near : "",
             near != NULL ? "?" : "");
    return text;
}
