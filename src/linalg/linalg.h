/* Dense linear algebra of the Gram matrices, on OpenBLAS and LAPACK.
 *
 * Every matrix is row-major and packed: A is (m, n) with A_ij at A[i*n + j]. Symmetric matrices are given
 * by their upper triangles, the elements A_ij with j ≥ i; the others are neither read nor set. BLAS runs
 * single-threaded (linalg_init), so results do not depend on the number of threads around it. A factorisation
 * or an iteration that fails, or meets NaN, returns BASE_UNRESOLVED.
 */
#ifndef LINALG_LINALG_H
#define LINALG_LINALG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- the library (library.c) */

/* Debian's OpenBLAS 0.3.21 takes newer CPUs for a 2004 one and is then several times too slow; only a
 * variable set before the library is loaded helps. When the kernel in use has no AVX2 and the CPU does, sets
 * OPENBLAS_CORETYPE and executes the program again with the same arguments (does not return then). Respects a
 * variable that the user has set. Also makes BLAS single-threaded. Call first in main(). */
void linalg_init(char **argv);

/* The kernel in use, such as "SkylakeX", and the best that this CPU allows, such as "SKYLAKEX". */
const char *linalg_kernel(void);
const char *linalg_kernel_best(void);
/* The kernel that OPENBLAS_CORETYPE asks for, set by the user or by linalg_init; NULL when it is not set. */
const char *linalg_kernel_asked(void);
/* The kernel to start again with when `current` is too slow for a CPU that allows `best`; NULL when it is
 * not. */
const char *linalg_kernel_correction(const char *current, const char *best);
/* "OpenBLAS 0.3.21, LAPACK 3.9.0" */
void linalg_versions(char text[128]);

/* ---- products (product.c) */

/* C (m, n) = alpha·op(A)·op(B) + beta·C with op(A) (m, k), op(B) (k, n); op transposes where its flag says
 * so. */
void linalg_multiply(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
                     const double *A, const double *B, double beta, double *C);

/* y = A x, or Aᵀ x, for A (m, n). */
void linalg_multiply_vector(bool transpose, size_t m, size_t n, const double *A, const double *x, double *y);

/* B (k, n) = X A for X (k, n) and a symmetric A (n, n): its rows are A x. 2kn² flops. */
void linalg_multiply_symmetric(size_t k, size_t n, const double *X, const double *A, double *B);

/* G (n, n) = Σ_i x_i x_iᵀ over the m rows x_i of X (m, n): XᵀX. m n² flops. */
void linalg_gram(size_t m, size_t n, const double *X, double *G);

/* ‖A‖² = Σ_ij A_ij² and tr A of a symmetric A (n, n). */
double linalg_frobenius2(size_t n, const double *A);
double linalg_trace(size_t n, const double *A);

/* The upper triangle onto the lower, for who wants both. */
void linalg_mirror(size_t n, double *A);

/* ---- Cholesky factor of a positive definite matrix (cholesky.c) */

/* A = L Lᵀ in place: Lᵀ over the upper triangle of A (n, n). False where A is not positive definite, which is
 * some L_ii² ≤ tolerance·A_ii whatever the scale of row i, or not finite; A is destroyed then. n³/3 flops. */
bool linalg_cholesky(size_t n, double tolerance, double *A);

/* X (m, n) ← X A⁻¹ in place, from that factor: its rows are A⁻¹ x. 2 m n² flops. */
void linalg_cholesky_solve(size_t n, const double *triangle, size_t m, double *X);

/* ---- rank-revealing root of a positive semidefinite matrix (root.c) */

/* A = R Rᵀ with R (n, rank): Cholesky, and where a diagonal element falls below n·ε·max_i A_ii (A is singular
 * to rounding) Cholesky with complete pivoting, stopped at that bound. Rows pivots[0..rank-1] of R form a
 * lower triangle L. */
struct linalg_root {
    size_t n, rank;
    double *triangle; /* (n, n): Lᵀ in the upper triangle of the first `rank` rows and columns */
    double *R;        /* (n, rank) where rank < n; at full rank R is L, and this is not set */
    int *pivots;      /* (n) the first `rank` are the independent rows of A; 0, 1, ... at full rank */
};
/* Room for any n up to max_n; free is safe on a zeroed struct. */
int linalg_root_init(struct linalg_root *root, size_t max_n, struct base_error *error);
void linalg_root_free(struct linalg_root *root);
size_t linalg_root_bytes(size_t max_n);

/* Factors A (n, n), keeping at most max_rank columns. n³/3 flops, twice that when A is
 * singular. */
int linalg_root_factor(struct linalg_root *root, size_t n, size_t max_rank, const double *A,
                       struct base_error *error);

/* U (m, n) = alpha·Z Rᵀ for Z (m, rank), whose rows are `stride` numbers apart. m n² flops at full rank,
 * where U may be Z itself if stride is n. */
void linalg_root_apply(const struct linalg_root *root, size_t m, double alpha, const double *Z, size_t stride,
                       double *U);

/* B (rank, m) ← L⁻¹·B and B ← L⁻ᵀ·B, in place. m rank² flops. */
void linalg_root_solve(const struct linalg_root *root, size_t m, double *B);
void linalg_root_solve_transposed(const struct linalg_root *root, size_t m, double *B);

/* ---- symmetric eigenproblems (eigen.c, lanczos.c) */

/* All eigenvalues of A (n, n), descending. A is destroyed. About (4/3) n³ flops. */
int linalg_eigenvalues(size_t n, double *A, double *values, struct base_error *error);

/* The k largest eigenvalues of a positive semidefinite A (n, n), descending, and their orthonormal
 * eigenvectors, the rows of V (k, n). Dense (LAPACK's dsyevr) for small
 * n, otherwise block Lanczos from a fixed start, whichever is cheaper by n and k alone. Either way ‖A v − λ
 * v‖ ≤ 1e-8·λ_1 is checked for each pair, and where Lanczos misses it the dense solver does the work.
 * *residual is the largest ‖A v − λ v‖/λ_1 seen. guess: NULL, or
 * (k, n) rows whose span is near that of the eigenvectors, which saves steps and changes nothing else. work:
 * n² numbers; A is kept. */
int linalg_eigen_top(size_t n, size_t k, const double *A, const double *guess, double *values, double *V,
                     double *residual, double *work, struct base_error *error);

/* Bytes that linalg_eigen_top takes besides. */
double linalg_eigen_top_bytes(size_t n, size_t k);

/* Whether linalg_eigen_top takes the iterative solver. */
bool linalg_eigen_top_is_iterative(size_t n, size_t k);

#endif
