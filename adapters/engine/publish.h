/* Publishing: what goes to the broker, and what its answers mean. FORMATS, "Batch".
 *
 * Per stream, in order: claim, epoch, batches, each only when what it stands on is
 * stored; batches byte for byte as the outbox holds them, several in flight. Answers to
 * what has been replaced meanwhile are ignored (they are found by hash). Whatever the
 * broker refuses for good stops the stream, keeps the evidence, and alarms. */
#ifndef ADAPTERS_ENGINE_PUBLISH_H
#define ADAPTERS_ENGINE_PUBLISH_H

#include "adapters/engine/stream.h"

/* WELCOME: where the broker says that the stream stands; `own` NULL: it knows none.
 * `new_generation`: the journal was begun anew since we last met. */
SB_CHECK int sb_publish_welcome(struct sb_stream *s,
                                const struct sb_own_stream *own,
                                bool new_generation,
                                uint64_t now_ms,
                                struct sb_err *err);
/* The session is lost. */
void sb_publish_away(struct sb_stream *s);
SB_CHECK int
sb_publish_stored(struct sb_stream *s, const struct sb_message *m, struct sb_err *err);
SB_CHECK int sb_publish_refused(struct sb_stream *s,
                                const struct sb_message *m,
                                uint64_t now_ms,
                                struct sb_err *err);
/* Sends what may be sent. *busy: the socket is full, come back. */
SB_CHECK int
sb_publish_pump(struct sb_stream *s, uint64_t now_ms, bool *busy, struct sb_err *err);
/* Writes down what was answered since the last call. */
SB_CHECK int sb_publish_flush(struct sb_stream *s, uint64_t now_ms, struct sb_err *err);
/* ms for which the broker holds the stream back (its quota, its disk); 0: it does not,
 * or a clock was set back. */
uint64_t sb_publish_held(const struct sb_stream *s, uint64_t now_ms);
/* The stream stops: nothing is sealed or sent until an operator lets it go on. */
SB_CHECK int sb_publish_stop(struct sb_stream *s,
                             int code,
                             struct sb_bytes evidence,
                             struct sb_err *err);
/* An operator lets a stopped stream go on, from the next WELCOME, and has seen what
 * somebody else wrote to it (foreign.h). */
SB_CHECK int sb_publish_resume(struct sb_stream *s, struct sb_err *err);
/* Adopting is over: the broker's last batch was read and verified. */
SB_CHECK int
sb_publish_adopted(struct sb_stream *s, uint64_t now_ms, struct sb_err *err);

/* Private to publish*.c and proved.c. */
void sb_publish_warn(const struct sb_stream *s, int code, const char *text);

/* Sealed and not stored, in events. */
static inline uint64_t sb_publish_backlog(const struct sb_stream *s)
{
    return s->head_seq > s->row.stored_seq ? s->head_seq - s->row.stored_seq : 0;
}

#endif
