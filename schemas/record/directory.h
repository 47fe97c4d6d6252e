/* Directory: the signed list of institutions, keys and grants. FORMATS, "Directory".
 *
 * Only the form is judged here; chain, thresholds, cards and consent are keys/trust.h.
 */
#ifndef SCHEMAS_RECORD_DIRECTORY_H
#define SCHEMAS_RECORD_DIRECTORY_H

#include "schemas/record/record.h"

#define SB_NONCE 16

struct sb_dir_root {
    uint8_t key_id[SB_KEY_ID];
    uint8_t pk[SB_PK];
    struct sb_bytes holder;
};

struct sb_key_status {
    uint8_t key_id[SB_KEY_ID];
    struct sb_bytes status; /* "revoked" */
};

struct sb_dir_member {
    struct sb_bytes code;
    struct sb_bytes status; /* "active" "suspended" "revoked" */
    struct sb_bytes *cards; /* card records, card_no 1 first */
    size_t n_cards;
    struct sb_key_status *keys; /* sorted by key id; absent: as its card says */
    size_t n_keys;
};

struct sb_limit { /* [code, value]; which codes there are is policy's matter */
    struct sb_bytes code;
    uint64_t value;
};

struct sb_directory {
    struct sb_bytes exchange; /* name, a code */
    uint8_t nonce[SB_NONCE];
    uint64_t version; /* from 1 */
    uint8_t prev_hash[SB_HASH];
    uint64_t issued;  /* ms */
    uint64_t expires; /* ms */
    uint64_t threshold;
    struct sb_dir_root *roots; /* sorted by key id */
    size_t n_roots;
    uint8_t curve_pk[SB_PK]; /* of the broker */
    uint8_t log_pk[SB_PK];
    struct sb_bytes address;         /* tcp://host:port */
    uint64_t generation;             /* of the journal, from 1 */
    struct sb_bytes last_final_note; /* of the generation before; empty in the first */
    struct sb_dir_member *members;   /* sorted by code */
    size_t n_members;
    struct sb_bytes *grants; /* grant records, sorted by their bytes */
    size_t n_grants;
    uint8_t catalogue[SB_HASH];
    uint64_t quorum;
    uint64_t freshness; /* ms */
    uint64_t keep;      /* ms */
    uint64_t retention; /* ms; 0: for ever */
    struct sb_limit *limits;
    size_t n_limits;
};

SB_CHECK int sb_directory_read(struct sb_bytes body,
                               struct sb_arena *arena,
                               struct sb_directory *out,
                               struct sb_err *err);
void sb_directory_write(const struct sb_directory *dir, struct sb_buf *out);

#endif
