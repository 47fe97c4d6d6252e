/* Purpose: whether this machine's time may be written into the journal, where it can
 * never be taken back: what is stored later is dated no earlier.
 * Invariant: a time that the newest directory has not lived to see, or that lies more
 * than a day before the journal's newest entry, dates nothing that members send. The
 * operator's way out is a directory that has not expired; issued within a day of the
 * clock it also says that the clock is right and the journal was ahead.
 * Not: refusing (room.c); a machine's own clock checks (broker/io/check.c). */
#include "broker/core/core_impl.h"

#define DAY_MS (24ull * 3600u * 1000u)
#define WARN_MS 60000u /* what a correction of a right clock may be */

uint64_t clock_behind(const struct sb_core *core, uint64_t now_ms)
{
    return core->stored_ms > now_ms ? core->stored_ms - now_ms : 0;
}

int clock_judge(const struct sb_core *core, uint64_t now_ms)
{
    if (sb_dir_body(sb_trust_newest(core->trust))->expires <= now_ms)
        return SB_E_DIR_EXPIRED;
    bool excused = core->stored_ms <= core->excused_ms;
    return clock_behind(core, now_ms) > DAY_MS && !excused ? SB_E_CLOCK : 0;
}

void clock_excuse(struct step *s, uint64_t issued_ms)
{
    uint64_t now = s->in->now_ms;
    uint64_t apart = now > issued_ms ? now - issued_ms : issued_ms - now;
    if (apart < DAY_MS && clock_behind(s->core, now) > 0)
        s->core->excused_ms = s->core->stored_ms;
}

static void say(struct step *s, int code, uint64_t behind)
{
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(s->core->trust));
    unsigned long long version = d->version;
    unsigned long long seconds = behind / 1000;
    struct sb_err why;
    if (code == SB_E_DIR_EXPIRED)
        sb_fail(&why,
                code,
                "directory %llu has expired by this machine's clock: nothing of the "
                "members is stored until the clock is right or a new directory is "
                "published",
                version);
    else if (code == SB_E_CLOCK)
        sb_fail(&why,
                code,
                "the clock stands %llu s before the journal's newest entry: nothing of "
                "the members is stored until it is right; if the journal was ahead, "
                "publish a directory",
                seconds);
    else if (behind > WARN_MS)
        sb_fail(&why,
                SB_E_CLOCK,
                "the clock stands %llu s before the journal's newest entry: what is "
                "stored is dated as that until then",
                seconds);
    else
        sb_fail(&why, 0, "the clock and the journal agree again");
    effect_log(s, "", &why);
}

int clock_look(struct step *s)
{
    struct clock_seen *seen = &s->core->clock;
    int code = clock_judge(s->core, s->in->now_ms);
    uint64_t behind = clock_behind(s->core, s->in->now_ms);
    if (code != seen->held || (behind > WARN_MS) != seen->behind) {
        seen->held = code;
        seen->behind = behind > WARN_MS;
        say(s, code, behind);
    }
    return code;
}
