#include "files.h"

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The parser's tests need no real activations: anything but "nonsense" is one. */
static int check_activation(const char *text, struct base_error *why)
{
    if (strncmp(text, "nonsense", 8) != 0)
        return BASE_OK;
    return base_fail(why, BASE_BAD_INPUT, "%s is no activation; tanh is one", text);
}

static int check_measure(const char *text, struct base_error *why)
{
    if (strcmp(text, "fisher") == 0 || strcmp(text, "norm") == 0 || strcmp(text, "ntk") == 0 ||
        strcmp(text, "layers") == 0 || strcmp(text, "estimators") == 0 || strcmp(text, "softmax") == 0 ||
        strcmp(text, "unit") == 0)
        return BASE_OK;
    return base_fail(why, BASE_BAD_INPUT, "%.100s is no measure; right are fisher, norm, ntk, layers", text);
}

static struct experiment_needs find_needs(const char *measure)
{
    const bool unit = strcmp(measure, "unit") == 0;
    return (struct experiment_needs){.outputs = strcmp(measure, "softmax") == 0 ? 2 : 0,
                                     .depth = unit ? 2 : 0,
                                     .plain = unit,
                                     .draws = strcmp(measure, "estimators") == 0};
}

int files_load_bytes(struct experiment *experiment, const char *text, size_t length, bool quick,
                     const char *const *sets, struct base_error *error)
{
    static const struct experiment_vocabulary vocabulary = {check_activation, check_measure, find_needs};
    char directory[] = "/tmp/fisherfield-XXXXXX", path[64];
    struct experiment_options options = {.quick = quick, .sets = sets};
    while (sets != NULL && sets[options.n_sets] != NULL)
        options.n_sets++;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/x.yaml", directory);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    size_t written = fwrite(text, 1, length, file);
    int closed = fclose(file);
    int status = experiment_load(experiment, path, &options, &vocabulary, error);
    unlink(path);
    rmdir(directory);
    assert_true(written == length && closed == 0);
    size_t front = strlen(directory) + 1;
    if (status != BASE_OK && strncmp(error->text, path, strlen(path)) == 0)
        memmove(error->text, error->text + front, strlen(error->text + front) + 1);
    return status;
}

int files_load(struct experiment *experiment, const char *text, bool quick, const char *const *sets,
               struct base_error *error)
{
    return files_load_bytes(experiment, text, strlen(text), quick, sets, error);
}

void files_load_good(struct experiment *experiment, const char *text, bool quick, const char *const *sets)
{
    struct base_error error = {""};
    if (files_load(experiment, text, quick, sets, &error) != BASE_OK)
        fail_msg("%s\nrefused: %s", text, error.text);
}

void files_refuse(const char *text, bool quick, const char *const *sets, const char *fragments)
{
    struct experiment experiment;
    struct base_error error = {""};
    int status = files_load(&experiment, text, quick, sets, &error);
    if (status == BASE_OK)
        experiment_free(&experiment);
    if (status != BASE_BAD_INPUT)
        fail_msg("%s\nstatus %d, should be refused with %s; %s", text, status, fragments, error.text);
    assert_null(experiment.arena);
    for (const char *start = fragments; *start != '\0';) {
        size_t length = strcspn(start, "|");
        char fragment[256];
        assert_true(length < sizeof fragment);
        snprintf(fragment, sizeof fragment, "%.*s", (int)length, start);
        if (strstr(error.text, fragment) == NULL)
            fail_msg("%s\n\"%s\" lacks \"%s\"", text, error.text, fragment);
        start += length + (start[length] == '|');
    }
}
