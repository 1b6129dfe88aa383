/* Private to net: what a Gaussian matrix X = s G gives backward, given what it gave forward. In the symbols
 * of conditional.c, of which x is H and y is Δ:
 *
 *     X x = s Z Rᵀ ,  R Rᵀ = xᵀx ;   Xᵀy = s [ x Eᵀ + Y R_Dᵀ ] ,  R_D R_Dᵀ = yᵀy = D ,
 *     Eᵀ = R⁺ᵀ (Zᵀy − (Q Y) R_Dᵀ) ,  Q Y = R⁺ (xᵀY) .
 */
#ifndef NET_BACKWARD_H
#define NET_BACKWARD_H

#include "linalg/linalg.h"

/* R_D and Eᵀ. root: R, of T samples; D (CT, CT); columns: those of Y; A (rank, CT): Zᵀy, destroyed; B (T,
 * columns): xᵀY; BQ: room for (rank, columns); E (T, CT): Eᵀ. */
int net_backward_solve(const struct linalg_root *root, struct linalg_root *root_D, size_t CT, size_t columns,
                       const double *D, double *A, const double *B, double *BQ, double *E,
                       struct base_error *error);

/* E (T, m) ← (rank, m) numbers spread over the rows of the independent samples; and the way back, of the
 * first m columns of B, whose rows are `stride` numbers apart. */
void net_backward_scatter(const struct linalg_root *root, size_t m, const double *packed, double *E);
void net_backward_gather(const struct linalg_root *root, size_t m, const double *B, size_t stride,
                         double *packed);

#endif
