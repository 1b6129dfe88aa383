/* CIFAR-10's binary version: records of a label and 3 x 32 x 32 pixels, a byte each, and nothing else. */
#include "data/data.h"

#include "base/memory.h"
#include "data/stream.h"

#include <stdlib.h>

enum { PIXELS = 3072, LABELS = 10 };

struct cifar10 {
    struct data_stream file;
    size_t read;
    unsigned char record[1 + PIXELS];
};

static int cifar10_next(struct data_source *source, double *item, int *label, bool *more,
                        struct base_error *error)
{
    int status;
    struct cifar10 *c = source->state;
    size_t got;
    TRY(data_stream_read(&c->file, sizeof c->record, c->record, &got, error));
    *more = got > 0;
    if (got > 0 && c->record[0] >= LABELS)
        TRY(base_fail(
            error, BASE_BAD_INPUT,
            "%s: no CIFAR-10 file in its binary version, or a damaged one: record %zu has the label %d, "
            "which is not from 0 to 9",
            c->file.path, c->read + 1, c->record[0]));
    if (got > 0 && got < sizeof c->record)
        TRY(base_fail(
            error, BASE_BAD_INPUT,
            "%s: truncated, or no CIFAR-10 file in its binary version: record %zu has %zu bytes, not %zu",
            c->file.path, c->read + 1, got, sizeof c->record));
    for (size_t i = 0; i < PIXELS && *more; i++)
        item[i] = c->record[1 + i] / 255.;
    *label = c->record[0];
    c->read++;
out:
    return status;
}

static void cifar10_close(struct data_source *source)
{
    struct cifar10 *c = source->state;
    data_stream_close(&c->file);
    free(c);
}

int data_cifar10_open(struct data_source *source, const char *path, const char *labels,
                      struct base_error *error)
{
    int status;
    struct cifar10 *c = base_calloc(1, sizeof *c, error);
    (void)labels; /* an experiment has none */
    *source = (struct data_source){
        .path = path, .features = PIXELS, .labelled = true, .whole = true, .next = cifar10_next};
    TRY(base_got(c));
    source->state = c;
    source->close = cifar10_close;
    TRY(data_stream_open(&c->file, path, error));
out:
    if (status != BASE_OK)
        data_source_close(source);
    return status;
}
