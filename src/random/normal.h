/* Random numbers as pure functions of (seed, stream, index).
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011) is a keyed bijection of 128-bit counters; nothing is
 * stored and nothing advances. Here
 *
 *     key      the seed, low word first
 *     counter  (block low, block high, stream low, stream high)
 *
 * and block b of a stream gives four words x_0..x_3 of 32 bits, which make two normals by Box-Muller. With
 * r = x_1 + 2³² x_0 and a = x_3 + 2³² x_2, and a word's lowest 52 bits made odd: [r] = (r mod 2⁵²) | 1,
 *
 *     radius  √(−2 ln u), u = [r] 2⁻⁵²          from 2.1e-8 to 8.49
 *     cosine  ±cos α, α = (π/2)([a] 2⁻⁵² − ½)   − if bit 62 of a is set
 *     sine    sin α
 *
 * Normal number i of a stream belongs to block 8⌊i/16⌋ + i mod 8. If bit 63 of a is clear, it is radius ×
 * cosine where i mod 16 < 8 and radius × sine otherwise; if it is set, the other way round. (So eight blocks
 * are one vector operation and nothing is interleaved; |α| < π/4 keeps the polynomials short.)
 *
 * Logarithm, sine and cosine are polynomials of our own in +, −, ×, ÷ and √ alone, each correctly rounded by
 * IEEE 754, and no multiplication is fused with an addition: the bits are the same for every compiler,
 * optimisation and instruction set. Relative error of a normal: at most 4.7e-16 among 2·10⁸ compared
 * with long double.
 *
 * This is frozen. Stored seeds mean the same networks for as long as every bit stays as it is;
 * tests/random/normal.c holds hashes of them, and neither they nor anything above may change again. Something
 * better needs a function of its own beside this one.
 */
#ifndef RANDOM_NORMAL_H
#define RANDOM_NORMAL_H

#include <stddef.h>
#include <stdint.h>

/* out[i] = normal number first + i of (seed, stream), i < n. Any first and n; 128 are computed at a time.
 * Cost: 1.8 ns a normal with AVX-512, 2.6 with AVX2, 5 without (one core of an AMD EPYC, Zen 4). */
void random_normals(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out);

#endif
