/* Purpose: bundles whose files were touched: cut, gone, swapped, added; ranges. */
#include "test/unit/broker_audit/scene.h"

#include "broker/bundle/tiles.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG 600u        /* entries at least: three files of each kind */
#define COSIGNATURE 104u /* characters of base64 */

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

static struct scene *long_one(void **state)
{
    struct scene *s = *state;
    while (s->f.n < LONG)
        scene_batch(s, 1);
    return s;
}

static const char *path_of(const struct scene *s, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return path;
}

static void put(const struct scene *s, const char *name, const char *text)
{
    assert_int_equal(sb_file_write(path_of(s, name), sb_bytes_str(text), 0644, NULL),
                     0);
}

/* One byte more, one less, one bit changed. */
enum touch { LONGER, CUT, FLIP };
static void touch(const struct scene *s, const char *name, enum touch how, size_t at)
{
    struct sb_buf b = {0};
    assert_int_equal(sb_file_read(path_of(s, name), 64u * SB_MIB, &b, NULL), 0);
    if (how == LONGER)
        sb_buf_byte(&b, 0);
    else if (how == CUT)
        b.n--;
    else
        b.p[at < b.n ? at : b.n - 1] ^= 1;
    assert_int_equal(sb_file_write(path_of(s, name), sb_buf_bytes(&b), 0644, NULL), 0);
    sb_buf_free(&b);
}

static void written(struct scene *s)
{
    scene_audit(s);
}

static void judge(struct scene *s)
{
    struct sb_audit_config config = scene_config(s);
    (void)scene_judge(s, &config);
}

static void a_long_one_passes(void **state)
{
    struct scene *s = long_one(state);
    written(s);
    scene_passed(s);
    assert_int_equal(s->facts.entries, s->f.n);
}

static void each_file_longer_or_cut(void **state)
{
    static const char *const names[] = {"tile/entries/000",
                                        "tile/entries/001",
                                        "records/000",
                                        "records/001",
                                        "texts/000",
                                        "texts/001",
                                        "tile/0/000",
                                        "tile/1/000.p/2",
                                        "directories/1.sbd"};
    struct scene *s = long_one(state);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (int how = LONGER; how <= FLIP; how++) {
            written(s);
            touch(s, names[i], (enum touch)how, 700);
            judge(s);
            if (sb_audit_result(&s->facts) != SB_AUDIT_FAILED)
                fail_msg("%s, touch %d: not seen", names[i], how);
        }
}

static void each_file_missing(void **state)
{
    static const char *const names[] = {"tile/entries/000",
                                        "records/001",
                                        "texts/001",
                                        "tile/0/001",
                                        "directories/2.sbd",
                                        "bundle.json",
                                        "checkpoint"};
    struct scene *s = long_one(state);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        written(s);
        assert_int_equal(unlink(path_of(s, names[i])), 0);
        judge(s);
        if (sb_audit_result(&s->facts) != SB_AUDIT_FAILED)
            fail_msg("%s: not missed", names[i]);
    }
}

/* A file of ciphertexts that is gone costs those only: all else is judged. */
static void the_rest_is_judged(void **state)
{
    struct scene *s = long_one(state);
    written(s);
    assert_int_equal(unlink(path_of(s, "texts/001")), 0);
    judge(s);
    scene_failed(s, SB_AUDIT_FORM, SB_E_BUNDLE);
    assert_int_equal(s->n_found, 1);
    assert_int_equal(s->facts.entries, s->f.n);
    written(s);
    assert_int_equal(unlink(path_of(s, "records/001")), 0);
    judge(s);
    assert_int_equal(s->facts.entries, s->f.n - SB_TILE_WIDTH);
    assert_int_equal(s->facts.gaps, 0);
    assert_int_equal(s->facts.parts[SB_AUDIT_STREAMS], SB_AUDIT_INDETERMINATE);
}

static void strangers(void **state)
{
    struct scene *s = *state;
    written(s);
    put(s, "notes.txt", "x");
    put(s, "directories/9.sbd", "x");
    judge(s);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->n_found, 2);
    assert_true(scene_found(s, SB_AUDIT_FORM, SB_E_BUNDLE));
}

static void another_about(void **state)
{
    struct scene *s = *state;
    s->f.generation = 1;
    written(s);
    put(s,
        "bundle.json",
        "{\n  \"format\": \"sacbe/bundle/1\",\n  \"exchange\": \"other\",\n"
        "  \"generation\": 1,\n  \"from\": 0,\n  \"to\": 9223372036854775807\n}\n");
    judge(s);
    scene_failed(s, SB_AUDIT_FORM, SB_E_BUNDLE);
}

static void outside_the_range(void **state)
{
    struct scene *s = *state;
    s->f.from = BATCH3_AT;
    s->f.to = BATCH4_AT;
    s->f.entries[BATCH_AT].outside = true;
    s->f.entries[BATCH2_AT].outside = true;
    s->f.entries[BATCH4_AT].outside = true;
    written(s);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->facts.outside, 3);
    assert_int_equal(s->facts.batches, 1);
    assert_true(scene_found(s, SB_AUDIT_STREAMS, SB_E_RANGE));
    /* inside it nothing may be missing */
    s->f.entries[BATCH3_AT].outside = true;
    written(s);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
    s->f.entries[BATCH3_AT].outside = false;
    s->f.entries[EPOCH2_AT].outside = true;
    written(s);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
}

/* Enough witnesses make it final; a false line of theirs refuses the note, one of a
 * name or key that nobody knows counts as none. */
static void cosigned(void **state)
{
    struct scene *s = *state;
    struct sb_buf note = {0};
    s->w->dir.quorum = 2;
    scene_directory(s);
    written(s);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_INDETERMINATE);
    forge_note(&s->f, s->f.n, s->w->broker, &note);
    struct sb_bytes bare = forge_keep(&s->f, sb_buf_bytes(&note));
    for (size_t m = IGM; m <= PNC; m++) {
        struct sb_vault_key key;
        char name[SB_NOTE_NAME_MAX + 1];
        const struct sb_vault *v = s->w->members[m].vault;
        assert_true(sb_vault_newest(v, SB_USE_WITNESS, &key));
        sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str(s->w->members[m].code));
        assert_int_equal(
            sb_cosign(v, key.key_id, name, bare, NOW / 1000 + 60, &note, NULL), 0);
    }
    assert_int_equal(
        sb_file_write(path_of(s, "checkpoint"), sb_buf_bytes(&note), 0644, NULL), 0);
    judge(s);
    scene_passed(s);
    assert_int_equal(s->facts.cosignatures, 2);
    touch(s, "checkpoint", FLIP, note.n - 20);
    judge(s);
    scene_failed(s, SB_AUDIT_CHECKPOINT, SB_E_COSIGNATURE);
    assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_QUORUM));
    touch(s, "checkpoint", FLIP, note.n - 20);
    note.p[note.n - COSIGNATURE - 3] ^= 1; /* the name */
    assert_int_equal(
        sb_file_write(path_of(s, "checkpoint"), sb_buf_bytes(&note), 0644, NULL), 0);
    judge(s);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_QUORUM));
    sb_buf_free(&note);
}

static void kinds(void **state)
{
    struct scene *s = *state;
    enum sb_audit_kind kind = SB_AUDIT_UNKNOWN;
    written(s);
    assert_int_equal(sb_audit_kind(s->dir, &kind, NULL), 0);
    assert_int_equal(kind, SB_AUDIT_BUNDLE);
    assert_int_equal(sb_audit_kind(s->folder, &kind, NULL), 0);
    assert_int_equal(kind, SB_AUDIT_UNKNOWN);
    put(s, "x", "SQLite format 3");
    assert_int_equal(sb_audit_kind(path_of(s, "x"), &kind, NULL), 0);
    assert_int_equal(kind, SB_AUDIT_UNKNOWN); /* its NUL is missing */
    put(s, "x", "\x9d\xad" SB_PROOF_TAG "...");
    assert_int_equal(sb_audit_kind(path_of(s, "x"), &kind, NULL), 0);
    assert_int_equal(kind, SB_AUDIT_PROOF);
    assert_int_equal(sb_audit_kind(path_of(s, "none"), &kind, NULL), SB_E_NOT_FOUND);
}

static void tiles_of_any_log(void **state)
{
    struct scene *s = long_one(state);
    struct sb_audit_config config = scene_config(s);
    struct sb_note_key key;
    char vkey[256];
    written(s);
    sb_note_vkey("sns/journal/1", s->w->anchor.log_pk, vkey);
    assert_int_equal(sb_note_key_read(vkey, &key, NULL), 0);
    s->n_found = 0;
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    scene_passed(s);
    assert_int_equal(s->facts.entries, s->f.n);
    /* entries of another kind than the leaves */
    for (size_t n = 0; n < 2; n++) {
        char name[64];
        snprintf(name, sizeof name, "tile/entries/%03zu", n);
        touch(s, name, FLIP, 20);
    }
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED); /* some of them */
    for (size_t n = 0; n < 3; n++) {
        char name[64];
        struct sb_buf other = {0};
        for (size_t i = 0; i < SB_TILE_WIDTH; i++)
            sb_buf_put(&other, "\0\1x", 3);
        snprintf(name, sizeof name, "tile/entries/%03zu%s", n, n == 2 ? ".p/88" : "");
        assert_int_equal(
            sb_file_write(path_of(s, name), sb_buf_bytes(&other), 0644, NULL), 0);
        sb_buf_free(&other);
    }
    s->n_found = 0;
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_PASSED);
    assert_int_equal(s->facts.entries, 0);
    assert_int_equal(s->n_found, 1); /* which says so */
    struct sb_buf note = {0};
    forge_note(&s->f, 300, s->w->broker, &note);
    written(s);
    config.since = sb_buf_bytes(&note);
    s->n_found = 0;
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    scene_passed(s);
    touch(s, "tile/0/001", FLIP, 40);
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
    key.pk[0] ^= 1;
    s->n_found = 0;
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    scene_failed(s, SB_AUDIT_CHECKPOINT, SB_E_NOTE);
    sb_buf_free(&note);
}

static void judge_tiles(struct scene *s, bool remembered)
{
    struct sb_audit_config config = scene_config(s);
    config.say = remembered ? config.say : NULL;
    struct sb_note_key key;
    char vkey[256];
    sb_note_vkey("sns/journal/1", s->w->anchor.log_pk, vkey);
    assert_int_equal(sb_note_key_read(vkey, &key, NULL), 0);
    s->n_found = 0;
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
}

/* One file of entries that are the leaves makes all of them be held against theirs. */
static void entries_of_any_log(void **state)
{
    struct scene *s = long_one(state);
    static const char *const files[] = {
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"};
    for (size_t i = 0; i < 3; i++)
        for (enum touch how = LONGER; how <= FLIP; how++) {
            written(s);
            touch(s, files[i], how, 20);
            judge_tiles(s, true);
            scene_failed(s, SB_AUDIT_FORM, SB_E_BUNDLE);
            assert_int_equal(s->n_found, 1);
        }
    for (size_t i = 0; i < 3; i++) {
        written(s);
        assert_int_equal(unlink(path_of(s, files[i])), 0);
        judge_tiles(s, true);
        scene_failed(s, SB_AUDIT_FORM, SB_E_BUNDLE);
        assert_int_equal(s->n_found, 1);
    }
    assert_int_equal(unlink(path_of(s, files[0])), 0);
    assert_int_equal(unlink(path_of(s, files[1])), 0);
    judge_tiles(s, true); /* none is left */
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_PASSED);
    assert_int_equal(s->n_found, 1);
    assert_non_null(strstr(s->found[0].text, "not here"));
    written(s);
    put(s, files[0], "");
    put(s, files[1], "x");
    judge_tiles(s, true); /* the last one tells */
    scene_failed(s, SB_AUDIT_FORM, SB_E_BUNDLE);
    assert_int_equal(s->n_found, 2);
}

/* Whatever size is signed, the audit ends after as many files as there are, and some.
 */
static void sizes_beyond_the_files(void **state)
{
    struct scene *s = long_one(state);
    struct sb_audit_config config = scene_config(s);
    static const uint64_t sizes[] = {1ull << 40, 1ull << 63, UINT64_MAX};
    config.say = NULL;
    for (size_t i = 0; i < 3; i++) {
        struct sb_buf note = {0};
        struct sb_checkpoint c = {.origin = "sns/journal/1", .size = sizes[i]};
        written(s);
        assert_int_equal(sb_checkpoint_sign(s->w->broker, &c, &note, NULL), 0);
        assert_int_equal(
            sb_file_write(path_of(s, "checkpoint"), sb_buf_bytes(&note), 0644, NULL),
            0);
        sb_buf_free(&note);
        judge_tiles(s, false);
        assert_int_equal(s->facts.parts[SB_AUDIT_TREE], SB_AUDIT_FAILED);
        assert_true(s->facts.findings < 200);
        assert_int_equal(sb_audit_bundle(s->dir, &config, &s->facts, NULL), 0);
        assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
        assert_true(s->facts.findings < 2000);
    }
}

/* No fault of anybody: it has not come to its end. */
static void an_unfinished_export(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    enum sb_audit_kind kind = SB_AUDIT_UNKNOWN;
    struct sb_err err = {0};
    written(s);
    put(s, "export.json", "{}");
    assert_int_equal(sb_audit_bundle(s->dir, &config, &s->facts, &err), 0);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_INDETERMINATE); /* the old */
    assert_int_equal(unlink(path_of(s, "checkpoint")), 0);
    assert_int_equal(unlink(path_of(s, "bundle.json")), 0);
    assert_int_equal(sb_audit_kind(s->dir, &kind, NULL), 0);
    assert_int_equal(kind, SB_AUDIT_BUNDLE);
    assert_int_equal(sb_audit_bundle(s->dir, &config, &s->facts, &err), SB_E_BUNDLE);
    assert_non_null(strstr(err.text, "sacbe journal export"));
    assert_int_equal(unlink(path_of(s, "export.json")), 0);
    assert_int_equal(sb_audit_bundle(s->dir, &config, &s->facts, &err), 0);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_FAILED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_long_one_passes),
        T(each_file_longer_or_cut),
        T(each_file_missing),
        T(the_rest_is_judged),
        T(strangers),
        T(another_about),
        T(outside_the_range),
        T(cosigned),
        T(kinds),
        T(tiles_of_any_log),
        T(entries_of_any_log),
        T(sizes_beyond_the_files),
        T(an_unfinished_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
