/* Private to the theory of learning: optimizers, and what they do to the outputs. */
#ifndef THEORY_LEARNING_H
#define THEORY_LEARNING_H

#include "theory/theory.h"

#include <gsl/gsl_matrix.h>
#include <gsl/gsl_rng.h>

enum theory_method {
    METHOD_GRADIENT,
    METHOD_EXACT,
    METHOD_LAYER,
    METHOD_TRIDIAGONAL,
    METHOD_KFAC,
    METHOD_KFAC_SCALED,
    METHOD_UNIT,
    METHOD_OTHER /* nothing is known of it */
};
enum theory_method theory_method_of(const struct net_architecture *architecture);

/* B: samples of a step. */
size_t theory_batch_of(const struct net_architecture *architecture);

/* Of the three normalizations of outputs. */
bool theory_subtracts_mean(const struct net_architecture *architecture);
bool theory_divides_by_deviation(const struct net_architecture *architecture);

/* Outputs f̄_k = (f_k − μ_k)/σ_k over T samples (normalized.c): C independent Gaussian f_k, and λ_max = max_k
 * λ_1(P_k K P_k)/σ_k², P_k = 1 − f̄_k f̄_kᵀ/T, of one kernel K = ΠΘΠ/T of them all.
 *
 * K (T, T), both triangles, and the covariance of the outputs, lower triangle, which is destroyed: over
 * `share` of 16384/C draws of f. 60 T³ + 16384·share (2 T² + 100 T) flops. */
struct theory_top {
    double mean, inverse, decayed; /* E λ_max, E 1/λ_max, E 1/(λ_max + λ), λ: the weight decay */
};
int theory_normalized_tops(const gsl_matrix *K, gsl_matrix *covariance, size_t C, double share,
                           gsl_rng *random, double decay, struct theory_top *top, struct base_error *error);
/* For K = top Π and a covariance v Π, where λ_max is top over the least σ_k²; the mean is nan. */
int theory_normalized_limit(size_t T, size_t C, double variance, double top, double decay,
                            struct theory_top *limit, struct base_error *error);

/* Whether a training records its losses after so many steps: every `every`-th, and the last. */
bool theory_loss_recorded(const struct net_architecture *architecture, size_t step);

/* sums[s] += weight·loss, NaN for what is not finite; sums may be NULL. */
void theory_loss_add(double *sums, size_t s, double weight, double loss);

/* The kernel of the gradient in W^l and b^l before it is multiplied with q̃^l is a q̂^{l-1} + b: σ_w², σ_b² in
 * the neural tangent kernel's parametrization, M_{l-1}, 1 in the standard one. */
void theory_scales_of(const struct net_architecture *architecture, size_t l, double *a, double *b);

/* x = Σ⁻¹1 at [l] for l = 1..L, Σ (L, L) of ones on and beside the diagonal. false: Σ is singular. */
bool theory_tridiagonal_share(size_t L, size_t l, double *x);

/* M_0 features, and one that is constant where there is a bias: more samples than that are not independent in
 * layer 1. */
double theory_input_rank(const struct net_architecture *architecture);

/* What the units of layer l, at [l], add to a without damping; 1 at [L]. */
int theory_unit_constants(const struct net_architecture *architecture,
                          const struct net_activation *activation, double *constants,
                          struct base_error *error);

/* M_st = x_st of given inputs' order parameters, for the first samples, as many as M has rows and columns. */
void theory_order_fill(const struct theory_order *order, const double *x, gsl_matrix *M);

/* M = RRᵀ in its lower triangle, with a jitter of 1e-10 of the largest element on the diagonal; the rest of M
 * is 0. */
int theory_covariance_root(gsl_matrix *M, struct base_error *error);

/* Rows first .. first+count-1 of M minus their mean. */
void theory_centre_rows(size_t first, size_t count, gsl_matrix *M);

/* U (n, T), n = T + T': a step of learning rate η with errors g (T) changes the outputs of all n samples by
 * −η U g, each output by itself; order: of the n, the T of the training first (operators.c). Rows of test
 * samples are NaN where nothing is known of them. */
int theory_operator(const struct net_architecture *architecture, const struct net_activation *activation,
                    const struct theory_order *order, gsl_rng *random, size_t draws, gsl_matrix *U,
                    struct base_error *error);

/* What of one set of inputs the steps of U bring, added to `sums` with this weight (logits.c). */
int theory_logit_steps(const struct net_architecture *architecture, double rate,
                       const struct theory_order *order, gsl_rng *random, size_t draws, double weight,
                       const gsl_matrix *U, struct theory_learning *sums, struct base_error *error);

/* ---- what calls may share */

struct theory_draw; /* one set of inputs, its kernels and modes (steps.c) */
void theory_draws_free(size_t n, struct theory_draw *draws);

struct theory_kept {
    struct net_architecture architecture; /* whose it is */
    struct experiment_training training;
    bool has_top;
    struct theory_top top, limit; /* λ_max of Θ/T, and by the two order parameters */
    size_t n_draws;
    struct theory_draw *draws; /* (n_draws) */
    double isotropy_a;         /* tr U/T */
};

/* Nothing is kept. */
void theory_kept_forget(struct theory_kept *kept);

/* Nothing is kept but what holds for this architecture too. */
void theory_kept_match(struct theory_kept *kept, const struct net_architecture *architecture);

#endif
