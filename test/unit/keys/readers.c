/* keys.readers: grants, members and keys of a directory as answers. */
#include "keys/vault_form.h"
#include "test/unit/keys/fixture.h"

static const char *const all[] = {"confidencial", "interna", "publica", NULL};
static const char *const open_[] = {"publica", NULL};
static const char *const inner[] = {"interna", NULL};

struct ask {
    struct world *w;
    struct sb_codes classes;
};

static int setup(void **state)
{
    struct ask *a = calloc(1, sizeof *a);
    assert_non_null(a);
    a->w = world_new();
    a->classes = codes_of(a->w->arena, all);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    struct ask *a = *state;
    world_free(a->w);
    free(a);
    return 0;
}

static struct grant_choice
pnc_to(const char *id, size_t reader, const char *const *classes, uint64_t to)
{
    return (struct grant_choice){id, PNC, reader, classes, NOW - 10, to};
}

static struct sb_readers readers_at(struct ask *a, uint64_t now)
{
    struct sb_readers r = {0};
    struct sb_err err;
    assert_int_equal(sb_dir_readers(sb_trust_newest(a->w->trust),
                                    sb_bytes_str("pnc"),
                                    sb_bytes_str("comun.alerta"),
                                    &a->classes,
                                    now,
                                    a->w->arena,
                                    &r,
                                    &err),
                     0);
    return r;
}

static void
assert_reader(const struct sb_reader *r, const char *code, const char *const *classes)
{
    assert_true(sb_bytes_is(r->code, code));
    for (size_t i = 0; i < r->classes.n; i++)
        assert_true(sb_bytes_is(r->classes.items[i], classes[i]));
    assert_null(classes[r->classes.n]);
}

static void the_union_of_grants_and_the_publisher(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    static const char *const both[] = {"interna", "publica", NULL};
    static const char *const odd[] = {"reservada", NULL};
    const struct sb_vault *pnc = w->members[PNC].vault;
    world_grant(w, pnc_to("g1", IGM, open_, NOW + DAY), pnc);
    world_grant(w, pnc_to("g2", IGM, inner, NOW + 2 * DAY), pnc);
    world_grant(w, pnc_to("g3", STCNS, odd, NOW + 3 * DAY), pnc); /* no such class */
    world_publish(w);
    struct sb_readers r = readers_at(a, NOW);
    assert_int_equal(r.n, 2);
    assert_reader(&r.items[0], "igm", both);
    assert_reader(&r.items[1], "pnc", all);
    assert_int_equal(r.until, NOW + DAY);
    r = readers_at(a, NOW + DAY);
    assert_reader(&r.items[0], "igm", inner);
    r = readers_at(a, NOW + 2 * DAY);
    assert_int_equal(r.n, 1);
    assert_int_equal(readers_at(a, NOW - 11).until, NOW - 10); /* a coming start */
    assert_int_equal(readers_at(a, NOW - 11).n, 1);
}

static void keys_that_end_bound_the_answer(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    struct member *igm = &w->members[IGM];
    struct sb_vault_key old;
    struct sb_vault_key new;
    world_grant(w, pnc_to("g1", IGM, open_, NOW + 9 * YEAR), w->members[PNC].vault);
    assert_true(sb_vault_newest(igm->vault, SB_USE_SEAL, &old));
    assert_int_equal(sb_vault_add(igm->vault, SB_USE_SEAL, NOW + 1, &new, NULL), 0);
    assert_int_equal(sb_card_next(&w->x,
                                  igm->vault,
                                  sb_buf_bytes(&igm->cards[0]),
                                  NOW + DAY,
                                  YEAR,
                                  &igm->cards[1],
                                  NULL),
                     0);
    igm->n_cards = 2;
    world_publish(w);
    struct sb_readers r = readers_at(a, NOW);
    assert_memory_equal(r.items[0].seal_key_id, old.key_id, SB_KEY_ID);
    assert_int_equal(r.until, NOW + DAY);
    r = readers_at(a, NOW + DAY);
    assert_memory_equal(r.items[0].seal_key_id, new.key_id, SB_KEY_ID);
    assert_memory_equal(r.items[0].seal.pk, new.pk, SB_PK);
    assert_int_equal(r.until, NOW - DAY + YEAR);
}

static void who_is_not_active_reads_nothing(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    struct sb_err err;
    struct sb_codes classes;
    struct sb_readers r;
    const struct sb_vault *pnc = w->members[PNC].vault;
    world_grant(w, pnc_to("g1", IGM, open_, NOW + DAY), pnc);
    world_publish(w);
    assert_int_equal(readers_at(a, NOW).n, 2);
    w->members[IGM].status = "suspended";
    world_publish(w);
    assert_int_equal(readers_at(a, NOW).n, 1);
    assert_int_equal(sb_dir_classes(sb_trust_newest(w->trust),
                                    sb_bytes_str("pnc"),
                                    sb_bytes_str("comun.alerta"),
                                    sb_bytes_str("igm"),
                                    NOW,
                                    w->arena,
                                    &classes,
                                    &err),
                     0);
    assert_int_equal(classes.n, 0);
    w->members[PNC].status = "suspended";
    world_publish(w);
    assert_int_equal(sb_dir_readers(sb_trust_newest(w->trust),
                                    sb_bytes_str("pnc"),
                                    sb_bytes_str("comun.alerta"),
                                    &a->classes,
                                    NOW,
                                    w->arena,
                                    &r,
                                    &err),
                     SB_E_MEMBER);
}

static void revoked_keys_never_count(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    struct sb_vault_key k;
    struct sb_card_key got;
    struct sb_err err;
    struct member *igm = &w->members[IGM];
    world_grant(w, pnc_to("g1", IGM, open_, NOW + DAY), w->members[PNC].vault);
    assert_true(sb_vault_newest(igm->vault, SB_USE_SEAL, &k));
    memcpy(igm->keys[0].key_id, k.key_id, SB_KEY_ID);
    igm->keys[0].status = sb_bytes_str("revoked");
    igm->n_keys = 1;
    world_publish(w);
    const struct sb_dir *d = sb_trust_newest(w->trust);
    assert_int_equal(readers_at(a, NOW).n, 1);
    assert_int_equal(
        sb_dir_key(d, sb_bytes_str("igm"), SB_USE_SEAL, NULL, NOW, &got, &err),
        SB_E_NO_KEY);
    assert_int_equal(
        sb_dir_key(d, sb_bytes_str("igm"), SB_USE_SEAL, k.key_id, NOW, &got, &err),
        SB_E_NO_KEY);
}

static int own_readers(struct ask *a, const struct sb_vault *v, struct sb_readers *out)
{
    struct sb_err err;
    return sb_dir_readers_own(a->w->trust,
                              sb_trust_newest(a->w->trust),
                              v,
                              sb_bytes_str("comun.alerta"),
                              &a->classes,
                              NOW,
                              a->w->arena,
                              out,
                              &err);
}

/* A pnc whose card chain the authority made up has other sign keys than pnc's vault. */
static void a_publisher_counts_only_its_own_signatures(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    const struct sb_vault *pnc = w->members[PNC].vault;
    struct sb_vault *other = NULL;
    struct sb_readers r;
    world_grant(w, pnc_to("g1", IGM, open_, NOW + DAY), pnc);
    world_publish(w);
    assert_int_equal(own_readers(a, pnc, &r), 0);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.until, readers_at(a, NOW).until);
    assert_int_equal(sb_vault_new(&other, sb_bytes_str("pnc"), NULL), 0);
    assert_int_equal(sb_vault_add(other, SB_USE_SIGN, NOW, NULL, NULL), 0);
    assert_int_equal(own_readers(a, other, &r), SB_E_NO_KEY);
    for (size_t i = 0; i < sb_vault_count(pnc);
         i++) /* pnc's seal key, but not its sign */
        if (sb_bytes_is(sb_vault_key_at(pnc, i).use, SB_USE_SEAL))
            assert_int_equal(sb_vault_put(other,
                                          sb_bytes_str(SB_USE_SEAL),
                                          NOW,
                                          sb_vault_secret(pnc, i).p,
                                          NULL),
                             0);
    assert_int_equal(own_readers(a, other, &r), 0);
    assert_int_equal(r.n, 1);
    assert_reader(&r.items[0], "pnc", all);
    sb_vault_free(other);
}

static void a_key_without_its_card_is_not_used_yet(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    struct member *pnc = &w->members[PNC];
    struct sb_vault_key old;
    struct sb_vault_key new;
    struct sb_vault_key got;
    struct sb_err err;
    world_publish(w);
    assert_true(sb_vault_newest(pnc->vault, SB_USE_SIGN, &old));
    assert_int_equal(sb_vault_add(pnc->vault, SB_USE_SIGN, NOW + 1, &new, NULL), 0);
    const struct sb_dir *d = sb_trust_newest(w->trust);
    assert_int_equal(sb_dir_own_key(d, pnc->vault, SB_USE_SIGN, NOW, &got, &err), 0);
    assert_memory_equal(got.key_id, old.key_id, SB_KEY_ID);
    assert_int_equal(sb_dir_own_key(d, pnc->vault, SB_USE_SIGN, NOW + YEAR, &got, &err),
                     SB_E_KEY_EXPIRED);
    assert_int_equal(sb_dir_own_key(d, pnc->vault, SB_USE_LOG, NOW, &got, &err),
                     SB_E_NO_KEY);
    assert_int_equal(sb_dir_own_key(d, w->broker, SB_USE_CURVE, NOW, &got, &err),
                     SB_E_MEMBER);
    assert_int_equal(sb_card_next(&w->x,
                                  pnc->vault,
                                  sb_buf_bytes(&pnc->cards[0]),
                                  NOW,
                                  YEAR,
                                  &pnc->cards[1],
                                  NULL),
                     0);
    pnc->n_cards = 2;
    world_publish(w);
    d = sb_trust_newest(w->trust);
    assert_int_equal(sb_dir_own_key(d, pnc->vault, SB_USE_SIGN, NOW, &got, &err), 0);
    assert_memory_equal(got.key_id, new.key_id, SB_KEY_ID);
}

static void the_match_names_the_first_difference(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    struct sb_err err;
    world_grant(w, pnc_to("g1", IGM, open_, NOW + DAY), w->members[PNC].vault);
    world_publish(w);
    struct sb_readers r = readers_at(a, NOW);
    struct sb_epoch_reader rows[3] = {0};
    struct sb_epoch_core core = {
        .stream = sb_bytes_str("pnc/comun.alerta"), .readers = rows, .n_readers = 2};
    for (size_t i = 0; i < 2; i++) {
        rows[i].reader = r.items[i].code;
        rows[i].classes = r.items[i].classes;
        memcpy(rows[i].seal_key_id, r.items[i].seal_key_id, SB_KEY_ID);
    }
    assert_int_equal(sb_readers_match(&r, &core, &err), 0);
    core.n_readers = 1;
    assert_int_equal(sb_readers_match(&r, &core, &err), SB_E_EPOCH_READERS);
    assert_non_null(strstr(err.text, "pnc may read"));
    core.n_readers = 3;
    rows[2] = rows[1];
    rows[2].reader = sb_bytes_str("sat");
    assert_int_equal(sb_readers_match(&r, &core, &err), SB_E_EPOCH_READERS);
    assert_non_null(strstr(err.text, "sat is a reader"));
    core.n_readers = 2;
    rows[0].seal_key_id[0] ^= 1;
    assert_int_equal(sb_readers_match(&r, &core, &err), SB_E_EPOCH_READERS);
    assert_non_null(strstr(err.text, "igm has another seal key"));
    rows[0].seal_key_id[0] ^= 1;
    rows[0].classes = a->classes;
    assert_int_equal(sb_readers_match(&r, &core, &err), SB_E_EPOCH_READERS);
    assert_non_null(strstr(err.text, "igm has other classes"));
}

static void curve_keys_name_their_members(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    struct sb_vault_key k;
    uint8_t stranger[SB_PK] = {9};
    w->members[STCNS].status = "suspended";
    world_publish(w);
    const struct sb_dir *d = sb_trust_newest(w->trust);
    assert_true(sb_vault_newest(w->members[PNC].vault, SB_USE_CURVE, &k));
    assert_true(sb_bytes_is(sb_dir_by_curve(d, k.pk, NOW), "pnc"));
    assert_int_equal(sb_dir_curve_refusal(d, k.pk, NOW), 0);
    assert_int_equal(sb_dir_by_curve(d, k.pk, NOW + YEAR).n, 0);
    assert_int_equal(sb_dir_curve_refusal(d, k.pk, NOW + YEAR), SB_E_KEY_EXPIRED);
    assert_int_equal(sb_dir_curve_refusal(d, k.pk, NOW - 2 * DAY), SB_E_KEY_EXPIRED);
    assert_int_equal(sb_dir_curve_refusal(d, stranger, NOW), SB_E_CURVE_UNKNOWN);
    assert_int_equal(sb_dir_by_curve(d, stranger, NOW).n, 0);
    assert_true(sb_vault_newest(w->members[STCNS].vault, SB_USE_CURVE, &k));
    assert_int_equal(sb_dir_curve_refusal(d, k.pk, NOW), SB_E_SUSPENDED);
    assert_true(sb_vault_newest(w->members[PNC].vault, SB_USE_SEAL, &k));
    assert_int_equal(sb_dir_curve_refusal(d, k.pk, NOW), SB_E_CURVE_UNKNOWN);
}

static void records_verify_by_member_and_time(void **state)
{
    struct ask *a = *state;
    struct world *w = a->w;
    struct sb_vault_key k;
    struct sb_buf raw = {0};
    struct sb_record r;
    struct sb_err err;
    const uint8_t body[] = "\x92\xabsacbe/x.y/1\x07";
    const struct sb_vault *pnc = w->members[PNC].vault;
    world_publish(w);
    const struct sb_dir *d = sb_trust_newest(w->trust);
    assert_true(sb_vault_newest(pnc, SB_USE_SIGN, &k));
    assert_int_equal(
        sb_sign_record(
            &w->x, pnc, k.key_id, sb_bytes(body, sizeof body - 1), &raw, NULL),
        0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&raw), &r, NULL), 0);
    struct sb_bytes code = sb_bytes_str("pnc");
    assert_int_equal(sb_dir_verify(w->trust, d, code, &r, NOW, &err), 0);
    assert_int_equal(sb_dir_verify(w->trust, d, code, &r, NOW + YEAR, &err),
                     SB_E_KEY_EXPIRED);
    assert_int_equal(sb_dir_verify(w->trust, d, sb_bytes_str("igm"), &r, NOW, &err),
                     SB_E_SIGNATURE);
    assert_int_equal(sb_dir_verify(w->trust, d, sb_bytes_str("sat"), &r, NOW, &err),
                     SB_E_MEMBER);
    r.sigs[0].sig[0] ^= 1;
    assert_int_equal(sb_dir_verify(w->trust, d, code, &r, NOW, &err), SB_E_SIGNATURE);
    r.n = 0;
    assert_int_equal(sb_dir_verify(w->trust, d, code, &r, NOW, &err), SB_E_SIGNATURE);
    assert_true(sb_vault_newest(pnc, SB_USE_WITNESS, &k)); /* not for records */
    sb_buf_reset(&raw);
    assert_int_equal(
        sb_sign_record(
            &w->x, pnc, k.key_id, sb_bytes(body, sizeof body - 1), &raw, NULL),
        0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&raw), &r, NULL), 0);
    assert_int_equal(sb_dir_verify(w->trust, d, code, &r, NOW, &err), SB_E_SIGNATURE);
    sb_buf_free(&raw);
}

#define READERS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READERS_TEST(the_union_of_grants_and_the_publisher),
        READERS_TEST(keys_that_end_bound_the_answer),
        READERS_TEST(who_is_not_active_reads_nothing),
        READERS_TEST(revoked_keys_never_count),
        READERS_TEST(a_publisher_counts_only_its_own_signatures),
        READERS_TEST(a_key_without_its_card_is_not_used_yet),
        READERS_TEST(the_match_names_the_first_difference),
        READERS_TEST(curve_keys_name_their_members),
        READERS_TEST(records_verify_by_member_and_time),
    };
    return cmocka_run_group_tests_name("keys.readers", tests, NULL, NULL);
}
