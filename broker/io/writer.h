/* The journal's thread: the only connection that writes, the checkpoints, and what
 * prune records say is to go.
 *
 * Group commit: whatever waits is one transaction; a cosigned note is kept between two
 * groups, as it was sent. What a prune record covers is removed in small steps while
 * nothing waits, also after a start. Jobs that come back, by
 * sb_writer_take: COMMITTED after each group, CHECKPOINT when one was persisted,
 * ROOM when the disk's state changed, FAILED (fail stop: nothing more is written).
 *
 * A full disk is no failure: the reserve is given up, and what was to be committed is
 * tried again until there is room; a stop meanwhile drops it, as nobody was answered.
 */
#ifndef BROKER_IO_WRITER_H
#define BROKER_IO_WRITER_H

#include "broker/io/job.h"
#include "broker/io/room.h"
#include "broker/journal/journal.h"

struct sb_writer;

/* Takes `journal` on success; it is closed in the thread. `room` is the thread's while
 * it runs. `mono_ms`: the clock. */
SB_CHECK int sb_writer_start(struct sb_writer **out,
                             void *zmq,
                             struct sb_journal *journal,
                             struct sb_room *room,
                             uint64_t (*mono_ms)(void),
                             struct sb_err *err);
/* Takes `job` (an APPEND or COSIGNED) on success; indices of appends rise by one. */
SB_CHECK int
sb_writer_send(struct sb_writer *w, struct sb_job *job, struct sb_err *err);
/* 1: *out is the caller's; 0: none waits. */
SB_CHECK int
sb_writer_take(struct sb_writer *w, struct sb_job **out, struct sb_err *err);
void *sb_writer_socket(const struct sb_writer *w); /* to poll */
/* Commits what waits, signs the last checkpoint, closes the journal, ends the thread.
 * What was not taken is dropped. Takes NULL. */
void sb_writer_stop(struct sb_writer *w);

#endif
