#include "train/train.h"

#include "base/memory.h"
#include "linalg/linalg.h"

#include <stdlib.h>
#include <string.h>

/* Rows of H̄: s_w² H + s_b², all of it. */
static void affine_gram(const struct train_network *network, const struct train_signals *signals, size_t l,
                        double *H)
{
    const size_t B = signals->B;
    const double weight = network->weight_scale[l] * network->weight_scale[l];
    const double bias = network->bias_scale * network->bias_scale;
    linalg_gram(network->architecture->widths[l - 1], B, signals->h[l - 1], H);
    linalg_mirror(B, H);
    for (size_t i = 0; i < B * B; i++)
        H[i] = weight * H[i] + bias;
}

/* dual += D ∘ H from the diagonal on, H (B, B) repeating over the blocks; D NULL: I_C ⊗ 11ᵀ */
static void add_layer(size_t C, size_t B, const double *D, const double *H, double *dual)
{
    const size_t n = C * B;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < (D == NULL ? (i / B + 1) * B : n); j++)
            dual[i * n + j] += (D == NULL ? 1 : D[i * n + j]) * H[i % B * B + j % B];
}

int train_dual_compute(const struct train_network *network, const struct train_signals *signals, double *dual,
                       struct base_error *error)
{
    int status;
    const struct net_architecture *a = network->architecture;
    const size_t C = a->C, B = signals->B, n = C * B;
    double *H = base_alloc(B * B, sizeof *H, error), *D = base_alloc(n * n, sizeof *D, error);
    TRY(base_got(H));
    TRY(base_got(D));
    memset(dual, 0, n * n * sizeof *dual);
    for (size_t l = 1; l <= a->L; l++) {
        affine_gram(network, signals, l, H);
        if (l < a->L)
            linalg_gram(a->widths[l], n, signals->delta[l], D);
        add_layer(C, B, l < a->L ? D : NULL, H, dual);
    }
    for (size_t i = 0; i < n * n; i++)
        dual[i] /= (double)B;
out:
    free(H);
    free(D);
    return status;
}

double train_dual_bytes(const struct net_architecture *architecture, size_t B)
{
    const double n = (double)(architecture->C * B);
    return (n * n + (double)B * (double)B) * sizeof(double);
}
