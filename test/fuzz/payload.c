/* fuzz.payload: the items and ciphertexts of PUBLISH and ENTRY. What is read is written
 * again, and joined from its raw parts, as the same bytes. */
#include "broker/core/payload.h"

#include "test/fuzz/fuzz.h"

static void as_items(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_bytes *items = NULL;
    size_t n = 0;
    struct sb_buf again = {0};
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_items_read(in, arena, &items, &n, &err);
    fuzz_judged(rc, &err);
    fuzz_must(n <= SB_BATCH_EVENTS && (rc == 0) == (n > 0), "one to a batch's events");
    if (rc == 0) {
        sb_items_write(&again, items, n);
        fuzz_same(in, &again);
    }
    sb_buf_free(&again);
    sb_arena_free(arena);
}

static void as_cts(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_cts cts = {0};
    struct sb_bytes raw[SB_CLASSES];
    struct sb_buf again = {0};
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_cts_read(in, arena, &cts, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        sb_cts_write(&again, &cts);
        fuzz_same(in, &again);
        sb_buf_reset(&again);
        for (size_t i = 0; i < cts.n; i++)
            raw[i] = cts.classes[i].raw;
        sb_cts_join(&again, raw, cts.n);
        fuzz_same(in, &again);
    }
    sb_buf_free(&again);
    sb_arena_free(arena);
}

static void one(struct sb_bytes in)
{
    as_items(in);
    as_cts(in);
}

static void seeds(struct fuzz_seeds *to)
{
    struct sb_bytes bins[] = {
        sb_bytes_str("first"), sb_bytes_str("second"), sb_bytes(NULL, 0)};
    struct sb_cts cts = {.n = 2};
    struct sb_buf b = {0};
    cts.classes[0] =
        (struct sb_class_cts){.name = sb_bytes_str("interna"), .cts = bins, .n = 3};
    cts.classes[1] =
        (struct sb_class_cts){.name = sb_bytes_str("publica"), .cts = bins, .n = 2};
    sb_items_write(&b, bins, 3);
    fuzz_seed(to, "items", sb_buf_bytes(&b));
    sb_buf_reset(&b);
    sb_cts_write(&b, &cts);
    fuzz_seed(to, "ciphertexts", sb_buf_bytes(&b));
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {
    .name = "payload", .one = one, .seeds = seeds, .longest = 8192, .mutations = 20000};
