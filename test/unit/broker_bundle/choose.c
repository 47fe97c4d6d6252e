/* broker.bundle.choose: which checkpoint an export takes. */
#include <stdio.h>
#include <unistd.h>

#include "broker/bundle/export.h"
#include "keys/cosign.h"
#include "schemas/record/entry.h"
#include "schemas/record/evidence.h"
#include "test/unit/broker_bundle/shelf.h"
#undef NOW
#include "test/unit/keys/fixture.h"

struct scene {
    struct world *w;
    struct sb_journal *j;
    char folder[SHELF_PATH];
    char path[SHELF_PATH];
    char dir[SHELF_PATH];
    uint64_t index;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->w = world_new();
    shelf_new(s->folder);
    shelf_write(s->folder, "empty", sb_bytes_str(""));
    shelf_path(s->path, s->folder, "journal.db");
    shelf_path(s->dir, s->folder, "bundle");
    struct sb_journal_config config = {.path = s->path,
                                       .exchange = "sns",
                                       .generation = 1,
                                       .vault = s->w->broker,
                                       .checkpoint_ms = 1000};
    assert_int_equal(sb_journal_open(&s->j, &config, NULL), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    sb_journal_close(s->j);
    shelf_remove(s->folder);
    world_free(s->w);
    free(s);
    return 0;
}

/* The next entry; `a` has its kind, record, hash and numbers. */
static void append(struct scene *s, struct sb_append a)
{
    struct sb_buf leaf = {0};
    struct sb_err err = {0};
    const struct sb_dir *d = sb_trust_newest(s->w->trust);
    a.index = s->index++;
    struct sb_entry entry = {.kind = a.kind,
                             .stored_ms = NOW + s->index,
                             .directory_version = sb_dir_body(d)->version};
    sb_sha256(entry.record_hash, a.record);
    sb_entry_write(&entry, &leaf);
    a.leaf = sb_buf_bytes(&leaf);
    if (sb_journal_append(s->j, &a, 1, &err) != 0)
        fail_msg("%s", err.text);
    sb_buf_free(&leaf);
}

static void sign(struct scene *s)
{
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    assert_int_equal(sb_journal_checkpoint(s->j, 0, true, &note, &c, NULL), 1);
    sb_buf_free(&note);
}

/* A checkpoint over one entry more: a directory that asks for `quorum` witnesses. */
static void publish(struct scene *s, uint64_t quorum)
{
    s->w->dir.quorum = quorum;
    world_publish(s->w);
    const struct sb_dir *d = sb_trust_newest(s->w->trust);
    uint64_t version = sb_dir_body(d)->version;
    struct sb_append a = {.kind = SB_KIND_DIRECTORY,
                          .record = sb_dir_record(d),
                          .first = version,
                          .last = version};
    memcpy(a.hash, sb_dir_hash(d), SB_HASH);
    append(s, a);
    sign(s);
}

static void prune(struct scene *s)
{
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    struct sb_vault_key log;
    struct sb_prune p = {.before = NOW, .below = 1, .time = NOW};
    sb_prune_write(&p, &body);
    assert_true(sb_vault_newest(s->w->broker, SB_USE_LOG, &log));
    assert_int_equal(sb_sign_record(sb_trust_exchange(s->w->trust),
                                    s->w->broker,
                                    log.key_id,
                                    sb_buf_bytes(&body),
                                    &record,
                                    NULL),
                     0);
    struct sb_append a = {.kind = SB_KIND_PRUNE, .record = sb_buf_bytes(&record)};
    assert_int_equal(sb_record_hash(a.hash, sb_buf_bytes(&body), NULL), 0);
    append(s, a);
    sb_buf_free(&body);
    sb_buf_free(&record);
}

struct wanted {
    uint64_t size;
    struct sb_buf note;
};

static int keep_note(void *ctx, uint64_t size, struct sb_bytes note, struct sb_err *err)
{
    struct wanted *w = ctx;
    (void)err;
    if (size != w->size)
        return 0;
    sb_buf_put(&w->note, note.p, note.n);
    return 1;
}

static struct sb_buf note_of(const struct scene *s, uint64_t size)
{
    struct wanted w = {.size = size};
    struct sb_journal_reader *r = NULL;
    assert_int_equal(sb_journal_reader_open(&r, s->path, NULL), 0);
    assert_int_equal(sb_journal_notes(r, keep_note, &w, NULL), 0);
    sb_journal_reader_close(r);
    assert_true(w.note.n > 0);
    return w.note;
}

/* The note of this size gets the cosignatures of the first n members. */
static void cosign_at(struct scene *s, uint64_t size, size_t n)
{
    struct sb_buf note = note_of(s, size);
    for (size_t i = 0; i < n; i++) {
        const struct member *m = &s->w->members[i];
        char name[SB_NOTE_NAME_MAX + 1];
        struct sb_vault_key k;
        struct sb_buf line = {0};
        struct sb_buf more = {0};
        assert_true(sb_vault_newest(m->vault, SB_USE_WITNESS, &k));
        sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str(m->code));
        assert_int_equal(sb_cosign(m->vault,
                                   k.key_id,
                                   name,
                                   sb_buf_bytes(&note),
                                   NOW / 1000 + s->index,
                                   &line,
                                   NULL),
                         0);
        assert_int_equal(
            sb_cosign_add(sb_buf_bytes(&note), sb_buf_bytes(&line), &more, NULL), 0);
        sb_buf_free(&note);
        sb_buf_free(&line);
        note = more;
    }
    assert_int_equal(sb_journal_cosigned(s->j, size, sb_buf_bytes(&note), NULL), 0);
    sb_buf_free(&note);
}

static void cosign(struct scene *s, size_t n)
{
    cosign_at(s, s->index, n);
}

static struct sb_export_facts export(struct scene *s)
{
    struct sb_export_facts facts = {0};
    struct sb_err err = {0};
    struct book b = {0};
    assert_true(strlen(s->path) < sizeof b.path);
    memcpy(b.path, s->path, strlen(s->path));
    if (shelf_try(&b, s->dir, 0, UINT64_MAX, &facts, &err) != 0)
        fail_msg("%s", err.text);
    return facts;
}

static void expect(struct scene *s, uint64_t size, bool final, uint64_t cosignatures)
{
    struct sb_export_facts facts = export(s);
    assert_int_equal(facts.size, size);
    assert_int_equal(facts.final, final);
    assert_int_equal(facts.cosignatures, cosignatures);
}

static void the_newest_final_one_is_taken(void **state)
{
    struct scene *s = *state;
    publish(s, 2);
    cosign(s, 3);
    publish(s, 2);
    cosign(s, 2);
    publish(s, 2);
    cosign(s, 1);
    publish(s, 2);
    expect(s, 2, true, 2);
    cosign(s, 3);
    expect(s, 4, true, 3);
}

static void without_a_final_one_the_newest_signed_is(void **state)
{
    struct scene *s = *state;
    publish(s, 2);
    cosign(s, 1);
    expect(s, 1, false, 1);
    publish(s, 2);
    expect(s, 2, false, 0);
}

static void without_witnesses_every_signed_one_is_final(void **state)
{
    struct scene *s = *state;
    publish(s, 0);
    publish(s, 0);
    expect(s, 2, true, 0);
}

/* In an older tree the texts that were taken away would be missing without a reason. */
static void what_was_taken_away_is_told_in_every_export(void **state)
{
    struct scene *s = *state;
    struct sb_export_facts facts = {0};
    struct book b = {0};
    publish(s, 2);
    cosign(s, 3);
    prune(s);
    memcpy(b.path, s->path, strlen(s->path));
    assert_int_equal(shelf_try(&b, s->dir, 0, UINT64_MAX, &facts, NULL), SB_E_BUSY);
    sign(s);
    expect(s, 2, false, 0);
    cosign(s, 2);
    expect(s, 2, true, 2);
}

/* Exported while nothing was final; then an older tree becomes so. */
static void a_bundle_never_goes_back(void **state)
{
    struct scene *s = *state;
    publish(s, 1);
    publish(s, 1);
    expect(s, 2, false, 0);
    cosign_at(s, 1, 1);
    expect(s, 2, false, 0);
    cosign(s, 2);
    expect(s, 2, true, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_newest_final_one_is_taken),
        TEST(without_a_final_one_the_newest_signed_is),
        TEST(without_witnesses_every_signed_one_is_final),
        TEST(what_was_taken_away_is_told_in_every_export),
        TEST(a_bundle_never_goes_back),
    };
    return cmocka_run_group_tests_name("broker.bundle.choose", tests, NULL, NULL);
}
