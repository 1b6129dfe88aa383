/* Hostile input: what libFuzzer (`make fuzz`) calls a million times, and the tests once for each file of the
 * corpus. Each takes the bytes of a file through all that a command does with it, and returns 0. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* An experiment file, plain and with --quick. A first line `#set KEY=VALUE` is a --set. */
int fuzz_experiment(const uint8_t *bytes, size_t size);

/* A data file: IDX images, and CIFAR-10. */
int fuzz_data(const uint8_t *bytes, size_t size);

/* A result file: verify (command 0), a run of FUZZ_RESULT that goes on with it (1), info (2), or the table of
 * one variable (from 3 on). To be faster, fuzz_result does one of them, which a hash of the bytes chooses. */
enum { FUZZ_COMMANDS = 9 };
int fuzz_result(const uint8_t *bytes, size_t size);
void fuzz_result_once(const uint8_t *bytes, size_t size, unsigned command);

/* The experiment that the corpus' result files are of. */
#define FUZZ_RESULT                                                                                          \
    "seed: 1\ntrials: 2\ncases: [{name: a, activation: tanh}, {name: b, activation: relu}]\n"                \
    "network: {weight_variance: 3, bias_variance: 0.1, depth: 3, outputs: 1}\n"                              \
    "data: {inputs: gaussian, samples: 3}\nsweep: {width: [20, 30]}\nsave: [eigenvalues]\n"

/* A file that only this process has, of these bytes; the same path with each call (file.c). */
const char *fuzz_file(const void *bytes, size_t size);

/* Makes HDF5's checksums right again where the file's structure can be followed (seal.c). */
void fuzz_seal(uint8_t *bytes, size_t size);

/* covered (size): 1 where a checksum tells a change. */
void fuzz_cover(uint8_t *bytes, size_t size, uint8_t *covered);

#endif
