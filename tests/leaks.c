/* Leaks that are not ours, found by the address sanitizer by these names: libmatheval loses 32 bytes with
 * each text that it cannot parse, HDF5 some with a damaged file that it refuses to open. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libmatheval\nleak:libhdf5\n";
}
