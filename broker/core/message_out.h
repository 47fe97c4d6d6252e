/* What the broker says to members (message.h).
 *
 * Evidence. Every 10 s a client says COSIGN: how large a tree it has seen, and which
 * entries it wants proved; with it a cosignature line, when it is a witness that has
 * verified the candidate, or the whole signed note of a tree that the broker says it
 * has not. CHECKPOINT answers with the candidate: the note that is to be cosigned, the
 * same for all until the next round. CHECKPOINT also comes unasked, without proofs
 * (`seen` 0): each new signed note, and the newest final one with its cosignatures.
 * NOTICE brings a reader what stands in no stream: heads of the publishers that it
 * reads, and prune records. FETCH asks for the batch that holds one event of a stream
 * that is one's own or granted, with all that a proof needs; it is refused with
 * NO_GRANT, NOT_FOUND, or BUSY: not in a signed tree yet, or too many at once. */
#ifndef BROKER_CORE_MESSAGE_OUT_H
#define BROKER_CORE_MESSAGE_OUT_H

#include "schemas/record/entry.h"
#include "schemas/record/event.h"
#include "schemas/record/record.h"

#define SB_CHALLENGE_NONCE 32

struct sb_own_stream { /* in WELCOME: how the broker knows a stream of the client's */
    struct sb_bytes stream;
    uint64_t claim_no; /* 0: none */
    uint8_t instance[SB_INSTANCE];
    uint64_t last_seq;
    uint8_t last_hash[SB_HASH];
    uint64_t epoch_no; /* 0: none */
    uint8_t epoch_hash[SB_HASH];
};

struct sb_proved { /* in CHECKPOINT: one entry in the candidate's tree */
    uint64_t index;
    const uint8_t (*path)[SB_HASH];
    size_t n_path;
};

struct sb_own_proof { /* in CHECKPOINT: where a stream of the client's stands */
    struct sb_bytes stream;
    uint64_t claim_no;
    uint8_t instance[SB_INSTANCE];
    uint64_t last_seq; /* of the newest batch below the candidate's size; 0: none */
    uint64_t index;    /* of that batch; its path is among the proved */
    struct sb_bytes leaf;
};

struct sb_msg_challenge {
    uint8_t nonce[SB_CHALLENGE_NONCE];
};

struct sb_msg_welcome {
    uint64_t generation;
    uint64_t directory_version; /* the broker's newest */
    uint64_t event_max;
    uint64_t batch_max;
    uint64_t tree_size; /* of the newest checkpoint: what a claim names */
    uint8_t root[SB_HASH];
    struct sb_own_stream *streams; /* sorted by stream */
    size_t n_streams;
    uint64_t revision;       /* of the session; 0 and 1 are written alike */
    uint64_t newest;         /* that the broker speaks */
    struct sb_bytes version; /* of the broker; empty in revision 1 */
};

struct sb_msg_stored { /* STORED */
    enum sb_kind kind;
    struct sb_bytes stream; /* empty for what has none */
    uint8_t hash[SB_HASH];  /* of the record's body */
    uint64_t number;        /* claim_no, epoch_no or last seq; else 0 */
    uint64_t index;         /* in the journal */
};

struct sb_msg_refused { /* REFUSED */
    enum sb_kind kind;  /* 0: a session's refusal */
    struct sb_bytes stream;
    uint8_t hash[SB_HASH];
    uint64_t code;     /* positive number of code.h */
    uint64_t expected; /* GAP: the seq; STALE_EPOCH: newest directory version;
                          QUOTA, DISK_LOW, DIR_EXPIRED, CLOCK: ms after which to
                          send it again */
};

struct sb_msg_entry {
    struct sb_bytes name;
    uint64_t index;
    struct sb_bytes *withdrawals; /* records that explain empty ciphertexts */
    size_t n_withdrawals;
};

struct sb_msg_checkpoint {
    uint64_t seen;                  /* as asked; 0: unasked, or no proof from there */
    const uint8_t (*path)[SB_HASH]; /* from `seen` to the note's size */
    size_t n_path;
    struct sb_proved *proved; /* rising; indices past the tree are left out */
    size_t n_proved;
    struct sb_own_proof *own; /* sorted by stream */
    size_t n_own;
};

struct sb_msg_fetched {
    uint64_t code; /* 0, or a positive number of code.h: all after seq is empty */
    struct sb_bytes stream;
    uint64_t seq;
    uint64_t index; /* of the batch */
    const uint8_t (*path)[SB_HASH];
    size_t n_path;
    uint64_t epoch_index; /* of the batch's epoch */
    struct sb_bytes epoch_leaf;
    struct sb_bytes epoch_record;
    const uint8_t (*epoch_path)[SB_HASH];
    size_t n_epoch_path;
    struct sb_bytes note;         /* both paths lead to its root: the newest final one
                                     that holds the batch, else the newest signed */
    struct sb_bytes *withdrawals; /* as in ENTRY */
    size_t n_withdrawals;
};

#endif
