/* What broker.c, effects.c and verbs*.c share. Private to broker/io. */
#ifndef BROKER_IO_BROKER_IMPL_H
#define BROKER_IO_BROKER_IMPL_H

#include "broker/host/forecast.h"
#include "broker/io/admin.h"
#include "broker/io/asker.h"
#include "broker/io/broker.h"
#include "broker/io/gate.h"
#include "broker/io/recent.h"
#include "broker/io/writer.h"

#define QUEUE_BYTES_MAX                                                                \
    (8u * SB_MIB)      /* on the way to the journal: then no more is read */
#define ANSWERS_MAX 64 /* operators' requests that wait for the core */

struct sb_pruning {   /* the one prune record that waits to be durable */
    uint64_t request; /* 0: none */
    uint64_t before;
    uint64_t below;
    uint64_t from; /* what was pruned before */
};

struct sb_broker {
    const struct sb_broker_config *config;
    void *zmq;
    struct sb_core *core;
    struct sb_effects *effects;
    struct sb_gate *gate;
    struct sb_writer *writer;
    struct sb_asker *asker;
    struct sb_admin *admin;
    struct sb_recent *recent; /* what was stored last */
    struct sb_lent lent;      /* where the slices of this step lie */
    uint64_t owner;           /* for whom this step is; 0: nobody */
    struct sb_job *ready;     /* questions that it answers, oldest first */
    struct sb_job *ready_last;
    uint64_t started_ms;
    uint64_t accepted;    /* entries handed to the journal, its own included */
    uint64_t committed;   /* entries that are durable */
    uint64_t queued;      /* bytes on the way to the journal */
    uint64_t next_tick;   /* monotonic */
    struct sb_bytes note; /* newest checkpoint, owned by note_job or note_buf */
    struct sb_job *note_job;
    struct sb_buf note_buf;
    uint64_t note_size;
    uint64_t note_ms;    /* when it was signed, or found at the start */
    struct sb_buf final; /* newest note with a quorum of cosignatures; empty: none */
    uint64_t final_size;
    struct sb_pruning prune;
    struct sb_room *room;           /* the journal thread's, once that runs */
    struct sb_room_state room_seen; /* as it was last told */
    bool room_held;                 /* commits wait for room */
    struct sb_forecast growth;      /* of the journal */
    uint64_t growth_mono;           /* when it was looked at */
    uint64_t use_mono;              /* when the institutions' bytes were saved */
    bool use_watched;               /* both were, once */
    bool stopping;
    uint64_t session_ms;    /* as configured or tuned */
    struct sb_pulse writes; /* of the journal's thread */
    struct sb_pulse reads;  /* of the reader's */
    uint64_t stop_by;       /* monotonic: then it stops whatever still waits */
    struct sb_err failed;   /* of a step: an operator's verb must not hide it */
};

/* effects.c: one step of the core with its effects run, and those of peers that were
 * found gone meanwhile. Times are filled in here. After an error the broker stops. */
SB_CHECK int
sb_broker_step(struct sb_broker *b, struct sb_input *in, struct sb_err *err);
/* reads.c: what the core asks of the journal, and the answers. */
SB_CHECK int
sb_reads_ask(struct sb_broker *b, const struct sb_effect *e, struct sb_err *err);
SB_CHECK int sb_reads_take(struct sb_broker *b, struct sb_err *err);
bool sb_reads_waiting(const struct sb_broker *b); /* take has more to do at once */
void sb_reads_drop(struct sb_broker *b);
/* verbs.c */
extern const struct sb_admin_verb sb_broker_verbs[];
/* verbs_tail.c, verbs_prune.c: the asker's answer to an operator */
SB_CHECK int
sb_broker_tailed(struct sb_broker *b, const struct sb_job *job, struct sb_err *err);
SB_CHECK int sb_broker_found_index(struct sb_broker *b,
                                   const struct sb_job *job,
                                   struct sb_err *err);
/* verbs_prune.c: the core's answer to our prune record, `b->prune` */
SB_CHECK int
sb_broker_pruned(struct sb_broker *b, const struct sb_err *why, struct sb_err *err);
/* service.c: each turn of the loop; on SIGHUP. */
void sb_broker_tell_service(struct sb_broker *b);
void sb_broker_reload(struct sb_broker *b);
/* verbs_limits.c: looked at each tick; `use` is saved at the end, too. */
void sb_broker_use_tick(struct sb_broker *b, uint64_t mono);
void sb_broker_use_save(struct sb_broker *b);
/* verbs_room.c: what the journal's thread says of the disk */
SB_CHECK int
sb_broker_room(struct sb_broker *b, const struct sb_job *job, struct sb_err *err);
/* broker.c */
void sb_broker_begin_stop(struct sb_broker *b);

#endif
