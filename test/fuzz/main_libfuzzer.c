/* Purpose: a target as a libFuzzer program. Not for compilers without it. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_begin();
    fuzz_must(atexit(fuzz_end) == 0, "the end is asked for");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= fuzz_target.longest)
        fuzz_target.one(sb_bytes(data, size));
    return 0;
}
