/* α_0..α_{L-1} against the depth L and the width M of every network that uses them. */
#include "experiment/layout.h"

#include <math.h>

static const double MAX_UNITS = 1e9; /* as the width's own limit */

static int check_length(const struct experiment_context *context, const struct experiment_value *profile,
                        int64_t depth)
{
    long long L = (long long)depth, n = (long long)profile->n;
    if (n == L)
        return BASE_OK;
    if (L == 1)
        return experiment_tree_fail(context->error, profile->node, profile->path,
                                    "depth 1 needs 1 value, α_0; here are %lld", n);
    return experiment_tree_fail(context->error, profile->node, profile->path,
                                "depth %lld needs %lld values, α_0..α_%lld; here %s %lld", L, L, L - 1,
                                n == 1 ? "is" : "are", n);
}

static int check_units(const struct experiment_context *context, const struct experiment_value *profile,
                       int64_t width)
{
    for (size_t l = 0; l < profile->n; l++) {
        double units = floor(profile->reals[l] * (double)width + 0.5);
        if (units >= 1 && units <= MAX_UNITS)
            continue;
        return experiment_tree_fail(
            context->error, profile->node->items[l], profile->path,
            "layer %zu would have %s units: α_%zu M = %.6g x %lld; it must round to 1 to 1000000000", l,
            units < 1 ? "no" : "too many", l, profile->reals[l], (long long)width);
    }
    return BASE_OK;
}

static bool all_ones(const struct experiment_value *profile)
{
    for (size_t l = 0; l < profile->n; l++)
        if (profile->reals[l] < 1 || profile->reals[l] > 1)
            return false;
    return true;
}

/* One row of settings: a case's, or the shared one, whose depth or width may be left to the cases. */
static int check_row(const struct experiment_context *context, const struct experiment_layout *layout,
                     const struct experiment_value *row)
{
    int status = BASE_OK;
    size_t n_depths, n_widths;
    const struct experiment_value *profile = &row[KEY_PROFILE];
    const struct experiment_value *depths = experiment_layout_values(layout, row, KEY_DEPTH, &n_depths);
    const struct experiment_value *widths = experiment_layout_values(layout, row, KEY_WIDTH, &n_widths);
    if (profile->node == NULL) /* the default has every length */
        return BASE_OK;
    for (size_t i = 0; i < n_depths; i++)
        TRY(check_length(context, profile, depths[i].integer));
    for (size_t i = 0; i < n_widths; i++)
        TRY(check_units(context, profile, widths[i].integer));
out:
    return status;
}

int experiment_layout_profiles(const struct experiment_context *context, struct experiment_layout *layout)
{
    int status = BASE_OK;
    TRY(check_row(context, layout, layout->shared));
    for (size_t c = 0; c < layout->n_cases; c++) {
        TRY(check_row(context, layout, layout->settings[c]));
        struct experiment_value *profile = &layout->settings[c][KEY_PROFILE];
        if (all_ones(profile))
            profile->n = 0;
    }
out:
    return status;
}
