/* What the files of the audit share: one judge, its memory, its findings. Private to
 * this room.
 *
 * Results of most functions here: 0 it holds, 1 a finding was said and the caller need
 * not look further, negative what keeps the audit from running (memory, a disk). */
#ifndef BROKER_AUDIT_AUDIT_FORM_H
#define BROKER_AUDIT_AUDIT_FORM_H

#include "broker/audit/audit.h"
#include "broker/audit/ranges.h"
#include "broker/bundle/tiles.h"
#include "keys/seal.h"
#include "schemas/record/entry.h"
#include "schemas/record/evidence.h"

#define AUDIT_DAY_MS (24ull * 3600u * 1000u)
#define AUDIT_CLOCK_MS (3600ull * 1000u) /* that clocks may differ by */

struct audit_stream;     /* audit_stream.h */
struct audit_withdrawal; /* audit_dirs.h */
struct audit_catalogue;  /* audit_catalogue.h */
struct audit_question;   /* audit_later.h */

struct sb_audit {
    const char *dir;
    const struct sb_audit_config *config;
    struct sb_audit_facts facts;
    bool at_entry;
    uint64_t at; /* index of the entry that is looked at */
    struct sb_bundle *bundle;
    const struct sb_bundle_info *info;
    const struct sb_note_key *log; /* of a log that is not ours; NULL: by directories */
    struct sb_tiles *leaves;       /* read in order */
    struct sb_tiles *nodes;        /* read anywhere */
    struct sb_tree tree;
    uint64_t reach; /* leaves whose tiles were looked at, in audit_all_tiles */
    bool holes;     /* some entries cannot be read */
    const bool
        *no_texts;   /* the ciphertexts of these entries cannot be read; may be NULL */
    uint64_t unseen; /* batches and stretches passed over so far */
    struct sb_trust *trust;
    struct sb_anchor own; /* roots of its own first directory */
    uint64_t opened_ms;   /* `issued` of the directory that opened this generation, when
                             it   is not the first; else 0 */
    uint64_t lost;        /* stretches in which any kind of entry could not be read */
    bool unplaced;        /* the directory in force may be one of those */
    uint64_t in_force;    /* version of the newest directory passed */
    uint64_t unknown_dir; /* version that was said to be missing */
    uint64_t expired_dir; /* version that was said to have expired */
    uint64_t stored_ms;
    uint64_t prune_below;
    struct audit_withdrawal *withdrawals; /* from audit_gathered on: sorted */
    size_t n_withdrawals;
    size_t cap_withdrawals;
    struct audit_catalogue *catalogues;
    size_t n_catalogues;
    struct audit_ranges batch_dirs; /* versions under which batches were stored */
    struct audit_stream **streams;  /* sorted by name */
    size_t n_streams;
    size_t cap_streams;
    struct audit_question *questions;
    size_t n_questions;
    uint64_t (*lates)[2]; /* stored_ms of a receipt; of its newest batch */
    size_t n_lates;
    uint64_t still_there; /* withdrawn ciphertexts that an old file may keep */
    uint64_t root_size;   /* the root asked last; UINT64_MAX: none */
    uint8_t root[SB_HASH];
    struct sb_arena *arena; /* of one entry */
    struct sb_arena *names; /* of the whole audit */
};

struct audit_entry { /* one entry, decoded as far as all kinds are */
    const struct sb_bundle_entry *raw;
    struct sb_entry leaf;
    struct sb_record record;
    uint8_t hash[SB_HASH]; /* of the body */
};

void audit_say(struct sb_audit *a,
               enum sb_audit_part part,
               enum sb_audit_verdict verdict,
               int code,
               const char *fmt,
               ...) SB_PRINTF(5, 6);
/* 0 for rc 0; says a failure and returns 1; fatal codes come back, and `why` in *err.
 */
SB_CHECK int audit_judge(struct sb_audit *a,
                         enum sb_audit_part part,
                         int rc,
                         const struct sb_err *why,
                         struct sb_err *err);
bool audit_fatal(int rc);
/* Likewise, with `why` in *err. */
bool audit_stops(int rc, const struct sb_err *why, struct sb_err *err);
SB_CHECK int audit_no_memory(struct sb_err *err);

#endif
