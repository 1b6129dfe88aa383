/* IDX: 00 00, the type of the numbers (08: bytes), how many dimensions, their sizes (32 bits each, the
 * highest byte first), then the numbers. */
#include "data/data.h"

#include "base/memory.h"
#include "data/stream.h"

#include <stdlib.h>

struct mnist {
    struct data_stream images, labels;
    size_t items, read;
    unsigned char *pixels; /* (features) */
};

/* Reads n bytes of which none may be missing; what: "its head". */
static int read_all(struct data_stream *stream, size_t n, unsigned char *bytes, const char *what,
                    struct base_error *error)
{
    size_t got;
    const int status = data_stream_read(stream, n, bytes, &got, error);
    if (status == BASE_OK && got < n)
        return base_fail(error, BASE_BAD_INPUT, "%s: truncated: it ends within %s", stream->path, what);
    return status;
}

/* The dimensions' sizes, of a file that must have n of them. */
static int read_head(struct data_stream *stream, size_t n, size_t *sizes, struct base_error *error)
{
    static const char *const names[] = {"", "labels (idx1-ubyte)", "", "images (idx3-ubyte)"};
    unsigned char bytes[12];
    int status;
    TRY(read_all(stream, 4, bytes, "the first 4 bytes", error));
    if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] != n) {
        const bool other = bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 8 && bytes[3] == 4 - n;
        TRY(base_fail(error, BASE_BAD_INPUT,
                      "%s: no IDX file of %s: it begins with %02x%02x%02x%02x, not 0000080%d%s", stream->path,
                      names[n], bytes[0], bytes[1], bytes[2], bytes[3], (int)n,
                      !other   ? ""
                      : n == 1 ? ", and holds images"
                               : ", and holds labels"));
    }
    TRY(read_all(stream, 4 * n, bytes, "its head", error));
    for (size_t d = 0; d < n; d++)
        sizes[d] = (size_t)bytes[4 * d] << 24 | (size_t)bytes[4 * d + 1] << 16 |
                   (size_t)bytes[4 * d + 2] << 8 | (size_t)bytes[4 * d + 3];
out:
    return status;
}

static int check_end(struct data_stream *stream, size_t items, struct base_error *error)
{
    unsigned char byte;
    size_t got;
    const int status = data_stream_read(stream, 1, &byte, &got, error);
    if (status == BASE_OK && got > 0)
        return base_fail(error, BASE_BAD_INPUT,
                         "%s: more bytes follow after the %zu items that its head speaks of", stream->path,
                         items);
    return status;
}

static int of_labels(struct data_source *source, int status)
{
    if (status != BASE_OK)
        source->key = "labels";
    return status;
}

static int mnist_next(struct data_source *source, double *item, int *label, bool *more,
                      struct base_error *error)
{
    int status = BASE_OK;
    struct mnist *m = source->state;
    unsigned char byte;
    *more = m->read < m->items;
    if (!*more) {
        TRY(check_end(&m->images, m->items, error));
        if (source->labelled)
            TRY(of_labels(source, check_end(&m->labels, m->items, error)));
        return BASE_OK;
    }
    TRY(read_all(&m->images, source->features, m->pixels, "its images", error));
    for (size_t i = 0; i < source->features; i++)
        item[i] = m->pixels[i] / 255.;
    if (source->labelled) {
        TRY(of_labels(source, read_all(&m->labels, 1, &byte, "its labels", error)));
        *label = byte;
    }
    m->read++;
out:
    return status;
}

static void mnist_close(struct data_source *source)
{
    struct mnist *m = source->state;
    data_stream_close(&m->images);
    data_stream_close(&m->labels);
    free(m->pixels);
    free(m);
}

static int open_images(struct data_source *source, struct mnist *m, const char *path,
                       struct base_error *error)
{
    int status;
    size_t sizes[3];
    TRY(data_stream_open(&m->images, path, error));
    TRY(read_head(&m->images, 3, sizes, error));
    m->items = sizes[0];
    source->features = sizes[1] * sizes[2]; /* below 2^64 */
    if (source->features < 1 || source->features > DATA_MAX_FEATURES)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: images of %zu x %zu pixels; from 1 to %d pixels are right",
                      path, sizes[1], sizes[2], DATA_MAX_FEATURES));
    TRY(base_got(m->pixels = base_alloc(source->features, 1, error)));
out:
    return status;
}

static int open_labels(struct mnist *m, const char *path, struct base_error *error)
{
    int status;
    size_t items;
    TRY(data_stream_open(&m->labels, path, error));
    TRY(read_head(&m->labels, 1, &items, error));
    if (items != m->items)
        TRY(base_fail(error, BASE_BAD_INPUT, "%s: %zu labels, but %s has %zu images", path, items,
                      m->images.path, m->items));
out:
    return status;
}

int data_mnist_open(struct data_source *source, const char *path, const char *labels,
                    struct base_error *error)
{
    int status;
    struct mnist *m = base_calloc(1, sizeof *m, error);
    *source = (struct data_source){.path = path, .whole = true, .next = mnist_next};
    TRY(base_got(m));
    source->state = m;
    source->close = mnist_close;
    source->labelled = *labels != '\0';
    TRY(open_images(source, m, path, error));
    if (source->labelled)
        TRY(of_labels(source, open_labels(m, labels, error)));
out:
    if (status != BASE_OK)
        data_source_close(source);
    return status;
}

void data_source_close(struct data_source *source)
{
    if (source->close != NULL)
        source->close(source);
    *source = (struct data_source){.key = source->key};
}
