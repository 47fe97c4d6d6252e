/* fuzz.anchor: anchor.json. What is read is written and read as the same anchor. */
#include "keys/anchor.h"

#include "test/fuzz/fuzz.h"
#include "test/unit/keys/fixture.h"

static bool same(const struct sb_anchor *a, const struct sb_anchor *b)
{
    bool roots = a->n_roots == b->n_roots;
    for (size_t i = 0; roots && i < a->n_roots; i++)
        roots = memcmp(a->roots[i].pk, b->roots[i].pk, SB_PK) == 0 &&
                strcmp(a->roots[i].holder, b->roots[i].holder) == 0;
    return roots && strcmp(a->exchange, b->exchange) == 0 &&
           strcmp(a->address, b->address) == 0 && a->threshold == b->threshold &&
           memcmp(a->nonce, b->nonce, SB_NONCE) == 0 &&
           memcmp(a->curve_pk, b->curve_pk, SB_PK) == 0 &&
           memcmp(a->log_pk, b->log_pk, SB_PK) == 0;
}

static char *written;

static void begin(void)
{
    fuzz_random(4);
    written = fuzz_place("anchor.json");
}

static void end(void)
{
    free(written);
}

static void one(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_anchor a = {0};
    struct sb_anchor b = {0};
    char words[128];
    char more[128];
    int rc = sb_anchor_read(fuzz_file(in), &a, &err);
    fuzz_judged(rc, &err);
    fuzz_must(rc == 0 || a.n_roots == 0, "nothing is told of what is refused");
    if (rc != 0)
        return;
    fuzz_must(a.threshold > 0 && a.threshold <= a.n_roots && a.n_roots <= SB_ROOTS_MAX,
              "a threshold that its roots can reach");
    fuzz_must(sb_anchor_write(written, &a, &err) == 0, "it is written");
    fuzz_must(sb_anchor_read(written, &b, &err) == 0 && same(&a, &b), "and read");
    sb_anchor_words(&a, words);
    sb_anchor_words(&b, more);
    fuzz_must(strcmp(words, more) == 0, "the same words");
}

static void seeds(struct fuzz_seeds *to)
{
    struct world *w = world_new();
    struct sb_buf b = {0};
    fuzz_must(sb_anchor_write(written, &w->anchor, NULL) == 0 &&
                  sb_file_read(written, SB_MIB, &b, NULL) == 0,
              "an anchor");
    fuzz_seed(to, "anchor", sb_buf_bytes(&b));
    sb_buf_free(&b);
    world_free(w);
}

const struct fuzz_target fuzz_target = {.name = "anchor",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 8192,
                                        .mutations = 5000};
