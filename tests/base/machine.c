/* What the machine grants: cores and room on the disk. */
#include "base/cores.h"
#include "base/disk.h"

#include "store/scratch.h"
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void write_text(void **state, const char *name, const char *text)
{
    char path[SCRATCH_PATH];
    scratch_write(scratch_path(state, name, path), text, strlen(text));
}

static void make_folder(void **state, const char *name)
{
    char path[SCRATCH_PATH];
    assert_int_equal(mkdir(scratch_path(state, name, path), 0777), 0);
}

static double quota(void **state)
{
    char membership[SCRATCH_PATH];
    return base_cores_quota(scratch_path(state, "cgroup", membership), *state);
}

static void a_group_is_bound_by_those_above(void **state)
{
    make_folder(state, "a");
    make_folder(state, "a/b");
    write_text(state, "cgroup", "0::/a/b\n");
    assert_true(isinf(quota(state)));
    write_text(state, "a/b/cpu.max", "max 100000\n");
    assert_true(isinf(quota(state)));
    write_text(state, "a/cpu.max", "150000 100000\n");
    assert_true(quota(state) == 1.5);
    write_text(state, "a/b/cpu.max", "50000 100000\n");
    assert_true(quota(state) == 0.5);
    write_text(state, "cgroup", "0::/\n"); /* as a container of its own sees itself */
    write_text(state, "cpu.max", "300000 100000");
    assert_true(quota(state) == 3);
    write_text(state, "cgroup", "0::/none/such\n");
    assert_true(quota(state) == 3);
}

static void version_one_has_its_own_files(void **state)
{
    make_folder(state, "cpu");
    make_folder(state, "cpu/job");
    write_text(state, "cgroup", "12:cpuset:/job\n4:cpuacct,cpu:/job\n0::/\n");
    write_text(state, "cpu/cpu.cfs_quota_us", "-1\n");
    write_text(state, "cpu/cpu.cfs_period_us", "100000\n");
    assert_true(isinf(quota(state)));
    write_text(state, "cpu/job/cpu.cfs_quota_us", "250000\n");
    write_text(state, "cpu/job/cpu.cfs_period_us", "100000\n");
    assert_true(quota(state) == 2.5);
    write_text(state, "cgroup", "4:cpuacct:/job\n");
    assert_true(isinf(quota(state)));
}

static void nonsense_is_no_quota(void **state)
{
    assert_true(isinf(quota(state)));
    write_text(state, "cgroup", "nonsense\n0:\n\n0::\n");
    write_text(state, "cpu.max", "");
    assert_true(isinf(quota(state)));
    write_text(state, "cpu.max", "0 0\n");
    assert_true(isinf(quota(state)));
}

static void usable_cores_are_the_least(void **state)
{
    const struct base_cores cores = base_cores();
    (void)state;
    assert_true(cores.usable >= 1 && cores.usable <= cores.allowed && cores.allowed <= cores.online);
    assert_true(cores.usable < cores.quota + 1);
    assert_true(base_load() >= 0 || isnan(base_load()));
}

static void folders_of_paths(void **state)
{
    static const char *const pairs[][2] = {
        {"x.h5", "."}, {"results/x.h5", "results"}, {"/x.h5", "/"}, {"/a/b/x", "/a/b"}, {"./x", "."}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *folder = base_disk_folder(pairs[i][0]);
        assert_string_equal(folder, pairs[i][1]);
        free(folder);
    }
}

static void a_missing_folder_has_the_room_of_the_one_above(void **state)
{
    char path[SCRATCH_PATH];
    const double here = base_disk_available(*state);
    assert_true(here > 0 && isfinite(here));
    const double there = base_disk_available(scratch_path(state, "none/such", path));
    assert_true(isfinite(there) && fabs(there - here) < 0.5 * here);
    assert_true(isfinite(base_disk_available("none")));
    write_text(state, "file", "x");
    assert_true(isinf(base_disk_available(scratch_path(state, "file/x", path)))); /* not a folder */
}

static const struct CMUnitTest tests[] = {
    scratch_test(a_group_is_bound_by_those_above),
    scratch_test(version_one_has_its_own_files),
    scratch_test(nonsense_is_no_quota),
    cmocka_unit_test(usable_cores_are_the_least),
    cmocka_unit_test(folders_of_paths),
    scratch_test(a_missing_folder_has_the_room_of_the_one_above),
};
const struct test_group tests_base_machine = TEST_GROUP(tests);
