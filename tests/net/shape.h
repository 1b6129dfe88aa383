/* A network for a test: its architecture and activation from a few numbers. */
#ifndef TESTS_NET_SHAPE_H
#define TESTS_NET_SHAPE_H

#include "net/activation.h"
#include "net/architecture.h"
#include "theory/theory.h"

struct shape {
    const char *activation;
    double weight_variance, bias_variance;
    int64_t depth, width, outputs, samples;
    double profile[8]; /* 0: 1. profile[0] below 0: that many features of given inputs, shape_input */
};

/* Feature i of given input t: positive, as pixels are, and inputs 0 and 1 are the same. */
double shape_input(size_t i, size_t t);
/* 0: inputs are Gaussian */
size_t shape_features(const struct shape *shape);

/* Fails the test when it cannot be made. */
void shape_open(const struct shape *shape, struct net_architecture *architecture,
                struct net_activation *activation);

/* The same as a residual network: γ, σ_v², whether V is trained. */
struct branch {
    double skip, variance;
    bool train;
};
void shape_open_residual(const struct shape *shape, const struct branch *branch,
                         struct net_architecture *architecture, struct net_activation *activation);

/* The order parameters of its inputs, given or Gaussian; so. */
void shape_order(const struct net_architecture *architecture, const struct net_activation *activation,
                 struct theory_order *order);

#endif
