/* Purpose: lines of a note in a known witness's name, with the id of its key, that are
 * not its cosignature: such a note is refused. Source: C2SP signed-note.
 * Not here: how many cosignatures there are (keys/cosign.h). */
#include "broker/audit/audit_tree.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define ID 4u
#define HEAD 8u /* characters of base64, which hold the id */

/* SHA-256(name || 0A || 04 || pk), its first bytes. */
static bool
is_id(const uint8_t head[ID], const struct sb_witness_key *key, struct sb_err *err)
{
    uint8_t hash[SB_HASH] = {0};
    struct sb_buf b = {0};
    sb_buf_put(&b, key->name, strlen(key->name));
    sb_buf_put(&b, "\n\4", 2);
    sb_buf_put(&b, key->pk, SB_PK);
    bool good = sb_buf_check(&b, err) == 0;
    if (good)
        sb_sha256(hash, sb_buf_bytes(&b));
    sb_buf_free(&b);
    return good && memcmp(hash, head, ID) == 0;
}

static bool
is_by(struct sb_bytes line, const struct sb_witness_key *key, struct sb_err *err)
{
    uint8_t head[HEAD / 4 * 3];
    size_t dash = sizeof DASH - 1;
    size_t name = strlen(key->name);
    size_t n = 0;
    if (line.n < dash + name + 1 + HEAD || memcmp(line.p, DASH, dash) != 0 ||
        memcmp(line.p + dash, key->name, name) != 0 || line.p[dash + name] != ' ')
        return false;
    const char *text = (const char *)line.p + dash + name + 1;
    return sodium_base642bin(head,
                             sizeof head,
                             text,
                             HEAD,
                             NULL,
                             &n,
                             NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           n == sizeof head && is_id(head, key, err);
}

static const struct sb_witness_key *liar_of(struct sb_bytes note,
                                            struct sb_bytes line,
                                            const struct sb_witness_keys *keys,
                                            struct sb_err *err)
{
    uint64_t time_s = 0;
    for (size_t i = 0; i < keys->n; i++) {
        const struct sb_witness_key *k = &keys->items[i];
        if (is_by(line, k, err) &&
            sb_cosign_check(note, line, k->name, k->pk, &time_s, NULL) != 0)
            return k;
    }
    return NULL;
}

int audit_lines(struct sb_audit *a,
                struct sb_bytes note,
                const struct sb_witness_keys *keys,
                struct sb_err *err)
{
    struct sb_err why = {0};
    const struct sb_witness_key *liar = NULL;
    for (size_t at = 0; at < note.n && !liar;) {
        const uint8_t *end = memchr(note.p + at, '\n', note.n - at);
        size_t n = end ? (size_t)(end - note.p) + 1 - at : note.n - at;
        liar = liar_of(note, sb_bytes(note.p + at, n), keys, &why);
        at += n;
    }
    if (why.code != 0) {
        if (err)
            *err = why;
        return why.code;
    }
    if (liar)
        audit_say(a,
                  SB_AUDIT_CHECKPOINT,
                  SB_AUDIT_FAILED,
                  SB_E_COSIGNATURE,
                  "a line in the name and with the key id of %s is not its cosignature "
                  "of the checkpoint",
                  liar->name);
    return 0;
}
