#include "cmd/files.h"

#include <argp.h>

struct words {
    size_t most, n;
    char **first;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct words *words = state->input;
    switch (key) {
    case ARGP_KEY_ARGS:
        words->first = state->argv + state->next;
        words->n = (size_t)(state->argc - state->next);
        if (words->n > words->most)
            argp_error(state, "\"%s\" is one too many", words->first[words->most]);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which result file? For example results/universal-width.h5");
        return 0;
    default: (void)value; return ARGP_ERR_UNKNOWN;
    }
}

char **cmd_files_parse(int argc, char **argv, const char *usage, const char *doc, size_t most, size_t *n)
{
    const struct argp parser = {NULL, parse_option, usage, doc, NULL, NULL, NULL};
    struct words words = {.most = most};
    argp_parse(&parser, argc, argv, 0, NULL, &words); /* exits by itself where the words are wrong */
    *n = words.n;
    return words.first;
}
