/* Purpose: the files in a bundle's folder that a bundle of its size does not have.
 * Invariant: a partial file that a larger one has replaced, and a whole one beside a
 * partial one, are no strangers: an export that was stopped leaves them. */
#include "broker/bundle/bundle_walk.h"

struct strangers {
    uint64_t size;
    int (*fn)(void *ctx, const char *path);
    void *ctx;
};

static int judge(void *ctx, const char *path, bool regular, struct sb_err *err)
{
    struct strangers *s = ctx;
    (void)err;
    enum sb_bundle_place place = sb_bundle_place(path, s->size);
    bool known = regular && place != SB_PLACE_STRANGER && place != SB_PLACE_BEYOND;
    return known ? 0 : s->fn(s->ctx, path);
}

int sb_bundle_strangers(struct sb_bundle *b,
                        int (*fn)(void *ctx, const char *path),
                        void *ctx,
                        struct sb_err *err)
{
    struct strangers s = {.size = b->info.size, .fn = fn, .ctx = ctx};
    return sb_bundle_walk(b->name, judge, &s, err);
}
