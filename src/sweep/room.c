#include "base/disk.h"
#include "base/memory.h"
#include "sweep/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As store_create would say it, only before it is tried. */
static int check_writable(const char *path, const char *folder, bool made, struct base_error *error)
{
    if (access(folder, W_OK | X_OK) == 0 || (errno == ENOENT && made))
        return BASE_OK;
    return base_fail(error, BASE_BAD_INPUT, "%s: cannot be created: %s", path, strerror(errno));
}

static int check_room(const char *path, const char *folder, const struct sweep_room *room,
                      struct base_error *error)
{
    char file[32], available[32];
    if (room->file <= room->available)
        return BASE_OK;
    return base_fail(
        error, BASE_BAD_INPUT,
        "%s: the result file takes %s, and the disk of folder %s has %s free; make trials or the grid "
        "smaller, save less, or give a file elsewhere with -o",
        path, base_format_bytes(room->file, file), folder, base_format_bytes(room->available, available));
}

int sweep_room_check(struct sweep_room *room, const struct store_layout *layout, const char *path,
                     const char *folder, struct base_error *error)
{
    int status;
    struct stat info;
    char *own = base_disk_folder(path);
    memset(room, 0, sizeof *room);
    if (own == NULL)
        TRY(base_fail(error, BASE_FAILED, "out of memory"));
    room->file = store_layout_bytes(layout);
    room->available = base_disk_available(own);
    room->exists = stat(path, &info) == 0;
    if (room->exists)
        TRY(store_is_short(path, layout, &room->is_short, error));
    if (room->exists && !room->is_short) /* its disk space was taken when it was made */
        room->file = (double)info.st_size;
    else {
        TRY(check_writable(path, own, folder != NULL, error));
        TRY(check_room(path, own, room, error));
    }
out:
    free(own);
    return status;
}
