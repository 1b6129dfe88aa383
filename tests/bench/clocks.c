/* Clocks around the functions that do the work, without a line of them in the program: the benchmark links
 * Fisherfield once more with the linker's --wrap=NAME for every name of this list (the Makefile reads the
 * names from this file's symbols). At exit it writes "PHASE SECONDS" lines into the file that BENCH_CLOCKS
 * names: processor time summed over the threads; what a listed function spends in another one counts for that
 * one alone.
 */
#include "fisher/fisher.h"
#include "linalg/linalg.h"
#include "net/activation.h"
#include "net/panel.h"
#include "random/normal.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum phase { NORMALS, PHI, GATE, GEMM, ROOTS, DUAL, EIGEN, N_PHASES };
static const char *const phase_names[N_PHASES] = {"normals", "phi", "gate", "gemm", "roots", "dual", "eigen"};

static _Atomic uint64_t spent[N_PHASES];  /* nanoseconds */
static _Thread_local uint64_t time_below; /* in the listed functions that the one at work has called */

static uint64_t clock_read(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct mark {
    uint64_t start, below_before;
};

static struct mark enter(void)
{
    const struct mark mark = {clock_read(CLOCK_THREAD_CPUTIME_ID), time_below};
    time_below = 0;
    return mark;
}

static void leave(struct mark mark, enum phase phase)
{
    const uint64_t all = clock_read(CLOCK_THREAD_CPUTIME_ID) - mark.start;
    atomic_fetch_add(&spent[phase], all - time_below);
    time_below = mark.below_before + all;
}

__attribute__((destructor)) static void write_clocks(void)
{
    const char *path = getenv("BENCH_CLOCKS");
    FILE *out = path != NULL ? fopen(path, "w") : NULL;
    if (out == NULL)
        return;
    for (int phase = 0; phase < N_PHASES; phase++)
        fprintf(out, "%s %.9f\n", phase_names[phase], 1e-9 * (double)spent[phase]);
    fprintf(out, "all %.9f\n", 1e-9 * (double)clock_read(CLOCK_PROCESS_CPUTIME_ID));
    if (fclose(out) != 0)
        fprintf(stderr, "%s: cannot be written\n", path);
}

/* A changed signature does not compile. */
#define DECLARE(result, name, parameters)                                                                    \
    result __real_##name parameters;                                                                         \
    result __wrap_##name parameters;                                                                         \
    _Static_assert(__builtin_types_compatible_p(__typeof__(name), __typeof__(__real_##name)), #name);        \
    result __wrap_##name parameters
#define VOID(phase, name, parameters, arguments)                                                             \
    DECLARE(void, name, parameters)                                                                          \
    {                                                                                                        \
        const struct mark mark = enter();                                                                    \
        __real_##name arguments;                                                                             \
        leave(mark, phase);                                                                                  \
    }
#define INT(phase, name, parameters, arguments)                                                              \
    DECLARE(int, name, parameters)                                                                           \
    {                                                                                                        \
        const struct mark mark = enter();                                                                    \
        const int status = __real_##name arguments;                                                          \
        leave(mark, phase);                                                                                  \
        return status;                                                                                       \
    }

// clang-format off
VOID(NORMALS, random_normals, (uint64_t seed, uint64_t stream, uint64_t first, size_t n, double *out),
     (seed, stream, first, n, out))
VOID(PHI, net_activation_eval,
     (const struct net_activation *activation, size_t n, const double *u, double *phi, double *dphi),
     (activation, n, u, phi, dphi))
VOID(GATE, net_panel_gate,
     (const struct net_architecture *architecture, struct net_panel panel, const double *dphi, double *delta),
     (architecture, panel, dphi, delta))
VOID(GATE, net_panel_top,
     (const struct net_architecture *architecture, struct net_panel panel, const double *v, const double *dphi,
      double *delta, double *D),
     (architecture, panel, v, dphi, delta, D))
VOID(GATE, net_panel_add_biases,
     (const struct net_architecture *architecture, struct net_panel panel, const double *b, double *u),
     (architecture, panel, b, u))
VOID(GEMM, linalg_multiply,
     (bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha, const double *A,
      const double *B, double beta, double *C),
     (transpose_a, transpose_b, m, n, k, alpha, A, B, beta, C))
VOID(GEMM, linalg_gram, (size_t m, size_t n, const double *X, double *G), (m, n, X, G))
VOID(GEMM, linalg_root_apply,
     (const struct linalg_root *root, size_t m, double alpha, const double *Z, size_t stride, double *U),
     (root, m, alpha, Z, stride, U))
INT(ROOTS, linalg_root_factor,
    (struct linalg_root *root, size_t n, size_t max_rank, const double *A, struct base_error *error),
    (root, n, max_rank, A, error))
VOID(ROOTS, linalg_root_solve_transposed, (const struct linalg_root *root, size_t m, double *B), (root, m, B))
VOID(ROOTS, linalg_root_solve, (const struct linalg_root *root, size_t m, double *B), (root, m, B))
INT(DUAL, fisher_dual_compute, (const struct net_gram *gram, double *dual, struct base_error *error),
    (gram, dual, error))
VOID(DUAL, fisher_dual_means, (size_t C, size_t T, const double *dual, double *means), (C, T, dual, means))
VOID(DUAL, fisher_dual_centre, (size_t C, size_t T, const double *means, double *dual), (C, T, means, dual))
INT(DUAL, fisher_overlap_compute,
    (size_t C, size_t T, const double *means, const double *values, const double *vectors, double *overlap,
     struct base_error *error),
    (C, T, means, values, vectors, overlap, error))
INT(EIGEN, linalg_eigen_top,
    (size_t n, size_t k, const double *A, const double *guess, double *values, double *V, double *residual,
     double *work, struct base_error *error),
    (n, k, A, guess, values, V, residual, work, error))
// clang-format on
