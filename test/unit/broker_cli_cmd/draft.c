/* Purpose: what may enter a draft: cards with new keys, grants of their publishers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/cli/cmd_enrol.h"
#include "broker/cli/cmd_grant.h"

#define NOW 1000000u

struct fixture {
    struct sb_cmd_dir dir;
    struct sb_vault *pnc;
    struct sb_vault *igm;
    struct sb_buf cards[2];
    struct sb_record records[2];
};

static struct sb_vault *vault(const char *code)
{
    static const char *const uses[] = {SB_USE_SIGN, SB_USE_SEAL, SB_USE_CURVE};
    struct sb_vault *v = NULL;
    struct sb_err err = {0};
    assert_int_equal(sb_vault_new(&v, sb_bytes_str(code), &err), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sb_vault_add(v, uses[i], NOW, NULL, &err), 0);
    return v;
}

static void
card(struct fixture *f, const struct sb_vault *v, const char *name, size_t i)
{
    struct sb_err err = {0};
    assert_int_equal(sb_card_first(&f->dir.exchange,
                                   v,
                                   sb_bytes_str(name),
                                   NOW,
                                   SB_DAY_MS,
                                   &f->cards[i],
                                   &err),
                     0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&f->cards[i]), &f->records[i], &err),
                     0);
}

static int setup(void **state)
{
    static struct fixture f;
    static const uint8_t nonce[SB_NONCE] = {7};
    struct sb_err err = {0};
    f = (struct fixture){.dir.arena = sb_arena_new(0)};
    assert_int_equal(sb_keys_init(&err), 0);
    sb_exchange_id(&f.dir.exchange, sb_bytes_str("sns"), nonce);
    f.pnc = vault("pnc");
    f.igm = vault("igm");
    card(&f, f.pnc, "Policía", 0);
    card(&f, f.igm, "Migración", 1);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sb_vault_free(f->pnc);
    sb_vault_free(f->igm);
    sb_buf_free(&f->cards[0]);
    sb_buf_free(&f->cards[1]);
    sb_arena_free(f->dir.arena);
    return 0;
}

static void enrol(struct fixture *f, size_t i)
{
    struct sb_enrol_card c;
    struct sb_err err = {0};
    assert_int_equal(sb_enrol_read(&f->dir, &f->records[i], &c, &err), 0);
    assert_int_equal(sb_enrol_add(&f->dir, &c, &err), 0);
}

static void members_stand_in_order(void **state)
{
    struct fixture *f = *state;
    enrol(f, 0);
    enrol(f, 1);
    assert_int_equal(f->dir.body.n_members, 2);
    assert_true(sb_bytes_is(f->dir.body.members[0].code, "igm"));
    assert_true(sb_bytes_is(f->dir.body.members[1].code, "pnc"));
}

static void a_member_enters_once(void **state)
{
    struct fixture *f = *state;
    struct sb_enrol_card c;
    struct sb_err err = {0};
    enrol(f, 0);
    assert_int_equal(sb_enrol_read(&f->dir, &f->records[0], &c, &err), SB_E_EXISTS);
}

/* The body of igm's card with one key of pnc, or of the broker, signed by igm. */
static int with_key(struct fixture *f, const uint8_t pk[SB_PK])
{
    struct sb_card c;
    struct sb_card_key keys[SB_CARD_KEYS_MAX];
    struct sb_enrol_card out;
    struct sb_vault_key sign;
    struct sb_record record;
    struct sb_buf body = {0};
    struct sb_buf raw = {0};
    struct sb_err err = {0};
    assert_int_equal(sb_card_read(f->records[1].body, f->dir.arena, &c, &err), 0);
    memcpy(keys, c.keys, c.n_keys * sizeof *keys);
    for (size_t i = 0; i < c.n_keys; i++)
        if (sb_bytes_is(keys[i].use, SB_USE_CURVE))
            memcpy(keys[i].pk, pk, SB_PK);
    c.keys = keys;
    sb_card_write(&c, &body);
    assert_true(sb_vault_newest(f->igm, SB_USE_SIGN, &sign));
    assert_int_equal(
        sb_sign_record(
            &f->dir.exchange, f->igm, sign.key_id, sb_buf_bytes(&body), &raw, &err),
        0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&raw), &record, &err), 0);
    int rc = sb_enrol_read(&f->dir, &record, &out, &err);
    sb_buf_free(&body);
    sb_buf_free(&raw);
    return rc;
}

static void keys_are_never_shared(void **state)
{
    struct fixture *f = *state;
    struct sb_vault_key key;
    enrol(f, 0);
    assert_true(sb_vault_newest(f->pnc, SB_USE_CURVE, &key));
    assert_int_equal(with_key(f, key.pk), SB_E_KEY_REUSED);
    assert_true(sb_vault_newest(f->pnc, SB_USE_SEAL, &key));
    assert_int_equal(with_key(f, key.pk), SB_E_KEY_REUSED);
    assert_true(sb_vault_newest(f->igm, SB_USE_SEAL, &key));
    assert_int_equal(with_key(f, key.pk), SB_E_KEY_REUSED);
    assert_true(sb_vault_newest(f->igm, SB_USE_CURVE, &key));
    assert_int_equal(with_key(f, key.pk), 0);
    memcpy(f->dir.body.curve_pk, key.pk, SB_PK);
    assert_int_equal(with_key(f, key.pk), SB_E_KEY_REUSED);
}

/* A grant of pnc to igm, signed by `signer`; appends the record. */
static void grant(struct fixture *f,
                  const struct sb_vault *signer,
                  const char *id,
                  bool right_reader,
                  struct sb_buf *out)
{
    struct sb_vault_key reader;
    struct sb_vault_key sign;
    struct sb_bytes classes[] = {sb_bytes_str("publica")};
    struct sb_buf body = {0};
    struct sb_err err = {0};
    struct sb_grant g = {.id = sb_bytes_str(id),
                         .publisher = sb_bytes_str("pnc"),
                         .reader = sb_bytes_str("igm"),
                         .type = sb_bytes_str("riesgos.sismo"),
                         .classes = {classes, 1},
                         .basis = sb_bytes_str("Convenio 1"),
                         .not_before = NOW,
                         .not_after = NOW + SB_DAY_MS};
    assert_true(sb_vault_newest(right_reader ? f->igm : f->pnc, SB_USE_SIGN, &reader));
    memcpy(g.reader_sign_key_id, reader.key_id, SB_KEY_ID);
    assert_true(sb_vault_newest(signer, SB_USE_SIGN, &sign));
    sb_grant_write(&g, &body);
    assert_int_equal(
        sb_sign_record(
            &f->dir.exchange, signer, sign.key_id, sb_buf_bytes(&body), out, &err),
        0);
    sb_buf_free(&body);
}

static int add(struct fixture *f,
               const struct sb_vault *signer,
               const char *id,
               bool right_reader,
               struct sb_buf *raw)
{
    struct sb_record record;
    struct sb_err err = {0};
    grant(f, signer, id, right_reader, raw);
    assert_int_equal(sb_record_read(sb_buf_bytes(raw), &record, &err), 0);
    return sb_grant_add(&f->dir, &record, &err);
}

static void grants_need_their_publisher(void **state)
{
    struct fixture *f = *state;
    struct sb_buf raw[5] = {{0}};
    struct sb_err err = {0};
    enrol(f, 0);
    assert_int_equal(add(f, f->pnc, "a", true, &raw[0]), SB_E_MEMBER);
    enrol(f, 1);
    assert_int_equal(add(f, f->igm, "a", true, &raw[1]), SB_E_GRANT_SIGNATURE);
    assert_int_equal(add(f, f->pnc, "a", false, &raw[2]), SB_E_GRANT_FORM);
    assert_int_equal(add(f, f->pnc, "a", true, &raw[3]), 0);
    assert_int_equal(add(f, f->pnc, "a", true, &raw[4]), SB_E_EXISTS);
    assert_int_equal(f->dir.body.n_grants, 1);
    assert_int_equal(sb_grant_remove(&f->dir, "b", &err), SB_E_NOT_FOUND);
    assert_int_equal(sb_grant_remove(&f->dir, "a", &err), 0);
    assert_int_equal(f->dir.body.n_grants, 0);
    for (size_t i = 0; i < 5; i++)
        sb_buf_free(&raw[i]);
}

static void grants_stand_in_order(void **state)
{
    static const char *const ids[] = {"c", "a", "d", "b"};
    struct fixture *f = *state;
    struct sb_buf raw[4] = {{0}};
    struct sb_grant_view *views;
    struct sb_err err = {0};
    enrol(f, 0);
    enrol(f, 1);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(add(f, f->pnc, ids[i], true, &raw[i]), 0);
    for (size_t i = 1; i < 4; i++)
        assert_true(sb_bytes_cmp(f->dir.body.grants[i - 1], f->dir.body.grants[i]) < 0);
    assert_int_equal(sb_grant_remove(&f->dir, "c", &err), 0);
    assert_int_equal(sb_grant_views(&f->dir, &views, &err), 0);
    for (size_t i = 0; i < 3; i++)
        assert_false(sb_bytes_is(views[i].grant.id, "c"));
    for (size_t i = 0; i < 4; i++)
        sb_buf_free(&raw[i]);
}

static void classes_are_sorted(void **state)
{
    struct fixture *f = *state;
    struct sb_codes c;
    struct sb_err err = {0};
    assert_int_equal(sb_grant_classes("publica,confidencial", f->dir.arena, &c, &err),
                     0);
    assert_int_equal(c.n, 2);
    assert_true(sb_bytes_is(c.items[0], "confidencial"));
    assert_string_equal(sb_grant_classes_text(&c, f->dir.arena),
                        "confidencial,publica");
    assert_int_equal(sb_grant_classes("a,a", f->dir.arena, &c, &err), SB_E_USAGE);
    assert_int_equal(sb_grant_classes("a,", f->dir.arena, &c, &err), SB_E_USAGE);
    assert_int_equal(sb_grant_classes("", f->dir.arena, &c, &err), SB_E_USAGE);
    assert_int_equal(sb_grant_classes("a,b,c,d,e", f->dir.arena, &c, &err), SB_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_stand_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_member_enters_once, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_never_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(grants_need_their_publisher, setup, teardown),
        cmocka_unit_test_setup_teardown(grants_stand_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(classes_are_sorted, setup, teardown),
    };
    return cmocka_run_group_tests_name("broker.cli.draft", tests, NULL, NULL);
}
