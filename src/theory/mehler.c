#include "theory/mehler.h"

#include "base/memory.h"
#include "base/vector.h"
#include "theory/rule.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = MEHLER_BLOCK, FEWEST_TERMS = 32, MOST_TERMS_KINKED = 1024 };

static const double pi = 3.14159265358979323846;

/* ---- the activation */

/* φ(u) = p u and m u on either side of 0, as far as a few points can tell; what lies between them is
 * analytic.
 */
static bool find_rays(const struct net_activation *activation, double *plus, double *minus)
{
    static const double u[] = {1, -1, 0.2385, -0.2385, 2.718, -2.718, 7.3891, -7.3891, 31.006, -31.006};
    enum { N = sizeof u / sizeof *u };
    double phi[N], dphi[N];
    if (activation->smooth || activation->n_kinks != 1 || activation->kinks[0] != 0)
        return false;
    net_activation_eval(activation, N, u, phi, dphi);
    *plus = phi[0];
    *minus = -phi[1];
    for (size_t i = 0; i < N; i++) {
        const double slope = i % 2 == 0 ? *plus : *minus;
        if (!(fabs(phi[i] - slope * u[i]) <= 1e-14 * fabs(u[i]) * (fabs(*plus) + fabs(*minus))))
            return false;
    }
    return true;
}

static int fail_infinite(double variance, struct base_error *error)
{
    return base_fail(error, BASE_UNRESOLVED,
                     "the mean square of the activation or of its derivative overflows or is infinite where "
                     "the pre-activations have variance %g",
                     variance);
}

/* How far out z the coefficients have something to gather: he_n(z) e^(−z²/4) is at most about 1 for every n,
 * so it is where |φ|, |φ'| or φ'² falls below 1e-17 e^(z²/4) of its peak. */
static int find_reach(const struct mehler *m, double variance, double *reach, struct base_error *error)
{
    double largest[2] = {0, 0}, peak[2] = {0, 0};
    for (double z = 0; z <= 38; z += 0.25) {
        const double u[2] = {sqrt(variance) * z, -sqrt(variance) * z};
        double phi[2], dphi[2];
        bool inside = z < 12;
        net_activation_eval(m->activation, 2, u, phi, dphi);
        for (size_t e = 0; e < 2; e++) {
            const double size = fabs(phi[e]) + fabs(dphi[e]) + (m->squares ? dphi[e] * dphi[e] : 0);
            if (!isfinite(size * size))
                return fail_infinite(variance, error);
            largest[e] = fmax(largest[e], size);
            const double share = largest[e] * exp(-0.25 * z * z);
            peak[e] = fmax(peak[e], share);
            inside = inside || share > 1e-17 * peak[e];
        }
        *reach = z;
        if (!inside)
            return BASE_OK;
    }
    return fail_infinite(variance, error);
}

/* ---- quadrature */

/* What one quadrature needs: nodes z_i with Gaussian weights, φ, φ' and φ'² at √q z_i for `width` samples. */
struct nodes {
    struct theory_rule rule;
    double *u, *phi, *dphi, *dphi2; /* (rule.room, width) */
    double *now, *before;           /* (rule.room) w_i he_n(z_i) and w_i he_{n−1}(z_i) */
};

static void nodes_free(struct nodes *x)
{
    theory_rule_free(&x->rule);
    free(x->u);
    memset(x, 0, sizeof *x);
}

static int nodes_init(struct nodes *x, size_t room, size_t width, struct base_error *error)
{
    int status;
    memset(x, 0, sizeof *x);
    TRY(theory_rule_init(&x->rule, room, error));
    TRY(base_got(x->u = base_calloc((4 * width + 2) * room, sizeof *x->u, error)));
    x->phi = x->u + width * room;
    x->dphi = x->phi + width * room;
    x->dphi2 = x->dphi + width * room;
    x->now = x->dphi2 + width * room;
    x->before = x->now + room;
out:
    return status;
}

/* root (width): √q */
static void nodes_eval(struct nodes *x, const struct net_activation *activation, size_t width,
                       const double *root)
{
    const size_t n = x->rule.n * width;
    for (size_t i = 0; i < x->rule.n; i++)
        for (size_t j = 0; j < width; j++)
            x->u[i * width + j] = root[j] * x->rule.x[i];
    net_activation_eval(activation, n, x->u, x->phi, x->dphi);
    for (size_t i = 0; i < n; i++)
        x->dphi2[i] = x->dphi[i] * x->dphi[i];
}

/* he_{n+1} = (z he_n − √n he_{n−1})/√(n+1), from w_i he_n to w_i he_{n+1} */
BASE_CLONES static void climb(size_t nodes, double n, const double *restrict z, const double *restrict now,
                              double *restrict before)
{
    const double down = sqrt(n), up = 1 / sqrt(n + 1);
    for (size_t i = 0; i < nodes; i++)
        before[i] = (z[i] * now[i] - down * before[i]) * up;
}

/* sums[j] = Σ_i x_i g_ij for g (nodes, width) */
BASE_INLINE void gather_width(size_t nodes, size_t width, const double *restrict x, const double *restrict g,
                              double *restrict sums)
{
    for (size_t j = 0; j < width; j++)
        sums[j] = 0;
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = 0; j < width; j++)
            sums[j] += x[i] * g[i * width + j];
}

/* Whole blocks, of a width that the compiler knows, stay in registers. */
BASE_CLONES static void gather(size_t nodes, size_t width, const double *restrict x, const double *restrict g,
                               double *restrict sums)
{
    if (width == B)
        gather_width(nodes, B, x, g, sums);
    else
        gather_width(nodes, width, x, g, sums);
}

/* The coefficients of the samples at `at` .. at+width−1, all in one block. */
static void project(struct mehler *m, struct nodes *x, size_t at, size_t width)
{
    const size_t n = x->rule.n, block = at / B, lane = at % B, N = m->terms;
    memcpy(x->now, x->rule.w, n * sizeof *x->now);
    memset(x->before, 0, n * sizeof *x->before);
    gather(n, width, x->now, x->phi, m->mean + at);
    for (size_t k = 0; k < N; k++) {
        gather(n, width, x->now, x->dphi, m->c + (block * N + k) * B + lane);
        if (m->squares)
            gather(n, width, x->now, x->dphi2, m->c2 + (block * N + k) * B + lane);
        climb(n, (double)k, x->rule.x, x->now, x->before);
        double *swap = x->now;
        x->now = x->before;
        x->before = swap;
    }
}

/* E φ², E φ'² and E φ'⁴ of sample j of x's. */
static struct theory_pair moments(const struct nodes *x, size_t width, size_t j)
{
    struct theory_pair sum = {0};
    for (size_t i = 0; i < x->rule.n; i++) {
        const size_t at = i * width + j;
        sum.phi += x->rule.w[i] * x->phi[at] * x->phi[at];
        sum.dphi += x->rule.w[i] * x->dphi2[at];
        sum.dphi2 += x->rule.w[i] * x->dphi2[at] * x->dphi2[at];
    }
    return sum;
}

static bool is_near(double x, double y)
{
    return fabs(x - y) <= 1e-14 * fabs(y);
}

/* The trapezoid rule's step for the sample of largest variance: halves of a coarse one until its moments
 * stand. Then 2π/h is more than the band that φ' takes; he_N e^(−z²/2) takes √N + 6 besides. */
static int find_band(const struct mehler *m, double variance, double reach, double *band,
                     struct base_error *error)
{
    int status;
    struct nodes x = {.u = NULL};
    struct theory_pair last = {.phi = NAN, .dphi = NAN, .dphi2 = NAN};
    const double root = sqrt(variance);
    double h = 0.6;
    TRY(nodes_init(&x, theory_rule_trapezoid_size(reach, 0.004), 1, error));
    for (; h > 0.005; h /= 1.4) {
        theory_rule_trapezoid(&x.rule, reach, h);
        nodes_eval(&x, m->activation, 1, &root);
        const struct theory_pair now = moments(&x, 1, 0);
        if (is_near(last.phi, now.phi) && is_near(last.dphi, now.dphi) &&
            (!m->squares || is_near(last.dphi2, now.dphi2)))
            break;
        last = now;
    }
    *band = 2 * pi / h;
out:
    nodes_free(&x);
    return status;
}

/* Smooth: one rule for all samples, a block of them at a time. */
static int fill_smooth(struct mehler *m, double reach, double band, struct base_error *error)
{
    int status;
    struct nodes x = {.u = NULL};
    const double h = 2 * pi / (band + sqrt((double)m->terms) + 6);
    TRY(nodes_init(&x, theory_rule_trapezoid_size(reach, h), B, error));
    theory_rule_trapezoid(&x.rule, reach, h);
    for (size_t b = 0; b < m->blocks; b++) {
        const size_t width = m->T - b * B < B ? m->T - b * B : B;
        nodes_eval(&x, m->activation, width, m->root + b * B);
        project(m, &x, b * B, width);
        for (size_t j = 0; j < width; j++)
            m->same[b * B + j] = moments(&x, width, j);
    }
out:
    nodes_free(&x);
    return status;
}

/* Nodes of a panel, which he_N crosses with √N radians a unit: of those counts that GSL knows to all digits
 * (others it computes to 1e-10). */
static size_t panel_nodes(size_t terms)
{
    return terms <= 32 ? 64 : terms <= 256 ? 96 : terms <= 512 ? 128 : 256;
}

/* Kinked: panels between the kinks, which each sample has elsewhere. */
static int fill_kinked(struct mehler *m, double reach, struct base_error *error)
{
    int status;
    struct nodes x = {.u = NULL};
    struct theory_legendre legendre = {.n = 0};
    const size_t kinks = m->activation->n_kinks, nodes = panel_nodes(m->terms);
    TRY(theory_legendre_init(&legendre, nodes, error));
    TRY(nodes_init(&x, theory_rule_panels_size(kinks + 2, reach, nodes), 1, error));
    for (size_t t = 0; t < m->T; t++) {
        double breaks[NET_MAX_KINKS + 2];
        size_t n = 0;
        breaks[n++] = -reach;
        for (size_t k = 0; k < kinks; k++)
            if (fabs(m->activation->kinks[k]) < reach * m->root[t])
                breaks[n++] = m->activation->kinks[k] / m->root[t];
        breaks[n++] = reach;
        theory_rule_panels(&x.rule, breaks, n, &legendre);
        nodes_eval(&x, m->activation, 1, m->root + t);
        project(m, &x, t, 1);
        m->same[t] = moments(&x, 1, 0);
    }
out:
    theory_legendre_free(&legendre);
    nodes_free(&x);
    return status;
}

/* ---- how many terms */

/* The largest share over samples that the terms from n = 8, 16, … on have in what they sum to; and which
 * parities are there at all. */
static void find_tails(struct mehler *m, const double *c, bool squares, double *tails, double present[2])
{
    const size_t N = m->terms;
    for (size_t t = 0; t < m->T; t++) {
        const double *row = c + t / B * N * B + t % B, whole = squares ? m->same[t].dphi2 : m->same[t].dphi;
        double sum = 0;
        for (size_t k = 0; k < N && whole > 0; k++) {
            const double share = row[k * B] * row[k * B] / whole;
            sum += share;
            present[k % 2] = fmax(present[k % 2], share);
            if (k % 8 == 7)
                tails[(k + 1) / 8] = fmax(tails[(k + 1) / 8], fabs(1 - sum));
        }
        m->rest[t] = fmax(m->rest[t], whole > 0 ? fabs(1 - sum) : 0);
    }
}

/* limits: what is left of the sum after n terms, at most tail ρⁿ, is below the tolerance up to that ρ. */
static void find_limits(struct mehler *m)
{
    double tails[MEHLER_MOST_TERMS / 8 + 1] = {0}, present[2] = {0, 0};
    memset(m->rest, 0, m->T * sizeof *m->rest);
    find_tails(m, m->c, false, tails, present);
    if (m->squares)
        find_tails(m, m->c2, true, tails, present);
    m->limits[0] = 0;
    for (size_t i = 1; i <= m->terms / 8; i++)
        m->limits[i] = tails[i] <= m->tolerance
                           ? 1
                           : fmax(m->limits[i - 1], pow(m->tolerance / tails[i], 0.125 / (double)i));
    const double negligible = 1e-28; /* of squares: rounding */
    m->first = present[0] <= negligible ? 1 : 0;
    m->step = present[0] <= negligible || present[1] <= negligible ? 2 : 1;
}

static int grow(struct mehler *m, size_t terms, struct base_error *error)
{
    int status;
    free(m->c);
    free(m->c2);
    m->c = m->c2 = NULL;
    m->terms = terms;
    TRY(base_got(m->c = base_calloc(m->blocks * terms * B, sizeof *m->c, error)));
    if (m->squares)
        TRY(base_got(m->c2 = base_calloc(m->blocks * terms * B, sizeof *m->c2, error)));
out:
    return status;
}

static int fill_series(struct mehler *m, double largest_variance, double largest_correlation,
                       struct base_error *error)
{
    int status;
    const bool smooth = m->activation->smooth;
    const size_t most = smooth ? MEHLER_MOST_TERMS : MOST_TERMS_KINKED;
    double reach = 0, band = 0;
    TRY(find_reach(m, largest_variance, &reach, error));
    if (smooth)
        TRY(find_band(m, largest_variance, reach, &band, error));
    for (size_t terms = FEWEST_TERMS; terms <= most; terms *= 2) {
        TRY(grow(m, terms, error));
        TRY(smooth ? fill_smooth(m, reach, band, error) : fill_kinked(m, reach, error));
        find_limits(m);
        if (m->limits[terms / 8] >= largest_correlation)
            break;
    }
out:
    return status;
}

/* ---- a layer */

int mehler_init(struct mehler *mehler, const struct net_activation *activation, size_t T, bool squares,
                double tolerance, struct base_error *error)
{
    int status;
    const size_t blocks = (T + B - 1) / B;
    struct mehler *m = mehler;
    *m = (struct mehler){
        .activation = activation, .T = T, .blocks = blocks, .squares = squares, .tolerance = tolerance};
    m->rays = find_rays(activation, &m->plus, &m->minus);
    TRY(base_got(m->mean = base_calloc(4 * blocks * B, sizeof *m->mean, error)));
    m->root = m->mean + blocks * B;
    m->inverse = m->root + blocks * B;
    m->rest = m->inverse + blocks * B;
    TRY(base_got(m->same = base_calloc(T, sizeof *m->same, error)));
out:
    return status;
}

void mehler_free(struct mehler *mehler)
{
    free(mehler->mean);
    free(mehler->same);
    free(mehler->c);
    free(mehler->c2);
    memset(mehler, 0, sizeof *mehler);
}

static struct theory_pair rays_pair(const struct mehler *m, double scale, double c);

int mehler_set(struct mehler *mehler, const double *q, double largest_correlation, struct base_error *error)
{
    int status = BASE_OK;
    struct mehler *m = mehler;
    double largest = 0;
    m->q = q;
    for (size_t t = 0; t < m->T; t++) {
        if (!(q[t] >= 0) || !isfinite(q[t]))
            return base_fail(error, BASE_UNRESOLVED, "the variance of the pre-activations overflows");
        largest = fmax(largest, q[t]);
        m->root[t] = sqrt(q[t]);
        m->inverse[t] = q[t] > 0 ? 1 / m->root[t] : 0;
    }
    if (m->rays)
        for (size_t t = 0; t < m->T; t++)
            m->same[t] = rays_pair(m, q[t], 1);
    else
        TRY(fill_series(m, largest, largest_correlation, error));
    for (size_t t = 0; t < m->T; t++)
        if (!isfinite(m->same[t].phi) || !isfinite(m->same[t].dphi))
            TRY(fail_infinite(q[t], error));
out:
    return status;
}

/* ---- pairs */

/* scale = √(q_s q_t), c = cos θ = ρ. Of u, v > 0 and of u > 0 > v:
 *     E uv⁺⁺ = (sin θ + (π − θ) cos θ)/2π ,  E |uv|⁺⁻ = (sin θ − θ cos θ)/2π ,  shares (π − θ)/2π and θ/2π */
static struct theory_pair rays_pair(const struct mehler *m, double scale, double c)
{
    const double p = m->plus, n = m->minus, sine = sqrt((1 - c) * (1 + c)), theta = atan2(sine, c);
    const double same = (sine + (pi - theta) * c) / (2 * pi), other = (sine - theta * c) / (2 * pi);
    const double share = (pi - theta) / (2 * pi), rest = theta / (2 * pi);
    return (struct theory_pair){.phi = scale * ((p * p + n * n) * same - 2 * p * n * other),
                                .dphi = (p * p + n * n) * share + 2 * p * n * rest,
                                .dphi2 = (p * p * p * p + n * n * n * n) * share + 2 * p * p * n * n * rest};
}

/* Of a block: sum[j] = Σ_i a_k c_kj x_jⁱ and, unless NULL, integral[j] = Σ_i a_k c_kj x_jⁱ/(k+1), k = first +
 * i step below n; c (n, 64), a (n). Horner. */
BASE_CLONES static void series(size_t n, size_t first, size_t step, const double *restrict a,
                               const double *restrict c, const double *restrict x, double *restrict sum,
                               double *restrict integral)
{
    for (size_t j = 0; j < B; j++)
        sum[j] = integral[j] = 0;
    const size_t terms = n > first ? (n - first + step - 1) / step : 0;
    for (size_t i = terms; i > 0; i--) {
        const size_t k = first + (i - 1) * step;
        const double ak = a[k], share = 1 / (double)(k + 1);
        const double *restrict row = c + k * B;
        for (size_t j = 0; j < B; j++) {
            const double p = ak * row[j];
            sum[j] = sum[j] * x[j] + p;
            integral[j] = integral[j] * x[j] + p * share;
        }
    }
}

struct row {
    double q[B], rho[B], x[B], sum[B], integral[B], squares[B], ignored[B];
    double a[MEHLER_MOST_TERMS];
};

static void take_coefficients(const struct mehler *m, const double *c, size_t s, size_t n, double *a)
{
    const double *column = c + s / B * m->terms * B + s % B;
    for (size_t k = 0; k < n; k++)
        a[k] = column[k * B];
}

/* Terms that are enough for the largest correlation of a row. */
static size_t terms_for(const struct mehler *m, double largest)
{
    size_t low = 1, high = m->terms / 8;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (m->limits[middle] >= largest)
            high = middle;
        else
            low = middle + 1;
    }
    return 8 * low;
}

static double power(double x, size_t n)
{
    return n == 0 ? 1 : x;
}

/* Whether even all terms leave out too much, where it is not one sample's tail that does. */
static bool is_unresolved(const struct mehler *m, size_t s, size_t t, double rho)
{
    return fabs(rho) > m->limits[m->terms / 8] &&
           pow(fabs(rho), (double)m->terms) * sqrt(m->rest[s] * m->rest[t]) > m->tolerance;
}

static int pair_directly(const struct mehler *m, size_t s, size_t t, double q, struct theory_pair *pair,
                         struct base_error *error)
{
    return theory_gauss_unequal(m->activation, (double[2]){m->q[s], m->q[t]}, q,
                                m->activation->smooth ? 5 : 2, pair, error);
}

static int series_pairs(const struct mehler *m, size_t s, size_t first, size_t last, const double *q,
                        double *phi, double *dphi, double *dphi2, struct base_error *error)
{
    int status = BASE_OK;
    struct row r;
    const size_t block = first / B, lane = first % B, count = last - first;
    const double unresolved = m->limits[m->terms / 8];
    double largest = 0;
    memset(r.rho, 0, sizeof r.rho);
    for (size_t j = 0; j < count; j++) {
        const double c = q[j] * m->inverse[s] * m->inverse[first + j];
        r.rho[lane + j] = fmax(-1, fmin(1, c));
        largest = fmax(largest, fmin(fabs(c), unresolved)); /* those above take all terms, or a quadrature */
    }
    const size_t n = terms_for(m, largest);
    for (size_t j = 0; j < B; j++)
        r.x[j] = m->step == 2 ? r.rho[j] * r.rho[j] : r.rho[j];
    take_coefficients(m, m->c, s, n, r.a);
    series(n, m->first, m->step, r.a, m->c + block * m->terms * B, r.x, r.sum, r.integral);
    for (size_t j = 0; j < count; j++) {
        const size_t i = lane + j;
        const double odd = power(r.rho[i], m->first);
        dphi[j] = odd * r.sum[i];
        phi[j] = m->mean[s] * m->mean[first + j] +
                 m->root[s] * m->root[first + j] * r.rho[i] * odd * r.integral[i];
    }
    if (dphi2 != NULL) {
        take_coefficients(m, m->c2, s, n, r.a);
        series(n, m->first, m->step, r.a, m->c2 + block * m->terms * B, r.x, r.squares, r.ignored);
        for (size_t j = 0; j < count; j++)
            dphi2[j] = power(r.rho[lane + j], m->first) * r.squares[lane + j];
    }
    for (size_t j = 0; j < count; j++)
        if (is_unresolved(m, s, first + j, r.rho[lane + j])) {
            struct theory_pair pair;
            TRY(pair_directly(m, s, first + j, q[j], &pair, error));
            phi[j] = pair.phi;
            dphi[j] = pair.dphi;
            if (dphi2 != NULL)
                dphi2[j] = pair.dphi2;
        }
out:
    return status;
}

int mehler_pairs(const struct mehler *mehler, size_t s, size_t first, size_t last, const double *q,
                 double *phi, double *dphi, double *dphi2, struct base_error *error)
{
    const struct mehler *m = mehler;
    assert(first < last && first / B == (last - 1) / B);
    if (!m->rays)
        return series_pairs(m, s, first, last, q, phi, dphi, dphi2, error);
    for (size_t j = 0; j < last - first; j++) {
        const double c = q[j] * m->inverse[s] * m->inverse[first + j];
        const struct theory_pair pair = rays_pair(m, m->root[s] * m->root[first + j], fmax(-1, fmin(1, c)));
        phi[j] = pair.phi;
        dphi[j] = pair.dphi;
        if (dphi2 != NULL)
            dphi2[j] = pair.dphi2;
    }
    return BASE_OK;
}
