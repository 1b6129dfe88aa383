/* Strict numbers: the whole text is one finite decimal number, or it is refused.
 *
 * Nothing is skipped and nothing is left over: no blanks, no "1e", no hexadecimal, no "nan" or "inf", no
 * 0.1.2. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A finite decimal number such as 3, -0.5, .5 or 1e-3. False: *value is untouched. */
bool base_parse_double(const char *text, double *value);

/* A whole number, also written as 2e3 or 100.0 when that is exactly whole and below 2^53 in size. */
bool base_parse_int64(const char *text, int64_t *value);

/* A size in bytes: 2GiB, 500 MiB, 1.5GB, 4096. Units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB; below 2^62. */
bool base_parse_bytes(const char *text, size_t *value);

#endif
