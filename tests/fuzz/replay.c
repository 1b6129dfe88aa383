/* The corpus of the fuzzers, and of what they have found, file by file. */
#include "fuzz/fuzz.h"
#include "store/scratch.h"
#include "tests.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* Every file of a folder of the corpus; returns how many. */
static size_t replay(const char *folder, void (*take)(const uint8_t *bytes, size_t size))
{
    char path[1024];
    size_t n = 0, size;
    snprintf(path, sizeof path, "%s/%s", TEST_CORPUS, folder);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", TEST_CORPUS, folder, entry->d_name);
        char *bytes = scratch_read(path, &size);
        take((const uint8_t *)bytes, size);
        free(bytes);
        n++;
    }
    closedir(directory);
    return n;
}

static void take_experiment(const uint8_t *bytes, size_t size)
{
    fuzz_experiment(bytes, size);
}

static void experiments_crash_nothing(void **state)
{
    (void)state;
    assert_true(replay("experiment", take_experiment) > 10);
}

static void take_data(const uint8_t *bytes, size_t size)
{
    fuzz_data(bytes, size);
}

static void data_crash_nothing(void **state)
{
    (void)state;
    assert_true(replay("data", take_data) > 10);
}

/* Every command, not the one that a hash chooses. */
static void take_result(const uint8_t *bytes, size_t size)
{
    for (unsigned command = 0; command < FUZZ_COMMANDS; command++)
        fuzz_result_once(bytes, size, command);
}

static void results_crash_nothing(void **state)
{
    (void)state;
    assert_true(replay("result", take_result) > 10);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(experiments_crash_nothing),
    cmocka_unit_test(data_crash_nothing),
    cmocka_unit_test(results_crash_nothing),
};
const struct test_group tests_fuzz_replay = TEST_GROUP(tests);
