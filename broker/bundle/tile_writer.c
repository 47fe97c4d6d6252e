/* Purpose: tiles written as leaves come.
 * Invariant: memory is the tree's edge, one tile of each level; a whole tile is written
 * once, when its last hash comes.
 * Not here: removing partial tiles that a larger tree has replaced (export_clean.c). */
#include "broker/bundle/tile_writer.h"

#include <stdlib.h>

struct sb_tile_writer {
    struct sb_writes *writes;
    bool own; /* the writes are this struct's */
    uint64_t size;
    struct sb_tile_edge edge;
};

static int load_edge(struct sb_tile_writer *w, uint64_t have, struct sb_err *err)
{
    for (unsigned level = 0; level < SB_TILE_LEVELS; level++) {
        uint64_t n = sb_tile_hashes(have, level) / SB_TILE_WIDTH;
        unsigned width = sb_tile_width(have, level, n);
        int rc = width == 0 ? 0
                            : sb_tile_load(sb_writes_dir(w->writes),
                                           level,
                                           n,
                                           width,
                                           &w->edge.tiles[level],
                                           err);
        if (rc != 0)
            return rc;
    }
    w->size = have;
    return 0;
}

int sb_tile_writer_within(struct sb_tile_writer **out,
                          struct sb_writes *writes,
                          uint64_t have,
                          struct sb_err *err)
{
    struct sb_tile_writer *w = calloc(1, sizeof *w);
    if (!w)
        return sb_fail(err, SB_E_MEMORY, "no memory for tiles");
    w->writes = writes;
    int rc = load_edge(w, have, err);
    if (rc != 0)
        free(w);
    else
        *out = w;
    return rc;
}

int sb_tile_writer_open(struct sb_tile_writer **out,
                        const char *dir,
                        uint64_t have,
                        struct sb_err *err)
{
    struct sb_writes *writes = NULL;
    int rc = sb_writes_open(&writes, dir, err);
    if (rc != 0)
        return rc;
    rc = sb_tile_writer_within(out, writes, have, err);
    if (rc != 0)
        sb_writes_close(writes);
    else
        (*out)->own = true;
    return rc;
}

static int put_tile(struct sb_tile_writer *w, unsigned level, struct sb_err *err)
{
    const struct sb_tile *t = &w->edge.tiles[level];
    uint64_t hashes = sb_tile_hashes(w->size, level);
    char path[SB_TILE_PATH];
    sb_tile_path(path, NULL, (int)level, (hashes - 1) / SB_TILE_WIDTH, t->width);
    return sb_writes_put(
        w->writes, path, sb_bytes(t->hashes, (size_t)t->width * SB_HASH), err);
}

/* The tile of `level` is whole: its root goes up, and so on. */
static int carry(struct sb_tile_writer *w, unsigned level, bool put, struct sb_err *err)
{
    for (; level + 1 < SB_TILE_LEVELS && w->edge.tiles[level].width == SB_TILE_WIDTH;
         level++, put = true) {
        struct sb_tile *t = &w->edge.tiles[level];
        struct sb_tile *up = &w->edge.tiles[level + 1];
        int rc = put ? put_tile(w, level, err) : 0;
        if (rc != 0)
            return rc;
        sb_tile_root(t, 0, SB_TILE_WIDTH, up->hashes[up->width++]);
        t->width = 0;
    }
    return 0;
}

int sb_tile_writer_add(struct sb_tile_writer *w,
                       const uint8_t leaf_hash[SB_HASH],
                       struct sb_err *err)
{
    struct sb_tile *t = &w->edge.tiles[0];
    memcpy(t->hashes[t->width++], leaf_hash, SB_HASH);
    w->size++;
    return carry(w, 0, true, err);
}

int sb_tile_writer_take(struct sb_tile_writer *w,
                        const struct sb_tile *tile,
                        struct sb_err *err)
{
    struct sb_tile *t = &w->edge.tiles[0];
    *t = *tile;
    w->size += SB_TILE_WIDTH;
    return carry(w, 0, false, err);
}

int sb_tile_writer_partials(struct sb_tile_writer *w,
                            uint8_t root[SB_HASH],
                            struct sb_err *err)
{
    int rc = 0;
    for (unsigned level = 0; level < SB_TILE_LEVELS && rc == 0; level++)
        if (w->edge.tiles[level].width > 0)
            rc = put_tile(w, level, err);
    if (rc == 0)
        sb_tile_edge_root(&w->edge, root);
    return rc;
}

int sb_tile_writer_end(struct sb_tile_writer *w,
                       uint8_t root[SB_HASH],
                       struct sb_err *err)
{
    int rc = sb_tile_writer_partials(w, root, err);
    return rc == 0 ? sb_writes_flush(w->writes, err) : rc;
}

void sb_tile_writer_close(struct sb_tile_writer *w)
{
    if (!w)
        return;
    if (w->own)
        sb_writes_close(w->writes);
    free(w);
}
