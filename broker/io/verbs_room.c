/* Purpose: the disk and the newest backup, as an operator and the core are told.
 * Invariant: the core hears of the disk only when what it says changes; the log has one
 * line when the room gets low and one when it is there again.
 * Not: looking (room.c), holding back (writer.c, broker/core/room.c). */
#include "broker/io/verbs.h"
#include "broker/journal/backup.h"

#define RETRY_MS 5000u /* what publishers are told */

static void tell(const struct sb_broker *b, const struct sb_room_state *now)
{
    sb_log(b->config->log,
           now->low ? SB_LOG_WARNING : SB_LOG_INFO,
           "room",
           SB_LOG_CODE(now->low ? SB_E_DISK_LOW : 0),
           SB_LOG_TEXT("event", now->low ? "low" : "room_again"),
           SB_LOG_U64("free", now->free),
           SB_LOG_U64("reusable", now->reusable),
           SB_LOG_TEXT("text",
                       now->low ? "publishers are held back until there is room"
                                : "publishers go on"));
}

int sb_broker_room(struct sb_broker *b, const struct sb_job *job, struct sb_err *err)
{
    const struct sb_room_state *now = &job->as.room.state;
    bool news = now->low != b->room_seen.low;
    b->room_seen = *now;
    b->room_held = job->as.room.held;
    if (!news)
        return 0;
    tell(b, now);
    struct sb_input in = {.kind = SB_IN_ROOM};
    in.as.room.low = now->low;
    in.as.room.retry_ms = RETRY_MS;
    return sb_broker_step(b, &in, err);
}

void sb_verb_put_room(const struct sb_broker *b,
                      struct sb_value *map,
                      struct sb_arena *arena,
                      bool *good)
{
    const struct sb_room_state *s = &b->room_seen;
    struct sb_backup_mark mark;
    struct sb_err ignored;
    sb_verb_put(map, "disk_low", sb_verb_truth(s->low), arena, good);
    sb_verb_put(map, "disk_held", sb_verb_truth(b->room_held), arena, good);
    sb_verb_put(map, "disk_reserve", sb_verb_truth(s->reserved), arena, good);
    sb_verb_put(map, "disk_free", sb_verb_count(s->free), arena, good);
    sb_verb_put(map, "disk_total", sb_verb_count(s->total), arena, good);
    sb_verb_put(map, "journal_reusable", sb_verb_count(s->reusable), arena, good);
    if (sb_backup_mark_read(b->config->journal, &mark, &ignored) != 0)
        return; /* none was ever made */
    sb_verb_put(map, "backed_up", sb_verb_count(mark.entries), arena, good);
    sb_verb_put(map, "backed_up_ms", sb_verb_count(mark.time_ms), arena, good);
}
