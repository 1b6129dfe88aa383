#include "linalg/linalg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cblas.h>
#include <lapacke.h>

const char *linalg_kernel(void)
{
    return openblas_get_corename();
}

/* Names that OpenBLAS 0.3.21 knows; later ones are refused by it. */
const char *linalg_kernel_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return "SKYLAKEX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "HASWELL";
#endif
    return linalg_kernel();
}

const char *linalg_kernel_asked(void)
{
    return getenv("OPENBLAS_CORETYPE");
}

static bool kernel_has_avx2(const char *name)
{
    static const char *const names[] = {"Haswell",        "Zen",      "SkylakeX", "Cooperlake",
                                        "SapphireRapids", "Excavator"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

const char *linalg_kernel_correction(const char *current, const char *best)
{
    return kernel_has_avx2(current) || strcasecmp(current, best) == 0 ? NULL : best;
}

void linalg_init(char **argv)
{
    openblas_set_num_threads(1);
    const char *kernel = linalg_kernel_correction(linalg_kernel(), linalg_kernel_best());
    if (kernel != NULL && linalg_kernel_asked() == NULL && setenv("OPENBLAS_CORETYPE", kernel, 1) == 0)
        execv("/proc/self/exe", argv); /* where this fails the program goes on, only slower */
}

void linalg_versions(char text[128])
{
    char openblas[32] = "?";
    sscanf(openblas_get_config(), "OpenBLAS %31s", openblas);
    lapack_int major = 0, minor = 0, patch = 0;
    LAPACK_ilaver(&major, &minor, &patch);
    snprintf(text, 128, "OpenBLAS %s, LAPACK %d.%d.%d", openblas, (int)major, (int)minor, (int)patch);
}
