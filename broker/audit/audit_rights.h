/* Who may sign and read what, by the directory that an entry names. Private. */
#ifndef BROKER_AUDIT_AUDIT_RIGHTS_H
#define BROKER_AUDIT_AUDIT_RIGHTS_H

#include "broker/audit/audit_form.h"

/* The directory that the leaf names; NULL was said, once per version. */
const struct sb_dir *audit_directory(struct sb_audit *a, const struct sb_entry *leaf);
/* `member` signed the record with a key valid at the leaf's directory and time. `aged`:
 * the record is of an older generation, and any of its sign keys that is not revoked is
 * enough (broker/core/refill.c). */
SB_CHECK int audit_signed(struct sb_audit *a,
                          struct sb_bytes member,
                          const struct audit_entry *e,
                          bool aged,
                          struct sb_err *err);
/* The same as a plain code, nothing said but a directory that is not held. */
SB_CHECK int audit_signed_code(struct sb_audit *a,
                               struct sb_bytes member,
                               const struct audit_entry *e,
                               bool aged,
                               struct sb_err *err);
/* The readers and classes of the stream's epoch are exactly as granted at the entry. */
SB_CHECK int audit_readers(struct sb_audit *a,
                           struct audit_stream *s,
                           const struct audit_entry *e,
                           struct sb_err *err);
/* Classes that grants give `reader` on this stream at the entry. n 0: none, or the
 * directory is not held (said). */
SB_CHECK int audit_granted(struct sb_audit *a,
                           const struct audit_stream *s,
                           struct sb_bytes reader,
                           const struct sb_entry *leaf,
                           struct sb_codes *out,
                           struct sb_err *err);
/* The journal is not its exchange's first: what it begins with was made before. */
bool audit_is_later(const struct sb_audit *a);
/* What contradicts the journal so far: a failure, unless what would explain it may be
 * in the generation before, or among entries that could not be read. */
enum sb_audit_verdict audit_unexplained(const struct sb_audit *a);
/* Said to be made before this generation was opened. */
bool audit_is_old(const struct sb_audit *a, uint64_t said_ms);
/* The stream has had no epoch of this generation yet: it may still be refilled. */
bool audit_is_refilling(const struct sb_audit *a, const struct audit_stream *s);

#endif
