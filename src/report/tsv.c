#include "report/report.h"

#include <math.h>

void report_print_number(FILE *out, double value)
{
    if (isnan(value))
        fputs("nan", out); /* printf would show the sign of a NaN */
    else
        fprintf(out, "%.17g", value);
}

void report_print_axis(FILE *out, const struct experiment_axis *axis, size_t index)
{
    switch (axis->type) {
    case EXPERIMENT_INTEGER: fprintf(out, "%lld", (long long)axis->integers[index]); break;
    case EXPERIMENT_REAL: report_print_number(out, axis->reals[index]); break;
    case EXPERIMENT_STRING: fputs(axis->strings[index], out); break;
    }
}
