/* Errors.
 *
 * A function that can fail for a reason outside the program (the user's input, a file, memory, a library's
 * refusal) returns an enum base_status and takes a struct base_error as its last argument, in which it leaves
 * one complete sentence for the user. Its body has one `out:` label that frees everything. A mistake of ours
 * is an assert, not an error.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

/* The values are the program's exit codes, but for the one that never leaves it. */
enum base_status {
    BASE_OK = 0,
    BASE_FAILED = 1,    /* the machine or a library could not do it */
    BASE_BAD_INPUT = 2, /* what the user asked for is wrong */
    BASE_UNRESOLVED =
        64,           /* this network's number cannot be computed (overflow, no convergence): stored as NaN */
    BASE_STOPPED = 75 /* stopped early at the user's wish; what is finished is safe */
};

struct base_error {
    char text[2048];
};

/* Writes the message and returns `status`, so that a caller can say: return base_fail(error, ...). */
int base_fail(struct base_error *error, enum base_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the message that is there and returns `status`. */
int base_fail_within(struct base_error *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs a call that returns a status; on failure keeps the status in the local `status` and goes to `out`. */
#define TRY(call)                                                                                            \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != BASE_OK)                                                                               \
            goto out;                                                                                        \
    } while (0)

#endif
