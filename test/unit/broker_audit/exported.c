/* Purpose: what the journal exports is what the audit takes: a real journal, its
 * bundle, its verdict; and a bundle that was loaded and written again is the same to
 * it. */
#include "test/unit/broker_audit/scene.h"

#include "broker/bundle/export.h"
#include "broker/core/payload.h"
#include "broker/journal/row.h"
#include "broker/journal/journal.h"

#include <stdio.h>

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

static void append(struct scene *s, struct sb_journal *j, size_t at)
{
    const struct forge_entry *e = &s->f.entries[at];
    struct sb_row row;
    struct sb_buf leaf = {0};
    struct sb_cts cts = {.n = 0};
    struct sb_err err = {0};
    forge_leaf(&s->f, at, &leaf);
    assert_int_equal(sb_row_read(e->leaf.kind, e->record, s->f.arena, &row, NULL), 0);
    struct sb_append a = {.index = at,
                          .kind = e->leaf.kind,
                          .leaf = sb_buf_bytes(&leaf),
                          .record = e->record,
                          .stream = row.stream,
                          .first = row.first,
                          .last = row.last,
                          .reader = row.reader,
                          .items = e->items};
    memcpy(a.hash, row.hash, SB_HASH);
    if (e->leaf.kind == SB_KIND_CLAIM)
        memcpy(a.instance, row.as.claim.instance, SB_INSTANCE);
    if (e->texts.n > 0)
        assert_int_equal(sb_cts_read(e->texts, s->f.arena, &cts, NULL), 0);
    a.n_cts = cts.n;
    for (size_t c = 0; c < cts.n; c++) {
        a.ct_class[c] = cts.classes[c].name;
        a.ct_raw[c] = cts.classes[c].raw;
    }
    if (sb_journal_append(j, &a, 1, &err) != 0)
        fail_msg("%s", err.text);
    sb_buf_free(&leaf);
}

/* The scene's entries in a journal, exported to the scene's bundle. */
static void export_all(struct scene *s)
{
    char path[128];
    struct sb_journal *j = NULL;
    struct sb_journal_reader *r = NULL;
    struct sb_export_facts facts = {0};
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    struct sb_err err = {0};
    snprintf(path, sizeof path, "%s/journal.db", s->folder);
    struct sb_journal_config jc = {.path = path,
                                   .exchange = "sns",
                                   .generation = 1,
                                   .vault = s->w->broker,
                                   .checkpoint_ms = 1000};
    struct sb_export_config ec = {.dir = s->dir, .to = UINT64_MAX};
    if (sb_journal_open(&j, &jc, &err) != 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < s->f.n; i++)
        append(s, j, i);
    assert_int_equal(sb_journal_checkpoint(j, 1, true, &note, &c, NULL), 1);
    sb_journal_close(j);
    assert_int_equal(sb_journal_reader_open(&r, path, NULL), 0);
    if (sb_bundle_export(r, &ec, &facts, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(facts.size, s->f.n);
    sb_journal_reader_close(r);
    sb_buf_free(&note);
}

static void an_export_passes(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    scene_fill(s);
    while (s->f.n < 300)
        scene_batch(s, 1);
    export_all(s);
    (void)scene_judge(s, &config);
    scene_passed(s);
    assert_int_equal(s->facts.entries, s->f.n);
    /* loaded and written again it is the same tree */
    uint8_t root[SB_HASH];
    memcpy(root, s->facts.root, SB_HASH);
    forge_load(&s->f, s->dir);
    (void)scene_audit(s);
    scene_passed(s);
    assert_memory_equal(root, s->facts.root, SB_HASH);
}

static void an_export_with_a_withdrawal(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    scene_fill(s);
    scene_withdraw(s, 2, 3);
    scene_act(s, IGM, SB_ACT_DELETE, 2, 3);
    export_all(s);
    assert_int_equal(scene_judge(s, &config), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->facts.withdrawn, 4);
    assert_int_equal(s->n_found, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_export_passes),
        T(an_export_with_a_withdrawal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
