#include "cmd/cmd.h"

#include "base/cores.h"
#include "base/memory.h"
#include "base/progress.h"
#include "cmd/columns.h"
#include "sweep/sweep.h"

#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Grids of more points show one row a case and sampler. */
enum { MOST_ROWS = 40 };
static const double probe_seconds = 2;
/* A network of more flops is announced: nothing is seen until it is measured. */
static const double long_network = 5e10, flops_a_second = 1e10;

static const struct argp parser = {.args_doc = "EXPERIMENT.yaml",
                                   .doc = "Say what `run` would take: memory, time, disk space. Samples a "
                                          "few of the networks for two seconds to tell "
                                          "the time, makes nothing, and refuses what `run` would refuse.",
                                   .children = cmd_run_parser};

/* All that is known beforehand. */
struct outlook {
    const char *path; /* of the result */
    struct store_layout layout;
    struct sweep_plan plan;
    struct sweep_room room;
    struct sweep_estimate estimate;
};

/* Some points of the grid together; `first` stands for the values that are not summed. */
struct row {
    size_t first, last;
    double bytes, shortest, longest, seconds;
    size_t networks;
};

static void row_add(struct row *row, const struct outlook *o, size_t point)
{
    const double seconds = o->estimate.network_seconds[point];
    if (row->networks == 0)
        *row = (struct row){.first = point, .shortest = seconds, .longest = seconds};
    row->last = point;
    row->bytes = fmax(row->bytes, o->plan.sizes[point]);
    row->shortest = fmin(row->shortest, seconds);
    row->longest = fmax(row->longest, seconds);
    row->networks += (size_t)o->layout.experiment->trials;
    row->seconds += o->estimate.missing == 0
                        ? 0
                        : (double)o->estimate.missing_each[point] * seconds / o->plan.networks_at_once;
}

/* "20 us", "3.1 ms", then as elsewhere. */
static const char *format_short(double seconds, char text[32])
{
    if (isnan(seconds))
        snprintf(text, 32, "-");
    else if (seconds < 1e-3)
        snprintf(text, 32, "%.0f us", 1e6 * seconds);
    else if (seconds < 1)
        snprintf(text, 32, seconds < 0.1 ? "%.1f ms" : "%.0f ms", 1e3 * seconds);
    else
        base_format_seconds(seconds, text);
    return text;
}

/* The values of an axis in a row, whose points are those of its sampler from the first to the last. */
static void add_axis(struct cmd_columns *c, const struct outlook *o, const struct row *row, size_t a)
{
    const struct experiment_axis *axis = &o->layout.experiment->axes[a];
    size_t from = axis->length, to = 0;
    for (size_t p = row->first; p <= row->last; p++)
        if (o->plan.samplers[p] == o->plan.samplers[row->first]) {
            const size_t index = experiment_point_index(o->layout.experiment, p, a);
            from = index < from ? index : from;
            to = index > to ? index : to;
        }
    if (axis->type == EXPERIMENT_STRING && from < to)
        cmd_columns_add(c, "%zu values", to - from + 1);
    else if (axis->type == EXPERIMENT_STRING)
        cmd_columns_add(c, "%s", axis->strings[from]);
    else if (axis->type == EXPERIMENT_REAL)
        cmd_columns_add(c, from < to ? "%g..%g" : "%g", axis->reals[from], axis->reals[to]);
    else
        cmd_columns_add(c, from < to ? "%" PRId64 "..%" PRId64 : "%" PRId64, axis->integers[from],
                        axis->integers[to]);
}

/* What makes the networks: their sampler, or the optimizer where it is no axis. NULL: no column, as
 * for committee machines. */
static const char *maker(const struct outlook *o, size_t point)
{
    const struct experiment *e = o->layout.experiment;
    for (size_t a = 0; a < e->n_axes; a++)
        if (strcmp(e->axes[a].key, "optimizer") == 0)
            return NULL;
    return e->kind == EXPERIMENT_FISHER     ? o->plan.samplers[point]->name
           : e->kind == EXPERIMENT_TRAINING ? e->points[point].training.optimizer
                                            : NULL;
}

static void add_row(struct cmd_columns *c, const struct outlook *o, const struct row *row)
{
    const struct experiment *e = o->layout.experiment;
    char a[32], b[32];
    cmd_columns_add(c, "%s", e->cases[experiment_point_case(e, row->first)]);
    for (size_t i = 0; i < e->n_axes; i++)
        add_axis(c, o, row, i);
    if (maker(o, row->first) != NULL)
        cmd_columns_add(c, "%s", maker(o, row->first));
    cmd_columns_add(c, "%s", base_format_bytes(row->bytes, a));
    if (row->first == row->last)
        cmd_columns_add(c, "%s", format_short(row->longest, a));
    else
        cmd_columns_add(c, "%s..%s", format_short(row->shortest, a), format_short(row->longest, b));
    cmd_columns_add(c, "%zu", row->networks);
    cmd_columns_add(c, "%s", format_short(row->seconds, a));
}

/* Whether no point from `from` on has the sampler of `point`. */
static bool is_first(const struct outlook *o, size_t from, size_t point)
{
    while (from < point && o->plan.samplers[from] != o->plan.samplers[point])
        from++;
    return from == point;
}

/* One row a sampler, of the points from `begin` to before `end`. */
static void add_rows(struct cmd_columns *c, const struct outlook *o, size_t begin, size_t end)
{
    for (size_t first = begin; first < end; first++)
        if (is_first(o, begin, first)) {
            struct row row = {.networks = 0};
            for (size_t p = first; p < end; p++)
                if (o->plan.samplers[p] == o->plan.samplers[first])
                    row_add(&row, o, p);
            add_row(c, o, &row);
        }
}

static int print_grid(const struct outlook *o, struct base_error *error)
{
    static const char *const heads[] = {"memory", "a network", "networks", "time"};
    const struct experiment *e = o->layout.experiment;
    const size_t n = sizeof heads / sizeof *heads;
    struct cmd_columns columns;
    cmd_columns_init(&columns, 1 + e->n_axes + (maker(o, 0) != NULL) + n, error);
    cmd_columns_add(&columns, "case");
    for (size_t i = 0; i < e->n_axes; i++)
        cmd_columns_add(&columns, "%s", e->axes[i].key);
    if (maker(o, 0) != NULL)
        cmd_columns_add(&columns, e->kind == EXPERIMENT_FISHER ? "sampler" : "optimizer");
    for (size_t i = 0; i < n; i++)
        cmd_columns_add(&columns, "%s", heads[i]);
    const size_t rows = e->n_points <= MOST_ROWS ? e->n_points : e->n_cases, points = e->n_points / rows;
    for (size_t i = 0; i < rows; i++)
        add_rows(&columns, o, i * points, (i + 1) * points);
    return cmd_columns_print(&columns, stdout);
}

static void print_regenerated(const struct outlook *o)
{
    size_t points = 0;
    for (size_t p = 0; p < o->layout.experiment->n_points; p++)
        points += o->plan.regenerated[p];
    if (points > 0)
        printf("          at %zu of %zu grid points some numbers are drawn twice rather than kept\n", points,
               o->layout.experiment->n_points);
}

/* M_0 is known now only. */
static void print_data(const struct data_sets *data)
{
    char size[32];
    if (data->n == 0)
        return;
    const char *line = data->text;
    for (size_t i = 0; i < data->n; i++, line += strcspn(line, "\n") + 1)
        printf("%s %.*s\n", i == 0 ? "\ndata     " : "         ", (int)strcspn(line, "\n"), line);
    printf("          features are M_0, whatever the first of the profile; %s in memory",
           base_format_bytes(data->bytes, size));
}

static void print_totals(const struct outlook *o)
{
    char a[32], b[32], c[32], d[32];
    const struct sweep_estimate *e = &o->estimate;
    const struct base_cores cores = base_cores();
    const int at_once = o->plan.networks_at_once, inside = o->plan.threads_inside;
    print_data(&o->layout.data);
    printf("\nnetworks  %zu", e->total);
    if (e->missing < e->total)
        printf(", of which %zu are there already", e->total - e->missing);
    printf("\nthreads   %d on %d core%s", at_once * inside, cores.usable, cores.usable == 1 ? "" : "s");
    if (inside > 1)
        printf(", %d inside each network", inside);
    printf("\nmemory    %s: %d x %s for the largest network; `memory` is %s, and %s are free\n",
           base_format_bytes(at_once * o->plan.bytes, a), at_once, base_format_bytes(o->plan.bytes, b),
           base_format_bytes((double)o->layout.experiment->memory, c),
           base_format_bytes((double)base_memory_available(), d));
    print_regenerated(o);
    if (e->missing == 0)
        printf("time      none: all is there\n");
    else
        printf("time      about %s, by %zu network%s at %zu of %zu grid point%s, sampled in %s%s\n",
               format_short(e->seconds, a), e->probed_networks, e->probed_networks == 1 ? "" : "s",
               e->probed_points, o->layout.experiment->n_points,
               o->layout.experiment->n_points == 1 ? "" : "s", format_short(e->probe_seconds, b),
               e->probed_points < o->layout.experiment->n_points ? "; the others by their flop counts" : "");
    printf("file      %s: %s%s; %s are free on its disk\n", o->path,
           o->room.exists && !o->room.is_short ? "" : "about ", base_format_bytes(o->room.file, a),
           base_format_bytes(o->room.available, b));
}

static void announce_long_networks(const struct outlook *o)
{
    char time[32];
    double least = INFINITY;
    for (size_t p = 0; p < o->layout.experiment->n_points; p++)
        least = fmin(least, o->plan.costs[p] / fmax(1, o->plan.steps[p]));
    if (least > long_network)
        fprintf(stderr, "sampling one network to see how long it takes, some %s\n",
                base_format_seconds(least / flops_a_second, time));
}

static int look_ahead(struct outlook *o, const struct experiment *e, const struct cmd_run_options *options,
                      struct base_error *error)
{
    int status;
    uint8_t *done = NULL;
    TRY(sweep_layout_init(&o->layout, e, error));
    TRY(sweep_plan_init(&o->plan, &o->layout, options->threads, e->n_points * (size_t)e->trials, error));
    TRY(sweep_room_check(&o->room, &o->layout, o->path, cmd_run_folder(options), error));
    if (o->room.exists) {
        TRY(base_got(done = base_calloc(e->n_points * (size_t)e->trials, 1, error)));
        TRY(store_read_done(o->path, &o->layout, done, error));
    }
    announce_long_networks(o);
    TRY(sweep_estimate_init(&o->estimate, &o->layout, &o->plan, done, probe_seconds, error));
out:
    free(done);
    return status;
}

static int run(int argc, char **argv, struct base_error *error)
{
    int status;
    struct experiment experiment = {0};
    struct cmd_run_options options = {.threads = 0};
    struct outlook *o = base_calloc(1, sizeof *o, error);
    char *path = NULL;
    TRY(base_got(o));
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0)
        TRY(base_fail(error, BASE_FAILED, "out of memory for the command line"));
    TRY(cmd_load(&experiment, &options.experiment, error));
    TRY(cmd_run_output(&options, &experiment, &path, error));
    o->path = path;
    cmd_note_repeated_boundaries(&experiment);
    TRY(look_ahead(o, &experiment, &options, error));
    TRY(print_grid(o, error));
    print_totals(o);
out:
    if (o != NULL) {
        sweep_estimate_free(&o->estimate);
        sweep_plan_free(&o->plan);
        sweep_layout_free(&o->layout);
    }
    free(o);
    experiment_free(&experiment);
    free(options.experiment.sets);
    free(path);
    return status;
}

const struct cmd cmd_plan = {"plan", "say what a run would take: memory, time, disk space", run};
