#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strtod alone would take blanks, hexadecimal, "infinity" and the locale's decimal comma. */
static bool is_decimal(const char *text)
{
    size_t i = strspn(text, "+-") <= 1 ? strspn(text, "+-") : 0;
    size_t whole = strspn(text + i, "0123456789");
    i += whole;
    size_t fraction = 0;
    if (text[i] == '.') {
        i++;
        fraction = strspn(text + i, "0123456789");
        i += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (text[i] == 'e' || text[i] == 'E') {
        i++;
        i += text[i] == '+' || text[i] == '-';
        size_t exponent = strspn(text + i, "0123456789");
        if (exponent == 0)
            return false;
        i += exponent;
    }
    return text[i] == '\0';
}

bool base_parse_double(const char *text, double *value)
{
    if (!is_decimal(text))
        return false;
    char *end;
    double parsed = strtod(text, &end);
    if (*end != '\0' || !isfinite(parsed))
        return false;
    *value = parsed;
    return true;
}

bool base_parse_int64(const char *text, int64_t *value)
{
    size_t sign = strspn(text, "+-");
    if (sign <= 1 && text[sign] != '\0' && strspn(text + sign, "0123456789") == strlen(text + sign)) {
        errno = 0;
        long long whole = strtoll(text, NULL, 10);
        if (errno != 0)
            return false;
        *value = whole;
        return true;
    }
    double parsed;
    if (!base_parse_double(text, &parsed) || parsed != floor(parsed) || fabs(parsed) >= 0x1p53)
        return false;
    *value = (int64_t)parsed;
    return true;
}

bool base_parse_bytes(const char *text, size_t *value)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1},      {"B", 1},        {"kB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
                 {"TB", 1e12}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
    size_t digits = strspn(text, "0123456789.");
    char number[64];
    double parsed;
    if (digits >= sizeof number)
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (!base_parse_double(number, &parsed))
        return false;
    const char *unit = text + digits + strspn(text + digits, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0 && parsed * units[i].bytes < 0x1p62) {
            *value = (size_t)(parsed * units[i].bytes);
            return true;
        }
    return false;
}
