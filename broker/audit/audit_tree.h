/* Tiles, leaves, root and checkpoint. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_TREE_H
#define BROKER_AUDIT_AUDIT_TREE_H

#include "broker/audit/audit_form.h"

/* One leaf: into the tree, and against its tile. */
SB_CHECK int
audit_tree_leaf(struct sb_audit *a, struct sb_bytes leaf, struct sb_err *err);
/* Root of the first `size` leaves, by the tiles: 0; 1: cannot be told (the tiles are
 * broken, which is said elsewhere). `size` at most the tree's. */
SB_CHECK int audit_root_at(struct sb_audit *a,
                           uint64_t size,
                           uint8_t out[SB_HASH],
                           struct sb_err *err);
/* Log's signature, quorum, the auditor's own note; then every tile. */
SB_CHECK int audit_checkpoint(struct sb_audit *a, struct sb_err *err);
/* The auditor's own note against facts.origin, size and root, and the tiles at hand. */
SB_CHECK int audit_since(struct sb_audit *a, struct sb_err *err);
SB_CHECK int audit_tiles(struct sb_audit *a, struct sb_err *err);
/* The same of any folder of tiles, whose note is read: every tile, the root. */
SB_CHECK int audit_all_tiles(struct sb_audit *a,
                             uint64_t size,
                             const uint8_t root[SB_HASH],
                             struct sb_err *err);
/* Quorum of a note by the witnesses of `d` at `now_ms`; `dated_ms` is the stored_ms of
 * an entry that they have cosigned, which cannot be long after they did. */
SB_CHECK int audit_quorum(struct sb_audit *a,
                          const struct sb_dir *d,
                          struct sb_bytes note,
                          uint64_t now_ms,
                          uint64_t dated_ms,
                          struct sb_err *err);
/* A line of one of these witnesses' name and key id that is false fails the note. */
SB_CHECK int audit_lines(struct sb_audit *a,
                         struct sb_bytes note,
                         const struct sb_witness_keys *keys,
                         struct sb_err *err);
/* Opens a note by the log keys of the directories held, newest first; a plain code. */
SB_CHECK int audit_open_note(const struct sb_audit *a,
                             struct sb_bytes note,
                             struct sb_checkpoint *out,
                             struct sb_err *err);
/* sb_tiles_verify's callback; ctx is the audit. */
void audit_tile_fault(void *ctx, const char *path, const struct sb_err *why);

#endif
