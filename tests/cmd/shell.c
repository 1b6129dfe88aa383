#include "cmd/shell.h"

#include "tests.h"

#include <signal.h>
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

void shell_trouble(const char *words)
{
    if (words == NULL) {
        unsetenv("LD_PRELOAD");
        unsetenv("TROUBLE");
        return;
    }
    assert_int_equal(access(TEST_TROUBLE, R_OK), 0);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
    setenv("LD_PRELOAD", TEST_TROUBLE, 1);
    setenv("TROUBLE", words, 1);
}

pid_t shell_start(void **state, const char *arguments, const char *trouble)
{
    char command[2048];
    snprintf(command, sizeof command, "cd '%s' && exec '%s' %s > out.txt 2> err.txt", (char *)*state,
             TEST_PROGRAM, arguments);
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        shell_trouble(trouble);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return pid;
}

void shell_await_stop(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
}

void shell_await_work(pid_t pid, double seconds)
{
    clockid_t clock;
    struct timespec spent = {0};
    assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
    while ((double)spent.tv_sec + 1e-9 * (double)spent.tv_nsec < seconds) {
        siginfo_t ended = {.si_pid = 0};
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT), 0);
        assert_int_equal(ended.si_pid, 0);
        assert_int_equal(clock_gettime(clock, &spent), 0);
    }
}

bool shell_exists(void **state, const char *path)
{
    char whole[SCRATCH_PATH];
    return access(scratch_path(state, path, whole), F_OK) == 0;
}
