#include "base/progress.h"

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

void base_progress_step(struct base_progress *progress, double cost)
{
    struct base_progress *p = progress;
    const double now = base_seconds();
    p->count++;
    p->cost += cost;
    if (p->stream == NULL || now - p->last < (p->terminal ? interval_terminal : interval_log))
        return;
    p->last = now;
    char left[32];
    const double elapsed = now - p->start;
    base_format_seconds(elapsed * (p->total_cost / p->cost - 1), left);
    fprintf(p->stream, "%s%s: %zu of %zu %s, %.1f a second, %s left%s", p->terminal ? "\r\033[K" : "",
            p->label, p->count, p->total, p->unit, (double)p->count / elapsed, left, p->terminal ? "" : "\n");
    fflush(p->stream);
}

void base_progress_end(struct base_progress *progress)
{
    if (progress->stream != NULL && progress->terminal)
        fprintf(progress->stream, "\r\033[K");
}
