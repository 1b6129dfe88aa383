/* Loops over arrays as vector code, with the same bits everywhere.
 *
 * BASE_CLONES before a function compiles it for plain x86-64, AVX2 and AVX-512 and chooses when the program
 * starts. Its loops must be in +, −, ×, ÷, √ and bit operations alone: each is correctly rounded by IEEE 754,
 * and the program is compiled without fused multiply-adds, so every version gives the same bits. What such a
 * function calls is BASE_INLINE. It is static: clang 14 does not export such a function.
 */
#ifndef BASE_VECTOR_H
#define BASE_VECTOR_H

#include <stdint.h>
#include <string.h>

/* Sanitizers cannot instrument the function that chooses. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BASE_PORTABLE
#endif
#endif
#if !defined(__x86_64__) || !defined(__gnu_linux__) || defined(__SANITIZE_ADDRESS__) || defined(BASE_PORTABLE)
#define BASE_CLONES
#else
#define BASE_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#endif
#define BASE_INLINE static inline __attribute__((always_inline))

BASE_INLINE double base_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

BASE_INLINE uint64_t base_to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif
