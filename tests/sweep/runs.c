#include "sweep/runs.h"

#include "experiment/files.h"
#include "tests.h"

#include <sys/time.h>

int runs_try(const char *text, const char *path, int threads, const volatile sig_atomic_t *stop,
             FILE *progress, struct sweep_summary *summary, struct base_error *error)
{
    struct experiment experiment;
    const struct store_provenance provenance = {"v", "b", "l", "k", "c", 0};
    const struct sweep_options options = {.threads = threads, .stop = stop, .progress = progress};
    files_load_good(&experiment, text, false, NULL);
    error->text[0] = '\0';
    const int status = sweep_run(&experiment, path, &options, &provenance, summary, error);
    experiment_free(&experiment);
    return status;
}

struct sweep_summary runs_good(const char *text, const char *path, int threads)
{
    struct sweep_summary summary;
    struct base_error error;
    if (runs_try(text, path, threads, NULL, NULL, &summary, &error) != BASE_OK)
        fail_msg("%s", error.text);
    return summary;
}

volatile sig_atomic_t runs_stop;

static void on_alarm(int number)
{
    (void)number;
    runs_stop = 1;
}

void runs_stop_after(long microseconds)
{
    const struct itimerval when = {
        .it_value = {.tv_sec = microseconds / 1000000, .tv_usec = microseconds % 1000000}};
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    runs_stop = 0;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &when, NULL), 0);
}
