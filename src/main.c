/* fisherfield: the Fisher information of random deep networks, measured exactly and held against mean-field theory. */
#include "cmd/cmd.h"
#include "linalg/linalg.h"
#include "theory/theory.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct cmd *const commands[] = {&cmd_run, &cmd_theory, &cmd_table, &cmd_verify, &cmd_info};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
    fputs("Usage: fisherfield COMMAND [OPTION...] FILE\n"
          "The Fisher information of random deep networks, measured exactly and held against mean-field theory.\n\n",
          out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->doc);
    fputs("\n  fisherfield COMMAND --help   the options of a command\n"
          "  fisherfield --version        this build and its libraries\n\n"
          "First steps: fisherfield run --quick experiments/universal-width.yaml\n"
          "             fisherfield verify results/universal-width-quick.h5\n",
          out);
}

static const struct cmd *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* A full disk shows only when the buffer is written out. */
static int flush_output(int status, struct base_error *error)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return base_fail(error, BASE_FAILED, "standard output: %s", strerror(errno));
}

static int run_command(const struct cmd *command, int argc, char **argv)
{
    char name[64];
    struct base_error error = {""};
    snprintf(name, sizeof name, "fisherfield %s", command->name);
    argv[0] = name;
    argp_err_exit_status = BASE_BAD_INPUT;
    const int status = flush_output(command->run(argc, argv, &error), &error);
    if (error.text[0] != '\0')
        fprintf(stderr, "fisherfield: %s\n", error.text);
    return status;
}

int main(int argc, char **argv)
{
    linalg_init(argv);
    store_init();
    theory_init();
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? BASE_BAD_INPUT : BASE_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        cmd_version_print();
        return BASE_OK;
    }
    const struct cmd *command = find_command(argv[1]);
    if (command == NULL) {
        fprintf(stderr, "fisherfield: \"%s\" is not a command; `fisherfield --help` lists them\n", argv[1]);
        return BASE_BAD_INPUT;
    }
    return run_command(command, argc - 1, argv + 1);
}
