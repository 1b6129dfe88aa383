#include "theory/committee.h"

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_odeiv2.h>
#include <gsl/gsl_vector.h>

#include <math.h>
#include <string.h>

enum { SPAN = THEORY_COMMITTEE_SPAN, MOST = THEORY_COMMITTEE_MOST, UNITS = 4 };

/* Student and teacher in one list. */
struct stack {
    size_t n;
    double A[UNITS][SPAN], c[UNITS];
    double Q[UNITS][UNITS], root[UNITS][UNITS], angle[UNITS][UNITS]; /* √Δ, arcsin(·) */
};

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < SPAN; i++)
        sum += a[i] * b[i];
    return sum;
}

static void stack_init(struct stack *s, const struct theory_committee *committee)
{
    memset(s, 0, sizeof *s);
    s->n = 2 + committee->teacher_units;
    memcpy(s->A, committee->J, sizeof committee->J);
    for (size_t k = 0; k < s->n; k++) {
        s->c[k] = k < 2 ? committee->v[k] : -1;
        if (k >= 2)
            s->A[k][k - 2] = 1;
    }
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n; k++)
            s->Q[i][k] = dot(s->A[i], s->A[k]);
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n; k++) {
            const double product = (1 + s->Q[i][i]) * (1 + s->Q[k][k]);
            s->root[i][k] = sqrt(product - s->Q[i][k] * s->Q[i][k]);
            s->angle[i][k] = asin(s->Q[i][k] / sqrt(product));
        }
}

size_t theory_committee_parameters(const struct theory_committee *committee)
{
    return 2 * SPAN + (committee->learned ? 2 : 0);
}

double theory_committee_error(const struct theory_committee *committee)
{
    struct stack s;
    double sum = 0;
    stack_init(&s, committee);
    for (size_t i = 0; i < s.n; i++)
        for (size_t k = 0; k < s.n; k++)
            sum += s.c[i] * s.c[k] * s.angle[i][k];
    return sum / M_PI;
}

void theory_committee_gradient(const struct theory_committee *committee, double *gradient)
{
    struct stack s;
    stack_init(&s, committee);
    memset(gradient, 0, theory_committee_parameters(committee) * sizeof *gradient);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < s.n; k++) {
            const double factor = M_2_PI * s.c[k], shrink = s.Q[i][k] / (1 + s.Q[i][i]);
            for (size_t a = 0; a < SPAN; a++)
                gradient[i * SPAN + a] += s.c[i] * factor * (s.A[k][a] - shrink * s.A[i][a]) / s.root[i][k];
            if (committee->learned)
                gradient[2 * SPAN + i] += factor * s.angle[i][k];
        }
}

static double fisher_weights(const struct stack *s, size_t i, size_t a, size_t k, size_t b)
{
    const double *J = s->A[i], *K = s->A[k], root = s->root[i][k];
    const double taken = (1 + s->Q[k][k]) * J[a] * J[b] + (1 + s->Q[i][i]) * K[a] * K[b] -
                         s->Q[i][k] * (J[a] * K[b] + K[a] * J[b]);
    return s->c[i] * s->c[k] * M_2_PI / root * ((a == b ? 1 : 0) - taken / (root * root));
}

void theory_committee_fisher(const struct theory_committee *committee, double *G)
{
    struct stack s;
    const size_t n = theory_committee_parameters(committee);
    stack_init(&s, committee);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 2; k++) {
            for (size_t a = 0; a < SPAN; a++)
                for (size_t b = 0; b < SPAN; b++)
                    G[(i * SPAN + a) * n + k * SPAN + b] = fisher_weights(&s, i, a, k, b);
            if (!committee->learned)
                continue;
            G[(2 * SPAN + i) * n + 2 * SPAN + k] = M_2_PI * s.angle[i][k];
            const double shrink = s.Q[i][k] / (1 + s.Q[k][k]);
            for (size_t a = 0; a < SPAN; a++) {
                const double mixed = s.c[k] * M_2_PI * (s.A[i][a] - shrink * s.A[k][a]) / s.root[i][k];
                G[(2 * SPAN + i) * n + k * SPAN + a] = mixed;
                G[(k * SPAN + a) * n + 2 * SPAN + i] = mixed;
            }
        }
}

int theory_committee_smallest(const struct theory_committee *committee, double *smallest,
                              struct base_error *error)
{
    double G[MOST * MOST], values[MOST];
    const size_t n = theory_committee_parameters(committee);
    theory_committee_fisher(committee, G);
    for (size_t i = 0; i < n * n; i++)
        if (!isfinite(G[i]))
            return base_fail(error, BASE_UNRESOLVED,
                             "the Fisher matrix of the committee machine is not finite");
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(n);
    if (work == NULL)
        return base_fail(error, BASE_FAILED, "out of memory");
    gsl_matrix_view matrix = gsl_matrix_view_array(G, n, n);
    gsl_vector_view vector = gsl_vector_view_array(values, n);
    gsl_eigen_symm(&matrix.matrix, &vector.vector, work);
    gsl_eigen_symm_free(work);
    *smallest = gsl_vector_min(&vector.vector);
    return BASE_OK;
}

/* ---- flows */

/* A point of a flow: θ as an array, and what makes a student of it. */
struct flow {
    struct theory_committee committee; /* J and v that are learned are stale */
    const struct theory_committee_descent *descent;
    size_t n;
};

static void unpack(const double *theta, struct theory_committee *committee)
{
    memcpy(committee->J, theta, sizeof committee->J);
    if (committee->learned)
        memcpy(committee->v, theta + 2 * SPAN, sizeof committee->v);
}

static void pack(const struct theory_committee *committee, double *theta)
{
    memcpy(theta, committee->J, sizeof committee->J);
    if (committee->learned)
        memcpy(theta + 2 * SPAN, committee->v, sizeof committee->v);
}

/* θ̇ */
static int velocity(double t, const double theta[], double derivative[], void *context)
{
    const struct flow *flow = context;
    struct theory_committee committee = flow->committee;
    double G[MOST * MOST], gradient[MOST];
    (void)t;
    unpack(theta, &committee);
    theory_committee_gradient(&committee, gradient);
    for (size_t i = 0; i < flow->n; i++)
        if (!isfinite(derivative[i] = -gradient[i]))
            return GSL_EBADFUNC;
    if (!flow->descent->natural)
        return GSL_SUCCESS;
    theory_committee_fisher(&committee, G);
    for (size_t i = 0; i < flow->n; i++)
        G[i * flow->n + i] += flow->descent->ridge;
    gsl_matrix_view matrix = gsl_matrix_view_array(G, flow->n, flow->n);
    gsl_vector_view vector = gsl_vector_view_array(derivative, flow->n);
    if (gsl_linalg_cholesky_decomp1(&matrix.matrix) != GSL_SUCCESS)
        return GSL_EFAILED; /* the step is tried again, shorter */
    return gsl_linalg_cholesky_svx(&matrix.matrix, &vector.vector);
}

static int allocate(struct flow *flow, gsl_odeiv2_system *system, gsl_odeiv2_driver **driver,
                    struct base_error *error)
{
    static const double tolerance = 1e-10, first = 1e-6;
    *system = (gsl_odeiv2_system){velocity, NULL, flow->n, flow};
    *driver = gsl_odeiv2_driver_alloc_y_new(system, gsl_odeiv2_step_rk8pd, first, tolerance, tolerance);
    if (*driver == NULL)
        return base_fail(error, BASE_FAILED, "out of memory");
    gsl_odeiv2_driver_set_nmax(*driver, 1000000);
    return BASE_OK;
}

static int advance(gsl_odeiv2_driver *driver, double *t, double to, double *theta, struct base_error *error)
{
    if (to <= *t || gsl_odeiv2_driver_apply(driver, t, to, theta) == GSL_SUCCESS)
        return BASE_OK;
    return base_fail(error, BASE_UNRESOLVED,
                     "the flow of the committee machine cannot be followed beyond t = %g", *t);
}

int theory_committee_flow(const struct theory_committee *start,
                          const struct theory_committee_descent *descent, size_t n, const double *times,
                          struct theory_committee *states, struct base_error *error)
{
    int status;
    struct flow flow = {*start, descent, theory_committee_parameters(start)};
    gsl_odeiv2_system system;
    gsl_odeiv2_driver *driver = NULL;
    double theta[MOST], t = 0;
    pack(start, theta);
    TRY(allocate(&flow, &system, &driver, error));
    for (size_t i = 0; i < n; i++) {
        TRY(advance(driver, &t, times[i], theta, error));
        states[i] = *start;
        unpack(theta, &states[i]);
    }
out:
    if (driver != NULL)
        gsl_odeiv2_driver_free(driver);
    return status;
}

/* ---- when ε falls to a level */

static double error_at(const struct flow *flow, const double *theta)
{
    struct theory_committee committee = flow->committee;
    unpack(theta, &committee);
    return theory_committee_error(&committee);
}

/* Bisection between t, where the student is `before` and above the level, and `late`, where it is below. */
static int find_time(const struct flow *flow, gsl_odeiv2_driver *driver, double level, double t, double late,
                     const double *before, double *found, struct base_error *error)
{
    int status = BASE_OK;
    double early = t;
    while (late - early > 1e-12 * late) {
        double theta[MOST], at = t;
        const double middle = (early + late) / 2;
        memcpy(theta, before, sizeof theta);
        if (middle <= early || middle >= late)
            break;
        gsl_odeiv2_driver_reset(driver);
        gsl_odeiv2_driver_reset_hstart(driver, middle - t);
        TRY(advance(driver, &at, middle, theta, error));
        if (error_at(flow, theta) > level)
            early = middle;
        else
            late = middle;
    }
    *found = late;
out:
    return status;
}

int theory_committee_times(const struct theory_committee *start,
                           const struct theory_committee_descent *descent, size_t n, const double *levels,
                           double latest, double *times, struct base_error *error)
{
    int status;
    struct flow flow = {*start, descent, theory_committee_parameters(start)};
    gsl_odeiv2_system system;
    gsl_odeiv2_driver *driver = NULL, *finder = NULL;
    double theta[MOST] = {0}, before[MOST], t = 0, h = 1e-6;
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        const bool reached = theory_committee_error(start) <= levels[i];
        times[i] = reached ? 0 : NAN;
        missing += !reached;
    }
    pack(start, theta);
    TRY(allocate(&flow, &system, &driver, error));
    TRY(allocate(&flow, &system, &finder, error));
    while (missing > 0 && t < latest) {
        const double earlier = t;
        memcpy(before, theta, sizeof before);
        if (gsl_odeiv2_evolve_apply(driver->e, driver->c, driver->s, &system, &t, latest, &h, theta) !=
                GSL_SUCCESS ||
            t <= earlier)
            TRY(base_fail(error, BASE_UNRESOLVED,
                          "the flow of the committee machine cannot be followed beyond t = %g", t));
        for (size_t i = 0; i < n; i++)
            if (isnan(times[i]) && error_at(&flow, theta) <= levels[i]) {
                TRY(find_time(&flow, finder, levels[i], earlier, t, before, &times[i], error));
                missing--;
            }
    }
out:
    if (driver != NULL)
        gsl_odeiv2_driver_free(driver);
    if (finder != NULL)
        gsl_odeiv2_driver_free(finder);
    return status;
}

struct theory_committee_plateau theory_committee_plateau(void)
{
    return (struct theory_committee_plateau){.R = 1 / sqrt(6.0),
                                             .Q = 1 / 3.0,
                                             .error = 1 / 3.0 - 4 * M_1_PI * asin(0.25),
                                             .rate = M_2_PI * pow(0.4, 1.5) / sqrt(6.0)};
}
