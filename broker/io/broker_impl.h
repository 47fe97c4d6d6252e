/* What broker.c, effects.c, turn.c and verbs.c share. Private to broker/io. */
#ifndef BROKER_IO_BROKER_IMPL_H
#define BROKER_IO_BROKER_IMPL_H

#include "broker/io/admin.h"
#include "broker/io/asker.h"
#include "broker/io/broker.h"
#include "broker/io/gate.h"
#include "broker/io/writer.h"

#define QUEUE_BYTES_MAX                                                                \
    (8u * SB_MIB)      /* on the way to the journal: then no more is read */
#define ANSWERS_MAX 64 /* operators' requests that wait for the core */

struct sb_broker {
    const struct sb_broker_config *config;
    void *zmq;
    struct sb_core *core;
    struct sb_effects *effects;
    struct sb_gate *gate;
    struct sb_writer *writer;
    struct sb_asker *asker;
    struct sb_admin *admin;
    uint64_t started_ms;
    uint64_t accepted;    /* entries handed to the journal, its own included */
    uint64_t committed;   /* entries that are durable */
    uint64_t queued;      /* bytes on the way to the journal */
    uint64_t next_tick;   /* monotonic */
    struct sb_bytes note; /* newest checkpoint, owned by note_job or note_buf */
    struct sb_job *note_job;
    struct sb_buf note_buf;
    uint64_t note_size;
    bool stopping;
    uint64_t stop_by;     /* monotonic: then it stops whatever still waits */
    struct sb_err failed; /* of a step: an operator's verb must not hide it */
};

/* effects.c: one step of the core with its effects run, and those of peers that were
 * found gone meanwhile. Times are filled in here. After an error the broker stops. */
SB_CHECK int
sb_broker_step(struct sb_broker *b, struct sb_input *in, struct sb_err *err);
/* verbs.c */
extern const struct sb_admin_verb sb_broker_verbs[];
SB_CHECK int
sb_broker_tailed(struct sb_broker *b, const struct sb_job *job, struct sb_err *err);
/* broker.c */
void sb_broker_begin_stop(struct sb_broker *b);

#endif
