#include "cmd/cmd.h"

#include "base/cores.h"
#include "base/disk.h"
#include "base/memory.h"
#include "base/progress.h"
#include "linalg/linalg.h"
#include "random/normal.h"

#include <argp.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum level { GOOD, WARN, BAD };
static const char *const level_words[] = {"ok", "warn", "bad"};

struct finding {
    enum level level;
    char found[512], advice[256];
};

struct check {
    const char *name;
    void (*look)(struct finding *finding);
};

/* Below these a run is slow, or fails. */
static const double mebibyte = 1048576, slow_gflops = 10, slow_normal_ns = 20;
static const double little_disk_mib = 1024, no_disk_mib = 16, little_memory_mib = 2048, no_memory_mib = 128;
/* What a measurement of speed takes. */
static const double measure_seconds = 0.15;

static void found(struct finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void found(struct finding *f, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(f->found, sizeof f->found, format, values);
    va_end(values);
}

static void advise(struct finding *f, enum level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void advise(struct finding *f, enum level level, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(f->advice, sizeof f->advice, format, values);
    va_end(values);
    f->level = level;
}

/* ---- BLAS */

static void look_at_kernel(struct finding *f)
{
    const char *kernel = linalg_kernel(), *best = linalg_kernel_best(), *asked = linalg_kernel_asked();
    const bool slow = linalg_kernel_correction(kernel, best) != NULL;
    if (asked == NULL)
        found(f, "%s; for this CPU at least %s", kernel, best);
    else
        found(f, "%s by OPENBLAS_CORETYPE=%s; for this CPU at least %s", kernel, asked, best);
    if (slow && asked != NULL)
        advise(f, BAD, "several times too slow: unset OPENBLAS_CORETYPE");
    else if (slow)
        advise(f, BAD, "several times too slow: set OPENBLAS_CORETYPE=%s", best);
    else if (asked != NULL && strcasecmp(asked, kernel) != 0)
        advise(f, WARN, "this OpenBLAS does not take that name: unset OPENBLAS_CORETYPE");
    else if (asked != NULL && strcasecmp(asked, best) != 0) /* `best` is what the program sets itself */
        advise(f, WARN, "set by hand: unset OPENBLAS_CORETYPE, unless it has proved faster");
}

/* The best of some products, which other programs disturb least. */
static double measure_gflops(void)
{
    enum { N = 384 };
    struct base_error ignored = {""};
    double *A = base_calloc(3 * N * N, sizeof *A, &ignored), fastest = INFINITY;
    if (A == NULL)
        return NAN;
    random_normals(1, 1, 0, 2 * N * N, A);
    const double start = base_seconds();
    while (base_seconds() - start < measure_seconds) {
        const double begin = base_seconds();
        linalg_multiply(false, false, N, N, N, 1, A, A + N * N, 0, A + 2 * N * N);
        fastest = fmin(fastest, base_seconds() - begin);
    }
    free(A);
    return 2e-9 * N * N * N / fastest;
}

static void look_at_products(struct finding *f)
{
    const double gflops = measure_gflops();
    found(f, "%.1f GF/s in one thread (dgemm)", gflops);
    if (!(gflops >= slow_gflops))
        advise(f, WARN,
               "few for any CPU of today: see the kernel, and whether other programs take the cores");
}

/* ---- threads */

static void look_at_threads(struct finding *f)
{
    const struct base_cores cores = base_cores();
    char quota[64] = "no CPU quota";
    if (isfinite(cores.quota))
        snprintf(quota, sizeof quota, "a CPU quota of %g", cores.quota);
    found(f, "%d core%s online, affinity to %d, %s: a run takes %d thread%s", cores.online,
          cores.online == 1 ? "" : "s", cores.allowed, quota, cores.usable, cores.usable == 1 ? "" : "s");
    if (cores.usable < cores.online)
        advise(f, WARN, "not all of this machine: ask the %s for more if that is not what you want",
               cores.allowed > cores.usable ? "container" : "batch system (or taskset)");
}

static void look_at_load(struct finding *f)
{
    const double load = base_load();
    const int online = base_cores().online;
    found(f, "load average %.2f on %d core%s", load, online, online == 1 ? "" : "s");
    if (load > 0.5 * online)
        advise(f, WARN, "other programs take the cores: a run takes longer");
}

static void look_at_variables(struct finding *f)
{
    static const char *const names[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"};
    found(f, "BLAS has one thread here, networks run side by side (--threads)");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        const size_t used = strlen(f->found);
        if (value != NULL)
            snprintf(f->found + used, sizeof f->found - used, "; %s=%.20s changes nothing", names[i], value);
    }
}

/* ---- files */

/* Where results go by default, or will stand in. */
static const char *results_folder(void)
{
    return access("results", F_OK) == 0 ? "results" : ".";
}

static const char *describe_folder(void)
{
    return access("results", F_OK) == 0 ? "folder results" : "this folder";
}

static void look_at_locks(struct finding *f)
{
    struct base_error error = {""};
    enum store_lock lock = STORE_LOCK_WORKS;
    if (store_lock_try(results_folder(), &lock, &error) != BASE_OK) {
        found(f, "%s: %s", describe_folder(), error.text);
        advise(f, BAD, "write results elsewhere with -o");
        return;
    }
    switch (lock) {
    case STORE_LOCK_WORKS: found(f, "work in %s", describe_folder()); break;
    case STORE_LOCK_REFUSED:
        found(f, "refused in %s", describe_folder());
        advise(f, BAD, "set HDF5_USE_FILE_LOCKING=FALSE, or write results to another file system with -o");
        break;
    case STORE_LOCK_IGNORED:
        found(f, "ignored in %s", describe_folder());
        advise(f, WARN, "take care that no two runs write to one file");
        break;
    case STORE_LOCK_OFF:
        found(f, "off by HDF5_USE_FILE_LOCKING=%s", getenv("HDF5_USE_FILE_LOCKING"));
        advise(f, WARN, "take care that no two runs write to one file");
        break;
    }
}

static void look_at_disk(struct finding *f)
{
    char text[32];
    const double bytes = base_disk_available(results_folder());
    found(f, "%s free in %s", base_format_bytes(bytes, text), describe_folder());
    if (bytes < little_disk_mib * mebibyte)
        advise(f, bytes < no_disk_mib * mebibyte ? BAD : WARN,
               "make room, or write results elsewhere with -o");
}

static void look_at_memory(struct finding *f)
{
    char text[32];
    const double bytes = (double)base_memory_available();
    found(f, "%s available", base_format_bytes(bytes, text));
    if (bytes < little_memory_mib * mebibyte)
        advise(f, bytes < no_memory_mib * mebibyte ? BAD : WARN,
               "less than the 2 GiB that an experiment may take by default: end other programs");
}

/* ---- the program itself */

static double measure_normal_ns(void)
{
    enum { N = 65536 };
    struct base_error ignored = {""};
    double *values = base_calloc(N, sizeof *values, &ignored), fastest = INFINITY;
    if (values == NULL)
        return NAN;
    const double start = base_seconds();
    while (base_seconds() - start < measure_seconds) {
        const double begin = base_seconds();
        random_normals(1, 2, 0, N, values);
        fastest = fmin(fastest, base_seconds() - begin);
    }
    free(values);
    return 1e9 * fastest / N;
}

static void look_at_normals(struct finding *f)
{
    const double ns = measure_normal_ns();
    found(f, "%.3g million a second in one thread (%.1f ns each)", 1e3 / ns, ns);
    if (!(ns <= slow_normal_ns))
        advise(f, WARN, "slow: build without SANITIZE and with OPTIMIZE=-O3, as `make` does");
}

static void look_at_versions(struct finding *f)
{
    const struct store_provenance p = cmd_provenance("");
    found(f, "fisherfield %s (%s), %s", p.version, p.build, p.libraries);
}

static const struct check checks[] = {
    {"BLAS kernel", look_at_kernel}, {"BLAS speed", look_at_products}, {"threads", look_at_threads},
    {"load", look_at_load},          {"variables", look_at_variables}, {"file locks", look_at_locks},
    {"disk", look_at_disk},          {"memory", look_at_memory},       {"normals", look_at_normals},
    {"versions", look_at_versions},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "\"%s\" is one too many", value);
    return 0;
}

static const struct argp parser = {.parser = parse_option,
                                   .doc = "Is this machine set up to be fast? One line a check: ok, warn or "
                                          "bad, what was found, what to do about it."
                                          "\vTakes a second. Exit codes: 0 nothing is bad, 1 something is."};

static int run(int argc, char **argv, struct base_error *error)
{
    bool bad = false;
    if (argp_parse(&parser, argc, argv, 0, NULL, NULL) != 0)
        return base_fail(error, BASE_FAILED, "out of memory for the command line");
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct finding f = {.level = GOOD};
        checks[i].look(&f);
        printf("%-4s  %-11s  %s%s%s\n", level_words[f.level], checks[i].name, f.found,
               f.advice[0] != '\0' ? " -> " : "", f.advice);
        bad = bad || f.level == BAD;
    }
    const int status = cmd_flush_output(error);
    return status == BASE_OK && bad ? BASE_FAILED : status;
}

const struct cmd cmd_doctor = {"doctor", "is this machine set up to be fast?", run};
