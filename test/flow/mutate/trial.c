/* Purpose: a real bundle: a journal of every kind of record, exported, cosigned. */
#include "test/flow/mutate/mutate.h"

#include "broker/bundle/export.h"
#include "schemas/base/bytes.h"
#include "keys/cosign.h"
#include "schemas/record/evidence.h"

#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 290 /* more than one file of 256 */

uint64_t trial_below(struct trial *t, uint64_t n)
{
    uint64_t x = t->seed += 0x9e3779b97f4a7c15u; /* splitmix64 */
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (x ^ x >> 31) % n;
}

static void act(struct bench *b, size_t member, const char *what, uint64_t seq)
{
    struct sb_act a = {.who = sb_bytes_str(b->w->members[member].code),
                       .act = sb_bytes_str(what),
                       .stream = sb_bytes_str(b->streams[1].name),
                       .first_seq = seq,
                       .last_seq = seq,
                       .time = b->ms};
    struct sb_bytes own = sb_bytes_str("publica");
    struct sb_buf body = {0};
    if (strcmp(what, SB_ACT_DISCLOSE) == 0) {
        a.classes = (struct sb_codes){.items = &own, .n = 1};
        a.text = sb_bytes_str("Orden 12-2026");
    }
    sb_act_write(&a, &body);
    bench_add(b, SB_KIND_ACT, member, &body, NULL, NULL);
}

static void withdraw(struct bench *b, uint64_t seq)
{
    struct sb_withdraw w = {.stream = sb_bytes_str(b->streams[1].name),
                            .first_seq = seq,
                            .last_seq = seq,
                            .reason = sb_bytes_str("Sent by mistake"),
                            .time = b->ms};
    struct sb_buf body = {0};
    sb_withdraw_write(&w, &body);
    bench_add(b, SB_KIND_PRUNE, PNC, &body, NULL, NULL);
    act(b, IGM, SB_ACT_DELETE, seq);
}

static void fill(struct trial *t, bool withdrawn)
{
    struct bench *b = &t->b;
    b->w->dir.quorum = 2;
    bench_begin(b);
    for (unsigned i = 0; b->size < ENTRIES; i++) {
        bench_batch(b, &b->streams[i % BENCH_STREAMS], 1 + i % 3);
        if (i == 60)
            bench_regrant(b);
        if (i % 25 == 24)
            bench_statements(b);
        if (i % 40 == 39)
            bench_reject(b);
        if (i == 50)
            act(b, IGM, SB_ACT_DISCLOSE, 3);
        if (i == 80 && withdrawn)
            withdraw(b, 5);
    }
    bench_statements(b);
    bench_commit(b);
}

void trial_cosign(struct trial *t, struct sb_buf *note)
{
    struct sb_bytes bare = forge_keep(&t->f, sb_buf_bytes(note));
    for (size_t m = IGM; m <= PNC; m++) {
        struct sb_vault_key key;
        char name[SB_NOTE_NAME_MAX + 1];
        const struct member *w = &t->b.w->members[m];
        assert_true(sb_vault_newest(w->vault, SB_USE_WITNESS, &key));
        sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str(w->code));
        assert_int_equal(
            sb_cosign(
                w->vault, key.key_id, name, bare, t->b.ms / 1000 + 60, note, NULL),
            0);
    }
}

static void export_all(struct trial *t)
{
    char path[TRIAL_PATH];
    struct sb_checkpoint c;
    struct sb_journal_reader *r = NULL;
    struct sb_export_facts facts;
    struct sb_err err = {0};
    struct sb_export_config config = {.dir = t->dir, .to = UINT64_MAX};
    assert_int_equal(sb_journal_checkpoint(t->b.j, 1, true, &t->note, &c, NULL), 1);
    trial_cosign(t, &t->note);
    bench_must(sb_journal_cosigned(t->b.j, c.size, sb_buf_bytes(&t->note), &err), &err);
    snprintf(path, sizeof path, "%s/journal.db", t->folder);
    bench_must(sb_journal_reader_open(&r, path, &err), &err);
    bench_must(sb_bundle_export(r, &config, &facts, &err), &err);
    assert_true(facts.final);
    sb_journal_reader_close(r);
}

static void list_files(struct trial *t)
{
    char *paths[] = {t->dir, NULL};
    FTS *fts = fts_open(paths, FTS_PHYSICAL, NULL);
    assert_non_null(fts);
    for (FTSENT *e = fts_read(fts); e; e = fts_read(fts)) {
        if (e->fts_info != FTS_F)
            continue;
        assert_true(t->n_files < TRIAL_FILES);
        snprintf(
            t->files[t->n_files++], TRIAL_PATH, "%s", e->fts_path + strlen(t->dir) + 1);
    }
    fts_close(fts);
    qsort(t->files,
          t->n_files,
          sizeof t->files[0],
          (int (*)(const void *, const void *))strcmp);
}

enum sb_audit_verdict
trial_judge(struct trial *t, const struct change *c, struct sb_audit_facts *facts)
{
    struct sb_audit_config config = {.roots = &t->b.w->anchor};
    struct sb_err err = {0};
    if (c->since)
        config.since = sb_buf_bytes(&t->note);
    bench_must(sb_audit_bundle(c->dir, &config, facts, &err), &err);
    return sb_audit_result(facts);
}

void trial_open(struct trial *t, bool withdrawn)
{
    struct change none = {.dir = t->dir};
    const char *seed = getenv("SACBE_SEED");
    *t = (struct trial){.seed = (seed ? strtoull(seed, NULL, 10) : 2026) + withdrawn};
    snprintf(t->folder, sizeof t->folder, "/tmp/sacbe-mutate-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    snprintf(t->dir, sizeof t->dir, "%s/bundle", t->folder);
    snprintf(t->forged, sizeof t->forged, "%s/forged", t->folder);
    bench_open(&t->b, t->folder);
    forge_init(&t->f);
    fill(t, withdrawn);
    export_all(t);
    list_files(t);
    forge_load(&t->f, t->dir);
    (void)trial_judge(t, &none, &t->base);
}

void trial_close(struct trial *t)
{
    forge_wipe(t->folder);
    forge_free(&t->f);
    sb_buf_free(&t->note);
    bench_close(&t->b);
}

static void path_in(const struct trial *t, const char *name, char out[512])
{
    snprintf(out, 512, "%s/%s", t->dir, name);
}

struct sb_bytes trial_touch(struct trial *t, const char *path)
{
    char whole[512];
    struct touched *to = &t->touched[t->n_touched++];
    path_in(t, path, whole);
    snprintf(to->path, sizeof to->path, "%s", path);
    assert_int_equal(sb_file_read(whole, 64u * SB_MIB, &to->before, NULL), 0);
    return sb_buf_bytes(&to->before);
}

void trial_put(struct trial *t, const char *path, struct sb_bytes content)
{
    char whole[512];
    path_in(t, path, whole);
    FILE *f = fopen(whole, "wb"); /* no fsync: there are many */
    assert_non_null(f);
    assert_int_equal(fwrite(content.p, 1, content.n, f), content.n);
    assert_int_equal(fclose(f), 0);
}

void trial_restore(struct trial *t)
{
    for (; t->n_touched > 0; t->n_touched--) {
        struct touched *to = &t->touched[t->n_touched - 1];
        trial_put(t, to->path, sb_buf_bytes(&to->before));
        sb_buf_free(&to->before);
    }
}
