/* Purpose: entries made, gathered and appended; epochs and batches of sealed events.
 * Invariant: slices of a group live in the arena until the group is committed. */
#include "test/bench/fill.h"

#include "broker/core/payload.h"
#include "broker/journal/row.h"
#include "schemas/pack/value.h"

#include <stdio.h>

#define ARENA_MAX (256u * SB_MIB)
#define FULL (16u * SB_MIB) /* of ciphertexts and items in one group */

const char *const bench_classes[BENCH_CLASSES] = {"confidencial", "interna", "publica"};

void bench_must(int rc, const struct sb_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "bench: SB-%d %s\n", -rc, err->text);
    exit(1);
}

struct sb_bytes bench_keep(struct bench *b, struct sb_buf *buf)
{
    struct sb_err err = {0};
    bench_must(sb_buf_check(buf, &err), &err);
    struct sb_bytes kept = sb_arena_dup(b->arena, sb_buf_bytes(buf));
    if (buf->n > 0 && !kept.p)
        bench_must(sb_fail(&err, SB_E_MEMORY, "no memory"), &err);
    sb_buf_free(buf);
    return kept;
}

void bench_commit(struct bench *b)
{
    struct sb_err err = {0};
    if (b->n > 0)
        bench_must(sb_journal_append(b->j, b->group, b->n, &err), &err);
    b->n = 0;
    sb_arena_reset(b->arena);
}

void bench_add_record(struct bench *b,
                      enum sb_kind kind,
                      struct sb_bytes record,
                      const struct bench_texts *texts)
{
    struct sb_entry leaf = {
        .kind = kind, .stored_ms = b->ms, .directory_version = b->version};
    struct sb_row row;
    struct sb_buf data = {0};
    struct sb_err err = {0};
    sb_sha256(leaf.record_hash, record);
    sb_entry_write(&leaf, &data);
    bench_must(sb_row_read(kind, record, b->arena, &row, &err), &err);
    struct sb_append *a = &b->group[b->n++];
    *a = (struct sb_append){.index = b->size++,
                            .kind = kind,
                            .leaf = bench_keep(b, &data),
                            .record = record,
                            .stream = row.stream,
                            .first = row.first,
                            .last = row.last,
                            .reader = row.reader};
    memcpy(a->hash, row.hash, SB_HASH);
    if (kind == SB_KIND_CLAIM)
        memcpy(a->instance, row.as.claim.instance, SB_INSTANCE);
    if (texts && texts->classes) {
        a->items = texts->items;
        a->n_cts = BENCH_CLASSES;
        for (size_t c = 0; c < BENCH_CLASSES; c++) {
            a->ct_class[c] = sb_bytes_str(bench_classes[c]);
            a->ct_raw[c] = texts->classes[c];
        }
    }
    b->ms += 100;
    if (b->n == BENCH_GROUP)
        bench_commit(b);
}

void bench_add(struct bench *b,
               enum sb_kind kind,
               size_t member,
               struct sb_buf *body,
               const struct bench_texts *texts,
               uint8_t hash[SB_HASH])
{
    struct sb_vault_key key;
    struct sb_buf record = {0};
    struct sb_err err = {0};
    const struct sb_vault *v = b->w->members[member].vault;
    if (!sb_vault_newest(v, SB_USE_SIGN, &key))
        bench_must(sb_fail(&err, SB_E_NO_KEY, "a member without a key"), &err);
    bench_must(
        sb_sign_record(&b->w->x, v, key.key_id, sb_buf_bytes(body), &record, &err),
        &err);
    if (hash)
        bench_must(sb_record_hash(hash, sb_buf_bytes(body), &err), &err);
    sb_buf_free(body);
    bench_add_record(b, kind, bench_keep(b, &record), texts);
}

void bench_epoch(struct bench *b, struct bench_stream *s)
{
    struct sb_codes own = {.n = BENCH_CLASSES};
    struct sb_readers readers;
    struct sb_record record;
    struct sb_buf made = {0};
    struct sb_err err = {0};
    const struct member *owner = &b->w->members[s->owner];
    const struct sb_dir *d = sb_trust_newest(b->w->trust);
    struct sb_epoch_core core = {.suite = SB_SUITE,
                                 .stream = sb_bytes_str(s->name),
                                 .claim_no = 1,
                                 .epoch_no = ++s->epoch_no,
                                 .not_before = b->ms,
                                 .not_after = b->ms + SB_EPOCH_MS};
    own.items = sb_arena_alloc(b->arena, own.n, sizeof *own.items);
    for (size_t i = 0; own.items && i < own.n; i++)
        own.items[i] = sb_bytes_str(bench_classes[i]);
    bench_must(sb_dir_readers(d,
                              sb_bytes_str(owner->code),
                              sb_bytes_str("comun.alerta"),
                              &own,
                              b->ms,
                              b->arena,
                              &readers,
                              &err),
               &err);
    memcpy(core.directory_hash, sb_dir_hash(d), SB_HASH);
    sb_secrets_free(s->secrets);
    s->secrets = NULL;
    bench_must(sb_secrets_new(&s->secrets, &own, &err), &err);
    bench_must(
        sb_epoch_make(&b->w->x, owner->vault, &core, &readers, s->secrets, &made, &err),
        &err);
    struct sb_bytes raw = bench_keep(b, &made);
    bench_must(sb_record_read(raw, &record, &err), &err);
    bench_must(sb_record_hash(s->epoch_hash, record.body, &err), &err);
    s->epoch_end = core.not_after;
    bench_add_record(b, SB_KIND_EPOCH, raw, NULL);
}

static struct sb_bytes section_of(struct bench *b, size_t class_at, uint64_t seq)
{
    static const char *const names[] = {"nota", "texto", "nivel"};
    static const char *const values[] = {
        "Comunicado a la jefatura de turno por radio",
        "Lluvia fuerte y crecida del rio en el tramo 14",
        "roja"};
    struct sb_value map = {.type = SB_MAP};
    struct sb_buf out = {0};
    struct sb_err err = {0};
    const char *id = sb_arena_str(b->arena, "id-%llu", (unsigned long long)seq);
    bool all = sb_value_set(&map,
                            sb_bytes_str("operacion"),
                            sb_value_text(sb_bytes_str("alta")),
                            b->arena) &&
               sb_value_set(&map,
                            sb_bytes_str("id_local"),
                            sb_value_text(sb_bytes_str(id)),
                            b->arena) &&
               sb_value_set(&map,
                            sb_bytes_str(names[class_at]),
                            sb_value_text(sb_bytes_str(values[class_at])),
                            b->arena);
    bench_must(all ? sb_value_pack(&map, &out, &err)
                   : sb_fail(&err, SB_E_MEMORY, "no memory"),
               &err);
    return bench_keep(b, &out);
}

static struct sb_bytes seal_one(struct bench *b,
                                const struct bench_stream *s,
                                struct sb_bytes cts[BENCH_CLASSES])
{
    struct sb_event event = {.stream = sb_bytes_str(s->name),
                             .epoch_no = s->epoch_no,
                             .seq = s->seq,
                             .schema_version = 1};
    struct sb_section sections[BENCH_CLASSES];
    struct sb_buf item = {0};
    struct sb_buf ct = {0};
    struct sb_err err = {0};
    size_t sizes[SB_CLASSES];
    for (size_t i = 0; i < BENCH_CLASSES; i++)
        sections[i] = (struct sb_section){.class_name = sb_bytes_str(bench_classes[i]),
                                          .plain = section_of(b, i, s->seq)};
    bench_must(sb_event_seal(s->secrets, &event, sections, &item, &ct, sizes, &err),
               &err);
    struct sb_bytes all = bench_keep(b, &ct);
    for (size_t i = 0, at = 0; i < BENCH_CLASSES; at += sizes[i++])
        cts[i] = sb_bytes(all.p + at, sizes[i]);
    return bench_keep(b, &item);
}

/* The element [class, [ct ...]] of each class. */
static void put_texts(struct bench *b,
                      struct sb_bytes cts[SB_BATCH_EVENTS][BENCH_CLASSES],
                      size_t n,
                      struct sb_bytes out[BENCH_CLASSES])
{
    struct sb_cts all = {.n = BENCH_CLASSES};
    struct sb_cts parts;
    struct sb_buf buf = {0};
    struct sb_err err = {0};
    for (size_t c = 0; c < BENCH_CLASSES; c++) {
        struct sb_bytes *list = sb_arena_alloc(b->arena, n, sizeof *list);
        if (!list)
            bench_must(sb_fail(&err, SB_E_MEMORY, "no memory"), &err);
        for (size_t i = 0; i < n; i++)
            list[i] = cts[i][c];
        all.classes[c] = (struct sb_class_cts){
            .name = sb_bytes_str(bench_classes[c]), .cts = list, .n = n};
    }
    sb_cts_write(&buf, &all);
    bench_must(sb_cts_read(bench_keep(b, &buf), b->arena, &parts, &err), &err);
    for (size_t c = 0; c < BENCH_CLASSES; c++)
        out[c] = parts.classes[c].raw;
}

void bench_batch(struct bench *b, struct bench_stream *s, size_t events)
{
    static struct sb_bytes cts[SB_BATCH_EVENTS][BENCH_CLASSES];
    struct sb_bytes items[SB_BATCH_EVENTS];
    struct sb_bytes classes[BENCH_CLASSES];
    struct sb_batch batch = {.stream = sb_bytes_str(s->name),
                             .claim_no = 1,
                             .first_seq = s->seq + 1,
                             .count = events,
                             .mapping = {1},
                             .sent = b->ms};
    struct sb_buf body = {0};
    struct sb_buf list = {0};
    if (s->epoch_end <= b->ms)
        bench_epoch(b, s);
    for (size_t i = 0; i < events; i++) {
        s->seq++;
        items[i] = seal_one(b, s, cts[i]);
    }
    sb_items_write(&list, items, events);
    memcpy(batch.prev, s->prev, SB_HASH);
    memcpy(batch.epoch_hash, s->epoch_hash, SB_HASH);
    sb_items_root(batch.items_root, items, events);
    sb_batch_write(&batch, &body);
    put_texts(b, cts, events, classes);
    struct bench_texts texts = {.items = bench_keep(b, &list), .classes = classes};
    bench_add(b, SB_KIND_BATCH, s->owner, &body, &texts, s->prev);
}
