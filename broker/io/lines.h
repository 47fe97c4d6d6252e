/* Jobs that wait, a line for each owner: the lines are served in turn, so that who asks
 * much waits for himself. */
#ifndef BROKER_IO_LINES_H
#define BROKER_IO_LINES_H

#include "broker/io/job.h"

struct sb_lines {       /* zero: empty */
    struct sb_line *at; /* a ring; the line that was served last */
};

/* Takes the job, at the end of its owner's line; false: no memory. */
bool sb_lines_put(struct sb_lines *l, struct sb_job *job);
struct sb_job *sb_lines_take(struct sb_lines *l); /* NULL: none waits */
void sb_lines_drop(struct sb_lines *l);           /* frees what waits */
/* Owner of what is done for an institution. Not 0, which is the operators'. */
uint64_t sb_owner_of(struct sb_bytes institution);

#endif
