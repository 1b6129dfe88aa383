#include "report/report.h"

#include <math.h>
#include <stdlib.h>

void report_print_number(FILE *out, double value)
{
    if (isnan(value))
        fputs("nan", out); /* printf would show the sign of a NaN */
    else
        fprintf(out, "%.17g", value);
}

/* With as few digits as tell it from all other numbers: 0.1, not 0.10000000000000001; 200, not 2e+02. */
static void print_shortest(FILE *out, double number)
{
    char text[32] = "nan";
    if (fabs(number) < 1e6 && floor(number) == number)
        snprintf(text, sizeof text, "%.0f", number);
    for (int digits = 1; digits <= 17 && strtod(text, NULL) != number && !isnan(number); digits++)
        snprintf(text, sizeof text, "%.*g", digits, number);
    fputs(text, out);
}

void report_print_axis(FILE *out, const struct experiment_axis *axis, size_t index)
{
    switch (axis->type) {
    case EXPERIMENT_INTEGER: fprintf(out, "%lld", (long long)axis->integers[index]); break;
    case EXPERIMENT_REAL: print_shortest(out, axis->reals[index]); break;
    case EXPERIMENT_STRING: fputs(axis->strings[index], out); break;
    }
}

void report_print_dimensions(FILE *out, enum measure_axis axis)
{
    size_t first;
    const size_t n = measure_axis_dimensions(axis, &first);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "\t%s", measure_dimensions[first + i].name);
}

void report_print_coordinates(FILE *out, enum measure_axis axis, const size_t sizes[MEASURE_N_DIMENSIONS],
                              size_t index)
{
    size_t first;
    const size_t n = measure_axis_dimensions(axis, &first);
    char text[MEASURE_COORDINATE];
    for (size_t i = 0; i < n; i++)
        fprintf(out, "\t%s", measure_axis_coordinate(axis, sizes, index, i, text));
}
