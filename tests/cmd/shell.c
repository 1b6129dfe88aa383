#include "cmd/shell.h"

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void shell_file(void **state, const char *name, const char *text)
{
    char path[SCRATCH_PATH];
    scratch_write(scratch_path(state, name, path), text, strlen(text));
}

struct shell shell_run_with(void **state, const char *prefix, const char *arguments)
{
    char command[2048], path[SCRATCH_PATH];
    size_t size;
    struct shell shell;
    snprintf(command, sizeof command, "cd '%s' && { %s'%s' %s; } > out.txt 2> err.txt", (char *)*state,
             prefix, TEST_PROGRAM, arguments);
    const int status = system(command);
    assert_true(WIFEXITED(status));
    shell.code = WEXITSTATUS(status);
    shell.out = scratch_read(scratch_path(state, "out.txt", path), &size);
    shell.err = scratch_read(scratch_path(state, "err.txt", path), &size);
    return shell;
}

struct shell shell_run(void **state, const char *arguments)
{
    return shell_run_with(state, "", arguments);
}

void shell_free(struct shell *shell)
{
    free(shell->out);
    free(shell->err);
}

struct shell shell_expect(void **state, const char *arguments, int code)
{
    struct shell shell = shell_run(state, arguments);
    if (shell.code != code)
        fail_msg("fisherfield %s: exit code %d, not %d\n%s%s", arguments, shell.code, code, shell.out,
                 shell.err);
    return shell;
}

void shell_expect_only(void **state, const char *arguments, int code)
{
    struct shell shell = shell_expect(state, arguments, code);
    shell_free(&shell);
}

void shell_refuse(void **state, const char *arguments, int code, const char *fragments)
{
    struct shell shell = shell_expect(state, arguments, code);
    assert_string_equal(shell.out, "");
    for (const char *at = fragments; *at != '\0'; at += strcspn(at, "|"), at += *at == '|') {
        char fragment[256];
        snprintf(fragment, sizeof fragment, "%.*s", (int)strcspn(at, "|"), at);
        if (strstr(shell.err, fragment) == NULL)
            fail_msg("fisherfield %s: \"%s\" lacks \"%s\"", arguments, shell.err, fragment);
    }
    shell_free(&shell);
}

pid_t shell_start(void **state, const char *arguments)
{
    char command[2048];
    snprintf(command, sizeof command, "cd '%s' && exec '%s' %s > out.txt 2> err.txt", (char *)*state,
             TEST_PROGRAM, arguments);
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static bool has_open(pid_t pid, const char *path)
{
    char name[64], target[SCRATCH_PATH];
    bool found = false;
    for (int file = 3; file < 20 && !found; file++) {
        snprintf(name, sizeof name, "/proc/%ld/fd/%d", (long)pid, file);
        const ssize_t length = readlink(name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        found = strcmp(target, path) == 0;
    }
    return found;
}

void shell_await(void **state, pid_t pid, const char *path)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    char whole[SCRATCH_PATH];
    bool open = false;
    scratch_path(state, path, whole);
    for (int i = 0; i < 10000 && !(open = has_open(pid, whole)); i++)
        nanosleep(&moment, NULL);
    assert_true(open);
}

bool shell_exists(void **state, const char *path)
{
    char whole[SCRATCH_PATH];
    return access(scratch_path(state, path, whole), F_OK) == 0;
}
