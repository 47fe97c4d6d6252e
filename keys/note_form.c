/* Purpose: the parts that signed notes of logs and witnesses have in common.
 * Invariant: numbers and base64 are taken only as they would be written again.
 * Not for: what a checkpoint means, nor whose key counts. */
#include "keys/note_form.h"

#include "schemas/base/text.h"

void sb_note_id(uint8_t out[SB_NOTE_ID],
                struct sb_bytes name,
                uint8_t type,
                const uint8_t pk[SB_PK])
{
    crypto_hash_sha256_state s;
    uint8_t full[SB_HASH];
    const uint8_t middle[2] = {'\n', type};
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, name.p, name.n);
    crypto_hash_sha256_update(&s, middle, sizeof middle);
    crypto_hash_sha256_update(&s, pk, SB_PK);
    crypto_hash_sha256_final(&s, full);
    memcpy(out, full, SB_NOTE_ID);
}

bool sb_note_is_name(struct sb_bytes s, size_t max)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '+')
            return false;
    return s.n > 0 && s.n <= max && sb_text_valid(s);
}

bool sb_note_line(struct sb_bytes *rest, struct sb_bytes *line)
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

/* Encoded again and compared: the decoder lets some bytes past 7F pass. */
bool sb_note_bytes(uint8_t *out, size_t n, struct sb_bytes s)
{
    char again[sodium_base64_ENCODED_LEN(SB_NOTE_BLOB, SB_NOTE_BASE64)];
    size_t got = 0;
    if (sodium_base642bin(
            out, n, (const char *)s.p, s.n, NULL, &got, NULL, SB_NOTE_BASE64) != 0 ||
        got != n)
        return false;
    sodium_bin2base64(again, sizeof again, out, n, SB_NOTE_BASE64);
    return sb_bytes_is(s, again);
}

bool sb_note_split(struct sb_bytes note, struct sb_bytes *text, struct sb_bytes *lines)
{
    struct sb_bytes line;
    *lines = note;
    while (sb_note_line(lines, &line))
        if (line.n == 0) {
            *text = sb_bytes(note.p, (size_t)(line.p - note.p));
            return true;
        }
    return false;
}

bool sb_note_size_root(struct sb_bytes *rest, struct sb_checkpoint *c)
{
    struct sb_bytes size;
    struct sb_bytes root;
    return sb_note_line(rest, &size) && sb_note_line(rest, &root) &&
           read_size(size, &c->size) && sb_note_bytes(c->root, SB_HASH, root);
}

bool sb_note_sig_read(struct sb_bytes line, struct sb_note_sig *out)
{
    size_t dash = strlen(SB_NOTE_DASH);
    if (line.n < dash || memcmp(line.p, SB_NOTE_DASH, dash) != 0)
        return false;
    line = sb_bytes(line.p + dash, line.n - dash);
    const uint8_t *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
    if (!space)
        return false;
    out->name = sb_bytes(line.p, (size_t)(space - line.p));
    out->blob = sb_bytes(space + 1, line.n - out->name.n - 1);
    return out->name.n > 0 && out->blob.n > 0;
}

void sb_note_sig_write(struct sb_bytes name, struct sb_bytes blob, struct sb_buf *out)
{
    char text[sodium_base64_ENCODED_LEN(SB_NOTE_BLOB, SB_NOTE_BASE64)];
    sodium_bin2base64(text, sizeof text, blob.p, blob.n, SB_NOTE_BASE64);
    sb_buf_str(out, SB_NOTE_DASH);
    sb_buf_put(out, name.p, name.n);
    sb_buf_printf(out, " %s\n", text);
}

enum line_verdict { LINE_BROKEN = 0, LINE_OTHERS, LINE_FALSE, LINE_GOOD };

/* One signature line: the log's, verified over `text`, or somebody else's. */
static enum line_verdict judge_line(struct sb_bytes line,
                                    struct sb_bytes text,
                                    struct sb_bytes name,
                                    const uint8_t pk[SB_PK])
{
    struct sb_note_sig s;
    uint8_t raw[SB_NOTE_ID + SB_SIG];
    uint8_t want[SB_NOTE_ID];
    if (!sb_note_sig_read(line, &s))
        return LINE_BROKEN;
    sb_note_id(want, name, SB_NOTE_LOG, pk);
    if (!sb_bytes_eq(s.name, name) || !sb_note_bytes(raw, sizeof raw, s.blob) ||
        memcmp(raw, want, SB_NOTE_ID) != 0)
        return LINE_OTHERS;
    return crypto_sign_verify_detached(raw + SB_NOTE_ID, text.p, text.n, pk) == 0
               ? LINE_GOOD
               : LINE_FALSE;
}

int sb_note_signed(struct sb_bytes text,
                   struct sb_bytes lines,
                   struct sb_bytes name,
                   const uint8_t pk[SB_PK],
                   struct sb_err *err)
{
    struct sb_bytes line;
    bool good = false;
    while (lines.n > 0) {
        enum line_verdict v = sb_note_line(&lines, &line)
                                  ? judge_line(line, text, name, pk)
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
        return sb_fail(err,
                       SB_E_NOTE,
                       "the checkpoint lacks the signature of the log %.*s",
                       SB_FMT(name));
    return 0;
}
