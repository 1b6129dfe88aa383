#include "data/stream.h"

#include "base/disk.h"
#include "data/data.h"

#include <errno.h>
#include <string.h>

int data_stream_open(struct data_stream *stream, const char *path, struct base_error *error)
{
    *stream = (struct data_stream){.path = path};
    const int status = base_disk_check_file(path, error);
    if (status != BASE_OK)
        return base_fail_within(error, status, "%s", path);
    errno = 0;
    stream->file = gzopen(path, "rb");
    if (stream->file == NULL)
        return base_fail(error, errno == 0 ? BASE_FAILED : BASE_BAD_INPUT, "%s: cannot be read: %s", path,
                         errno == 0 ? "out of memory" : strerror(errno));
    gzbuffer(stream->file, 1 << 17);
    return BASE_OK;
}

int data_stream_read(struct data_stream *stream, size_t n, unsigned char *bytes, size_t *got,
                     struct base_error *error)
{
    int problem = Z_OK;
    *got = gzfread(bytes, 1, n, stream->file);
    if (*got == n)
        return BASE_OK;
    const char *why = gzerror(stream->file, &problem);
    if (problem == Z_BUF_ERROR)
        return base_fail(error, BASE_BAD_INPUT, "%s: truncated: the compressed data end too early",
                         stream->path);
    if (problem == Z_ERRNO)
        return base_fail(error, BASE_BAD_INPUT, "%s: cannot be read: %s", stream->path, strerror(errno));
    if (problem != Z_OK && problem != Z_STREAM_END)
        return base_fail(error, BASE_BAD_INPUT, "%s: damaged (%s)", stream->path, why);
    return BASE_OK;
}

const char *data_library(void)
{
    return zlibVersion();
}

void data_stream_close(struct data_stream *stream)
{
    if (stream->file != NULL)
        gzclose(stream->file);
    stream->file = NULL;
}
