#include "base/progress.h"

#include <math.h>
#include <time.h>
#include <unistd.h>

static const double interval_terminal = 0.2, interval_log = 30;

double base_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

const char *base_format_seconds(double seconds, char text[32])
{
    if (seconds < 10)
        snprintf(text, 32, "%.1f s", seconds);
    else if (seconds < 120)
        snprintf(text, 32, "%.0f s", seconds);
    else if (seconds < 7200)
        snprintf(text, 32, "%.0f min %02.0f s", (double)((long)seconds / 60), (double)((long)seconds % 60));
    else
        snprintf(text, 32, "%.0f h %02.0f min", (double)((long)seconds / 3600),
                 (double)((long)seconds % 3600 / 60));
    return text;
}

const char *base_format_rate(size_t n, double seconds, char text[32])
{
    const double rate = seconds > 0 ? (double)n / seconds : 0;
    snprintf(text, 32, rate < 9.95 ? "%.2g" : "%.0f", rate);
    return text;
}

void base_progress_start(struct base_progress *progress, FILE *stream, const char *label, const char *unit,
                         size_t total, double total_cost)
{
    const double now = base_seconds();
    *progress = (struct base_progress){.stream = stream,
                                       .terminal = stream != NULL && isatty(fileno(stream)),
                                       .label = label,
                                       .unit = unit,
                                       .total = total,
                                       .total_cost = total_cost,
                                       .start = now,
                                       .last = now};
}

static void show(struct base_progress *p)
{
    char left[32], per_second[32], rate[96];
    const double now = base_seconds(), elapsed = now - p->start;
    if (p->stream == NULL || now - p->last < (p->terminal ? interval_terminal : interval_log))
        return;
    p->last = now;
    base_format_seconds(fmax(0, elapsed * (p->total_cost / p->cost - 1)), left);
    base_format_rate(p->steps > 0 ? p->steps : p->count, elapsed, per_second);
    if (p->steps > 0)
        snprintf(rate, sizeof rate, "%s steps a second, loss %.3g", per_second, p->loss);
    else
        snprintf(rate, sizeof rate, "%s a second", per_second);
    fprintf(p->stream, "%s%s: %zu of %zu %s, %s, %s left%s", p->terminal ? "\r\033[K" : "", p->label,
            p->count, p->total, p->unit, rate, left, p->terminal ? "" : "\n");
    fflush(p->stream);
}

void base_progress_finish(struct base_progress *progress, double cost)
{
    progress->count++;
    progress->cost += cost;
    show(progress);
}

void base_progress_step(struct base_progress *progress, double cost, double loss)
{
    progress->steps++;
    progress->cost += cost;
    progress->loss = loss;
    show(progress);
}

void base_progress_end(struct base_progress *progress)
{
    if (progress->stream != NULL && progress->terminal)
        fprintf(progress->stream, "\r\033[K");
}
