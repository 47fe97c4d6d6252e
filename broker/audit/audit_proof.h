/* A proof file, judged and decoded. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_PROOF_H
#define BROKER_AUDIT_AUDIT_PROOF_H

#include "broker/audit/audit_stream.h"

struct audit_proof { /* everything lives in the audit's arenas or the file's bytes */
    struct sb_proof_file file;
    struct sb_bundle_entry batch_raw;
    struct sb_bundle_entry epoch_raw;
    struct audit_entry batch_entry;
    struct audit_entry epoch_entry;
    struct sb_batch batch;
    struct audit_stream stream; /* with the epoch */
    struct sb_item item;
    struct sb_checkpoint note;
    bool noted; /* the note opened */
};

/* Says what does not hold. 1: too little could be read to go on. */
SB_CHECK int audit_run_proof(struct sb_audit *a,
                             struct sb_bytes bytes,
                             struct audit_proof *p,
                             struct sb_err *err);
/* The two records by the directories in the file, and their dates. */
SB_CHECK int
audit_proof_rights(struct sb_audit *a, struct audit_proof *p, struct sb_err *err);
/* The withdrawals in the file. */
SB_CHECK int audit_proof_statements(struct sb_audit *a,
                                    const struct audit_proof *p,
                                    struct sb_err *err);
/* What was disclosed, and by whom. */
SB_CHECK int
audit_disclosed(struct sb_audit *a, const struct audit_proof *p, struct sb_err *err);

#endif
