/* Purpose: checkpoints as C2SP signed notes.
 * Invariant: a note that opens is byte for byte what sb_checkpoint_sign would have
 * signed; other signers' lines after the log's are skipped.
 * Not for: cosignatures of witnesses. */
#include "keys/note.h"

#include <stdio.h>

#define ED25519_TYPE 1
#define NOTE_ID 4
#define BASE64 sodium_base64_VARIANT_ORIGINAL
#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define SIG_LINE (NOTE_ID + SB_SIG)

static void note_id(uint8_t out[NOTE_ID], struct sb_bytes name, const uint8_t pk[SB_PK])
{
    crypto_hash_sha256_state s;
    uint8_t full[SB_HASH];
    const uint8_t middle[2] = {'\n', ED25519_TYPE};
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, name.p, name.n);
    crypto_hash_sha256_update(&s, middle, sizeof middle);
    crypto_hash_sha256_update(&s, pk, SB_PK);
    crypto_hash_sha256_final(&s, full);
    memcpy(out, full, NOTE_ID);
}

/* A name of a log: no white space, no plus sign, printable ASCII as ours are. */
static bool is_name(struct sb_bytes s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '+')
            return false;
    return s.n > 0 && s.n < sizeof(((struct sb_checkpoint *)0)->origin);
}

static void write_text(const struct sb_checkpoint *c, struct sb_buf *out)
{
    char root[sodium_base64_ENCODED_LEN(SB_HASH, BASE64)];
    sodium_bin2base64(root, sizeof root, c->root, SB_HASH, BASE64);
    sb_buf_printf(out, "%s\n%llu\n%s\n", c->origin, (unsigned long long)c->size, root);
}

static void
write_signature(struct sb_bytes name, const uint8_t raw[SIG_LINE], struct sb_buf *out)
{
    char text[sodium_base64_ENCODED_LEN(SIG_LINE, BASE64)];
    sodium_bin2base64(text, sizeof text, raw, SIG_LINE, BASE64);
    sb_buf_str(out, "\n" DASH);
    sb_buf_put(out, name.p, name.n);
    sb_buf_printf(out, " %s\n", text);
}

int sb_checkpoint_sign(const struct sb_vault *v,
                       const struct sb_checkpoint *c,
                       struct sb_buf *out,
                       struct sb_err *err)
{
    struct sb_vault_key k;
    uint8_t raw[SIG_LINE];
    struct sb_bytes name = sb_bytes(c->origin, strnlen(c->origin, sizeof c->origin));
    if (!is_name(name))
        return sb_fail(err, SB_E_NOTE, "a journal's origin must be a plain name");
    if (!sb_vault_newest(v, SB_USE_LOG, &k))
        return sb_fail(err, SB_E_NO_KEY, "the broker's vault has no log key");
    struct sb_buf text = {0};
    write_text(c, &text);
    int rc = sb_buf_check(&text, err);
    if (rc == 0)
        rc = sb_vault_sign_raw(v, k.key_id, sb_buf_bytes(&text), raw + NOTE_ID, err);
    if (rc == 0) {
        note_id(raw, name, k.pk);
        sb_buf_put(out, text.p, text.n);
        write_signature(name, raw, out);
        rc = sb_buf_check(out, err);
    }
    sb_buf_free(&text);
    return rc;
}

/* Cuts the next line (without its newline) off `rest`; false when there is none. */
static bool next_line(struct sb_bytes *rest, struct sb_bytes *line)
{
    const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    if (!end)
        return false;
    *line = sb_bytes(rest->p, (size_t)(end - rest->p));
    *rest = sb_bytes(end + 1, rest->n - line->n - 1);
    return true;
}

/* Decimal without leading zeros. */
static bool read_size(struct sb_bytes s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0 || (s.p[0] == '0' && s.n > 1))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)s.p[i] - '0';
        if (s.p[i] < '0' || s.p[i] > '9' || v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

/* n <= SIG_LINE. Encoded again and compared: the decoder lets some bytes past 7F pass.
 */
static bool read_base64(uint8_t *out, size_t n, struct sb_bytes s)
{
    char again[sodium_base64_ENCODED_LEN(SIG_LINE, BASE64)];
    size_t got = 0;
    if (sodium_base642bin(out, n, (const char *)s.p, s.n, NULL, &got, NULL, BASE64) !=
            0 ||
        got != n)
        return false;
    sodium_bin2base64(again, sizeof again, out, n, BASE64);
    return sb_bytes_is(s, again);
}

/* Reads the three lines; `rest` is then what follows the blank line. */
static bool read_text(struct sb_bytes *rest, struct sb_checkpoint *c)
{
    struct sb_bytes lines[4];
    for (size_t i = 0; i < 4; i++)
        if (!next_line(rest, &lines[i]))
            return false;
    if (!is_name(lines[0]) || !read_size(lines[1], &c->size) ||
        !read_base64(c->root, SB_HASH, lines[2]) || lines[3].n != 0)
        return false;
    memcpy(c->origin, lines[0].p, lines[0].n);
    return true;
}

/* "<dash> <name> <base64>"; false when the line has not this form. */
static bool
read_signature(struct sb_bytes line, struct sb_bytes *name, struct sb_bytes *sig)
{
    size_t dash = strlen(DASH);
    if (line.n < dash || memcmp(line.p, DASH, dash) != 0)
        return false;
    line = sb_bytes(line.p + dash, line.n - dash);
    const uint8_t *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
    if (!space)
        return false;
    *name = sb_bytes(line.p, (size_t)(space - line.p));
    *sig = sb_bytes(space + 1, line.n - name->n - 1);
    return name->n > 0 && sig->n > 0;
}

enum line_verdict { LINE_BROKEN = 0, LINE_OTHERS, LINE_FALSE, LINE_GOOD };

/* One signature line: the log's, verified over `text`, or somebody else's. */
static enum line_verdict judge_line(struct sb_bytes line,
                                    struct sb_bytes text,
                                    struct sb_bytes origin,
                                    const uint8_t log_pk[SB_PK])
{
    struct sb_bytes name;
    struct sb_bytes sig;
    uint8_t raw[SIG_LINE];
    uint8_t want[NOTE_ID];
    if (!read_signature(line, &name, &sig))
        return LINE_BROKEN;
    note_id(want, origin, log_pk);
    if (!sb_bytes_eq(name, origin) || !read_base64(raw, SIG_LINE, sig) ||
        memcmp(raw, want, NOTE_ID) != 0)
        return LINE_OTHERS;
    return crypto_sign_verify_detached(raw + NOTE_ID, text.p, text.n, log_pk) == 0
               ? LINE_GOOD
               : LINE_FALSE;
}

int sb_checkpoint_open(struct sb_bytes note,
                       const uint8_t log_pk[SB_PK],
                       struct sb_checkpoint *out,
                       struct sb_err *err)
{
    struct sb_checkpoint c = {0};
    struct sb_bytes rest = note;
    struct sb_bytes line;
    bool good = false;
    if (note.n > SB_NOTE_MAX || !read_text(&rest, &c))
        return sb_fail(err, SB_E_NOTE, "this is not a checkpoint of a journal");
    struct sb_bytes origin = sb_bytes_str(c.origin);
    /* without the blank line */
    struct sb_bytes text = sb_bytes(note.p, (size_t)(rest.p - note.p) - 1);
    while (rest.n > 0) {
        enum line_verdict v = next_line(&rest, &line)
                                  ? judge_line(line, text, origin, log_pk)
                                  : LINE_BROKEN;
        if (v == LINE_BROKEN)
            return sb_fail(
                err, SB_E_NOTE, "the checkpoint's signature lines are broken");
        if (v == LINE_FALSE)
            return sb_fail(
                err, SB_E_NOTE, "the checkpoint's signature does not verify");
        good = good || v == LINE_GOOD;
    }
    if (!good)
        return sb_fail(err, SB_E_NOTE, "the checkpoint lacks the broker's signature");
    *out = c;
    return 0;
}

void sb_note_vkey(const char *name, const uint8_t log_pk[SB_PK], char out[256])
{
    uint8_t id[NOTE_ID];
    uint8_t key[1 + SB_PK] = {ED25519_TYPE};
    char hex[2 * NOTE_ID + 1];
    char text[sodium_base64_ENCODED_LEN(sizeof key, BASE64)];
    note_id(id, sb_bytes_str(name), log_pk);
    memcpy(key + 1, log_pk, SB_PK);
    sb_hex(hex, id, NOTE_ID);
    sodium_bin2base64(text, sizeof text, key, sizeof key, BASE64);
    snprintf(out, 256, "%s+%s+%s", name, hex, text);
}
