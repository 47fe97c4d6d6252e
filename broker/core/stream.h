/* Private to broker/core: streams and the readers of their epochs (stream.c). */
#ifndef BROKER_CORE_STREAM_H
#define BROKER_CORE_STREAM_H

#include "broker/core/evidence.h"
#include "keys/seal.h"

struct sb_core;
struct step;

struct stream { /* one institution's events of one type */
    char name[SB_STREAM_MAX + 1];
    struct sb_bytes institution; /* these two borrow from name */
    struct sb_bytes type;
    uint64_t claim_no;
    uint8_t claim_hash[SB_HASH];
    uint8_t instance[SB_INSTANCE];
    uint64_t claim_index;
    uint64_t last_seq;
    uint8_t last_hash[SB_HASH];
    uint64_t last_index;
    struct mark in_signed;    /* newest batch in the newest signed checkpoint */
    struct mark in_candidate; /* and in the candidate */
    uint64_t epoch_no;
    uint8_t epoch_hash[SB_HASH];
    uint64_t epoch_index;
    struct sb_arena *epoch_arena; /* holds `epoch` and the bytes that it borrows */
    struct sb_epoch epoch;
    uint64_t readers_version; /* directory by which the epoch's readers were right */
    uint64_t readers_until;   /* and until when */
    uint64_t tail;            /* index of the stream's newest entry */
    uint64_t priority;
};

struct stream *stream_find(const struct sb_core *core, struct sb_bytes name);
/* Of a type, as configured. */
uint64_t stream_priority(const struct sb_core *core, struct sb_bytes type);
/* Adds a stream without claim; NULL: out of memory. */
struct stream *stream_add(struct sb_core *core, struct sb_bytes name);
void stream_free(struct stream *st);
SB_CHECK int
stream_set_epoch(struct stream *st, struct sb_bytes record, struct sb_err *err);
/* Whether the epoch's readers are exactly as granted now. */
SB_CHECK int stream_readers_right(struct sb_core *core,
                                  const struct stream *st,
                                  const struct sb_epoch *epoch,
                                  uint64_t now_ms,
                                  uint64_t *until,
                                  struct sb_err *err);
/* After a batch: where the stream stands once a checkpoint holds it. */
void stream_placed(struct step *s, struct stream *st);
/* A checkpoint of this size is signed. */
void stream_signed(struct sb_core *core, uint64_t size);

#endif
