/* The bus protocol, shared by both sides. FORMATS, "Bus protocol".
 *
 * A message is frames: "SB1", command, session (16 bytes), header (canonical msgpack),
 * then exactly the payload frames of its command. Payloads:
 *   DIRECTORY CLAIM EPOCH REGRANT HEADS RECEIPT REJECT ACT WITHDRAW NOTICE   [record]
 *   COSIGN                                       [signature line, note, or empty]
 *   PUBLISH                                          [batch record, items, ciphertexts]
 *   ENTRY, FETCHED                  [leaf data, record, items, ciphertexts] (last two
 *                                   empty for what is no batch, or not for this reader;
 *                                   FETCHED that was refused: all four empty)
 *   CHECKPOINT                                       [note]
 * items: msgpack array of bin, one item per event. ciphertexts: msgpack array of
 * [class, [bin ...]], classes in text order, one bin per event, event order; an empty
 * bin stands for a ciphertext that was withdrawn.
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
 * NO_GRANT, NOT_FOUND, or BUSY: not in a signed tree yet, or too many at once.
 * SUBSCRIBE means every granted stream of its types, later ones too; a stream of one's
 * own only when a cursor names it (seq 0: from its beginning). Slices borrow from the
 * frames; lists live in the arena.
 *
 * Revisions. "SB1" stays; what a release changes of the protocol raises its revision by
 * one, and a release speaks its own and the one before. HELLO says which ones the
 * client speaks, WELCOME which one of them the session has: the newest that both speak.
 * Within the session every frame is exactly of that revision, in both directions:
 * nothing is skipped, and nobody guesses. Only HELLO, which comes before, is open at
 * its end: what a later revision appends there is skipped. No revision in common:
 * VERSION_SKEW. 1   HELLO of 4 elements, WELCOME of 7: nothing is said of revisions 2
 * HELLO of 6 or more, WELCOME of 10 */
#ifndef BROKER_CORE_MESSAGE_H
#define BROKER_CORE_MESSAGE_H

#include "broker/core/payload.h"
#include "schemas/record/entry.h"
#include "schemas/record/event.h"
#include "schemas/record/record.h"

#define SB_PROTOCOL "SB1"
#define SB_SESSION 16
#define SB_CHALLENGE_NONCE 32
#define SB_PAYLOADS 4
#define SB_FRAMES (4 + SB_PAYLOADS)

struct sb_revisions { /* that a program speaks; both 0: as revision 1 */
    uint64_t oldest;
    uint64_t newest;
};
/* Of this program. A program of the tests may define another one. */
extern const struct sb_revisions sb_revisions;
/* The newest that both speak; 0: none. */
uint64_t sb_revision_common(struct sb_revisions a, struct sb_revisions b);

enum sb_command {
    SB_CMD_HELLO = 1,
    SB_CMD_CHALLENGE,
    SB_CMD_PROVE,
    SB_CMD_WELCOME,
    SB_CMD_DIRECTORY,
    SB_CMD_CLAIM,
    SB_CMD_EPOCH,
    SB_CMD_REGRANT,
    SB_CMD_PUBLISH,
    SB_CMD_STORED,
    SB_CMD_REFUSED,
    SB_CMD_HEADS,
    SB_CMD_RECEIPT,
    SB_CMD_REJECT,
    SB_CMD_SUBSCRIBE,
    SB_CMD_ENTRY,
    SB_CMD_CREDIT,
    SB_CMD_APPLIED,
    SB_CMD_COSIGN,
    SB_CMD_CHECKPOINT,
    SB_CMD_PING,
    SB_CMD_PONG,
    SB_CMD_BYE,
    SB_CMD_WHO,
    SB_CMD_ACT,
    SB_CMD_WITHDRAW,
    SB_CMD_NOTICE,
    SB_CMD_FETCH,
    SB_CMD_FETCHED,
};

/* "HELLO" ...; NULL for another number. */
const char *sb_command_text(enum sb_command cmd);

struct sb_frames {
    size_t n;
    struct sb_bytes f[SB_FRAMES];
};

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

struct sb_message {
    enum sb_command cmd;
    uint8_t session[SB_SESSION]; /* zero until WELCOME */
    union {
        struct {
            struct sb_bytes institution;
            struct sb_bytes role;       /* "adapter" "witness" */
            struct sb_bytes version;    /* of the program */
            uint64_t directory_version; /* 0: none held */
            struct sb_revisions revisions;
        } hello;
        struct {
            uint8_t nonce[SB_CHALLENGE_NONCE];
        } challenge;
        struct { /* sig("sacbe/prove/1", broker curve pk || own curve pk || nonce) */
            uint8_t key_id[SB_KEY_ID];
            uint8_t sig[SB_SIG];
        } prove;
        struct {
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
        } welcome;
        struct { /* STORED */
            enum sb_kind kind;
            struct sb_bytes stream; /* empty for what has none */
            uint8_t hash[SB_HASH];  /* of the record's body */
            uint64_t number;        /* claim_no, epoch_no or last seq; else 0 */
            uint64_t index;         /* in the journal */
        } stored;
        struct {               /* REFUSED */
            enum sb_kind kind; /* 0: a session's refusal */
            struct sb_bytes stream;
            uint8_t hash[SB_HASH];
            uint64_t code;     /* positive number of code.h */
            uint64_t expected; /* GAP: the seq; STALE_EPOCH: newest directory version;
                                  QUOTA, DISK_LOW, DIR_EXPIRED, CLOCK: ms after which to
                                  send it again */
        } refused;
        struct {
            struct sb_bytes name; /* a code, unique in the institution */
            struct sb_codes types;
            struct sb_heads cursors;
        } subscribe;
        struct {
            struct sb_bytes name;
            uint64_t index;
            struct sb_bytes *withdrawals; /* records that explain empty ciphertexts */
            size_t n_withdrawals;
        } entry;
        struct {
            uint64_t seen;     /* size of the newest tree that the client knows; 0 */
            uint64_t *indices; /* rising; wanted paths */
            size_t n_indices;
        } cosign;
        struct {
            uint64_t seen; /* as asked; 0: unasked, or no proof from there */
            const uint8_t (*path)[SB_HASH]; /* from `seen` to the note's size */
            size_t n_path;
            struct sb_proved *proved; /* rising; indices past the tree are left out */
            size_t n_proved;
            struct sb_own_proof *own; /* sorted by stream */
            size_t n_own;
        } checkpoint;
        struct {
            struct sb_bytes stream;
            uint64_t seq;
        } fetch;
        struct {
            uint64_t
                code; /* 0, or a positive number of code.h: all after seq is empty */
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
            struct sb_bytes note; /* both paths lead to its root: the newest final one
                                     that holds the batch, else the newest signed */
            struct sb_bytes *withdrawals; /* as in ENTRY */
            size_t n_withdrawals;
        } fetched;
        struct {
            struct sb_bytes name;
            uint64_t entries; /* added to what is left */
            uint64_t bytes;
        } credit;
        struct {
            struct sb_bytes name;
            struct sb_heads heads;
        } applied;
    } as;
    size_t n_payload;
    struct sb_bytes payload[SB_PAYLOADS];
};

/* Whether REFUSED with this code of enum sb_code means only that nothing is taken now:
 * the same is sent again `expected` ms later. */
bool sb_refused_later(int code);
/* How many payload frames a command has. */
size_t sb_message_payloads(enum sb_command cmd);
/* SB_E_FRAMES, SB_E_MALFORMED or an encoding error; SB_E_VERSION_SKEW: well formed, but
 * a command that this program does not know. */
SB_CHECK int sb_message_read(const struct sb_frames *frames,
                             struct sb_arena *arena,
                             struct sb_message *out,
                             struct sb_err *err);
/* Appends the header to `header` and fills frames: they borrow from `m` and `header`,
 * so `header` must not be written again while they are used. */
SB_CHECK int sb_message_write(const struct sb_message *m,
                              struct sb_buf *header,
                              struct sb_frames *out,
                              struct sb_err *err);

#endif
