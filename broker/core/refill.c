/* Purpose: what a generation above the first takes over from the one before, byte for
 * byte, from the publishers' outboxes.
 * Invariant: nothing here widens who may read: deliveries ask the grants of now. Only
 * what says that it was made before the generation was opened is taken so, and only
 * until the stream's first epoch of this generation. */
#include "broker/core/core_impl.h"

uint64_t refill_opened(const struct sb_trust *trust, uint64_t generation)
{
    uint64_t opened = 0;
    const struct sb_dir *d = sb_trust_newest(trust);
    while (generation > 1 && d && sb_dir_body(d)->generation >= generation) {
        if (sb_dir_body(d)->generation == generation)
            opened = sb_dir_body(d)->issued;
        d = sb_trust_version(trust, sb_dir_body(d)->version - 1);
    }
    return opened;
}

bool refill_is_old(const struct sb_core *core, uint64_t said_ms)
{
    return said_ms < core->opened_ms;
}

bool refill_runs(const struct sb_core *core, const struct stream *st)
{
    return core->opened_ms > 0 &&
           (!st || st->epoch_no == 0 || refill_is_old(core, st->epoch.core.not_before));
}

bool refill_begins(const struct sb_core *core, const struct stream *st)
{
    return core->opened_ms > 0 && (!st || st->last_seq == 0);
}

int refill_verify(const struct sb_core *core,
                  struct sb_bytes member,
                  const struct sb_record *record,
                  struct sb_err *err)
{
    const struct sb_dir *newest = sb_trust_newest(core->trust);
    return sb_dir_verify_aged(core->trust, newest, member, record, err);
}

int refill_judge(const struct signed_in *in, bool is_refill, struct sb_err *err)
{
    if (!in->aged || is_refill)
        return 0;
    return sb_fail(
        err, SB_E_KEY_EXPIRED, "the sign key is valid no more, and this is no refill");
}
