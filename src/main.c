/* fisherfield: the Fisher information of random deep networks, measured exactly and held against mean-field
 * theory. */
#include "cmd/cmd.h"
#include "linalg/linalg.h"
#include "theory/theory.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct cmd *const commands[] = {&cmd_run,  &cmd_theory, &cmd_table, &cmd_verify,
                                             &cmd_info, &cmd_plan,   &cmd_doctor};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
    fputs("Usage: fisherfield COMMAND [OPTION...] FILE\n"
          "The Fisher information of random deep networks, measured exactly and held against mean-field "
          "theory.\n\n",
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

static int run_command(const struct cmd *command, int argc, char **argv, struct base_error *error)
{
    char name[64];
    snprintf(name, sizeof name, "fisherfield %s", command->name);
    argv[0] = name;
    argp_err_exit_status = BASE_BAD_INPUT;
    const int status = command->run(argc, argv, error);
    return status == BASE_OK ? cmd_flush_output(error) : status;
}

static int dispatch(int argc, char **argv, struct base_error *error)
{
    const char *word = argc < 2 ? "" : argv[1];
    if (argc < 2) {
        print_help(stderr);
        return BASE_BAD_INPUT;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help(stdout);
        return cmd_flush_output(error);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        cmd_version_print();
        return cmd_flush_output(error);
    }
    const struct cmd *command = find_command(word);
    if (command == NULL)
        return base_fail(error, BASE_BAD_INPUT, "\"%s\" is not a command; `fisherfield --help` lists them",
                         word);
    return run_command(command, argc - 1, argv + 1, error);
}

int main(int argc, char **argv)
{
    struct base_error error = {""};
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error with a sentence, not a death without one */
    linalg_init(argv);
    store_init();
    theory_init();
    const int status = dispatch(argc, argv, &error);
    if (error.text[0] != '\0')
        fprintf(stderr, "fisherfield: %s\n", error.text);
    return status;
}
