/* Learning rates up to which gradient descent is stable, and up to which it recovers (KAA19). */
#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"
#include "train/duals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STABLE_STEPS = 10, RECOVERY_STEPS = 30, MOST_DOUBLINGS = 6 };
static const double amplitude = 1e-6; /* of f − y at the start, over √T */
/* Of it: a growing mode has shown itself. Much more of it would change small networks until they are stable.
 */
static const double largest_growth = 10;
static const double spread = 1.02; /* where the search begins, about the guess */
static const double stable_tolerance = 1e-4, recovery_tolerance = 1e-2;

struct train_boundary {
    const struct net_architecture *architecture;
    enum train_normalization normalization;
    struct net_activation activation;
    struct train_network start, network; /* of θ_0, and what descends from there */
    struct train_descent descent;
    struct train_signals signals;
    double *inputs;           /* (M_0, T) */
    double *targets, *errors; /* (C, T) */
    double **P;               /* P[l] (M_l, T), l = 1..L */
    double *dual, *scratch;   /* (CT, CT) */
    double *A;                /* (T, T) */
    double *mode;             /* (CT) v, the leading eigenvector of the dual */
    double *room;             /* (2C + 1, CT) */
    double *sigma;            /* (C) of the outputs in hand */
    const struct train_watch *watch;
    size_t steps; /* that the watch has seen */
};

double train_boundary_bytes(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const double T = (double)a->T, CT = (double)a->CT;
    const double numbers =
        T * ((double)a->widths[0] + T) + 2 * CT * CT + (5 + 2 * (double)a->C) * CT + (double)a->C;
    return train_layers_bytes(a, a->T) + 2 * train_network_bytes(a) + train_descent_bytes(a) +
           train_signals_bytes(a, a->T, true) + linalg_eigen_top_bytes(a->CT, 1) + numbers * sizeof(double);
}

/* Steps until a mode of the momentum that does not grow is gone: μ^n below 1e-4. */
static size_t settling_steps(double momentum)
{
    return momentum > 0 ? (size_t)ceil(log(1e-4) / log(momentum)) : 0;
}

/* Momentum makes all slower. Ten times as many steps move no boundary of ours by more than 0.2 %. */
static size_t recovery_steps(double momentum)
{
    return (size_t)ceil(RECOVERY_STEPS / (1 - momentum));
}

/* Counted at widths of 30 to 200: the steps of 10.4 to 11 tests, and of 6.4 to 9.6 recoveries in full; the
 * others end soon. */
double train_boundary_steps(const struct net_architecture *architecture)
{
    const struct experiment_training *t = architecture->training;
    const double stable = 11 * (double)(STABLE_STEPS + settling_steps(t->momentum));
    const bool bounded =
        train_normalization_find(t->normalization) == TRAIN_BATCH; /* no recovery is sought */
    return stable + (bounded ? 0 : 8 * (double)recovery_steps(t->momentum));
}

double train_boundary_flops(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const double T = (double)a->T, CT = (double)a->CT, C = (double)a->C;
    double dual = 0;
    for (size_t l = 1; l < a->L; l++)
        dual += CT * CT * (double)a->widths[l] + T * T * (double)a->widths[l - 1];
    return train_boundary_steps(a) * 6 * T * a->P + 2 * (1 + C) * T * a->P + dual;
}

int train_boundary_init(struct train_boundary **boundary, const struct net_architecture *architecture,
                        struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct train_boundary *b = base_calloc(1, sizeof *b, error);
    *boundary = b;
    TRY(base_got(b));
    b->architecture = a;
    b->normalization = train_normalization_find(a->training->normalization);
    TRY(net_activation_open(&b->activation, a->activation, error));
    TRY(train_network_init(&b->start, a, error));
    TRY(train_network_init(&b->network, a, error));
    TRY(train_descent_init(&b->descent, a, error));
    b->descent.weight_decay = 0;
    TRY(train_signals_init(&b->signals, a, a->T, true, error));
    TRY(base_got(b->inputs = base_alloc(a->widths[0] * a->T, sizeof(double), error)));
    TRY(base_got(b->targets = base_alloc(a->CT, sizeof(double), error)));
    TRY(base_got(b->errors = base_alloc(a->CT, sizeof(double), error)));
    TRY(base_got(b->dual = base_alloc(a->CT * a->CT, sizeof(double), error)));
    TRY(base_got(b->scratch = base_alloc(a->CT * a->CT, sizeof(double), error)));
    TRY(base_got(b->A = base_alloc(a->T * a->T, sizeof(double), error)));
    TRY(base_got(b->mode = base_alloc(a->CT, sizeof(double), error)));
    TRY(base_got(b->room = base_alloc((2 * a->C + 1) * a->CT, sizeof(double), error)));
    TRY(base_got(b->sigma = base_alloc(a->C, sizeof(double), error)));
    TRY(train_layers_init(&b->P, a, a->T, error));
out:
    if (status != BASE_OK) {
        train_boundary_free(b);
        *boundary = NULL;
    }
    return status;
}

void train_boundary_free(struct train_boundary *boundary)
{
    struct train_boundary *b = boundary;
    if (b == NULL)
        return;
    train_layers_free(b->P);
    double *arrays[] = {b->inputs, b->targets, b->errors, b->dual, b->scratch,
                        b->A,      b->mode,    b->room,   b->sigma};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    train_signals_free(&b->signals);
    train_descent_free(&b->descent);
    train_network_free(&b->network);
    train_network_free(&b->start);
    net_activation_close(&b->activation);
    free(b);
}

double train_boundary_factor(const struct net_architecture *architecture)
{
    const double mu = architecture->training->momentum;
    return 2 * (1 + mu) / (strcmp(architecture->training->nesterov, "true") == 0 ? 1 + 2 * mu : 1);
}

/* The outputs of a network, normalized where they are. */
static double *outputs(struct train_boundary *b, const struct train_network *network)
{
    const struct net_architecture *a = b->architecture;
    double *f = b->signals.h[a->L];
    train_forward(network, &b->activation, &b->signals);
    train_normalize(b->normalization, a->C, a->T, f, b->sigma);
    return f;
}

/* θ_0 and its inputs; the targets that a training has, the labels' or a random teacher's. */
static void begin(struct train_boundary *b, uint64_t seed, uint64_t trial, double *targets)
{
    const struct net_architecture *a = b->architecture;
    train_inputs_draw(a, seed, trial, b->inputs);
    memcpy(b->signals.h[0], b->inputs, a->widths[0] * a->T * sizeof(double));
    if (a->targets == NULL)
        train_teacher_draw(&b->network, seed, trial);
    memcpy(targets, a->targets != NULL ? a->targets : outputs(b, &b->network), a->CT * sizeof *targets);
    train_network_draw(&b->start, seed, trial);
}

/* λ_max and v of the dual at θ_0, that of the normalized outputs where they are; y = f − 1e-6 √T v. */
static int find_mode(struct train_boundary *b, double *eig_max, struct base_error *error)
{
    int status;
    const struct net_architecture *a = b->architecture;
    double residual;
    const double *f = outputs(b, &b->start);
    train_backward(&b->start, &b->signals);
    train_dual_sum(&b->start, &b->signals, b->A, b->scratch, b->dual);
    train_dual_divide(a->CT, (double)a->T, b->dual);
    train_normalize_dual(b->normalization, a->C, a->T, f, b->sigma, b->room, b->dual);
    TRY(linalg_eigen_top(a->CT, 1, b->dual, NULL, eig_max, b->mode, &residual, b->scratch, error));
    if (!isfinite(*eig_max) || !(*eig_max > 0))
        TRY(base_fail(error, BASE_UNRESOLVED, "the Fisher matrix has no largest eigenvalue"));
    for (size_t i = 0; i < a->CT; i++)
        b->targets[i] = f[i] - amplitude * sqrt((double)a->T) * b->mode[i];
out:
    return status;
}

/* f − y of the network, and the loss (1/2T) Σ |f − y|². */
static double look(struct train_boundary *b)
{
    const struct net_architecture *a = b->architecture;
    return train_loss_compute(TRAIN_SQUARED, a->C, a->T, outputs(b, &b->network), b->targets, b->errors);
}

/* A step from what look() has seen. */
static int step(struct train_boundary *b, double loss, struct base_error *error)
{
    const struct net_architecture *a = b->architecture;
    train_normalize_errors(b->normalization, a->C, a->T, b->signals.h[a->L], b->sigma, b->errors);
    train_backward_errors(&b->network, &b->signals, b->errors, b->P);
    train_descend(&b->descent, &b->network, &b->signals, (const double *const *)b->P);
    b->steps++;
    if (b->watch != NULL && !b->watch->step(b->watch->context, b->steps, loss))
        return base_fail(error, BASE_STOPPED, "stopped in the middle of a search for a boundary");
    return BASE_OK;
}

static void restart(struct train_boundary *b, double rate)
{
    train_network_copy(&b->start, &b->network);
    train_descent_reset(&b->descent, b->architecture);
    b->descent.rate = rate;
}

/* Whether |v·(f − y)| is no larger after ten steps. With momentum a mode has two rates, one of them −1 at the
 * boundary and the other below μ in size: the ten steps are those after the other has died out. */
static int is_stable(struct train_boundary *b, double rate, bool *holds, struct base_error *error)
{
    int status = BASE_OK;
    const double mu = b->descent.momentum, start = amplitude * sqrt((double)b->architecture->T);
    const double largest = largest_growth * (1 + mu) / (1 - mu) * start;
    const size_t settling = settling_steps(mu);
    double reference = NAN;
    *holds = false;
    restart(b, rate);
    for (size_t s = 0;; s++) {
        double along = 0;
        const double loss = look(b);
        for (size_t i = 0; i < b->architecture->CT; i++)
            along += b->mode[i] * b->errors[i];
        along = fabs(along);
        if (!(along <= largest))
            break;
        reference = s == settling ? along : reference;
        if (s == settling + STABLE_STEPS) {
            *holds = along <= reference;
            break;
        }
        TRY(step(b, loss, error));
    }
out:
    return status;
}

/* Whether the loss stays below 1e6 times its start. */
static int recovers(struct train_boundary *b, double rate, bool *holds, struct base_error *error)
{
    int status = BASE_OK;
    const size_t steps = recovery_steps(b->descent.momentum);
    double start = NAN;
    restart(b, rate);
    for (size_t s = 0;; s++) {
        const double loss = look(b);
        start = s == 0 ? loss : start;
        *holds = !train_diverged(loss, start);
        if (!*holds || s == steps)
            break;
        TRY(step(b, loss, error));
    }
out:
    return status;
}

/* Between a rate where it holds and a larger one where it does not, to a relative tolerance: the two are
 * sought from the guess on, by halving and doubling. NaN where there are none. */
static int search(struct train_boundary *b,
                  int (*test)(struct train_boundary *, double, bool *, struct base_error *), double guess,
                  double tolerance, double *boundary, struct base_error *error)
{
    int status;
    bool first, holds;
    double low = guess / spread, high;
    *boundary = NAN;
    TRY(test(b, low, &first, error));
    high = first ? guess * spread : low / 2;
    for (int n = 0;; n++) { /* on to where it is the other way round */
        TRY(test(b, high, &holds, error));
        if (holds != first)
            break;
        if (n == MOST_DOUBLINGS)
            return BASE_OK;
        low = high;
        high *= first ? 2 : 0.5;
    }
    if (!first) {
        const double unstable = low;
        low = high;
        high = unstable;
    }
    while (high > (1 + tolerance) * low) {
        const double middle = sqrt(low * high);
        TRY(test(b, middle, &holds, error));
        *(holds ? &low : &high) = middle;
    }
    *boundary = sqrt(low * high);
out:
    return status;
}

int train_boundary_find(struct train_boundary *boundary, uint64_t seed, uint64_t trial,
                        const struct train_watch *watch, struct train_boundaries *found,
                        struct base_error *error)
{
    int status;
    struct train_boundary *b = boundary;
    const struct net_architecture *a = b->architecture;
    double *targets = base_alloc(a->CT, sizeof *targets, error);
    *found = (struct train_boundaries){NAN, NAN, NAN};
    TRY(base_got(targets));
    b->watch = watch;
    b->steps = 0;
    begin(b, seed, trial, targets);
    TRY(find_mode(b, &found->eig_max, error));
    const double guess = train_boundary_factor(a) / found->eig_max;
    TRY(search(b, is_stable, guess, stable_tolerance, &found->stability, error));
    memcpy(b->targets, targets, a->CT * sizeof *targets);
    if (b->normalization != TRAIN_BATCH)
        TRY(search(b, recovers, guess, recovery_tolerance, &found->recovery, error));
out:
    free(targets);
    return status;
}
