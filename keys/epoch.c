/* Purpose: epochs, the content keys of a stream wrapped to its readers.
 * Invariant: what opens is bound to this core, this reader and these commitments.
 * Not for: who ought to read; readers.c answers that. */
#include "keys/secrets.h"

#define WRAP_HEAD SB_HASH
#define WRAP_PLAIN (WRAP_HEAD + SB_CODE_MAX + SB_CLASSES * SB_SECRET)

/* ec: h("sacbe/ec/1", core || class) keyed with the class's secret. */
static void commitment(uint8_t out[SB_HASH],
                       const uint8_t secret[SB_SECRET],
                       struct sb_bytes core,
                       struct sb_bytes class_name)
{
    struct sb_hasher h;
    sb_hasher_init_keyed(&h, "sacbe/ec/1", secret);
    sb_hasher_put(&h, core);
    sb_hasher_put(&h, class_name);
    sb_hasher_end(&h, out);
}

/* Appends ct_i: the reader's secrets sealed to its key. */
static int wrap(const struct sb_secrets *secrets,
                struct sb_bytes core,
                const struct sb_reader *reader,
                struct sb_buf *out,
                struct sb_err *err)
{
    uint8_t plain[WRAP_PLAIN];
    uint8_t ct[WRAP_PLAIN + crypto_box_SEALBYTES];
    size_t n = WRAP_HEAD;
    int rc = 0;
    sb_hash(plain, "sacbe/wrap/1", core);
    memcpy(plain + n, reader->code.p, reader->code.n);
    n += reader->code.n;
    for (size_t i = 0; i < reader->classes.n && rc == 0; i++) {
        const uint8_t *secret = sb_secrets_find(secrets, reader->classes.items[i]);
        if (!secret) {
            rc = sb_fail(err,
                         SB_E_EPOCH_FORM,
                         "%.*s reads class %.*s, which the epoch lacks",
                         SB_FMT(reader->code),
                         SB_FMT(reader->classes.items[i]));
        } else {
            memcpy(plain + n, secret, SB_SECRET);
            n += SB_SECRET;
        }
    }
    if (rc == 0 && crypto_box_seal(ct, plain, n, reader->seal.pk) != 0)
        rc = sb_fail(err,
                     SB_E_BAD_KEY,
                     "nothing can be sealed to the key of %.*s",
                     SB_FMT(reader->code));
    sodium_memzero(plain, sizeof plain);
    if (rc != 0)
        return rc;
    sb_buf_put(out, ct, n + crypto_box_SEALBYTES);
    return sb_buf_check(out, err);
}

struct parts { /* of an epoch in the making */
    struct sb_arena *arena;
    struct sb_buf core;
    struct sb_buf cts;
    struct sb_epoch epoch;
};

static int make_core(struct parts *p,
                     const struct sb_epoch_core *core,
                     const struct sb_readers *readers,
                     struct sb_err *err)
{
    if (readers->n == 0 || readers->n > SB_READERS_MAX)
        return sb_fail(err,
                       SB_E_EPOCH_FORM,
                       "an epoch has 1 to %u readers, not %zu",
                       SB_READERS_MAX,
                       readers->n);
    struct sb_epoch_core *c = &p->epoch.core;
    *c = *core;
    c->suite = SB_SUITE;
    c->n_readers = readers->n;
    c->readers = sb_arena_alloc(p->arena, readers->n, sizeof *c->readers);
    if (!c->readers)
        return sb_fail(err, SB_E_MEMORY, "out of memory for an epoch");
    for (size_t i = 0; i < readers->n; i++) {
        const struct sb_reader *r = &readers->items[i];
        if (r->code.n > SB_CODE_MAX || r->classes.n > SB_CLASSES)
            return sb_fail(err, SB_E_EPOCH_FORM, "a reader's code or classes");
        c->readers[i].reader = r->code;
        c->readers[i].classes = r->classes;
        memcpy(c->readers[i].seal_key_id, r->seal_key_id, SB_KEY_ID);
    }
    sb_epoch_core_write(c, &p->core);
    p->epoch.core_bytes = sb_buf_bytes(&p->core);
    return sb_buf_check(&p->core, err);
}

static int make_lists(struct parts *p,
                      const struct sb_readers *readers,
                      const struct sb_secrets *secrets,
                      struct sb_err *err)
{
    struct sb_epoch *e = &p->epoch;
    e->n_classes = secrets->n;
    e->classes = sb_arena_alloc(p->arena, e->n_classes, sizeof *e->classes);
    e->n_cts = readers->n;
    e->cts = sb_arena_alloc(p->arena, e->n_cts, sizeof *e->cts);
    if (!e->classes || !e->cts)
        return sb_fail(err, SB_E_MEMORY, "out of memory for an epoch");
    for (size_t i = 0; i < e->n_classes; i++) {
        e->classes[i].name = sb_secrets_class(secrets, i);
        commitment(
            e->classes[i].ec, secrets->keys[i], e->core_bytes, e->classes[i].name);
    }
    for (size_t i = 0; i < e->n_cts; i++) {
        sb_buf_reset(&p->cts);
        int rc = wrap(secrets, e->core_bytes, &readers->items[i], &p->cts, err);
        if (rc != 0)
            return rc;
        e->cts[i] = sb_arena_dup(p->arena, sb_buf_bytes(&p->cts));
        if (!e->cts[i].p)
            return sb_fail(err, SB_E_MEMORY, "out of memory for an epoch");
    }
    return 0;
}

int sb_epoch_body(const struct sb_epoch_core *core,
                  const struct sb_readers *readers,
                  const struct sb_secrets *secrets,
                  struct sb_buf *out,
                  struct sb_err *err)
{
    struct parts p = {.arena = sb_arena_new(0)};
    if (!p.arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory for an epoch");
    int rc = make_core(&p, core, readers, err);
    if (rc == 0)
        rc = make_lists(&p, readers, secrets, err);
    if (rc == 0) {
        sb_epoch_write(&p.epoch, out);
        rc = sb_buf_check(out, err);
    }
    sb_buf_free(&p.cts);
    sb_buf_free(&p.core);
    sb_arena_free(p.arena);
    return rc;
}

int sb_epoch_make(const struct sb_exchange *x,
                  const struct sb_vault *v,
                  const struct sb_epoch_core *core,
                  const struct sb_readers *readers,
                  const struct sb_secrets *secrets,
                  struct sb_buf *out,
                  struct sb_err *err)
{
    struct sb_vault_key sign;
    struct sb_buf body = {0};
    if (!sb_vault_newest(v, SB_USE_SIGN, &sign))
        return sb_fail(err, SB_E_NO_KEY, "the vault has no sign key");
    int rc = sb_epoch_body(core, readers, secrets, &body, err);
    if (rc == 0)
        rc = sb_sign_record(x, v, sign.key_id, sb_buf_bytes(&body), out, err);
    sb_buf_free(&body);
    return rc;
}

/* Whether every secret is the one that the epoch commits to. */
static bool committed(const struct sb_secrets *s, const struct sb_epoch *epoch)
{
    for (size_t i = 0; i < s->n; i++) {
        uint8_t ec[SB_HASH];
        struct sb_bytes name = sb_secrets_class(s, i);
        size_t c = 0;
        while (c < epoch->n_classes && !sb_bytes_eq(epoch->classes[c].name, name))
            c++;
        if (c == epoch->n_classes)
            return false;
        commitment(ec, s->keys[i], epoch->core_bytes, name);
        if (sodium_memcmp(ec, epoch->classes[c].ec, SB_HASH) != 0)
            return false;
    }
    return true;
}

/* Opens ct and takes its secrets: false unless all is as it must be. */
static bool unwrap(const struct sb_vault *v,
                   const struct sb_epoch *epoch,
                   const struct sb_epoch_reader *reader,
                   struct sb_bytes ct,
                   struct sb_secrets *s)
{
    uint8_t plain[WRAP_PLAIN];
    uint8_t head[SB_HASH];
    size_t at = WRAP_HEAD + reader->reader.n;
    if (ct.n != at + s->n * SB_SECRET + crypto_box_SEALBYTES ||
        ct.n > sizeof plain + crypto_box_SEALBYTES)
        return false;
    sb_hash(head, "sacbe/wrap/1", epoch->core_bytes);
    bool good = sb_vault_unseal(v, reader->seal_key_id, ct, plain, NULL) == 0 &&
                memcmp(plain, head, SB_HASH) == 0 &&
                memcmp(plain + WRAP_HEAD, reader->reader.p, reader->reader.n) == 0;
    if (good)
        memcpy(s->keys, plain + at, s->n * SB_SECRET);
    sodium_memzero(plain, sizeof plain);
    return good && committed(s, epoch);
}

int sb_epoch_open(const struct sb_vault *v,
                  const struct sb_epoch *epoch,
                  struct sb_bytes reader,
                  struct sb_secrets **out,
                  struct sb_err *err)
{
    size_t i = 0;
    while (i < epoch->core.n_readers &&
           !sb_bytes_eq(epoch->core.readers[i].reader, reader))
        i++;
    if (i == epoch->core.n_readers)
        return sb_fail(err,
                       SB_E_NO_SECRET,
                       "%.*s does not read %.*s in epoch %llu",
                       SB_FMT(reader),
                       SB_FMT(epoch->core.stream),
                       (unsigned long long)epoch->core.epoch_no);
    const struct sb_epoch_reader *r = &epoch->core.readers[i];
    if (!sb_vault_has(v, r->seal_key_id))
        return sb_fail(err,
                       SB_E_NO_KEY,
                       "epoch %llu of %.*s is sealed to a key that the vault lacks",
                       (unsigned long long)epoch->core.epoch_no,
                       SB_FMT(epoch->core.stream));
    struct sb_secrets *s = NULL;
    int rc = sb_secrets_alloc(&s, &r->classes, err);
    if (rc == 0 && (i >= epoch->n_cts || !unwrap(v, epoch, r, epoch->cts[i], s)))
        rc = sb_fail(err,
                     SB_E_OPEN_FAILED,
                     "epoch %llu of %.*s: our wrapped keys are not what it commits to",
                     (unsigned long long)epoch->core.epoch_no,
                     SB_FMT(epoch->core.stream));
    if (rc == 0)
        *out = s;
    else
        sb_secrets_free(s);
    return rc;
}
