/* Purpose: checkpoints of our journal as C2SP signed notes.
 * Invariant: a note that opens is byte for byte what sb_checkpoint_sign would have
 * signed; lines of other signers are skipped.
 * Not for: cosignatures of witnesses, or notes of other logs. */
#include "keys/note_form.h"

#include <stdio.h>

/* Printable ASCII, as our exchanges' names are. */
static bool is_origin(struct sb_bytes s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > '~')
            return false;
    return sb_note_is_name(s, SB_ORIGIN - 1);
}

void sb_checkpoint_origin(char out[SB_ORIGIN],
                          struct sb_bytes exchange,
                          uint64_t generation)
{
    snprintf(out,
             SB_ORIGIN,
             "%.*s/journal/%llu",
             SB_FMT(exchange),
             (unsigned long long)generation);
}

static void write_text(const struct sb_checkpoint *c, struct sb_buf *out)
{
    char root[sodium_base64_ENCODED_LEN(SB_HASH, SB_NOTE_BASE64)];
    sodium_bin2base64(root, sizeof root, c->root, SB_HASH, SB_NOTE_BASE64);
    sb_buf_printf(out, "%s\n%llu\n%s\n", c->origin, (unsigned long long)c->size, root);
}

int sb_checkpoint_sign(const struct sb_vault *v,
                       const struct sb_checkpoint *c,
                       struct sb_buf *out,
                       struct sb_err *err)
{
    struct sb_vault_key k;
    uint8_t raw[SB_NOTE_ID + SB_SIG];
    struct sb_bytes name = sb_bytes(c->origin, strnlen(c->origin, SB_ORIGIN));
    if (!is_origin(name))
        return sb_fail(err, SB_E_NOTE, "a journal's origin must be a plain name");
    if (!sb_vault_newest(v, SB_USE_LOG, &k))
        return sb_fail(err, SB_E_NO_KEY, "the broker's vault has no log key");
    struct sb_buf text = {0};
    write_text(c, &text);
    int rc = sb_buf_check(&text, err);
    if (rc == 0)
        rc = sb_vault_sign_raw(v, k.key_id, sb_buf_bytes(&text), raw + SB_NOTE_ID, err);
    if (rc == 0) {
        sb_note_id(raw, name, SB_NOTE_LOG, k.pk);
        sb_buf_put(out, text.p, text.n);
        sb_buf_byte(out, '\n');
        sb_note_sig_write(name, sb_bytes(raw, sizeof raw), out);
        rc = sb_buf_check(out, err);
    }
    sb_buf_free(&text);
    return rc;
}

/* The three lines and nothing else. */
static bool read_text(struct sb_bytes text, struct sb_checkpoint *c)
{
    struct sb_bytes origin;
    if (!sb_note_line(&text, &origin) || !is_origin(origin) ||
        !sb_note_size_root(&text, c) || text.n != 0)
        return false;
    memcpy(c->origin, origin.p, origin.n);
    return true;
}

static int split(struct sb_bytes note,
                 struct sb_bytes *text,
                 struct sb_bytes *lines,
                 struct sb_checkpoint *c,
                 struct sb_err *err)
{
    if (note.n > SB_NOTE_MAX || !sb_note_split(note, text, lines) ||
        !read_text(*text, c))
        return sb_fail(err, SB_E_NOTE, "this is not a checkpoint of a journal");
    return 0;
}

int sb_checkpoint_text(struct sb_bytes note,
                       struct sb_checkpoint *out,
                       struct sb_err *err)
{
    struct sb_checkpoint c = {0};
    struct sb_bytes text;
    struct sb_bytes lines;
    int rc = split(note, &text, &lines, &c, err);
    if (rc == 0)
        *out = c;
    return rc;
}

int sb_checkpoint_open(struct sb_bytes note,
                       const uint8_t log_pk[SB_PK],
                       struct sb_checkpoint *out,
                       struct sb_err *err)
{
    struct sb_checkpoint c = {0};
    struct sb_bytes text;
    struct sb_bytes lines;
    int rc = split(note, &text, &lines, &c, err);
    if (rc == 0)
        rc = sb_note_signed(text, lines, sb_bytes_str(c.origin), log_pk, err);
    if (rc == 0)
        *out = c;
    return rc;
}

void sb_note_vkey(const char *name, const uint8_t log_pk[SB_PK], char out[256])
{
    uint8_t id[SB_NOTE_ID];
    uint8_t key[1 + SB_PK] = {SB_NOTE_LOG};
    char hex[2 * SB_NOTE_ID + 1];
    char text[sodium_base64_ENCODED_LEN(sizeof key, SB_NOTE_BASE64)];
    sb_note_id(id, sb_bytes_str(name), SB_NOTE_LOG, log_pk);
    memcpy(key + 1, log_pk, SB_PK);
    sb_hex(hex, id, SB_NOTE_ID);
    sodium_bin2base64(text, sizeof text, key, sizeof key, SB_NOTE_BASE64);
    snprintf(out, 256, "%s+%s+%s", name, hex, text);
}
