/* Where φ' jumps, found by evaluation alone: an interval over which a function changes is halved towards the
 * larger change; over a smooth stretch the change falls with the length, over a jump it stays. */
#include "net/expression.h"

#include <math.h>
#include <string.h>

static const double reach = 50;
static const double step =
    1.0 / 64;                       /* kinks nearer to each other than this, with opposite jumps, go unseen */
static const double shift = 0.382;  /* keeps the grid off the round numbers at which users put kinks */
static const double merged = 1e-12; /* kinks nearer to each other than this are one */

struct scan {
    struct net_activation *activation;
    double slope; /* the largest |φ'| on |x| ≤ 4: what counts as a large change */
};

struct point {
    double x, phi, dphi;
};

typedef double function(const struct net_activation *activation, double x);

/* Halves [lo, hi] while f changes over it by more than `least`. True: down to rounding, so f jumps at *x. The
 * change is summed over both halves: f is the same on either side of a pole such as that of 1/x^2. */
static bool jump_find(const struct net_activation *activation, function *f, double lo, double hi,
                      double least, double *x)
{
    double f_lo = f(activation, lo), f_hi = f(activation, hi);
    for (;;) {
        double mid = 0.5 * (lo + hi), f_mid = f(activation, mid);
        double left = fabs(f_mid - f_lo), right = fabs(f_hi - f_mid);
        *x = isfinite(f_mid) ? hi : mid;
        if (left + right <= least)
            return false;
        if (!isfinite(f_mid) || hi - lo < 1e-19 || mid <= lo || mid >= hi)
            return true;
        if (left > right) {
            hi = mid;
            f_hi = f_mid;
        } else {
            lo = mid;
            f_lo = f_mid;
        }
    }
}

/* An activation is continuous at its kinks, and φ' does not grow towards them. */
static int kink_check(const struct scan *scan, double x, struct base_error *error)
{
    static const double near = 1e-11, far = 1e-8;
    double phi[2], dphi[2];
    for (int side = 0; side < 2; side++) {
        int sign = side == 0 ? -1 : 1;
        phi[side] = net_expression_value(scan->activation, x + sign * near);
        dphi[side] = fabs(net_expression_slope(scan->activation, x + sign * near));
        double farther = fabs(net_expression_slope(scan->activation, x + sign * far));
        if (!isfinite(phi[side]) || !(dphi[side] <= 1.05 * farther + 1e-6 * scan->slope))
            return base_fail(error, BASE_BAD_INPUT, "it or its derivative is unbounded near x = %.6g", x);
    }
    if (fabs(phi[1] - phi[0]) > 8 * near * (dphi[0] + dphi[1]) + 1e-9 * (fabs(phi[0]) + fabs(phi[1])))
        return base_fail(error, BASE_BAD_INPUT, "it jumps at x = %.6g", x);
    return BASE_OK;
}

static int kink_add(const struct scan *scan, double x, struct base_error *error)
{
    struct net_activation *activation = scan->activation;
    size_t place = 0;
    while (place < activation->n_kinks && activation->kinks[place] < x - merged)
        place++;
    if (place < activation->n_kinks && activation->kinks[place] <= x + merged)
        return BASE_OK;
    if (kink_check(scan, x, error) != BASE_OK)
        return BASE_BAD_INPUT;
    if (activation->n_kinks == NET_MAX_KINKS)
        return base_fail(error, BASE_BAD_INPUT, "it has more than %d kinks on [-%g, %g]", NET_MAX_KINKS - 1,
                         reach, reach);
    double *kinks = activation->kinks;
    memmove(kinks + place + 1, kinks + place, (activation->n_kinks - place) * sizeof *kinks);
    kinks[place] = x;
    activation->n_kinks++;
    return BASE_OK;
}

static int point_at(const struct scan *scan, double x, struct point *point, struct base_error *error)
{
    *point = (struct point){x, net_expression_value(scan->activation, x),
                            net_expression_slope(scan->activation, x)};
    if (!isfinite(point->phi))
        return base_fail(error, BASE_BAD_INPUT, "it is not finite at x = %.6g", x);
    if (!isfinite(point->dphi))
        return base_fail(error, BASE_BAD_INPUT, "its derivative is not finite at x = %.6g", x);
    return BASE_OK;
}

/* Adds the kinks in (lo, hi), refuses jumps of φ there. */
static int interval_scan(const struct scan *scan, const struct point *lo, const struct point *hi,
                         struct base_error *error)
{
    const struct net_activation *activation = scan->activation;
    double h = hi->x - lo->x, change = fabs(hi->dphi - lo->dphi), size = fabs(lo->phi) + fabs(hi->phi);
    double rise = hi->phi - lo->phi, unexplained = fabs(rise - 0.5 * h * (lo->dphi + hi->dphi)), x;
    /* at most h·change/2 where φ is continuous and φ' monotone; φ rises against φ' over a pole */
    bool against = rise * lo->dphi < 0 && rise * hi->dphi < 0;
    if (unexplained > h * ((against ? 0 : 0.6) * change + 1e-6 * scan->slope) + 1e-12 * size &&
        jump_find(activation, net_expression_value, lo->x, hi->x, 1e-9 * (size + scan->slope), &x) &&
        kink_add(scan, x, error) != BASE_OK)
        return BASE_BAD_INPUT;

    double least = 1e-7 * fmax(scan->slope, fmax(fabs(lo->dphi), fabs(hi->dphi)));
    if (!jump_find(activation, net_expression_slope, lo->x, hi->x, least, &x))
        return BASE_OK;
    int status;
    TRY(kink_add(scan, x, error));
    static const double margin = 1e-9;
    struct point below, above; /* a second kink may lie on either side of this one */
    if (x - lo->x > 4 * margin) {
        TRY(point_at(scan, x - margin, &below, error));
        TRY(interval_scan(scan, lo, &below, error));
    }
    if (hi->x - x > 4 * margin) {
        TRY(point_at(scan, x + margin, &above, error));
        TRY(interval_scan(scan, &above, hi, error));
    }
out:
    return status;
}

/* Round numbers, which the grid avoids: φ is finite there; where φ' is not a number there may be a kink. */
static int round_numbers_scan(const struct scan *scan, struct base_error *error)
{
    for (double x = -reach; x <= reach; x += 0.5) {
        double phi = net_expression_value(scan->activation, x),
               dphi = net_expression_slope(scan->activation, x);
        if (!isfinite(phi))
            return base_fail(error, BASE_BAD_INPUT, "it is not finite at x = %.6g", x);
        if (!isfinite(dphi) && kink_add(scan, x, error) != BASE_OK)
            return BASE_BAD_INPUT;
        if (isinf(dphi))
            return base_fail(error, BASE_BAD_INPUT, "its derivative is infinite at x = %.6g", x);
    }
    return BASE_OK;
}

int net_kinks_find(struct net_activation *activation, bool analytic, struct base_error *error)
{
    struct scan scan = {.activation = activation, .slope = 1e-12};
    double steepest = 0;
    for (double x = -reach + shift * step; x < reach; x += 4 * step) {
        double dphi = fabs(net_expression_slope(activation, x));
        steepest = fmax(steepest, dphi);
        scan.slope = fabs(x) <= 4 ? fmax(scan.slope, dphi) : scan.slope;
    }

    int status;
    struct point lo, hi;
    TRY(round_numbers_scan(&scan, error));
    TRY(point_at(&scan, -reach + shift * step, &lo, error));
    while (lo.x + step < reach) {
        TRY(point_at(&scan, lo.x + step, &hi, error));
        TRY(interval_scan(&scan, &lo, &hi, error));
        lo = hi;
    }
    if (steepest == 0)
        TRY(base_fail(error, BASE_BAD_INPUT, "it must depend on x"));
    activation->smooth = analytic && activation->n_kinks == 0;
    /* a breakpoint costs nothing and catches what is weaker than a kink, such as x*abs(x) */
    if (!activation->smooth)
        TRY(kink_add(&scan, 0, error));
out:
    return status;
}
