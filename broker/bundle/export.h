/* Export: the journal into a bundle. Incremental and resumable: files of 256 entries
 * that are whole stay as they are, `checkpoint` moves last. May run beside the broker.
 *
 * A bundle is an archive: ciphertexts that it has stay, also when the journal prunes or
 * withdraws them later. One without them is a new export into an empty folder. */
#ifndef BROKER_BUNDLE_EXPORT_H
#define BROKER_BUNDLE_EXPORT_H

#include "broker/bundle/bundle.h"
#include "broker/journal/reader.h"
#include "broker/journal/verify.h"

struct sb_export_config {
    const char *dir; /* made when missing; a bundle of the same journal, or empty */
    uint64_t from;   /* batches at indices [from, to) are taken; 0, UINT64_MAX: all */
    uint64_t to;
    sb_progress_fn progress; /* entries; may be NULL */
    void *ctx;
};

struct sb_export_facts {
    uint64_t size;         /* of the tree exported */
    uint64_t entries;      /* new in the bundle, or with batches that it lacked */
    uint64_t files;        /* written by this run */
    uint64_t cosignatures; /* valid ones on its checkpoint */
    bool final;
};

/* The tree of the newest final checkpoint (by the newest directory in the journal;
 * quorum 0: the newest signed), or the newest signed one when none is final; always one
 * that holds every record which took ciphertexts away (SB_E_BUSY: try again).
 * SB_E_NOT_FOUND: no checkpoint yet; SB_E_BUNDLE: `dir` holds something else, a bundle
 * of another journal, of a wider range, or of a tree that this journal does not
 * continue. SB_E_STATE: another export is writing there. A bundle that is ahead of the
 * newest final checkpoint keeps its tree. */
SB_CHECK int sb_bundle_export(struct sb_journal_reader *reader,
                              const struct sb_export_config *config,
                              struct sb_export_facts *out,
                              struct sb_err *err);

#endif
