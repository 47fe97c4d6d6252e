/* What the threads of the broker hand to each other, by channel.h.
 *
 * All that a job points to lies in its hold, whose bytes nobody changes. */
#ifndef BROKER_IO_JOB_H
#define BROKER_IO_JOB_H

#include "broker/core/core.h"
#include "broker/io/hold.h"
#include "broker/io/room.h"

enum sb_job_kind {
    /* from the loop */
    SB_JOB_APPEND,   /* to the journal */
    SB_JOB_COSIGNED, /* to the journal, in order with the appends */
    SB_JOB_QUERY,    /* to the reader: what the core asks; comes back as itself */
    SB_JOB_TAIL,     /* to the reader: headers; comes back as itself */
    SB_JOB_INDEX,    /* to the reader: where a time stands; comes back as itself */
    SB_JOB_STOP,     /* finish and end */
    /* to the loop */
    SB_JOB_COMMITTED,
    SB_JOB_CHECKPOINT,
    SB_JOB_ROOM,   /* how the disk stands: when that changed, and every two seconds */
    SB_JOB_FAILED, /* the thread ends; the process must stop */
};

struct sb_tail_row { /* what may be shown of an entry */
    uint64_t index;
    enum sb_kind kind;
    uint64_t stored_ms;
    struct sb_bytes stream; /* empty: none */
    uint64_t first;
    uint64_t last;
    uint64_t bytes; /* of record, items and the ciphertexts that were read */
};

struct sb_job {
    enum sb_job_kind kind;
    struct sb_job *next; /* in a list of its holder's */
    uint64_t owner;      /* for whom it is asked; 0: an operator, or nobody */
    struct sb_hold *hold;
    struct sb_arena *arena; /* the hold's */
    union {
        struct sb_append append;
        struct {
            uint64_t size;
            struct sb_bytes note;
        } cosigned;
        struct {
            struct sb_effect effect;
            struct sb_input input; /* the answer, but for the times */
        } query;
        struct {
            uint64_t request;
            uint64_t from;
            uint64_t below; /* only what is durable */
            size_t max;
            struct sb_tail_row *rows;
            size_t n;
            struct sb_err err;
        } tail;
        struct {
            uint64_t request;
            uint64_t before; /* ms */
            bool dry;        /* only tell */
            uint64_t index;  /* first entry stored at or after `before` */
            struct sb_err err;
        } index;
        struct {
            uint64_t size;
            uint64_t bytes;      /* of the appends that this ends */
            struct sb_job *done; /* they themselves, in order; freed with this */
        } committed;
        struct {
            struct sb_bytes note;
            uint64_t size;
            uint8_t root[SB_HASH];
        } checkpoint;
        struct {
            struct sb_room_state state;
            bool held; /* what is to be committed waits for room */
        } room;
        struct sb_err failed;
    } as;
};

/* NULL: out of memory. */
struct sb_job *sb_job_new(enum sb_job_kind kind);
void sb_job_free(struct sb_job *job); /* takes NULL */
/* An append: what lies in `from` (NULL: nothing) is shared with it, the rest copied. */
SB_CHECK int sb_job_append(struct sb_job **out,
                           const struct sb_append *append,
                           struct sb_hold *from,
                           struct sb_err *err);
/* A copy of a query's effect, whole. */
SB_CHECK int
sb_job_query(struct sb_job **out, const struct sb_effect *effect, struct sb_err *err);
SB_CHECK int sb_job_cosigned(struct sb_job **out,
                             uint64_t size,
                             struct sb_bytes note,
                             struct sb_err *err);
/* Bytes that an append holds, for counting what is on its way. */
uint64_t sb_append_bytes(const struct sb_append *append);

#endif
