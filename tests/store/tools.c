/* Other tools read the file: ncdump, and Python's xarray, netCDF4 and h5py where they are installed. */
#include "store/scratch.h"
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void make_file(void **state, char path[SCRATCH_PATH])
{
    struct scratch_sample s;
    struct base_error error = {""};
    scratch_sample_make(&s, SCRATCH_EXPERIMENT);
    scratch_create(&s, scratch_path(state, "x.h5", path));
    struct store *store = scratch_open(&s, path, NULL);
    scratch_write_trial(store, &s, 13, 2);
    assert_int_equal(store_close(store, 0, &error), BASE_OK);
    scratch_sample_free(&s);
}

/* What a shell command prints; it must succeed. */
static char *output_of(const char *command)
{
    static char text[1 << 16];
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    if (pclose(pipe) != 0)
        fail_msg("%s\n%s", command, text);
    return text;
}

static void ncdump_names_everything(void **state)
{
    static const char *const lines[] = {
        "\tcase = 2 ;",
        "\tactivation = 2 ;",
        "\twidth = 3 ;",
        "\tweight_variance = 2 ;",
        "\ttrial = 4 ;",
        "\trank = 10 ;",
        "\tstring case(case) ;",
        "\tint64 width(width) ;",
        "\tdouble weight_variance(weight_variance) ;",
        "\tubyte done(case, activation, width, weight_variance, trial) ;",
        "\tdouble fisher_eig_max(case, activation, width, weight_variance, trial) ;",
        "\tdouble fisher_eig_max_theory(case, activation, width, weight_variance) ;",
        "\tdouble fisher_eigenvalues(case, activation, width, weight_variance, trial, rank) ;",
        "\tint64 outputs(case) ;",
        "\t\tstring fisher_eig_max:long_name = \"largest eigenvalue of the Fisher matrix\" ;",
        "\t\tstring fisher_eig_max:units = \"1\" ;",
        "\t\tstring :title = \"A grid\" ;",
        "\t\t:seed = 9007199254740993LL ;",
        " case = \"first\", \"zweite\" ;",
        " width = 20, 30, 45 ;",
    };
    char path[SCRATCH_PATH], command[SCRATCH_PATH + 32];
    if (access("/usr/bin/ncdump", X_OK) != 0) {
        print_message("skipped: no ncdump (netcdf-bin)\n");
        skip();
    }
    make_file(state, path);
    snprintf(command, sizeof command, "/usr/bin/ncdump -c '%s' 2>&1", path);
    const char *text = output_of(command), *at = text;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(text, lines[i]) == NULL)
            fail_msg("ncdump lacks %s:\n%s", lines[i], text);
    for (size_t i = 0; i < 6; i++) /* dimensions stand in the order of the file */
        assert_non_null(at = strstr(at, lines[i]));
}

/* scratch_value; the cell that make_file writes is point 13 = (1, 0, 0, 1), trial 2, rank index 4 */
#define PYTHON_VALUES                                                                                        \
    "def value(v, point, trial, i):\n"                                                                       \
    "    return 2.385*(v + 1) + 17.1*point + 0.0137*(trial + 1) + 1e-5*i\n"                                  \
    "order = ['fisher_eig_mean', 'fisher_eig_second_moment', 'fisher_eig_max',\n"                            \
    "         'fisher_centred_eig_max', 'fisher_eigvec_overlap', 'fisher_eigenvalues']\n"                    \
    "grid = ('case', 'activation', 'width', 'weight_variance')\n"                                            \
    "def close(a, b): assert abs(a - b) <= 1e-12*abs(b), (a, b)\n"

static void run_python(void **state, const char *module, const char *script)
{
    char path[SCRATCH_PATH], program[SCRATCH_PATH], command[3 * SCRATCH_PATH];
    snprintf(command, sizeof command, "/usr/bin/python3 -c 'import %s' 2>/dev/null", module);
    if (system(command) != 0) {
        print_message("skipped: /usr/bin/python3 has no %s\n", module);
        skip();
    }
    make_file(state, path);
    FILE *file = fopen(scratch_path(state, "check.py", program), "w");
    assert_non_null(file);
    fprintf(file, "import sys\n%s%s", PYTHON_VALUES, script);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof command, "/usr/bin/python3 '%s' '%s' 2>&1", program, path);
    output_of(command);
}

static void xarray_reads_it(void **state)
{
    run_python(
        state, "xarray, netCDF4",
        "import xarray, numpy\n"
        "d = xarray.open_dataset(sys.argv[1], engine='netcdf4')\n"
        "assert d.fisher_eig_max.dims == grid + ('trial',), d.fisher_eig_max.dims\n"
        "assert d.fisher_eig_max_theory.dims == grid\n"
        "assert d.fisher_eigenvalues.dims == grid + ('trial', 'rank')\n"
        "assert list(d.case.values) == ['first', 'zweite']\n"
        "assert list(d.activation.values) == ['tanh', 'relu']\n"
        "assert list(d.width.values) == [20, 30, 45] and d.width.dtype.kind == 'i'\n"
        "assert list(d.weight_variance.values) == [2.385, 0.1]\n"
        "assert list(d.trial.values) == [0, 1, 2, 3] and list(d['rank'].values) == list(range(1, 11))\n"
        "assert set(d.coords) == set(grid) | {'trial', 'rank'}\n"
        "assert list(d.outputs.values) == [1, 2] and d.outputs.dims == ('case',)\n"
        "one = d.sel(case='zweite', activation='tanh', width=20, weight_variance=0.1, trial=2)\n"
        "assert one.done == 1 and d.done.sum() == 1 and d.done.dtype.kind == 'u'\n"
        "for v, name in enumerate(order[:5]):\n"
        "    close(float(one[name]), value(v, 13, 2, 0))\n"
        "    assert numpy.isfinite(d[name]).sum() == 1\n"
        "    close(float(d[name + '_theory'].values.flat[7]), value(v, 7, -1, 0))\n"
        "    assert d[name].attrs['units'] == '1' and d[name].attrs['formula'] and d[name].attrs['source']\n"
        "close(float(one.fisher_eigenvalues.sel(rank=5)), value(5, 13, 2, 4))\n"
        "assert d.attrs['seed'] == 9007199254740993 and d.attrs['title'] == 'A grid'\n"
        "for name in 'source experiment version build libraries blas_kernel threads host command created "
        "wall_seconds'.split():\n"
        "    assert name in d.attrs, name\n"
        "d.to_netcdf(sys.argv[1] + '.copy', engine='netcdf4')\n"
        "assert xarray.open_dataset(sys.argv[1] + '.copy', engine='netcdf4').identical(d)\n");
}

/* What another tool has copied is still a result. */
static void a_copy_by_xarray_is_read(void **state)
{
    char path[SCRATCH_PATH];
    struct store_result r;
    struct store_array array;
    struct base_error error = {""};
    const char *text;
    run_python(state, "xarray, netCDF4",
               "import xarray\n"
               "xarray.open_dataset(sys.argv[1], engine='netcdf4').to_netcdf(sys.argv[1] + '.copy', "
               "engine='netcdf4')\n");
    if (store_open(&r, scratch_path(state, "x.h5.copy", path), &error) != BASE_OK)
        fail_msg("%s", error.text);
    assert_int_equal(store_read_attribute(&r, "title", &text, &error), BASE_OK);
    assert_string_equal(text, "A grid");
    assert_int_equal(store_read(&r, "fisher_eigenvalues", &array, &error), BASE_OK);
    assert_true(array.values[(13 * 4 + 2) * 10 + 4] == scratch_value(5, 13, 2, 4));
    store_array_free(&array);
    store_result_free(&r);
}

static void h5py_reads_it(void **state)
{
    run_python(state, "h5py",
               "import h5py\n"
               "f = h5py.File(sys.argv[1], 'r')\n"
               "v = f['fisher_eigenvalues']\n"
               "assert [d.label for d in v.dims] == list(grid) + ['trial', 'rank']\n"
               "assert [d.keys()[0] for d in v.dims] == list(grid) + ['trial', 'rank']\n"
               "close(v[1, 0, 0, 1, 2, 4], value(5, 13, 2, 4))\n"
               "assert f['case'].asstr()[1] == 'zweite'\n"
               "assert f.attrs['title'] == 'A grid' and f.attrs['seed'] == 9007199254740993\n"
               "assert v.attrs['long_name'].startswith('eigenvalues')\n");
}

static const struct CMUnitTest tests[] = {
    scratch_test(ncdump_names_everything),
    scratch_test(xarray_reads_it),
    scratch_test(a_copy_by_xarray_is_read),
    scratch_test(h5py_reads_it),
};
const struct test_group tests_store_tools = TEST_GROUP(tests);
