/* Signed notes: checkpoints of the journal. Sources: C2SP signed-note, tlog-checkpoint
 * (Ed25519, type 01; key id SHA-256(name || 0A || 01 || pk)[:4]). */
#ifndef KEYS_NOTE_H
#define KEYS_NOTE_H

#include "keys/sign.h"

#define SB_NOTE_MAX (64u * SB_KIB)
#define SB_ORIGIN (SB_CODE_MAX + 40u) /* bytes, with the NUL */

struct sb_checkpoint {
    char origin[SB_ORIGIN]; /* sb_checkpoint_origin */
    uint64_t size;
    uint8_t root[SB_HASH];
};

/* The name of a generation's journal: <exchange>/journal/<generation>. */
void sb_checkpoint_origin(char out[SB_ORIGIN],
                          struct sb_bytes exchange,
                          uint64_t generation);
/* Appends the signed note of a checkpoint by the vault's newest log key. */
SB_CHECK int sb_checkpoint_sign(const struct sb_vault *v,
                                const struct sb_checkpoint *c,
                                struct sb_buf *out,
                                struct sb_err *err);
/* Reads a note and verifies the signature of `log_pk` under the note's own origin. */
SB_CHECK int sb_checkpoint_open(struct sb_bytes note,
                                const uint8_t log_pk[SB_PK],
                                struct sb_checkpoint *out,
                                struct sb_err *err);
/* What a note says, whoever signed it: nothing is verified. SB_E_NOTE. */
SB_CHECK int
sb_checkpoint_text(struct sb_bytes note, struct sb_checkpoint *out, struct sb_err *err);
/* The vkey line of a log: "<name>+<hex key id>+<base64 01 || pk>". `out`: 256 bytes. */
void sb_note_vkey(const char *name, const uint8_t log_pk[SB_PK], char out[256]);

#endif
