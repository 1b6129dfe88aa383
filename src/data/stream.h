/* Private to data: a file's bytes, unpacked where they are compressed with gzip. */
#ifndef DATA_STREAM_H
#define DATA_STREAM_H

#include "base/error.h"

#include <stddef.h>

#include <zlib.h>

struct data_stream {
    const char *path;
    gzFile file; /* NULL: not open */
};

/* BASE_BAD_INPUT, naming the file, when it cannot be opened or what is packed in it is damaged. */
int data_stream_open(struct data_stream *stream, const char *path, struct base_error *error);
/* The next n bytes; *got of them, fewer only where the file ends. */
int data_stream_read(struct data_stream *stream, size_t n, unsigned char *bytes, size_t *got,
                     struct base_error *error);
void data_stream_close(struct data_stream *stream);

#endif
