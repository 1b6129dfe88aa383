#include "net/committee.h"

#include <math.h>
#include <string.h>

void net_committee_start(const struct experiment_singular *singular, struct net_committee *committee)
{
    memset(committee, 0, sizeof *committee);
    for (size_t i = 0; i < 2; i++) {
        committee->v[i] = 1;
        committee->J[i][2 + i] = sqrt(singular->start_norm);
        if ((int64_t)i < singular->teacher_units)
            committee->J[i][i] = singular->asymmetry;
    }
}

void net_committee_place(const struct experiment_singular *singular, struct net_committee *committee)
{
    const double d = singular->distance, fifth = sqrt(0.2);
    const bool overlap = strcmp(singular->region, "overlap") == 0;
    const double length = strcmp(singular->region, "norm") == 0 ? d : 1;
    memset(committee, 0, sizeof *committee);
    committee->J[0][0] = 1;
    committee->J[1][0] = overlap ? 1 + d * sqrt(0.5) : length * fifth;
    committee->J[1][1] = overlap ? d * sqrt(0.5) : length * 2 * fifth;
    committee->v[0] = 1;
    committee->v[1] = strcmp(singular->region, "weight") == 0 ? d : 1;
}
