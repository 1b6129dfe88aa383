#include "base/memory.h"
#include "report/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Verdicts counted over a variable, or over all. */
struct tally {
    size_t agree, disagree, undecided, skipped;
};

/* What every line of the report needs. */
struct report {
    FILE *out;
    const char *theory; /* NULL: the stored one, or the table's path */
    double level;       /* of one test */
    struct tally all;
};

static void print_place(const struct series *s, FILE *out)
{
    const struct store_result *r = s->result;
    size_t stride = r->n_points / r->n_cases;
    fprintf(out, "  case %s", r->cases[s->first_point / stride]);
    for (size_t a = 0; a < r->n_axes; a++) {
        stride /= r->axes[a].length;
        if (strcmp(r->axes[a].key, s->size) == 0)
            continue;
        fprintf(out, ", %s ", r->axes[a].key);
        report_print_axis(out, &r->axes[a], s->first_point / stride % r->axes[a].length);
    }
}

/* Decimals that show two digits of an error. */
static int digits_for(double half_width)
{
    const double digits = 1 - floor(log10(half_width));
    return !(digits >= 2) ? 2 : digits > 12 ? 12 : (int)digits;
}

/* Significant digits of a number that show so much of its error, six at least, and where it has none. */
static int significant_for(double number, double error)
{
    const double digits = 2 + floor(log10(fabs(number))) - floor(log10(error));
    return !(digits >= 6) || isinf(digits) ? 6 : digits > 15 ? 15 : (int)digits;
}

static void print_points(const struct series *s, FILE *out)
{
    fprintf(out, "  %*s %6s %13s %11s %13s %10s %9s\n", 10, s->size, "trials", "measured", "s.e.", "theory",
            "ratio", "s.e.");
    for (size_t i = 0; i < s->n; i++) {
        const struct report_moments *m = &s->moments[i];
        const int digits = significant_for(m->mean, m->se);
        fprintf(out, "  %10.0f %6zu %13.*g %11.2g %13.*g %10.*f %9.2g\n", s->widths[i], m->n, digits, m->mean,
                m->se, digits, s->theory[i], digits_for(s->se[i]), s->ratios[i], s->se[i]);
    }
}

static bool of_samples(const struct series *s)
{
    return strcmp(s->size, "sample_size") == 0;
}

/* letter: M of a width, T of a sample */
static void print_power(double power, char letter, FILE *out)
{
    if (power == 1 || power == 2)
        fprintf(out, "1/%c%s", letter, power == 2 ? "^2" : "");
    else
        fprintf(out, "%c^-%s", letter, power == 0.5 ? "1/2" : "p");
}

static void print_powers(const struct series *s, FILE *out)
{
    fputs("  1 ", out);
    for (size_t p = 0; p < s->n_powers; p++) {
        fprintf(out, "+ c%zu ", p + 1);
        print_power(s->powers[p], of_samples(s) ? 'T' : 'M', out);
        fputc(' ', out);
    }
}

static void print_fit(const struct report_limit *limit, const struct series *s, double level, FILE *out)
{
    const double half_width = report_limit_half_width(limit, level);
    const int digits = digits_for(half_width);
    fprintf(out, ": limit %.*f +- %.*f (%.5g %% interval), p = %.2g, ", digits, limit->limit, digits,
            half_width, 100 * (1 - level), report_limit_p_value(limit));
    if (limit->chi2_dof > 0)
        fprintf(out, "chi2/dof %.1f/%zu", limit->chi2, limit->chi2_dof);
    else
        fprintf(out, "no test of the fit (%zu %s, %zu terms)", s->n, of_samples(s) ? "sizes" : "widths",
                s->n_powers + 1);
}

static void print_limit(const struct series *s, double level, const char *verdict, FILE *out)
{
    if (s->state == SERIES_IDENTITY) {
        fprintf(out, "  1 to %g %% at every width (most against it: width %.0f, p = %.2g): %s\n",
                100 * s->variable->identity, s->widths[s->worst], fmin(1, s->p_value), verdict);
        return;
    }
    print_powers(s, out);
    if (s->state == SERIES_EXACT)
        fputs(": exact at every width", out);
    else
        print_fit(&s->limit, s, level, out);
    fprintf(out, ": %s\n", verdict);
}

/* No prediction at any width: its numbers have nothing to stand beside. */
static bool is_bare(const struct series *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (!isnan(s->theory[i]))
            return false;
    return s->state == SERIES_NO_THEORY;
}

static const char *why_skipped(const struct report *report, const struct series *s)
{
    switch (s->state) {
    case SERIES_NO_THEORY:
        return report->theory == NULL ? "the theory does not apply here (nan)"
               : is_bare(s)           ? "the table has no prediction (nan, or no row)"
                                      : "the table has no prediction at some width (nan, zero, or no row)";
    case SERIES_OVERFLOW: return "the measured numbers, or their errors, are beyond all bounds";
    case SERIES_NO_TRIALS: return "fewer than two finished trials at some width";
    case SERIES_NO_LIMIT:
        return s->variable->unjudged != NULL ? s->variable->unjudged
               : of_samples(s) ? "the prediction is no statement about the limit of large samples"
                               : "the prediction is no statement about the limit of large width";
    default: break;
    }
    if (of_samples(s))
        return "too few values of sample_size to extrapolate to large samples";
    return s->n == 1 ? "width is not swept, and the theory is about the limit of large width"
                     : "too few widths to extrapolate to large width";
}

static const char *judge_identity(const struct series *s, double level, struct tally *tally)
{
    if (s->p_value < level) {
        tally->disagree++;
        return "DISAGREES";
    }
    if (s->widest_se > s->variable->identity) {
        tally->undecided++;
        return "undecided (more trials would tell)";
    }
    tally->agree++;
    return "agrees";
}

static const char *judge(const struct series *s, double level, struct tally *tally)
{
    if (s->state == SERIES_FITTED && s->is_buried) {
        tally->undecided++;
        return "undecided (theory's outlier is in the bulk at these widths; much wider networks would tell)";
    }
    if (s->state == SERIES_IDENTITY)
        return judge_identity(s, level, tally);
    if (s->state == SERIES_FITTED && !report_limit_fits(&s->limit)) {
        tally->undecided++;
        return of_samples(s)
                   ? "undecided (the powers do not describe these samples; larger ones would tell)"
                   : "undecided (the powers do not describe these widths; wider networks would tell)";
    }
    if (s->state == SERIES_FITTED && report_limit_p_value(&s->limit) < level) {
        tally->disagree++;
        return "DISAGREES";
    }
    if (s->state == SERIES_FITTED && !(report_limit_half_width(&s->limit, level) <= REPORT_WIDEST)) {
        tally->undecided++;
        return of_samples(s) ? "undecided (more trials or larger samples would tell)"
                             : "undecided (more trials or wider networks would tell)";
    }
    tally->agree++;
    return "agrees";
}

static void report_series(struct report *report, const struct series *s, struct tally *tally)
{
    if (is_bare(s)) {
        tally->skipped++;
        print_place(s, report->out);
        fprintf(report->out, ": not judged: %s\n", why_skipped(report, s));
        return;
    }
    print_place(s, report->out);
    fputc('\n', report->out);
    print_points(s, report->out);
    if (s->state == SERIES_FITTED || s->state == SERIES_EXACT || s->state == SERIES_IDENTITY) {
        const char *verdict = judge(s, report->level, tally);
        print_limit(s, report->level, verdict, report->out);
    } else {
        tally->skipped++;
        fprintf(report->out, "  not judged: %s\n", why_skipped(report, s));
    }
}

/* overall: also how many of all are decided, where some are not. */
static void print_tally(const char *label, const struct tally *t, bool overall, FILE *out)
{
    const size_t decided = t->agree + t->disagree;
    fprintf(out, "%s: %s (", label,
            t->disagree > 0 ? "DISAGREES"
            : t->agree > 0  ? "agrees"
                            : "cannot be judged");
    if (overall && t->undecided > 0)
        fprintf(out, "%zu of %zu decided: ", decided, decided + t->undecided);
    fprintf(out, "%zu agree, %zu disagree", t->agree, t->disagree);
    if (t->undecided > 0)
        fprintf(out, ", %zu undecided", t->undecided);
    if (t->skipped > 0)
        fprintf(out, ", %zu not judged", t->skipped);
    fputs(")\n", out);
}

/* "layer_eig_max, layer 2" */
static const char *label(const struct series *s, char text[MEASURE_COLUMN])
{
    size_t first, used = (size_t)snprintf(text, MEASURE_COLUMN, "%.60s", s->variable->name);
    const size_t n = measure_axis_dimensions(s->variable->axis, &first);
    char coordinate[MEASURE_COORDINATE];
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(
            text + used, MEASURE_COLUMN - used, ", %s %s", measure_dimensions[first + i].name,
            measure_axis_coordinate(s->variable->axis, s->result->sizes, s->index, i, coordinate));
    return text;
}

/* All series of one number of a variable of one file follow each other in the list: the end of those from
 * `first` on. */
static size_t find_end(const struct series_list *list, size_t first)
{
    const struct series *head = &list->series[first];
    size_t end = first + 1;
    while (end < list->n && list->series[end].variable == head->variable &&
           list->series[end].index == head->index && list->series[end].result == head->result)
        end++;
    return end;
}

static void add_tally(const struct tally *tally, struct tally *sum)
{
    sum->agree += tally->agree;
    sum->disagree += tally->disagree;
    sum->undecided += tally->undecided;
    sum->skipped += tally->skipped;
}

static void print_heading(const struct report *report, const char *name, const struct series *s)
{
    fprintf(report->out, "%s: %s [%s]\n", name, s->variable->long_name,
            report->theory == NULL ? s->variable->source : report->theory);
}

/* Variables next to each other whose predictions no width comes to, for one reason. */
static size_t report_unjudged(struct report *report, const struct series_list *list, size_t first)
{
    const struct series *s = &list->series[first];
    const char *why = why_skipped(report, s);
    struct tally tally = {0};
    size_t end = first;
    for (; end < list->n && list->series[end].state == SERIES_NO_LIMIT &&
           list->series[end].result == s->result && why_skipped(report, &list->series[end]) == why;
         end++)
        print_heading(report, list->series[end].variable->name, &list->series[end]);
    tally.skipped = end - first;
    fprintf(report->out, "  not judged: %s\n", why);
    print_tally(end == first + 1 ? s->variable->name : "all these", &tally, false, report->out);
    fputc('\n', report->out);
    add_tally(&tally, &report->all);
    return end;
}

static size_t report_number(struct report *report, const struct series_list *list, size_t first)
{
    const struct series *head = &list->series[first];
    const size_t end = find_end(list, first);
    struct tally tally = {0};
    char name[MEASURE_COLUMN];
    size_t bare = 0;
    for (size_t i = first; i < end; i++)
        bare += is_bare(&list->series[i]);
    print_heading(report, label(head, name), head);
    for (size_t i = first; i < end && bare < end - first; i++)
        report_series(report, &list->series[i], &tally);
    if (bare == end - first) {
        tally.skipped = bare;
        fprintf(report->out, "  not judged: %s\n", why_skipped(report, head));
    }
    print_tally(name, &tally, false, report->out);
    fputc('\n', report->out);
    add_tally(&tally, &report->all);
    return end;
}

static size_t count_tests(const struct series_list *list)
{
    size_t tests = 0;
    for (size_t i = 0; i < list->n; i++)
        tests += list->series[i].state == SERIES_FITTED || list->series[i].state == SERIES_IDENTITY;
    return tests;
}

static void print_file(const struct store_result *file, FILE *out)
{
    struct store_array done;
    struct base_error ignored = {""}; /* a file whose mask cannot be read has shown that already */
    const size_t total = file->n_points * file->trials;
    size_t finished = 0;
    fprintf(out, "# %s\n", file->path);
    if (store_read(file, "done", &done, &ignored) == BASE_OK) {
        for (size_t i = 0; i < total; i++)
            finished += done.values[i] != 0;
        if (finished < total)
            fprintf(out, "# unfinished: %zu of %zu networks are there\n", finished, total);
        store_array_free(&done);
    }
    fputc('\n', out);
}

static enum report_verdict print_report(const struct series_list *list, const char *theory, FILE *out)
{
    const size_t tests = count_tests(list);
    struct report report = {
        .out = out, .theory = theory, .level = REPORT_FALSE_ALARM / (tests > 0 ? (double)tests : 1)};
    const struct store_result *file = NULL;
    if (theory != NULL)
        fprintf(out, "# theory: %s, in place of the stored one; only its variables are judged\n", theory);
    if (tests > 0)
        fputs("# limit: of measured/theory at large width; p: the probability, were it 1, of finding it at "
              "least this far off\n",
              out);
    for (size_t i = 0; i < list->n;) {
        if (list->series[i].result != file) {
            file = list->series[i].result;
            print_file(file, out);
        }
        i = list->series[i].state == SERIES_NO_LIMIT ? report_unjudged(&report, list, i)
                                                     : report_number(&report, list, i);
    }
    print_tally("verdict", &report.all, true, out);
    if (tests > 0)
        fprintf(
            out,
            "%zu test%s at a false-alarm rate of %.2g: a theory that is true everywhere is called wrong with "
            "probability %g at most.\n",
            tests, tests == 1 ? "" : "s, each", report.level, REPORT_FALSE_ALARM);
    return report.all.disagree > 0 ? REPORT_DISAGREES
           : report.all.agree > 0  ? REPORT_AGREES
                                   : REPORT_NOT_JUDGED;
}

static int collect(const struct store_result *result, const struct theory_table *table,
                   struct series_list *list, struct base_error *error)
{
    int status;
    struct theory_values own = {0};
    if (table == NULL)
        return series_collect(result, NULL, list, error);
    TRY(theory_table_match(table, result, &own, error));
    TRY(series_collect(result, &own, list, error));
out:
    theory_values_free(&own);
    return status;
}

int report_verify(size_t n_files, const char *const *paths, const char *theory, FILE *out,
                  enum report_verdict *verdict, struct base_error *error)
{
    int status;
    size_t opened = 0;
    struct series_list list = {0};
    struct theory_table table = {0};
    struct store_result *results = base_calloc(n_files, sizeof *results, error);
    TRY(base_got(results));
    if (theory != NULL)
        TRY(theory_table_read(&table, theory, error));
    for (size_t i = 0; i < n_files; i++) {
        TRY(store_open(&results[i], paths[i], error));
        opened++;
        TRY(collect(&results[i], theory != NULL ? &table : NULL, &list, error));
    }
    *verdict = print_report(&list, theory, out);
out:
    series_list_free(&list);
    for (size_t i = 0; i < opened; i++)
        store_result_free(&results[i]);
    free(results);
    theory_table_free(&table);
    return status;
}
