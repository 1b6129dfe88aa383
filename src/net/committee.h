/* Where the students of experiments on singular regions stand: what simulation and theory agree on
 * beforehand.
 *
 * f(x) = Σ_i v_i erf(J_i·x/√2), i = 1, 2, of N inputs iid N(0, 1). All weights lie in the span of the first
 * four axes e_1..e_4, in which the teacher's are e_1, and e_2 where it has two units; the law of the inputs
 * is the same in every frame.
 */
#ifndef NET_COMMITTEE_H
#define NET_COMMITTEE_H

#include "experiment/experiment.h"

enum { NET_COMMITTEE_SPAN = 4 };

struct net_committee {
    double J[2][NET_COMMITTEE_SPAN], v[2];
};

/* Before training: J_i = a B_i + √q e_{2+i}, v_i = 1, with the asymmetry a and the norm q (B_2 = 0 with a
 * teacher of one unit), so that R_in = a δ_in and nearly Q_ik = q δ_ik. */
void net_committee_start(const struct experiment_singular *singular, struct net_committee *committee);

/* At the distance d from a singular region:
 *
 *     overlap   J_1 = e_1, J_2 = e_1 + d (e_1 + e_2)/√2, v = (1, 1)
 *     weight    J_1 = e_1, J_2 = (e_1 + 2 e_2)/√5, v = (1, d)
 *     norm      J_1 = e_1, J_2 = d (e_1 + 2 e_2)/√5, v = (1, 1) */
void net_committee_place(const struct experiment_singular *singular, struct net_committee *committee);

#endif
