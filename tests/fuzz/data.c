#include "fuzz.h"

#include "data/data.h"

#include <stdlib.h>

static void read_set(const char *path,
                     int (*open)(struct data_source *source, const char *path, const char *labels,
                                 struct base_error *error),
                     const struct experiment_point *point)
{
    struct data_source source;
    struct data_set set;
    struct base_error error = {""};
    int status = open(&source, path, "", &error);
    if (status == BASE_OK)
        status = data_set_read(&set, &source, point, &error);
    if (status != BASE_OK && error.text[0] == '\0')
        abort(); /* refused without a word */
    if (status == BASE_OK) {
        double targets[3];
        data_set_targets(&set, 1, targets, &error);
        for (size_t i = 0; i < set.features * set.samples; i++)
            if (!(set.inputs[i] > -1e9 && set.inputs[i] < 1e9))
                abort();
        data_set_free(&set);
    }
    data_source_close(&source);
}

int fuzz_data(const uint8_t *bytes, size_t size)
{
    static const int64_t classes[] = {1, 0};
    const struct experiment_point all = {.samples = 3, .center = "true", .normalize = "feature"},
                                  two = {.samples = 2,
                                         .classes = {2, classes},
                                         .center = "false",
                                         .normalize = "sample"};
    const char *path = fuzz_file(bytes, size);
    read_set(path, data_mnist_open, &all);
    read_set(path, data_cifar10_open, &two);
    return 0;
}
