/* Spectra of minibatches against explicit gradients of single samples, and the schedules of batches against
 * steps made by hand. */
#include "net/shape.h"
#include "tests.h"
#include "train/batches.h"
#include "train/train.h"

#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 40, T = 11, MOST_PARAMETERS = 200 };

static struct experiment_training plain_training(void)
{
    return (struct experiment_training){.parametrization = "standard",
                                        .loss = "squared",
                                        .optimizer = "gradient",
                                        .learning_rate = 0.1,
                                        .steps = STEPS,
                                        .batch = 4,
                                        .nesterov = "false",
                                        .normalization = "none",
                                        .every = 1,
                                        .boundary = "false",
                                        .isotropy = "false"};
}

/* Three outputs, layers of 3, 5, 4 and 3 units. */
static void open_network(int64_t samples, const struct experiment_training *training,
                         struct net_architecture *a, struct net_activation *activation)
{
    const struct shape shape = {"tanh", 2.385, 0.31, 3, 4, 3, samples, {0.75, 1.25, 1}};
    shape_open(&shape, a, activation);
    a->training = training;
}

/* ---- K against explicit gradients */

struct sample_losses {
    enum train_loss loss;
    const struct net_activation *activation;
    struct train_network *network;
    struct train_signals *signals;
    const double *y;
};

static void losses_of(const struct sample_losses *f, double *losses)
{
    const size_t B = f->signals->B, C = f->signals->C;
    train_forward(f->network, f->activation, f->signals);
    for (size_t t = 0; t < B; t++) {
        double one[8], target[8];
        for (size_t k = 0; k < C; k++) {
            one[k] = f->signals->h[f->network->architecture->L][k * B + t];
            target[k] = f->y[k * B + t];
        }
        losses[t] = train_loss_compute(f->loss, C, 1, one, target, NULL);
    }
}

/* Column p of J (B, P): the derivatives of all samples' losses in a parameter of that scale, to O(h⁴). */
static void differentiate(const struct sample_losses *f, double *parameter, double scale, size_t p, double *J)
{
    static const double h = 1e-3, shifts[4] = {-2, -1, 1, 2}, factors[4] = {1, -8, 8, -1};
    const double kept = *parameter;
    double losses[T];
    for (size_t t = 0; t < f->signals->B; t++)
        J[t * MOST_PARAMETERS + p] = 0;
    for (int i = 0; i < 4; i++) {
        *parameter = kept + shifts[i] * h * scale;
        losses_of(f, losses);
        for (size_t t = 0; t < f->signals->B; t++)
            J[t * MOST_PARAMETERS + p] += factors[i] * losses[t] / (12 * h);
    }
    *parameter = kept;
}

static void jacobian(const struct sample_losses *f, double *J)
{
    const struct net_architecture *a = f->network->architecture;
    size_t p = 0;
    for (size_t l = 1; l <= a->L; l++) {
        for (size_t i = 0; i < a->widths[l] * a->widths[l - 1]; i++)
            differentiate(f, &f->network->W[l][i], f->network->weight_scale[l], p++, J);
        for (size_t i = 0; i < a->widths[l]; i++)
            differentiate(f, &f->network->b[l][i], f->network->bias_scale, p++, J);
    }
    assert_true((double)p == a->P && p <= MOST_PARAMETERS);
}

static double dot(const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < MOST_PARAMETERS; i++)
        sum += x[i] * y[i];
    return sum;
}

static void check_gram(const char *parametrization, const char *loss)
{
    struct experiment_training training = plain_training();
    training.parametrization = parametrization;
    training.loss = loss;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_network network;
    struct train_signals signals;
    struct train_spectra spectra;
    struct base_error error;
    double y[3 * T], errors[3 * T], J[T * MOST_PARAMETERS] = {0}, *P[4] = {NULL};
    open_network(T, &training, &a, &activation);
    assert_int_equal(train_network_init(&network, &a, &error), BASE_OK);
    assert_int_equal(train_signals_init(&signals, &a, T, false, &error), BASE_OK);
    assert_int_equal(train_spectra_init(&spectra, T, &error), BASE_OK);
    train_network_draw(&network, 5, 2);
    signals.B = T - 2; /* fewer than there is room for */
    struct net_architecture fewer = a;
    fewer.T = signals.B;
    train_inputs_draw(&fewer, 5, 2, signals.h[0]);
    for (size_t k = 0; k < 3; k++)
        for (size_t t = 0; t < signals.B; t++)
            y[k * signals.B + t] = t % 3 == k;
    for (size_t l = 1; l <= a.L; l++)
        assert_non_null(P[l] = malloc(a.widths[l] * T * sizeof(double)));
    const struct sample_losses f = {train_loss_find(loss), &activation, &network, &signals, y};
    jacobian(&f, J);
    train_forward(&network, &activation, &signals);
    train_loss_compute(f.loss, 3, signals.B, signals.h[3], y, errors);
    train_backward_errors(&network, &signals, errors, P);
    for (size_t i = 0; i < T * T; i++)
        spectra.K[i] = NAN;
    train_spectra_gram(&spectra, &network, &signals, (const double *const *)P);
    const double largest = dot(J, J);
    for (size_t s = 0; s < signals.B; s++)
        for (size_t t = s; t < signals.B; t++)
            assert_within(spectra.K[s * signals.B + t], dot(J + s * MOST_PARAMETERS, J + t * MOST_PARAMETERS),
                          1e-9 * (1 + largest));
    for (size_t l = 1; l <= a.L; l++)
        free(P[l]);
    train_spectra_free(&spectra);
    train_signals_free(&signals);
    train_network_free(&network);
    net_activation_close(&activation);
}

static void the_gram_is_of_the_samples_gradients(void **state)
{
    (void)state;
    check_gram("standard", "squared");
    check_gram("standard", "cross_entropy");
    check_gram("ntk", "squared");
    check_gram("ntk", "cross_entropy");
}

/* ---- what is made of K */

/* The upper triangle of Q diag(values) Q, Q the reflection at a vector of no symmetry; the rest is NaN. */
static void make_matrix(size_t n, const double *values, double *K)
{
    double v[8], norm = 0;
    for (size_t i = 0; i < n; i++) {
        v[i] = 1 + 0.37 * (double)(i * i);
        norm += v[i] * v[i];
    }
    for (size_t s = 0; s < n; s++)
        for (size_t t = 0; t < n; t++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += ((s == i) - 2 * v[s] * v[i] / norm) * values[i] * ((t == i) - 2 * v[t] * v[i] / norm);
            K[s * n + t] = t < s ? NAN : sum;
        }
}

static void the_condition_is_of_positive_eigenvalues(void **state)
{
    (void)state;
    static const double values[3][4] = {{9.1, 2.3, 0.7, 3e-15}, {9.1, 2.3, 0.7, 5e-13}, {0, 0, 0, 0}};
    const double wanted[3] = {sqrt(9.1 / 0.7), sqrt(9.1 / 5e-13), NAN}, tolerances[2] = {1e-14, 1e-2};
    struct train_spectra spectra;
    struct train_spectrum spectrum;
    struct base_error error;
    assert_int_equal(train_spectra_init(&spectra, 4, &error), BASE_OK);
    assert_true(isnan(train_spectra_condition_mean(&spectra)) &&
                isnan(train_spectra_cumulative(&spectra, 3)));
    for (int i = 0; i < 3; i++) {
        make_matrix(4, values[i], spectra.K);
        assert_int_equal(train_spectra_measure(&spectra, 4, 0.5, &spectrum, &error), BASE_OK);
        assert_within(spectrum.eig_max, values[i][0], 1e-14);
        assert_within(spectrum.energy, sqrt(values[i][0] + values[i][1] + values[i][2] + values[i][3]),
                      1e-14);
        if (i < 2)
            assert_close(spectrum.condition, wanted[i], tolerances[i]);
        else
            assert_true(isnan(spectrum.condition));
    }
    /* the one without a condition counts as measured, and has none that the mean could be of */
    assert_close(train_spectra_condition_mean(&spectra), (wanted[0] + wanted[1]) / 2, 1e-2);
    assert_close(train_spectra_cumulative(&spectra, 12), 0.5 / 4 * 2 * sqrt(12.1) * 12 / 3, 1e-12);
    for (int i = 0; i < 16; i++)
        spectra.K[i] = NAN;
    assert_int_equal(train_spectra_measure(&spectra, 4, 0.5, &spectrum, &error), BASE_OK);
    assert_true(isnan(spectrum.condition) && isnan(spectrum.energy) && isnan(spectrum.eig_max));
    train_spectra_free(&spectra);
}

/* Gradients of which the variance of the mean and the mean's square are known from themselves. */
static void the_norm_test_weighs_noise(void **state)
{
    (void)state;
    enum { B = 5, P = 7 };
    double g[B][P], mean[P] = {0}, square = 0, variance = 0;
    struct train_spectra spectra;
    struct base_error error;
    assert_int_equal(train_spectra_init(&spectra, B, &error), BASE_OK);
    for (size_t t = 0; t < B; t++)
        for (size_t i = 0; i < P; i++) {
            g[t][i] = 0.4 + sin(1.7 * (double)t + 2.9 * (double)(i * i));
            mean[i] += g[t][i] / B;
        }
    for (size_t i = 0; i < P; i++) {
        square += mean[i] * mean[i];
        for (size_t t = 0; t < B; t++)
            variance += (g[t][i] - mean[i]) * (g[t][i] - mean[i]) / (B - 1) / B;
    }
    const double share = sqrt(variance / square);
    assert_true(share > 0.05 && share < 0.95);
    for (int i = 0; i < 2; i++) {
        for (size_t s = 0; s < B; s++)
            for (size_t t = 0; t < B; t++) {
                spectra.K[s * B + t] = t < s ? NAN : 0;
                for (size_t j = 0; j < P && t >= s; j++)
                    spectra.K[s * B + t] += g[s][j] * g[t][j];
            }
        train_spectra_weigh(&spectra, B);
        assert_close(spectra.noise, variance, 1e-12);
        assert_close(spectra.signal, square, 1e-12);
        assert_int_equal(train_spectra_noisy(&spectra, share * (i == 0 ? 0.999 : 1.001)), i == 0);
        assert_true(!(spectra.noise > 0) && !(spectra.signal > 0));
    }
    train_spectra_free(&spectra);
}

/* ---- whole trainings */

enum { LOSS, TEST_LOSS, BATCH, RATE, EPOCH, EIG_MAX, CONDITION, ENERGY, MEAN, CUMULATIVE, N_NUMBERS };

struct numbers {
    double of[N_NUMBERS][STEPS + 1];
};

static struct train_record record_of(struct numbers *n)
{
    for (size_t i = 0; i < N_NUMBERS; i++)
        for (size_t s = 0; s <= STEPS; s++)
            n->of[i][s] = NAN;
    return (struct train_record){
        .train_loss = n->of[LOSS],
        .test_loss = n->of[TEST_LOSS],
        .batch_size = n->of[BATCH],
        .rate = n->of[RATE],
        .epoch = n->of[EPOCH],
        .spectra = {n->of[EIG_MAX], n->of[CONDITION], n->of[ENERGY], n->of[MEAN], n->of[CUMULATIVE]}};
}

/* Twice: the second training knows nothing of the first. */
static void train(const struct experiment_training *training, struct numbers *numbers)
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_run *run;
    struct base_error error;
    struct numbers again;
    struct train_record record = record_of(numbers), second = record_of(&again);
    open_network(T, training, &a, &activation);
    a.T_test = 2;
    assert_int_equal(train_run_init(&run, &a, &error), BASE_OK);
    assert_int_equal(train_run(run, 3, 1, training->learning_rate, NULL, &record, &error), BASE_OK);
    assert_int_equal(train_run(run, 3, 1, training->learning_rate, NULL, &second, &error), BASE_OK);
    assert_memory_equal(numbers, &again, sizeof again);
    assert_true(train_run_bytes(&a) > 0 && train_run_flops(&a) > 0);
    train_run_free(run);
    net_activation_close(&activation);
}

/* The losses of plain gradient descent with these batches and learning rates, written out. */
static void descend_by_hand(const struct experiment_training *training, size_t steps, const size_t *batches,
                            const double *rates, double *losses)
{
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_network network, teacher;
    struct train_signals all, batch;
    struct base_error error;
    double y[3 * T], batch_y[3 * T], errors[3 * T], *P[4] = {NULL};
    struct batches taken = {.taken = 0};
    size_t columns[T];
    open_network(T, training, &a, &activation);
    assert_int_equal(train_network_init(&network, &a, &error), BASE_OK);
    assert_int_equal(train_network_init(&teacher, &a, &error), BASE_OK);
    assert_int_equal(train_signals_init(&all, &a, T, false, &error), BASE_OK);
    train_network_draw(&network, 3, 1);
    train_teacher_draw(&teacher, 3, 1);
    train_inputs_draw(&a, 3, 1, all.h[0]);
    train_forward(&teacher, &activation, &all);
    memcpy(y, all.h[3], sizeof y);
    for (size_t l = 1; l <= a.L; l++)
        assert_non_null(P[l] = malloc(a.widths[l] * T * sizeof(double)));
    for (size_t s = 0; s <= steps; s++) {
        train_forward(&network, &activation, &all);
        losses[s] = train_loss_compute(TRAIN_SQUARED, 3, T, all.h[3], y, NULL);
        if (s == steps)
            break;
        const size_t B = batches[s];
        const struct train_descent descent = {.rate = rates[s]};
        assert_int_equal(train_signals_init(&batch, &a, B, false, &error), BASE_OK);
        if (B < T)
            batches_next(&taken, &a, 3, 1, B, columns);
        for (size_t t = 0; t < B; t++) {
            const size_t from = B < T ? columns[t] : t;
            for (size_t i = 0; i < a.widths[0]; i++)
                batch.h[0][i * B + t] = all.h[0][i * T + from];
            for (size_t k = 0; k < 3; k++)
                batch_y[k * B + t] = y[k * T + from];
        }
        train_forward(&network, &activation, &batch);
        train_loss_compute(TRAIN_SQUARED, 3, B, batch.h[3], batch_y, errors);
        train_backward_errors(&network, &batch, errors, P);
        train_descend(&descent, &network, &batch, (const double *const *)P);
        train_signals_free(&batch);
    }
    for (size_t l = 1; l <= a.L; l++)
        free(P[l]);
    train_signals_free(&all);
    train_network_free(&teacher);
    train_network_free(&network);
    net_activation_close(&activation);
}

/* The batches and learning rates that are said to have been used, and the losses that those lead to. */
static void expect_steps(const struct experiment_training *training, const size_t *batches,
                         const double *rates)
{
    struct numbers n;
    double losses[STEPS + 1];
    size_t samples = 0;
    train(training, &n);
    descend_by_hand(training, STEPS, batches, rates, losses);
    for (size_t s = 0; s <= STEPS; s++) {
        samples += s > 0 ? batches[s - 1] : 0;
        assert_close(n.of[LOSS][s], losses[s], 1e-12);
        assert_close(n.of[EPOCH][s], (double)samples / T, 1e-15);
        if (s > 0) {
            assert_true(n.of[BATCH][s] == (double)batches[s - 1]);
            assert_close(n.of[RATE][s], rates[s - 1], 1e-15);
        }
    }
    assert_true(isnan(n.of[BATCH][0]) && isnan(n.of[RATE][0]));
}

static void stages_by_steps_are_entered(void **state)
{
    (void)state;
    static const struct experiment_stage stages[] = {
        {.step = 5, .batch = 7, .factor = 1},
        {.step = 9, .batch = 0, .factor = 0.5},
        {.step = 12, .batch = -1, .factor = 0.5},
        {.step = 20, .batch = 3, .factor = 2},
    };
    struct experiment_training training = plain_training();
    size_t batches[STEPS];
    double rates[STEPS];
    struct numbers staged, plain;
    training.schedule = (struct experiment_schedule){4, stages};
    for (size_t s = 0; s < STEPS; s++) {
        batches[s] = s < 5 ? 4 : s < 9 ? 7 : s < 20 ? T : 3;
        rates[s] = s < 9 ? 0.1 : s < 12 ? 0.05 : s < 20 ? 0.025 : 0.05;
    }
    expect_steps(&training, batches, rates);
    train(&training, &staged);
    training.schedule.n = 0;
    train(&training, &plain);
    assert_memory_equal(staged.of[LOSS], plain.of[LOSS], 6 * sizeof(double));
    assert_true(fabs(staged.of[LOSS][6] - plain.of[LOSS][6]) > 0);
}

/* T = 11: an epoch of batches of 4 is over after three steps, 12 samples; two after 6 steps, 24; then 7 a
 * step: 31, 38 samples after 7, 8 steps. */
static void stages_by_epochs_are_entered(void **state)
{
    (void)state;
    static const struct experiment_stage stages[] = {
        {.epoch = 1, .batch = -1, .factor = 0.1},
        {.epoch = 2, .batch = 7, .factor = 1},
        {.epoch = 3.4, .batch = 20, .factor = 0.1},
    };
    struct experiment_training training = plain_training();
    size_t batches[STEPS];
    double rates[STEPS];
    training.schedule = (struct experiment_schedule){3, stages};
    for (size_t s = 0; s < STEPS; s++) {
        batches[s] = s < 6 ? 4 : s < 8 ? 7 : T;
        rates[s] = s < 3 ? 0.1 : s < 8 ? 0.01 : 0.001;
    }
    expect_steps(&training, batches, rates);
}

static void a_training_ends_with_its_epochs(void **state)
{
    (void)state;
    struct experiment_training training = plain_training();
    struct numbers n, all;
    train(&training, &all);
    training.epochs = 2.5;
    training.every = 1000;
    train(&training, &n);
    for (size_t s = 0; s <= STEPS; s++) { /* 28 samples */
        assert_int_equal(isfinite(n.of[LOSS][s]), s == 0 || s == 7);
        assert_int_equal(isfinite(n.of[TEST_LOSS][s]), s == 0 || s == 7);
        assert_int_equal(isfinite(n.of[EPOCH][s]), s <= 7);
    }
    assert_true(n.of[LOSS][7] == all.of[LOSS][7]);
}

static void spectra_are_of_the_steps_batches(void **state)
{
    (void)state;
    static const struct experiment_stage stages[] = {{.step = 5, .batch = 7, .factor = 0.3}};
    struct experiment_training training = plain_training();
    struct numbers n, all;
    training.schedule = (struct experiment_schedule){1, stages};
    training.spectra = 1;
    train(&training, &all);
    training.spectra = 3;
    train(&training, &n);
    double conditions = 0, energies = 0, measured = 0;
    for (size_t s = 0; s <= STEPS; s++) {
        const bool due = s > 0 && s % 3 == 0;
        for (int i = EIG_MAX; i <= ENERGY; i++)
            assert_true(due ? n.of[i][s] == all.of[i][s] && n.of[i][s] > 0 : isnan(n.of[i][s]));
        assert_true(n.of[LOSS][s] == all.of[LOSS][s]);
        if (due) {
            conditions += n.of[CONDITION][s];
            energies += (s <= 5 ? 0.1 / 4 : 0.03 / 7) * n.of[ENERGY][s];
            measured++;
        }
        if (due || s == STEPS) { /* 40 is no multiple of 3 */
            assert_close(n.of[MEAN][s], conditions / measured, 1e-13);
            assert_close(n.of[CUMULATIVE][s], energies / (measured / (double)s), 1e-13);
        } else
            assert_true(isnan(n.of[MEAN][s]) && isnan(n.of[CUMULATIVE][s]));
    }
}

/* What of the first step's follows from the network as it was drawn. */
static void the_first_spectrum_is_of_the_drawn_network(void **state)
{
    (void)state;
    struct experiment_training training = plain_training();
    struct numbers n;
    struct net_architecture a;
    struct net_activation activation = {0};
    struct train_network network;
    struct train_signals signals;
    struct base_error error;
    double y[3 * T], J[T * MOST_PARAMETERS] = {0}, trace = 0;
    training.batch = 0;
    training.spectra = 1;
    train(&training, &n);
    open_network(T, &training, &a, &activation);
    assert_int_equal(train_network_init(&network, &a, &error), BASE_OK);
    assert_int_equal(train_signals_init(&signals, &a, T, false, &error), BASE_OK);
    train_inputs_draw(&a, 3, 1, signals.h[0]);
    train_teacher_draw(&network, 3, 1);
    train_forward(&network, &activation, &signals);
    memcpy(y, signals.h[3], sizeof y);
    train_network_draw(&network, 3, 1);
    const struct sample_losses f = {TRAIN_SQUARED, &activation, &network, &signals, y};
    jacobian(&f, J);
    for (size_t t = 0; t < T; t++)
        trace += dot(J + t * MOST_PARAMETERS, J + t * MOST_PARAMETERS);
    assert_close(n.of[ENERGY][1], sqrt(trace), 1e-9);
    assert_true(n.of[EIG_MAX][1] < trace && n.of[EIG_MAX][1] > trace / T);
    train_signals_free(&signals);
    train_network_free(&network);
    net_activation_close(&activation);
}

/* Batches of 2 double after every epoch where any noise is too much, and never where none is. */
static void adaptive_batches_grow(void **state)
{
    (void)state;
    static const double expected[] = {2, 2, 2, 2, 2, 2, 4, 4, 4, 8, 8, 11};
    struct experiment_training training = plain_training();
    struct numbers plain, little, much;
    training.batch = 2;
    train(&training, &plain);
    training.adaptive = 1e-6; /* epochs end after 12, 24 and 40 samples */
    train(&training, &little);
    for (size_t s = 1; s <= STEPS; s++)
        assert_true(little.of[BATCH][s] == expected[s < 12 ? s - 1 : 11]);
    assert_memory_equal(little.of[LOSS], plain.of[LOSS], 7 * sizeof(double));
    training.adaptive = 0.999;
    train(&training, &much);
    for (size_t s = 2; s <= STEPS; s++) {
        const double B = much.of[BATCH][s], before = much.of[BATCH][s - 1];
        assert_true(B == before || B == fmin(2 * before, T));
        if (B > before)
            assert_true(floor(much.of[EPOCH][s - 1]) > floor(much.of[EPOCH][s - 2]));
    }
    assert_true(much.of[BATCH][12] < T);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_gram_is_of_the_samples_gradients),
    cmocka_unit_test(the_condition_is_of_positive_eigenvalues),
    cmocka_unit_test(the_norm_test_weighs_noise),
    cmocka_unit_test(stages_by_steps_are_entered),
    cmocka_unit_test(stages_by_epochs_are_entered),
    cmocka_unit_test(a_training_ends_with_its_epochs),
    cmocka_unit_test(spectra_are_of_the_steps_batches),
    cmocka_unit_test(the_first_spectrum_is_of_the_drawn_network),
    cmocka_unit_test(adaptive_batches_grow),
};
const struct test_group tests_train_spectra = TEST_GROUP(tests);
