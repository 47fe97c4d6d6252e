/* What the files of the export share. Private to this room. */
#ifndef BROKER_BUNDLE_EXPORT_FORM_H
#define BROKER_BUNDLE_EXPORT_FORM_H

#include "broker/bundle/bundle_form.h"
#include "broker/bundle/export.h"
#include "broker/bundle/tile_writer.h"

struct sb_export_goal { /* the tree that is exported */
    struct sb_buf note;
    struct sb_checkpoint checkpoint;
    uint64_t cosignatures;
    bool final;
};

struct sb_range { /* of indices, [from, to) */
    uint64_t from;
    uint64_t to;
};

struct sb_export {
    struct sb_journal_reader *reader;
    const struct sb_export_config *config;
    struct sb_writes *writes;
    struct sb_tile_writer *tiles;
    struct sb_bundle *old; /* the bundle that the folder holds; NULL: none yet */
    struct sb_checkpoint old_checkpoint; /* size 0 without one */
    struct sb_range old_range;
    struct sb_export_goal goal;
    struct sb_bundle_about about; /* of the bundle to be */
    struct sb_range range;        /* within the goal's tree */
    bool resumed; /* whole files beyond the old bundle are of this range */
    uint64_t entries;
};

/* The note to export, and how final it is. SB_E_NOT_FOUND: there is none; SB_E_BUSY:
 * none holds yet all that explains missing ciphertexts. */
SB_CHECK int sb_export_choose(struct sb_journal_reader *reader,
                              struct sb_export_goal *out,
                              struct sb_err *err);
/* The smallest tree that holds every prune and withdrawal of the journal: in a smaller
 * one, what they took away would be missing without a reason. */
SB_CHECK int
sb_export_least(struct sb_journal_reader *reader, uint64_t *out, struct sb_err *err);
/* For a note that was chosen in another way: who of the witnesses cosigned it. */
SB_CHECK int sb_export_count(struct sb_journal_reader *reader,
                             struct sb_export_goal *goal,
                             struct sb_err *err);
/* Leaf data, records, texts and tiles; queued, not flushed. */
SB_CHECK int sb_export_blocks(struct sb_export *x, struct sb_err *err);
/* Appends the ciphertexts of a batch as an earlier export has them, those of withdrawn
 * events empty; the arena is reset. */
SB_CHECK int sb_export_withdrawn(const struct sb_stored_entry *e,
                                 struct sb_bytes text,
                                 struct sb_arena *arena,
                                 struct sb_buf *out,
                                 struct sb_err *err);
SB_CHECK int sb_export_copies(struct sb_export *x, struct sb_err *err);
/* Removes what an export that was stopped has left: at the start, temporary files and
 * (unless it is resumed) records and texts beyond the old bundle; at the end, all that
 * the new checkpoint has no need of. Files that no bundle has are left alone. */
SB_CHECK int sb_export_clean_start(struct sb_export *x, struct sb_err *err);
SB_CHECK int sb_export_clean_end(struct sb_export *x, struct sb_err *err);

#endif
