/* Reading a journal: what stands in it, the answers to the core's questions, notes.
 *
 * Read-only, any thread, one thread at a time; also while another process writes. */
#ifndef BROKER_JOURNAL_READER_H
#define BROKER_JOURNAL_READER_H

#include "broker/core/core.h"

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
/* Bytes (records, items, ciphertexts that are left) of each stream in the entries from
 * `from` on. From 0 it reads every entry's row; fn returns 0 or an error. */
typedef int (*sb_use_fn)(void *ctx,
                         struct sb_bytes stream,
                         uint64_t bytes,
                         struct sb_err *err);
SB_CHECK int sb_journal_use(struct sb_journal_reader *r,
                            uint64_t from,
                            sb_use_fn fn,
                            void *ctx,
                            struct sb_err *err);
SB_CHECK int
sb_journal_reader_size(struct sb_journal_reader *r, uint64_t *size, struct sb_err *err);
/* First index whose entry was stored at or after `ms`; the size when there is none. */
SB_CHECK int sb_journal_index_at(struct sb_journal_reader *r,
                                 uint64_t ms,
                                 uint64_t *index,
                                 struct sb_err *err);

#endif
