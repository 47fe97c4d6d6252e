/* What a CHECKPOINT says about a stream of our own: whether it is ours, whether what
 * was stored is proved, whether it is final.
 *
 * Each batch chains the ones before it (`prev`), so that the newest one that is proved
 * proves them all. A claim or a batch that is not ours stops the stream, with the
 * evidence in the state file. */
#ifndef ADAPTERS_ENGINE_PROVED_H
#define ADAPTERS_ENGINE_PROVED_H

#include "adapters/engine/publish.h"

#define SB_PROVED_WITHIN_MS 60000u /* of STORED */

/* `leaf`: of the batch, its path verified; NULL: no batch, or a path that does not
 * hold (then nothing is proved). */
SB_CHECK int sb_proved_take(struct sb_stream *s,
                            const struct sb_own_proof *own,
                            const struct sb_entry *leaf,
                            struct sb_err *err);
/* A tree of this size, which was verified, is final. */
SB_CHECK int sb_proved_final(struct sb_stream *s, uint64_t size, struct sb_err *err);
/* Alarms (SB_E_UNPROVED) when something was stored a minute ago and is not proved;
 * `here_ms`: the session's begin on the clock of `now`, 0 while there is none. */
SB_CHECK int sb_proved_tick(struct sb_stream *s,
                            uint64_t here_ms,
                            uint64_t now_ms,
                            struct sb_err *err);
/* Whether something stored waits for its proof. */
static inline bool sb_proved_wanted(const struct sb_stream *s)
{
    return s->row.stored_seq > s->row.proved_seq && !s->row.stopped && !s->adopting;
}

#endif
