/* A small mutator with a seed: the same inputs on every machine. */
#ifndef TEST_FUZZ_MUTATE_H
#define TEST_FUZZ_MUTATE_H

#include "schemas/base/bytes.h"

struct mutator {
    uint64_t seed;
    const struct sb_buf *pool; /* what pieces are taken from */
    size_t n_pool;
};

/* Some of `from` changed, dropped, doubled, or taken from another of the pool; at most
 * `longest` bytes. */
void mutate(struct mutator *m,
            struct sb_bytes from,
            size_t longest,
            struct sb_buf *out);
uint32_t mutate_draw(struct mutator *m, size_t below);

#endif
