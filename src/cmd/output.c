#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int cmd_flush_output(struct base_error *error)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) ||
        errno == EPIPE) /* a reader that has seen enough is no failure */
        return BASE_OK;
    return base_fail(error, BASE_FAILED, "standard output: %s",
                     errno != 0 ? strerror(errno) : "could not be written");
}
