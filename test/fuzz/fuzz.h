/* What every fuzz target is: one function of bytes that asserts what must hold for any
 * of them, and seeds made from real records.
 *
 * A target stands in one file, its table at the bottom. With clang it is a libFuzzer
 * program (main_libfuzzer.c); with any compiler a program that plays its corpus, its
 * own seeds and a number of seeded mutations (main_replay.c). A broken promise aborts.
 * The world is the same in every run: libsodium's randomness comes from a counter, so
 * that keys, and with them the corpora, keep their meaning. */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include "schemas/base/bytes.h"
#include "schemas/base/limits.h"

struct fuzz_seeds; /* takes the seeds of a target, which are copied */
void fuzz_seed(struct fuzz_seeds *to, const char *name, struct sb_bytes bytes);

/* A record after a byte 0, and its body after a byte 1, for targets that sign. */
void fuzz_seed_signed(struct fuzz_seeds *to, const char *name, struct sb_bytes record);

struct fuzz_target {
    const char *name;
    void (*begin)(void); /* once, before the first input; NULL: nothing */
    void (*one)(struct sb_bytes in);
    void (*seeds)(struct fuzz_seeds *to);
    void (*end)(void); /* NULL: nothing */
    size_t longest;    /* bytes of an input that is worth a try */
    size_t mutations;  /* of the replay, unless it is told otherwise */
};
extern const struct fuzz_target fuzz_target;

void fuzz_begin(void);
void fuzz_end(void);
/* The randomness of libsodium begins again at `seed`. */
void fuzz_random(uint64_t seed);

/* Aborts with this sentence; fuzz_must does unless it holds. */
_Noreturn void fuzz_broken(const char *what);
static inline void fuzz_must(bool holds, const char *what)
{
    if (!holds)
        fuzz_broken(what);
}
/* rc is 0, or a code that stands in err with a line of UTF-8 for people. */
void fuzz_judged(int rc, const struct sb_err *err);
/* The reader took `in`, and the writer made `again` of it: the same bytes. */
void fuzz_same(struct sb_bytes in, const struct sb_buf *again);

/* A file with these bytes, mode 0600, for the one who reads by name. The name is the
 * same in every call, and the file the last call's. */
const char *fuzz_file(struct sb_bytes bytes);

/* A path in a folder of this run, which is removed at its end. Caller frees. */
char *fuzz_place(const char *name);

/* Cuts an input in two at its first 0xff byte; without one `second` is empty. */
void fuzz_cut(struct sb_bytes in, struct sb_bytes *first, struct sb_bytes *second);
/* Takes one byte off the input; 0 when there is none. */
uint8_t fuzz_byte(struct sb_bytes *in);

#endif
