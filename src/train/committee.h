/* Committee machines and mixtures in simulation: explicit weights, sampled inputs (APO06).
 *
 * The student f = Σ_i v_i φ(J_i·x), i = 1, 2, φ = erf(·/√2), and its teacher have N inputs x ~ N(0, I); their
 * weights are net/committee.h's. With parameters θ = (J_1, J_2), or (J_1, J_2, v), P of them,
 *
 *     G = (1/T) Σ_t ∂f(t) ∂f(t)ᵀ   (P, P)             g = (1/T) Σ_t e(t) ∂f(t) ,  e = f − teacher
 *
 * of T new inputs each time, and a step of descent is θ −= η g or θ −= η (G + ρ)⁻¹ g.
 */
#ifndef TRAIN_COMMITTEE_H
#define TRAIN_COMMITTEE_H

#include "base/error.h"
#include "net/architecture.h"
#include "train/train.h"

#include <stdint.h>

struct train_committee;
double train_committee_bytes(const struct net_architecture *architecture);
/* Of a whole dynamics, or of one Fisher matrix. */
double train_committee_flops(const struct net_architecture *architecture);
int train_committee_init(struct train_committee **committee, const struct net_architecture *architecture,
                         struct base_error *error);
void train_committee_free(struct train_committee *committee);
const struct experiment_singular *train_committee_singular(const struct train_committee *committee);

/* The smallest eigenvalue of G of the student at singular->distance from singular->region. T P² flops. */
int train_committee_smallest(struct train_committee *committee, uint64_t seed, uint64_t trial,
                             double *smallest, struct base_error *error);

/* Where numbers go. Entry s is of time s·(singular->time/singular->times); each (times+1), NULL where not
 * wanted. */
struct train_committee_record {
    double *time;
    double *error;         /* ε, by its closed form of the weights as they are */
    double *overlap[2][2]; /* R_in = J_i·B_n */
    double *student[3];    /* Q_11, Q_12, Q_22 */
    double *weights[2];    /* v_1, v_2 */
};

/* The descent from net_committee_start, by steps of η = time/times over a whole number, at most time_step.
 * reached[i]: when ε first falls to levels[i], ln ε being linear within a step; NaN: not yet. Numbers are NaN
 * once ε is not finite. BASE_UNRESOLVED where G + ρ cannot be inverted. watch: as train_run. */
int train_committee_run(struct train_committee *committee, uint64_t seed, uint64_t trial,
                        const struct train_watch *watch, const struct train_committee_record *record,
                        size_t n_levels, const double *levels, double *reached, struct base_error *error);

/* G = (G_vv, G_vμ, G_μμ) of T samples of the mixture (1−v) N(0,1) + v N(μ,1). */
void train_mixture_fisher(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                          double G[3]);

#endif
