/* Files that are written so that a name means a whole, durable file. Private to this
 * room.
 *
 * Each is written beside its name (<path>.new). From time to time everything is made
 * durable at once (syncfs, far cheaper than an fsync for each), and only then do the
 * names move. After a kill or a power loss a name stands for the old file or for the
 * new one, whole. */
#ifndef BROKER_BUNDLE_WRITES_H
#define BROKER_BUNDLE_WRITES_H

#include "broker/bundle/tiles.h"

#define SB_WRITES_NEW ".new"

struct sb_writes;
/* Makes the folder when it is missing. */
SB_CHECK int
sb_writes_open(struct sb_writes **out, const char *dir, struct sb_err *err);
void sb_writes_close(
    struct sb_writes *w); /* takes NULL; what is not flushed stays so */
int sb_writes_dir(const struct sb_writes *w);
uint64_t sb_writes_files(const struct sb_writes *w); /* renamed so far */

struct sb_write; /* one file that grows */
SB_CHECK int sb_write_open(struct sb_write **out,
                           struct sb_writes *w,
                           const char *path,
                           struct sb_err *err);
SB_CHECK int sb_write_put(struct sb_write *f, struct sb_bytes b, struct sb_err *err);
/* Closes it, and queues its new name; may flush the queue. Frees `f` in any case. */
SB_CHECK int sb_write_end(struct sb_writes *w, struct sb_write *f, struct sb_err *err);
void sb_write_drop(struct sb_write *f); /* takes NULL; the .new file stays */

SB_CHECK int sb_writes_put(struct sb_writes *w,
                           const char *path,
                           struct sb_bytes content,
                           struct sb_err *err);
/* Every file has its name, durably, on return. */
SB_CHECK int sb_writes_flush(struct sb_writes *w, struct sb_err *err);

#endif
