#include "cmd/cmd.h"
#include "cmd/trial.h"

#include "base/number.h"
#include "base/progress.h"
#include "sweep/sweep.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct cmd_run_options run;
    struct cmd_trial trial;
};

static const struct argp_option options[] = {
    {"trial", 'k', "K", 0,
     "Sample network K of one grid point alone and print its values; no file is read or written", 1},
    {"case", 'c', "NAME", 0, "The case of --trial", 1},
    {"at", 'a', "KEY=VALUE", 0, "A swept value of --trial, such as --at width=200", 1},
    {0}};

static void parse_place(struct cmd_trial *trial, const char *value, struct argp_state *state)
{
    if (trial->n_places == CMD_MAX_PLACES)
        argp_error(state, "--at %s: more than %d", value, CMD_MAX_PLACES);
    trial->places[trial->n_places++] = value;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'c': a->trial.case_name = value; return 0;
    case 'a': parse_place(&a->trial, value, state); return 0;
    case 'k':
        if (!base_parse_int64(value, &a->trial.trial) || a->trial.trial < 0)
            argp_error(state, "--trial: \"%s\" is not a whole number from 0", value);
        return 0;
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->run; return 0;
    case ARGP_KEY_END:
        if (a->trial.trial < 0 && (a->trial.case_name != NULL || a->trial.n_places > 0))
            argp_error(state, "--case and --at belong to --trial");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "EXPERIMENT.yaml",
    .doc = "Sample the networks of an experiment, measure them, and store every trial in an HDF5 file."
           "\vA run that was stopped goes on where it was when the same command is given again.",
    .children = cmd_run_parser};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    stop = 1;
    signal(number, SIG_DFL); /* the second one ends the program at once */
}

static void catch_signals(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}

/* As a shell takes it: 'sweep.width=[100, 200]'. */
static void quote_word(const char *word, FILE *line)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, line);
        return;
    }
    fputc('\'', line);
    for (; *word != '\0'; word++)
        fputs(*word == '\'' ? "'\\''" : (char[2]){*word, '\0'}, line);
    fputc('\'', line);
}

static int quote_command(int argc, char **argv, char **command, struct base_error *error)
{
    size_t length;
    FILE *line = open_memstream(command, &length);
    if (line == NULL)
        return base_fail(error, BASE_FAILED, "out of memory for the command line");
    fputs(argv[0], line);
    for (int i = 1; i < argc; i++) {
        fputc(' ', line);
        quote_word(argv[i], line);
    }
    const bool failed = ferror(line) != 0;
    return fclose(line) == 0 && !failed ? BASE_OK
                                        : base_fail(error, BASE_FAILED, "out of memory for the command line");
}

static void print_summary(const char *path, const struct sweep_summary *s)
{
    char time[32], rate[32];
    base_format_seconds(s->seconds, time);
    base_format_rate(s->sampled, s->seconds, rate);
    if (s->kept > 0)
        fprintf(stderr, "%s: %zu of %zu networks were there already\n", path, s->kept, s->total);
    if (s->sampled > 0)
        fprintf(stderr, "%s: %zu network%s in %s (%s a second, %d thread%s)\n", path, s->sampled,
                s->sampled == 1 ? "" : "s", time, rate, s->threads, s->threads == 1 ? "" : "s");
    if (s->diverged > 0)
        fprintf(stderr, "%s: the training of %zu of these diverged; its losses end there\n", path,
                s->diverged);
    if (s->unresolved > 0)
        fprintf(stderr,
                "warning: %zu networks could not be measured, or not to the end, and are nan from there; the "
                "first: %s\n",
                s->unresolved, s->why_unresolved);
    if (s->no_theory > 0)
        cmd_note_no_theory(s->no_theory, s->why_no_theory);
}

static int run(int argc, char **argv, struct base_error *error)
{
    int status;
    struct experiment experiment = {0};
    struct sweep_summary summary = {0};
    struct arguments a = {.trial = {.trial = -1}};
    char *path = NULL, *command = NULL;
    TRY(quote_command(argc, argv, &command, error));
    if (argp_parse(&parser, argc, argv, 0, NULL, &a) != 0)
        TRY(base_fail(error, BASE_FAILED, "out of memory for the command line"));
    TRY(cmd_load(&experiment, &a.run.experiment, error));
    if (a.trial.trial >= 0) {
        status = cmd_trial_print(&experiment, &a.trial, error);
        goto out;
    }
    TRY(cmd_run_output(&a.run, &experiment, &path, error));

    cmd_note_repeated_boundaries(&experiment);
    catch_signals();
    const struct sweep_options sweep = {
        .threads = a.run.threads, .progress = stderr, .stop = &stop, .folder = cmd_run_folder(&a.run)};
    const struct store_provenance provenance = cmd_provenance(command);
    status = sweep_run(&experiment, path, &sweep, &provenance, &summary, error);
    if (status == BASE_OK || status == BASE_STOPPED)
        print_summary(path, &summary);
out:
    experiment_free(&experiment);
    free(a.run.experiment.sets);
    free(command);
    free(path);
    return status;
}

const struct cmd cmd_run = {"run", "sample an experiment's networks into a result file", run};
