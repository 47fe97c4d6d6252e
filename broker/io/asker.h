/* The thread that reads the journal for the loop, by its own read-only connection.
 *
 * Jobs QUERY, TAIL and INDEX go in and come back, answered: those of one owner in
 * order, the owners in turn, so that nobody's questions wait for all of another's.
 * FAILED when the journal cannot be read. */
#ifndef BROKER_IO_ASKER_H
#define BROKER_IO_ASKER_H

#include "broker/io/job.h"

struct sb_asker;

SB_CHECK int sb_asker_start(struct sb_asker **out,
                            void *zmq,
                            const char *journal_path,
                            struct sb_err *err);
/* Takes `job` on success. */
SB_CHECK int sb_asker_send(struct sb_asker *a, struct sb_job *job, struct sb_err *err);
/* 1: *out is the caller's; 0: none waits. */
SB_CHECK int sb_asker_take(struct sb_asker *a, struct sb_job **out, struct sb_err *err);
/* Jobs that were sent and not taken yet, and those that were taken. */
uint64_t sb_asker_waiting(const struct sb_asker *a);
uint64_t sb_asker_answered(const struct sb_asker *a);
void *sb_asker_socket(const struct sb_asker *a); /* to poll */
void sb_asker_stop(struct sb_asker *a);          /* takes NULL */

#endif
