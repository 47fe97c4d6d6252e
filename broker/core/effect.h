/* What a step of the broker's core wants done, in this order. The caller (broker/io)
 * runs effects; the bytes that they borrow live until the next step. */
#ifndef BROKER_CORE_EFFECT_H
#define BROKER_CORE_EFFECT_H

#include "broker/core/message.h"

enum sb_effect_kind {
    SB_EFFECT_SEND,     /* frames to a peer */
    SB_EFFECT_APPEND,   /* one entry for the journal, in index order */
    SB_EFFECT_LOOKUP,   /* find a record of a stream by its number */
    SB_EFFECT_OPEN,     /* find where a cursor stands */
    SB_EFFECT_READ,     /* entries of a stream after an index, below `below` */
    SB_EFFECT_DROP,     /* forget a peer, after what was sent to it */
    SB_EFFECT_LOG,      /* one line for the operator */
    SB_EFFECT_ANSWER,   /* to an operator's request: 0 or a code */
    SB_EFFECT_PROVE,    /* paths in the tree of the first `size` entries */
    SB_EFFECT_FETCH,    /* one batch with its epoch and both paths */
    SB_EFFECT_COSIGNED, /* keep this note, with its cosignatures, for its size */
    SB_EFFECT_STOP,     /* fail stop: the journal contradicts what was signed */
};

struct sb_append {
    uint64_t index;
    enum sb_kind kind;
    struct sb_bytes leaf;
    struct sb_bytes record;
    struct sb_bytes stream; /* empty for what has none */
    uint64_t first;        /* batch: first seq; claim_no; epoch_no; directory version */
    uint64_t last;         /* batch: last seq; else as first */
    uint8_t hash[SB_HASH]; /* of the body */
    uint8_t instance[SB_INSTANCE]; /* claims */
    struct sb_bytes reader;        /* regrants: for whom */
    struct sb_bytes items;
    size_t n_cts;
    struct sb_bytes ct_class[SB_CLASSES];
    struct sb_bytes ct_raw[SB_CLASSES];
    struct sb_bytes cts; /* the ciphertexts payload in which they stand */
};

struct sb_effect {
    enum sb_effect_kind kind;
    union {
        struct {
            uint64_t peer;
            struct sb_frames frames;
        } send;
        struct sb_append append;
        struct {
            uint64_t id;
            struct sb_bytes stream;
            enum sb_kind kind;
            uint64_t first; /* claim_no, epoch_no, or the batch that holds this seq */
        } lookup;
        struct {
            uint64_t id;
            struct sb_bytes stream;
            uint64_t seq; /* > 0 */
        } open;
        struct {
            uint64_t id;
            struct sb_bytes stream;
            struct sb_bytes reader; /* other readers' regrants are left out */
            uint64_t from;          /* first index that may be read */
            uint64_t below;         /* durable size */
            uint64_t max_entries;
            uint64_t max_bytes;      /* at least one entry comes all the same */
            struct sb_codes classes; /* ciphertexts wanted */
        } read;
        struct {
            uint64_t peer;
        } drop;
        struct {
            int code; /* negative enum sb_code or 0 */
            char text[SB_ERR_TEXT];
            struct sb_bytes institution; /* empty: unknown */
        } log;
        struct {
            uint64_t request;
            struct sb_err err; /* code 0: done; durable when this comes */
        } answer;
        struct {
            uint64_t id;
            uint64_t seen;           /* 0: no consistency wanted; else <= size */
            uint64_t size;           /* > 0 */
            const uint64_t *indices; /* rising, below size */
            size_t n;
        } prove;
        struct {
            uint64_t id;
            struct sb_bytes stream;
            uint64_t seq;
            uint64_t size;           /* of the tree; a batch past it is not found */
            struct sb_codes classes; /* ciphertexts wanted */
        } fetch;
        struct {
            uint64_t size;
            struct sb_bytes note;
        } cosigned;
        struct {
            struct sb_err err;
        } stop;
    } as;
};

/* Effects of one step; their bytes live until the next step or sb_effects_free. */
struct sb_effects;
struct sb_effects *sb_effects_new(void); /* NULL: out of memory */
void sb_effects_free(struct sb_effects *e);
size_t sb_effects_count(const struct sb_effects *e);
const struct sb_effect *sb_effects_at(const struct sb_effects *e, size_t i);

#endif
