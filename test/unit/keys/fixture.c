/* Purpose: an exchange for the tests of keys. Every step asserts. */
#include "test/unit/keys/fixture.h"

#include <stdio.h>
#include <string.h>

static struct sb_vault *vault_of(const char *code, const char *const *uses)
{
    struct sb_vault *v = NULL;
    assert_int_equal(sb_vault_new(&v, sb_bytes_str(code), NULL), 0);
    for (; *uses; uses++)
        assert_int_equal(sb_vault_add(v, *uses, NOW, NULL, NULL), 0);
    return v;
}

static void newest_pk(const struct sb_vault *v, const char *use, uint8_t out[SB_PK])
{
    struct sb_vault_key k;
    assert_true(sb_vault_newest(v, use, &k));
    memcpy(out, k.pk, SB_PK);
}

static void make_anchor(struct world *w)
{
    static const char *const root_uses[] = {SB_USE_ROOT, NULL};
    static const char *const broker_uses[] = {SB_USE_CURVE, SB_USE_LOG, NULL};
    for (size_t i = 0; i < 4; i++) {
        char code[16];
        snprintf(code, sizeof code, "root%zu", i);
        w->roots[i] = vault_of(code, root_uses);
    }
    w->broker = vault_of("broker", broker_uses);
    w->anchor = (struct sb_anchor){.exchange = "sns",
                                   .threshold = 2,
                                   .n_roots = 3,
                                   .address = "tcp://10.0.0.1:5555"};
    memset(w->anchor.nonce, 7, sizeof w->anchor.nonce);
    for (size_t i = 0; i < 3; i++) {
        newest_pk(w->roots[i], SB_USE_ROOT, w->anchor.roots[i].pk);
        snprintf(w->anchor.roots[i].holder, SB_NAME_MAX, "Holder %zu", i);
    }
    newest_pk(w->broker, SB_USE_CURVE, w->anchor.curve_pk);
    newest_pk(w->broker, SB_USE_LOG, w->anchor.log_pk);
}

static void make_members(struct world *w)
{
    static const char *const codes[] = {"igm", "pnc", "stcns"};
    static const char *const uses[] = {
        SB_USE_SIGN, SB_USE_SEAL, SB_USE_CURVE, SB_USE_WITNESS, NULL};
    for (size_t i = 0; i < MEMBERS; i++) {
        struct member *m = &w->members[i];
        m->code = codes[i];
        m->status = "active";
        m->vault = vault_of(codes[i], uses);
        m->n_cards = 1;
        assert_int_equal(sb_card_first(&w->x,
                                       m->vault,
                                       sb_bytes_str("An institution"),
                                       NOW - DAY,
                                       YEAR,
                                       &m->cards[0],
                                       NULL),
                         0);
    }
}

struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(sb_keys_init(NULL), 0);
    w->arena = sb_arena_new(0);
    assert_non_null(w->arena);
    make_anchor(w);
    sb_exchange_id(&w->x, sb_bytes_str("sns"), w->anchor.nonce);
    make_members(w);
    assert_int_equal(sb_trust_new(&w->trust, &w->anchor, NULL), 0);
    w->dir = (struct sb_directory){.exchange = sb_bytes_str("sns"),
                                   .version = 1,
                                   .issued = NOW,
                                   .expires = NOW + YEAR,
                                   .address = sb_bytes_str("tcp://10.0.0.1:5555"),
                                   .generation = 1,
                                   .freshness = 7 * (uint64_t)DAY,
                                   .keep = 35 * (uint64_t)DAY};
    memcpy(w->dir.nonce, w->anchor.nonce, SB_NONCE);
    memcpy(w->dir.curve_pk, w->anchor.curve_pk, SB_PK);
    memcpy(w->dir.log_pk, w->anchor.log_pk, SB_PK);
    return w;
}

void world_free(struct world *w)
{
    for (size_t i = 0; i < 4; i++)
        sb_vault_free(w->roots[i]);
    sb_vault_free(w->broker);
    for (size_t i = 0; i < MEMBERS; i++) {
        sb_vault_free(w->members[i].vault);
        for (size_t c = 0; c < MAX_CARDS; c++)
            sb_buf_free(&w->members[i].cards[c]);
    }
    for (size_t i = 0; i < MAX_GRANTS; i++)
        sb_buf_free(&w->grants[i]);
    sb_trust_free(w->trust);
    sb_arena_free(w->arena);
    free(w);
}

static int by_key_id(const void *a, const void *b)
{
    const struct sb_dir_root *x = a;
    const struct sb_dir_root *y = b;
    return memcmp(x->key_id, y->key_id, SB_KEY_ID);
}

static int by_bytes(const void *a, const void *b)
{
    const struct sb_bytes *x = a;
    const struct sb_bytes *y = b;
    return sb_bytes_cmp(*x, *y);
}

static void fill_lists(struct world *w, struct roots_choice roots)
{
    struct sb_directory *d = &w->dir;
    d->threshold = roots.threshold;
    d->n_roots = roots.n;
    d->roots = sb_arena_alloc(w->arena, roots.n, sizeof *d->roots);
    for (size_t i = 0; i < roots.n; i++) {
        newest_pk(w->roots[roots.first + i], SB_USE_ROOT, d->roots[i].pk);
        sb_key_id(d->roots[i].key_id, sb_bytes_str(SB_USE_ROOT), d->roots[i].pk);
        d->roots[i].holder = sb_bytes_str("Holder");
    }
    qsort(d->roots, d->n_roots, sizeof *d->roots, by_key_id);
    d->n_members = 0;
    d->members = sb_arena_alloc(w->arena, MEMBERS, sizeof *d->members);
    for (size_t i = 0; i < MEMBERS; i++) {
        struct member *m = &w->members[i];
        if (m->n_cards == 0)
            continue;
        struct sb_dir_member *to = &d->members[d->n_members++];
        to->code = sb_bytes_str(m->code);
        to->status = sb_bytes_str(m->status);
        to->n_cards = m->n_cards;
        to->cards = sb_arena_alloc(w->arena, m->n_cards, sizeof *to->cards);
        for (size_t c = 0; c < m->n_cards; c++)
            to->cards[c] = sb_buf_bytes(&m->cards[c]);
        to->keys = m->keys;
        to->n_keys = m->n_keys;
    }
    d->n_grants = w->n_grants;
    d->grants = sb_arena_alloc(w->arena, w->n_grants, sizeof *d->grants);
    for (size_t i = 0; i < w->n_grants; i++)
        d->grants[i] = sb_buf_bytes(&w->grants[i]);
    qsort(d->grants, d->n_grants, sizeof *d->grants, by_bytes);
}

void world_sign(struct world *w,
                struct roots_choice roots,
                unsigned signers,
                struct sb_buf *out)
{
    struct sb_buf body = {0};
    fill_lists(w, roots);
    sb_directory_write(&w->dir, &body);
    sb_buf_reset(out);
    sb_record_write(out, sb_buf_bytes(&body), NULL, 0);
    sb_buf_free(&body);
    for (size_t i = 0; i < 4; i++) {
        struct sb_vault_key k;
        struct sb_buf more = {0};
        if (!(signers & 1u << i))
            continue;
        assert_true(sb_vault_newest(w->roots[i], SB_USE_ROOT, &k));
        assert_int_equal(
            sb_sign_add(&w->x, w->roots[i], k.key_id, sb_buf_bytes(out), &more, NULL),
            0);
        sb_buf_free(out);
        *out = more;
    }
}

static const struct roots_choice usual = {0, 3, 2};

void world_publish(struct world *w)
{
    struct sb_err err = {0};
    struct sb_buf record = {0};
    world_sign(w, usual, 3, &record);
    int rc = sb_trust_add(w->trust, sb_buf_bytes(&record), &err);
    if (rc != 0)
        fail_msg("%s", err.text);
    sb_buf_free(&record);
    w->dir.version++;
    memcpy(w->dir.prev_hash, sb_dir_hash(sb_trust_newest(w->trust)), SB_HASH);
}

int world_try(struct world *w, struct sb_err *err)
{
    struct sb_buf record = {0};
    world_sign(w, usual, 3, &record);
    int rc = sb_trust_check(w->trust, sb_buf_bytes(&record), err);
    sb_buf_free(&record);
    return rc;
}

struct sb_codes codes_of(struct sb_arena *arena, const char *const *names)
{
    struct sb_codes c = {.items = sb_arena_alloc(arena, 8, sizeof *c.items)};
    assert_non_null(c.items);
    for (; names[c.n]; c.n++)
        c.items[c.n] = sb_bytes_str(names[c.n]);
    return c;
}

void world_grant(struct world *w, struct grant_choice g, const struct sb_vault *signer)
{
    struct sb_vault_key k;
    struct sb_buf body = {0};
    struct sb_grant grant = {.id = sb_bytes_str(g.id),
                             .publisher = sb_bytes_str(w->members[g.publisher].code),
                             .type = sb_bytes_str("comun.alerta"),
                             .reader = sb_bytes_str(w->members[g.reader].code),
                             .classes = codes_of(w->arena, g.classes),
                             .basis = sb_bytes_str("Acuerdo 1-2023"),
                             .not_before = g.not_before,
                             .not_after = g.not_after};
    assert_true(sb_vault_newest(w->members[g.reader].vault, SB_USE_SIGN, &k));
    memcpy(grant.reader_sign_key_id, k.key_id, SB_KEY_ID);
    sb_grant_write(&grant, &body);
    assert_true(sb_vault_newest(signer, SB_USE_SIGN, &k));
    assert_true(w->n_grants < MAX_GRANTS);
    struct sb_buf *out = &w->grants[w->n_grants++];
    sb_buf_reset(out);
    assert_int_equal(
        sb_sign_record(&w->x, signer, k.key_id, sb_buf_bytes(&body), out, NULL), 0);
    sb_buf_free(&body);
}

struct sb_bytes hex_bytes(struct sb_arena *arena, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = sb_arena_alloc(arena, n + 1, 1);
    assert_non_null(p);
    assert_true(sb_unhex(p, n, sb_bytes_str(hex)));
    return sb_bytes(p, n);
}

void assert_hex(const uint8_t *got, const char *hex)
{
    char text[2 * 64 + 1];
    size_t n = strlen(hex) / 2;
    assert_true(n <= 64);
    sb_hex(text, got, n);
    assert_string_equal(text, hex);
}
