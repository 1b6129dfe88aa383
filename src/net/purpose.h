/* Private to net: what a random stream is for. Numbers and layouts are part of every stored seed's meaning.
 */
#ifndef NET_PURPOSE_H
#define NET_PURPOSE_H

#include "net/architecture.h"

#include <stdint.h>

enum net_purpose {
    NET_INPUTS = 1,   /* h⁰_i(t) at index i·T + t */
    NET_WEIGHTS = 2,  /* W^l_ij, unit variance, at index i·S + j, S = M_{l-1} rounded up to a multiple of 16;
                         W^L_kj at index j·C + k */
    NET_BIASES = 3,   /* b^l_i, unit variance, at index i */
    NET_FORWARD = 4,  /* conditional sampler's Z^l_ia at index i·rank + a */
    NET_BACKWARD = 5, /* conditional sampler's Y^l_ja at index j·y + a, y = min(CT, M_l) */
    NET_WISHART = 6,  /* its L_tj of H⁰ at index j·T + t; for L_jj from T² + 1024·j on */
    NET_GRADIENT_WISHART = 7, /* its factor of V in G⁰ (conditional.c), as net_wishart_factor has it */
    NET_BRANCH = 8,           /* V^l_ij, unit variance, at index i·S + j, S as for W^l */
    NET_BRANCH_FORWARD = 9,   /* as NET_FORWARD, of V^l */
    NET_BRANCH_BACKWARD = 10, /* as NET_BACKWARD, of V^l */
    NET_LABELS = 11,          /* y_k(t) at index k·T + t */
    NET_DRAWS = 12,           /* ε_k(t) of draw r at index r·CT + k·T + t */
    NET_UNIT_INPUTS =
        13, /* conditional sampler's X_it of h⁰ given H⁰, where single units are asked for, at i·T + t */
    NET_UNIT_WEIGHTS = 14, /* its G'_ij of their weights at index i·M_{l-1} + j */
    NET_UNIT_FLOOR = 15,   /* N_st at index s·T + t */
    NET_BATCHES = 16,      /* the order of the samples in epoch `layer`: the ranks of the first T numbers */
    NET_COMMITTEE_INPUTS = 40, /* x_j(t) of step `layer` of a committee machine at index t·N + j */
    NET_MIXTURE =
        41 /* of sample t of a mixture: its normal number at 2t, and at 2t+1 the one that says which */
};

/* The stream of one purpose in one layer of one network; a plain network's does not depend on what residual
 * networks alone have. */
uint64_t net_stream(const struct net_architecture *architecture, uint64_t trial, size_t layer,
                    enum net_purpose purpose);

#endif
