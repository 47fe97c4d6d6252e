/* Purpose: the entries of a bundle, in order or one alone.
 * Invariant: memory is the leaf data of one file, and one entry. */
#include "broker/bundle/bundle_form.h"

#include <unistd.h>

#include "broker/bundle/folder.h"
#include "broker/bundle/pieces.h"

struct block { /* the files that stand for the entries from n * 256 on */
    int dir;
    uint64_t n;
    unsigned width;
    bool with_texts;
    struct sb_pieces records;
    struct sb_pieces texts;
    char leaves_path[SB_TILE_PATH];
    struct sb_buf leaves; /* the file */
    size_t leaf_at;
    bool leaves_more; /* a whole file in place of a partial one */
    struct sb_buf record;
    struct sb_buf items;
    struct sb_buf text;
};

static int open_leaves(struct block *k, struct sb_err *err)
{
    char exact[SB_TILE_PATH];
    uint64_t size = 0;
    int fd = -1;
    int rc = sb_tile_file(k->dir,
                          NULL,
                          SB_TILE_ENTRIES,
                          k->n,
                          k->width,
                          SB_E_BUNDLE,
                          k->leaves_path,
                          &fd,
                          &size,
                          err);
    if (rc != 0)
        return rc;
    sb_tile_path(exact, NULL, SB_TILE_ENTRIES, k->n, k->width);
    k->leaves_more = strcmp(exact, k->leaves_path) != 0;
    k->leaf_at = 0;
    sb_buf_free(&k->leaves);
    rc = sb_folder_rest(fd,
                        k->leaves_path,
                        SB_E_BUNDLE,
                        (size_t)SB_TILE_WIDTH * (SB_BUNDLE_LEAF_MAX + 2u),
                        &k->leaves,
                        err);
    close(fd);
    return rc;
}

static void close_files(struct block *k)
{
    sb_pieces_close(&k->records);
    sb_pieces_close(&k->texts);
}

static int open_block(struct block *k, uint64_t size, uint64_t n, struct sb_err *err)
{
    close_files(k);
    k->n = n;
    k->width = sb_tile_width(size, 0, n);
    int rc = open_leaves(k, err);
    if (rc == 0)
        rc = sb_pieces_open(&k->records, k->dir, SB_BUNDLE_RECORDS, n, k->width, err);
    if (rc == 0 && k->with_texts)
        rc = sb_pieces_open(&k->texts, k->dir, SB_BUNDLE_TEXTS, n, k->width, err);
    return rc;
}

static int next_leaf(struct block *k, struct sb_bytes *out, struct sb_err *err)
{
    struct sb_bytes all = sb_buf_bytes(&k->leaves);
    size_t left = all.n - k->leaf_at;
    size_t n = left < 2 ? 0 : (size_t)all.p[k->leaf_at] << 8 | all.p[k->leaf_at + 1];
    if (left < 2 || left - 2 < n)
        return sb_fail(err, SB_E_BUNDLE, "%s is cut short", k->leaves_path);
    *out = sb_bytes(all.p + k->leaf_at + 2, n);
    k->leaf_at += 2 + n;
    return 0;
}

static int skip_entry(struct block *k, struct sb_err *err)
{
    struct sb_bytes leaf;
    int rc = next_leaf(k, &leaf, err);
    if (rc == 0)
        rc = sb_pieces_skip(&k->records, err);
    if (rc == 0)
        rc = sb_pieces_skip(&k->records, err);
    if (rc == 0 && k->with_texts)
        rc = sb_pieces_skip(&k->texts, err);
    return rc;
}

static int next_entry(struct block *k, struct sb_bundle_entry *e, struct sb_err *err)
{
    int rc = next_leaf(k, &e->leaf, err);
    if (rc == 0)
        rc = sb_pieces_next(&k->records, SB_RECORD_MAX, &k->record, err);
    if (rc == 0)
        rc = sb_pieces_next(&k->records, SB_BUNDLE_PAYLOAD_MAX, &k->items, err);
    if (rc == 0 && k->with_texts)
        rc = sb_pieces_next(&k->texts, SB_BUNDLE_PAYLOAD_MAX, &k->text, err);
    if (rc != 0)
        return rc;
    e->record = sb_buf_bytes(&k->record);
    e->items = sb_buf_bytes(&k->items);
    e->texts = sb_buf_bytes(&k->text);
    e->inside = e->record.n > 0;
    return 0;
}

static int check_end(const struct block *k, struct sb_err *err)
{
    if (!k->leaves_more && k->leaf_at != k->leaves.n)
        return sb_fail(
            err, SB_E_BUNDLE, "%s goes on after its last entry", k->leaves_path);
    int rc = sb_pieces_end(&k->records, err);
    return rc == 0 && k->with_texts ? sb_pieces_end(&k->texts, err) : rc;
}

/* The entries of one block from `first` of them on. */
static int read_block(
    struct block *k, unsigned first, sb_bundle_fn fn, void *ctx, struct sb_err *err)
{
    int rc = 0;
    for (unsigned i = 0; i < first && rc == 0; i++)
        rc = skip_entry(k, err);
    for (unsigned i = first; i < k->width && rc == 0; i++) {
        struct sb_bundle_entry e = {.index = k->n * SB_TILE_WIDTH + i};
        rc = next_entry(k, &e, err);
        if (rc == 0)
            rc = fn(ctx, &e, err);
    }
    return rc == 0 ? check_end(k, err) : rc;
}

int sb_bundle_each(struct sb_bundle *b,
                   uint64_t from,
                   bool texts,
                   sb_bundle_fn fn,
                   void *ctx,
                   struct sb_err *err)
{
    struct block k = {.dir = b->dir, .with_texts = texts};
    int rc = 0;
    while (from < b->info.size && rc == 0) {
        uint64_t n = from / SB_TILE_WIDTH;
        rc = open_block(&k, b->info.size, n, err);
        if (rc == 0)
            rc = read_block(&k, (unsigned)(from % SB_TILE_WIDTH), fn, ctx, err);
        from = n * SB_TILE_WIDTH + k.width;
    }
    close_files(&k);
    sb_buf_free(&k.leaves);
    sb_buf_free(&k.record);
    sb_buf_free(&k.items);
    sb_buf_free(&k.text);
    return rc < 0 ? rc : 0;
}

struct copy {
    struct sb_arena *arena;
    struct sb_bundle_entry *out;
};

static int keep(struct sb_arena *arena, struct sb_bytes *b)
{
    *b = sb_arena_dup(arena, *b);
    return b->p ? 0 : SB_E_MEMORY;
}

static int copy_entry(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    struct copy *c = ctx;
    struct sb_bundle_entry own = *e;
    if (keep(c->arena, &own.leaf) != 0 || keep(c->arena, &own.record) != 0 ||
        keep(c->arena, &own.items) != 0 || keep(c->arena, &own.texts) != 0)
        return sb_fail(err, SB_E_MEMORY, "no memory for an entry of the bundle");
    *c->out = own;
    return 1;
}

int sb_bundle_entry(struct sb_bundle *b,
                    uint64_t index,
                    struct sb_arena *arena,
                    struct sb_bundle_entry *out,
                    struct sb_err *err)
{
    struct copy c = {.arena = arena, .out = out};
    if (index >= b->info.size)
        return sb_fail(err,
                       SB_E_RANGE,
                       "the bundle has no entry %llu, only %llu entries",
                       (unsigned long long)index,
                       (unsigned long long)b->info.size);
    return sb_bundle_each(b, index, true, copy_entry, &c, err);
}
