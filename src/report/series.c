#include "report/series.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the points of one series stand: every stride-th from the first, count of them. */
struct run {
    size_t stride, count;
};

/* The key that grows: predictions for a sampled matrix are exact but for the size of the sample. */
static const char *size_key(const struct store_result *r)
{
    return store_has(r, "sample_size") ? "sample_size" : "width";
}

static struct run find_width_axis(const struct store_result *r)
{
    size_t stride = r->n_points / r->n_cases;
    for (size_t a = 0; a < r->n_axes; a++) {
        stride /= r->axes[a].length;
        if (strcmp(r->axes[a].key, size_key(r)) == 0)
            return (struct run){stride, r->axes[a].length};
    }
    return (struct run){1, 1};
}

static int series_init(struct series *s, size_t n, struct base_error *error)
{
    int status;
    s->n = n;
    TRY(base_got(s->widths = base_calloc(n, sizeof(double), error)));
    TRY(base_got(s->theory = base_calloc(n, sizeof(double), error)));
    TRY(base_got(s->ratios = base_calloc(n, sizeof(double), error)));
    TRY(base_got(s->se = base_calloc(n, sizeof(double), error)));
    TRY(base_got(s->moments = base_calloc(n, sizeof *s->moments, error)));
out:
    return status;
}

static int list_append(struct series_list *list, struct series **added, struct base_error *error)
{
    if (list->n == list->room) {
        const size_t room = 2 * list->room + 16;
        struct series *series = base_calloc(room, sizeof *series, error);
        if (series == NULL)
            return BASE_FAILED;
        if (list->n > 0)
            memcpy(series, list->series, list->n * sizeof *series);
        free(list->series);
        list->series = series;
        list->room = room;
    }
    *added = &list->series[list->n++];
    return BASE_OK;
}

void series_list_free(struct series_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->series[i].widths);
        free(list->series[i].theory);
        free(list->series[i].ratios);
        free(list->series[i].se);
        free(list->series[i].moments);
    }
    free(list->series);
    memset(list, 0, sizeof *list);
}

/* What can be said of it; a number without spread gets the error of its last digits. */
static enum series_state classify(struct series *s)
{
    static const double rounding = 1e-12;
    bool exact = true;
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(s->theory[i]) || s->theory[i] == 0)
            return SERIES_NO_THEORY;
        if (s->moments[i].n < 2)
            return SERIES_NO_TRIALS;
        if (!isfinite(s->ratios[i]) || !isfinite(s->se[i] * s->se[i]) ||
            !isfinite(s->ratios[i] * s->ratios[i]))
            return SERIES_OVERFLOW;
        exact = exact && s->se[i] <= rounding && fabs(s->ratios[i] - 1) <= rounding;
        s->se[i] = fmax(s->se[i], rounding);
    }
    if (s->variable->identity > 0)
        return SERIES_IDENTITY;
    if (s->n_powers == 0 || s->n < s->n_powers + 1)
        return SERIES_NO_WIDTHS;
    return exact ? SERIES_EXACT : SERIES_FITTED;
}

/* The width that speaks most against it, by Student's t at each and Bonferroni over all. */
static void test_identity(struct series *s)
{
    s->p_value = INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        const double p =
            report_p_value(s->ratios[i], s->se[i], (double)(s->moments[i].n - 1), s->variable->identity);
        if (p * (double)s->n < s->p_value) {
            s->p_value = p * (double)s->n;
            s->worst = i;
        }
        s->widest_se = fmax(s->widest_se, s->se[i]);
    }
}

static int fit(struct series *s, struct base_error *error)
{
    int status;
    size_t *counts = base_calloc(s->n, sizeof *counts, error);
    TRY(base_got(counts));
    for (size_t i = 0; i < s->n; i++)
        counts[i] = s->moments[i].n;
    TRY(report_limit_fit(s->n, s->widths, s->ratios, s->se, counts, s->n_powers, s->powers, &s->limit,
                         error));
    s->limit.model += s->variable->accuracy;
out:
    free(counts);
    return status;
}

/* What theory says of a point besides the variables. */
struct setting {
    double *widths, *outputs, *samples, *depths; /* (n_points) */
    bool *centred;                               /* (n_points) training.normalization is not none */
    struct store_array kappa1, kappa2, alpha, parameters;
    struct store_array mean, top, edge; /* tr F/P, λ_max of F and of mean-subtracted outputs; or no values */
};

/* Whether an outlier 1 + θ times the bulk is in it: at finite width the bulk has a relative half-width of
 * about 2 to 4 √ratio, with ratio = CT over the units. Not where θ is not known. */
static bool is_within(double theta, double ratio)
{
    return theta < 4 * sqrt(ratio);
}

/* In theory the dual of one output is (αM/T)((κ_1 − κ_2) 1 + κ_2 11ᵀ), and θ = Tκ_2/(κ_1 − κ_2); of given
 * inputs it is their kernel K, with no κ. There the edge of the bulk, λ_2(K), is λ_1(ΠKΠ) at most, which has
 * 1 + θ, and the bulk is as wide as one of (tr K − λ_1(K))/λ_1(ΠKΠ) equal eigenvalues. */
static bool is_buried(const struct setting *x, size_t point)
{
    const double kappa1 = x->kappa1.values[point], kappa2 = x->kappa2.values[point];
    double theta = x->samples[point] * kappa2 / (kappa1 - kappa2), bulk = x->samples[point];
    if (isnan(kappa1) && x->edge.values != NULL) {
        const double top = x->top.values[point], edge = x->edge.values[point],
                     trace = x->mean.values[point] * x->parameters.values[point] / x->outputs[point];
        theta = top / edge - 1;
        bulk = (trace - top) / edge;
    }
    return is_within(theta, x->outputs[point] * bulk / (x->alpha.values[point] * x->widths[point]));
}

/* That of a layer's block likewise, with κ_2/κ_1 by its sharpness, ((T−1)κ_2/κ_1 + 1)/T. What a block is made
 * of has gone through all L layers, forward or backward, and each has widened its bulk. */
static bool is_buried_in_layer(const struct setting *x, size_t point, double sharpness)
{
    const double T = x->samples[point], share = (T * sharpness - 1) / (T - 1);
    return T > 1 &&
           is_within(T * share / (1 - share), x->depths[point] * x->outputs[point] * T / x->widths[point]);
}

/* The predictions of one number of a variable: of point p at values[p*stride]. */
struct theory {
    const double *values;
    size_t stride;
};

static int collect_series(struct series *s, size_t stride, const struct setting *x,
                          const struct store_array *measured, const struct store_array *sharpness,
                          struct theory theory, struct base_error *error)
{
    const size_t trials = s->result->trials, length = measured->length;
    const bool first = measure_is_first(s->variable->axis, s->result->sizes, s->index);
    const bool centred = x->centred[s->first_point];
    size_t widest = s->first_point;
    s->n_powers = measure_powers(s->variable, x->outputs[s->first_point] > 1 || centred, first, s->powers);
    for (size_t i = 0; i < s->n; i++) {
        const size_t point = s->first_point + i * stride;
        s->widths[i] = x->widths[point];
        widest = x->widths[point] > x->widths[widest] ? point : widest;
        s->theory[i] = theory.values[point * theory.stride];
        s->moments[i] = report_moments(trials, measured->values + point * trials * length + s->index, length);
        s->ratios[i] = s->moments[i].mean / s->theory[i];
        s->se[i] = s->moments[i].se / fabs(s->theory[i]);
    }
    s->state = classify(s);
    s->is_buried = s->variable->outlier && !centred && is_buried(x, widest);
    if (sharpness->values != NULL && !first)
        s->is_buried =
            s->is_buried || is_buried_in_layer(x, widest, sharpness->values[widest * length + s->index]);
    if (s->state == SERIES_IDENTITY)
        test_identity(s);
    return s->state == SERIES_FITTED ? fit(s, error) : BASE_OK;
}

static int read_stored(const struct store_result *r, const char *variable, enum measure_axis axis,
                       struct store_array *theory, struct base_error *error)
{
    char name[128];
    snprintf(name, sizeof name, "%.100s_theory", variable);
    const int status = store_read(r, name, theory, error);
    if (status == BASE_OK && (theory->per_trial || theory->axis != axis))
        return base_fail(error, BASE_BAD_INPUT, "%s: `%s` has unexpected dimensions", r->path, name);
    return status;
}

/* Neither measured nor predicted at any of the widths: no such layer, say. */
static bool is_absent(const struct store_array *measured, struct theory theory, size_t index, size_t trials,
                      size_t first_point, struct run run)
{
    for (size_t i = 0; i < run.count; i++) {
        const size_t point = first_point + i * run.stride;
        if (!isnan(theory.values[point * theory.stride]))
            return false;
        for (size_t t = 0; t < trials; t++)
            if (!isnan(measured->values[(point * trials + t) * measured->length + index]))
                return false;
    }
    return true;
}

/* One number of a variable at all points. */
static int collect_number(const struct store_result *r, const struct measure_variable *v, size_t index,
                          const struct store_array *measured, const struct store_array *sharpness,
                          struct theory theory, const struct setting *x, struct series_list *list,
                          struct base_error *error)
{
    int status = BASE_OK;
    const struct run run = find_width_axis(r);
    for (size_t point = 0; point < r->n_points; point++) {
        struct series *s;
        if (point / run.stride % run.count != 0 ||
            (v->axis != MEASURE_SCALAR && is_absent(measured, theory, index, r->trials, point, run)))
            continue;
        TRY(list_append(list, &s, error));
        *s = (struct series){
            .result = r, .variable = v, .size = size_key(r), .index = index, .first_point = point};
        TRY(series_init(s, run.count, error));
        TRY(collect_series(s, run.stride, x, measured, sharpness, theory, error));
    }
out:
    return status;
}

/* own: NULL for the stored theory. */
static int collect_variable(const struct store_result *r, const struct measure_variable *v,
                            const struct theory_values *own, const struct setting *x,
                            struct series_list *list, struct base_error *error)
{
    int status;
    struct store_array measured = {0}, stored = {0}, sharpness = {0};
    TRY(store_read(r, v->name, &measured, error));
    if (own == NULL)
        TRY(read_stored(r, v->name, v->axis, &stored, error));
    if (v->sharpness != NULL)
        TRY(read_stored(r, v->sharpness, v->axis, &sharpness, error));
    if (!measured.per_trial || measured.axis != v->axis)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: `%s` has unexpected dimensions", r->path, v->name));
    for (size_t index = 0; index < measured.length; index++) {
        struct theory theory = {stored.values + index, stored.length};
        if (own != NULL)
            theory = (struct theory){theory_values_find(own, r->n_points, v, index), 1};
        if (theory.values != NULL)
            TRY(collect_number(r, v, index, &measured, &sharpness, theory, x, list, error));
    }
out:
    store_array_free(&measured);
    store_array_free(&stored);
    store_array_free(&sharpness);
    return status;
}

/* A prediction that no width comes to; of one's own, where the table has any number of it. */
static int note_unjudged(const struct store_result *r, const struct measure_variable *v,
                         const struct theory_values *own, struct series_list *list, struct base_error *error)
{
    struct series *s;
    bool said = own == NULL;
    for (size_t i = 0; own != NULL && i < own->n; i++)
        said = said || own->numbers[i].variable == v;
    if (!said)
        return BASE_OK;
    const int status = list_append(list, &s, error);
    if (status == BASE_OK)
        *s = (struct series){.result = r, .variable = v, .size = size_key(r), .state = SERIES_NO_LIMIT};
    return status;
}

/* 1 at every point where the result has no such key, for its networks are of another kind. */
static int read_network_key(const struct store_result *r, const char *key, double *values,
                            struct base_error *error)
{
    if (strcmp(size_key(r), "width") == 0)
        return store_read_key(r, key, values, error);
    for (size_t p = 0; p < r->n_points; p++)
        values[p] = 1;
    return BASE_OK;
}

static int read_scalar(const struct store_result *r, const char *name, struct store_array *array,
                       struct base_error *error)
{
    const int status = store_read(r, name, array, error);
    if (status == BASE_OK && (array->per_trial || array->axis != MEASURE_SCALAR))
        return base_fail(error, BASE_BAD_INPUT, "%s: `%s` has unexpected dimensions", r->path, name);
    return status;
}

/* What theory says of whole Fisher matrices, where the result has that. */
static int read_spectrum(const struct store_result *r, struct setting *x, struct base_error *error)
{
    int status = BASE_OK;
    if (!store_has(r, "fisher_centred_eig_max_theory"))
        return BASE_OK;
    TRY(read_scalar(r, "fisher_eig_mean_theory", &x->mean, error));
    TRY(read_scalar(r, "fisher_eig_max_theory", &x->top, error));
    TRY(read_scalar(r, "fisher_centred_eig_max_theory", &x->edge, error));
out:
    return status;
}

static int setting_init(struct setting *x, const struct store_result *r, struct base_error *error)
{
    int status;
    TRY(base_got(x->widths = base_calloc(r->n_points, sizeof(double), error)));
    TRY(base_got(x->outputs = base_calloc(r->n_points, sizeof(double), error)));
    TRY(base_got(x->samples = base_calloc(r->n_points, sizeof(double), error)));
    TRY(base_got(x->depths = base_calloc(r->n_points, sizeof(double), error)));
    TRY(store_read_key(r, size_key(r), x->widths, error));
    TRY(read_network_key(r, "outputs", x->outputs, error));
    TRY(read_network_key(r, "samples", x->samples, error));
    TRY(read_network_key(r, "depth", x->depths, error));
    TRY(base_got(x->centred = base_calloc(r->n_points, sizeof *x->centred, error)));
    TRY(store_read_differs(r, "normalization", "none", x->centred, error));
    TRY(read_scalar(r, "kappa1", &x->kappa1, error));
    TRY(read_scalar(r, "kappa2", &x->kappa2, error));
    TRY(read_scalar(r, "alpha", &x->alpha, error));
    TRY(read_scalar(r, "parameters", &x->parameters, error));
    TRY(read_spectrum(r, x, error));
out:
    return status;
}

static void setting_free(struct setting *x)
{
    free(x->widths);
    free(x->outputs);
    free(x->samples);
    free(x->depths);
    free(x->centred);
    store_array_free(&x->kappa1);
    store_array_free(&x->kappa2);
    store_array_free(&x->alpha);
    store_array_free(&x->parameters);
    store_array_free(&x->mean);
    store_array_free(&x->top);
    store_array_free(&x->edge);
}

int series_collect(const struct store_result *result, const struct theory_values *own,
                   struct series_list *list, struct base_error *error)
{
    int status;
    struct setting x = {0};
    TRY(setting_init(&x, result, error));
    for (size_t i = 0; i < result->n_names; i++) {
        const struct measure_variable *v = measure_find_variable(result->names[i]);
        if (measure_is_judged(v))
            TRY(collect_variable(result, v, own, &x, list, error));
        else if (v->predicted)
            TRY(note_unjudged(result, v, own, list, error));
    }
out:
    setting_free(&x);
    return status;
}
