/* Private to linalg: block Lanczos. */
#ifndef LINALG_LANCZOS_H
#define LINALG_LANCZOS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Krylov vectors that k eigenpairs of an n×n matrix may take. */
size_t lanczos_basis(size_t n, size_t k);

/* The k largest eigenpairs as in linalg_eigen_top, in blocks of k vectors from `guess` (k, n; NULL: a fixed
 * start), every block orthogonalised against all before it. *converged false: a residual is above
 * `tolerance`·λ_1 when the basis is full; values and V are void. Some ten steps for eigenvalues far above the
 * others, 30 to 100 at the edge of a bulk; a step costs 2kn² flops and reads A once. */
int lanczos_top(size_t n, size_t k, const double *A, const double *guess, double tolerance, double *values,
                double *V, bool *converged, struct base_error *error);

#endif
