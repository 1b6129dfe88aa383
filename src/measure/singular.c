/* Fisher matrices at singular regions, and descents past them, of committee machines and a mixture (APO06).
 */
#include "measure/measure.h"

#include "base/memory.h"
#include "net/committee.h"
#include "theory/committee.h"
#include "train/committee.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- dynamics */

enum { TIME, ERROR, R_11, R_12, R_21, R_22, Q_11, Q_12, Q_22, V_1, V_2, PLATEAU, TARGET, N_DYNAMICS };

/* Levels of ε whose times are measured: the plateau lasts from 1.1 ε_p to ½ ε_p. */
enum { PLATEAU_BEGIN, PLATEAU_END, TARGET_ERROR, N_LEVELS };

static const char finite_steps[] = "the prediction is the flow, of vanishing steps; descents have steps of "
                                   "time_step, and are off by more than their s.e.";

#define AT_TIMES(symbol, what, how)                                                                          \
    {                                                                                                        \
        .name = "singular_" symbol, .long_name = what " at each recorded time", .formula = how,              \
        .source = "APO06", .axis = MEASURE_STEP, .predicted = true, .unjudged = finite_steps                 \
    }

static const struct measure_variable dynamics_variables[N_DYNAMICS] = {
    [TIME] = AT_TIMES("time", "time", "steps times the learning rate"),
    [ERROR] = AT_TIMES("error", "error of the student", "eps = E (f - teacher)^2 / 2"),
    [R_11] = AT_TIMES("overlap_11", "overlap of student unit 1 and teacher unit 1", "R_11 = J_1 . B_1"),
    [R_12] = AT_TIMES("overlap_12", "overlap of student unit 1 and teacher unit 2", "R_12 = J_1 . B_2"),
    [R_21] = AT_TIMES("overlap_21", "overlap of student unit 2 and teacher unit 1", "R_21 = J_2 . B_1"),
    [R_22] = AT_TIMES("overlap_22", "overlap of student unit 2 and teacher unit 2", "R_22 = J_2 . B_2"),
    [Q_11] = AT_TIMES("norm_11", "squared norm of student unit 1", "Q_11 = |J_1|^2"),
    [Q_12] = AT_TIMES("norm_12", "overlap of the student's units", "Q_12 = J_1 . J_2"),
    [Q_22] = AT_TIMES("norm_22", "squared norm of student unit 2", "Q_22 = |J_2|^2"),
    [V_1] = AT_TIMES("weight_1", "output weight of student unit 1", "v_1"),
    [V_2] = AT_TIMES("weight_2", "output weight of student unit 2", "v_2"),
    [PLATEAU] =
        {.name = "plateau_time",
         .long_name = "time in which the error falls from 1.1 to 0.5 of the plateau's",
         .formula =
             "t(eps_p / 2) - t(1.1 eps_p), eps_p = 1/3 - (4/pi) arcsin(1/4); teacher of two units, v = 1",
         .source = "APO06",
         .predicted = true,
         .unjudged = finite_steps},
    [TARGET] = {.name = "target_time",
                .long_name = "time at which the error first falls to singular.target",
                .formula = "t(target)",
                .source = "APO06",
                .predicted = true,
                .unjudged = finite_steps},
};

/* The plateau is that of fixed output weights and two teacher units. */
static bool has_plateau(const struct experiment_singular *s)
{
    return s->teacher_units == 2 && strcmp(s->output_weights, "fixed") == 0;
}

static void find_levels(const struct experiment_singular *s, double levels[N_LEVELS])
{
    const double plateau = theory_committee_plateau().error;
    levels[PLATEAU_BEGIN] = 1.1 * plateau;
    levels[PLATEAU_END] = 0.5 * plateau;
    levels[TARGET_ERROR] = s->target;
}

static void put_times(const struct experiment_singular *s, const double times[N_LEVELS],
                      double *const *values)
{
    if (values[PLATEAU] != NULL && has_plateau(s))
        *values[PLATEAU] = times[PLATEAU_END] - times[PLATEAU_BEGIN];
    if (values[TARGET] != NULL)
        *values[TARGET] = times[TARGET_ERROR];
}

static double committee_bytes(const struct net_architecture *architecture)
{
    return train_committee_bytes(architecture);
}

static int committee_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    struct train_committee *committee = NULL;
    const int status = train_committee_init(&committee, architecture, error);
    *work = status == BASE_OK ? committee : NULL;
    return status;
}

static void committee_free(void *work)
{
    train_committee_free(work);
}

static double dynamics_steps(const struct net_architecture *architecture)
{
    return (double)architecture->singular->steps;
}

static int dynamics_run(void *work, uint64_t seed, uint64_t trial, const struct train_watch *watch,
                        double *const *values, struct base_error *error)
{
    struct train_committee *committee = work;
    const struct experiment_singular *s = train_committee_singular(committee);
    const struct train_committee_record record = {
        .time = values[TIME],
        .error = values[ERROR],
        .overlap = {{values[R_11], values[R_12]}, {values[R_21], values[R_22]}},
        .student = {values[Q_11], values[Q_12], values[Q_22]},
        .weights = {values[V_1], values[V_2]}};
    double levels[N_LEVELS], times[N_LEVELS];
    find_levels(s, levels);
    const int status =
        train_committee_run(committee, seed, trial, watch, &record, N_LEVELS, levels, times, error);
    if (status == BASE_OK)
        put_times(s, times, values);
    return status;
}

static void make_start(const struct experiment_singular *s, struct theory_committee *committee)
{
    struct net_committee student;
    net_committee_start(s, &student);
    *committee = (struct theory_committee){.teacher_units = (size_t)s->teacher_units,
                                           .learned = strcmp(s->output_weights, "learned") == 0};
    memcpy(committee->J, student.J, sizeof committee->J);
    memcpy(committee->v, student.v, sizeof committee->v);
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < THEORY_COMMITTEE_SPAN; i++)
        sum += a[i] * b[i];
    return sum;
}

static void put_state(const struct theory_committee *c, double time, size_t s, double *const *values)
{
    const double alone = c->teacher_units == 2 ? 1 : NAN;
    const double numbers[] = {[TIME] = time,
                              [ERROR] = theory_committee_error(c),
                              [R_11] = c->J[0][0],
                              [R_12] = c->J[0][1] * alone,
                              [R_21] = c->J[1][0],
                              [R_22] = c->J[1][1] * alone,
                              [Q_11] = dot(c->J[0], c->J[0]),
                              [Q_12] = dot(c->J[0], c->J[1]),
                              [Q_22] = dot(c->J[1], c->J[1]),
                              [V_1] = c->v[0],
                              [V_2] = c->v[1]};
    for (size_t v = 0; v < sizeof numbers / sizeof *numbers; v++)
        if (values[v] != NULL)
            values[v][s] = numbers[v];
}

static int dynamics_predict(const struct theory_order *order, const struct net_architecture *architecture,
                            double *const *predictions, struct base_error *error)
{
    int status;
    const struct experiment_singular *s = architecture->singular;
    const struct theory_committee_descent descent = {strcmp(s->descent, "natural") == 0, s->ridge};
    const size_t n = (size_t)s->times + 1;
    struct theory_committee start, *states = NULL;
    double levels[N_LEVELS], reached[N_LEVELS], *times = NULL;
    (void)order;
    TRY(base_got(times = base_calloc(n, sizeof *times, error)));
    TRY(base_got(states = base_calloc(n, sizeof *states, error)));
    for (size_t i = 0; i < n; i++)
        times[i] = s->time * (double)i / (double)s->times;
    make_start(s, &start);
    find_levels(s, levels);
    TRY(theory_committee_flow(&start, &descent, n, times, states, error));
    TRY(theory_committee_times(&start, &descent, N_LEVELS, levels, s->time, reached, error));
    for (size_t i = 0; i < n; i++)
        put_state(&states[i], times[i], i, predictions);
    put_times(s, reached, predictions);
out:
    free(states);
    free(times);
    return status;
}

const struct measure measure_singular_dynamics = {
    .name = "singular_dynamics",
    .doc = "descents of a committee machine past singular regions",
    .n_variables = N_DYNAMICS,
    .variables = dynamics_variables,
    .bytes = committee_bytes,
    .flops = train_committee_flops,
    .steps = dynamics_steps,
    .init = committee_init,
    .free = committee_free,
    .run_alone = dynamics_run,
    .predict = dynamics_predict,
};

/* ---- Fisher matrix of a committee machine */

static const struct measure_variable fisher_variables[] = {
    {.name = "singular_smallest",
     .long_name = "smallest eigenvalue of the Fisher matrix of a committee machine",
     .formula = "lambda_min of G = E df df^T",
     .source = "APO06",
     .predicted = true,
     .powers = {1, 2}, /* second-order perturbation: near each region the eigenvalue is simple */
     .powers_outputs = {1, 2}},
};

static int fisher_run(void *work, uint64_t seed, uint64_t trial, const struct train_watch *watch,
                      double *const *values, struct base_error *error)
{
    (void)watch;
    return train_committee_smallest(work, seed, trial, values[0], error);
}

static int fisher_predict(const struct theory_order *order, const struct net_architecture *architecture,
                          double *const *predictions, struct base_error *error)
{
    struct net_committee student;
    struct theory_committee committee = {
        .teacher_units = 1, .learned = strcmp(architecture->singular->output_weights, "learned") == 0};
    (void)order;
    net_committee_place(architecture->singular, &student);
    memcpy(committee.J, student.J, sizeof committee.J);
    memcpy(committee.v, student.v, sizeof committee.v);
    return theory_committee_smallest(&committee, predictions[0], error);
}

const struct measure measure_singular_fisher = {
    .name = "singular_fisher",
    .doc = "the Fisher matrix of a committee machine near a singular region",
    .n_variables = sizeof fisher_variables / sizeof *fisher_variables,
    .variables = fisher_variables,
    .bytes = committee_bytes,
    .flops = train_committee_flops,
    .init = committee_init,
    .free = committee_free,
    .run_alone = fisher_run,
    .predict = fisher_predict,
};

/* ---- Fisher matrix of a mixture */

enum { DETERMINANT, SMALLEST, N_MIXTURE };

static const struct measure_variable mixture_variables[N_MIXTURE] = {
    [DETERMINANT] = {.name = "mixture_determinant",
                     .long_name = "determinant of the Fisher matrix of a mixture of two normals",
                     .formula = "det G of (v, mu)",
                     .powers = {1, 2}, /* of the mean, exact: det G (1 - 1/T) */
                     .powers_outputs = {1, 2},
                     .source = "APO06",
                     .predicted = true},
    [SMALLEST] = {.name = "mixture_smallest",
                  .long_name = "smallest eigenvalue of the Fisher matrix of a mixture of two normals",
                  .formula = "lambda_min of G of (v, mu)",
                  .powers = {1, 2},
                  .powers_outputs = {1, 2},
                  .source = "APO06",
                  .predicted = true},
};

static double mixture_bytes(const struct net_architecture *architecture)
{
    (void)architecture;
    return sizeof architecture;
}

static double mixture_flops(const struct net_architecture *architecture)
{
    return 200 * (double)architecture->singular->sample_size;
}

static int mixture_init(void **work, const struct net_architecture *architecture, struct base_error *error)
{
    const struct net_architecture **kept = base_calloc(1, sizeof *kept, error);
    if (kept != NULL)
        *kept = architecture;
    *work = kept;
    return base_got(kept);
}

static int mixture_run(void *work, uint64_t seed, uint64_t trial, const struct train_watch *watch,
                       double *const *values, struct base_error *error)
{
    const struct net_architecture *const *architecture = work;
    double G[3];
    (void)watch;
    (void)error;
    train_mixture_fisher(*architecture, seed, trial, G);
    const double determinant = G[0] * G[2] - G[1] * G[1];
    *values[DETERMINANT] = determinant;
    *values[SMALLEST] = determinant / ((G[0] + G[2]) / 2 + hypot((G[0] - G[2]) / 2, G[1]));
    return BASE_OK;
}

static int mixture_predict(const struct theory_order *order, const struct net_architecture *architecture,
                           double *const *predictions, struct base_error *error)
{
    struct theory_mixture mixture;
    (void)order;
    const int status = theory_mixture_predict(architecture->singular->proportion,
                                              architecture->singular->separation, &mixture, error);
    if (status != BASE_OK)
        return status;
    *predictions[DETERMINANT] = mixture.determinant;
    *predictions[SMALLEST] = mixture.smallest;
    return BASE_OK;
}

const struct measure measure_singular_mixture = {
    .name = "singular_mixture",
    .doc = "the Fisher matrix of a mixture of two normals near its singular region",
    .n_variables = N_MIXTURE,
    .variables = mixture_variables,
    .bytes = mixture_bytes,
    .flops = mixture_flops,
    .init = mixture_init,
    .free = free,
    .run_alone = mixture_run,
    .predict = mixture_predict,
};
