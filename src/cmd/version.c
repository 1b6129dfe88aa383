#include "cmd/cmd.h"

#include "data/data.h"
#include "linalg/linalg.h"
#include "version.h"

#include <stdio.h>

static const char *libraries(void)
{
    static char text[384];
    char linalg[128], hdf5[64];
    linalg_versions(linalg);
    store_versions(hdf5);
    snprintf(text, sizeof text, "%s, %s, %s, libyaml %s, libmatheval %s, zlib %s, Random123 %s", linalg, hdf5,
             theory_library(), experiment_library(), BUILD_MATHEVAL, data_library(), BUILD_RANDOM123);
    return text;
}

static const char *build(void)
{
    return BUILD_COMMIT ", " __VERSION__;
}

void cmd_version_print(void)
{
    printf("fisherfield %s (%s)\n%s\nBLAS kernel %s\n", BUILD_VERSION, build(), libraries(), linalg_kernel());
}

struct store_provenance cmd_provenance(const char *command)
{
    return (struct store_provenance){.version = BUILD_VERSION,
                                     .build = build(),
                                     .libraries = libraries(),
                                     .blas_kernel = linalg_kernel(),
                                     .command = command};
}
