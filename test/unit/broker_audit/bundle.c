/* Purpose: a bundle that is in order passes; each lie in it is told by its part. */
#include "test/unit/broker_audit/scene.h"

#include "broker/core/payload.h"

#include <stdio.h>
#include <unistd.h>

static int setup(void **state)
{
    struct scene *s = scene_new();
    scene_fill(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static void passes(void **state)
{
    struct scene *s = *state;
    scene_audit(s);
    scene_passed(s);
    assert_int_equal(s->facts.entries, 13);
    assert_int_equal(s->facts.size, 13);
    assert_int_equal(s->facts.batches, 4);
    assert_int_equal(s->facts.events, 10);
    assert_int_equal(s->facts.streams, 1);
    assert_int_equal(s->facts.directories, 2);
    assert_int_equal(s->facts.receipts, 2);
    assert_string_equal(s->facts.origin, "sns/journal/1");
    assert_int_equal(s->facts.first_ms, NOW);
    assert_int_equal(s->facts.last_ms, NOW + 12000);
}

static void without_roots_is_indeterminate(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    config.roots = NULL;
    assert_int_equal(scene_audit_with(s, &config), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_ROOTS, SB_E_ROOTS));
    assert_int_equal(s->n_found, 1);
}

/* Roots as they are published: no key of the broker among them. */
static void published_roots_serve(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    struct sb_anchor roots = s->w->anchor;
    memset(roots.curve_pk, 0, SB_PK);
    memset(roots.log_pk, 0, SB_PK);
    config.roots = &roots;
    scene_audit_with(s, &config);
    scene_passed(s);
}

static void other_roots_fail(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    struct world *other = world_new();
    config.roots = &other->anchor;
    scene_audit_with(s, &config);
    scene_failed(s, SB_AUDIT_ROOTS, SB_E_THRESHOLD);
    world_free(other);
}

static const struct sb_vault *pnc(struct scene *s)
{
    return s->w->members[PNC].vault;
}

/* The body of an entry, to be changed. */
static struct sb_bytes body_of(struct scene *s, size_t at)
{
    struct sb_record r;
    assert_int_equal(sb_record_read(s->f.entries[at].record, &r, NULL), 0);
    return r.body;
}

static void flipped_signature(void **state)
{
    struct scene *s = *state;
    struct sb_bytes record = s->f.entries[BATCH_AT].record;
    uint8_t *bytes = sb_arena_alloc(s->f.arena, record.n, 1);
    memcpy(bytes, record.p, record.n);
    bytes[record.n - 5] ^= 4;
    s->f.entries[BATCH_AT].record = sb_bytes(bytes, record.n);
    /* receipts and claims after it name the tree before: made anew as the broker could
     */
    forge_remove(&s->f, RECEIPT2_AT);
    forge_remove(&s->f, RECEIPT_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE);
}

static void signed_by_another_member(void **state)
{
    struct scene *s = *state;
    struct sb_buf body = {0};
    struct sb_bytes old = body_of(s, BATCH4_AT);
    sb_buf_put(&body, old.p, old.n);
    scene_resign(s, BATCH4_AT, s->w->members[STCNS].vault, SB_USE_SIGN, &body);
    forge_remove(&s->f, RECEIPT2_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE);
}

static void replayed_batch(void **state)
{
    struct scene *s = *state;
    struct forge_entry again = s->f.entries[BATCH3_AT];
    again.leaf.stored_ms = s->ms;
    forge_insert(&s->f, s->f.n, &again);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_DUPLICATE);
    assert_int_equal(s->n_found, 1);
    assert_int_equal(s->found[0].index, s->f.n - 1);
}

static void dropped_batch(void **state)
{
    struct scene *s = *state;
    forge_remove(&s->f, RECEIPT2_AT);
    forge_remove(&s->f, BATCH3_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_GAP);
    assert_int_equal(s->facts.gaps, 1);
    assert_int_equal(s->n_found, 1);
}

/* Readers' receipts tell what the broker took away, whatever it signs. */
static void dropped_tail_is_told_by_a_receipt(void **state)
{
    struct scene *s = *state;
    forge_remove(&s->f, BATCH4_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_RECEIPT);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_FORK));
}

static void dropped_tail_is_told_by_heads(void **state)
{
    struct scene *s = *state;
    forge_remove(&s->f, RECEIPT2_AT);
    scene_heads(s);
    forge_remove(&s->f, BATCH4_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_WITHHELD);
}

static void epoch_with_an_extra_reader(void **state)
{
    struct scene *s = *state;
    struct sb_readers readers;
    struct sb_codes own = {
        .items = (struct sb_bytes[]){sb_bytes_str("interna"), sb_bytes_str("publica")},
        .n = 2};
    static const char *const granted[] = {"publica", NULL};
    /* as if stcns had a grant: its readers, without the directory */
    struct world *w = s->w;
    world_grant(w,
                (struct grant_choice){.id = "g2",
                                      .publisher = PNC,
                                      .reader = STCNS,
                                      .classes = granted,
                                      .not_before = NOW - DAY,
                                      .not_after = NOW + YEAR},
                pnc(s));
    struct sb_trust *kept = w->trust;
    struct sb_buf record = {0};
    world_sign(w, (struct roots_choice){0, 3, 2}, 3, &record);
    assert_int_equal(sb_trust_new(&w->trust, &w->anchor, NULL), 0);
    assert_int_equal(sb_trust_add(w->trust, sb_buf_bytes(&record), NULL), 0);
    assert_int_equal(sb_dir_readers(sb_trust_newest(w->trust),
                                    sb_bytes_str("pnc"),
                                    sb_bytes_str("comun.alerta"),
                                    &own,
                                    s->ms,
                                    s->f.arena,
                                    &readers,
                                    NULL),
                     0);
    assert_int_equal(readers.n, 3);
    struct sb_trust *other = w->trust;
    w->trust = kept;
    s->readers = &readers;
    scene_epoch(s);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_RIGHTS, SB_E_EPOCH_READERS);
    sb_trust_free(other);
    sb_buf_free(&record);
}

/* A batch of the stream, made by hand. */
static struct sb_batch batch_at(struct scene *s, size_t at)
{
    struct sb_batch b;
    assert_int_equal(sb_batch_read(body_of(s, at), &b, NULL), 0);
    return b;
}

static void resign_batch(struct scene *s, size_t at, const struct sb_batch *b)
{
    struct sb_buf body = {0};
    sb_batch_write(b, &body);
    scene_resign(s, at, pnc(s), SB_USE_SIGN, &body);
}

static void wrong_prev(void **state)
{
    struct scene *s = *state;
    struct sb_batch b = batch_at(s, BATCH4_AT);
    b.prev[3] ^= 1;
    resign_batch(s, BATCH4_AT, &b);
    forge_remove(&s->f, RECEIPT2_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_CONFLICT);
}

static void wrong_items(void **state)
{
    struct scene *s = *state;
    struct sb_batch b = batch_at(s, BATCH4_AT);
    b.items_root[3] ^= 1;
    resign_batch(s, BATCH4_AT, &b);
    forge_remove(&s->f, RECEIPT2_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_ITEMS_ROOT);
}

static void equivocation(void **state)
{
    struct scene *s = *state;
    struct sb_batch b = batch_at(s, BATCH4_AT);
    struct forge_entry other = s->f.entries[BATCH4_AT];
    other.leaf.stored_ms = s->ms;
    forge_insert(&s->f, s->f.n, &other);
    b.sent += 1;
    resign_batch(s, s->f.n - 1, &b);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_EQUIVOCATION);
    assert_int_equal(s->facts.double_signatures, 1);
}

static void old_claim(void **state)
{
    struct scene *s = *state;
    scene_claim(s);
    s->claim_no--;
    scene_batch(s, 1);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_FENCED);
}

static void claim_that_skips(void **state)
{
    struct scene *s = *state;
    s->claim_no++;
    scene_claim(s);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_FENCED);
}

static void claim_of_another_tree(void **state)
{
    struct scene *s = *state;
    struct sb_claim c;
    struct sb_buf body = {0};
    scene_claim(s);
    assert_int_equal(sb_claim_read(body_of(s, s->f.n - 1), &c, NULL), 0);
    c.root[0] ^= 1;
    sb_claim_write(&c, &body);
    scene_resign(s, s->f.n - 1, pnc(s), SB_USE_SIGN, &body);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_FORK);
}

static void time_that_falls(void **state)
{
    struct scene *s = *state;
    s->f.entries[RECEIPT2_AT].leaf.stored_ms = NOW;
    scene_audit(s);
    scene_failed(s, SB_AUDIT_DIRECTORIES, SB_E_JOURNAL_ORDER);
}

static void another_directory_version(void **state)
{
    struct scene *s = *state;
    s->f.entries[RECEIPT2_AT].leaf.directory_version = 1;
    scene_audit(s);
    scene_failed(s, SB_AUDIT_DIRECTORIES, SB_E_DIR_VERSION);
}

static void another_kind(void **state)
{
    struct scene *s = *state;
    s->f.entries[RECEIPT2_AT].leaf.kind = SB_KIND_HEADS;
    scene_audit(s);
    scene_failed(s, SB_AUDIT_FORM, SB_E_TAG);
}

static void false_receipt(void **state)
{
    struct scene *s = *state;
    scene_receipt(s, STCNS); /* never a reader */
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_RECEIPT);
}

static void records_of_another_exchange(void **state)
{
    struct scene *s = *state;
    struct scene *other = scene_new();
    scene_fill(other);
    s->f.entries[BATCH4_AT] = other->f.entries[BATCH4_AT];
    s->f.entries[BATCH4_AT].leaf.stored_ms = NOW + 11000;
    forge_remove(&s->f, RECEIPT2_AT);
    assert_int_equal(scene_audit(s), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE));
    scene_free(other);
}

static void another_log_key(void **state)
{
    struct scene *s = *state;
    struct world *other = world_new();
    struct sb_audit_config config = scene_config(s);
    forge_write(&s->f, other->broker, s->dir);
    scene_judge(s, &config);
    scene_failed(s, SB_AUDIT_CHECKPOINT, SB_E_NOTE);
    world_free(other);
}

static void since_an_earlier_checkpoint(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    struct sb_buf note = {0};
    forge_note(&s->f, 7, s->w->broker, &note);
    config.since = sb_buf_bytes(&note);
    scene_audit_with(s, &config);
    scene_passed(s);
    /* another history since then */
    forge_remove(&s->f, RECEIPT2_AT);
    forge_remove(&s->f, RECEIPT_AT);
    forge_remove(&s->f, CLAIM_AT + 1);
    assert_int_equal(scene_audit_with(s, &config), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_CONSISTENCY));
    sb_buf_free(&note);
}

static void older_than_since(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    struct sb_buf note = {0};
    forge_note(&s->f, s->f.n, s->w->broker, &note);
    config.since = sb_buf_bytes(&note);
    forge_remove(&s->f, RECEIPT2_AT);
    scene_audit_with(s, &config);
    scene_failed(s, SB_AUDIT_CHECKPOINT, SB_E_JOURNAL_SHORT);
    sb_buf_free(&note);
}

static void quorum_is_asked(void **state)
{
    struct scene *s = *state;
    s->w->dir.quorum = 2;
    scene_directory(s);
    assert_int_equal(scene_audit(s), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_QUORUM));
    assert_int_equal(s->facts.quorum, 2);
}

static void missing_and_late_receipts(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    config.receipt_late_ms = 500;
    forge_remove(&s->f, RECEIPT2_AT);
    forge_remove(&s->f, RECEIPT_AT);
    assert_int_equal(scene_audit_with(s, &config), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_RECEIPT));
    s->ms += 5000;
    scene_receipt(s, IGM);
    assert_int_equal(scene_audit_with(s, &config), SB_AUDIT_PASSED);
    assert_int_equal(s->facts.late_receipts, 1);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_RECEIPT));
}

/* A receipt for a batch that is far behind is found by another pass. */
static void a_receipt_far_behind(void **state)
{
    struct scene *s = *state;
    struct sb_head head = {.stream = sb_bytes_str(STREAM), .seq = 2};
    struct sb_receipt r = {.reader = sb_bytes_str("igm"),
                           .subscription = sb_bytes_str("all"),
                           .heads = {&head, 1},
                           .time = s->ms};
    for (size_t i = 0; i < 40; i++)
        scene_batch(s, 1);
    for (int lie = 0; lie < 2; lie++) {
        struct sb_buf body = {0};
        assert_int_equal(sb_record_hash(head.batch_hash, body_of(s, BATCH_AT), NULL),
                         0);
        head.batch_hash[0] ^= (uint8_t)lie;
        r.tree_size = s->f.n;
        forge_root(&s->f, r.tree_size, r.root);
        sb_receipt_write(&r, &body);
        scene_record(s, SB_KIND_RECEIPT, s->w->members[IGM].vault, SB_USE_SIGN, &body);
        scene_audit(s);
        if (lie)
            scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_RECEIPT);
        else
            scene_passed(s);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(passes),
        T(without_roots_is_indeterminate),
        T(published_roots_serve),
        T(other_roots_fail),
        T(flipped_signature),
        T(signed_by_another_member),
        T(replayed_batch),
        T(dropped_batch),
        T(dropped_tail_is_told_by_a_receipt),
        T(dropped_tail_is_told_by_heads),
        T(epoch_with_an_extra_reader),
        T(wrong_prev),
        T(wrong_items),
        T(equivocation),
        T(old_claim),
        T(claim_that_skips),
        T(claim_of_another_tree),
        T(time_that_falls),
        T(another_directory_version),
        T(another_kind),
        T(false_receipt),
        T(records_of_another_exchange),
        T(another_log_key),
        T(since_an_earlier_checkpoint),
        T(older_than_since),
        T(quorum_is_asked),
        T(missing_and_late_receipts),
        T(a_receipt_far_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
