/* A feed: one local source into one stream of ours.
 *
 * A turn takes one chunk of changes, validates, seals, and commits events, quarantine
 * and the source's token in one outbox transaction; only then is the source told that
 * it may forget. The loop gives turns: high priorities first, one chunk at a time. */
#ifndef ADAPTERS_ENGINE_FEED_H
#define ADAPTERS_ENGINE_FEED_H

#include "adapters/engine/driver.h"
#include "adapters/engine/stream.h"

#define SB_FEED_CHUNK 256u
#define SB_FEED_BACKLOG (64u * SB_BATCH_EVENTS) /* sealed and not stored: then wait */

struct sb_feed { /* plain data for the engine's files */
    struct sb_stream *stream;
    struct sb_mapping *mapping;
    struct sb_source *source; /* NULL: not open, see `err` */
    const struct sb_driver *driver;
    const struct sb_source_ops *ops; /* the driver's */
    char name[SB_CODE_MAX + 1];      /* unique among the adapter's sources */
    const char *database;            /* borrowed; may be NULL */
    const char *state_dir;           /* borrowed */
    uint64_t due_ms;                 /* monotonic: no turn before */
    struct sb_err err;               /* last trouble, code 0: none */
    uint64_t published;              /* since start */
    uint64_t quarantined;
};

/* One turn. 1: there was something, come again soon; 0: nothing now; negative: trouble,
 * kept in feed->err too. */
SB_CHECK int sb_feed_turn(struct sb_feed *f, uint64_t now_ms, struct sb_err *err);
/* Checks the mapping against the database, opens the source and tells it what the
 * outbox holds. */
SB_CHECK int sb_feed_open(struct sb_feed *f, struct sb_err *err);
void sb_feed_close(struct sb_feed *f);

#endif
