#include "base/memory.h"
#include "base/progress.h"
#include "measure/orders.h"
#include "sweep/point.h"
#include "sweep/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double *missing(size_t count, struct base_error *error)
{
    double *values = base_calloc(count, sizeof *values, error);
    for (size_t i = 0; values != NULL && i < count; i++)
        values[i] = NAN;
    return values;
}

static int predictions_init(const struct store_layout *layout, struct store_predictions *p,
                            struct base_error *error)
{
    int status;
    const size_t n = layout->experiment->n_points;
    memset(p, 0, sizeof *p);
    TRY(base_got(p->kappa1 = missing(n, error)));
    TRY(base_got(p->kappa2 = missing(n, error)));
    TRY(base_got(p->alpha = missing(n, error)));
    TRY(base_got(p->parameters = missing(n, error)));
    TRY(base_got(p->no_outlier = base_calloc(n, sizeof *p->no_outlier, error)));
    TRY(base_got(p->values = base_calloc(layout->n_all, sizeof *p->values, error)));
    for (size_t v = 0; v < layout->n_all; v++)
        TRY(base_got(p->values[v] = missing(n * store_layout_length(layout, v), error)));
out:
    return status;
}

static void note_missing(const struct experiment *e, size_t point, const struct base_error *why,
                         struct store_predictions *p)
{
    char where[SWEEP_POINT_TEXT];
    if (p->n_missing++ == 0)
        snprintf(p->why_missing, sizeof p->why_missing, "%s: %s", sweep_point_describe(e, point, where),
                 why->text);
}

static int predict_measure(const struct measure *measure, void **kept, const struct theory_order *order,
                           const struct net_architecture *a, double *const *cells, struct base_error *error)
{
    if (a->residual && !measure->predicts_residual)
        return base_fail(error, BASE_UNRESOLVED,
                         "this version has no theory of the measure %s for residual networks", measure->name);
    if (measure->predict_next != NULL)
        return measure->predict_next(kept, a, cells, error);
    return measure->predict != NULL ? measure->predict(order, a, cells, error) : BASE_OK;
}

/* All measures of one grid point. order: NULL where no random network has any; kept: (n_measures). */
static int predict_point(const struct store_layout *layout, const struct theory_order *order, void **kept,
                         const struct net_architecture *a, size_t point, struct store_predictions *p,
                         struct base_error *error)
{
    int status = BASE_OK;
    if (order != NULL) {
        struct theory_fisher fisher;
        theory_fisher_predict(order, a, &fisher);
        p->kappa1[point] = fisher.kappa[0];
        p->kappa2[point] = fisher.kappa[1];
        p->alpha[point] = fisher.alpha;
        p->no_outlier[point] = fisher.kappa2_vanishes;
    }

    for (size_t i = 0; i < layout->experiment->n_measures; i++) {
        const struct measure *measure = measure_find(layout->experiment->measures[i]);
        double *cells[MEASURE_MAX_VARIABLES];
        for (size_t v = 0; v < measure->n_variables; v++) {
            const size_t at = store_layout_find(layout, &measure->variables[v]);
            cells[v] = at < layout->n_all ? p->values[at] + point * store_layout_length(layout, at) : NULL;
        }
        const int measured = predict_measure(measure, &kept[i], order, a, cells, error);
        if (measured == BASE_UNRESOLVED)
            note_missing(layout->experiment, point, error, p);
        else
            TRY(measured);
    }
    for (size_t v = 0; v < layout->n_all; v++)
        measure_axis_spread(layout->variables[v]->axis, a, layout->sizes,
                            p->values[v] + point * store_layout_length(layout, v));
out:
    return status;
}

static void forget(const struct experiment *e, void **kept)
{
    for (size_t i = 0; i < e->n_measures; i++)
        if (kept[i] != NULL)
            measure_find(e->measures[i])->forget(kept[i]);
}

int sweep_predict(const struct store_layout *layout, FILE *progress, struct store_predictions *predictions,
                  struct base_error *error)
{
    int status;
    const struct experiment *e = layout->experiment;
    struct measure_orders orders = {0};
    void *kept[MEASURE_MAX_MEASURES] = {NULL};
    struct net_architecture *a = NULL;
    struct base_progress shown;
    base_progress_start(&shown, progress, e->name, "predictions", e->n_points, (double)e->n_points);
    TRY(predictions_init(layout, predictions, error));
    TRY(base_got(a = base_calloc(1, sizeof *a, error)));
    for (size_t point = 0; point < e->n_points; point++) {
        const struct theory_order *order = NULL;
        TRY(sweep_point_architecture(layout, point, a, error));
        predictions->parameters[point] = a->P;
        status = a->singular != NULL ? BASE_OK : measure_orders_get(&orders, a, &order, error);
        if (status == BASE_OK)
            TRY(predict_point(layout, order, kept, a, point, predictions, error));
        else if (status == BASE_UNRESOLVED) /* an overflow, say: the other points still have theirs */
            note_missing(e, point, error, predictions);
        else
            TRY(status);
        base_progress_finish(&shown, 1);
    }
    error->text[0] = '\0';
    status = BASE_OK;
out:
    base_progress_end(&shown);
    measure_orders_free(&orders);
    forget(e, kept);
    free(a);
    if (status != BASE_OK)
        sweep_predictions_free(layout, predictions);
    return status;
}

void sweep_predictions_free(const struct store_layout *layout, struct store_predictions *predictions)
{
    struct store_predictions *p = predictions;
    for (size_t v = 0; p->values != NULL && v < layout->n_all; v++)
        free(p->values[v]);
    free(p->values);
    free(p->kappa1);
    free(p->kappa2);
    free(p->alpha);
    free(p->parameters);
    free(p->no_outlier);
    memset(p, 0, sizeof *p);
}
