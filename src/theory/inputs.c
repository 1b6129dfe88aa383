#include "theory/inputs.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_randist.h>
#include <math.h>

int theory_gram_draw(gsl_rng *random, size_t M_0, size_t n, double *A, double *gram, struct base_error *error)
{
    const size_t columns = M_0 < n ? M_0 : n;
    gsl_matrix_view a = gsl_matrix_view_array(A, n, columns), g = gsl_matrix_view_array(gram, n, n);
    gsl_matrix_set_zero(&a.matrix);
    for (size_t t = 0; t < n; t++)
        for (size_t j = 0; j <= t && j < columns; j++)
            gsl_matrix_set(&a.matrix, t, j,
                           j < t ? gsl_ran_gaussian(random, 1)
                                 : sqrt(gsl_ran_chisq(random, (double)(M_0 - j))));
    if (gsl_blas_dsyrk(CblasUpper, CblasNoTrans, 1 / (double)M_0, &a.matrix, 0, &g.matrix) != 0)
        return base_fail(error, BASE_FAILED, "GSL refuses a product of %zu by %zu numbers", n, columns);
    return BASE_OK;
}
