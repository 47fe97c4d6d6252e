/* The journal: an append-only SQLite file with a Merkle tree. FORMATS, "Journal".
 *
 * One writer (this struct, one thread); readers open their own read-only connections.
 * Nothing outside this room knows that it is SQLite, or that there is only one broker.
 * After any write or fsync error every call fails: the process stops, and does not
 * retry. `PRAGMA user_version` is the layout's number. */
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

/* Read-only, any thread, one thread at a time. */
struct sb_journal_reader;
SB_CHECK int sb_journal_reader_open(struct sb_journal_reader **out,
                                    const char *path,
                                    struct sb_err *err);
void sb_journal_reader_close(struct sb_journal_reader *r);
/* Each stream's state, for sb_core_restore; slices live during the call. */
typedef int (*sb_stream_fn)(void *ctx,
                            const struct sb_stream_state *s,
                            struct sb_err *err);
SB_CHECK int sb_journal_streams(struct sb_journal_reader *r,
                                sb_stream_fn fn,
                                void *ctx,
                                struct sb_err *err);
/* Entries in index order from `from`, optionally of one kind (0: all); `with_cts`: with
 * ciphertexts. fn returns 0 to go on, 1 to stop, or an error. */
typedef int (*sb_entry_fn)(void *ctx,
                           const struct sb_stored_entry *e,
                           struct sb_err *err);
SB_CHECK int sb_journal_each(struct sb_journal_reader *r,
                             uint64_t from,
                             enum sb_kind kind,
                             bool with_cts,
                             sb_entry_fn fn,
                             void *ctx,
                             struct sb_err *err);
/* Answers to the core's effects; slices of the outputs live in `arena`. */
SB_CHECK int sb_journal_lookup(struct sb_journal_reader *r,
                               const struct sb_effect *lookup,
                               struct sb_input *found,
                               struct sb_err *err);
SB_CHECK int sb_journal_cursor(struct sb_journal_reader *r,
                               const struct sb_effect *open,
                               struct sb_arena *arena,
                               struct sb_input *opened,
                               struct sb_err *err);
SB_CHECK int sb_journal_read(struct sb_journal_reader *r,
                             const struct sb_effect *read,
                             struct sb_arena *arena,
                             struct sb_input *entries,
                             struct sb_err *err);

SB_CHECK int sb_journal_prove(struct sb_journal_reader *r,
                              const struct sb_effect *prove,
                              struct sb_arena *arena,
                              struct sb_input *proved,
                              struct sb_err *err);
SB_CHECK int sb_journal_fetch(struct sb_journal_reader *r,
                              const struct sb_effect *fetch,
                              struct sb_arena *arena,
                              struct sb_input *fetched,
                              struct sb_err *err);
/* A stored perfect subtree, for keys/proof.h; ctx is the reader. */
SB_CHECK int sb_journal_node(void *reader,
                             unsigned level,
                             uint64_t pos,
                             uint8_t out[SB_HASH],
                             struct sb_err *err);
/* Persisted notes from the newest to the oldest; fn as in sb_journal_each. */
typedef int (*sb_note_fn)(void *ctx,
                          uint64_t size,
                          struct sb_bytes note,
                          struct sb_err *err);
SB_CHECK int sb_journal_notes(struct sb_journal_reader *r,
                              sb_note_fn fn,
                              void *ctx,
                              struct sb_err *err);
/* The newest prune record (not withdrawals), appended; 0 bytes: none. */
SB_CHECK int sb_journal_last_prune(struct sb_journal_reader *r,
                                   struct sb_buf *record,
                                   struct sb_err *err);
SB_CHECK int
sb_journal_reader_size(struct sb_journal_reader *r, uint64_t *size, struct sb_err *err);
/* First index whose entry was stored at or after `ms`; the size when there is none. */
SB_CHECK int sb_journal_index_at(struct sb_journal_reader *r,
                                 uint64_t ms,
                                 uint64_t *index,
                                 struct sb_err *err);

/* Offline check of a whole journal file: every row against every other, ciphertexts
 * against the items' hashes, items against items_root, chains, tree, checkpoints,
 * pages. The first finding is in `err`, which names the first bad index or damaged
 * page. */
struct sb_journal_facts {
    uint64_t entries;
    uint64_t events;
    uint64_t batches;
    uint64_t pruned;    /* ciphertexts missing under a prune record */
    uint64_t withdrawn; /* ciphertexts missing under a withdrawal */
    uint8_t root[SB_HASH];
    uint64_t checkpoint_size;
};
struct sb_journal_expect { /* n 0: nothing expected beyond the journal itself */
    bool any;
    uint64_t size;
    uint8_t root[SB_HASH]; /* of the first `size` entries */
};
typedef void (*sb_progress_fn)(void *ctx, uint64_t done, uint64_t total);
SB_CHECK int sb_journal_verify(const char *path,
                               const struct sb_journal_expect *expect,
                               sb_progress_fn progress,
                               void *ctx,
                               struct sb_journal_facts *out,
                               struct sb_err *err);

#endif
