/* Purpose: real records for the journal's tests. */
#include "test/unit/broker_journal/book.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

static const char *const class_names[] = {"interna", "publica"};

static struct sb_vault *
vault_of(const char *code, const char *use, const char *other_use)
{
    struct sb_vault *v = NULL;
    assert_int_equal(sb_vault_new(&v, sb_bytes_str(code), NULL), 0);
    assert_int_equal(sb_vault_add(v, use, NOW, NULL, NULL), 0);
    assert_int_equal(sb_vault_add(v, other_use, NOW, NULL, NULL), 0);
    return v;
}

struct book *book_new(void)
{
    const uint8_t nonce[16] = {1};
    struct book *b = calloc(1, sizeof *b);
    assert_non_null(b);
    assert_int_equal(sb_keys_init(NULL), 0);
    snprintf(b->folder, sizeof b->folder, "/tmp/sacbe-journal-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/journal.db", b->folder);
    sb_exchange_id(&b->x, sb_bytes_str("sns"), nonce);
    b->broker = vault_of("broker", SB_USE_LOG, SB_USE_CURVE);
    b->pnc = vault_of("pnc", SB_USE_SIGN, SB_USE_SEAL);
    b->igm = vault_of("igm", SB_USE_SIGN, SB_USE_SEAL);
    b->arena = sb_arena_new(0);
    assert_non_null(b->arena);
    b->ms = NOW;
    b->generation = 1;
    return b;
}

void book_free(struct book *b)
{
    static const char *const files[] = {
        "", "-wal", "-shm", "-lock", "-note", "-copy", "-copy-wal", "-copy-shm"};
    char name[128];
    book_close(b);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(name, sizeof name, "%s%s", b->path, files[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(b->folder), 0);
    sb_vault_free(b->broker);
    sb_vault_free(b->pnc);
    sb_vault_free(b->igm);
    sb_secrets_free(b->secrets);
    sb_arena_free(b->arena);
    free(b);
}

struct sb_journal_config book_config(const struct book *b)
{
    return (struct sb_journal_config){.path = b->path,
                                      .exchange = "sns",
                                      .generation = b->generation,
                                      .vault = b->broker,
                                      .checkpoint_ms = 1000};
}

void book_open(struct book *b)
{
    struct sb_journal_config config = book_config(b);
    struct sb_err err = {0};
    if (sb_journal_open(&b->j, &config, &err) != 0)
        fail_msg("%s", err.text);
}

void book_close(struct book *b)
{
    sb_journal_close(b->j);
    b->j = NULL;
}

static struct sb_bytes keep(struct book *b, struct sb_buf *buf)
{
    assert_int_equal(sb_buf_check(buf, NULL), 0);
    struct sb_bytes bytes = sb_arena_dup(b->arena, sb_buf_bytes(buf));
    assert_non_null(bytes.p);
    sb_buf_free(buf);
    return bytes;
}

struct sb_append book_entry(struct book *b,
                            const struct sb_vault *vault,
                            const char *use,
                            enum sb_kind kind,
                            struct sb_buf *body)
{
    struct sb_append a = {.index = b->index++, .kind = kind};
    struct sb_entry leaf = {
        .kind = kind, .stored_ms = b->ms++, .directory_version = b->version};
    struct sb_vault_key key;
    struct sb_buf record = {0};
    struct sb_buf data = {0};
    struct sb_bytes bytes = keep(b, body);
    assert_true(sb_vault_newest(vault, use, &key));
    assert_int_equal(sb_sign_record(&b->x, vault, key.key_id, bytes, &record, NULL), 0);
    a.record = keep(b, &record);
    assert_int_equal(sb_record_hash(a.hash, bytes, NULL), 0);
    sb_sha256(leaf.record_hash, a.record);
    sb_entry_write(&leaf, &data);
    a.leaf = keep(b, &data);
    return a;
}

static struct sb_append entry_of(struct book *b, enum sb_kind kind, struct sb_buf *body)
{
    return book_entry(b, b->pnc, SB_USE_SIGN, kind, body);
}

struct sb_append book_directory(struct book *b)
{
    struct sb_vault_key log;
    struct sb_dir_root root = {.holder = sb_bytes_str("A holder")};
    struct sb_directory d = {.exchange = sb_bytes_str("sns"),
                             .nonce = {1},
                             .version = b->version + 1,
                             .issued = NOW,
                             .expires = NOW + 1000,
                             .threshold = 1,
                             .roots = &root,
                             .n_roots = 1,
                             .address = sb_bytes_str("tcp://127.0.0.1:5555"),
                             .generation = b->generation,
                             .retention = b->retention};
    struct sb_buf body = {0};
    assert_true(sb_vault_newest(b->broker, SB_USE_LOG, &log));
    memcpy(d.log_pk, log.pk, SB_PK);
    memcpy(d.prev_hash, b->dir_hash, SB_HASH);
    sb_directory_write(&d, &body);
    b->version++;
    struct sb_append a = entry_of(b, SB_KIND_DIRECTORY, &body);
    a.first = a.last = b->version;
    memcpy(b->dir_hash, a.hash, SB_HASH);
    return a;
}

struct sb_append book_claim(struct book *b)
{
    struct sb_claim claim = {.stream = sb_bytes_str(STREAM),
                             .claim_no = ++b->claim_no,
                             .instance = {9},
                             .last_seq = b->seq};
    struct sb_buf body = {0};
    memcpy(claim.last_hash, b->prev, SB_HASH);
    sb_claim_write(&claim, &body);
    struct sb_append a = entry_of(b, SB_KIND_CLAIM, &body);
    a.stream = claim.stream;
    a.first = a.last = claim.claim_no;
    a.instance[0] = 9;
    return a;
}

static struct sb_codes classes_of(struct book *b)
{
    struct sb_codes c = {.items = sb_arena_alloc(b->arena, 2, sizeof *c.items), .n = 2};
    assert_non_null(c.items);
    for (size_t i = 0; i < c.n; i++)
        c.items[i] = sb_bytes_str(class_names[i]);
    return c;
}

/* pnc itself reads its stream, as every publisher does. */
static struct sb_reader reader_of(struct book *b)
{
    struct sb_reader r = {.code = sb_bytes_str("pnc"), .classes = classes_of(b)};
    struct sb_vault_key key;
    assert_true(sb_vault_newest(b->pnc, SB_USE_SEAL, &key));
    r.seal.use = sb_bytes_str(SB_USE_SEAL);
    memcpy(r.seal.pk, key.pk, SB_PK);
    memcpy(r.seal_key_id, key.key_id, SB_KEY_ID);
    return r;
}

struct sb_append book_epoch(struct book *b)
{
    struct sb_reader reader = reader_of(b);
    struct sb_readers readers = {.items = &reader, .n = 1};
    struct sb_epoch_core core = {.suite = SB_SUITE,
                                 .stream = sb_bytes_str(STREAM),
                                 .claim_no = b->claim_no,
                                 .epoch_no = ++b->epoch_no,
                                 .not_before = b->ms,
                                 .not_after = b->ms + SB_EPOCH_MS};
    struct sb_buf made = {0};
    struct sb_buf body = {0};
    struct sb_record record;
    memcpy(core.directory_hash, b->dir_hash, SB_HASH);
    sb_secrets_free(b->secrets);
    assert_int_equal(sb_secrets_new(&b->secrets, &reader.classes, NULL), 0);
    assert_int_equal(
        sb_epoch_make(&b->x, b->pnc, &core, &readers, b->secrets, &made, NULL), 0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&made), &record, NULL), 0);
    sb_buf_put(&body, record.body.p, record.body.n);
    sb_buf_free(&made);
    struct sb_append a = entry_of(b, SB_KIND_EPOCH, &body);
    assert_int_equal(sb_record_read(a.record, &record, NULL), 0);
    assert_int_equal(sb_epoch_read(record.body, b->arena, &b->epoch, NULL), 0);
    memcpy(b->epoch_hash, a.hash, SB_HASH);
    a.stream = core.stream;
    a.first = a.last = core.epoch_no;
    return a;
}

struct sb_append book_regrant(struct book *b, const char *reader)
{
    struct sb_regrant_epoch epoch = {.epoch_no = b->epoch_no, .classes = classes_of(b)};
    struct sb_regrant r = {.stream = sb_bytes_str(STREAM),
                           .reader = sb_bytes_str(reader),
                           .epochs = &epoch,
                           .n_epochs = 1};
    uint8_t ct[120] = {3};
    struct sb_buf core = {0};
    struct sb_buf body = {0};
    memcpy(epoch.epoch_hash, b->epoch_hash, SB_HASH);
    memcpy(r.directory_hash, b->dir_hash, SB_HASH);
    r.ct = sb_bytes(ct, sizeof ct);
    sb_regrant_core_write(&r, &core);
    r.core_bytes = sb_buf_bytes(&core);
    sb_regrant_write(&r, &body);
    sb_buf_free(&core);
    struct sb_append a = entry_of(b, SB_KIND_REGRANT, &body);
    a.stream = r.stream;
    a.reader = r.reader;
    return a;
}

struct sb_append book_heads(struct book *b)
{
    struct sb_head head = {.stream = sb_bytes_str(STREAM), .seq = b->seq};
    struct sb_heads heads = {.items = &head, .n = 1};
    struct sb_buf body = {0};
    memcpy(head.batch_hash, b->prev, SB_HASH);
    sb_heads_write(sb_bytes_str("pnc"), &heads, b->ms, &body);
    return entry_of(b, SB_KIND_HEADS, &body);
}

/* Seals one event; its item, and one ciphertext for each class. */
static struct sb_bytes
seal_one(struct book *b, uint64_t seq, size_t section, struct sb_bytes cts[2])
{
    struct sb_event event = {.stream = sb_bytes_str(STREAM),
                             .epoch_no = b->epoch_no,
                             .seq = seq,
                             .schema_version = 1};
    uint8_t *plain = sb_arena_alloc(b->arena, section + 1, 1);
    struct sb_section sections[2];
    struct sb_buf item = {0};
    struct sb_buf ct = {0};
    size_t sizes[SB_CLASSES];
    assert_non_null(plain);
    for (size_t i = 0; i < 2; i++)
        sections[i] = (struct sb_section){.class_name = sb_bytes_str(class_names[i]),
                                          .plain = sb_bytes(plain, section)};
    assert_int_equal(
        sb_event_seal(b->secrets, &event, sections, &item, &ct, sizes, NULL), 0);
    struct sb_bytes all = keep(b, &ct);
    cts[0] = sb_bytes(all.p, sizes[0]);
    cts[1] = sb_bytes(all.p + sizes[0], sizes[1]);
    return keep(b, &item);
}

static void
add_cts(struct book *b, struct sb_append *a, struct sb_bytes (*cts)[2], size_t n)
{
    a->n_cts = 2;
    for (size_t c = 0; c < 2; c++) {
        struct sb_buf raw = {0};
        a->ct_class[c] = sb_bytes_str(class_names[c]);
        sb_pack_array(&raw, 2);
        sb_pack_str(&raw, a->ct_class[c]);
        sb_pack_array(&raw, n);
        for (size_t i = 0; i < n; i++)
            sb_pack_bin(&raw, cts[i][c]);
        a->ct_raw[c] = keep(b, &raw);
    }
}

struct sb_append book_batch(struct book *b, size_t events, size_t section)
{
    struct sb_bytes items[SB_BATCH_EVENTS];
    struct sb_bytes cts[SB_BATCH_EVENTS][2];
    struct sb_batch batch = {.stream = sb_bytes_str(STREAM),
                             .claim_no = b->claim_no,
                             .first_seq = b->seq + 1,
                             .count = events,
                             .sent = b->ms};
    struct sb_buf body = {0};
    struct sb_buf list = {0};
    sb_pack_array(&list, events);
    for (size_t i = 0; i < events; i++) {
        items[i] = seal_one(b, ++b->seq, section, cts[i]);
        sb_pack_bin(&list, items[i]);
    }
    memcpy(batch.prev, b->prev, SB_HASH);
    memcpy(batch.epoch_hash, b->epoch_hash, SB_HASH);
    sb_items_root(batch.items_root, items, events);
    sb_batch_write(&batch, &body);
    struct sb_append a = entry_of(b, SB_KIND_BATCH, &body);
    a.stream = batch.stream;
    a.first = batch.first_seq;
    a.last = b->seq;
    a.items = keep(b, &list);
    add_cts(b, &a, cts, events);
    memcpy(b->prev, a.hash, SB_HASH);
    return a;
}

void book_put(struct book *b, const struct sb_append *group, size_t n)
{
    struct sb_err err = {0};
    if (sb_journal_append(b->j, group, n, &err) != 0)
        fail_msg("%s", err.text);
}

void book_put_one(struct book *b, struct sb_append a)
{
    book_put(b, &a, 1);
}

void book_fill(struct book *b)
{
    struct sb_append group[3];
    book_put_one(b, book_directory(b));
    group[0] = book_claim(b);
    group[1] = book_epoch(b);
    group[2] = book_batch(b, 3, 20);
    book_put(b, group, 3);
    book_put_one(b, book_regrant(b, "igm"));
    book_put_one(b, book_regrant(b, "stcns"));
    book_put_one(b, book_batch(b, 1, 100));
    book_put_one(b, book_heads(b));
    group[0] = book_epoch(b);
    group[1] = book_batch(b, 2, 8);
    group[2] = book_batch(b, 4, 8);
    book_put(b, group, 3);
}

void book_sql(const struct book *b, const char *sql)
{
    sqlite3 *db = NULL;
    char *text = NULL;
    assert_int_equal(sqlite3_open(b->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s: %s", sql, text);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void book_copy(const char *from, const char *to)
{
    struct sb_buf content = {0};
    assert_int_equal(sb_file_read(from, 64u * SB_MIB, &content, NULL), 0);
    assert_int_equal(sb_file_write(to, sb_buf_bytes(&content), 0600, NULL), 0);
    sb_buf_free(&content);
}

int book_setup(void **state)
{
    struct book *b = book_new();
    book_open(b);
    book_put_one(b, book_directory(b));
    book_put_one(b, book_claim(b));
    book_put_one(b, book_epoch(b));
    *state = b;
    return 0;
}

int book_teardown(void **state)
{
    book_free(*state);
    return 0;
}
