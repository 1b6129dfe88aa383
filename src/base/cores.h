/* How many cores this process may really use: those of the machine, those its affinity mask leaves, and the
 * time its control group grants. */
#ifndef BASE_CORES_H
#define BASE_CORES_H

struct base_cores {
    int online;   /* of the machine */
    int allowed;  /* by the affinity mask: taskset, a batch system */
    double quota; /* cores' worth of time that a container may take; INFINITY: all */
    int usable;   /* the least of the three, a part of a core counting as one; at least 1 */
};

struct base_cores base_cores(void);

/* The quota of the control group that `membership` (/proc/self/cgroup) names, and of all above it, mounted at
 * `root` (/sys/fs/cgroup; the controller's own folder below it in version 1). INFINITY where there is none.
 */
double base_cores_quota(const char *membership, const char *root);

/* Processes that wanted to run during the last minute, on average over the whole machine; NaN: unknown. */
double base_load(void);

#endif
