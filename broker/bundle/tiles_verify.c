/* Purpose: every tile of a tree against its children and the root.
 * Invariant: a tile is compared with the hash in its parent, from the edge of the tree
 * downwards; so a fault names the tile that is false, not one that agrees with it.
 * Memory is two tiles of each level. Not here: what the leaves stand for. */
#include "broker/bundle/tiles_form.h"

#include <stdlib.h>
#include <unistd.h>

#include "broker/bundle/folder.h"

#define MANY 10000u     /* faults, after which no more is looked at */
#define UNREAD_MAX 100u /* likewise, tiles that cannot be read */

struct judged {
    struct sb_tile tile;
    uint64_t n;
    bool sure; /* agrees with what stands above it */
    bool told; /* a fault has named it */
};

struct verify {
    int dir;
    uint64_t size;
    const uint8_t *root;
    sb_tiles_fault_fn fault;
    void *ctx;
    uint64_t faults;
    uint64_t unread; /* tiles that are missing, cut or too long */
    uint64_t tiles;
    bool leaves_read;                      /* all tiles of level 0 were */
    struct judged edge[SB_TILE_LEVELS];    /* the last, partial tile of each level */
    struct judged current[SB_TILE_LEVELS]; /* whole ones, above the leaf at hand */
    struct sb_tree blocks; /* over the roots of whole tiles of level 0 */
};

static void
tell(struct verify *v, const char *path, const struct sb_err *why, bool *told)
{
    if (*told)
        return;
    *told = true;
    v->faults++;
    if (v->fault)
        v->fault(v->ctx, path, why);
}

static void tell_tile(struct verify *v,
                      unsigned level,
                      struct judged *j,
                      unsigned width,
                      const struct sb_err *why)
{
    char path[SB_TILE_PATH];
    sb_tile_path(path, NULL, (int)level, j->n, width);
    tell(v, path, why, &j->told);
}

/* Reads a tile into `j`; a fault leaves it without hashes. Errors are the machine's. */
static int load(struct verify *v, unsigned level, struct judged *j, struct sb_err *err)
{
    struct sb_err why = {0};
    unsigned width = sb_tile_width(v->size, level, j->n);
    j->sure = j->told = false;
    int rc = sb_tile_load(v->dir, level, j->n, width, &j->tile, &why);
    if (rc == 0)
        v->tiles++;
    else if (rc == SB_E_TILE)
        tell_tile(v, level, j, width, &why);
    else if (err)
        *err = why;
    v->unread += rc == SB_E_TILE;
    return rc == SB_E_TILE ? 0 : rc;
}

/* The edge is what the root is made of. Whether it is the checkpoint's is asked first,
 * for all below leans on it. */
static int load_edge(struct verify *v, struct sb_err *err)
{
    struct sb_tile_edge *all = calloc(1, sizeof *all);
    uint8_t root[SB_HASH];
    bool whole = true;
    int rc = all ? 0 : sb_fail(err, SB_E_MEMORY, "no memory for verifying tiles");
    for (unsigned level = 0; level < SB_TILE_LEVELS && rc == 0; level++) {
        struct judged *j = &v->edge[level];
        j->n = sb_tile_hashes(v->size, level) / SB_TILE_WIDTH;
        if (sb_tile_width(v->size, level, j->n) == 0)
            continue;
        rc = load(v, level, j, err);
        whole = whole && j->tile.width > 0;
        all->tiles[level] = j->tile;
    }
    if (rc == 0 && whole) {
        sb_tile_edge_root(all, root);
        bool good = memcmp(root, v->root, SB_HASH) == 0;
        for (unsigned level = 0; level < SB_TILE_LEVELS; level++)
            v->edge[level].sure = good;
    }
    free(all);
    return rc;
}

/* Where the parent is not known to be right, it is the parent that is named. */
static void compare(struct verify *v, unsigned level, struct judged *j)
{
    uint8_t root[SB_HASH];
    struct sb_err why = {0};
    char child[SB_TILE_PATH];
    uint64_t up = j->n / SB_TILE_WIDTH;
    bool whole = sb_tile_width(v->size, level + 1, up) == SB_TILE_WIDTH;
    struct judged *parent = whole ? &v->current[level + 1] : &v->edge[level + 1];
    sb_tile_root(&j->tile, 0, SB_TILE_WIDTH, root);
    if (level == 0)
        sb_tree_append(&v->blocks, root);
    size_t place = (size_t)(j->n % SB_TILE_WIDTH);
    if (parent->tile.width == 0)
        return;
    j->sure = memcmp(root, parent->tile.hashes[place], SB_HASH) == 0;
    if (j->sure)
        return;
    sb_tile_path(child, NULL, (int)level, j->n, SB_TILE_WIDTH);
    if (parent->sure)
        (void)sb_fail(&why,
                      SB_E_TILE,
                      "%s does not hash to what stands for it at level %u",
                      child,
                      level + 1);
    else
        (void)sb_fail(&why, SB_E_TILE, "hash %zu is not that of %s", place, child);
    if (parent->sure)
        tell_tile(v, level, j, SB_TILE_WIDTH, &why);
    else
        tell_tile(v, level + 1, parent, parent->tile.width, &why);
}

/* Tile n of level 0, and before it each whole tile above that begins with it. */
static int descend(struct verify *v, uint64_t n, struct sb_err *err)
{
    unsigned top = 0;
    for (uint64_t rest = n; top + 1 < SB_TILE_LEVELS && rest % SB_TILE_WIDTH == 0;
         top++)
        rest /= SB_TILE_WIDTH;
    for (unsigned level = top + 1; level-- > 0;) {
        struct judged *j = &v->current[level];
        j->n = n >> (8 * level);
        if (sb_tile_width(v->size, level, j->n) != SB_TILE_WIDTH)
            continue;
        int rc = load(v, level, j, err);
        if (rc != 0)
            return rc;
        if (j->tile.width > 0)
            compare(v, level, j);
        else if (level == 0)
            v->leaves_read = false;
    }
    return 0;
}

/* The root over level 0 alone. */
static void end(struct verify *v, struct sb_tiles_facts *facts)
{
    struct sb_err why = {0};
    struct judged *edge = &v->edge[0];
    unsigned width = sb_tile_width(v->size, 0, edge->n);
    struct sb_tree t = v->blocks;
    bool told = false;
    if (!v->leaves_read || edge->tile.width != width)
        return;
    for (unsigned at = 0, peak = SB_TILE_WIDTH / 2; peak > 0; peak /= 2)
        if (width & peak) {
            sb_tile_root(&edge->tile, at, peak, t.nodes[t.n++]);
            at += peak;
        }
    sb_tree_root(&t, facts->root);
    if (memcmp(facts->root, v->root, SB_HASH) == 0 || v->faults > 0)
        return;
    (void)sb_fail(&why,
                  SB_E_TILE,
                  "the tree's leaves do not give the root that the checkpoint names");
    if (width > 0)
        tell_tile(v, 0, edge, width, &why);
    else
        tell(v, "checkpoint", &why, &told);
}

/* A size that nobody vouches for may name more tiles than anybody could look for. */
static int give_up(struct verify *v, uint64_t n, struct sb_tiles_facts *facts)
{
    struct sb_err why = {0};
    char path[SB_TILE_PATH];
    bool told = false;
    sb_tile_path(path, NULL, 0, n, SB_TILE_WIDTH);
    (void)sb_fail(&why, SB_E_TILE, "too many faults: from here on nothing was read");
    tell(v, path, &why, &told);
    facts->tiles = v->tiles;
    facts->leaves = n * SB_TILE_WIDTH;
    return 0;
}

static int walk(struct verify *v,
                sb_tiles_progress_fn progress,
                struct sb_tiles_facts *facts,
                struct sb_err *err)
{
    uint64_t whole = v->size / SB_TILE_WIDTH;
    int rc = load_edge(v, err);
    for (uint64_t n = 0; n < whole && rc == 0; n++) {
        if (v->faults >= MANY || v->unread >= UNREAD_MAX)
            return give_up(v, n, facts);
        rc = descend(v, n, err);
        if (progress)
            progress(v->ctx, (n + 1) * SB_TILE_WIDTH, v->size);
    }
    if (rc != 0)
        return rc;
    end(v, facts);
    if (progress)
        progress(v->ctx, v->size, v->size);
    facts->tiles = v->tiles;
    facts->leaves = v->size;
    return 0;
}

int sb_tiles_verify(const char *dir,
                    uint64_t size,
                    const uint8_t root[SB_HASH],
                    sb_tiles_fault_fn fault,
                    sb_tiles_progress_fn progress,
                    void *ctx,
                    struct sb_tiles_facts *out,
                    struct sb_err *err)
{
    struct sb_tiles_facts facts = {0};
    struct verify *v = calloc(1, sizeof *v);
    if (!v)
        return sb_fail(err, SB_E_MEMORY, "no memory for verifying tiles");
    v->size = size;
    v->root = root;
    v->fault = fault;
    v->ctx = ctx;
    v->leaves_read = true;
    int rc = sb_folder_open(&v->dir, dir, err);
    if (rc == 0) {
        rc = walk(v, progress, &facts, err);
        close(v->dir);
    }
    if (rc == 0)
        *out = facts;
    if (rc == 0 && v->faults > 0)
        rc = sb_fail(err,
                     SB_E_TILE,
                     "%llu faults in the tiles of %s",
                     (unsigned long long)v->faults,
                     dir);
    free(v);
    return rc;
}
