#include "cmd/cmd.h"

#include "base/memory.h"
#include "base/number.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

static const struct argp_option known[] = {
    {"output", 'o', "FILE", 0, "The result file, instead of results/NAME.h5", 0},
    {"threads", 't', "N", 0, "Threads (default: one a core that this process may use)", 0},
    {0}};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct cmd_run_options *o = state->input;
    int64_t threads;
    switch (key) {
    case 'o': o->output = value; return 0;
    case 't':
        if (!base_parse_int64(value, &threads) || threads < 1 || threads > 1024)
            argp_error(state, "--threads: \"%s\" is not a whole number from 1 to 1024", value);
        o->threads = (int)threads;
        return 0;
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->experiment; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = known, .parser = parse_option, .children = cmd_experiment_parser};
const struct argp_child cmd_run_parser[] = {{&parser, 0, NULL, 0}, {0}};

static const char default_folder[] = "results";

const char *cmd_run_folder(const struct cmd_run_options *options)
{
    return options->output == NULL ? default_folder : NULL;
}

int cmd_run_output(const struct cmd_run_options *options, const struct experiment *experiment, char **path,
                   struct base_error *error)
{
    if (options->output != NULL) {
        *path = base_copy(options->output, error);
        return base_got(*path);
    }
    const size_t room = sizeof default_folder + strlen(experiment->name) + sizeof "/.h5";
    *path = base_calloc(room, 1, error);
    if (*path != NULL)
        snprintf(*path, room, "%s/%s.h5", default_folder, experiment->name);
    return base_got(*path);
}
