/* The offline audit: what a bundle, a proof file or a folder of tiles proves, and what
 * it does not. Reads files only; never a clock, a socket or a daemon.
 *
 * Trust comes from the auditor: roots (keys/roots.h) and an own earlier checkpoint,
 * never from what is judged. Everything that is found is said; nothing stops at the
 * first. passed         all that was asked of a part holds; failed         somebody's
 * signature or a hash contradicts it; indeterminate  what would tell is not there
 * (pruned, outside, no quorum, no roots). Memory grows with streams, epochs in force,
 * directories and gaps, not with entries. */
#ifndef BROKER_AUDIT_AUDIT_H
#define BROKER_AUDIT_AUDIT_H

#include "broker/bundle/bundle.h"
#include "broker/bundle/proof_file.h"
#include "keys/anchor.h"
#include "keys/cosign.h"
#include "keys/vault.h"

enum sb_audit_verdict { SB_AUDIT_PASSED, SB_AUDIT_FAILED, SB_AUDIT_INDETERMINATE };

enum sb_audit_part {
    SB_AUDIT_FORM,        /* files, lengths, canonical records */
    SB_AUDIT_ROOTS,       /* the pinned roots signed its first directory */
    SB_AUDIT_DIRECTORIES, /* the chain; dates; copies */
    SB_AUDIT_TREE,        /* tiles, leaves, root */
    SB_AUDIT_CHECKPOINT,  /* log's signature, witnesses, --since */
    SB_AUDIT_STREAMS,    /* claims, dense seq, prev, epochs, forks, double signatures */
    SB_AUDIT_RIGHTS,     /* signatures and grants by the directory at that index */
    SB_AUDIT_TEXTS,      /* ciphertexts: hashes, absences and their records */
    SB_AUDIT_STATEMENTS, /* receipts, heads, rejects, acts, prunes, withdrawals */
    SB_AUDIT_CATALOGUE,  /* catalogues are those that directories name */
    SB_AUDIT_CONTENT,    /* with a vault or an event key: it opens, it is valid */
    SB_AUDIT_PARTS,
};
const char *sb_audit_part_text(enum sb_audit_part part); /* "tree" ... */

struct sb_audit_finding {
    enum sb_audit_part part;
    enum sb_audit_verdict verdict; /* PASSED: for information, it changes no verdict */
    int code;                      /* negative enum sb_code */
    bool has_index;
    uint64_t index;   /* of the journal entry */
    const char *text; /* English, one sentence; live during the call */
};
typedef void (*sb_audit_say_fn)(void *ctx, const struct sb_audit_finding *f);

/* The section that a proof discloses: msgpack by JSON's model (schemas/pack/value.h),
 * given only when it is the one that was signed. Live during the call. */
typedef void (*sb_audit_plain_fn)(void *ctx, struct sb_bytes name, struct sb_bytes b);

struct sb_audit_config {           /* borrowed */
    const struct sb_anchor *roots; /* NULL: none given, which is indeterminate */
    struct sb_bytes since;         /* the auditor's own earlier note; empty: none */
    const struct sb_vault *vault;  /* NULL: nothing is opened */
    uint64_t receipt_late_ms;      /* a receipt later than this is late; 0: 1 day */
    sb_audit_say_fn say;
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* may be NULL */
    sb_audit_plain_fn plain;                                    /* may be NULL */
    void *ctx;
};

struct sb_audit_facts {
    enum sb_audit_verdict parts[SB_AUDIT_PARTS];
    bool asked[SB_AUDIT_PARTS]; /* false: this X has nothing of that part */
    uint64_t entries;
    uint64_t batches;
    uint64_t events;
    uint64_t streams;
    uint64_t directories;
    uint64_t gaps;              /* in seq */
    uint64_t double_signatures; /* two bodies at one place under one claim */
    uint64_t pruned;            /* ciphertexts gone under a prune record */
    uint64_t withdrawn;
    uint64_t absent;  /* ciphertexts gone without one */
    uint64_t outside; /* batches outside the bundle's range */
    uint64_t receipts;
    uint64_t late_receipts;
    uint64_t opened;  /* events, with the vault */
    uint64_t invalid; /* of those: not valid by the catalogue of that day */
    uint64_t findings;
    uint64_t size; /* of the tree */
    uint8_t root[SB_HASH];
    size_t cosignatures;
    uint64_t quorum;
    char origin[SB_ORIGIN];
    uint64_t first_ms; /* stored_ms of the first and last entry */
    uint64_t last_ms;
};
/* FAILED if any asked part failed, else INDETERMINATE if any is, else PASSED. */
enum sb_audit_verdict sb_audit_result(const struct sb_audit_facts *f);

enum sb_audit_kind {
    SB_AUDIT_UNKNOWN,
    SB_AUDIT_BUNDLE,
    SB_AUDIT_PROOF,
    SB_AUDIT_TILES,   /* a folder with checkpoint and tile/, but no records */
    SB_AUDIT_JOURNAL, /* a broker's journal file: `journal verify`, or export it */
};
SB_CHECK int
sb_audit_kind(const char *path, enum sb_audit_kind *out, struct sb_err *err);

/* 0 whenever a verdict was reached, whatever it is; errors are what kept the audit from
 * running (SB_E_IO, SB_E_MEMORY ...). */
SB_CHECK int sb_audit_bundle(const char *dir,
                             const struct sb_audit_config *config,
                             struct sb_audit_facts *out,
                             struct sb_err *err);
SB_CHECK int sb_audit_proof(struct sb_bytes bytes,
                            const struct sb_audit_config *config,
                            struct sb_audit_facts *out,
                            struct sb_err *err);
/* A tile log of anybody: checkpoint signed by `key`, every tile; entries too when they
 * hash to the leaves, else they are said to be of another kind. */
SB_CHECK int sb_audit_tiles(const char *dir,
                            const struct sb_note_key *key,
                            const struct sb_audit_config *config,
                            struct sb_audit_facts *out,
                            struct sb_err *err);

#endif
