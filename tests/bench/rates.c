/* What one core does at best, "NAME VALUE" a line: the rates that the benchmark's floors are made of. Each is
 * the fastest of many repetitions in processor time, which other programs disturb least. */
#include "base/cores.h"
#include "base/memory.h"
#include "linalg/linalg.h"
#include "net/activation.h"
#include "random/normal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double seconds_each = 0.7;

enum { LARGE = 1000, TALL = 1000, SAMPLES = 100, NUMBERS = 1000000 };

struct room {
    double *A, *B, *C; /* (NUMBERS) each */
    struct net_activation tanh;
};

static void draw(struct room *r)
{
    random_normals(1, 1, 0, NUMBERS, r->C);
}

static void activate(struct room *r)
{
    net_activation_eval(&r->tanh, NUMBERS, r->A, r->B, r->C);
}

static void multiply_square(struct room *r)
{
    linalg_multiply(false, false, LARGE, LARGE, LARGE, 1, r->A, r->B, 0, r->C);
}

static void multiply_tall(struct room *r)
{
    linalg_multiply(false, true, TALL, SAMPLES, SAMPLES, 1, r->A, r->B, 0, r->C);
}

static void multiply_inner(struct room *r)
{
    linalg_multiply(true, false, SAMPLES, SAMPLES, TALL, 1, r->A, r->B, 0, r->C);
}

static void gram(struct room *r)
{
    linalg_gram(TALL, SAMPLES, r->A, r->C);
}

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static double fastest(void (*function)(struct room *), struct room *r)
{
    double best = INFINITY;
    for (const double start = processor_seconds(); processor_seconds() - start < seconds_each;) {
        const double begin = processor_seconds();
        function(r);
        best = fmin(best, processor_seconds() - begin);
    }
    return best;
}

int main(int argc, char **argv)
{
    (void)argc;
    int status;
    struct base_error failure = {""}, *error = &failure;
    struct room r = {0};
    linalg_init(argv);
    TRY(base_got(r.A = base_calloc(NUMBERS, sizeof *r.A, error)));
    TRY(base_got(r.B = base_calloc(NUMBERS, sizeof *r.B, error)));
    TRY(base_got(r.C = base_calloc(NUMBERS, sizeof *r.C, error)));
    TRY(net_activation_open(&r.tanh, "tanh", error));
    random_normals(1, 2, 0, NUMBERS, r.A);
    random_normals(1, 3, 0, NUMBERS, r.B);

    const double T = SAMPLES;
    printf("kernel %s\n", linalg_kernel());
    printf("cores %d\n", base_cores().usable);
    printf("normal_ns %.4g\n", 1e9 * fastest(draw, &r) / NUMBERS);
    printf("tanh_ns %.4g\n", 1e9 * fastest(activate, &r) / NUMBERS);
    printf("square_gflops %.4g\n", 2e-9 * LARGE * LARGE * LARGE / fastest(multiply_square, &r));
    printf("tall_gflops %.4g\n", 2e-9 * TALL * T * T / fastest(multiply_tall, &r));
    printf("inner_gflops %.4g\n", 2e-9 * TALL * T * T / fastest(multiply_inner, &r));
    printf("gram_gflops %.4g\n", 1e-9 * TALL * T * T / fastest(gram, &r));
out:
    if (status != BASE_OK)
        fprintf(stderr, "%s\n", failure.text);
    net_activation_close(&r.tanh);
    free(r.A);
    free(r.B);
    free(r.C);
    return status == BASE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
