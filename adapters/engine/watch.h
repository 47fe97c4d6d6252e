/* What publishers sign about their streams, held against what the broker gives us: a
 * tail that is withheld, a stream with two histories, a publisher that fell silent.
 * Also prune records, which say what a late reader cannot have any more.
 *
 * Heads live with the readings and in the state file. Nothing is stopped here but a
 * stream with two histories (reading.forked). */
#ifndef ADAPTERS_ENGINE_WATCH_H
#define ADAPTERS_ENGINE_WATCH_H

#include "adapters/engine/receive.h"

#define SB_WATCH_BEHIND_MS 60000u /* then what does not come is withheld */
#define SB_WATCH_SLOW_MS 600000u  /* likewise while other streams come */
#define SB_WATCH_SILENT_MS (3 * 3600000ull)

struct sb_watch { /* plain data for the engine's files */
    struct sb_env *env;
    struct sb_receive *receive; /* borrowed */
    uint64_t here_mono;         /* the session's begin; 0: there is none */
    uint64_t here_ms;           /* likewise */
    uint64_t tick_mono;
    uint64_t pruned_below; /* ciphertexts of entries below this index are gone */
};

/* Loads the heads known. */
SB_CHECK int sb_watch_open(struct sb_watch *w, struct sb_err *err);
SB_CHECK int sb_watch_welcome(struct sb_watch *w,
                              bool new_generation,
                              uint64_t now_ms,
                              uint64_t mono_ms,
                              struct sb_err *err);
void sb_watch_away(struct sb_watch *w);
/* A NOTICE. What is not signed as it must be is logged and forgotten. */
SB_CHECK int sb_watch_notice(struct sb_watch *w,
                             struct sb_bytes record,
                             uint64_t now_ms,
                             struct sb_err *err);
/* Alarms. */
SB_CHECK int sb_watch_tick(struct sb_watch *w,
                           uint64_t now_ms,
                           uint64_t mono_ms,
                           struct sb_err *err);

#endif
