/* Purpose: bundles that fit in themselves, made of any entries. */
#include "test/unit/broker_audit/forge.h"

#include "broker/bundle/bundle_form.h"
#include "broker/bundle/tiles.h"
#include "keys/hash.h"
#include "keys/tree.h"

#include <fts.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void forge_init(struct forge *f)
{
    *f = (struct forge){
        .arena = sb_arena_new(0), .exchange = "sns", .generation = 1, .to = UINT64_MAX};
    assert_non_null(f->arena);
}

void forge_free(struct forge *f)
{
    free(f->entries);
    sb_arena_free(f->arena);
}

struct sb_bytes forge_keep(struct forge *f, struct sb_bytes b)
{
    struct sb_bytes kept = sb_arena_dup(f->arena, b);
    assert_non_null(kept.p);
    return kept;
}

void forge_insert(struct forge *f, size_t at, const struct forge_entry *e)
{
    f->entries = realloc(f->entries, (f->n + 1) * sizeof *f->entries);
    assert_non_null(f->entries);
    assert_true(at <= f->n);
    memmove(f->entries + at + 1, f->entries + at, (f->n - at) * sizeof *f->entries);
    struct forge_entry *to = &f->entries[at];
    *to = *e;
    to->record = forge_keep(f, e->record);
    to->items = forge_keep(f, e->items);
    to->texts = forge_keep(f, e->texts);
    to->data = forge_keep(f, e->data);
    f->n++;
}

void forge_remove(struct forge *f, size_t at)
{
    assert_true(at < f->n);
    f->n--;
    memmove(f->entries + at, f->entries + at + 1, (f->n - at) * sizeof *f->entries);
}

static int take(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    struct forge *f = ctx;
    struct forge_entry own = {.record = e->record,
                              .items = e->items,
                              .texts = e->texts,
                              .outside = !e->inside};
    if (sb_entry_read(e->leaf, &own.leaf, err) != 0)
        return err->code;
    if (own.outside)
        own.data = e->leaf; /* no record to make it of */
    forge_insert(f, f->n, &own);
    return 0;
}

void forge_load(struct forge *f, const char *dir)
{
    struct sb_bundle *b = NULL;
    struct sb_err err = {0};
    f->n = 0;
    if (sb_bundle_open(&b, dir, &err) != 0)
        fail_msg("%s", err.text);
    const struct sb_bundle_info *info = sb_bundle_info(b);
    snprintf(f->exchange, sizeof f->exchange, "%.*s", SB_FMT(info->exchange));
    f->generation = info->generation;
    f->from = info->from;
    f->to = info->to;
    if (sb_bundle_each(b, 0, true, take, f, &err) != 0)
        fail_msg("%s", err.text);
    sb_bundle_close(b);
}

void forge_leaf(const struct forge *f, size_t at, struct sb_buf *out)
{
    const struct forge_entry *e = &f->entries[at];
    struct sb_entry leaf = e->leaf;
    if (e->data.n > 0) {
        sb_buf_put(out, e->data.p, e->data.n);
        return;
    }
    sb_sha256(leaf.record_hash, e->record);
    sb_entry_write(&leaf, out);
}

void forge_root(const struct forge *f, size_t n, uint8_t root[SB_HASH])
{
    struct sb_tree t = {0};
    for (size_t i = 0; i < n; i++) {
        uint8_t hash[SB_HASH];
        struct sb_buf leaf = {0};
        forge_leaf(f, i, &leaf);
        sb_tree_leaf(hash, sb_buf_bytes(&leaf));
        sb_tree_append(&t, hash);
        sb_buf_free(&leaf);
    }
    sb_tree_root(&t, root);
}

void forge_note(const struct forge *f,
                size_t n,
                const struct sb_vault *broker,
                struct sb_buf *out)
{
    struct sb_checkpoint c = {.size = n};
    snprintf(c.origin,
             sizeof c.origin,
             "%s/journal/%llu",
             f->exchange,
             (unsigned long long)f->generation);
    forge_root(f, n, c.root);
    assert_int_equal(sb_checkpoint_sign(broker, &c, out, NULL), 0);
}

static void put_file(const char *dir, const char *name, struct sb_bytes content)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            (void)mkdir(path, 0755);
            *p = '/';
        }
    FILE *f = fopen(path, "wb"); /* no fsync: tests write many */
    assert_non_null(f);
    assert_int_equal(fwrite(content.p, 1, content.n, f), content.n);
    assert_int_equal(fclose(f), 0);
}

static void put_tiles(const struct forge *f, const char *dir)
{
    struct sb_tile_writer *w = NULL;
    uint8_t root[SB_HASH];
    struct sb_err err = {0};
    if (sb_tile_writer_open(&w, dir, 0, &err) != 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < f->n; i++) {
        uint8_t hash[SB_HASH];
        struct sb_buf leaf = {0};
        forge_leaf(f, i, &leaf);
        sb_tree_leaf(hash, sb_buf_bytes(&leaf));
        assert_int_equal(sb_tile_writer_add(w, hash, NULL), 0);
        sb_buf_free(&leaf);
    }
    assert_int_equal(sb_tile_writer_end(w, root, NULL), 0);
    sb_tile_writer_close(w);
}

static void put_length(struct sb_buf *out, size_t n, unsigned bytes)
{
    for (unsigned i = bytes; i > 0; i--)
        sb_buf_byte(out, (uint8_t)(n >> 8 * (i - 1)));
}

static void put_framed(struct sb_buf *out, struct sb_bytes b)
{
    put_length(out, b.n, 4);
    sb_buf_put(out, b.p, b.n);
}

/* The three files of the entries from n * 256 on. */
static void put_block(const struct forge *f, size_t n, const char *dir)
{
    struct sb_buf leaves = {0};
    struct sb_buf records = {0};
    struct sb_buf texts = {0};
    char path[SB_TILE_PATH];
    const struct sb_bytes none = {NULL, 0};
    size_t end = (n + 1) * SB_TILE_WIDTH < f->n ? (n + 1) * SB_TILE_WIDTH : f->n;
    unsigned width = (unsigned)(end - n * SB_TILE_WIDTH);
    for (size_t i = n * SB_TILE_WIDTH; i < end; i++) {
        const struct forge_entry *e = &f->entries[i];
        struct sb_buf leaf = {0};
        forge_leaf(f, i, &leaf);
        put_length(&leaves, leaf.n, 2);
        sb_buf_put(&leaves, leaf.p, leaf.n);
        sb_buf_free(&leaf);
        put_framed(&records, e->outside ? none : e->record);
        put_framed(&records, e->outside ? none : e->items);
        put_framed(&texts, e->outside ? none : e->texts);
    }
    sb_tile_path(path, NULL, -1, n, width);
    put_file(dir, path, sb_buf_bytes(&leaves));
    sb_tile_path(path, "records", -1, n, width);
    put_file(dir, path, sb_buf_bytes(&records));
    sb_tile_path(path, "texts", -1, n, width);
    put_file(dir, path, sb_buf_bytes(&texts));
    sb_buf_free(&leaves);
    sb_buf_free(&records);
    sb_buf_free(&texts);
}

static void put_copy(struct forge *own, const struct forge_entry *e, const char *dir)
{
    struct sb_record r;
    struct sb_directory d;
    struct sb_manifest m;
    struct sb_buf bytes = {0};
    uint8_t hash[SB_HASH];
    char hex[2 * SB_HASH + 1];
    char path[128];
    if (e->outside || sb_record_read(e->record, &r, NULL) != 0)
        return;
    if (e->leaf.kind == SB_KIND_DIRECTORY &&
        sb_directory_read(r.body, own->arena, &d, NULL) == 0) {
        snprintf(
            path, sizeof path, "directories/%llu.sbd", (unsigned long long)d.version);
        put_file(dir, path, e->record);
    }
    if (e->leaf.kind == SB_KIND_CATALOGUE &&
        sb_catalogue_read(r.body, own->arena, &m, NULL) == 0) {
        sb_manifest_write(&m, false, &bytes);
        sb_hash(hash, "sacbe/manifest/1", sb_buf_bytes(&bytes));
        sb_buf_free(&bytes);
        sb_hex(hex, hash, SB_HASH);
        snprintf(path, sizeof path, "catalogues/%s.sbc", hex);
        put_file(dir, path, e->record);
    }
}

static void put_about(const struct forge *f, const char *dir)
{
    struct sb_bundle_about about = {
        .generation = f->generation, .from = f->from, .to = f->to};
    struct sb_buf text = {0};
    snprintf(about.exchange, sizeof about.exchange, "%s", f->exchange);
    assert_int_equal(sb_bundle_about_write(&about, &text, NULL), 0);
    put_file(dir, SB_BUNDLE_JSON, sb_buf_bytes(&text));
    sb_buf_free(&text);
}

void forge_write(const struct forge *f, const struct sb_vault *broker, const char *dir)
{
    struct sb_buf note = {0};
    struct forge scratch;
    forge_init(&scratch);
    (void)mkdir(dir, 0755);
    put_tiles(f, dir);
    for (size_t n = 0; n * SB_TILE_WIDTH < f->n; n++)
        put_block(f, n, dir);
    for (size_t i = 0; i < f->n; i++)
        put_copy(&scratch, &f->entries[i], dir);
    put_about(f, dir);
    forge_note(f, f->n, broker, &note);
    put_file(dir, SB_BUNDLE_CHECKPOINT, sb_buf_bytes(&note));
    sb_buf_free(&note);
    forge_free(&scratch);
}

void forge_wipe(const char *dir)
{
    char own[512];
    char *paths[] = {own, NULL};
    snprintf(own, sizeof own, "%s", dir);
    FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    assert_non_null(fts);
    for (FTSENT *e = fts_read(fts); e; e = fts_read(fts)) {
        if (e->fts_info == FTS_DP)
            (void)rmdir(e->fts_path);
        else if (e->fts_info != FTS_D)
            (void)unlink(e->fts_path);
    }
    fts_close(fts);
}
