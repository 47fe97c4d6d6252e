/* Purpose: what stands in a journal beside epochs and batches: directories, the
 * catalogue, claims, receipts, heads, rejects.
 * Invariant: a receipt names a tree that is committed. */
#include "test/bench/fill.h"

#include "broker/journal/row.h"

#include <stdio.h>

static const char catalog_json[] = "{\"edition\":\"bench\",\"schemas\":[],\"types\":[],"
                                   "\"codes\":[],\"crosswalks\":[]}";

static struct sb_bytes make_catalogue(struct bench *b)
{
    struct sb_manifest_file file = {.path = sb_bytes_str("catalog.json"),
                                    .content = sb_bytes_str(catalog_json)};
    struct sb_manifest m = {
        .edition = sb_bytes_str("bench"), .files = &file, .n_files = 1};
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    sb_hash(file.hash, "sacbe/file/1", file.content);
    sb_manifest_write(&m, false, &body);
    sb_hash(b->w->dir.catalogue, "sacbe/manifest/1", sb_buf_bytes(&body));
    sb_buf_reset(&body);
    sb_manifest_write(&m, true, &body);
    sb_record_write(&record, sb_buf_bytes(&body), NULL, 0);
    sb_buf_free(&body);
    return bench_keep(b, &record);
}

static void publish(struct bench *b)
{
    world_publish(b->w);
    const struct sb_dir *d = sb_trust_newest(b->w->trust);
    b->version = sb_dir_body(d)->version;
    bench_add_record(b, SB_KIND_DIRECTORY, sb_dir_record(d), NULL);
}

static void
grant(struct bench *b, const char *id, size_t from, size_t to, size_t n_classes)
{
    const char *classes[BENCH_CLASSES + 1] = {NULL};
    for (size_t i = 0; i < n_classes; i++) /* the most open ones */
        classes[i] = bench_classes[BENCH_CLASSES - n_classes + i];
    world_grant(b->w,
                (struct grant_choice){.id = id,
                                      .publisher = from,
                                      .reader = to,
                                      .classes = classes,
                                      .not_before = NOW - DAY,
                                      .not_after = NOW + YEAR},
                b->w->members[from].vault);
}

void bench_claim(struct bench *b, const struct bench_stream *s)
{
    const struct sb_tree nothing = {0};
    struct sb_claim c = {
        .stream = sb_bytes_str(s->name), .claim_no = 1, .instance = {9}};
    struct sb_buf body = {0};
    sb_tree_root(&nothing, c.root);
    sb_claim_write(&c, &body);
    bench_add(b, SB_KIND_CLAIM, s->owner, &body, NULL, NULL);
}

void bench_begin(struct bench *b)
{
    struct sb_bytes catalogue = make_catalogue(b);
    publish(b);
    bench_add_record(b, SB_KIND_CATALOGUE, catalogue, NULL);
    grant(b, "g1", PNC, IGM, 3);
    grant(b, "g2", STCNS, IGM, 2);
    grant(b, "g3", STCNS, PNC, 1);
    grant(b, "g4", IGM, PNC, 2);
    publish(b);
    for (size_t i = 0; i < BENCH_STREAMS; i++)
        bench_claim(b, &b->streams[i]);
}

void bench_regrant(struct bench *b)
{
    grant(b, "g5", PNC, STCNS, 1);
    publish(b);
    for (size_t i = 0; i < BENCH_STREAMS; i++)
        b->streams[i].epoch_end = 0;
}

static bool reads(const struct bench *b, size_t member, size_t owner)
{
    if (member == owner || member == STCNS)
        return member == STCNS && owner == PNC && b->version >= 3;
    return owner == STCNS || owner == (member == PNC ? IGM : PNC);
}

/* Where streams stand: the member's own, or those that it reads. */
static struct sb_heads heads_of(const struct bench *b,
                                size_t member,
                                bool own,
                                struct sb_head out[BENCH_STREAMS])
{
    struct sb_heads heads = {.items = out};
    for (size_t i = 0; i < BENCH_STREAMS; i++) {
        const struct bench_stream *s = &b->streams[i];
        bool chosen = own ? s->owner == member : reads(b, member, s->owner);
        if (!chosen || s->seq == 0 || s->epoch_end == 0)
            continue;
        out[heads.n] = (struct sb_head){.stream = sb_bytes_str(s->name), .seq = s->seq};
        memcpy(out[heads.n++].batch_hash, s->prev, SB_HASH);
    }
    return heads;
}

void bench_statements(struct bench *b)
{
    struct sb_head list[BENCH_STREAMS];
    bench_commit(b);
    for (size_t i = 0; i < MEMBERS; i++) {
        struct sb_bytes code = sb_bytes_str(b->w->members[i].code);
        struct sb_heads heads = heads_of(b, i, true, list);
        struct sb_buf body = {0};
        if (heads.n > 0) {
            sb_heads_write(code, &heads, b->ms, &body);
            bench_add(b, SB_KIND_HEADS, i, &body, NULL, NULL);
        }
        heads = heads_of(b, i, false, list);
        struct sb_receipt r = {.reader = code,
                               .subscription = sb_bytes_str("all"),
                               .heads = heads,
                               .tree_size = sb_journal_size(b->j),
                               .time = b->ms};
        sb_journal_root(b->j, r.root);
        if (heads.n > 0) {
            sb_receipt_write(&r, &body);
            bench_add(b, SB_KIND_RECEIPT, i, &body, NULL, NULL);
        }
    }
}

void bench_reject(struct bench *b)
{
    const struct bench_stream *s = &b->streams[1];
    struct sb_reject r = {.reader = sb_bytes_str("igm"),
                          .stream = sb_bytes_str(s->name),
                          .seq = s->seq,
                          .code = (uint64_t)-SB_E_RANGE,
                          .pointer = sb_bytes_str("/texto"),
                          .time = b->ms};
    struct sb_buf body = {0};
    if (s->seq == 0)
        return;
    sb_reject_write(&r, &body);
    bench_add(b, SB_KIND_REJECT, IGM, &body, NULL, NULL);
}

void bench_open(struct bench *b, const char *folder)
{
    static const struct bench_stream streams[BENCH_STREAMS] = {
        {.name = "igm/comun.alerta", .owner = IGM},
        {.name = "pnc/comun.alerta", .owner = PNC},
        {.name = "pnc/comun.alerta/2", .owner = PNC},
        {.name = "stcns/comun.alerta", .owner = STCNS}};
    char path[512];
    struct sb_err err = {0};
    *b = (struct bench){.w = world_new(), .arena = sb_arena_new(0), .ms = NOW};
    memcpy(b->streams, streams, sizeof streams);
    snprintf(path, sizeof path, "%s/anchor.json", folder);
    bench_must(sb_anchor_write(path, &b->w->anchor, &err), &err);
    snprintf(path, sizeof path, "%s/journal.db", folder);
    struct sb_journal_config config = {.path = path,
                                       .exchange = "sns",
                                       .generation = 1,
                                       .vault = b->w->broker,
                                       .checkpoint_ms = 1000};
    bench_must(sb_journal_open(&b->j, &config, &err), &err);
}

void bench_close(struct bench *b)
{
    bench_commit(b);
    sb_journal_close(b->j);
    for (size_t i = 0; i < BENCH_STREAMS; i++)
        sb_secrets_free(b->streams[i].secrets);
    sb_arena_free(b->arena);
    world_free(b->w);
}
