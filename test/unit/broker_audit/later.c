/* Purpose: a journal of a later generation: what publishers refill is judged as made
 * before, and what comes after as ever. */
#include "test/unit/broker_audit/scene.h"

/* The exchange's second journal: both directories, then the one that opens it, then
 * what pnc kept of the first. */
static struct scene *second(size_t kept_from)
{
    struct scene *s = scene_new();
    struct forge first;
    struct sb_buf note = {0};
    scene_fill(s);
    forge_note(&s->f, s->f.n, s->w->broker, &note);
    forge_init(&first);
    for (size_t i = 0; i < s->f.n; i++)
        forge_insert(&first, i, &s->f.entries[i]);
    s->w->dir.generation = 2;
    s->w->dir.last_final_note = forge_keep(&s->f, sb_buf_bytes(&note));
    s->w->dir.issued = NOW + 5 * (uint64_t)DAY;
    s->f.n = 0;
    s->f.generation = 2;
    forge_insert(&s->f, 0, &first.entries[0]);
    forge_insert(&s->f, 1, &first.entries[1]);
    forge_insert(&s->f, 2, &first.entries[2]);
    s->ms = NOW + 5 * (uint64_t)DAY;
    scene_directory(s);
    for (size_t i = kept_from; i < first.n; i++) {
        struct forge_entry e = first.entries[i];
        if (e.leaf.kind != SB_KIND_CLAIM && e.leaf.kind != SB_KIND_EPOCH &&
            e.leaf.kind != SB_KIND_BATCH)
            continue;
        e.leaf.stored_ms = s->ms++;
        e.leaf.directory_version = s->version;
        forge_insert(&s->f, s->f.n, &e);
    }
    sb_buf_free(&note);
    forge_free(&first);
    return s;
}

static void a_refill_passes(void **state)
{
    struct scene *s = second(CLAIM_AT);
    (void)state;
    (void)scene_audit(s);
    scene_passed(s);
    assert_string_equal(s->facts.origin, "sns/journal/2");
    scene_claim(s);
    scene_epoch(s);
    scene_batch(s, 2);
    scene_receipt(s, IGM);
    (void)scene_audit(s);
    scene_passed(s);
    scene_free(s);
}

/* What it begins with sets the stream's numbers; then they are dense. */
static void a_refill_from_the_middle(void **state)
{
    struct scene *s = second(EPOCH2_AT);
    struct forge_entry claim;
    (void)state;
    struct scene *whole = second(CLAIM_AT);
    (void)scene_audit(whole);
    scene_passed(whole);
    scene_free(whole);
    /* its claim was made long before: by hand, as the first of the second journal */
    s->claim_no--;
    uint64_t seq = s->seq;
    s->seq = 4;
    scene_claim(s);
    s->seq = seq;
    claim = s->f.entries[s->f.n - 1];
    claim.leaf.stored_ms = s->f.entries[3].leaf.stored_ms;
    forge_remove(&s->f, s->f.n - 1);
    forge_insert(&s->f, 4, &claim);
    (void)scene_audit(s);
    assert_int_not_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
    assert_int_equal(s->facts.events, 6);
    forge_remove(&s->f, 6); /* events 5 and 6: then 7 comes first, which is allowed */
    (void)scene_audit(s);
    assert_int_not_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
    scene_batch(s, 1);
    s->seq += 3;
    scene_epoch(s);
    scene_batch(s, 1);
    (void)scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_GAP);
    scene_free(s);
}

/* An auditor's own checkpoint of the first journal: of its end, or of another one. */
static void a_checkpoint_of_the_journal_before(void **state)
{
    struct scene *s = second(CLAIM_AT);
    struct sb_audit_config config = scene_config(s);
    struct sb_checkpoint c;
    struct sb_buf other = {0};
    (void)state;
    config.since = s->w->dir.last_final_note;
    assert_int_equal(scene_audit_with(s, &config), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_JOURNAL_GENERATION));
    assert_int_equal(sb_checkpoint_text(config.since, &c, NULL), 0);
    c.root[0] ^= 1;
    assert_int_equal(sb_checkpoint_sign(s->w->broker, &c, &other, NULL), 0);
    config.since = sb_buf_bytes(&other);
    (void)scene_audit_with(s, &config);
    scene_failed(s, SB_AUDIT_CHECKPOINT, SB_E_CONSISTENCY);
    sb_buf_free(&other);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refill_passes),
        cmocka_unit_test(a_refill_from_the_middle),
        cmocka_unit_test(a_checkpoint_of_the_journal_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
