/* A library that brings trouble upon the program, loaded before the system's by LD_PRELOAD. TROUBLE holds any
 * of the following words; only files with ".h5" in their name are meant:
 *
 *     kill=N    SIGKILL in the middle of write N, after the whole pages that it fills
 *     quota=N   from write N on each returns EDQUOT
 *     hiccup=N  write N alone does
 *     sync=N    fdatasync N alone returns EDQUOT, after which the system takes the data for written
 *     stop=N    SIGSTOP before write N
 *     lock      SIGSTOP before an exclusive lock is asked for the first time
 *     hurry     a clock that is 10 s on whenever it is read, so that each trial is flushed
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite(int file, const void *bytes, size_t size, off_t place);
int fdatasync(int file);

/* What follows `word`; NULL without it. */
static const char *after(const char *word)
{
    const char *all = getenv("TROUBLE"), *found = all != NULL ? strstr(all, word) : NULL;
    return found != NULL ? found + strlen(word) : NULL;
}

static long asked(const char *word)
{
    const char *number = after(word);
    return number != NULL ? atol(number) : 0;
}

static bool is_result(int file)
{
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, name, sizeof name - 1);
    name[length > 0 ? length : 0] = '\0';
    return strstr(name, ".h5") != NULL;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t place)
{
    static long writes; /* the program writes under a lock */
    if (is_result(file)) {
        const size_t room = 4096 - (size_t)place % 4096;
        writes++;
        if (writes == asked("stop="))
            raise(SIGSTOP);
        if (writes == asked("kill=")) {
            if (room < size)
                syscall(SYS_pwrite64, file, bytes, room, place);
            raise(SIGKILL);
        }
        if (writes == asked("hiccup=") || (asked("quota=") > 0 && writes >= asked("quota="))) {
            errno = EDQUOT;
            return -1;
        }
    }
    return syscall(SYS_pwrite64, file, bytes, size, place);
}

int fdatasync(int file)
{
    static long syncs;
    if (is_result(file) && ++syncs == asked("sync=")) {
        errno = EDQUOT;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

int flock(int file, int operation)
{
    static bool stopped;
    if (after("lock") != NULL && (operation & LOCK_EX) != 0 && !stopped && is_result(file)) {
        stopped = true;
        raise(SIGSTOP);
    }
    return (int)syscall(SYS_flock, file, operation);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static atomic_long reads;
    if (after("hurry") == NULL || clock != CLOCK_MONOTONIC)
        return (int)syscall(SYS_clock_gettime, clock, now);
    *now = (struct timespec){.tv_sec = 10 * ++reads};
    return 0;
}
