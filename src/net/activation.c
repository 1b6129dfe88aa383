#include "net/activation.h"

#include "base/nearest.h"
#include "net/error_function.h"
#include "net/exponential.h"
#include "net/expression.h"
#include "net/sine.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double sqrt_2_over_pi = 0.79788456080286535588; /* √(2/π) */

static void linear(size_t n, const double *u, double *phi, double *dphi)
{
    for (size_t i = 0; i < n; i++) {
        phi[i] = u[i];
        dphi[i] = 1;
    }
}

/* u < 0 rather than u > 0: a nan stays one, so that a diverged network shows. */
static void relu(size_t n, const double *u, double *phi, double *dphi)
{
    for (size_t i = 0; i < n; i++) {
        phi[i] = u[i] < 0 ? 0 : u[i];
        dphi[i] = u[i] > 0 ? 1 : 0;
    }
}

static void leaky_relu(size_t n, const double *u, double *phi, double *dphi)
{
    for (size_t i = 0; i < n; i++) {
        dphi[i] = u[i] > 0 ? 1 : 0.01;
        phi[i] = dphi[i] * u[i];
    }
}

/* tanh|u| = −m/(2+m) with m = e^{-2|u|} − 1 */
BASE_CLONES static void tanh_(size_t n, const double *restrict u, double *restrict phi, double *restrict dphi)
{
    for (size_t i = 0; i < n; i++) {
        const double m = net_exponential(-2 * fabs(u[i])).expm1, t = m / (2 + m);
        phi[i] = copysign(t, u[i]);
        dphi[i] = 1 - t * t;
    }
}

BASE_CLONES static void erf_(size_t n, const double *restrict u, double *restrict phi, double *restrict dphi)
{
    for (size_t i = 0; i < n; i++) {
        const struct net_normal normal = net_normal(fabs(u[i]));
        const double large = copysign(1 - 2 * normal.tail, u[i]);
        phi[i] = fabs(u[i]) < 1 ? u[i] * net_erf_small(u[i] * u[i]) : large;
        dphi[i] = sqrt_2_over_pi * normal.exp;
    }
}

/* Below, e = e^{-|u|} ≤ 1 never overflows (nor falls below 1e-304); s = 1/(1+e^{-u}), and s' = e/(1+e)² is
 * even. */
BASE_CLONES static void sigmoid(size_t n, const double *restrict u, double *restrict phi,
                                double *restrict dphi)
{
    for (size_t i = 0; i < n; i++) {
        const double e = net_exponential(-fabs(u[i])).exp, r = 1 / (1 + e);
        phi[i] = u[i] < 0 ? e * r : r;
        dphi[i] = e * r * r;
    }
}

/* log(1 + e) = 2 artanh s = 2s + s z L(z), s = e/(2 + e), z = s² ≤ 1/9: minimax (Remez) for relative error of
 * the whole, 5e-17. */
BASE_CLONES static void softplus(size_t n, const double *restrict u, double *restrict phi,
                                 double *restrict dphi)
{
    for (size_t i = 0; i < n; i++) {
        const double e = net_exponential(-fabs(u[i])).exp, r = 1 / (1 + e), s = e / (2 + e), z = s * s;
        double L = 0x1.6b520c70eacb8p-3 * z + 0x1.959c10bf346c5p-4;
        L = L * z + 0x1.163fab5d38effp-3;
        L = L * z + 0x1.3aa9216d91db6p-3;
        L = L * z + 0x1.7462505c31c5cp-3;
        L = L * z + 0x1.c71c4a69daa55p-3;
        L = L * z + 0x1.2492497832f85p-2;
        L = L * z + 0x1.99999998ebc95p-2;
        L = L * z + 0x1.5555555555937p-1;
        phi[i] = (u[i] < 0 ? 0 : u[i]) + (2 * s + s * (z * L));
        dphi[i] = u[i] < 0 ? e * r : r;
    }
}

BASE_CLONES static void silu(size_t n, const double *restrict u, double *restrict phi, double *restrict dphi)
{
    for (size_t i = 0; i < n; i++) {
        const double e = net_exponential(-fabs(u[i])).exp, r = 1 / (1 + e), s = u[i] < 0 ? e * r : r;
        phi[i] = u[i] * s;
        dphi[i] = s + u[i] * (e * r * r);
    }
}

/* The tail keeps Φ(u) accurate on the left. */
BASE_CLONES static void gelu(size_t n, const double *restrict u, double *restrict phi, double *restrict dphi)
{
    for (size_t i = 0; i < n; i++) {
        const struct net_normal normal = net_normal(fabs(u[i]));
        const double Phi = u[i] < 0 ? normal.tail : 1 - normal.tail;
        phi[i] = u[i] * Phi;
        dphi[i] = Phi + u[i] * (0.5 * sqrt_2_over_pi * normal.exp);
    }
}

BASE_CLONES static void sin_(size_t n, const double *restrict u, double *restrict phi, double *restrict dphi)
{
    for (size_t i = 0; i < n; i++) {
        const struct net_sine sine = net_sine(u[i]);
        phi[i] = sine.sin;
        dphi[i] = sine.cos;
    }
}

const struct net_activation_kind net_activation_kinds[] = {
    {"linear", "x", linear, false},
    {"relu", "max(0, x)", relu, true},
    {"leaky_relu", "x for x > 0, 0.01 x for x < 0", leaky_relu, true},
    {"tanh", "tanh(x)", tanh_, false},
    {"erf", "erf(x/√2)", erf_, false},
    {"sigmoid", "1/(1 + e^-x)", sigmoid, false},
    {"softplus", "log(1 + e^x)", softplus, false},
    {"gelu", "x Φ(x), Φ the standard normal distribution function", gelu, false},
    {"silu", "x/(1 + e^-x)", silu, false},
    {"sin", "sin(x)", sin_, false},
    {NULL, NULL, NULL, false},
};

static const struct net_activation_kind *kind_find(const char *name)
{
    for (const struct net_activation_kind *kind = net_activation_kinds; kind->name != NULL; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

/* "linear, relu, ..." */
static const char *names_list(char *list, size_t size)
{
    size_t used = 0;
    for (const struct net_activation_kind *kind = net_activation_kinds; kind->name != NULL && used < size;
         kind++)
        used += (size_t)snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", kind->name);
    return list;
}

static int refuse_text(const char *text, const char *reason, struct base_error *error)
{
    char list[256], guess[BASE_GUESS];
    const char *names[sizeof net_activation_kinds / sizeof *net_activation_kinds];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        names[i] = net_activation_kinds[i].name;
    return base_fail(error, BASE_BAD_INPUT,
                     "\"%.80s%s\" is neither an activation (%s) nor an expression in x such as "
                     "\"x*exp(-x^2/2)\": %s%s",
                     text, strlen(text) > 80 ? "..." : "", names_list(list, sizeof list), reason,
                     base_guess(text, names, guess));
}

int net_activation_open(struct net_activation *activation, const char *text, struct base_error *error)
{
    *activation = (struct net_activation){.kind = kind_find(text)};
    if (activation->kind != NULL) {
        activation->n_kinks = activation->kind->kinked ? 1 : 0; /* at 0 */
        activation->smooth = !activation->kind->kinked;
        return BASE_OK;
    }

    struct base_error reason;
    int status = net_expression_open(activation, text, &reason);
    if (status != BASE_OK) {
        status = refuse_text(text, reason.text, error);
    } else {
        status = net_kinks_find(activation, net_expression_is_analytic(text), &reason);
        if (status != BASE_OK)
            status = base_fail(error, BASE_BAD_INPUT, "\"%.80s%s\" cannot be an activation: %s", text,
                               strlen(text) > 80 ? "..." : "", reason.text);
    }
    if (status != BASE_OK)
        net_activation_close(activation);
    return status;
}

void net_activation_close(struct net_activation *activation)
{
    net_expression_close(activation);
    *activation = (struct net_activation){.kind = NULL};
}

void net_activation_eval(const struct net_activation *activation, size_t n, const double *u, double *phi,
                         double *dphi)
{
    assert(u != phi && u != dphi);
    if (activation->kind != NULL)
        activation->kind->eval(n, u, phi, dphi);
    else
        net_expression_eval(activation, n, u, phi, dphi);
}
