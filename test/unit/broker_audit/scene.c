/* Purpose: a journal of a small exchange, as entries that a test may change. */
#include "test/unit/broker_audit/scene.h"

#include "broker/core/payload.h"
#include "keys/hash.h"
#include "schemas/pack/value.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const class_names[] = {"interna", "publica"};

static const char catalog_json[] =
    "{\"edition\":\"t\",\"schemas\":[],\"types\":[{\"type\":\"comun.alerta\","
    "\"version\":1,\"schema\":\"comun/alerta.json\"}],\"codes\":[],\"crosswalks\":[]}";
static const char alerta_json[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
    "\"$id\":\"https://example.org/alerta/1\",\"title\":\"Alerta\","
    "\"type\":\"object\",\"x-clase\":\"publica\",\"properties\":{"
    "\"operacion\":{\"title\":\"O\",\"enum\":[\"alta\"]},"
    "\"id_local\":{\"title\":\"I\",\"type\":\"string\"},"
    "\"nivel\":{\"title\":\"N\",\"enum\":[\"roja\",\"verde\"]},"
    "\"texto\":{\"title\":\"T\",\"type\":\"string\",\"x-clase\":\"interna\"}},"
    "\"required\":[\"operacion\",\"id_local\",\"nivel\"],"
    "\"additionalProperties\":false}";

static struct sb_bytes keep(struct scene *s, struct sb_buf *b)
{
    assert_int_equal(sb_buf_check(b, NULL), 0);
    struct sb_bytes kept = forge_keep(&s->f, sb_buf_bytes(b));
    sb_buf_free(b);
    return kept;
}

static void add(struct scene *s,
                enum sb_kind kind,
                struct sb_bytes record,
                struct sb_bytes items,
                struct sb_bytes texts)
{
    struct forge_entry e = {
        .leaf = {.kind = kind, .stored_ms = s->ms, .directory_version = s->version},
        .record = record,
        .items = items,
        .texts = texts};
    forge_insert(&s->f, s->f.n, &e);
    s->ms += 1000;
}

static void make_catalogue(struct scene *s)
{
    struct sb_manifest_file files[] = {
        {.path = sb_bytes_str("catalog.json"), .content = sb_bytes_str(catalog_json)},
        {.path = sb_bytes_str("comun/alerta.json"),
         .content = sb_bytes_str(alerta_json)}};
    struct sb_manifest m = {.edition = sb_bytes_str("t"), .files = files, .n_files = 2};
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    for (size_t i = 0; i < 2; i++)
        sb_hash(files[i].hash, "sacbe/file/1", files[i].content);
    sb_manifest_write(&m, false, &body);
    sb_hash(s->w->dir.catalogue, "sacbe/manifest/1", sb_buf_bytes(&body));
    sb_buf_reset(&body);
    sb_manifest_write(&m, true, &body);
    sb_record_write(&record, sb_buf_bytes(&body), NULL, 0);
    sb_buf_free(&body);
    s->catalogue = keep(s, &record);
}

void scene_directory(struct scene *s)
{
    const struct sb_bytes none = {NULL, 0};
    world_publish(s->w);
    const struct sb_dir *d = sb_trust_newest(s->w->trust);
    s->version = sb_dir_body(d)->version;
    add(s, SB_KIND_DIRECTORY, sb_dir_record(d), none, none);
}

struct scene *scene_new(void)
{
    return scene_new_kept(0);
}

struct scene *scene_new_kept(uint64_t retention_ms)
{
    static const char *const granted[] = {"interna", "publica", NULL};
    const struct sb_bytes none = {NULL, 0};
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->w = world_new();
    forge_init(&s->f);
    s->ms = NOW;
    s->nivel = "roja";
    snprintf(s->folder, sizeof s->folder, "/tmp/sacbe-audit-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->dir, sizeof s->dir, "%s/bundle", s->folder);
    make_catalogue(s);
    s->w->dir.retention = retention_ms;
    scene_directory(s);
    add(s, SB_KIND_CATALOGUE, s->catalogue, none, none);
    world_grant(s->w,
                (struct grant_choice){.id = "g1",
                                      .publisher = PNC,
                                      .reader = IGM,
                                      .classes = granted,
                                      .not_before = NOW - DAY,
                                      .not_after = NOW + YEAR},
                s->w->members[PNC].vault);
    scene_directory(s);
    return s;
}

void scene_free(struct scene *s)
{
    forge_wipe(s->folder);
    forge_free(&s->f);
    sb_secrets_free(s->secrets);
    world_free(s->w);
    free(s);
}

static struct sb_bytes signed_record(struct scene *s,
                                     const struct sb_vault *v,
                                     const char *use,
                                     struct sb_buf *body)
{
    struct sb_vault_key key;
    struct sb_buf record = {0};
    assert_true(sb_vault_newest(v, use, &key));
    assert_int_equal(
        sb_sign_record(&s->w->x, v, key.key_id, sb_buf_bytes(body), &record, NULL), 0);
    sb_buf_free(body);
    return keep(s, &record);
}

void scene_record(struct scene *s,
                  enum sb_kind kind,
                  const struct sb_vault *v,
                  const char *use,
                  struct sb_buf *body)
{
    const struct sb_bytes none = {NULL, 0};
    add(s, kind, signed_record(s, v, use, body), none, none);
}

void scene_resign(struct scene *s,
                  size_t at,
                  const struct sb_vault *v,
                  const char *use,
                  struct sb_buf *body)
{
    s->f.entries[at].record = signed_record(s, v, use, body);
}

void scene_claim(struct scene *s)
{
    struct sb_claim c = {.stream = sb_bytes_str(STREAM),
                         .claim_no = ++s->claim_no,
                         .instance = {9},
                         .last_seq = s->seq};
    struct sb_buf body = {0};
    memcpy(c.last_hash, s->prev, SB_HASH);
    c.tree_size = s->claim_no == 1 ? 0 : s->f.n;
    forge_root(&s->f, c.tree_size, c.root);
    sb_claim_write(&c, &body);
    scene_record(s, SB_KIND_CLAIM, s->w->members[PNC].vault, SB_USE_SIGN, &body);
}

static struct sb_codes classes_of(struct scene *s)
{
    struct sb_codes c = {.n = 2};
    c.items = sb_arena_alloc(s->f.arena, 2, sizeof *c.items);
    assert_non_null(c.items);
    for (size_t i = 0; i < c.n; i++)
        c.items[i] = sb_bytes_str(class_names[i]);
    return c;
}

void scene_epoch(struct scene *s)
{
    const struct sb_bytes none = {NULL, 0};
    struct sb_codes own = classes_of(s);
    struct sb_readers readers;
    struct sb_record record;
    struct sb_buf made = {0};
    const struct sb_dir *d = sb_trust_newest(s->w->trust);
    assert_int_equal(sb_dir_readers(d,
                                    sb_bytes_str("pnc"),
                                    sb_bytes_str("comun.alerta"),
                                    &own,
                                    s->ms,
                                    s->f.arena,
                                    &readers,
                                    NULL),
                     0);
    struct sb_epoch_core core = {.suite = SB_SUITE,
                                 .stream = sb_bytes_str(STREAM),
                                 .claim_no = s->claim_no,
                                 .epoch_no = ++s->epoch_no,
                                 .not_before = s->ms,
                                 .not_after = s->ms + SB_EPOCH_MS};
    memcpy(core.directory_hash, sb_dir_hash(d), SB_HASH);
    sb_secrets_free(s->secrets);
    s->secrets = NULL;
    assert_int_equal(sb_secrets_new(&s->secrets, &own, NULL), 0);
    assert_int_equal(sb_epoch_make(&s->w->x,
                                   s->w->members[PNC].vault,
                                   &core,
                                   s->readers ? s->readers : &readers,
                                   s->secrets,
                                   &made,
                                   NULL),
                     0);
    struct sb_bytes raw = keep(s, &made);
    assert_int_equal(sb_record_read(raw, &record, NULL), 0);
    assert_int_equal(sb_record_hash(s->epoch_hash, record.body, NULL), 0);
    add(s, SB_KIND_EPOCH, raw, none, none);
}

/* The plaintext of one class of event `seq`. */
static struct sb_bytes section_of(struct scene *s, const char *own, uint64_t seq)
{
    struct sb_value map = {.type = SB_MAP};
    struct sb_buf out = {0};
    struct sb_bytes id =
        sb_bytes_str(sb_arena_str(s->f.arena, "id-%llu", (unsigned long long)seq));
    bool publica = strcmp(own, "publica") == 0;
    assert_true(sb_value_set(&map,
                             sb_bytes_str("operacion"),
                             sb_value_text(sb_bytes_str("alta")),
                             s->f.arena));
    assert_true(
        sb_value_set(&map, sb_bytes_str("id_local"), sb_value_text(id), s->f.arena));
    assert_true(sb_value_set(&map,
                             sb_bytes_str(publica ? "nivel" : "texto"),
                             sb_value_text(sb_bytes_str(publica ? s->nivel : "Lluvia")),
                             s->f.arena));
    assert_int_equal(sb_value_pack(&map, &out, NULL), 0);
    return keep(s, &out);
}

static struct sb_bytes seal_one(struct scene *s, uint64_t seq, struct sb_bytes cts[2])
{
    struct sb_event event = {.stream = sb_bytes_str(STREAM),
                             .epoch_no = s->epoch_no,
                             .seq = seq,
                             .schema_version = 1};
    struct sb_section sections[2];
    struct sb_buf item = {0};
    struct sb_buf ct = {0};
    size_t sizes[SB_CLASSES];
    for (size_t i = 0; i < 2; i++)
        sections[i] = (struct sb_section){.class_name = sb_bytes_str(class_names[i]),
                                          .plain = section_of(s, class_names[i], seq)};
    assert_int_equal(
        sb_event_seal(s->secrets, &event, sections, &item, &ct, sizes, NULL), 0);
    struct sb_bytes all = keep(s, &ct);
    cts[0] = sb_bytes(all.p, sizes[0]);
    cts[1] = sb_bytes(all.p + sizes[0], sizes[1]);
    return keep(s, &item);
}

static struct sb_bytes texts_of(struct scene *s, struct sb_bytes (*cts)[2], size_t n)
{
    struct sb_cts all = {.n = 2};
    struct sb_buf out = {0};
    for (size_t c = 0; c < 2; c++) {
        struct sb_bytes *list = sb_arena_alloc(s->f.arena, n, sizeof *list);
        assert_non_null(list);
        for (size_t i = 0; i < n; i++)
            list[i] = cts[i][c];
        all.classes[c] = (struct sb_class_cts){
            .name = sb_bytes_str(class_names[c]), .cts = list, .n = n};
    }
    sb_cts_write(&out, &all);
    return keep(s, &out);
}

void scene_batch(struct scene *s, size_t events)
{
    struct sb_bytes items[SB_BATCH_EVENTS];
    struct sb_bytes cts[SB_BATCH_EVENTS][2];
    struct sb_batch b = {.stream = sb_bytes_str(STREAM),
                         .claim_no = s->claim_no,
                         .first_seq = s->seq + 1,
                         .count = events,
                         .sent = s->ms};
    struct sb_buf body = {0};
    struct sb_buf list = {0};
    for (size_t i = 0; i < events; i++)
        items[i] = seal_one(s, ++s->seq, cts[i]);
    sb_items_write(&list, items, events);
    memcpy(b.prev, s->prev, SB_HASH);
    memcpy(b.epoch_hash, s->epoch_hash, SB_HASH);
    sb_items_root(b.items_root, items, events);
    sb_batch_write(&b, &body);
    assert_int_equal(sb_record_hash(s->prev, sb_buf_bytes(&body), NULL), 0);
    struct sb_bytes record =
        signed_record(s, s->w->members[PNC].vault, SB_USE_SIGN, &body);
    struct sb_bytes texts = texts_of(s, cts, events);
    add(s, SB_KIND_BATCH, record, keep(s, &list), texts);
}

void scene_receipt(struct scene *s, size_t member)
{
    struct sb_head head = {.stream = sb_bytes_str(STREAM), .seq = s->seq};
    struct sb_receipt r = {.reader = sb_bytes_str(s->w->members[member].code),
                           .subscription = sb_bytes_str("all"),
                           .heads = {&head, 1},
                           .tree_size = s->f.n,
                           .time = s->ms};
    struct sb_buf body = {0};
    memcpy(head.batch_hash, s->prev, SB_HASH);
    forge_root(&s->f, r.tree_size, r.root);
    sb_receipt_write(&r, &body);
    scene_record(s, SB_KIND_RECEIPT, s->w->members[member].vault, SB_USE_SIGN, &body);
}

void scene_heads(struct scene *s)
{
    struct sb_head head = {.stream = sb_bytes_str(STREAM), .seq = s->seq};
    struct sb_heads heads = {&head, 1};
    struct sb_buf body = {0};
    memcpy(head.batch_hash, s->prev, SB_HASH);
    sb_heads_write(sb_bytes_str("pnc"), &heads, s->ms, &body);
    scene_record(s, SB_KIND_HEADS, s->w->members[PNC].vault, SB_USE_SIGN, &body);
}

void scene_withdraw(struct scene *s, uint64_t first, uint64_t last)
{
    struct sb_withdraw w = {.stream = sb_bytes_str(STREAM),
                            .first_seq = first,
                            .last_seq = last,
                            .reason = sb_bytes_str("Sent by mistake"),
                            .time = s->ms};
    struct sb_buf body = {0};
    sb_withdraw_write(&w, &body);
    scene_record(s, SB_KIND_PRUNE, s->w->members[PNC].vault, SB_USE_SIGN, &body);
}

void scene_act(
    struct scene *s, size_t member, const char *act, uint64_t first, uint64_t last)
{
    struct sb_act a = {.who = sb_bytes_str(s->w->members[member].code),
                       .act = sb_bytes_str(act),
                       .stream = sb_bytes_str(STREAM),
                       .first_seq = first,
                       .last_seq = last,
                       .time = s->ms};
    struct sb_buf body = {0};
    sb_act_write(&a, &body);
    scene_record(s, SB_KIND_ACT, s->w->members[member].vault, SB_USE_SIGN, &body);
}

void scene_prune(struct scene *s, uint64_t before, uint64_t below)
{
    struct sb_prune p = {.before = before, .below = below, .time = s->ms};
    struct sb_buf body = {0};
    sb_prune_write(&p, &body);
    scene_record(s, SB_KIND_PRUNE, s->w->broker, SB_USE_LOG, &body);
}

void scene_fill(struct scene *s)
{
    scene_claim(s);
    scene_epoch(s);
    scene_batch(s, 3);
    scene_batch(s, 1);
    scene_receipt(s, IGM);
    scene_heads(s);
    scene_epoch(s);
    scene_batch(s, 2);
    scene_batch(s, 4);
    scene_receipt(s, IGM);
}

void scene_drop_texts(struct scene *s, size_t at, size_t event)
{
    struct sb_cts cts;
    struct sb_buf out = {0};
    struct forge_entry *e = &s->f.entries[at];
    if (event == 0) {
        e->texts = sb_bytes(NULL, 0);
        return;
    }
    assert_int_equal(sb_cts_read(e->texts, s->f.arena, &cts, NULL), 0);
    for (size_t c = 0; c < cts.n; c++)
        cts.classes[c].cts[event - 1] = sb_bytes(NULL, 0);
    sb_cts_write(&out, &cts);
    e->texts = keep(s, &out);
}

static void remember(void *ctx, const struct sb_audit_finding *f)
{
    struct scene *s = ctx;
    assert_true(s->n_found < FINDINGS);
    struct finding *to = &s->found[s->n_found++];
    *to = (struct finding){.part = f->part,
                           .verdict = f->verdict,
                           .code = f->code,
                           .has_index = f->has_index,
                           .index = f->index};
    snprintf(to->text, sizeof to->text, "%s", f->text);
}

struct sb_audit_config scene_config(struct scene *s)
{
    return (struct sb_audit_config){.roots = &s->w->anchor, .say = remember, .ctx = s};
}

enum sb_audit_verdict scene_judge(struct scene *s, const struct sb_audit_config *config)
{
    struct sb_err err = {0};
    s->n_found = 0;
    if (sb_audit_bundle(s->dir, config, &s->facts, &err) != 0)
        fail_msg("%s", err.text);
    return sb_audit_result(&s->facts);
}

enum sb_audit_verdict scene_audit_with(struct scene *s, struct sb_audit_config *config)
{
    forge_wipe(s->folder);
    assert_int_equal(mkdir(s->folder, 0700), 0);
    forge_write(&s->f, s->w->broker, s->dir);
    return scene_judge(s, config);
}

enum sb_audit_verdict scene_audit(struct scene *s)
{
    struct sb_audit_config config = scene_config(s);
    return scene_audit_with(s, &config);
}

bool scene_found(const struct scene *s, enum sb_audit_part part, int code)
{
    for (size_t i = 0; i < s->n_found; i++)
        if (s->found[i].part == part && s->found[i].code == code)
            return true;
    return false;
}

static void print_all(const struct scene *s)
{
    for (size_t i = 0; i < s->n_found; i++)
        print_error("  %s %s SB-%d entry %llu: %s\n",
                    sb_audit_part_text(s->found[i].part),
                    s->found[i].verdict == SB_AUDIT_FAILED ? "failed" : "indeterminate",
                    -s->found[i].code,
                    (unsigned long long)s->found[i].index,
                    s->found[i].text);
}

void scene_failed(struct scene *s, enum sb_audit_part part, int code)
{
    bool only = sb_audit_result(&s->facts) == SB_AUDIT_FAILED;
    for (int i = 0; i < SB_AUDIT_PARTS; i++)
        only = only && (s->facts.parts[i] == SB_AUDIT_FAILED) == (i == (int)part);
    if (only && scene_found(s, part, code))
        return;
    print_all(s);
    fail_msg("expected a failure of %s alone, SB-%d", sb_audit_part_text(part), -code);
}

void scene_passed(struct scene *s)
{
    if (sb_audit_result(&s->facts) == SB_AUDIT_PASSED && s->n_found == 0)
        return;
    print_all(s);
    fail_msg("expected nothing to say");
}
