/* Private to net: what a Gaussian matrix X = s G gives backward, given what it gave forward. In the symbols
 * of conditional.c, of which x is H and y is Δ:
 *
 *     X x = s Z Rᵀ ,  R Rᵀ = xᵀx ;   Xᵀy = s [ x Eᵀ + Y R_Dᵀ ] ,  R_D R_Dᵀ = yᵀy = D ,
 *     E = (yᵀZ − R_D (YᵀQᵀ)) R⁺ ,  YᵀQᵀ = (Yᵀx) R⁺ᵀ .
 */
#ifndef NET_BACKWARD_H
#define NET_BACKWARD_H

#include "linalg/linalg.h"

/* R_D and E. root: R, of T samples; D (CT, CT); columns: those of Y; A (CT, rank): yᵀZ, destroyed; B
 * (columns, T): Yᵀx; BQ: room for (columns, rank); E (CT, T). */
int net_backward_solve(const struct linalg_root *root, struct linalg_root *root_D, size_t CT, size_t columns,
                       const double *D, double *A, const double *B, double *BQ, double *E,
                       struct base_error *error);

/* E (m, T) ← (m, rank) numbers spread over the columns of the independent samples, and the way back. */
void net_backward_scatter(const struct linalg_root *root, size_t m, const double *packed, double *E);
void net_backward_gather(const struct linalg_root *root, size_t m, const double *B, double *packed);

#endif
