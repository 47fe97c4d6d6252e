/* Heads: where our own streams stand, signed, so that a reader who is kept behind can
 * know. FORMATS, "Journal".
 *
 * Sent each minute when something was stored, within a minute of each session's begin,
 * and each hour when nothing happens: silence would tell nothing. */
#ifndef ADAPTERS_ENGINE_HEADS_H
#define ADAPTERS_ENGINE_HEADS_H

#include "adapters/engine/stream.h"

#define SB_HEADS_MS 60000u
#define SB_HEADS_IDLE_MS 3600000u

struct sb_heads_said { /* plain data for the engine's files */
    struct sb_env *env;
    const struct sb_stream *streams; /* borrowed */
    size_t n_streams;
    bool again; /* the session is new: say them once more */
    uint64_t tried_mono;
    uint64_t said_mono; /* when they were last sent; 0: not yet */
    uint64_t sum;       /* of stored seqs then */
};

/* Sends them when it is time; the session must be there. */
SB_CHECK int sb_heads_tick(struct sb_heads_said *h,
                           uint64_t now_ms,
                           uint64_t mono_ms,
                           struct sb_err *err);

#endif
