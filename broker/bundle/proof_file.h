/* A proof file: one event of one stream, with all that a stranger needs to check it.
 * One canonical msgpack array:
 *
 * ["sacbe/proof/1", stream, seq, bin item, [item path], bin batch record,
 *  [leaf, index, [path]], bin epoch record, [epoch leaf, epoch index, [epoch path]],
 *  bin note, [bin directory record ...], [bin withdrawal record ...],
 *  [] or [class, event key, ciphertext, order, bin act record]]
 *
 * Both paths lead to the note's root. Directories rise by version, from the first that
 * the holder has up to the one in force at the note. The ciphertext is empty when it is
 * pruned or withdrawn. At most SB_PROOF_FILE_MAX bytes. Nothing is judged here. */
#ifndef BROKER_BUNDLE_PROOF_FILE_H
#define BROKER_BUNDLE_PROOF_FILE_H

#include "keys/proof.h"
#include "schemas/record/record.h"

#define SB_PROOF_FILE_MAX (9u * SB_MIB)
#define SB_PROOF_TAG "sacbe/proof/1"

struct sb_proof_place { /* one entry of the journal */
    struct sb_bytes leaf;
    uint64_t index;
    const uint8_t (*path)[SB_HASH];
    size_t n_path;
};

struct sb_proof_file { /* slices borrow from the bytes; lists live in the arena */
    struct sb_bytes stream;
    uint64_t seq;
    struct sb_bytes item;
    const uint8_t (*item_path)[SB_HASH];
    size_t n_item_path;
    struct sb_bytes batch;
    struct sb_proof_place place;
    struct sb_bytes epoch;
    struct sb_proof_place epoch_place;
    struct sb_bytes note;
    struct sb_bytes *directories;
    size_t n_directories;
    struct sb_bytes *withdrawals;
    size_t n_withdrawals;
    bool disclosed;
    struct sb_bytes class_name; /* the rest only when it is disclosed */
    struct sb_bytes event_key;  /* 32 bytes */
    struct sb_bytes ciphertext;
    struct sb_bytes order;
    struct sb_bytes act;
};

void sb_proof_file_write(const struct sb_proof_file *p, struct sb_buf *out);
/* SB_E_PROOF_FORM and the encoding errors. */
SB_CHECK int sb_proof_file_read(struct sb_bytes bytes,
                                struct sb_arena *arena,
                                struct sb_proof_file *out,
                                struct sb_err *err);

#endif
