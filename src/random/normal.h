/* Random numbers as pure functions of (seed, stream, index).
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011) is a keyed bijection of 128-bit counters; nothing is
 * stored and nothing advances. Here
 *
 *     key      the seed, low word first
 *     counter  (block low, block high, stream low, stream high)
 *
 * and block b of a stream gives 128 bits x_0..x_3 (32 each), which make two normals by Box-Muller:
 *
 *     u = (2·(r >> 12) + 1)·2⁻⁵³ ,   r = x_0 + 2³² x_1          radius √(−2 ln u), up to 8.57
 *     θ = (π/2)(q + f) ,             a = x_2 + 2³² x_3 , q = a >> 62 , f = the next 52 bits, centred in (−½,
 * ½)
 *
 * Normal number i of a stream belongs to block 8⌊i/16⌋ + i mod 8; it is √(−2 ln u) cos θ where i mod 16 < 8,
 * and √(−2 ln u) sin θ otherwise (so that eight blocks are one vector operation and nothing is interleaved).
 *
 * Logarithm, sine and cosine are polynomials of our own in +, −, ×, ÷ and √ alone, each correctly rounded by
 * IEEE 754, and no multiplication is fused with an addition: the bits are the same for every compiler,
 * optimisation and instruction set. Relative error of a normal: below 1e-15 but where cos θ or sin θ is near
 * 0 (absolute there).
 *
 * Stored seeds mean the same networks as long as this layout stands; tests/random/normal.c holds a hash of
 * it.
 */
#ifndef RANDOM_NORMAL_H
#define RANDOM_NORMAL_H

#include <stddef.h>
#include <stdint.h>

/* out[i] = normal number first + i of (seed, stream), i < n. Any first and n; multiples of 16 are fastest.
 * Cost: about 4 ns a normal with AVX-512, 6 with AVX2, 9 without. */
void random_normals(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out);

#endif
