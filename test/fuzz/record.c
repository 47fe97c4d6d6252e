/* fuzz.record: the first byte chooses a record; what its reader takes, its writer makes
 * again, byte for byte. */
#include <stdio.h>

#include "schemas/pack/pack.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/schemas_record/samples.h"

static void one(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_buf again = {0};
    const struct kind *k = &kinds[fuzz_byte(&in) % KINDS];
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = k->again(in, arena, &again, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        fuzz_same(in, &again);
        fuzz_must(sb_pack_scan(in, SB_PACK_RECORD, NULL) == 0, "it is canonical");
    }
    sb_buf_free(&again);
    sb_arena_free(arena);
}

static void seeds(struct fuzz_seeds *to)
{
    struct sb_buf b = {0};
    for (size_t i = 0; i < KINDS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", kinds[i].name);
        for (char *p = name; *p; p++)
            *p = *p == '/' ? '-' : *p;
        sb_buf_reset(&b);
        sb_buf_byte(&b, (uint8_t)i);
        kinds[i].make(&b);
        fuzz_seed(to, name, sb_buf_bytes(&b));
    }
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {
    .name = "record", .one = one, .seeds = seeds, .longest = 8192, .mutations = 20000};
