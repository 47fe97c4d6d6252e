/* The journal: an append-only SQLite file with a Merkle tree. FORMATS, "Journal".
 *
 * One writer (this struct, one thread); readers open their own read-only connections
 * (reader.h).
 * Nothing outside this room knows that it is SQLite, or that there is only one broker.
 * After any write or fsync error every call fails: the process stops, and does not
 * retry. Only a full disk (SB_E_DISK_FULL) is different: what was begun is rolled back,
 * nothing of it is durable, and the same call may be made again when there is room.
 * `PRAGMA user_version` is the layout's number. */
#ifndef BROKER_JOURNAL_JOURNAL_H
#define BROKER_JOURNAL_JOURNAL_H

#include "broker/core/core.h"
#include "keys/tree.h"
#include "keys/note.h"

struct sb_journal;

struct sb_journal_config {
    const char *path;
    const char *exchange; /* name: the origin of checkpoints */
    uint64_t generation;
    const struct sb_vault *vault; /* log key; borrowed while open */
    uint64_t checkpoint_ms;       /* at most one per this time, e.g. 1000 */
};

/* Opens or creates (0600). Recomputes the root from disk and compares it with the last
 * signed checkpoint and with its second copy, the file `<path>-note`:
 * SB_E_JOURNAL_SHORT, SB_E_JOURNAL_ROOT. A note that no log key of the vault signed is
 * SB_E_JOURNAL_CHECKPOINT; a journal or a note of another generation (but an older note
 * beside an empty journal) SB_E_JOURNAL_GENERATION. A second writer is
 * SB_E_JOURNAL_LOCKED; a newer layout SB_E_DB_NEWER. */
SB_CHECK int sb_journal_open(struct sb_journal **out,
                             const struct sb_journal_config *config,
                             struct sb_err *err);
/* Signs a last checkpoint when entries came after the newest one. Takes NULL. */
void sb_journal_close(struct sb_journal *j);

/* One transaction, fsynced. Indices continue the journal's size without a hole. Of kind
 * prune the stream and numbers are taken from the record; a withdrawal of events that
 * the stream has not, or a prune record with `below` above its own index, is refused.
 */
SB_CHECK int sb_journal_append(struct sb_journal *j,
                               const struct sb_append *group,
                               size_t n,
                               struct sb_err *err);
/* Moves the WAL into the file when that is due. For the time after an append was
 * answered: it takes as long as writing and syncing some MiB does. An append whose
 * journal is never settled does it by itself, later. */
SB_CHECK int sb_journal_settle(struct sb_journal *j, struct sb_err *err);
uint64_t sb_journal_size(const struct sb_journal *j);
uint64_t sb_journal_stored_ms(const struct sb_journal *j); /* newest; 0 when empty */
void sb_journal_root(const struct sb_journal *j, uint8_t out[SB_HASH]);
/* When one is due (entries since the last, time passed), signs and persists a
 * checkpoint: 1 and the note appended; 0 when none is due. */
SB_CHECK int sb_journal_checkpoint(struct sb_journal *j,
                                   uint64_t mono_ms,
                                   bool force,
                                   struct sb_buf *note,
                                   struct sb_checkpoint *out,
                                   struct sb_err *err);
/* Newest persisted note; empty when there is none. Appends. */
SB_CHECK int
sb_journal_last_note(struct sb_journal *j, struct sb_buf *out, struct sb_err *err);

/* Keeps `note` (this journal's, same size and root as a persisted one, now with
 * cosignatures) in place of the one of that size. Another is SB_E_JOURNAL_CHECKPOINT or
 * SB_E_NOTE, and changes nothing. */
SB_CHECK int sb_journal_cosigned(struct sb_journal *j,
                                 uint64_t size,
                                 struct sb_bytes note,
                                 struct sb_err *err);
/* Removes ciphertexts that a journaled prune record covers, at most `max` rows in one
 * transaction. 1: there is more; 0: done. Found again after a restart. (What a
 * withdrawal covers goes in the transaction that appends it.) */
SB_CHECK int
sb_journal_prune_step(struct sb_journal *j, size_t max, struct sb_err *err);
/* Bytes of the file that hold nothing and are written again before it grows. */
SB_CHECK int
sb_journal_reusable(struct sb_journal *j, uint64_t *bytes, struct sb_err *err);
/* Moves the WAL into the file and gives its room back, as far as readers and the disk
 * allow. */
SB_CHECK int sb_journal_shrink(struct sb_journal *j, struct sb_err *err);

#endif
