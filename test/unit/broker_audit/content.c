/* Purpose: with a vault: what it may read opens, and is what the catalogue allows; and
 * the deliveries of a bundle. */
#include "test/unit/broker_audit/scene.h"

#include "broker/audit/tell.h"
#include "broker/core/payload.h"

static int setup(void **state)
{
    *state = scene_new();
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static void opens_and_validates(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    scene_fill(s);
    config.vault = s->w->members[IGM].vault;
    scene_audit_with(s, &config);
    scene_passed(s);
    assert_int_equal(s->facts.opened, 10);
    assert_int_equal(s->facts.invalid, 0);
    config.vault = s->w->members[STCNS].vault; /* reads nothing */
    scene_audit_with(s, &config);
    scene_passed(s);
    assert_int_equal(s->facts.opened, 0);
}

static void an_invalid_event(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    scene_claim(s);
    scene_epoch(s);
    s->nivel = "azul";
    scene_batch(s, 2);
    scene_receipt(s, IGM);
    config.vault = s->w->members[IGM].vault;
    scene_audit_with(s, &config);
    scene_failed(s, SB_AUDIT_CONTENT, SB_E_INVALID);
    assert_int_equal(s->facts.opened, 2);
    assert_int_equal(s->facts.invalid, 2);
    for (size_t i = 0; i < s->n_found; i++) {
        assert_null(strstr(s->found[i].text, "azul"));
        assert_non_null(strstr(s->found[i].text, "/nivel"));
    }
}

/* An epoch that names igm and gives it garbage. */
static void a_reader_without_a_key(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    struct sb_record r;
    struct sb_epoch epoch;
    struct sb_buf body = {0};
    scene_claim(s);
    scene_epoch(s);
    size_t at = s->f.n - 1;
    assert_int_equal(sb_record_read(s->f.entries[at].record, &r, NULL), 0);
    assert_int_equal(sb_epoch_read(r.body, s->f.arena, &epoch, NULL), 0);
    uint8_t *ct = sb_arena_alloc(s->f.arena, epoch.cts[0].n, 1);
    memcpy(ct, epoch.cts[0].p, epoch.cts[0].n);
    ct[40] ^= 1;
    epoch.cts[0].p = ct; /* igm comes first */
    sb_epoch_write(&epoch, &body);
    scene_resign(s, at, s->w->members[PNC].vault, SB_USE_SIGN, &body);
    config.vault = s->w->members[IGM].vault;
    scene_audit_with(s, &config);
    scene_failed(s, SB_AUDIT_CONTENT, SB_E_OPEN_FAILED);
}

static void a_catalogue_of_other_files(void **state)
{
    struct scene *s = *state;
    struct sb_record r;
    struct sb_manifest m;
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    scene_fill(s);
    assert_int_equal(sb_record_read(s->catalogue, &r, NULL), 0);
    assert_int_equal(sb_catalogue_read(r.body, s->f.arena, &m, NULL), 0);
    m.files[1].content = sb_bytes_str("{}");
    sb_manifest_write(&m, true, &body);
    sb_record_write(&record, sb_buf_bytes(&body), NULL, 0);
    struct forge_entry e = s->f.entries[1];
    e.leaf.stored_ms = s->ms;
    e.leaf.directory_version = 2;
    e.record = sb_buf_bytes(&record);
    forge_insert(&s->f, s->f.n, &e);
    assert_int_equal(scene_audit(s), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_CATALOGUE, SB_E_CATALOGUE_HASH));
    sb_buf_free(&body);
    sb_buf_free(&record);
}

struct told {
    struct sb_delivery d;
    size_t n;
    char basis[64];
};

static int tell(void *ctx, const struct sb_delivery *d, struct sb_err *err)
{
    struct told *t = ctx;
    (void)err;
    t->d = *d;
    t->n++;
    assert_true(sb_bytes_is(d->stream, STREAM));
    assert_true(sb_bytes_is(d->reader, "igm"));
    assert_int_equal(d->n_bases, 1);
    assert_true(sb_bytes_is(d->bases[0], "Acuerdo 1-2023"));
    return 0;
}

static void deliveries(void **state)
{
    struct scene *s = *state;
    struct told t = {.n = 0};
    struct sb_audit_config config = scene_config(s);
    struct sb_reject r = {.reader = sb_bytes_str("igm"),
                          .stream = sb_bytes_str(STREAM),
                          .seq = 2,
                          .code = 305,
                          .pointer = sb_bytes_str("/nivel"),
                          .time = NOW};
    struct sb_buf body = {0};
    scene_fill(s);
    sb_reject_write(&r, &body);
    scene_record(s, SB_KIND_REJECT, s->w->members[IGM].vault, SB_USE_SIGN, &body);
    scene_batch(s, 5);
    scene_withdraw(s, 11, 12);
    scene_drop_texts(s, s->f.n - 2, 1);
    scene_drop_texts(s, s->f.n - 2, 2);
    scene_act(s, IGM, SB_ACT_DELETE, 11, 12);
    (void)scene_audit(s);
    s->n_found = 0;
    assert_int_equal(sb_audit_deliveries(s->dir, &config, tell, &t, &s->facts, NULL),
                     0);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.d.sent, 15);
    assert_int_equal(t.d.delivered, 10);
    assert_int_equal(t.d.rejected, 1);
    assert_int_equal(t.d.applied, 9);
    assert_int_equal(t.d.pending, 5);
    assert_int_equal(t.d.first_seq, 1);
    assert_int_equal(t.d.last_seq, 15);
    assert_int_equal(t.d.withdrawn, 2);
    assert_int_equal(t.d.deleted, 2);
    assert_int_equal(t.d.receipt_ms, NOW + 12000);
    assert_int_not_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(opens_and_validates),
        T(an_invalid_event),
        T(a_reader_without_a_key),
        T(a_catalogue_of_other_files),
        T(deliveries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
