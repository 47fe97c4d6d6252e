/* Who may sign and read what, by the directory that an entry names. Private. */
#ifndef BROKER_AUDIT_AUDIT_RIGHTS_H
#define BROKER_AUDIT_AUDIT_RIGHTS_H

#include "broker/audit/audit_form.h"

/* The directory that the leaf names; NULL was said, once per version. */
const struct sb_dir *audit_directory(struct sb_audit *a, const struct sb_entry *leaf);
/* `member` signed the record with a key valid at the leaf's directory and time.
 * made_ms not 0: the record may be older than this generation, and a key that was valid
 * then is enough. */
SB_CHECK int audit_signed(struct sb_audit *a,
                          struct sb_bytes member,
                          const struct audit_entry *e,
                          uint64_t made_ms,
                          struct sb_err *err);
/* The same as a plain code, nothing said. */
SB_CHECK int audit_signed_code(struct sb_audit *a,
                               struct sb_bytes member,
                               const struct audit_entry *e,
                               uint64_t made_ms,
                               struct sb_err *err);
/* Signed by the broker's log key of that directory; a plain code. */
SB_CHECK int audit_signed_by_log(struct sb_audit *a,
                                 const struct audit_entry *e,
                                 struct sb_err *err);
/* The readers and classes of the stream's epoch are exactly as granted at the entry. */
SB_CHECK int audit_readers(struct sb_audit *a,
                           struct audit_stream *s,
                           const struct audit_entry *e,
                           struct sb_err *err);
/* Whether an epoch is refilled from an older generation: its readers are not asked. */
bool audit_is_refilled(const struct sb_audit *a, const struct sb_epoch_core *core);

#endif
