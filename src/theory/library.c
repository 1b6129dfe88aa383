#include "theory/theory.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_version.h>

void theory_init(void)
{
    gsl_set_error_handler_off();
}

const char *theory_library(void)
{
    return "GSL " GSL_VERSION;
}
