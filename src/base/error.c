#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int base_fail(struct base_error *error, enum base_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return (int)status;
}

int base_fail_within(struct base_error *error, int status, const char *format, ...)
{
    char prefix[sizeof error->text / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);

    char message[sizeof error->text / 2];
    snprintf(message, sizeof message, "%s", error->text);
    snprintf(error->text, sizeof error->text, "%s: %s", prefix, message);
    return status;
}
