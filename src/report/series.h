/* Private to report: one comparison, one number of a variable at one case and one value of every axis but
 * width. */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include "report/report.h"
#include "report/theory_table.h"

#include <stdbool.h>

enum series_state {
    SERIES_FITTED,    /* limit is there */
    SERIES_EXACT,     /* no spread at all, and equal to theory at every width */
    SERIES_IDENTITY,  /* a prediction for every width: worst and p_value are there */
    SERIES_NO_THEORY, /* theory is nan */
    SERIES_NO_WIDTHS, /* too few widths, or none swept */
    SERIES_NO_TRIALS, /* fewer than two finished trials at some width */
    SERIES_OVERFLOW,  /* the mean or its error is no finite number at some width */
    SERIES_NO_LIMIT   /* the prediction is no statement about large width: of the whole variable, n = 0 */
};

struct series {
    const struct store_result *result;
    const struct measure_variable *variable;
    const char *size;   /* the key that grows: "width", or "sample_size" where the result has that; the next
                           ones call   its values widths */
    size_t index;       /* along the variable's axis: a layer, say; 0 for a scalar */
    size_t first_point; /* at the first width */
    size_t n;           /* widths */
    size_t n_powers;
    double powers[MEASURE_MAX_POWERS];
    double *widths, *theory, *ratios, *se; /* (n) ratio and its error */
    struct report_moments *moments;        /* (n) */
    enum series_state state;
    bool is_buried; /* an outlier that theory does not expect to stand clear of the bulk at the largest width
                     */
    struct report_limit limit;
    size_t worst;     /* of an identity: the width with the smallest p-value, */
    double p_value;   /* that of the ratio being within the identity's error of 1, times n, */
    double widest_se; /* and the largest se */
};

/* All comparisons of one result file, appended to the list: of every predicted variable that declares powers,
 * every number along its axis; one without any makes a single entry. A layer that a network does not have, of
 * which there is neither a measurement nor a prediction, makes none. own: NULL, or what to compare with in
 * place of the stored theory, in these numbers alone. */
struct series_list {
    size_t n, room;
    struct series *series;
};
int series_collect(const struct store_result *result, const struct theory_values *own,
                   struct series_list *list, struct base_error *error);
void series_list_free(struct series_list *list);

#endif
