#include "net/signals.h"

#include "net/purpose.h"
#include "random/normal.h"

static void draw(const struct net_gram *gram, size_t l, enum net_purpose purpose, size_t n, double *out)
{
    const struct net_architecture *a = gram->architecture;
    random_normals(gram->seed, net_stream(a, gram->trial, l, purpose), 0, n, out);
}

void net_gram_labels(const struct net_gram *gram, double *y)
{
    draw(gram, gram->architecture->L, NET_LABELS, gram->architecture->CT, y);
}

void net_gram_draws(const struct net_gram *gram, size_t n, double *epsilon)
{
    draw(gram, gram->architecture->L, NET_DRAWS, n * gram->architecture->CT, epsilon);
}

void net_gram_mixture(const struct net_gram *gram, size_t l, double *N)
{
    draw(gram, l, NET_UNIT_FLOOR, gram->architecture->T * gram->architecture->T, N);
}
