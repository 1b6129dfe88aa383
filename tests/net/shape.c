#include "net/shape.h"

#include "tests.h"

static void open_point(const struct shape *shape, const struct branch *branch,
                       struct net_architecture *architecture, struct net_activation *activation)
{
    double profile[8];
    struct base_error error = {""};
    for (size_t l = 0; l < 8; l++)
        profile[l] = shape->profile[l] > 0 ? shape->profile[l] : 1;
    struct experiment_point point = {.activation = shape->activation,
                                     .weight_variance = shape->weight_variance,
                                     .bias_variance = shape->bias_variance,
                                     .depth = shape->depth,
                                     .width = shape->width,
                                     .outputs = shape->outputs,
                                     .profile = profile,
                                     .inputs = "gaussian",
                                     .samples = shape->samples};
    if (branch != NULL) {
        point.architecture = "residual";
        point.skip = branch->skip;
        point.branch_variance = branch->variance;
        point.train_branch = branch->train ? "true" : "false";
    }
    if (net_architecture_init(architecture, &point, &error) != BASE_OK ||
        net_activation_open(activation, shape->activation, &error) != BASE_OK)
        fail_msg("%s", error.text);
}

void shape_open(const struct shape *shape, struct net_architecture *architecture,
                struct net_activation *activation)
{
    open_point(shape, NULL, architecture, activation);
}

void shape_open_residual(const struct shape *shape, const struct branch *branch,
                         struct net_architecture *architecture, struct net_activation *activation)
{
    open_point(shape, branch, architecture, activation);
}
