/* Singular regions of a parameter space (APO06): the soft committee machine and the mixture of two normals.
 *
 * A student f = Σ_i v_i g(J_i·x), i = 1, 2, learns a teacher Σ_n g(B_n·x) of one or two orthonormal units,
 * with g(u) = erf(u/√2) and x ~ N(0, I). Its error ε = ½ E(f − teacher)² and its Fisher matrix G = E ∂f ∂fᵀ
 * are closed (Saad and Solla 1995): with A = (J_1, J_2; B_1, …), c = (v_1, v_2, −1, …), Q = A Aᵀ and Δ_ik =
 * (1+Q_ii)(1+Q_kk) − Q_ik²
 *
 *     ε         = (1/π) Σ_ik c_i c_k arcsin(Q_ik/√((1+Q_ii)(1+Q_kk)))
 *     ∂ε/∂J_i   = v_i (2/π) Σ_k c_k (A_k − Q_ik A_i/(1+Q_ii))/√Δ_ik ,   ∂ε/∂v_i = (2/π) Σ_k c_k arcsin(·)_ik
 *     G_{J_iJ_k} = v_i v_k (2/π) Δ_ik^(-1/2) [I − S_ik/Δ_ik] ,
 *     S_ik       = (1+Q_kk) J_iJ_iᵀ + (1+Q_ii) J_kJ_kᵀ − Q_ik (J_iJ_kᵀ + J_kJ_iᵀ)
 *     G_{v_iv_k} = (2/π) arcsin(·)_ik ,   G_{v_iJ_k} = v_k (2/π) (J_i − Q_ik J_k/(1+Q_kk))/√Δ_ik
 *
 * G is singular where J_1 = ±J_2, where v_i = 0, and with learned v where J_i = 0. Gradient flow is θ̇ = −∂ε,
 * natural gradient flow θ̇ = −(G + ρ)⁻¹ ∂ε. Neither leaves the span of the rows of A, and G is c·I on what is
 * orthogonal to the J_i, so four dimensions stand for any number of them from four on; in fewer there are no
 * other ones either.
 */
#ifndef THEORY_COMMITTEE_H
#define THEORY_COMMITTEE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    THEORY_COMMITTEE_SPAN = 4,                             /* the dimensions */
    THEORY_COMMITTEE_MOST = 2 * THEORY_COMMITTEE_SPAN + 2, /* parameters with learned v */
};

/* Student and teacher; B_n is the unit vector n, so that J[i][n] = R_in for n below teacher_units. */
struct theory_committee {
    size_t teacher_units; /* 1 or 2 */
    bool learned;         /* v is a parameter too */
    double J[2][THEORY_COMMITTEE_SPAN], v[2];
};

/* Parameters n: J_1, J_2 and, where they are learned, v_1, v_2; in this order in gradients and matrices. */
size_t theory_committee_parameters(const struct theory_committee *committee);

double theory_committee_error(const struct theory_committee *committee);
void theory_committee_gradient(const struct theory_committee *committee, double *gradient); /* (n) */
void theory_committee_fisher(const struct theory_committee *committee, double *G); /* (n, n), whole */

/* The smallest eigenvalue of G, to 1e-16 of the largest. BASE_UNRESOLVED where G is not finite. */
int theory_committee_smallest(const struct theory_committee *committee, double *smallest,
                              struct base_error *error);

struct theory_committee_descent {
    bool natural;
    double ridge; /* ρ */
};

/* The student at times[0..n), ascending from 0 on, starting from *start at time 0: states (n). Runge and
 * Kutta's eighth order with relative and absolute errors of a step below 1e-10. BASE_UNRESOLVED where G + ρ
 * cannot be inverted or steps vanish. */
int theory_committee_flow(const struct theory_committee *start,
                          const struct theory_committee_descent *descent, size_t n, const double *times,
                          struct theory_committee *states, struct base_error *error);

/* When ε first falls to each of levels[0..n); NaN where it has not at `latest`. */
int theory_committee_times(const struct theory_committee *start,
                           const struct theory_committee_descent *descent, size_t n, const double *levels,
                           double latest, double *times, struct base_error *error);

/* Where the gradient flow towards a two-unit teacher waits with v = 1: J_1 = J_2 = R (B_1 + B_2), the minimum
 * of ε within J_1 = J_2, from which J_1 − J_2 grows along B_1 − B_2 at the rate (2/π) (2/5)^{3/2}/√6. */
struct theory_committee_plateau {
    double R, Q;
    double error; /* ε_p = 1/3 − (4/π) arcsin ¼ */
    double rate;
};
struct theory_committee_plateau theory_committee_plateau(void);

/* Fisher matrix (G_vv, G_vμ, G_μμ) of the density (1−v) N(0,1) + v N(μ,1), 0 < v < 1, by quadrature, and its
 * determinant and smallest eigenvalue. det G → v² e^{μ²} (e^{μ²} − 1 − μ²) as v → 0, which is v²μ⁴/2 near μ =
 * 0. */
struct theory_mixture {
    double G[3];
    double determinant, smallest;
};
int theory_mixture_predict(double v, double mu, struct theory_mixture *mixture, struct base_error *error);

#endif
