/* Answers for people: who is behind an event (attribute), and who got what
 * (deliveries). Both judge first, by audit.h, and are only as good as that verdict. */
#ifndef BROKER_AUDIT_TELL_H
#define BROKER_AUDIT_TELL_H

#include "broker/audit/audit.h"
#include "schemas/record/grant.h"

struct sb_attribution { /* of a proof file; slices live in the arena */
    struct sb_bytes stream;
    uint64_t seq;
    uint64_t index;
    uint64_t stored_ms;
    uint64_t sent_ms; /* as the signer says */
    uint64_t directory_version;
    struct sb_bytes institution;
    struct sb_bytes institution_name;
    uint8_t key_id[SB_KEY_ID]; /* that signed the batch */
    uint8_t pk[SB_PK];
    uint64_t card_no; /* of the card that named the key first */
    uint64_t key_not_before;
    uint64_t key_not_after;
    bool valid;                    /* at that index: directory version and stored_ms */
    uint64_t enrolled_version;     /* first held directory with that card */
    uint64_t enrolled_ms;          /* its `issued` */
    struct sb_bytes *root_holders; /* whose signatures that directory bears */
    size_t n_root_holders;
    uint64_t revoked_version; /* first held directory that revokes the key, or the
                                 member; 0: none */
    uint64_t revoked_ms;
    uint64_t suspended_version; /* likewise, the member suspended; 0: none */
    uint64_t suspended_ms;
    bool own_witness;       /* the institution's own witness cosigned a tree that
                               holds the batch */
    uint64_t own_witness_s; /* when, in seconds */
};
/* Judges the proof (findings go to config->say), then tells. SB_E_PROOF_FORM: it is no
 * proof file. *verdict is sb_audit_result's. */
SB_CHECK int sb_audit_attribute(struct sb_bytes proof,
                                const struct sb_audit_config *config,
                                struct sb_arena *arena,
                                struct sb_attribution *out,
                                enum sb_audit_verdict *verdict,
                                struct sb_err *err);

struct sb_delivery { /* one stream to one reader in a bundle; slices live in the call */
    struct sb_bytes stream;
    struct sb_bytes reader;
    uint64_t sent; /* events sealed to this reader, by the epochs */
    uint64_t
        delivered;     /* of these: the reader's signed receipts and rejects cover it */
    uint64_t applied;  /* delivered, less rejected */
    uint64_t rejected; /* by signed rejects */
    uint64_t pending;  /* sent and not in a receipt yet */
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t receipt_ms; /* of the newest receipt; 0: none */
    uint64_t deleted;    /* withdrawn events whose deletion the reader has signed */
    uint64_t withdrawn;
    const struct sb_bytes *bases; /* legal bases of the grants in force, in order of
                                     their first use, without repeats */
    size_t n_bases;
};
typedef int (*sb_delivery_fn)(void *ctx,
                              const struct sb_delivery *d,
                              struct sb_err *err);
/* One pass over the bundle, then one call per stream and reader, sorted by both. */
SB_CHECK int sb_audit_deliveries(const char *dir,
                                 const struct sb_audit_config *config,
                                 sb_delivery_fn fn,
                                 void *ctx,
                                 struct sb_audit_facts *facts,
                                 struct sb_err *err);

#endif
