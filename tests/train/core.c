/* Training against another one, scalar by scalar with numerical gradients in (ω, β) themselves. */
#include "train/train.h"

#include "net/shape.h"
#include "net/weights.h"
#include "random/normal.h"
#include "tests.h"
#include "train/batches.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct experiment_training plain_training(void)
{
    return (struct experiment_training){.parametrization = "ntk",
                                        .loss = "squared",
                                        .optimizer = "gradient",
                                        .learning_rate = 0.3,
                                        .steps = 5,
                                        .nesterov = "false",
                                        .normalization = "none",
                                        .every = 1,
                                        .boundary = "false",
                                        .isotropy = "false"};
}

/* An odd small network of C outputs; what is opened is closed by the caller. */
static void open_network(const char *name, int64_t outputs, int64_t samples,
                         const struct experiment_training *training, struct net_architecture *a,
                         struct net_activation *activation)
{
    const struct shape shape = {name, 2.385, 0.31, 3, 4, outputs, samples, {0.75, 1.25, 1}};
    shape_open(&shape, a, activation);
    a->training = training;
}

static double *new_array(size_t n)
{
    double *array = malloc((n + 1) * sizeof *array);
    assert_non_null(array);
    for (size_t i = 0; i < n; i++)
        array[i] = NAN;
    return array;
}

static struct train_network new_network(const struct net_architecture *a)
{
    struct train_network network;
    struct base_error error;
    assert_int_equal(train_network_init(&network, a, &error), BASE_OK);
    return network;
}

/* ---- networks and signals */

static void the_network_is_that_of_the_samplers(void **state)
{
    (void)state;
    static const char *const parametrizations[] = {"ntk", "standard"};
    struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_weights w;
    struct base_error error;
    for (int i = 0; i < 2; i++) {
        training.parametrization = parametrizations[i];
        open_network("tanh", 3, 7, &training, &a, &activation);
        struct train_network network = new_network(&a);
        assert_int_equal(net_weights_init(&w, &a, &error), BASE_OK);
        net_weights_draw(&w, 5, 2);
        train_network_draw(&network, 5, 2);
        double *inputs = new_array(a.widths[0] * a.T);
        train_inputs_draw(&a, 5, 2, inputs);
        assert_memory_equal(inputs, w.h[0], a.widths[0] * a.T * sizeof(double));
        for (size_t l = 1; l <= a.L; l++) {
            assert_memory_equal(network.W[l], w.W[l], a.widths[l] * a.widths[l - 1] * sizeof(double));
            assert_memory_equal(network.b[l], w.b[l], a.widths[l] * sizeof(double));
        }
        free(inputs);
        net_weights_free(&w);
        train_network_free(&network);
        net_activation_close(&activation);
    }
}

/* h, φ' and δ of every layer, and P = Σ_k δ_k e_k on both ways. */
static void signals_are_the_networks(void **state)
{
    (void)state;
    const struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    struct net_weights w;
    struct train_signals s;
    struct base_error error;
    open_network("gelu", 3, 7, &training, &a, &activation);
    struct train_network network = new_network(&a);
    assert_int_equal(net_weights_init(&w, &a, &error), BASE_OK);
    assert_int_equal(train_signals_init(&s, &a, a.T, true, &error), BASE_OK);
    net_weights_draw(&w, 5, 2);
    train_network_draw(&network, 5, 2);
    net_weights_forward(&w, &activation);
    net_weights_backward(&w);
    memcpy(s.h[0], w.h[0], a.widths[0] * a.T * sizeof(double));
    train_forward(&network, &activation, &s);
    train_backward(&network, &s);
    double *errors = new_array(a.CT), *P[4] = {NULL}, *Q[4] = {NULL};
    for (size_t i = 0; i < a.CT; i++)
        errors[i] = sin(1.7 * (double)i + 0.3);
    for (size_t l = 1; l <= a.L; l++) {
        P[l] = new_array(a.widths[l] * a.T);
        Q[l] = new_array(a.widths[l] * a.T);
        train_contract(a.widths[l], a.C, a.T, s.delta[l], errors, Q[l]);
    }
    train_backward_errors(&network, &s, errors, P);
    for (size_t l = 1; l <= a.L; l++)
        for (size_t i = 0; i < a.widths[l]; i++)
            for (size_t t = 0; t < a.T; t++) {
                double p = 0;
                for (size_t k = 0; k < a.C; k++) {
                    const size_t row = (i * a.C + k) * a.T + t;
                    p += w.delta[l][row] * errors[k * a.T + t];
                    if (l < a.L)
                        assert_within(s.delta[l][row], w.delta[l][row], 1e-13);
                }
                assert_within(s.h[l][i * a.T + t], w.h[l][i * a.T + t], 1e-13);
                if (l < a.L)
                    assert_within(s.dphi[l][i * a.T + t], w.dphi[l][i * a.T + t], 1e-13);
                assert_within(P[l][i * a.T + t], p, 1e-13);
                assert_within(Q[l][i * a.T + t], p, 1e-13);
            }
    for (size_t l = 1; l <= a.L; l++) {
        free(P[l]);
        free(Q[l]);
    }
    free(errors);
    train_signals_free(&s);
    net_weights_free(&w);
    train_network_free(&network);
    net_activation_close(&activation);
}

/* ---- a training of its own: θ = (ω, β) as one vector, layer after layer, weights before biases */

struct model {
    const struct net_architecture *a;
    const struct experiment_training *training;
    const char *activation;
    size_t n;
    double *theta, *scale; /* (n): parameters; W or b = scale·θ */
};

static double phi(const char *name, double u)
{
    if (strcmp(name, "relu") == 0)
        return u > 0 ? u : 0;
    return strcmp(name, "gelu") == 0 ? u * 0.5 * erfc(-u / sqrt(2)) : tanh(u);
}

/* f_k of one input */
static void model_outputs(const struct model *m, const double *theta, const double *input, double *f)
{
    double h[16], u[16];
    size_t at = 0;
    memcpy(h, input, m->a->widths[0] * sizeof *h);
    for (size_t l = 1; l <= m->a->L; l++) {
        const size_t n = m->a->widths[l], below = m->a->widths[l - 1];
        for (size_t i = 0; i < n; i++) {
            u[i] = m->scale[at + n * below + i] * theta[at + n * below + i];
            for (size_t j = 0; j < below; j++)
                u[i] += m->scale[at + i * below + j] * theta[at + i * below + j] * h[j];
        }
        at += n * (below + 1);
        for (size_t i = 0; i < n; i++)
            h[i] = l < m->a->L ? phi(m->activation, u[i]) : u[i];
    }
    memcpy(f, h, m->a->C * sizeof *f);
}

/* Outputs of samples: inputs (M_0, n) and their columns, f (C, n). */
static void model_all(const struct model *m, const double *theta, size_t n, const size_t *columns, size_t of,
                      const double *inputs, double *f)
{
    double input[16], out[16];
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < m->a->widths[0]; i++)
            input[i] = inputs[i * of + columns[t]];
        model_outputs(m, theta, input, out);
        for (size_t k = 0; k < m->a->C; k++)
            f[k * n + t] = out[k];
    }
    for (size_t k = 0; k < m->a->C && strcmp(m->training->normalization, "none") != 0; k++) {
        double mean = 0, square = 0;
        for (size_t t = 0; t < n; t++) {
            mean += f[k * n + t] / (double)n;
            square += f[k * n + t] * f[k * n + t] / (double)n;
        }
        const double deviation =
            strcmp(m->training->normalization, "batch") == 0 ? sqrt(square - mean * mean) : 1;
        for (size_t t = 0; t < n; t++)
            f[k * n + t] = (f[k * n + t] - mean) / deviation;
    }
}

enum { MOST = 64 };

/* The loss of some samples, of targets (C, of). */
static double model_loss(const struct model *m, const double *theta, size_t n, const size_t *columns,
                         size_t of, const double *inputs, const double *targets)
{
    double f[3 * MOST], loss = 0;
    model_all(m, theta, n, columns, of, inputs, f);
    for (size_t t = 0; t < n; t++) {
        double total = 0;
        for (size_t k = 0; k < m->a->C; k++)
            total += exp(f[k * n + t]);
        for (size_t k = 0; k < m->a->C; k++) {
            const double y = targets[k * of + columns[t]], out = f[k * n + t];
            loss += strcmp(m->training->loss, "squared") == 0 ? 0.5 * (out - y) * (out - y)
                                                              : -y * (out - log(total));
        }
    }
    return loss / (double)n;
}

static struct model new_model(const struct net_architecture *a, const char *activation,
                              const struct train_network *network)
{
    struct model m = {
        a, a->training, activation, (size_t)a->P, new_array((size_t)a->P), new_array((size_t)a->P)};
    const bool ntk = strcmp(a->training->parametrization, "ntk") == 0;
    size_t at = 0;
    for (size_t l = 1; l <= a->L; l++) {
        const size_t weights = a->widths[l] * a->widths[l - 1];
        for (size_t i = 0; i < weights + a->widths[l]; i++, at++) {
            const double own =
                i < weights ? sqrt(a->weight_variance / (double)a->widths[l - 1]) : sqrt(a->bias_variance);
            m.scale[at] = ntk ? own : 1;
            m.theta[at] = (i < weights ? network->W[l][i] : network->b[l][i - weights]) / m.scale[at];
        }
    }
    assert_int_equal(at, m.n);
    return m;
}

static void free_model(struct model *m)
{
    free(m->theta);
    free(m->scale);
}

/* ∂ℓ/∂θ by central differences: off by 1e-10 or so. */
static void model_gradient(const struct model *m, size_t n, const size_t *columns, size_t of,
                           const double *inputs, const double *targets, double *gradient)
{
    const double step = 1e-5;
    for (size_t i = 0; i < m->n; i++) {
        const double here = m->theta[i];
        m->theta[i] = here + step;
        const double above = model_loss(m, m->theta, n, columns, of, inputs, targets);
        m->theta[i] = here - step;
        gradient[i] = (above - model_loss(m, m->theta, n, columns, of, inputs, targets)) / (2 * step);
        m->theta[i] = here;
    }
}

/* ---- one step, parameter by parameter */

static const size_t all_columns[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

/* A step with η = 1 is the gradient, with a velocity (which begins as the gradient) or without. */
static void check_step(const char *name, int64_t outputs, const struct experiment_training *training)
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_signals s;
    struct train_descent descent;
    struct base_error error;
    const enum train_normalization normalization = train_normalization_find(training->normalization);
    double sigma[3];
    open_network(name, outputs, 7, training, &a, &activation);
    struct train_network network = new_network(&a);
    assert_int_equal(train_signals_init(&s, &a, a.T, false, &error), BASE_OK);
    assert_int_equal(train_descent_init(&descent, &a, &error), BASE_OK);
    train_network_draw(&network, 11, 3);
    train_inputs_draw(&a, 11, 3, s.h[0]);
    struct model m = new_model(&a, name, &network);
    double *gradient = new_array(m.n), *y = new_array(a.CT), *errors = new_array(a.CT), *P[4] = {NULL};
    for (size_t i = 0; i < a.CT; i++)
        y[i] = a.C == 1 ? (double)(i % 3) : i / a.T == i % a.T % a.C ? 1 : 0;
    model_gradient(&m, a.T, all_columns, a.T, s.h[0], y, gradient);
    train_forward(&network, &activation, &s);
    train_normalize(normalization, a.C, a.T, s.h[a.L], sigma);
    assert_close(train_loss_compute(train_loss_find(training->loss), a.C, a.T, s.h[a.L], y, errors),
                 model_loss(&m, m.theta, a.T, all_columns, a.T, s.h[0], y), 1e-13);
    train_normalize_errors(normalization, a.C, a.T, s.h[a.L], sigma, errors);
    for (size_t l = 1; l <= a.L; l++)
        P[l] = new_array(a.widths[l] * a.T);
    train_backward_errors(&network, &s, errors, P);
    descent.rate = 1;
    train_descend(&descent, &network, &s, (const double *const *)P);
    struct model after = new_model(&a, name, &network);
    double largest = 0;
    for (size_t i = 0; i < m.n; i++) {
        assert_within(m.theta[i] - after.theta[i], gradient[i], 1e-8);
        largest = fmax(largest, fabs(gradient[i]));
    }
    assert_true(largest > 0.05);
    for (size_t l = 1; l <= a.L; l++)
        free(P[l]);
    free(gradient);
    free(y);
    free(errors);
    free_model(&m);
    free_model(&after);
    train_descent_free(&descent);
    train_signals_free(&s);
    train_network_free(&network);
    net_activation_close(&activation);
}

static void a_step_is_the_gradient(void **state)
{
    (void)state;
    static const char *const activations[] = {"tanh", "gelu", "relu"},
                             *const losses[] = {"squared", "cross_entropy"},
                             *const parametrizations[] = {"ntk", "standard"},
                             *const normalizations[] = {"none", "mean", "batch"};
    for (int i = 0; i < 3 * 2 * 2 * 2 * 3 * 2; i++) {
        struct experiment_training training = plain_training();
        const int64_t outputs = i / 3 % 2 == 0 ? 1 : 3;
        training.loss = losses[outputs == 1 ? 0 : i / 6 % 2];
        training.parametrization = parametrizations[i / 12 % 2];
        training.normalization = normalizations[i / 24 % 3];
        training.momentum = i / 72 == 0 ? 0 : 0.9;
        check_step(activations[i % 3], outputs, &training);
    }
}

/* Whatever rounding leaves of outputs that are all the same. */
static void outputs_without_a_deviation_are_not_normalized(void **state)
{
    (void)state;
    for (size_t B = 1; B <= 50; B++) {
        double f[100], sigma[2];
        for (size_t t = 0; t < B; t++) {
            f[t] = 0.1;
            f[B + t] = 1e9 * (1 + 1e-6 * (double)t);
        }
        train_normalize(TRAIN_BATCH, 2, B, f, sigma);
        assert_true(isnan(sigma[0]) && isnan(sigma[1]) == (B == 1));
        for (size_t t = 0; t < B; t++)
            assert_true(isnan(f[t]) && isnan(f[B + t]) == (B == 1));
    }
}

/* The dual of J̄ element by element, rows of J̄ and of J as the errors' gradients have them: ∂/∂f of each f̄. */
static void a_dual_is_normalized_from_both_sides(void **state)
{
    (void)state;
    enum { C = 3, B = 5, CB = C * B, P = 20 };
    static const char *const normalizations[] = {"none", "mean", "batch"};
    for (size_t i = 0; i < 3; i++) {
        const enum train_normalization normalization = train_normalization_find(normalizations[i]);
        double J[CB * P], N[CB * P], dual[CB * CB], f[CB], sigma[C], room[(2 * C + 1) * CB];
        random_normals(5, i, 0, CB * P, J);
        random_normals(6, i, 0, CB, f);
        train_normalize(normalization, C, B, f, sigma);
        for (size_t a = 0; a < CB; a++) {
            double row[CB] = {0};
            row[a] = 1;
            train_normalize_errors(normalization, C, B, f, sigma, row);
            for (size_t p = 0; p < P; p++) {
                N[a * P + p] = 0;
                for (size_t b = 0; b < CB; b++)
                    N[a * P + p] += row[b] * J[b * P + p];
            }
        }
        for (size_t a = 0; a < CB; a++)
            for (size_t b = 0; b < CB; b++) {
                dual[a * CB + b] = b < a ? NAN : 0;
                for (size_t p = 0; p < P; p++)
                    dual[a * CB + b] += J[a * P + p] * J[b * P + p];
            }
        train_normalize_dual(normalization, C, B, f, sigma, room, dual);
        for (size_t a = 0; a < CB; a++)
            for (size_t b = a; b < CB; b++) {
                double expected = 0;
                for (size_t p = 0; p < P; p++)
                    expected += N[a * P + p] * N[b * P + p];
                assert_within(dual[a * CB + b], expected, 1e-11);
            }
    }
}

/* ---- whole trainings */

struct trained {
    double train_loss[64], test_loss[64], test_error[64], diverged;
};

static struct train_record record_into(struct trained *t)
{
    for (size_t s = 0; s < 64; s++)
        t->train_loss[s] = t->test_loss[s] = t->test_error[s] = NAN;
    t->diverged = NAN;
    return (struct train_record){.train_loss = t->train_loss,
                                 .test_loss = t->test_loss,
                                 .test_error = t->test_error,
                                 .diverged = &t->diverged};
}

static struct trained train(const struct net_architecture *a, uint64_t seed, uint64_t trial, double rate)
{
    struct trained t;
    struct train_run *run;
    struct base_error error;
    const struct train_record record = record_into(&t);
    assert_int_equal(train_run_init(&run, a, &error), BASE_OK);
    assert_int_equal(train_run(run, seed, trial, rate, NULL, &record, &error), BASE_OK);
    train_run_free(run);
    return t;
}

/* Data of a trial and the targets of its teacher, which has no other parameters than the network. */
struct data {
    double *inputs, *targets;
};

static struct data teach(const struct net_architecture *a, const char *activation, uint64_t seed,
                         uint64_t trial, bool test)
{
    struct data d = {new_array(a->widths[0] * MOST), new_array(a->C * MOST)};
    struct train_network teacher = new_network(a);
    const size_t n = test ? a->T_test : a->T;
    train_teacher_draw(&teacher, seed, trial);
    (test ? train_test_inputs_draw : train_inputs_draw)(a, seed, trial, d.inputs);
    struct model m = new_model(a, activation, &teacher);
    model_all(&m, m.theta, n, all_columns, n, d.inputs, d.targets);
    for (size_t t = 0; t < n && strcmp(a->training->loss, "cross_entropy") == 0; t++) {
        size_t best = 0;
        for (size_t k = 1; k < a->C; k++)
            best = d.targets[k * n + t] > d.targets[best * n + t] ? k : best;
        for (size_t k = 0; k < a->C; k++)
            d.targets[k * n + t] = k == best ? 1 : 0;
    }
    free_model(&m);
    train_network_free(&teacher);
    return d;
}

static double model_error_rate(const struct model *m, size_t n, const struct data *d)
{
    double f[3 * MOST], wrong = 0;
    const size_t C = m->a->C;
    model_all(m, m->theta, n, all_columns, n, d->inputs, f);
    for (size_t t = 0; t < n; t++) {
        bool right = true;
        size_t label = 0;
        for (size_t k = 1; k < C; k++)
            label = d->targets[k * n + t] > d->targets[label * n + t] ? k : label;
        for (size_t k = 0; k < C; k++)
            right = right && f[k * n + t] <= f[label * n + t];
        if (C == 1)
            right = (f[t] < 0) == (d->targets[t] < 0);
        wrong += right ? 0 : 1;
    }
    return wrong / (double)n;
}

/* v ← μ v + d + λθ, θ −= η v; Nesterov's: θ −= η (d + λθ + μ v). */
static void model_step(const struct model *m, double rate, const double *gradient, double *velocity)
{
    const struct experiment_training *t = m->training;
    for (size_t i = 0; i < m->n; i++) {
        const double d = gradient[i] + t->weight_decay * m->theta[i];
        velocity[i] = t->momentum * velocity[i] + d;
        m->theta[i] -=
            rate * (strcmp(t->nesterov, "true") == 0 ? d + t->momentum * velocity[i] : velocity[i]);
    }
}

static void check_training(const char *name, int64_t outputs, const struct experiment_training *training)
{
    enum { T = 7, T_TEST = 11 };
    const uint64_t seed = 21, trial = 4;
    struct net_architecture a;
    struct net_activation activation = {0};
    open_network(name, outputs, T, training, &a, &activation);
    a.T_test = T_TEST;
    const struct trained t = train(&a, seed, trial, training->learning_rate);
    struct data d = teach(&a, name, seed, trial, false), held_out = teach(&a, name, seed, trial, true);
    struct train_network network = new_network(&a);
    train_network_draw(&network, seed, trial);
    struct model m = new_model(&a, name, &network);
    double *gradient = new_array(m.n), *velocity = new_array(m.n);
    memset(velocity, 0, m.n * sizeof *velocity);
    size_t columns[T] = {0};
    struct batches batches = {.taken = 0};
    const size_t B = training->batch == 0 ? T : (size_t)training->batch;
    for (size_t s = 0; s <= (size_t)training->steps; s++) {
        const bool recorded = (int64_t)s % training->every == 0 || (int64_t)s == training->steps;
        assert_int_equal(isfinite(t.train_loss[s]) != 0, recorded);
        if (recorded) {
            assert_close(t.train_loss[s], model_loss(&m, m.theta, T, all_columns, T, d.inputs, d.targets),
                         1e-7);
            assert_close(
                t.test_loss[s],
                model_loss(&m, m.theta, T_TEST, all_columns, T_TEST, held_out.inputs, held_out.targets),
                1e-7);
            assert_true(t.test_error[s] == model_error_rate(&m, T_TEST, &held_out));
        }
        if (B < T)
            batches_next(&batches, &a, seed, trial, B, columns);
        for (size_t i = 0; i < T && B == T; i++)
            columns[i] = i;
        model_gradient(&m, B, columns, T, d.inputs, d.targets, gradient);
        model_step(&m, training->learning_rate, gradient, velocity);
    }
    assert_true(t.diverged == 0 && t.train_loss[training->steps] < t.train_loss[0]);
    free(gradient);
    free(velocity);
    free(d.inputs);
    free(d.targets);
    free(held_out.inputs);
    free(held_out.targets);
    free_model(&m);
    train_network_free(&network);
    net_activation_close(&activation);
}

static void a_training_is_another_ones(void **state)
{
    (void)state;
    struct experiment_training t = plain_training();
    t.steps = 7;
    t.every = 3;
    check_training("tanh", 1, &t);
    t.parametrization = "standard";
    check_training("tanh", 3, &t);
    t.loss = "cross_entropy";
    t.momentum = 0.7;
    check_training("gelu", 3, &t);
    t.parametrization = "ntk";
    t.nesterov = "true";
    t.weight_decay = 0.1;
    t.learning_rate = 0.1;
    check_training("relu", 3, &t);
    t.loss = "squared";
    t.batch = 3;
    t.every = 1;
    check_training("tanh", 3, &t);
    t.normalization = "mean";
    t.momentum = 0;
    t.nesterov = "false";
    check_training("gelu", 1, &t);
    t.normalization = "batch";
    check_training("tanh", 3, &t);
    t.weight_decay = 0;
    t.batch = 0;
    t.parametrization = "standard";
    check_training("gelu", 1, &t);
    t.normalization = "mean";
    check_training("relu", 3, &t);
}

/* W −= η s² ∂ℓ/∂W: in one layer, where s is one number but for biases, that of (ω, β) is the standard one
 * with η s². */
static void parametrizations_differ_by_their_rates(void **state)
{
    (void)state;
    struct experiment_training t = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    shape_open(&(struct shape){"tanh", 2.385, 0, 1, 6, 2, 9, {0}}, &a, &activation);
    t.momentum = 0.5;
    a.training = &t;
    const struct trained ntk = train(&a, 3, 1, 0.4);
    t.parametrization = "standard";
    a.bias_variance = 0; /* the biases of (ω, β) stay what they are, those of (W, b) do not */
    const struct trained standard = train(&a, 3, 1, 0.4 * 2.385 / 6);
    assert_true(ntk.train_loss[0] == standard.train_loss[0]);
    assert_true(standard.train_loss[5] != ntk.train_loss[5]);
    a.bias_variance = 2.385 / 6; /* now both have one scale */
    const struct trained other = train(&a, 3, 1, 0.4 * 2.385 / 6);
    t.parametrization = "ntk";
    const struct trained same = train(&a, 3, 1, 0.4);
    for (size_t s = 0; s <= 5; s++)
        assert_close(other.train_loss[s], same.train_loss[s], 1e-12);
    net_activation_close(&activation);
}

/* Wider than a panel of units: the first step with a velocity is that without. */
static void panels_are_one_layer(void **state)
{
    (void)state;
    struct experiment_training t = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    shape_open(&(struct shape){"tanh", 2.385, 0.31, 3, 67, 2, 9, {1, 2.1, 1}}, &a, &activation);
    a.training = &t;
    t.steps = 1;
    const struct trained plain = train(&a, 3, 1, 0.4);
    t.momentum = 0.5;
    const struct trained moving = train(&a, 3, 1, 0.4);
    assert_close(plain.train_loss[1], moving.train_loss[1], 1e-12);
    assert_true(plain.train_loss[1] < 0.9 * plain.train_loss[0]);
    net_activation_close(&activation);
}

static void a_repeated_training_has_the_same_bits(void **state)
{
    (void)state;
    struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_run *run;
    struct base_error error;
    struct trained t[3];
    training.momentum = 0.9;
    training.batch = 4;
    open_network("tanh", 3, 7, &training, &a, &activation);
    a.T_test = 5;
    assert_int_equal(train_run_init(&run, &a, &error), BASE_OK);
    for (uint64_t i = 0; i < 3; i++) { /* trials 0, 1, 0 */
        const struct train_record record = record_into(&t[i]);
        assert_int_equal(train_run(run, 8, i % 2, 0.3, NULL, &record, &error), BASE_OK);
    }
    train_run_free(run);
    const struct trained alone = train(&a, 8, 0, 0.3);
    assert_memory_equal(&t[0], &t[2], sizeof t[0]);
    assert_memory_equal(&t[0], &alone, sizeof alone);
    assert_true(t[0].train_loss[0] != t[1].train_loss[0] && t[0].test_loss[0] != t[1].test_loss[0]);
    net_activation_close(&activation);
}

struct watched {
    size_t steps, stop;
    double losses[64];
};

static bool count_step(void *context, size_t step, double loss)
{
    struct watched *w = context;
    assert_int_equal(step, ++w->steps);
    w->losses[step - 1] = loss;
    return step < w->stop;
}

/* The watch is told of each step, with the loss before it, and can end it all. */
static void a_training_is_watched(void **state)
{
    (void)state;
    const struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_run *run;
    struct base_error error = {""};
    struct trained t;
    struct watched watched = {.stop = 100};
    const struct train_watch watch = {count_step, &watched};
    open_network("tanh", 1, 7, &training, &a, &activation);
    assert_int_equal(train_run_init(&run, &a, &error), BASE_OK);
    const struct train_record record = record_into(&t);
    assert_int_equal(train_run(run, 8, 0, 0.3, &watch, &record, &error), BASE_OK);
    assert_int_equal(watched.steps, 5);
    for (size_t s = 0; s < 5; s++)
        assert_true(watched.losses[s] == t.train_loss[s]);
    watched = (struct watched){.stop = 3};
    assert_int_equal(train_run(run, 8, 0, 0.3, &watch, &record, &error), BASE_STOPPED);
    assert_int_equal(watched.steps, 3);
    train_run_free(run);
    net_activation_close(&activation);
}

/* η far above every critical one: what is recorded ends where the loss leaves. */
static void divergence_is_recorded(void **state)
{
    (void)state;
    static const char *const activations[] = {"linear", "relu"};
    static const double rates[] = {30, 1e300};
    struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    training.steps = 40;
    for (int i = 0; i < 2; i++)
        for (int r = 0; r < 2; r++) {
            open_network(activations[i], 1, 7, &training, &a, &activation);
            a.T_test = 3;
            const struct trained t = train(&a, 8, 0, rates[r]);
            size_t last = 0;
            while (last < 40 && isfinite(t.train_loss[last + 1]))
                last++;
            assert_true(t.diverged == 1 && isfinite(t.train_loss[0]) && last < 40);
            for (size_t s = 0; s <= 40; s++) {
                assert_int_equal(isnan(t.train_loss[s]) != 0, s > last);
                assert_int_equal(isnan(t.test_loss[s]) != 0, s > last);
                assert_true(s > last || t.train_loss[s] <= 1e6 * t.train_loss[0]);
            }
            assert_true(train(&a, 8, 0, 0.05).diverged == 0);
            net_activation_close(&activation);
        }
}

/* The second sample is 0, of which outputs without biases know nothing: its batch has the loss that it had.
 */
static void a_loss_that_no_batch_shows_diverges_too(void **state)
{
    (void)state;
    enum { T = 2 };
    static const double targets[T] = {1, 1};
    struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    struct base_error error;
    size_t order[T];
    training.batch = 1;
    training.steps = 1;
    open_network("linear", 1, T, &training, &a, &activation);
    a.bias_variance = 0;
    double *inputs = new_array(a.widths[0] * T);
    a.inputs = inputs;
    a.targets = targets;
    assert_int_equal(train_epoch_order(&a, 1, 2, 0, order, &error), BASE_OK);
    for (size_t i = 0; i < a.widths[0]; i++) {
        inputs[i * T + order[0]] = 1;
        inputs[i * T + order[1]] = 0;
    }
    const struct trained t = train(&a, 1, 2, 1e5);
    assert_true(t.diverged == 1 && isfinite(t.train_loss[0]) && isnan(t.train_loss[1]));
    free(inputs);
    net_activation_close(&activation);
}

/* ---- randomness */

/* A first batch without any loss says nothing of the size of losses. */
static void a_first_batch_may_have_no_loss(void **state)
{
    (void)state;
    enum { T = 7 };
    struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_signals signals;
    struct base_error error;
    size_t order[T];
    double targets[T] = {1, -1, 1, -1, 1, -1, 1};
    training.batch = 1;
    open_network("tanh", 1, T, &training, &a, &activation);
    struct train_network network = new_network(&a);
    assert_int_equal(train_signals_init(&signals, &a, T, false, &error), BASE_OK);
    assert_int_equal(train_epoch_order(&a, 1, 2, 0, order, &error), BASE_OK);
    train_network_draw(&network, 1, 2);
    train_inputs_draw(&a, 1, 2, signals.h[0]);
    train_forward(&network, &activation, &signals);
    targets[order[0]] = signals.h[a.L][order[0]];
    a.targets = targets;
    assert_true(train(&a, 1, 2, 0.1).diverged == 0);
    train_signals_free(&signals);
    train_network_free(&network);
    net_activation_close(&activation);
}

static double correlation(size_t n, const double *x, const double *y)
{
    double xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        xy += x[i] * y[i];
        xx += x[i] * x[i];
        yy += y[i] * y[i];
    }
    return xy / sqrt(xx * yy);
}

/* Of independent normal numbers, n of them, the correlation has variance 1/n: 5 of its deviations come by
 * chance in 6e-7 of all cases, and the seed is fixed. */
static void expect_independent(size_t n, const double *x, const double *y)
{
    assert_true(fabs(correlation(n, x, y)) < 5 / sqrt((double)n));
}

static void teachers_and_held_out_inputs_are_their_own(void **state)
{
    (void)state;
    const struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    shape_open(&(struct shape){"tanh", 2.385, 0.31, 2, 80, 2, 50, {0}}, &a, &activation);
    a.training = &training;
    a.T_test = 50;
    struct train_network network = new_network(&a), teacher = new_network(&a), next = new_network(&a);
    double *x[3] = {new_array(4000), new_array(4000), new_array(4000)};
    train_network_draw(&network, 1, 0);
    train_teacher_draw(&teacher, 1, 0);
    train_teacher_draw(&next, 1, 1);
    expect_independent(6400, network.W[1], teacher.W[1]);
    expect_independent(6400, next.W[1], teacher.W[1]);
    expect_independent(80, network.b[1], teacher.b[1]);
    double variance = 0; /* of n squares of unit normals: 1 within 5 √(2/n) */
    for (size_t i = 0; i < 6400; i++)
        variance += teacher.W[1][i] * teacher.W[1][i] / 6400 * 80 / 2.385;
    assert_within(variance, 1, 5 * sqrt(2.0 / 6400));
    train_inputs_draw(&a, 1, 0, x[0]);
    train_test_inputs_draw(&a, 1, 0, x[1]);
    train_test_inputs_draw(&a, 1, 1, x[2]);
    expect_independent(4000, x[0], x[1]);
    expect_independent(4000, x[2], x[1]);
    for (size_t i = 0; i < 3; i++)
        free(x[i]);
    train_network_free(&network);
    train_network_free(&teacher);
    train_network_free(&next);
    net_activation_close(&activation);
}

/* Each epoch has every sample once, in an order of its own, which no size of batches changes. */
static void an_epoch_has_every_sample_once(void **state)
{
    (void)state;
    enum { T = 50, EPOCHS = 20 };
    struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    struct base_error error;
    size_t orders[EPOCHS][T], other[T], first[T] = {0};
    open_network("tanh", 1, T, &training, &a, &activation);
    for (uint64_t e = 0; e < EPOCHS; e++) {
        bool seen[T] = {false};
        assert_int_equal(train_epoch_order(&a, 1, 2, e, orders[e], &error), BASE_OK);
        for (size_t i = 0; i < T; i++) {
            assert_true(orders[e][i] < T && !seen[orders[e][i]]);
            seen[orders[e][i]] = true;
        }
        first[orders[e][0]]++;
        assert_true(e == 0 || memcmp(orders[e], orders[e - 1], sizeof other) != 0);
        training.batch = (int64_t)e + 1;
        assert_int_equal(train_epoch_order(&a, 1, 2, e, other, &error), BASE_OK);
        assert_memory_equal(other, orders[e], sizeof other);
        assert_int_equal(train_epoch_order(&a, 1, 3, e, other, &error), BASE_OK);
        assert_memory_not_equal(other, orders[e], sizeof other);
    }
    for (size_t i = 0; i < T;
         i++) /* 6 of 20 draws among 50 alike, for any of them: 50 C(20,6) 50^-6 = 1e-4 */
        assert_true(first[i] < 6);
    net_activation_close(&activation);
}

/* A sample twice in a batch that crosses an epoch would make its Fisher matrix singular, which is an error
 * without damping. Five of seven samples: two of three batches cross, most of them with a repetition. */
static void no_batch_has_a_sample_twice(void **state)
{
    (void)state;
    struct experiment_training training = plain_training();
    struct net_architecture a;
    struct net_activation activation = {0};
    training.optimizer = "exact";
    training.batch = 5;
    open_network("tanh", 3, 7, &training, &a, &activation);
    const struct trained t = train(&a, 5, 2, 0.05);
    assert_true(t.diverged == 0 && t.train_loss[training.steps] < t.train_loss[0]);
    net_activation_close(&activation);
}

/* ---- losses */

static void losses_of_any_outputs_are_numbers(void **state)
{
    (void)state;
    double e[3];
    static const double y[] = {1, 0, 0};
    const double huge[] = {1e308, -1e308, 0}, wrong[] = {-1e308, 1e308, 0}, sure[] = {40, 0, 0},
                 far[] = {-800, 0, 0}, bad[] = {NAN, 0, 0}, late[] = {0, NAN, 0};
    assert_true(train_loss_compute(TRAIN_CROSS_ENTROPY, 3, 1, huge, y, e) == 0);
    assert_true(e[0] == 0 && e[1] == 0 && e[2] == 0);
    assert_true(isinf(train_loss_compute(TRAIN_CROSS_ENTROPY, 3, 1, wrong, y, e)));
    assert_true(e[0] == -1 && e[1] == 1 && e[2] == 0);
    assert_close(train_loss_compute(TRAIN_CROSS_ENTROPY, 3, 1, sure, y, e), 2 * exp(-40), 1e-12);
    assert_close(e[1], exp(-40), 1e-12);
    assert_close(train_loss_compute(TRAIN_CROSS_ENTROPY, 3, 1, far, y, e), 800 + log(2), 1e-14);
    assert_within(e[1], 0.5, 1e-15);
    assert_true(isnan(train_loss_compute(TRAIN_CROSS_ENTROPY, 3, 1, bad, y, NULL)));
    assert_true(isnan(train_loss_compute(TRAIN_CROSS_ENTROPY, 3, 1, late, y, NULL)));
    assert_true(isinf(train_loss_compute(TRAIN_SQUARED, 3, 1, wrong, y, NULL)));
    assert_true(isnan(train_loss_compute(TRAIN_SQUARED, 3, 1, bad, y, NULL)));
    assert_true(train_loss_compute(TRAIN_SQUARED, 3, 1, sure, y, e) == 0.5 * 39 * 39 && e[0] == 39);
}

static void wrong_classes_are_counted(void **state)
{
    (void)state;
    static const double one[] = {0.1, -0.2, 0.3, -0.4}, signs[] = {0.5, -0.5, -0.5, 0.5};
    assert_true(train_error_rate(1, 4, one, signs) == 0.5);
    assert_true(train_error_rate(1, 4, one, one) == 0);
    static const double f[] = {3, 1, 0, /**/ 2, 2, -1, /**/ 1, 5, -2}; /* classes 0, 2, 0 */
    static const double y[] = {1, 0, 0, /**/ 0, 1, 0, /**/ 0, 0, 1};   /* classes 0, 1, 2 */
    assert_close(train_error_rate(3, 3, f, y), 2.0 / 3, 1e-15);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_network_is_that_of_the_samplers),
    cmocka_unit_test(signals_are_the_networks),
    cmocka_unit_test(a_step_is_the_gradient),
    cmocka_unit_test(a_dual_is_normalized_from_both_sides),
    cmocka_unit_test(outputs_without_a_deviation_are_not_normalized),
    cmocka_unit_test(a_training_is_another_ones),
    cmocka_unit_test(parametrizations_differ_by_their_rates),
    cmocka_unit_test(panels_are_one_layer),
    cmocka_unit_test(a_repeated_training_has_the_same_bits),
    cmocka_unit_test(a_training_is_watched),
    cmocka_unit_test(divergence_is_recorded),
    cmocka_unit_test(a_loss_that_no_batch_shows_diverges_too),
    cmocka_unit_test(a_first_batch_may_have_no_loss),
    cmocka_unit_test(teachers_and_held_out_inputs_are_their_own),
    cmocka_unit_test(an_epoch_has_every_sample_once),
    cmocka_unit_test(no_batch_has_a_sample_twice),
    cmocka_unit_test(losses_of_any_outputs_are_numbers),
    cmocka_unit_test(wrong_classes_are_counted),
};
const struct test_group tests_train_core = TEST_GROUP(tests);
