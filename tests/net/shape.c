#include "net/shape.h"

#include "tests.h"

#include <math.h>
#include <stdlib.h>

double shape_input(size_t i, size_t t)
{
    return 0.4 + fabs(sin(1.7 * (double)i + 0.9 * (double)(i * i % 11) * (t == 1 ? 0 : (double)t)));
}

size_t shape_features(const struct shape *shape)
{
    return shape->profile[0] < 0 ? (size_t)-shape->profile[0] : 0;
}

/* (features, T), of which there are a few; they stay. */
static const double *given_inputs(size_t features, size_t T)
{
    static struct {
        size_t features, T;
        double *inputs;
    } made[8];
    size_t n = 0;
    while (n < 8 && made[n].inputs != NULL && (made[n].features != features || made[n].T != T))
        n++;
    assert_true(n < 8);
    if (made[n].inputs == NULL) {
        made[n].inputs = malloc(features * T * sizeof(double));
        assert_non_null(made[n].inputs);
        made[n].features = features;
        made[n].T = T;
        for (size_t i = 0; i < features; i++)
            for (size_t t = 0; t < T; t++)
                made[n].inputs[i * T + t] = shape_input(i, t);
    }
    return made[n].inputs;
}

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
                                     .samples = shape->samples,
                                     .draws = 1};
    if (branch != NULL) {
        point.architecture = "residual";
        point.skip = branch->skip;
        point.branch_variance = branch->variance;
        point.train_branch = branch->train ? "true" : "false";
    }
    if (net_architecture_init(architecture, &point, &error) != BASE_OK ||
        net_activation_open(activation, shape->activation, &error) != BASE_OK)
        fail_msg("%s", error.text);
    const size_t features = shape_features(shape);
    if (features > 0)
        net_architecture_set_inputs(architecture, features, given_inputs(features, architecture->T), 1);
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

void shape_order(const struct net_architecture *architecture, const struct net_activation *activation,
                 struct theory_order *order)
{
    const struct net_architecture *a = architecture;
    struct base_error error = {""};
    double *gram = malloc(a->T * a->T * sizeof *gram);
    assert_non_null(gram);
    const struct theory_branch branch = {a->skip, a->branch_variance, 0};
    int status = BASE_OK;
    if (a->inputs == NULL && a->residual)
        status = theory_order_solve_residual(order, activation, a->weight_variance, a->bias_variance, a->skip,
                                             a->branch_variance, a->L, 1e-12, &error);
    else if (a->inputs == NULL)
        status =
            theory_order_solve(order, activation, a->weight_variance, a->bias_variance, a->L, 1e-12, &error);
    else {
        status = theory_gram_compute(a->widths[0], a->T, a->inputs, gram, &error);
        if (status == BASE_OK)
            status =
                theory_kernel_solve_residual(order, activation, a->weight_variance, a->bias_variance,
                                             a->residual ? &branch : NULL, a->L, a->T, gram, 1e-12, &error);
    }
    if (status != BASE_OK)
        fail_msg("%s", error.text);
    free(gram);
}
