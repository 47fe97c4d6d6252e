/* Purpose: tiles as files: their paths, reading them, nodes for whoever makes a proof.
 * Invariant: a tile is taken only with exactly the bytes of its width.
 * Not for: judging hashes (tiles_verify.c) or writing (tile_writer.c). */
#include "broker/bundle/tiles_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/bundle/folder.h"

#define WAYS 4u /* tiles of one level that are held */

struct held {
    uint64_t n;
    struct sb_tile tile;
};

struct sb_tiles {
    int dir;
    uint64_t size;
    struct held held[SB_TILE_LEVELS][WAYS];
};

/* Groups of three digits, all but the last after an x. */
static void number_path(char *out, size_t cap, uint64_t n)
{
    unsigned groups[7];
    size_t count = 0;
    size_t at = 0;
    do {
        groups[count++] = (unsigned)(n % 1000);
        n /= 1000;
    } while (n > 0);
    while (count-- > 1)
        at += (size_t)snprintf(out + at, cap - at, "x%03u/", groups[count]);
    snprintf(out + at, cap - at, "%03u", groups[0]);
}

void sb_tile_path(
    char out[SB_TILE_PATH], const char *what, int level, uint64_t n, unsigned width)
{
    char number[40];
    char part[16] = "";
    number_path(number, sizeof number, n);
    if (width < SB_TILE_WIDTH)
        snprintf(part, sizeof part, ".p/%u", width);
    if (what)
        snprintf(out, SB_TILE_PATH, "%.32s/%s%s", what, number, part);
    else if (level < 0)
        snprintf(out, SB_TILE_PATH, "tile/entries/%s%s", number, part);
    else
        snprintf(out, SB_TILE_PATH, "tile/%d/%s%s", level, number, part);
}

int sb_tile_file(int dir,
                 const char *what,
                 int level,
                 uint64_t n,
                 unsigned width,
                 int code,
                 char path[SB_TILE_PATH],
                 int *out,
                 uint64_t *size,
                 struct sb_err *err)
{
    sb_tile_path(path, what, level, n, width);
    int rc = sb_folder_file(dir, path, code, out, size, err);
    if (rc == 0 || width == SB_TILE_WIDTH || sb_folder_has(dir, path))
        return rc;
    char whole[SB_TILE_PATH];
    sb_tile_path(whole, what, level, n, SB_TILE_WIDTH);
    if (!sb_folder_has(dir, whole))
        return rc;
    memcpy(path, whole, sizeof whole);
    return sb_folder_file(dir, path, code, out, size, err);
}

int sb_tile_load(int dir,
                 unsigned level,
                 uint64_t n,
                 unsigned width,
                 struct sb_tile *out,
                 struct sb_err *err)
{
    char path[SB_TILE_PATH];
    char partial[SB_TILE_PATH];
    uint64_t size = 0;
    int fd = -1;
    out->width = 0;
    int rc =
        sb_tile_file(dir, NULL, (int)level, n, width, SB_E_TILE, path, &fd, &size, err);
    if (rc != 0)
        return rc;
    sb_tile_path(partial, NULL, (int)level, n, width);
    unsigned holds = strcmp(path, partial) == 0 ? width : SB_TILE_WIDTH;
    if (size != (uint64_t)holds * SB_HASH)
        rc = sb_fail(err,
                     SB_E_TILE,
                     "%s has %llu bytes, not %u",
                     path,
                     (unsigned long long)size,
                     holds * SB_HASH);
    else
        rc = sb_folder_take(
            fd, path, SB_E_TILE, out->hashes, (size_t)width * SB_HASH, err);
    close(fd);
    if (rc == 0)
        out->width = width;
    return rc;
}

void sb_tile_root(const struct sb_tile *t, size_t at, size_t n, uint8_t out[SB_HASH])
{
    uint8_t row[SB_TILE_WIDTH][SB_HASH];
    memcpy(row, t->hashes + at, n * SB_HASH);
    for (; n > 1; n /= 2)
        for (size_t i = 0; i < n / 2; i++)
            sb_tree_node(row[i], row[2 * i], row[2 * i + 1]);
    memcpy(out, row[0], SB_HASH);
}

void sb_tile_edge_root(const struct sb_tile_edge *e, uint8_t out[SB_HASH])
{
    struct sb_tree t = {0};
    for (unsigned level = SB_TILE_LEVELS; level-- > 0;) {
        const struct sb_tile *tile = &e->tiles[level];
        unsigned at = 0;
        for (unsigned peak = SB_TILE_WIDTH / 2; peak > 0; peak /= 2)
            if (tile->width & peak) {
                sb_tile_root(tile, at, peak, t.nodes[t.n++]);
                at += peak;
            }
    }
    sb_tree_root(&t, out);
}

int sb_tiles_open(struct sb_tiles **out,
                  const char *dir,
                  uint64_t size,
                  struct sb_err *err)
{
    struct sb_tiles *t = calloc(1, sizeof *t);
    if (!t)
        return sb_fail(err, SB_E_MEMORY, "no memory for tiles");
    t->size = size;
    int rc = sb_folder_open(&t->dir, dir, err);
    if (rc != 0) {
        free(t);
        return rc;
    }
    *out = t;
    return 0;
}

void sb_tiles_close(struct sb_tiles *t)
{
    if (!t)
        return;
    close(t->dir);
    free(t);
}

static int hold(struct sb_tiles *t,
                unsigned level,
                uint64_t n,
                struct held **out,
                struct sb_err *err)
{
    struct held *h = &t->held[level][n % WAYS];
    if (h->tile.width == 0 || h->n != n) {
        unsigned width = sb_tile_width(t->size, level, n);
        int rc = sb_tile_load(t->dir, level, n, width, &h->tile, err);
        if (rc != 0)
            return rc;
        h->n = n;
    }
    *out = h;
    return 0;
}

int sb_tiles_node(
    void *tiles, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err)
{
    struct sb_tiles *t = tiles;
    struct held *h = NULL;
    if (level >= 8 * SB_TILE_LEVELS || pos >= t->size >> level)
        return sb_fail(err,
                       SB_E_TILE,
                       "a tree of %llu leaves has no node %llu at level %u",
                       (unsigned long long)t->size,
                       (unsigned long long)pos,
                       level);
    unsigned below = level % 8;
    uint64_t first = pos << below;
    int rc = hold(t, level / 8, first / SB_TILE_WIDTH, &h, err);
    if (rc == 0)
        sb_tile_root(&h->tile, first % SB_TILE_WIDTH, (size_t)1 << below, out);
    return rc;
}
