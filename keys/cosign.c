/* Purpose: cosignatures of witnesses, and how fresh they make a checkpoint.
 * Invariant: a time counts only when it was signed with the note's text by the key of
 * that name.
 * Not for: consistency; whoever cosigns has checked it before. */
#include "keys/cosign.h"

#include <stdio.h>

#include "keys/note_form.h"

#define COSIG_BLOB (SB_NOTE_ID + 8u + SB_SIG)
#define SECONDS_MAX (INT64_MAX / 1000u) /* so that ms fit everywhere */

/* What is signed: "cosignature/v1\ntime T\n" and the note's text. */
static int
message(struct sb_bytes text, uint64_t time_s, struct sb_buf *out, struct sb_err *err)
{
    sb_buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    sb_buf_put(out, text.p, text.n);
    return sb_buf_check(out, err);
}

static int text_of(struct sb_bytes note, struct sb_bytes *text, struct sb_err *err)
{
    struct sb_bytes lines = {0};
    if (note.n > SB_NOTE_MAX || !sb_note_split(note, text, &lines))
        return sb_fail(err, SB_E_NOTE, "this is not a signed note");
    return 0;
}

/* The public key behind an id of the vault. */
static bool
own_pk(const struct sb_vault *v, const uint8_t key_id[SB_KEY_ID], uint8_t pk[SB_PK])
{
    for (size_t i = 0; i < sb_vault_count(v); i++) {
        struct sb_vault_key k = sb_vault_key_at(v, i);
        if (memcmp(k.key_id, key_id, SB_KEY_ID) != 0)
            continue;
        memcpy(pk, k.pk, SB_PK);
        return sb_bytes_is(k.use, SB_USE_WITNESS);
    }
    return false;
}

int sb_cosign(const struct sb_vault *v,
              const uint8_t key_id[SB_KEY_ID],
              const char *name,
              struct sb_bytes note,
              uint64_t time_s,
              struct sb_buf *out,
              struct sb_err *err)
{
    uint8_t pk[SB_PK];
    uint8_t blob[COSIG_BLOB];
    struct sb_bytes text = {0};
    struct sb_buf m = {0};
    if (!sb_note_is_name(sb_bytes_str(name), SB_NOTE_NAME_MAX))
        return sb_fail(err, SB_E_ARGUMENT, "\"%s\" cannot name a witness", name);
    if (time_s == 0 || time_s > SECONDS_MAX)
        return sb_fail(err, SB_E_ARGUMENT, "this is no time for a cosignature");
    if (!own_pk(v, key_id, pk))
        return sb_fail(err, SB_E_NO_KEY, "the vault has no such witness key");
    int rc = text_of(note, &text, err);
    if (rc == 0)
        rc = message(text, time_s, &m, err);
    if (rc == 0)
        rc = sb_vault_sign_raw(
            v, key_id, sb_buf_bytes(&m), blob + COSIG_BLOB - SB_SIG, err);
    sb_buf_free(&m);
    if (rc != 0)
        return rc;
    sb_note_id(blob, sb_bytes_str(name), SB_NOTE_WITNESS, pk);
    sb_put_u64be(blob + SB_NOTE_ID, time_s);
    sb_note_sig_write(sb_bytes_str(name), sb_bytes(blob, sizeof blob), out);
    return sb_buf_check(out, err);
}

static uint64_t get_u64be(const uint8_t p[8])
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

/* Whether `sig` is pk's over what a cosignature of this text and time signs. Texts of
 * our own logs, which are short, need no memory for it: a witness's line does not count
 * as missing because there is none. */
static bool verify(struct sb_bytes text,
                   uint64_t time_s,
                   const uint8_t sig[SB_SIG],
                   const uint8_t pk[SB_PK])
{
    uint8_t small[512];
    struct sb_buf m = {0};
    int n = snprintf((char *)small,
                     sizeof small,
                     "cosignature/v1\ntime %llu\n",
                     (unsigned long long)time_s);
    if (n > 0 && text.n <= sizeof small - (size_t)n) {
        memcpy(small + n, text.p, text.n);
        return crypto_sign_verify_detached(sig, small, (size_t)n + text.n, pk) == 0;
    }
    bool good = message(text, time_s, &m, NULL) == 0 &&
                crypto_sign_verify_detached(sig, m.p, m.n, pk) == 0;
    sb_buf_free(&m);
    return good;
}

/* The time of a good cosignature; 0 when it is none of this key's. */
static uint64_t judge(struct sb_bytes text,
                      const struct sb_note_sig *sig,
                      const char *name,
                      const uint8_t pk[SB_PK])
{
    uint8_t blob[COSIG_BLOB];
    uint8_t id[SB_NOTE_ID];
    if (!sb_bytes_is(sig->name, name) || !sb_note_bytes(blob, sizeof blob, sig->blob))
        return 0;
    sb_note_id(id, sig->name, SB_NOTE_WITNESS, pk);
    if (memcmp(blob, id, SB_NOTE_ID) != 0)
        return 0;
    uint64_t time_s = get_u64be(blob + SB_NOTE_ID);
    bool good =
        time_s <= SECONDS_MAX && verify(text, time_s, blob + COSIG_BLOB - SB_SIG, pk);
    return good ? time_s : 0;
}

/* One whole signature line and its newline. */
static int read_line(struct sb_bytes line, struct sb_note_sig *out, struct sb_err *err)
{
    struct sb_bytes rest = line;
    struct sb_bytes only;
    if (!sb_note_line(&rest, &only) || rest.n != 0 || !sb_note_sig_read(only, out))
        return sb_fail(err, SB_E_COSIGNATURE, "this is not a signature line");
    return 0;
}

int sb_cosign_check(struct sb_bytes note,
                    struct sb_bytes line,
                    const char *name,
                    const uint8_t pk[SB_PK],
                    uint64_t *time_s,
                    struct sb_err *err)
{
    struct sb_bytes text = {0};
    struct sb_note_sig sig = {0};
    int rc = text_of(note, &text, err);
    if (rc == 0)
        rc = read_line(line, &sig, err);
    if (rc != 0)
        return rc;
    uint64_t t = judge(text, &sig, name, pk);
    if (t == 0)
        return sb_fail(err,
                       SB_E_COSIGNATURE,
                       "this is not a cosignature of the checkpoint by %s",
                       name);
    *time_s = t;
    return 0;
}

/* Appends the note's signature lines, `line` in place of the first of its name, the
 * others of that name left out. */
static int replace(struct sb_bytes lines,
                   struct sb_bytes line,
                   struct sb_bytes name,
                   struct sb_buf *out,
                   struct sb_err *err)
{
    struct sb_bytes old;
    bool done = false;
    while (lines.n > 0) {
        struct sb_note_sig sig;
        if (!sb_note_line(&lines, &old) || !sb_note_sig_read(old, &sig))
            return sb_fail(err, SB_E_NOTE, "the note's signature lines are broken");
        bool same = sb_bytes_eq(sig.name, name);
        if (!same)
            sb_buf_put(out, old.p, old.n + 1);
        else if (!done)
            sb_buf_put(out, line.p, line.n);
        done = done || same;
    }
    if (!done)
        sb_buf_put(out, line.p, line.n);
    return sb_buf_check(out, err);
}

int sb_cosign_add(struct sb_bytes note,
                  struct sb_bytes line,
                  struct sb_buf *out,
                  struct sb_err *err)
{
    struct sb_note_sig sig = {0};
    struct sb_bytes text = {0};
    struct sb_bytes lines = {0};
    struct sb_bytes origin;
    size_t start = out->n;
    int rc = read_line(line, &sig, err);
    if (rc == 0 && (note.n > SB_NOTE_MAX || !sb_note_split(note, &text, &lines)))
        rc = sb_fail(err, SB_E_NOTE, "this is not a signed note");
    if (rc != 0)
        return rc;
    struct sb_bytes rest = text;
    if (sb_note_line(&rest, &origin) && sb_bytes_eq(origin, sig.name))
        return sb_fail(
            err, SB_E_COSIGNATURE, "a witness cannot sign by the log's own name");
    sb_buf_put(out, text.p, text.n);
    sb_buf_byte(out, '\n');
    rc = replace(lines, line, sig.name, out, err);
    if (rc == 0 && out->n - start > SB_NOTE_MAX)
        rc = sb_fail(err, SB_E_LIMIT, "the checkpoint has no room for more signatures");
    if (rc != 0)
        out->n = start;
    return rc;
}

size_t sb_cosign_times(struct sb_bytes note,
                       const struct sb_witness_keys *keys,
                       uint64_t *times)
{
    struct sb_bytes text = {0};
    struct sb_bytes lines = {0};
    struct sb_bytes line;
    size_t n = 0;
    for (size_t i = 0; i < keys->n; i++)
        times[i] = 0;
    if (note.n > SB_NOTE_MAX || !sb_note_split(note, &text, &lines))
        return 0;
    while (sb_note_line(&lines, &line)) {
        struct sb_note_sig sig;
        if (!sb_note_sig_read(line, &sig))
            continue;
        for (size_t i = 0; i < keys->n; i++) {
            uint64_t t = judge(text, &sig, keys->items[i].name, keys->items[i].pk);
            times[i] = t > times[i] ? t : times[i];
        }
    }
    for (size_t i = 0; i < keys->n; i++)
        n += times[i] != 0;
    return n;
}

uint64_t sb_cosign_fresh_ms(const uint64_t *times, size_t n, uint64_t quorum)
{
    uint64_t best = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t as_new = 0; /* how many are no older than this one */
        for (size_t j = 0; j < n; j++)
            as_new += times[j] >= times[i];
        if (as_new >= quorum && times[i] > best)
            best = times[i];
    }
    return quorum == 0 ? 0 : best * 1000u;
}

void sb_witness_vkey(const char *name, const uint8_t pk[SB_PK], char out[SB_NOTE_VKEY])
{
    uint8_t id[SB_NOTE_ID];
    uint8_t key[1 + SB_PK] = {SB_NOTE_WITNESS};
    char hex[2 * SB_NOTE_ID + 1];
    char text[sodium_base64_ENCODED_LEN(sizeof key, SB_NOTE_BASE64)];
    sb_note_id(id, sb_bytes_str(name), SB_NOTE_WITNESS, pk);
    memcpy(key + 1, pk, SB_PK);
    sb_hex(hex, id, SB_NOTE_ID);
    sodium_bin2base64(text, sizeof text, key, sizeof key, SB_NOTE_BASE64);
    (void)snprintf(out, SB_NOTE_VKEY, "%s+%s+%s", name, hex, text);
}
