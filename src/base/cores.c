#include "base/cores.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, LINE_ROOM = 8192 };

/* Two numbers at the start of a file, -1 where it says "max"; false when it has none. */
static bool read_pair(const char *folder, const char *name, double *first, double *second)
{
    char path[PATH_ROOM + 64], text[64] = "";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    const bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    char *rest = text;
    *first = strncmp(text, "max", 3) == 0 ? -1 : strtod(text, &rest);
    *second = strtod(*first == -1 && rest == text ? text + 3 : rest, NULL);
    return read;
}

/* cpu.max of version 2, cpu.cfs_* of version 1. */
static double folder_quota(const char *folder)
{
    double quota = -1, period = 0, none;
    if (!read_pair(folder, "cpu.max", &quota, &period)) {
        read_pair(folder, "cpu.cfs_quota_us", &quota, &none);
        read_pair(folder, "cpu.cfs_period_us", &period, &none);
    }
    return quota > 0 && period > 0 ? quota / period : INFINITY;
}

/* A group is bound by all groups above it. */
static double least_quota(const char *root, char *group)
{
    double least = INFINITY;
    for (bool more = true; more;) {
        char folder[PATH_ROOM];
        snprintf(folder, sizeof folder, "%s%s", root, group);
        least = fmin(least, folder_quota(folder));
        char *slash = strrchr(group, '/');
        more = slash != NULL;
        if (more)
            *slash = '\0';
    }
    return least;
}

/* Whether "cpu" is one of the words of "cpu,cpuacct". */
static bool has_cpu(const char *controllers)
{
    for (const char *at = controllers; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL)
        if (strcspn(at, ",") == 3 && strncmp(at, "cpu", 3) == 0)
            return true;
    return false;
}

double base_cores_quota(const char *membership, const char *root)
{
    double least = INFINITY;
    char line[LINE_ROOM];
    FILE *file = fopen(membership, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) { /* "1:cpu,cpuacct:/group", "0::/group" */
        char *controllers = strchr(line, ':'),
             *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (group == NULL)
            continue;
        *controllers++ = '\0';
        *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        char mount[PATH_ROOM];
        snprintf(mount, sizeof mount, "%s%s", root, controllers[0] == '\0' ? "" : "/cpu");
        if (controllers[0] == '\0' || has_cpu(controllers))
            least = fmin(least, least_quota(mount, group));
    }
    if (file != NULL)
        fclose(file);
    return least;
}

/* The bits of "Cpus_allowed:	ff,ffffffff"; 0 where the system has no such file. */
static int count_allowed(void)
{
    static const char key[] = "Cpus_allowed:";
    int bits = 0;
    char line[LINE_ROOM];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, sizeof key - 1) == 0)
            for (const char *at = line + sizeof key - 1; *at != '\0'; at++) {
                const char digit[2] = {*at, '\0'};
                bits += __builtin_popcountl((unsigned long)strtol(digit, NULL, 16));
            }
    if (file != NULL)
        fclose(file);
    return bits;
}

struct base_cores base_cores(void)
{
    struct base_cores cores;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const int allowed = count_allowed();
    cores.online = online > 0 ? (int)online : 1;
    cores.allowed = allowed > 0 && allowed < cores.online ? allowed : cores.online;
    cores.quota = base_cores_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    cores.usable = (int)fmax(1, fmin(cores.allowed, ceil(cores.quota)));
    return cores;
}

double base_load(void)
{
    double load = NAN;
    FILE *file = fopen("/proc/loadavg", "r");
    if (file != NULL && fscanf(file, "%lf", &load) != 1)
        load = NAN;
    if (file != NULL)
        fclose(file);
    return load;
}
