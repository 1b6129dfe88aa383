/* Private to net: residual networks, walked in panels of units.
 *
 *     forward    u^l = W^l h^{l-1} + b^l ,  h^l = γ h^{l-1} + V^l φ(u^l) ,              l = 1..L-1
 *     backward   δ^l = φ'(u^l) ∘ V^lᵀ g^l ,  g^{l-1} = γ g^l + W^lᵀ δ^l ,   g^{L-1} = W^Lᵀ
 *
 * A walk over the units follows each product with a random matrix, two a layer in each direction. The chain
 * of signals is the same in both samplers (residual.c); where the products come from is a sampler's own.
 *
 * Unit i of h^l has a share of unit i of every layer below, so a panel that is drawn again would have to be
 * drawn again from the inputs on. All signals of the network in hand are kept instead: some 5 M T numbers a
 * layer and 3 M CT.
 */
#ifndef NET_RESIDUAL_H
#define NET_RESIDUAL_H

#include "net/panel.h"
#include "net/purpose.h"
#include "net/signals.h"

/* W^l, or V^l where it is the branch: X = s G (M, M), G iid N(0, 1). */
struct net_matrix {
    size_t l;
    bool branch;
};
double net_matrix_scale(const struct net_architecture *architecture, struct net_matrix matrix); /* s */

/* Rows of signals of all units: M rounded up to a multiple of 16, those beyond M being zero. */
size_t net_residual_rows(const struct net_architecture *architecture);

/* Products of the random matrices with signals x (rows, T) and y (rows, CT), of which the panel's units are
 * written. Every matrix is taken forward, then backward, each after its `prepare`. */
struct net_products {
    double (*bytes)(const struct net_architecture *architecture, int threads);
    int (*init)(void **products, const struct net_architecture *architecture, int threads,
                struct base_error *error);
    void (*free)(void *products);
    void (*begin)(void *products, uint64_t seed, uint64_t trial);

    /* out (units, T) = X x; K = xᵀx (T, T) */
    int (*prepare_forward)(void *products, struct net_matrix matrix, const double *K,
                           struct base_error *error);
    void (*forward)(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                    const double *x, double *out);
    /* What Xᵀy takes from x and the panel of y, and its sum over the panels. */
    void (*gather)(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                   const double *x, const double *y);
    void (*take)(void *products, int thread, struct net_matrix matrix, size_t index);
    /* out (units, CT) = Xᵀy, given what X x was; D = yᵀy (CT, CT) */
    int (*prepare_backward)(void *products, struct net_matrix matrix, const double *D,
                            struct base_error *error);
    void (*backward)(void *products, int thread, struct net_matrix matrix, struct net_panel panel,
                     const double *x, const double *y, double *out);
};
extern const struct net_products net_products_explicit;    /* residual_explicit.c */
extern const struct net_products net_products_conditional; /* residual_conditional.c */

/* The functions of a sampler of residual networks, and the flops of what both have to do. */
int net_residual_init(void **work, const struct net_architecture *architecture, int threads,
                      const struct net_products *products, struct base_error *error);
void net_residual_free(void *work);
int net_residual_sample(void *work, const struct net_activation *activations, uint64_t seed, uint64_t trial,
                        struct net_gram *gram, struct base_error *error);
struct net_memory net_residual_memory(const struct net_architecture *architecture, int threads,
                                      const struct net_products *products);
double net_residual_flops(const struct net_architecture *architecture);

#endif
