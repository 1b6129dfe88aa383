/* A whole training: data, targets, steps, and what is recorded of them. */
#include "train/train.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Losses are evaluated so many samples at a time. */
enum { CHUNK = 512, FACTOR_STEPS = 4 };

struct train_run {
    const struct net_architecture *architecture;
    const struct train_optimizer *optimizer;
    enum train_loss loss;
    enum train_normalization normalization;
    struct train_schedule schedule;
    struct train_batches batches;
    struct train_spectra spectra;
    struct net_activation activation;
    struct train_network network;
    struct train_descent descent;
    struct train_signals batch;         /* of a step */
    struct train_signals chunk;         /* of an evaluation */
    double *inputs, *targets;           /* (M_0, T), (C, T) */
    double *test_inputs, *test_targets; /* (M_0, T'), (C, T') */
    double *batch_targets, *errors;     /* (C, B) */
    double *first_errors;               /* (C, B) before the first step */
    double *sigma;                      /* (C) of the outputs in hand */
    double *outputs;                    /* (C, max(T, T')) of an evaluation */
    double **P;                         /* P[l] (M_l, B), l = 1..L */
    void *work;                         /* the optimizer's */
};

/* The isotropy of a plain gradient takes δ of every output too. */
static bool wants_deltas(const struct net_architecture *a)
{
    return train_optimizer_find(a->training->optimizer)->deltas || strcmp(a->training->isotropy, "true") == 0;
}

/* Of batches whose spectra are measured, or that can still grow; 0: none is. */
static size_t most_measured(const struct net_architecture *a)
{
    struct train_schedule s;
    if (a->training->spectra > 0)
        return train_schedule_most(a);
    train_schedule_begin(&s, a);
    while (a->training->adaptive > 0 && 2 * s.B < a->T)
        s.B *= 2;
    return a->training->adaptive > 0 ? s.B : 0;
}

static size_t most_samples(const struct net_architecture *a)
{
    return a->T > a->T_test ? a->T : a->T_test;
}

static size_t chunk_size(const struct net_architecture *a)
{
    return most_samples(a) < CHUNK ? most_samples(a) : CHUNK;
}

double train_run_bytes(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const struct train_optimizer *optimizer = train_optimizer_find(a->training->optimizer);
    const double B = (double)train_schedule_most(a), M_0 = (double)a->widths[0], C = (double)a->C;
    const double samples = (double)(a->T + a->T_test);
    const double numbers = (M_0 + C) * samples + C * (3 * B + (double)most_samples(a) + 1);
    return train_network_bytes(a) + train_descent_bytes(a) + train_batches_bytes(a) +
           numbers * sizeof(double) + train_layers_bytes(a, train_schedule_most(a)) +
           train_signals_bytes(a, train_schedule_most(a), wants_deltas(a)) +
           train_signals_bytes(a, chunk_size(a), false) + optimizer->bytes(a, train_schedule_most(a)) +
           train_spectra_bytes(most_measured(a)) +
           (strcmp(a->training->isotropy, "true") == 0 ? train_isotropy_bytes(a, train_schedule_most(a)) : 0);
}

/* The batch of an adaptive training counts as if it did not grow. */
double train_run_flops(const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    const struct train_optimizer *optimizer = train_optimizer_find(a->training->optimizer);
    const double backward = optimizer->deltas ? (double)a->C : 1, pass = 2 * a->P;
    const int64_t spectra = a->training->spectra;
    struct train_schedule s;
    double flops = 0, plain = 0, tested = 0, measured = 0; /* of a step of the last size */
    size_t B = 0;
    for (train_schedule_begin(&s, a); !train_schedule_over(&s); train_schedule_step(&s)) {
        const bool due = spectra > 0 && ((int64_t)s.steps + 1) % spectra == 0;
        if (s.B != B) {
            B = s.B;
            plain = (2 + backward) * (double)B * pass + optimizer->flops(a, B);
            tested = a->training->adaptive > 0 ? train_spectra_flops(a, B, false) : 0;
            measured = train_spectra_flops(a, B, true);
        }
        flops += plain + (due ? measured : tested);
    }
    const double recorded = (double)s.steps / (double)a->training->every + 1;
    return flops + recorded * pass * (double)(a->T_test + (s.B < a->T ? a->T : 0));
}

static int make_arrays(struct train_run *r, struct base_error *error)
{
    int status;
    const struct net_architecture *a = r->architecture;
    const size_t C = a->C, M_0 = a->widths[0], B = train_schedule_most(a);
    TRY(base_got(r->inputs = base_alloc(M_0 * a->T, sizeof(double), error)));
    TRY(base_got(r->targets = base_alloc(a->CT, sizeof(double), error)));
    TRY(base_got(r->test_inputs = base_alloc(M_0 * a->T_test, sizeof(double), error)));
    TRY(base_got(r->test_targets = base_alloc(C * a->T_test, sizeof(double), error)));
    TRY(base_got(r->batch_targets = base_alloc(C * B, sizeof(double), error)));
    TRY(base_got(r->errors = base_alloc(C * B, sizeof(double), error)));
    TRY(base_got(r->first_errors = base_alloc(C * B, sizeof(double), error)));
    TRY(base_got(r->outputs = base_alloc(C * most_samples(a), sizeof(double), error)));
    TRY(base_got(r->sigma = base_alloc(C, sizeof(double), error)));
    TRY(train_layers_init(&r->P, a, B, error));
out:
    return status;
}

int train_run_init(struct train_run **run, const struct net_architecture *architecture,
                   struct base_error *error)
{
    int status;
    const struct net_architecture *a = architecture;
    struct train_run *r = base_calloc(1, sizeof *r, error);
    *run = r;
    TRY(base_got(r));
    r->architecture = a;
    r->optimizer = train_optimizer_find(a->training->optimizer);
    r->loss = train_loss_find(a->training->loss);
    r->normalization = train_normalization_find(a->training->normalization);
    const size_t B = train_schedule_most(a);
    TRY(net_activation_open(&r->activation, a->activation, error));
    TRY(train_network_init(&r->network, a, error));
    TRY(train_descent_init(&r->descent, a, error));
    TRY(train_batches_init(&r->batches, a, error));
    TRY(train_signals_init(&r->batch, a, B, wants_deltas(a), error));
    TRY(train_signals_init(&r->chunk, a, chunk_size(a), false, error));
    TRY(train_spectra_init(&r->spectra, most_measured(a), error));
    TRY(make_arrays(r, error));
    TRY(r->optimizer->init(&r->work, a, B, error));
out:
    if (status != BASE_OK) {
        train_run_free(r);
        *run = NULL;
    }
    return status;
}

void train_run_free(struct train_run *run)
{
    struct train_run *r = run;
    if (r == NULL)
        return;
    if (r->optimizer != NULL)
        r->optimizer->free(r->work);
    train_layers_free(r->P);
    double *arrays[] = {r->inputs, r->targets,      r->test_inputs, r->test_targets, r->batch_targets,
                        r->errors, r->first_errors, r->outputs,     r->sigma};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    train_batches_free(&r->batches);
    train_spectra_free(&r->spectra);
    train_signals_free(&r->chunk);
    train_signals_free(&r->batch);
    train_descent_free(&r->descent);
    train_network_free(&r->network);
    net_activation_close(&r->activation);
    free(r);
}

/* y (n, C') = columns of x (rows, from) chosen by `columns`. */
static void gather(size_t rows, size_t from, const double *x, size_t n, const size_t *columns, double *y)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t t = 0; t < n; t++)
            y[i * n + t] = x[i * from + columns[t]];
}

/* f (C, n) of the network on inputs (M_0, n), a chunk at a time. */
static void evaluate(struct train_run *r, size_t n, const double *inputs, double *f)
{
    const struct net_architecture *a = r->architecture;
    const size_t most = chunk_size(a);
    for (size_t first = 0; first < n; first += r->chunk.B) {
        const size_t B = n - first < most ? n - first : most;
        r->chunk.B = B;
        for (size_t i = 0; i < a->widths[0]; i++)
            memcpy(r->chunk.h[0] + i * B, inputs + i * n + first, B * sizeof *inputs);
        train_forward(&r->network, &r->activation, &r->chunk);
        for (size_t k = 0; k < a->C; k++)
            memcpy(f + k * n + first, r->chunk.h[a->L] + k * B, B * sizeof *f);
    }
    train_normalize(r->normalization, a->C, n, f, r->sigma);
}

/* Of outputs that are to be classes: 1 for the largest, 0 for the others. */
static void harden(size_t C, size_t n, double *y)
{
    for (size_t t = 0; t < n; t++) {
        const size_t best = train_largest_output(C, n, y, t);
        for (size_t k = 0; k < C; k++)
            y[k * n + t] = k == best;
    }
}

/* The labels' targets, or those of a random teacher, which is drawn in the place of the network. */
static void make_targets(struct train_run *r, uint64_t seed, uint64_t trial)
{
    const struct net_architecture *a = r->architecture;
    const size_t sizes[2] = {a->T, a->T_test};
    const double *given[2] = {a->targets, a->test_targets};
    double *inputs[2] = {r->inputs, r->test_inputs}, *targets[2] = {r->targets, r->test_targets};
    if (a->targets == NULL)
        train_teacher_draw(&r->network, seed, trial);
    for (int i = 0; i < 2 && sizes[i] > 0; i++) /* none may be held out */
        if (a->targets != NULL)
            memcpy(targets[i], given[i], a->C * sizes[i] * sizeof(double));
        else {
            evaluate(r, sizes[i], inputs[i], targets[i]);
            if (r->loss == TRAIN_CROSS_ENTROPY)
                harden(a->C, sizes[i], targets[i]);
        }
}

static void begin(struct train_run *r, uint64_t seed, uint64_t trial)
{
    const struct net_architecture *a = r->architecture;
    train_inputs_draw(a, seed, trial, r->inputs);
    if (a->T_test > 0)
        train_test_inputs_draw(a, seed, trial, r->test_inputs);
    make_targets(r, seed, trial);
    train_network_draw(&r->network, seed, trial);
    train_descent_reset(&r->descent, a);
    train_schedule_begin(&r->schedule, a);
    train_batches_begin(&r->batches, seed, trial);
    train_spectra_reset(&r->spectra);
}

/* The next B samples into the batch; all of them, in their own order, where B = T. */
static int take_batch(struct train_run *r, struct base_error *error)
{
    int status = BASE_OK;
    const struct net_architecture *a = r->architecture;
    const size_t T = a->T, B = r->schedule.B;
    r->batch.B = B;
    if (B == T) {
        memcpy(r->batch.h[0], r->inputs, a->widths[0] * T * sizeof(double));
        memcpy(r->batch_targets, r->targets, a->CT * sizeof(double));
        return BASE_OK;
    }
    TRY(train_batches_next(&r->batches, B, error));
    gather(a->widths[0], T, r->inputs, B, r->batches.columns, r->batch.h[0]);
    gather(a->C, T, r->targets, B, r->batches.columns, r->batch_targets);
out:
    return status;
}

/* The batch forward: its loss, and the errors e with e/B = ∂ℓ/∂f. */
static double look(struct train_run *r)
{
    const size_t C = r->architecture->C, B = r->batch.B;
    double *f = r->batch.h[r->architecture->L];
    train_forward(&r->network, &r->activation, &r->batch);
    train_normalize(r->normalization, C, B, f, r->sigma);
    const double loss = train_loss_compute(r->loss, C, B, f, r->batch_targets, r->errors);
    train_normalize_errors(r->normalization, C, B, f, r->sigma, r->errors);
    return loss;
}

static int step(struct train_run *r, struct base_error *error)
{
    int status;
    const struct train_optimizer *o = r->optimizer;
    if (o->deltas)
        train_backward(&r->network, &r->batch);
    TRY(o->prepare(r->work, &r->network, &r->batch, r->architecture->training->damping, error));
    if (o->descend != NULL)
        return o->descend(r->work, &r->descent, &r->network, &r->batch, r->errors, error);
    TRY(o->direction(r->work, &r->network, &r->batch, r->errors, r->P, error));
    train_descend(&r->descent, &r->network, &r->batch, (const double *const *)r->P);
out:
    return status;
}

static void put(double *numbers, size_t s, double value)
{
    if (numbers != NULL)
        numbers[s] = value;
}

/* The loss of all samples; that of a full batch is at hand. */
static double whole_loss(struct train_run *r, double batch_loss)
{
    const struct net_architecture *a = r->architecture;
    if (r->batch.B == a->T)
        return batch_loss;
    evaluate(r, a->T, r->inputs, r->outputs);
    return train_loss_compute(r->loss, a->C, a->T, r->outputs, r->targets, NULL);
}

static bool is_recorded(const struct train_run *r, size_t s)
{
    return (int64_t)s % r->architecture->training->every == 0 || train_schedule_over(&r->schedule);
}

/* The losses after s steps, of which that of all samples is at hand. */
static void record(struct train_run *r, const struct train_record *record, size_t s, double whole)
{
    const struct net_architecture *a = r->architecture;
    put(record->train_loss, s, whole);
    if (a->T_test == 0 || (record->test_loss == NULL && record->test_error == NULL))
        return;
    evaluate(r, a->T_test, r->test_inputs, r->outputs);
    put(record->test_loss, s,
        train_loss_compute(r->loss, a->C, a->T_test, r->outputs, r->test_targets, NULL));
    put(record->test_error, s, train_error_rate(a->C, a->T_test, r->outputs, r->test_targets));
}

/* The spectrum of the batch of step s, and what an adaptive training asks of it. */
static int observe(struct train_run *r, const struct train_spectra_record *to, size_t s,
                   struct base_error *error)
{
    int status = BASE_OK;
    struct train_spectrum spectrum;
    const struct experiment_training *training = r->architecture->training;
    const size_t B = r->batch.B;
    const bool due = training->spectra > 0 && (int64_t)s % training->spectra == 0;
    const bool tested = training->adaptive > 0 && B < r->architecture->T;
    if (!due && !tested)
        return BASE_OK;
    train_backward_errors(&r->network, &r->batch, r->errors, r->P);
    train_spectra_gram(&r->spectra, &r->network, &r->batch, (const double *const *)r->P);
    if (tested)
        train_spectra_weigh(&r->spectra, B);
    if (!due)
        return BASE_OK;
    TRY(train_spectra_measure(&r->spectra, B, r->descent.rate, &spectrum, error));
    put(to->eig_max, s, spectrum.eig_max);
    put(to->condition, s, spectrum.condition);
    put(to->energy, s, spectrum.energy);
    put(to->condition_mean, s, train_spectra_condition_mean(&r->spectra));
    put(to->energy_cumulative, s, train_spectra_cumulative(&r->spectra, s));
out:
    return status;
}

/* Step s, and the schedule's next. */
static int advance(struct train_run *r, const struct train_record *wanted, size_t s, double rate,
                   struct base_error *error)
{
    int status;
    const double adaptive = r->architecture->training->adaptive;
    r->descent.rate = rate * r->schedule.factor;
    TRY(observe(r, &wanted->spectra, s, error));
    TRY(step(r, error));
    put(wanted->batch_size, s, (double)r->batch.B);
    put(wanted->rate, s, r->descent.rate);
    if (train_schedule_step(&r->schedule) && train_spectra_noisy(&r->spectra, adaptive))
        train_schedule_grow(&r->schedule);
    put(wanted->epoch, s, (double)r->schedule.samples / (double)r->architecture->T);
    if (train_schedule_over(&r->schedule)) {
        put(wanted->spectra.condition_mean, s, train_spectra_condition_mean(&r->spectra));
        put(wanted->spectra.energy_cumulative, s, train_spectra_cumulative(&r->spectra, s));
    }
out:
    return status;
}

/* How fast the first steps are, of a full batch. */
static void record_speed(struct train_run *r, const struct train_record *record, size_t s, double start,
                         double loss)
{
    const struct net_architecture *a = r->architecture;
    const size_t steps = net_architecture_steps(a), n = steps < FACTOR_STEPS ? steps : FACTOR_STEPS;
    double inside = 0, before = 0;
    if (r->batch.B < a->T || a->training->schedule.n > 0)
        return;
    if (s == 0)
        memcpy(r->first_errors, r->errors, a->CT * sizeof *r->errors);
    for (size_t i = 0; i < a->CT && s == 1; i++) {
        inside += r->errors[i] * r->first_errors[i];
        before += r->first_errors[i] * r->first_errors[i];
    }
    if (s == 1 && r->loss == TRAIN_SQUARED)
        put(record->first_step_share, 0, 1 - inside / before);
    if (s == n)
        put(record->loss_factor, 0, pow(loss / start, 1 / (double)n));
}

int train_run(struct train_run *run, uint64_t seed, uint64_t trial, double rate,
              const struct train_watch *watch, const struct train_record *wanted, struct base_error *error)
{
    int status = BASE_OK;
    struct train_run *r = run;
    double start = NAN;
    begin(r, seed, trial);
    put(wanted->diverged, 0, 0);
    put(wanted->epoch, 0, 0);
    for (size_t s = 0;; s++) {
        TRY(take_batch(r, error));
        const bool recorded = is_recorded(r, s);
        const double loss = look(r), whole = recorded ? whole_loss(r, loss) : loss;
        start = s == 0 ? whole : start;
        if (train_diverged(loss, start) || train_diverged(whole, start)) {
            put(wanted->diverged, 0, 1);
            break;
        }
        if (recorded)
            record(r, wanted, s, whole);
        record_speed(r, wanted, s, start, loss);
        if (train_schedule_over(&r->schedule))
            break;
        status = advance(r, wanted, s + 1, rate, error);
        if (status == BASE_UNRESOLVED)
            put(wanted->diverged, 0, NAN);
        if (status != BASE_OK)
            return base_fail_within(error, status, "step %zu", s + 1);
        if (watch != NULL && !watch->step(watch->context, s + 1, loss))
            TRY(base_fail(error, BASE_STOPPED, "stopped in the middle of a training"));
    }
out:
    return status;
}

int train_run_isotropy(struct train_run *run, uint64_t seed, uint64_t trial, double *a, double *anisotropy,
                       struct base_error *error)
{
    int status = BASE_OK;
    struct train_run *r = run;
    *a = *anisotropy = NAN;
    if (r->optimizer->direction == NULL)
        return BASE_OK;
    begin(r, seed, trial);
    TRY(take_batch(r, error));
    look(r);
    train_backward(&r->network, &r->batch);
    TRY(r->optimizer->prepare(r->work, &r->network, &r->batch, r->architecture->training->damping, error));
    TRY(train_isotropy(r->optimizer, r->work, &r->network, &r->batch, a, anisotropy, error));
out:
    return status;
}
