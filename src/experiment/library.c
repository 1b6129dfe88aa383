#include "experiment/experiment.h"

#include <yaml.h>

const char *experiment_library(void)
{
    return yaml_get_version_string();
}
