/* Purpose: the entries of the journal as files of 256.
 * Invariant: a whole file that the folder has, and that holds what is asked for, is not
 * touched. Ciphertexts that an earlier export took stay, also when the journal has
 * pruned them since: an archive does not forget. What was withdrawn it does forget, in
 * files that are written again.
 * Not here: when the files get their names (writes.h). */
#include "broker/bundle/export_form.h"

#include "broker/bundle/folder.h"
#include "broker/bundle/pieces.h"
#include "broker/core/payload.h"

struct block { /* one that is being written */
    struct sb_export *x;
    uint64_t first; /* index */
    unsigned width;
    unsigned n;           /* entries so far */
    struct sb_buf leaves; /* the file tile/entries */
    struct sb_write *records;
    struct sb_write *texts;
    unsigned old_width;   /* entries that the old bundle has of it */
    struct sb_pieces old; /* its texts */
    struct sb_buf old_text;
    struct sb_buf text;
    struct sb_arena *arena;
};

static bool inside(const struct sb_range *r, uint64_t index)
{
    return r->from <= index && index < r->to;
}

/* Whether batches of [first, first + n) are asked for that the old bundle has not. */
static bool gains(const struct sb_export *x, uint64_t first, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (inside(&x->range, first + i) && !inside(&x->old_range, first + i))
            return true;
    return false;
}

static int put_length(struct sb_write *f, size_t n, struct sb_err *err)
{
    uint8_t b[4] = {
        (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    return sb_write_put(f, sb_bytes(b, sizeof b), err);
}

static int put_piece(struct sb_write *f, struct sb_bytes b, struct sb_err *err)
{
    int rc = put_length(f, b.n, err);
    return rc == 0 && b.n > 0 ? sb_write_put(f, b, err) : rc;
}

static int
put_leaf(struct block *k, const struct sb_stored_entry *e, struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    if (e->leaf.n > SB_BUNDLE_LEAF_MAX)
        return sb_fail(err, SB_E_LIMIT, "an entry's leaf data is too long for a tile");
    sb_buf_byte(&k->leaves, (uint8_t)(e->leaf.n >> 8));
    sb_buf_byte(&k->leaves, (uint8_t)e->leaf.n);
    sb_buf_put(&k->leaves, e->leaf.p, e->leaf.n);
    int rc = sb_buf_check(&k->leaves, err);
    if (rc != 0 || e->index < k->x->old_checkpoint.size)
        return rc;
    sb_tree_leaf(hash, e->leaf);
    return sb_tile_writer_add(k->x->tiles, hash, err);
}

static int put_text(struct block *k,
                    const struct sb_stored_entry *e,
                    bool takes,
                    struct sb_err *err)
{
    sb_buf_reset(&k->text);
    sb_buf_reset(&k->old_text);
    int rc = 0;
    if (k->n < k->old_width)
        rc = sb_pieces_next(&k->old, SB_BUNDLE_PAYLOAD_MAX, &k->old_text, err);
    bool held = rc == 0 && k->old_text.n > 0;
    if (held && e->n_withdrawals == 0)
        return put_piece(k->texts, sb_buf_bytes(&k->old_text), err);
    if (held)
        rc =
            sb_export_withdrawn(e, sb_buf_bytes(&k->old_text), k->arena, &k->text, err);
    else if (rc == 0 && takes && e->n_cts > 0)
        sb_cts_join(&k->text, e->ct_raw, e->n_cts);
    if (rc == 0)
        rc = sb_buf_check(&k->text, err);
    return rc == 0 ? put_piece(k->texts, sb_buf_bytes(&k->text), err) : rc;
}

static int put_entry(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    static const struct sb_bytes none = {0};
    struct block *k = ctx;
    if (k->n == k->width)
        return 1;
    if (e->index != k->first + k->n)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "entry %llu of the journal is missing",
                       (unsigned long long)(k->first + k->n));
    bool takes = e->kind != SB_KIND_BATCH || inside(&k->x->range, e->index);
    int rc = put_leaf(k, e, err);
    if (rc == 0)
        rc = put_piece(k->records, takes ? e->record : none, err);
    if (rc == 0)
        rc = put_piece(k->records, takes ? e->items : none, err);
    if (rc == 0)
        rc = put_text(k, e, takes, err);
    if (rc != 0)
        return rc;
    k->n++;
    return k->n == k->width ? 1 : 0;
}

static int open_files(struct block *k, struct sb_err *err)
{
    char path[SB_TILE_PATH];
    uint64_t n = k->first / SB_TILE_WIDTH;
    int rc = 0;
    k->old_width = sb_tile_width(k->x->old_checkpoint.size, 0, n);
    if (k->old_width > 0)
        rc = sb_pieces_open(&k->old,
                            sb_writes_dir(k->x->writes),
                            SB_BUNDLE_TEXTS,
                            n,
                            k->old_width,
                            err);
    sb_tile_path(path, SB_BUNDLE_RECORDS, 0, n, k->width);
    if (rc == 0)
        rc = sb_write_open(&k->records, k->x->writes, path, err);
    sb_tile_path(path, SB_BUNDLE_TEXTS, 0, n, k->width);
    if (rc == 0)
        rc = sb_write_open(&k->texts, k->x->writes, path, err);
    return rc;
}

static int end_files(struct block *k, struct sb_err *err)
{
    char path[SB_TILE_PATH];
    struct sb_write *records = k->records;
    struct sb_write *texts = k->texts;
    k->records = k->texts = NULL;
    int rc = sb_write_end(k->x->writes, records, err);
    if (rc == 0)
        rc = sb_write_end(k->x->writes, texts, err);
    else
        sb_write_drop(texts);
    sb_tile_path(path, NULL, SB_TILE_ENTRIES, k->first / SB_TILE_WIDTH, k->width);
    return rc == 0 ? sb_writes_put(k->x->writes, path, sb_buf_bytes(&k->leaves), err)
                   : rc;
}

static int write_block(struct block *k, uint64_t n, unsigned width, struct sb_err *err)
{
    bool with_cts = false;
    k->first = n * SB_TILE_WIDTH;
    k->width = width;
    k->n = 0;
    sb_buf_reset(&k->leaves);
    for (unsigned i = 0; i < width; i++)
        with_cts = with_cts || inside(&k->x->range, k->first + i);
    int rc = open_files(k, err);
    if (rc == 0)
        rc = sb_journal_each(
            k->x->reader, k->first, (enum sb_kind)0, with_cts, put_entry, k, err);
    if (rc == 0 && k->n < width)
        rc = sb_fail(err,
                     SB_E_JOURNAL_SHORT,
                     "the journal has lost entry %llu, which its checkpoint names",
                     (unsigned long long)(k->first + k->n));
    if (rc == 0)
        rc = end_files(k, err);
    sb_write_drop(k->records);
    sb_write_drop(k->texts);
    k->records = k->texts = NULL;
    sb_pieces_close(&k->old);
    return rc;
}

static bool has(const struct sb_export *x, const char *what, int level, uint64_t n)
{
    char path[SB_TILE_PATH];
    sb_tile_path(path, what, level, n, SB_TILE_WIDTH);
    return sb_folder_has(sb_writes_dir(x->writes), path);
}

/* A whole block that an export of the same range wrote before it was stopped. */
static bool is_there(const struct sb_export *x, uint64_t n, unsigned width)
{
    return x->resumed && width == SB_TILE_WIDTH &&
           n * SB_TILE_WIDTH >= x->old_checkpoint.size && has(x, NULL, 0, n) &&
           has(x, NULL, SB_TILE_ENTRIES, n) && has(x, SB_BUNDLE_RECORDS, 0, n) &&
           has(x, SB_BUNDLE_TEXTS, 0, n);
}

static int take_tile(struct sb_export *x, uint64_t n, struct sb_err *err)
{
    struct sb_tile tile;
    int rc = sb_tile_load(sb_writes_dir(x->writes), 0, n, SB_TILE_WIDTH, &tile, err);
    return rc == 0 ? sb_tile_writer_take(x->tiles, &tile, err) : rc;
}

static int one_block(struct block *k, uint64_t n, struct sb_err *err)
{
    struct sb_export *x = k->x;
    unsigned width = sb_tile_width(x->goal.checkpoint.size, 0, n);
    unsigned old = sb_tile_width(x->old_checkpoint.size, 0, n);
    bool more = gains(x, n * SB_TILE_WIDTH, old);
    if (old == width && !more)
        return 0;
    if (is_there(x, n, width))
        return take_tile(x, n, err);
    int rc = write_block(k, n, width, err);
    if (rc == 0)
        x->entries += more ? width : width - old;
    return rc;
}

int sb_export_blocks(struct sb_export *x, struct sb_err *err)
{
    struct block k = {.x = x, .arena = sb_arena_new(0)};
    uint64_t size = x->goal.checkpoint.size;
    int rc = k.arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (uint64_t first = 0; first < size && rc == 0; first += SB_TILE_WIDTH) {
        rc = one_block(&k, first / SB_TILE_WIDTH, err);
        if (x->config->progress) {
            uint64_t done = first + SB_TILE_WIDTH;
            x->config->progress(x->config->ctx, done < size ? done : size, size);
        }
    }
    sb_buf_free(&k.leaves);
    sb_buf_free(&k.old_text);
    sb_buf_free(&k.text);
    sb_arena_free(k.arena);
    return rc;
}
