/* Seeds that were taken, or written as files. */
#ifndef TEST_FUZZ_SEEDS_H
#define TEST_FUZZ_SEEDS_H

#include "test/fuzz/fuzz.h"

struct fuzz_seeds {
    struct sb_buf *all;
    size_t n;
    const char *folder; /* NULL: they are kept, else written there */
};

void fuzz_seeds_keep(struct fuzz_seeds *s, struct sb_bytes bytes);
/* Every file of a folder; nothing when there is none. */
void fuzz_seeds_read(struct fuzz_seeds *s, const char *folder);
void fuzz_seeds_free(struct fuzz_seeds *s);

#endif
