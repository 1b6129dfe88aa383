#include "net/signals.h"

#include "net/purpose.h"
#include "random/normal.h"

static void draw(const struct net_gram *gram, enum net_purpose purpose, size_t n, double *out)
{
    const struct net_architecture *a = gram->architecture;
    random_normals(gram->seed, net_stream(a, gram->trial, a->L, purpose), 0, n, out);
}

void net_gram_labels(const struct net_gram *gram, double *y)
{
    draw(gram, NET_LABELS, gram->architecture->CT, y);
}

void net_gram_draws(const struct net_gram *gram, size_t n, double *epsilon)
{
    draw(gram, NET_DRAWS, n * gram->architecture->CT, epsilon);
}
