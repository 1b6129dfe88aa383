/* Gram matrices of drawn inputs. Private to src/theory. */
#ifndef THEORY_INPUTS_H
#define THEORY_INPUTS_H

#include "base/error.h"

#include <gsl/gsl_rng.h>
#include <stddef.h>

/* gram (n, n) = XXᵀ/M_0 of X (n, M_0) with iid N(0, 1): X = A Q with orthonormal rows of Q, and the elements
 * of the trapezoid A (n, min(n, M_0)) are independent: N(0, 1) below the diagonal, and A_jj² chi-squared with
 * M_0 − j degrees of freedom (Bartlett 1933). A (n, n) is room. */
int theory_gram_draw(gsl_rng *random, size_t M_0, size_t n, double *A, double *gram,
                     struct base_error *error);

#endif
