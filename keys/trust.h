/* Trust: the chain of directories and every question about who may do what.
 * FORMATS, "Directory". Pure: times are arguments, never a clock.
 *
 * A trust starts from an anchor and takes directories in order; each is checked whole
 * (chain, thresholds of old and new roots, cards, key rules, grants' signatures) before
 * it counts. Older versions stay, because validity is judged by the version in force.
 */
#ifndef KEYS_TRUST_H
#define KEYS_TRUST_H

#include "keys/anchor.h"
#include "keys/card.h"
#include "keys/note.h"
#include "keys/readers.h"
#include "schemas/record/directory.h"
#include "schemas/record/epoch.h"
#include "schemas/record/grant.h"

struct sb_trust;
struct sb_dir; /* one checked directory; lives as long as its trust */

SB_CHECK int
sb_trust_new(struct sb_trust **out, const struct sb_anchor *anchor, struct sb_err *err);
void sb_trust_free(struct sb_trust *t);
/* Checks and adds the next version (a copy is kept). The first may be any version whose
 * roots are the anchor's: an institution need not hold all history. A version already
 * held with the same body is 0; with another body SB_E_DIR_CHAIN. */
SB_CHECK int
sb_trust_add(struct sb_trust *t, struct sb_bytes record, struct sb_err *err);
/* As above from a file, whose name is then in the error. */
SB_CHECK int
sb_trust_add_file(struct sb_trust *t, const char *path, struct sb_err *err);
/* Checks only (a dry run of sb_trust_add). */
SB_CHECK int
sb_trust_check(const struct sb_trust *t, struct sb_bytes record, struct sb_err *err);
const struct sb_exchange *sb_trust_exchange(const struct sb_trust *t);
/* Newest; NULL before the first. */
const struct sb_dir *sb_trust_newest(const struct sb_trust *t);
const struct sb_dir *sb_trust_version(const struct sb_trust *t, uint64_t version);
const struct sb_dir *sb_trust_by_hash(const struct sb_trust *t,
                                      const uint8_t hash[SB_HASH]);

const struct sb_directory *sb_dir_body(const struct sb_dir *d);
struct sb_bytes sb_dir_record(const struct sb_dir *d);
const uint8_t *sb_dir_hash(const struct sb_dir *d); /* SB_HASH bytes */

/* The active member to whom a CURVE key belongs at `now`; empty when nobody's. */
struct sb_bytes
sb_dir_by_curve(const struct sb_dir *d, const uint8_t pk[SB_PK], uint64_t now_ms);
/* Why a CURVE key has no member: SB_E_CURVE_UNKNOWN, SB_E_KEY_EXPIRED, SB_E_SUSPENDED.
 */
int sb_dir_curve_refusal(const struct sb_dir *d,
                         const uint8_t pk[SB_PK],
                         uint64_t now_ms);
/* The key of an active member with this use, valid at `now` (the newest card that names
 * it counts); key_id NULL: the newest valid one. 0 or SB_E_MEMBER, SB_E_NO_KEY,
 * SB_E_KEY_EXPIRED. */
SB_CHECK int sb_dir_key(const struct sb_dir *d,
                        struct sb_bytes member,
                        const char *use,
                        const uint8_t *key_id,
                        uint64_t now_ms,
                        struct sb_card_key *out,
                        struct sb_err *err);
/* The newest key of this use that the vault holds and the directory lists as its own
 * and valid at `now`: what to sign or connect with while a newer key awaits its card.
 * Errors as sb_dir_key. */
SB_CHECK int sb_dir_own_key(const struct sb_dir *d,
                            const struct sb_vault *v,
                            const char *use,
                            uint64_t now_ms,
                            struct sb_vault_key *out,
                            struct sb_err *err);
/* A record signed by `member` with a sign key that is valid at `now`: verifies it. */
SB_CHECK int sb_dir_verify(const struct sb_trust *t,
                           const struct sb_dir *d,
                           struct sb_bytes member,
                           const struct sb_record *record,
                           uint64_t now_ms,
                           struct sb_err *err);
/* What a journal begun anew took over from the one before: signed by a sign key on any
 * card of `member`, valid any more or not, unless it is revoked. SB_E_KEY_EXPIRED. The
 * caller judges whether the record is one of those. */
SB_CHECK int sb_dir_verify_aged(const struct sb_trust *t,
                                const struct sb_dir *d,
                                struct sb_bytes member,
                                const struct sb_record *record,
                                struct sb_err *err);
/* When the generation of `d` was opened: the first directory held that names it. */
uint64_t sb_dir_opened(const struct sb_trust *t, const struct sb_dir *d);

/* A record signed by the broker's log key of this directory (prune). */
SB_CHECK int sb_dir_verify_log(const struct sb_trust *t,
                               const struct sb_dir *d,
                               const struct sb_record *record,
                               struct sb_err *err);

/* Opens a checkpoint of this generation's journal, signed by the log key of any
 * directory of it that is held: the key may change within it. SB_E_NOTE. */
SB_CHECK int sb_trust_checkpoint(const struct sb_trust *t,
                                 uint64_t generation,
                                 struct sb_bytes note,
                                 struct sb_checkpoint *out,
                                 struct sb_err *err);

/* The grants of a directory, decoded, in order; i < sb_dir_body(d)->n_grants. */
const struct sb_grant *sb_dir_grant(const struct sb_dir *d, size_t i);

#endif
