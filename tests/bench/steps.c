/* What a step of each optimizer costs, "NAME RATIO" a line: its processor time over that of a gradient step
 * on the same network, full batch. The optimizers take turns; each is the fastest of its turns.
 *
 *     steps [M [T [C [rounds]]]]        4096 100 1 5: relu, L = 3, M_0 = 784 */
#include "linalg/linalg.h"
#include "random/normal.h"
#include "train/train.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_OPTIMIZERS = 32, MAX_L = 3 };

struct room {
    struct experiment_training training;
    struct net_architecture a;
    struct net_activation relu;
    struct train_network network;
    struct train_signals signals;
    struct train_descent descent;
    double *targets, *errors;
    double *P[MAX_L + 1];
};

static int open_room(struct room *r, int64_t M, int64_t T, int64_t C, struct base_error *error)
{
    int status;
    const double profile[MAX_L] = {784.0 / (double)M, 1, 1};
    const struct experiment_point point = {.activation = "relu",
                                           .weight_variance = 2,
                                           .depth = MAX_L,
                                           .width = M,
                                           .outputs = C,
                                           .profile = profile,
                                           .inputs = "gaussian",
                                           .samples = T,
                                           .draws = 1};
    r->training =
        (struct experiment_training){.parametrization = "ntk", .loss = "squared", .nesterov = "false"};
    TRY(net_architecture_init(&r->a, &point, error));
    r->a.training = &r->training;
    TRY(net_activation_open(&r->relu, "relu", error));
    TRY(train_network_init(&r->network, &r->a, error));
    TRY(train_signals_init(&r->signals, &r->a, r->a.T, true, error));
    TRY(train_descent_init(&r->descent, &r->a, error));
    TRY(base_got(r->targets = base_calloc(r->a.CT, sizeof(double), error)));
    TRY(base_got(r->errors = base_calloc(r->a.CT, sizeof(double), error)));
    for (size_t l = 1; l <= MAX_L; l++)
        TRY(base_got(r->P[l] = base_calloc(r->a.widths[l] * r->a.T, sizeof(double), error)));
    train_network_draw(&r->network, 1, 0);
    train_inputs_draw(&r->a, 1, 0, r->signals.h[0]);
    random_normals(1, 2, 0, r->a.CT, r->targets);
    r->descent.rate = 1e-12; /* the network stays what it is */
out:
    return status;
}

static void close_room(struct room *r)
{
    for (size_t l = 1; l <= MAX_L; l++)
        free(r->P[l]);
    free(r->targets);
    free(r->errors);
    train_descent_free(&r->descent);
    train_signals_free(&r->signals);
    train_network_free(&r->network);
    net_activation_close(&r->relu);
}

static int step(struct room *r, const struct train_optimizer *o, void *work, struct base_error *error)
{
    int status;
    train_forward(&r->network, &r->relu, &r->signals);
    train_loss_compute(TRAIN_SQUARED, r->a.C, r->a.T, r->signals.h[MAX_L], r->targets, r->errors);
    if (o->deltas)
        train_backward(&r->network, &r->signals);
    TRY(o->prepare(work, &r->network, &r->signals, 1e-4, error));
    if (o->descend != NULL)
        return o->descend(work, &r->descent, &r->network, &r->signals, r->errors, error);
    TRY(o->direction(work, &r->network, &r->signals, r->errors, r->P, error));
    train_descend(&r->descent, &r->network, &r->signals, (const double *const *)r->P);
out:
    return status;
}

int main(int argc, char **argv)
{
    int status;
    struct base_error failure = {""}, *error = &failure;
    struct room r = {.a = {.L = 0}};
    void *work[MOST_OPTIMIZERS] = {NULL};
    double best[MOST_OPTIMIZERS];
    linalg_init(argv);
    const long M = argc > 1 ? atol(argv[1]) : 4096, T = argc > 2 ? atol(argv[2]) : 100,
               C = argc > 3 ? atol(argv[3]) : 1, rounds = argc > 4 ? atol(argv[4]) : 5;
    TRY(open_room(&r, M, T, C, error));
    for (size_t o = 0; train_optimizers[o] != NULL; o++) {
        best[o] = INFINITY;
        TRY(train_optimizers[o]->init(&work[o], &r.a, r.a.T, error));
    }
    for (long round = 0; round < rounds; round++)
        for (size_t o = 0; train_optimizers[o] != NULL; o++) {
            const clock_t begin = clock();
            TRY(step(&r, train_optimizers[o], work[o], error));
            best[o] = fmin(best[o], (double)(clock() - begin) / CLOCKS_PER_SEC);
        }
    printf("gradient_seconds %.3g\n", best[0]);
    for (size_t o = 1; train_optimizers[o] != NULL; o++)
        printf("%s %.3f\n", train_optimizers[o]->name, best[o] / best[0]);
out:
    if (status != BASE_OK)
        fprintf(stderr, "%s\n", failure.text);
    for (size_t o = 0; train_optimizers[o] != NULL; o++)
        train_optimizers[o]->free(work[o]);
    close_room(&r);
    return status == BASE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
