/* Private to net: the Gram matrix of Gaussian inputs from its own law. */
#ifndef NET_WISHART_H
#define NET_WISHART_H

#include "net/architecture.h"

#include <stdint.h>

/* H⁰ = Σ_i h⁰_i h⁰_iᵀ (T, T) of M_0 > T inputs h⁰_i(t) ~ N(0, 1) that are never drawn: H⁰ = L Lᵀ is
 * Wishart(M_0, 1), and the elements of its Cholesky factor are independent (Bartlett 1933), L_tj ~ N(0, 1)
 * below the diagonal and L_jj² ~ χ² with M_0 − j degrees of freedom, j = 0..T−1. The χ² come by rejection,
 * exactly (Marsaglia and Tsang, ACM Trans. Math. Softw. 26, 363, 2000). X (T, T) receives Lᵀ. T³ flops and T²
 * normals. */
void net_wishart_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial, double *X,
                      double *H);

#endif
