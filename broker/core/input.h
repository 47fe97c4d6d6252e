/* What comes into the broker's core: messages, answers of the journal, orders of an
 * operator, time. Everything that a step looks at stands here. */
#ifndef BROKER_CORE_INPUT_H
#define BROKER_CORE_INPUT_H

#include "broker/core/message.h"
#include "keys/proof.h"

enum sb_input_kind {
    SB_IN_MESSAGE,    /* a peer's message */
    SB_IN_GONE,       /* a peer cannot be reached any more */
    SB_IN_COMMITTED,  /* every entry below `size` is durable */
    SB_IN_CHECKPOINT, /* a signed checkpoint was persisted */
    SB_IN_FOUND,      /* answer to SB_EFFECT_LOOKUP */
    SB_IN_OPENED,     /* answer to SB_EFFECT_OPEN */
    SB_IN_READ,       /* answer to SB_EFFECT_READ */
    SB_IN_DIRECTORY,  /* an operator publishes a directory */
    SB_IN_CATALOGUE,  /* an operator publishes a catalogue */
    SB_IN_TICK,       /* time passes; about once a second */
    SB_IN_STOP,       /* say goodbye; nothing new is accepted */
    SB_IN_PROVED,     /* answer to SB_EFFECT_PROVE */
    SB_IN_FETCHED,    /* answer to SB_EFFECT_FETCH */
    SB_IN_PRUNE,      /* the broker's own signed prune record, an operator's order */
    SB_IN_ROOM,       /* the disk: whether peers' records may still be stored */
};

struct sb_stored_entry { /* a journal entry as it is read */
    uint64_t index;
    enum sb_kind kind;
    struct sb_bytes *withdrawals; /* records that cover events of this batch */
    size_t n_withdrawals;
    struct sb_bytes leaf;
    struct sb_bytes record;
    struct sb_bytes items; /* empty but for batches */
    size_t n_cts;          /* pruned classes are missing */
    struct sb_bytes ct_class[SB_CLASSES];
    struct sb_bytes ct_raw[SB_CLASSES]; /* elements of the ciphertexts payload */
    struct sb_bytes cts; /* the payload of just these classes, where it is at hand */
};

struct sb_input {
    enum sb_input_kind kind;
    uint64_t now_ms;  /* real time, UTC */
    uint64_t mono_ms; /* monotonic */
    union {
        struct {
            uint64_t peer; /* the caller's number for a connection, never used again */
            const uint8_t *curve_pk; /* SB_PK bytes, authenticated */
            struct sb_frames frames;
            const uint8_t *random; /* SB_CHALLENGE_NONCE fresh random bytes */
        } message;
        struct {
            uint64_t peer;
        } gone;
        struct {
            uint64_t size;
        } committed;
        struct {
            struct sb_bytes note;
            uint64_t size;
            uint8_t root[SB_HASH];
        } checkpoint;
        struct {
            uint64_t id;
            bool found;
            uint64_t index;
            uint8_t hash[SB_HASH]; /* of the body found */
        } found;
        struct {
            uint64_t id;
            bool found;        /* a batch that holds `seq` */
            uint64_t index;    /* of that batch */
            uint64_t last_seq; /* of that batch */
            uint8_t hash[SB_HASH];
            struct sb_bytes epoch; /* record in force there; with its entry number: */
            uint64_t epoch_index;
            uint64_t claim_index;
        } opened;
        struct {
            uint64_t id;
            const struct sb_stored_entry *entries; /* rising indices */
            size_t n;
            uint64_t through; /* every entry of the stream up to here was looked at */
        } read;
        struct {
            uint64_t request; /* the caller's; comes back in SB_EFFECT_ANSWER */
            struct sb_bytes record;
        } operator_record; /* SB_IN_DIRECTORY, SB_IN_CATALOGUE, SB_IN_PRUNE */
        struct {
            bool low;          /* true: what peers publish is refused with DISK_LOW */
            uint64_t retry_ms; /* what they are told */
        } room;
        struct {
            uint64_t id;
            uint8_t seen_root[SB_HASH]; /* of the first `seen` entries, seen > 0 */
            struct sb_path consistency;
            const struct sb_path *paths;   /* parallel to the effect's indices */
            const struct sb_bytes *leaves; /* likewise: leaf data */
            size_t n;
        } proved;
        struct {
            uint64_t id;
            bool found;
            struct sb_stored_entry batch;
            struct sb_stored_entry epoch; /* in force there; leaf and record */
            struct sb_path path;
            struct sb_path epoch_path;
        } fetched;
    } as;
};

#endif
