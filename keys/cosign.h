/* Cosignatures of witnesses, and notes of logs that are not ours. Sources: C2SP
 * signed-note, tlog-checkpoint, tlog-cosignature (cosignature/v1, Ed25519, type 04).
 *
 * A witness is a member with a witness key; its name in notes is
 * <exchange>/witness/<institution>. What it signs is "cosignature/v1\ntime T\n" and the
 * note's text; T is in seconds. */
#ifndef KEYS_COSIGN_H
#define KEYS_COSIGN_H

#include "keys/note.h"
#include "keys/trust.h"

#define SB_NOTE_NAME_MAX 200u /* bytes */

void sb_witness_name(char out[SB_NOTE_NAME_MAX + 1],
                     struct sb_bytes exchange,
                     struct sb_bytes institution);

struct sb_witness_key { /* one witness of a directory */
    struct sb_bytes institution;
    char name[SB_NOTE_NAME_MAX + 1];
    uint8_t key_id[SB_KEY_ID];
    uint8_t pk[SB_PK];
};
struct sb_witness_keys {
    struct sb_witness_key *items; /* sorted by institution; in the arena */
    size_t n;
};
/* The witnesses of a directory at `now`: active members' witness keys that are valid
 * and not revoked, the newest of each member. */
SB_CHECK int sb_dir_witnesses(const struct sb_dir *d,
                              uint64_t now_ms,
                              struct sb_arena *arena,
                              struct sb_witness_keys *out,
                              struct sb_err *err);

/* Appends one signature line ("\u2014 name base64\n") over the note's text by the
 * vault's key. The caller has checked the note. */
SB_CHECK int sb_cosign(const struct sb_vault *v,
                       const uint8_t key_id[SB_KEY_ID],
                       const char *name,
                       struct sb_bytes note,
                       uint64_t time_s,
                       struct sb_buf *out,
                       struct sb_err *err);
/* Whether `line`, as sb_cosign wrote it with its newline, is a cosignature of this note
 * by name and pk: its time, or SB_E_COSIGNATURE. */
SB_CHECK int sb_cosign_check(struct sb_bytes note,
                             struct sb_bytes line,
                             const char *name,
                             const uint8_t pk[SB_PK],
                             uint64_t *time_s,
                             struct sb_err *err);
/* Appends the note with the line added, in place of those of the same name. The line
 * was checked; SB_E_LIMIT when the note would pass SB_NOTE_MAX. */
SB_CHECK int sb_cosign_add(struct sb_bytes note,
                           struct sb_bytes line,
                           struct sb_buf *out,
                           struct sb_err *err);
/* times[i]: seconds of the valid cosignature of keys->items[i] in the note, 0: none.
 * Returns how many there are. Lines of others are passed over; false lines of known
 * names count as none. */
size_t sb_cosign_times(struct sb_bytes note,
                       const struct sb_witness_keys *keys,
                       uint64_t *times);
/* Age of a final checkpoint: the quorum-th newest of the times, in ms; 0 when there are
 * fewer than `quorum` (which is at least 1). */
uint64_t sb_cosign_fresh_ms(const uint64_t *times, size_t n, uint64_t quorum);

#define SB_NOTE_VKEY 256u
/* The vkey line of a witness: "<name>+<hex key id>+<base64 04 || pk>". */
void sb_witness_vkey(const char *name, const uint8_t pk[SB_PK], char out[SB_NOTE_VKEY]);

struct sb_note_key { /* a public key line of C2SP: <name>+<hex id>+<base64> */
    char name[SB_NOTE_NAME_MAX + 1];
    uint8_t type; /* 1 a log, 4 a witness */
    uint8_t pk[SB_PK];
};
SB_CHECK int
sb_note_key_read(const char *vkey, struct sb_note_key *out, struct sb_err *err);
/* A checkpoint of any log (extension lines allowed) signed by `key` (type 1).
 * `out->origin` is cut when it does not fit. */
SB_CHECK int sb_note_open(struct sb_bytes note,
                          const struct sb_note_key *key,
                          struct sb_checkpoint *out,
                          struct sb_err *err);

#endif
