#include "linalg/arpack.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <arpack/arpack.h>
#include <cblas.h>

static pthread_mutex_t arpack_lock = PTHREAD_MUTEX_INITIALIZER;

struct lanczos {
    a_int n, k, ncv, lworkl, info;
    a_int iparam[11], ipntr[14];
    double *start; /* (n) */
    double *basis; /* (ncv, n) */
    double *workd; /* (3, n) */
    double *workl; /* (lworkl) */
    a_int *select; /* (ncv) */
};

size_t arpack_basis(size_t n, size_t k)
{
    const size_t ncv = 2 * k + 18;
    return ncv < n ? ncv : 0;
}

static int lanczos_init(struct lanczos *l, size_t n, size_t k, struct base_error *error)
{
    int status;
    memset(l, 0, sizeof *l);
    l->n = (a_int)n;
    l->k = (a_int)k;
    l->ncv = (a_int)arpack_basis(n, k);
    l->lworkl = l->ncv * (l->ncv + 8);
    TRY(base_got(l->start = base_calloc(n, sizeof *l->start, error)));
    TRY(base_got(l->basis = base_calloc(n * (size_t)l->ncv, sizeof *l->basis, error)));
    TRY(base_got(l->workd = base_calloc(3 * n, sizeof *l->workd, error)));
    TRY(base_got(l->workl = base_calloc((size_t)l->lworkl, sizeof *l->workl, error)));
    TRY(base_got(l->select = base_calloc((size_t)l->ncv, sizeof *l->select, error)));

    /* A start of our own makes the result a function of A alone. It leans on no block of a C-fold matrix. */
    for (size_t i = 0; i < n; i++)
        l->start[i] = 1 + 0.618 * (double)(i * 7919 % 1013) / 1013;
    l->info = 1;      /* a start is given */
    l->iparam[0] = 1; /* exact shifts */
    l->iparam[2] = 300;
    l->iparam[6] = 1; /* A x = λ x */
out:
    return status;
}

static void lanczos_free(struct lanczos *l)
{
    free(l->start);
    free(l->basis);
    free(l->workd);
    free(l->workl);
    free(l->select);
}

/* Reverse communication: ARPACK asks for A x until it is done. */
static void lanczos_iterate(struct lanczos *l, const double *A)
{
    a_int ido = 0;
    for (;;) {
        dsaupd_c(&ido, "I", l->n, "LA", l->k, 0.0, l->start, l->ncv, l->basis, l->n, l->iparam, l->ipntr,
                 l->workd, l->workl, l->lworkl, &l->info);
        if (ido != 1 && ido != -1)
            return;
        cblas_dsymv(CblasRowMajor, CblasUpper, l->n, 1.0, A, l->n, l->workd + l->ipntr[0] - 1, 1, 0.0,
                    l->workd + l->ipntr[1] - 1, 1);
    }
}

/* ARPACK returns eigenvalues ascending, eigenvectors as columns (n, k) of a column-major basis: our rows. */
static bool lanczos_extract(struct lanczos *l, double *values, double *V)
{
    const size_t n = (size_t)l->n, k = (size_t)l->k;
    if (l->info != 0 || l->iparam[4] < l->k)
        return false;
    dseupd_c(1, "A", l->select, values, l->basis, l->n, 0.0, "I", l->n, "LA", l->k, 0.0, l->start, l->ncv,
             l->basis, l->n, l->iparam, l->ipntr, l->workd, l->workl, l->lworkl, &l->info);
    if (l->info != 0)
        return false;
    for (size_t i = 0; i < k; i++)
        memcpy(V + i * n, l->basis + (k - 1 - i) * n, n * sizeof *V);
    for (size_t i = 0; i < k / 2; i++) {
        const double value = values[i];
        values[i] = values[k - 1 - i];
        values[k - 1 - i] = value;
    }
    return true;
}

int arpack_top(size_t n, size_t k, const double *A, double *values, double *V, bool *converged,
               struct base_error *error)
{
    int status;
    struct lanczos l;
    *converged = false;
    TRY(lanczos_init(&l, n, k, error));
    pthread_mutex_lock(&arpack_lock);
    lanczos_iterate(&l, A);
    *converged = lanczos_extract(&l, values, V);
    pthread_mutex_unlock(&arpack_lock);
out:
    lanczos_free(&l);
    return status;
}
