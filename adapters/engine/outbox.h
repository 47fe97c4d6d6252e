/* The outbox: what this adapter publishes, from sealing until long after it is stored.
 *
 * Per stream: our claims, epochs and batches, byte for byte as they were signed, and
 * how far the broker has answered. Rows of what the broker stored are never changed;
 * what it has not stored may be replaced as a whole by a reseal (reseal.h), in one
 * transaction. Not here: deciding when to send (publish.h). */
#ifndef ADAPTERS_ENGINE_OUTBOX_H
#define ADAPTERS_ENGINE_OUTBOX_H

#include "adapters/engine/sql.h"
#include "schemas/record/epoch.h"
#include "schemas/record/event.h"

struct sb_outbox_stream { /* one row of `stream`, plain data */
    int64_t id;
    uint8_t instance[SB_INSTANCE];
    uint64_t stored_seq; /* answered by the broker */
    uint8_t stored_hash[SB_HASH];
    uint64_t stored_epoch;
    int stopped;           /* 0 or a negative code: nothing is sealed or sent */
    uint64_t proved_seq;   /* up to here the broker has proved what it stored */
    uint64_t proved_index; /* of the batch that ends there */
    uint64_t final_seq;    /* up to here under a final checkpoint */
};

struct sb_outbox_record { /* a claim or an epoch */
    uint64_t number;      /* claim_no, epoch_no */
    uint8_t hash[SB_HASH];
    uint64_t events; /* epochs: sealed under it */
    bool stored;     /* claims */
};

struct sb_outbox_batch {
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t claim_no;
    uint64_t epoch_no;
    uint8_t hash[SB_HASH];
    uint8_t mapping[SB_MAPPING_ID];
    uint64_t sent; /* ms */
    struct sb_bytes record;
    struct sb_bytes items; /* payload frames of PUBLISH */
    struct sb_bytes cts;
};

/* Finds or makes the row; a new one has a fresh random instance. */
SB_CHECK int sb_outbox_stream(struct sb_sql *s,
                              struct sb_bytes name,
                              struct sb_outbox_stream *out,
                              struct sb_err *err);
SB_CHECK int sb_outbox_stop(struct sb_sql *s,
                            int64_t stream,
                            int code,
                            struct sb_bytes evidence,
                            struct sb_err *err);
/* Everything up to seq (whose batch has `hash`) is stored, as we learn at `now`. */
SB_CHECK int sb_outbox_stored(struct sb_sql *s,
                              int64_t stream,
                              uint64_t seq,
                              const uint8_t hash[SB_HASH],
                              uint64_t now_ms,
                              struct sb_err *err);
SB_CHECK int sb_outbox_stored_epoch(struct sb_sql *s,
                                    int64_t stream,
                                    uint64_t epoch_no,
                                    struct sb_err *err);
SB_CHECK int sb_outbox_stored_claim(struct sb_sql *s,
                                    int64_t stream,
                                    uint64_t claim_no,
                                    struct sb_err *err);

/* `number` 0: the newest. SB_E_NOT_FOUND. Appends the record's bytes to `record`, which
 * may be NULL. */
SB_CHECK int sb_outbox_claim(struct sb_sql *s,
                             int64_t stream,
                             uint64_t number,
                             struct sb_outbox_record *out,
                             struct sb_buf *record,
                             struct sb_err *err);
SB_CHECK int sb_outbox_epoch(struct sb_sql *s,
                             int64_t stream,
                             uint64_t number,
                             struct sb_outbox_record *out,
                             struct sb_buf *record,
                             struct sb_err *err);
SB_CHECK int sb_outbox_add_claim(struct sb_sql *s,
                                 int64_t stream,
                                 uint64_t claim_no,
                                 const uint8_t hash[SB_HASH],
                                 struct sb_bytes record,
                                 struct sb_err *err);
SB_CHECK int sb_outbox_add_epoch(struct sb_sql *s,
                                 int64_t stream,
                                 uint64_t epoch_no,
                                 const uint8_t hash[SB_HASH],
                                 struct sb_bytes record,
                                 struct sb_err *err);
SB_CHECK int sb_outbox_count_events(struct sb_sql *s,
                                    int64_t stream,
                                    uint64_t epoch_no,
                                    uint64_t more,
                                    struct sb_err *err);
/* Forgets epochs above `epoch_no` and batches above `seq`: before a reseal. */
SB_CHECK int sb_outbox_cut(struct sb_sql *s,
                           int64_t stream,
                           uint64_t epoch_no,
                           uint64_t seq,
                           struct sb_err *err);

SB_CHECK int sb_outbox_add_batch(struct sb_sql *s,
                                 int64_t stream,
                                 const struct sb_outbox_batch *b,
                                 struct sb_err *err);
/* The batch that begins at first_seq (negative while a rebase moves it); copied to the
 * arena. SB_E_NOT_FOUND. */
SB_CHECK int sb_outbox_batch(struct sb_sql *s,
                             int64_t stream,
                             int64_t first_seq,
                             struct sb_arena *arena,
                             struct sb_outbox_batch *out,
                             struct sb_err *err);
/* Last sealed seq and its batch's hash; 0 and zeros when there is none. */
SB_CHECK int sb_outbox_head(struct sb_sql *s,
                            int64_t stream,
                            uint64_t *seq,
                            uint8_t hash[SB_HASH],
                            struct sb_err *err);
/* Whether a batch that ends at `seq` has this hash. */
SB_CHECK int sb_outbox_has(struct sb_sql *s,
                           int64_t stream,
                           uint64_t seq,
                           const uint8_t hash[SB_HASH],
                           bool *out,
                           struct sb_err *err);
/* The token of a source: written in the transaction of its events. */
SB_CHECK int sb_outbox_token(struct sb_sql *s,
                             const char *source,
                             struct sb_buf *out,
                             struct sb_err *err);
SB_CHECK int sb_outbox_put_token(struct sb_sql *s,
                                 const char *source,
                                 struct sb_bytes token,
                                 struct sb_err *err);

#endif
