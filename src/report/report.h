/* From a result file to means, error bars, tables and a verdict.
 *
 * With r_i = (mean measured / theory) at width M_i, the theory of a variable is the statement
 *
 *     r(M) = 1 + Σ_p c_p M^(-power_p)          powers: measure_powers, 1 and 2 where nothing else is declared
 *
 * or, in results that have one, in the size of a sample (`sample_size`, T in place of M).
 * Its constant is fitted by weighted least squares, the c_p being free, and the statement "the constant is 1"
 * is tested with Student's t. All tests of a report together call a true theory wrong with probability
 * REPORT_FALSE_ALARM at most (Bonferroni: each test at that over the number of tests).
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/error.h"
#include "measure/measure.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define REPORT_FALSE_ALARM 0.01
/* A limit known no better than this says neither yes nor no. */
#define REPORT_WIDEST 0.25

/* ---- moments.c */

/* Of the finite ones among n numbers: how many, their mean, standard deviation (n−1) and the mean's standard
 * error. nan where there are too few. */
struct report_moments {
    size_t n;
    double mean, sd, se;
};
struct report_moments report_moments(size_t n, const double *values, size_t stride);

/* ---- limit.c */

/* The constant of the fit r = limit + Σ_p c_p (M_min/M)^power_p over n widths, n > n_powers, each r_i a mean
 * over counts[i] trials with standard error se[i] > 0. Weights are 1/se² with ln se smoothed to a straight
 * line in ln M, so that chance in the error bars does not steer the fit; the limit's own error comes from the
 * se_i as measured, enlarged by √(χ²/dof) where the fit is bad; dof by Welch and Satterthwaite. */
struct report_limit {
    double limit, se;
    double dof;   /* of se, for Student's t */
    double model; /* what the first power left out may move the limit by, were the powers a geometric series;
                     verify adds the prediction's own accuracy */
    double chi2;  /* of the fit */
    size_t chi2_dof;
    double slopes[MEASURE_MAX_POWERS]; /* c_p M_min^-power_p */
};
int report_limit_fit(size_t n, const double *widths, const double *ratios, const double *se,
                     const size_t *counts, size_t n_powers, const double *powers, struct report_limit *limit,
                     struct base_error *error);

/* The half-width of the interval that covers the constant with probability 1 − level wherever in ± model the
 * left-out powers put it; and the probability, under the theory, of an estimate at least this far from 1. */
double report_limit_half_width(const struct report_limit *limit, double level);
double report_limit_p_value(const struct report_limit *limit);

/* The same of one ratio, its standard error and degrees of freedom, where 1 is right to ± allowed. */
double report_p_value(double ratio, double se, double dof, double allowed);
/* Whether the powers describe the ratios: false where χ² is so large that chance makes it once in 10,000
 * times. */
bool report_limit_fits(const struct report_limit *limit);

/* ---- table.c */

/* Tab-separated: a header line, then one row a grid point, cases separated by two blank lines. Columns: case,
 * swept axes, then v, v_se, v_theory, v_sd, v_n of each variable. Where a chosen variable has ranks, layers,
 * pairs of layers or kinds there is a row for each of them, with its coordinates (rank; layer; layer, layer2;
 * kind) as further columns behind the swept axes; variables with one number a network repeat it, and two
 * different of these axes do not go into one table. names NULL: all variables with one number a network;
 * where there are none, those that share the axis of the first.
 * kappa1, kappa2, alpha and parameters, by name, are one column each, as a second prediction is; `done` is a
 * variable without a theory.
 *
 * trials: a row for every trial in place of the statistics. Columns: case, swept axes, trial, [coordinates,]
 * then v of each variable, nan where the trial is not there yet: the rows that `run --trial` prints. */
int report_table_print(const struct store_result *result, bool trials, size_t n_names,
                       const char *const *names, FILE *out, struct base_error *error);

/* ---- tsv.c: what `table` and `theory` share */

void report_print_number(FILE *out, double value); /* 17 significant digits, or nan */
/* A coordinate: a number with as few digits as tell it from all others. */
void report_print_axis(FILE *out, const struct experiment_axis *axis, size_t index);
/* The columns that a variable's axis adds, each with a tab before it: their names, and their values in row
 * `index`. */
void report_print_dimensions(FILE *out, enum measure_axis axis);
void report_print_coordinates(FILE *out, enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS],
                              size_t index);

/* ---- verify.c, with series.c, theory_table.c and theory_match.c */

enum report_verdict { REPORT_AGREES = 0, REPORT_DISAGREES = 1, REPORT_NOT_JUDGED = 3 };

/* Prints the report on several result files and gives the verdict over all of them. theory: NULL, or the path
 * of a table of one's own, as `fisherfield theory` prints it (theory_table.h says exactly): its predictions
 * stand in place of the stored ones, and no variable is judged that it lacks. It must fit the grid of every
 * file; a row that it lacks is nan. */
int report_verify(size_t n_files, const char *const *paths, const char *theory, FILE *out,
                  enum report_verdict *verdict, struct base_error *error);

#endif
