/* Streams: claims, epochs, batches and their texts. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_STREAM_H
#define BROKER_AUDIT_AUDIT_STREAM_H

#include "broker/audit/audit_form.h"
#include "broker/core/payload.h"
#include "broker/audit/ranges.h"

#define AUDIT_RING 16u /* newest batches of a stream that are remembered */

struct audit_seen { /* a batch; last 0: none */
    uint64_t first;
    uint64_t last;
    uint64_t index;
    uint64_t stored_ms;
    uint8_t hash[SB_HASH];
};

struct audit_reader { /* of one stream, since an epoch or a re-grant first named it */
    struct sb_bytes code;
    bool now;            /* the newest epoch names it */
    uint64_t first_ms;   /* stored_ms of the first batch sealed to it; 0: none yet */
    uint64_t waiting_ms; /* of the first batch that no receipt covers; 0: none */
    uint64_t receipt_seq;
    uint64_t receipt_ms; /* stored_ms of its newest receipt; 0: none */
    struct audit_ranges sealed;
    struct audit_ranges rejected;
    struct audit_ranges deleted;
    struct sb_bytes *bases; /* legal bases, in order of first use */
    size_t n_bases;
};

struct audit_stream {
    struct sb_bytes name;
    struct sb_bytes institution;
    struct sb_bytes type;
    uint64_t claim_no; /* 0: no claim yet */
    uint8_t claim_hash[SB_HASH];
    uint8_t instance[SB_INSTANCE];
    uint64_t epoch_no; /* 0: no epoch yet */
    uint8_t epoch_hash[SB_HASH];
    struct sb_arena *arena; /* of the epoch */
    struct sb_epoch epoch;
    uint64_t readers_version; /* of the directory by which its readers were right */
    uint64_t readers_until;   /* until when, ms */
    bool placed;              /* the stream's numbers are set */
    uint64_t last_seq;
    uint8_t last_hash[SB_HASH];
    uint64_t lost;   /* sb_audit.lost at its last epoch: another: claims and epochs may
                        be missing since */
    uint64_t unseen; /* sb_audit.unseen when last looked at: another: resume */
    struct audit_seen ring[AUDIT_RING];
    size_t n_ring; /* batches so far */
    struct audit_reader *readers;
    size_t n_readers;
    struct sb_secrets *secrets; /* of the vault, for this epoch; may be NULL */
};

struct audit_stream *audit_find(const struct sb_audit *a, struct sb_bytes name);
struct audit_reader *audit_reader(const struct audit_stream *s, struct sb_bytes code);
/* The same, made when it is new; NULL: no memory. */
struct audit_reader *
audit_add_reader(struct sb_audit *a, struct audit_stream *s, struct sb_bytes code);
void audit_stream_free(struct audit_stream *s);
/* Some batches were passed over since the stream's last entry. */
bool audit_is_blind(const struct sb_audit *a, const struct audit_stream *s);
/* Claims or epochs of it may not have been read. */
bool audit_is_lost(const struct sb_audit *a, const struct audit_stream *s);
/* A sentence about a stream, under SB_AUDIT_STREAMS. */
void audit_stream_fault(struct sb_audit *a,
                        const struct audit_stream *s,
                        int code,
                        const char *what);

SB_CHECK int
audit_claim(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);
SB_CHECK int
audit_epoch(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);
/* The directory that the stream's epoch names is on the chain, at or before the
 * entry's. `old`: it may be one of a generation before. */
void audit_epoch_directory(struct sb_audit *a,
                           const struct audit_stream *s,
                           const struct audit_entry *e,
                           bool old);
SB_CHECK int
audit_batch(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);

/* The readers that the stream's epoch names, from here on; and one batch sealed to
 * them. */
SB_CHECK int audit_take_readers(struct sb_audit *a,
                                struct audit_stream *s,
                                const struct audit_entry *e,
                                struct sb_err *err);
SB_CHECK int audit_sealed(struct sb_audit *a,
                          struct audit_stream *s,
                          const struct sb_batch *b,
                          uint64_t stored_ms,
                          struct sb_err *err);

/* Ciphertext i of a class; empty: absent. */
struct sb_bytes audit_text(const struct sb_cts *cts, struct sb_bytes name, size_t i);
/* The ciphertexts of a batch whose items hold: hashes, absences. */
SB_CHECK int audit_texts(struct sb_audit *a,
                         const struct audit_stream *s,
                         const struct sb_bytes *items,
                         size_t n,
                         struct sb_bytes payload,
                         struct sb_err *err);
/* With a vault: opens what it may read and validates it. */
SB_CHECK int
audit_content_epoch(struct sb_audit *a, struct audit_stream *s, struct sb_err *err);
SB_CHECK int audit_content(struct sb_audit *a,
                           const struct audit_stream *s,
                           const struct sb_bytes *items,
                           size_t n,
                           struct sb_bytes payload,
                           struct sb_err *err);
#endif
