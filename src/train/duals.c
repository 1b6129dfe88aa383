#include "train/duals.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <string.h>

const double train_dual_singular = 1e-12;

int train_dual_init(double ***matrices, size_t L, size_t n, size_t last, struct base_error *error)
{
    int status;
    double **m = base_calloc(L + 2, sizeof *m, error); /* ended by NULL */
    *matrices = m;
    TRY(base_got(m));
    for (size_t l = 1; l <= L; l++)
        TRY(base_got(m[l] = base_alloc(l < L ? n * n : last * last, sizeof(double), error)));
out:
    return status;
}

double train_dual_flops(const struct net_architecture *architecture, size_t B)
{
    const struct net_architecture *a = architecture;
    const double CB = (double)(a->C * B), b = (double)B;
    double sum = 0;
    for (size_t l = 1; l <= a->L; l++)
        sum += b * b * (double)a->widths[l - 1] + (l < a->L ? (CB * CB + 2 * CB) * (double)a->widths[l] : 0);
    return sum;
}

void train_dual_inputs(const struct train_network *network, const struct train_signals *signals, size_t l,
                       double *A)
{
    const size_t B = signals->B;
    const double weight = network->weight_scale[l] * network->weight_scale[l],
                 bias = network->bias_scale * network->bias_scale;
    linalg_gram(network->architecture->widths[l - 1], B, signals->h[l - 1], A);
    for (size_t s = 0; s < B; s++)
        for (size_t t = s; t < B; t++)
            A[s * B + t] = weight * A[s * B + t] + bias;
    linalg_mirror(B, A);
}

void train_dual_deltas(const struct train_network *network, const struct train_signals *signals, size_t l,
                       double *D)
{
    linalg_gram(network->architecture->widths[l], signals->C * signals->B, signals->delta[l], D);
}

void train_dual_kernel(size_t C, size_t B, const double *A, double *D)
{
    for (size_t r = 0; r < C * B; r++)
        for (size_t c = r; c < C * B; c++)
            D[r * C * B + c] *= A[r % B * B + c % B];
}

static void add(size_t n, const double *x, double *sum)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            sum[i * n + j] += x[i * n + j];
}

void train_dual_sum(const struct train_network *network, const struct train_signals *signals, double *A,
                    double *D, double *theta)
{
    const size_t L = network->architecture->L, C = signals->C, B = signals->B, CB = C * B;
    memset(theta, 0, CB * CB * sizeof *theta);
    for (size_t l = 1; l <= L; l++) {
        train_dual_inputs(network, signals, l, A);
        if (l == L)
            break;
        train_dual_deltas(network, signals, l, D);
        train_dual_kernel(C, B, A, D);
        add(CB, D, theta);
    }
    for (size_t k = 0; k < C; k++)
        for (size_t s = 0; s < B; s++)
            for (size_t t = s; t < B; t++)
                theta[(k * B + s) * CB + k * B + t] += A[s * B + t];
}

void train_dual_divide(size_t n, double by, double *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            A[i * n + j] /= by;
}

int train_dual_factor(size_t n, double *A, double damping, const char *what, size_t l,
                      struct base_error *error)
{
    const double rho = damping * linalg_trace(n, A) / (double)n;
    for (size_t i = 0; i < n; i++)
        A[i * n + i] += rho;
    if (!linalg_cholesky(n, train_dual_singular, A))
        return base_fail(error, BASE_UNRESOLVED,
                         "%s %zu is singular on these %zu samples and outputs with training.damping %g", what,
                         l, n, damping);
    return BASE_OK;
}
