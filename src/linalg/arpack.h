/* Private to linalg: implicitly restarted Lanczos. */
#ifndef LINALG_ARPACK_H
#define LINALG_ARPACK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Krylov vectors for k eigenpairs of an n×n matrix; 0 where n is too small for the method. */
size_t arpack_basis(size_t n, size_t k);

/* The k largest eigenpairs as in linalg_eigen_top. *converged false: not all were found, values and V are
 * void. Guarded by a lock, because ARPACK keeps its state in static variables. */
int arpack_top(size_t n, size_t k, const double *A, double *values, double *V, bool *converged,
               struct base_error *error);

#endif
