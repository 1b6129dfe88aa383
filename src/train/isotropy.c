#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "train/duals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct room {
    double *errors; /* (C, B) a unit vector */
    double *A;      /* (L, B, B): A^{l-1} at [(l-1)*B*B] */
    double *G;      /* (CB, B) δᵀP */
    double **P;     /* P[l] (M_l, B), l = 1..L */
};

double train_isotropy_bytes(const struct net_architecture *architecture, size_t B)
{
    const double b = (double)B, CB = (double)architecture->C * b;
    return (CB * CB + CB * (b + 1) + (double)architecture->L * b * b) * sizeof(double) +
           train_layers_bytes(architecture, B);
}

static void close_room(struct room *room)
{
    train_layers_free(room->P);
    free(room->errors);
    free(room->A);
    free(room->G);
}

static int open_room(struct room *room, const struct net_architecture *a, size_t B, struct base_error *error)
{
    int status;
    *room = (struct room){.errors = NULL};
    TRY(base_got(room->errors = base_calloc(a->C * B, sizeof(double), error)));
    TRY(base_got(room->A = base_alloc(a->L * B * B, sizeof(double), error)));
    TRY(base_got(room->G = base_alloc(a->C * B * B, sizeof(double), error)));
    TRY(train_layers_init(&room->P, a, B, error));
out:
    return status;
}

/* row += (1/B) Σ_u G_(k,s),u A_su: what a direction P^l does to f_k(s), over B. */
static void add_change(size_t CB, size_t B, const double *G, const double *A, double *row)
{
    for (size_t r = 0; r < CB; r++) {
        double sum = 0;
        for (size_t u = 0; u < B; u++)
            sum += G[r * B + u] * A[r % B * B + u];
        row[r] += sum / (double)B;
    }
}

/* J d for the direction of unit errors, (CB). */
static int change(const struct train_optimizer *optimizer, void *work, const struct train_network *network,
                  const struct train_signals *signals, const struct room *room, double *row,
                  struct base_error *error)
{
    int status;
    const struct net_architecture *a = network->architecture;
    const size_t B = signals->B, CB = a->C * B;
    TRY(optimizer->direction(work, network, signals, room->errors, room->P, error));
    memset(row, 0, CB * sizeof *row);
    for (size_t l = 1; l < a->L; l++) {
        linalg_multiply(true, false, CB, B, a->widths[l], 1, signals->delta[l], room->P[l], 0, room->G);
        add_change(CB, B, room->G, room->A + (l - 1) * B * B, row);
    }
    for (size_t k = 0; k < a->C; k++)
        for (size_t s = 0; s < B; s++)
            memcpy(room->G + (k * B + s) * B, room->P[a->L] + k * B, B * sizeof(double));
    add_change(CB, B, room->G, room->A + (a->L - 1) * B * B, row);
out:
    return status;
}

int train_isotropy_kernel(const struct train_optimizer *optimizer, void *work,
                          const struct train_network *network, const struct train_signals *signals,
                          double *kernel, struct base_error *error)
{
    int status;
    struct room room;
    const struct net_architecture *a = network->architecture;
    const size_t B = signals->B, CB = a->C * B;
    TRY(open_room(&room, a, B, error));
    for (size_t l = 1; l <= a->L; l++)
        train_dual_inputs(network, signals, l, room.A + (l - 1) * B * B);
    for (size_t r = 0; r < CB; r++) {
        room.errors[r] = 1;
        TRY(change(optimizer, work, network, signals, &room, kernel + r * CB, error));
        room.errors[r] = 0;
    }
out:
    close_room(&room);
    return status;
}

int train_isotropy(const struct train_optimizer *optimizer, void *work, const struct train_network *network,
                   const struct train_signals *signals, double *a, double *anisotropy,
                   struct base_error *error)
{
    int status;
    const size_t CB = signals->C * signals->B;
    double *kernel = base_alloc(CB * CB, sizeof *kernel, error);
    TRY(base_got(kernel));
    TRY(optimizer->kernel != NULL ? optimizer->kernel(work, network, signals, kernel, error)
                                  : train_isotropy_kernel(optimizer, work, network, signals, kernel, error));
    *a = linalg_trace(CB, kernel) / (double)CB;
    for (size_t r = 0; r < CB; r++)
        kernel[r * CB + r] -= *a;
    *anisotropy = sqrt(linalg_frobenius2(CB, kernel) / (double)CB) / *a;
out:
    free(kernel);
    return status;
}
