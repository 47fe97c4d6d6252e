/* Purpose: notes of logs that are not ours, and the public key lines that name them.
 * Invariant: a key counts only when its id is that of its name, type and point.
 * Source: C2SP signed-note ("Verifier keys"), tlog-checkpoint. */
#include "keys/cosign.h"

#include "keys/note_form.h"
#include "schemas/base/text.h"

#define ID_DIGITS (2u * SB_NOTE_ID)
#define KEY_BLOB (1u + SB_PK)

static int fails(struct sb_err *err)
{
    return sb_fail(
        err, SB_E_NOTE, "a log's key is one line: <name>+<8 hex digits>+<base64>");
}

int sb_note_key_read(const char *vkey, struct sb_note_key *out, struct sb_err *err)
{
    struct sb_bytes s = sb_bytes_str(vkey);
    struct sb_note_key k = {0};
    uint8_t id[SB_NOTE_ID];
    uint8_t want[SB_NOTE_ID];
    uint8_t blob[KEY_BLOB];
    const uint8_t *plus = s.n ? memchr(s.p, '+', s.n) : NULL;
    if (!plus)
        return fails(err);
    struct sb_bytes name = sb_bytes(s.p, (size_t)(plus - s.p));
    s = sb_bytes(plus + 1, s.n - name.n - 1);
    if (!sb_note_is_name(name, SB_NOTE_NAME_MAX) || s.n < ID_DIGITS + 1 ||
        s.p[ID_DIGITS] != '+' || !sb_unhex(id, SB_NOTE_ID, sb_bytes(s.p, ID_DIGITS)) ||
        !sb_note_bytes(
            blob, KEY_BLOB, sb_bytes(s.p + ID_DIGITS + 1, s.n - ID_DIGITS - 1)))
        return fails(err);
    k.type = blob[0];
    memcpy(k.name, name.p, name.n);
    memcpy(k.pk, blob + 1, SB_PK);
    if (k.type != SB_NOTE_LOG && k.type != SB_NOTE_WITNESS)
        return sb_fail(err,
                       SB_E_NOTE,
                       "the key of %s has type %u: only 1 (a log) and 4 (a witness) "
                       "are known",
                       k.name,
                       k.type);
    sb_note_id(want, name, k.type, k.pk);
    if (memcmp(id, want, SB_NOTE_ID) != 0)
        return sb_fail(
            err, SB_E_NOTE, "the key of %s has not the id that stands there", k.name);
    if (!sb_pk_is_good(sb_bytes_str(SB_USE_LOG), k.pk))
        return sb_fail(err, SB_E_BAD_KEY, "the key of %s is not a usable key", k.name);
    *out = k;
    return 0;
}

/* Text of a note: UTF-8 without control bytes but for newlines. */
static bool is_text(struct sb_bytes s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' && s.p[i] != '\n')
            return false;
    return sb_text_valid(s);
}

/* As much of the origin as there is room for, in whole characters. */
static void put_origin(struct sb_checkpoint *c, struct sb_bytes origin)
{
    size_t n = origin.n < sizeof c->origin ? origin.n : sizeof c->origin - 1;
    while (!sb_text_valid(sb_bytes(origin.p, n)))
        n--;
    memcpy(c->origin, origin.p, n);
}

int sb_note_open(struct sb_bytes note,
                 const struct sb_note_key *key,
                 struct sb_checkpoint *out,
                 struct sb_err *err)
{
    struct sb_checkpoint c = {0};
    struct sb_bytes text;
    struct sb_bytes lines;
    struct sb_bytes rest;
    struct sb_bytes origin;
    if (key->type != SB_NOTE_LOG)
        return sb_fail(err, SB_E_NOTE, "the key of %s is not a log's", key->name);
    if (note.n > SB_NOTE_MAX || !is_text(note) || !sb_note_split(note, &text, &lines))
        return sb_fail(err, SB_E_NOTE, "this is not a signed note");
    rest = text;
    if (!sb_note_line(&rest, &origin) || origin.n == 0 || !sb_note_size_root(&rest, &c))
        return sb_fail(err, SB_E_NOTE, "this note is not a checkpoint of a log");
    int rc = sb_note_signed(text, lines, sb_bytes_str(key->name), key->pk, err);
    if (rc != 0)
        return rc;
    put_origin(&c, origin);
    *out = c;
    return 0;
}
