/* The form of signed notes: lines, base64, key ids. Private to this room.
 * Sources: C2SP signed-note, tlog-checkpoint. */
#ifndef KEYS_NOTE_FORM_H
#define KEYS_NOTE_FORM_H

#include "keys/note.h"

#define SB_NOTE_LOG 1     /* type of a log's Ed25519 key */
#define SB_NOTE_WITNESS 4 /* type of a key for timestamped cosignatures */
#define SB_NOTE_ID 4
#define SB_NOTE_BASE64 sodium_base64_VARIANT_ORIGINAL
#define SB_NOTE_DASH "\xe2\x80\x94 "            /* U+2014 and a space */
#define SB_NOTE_BLOB (SB_NOTE_ID + 8u + SB_SIG) /* the largest that is decoded here */

/* SHA-256(name || 0A || type || pk), its first bytes. */
void sb_note_id(uint8_t out[SB_NOTE_ID],
                struct sb_bytes name,
                uint8_t type,
                const uint8_t pk[SB_PK]);
/* UTF-8 of 1 to `max` bytes without white space, control bytes or a plus sign. */
bool sb_note_is_name(struct sb_bytes s, size_t max);
/* Cuts the next line (without its newline) off `rest`; false when there is none. */
bool sb_note_line(struct sb_bytes *rest, struct sb_bytes *line);
/* Exactly n <= SB_NOTE_BLOB bytes of canonical base64. */
bool sb_note_bytes(uint8_t *out, size_t n, struct sb_bytes s);
/* Splits at the first empty line: the signed text, with its last newline, and the
 * signature lines. A checkpoint's text has no empty line. */
bool sb_note_split(struct sb_bytes note, struct sb_bytes *text, struct sb_bytes *lines);
/* Reads size and root, the second and third line of a checkpoint. */
bool sb_note_size_root(struct sb_bytes *rest, struct sb_checkpoint *c);

struct sb_note_sig { /* borrowed from a line "<dash> <name> <base64>" */
    struct sb_bytes name;
    struct sb_bytes blob; /* base64, of any length */
};
bool sb_note_sig_read(struct sb_bytes line, struct sb_note_sig *out);
void sb_note_sig_write(struct sb_bytes name, struct sb_bytes blob, struct sb_buf *out);

/* 0 when every one of `lines` is a signature line and one is a good signature of `text`
 * by this log's key; SB_E_NOTE when a line is broken, or a signature by that key is
 * false or missing. */
SB_CHECK int sb_note_signed(struct sb_bytes text,
                            struct sb_bytes lines,
                            struct sb_bytes name,
                            const uint8_t pk[SB_PK],
                            struct sb_err *err);

#endif
