/* Private to net: Gram matrices of normals from their own law. */
#ifndef NET_WISHART_H
#define NET_WISHART_H

#include "net/architecture.h"

#include <stdint.h>

/* X (rows, n) with XᵀX = Σ_i x_i x_iᵀ in law, of `degrees` vectors x_i ~ N(0, I_n) that are never drawn where
 * there are more than n. Then XᵀX = L Lᵀ is Wishart, and the elements of its Cholesky factor are independent
 * (Bartlett 1933), L_tj ~ N(0, 1) below the diagonal and L_jj² ~ χ² with degrees − j degrees of freedom, j =
 * 0..n−1: X is Lᵀ (n, n). The χ² come by rejection, exactly (Marsaglia and Tsang, ACM Trans. Math. Softw. 26,
 * 363, 2000). With n vectors at most, X (degrees, n) is they. Returns the rows; X has room for (n, n). Up to
 * n² normals of the stream, X_ij at index i·n + j; for L_jj from n² + 1024·j on. */
size_t net_wishart_factor(uint64_t seed, uint64_t stream, size_t n, size_t degrees, double *X);

/* H⁰ = Σ_i h⁰_i h⁰_iᵀ (T, T) of M_0 > T inputs h⁰_i(t) ~ N(0, 1) that are never drawn. X (T, T) receives its
 * factor. T³ flops and T² normals. */
void net_wishart_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial, double *X,
                      double *H);

#endif
