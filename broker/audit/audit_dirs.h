/* Directories: the chain, its roots, and what the first pass gathers: prunes and
 * withdrawals. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_DIRS_H
#define BROKER_AUDIT_AUDIT_DIRS_H

#include "broker/audit/audit_form.h"

struct audit_withdrawal {
    struct sb_bytes stream;
    uint64_t first;
    uint64_t last;
    uint64_t index;
    size_t
        farthest; /* place of the one of its stream, up to here, with the highest last
                   */
};

/* Decodes leaf, envelope and hash: the plain code of what is wrong. */
SB_CHECK int audit_decode(const struct sb_bundle_entry *raw,
                          struct audit_entry *out,
                          struct sb_err *err);

/* The next directory of a chain: says what does not hold. The first one is held against
 * the pinned roots, then against its own. */
SB_CHECK int
audit_add_directory(struct sb_audit *a, struct sb_bytes record, struct sb_err *err);
/* First pass: one directory, prune or withdrawal. */
SB_CHECK int
audit_gather(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);
/* After the first pass, before anything is asked of withdrawals. */
void audit_gathered(struct sb_audit *a);
/* After the first pass: exchange and generation of bundle.json. */
void audit_about(struct sb_audit *a);
/* Second pass: date and place of an entry among the directories. */
SB_CHECK int
audit_place(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);

/* Plain codes; the second pass says them. A prune that holds is in prune_below, a
 * withdrawal in the list. */
SB_CHECK int audit_prune(struct sb_audit *a,
                         const struct audit_entry *e,
                         uint64_t *below,
                         struct sb_err *err);
SB_CHECK int audit_withdraw(struct sb_audit *a,
                            const struct audit_entry *e,
                            struct sb_withdraw *out,
                            struct sb_err *err);
/* The withdrawal that covers this event; NULL: none. */
const struct audit_withdrawal *
audit_withdrawn(const struct sb_audit *a, struct sb_bytes stream, uint64_t seq);

/* The folders directories/ and catalogues/ hold the journaled records and no others. */
SB_CHECK int audit_copies(struct sb_audit *a, struct sb_err *err);

#endif
