/* Headers of journal entries for `sacbe tail`: what an operator may see. */
#ifndef BROKER_IO_TAIL_H
#define BROKER_IO_TAIL_H

#include "broker/io/job.h"
#include "broker/journal/reader.h"

#define SB_TAIL_MAX 1000u

/* Fills job->as.tail (rows, n, or err), which says from, below and max. Returns its
 * error's code. */
int sb_tail_fill(struct sb_journal_reader *reader, struct sb_job *job);

#endif
