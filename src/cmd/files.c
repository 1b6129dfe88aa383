#include "cmd/files.h"

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct cmd_files *files = state->input;
    switch (key) {
    case ARGP_KEY_ARGS:
        files->words = state->argv + state->next;
        files->n = (size_t)(state->argc - state->next);
        if (files->n > files->most)
            argp_error(state, "\"%s\" is one too many", files->words[files->most]);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which result file? For example results/universal-width.h5");
        return 0;
    default: (void)value; return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp words_parser = {NULL, parse_option, NULL, NULL, NULL, NULL, NULL};
const struct argp_child cmd_files_parser[] = {{&words_parser, 0, NULL, 0}, {0}};

char **cmd_files_parse(int argc, char **argv, const char *usage, const char *doc, size_t most, size_t *n)
{
    const struct argp parser = {NULL, parse_option, usage, doc, NULL, NULL, NULL};
    struct cmd_files files = {.most = most};
    argp_parse(&parser, argc, argv, 0, NULL, &files); /* exits by itself where the words are wrong */
    *n = files.n;
    return files.words;
}
